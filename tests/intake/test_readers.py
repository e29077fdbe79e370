"""One clean file in every dress, and ODS: what a spreadsheet writes, and what a hostile one would."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pytest

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits, read_sheets
from dihkpi.intake.readers.ods_file import read_ods
from dihkpi.intake.recognise import recognise
from dihkpi.intake.sheet import Sheet

LIMITS = Limits(
    file_bytes=10_000_000, rows=20, columns=8, characters=100, entries=50, unpacked_bytes=20_000_000, ratio=10_000
)
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"'
    for name, part in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "draw": "drawing",
    }.items()
)
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = b"<manifest:manifest/>"


def document(sheets: str, styles: str = "", before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {SPACES} {CALC}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
    )


def table(rows: str, name: str = "Sheet1", more: str = "") -> str:
    return f'<table:table table:name="{name}" {more}>{rows}</table:table>'


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def cell(text: str = "", attributes: str = "", repeated: int = 1) -> str:
    shown = f"<text:p>{text}</text:p>" if text else ""
    return f'<table:table-cell table:number-columns-repeated="{repeated}" {attributes}>{shown}</table:table-cell>'


def typed(kind: str, value: str = "", shown: str = "shown", name: str = "value") -> str:
    return cell(shown, f'office:value-type="{kind}" office:{name}="{value}"')


def packed(content: str | bytes, manifest: bytes = MANIFEST, **more: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
        for name, part in more.items():
            archive.writestr(name, part)
    return stream.getvalue()


@pytest.fixture
def read(files) -> Callable[..., list[Sheet]]:
    def run(content: str | bytes, limits: Limits = LIMITS, **more: Any) -> list[Sheet]:
        return read_ods(files.raw("a.ods", packed(content, **more)), limits)

    return run


def text_of(read: Callable[..., list[Sheet]], one: str) -> tuple[str, bool]:
    """Text of a cell beside a filled one, and whether it counts as unread."""
    (sheet,) = read(document(table(row(cell("x"), one))))
    assert sheet.unread <= {(0, 1)}
    return (str(sheet.cells[0, 1]) if sheet.cells.shape[1] > 1 else ""), bool(sheet.unread)


# The same table in every kind of file


def as_xlsx(rows: list[list[Any]]) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for line in rows:
        book.active.append([None if value == "" else value for value in line])
    book.save(stream)
    return stream.getvalue()


def as_ods(rows: list[list[Any]]) -> bytes:
    def one(value: Any) -> str:
        return typed("float", str(value), f"{value:,}") if isinstance(value, int) else cell(escape(str(value)))

    filler = row(cell(repeated=16384), repeated=1048576 - len(rows))
    lines = "".join(row(*map(one, line), cell(repeated=16384 - len(line))) for line in rows)
    return packed(document(table(lines + filler)))


def as_records(rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], line, strict=True)) for line in rows[1:]]


def as_parquet(rows: list[list[Any]]) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(rows[1:], columns=rows[0]).to_parquet(stream)
    return stream.getvalue()


def as_csv(rows: list[list[Any]]) -> bytes:
    return pd.DataFrame(rows[1:], columns=rows[0]).to_csv(index=False).encode()


KINDS: Mapping[str, Callable[[list[list[Any]]], bytes]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "ods": as_ods,
    "json": lambda rows: json.dumps(as_records(rows)).encode(),
    "json with a name": lambda rows: json.dumps({"made": "2026", "records": as_records(rows)}, indent=1).encode(),
    "json lines": lambda rows: "\n".join(map(json.dumps, as_records(rows))).encode(),
    "parquet": as_parquet,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_clean_table_is_clean_in_every_kind_of_file(kind: str, files, services, ask) -> None:
    told = ask(files.raw("a.dat", KINDS[kind](services)))
    assert (told.found, told.counts) == ([], (4, 4, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_cell_has_the_same_place_in_every_kind_of_file(kind: str, files, services, ask) -> None:
    services[2][6] = -250
    report = files.folder / "report"
    told = ask(files.raw("a.dat", KINDS[kind](services)), "--report", report)
    assert (told.found, told.counts) == ([("min", "G3")], (4, 3, 1))
    copy = openpyxl.load_workbook(report / "issues.xlsx").worksheets[1]
    assert str(copy["G3"].value) == "-250"
    assert "minimum" in copy["G3"].comment.text or "least" in copy["G3"].comment.text


def test_an_ods_is_a_workbook_to_a_layout_that_wants_one(files, definitions) -> None:
    """The register of customers is found by the name of its sheet and by position alone."""
    lines = row(cell("Nr"), cell("Who"), cell("x"), cell("Number")) + row(*map(cell, ["1", "Firm", "", "AT1"]))
    limits = Limits.of(definitions.value)

    def recognised(sheet: str) -> tuple[str, str]:
        path = files.raw("export-sme.ods", packed(document(table(lines, sheet))))
        container, sheets = read_sheets(path, limits)
        ((_, match),) = recognise(path, container, sheets, definitions, None)
        return container, match.layout_name

    assert recognised("Reporting of EDIH services del") == ("ods", "sme_register")
    with pytest.raises(FileRefusedError, match="not recognised"):
        recognised("Elsewhere")


# Cells of ODS

VALUES: dict[str, tuple[str, tuple[str, bool]]] = {
    "number": (typed("float", "1234.5", "1.234,50"), ("1234.5", False)),
    "whole number": (typed("float", "7", "7,00"), ("7", False)),
    "exponent": (typed("float", "1E-05", "0"), ("0.00001", False)),
    "percentage": (typed("percentage", "0.45", "45 %"), ("0.45", False)),
    "currency": (typed("currency", "1000", "€ 1.000,00"), ("1000", False)),
    "beyond all numbers": (typed("float", "1E999", "huge"), ("1E999", False)),
    "no number": (typed("float", "12,5", "12,5"), ("12,5", False)),
    "day": (typed("date", "2024-01-31", "31.01.24", "date-value"), ("2024-01-31", False)),
    "midnight": (typed("date", "2024-01-31T00:00:00", "31.01.24", "date-value"), ("2024-01-31", False)),
    "moment": (typed("date", "2024-01-31T09:05:00", "9:05", "date-value"), ("2024-01-31 09:05:00", False)),
    "no day": (typed("date", "2024-02-31", "31.2.", "date-value"), ("2024-02-31", False)),
    "time": (typed("time", "PT09H05M00S", "9:05", "time-value"), ("09:05:00", False)),
    "true": (typed("boolean", "true", "WAHR", "boolean-value"), ("TRUE", False)),
    "false": (typed("boolean", "false", "FALSCH", "boolean-value"), ("FALSE", False)),
    "text": (typed("string", "", "007", "x"), ("007", False)),
    "text apart": (typed("string", "the text", "shown", "string-value"), ("the text", False)),
    "no kind": (cell("NO"), ("NO", False)),
    "formula": (cell("2", 'table:formula="of:=1+1" office:value-type="float" office:value="2"'), ("2", False)),
    "never computed": (cell("", 'table:formula="of:=SUM([.A1:.A2])"'), ("=SUM([.A1:.A2])", True)),
    "empty text": (cell("", 'table:formula="of:=&quot;&quot;" office:value-type="string"'), ("", False)),
    "empty text of LibreOffice": (
        '<table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>',
        ("", False),
    ),
    "truth from Excel": (
        cell("TRUE", 'table:formula="of:=TRUE()" office:value-type="float" office:value="1"'),
        ("TRUE", False),
    ),
    "error": (cell("#DIV/0!", 'table:formula="of:=1/0" office:value-type="float" office:value="0"'), ("#DIV/0!", True)),
    "error of its own": (
        cell("Err:502", 'table:formula="of:=x" office:value-type="string" calcext:value-type="error"'),
        ("Err:502", True),
    ),
    "a text like an error": (cell("Err:502"), ("Err:502", False)),
    "spaces": (cell('a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d'), ("a   b\tc\nd", False)),
    "white space of the XML": (cell("\n  a\n   b "), ("a b", False)),
    "spans": (cell('<text:span>bo<text:a>ld</text:a></text:span> &lt;b&gt; "x"'), ('bold <b> "x"', False)),
    "paragraphs": (cell("a</text:p><text:p>b"), ("a\nb", False)),
    "comment": (
        "<table:table-cell><office:annotation><text:p>not this</text:p></office:annotation>"
        "<text:p>this</text:p></table:table-cell>",
        ("this", False),
    ),
    "drawing": (
        "<table:table-cell><draw:frame><draw:text-box><text:p>no</text:p></draw:text-box></draw:frame>"
        "<text:p>yes<draw:frame>no</draw:frame></text:p></table:table-cell>",
        ("yes", False),
    ),
    "covered": ('<table:covered-table-cell office:value-type="float" office:value="5"/>', ("5", False)),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_text_of_a_cell(name: str, read) -> None:
    one, expected = VALUES[name]
    assert text_of(read, one) == expected


def test_rows_keep_their_numbers_and_their_places(read) -> None:
    rows = (
        f"<table:table-header-rows>{row(cell('a'), cell('b', repeated=2))}</table:table-header-rows>"
        + row(cell(), repeated=5)
        + f"<table:table-row-group>{row(cell(), cell('x'), repeated=2)}</table:table-row-group>"
        + row(cell("  "))
        + "<table:shapes><draw:frame><text:p>no</text:p></draw:frame></table:shapes>"
        + row(cell(repeated=3), cell("y"))
    )
    changes = "<table:tracked-changes><table:table-cell><text:p>old</text:p></table:table-cell></table:tracked-changes>"
    (sheet,) = read(document(changes + table(rows)))
    assert sheet.cells.tolist() == [["a", "b", "b", ""], ["", "x", "", ""], ["", "x", "", ""], ["", "", "", "y"]]
    assert sheet.rows.tolist() == [1, 7, 8, 10]


def test_unread_cells_of_a_repeated_row(read) -> None:
    (sheet,) = read(document(table(row(cell("#REF!", repeated=2)) + row(cell("a"), cell("#N/A"), repeated=2))))
    assert sheet.unread == {(0, 0), (0, 1), (1, 1), (2, 1)}


def test_hidden_rows_are_named(read) -> None:
    shown, unseen = (
        row(cell("a")),
        row(cell("b"), repeated=2).replace("<table:table-row ", '<table:table-row table:visibility="collapse" '),
    )
    (sheet,) = read(document(table(shown + unseen + row() + shown)))
    assert sheet.notes == (("hidden_rows", "in the sheet 'Sheet1', rows 2, 3 are hidden; what they hold was read"),)


def test_hidden_sheets_are_named_and_empty_ones_left_out(read) -> None:
    styles = (
        '<style:style style:name="ta1"><style:table-properties table:display="true"/></style:style>'
        '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    )
    sheets = (
        table(row(cell("a")), "One", 'table:style-name="ta1"')
        + table(row(cell("b")), "Two &amp; three", 'table:style-name="ta2"')
        + table(row(cell()), "Empty")
    )
    one, two = read(document(sheets, styles))
    assert (one.name, one.notes) == ("One", ())
    assert (two.name, two.notes) == ("Two & three", (("hidden_sheet", "the sheet 'Two & three' is hidden"),))


def test_what_is_empty_costs_nothing_however_often_it_is_repeated(read) -> None:
    """As LibreOffice fills up a sheet, and beyond what it could."""
    rows = row(cell("a"), cell(repeated=16383)) + row(cell(repeated=10**12), repeated=10**12)
    (sheet,) = read(document(table(rows)))
    assert (sheet.cells.tolist(), sheet.rows.tolist()) == ([["a"]], [1])


WIDE = replace(LIMITS, rows=1_048_576, columns=500)
REFUSED: dict[str, tuple[str, Limits, str]] = {
    "a filled cell to the end of the row": (table(row(cell("x", repeated=16384))), LIMITS, "too_many_columns"),
    "a filled row to the end of the sheet": (table(row(cell("x"), repeated=1048576)), LIMITS, "too_many_rows"),
    "a cell at the far right": (table(row(cell(repeated=16383), cell("x"))), LIMITS, "too_many_columns"),
    "a row at the bottom": (table(row(cell(), repeated=1048575) + row(cell("x"))), LIMITS, "too_many_rows"),
    "a filled sheet": (table(row(cell("x", repeated=500), repeated=1_000_000)), WIDE, "unsafe_archive"),
    "many half filled sheets": (table(row(cell("x", repeated=400), repeated=4000)) * 9, WIDE, "unsafe_archive"),
    "a sheet of errors": (table(row(cell("#N/A", repeated=100), repeated=9999)), WIDE, "unsafe_archive"),
    "a far cell beside many rows": (
        table(row(cell("x"), repeated=99_999) + row(cell(repeated=499), cell("x"))),
        *(WIDE, "unsafe_archive"),
    ),
    "a long text": (table(row(cell("x" * 101))), LIMITS, "cell_too_long"),
    "a text of ten megabytes": (table(row(cell("x" * 10_000_000))), LIMITS, "cell_too_long"),
    "a text in many paragraphs": (table(row(cell("<text:s/></text:p><text:p>" * 200))), LIMITS, "cell_too_long"),
    "a thousand million spaces": (table(row(cell('<text:s text:c="1000000000"/>'))), LIMITS, "cell_too_long"),
    "a long attribute": (table(row(typed("string", "x" * 101, "x", "string-value"))), LIMITS, "cell_too_long"),
    "deep nesting": (table(row(cell("<text:span>" * 200 + "x" + "</text:span>" * 200))), LIMITS, "broken_workbook"),
    "nothing": ("", LIMITS, "empty_file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_spreadsheet_beyond_the_limits_is_refused(name: str, read) -> None:
    sheets, limits, rule = REFUSED[name]
    with pytest.raises(FileRefusedError) as fault:
        read(document(sheets), limits)
    assert fault.value.rule == rule


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
GOOD = document(table(row(cell("x"))))
BROKEN: dict[str, tuple[bytes, str, str]] = {
    "document type": (packed(document("", before="<!DOCTYPE x>")), "broken_workbook", "document type"),
    "laughs": (packed(document(table(row(cell("&b;"))), before=LAUGHS)), "broken_workbook", "document type"),
    "foreign file": (
        packed(document("", before='<!DOCTYPE x SYSTEM "file:///etc/passwd">')),
        *("broken_workbook", "document type"),
    ),
    "cut off": (packed(GOOD[:-40]), "broken_workbook", "cannot be read"),
    "no XML": (packed(b"PK"), "broken_workbook", "cannot be read"),
    "password": (packed(b"\x00\x01", b"<manifest:encryption-data/>"), "wrong_container", "protected by a password"),
    "macros": (packed(GOOD, **{"Basic/Standard/Module1.xml": b"x"}), "macros", "holds macros"),
    "names that leave": (packed(GOOD, **{"../evil": b"x"}), "unsafe_archive", "leave its folder"),
    "zip bomb": (packed(GOOD, **{"Pictures/a": bytes(80_000_000)}), "unsafe_archive", "unpacks to"),
    "no content": (packed(GOOD).replace(b"content.xml", b"kontent.xml"), "broken_workbook", "KeyError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_spreadsheet_that_is_refused(name: str, files, ask) -> None:
    content, rule, words = BROKEN[name]
    told = ask(files.raw("a.ods", content))
    assert told.found == [(rule, "file")]
    assert words in told.issues[0]["message"]


def test_a_file_of_a_kind_is_told_by_its_content(files, tmp_path: Path) -> None:
    content = {
        "ods": packed(GOOD), "json": b'\xef\xbb\xbf\n[ {"a": "b"}]', "csv": b"[a],{b}\n1,2\n",
        "parquet": as_parquet([["a"], ["b"]]), "xlsx": as_xlsx([["a"], ["b"]]),
        "eusurvey_xml": b'<Results><Answers><AnswerSet id="1"/></Answers></Results>',
    }  # fmt: skip
    told = {kind: read_sheets(files.raw("a.csv", raw), LIMITS)[0] for kind, raw in content.items()}
    assert told == {kind: kind for kind in content}
