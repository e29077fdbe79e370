"""The copy looks like the sender's own file, and stays small and harmless."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.colors import Color

from dihkpi.intake.issue_report import copying, write_issue_report
from dihkpi.intake.issues import issue_table

FILES = ["file", "sheet", "survey", "version", "received", "accepted", "quarantined", "errors", "warnings"]


def copied(folder: Path, source: Path, *cells: str, sheet: str = "Data") -> Any:
    """The workbook of a report on these wrong cells of a sheet."""
    numbers = [int("".join(filter(str.isdigit, cell))) for cell in cells]
    issues = issue_table(
        [
            (source.name, sheet, row, "x", "type", "error", cell, "?", f"wrong in {cell}", "mend it", "")
            for cell, row in zip(cells, numbers, strict=True)
        ]
    )
    files = pd.DataFrame([(source.name, sheet, "s", "v1", 9, 9, 0, len(cells), 0)], columns=FILES)
    write_issue_report(folder / "out", issues, files, sources={source.name: source})
    return openpyxl.load_workbook(folder / "out" / "issues.xlsx")


@pytest.fixture
def styled(tmp_path: Path) -> Path:
    """A workbook with everything that makes it recognisable, and some of what must not be copied."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"] = "Records of 2026"
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A6:B6")
    sheet["A1"].font = Font(bold=True, italic=True, size=16, color="FFFFFFFF", name="Arial")
    sheet["A1"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=-0.25))
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet["A2"] = 0.25
    sheet["A2"].number_format = "0.0%"
    sheet["B2"] = dt.datetime(2026, 1, 31)
    sheet["B2"].number_format = "dd/mm/yyyy"
    sheet["C2"] = '=HYPERLINK("https://example.invalid")'
    sheet["A3"] = "text"
    sheet["A3"].hyperlink = "https://example.invalid"
    sheet["A3"].comment = Comment("a note of the sender", "someone")
    sheet["B3"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["A6"], sheet["B4"] = "below", 7
    sheet["B4"].border = Border(bottom=Side(style="double", color="FFFF0000"))
    sheet.column_dimensions["A"].width = 31.5
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[1].height = 42
    sheet.freeze_panes = "B3"
    sheet.sheet_view.showGridLines = False
    hidden = book.create_sheet("Lists")
    hidden["A1"] = "hidden"
    hidden.sheet_state = "hidden"
    path = tmp_path / "styled.xlsx"
    book.save(path)
    return path


def test_a_workbook_keeps_its_look(tmp_path: Path, styled: Path) -> None:
    book = copied(tmp_path, styled, "A2", "D5")
    assert book.sheetnames == ["Issues", "Data", "Lists"]
    copy = book["Data"]
    title = copy["A1"]
    assert (title.font.b, title.font.i, title.font.sz, title.font.name) == (True, True, 16, "Arial")
    # the blue of the theme, a quarter darker; Excel rounds to 366092
    assert title.fill.fgColor.rgb in ("FF366092", "FF376092")
    place = title.alignment
    assert (place.horizontal, place.vertical, place.wrap_text) == ("center", "center", True)
    assert (copy["A2"].value, copy["A2"].number_format) == (0.25, "0.0%")
    assert (copy["B2"].value, copy["B2"].number_format) == (dt.datetime(2026, 1, 31), "dd/mm/yyyy")
    assert copy["B3"].fill.fgColor.rgb == "FF00FF00" and copy["B3"].value is None
    assert (copy["B4"].border.bottom.style, copy["B4"].border.bottom.color.rgb) == ("double", "FFFF0000")
    assert sorted(map(str, copy.merged_cells.ranges)) == ["A1:C1", "A6:B6"]
    assert copy.freeze_panes == "B3" and not copy.sheet_view.showGridLines
    assert abs(copy.column_dimensions["A"].width - 31.5) < 0.1
    assert copy.row_dimensions[1].height == 42
    assert copy["A2"].fill.fgColor.rgb == copy["D5"].fill.fgColor.rgb == "FFF8CBC6"


def test_what_was_hidden_is_seen(tmp_path: Path, styled: Path) -> None:
    book = copied(tmp_path, styled, "A2")
    assert {sheet.sheet_state for sheet in book} == {"visible"}
    assert not any(column.hidden for column in book["Data"].column_dimensions.values())
    assert book["Lists"]["A1"].value == "hidden"


def test_nothing_of_the_sender_s_acts(tmp_path: Path, styled: Path) -> None:
    copy = copied(tmp_path, styled, "A2")["Data"]
    cells = [cell for row in copy.iter_rows() for cell in row]
    assert not any(cell.hyperlink for cell in cells) and {cell.data_type for cell in cells} <= {"n", "s", "d"}
    assert [(cell.coordinate, cell.comment.text) for cell in cells if cell.comment] == [("A2", "wrong in A2\nmend it")]
    with zipfile.ZipFile(tmp_path / "out" / "issues.xlsx") as archive:
        assert not any(b"example.invalid" in archive.read(name) for name in archive.namelist())


def test_a_merged_range_does_not_hide_a_mark(tmp_path: Path, styled: Path) -> None:
    copy = copied(tmp_path, styled, "B6", "A1")["Data"]
    assert list(map(str, copy.merged_cells.ranges)) == ["A1:C1"]
    assert copy["B6"].comment is not None and copy["A1"].comment is not None


def test_a_csv_has_a_bold_header_that_stays(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("id,a long header of a column\n007,=1+1\n", encoding="utf-8")
    copy = copied(tmp_path, source, "B2", sheet="")["a"]
    assert copy.freeze_panes == "A2" and copy["A1"].font.b and not copy["A2"].font.b
    assert copy.column_dimensions["B"].width > 24 > copy.column_dimensions["A"].width
    assert (copy["A2"].value, copy["A2"].data_type, copy["B2"].value) == ("007", "s", "=1+1")


def test_what_is_too_large_is_copied_where_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST_CELLS", 40)
    source = tmp_path / "a.csv"
    source.write_text("a,b\n" + "".join(f"{n},x\n" for n in range(2, 500)), encoding="utf-8")
    copy = copied(tmp_path, source, "B3", "A300", "C700", sheet="")["a"]
    values = {cell.row: cell.value for cell in copy["A"] if cell.value is not None}
    assert len(values) < 30 and (values[1], values[3], values[300]) == ("a", "3", "300")
    assert [copy[cell].comment.text for cell in ("B3", "A300", "C700")] == [
        f"wrong in {cell}\nmend it" for cell in ("B3", "A300", "C700")
    ]
    assert copy.sheet_format.zeroHeight  # empty rows are folded away


def test_a_sheet_of_many_cells_keeps_its_values(tmp_path: Path, styled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dihkpi.intake.issue_report.copies.MOST_STYLED", 3)
    copy = copied(tmp_path, styled, "A2")["Data"]
    assert [copy[cell].value for cell in ("A1", "A2", "B4")] == ["Records of 2026", 0.25, 7]
    assert not copy["A1"].font.b
    assert abs(copy.column_dimensions["A"].width - 31.5) < 0.1


def test_a_copy_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST_CELLS", 20)
    source = tmp_path / "a.csv"
    source.write_text("a,b\n" + "".join(f"{n},x\n" for n in range(2, 500)), encoding="utf-8")
    copy = copied(tmp_path, source, *(f"A{row}" for row in range(2, 400)), sheet="")["a"]
    assert copy.max_row < 40 and copy.cell(copy.max_row, 1).value == "the copy ends here; all issues are in issues.csv"
