"""The shared list of odd CSV files and workbooks: each case has its verdict, and a new one fails until it has."""

from __future__ import annotations

import copy
import datetime as dt
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
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation

Rows = list[list[Any]]
Found = list[tuple[str, str]]
Verdict = tuple[Found, tuple[int, int, int]]
"""Rule and cell of each issue; rows received, accepted and set aside."""
CUSTOMER, CATEGORY, ATTENDEES, PRICE = 1, 3, 4, 5


@pytest.fixture(scope="module")
def names(shared: Path) -> Callable[[str], list[str]]:
    content = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))
    return lambda group: content[group]["cases"]


def text_of(rows: Rows, separator: str = ",") -> str:
    return "".join(separator.join(f'"{cell}"' for cell in row) + "\n" for row in rows)


def refused(rule: str) -> Verdict:
    return [(rule, "file")], (0, 0, 0)


# CSV: the content of a file from clean rows, and the verdict

CsvCase = tuple[Callable[[Rows], str | bytes], Verdict]
CLEAN: Verdict = ([], (4, 4, 0))
TOTAL = ["", "Total", *[""] * 3, 4000, *[""] * 22]


def with_row(row: list[Any], at: int = 5) -> Callable[[Rows], str]:
    return lambda rows: text_of([*rows[:at], row, *rows[at:]])


def changed(row: int, column: int, value: Any) -> Callable[[Rows], str]:
    def make(rows: Rows) -> str:
        rows[row][column] = value
        return text_of(rows)

    return make


def joined(change: Callable[[list[Any]], list[Any]]) -> Callable[[Rows], str]:
    return lambda rows: text_of([change(row) for row in rows])


CSV: dict[str, CsvCase] = {
    "trailing delimiter on every row (pandas makes column 1 the index)": (
        lambda rows: text_of(rows).replace("\n", ",\n"), CLEAN),
    "one row with extra cell": (
        lambda rows: text_of([*rows[:2], [*rows[2], "x"], *rows[3:]]), ([("row_width", "row 3")], (4, 3, 1))),
    "one row with missing cell": (
        lambda rows: text_of([*rows[:2], rows[2][:-1], *rows[3:]]), ([("row_width", "row 3")], (4, 3, 1))),
    "duplicate header a,a": (
        joined(lambda row: [*row, row[CUSTOMER]]), ([("duplicate_column", "AC1")], (4, 0, 4))),
    "header differing by case/space/BOM": (
        lambda rows: "\ufeff" + text_of([[f" {cell.upper()}\u00a0" for cell in rows[0]], *rows[1:]]), CLEAN),
    "empty header cell": (
        joined(lambda row: [*row[:3], "" if row[0] == "Content ID" else "x", *row[3:]]),
        ([("unknown_column", "D1")], (4, 4, 0))),
    "header only": (lambda rows: text_of(rows[:1]), ([("no_rows", "row 1")], (0, 0, 0))),
    "zero bytes": (lambda rows: b"", refused("empty_file")),
    "100k columns": (lambda rows: text_of([[*rows[0], *range(100_000)]]), refused("too_many_columns")),
    "1 field of 10 MB": (changed(2, CUSTOMER, "x" * 10_000_000), refused("cell_too_long")),
    "unclosed quote": (lambda rows: text_of(rows).replace('"Firm 2"', '"Firm 2', 1), refused("broken_csv")),
    "quoted newline (row number vs line number)": (
        lambda rows: changed(3, PRICE, "much")(rows).replace("Firm 1", "Firm\n1"), ([("number", "F5")], (4, 3, 1))),
    "semicolon inside quotes": (changed(2, CUSTOMER, "Firm; two; three"), CLEAN),
    "preamble lines before header": (
        lambda rows: "Services of the hub\nprinted on 1 July 2026\n\n" + changed(2, PRICE, "much")(rows),
        ([("number", "F6")], (4, 3, 1))),
    "totals row at the end": (
        with_row(TOTAL),
        ([("required", "AA6"), ("required", "D6"), ("required", "O6"), ("required", "U6"), ("status_known", "K6")],
         (5, 4, 1))),
    "blank rows inside": (with_row([""] * 28, 3), CLEAN),
    "merged-cell look (blank = repeat above)": (changed(3, CUSTOMER, ""), ([("required", "B4")], (4, 3, 1))),
    "comment lines": (lambda rows: "# export of 2026-07-01, do not edit\n" + text_of(rows), CLEAN),
}  # fmt: skip


def test_every_shape_of_a_csv_has_its_case(names) -> None:
    assert sorted(CSV) == sorted(names("csv_shape"))


@pytest.mark.parametrize("name", CSV)
def test_shape_of_a_csv(name: str, files, services, ask) -> None:
    make, (found, counts) = CSV[name]
    told = ask(files.raw("a.csv", make(copy.deepcopy(services))))
    assert (sorted(told.found), told.counts) == (found, counts)


# Workbooks: what is built into a folder, and the verdict on each file


def book_of(rows: Rows) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([None if cell == "" else cell for cell in row])
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def edited(content: bytes, change: Callable[[str, bytes], bytes] = lambda name, part: part, **more: bytes) -> bytes:
    """The workbook with its parts changed, and further ones."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, part in more.items():
            new.writestr(name, part)
    return stream.getvalue()


def in_sheet(pattern: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        result, number = re.subn(pattern, lambda match: new, part, count=1)
        assert number == 1
        return result

    return change


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def cells(*places: tuple[int, int, Any]) -> Callable[[Rows], bytes]:
    def make(rows: Rows) -> bytes:
        for row, column, value in places:
            rows[row][column] = value
        return saved(book_of(rows))

    return make


def plain(change: Callable[[openpyxl.Workbook], object]) -> Callable[[Rows], bytes]:
    def make(rows: Rows) -> bytes:
        book = book_of(rows)
        change(book)
        return saved(book)

    return make


def hide(book: openpyxl.Workbook) -> None:
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["F"].hidden = True
    book.active["F3"] = "much"
    for row in ([cell.value for cell in book.active[1]], [cell.value for cell in book.active[2]]):
        (book["Old"] if "Old" in book else book.create_sheet("Old")).append(row)
    book["Old"].sheet_state = "hidden"
    book["Old"]["A2"] = "c9"


def metadata(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("_meta")
    sheet.append(["survey", "edih_kpi"])
    sheet.append(["version", "v9"])
    sheet.sheet_state = "veryHidden"


def validated(book: openpyxl.Workbook) -> None:
    rule = DataValidation(type="list", formula1='"Test before invest"', allow_blank=False)
    book.active.add_data_validation(rule)
    rule.add("D2:D99")
    book.active["D3"] = "Test before"


def protected(book: openpyxl.Workbook) -> None:
    book.active.protection.sheet = True
    book.active.insert_rows(3)
    book.active.insert_rows(5)
    for column, cell in enumerate(book.active[2], 1):
        book.active.cell(5, column, cell.value)
    book.active["A5"] = "c9"


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><worksheet'
EMPTY = rb"<sheetData\s*/>|<sheetData></sheetData>"
CORNER = b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
VERSION = b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)

XlsxCase = dict[str, tuple[Callable[[Rows], bytes], Verdict]]
"""Name of a file to its content and verdict."""
XLSX: dict[str, XlsxCase] = {
    "single cell at XFD1048576 (5 KB file): calamine aborts the process, openpyxl full read > 2.6 GB": {
        "a.xlsx": (lambda rows: edited(saved(book_of([])), in_sheet(EMPTY, CORNER)),
                   refused("too_many_columns"))},
    "declared dimension A1 but 5 rows (openpyxl read_only returns 1 cell unless reset_dimensions())": {
        "a.xlsx": (lambda rows: edited(saved(book_of(rows)), in_sheet(rb"<dimension[^>]*>", b'<dimension ref="A1"/>')),
                   CLEAN)},
    "formula without cached value -> None": {
        "a.xlsx": (cells((2, PRICE, "=500+500")), ([("formula", "F3")], (4, 3, 1)))},
    "#DIV/0! #N/A #REF! cells": {
        "a.xlsx": (cells((1, PRICE, "#DIV/0!"), (2, CATEGORY, "#N/A"), (3, CUSTOMER, "#REF!")),
                   ([("formula", "B4"), ("formula", "D3"), ("formula", "F2")], (4, 1, 3)))},
    "hidden sheet/row/column with data": {
        "a.xlsx": (plain(hide), ([("hidden_rows", "file"), ("hidden_sheet", "file"), ("number", "F3")], (5, 4, 1)))},
    "merged cells": {
        "a.xlsx": (plain(lambda book: book.active.merge_cells("B3:B4")), ([("required", "B4")], (4, 3, 1)))},
    "external link formula ='[other.xlsx]S'!A1": {
        "a.xlsx": (cells((2, PRICE, "='[other.xlsx]S'!A1")), ([("formula", "F3")], (4, 3, 1)))},
    "DOCTYPE/XXE and billion laughs in sheet xml": {
        "a.xlsx": (lambda rows: edited(saved(book_of(rows)), in_sheet(b"<worksheet", DOCTYPE)),
                   refused("broken_workbook")),
        "b.xlsx": (lambda rows: edited(saved(book_of(rows)), in_sheet(b"<worksheet", LAUGHS)),
                   refused("broken_workbook"))},
    "zip ratio > 100 or > 200 MB unpacked": {
        "a.xlsx": (lambda rows: edited(saved(book_of(rows)), **{"xl/media/a.bin": bytes(30_000_000)}),
                   refused("unsafe_archive")),
        "b.xlsx": (lambda rows: edited(saved(book_of(rows)), **{"xl/media/a.bin": bytes(410_000_000)}),
                   refused("unsafe_archive"))},
    "zip with ../ names": {
        "a.xlsx": (lambda rows: edited(saved(book_of(rows)), **{"../evil.txt": b"x"}), refused("unsafe_archive"))},
    "encrypted workbook (OLE header)": {"a.xlsx": (lambda rows: OLE, refused("wrong_container"))},
    "xls / xlsb / ods / csv renamed to xlsx": {
        "xls.xlsx": (lambda rows: OLE, refused("wrong_container")),
        "xlsb.xlsx": (lambda rows: zipped(**{"xl/workbook.bin": b"x"}), refused("wrong_container")),
        "csv.xlsx": (lambda rows: text_of(rows).encode(), CLEAN)},
    "html renamed to xls": {
        "a.xls": (lambda rows: b"<html><table><tr><td>Customer</td></tr></table></html>", refused("wrong_container"))},
    "number stored as text '7'": {"a.xlsx": (cells((2, ATTENDEES, "7")), CLEAN)},
    "text '007' vs number 7": {"a.xlsx": (cells((1, 0, "007"), (2, 0, 7), (3, 0, "7")),
                                          ([("duplicate_key", "A3"), ("duplicate_key", "A4")], (4, 2, 2)))},
    "date typed as text": {
        "a.xlsx": (cells((2, 14, "2024-01-31"), (3, 14, "31.01.2024 / 01.02.2024")), ([("date", "O4")], (4, 3, 1)))},
    "boolean where text expected": {"a.xlsx": (cells((2, CUSTOMER, True)), CLEAN)},
    "cell longer than 32767": {
        "a.xlsx": (lambda rows: edited(cells((2, CUSTOMER, "LONG"))(rows),
                                       lambda name, part: part.replace(b"LONG", b"x" * 32_768)),
                   refused("cell_too_long"))},
    "very hidden metadata sheet deleted or edited": {
        "a.xlsx": (plain(metadata), CLEAN), "b.xlsx": (cells(), CLEAN)},
    "wrong survey version in custom properties": {
        "a.xlsx": (lambda rows: edited(saved(book_of(rows)), **{"docProps/custom.xml": VERSION}), CLEAN)},
    "protected sheet unlocked and rows inserted": {"a.xlsx": (plain(protected), ([], (5, 5, 0)))},
    "data validation bypassed by paste": {"a.xlsx": (plain(validated), ([("unknown_code", "D3")], (4, 3, 1)))},
    "macro workbook xlsm": {
        "a.xlsm": (lambda rows: edited(saved(book_of(rows)), **{"xl/vbaProject.bin": b"x"}), refused("macros"))},
}  # fmt: skip
OF_ITS_OWN = {"1904 date system"}
"""Cases with a test of their own below."""


def test_every_shape_of_a_workbook_has_its_case(names) -> None:
    assert sorted([*XLSX, *OF_ITS_OWN]) == sorted(names("xlsx"))


@pytest.mark.parametrize("name", [name for name in XLSX if "XFD" not in name and "zip ratio" not in name])
def test_shape_of_a_workbook(name: str, files, services, ask) -> None:
    for file, (make, (found, counts)) in XLSX[name].items():
        told = ask(files.raw(file, make(copy.deepcopy(services))))
        assert (sorted(told.found), told.counts) == (found, counts), file


BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (512 << 20, 512 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
from dihkpi.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded as on Linux")
@pytest.mark.parametrize("name", [name for name in XLSX if "XFD" in name or "zip ratio" in name])
def test_a_bomb_takes_neither_memory_nor_time(name: str, files, services) -> None:
    for file, (make, (found, _)) in XLSX[name].items():
        path = files.raw(file, make(copy.deepcopy(services)))
        assert path.stat().st_size < 1_000_000
        done = subprocess.run(
            [sys.executable, "-c", BOUNDED, "validate", "--json", str(path)],
            **{
                "capture_output": True,
                "encoding": "utf-8",
                "timeout": 60,
                "env": {**os.environ, "OMP_NUM_THREADS": "1"},
            },
        )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert [(issue["rule"], "file") for issue in json.loads(done.stdout)["issues"]] == found


def test_dates_that_count_from_1904(files, definitions) -> None:
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    kind = next(iter(definitions.codelists["event_kinds"].labels))
    head = ["hub", "id", "title", "start", "kind"]
    book = book_of([])
    book.epoch = CALENDAR_MAC_1904
    for row in (head, ["Hub One", "e1", "Open day", dt.datetime(2024, 1, 31), kind]):
        book.active.append(row)
    content = saved(book)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b'date1904="1"' in archive.read("xl/workbook.xml")
        assert b"<v>43860</v>" in archive.read("xl/worksheets/sheet1.xml")
    (part,) = validate(read_submission(files.raw("a.xlsx", content), definitions), definitions).parts
    assert part.issues.values.tolist() == []
    assert part.accepted["start"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-31"]


def test_texts_with_zeros_in_front_and_numbers_stay_what_they_are(files, services, definitions) -> None:
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    path = files.raw("a.xlsx", cells((1, 0, "007"), (2, 0, 7), (3, CUSTOMER, True), (3, ATTENDEES, "7"))(services))
    (part,) = validate(read_submission(path, definitions), definitions).parts
    assert part.accepted["content_id"].tolist() == ["007", "7", "c3", "c4"]
    assert part.accepted["customer"].tolist()[2] == "TRUE"
    assert part.accepted["attendees"].tolist() == [3, 3, 7, 3]
