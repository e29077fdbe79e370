"""The shared list of hostile and awkward inputs, group by group."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.survey import Column
from dihkpi.intake.cells import Convention, parse_texts, serials_to_iso
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.issues import Fault
from dihkpi.intake.readers.encodings import detect, open_text
from dihkpi.intake.text import clean_cell, show

Group = Callable[[str], Any]


@pytest.fixture(scope="module")
def group(shared: Path) -> Group:
    content = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))
    return lambda name: content[name]


def read(text: str, column: Column, book: CodeBook | None = None, **convention: Any) -> tuple[Any, Fault | None]:
    """Value and first fault of a cell."""
    parsed = parse_texts(
        pd.Series([clean_cell(text)], dtype="str"), column, Convention(**convention), book or CodeBook(())
    )
    return parsed.values[0], next(iter(parsed.faults.get(0, [])), None)


# Numbers


@pytest.mark.parametrize("decimal", ["dot", "comma"])
def test_numbers_of_a_declared_convention(decimal: str, group: Group) -> None:
    told = {case["in"]: case[decimal] for case in group("numbers")["cases"]}
    assert len(told) > 30
    # what means 'no value' is decided before a cell is parsed, see the test of tokens below
    cases = {text: expected for text, expected in told.items() if expected != "missing"}
    expected: dict[str, Any] = {}
    for text, value in cases.items():
        unit = isinstance(value, str) and value.startswith("unit:")
        # a whole number that no float holds is an error, and so is a number with a unit in a column without one
        expected[text] = "unit" if unit else "error" if isinstance(value, str) else value
    found: dict[str, Any] = {}
    for text in cases:
        value, fault = read(text, Column(type="decimal"), decimal=decimal)
        found[text] = value if fault is None else "unit" if fault.rule == "unit" else "error"
        assert fault is None or np.isnan(value)
    assert found == expected


@pytest.mark.parametrize("decimal", ["dot", "comma"])
def test_numbers_with_a_unit_in_a_column_of_that_unit(decimal: str, group: Group) -> None:
    units = {"percent": "percent", "EUR": "money"}
    cases = [
        (c["in"], *c[decimal].split(":")[1].split()) for c in group("numbers")["cases"] if "unit:" in str(c["dot"])
    ]
    assert len(cases) == 3
    for text, unit, value in cases:
        assert read(text, Column(type=units[unit]), decimal=decimal) == (float(value), None)


def test_tokens_that_mean_no_value(group: Group, files: Any, services: Any, definitions: Any) -> None:
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    missing = [case["in"] for case in group("numbers")["cases"] if case["dot"] == "missing"]
    assert len(missing) == 3
    for row, token in enumerate(missing, 1):
        services[row][5] = token
    (part,) = validate(read_submission(files.csv(services), definitions), definitions).parts
    assert part.issues.empty
    assert part.accepted["price"].isna().tolist() == [True, True, True, False]


# Dates and periods


def _date(text: str, order: str) -> str:
    value, fault = read(text, Column(type="date"), dates=order)
    return "error" if fault else str(value)[:10]


def test_dates(group: Group) -> None:
    cases = group("dates")["cases"]
    assert len(cases) == 13
    for case in cases:
        text, out, profile = case["in"], case["out"], case.get("profile", "")
        expected = "error" if out.startswith("error") else out[:10]
        if profile.startswith("excel serial"):
            assert serials_to_iso(np.array([float(text)])).tolist() == [expected], case
            # the same digits as text are no date: "only if cell type is number"
            value, fault = read(text, Column(type="date"))
            assert np.isnat(value)
            assert fault is not None
            assert "spreadsheet's day number (2024-01-31)" in fault.hint
        elif "1904" in text:
            assert serials_to_iso(np.array([float(text.split()[0])]), date1904=True).tolist() == [expected], case
        elif text.startswith("60 "):
            assert serials_to_iso(np.array([60.0])).tolist() == [""]
            assert _date("60", "ymd") == expected
        else:
            assert _date(text, profile[:3] or "ymd") == expected, case


def test_periods(group: Group) -> None:
    periods = group("periods")
    assert len(periods["ok"]) + len(periods["bad"]) == 20
    assert [read(text, Column(type="period")) for text in periods["ok"]] == [(text, None) for text in periods["ok"]]
    found = [read(text, Column(type="period")) for text in periods["bad"]]
    assert {(value, fault and fault.rule) for value, fault in found} == {(None, "period")}


# NUTS


@pytest.fixture(scope="module")
def nuts(definitions: Any) -> Callable[[str], tuple[str | None, Fault | None]]:
    column = Column(type="code", codes=("nuts2024",))
    book = CodeBook.of(column, definitions)
    return lambda text: read(text, column, book)


def test_codes_of_the_version_in_force_are_read_and_others_are_told(group: Group, nuts: Any) -> None:
    cases = group("nuts")
    assert [nuts(code) for code in cases["valid_2024_only"]] == [(code, None) for code in cases["valid_2024_only"]]
    for code in cases["valid_2021_only"]:
        value, fault = nuts(code)
        assert value is None
        assert fault.rule == "unknown_code"
        assert code in fault.message
        assert set(re.findall("[A-Z]{2}[0-9][0-9A-Z]", fault.hint)) <= set(cases["valid_2024_only"])
    assert nuts("PT16")[1].hint.endswith("is now PT19 or PT1D")
    assert nuts("NL31")[1].hint.endswith("is now NL35")


def test_another_spelling_of_a_country_is_an_alias(group: Group, nuts: Any) -> None:
    for text, meant in group("nuts")["alias"].items():
        value, fault = nuts(text)
        assert (value, fault and fault.rule) == ((meant, None) if re.fullmatch("[A-Z]{2}[0-9]+", meant)
                                                 else (None, "unknown_code"))  # fmt: skip


def test_what_is_no_region_is_told(group: Group, nuts: Any, definitions: Any) -> None:
    bad = [text.split(" (")[0] for text in group("nuts")["bad"]]
    # the list differs twice: letter case never counts in code columns, so 'at13' is AT13; and whether a region outside
    # the territory (ATZZ) is allowed is said by the column, here with 'among'
    assert nuts("at13") == ("AT13", None)
    assert nuts("ATZZ")[0] == "ATZZ"
    inside = Column(type="code", codes=("nuts2024",), among={"extra_regio": "false"})
    assert read("ATZZ", inside, CodeBook.of(inside, definitions))[1].rule == "unknown_code"
    others = [text for text in bad if text not in ("at13", "ATZZ")]
    assert len(others) == 5
    assert {text: nuts(text)[1].rule for text in others} == dict.fromkeys(others, "unknown_code")
    assert nuts("EL3O")[1].hint == "did you mean 'EL30'?"


# Identifiers


def test_identifiers(group: Group) -> None:
    ids = group("ids_and_paths")
    assert len(ids["reject"]) > 30
    # a blank at the end is taken off, as in every cell: 'hub ' is 'hub'. An empty cell is no identifier, but missing
    refused = [text for text in ids["reject"] if clean_cell(text) and clean_cell(text) == text]
    assert len(refused) >= len(ids["reject"]) - 3
    assert {text: (value, fault and fault.rule) for text in refused
            for value, fault in [read(text, Column(type="id"))]} == dict.fromkeys(refused, (None, "id"))  # fmt: skip
    assert read("hub ", Column(type="id")) == ("hub", None)


def test_a_hidden_character_does_not_make_a_path_of_an_identifier(group: Group) -> None:
    hidden = [text for text in group("ids_and_paths")["reject"] if clean_cell(text) != text and text.strip()]
    for text in hidden:
        value, fault = read(text, Column(type="id"))
        assert fault is not None or re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value)


def test_identifiers_are_made_plain_and_found_in_any_letter_case(group: Group) -> None:
    hubs = HubNames(pd.DataFrame({"hub": ["AT-001"], "name": ["One"], "title": [None], "country": ["AT"]}))
    for meant, typed in group("ids_and_paths")["normalise_to"].items():
        assert len(typed) == 7
        # the letter case of an identifier is kept; the register does not mind it
        assert {read(text, Column(type="id"))[0].upper() for text in typed} == {meant}
        assert {hubs.find(clean_cell(text)) for text in typed} == {(meant, None)}


def test_lookalikes_are_told(group: Group) -> None:
    texts = group("ids_and_paths")["confusable_reject_or_flag"]
    assert len(texts) == 4
    hubs = HubNames(pd.DataFrame({"hub": ["AT-001", "AT-011"], "name": ["One", "Two"], "title": [None, None],
                                  "country": ["AT", "AT"]}))  # fmt: skip
    for text in texts:
        hub, fault = hubs.find(text)
        assert hub is None
        assert fault is not None
        assert fault.rule == "unknown_hub"
        assert fault.hint.startswith("did you mean 'AT-001'?")
    odd = [read(text, Column(type="id"))[1] for text in texts]
    # letters of another alphabet are errors; O for 0 is plain ASCII and only the register can tell
    assert [fault and fault.rule for fault in odd] == ["id", "id", None, None]
    assert "'А' (U+0410, Cyrillic), which looks like 'A', 'Т' (U+0422, Cyrillic)" in odd[0].message
    assert "(U+0391, Greek), which looks like 'A'" in odd[1].message


# Encodings


PLAIN = "name,town\nMüller,Łódź\n"
CASES: Mapping[str, tuple[bytes, str | None, str, str]] = {
    # content, country, text, rule of the warning; "refused" when nothing is read
    "utf-8": (PLAIN.encode(), None, PLAIN, ""),
    "utf-8-sig": (codecs.BOM_UTF8 + PLAIN.encode(), None, PLAIN, ""),
    "double BOM": (codecs.BOM_UTF8 * 2 + PLAIN.encode(), None, PLAIN, ""),
    "utf-16 LE+BOM": (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), None, PLAIN, ""),
    "utf-16 LE no BOM": ("a;b\n1;2\n".encode("utf-16-le"), None, "a;b\n1;2\n", "encoding"),
    "cp1252": ("n\nMüller\n".encode("cp1252"), "DE", "n\nMüller\n", "encoding"),
    "cp1250 (PL/CZ/HU/SK/SI/HR/RO)": ("n\nŁódź\n".encode("cp1250"), "PL", "n\nŁódź\n", "encoding"),
    "cp1251 (BG)": ("n\nСофия\n".encode("cp1251"), "BG", "n\nСофия\n", "encoding"),
    "cp1253 (EL)": ("n\nΑθήνα\n".encode("cp1253"), "EL", "n\nΑθήνα\n", "encoding"),
    "cp1257 (LT/LV/EE)": ("n\nŠiauliai\n".encode("cp1257"), "LT", "n\nŠiauliai\n", "encoding"),
    # these two cannot be told from the code page of the country: wrong letters, and a warning that shows them
    "iso-8859-15": ("n\n5 €\n".encode("iso-8859-15"), "DE", "n\n5 ¤\n", "encoding"),
    "mac-roman": ("n\nMüller\n".encode("mac-roman"), "DE", "n\nMŸller\n", "encoding"),
    "utf-8 with one bad byte": (PLAIN.encode() + b"\xe9\n", None, "name,town\nMÃ¼ller,Å\ufffdÃ³dÅº\né\n", "encoding"),
    "NUL bytes": (b"a,b\n1,\0\n", None, "refused", ""),
    "CR only line ends": (b"a,b\r1,2\r", None, "a,b\r1,2\r", ""),
    "sep=; first line": (b"sep=;\na;b\n", None, "sep=;\na;b\n", ""),
    "mojibake MÃ¼ller": ("n\nMÃ¼ller\n".encode(), None, "n\nMÃ¼ller\n", "mojibake"),
}  # fmt: skip


def test_every_case_of_an_encoding_is_tried(group: Group) -> None:
    assert set(group("encodings")["cases"]) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_encodings(case: str, files: Any, definitions: Any) -> None:
    from dihkpi.errors import FileRefusedError

    content, country, text, rule = CASES[case]
    path = files.raw("a.csv", content)
    table = definitions.codelists["code_pages"].attribute("code_page")
    if text == "refused":
        with pytest.raises(FileRefusedError, match="NUL bytes"):
            detect(path, None, country, table)
        return
    found = detect(path, None, country, table)
    assert [name for name, _ in found.notes] == ([rule] if rule else [])
    with open_text(path, found) as stream:
        assert stream.read() == text


# Text


def test_text(group: Group) -> None:
    cases = group("text")["cases"]
    assert len(cases) == 11
    assert clean_cell("a\u0301") == "á"
    assert clean_cell("zero\u200bwidth") == "zerowidth"
    assert clean_cell("\u202eabc") == "abc"
    assert clean_cell("\U0001f600") == show("\U0001f600") == "\U0001f600"
    assert [show(text) for text in ("\0", "\v", "\ud800")] == ["<U+0000>", "<U+000B>", "<U+D800>"]
    assert len(show("x" * 32768)) == 80
    # personal data in free text is no fault of a cell: it arrives as it is, and reports mask it
    for text in (cases[8], cases[9], cases[10]):
        assert read(text, Column()) == (text, None)


def test_a_cell_longer_than_a_spreadsheet_allows_is_refused(files: Any, services: Any, ask: Any) -> None:
    services[1][11] = "x" * 32768
    stream = files.folder / "long.csv"
    with stream.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(services)
    assert [issue["rule"] for issue in ask(stream).issues] == ["cell_too_long"]
