"""What hubs really send: always an issue that names the cell or the file, exit code 1, and no row lost."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from dihkpi.errors import FileRefusedError
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import validate

PRICE, DATES, HUB = 5, 14, 20


def as_csv(rows: list[list[Any]], separator: str = ",", end: str = "\n") -> str:
    quoted = (separator.join(f'"{cell}"' for cell in row) for row in rows)
    return end.join(quoted) + end


def zipped(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def patched(path: Path, change: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    """The workbook with its parts changed, and further ones."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    path.write_bytes(zipped(**parts, **more))
    return path


# Files that are not what they say

NO_TABLES = {
    "page.xls": (b"<html><table><tr><td>a</td></tr></table></html>", "wrong_container", "a web page"),
    "page.csv": (b"\xef\xbb\xbf\n <!DOCTYPE html><html></html>", "wrong_container", "a web page"),
    "report.xlsx": (b"%PDF-1.7 ...", "wrong_container", "is a PDF"),
    "scan.csv": (b"\x89PNG\r\n\x1a\n...", "wrong_container", "is a picture"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "wrong_container", "an old .xls or a password"),
    "packed.csv": (b"\x1f\x8b\x08\x00...", "wrong_container", "a gzip archive"),
    "packed.xlsx": (zipped(**{"a.csv": b"a,b"}), "wrong_container", "not a workbook"),
    "letter.odt": (zipped(mimetype=b"x", **{"content.xml": b"<x/>"}), "wrong_container", "an OpenDocument text"),
    "torn.parquet": (b"PAR1 and no more", "broken_file", "cannot be read as Parquet"),
    "secret.parquet": (b"PARE...PARE", "wrong_container", "an encrypted Parquet file"),
    "torn.sav": (b"$FL2 and no more", "broken_file", "cannot be read as an SPSS file"),
    "list.json": (b'[{"a": 1}', "broken_file", "line 1, character 10: the end where ',' belongs"),
    "other.xml": (b"<?xml version='1.0'?><rows><row/></rows>", "wrong_container", "a web page or XML"),
    "torn.xlsx": (b"PK\x03\x04torn", "wrong_container", "a damaged archive"),
    "photo.csv": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "wrong_container", "NUL bytes"),
    "empty.csv": (b"", "empty_file", "is empty (0 bytes)"),
    "empty.xlsx": (b"", "empty_file", "is empty (0 bytes)"),
    "blank.csv": (b"\n  \n , ,\n\t\n", "empty_file", "has no rows"),
    "other.csv": (b"colour,shape\nred,round\n", "unknown_layout", "is not recognised as a file of any survey"),
    "text.csv": (b"PKs are nice\nand long\n", "unknown_layout", "is not recognised"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_a_file_that_is_no_table_of_ours(name: str, files, ask) -> None:
    content, rule, words = NO_TABLES[name]
    told = ask(files.raw(name, content))
    assert told.found == [(rule, "file")]
    assert told.issues[0]["file"] == name
    assert words in told.issues[0]["message"]
    assert told.counts == (0, 0, 0)


def test_a_csv_that_calls_itself_a_workbook_is_read(files, sme, ask) -> None:
    told = ask(files.csv(sme, "answers.xlsx"))
    assert (told.counts, told.issues) == ((5, 5, 0), [])


def test_a_link_or_a_folder_is_no_file(files, sme, ask, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(files.csv(sme, "real.csv"))
    told = ask(tmp_path / "link.csv", tmp_path)
    assert told.found == [("not_a_file", "file")] * 2
    assert told.counts == (0, 0, 0)


@pytest.mark.parametrize(("name", "rule"), [("none.csv", "no_such_file"), ("loop.csv", "not_a_file")])
def test_a_file_that_is_not_there(name: str, rule: str, definitions, tmp_path: Path) -> None:
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(FileRefusedError) as fault:
        read_submission(tmp_path / name, definitions)
    assert fault.value.rule == rule


def test_one_bad_file_does_not_stop_the_others(files, sme, ask) -> None:
    told = ask(files.raw("a.pdf", b"%PDF-1.7"), files.csv(sme), files.raw("c.csv", b""))
    assert told.counts == (5, 5, 0)
    assert told.found == [("wrong_container", "file"), ("empty_file", "file")]


# One thing wrong in a table of answers


def put(row: int, column: int, value: Any) -> Callable[[list[list[Any]]], None]:
    def change(rows: list[list[Any]]) -> None:
        rows[row][column] = value

    return change


def each(change: Callable[[list[Any]], Any]) -> Callable[[list[list[Any]]], None]:
    return lambda rows: [change(row) for row in rows] and None


FAULTS: dict[str, tuple[Callable[[list[list[Any]]], Any], list[tuple[str, str]], int, str]] = {
    "nothing wrong": (lambda rows: None, [], 5, ""),
    "missing column": (each(lambda row: row.pop(4)), [("missing_column", "row 1")], 0, "there is no column 'product_"),
    "column twice": (each(lambda row: row.append(row[4])), [("duplicate_column", "CM1")], 0, "is there 2 times"),
    "renamed column": (
        put(0, 1, "maturity_asessment_date"),
        [("missing_column", "row 1"), ("unknown_column", "B1")],
        *(0, "did you mean 'maturity_asessment_date'?"),
    ),
    "further column": (each(lambda row: row.append("x")), [("unknown_column", "CM1")], 5, "was not read"),
    "wrong coding": (put(2, 4, "1/0"), [("answer", "E3")], 4, "allowed: 0|0, 1|0, 0|1, 1|1"),
    "full-width digit": (put(2, 30, "\uff11x"), [("answer", "AE3")], 4, "is not an answer"),
    "impossible date": (put(2, 1, "02/30/2024"), [("impossible_date", "B3")], 4, "there is no day '02/30/2024'"),
    "day before month": (put(2, 1, "31/01/2024"), [("impossible_date", "B3")], 4, "read as MM/DD/YYYY"),
    "no date": (put(2, 1, "last week"), [("date", "B3")], 4, "write it as MM/DD/YYYY"),
    "serial number for a date": (put(2, 1, "45322"), [("date", "B3")], 4, "is not a date"),
    "no date at all": (put(2, 1, ""), [("required", "B3")], 4, "is empty, but required"),
    "unknown wave": (put(2, 0, "T9"), [("unknown_code", "A3")], 4, "unknown code 'T9'"),
    "same key, other answers": (
        lambda rows: rows.append([*rows[2][:-1], "0"]),
        [("duplicate_key", "A3"), ("duplicate_key", "A7")],
        *(4, "with other values in row 7"),
    ),
    "same row twice": (lambda rows: rows.append(rows[2]), [("repeated_row", "A7")], 5, "repeats row 3"),
    "one field too many": (lambda rows: rows[2].append("x"), [("row_width", "row 3")], 4, "91 fields, the header 90"),
    "one field too few": (lambda rows: rows[2].pop(9), [("row_width", "row 3")], 4, "89 fields, the header 90"),
    "last field cut off": (lambda rows: rows[2].pop(), [("row_width", "row 3")], 4, "89 fields, the header 90"),
    "half a row": (lambda rows: rows.append(["T0", "x"]), [("row_width", "row 7")], 5, "the row has 2 fields"),
    "no row": (lambda rows: rows.__delitem__(slice(1, None)), [("no_rows", "row 1")], 0, "no row below the header"),
    "line break in a cell": (
        lambda rows: (put(1, 2, "Firm\n1")(rows), put(3, 4, "9|9")(rows)),
        [("answer", "E5")],
        *(4, "'9|9' is not an answer"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_issue_at_its_cell(name: str, files, sme, ask) -> None:
    change, found, accepted, words = FAULTS[name]
    change(sme)
    told = ask(files.csv(sme))
    assert sorted(told.found) == found
    assert told.counts == (len(sme) - 1, accepted, len(sme) - 1 - accepted)
    assert all(issue["file"] == "a.csv" for issue in told.issues)
    assert any(words in f"{issue['message']}\n{issue['hint']}" for issue in told.issues) == bool(words)


def test_rows_set_aside_keep_every_field(files, sme, definitions) -> None:
    sme[2].append("stray")
    sme[3][4] = "1/0"
    (part,) = validate(read_submission(files.csv(sme), definitions), definitions).parts
    assert part.quarantined["source_row"].tolist() == [3, 4]
    assert part.quarantined.iloc[0, 1:].tolist() == sme[2]
    assert part.quarantined.iloc[1, 1:-1].tolist() == sme[3]


def test_a_long_row_far_below_does_not_widen_the_table(files, sme, definitions) -> None:
    rows = [sme[0], *([*sme[1][:3], f"AT{n}", *sme[1][4:]] for n in range(100))]
    rows[90] = [*rows[90], "", "a", "b"]
    rows[91] = [*rows[91], "", ""]
    (part,) = validate(read_submission(files.csv(rows), definitions), definitions).parts
    assert part.issues[["rule", "row"]].values.tolist() == [["row_width", 91]]
    assert part.quarantined.shape == (1, 1 + len(sme[0]) + 1)
    assert part.quarantined.iloc[0, -1] == ",a,b"
    assert len(part.accepted) == 99


# The same table in another dress


DRESSES: dict[str, Callable[[str], str | bytes]] = {
    "byte order mark": lambda text: "\ufeff" + text,
    "two byte order marks": lambda text: b"\xef\xbb\xbf" * 2 + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "carriage returns": lambda text: text.replace("\n", "\r"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "semicolons": lambda text: text.replace('","', '";"'),
    "tabs": lambda text: text.replace('","', '"\t"'),
    "stated separator": lambda text: "sep=;\n" + text.replace('","', '";"'),
    "stated separator, CRLF": lambda text: ("\ufeffsep=;\n" + text.replace('","', '";"')).replace("\n", "\r\n"),
    "stated separator, CR": lambda text: ("SEP=;\n" + text.replace('","', '";"')).replace("\n", "\r"),
    "a separator at the end of each line": lambda text: text.replace("\n", ",\n"),
    "a separator at the end of each row": lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1),
    "no quotes": lambda text: text.replace('"', ""),
    "blank lines": lambda text: text.replace("\n", "\n\n, ,\n"),
    "lines before the header": lambda text: "Answers of the hub\nprinted on 1 July 2026, at noon\n\n" + text,
    "quoted lines before the header": lambda text: '"Answers, all","of","the hub"\n' + text,
    "a comment": lambda text: "# export 2026-07-01; do not edit\n" + text,
    "capitals in the header": lambda text: text.replace("time_point", " Time_Point\u00a0"),
}


@pytest.mark.parametrize("name", DRESSES)
def test_dresses_of_a_csv(name: str, files, sme, ask) -> None:
    told = ask(files.raw("a.csv", DRESSES[name](as_csv(sme))))
    assert (told.found, told.counts) == ([], (5, 5, 0))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_the_row_of_an_issue_is_the_line_of_the_file(end: str, files, sme, ask) -> None:
    sme[3][4] = "9|9"
    text = "sep=,\n\nTitle\n" + as_csv(sme)
    assert ask(files.raw("a.csv", text.replace("\n", end))).found == [("answer", "E7")]


def test_polish_letters_in_an_old_code_page_are_a_warning(files, sme, ask) -> None:
    sme[2][2] = "Łódź Żółw"
    told = ask(files.raw("a.csv", as_csv(sme).encode("cp1250")))
    assert told.counts == (5, 5, 0)
    assert [(i["rule"], i["severity"]) for i in told.issues] == [("encoding", "warning")]
    assert "not UTF-8" in told.issues[0]["message"]
    assert "save the file as UTF-8" in told.issues[0]["hint"]


def test_utf_16_without_mark_is_read_with_a_warning(files, sme, ask) -> None:
    told = ask(files.raw("a.csv", as_csv(sme).encode("utf-16-le")))
    assert told.counts == (5, 5, 0)
    assert told.found == [("encoding", "file")]
    assert "UTF-16-LE" in told.issues[0]["message"]


REFUSED: dict[str, tuple[Callable[[str], str | bytes], str, str]] = {
    "quote left open": (lambda text: text.replace('"Firm 2"', '"Firm 2', 1), "broken_csv", "line 3"),
    "quote left open at the end": (lambda text: text[:-2], "broken_csv", "line 6"),
    "quote inside": (lambda text: text.replace("Firm 2", 'Fi"rm 2'), "broken_csv", "line 3"),
    "NUL": (lambda text: text.replace("Firm 2", "Fi\0rm"), "wrong_container", "NUL bytes"),
    "half of UTF-16": (lambda text: text.encode("utf-16")[:-1], "encoding", "damaged UTF-16"),
    "a field of 10 MB": (lambda text: text.replace("Firm 2", "x" * 10_000_000), "cell_too_long", "line 3"),
    "100,000 columns": (lambda text: ",".join(map(str, range(100_000))) + "\n", "too_many_columns", "100,000 columns"),
    "100,000 fields in a row": (lambda text: text + "x," * 100_000 + "\n", "too_many_columns", "line 7"),
    "100,000 empty columns": (lambda text: "," * 100_000 + "\n", "empty_file", "no rows"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_csv_that_cannot_be_read(name: str, files, sme, ask) -> None:
    change, rule, words = REFUSED[name]
    told = ask(files.raw("a.csv", change(as_csv(sme))))
    assert told.found == [(rule, "file")]
    assert words in told.issues[0]["message"]


def test_empty_columns_to_the_right_do_not_matter(files, sme, ask) -> None:
    told = ask(files.raw("a.csv", as_csv(sme).replace("\n", "," * 16_000 + "\n")))
    assert (told.found, told.counts) == ([], (5, 5, 0))


# Amounts, dates and hubs in service records


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1,250.00", 1250), ("1 250", 1250), ("1\u202f250.5", 1250.5), ("€ 1250", 1250), (1250.0, 1250)],
)
def test_amounts_as_people_type_them(files, services, definitions, typed: Any, value: float) -> None:
    services[1][PRICE] = typed
    (part,) = validate(read_submission(files.xlsx(services), definitions), definitions).parts
    assert part.issues.empty
    assert part.accepted["price"].iloc[0] == value


SERVICE_FAULTS: dict[str, tuple[int, Any, str, str]] = {
    "decimal comma": (PRICE, "1.250,00", "decimal_sign", "write it as 1250.00"),
    "not a number": (PRICE, "ca. 1000", "number", "is not an amount"),
    "below zero": (PRICE + 1, -250, "min", "-250 is below the minimum 0"),
    "half an attendee": (4, 1.5, "number", "is not a whole number"),
    "impossible date": (DATES, "2024-02-30 / 2024-03-01", "impossible_date", "there is no day"),
    "end before start": (DATES, "2024-03-01 / 2024-02-01", "end_before_start", "ends before it starts"),
    "serial number for a date": (DATES, 45322, "date", "is not a date"),
    "misspelt category": (3, "Test befor invest", "unknown_code", "did you mean 'Test before invest'?"),
    "the word error": (1, "error", "required", "'error' is no value, but 'Customer' is required"),
    "a formula never computed": (PRICE, "=500+500", "formula", "a formula that was never computed"),
    "an error of the spreadsheet": (1, "#REF!", "formula", "'#REF!' is an error"),
    "a date that was meant as text": (3, "2024-01-31", "unknown_code", "unknown code"),
}


@pytest.mark.parametrize("name", SERVICE_FAULTS)
def test_one_fault_in_a_workbook(name: str, files, services, ask) -> None:
    column, value, rule, words = SERVICE_FAULTS[name]
    services[2][column] = value
    told = ask(files.xlsx(services))
    letter = openpyxl.utils.get_column_letter(column + 1)
    assert told.found == [(rule, f"{letter}3")]
    assert words in f"{told.issues[0]['message']} {told.issues[0]['hint']}"
    assert told.counts == (4, 3, 1)


@pytest.mark.parametrize(
    "typed", ["AT-ONE", "at-one", "Hub  one", "HUB ONE\u200b", "AT\u2011ONE", "AT\u2013ONE", "\uff21T-ONE"]
)
def test_a_hub_is_found_however_it_is_typed(files, services, definitions, typed: str) -> None:
    services[1][HUB] = typed
    found = hubs_of(files.csv(services), definitions)
    assert found.parts[0].accepted["hub"].tolist() == ["AT-ONE"] * 4


def test_an_unknown_hub_gets_the_near_miss(files, services, definitions) -> None:
    services[1][HUB] = "Hub Onne"
    (part,) = hubs_of(files.csv(services), definitions).parts
    (issue,) = part.issues.itertuples()
    assert (issue.rule, issue.cell, issue.value) == ("unknown_hub", "U2", "Hub Onne")
    assert issue.hint == "did you mean 'Hub One'?"
    assert len(part.quarantined) == 1


def test_a_name_of_two_hubs_needs_the_country(files, services, definitions) -> None:
    services[1][HUB] = services[2][HUB] = "Twin"
    services[2][HUB + 1] = "France"
    (part,) = hubs_of(files.csv(services), definitions).parts
    assert part.issues[["rule", "cell"]].values.tolist() == [["ambiguous_hub", "U3"]]
    assert part.accepted["hub"].iloc[0] == "AT-twin"


def hubs_of(path: Path, definitions) -> Any:
    hubs = pd.DataFrame({
        "hub": ["AT-ONE", "AT-twin", "DE-twin"], "name": ["Hub One", "Twin", "Twin"],
        "title": ["The first hub", "x", "y"], "country": ["AT", "AT", "DE"],
    })  # fmt: skip
    return validate(read_submission(path, definitions), definitions, hubs=HubNames(hubs))


# Workbooks


def test_a_formula_with_its_value_is_its_value(files, services, ask, definitions) -> None:
    services[1][PRICE], services[1][11] = "=A1", "=B1"

    def computed(name: str, part: bytes) -> bytes:
        part = part.replace(b"<f>A1</f><v />", b"<f>A1</f><v>1000</v>").replace(
            b"<f>A1</f><v></v>", b"<f>A1</f><v>1000</v>"
        )
        return re.sub(rb'<c r="L2"[^>]*><f>B1</f>', b'<c r="L2" t="str"><f>B1</f>', part)

    told = ask(patched(files.xlsx(services), computed))
    assert (told.found, told.counts) == ([], (4, 4, 0))


def test_rows_of_nothing_but_formulas_are_not_lost(files, services, ask) -> None:
    services.append([f"=A{n}" for n in range(28)])
    told = ask(files.xlsx(services))
    assert told.counts == (5, 4, 1)
    assert {issue["row"] for issue in told.issues} == {6}


def test_hidden_sheets_are_named_and_their_rows_not_counted_twice(files, services, ask) -> None:
    told = ask(files.xlsx({"Sheet1": services, "Old": services[:3]}, hidden=["Old"]))
    assert told.found == [("hidden_sheet", "file"), ("duplicate_key", "A2"), ("duplicate_key", "A3")]
    assert "row 2 of the sheet 'Sheet1'" in told.issues[1]["message"]
    assert told.counts == (6, 4, 2)


def test_lines_before_the_header_of_a_workbook(files, services, ask) -> None:
    services[2][PRICE] = "x"
    told = ask(files.xlsx([["Services of the hub"], [], ["printed", "2026-07-01"], *services]))
    assert told.found == [("number", "F6")]


def test_a_wrong_dimension_hides_nothing(files, services, ask) -> None:
    path = patched(
        files.xlsx(services), lambda name, part: re.sub(rb"<dimension[^>]*>", b'<dimension ref="A1"/>', part)
    )
    assert ask(path).counts == (4, 4, 0)


def test_a_workbook_without_rows(files, services, ask) -> None:
    assert ask(files.xlsx(services[:1])).found == [("no_rows", "row 1")]
    assert ask(files.xlsx([])).found == [("empty_file", "file")]


def first(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(old, new, 1) if name == "xl/worksheets/sheet1.xml" else part


ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'
LAUGH = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet'
UNSAFE: dict[str, tuple[Callable[[str, bytes], bytes], dict[str, bytes], str]] = {
    "document type": (first(b"<worksheet", ENTITY), {}, "broken_workbook"),
    "laughs": (first(b"<worksheet", LAUGH), {}, "broken_workbook"),
    "macros": (lambda name, part: part, {"xl/vbaProject.bin": b"x"}, "macros"),
    "names that leave": (lambda name, part: part, {"../evil.txt": b"x"}, "unsafe_archive"),
    "zip bomb": (lambda name, part: part, {"xl/media/big.bin": bytes(50_000_000)}, "unsafe_archive"),
    "broken part": (first(b"</sheetData>", b""), {}, "broken_workbook"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_workbook_that_is_refused(name: str, files, services, ask) -> None:
    change, more, rule = UNSAFE[name]
    assert ask(patched(files.xlsx(services, "a.xlsm"), change, **more)).found == [(rule, "file")]


MEASURED = """
import resource, sys
from dihkpi.cli import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def outside(*arguments: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    """The command line in a process of its own: exit code, JSON, messages."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, "validate", "--json", *arguments],
        **{"capture_output": True, "encoding": "utf-8", "timeout": 120, "env": os.environ | environment},
    )
    return told.returncode, json.loads(told.stdout), told.stderr


@pytest.mark.slow
def test_cells_at_the_far_end_cost_nothing(files, services) -> None:
    corner = first(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    bottom = first(b"</sheetData>", b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')
    beyond = first(b"</sheetData>", b'<row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>')
    names = [
        str(patched(files.xlsx(services, f"{k}.xlsx"), change)) for k, change in enumerate((corner, bottom, beyond))
    ]
    code, out, err = outside(*names)
    assert code == 1
    assert "Traceback" not in err
    assert int(err.split()[-1]) < 512, "megabytes"
    rules = {issue["file"]: issue["rule"] for issue in out["issues"]}
    assert rules == {"0.xlsx": "too_many_columns", "1.xlsx": "status_known", "2.xlsx": "too_many_rows"}
    assert (out["received"], out["accepted"]) == (5, 4)


@pytest.mark.parametrize(
    "switches",
    [
        {"PANDERA_VALIDATION_ENABLED": "False"},
        {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
        {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
    ],
    ids=["off", "schema only", "both"],
)
def test_an_environment_that_switches_pandera_off_changes_nothing(
    switches: dict[str, str], files, services, ask
) -> None:
    services[2][PRICE + 1], services[3][4], services[4][7] = -250, -1, 5000
    path = files.xlsx(services)
    told = ask(path)
    code, out, _ = outside(str(path), **switches)
    assert (code, out) == (1, told.out)
    assert told.found == [("min", "G3"), ("min", "E4"), ("aid_within_price", "H5")]


def test_a_survey_that_is_asked_for_settles_doubt(files, sme, definitions) -> None:
    with pytest.raises(FileRefusedError, match="not recognised as a file of survey edih_kpi"):
        read_submission(files.csv(sme), definitions, survey="edih_kpi")
