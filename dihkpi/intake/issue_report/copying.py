"""Copies of the sender's sheets: the same cells in the same places, the wrong ones filled and commented."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.issue_report.cell_style import Style
from dihkpi.intake.issue_report.copies import BOUNDS, MOST_CELLS, SourceSheet, name_of_copy, sheets_of
from dihkpi.intake.issue_report.findings import ELSEWHERE, FILLS
from dihkpi.intake.issue_report.look import Look
from dihkpi.intake.issue_report.marks import Marks
from dihkpi.intake.text import code_point

_RESERVED = {"issues", "history"}
_LONGEST_TEXT = 32_767
_WIDTH = 18
_LARGEST_EXACT = 10**15
_FIRST_YEAR = 1900
_MOST_FORMATS = 4_000
_COMMENT_WIDTH, _COMMENT_LINE = 320, 17
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NONE = np.empty(0, dtype=np.int64)
_HEAD: Style = (("bold", True),)
_TIME_FORMATS = {dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.time: "hh:mm:ss", dt.timedelta: "[h]:mm:ss"}


class Formats:
    """The formats of a workbook; each is made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Style, str, str], Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"})

    def of(self, style: Style, severity: str = "", number_format: str = "") -> Any:
        """The look of a cell of the sender; a marked one has our fill, a border, and a text that is read on it."""
        if not (style or severity or number_format):
            return None
        key = style, severity, number_format
        if key not in self._made:
            if len(self._made) >= _MOST_FORMATS and style:
                return self.of((), severity, number_format)
            found: dict[str, Any] = {"num_format": number_format} if number_format else {}
            found |= dict(style)
            if severity:
                sides = dict.fromkeys(("left", "right", "top", "bottom"), 1)
                colours = {f"{side}_color": "#888888" for side in sides}
                fill = {"pattern": 1, "bg_color": FILLS[severity], "font_color": "#1C2730"}
                found |= {"valign": "top"} | dict(style) | sides | colours | fill
            self._made[key] = self._book.add_format(found)
        return self._made[key]


class Copying:
    """Adds marked copies to a workbook; ``names`` are those of the copies by file and sheet."""

    def __init__(self, book: Any, formats: Formats, marks: Mapping[tuple[str, str], Marks]) -> None:
        self._book = book
        self._formats = formats
        self._marks = marks
        self._taken = set(_RESERVED)
        self._cells = 0
        self.names: dict[tuple[str, str], str] = {}

    def add_file(self, file: str, path: Path, wanted: set[str]) -> None:
        """Copy the sheets of a file; what ails one that cannot be opened is told in its issues."""
        with suppress(OSError, FileRefusedError):
            for source in sheets_of(path, wanted):
                self._add_sheet(file, source)

    def _add_sheet(self, file: str, source: SourceSheet) -> None:
        name = name_of_copy(source.name or Path(file).stem, self._taken)
        self._taken.add(name.casefold())
        self.names[file, source.name] = name
        sheet = self._book.add_worksheet(name)
        marks = self._marks.get((file, source.name), Marks(_NONE, _NONE, _NONE))
        _shape(sheet, source.look, marks)
        if marks.worst:
            sheet.set_tab_color(FILLS[marks.worst])
        self._copy_rows(sheet, source, marks)

    def _copy_rows(self, sheet: Any, source: SourceSheet, marks: Marks) -> None:
        """Row by row; when the workbook is half full, only rows with a mark, the others being hidden."""
        last, head = -1, source.look.head
        try:
            for number, values, styles in source.rows():
                last = number - 1
                if self._cells > 2 * MOST_CELLS:
                    break
                found = marks.at(last)
                if self._cells > MOST_CELLS:
                    sheet.set_default_row(hide_unused_rows=True)
                    if not found:
                        continue
                if last in source.look.heights:
                    sheet.set_row(last, source.look.heights[last])
                if last == head:
                    styles = [_HEAD] * len(values)
                self._write_row(sheet, last, values, styles, found)
                _write_comments(sheet, last, found, marks.comments)
        finally:  # also when the rest cannot be read
            for row in marks.after(last):
                if self._cells > 2 * MOST_CELLS:
                    sheet.write_string(row, 0, f"the copy ends here; all issues are {ELSEWHERE}")
                    break
                self._write_row(sheet, row, (), None, marks.at(row))
                _write_comments(sheet, row, marks.at(row), marks.comments)

    def _write_row(
        self, sheet: Any, row: int, values: Sequence[Any], styles: Sequence[Style] | None, found: Mapping[int, str]
    ) -> None:
        """One row, its marked cells filled; a marked cell may lie beyond the last value."""
        beyond = [None] * (max(found, default=0) + 1 - len(values))
        for column, value in enumerate([*values, *beyond]):
            style = styles[column] if styles and column < len(styles) else ()
            severity = found.get(column, "")
            if value is not None or style or severity:
                self._cells += 1
                self._write_value(sheet, row, column, value, style, severity)

    def _write_value(self, sheet: Any, row: int, column: int, value: object, style: Style, severity: str) -> None:
        """A value as its own type, never as a formula; dates keep a form that reads back as a date."""
        form = self._formats.of(style, severity)
        match value:
            case None | "":
                sheet.write_blank(row, column, None, form)
            case bool():
                sheet.write_boolean(row, column, value, form)
            case int() | float() if abs(value) < _LARGEST_EXACT:
                sheet.write_number(row, column, value, form)
            case dt.datetime() if value.year < _FIRST_YEAR:
                sheet.write_string(row, column, str(value), form)
            case dt.datetime() | dt.time() | dt.timedelta():
                shown = "" if any(name == "num_format" for name, _ in style) else _time_format(value)
                sheet.write_datetime(row, column, value, self._formats.of(style, severity, shown))
            case _:
                sheet.write_string(row, column, legal(str(value)), form)


def _shape(sheet: Any, look: Look, marks: Marks) -> None:
    """Widths, frozen panes, lines and merged cells."""
    usual = _WIDTH if look.default_width is None and not look.columns else look.default_width
    if usual is not None:
        sheet.set_column(0, BOUNDS.columns - 1, usual)
    for column, width in look.columns.items():
        sheet.set_column(column, column, width)
    if any(look.freeze):
        sheet.freeze_panes(*look.freeze)
    if not look.grid:
        sheet.hide_gridlines(2)
    # merge_range would write the cells, and rows can be written only once and in their order
    sheet.merge.extend(list(box) for box in look.merges if not marks.hidden_by(box))


def _write_comments(sheet: Any, row: int, found: Iterable[int], texts: Mapping[tuple[int, int], str]) -> None:
    """What is wrong, beside its cell; with its row, since the writer does not go back."""
    for column in found:
        if text := texts.get((row, column)):
            lines = sum(len(line) // 48 + 1 for line in text.split("\n"))
            size = {"width": _COMMENT_WIDTH, "height": _COMMENT_LINE * lines + 12}
            sheet.write_comment(row, column, legal(text), {**size, "font_size": 9, "color": "#FFFBE6"})


def _time_format(value: dt.datetime | dt.time | dt.timedelta) -> str:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return "yyyy-mm-dd"
    return _TIME_FORMATS[type(value)]


def legal(text: str) -> str:
    """A text that XML and Excel can hold: other characters by code point, cut where a cell ends.

    >>> legal("a\\vb\\n")
    'aU+000Bb\\n'
    """
    return _ILLEGAL.sub(lambda match: code_point(match.group()), text)[:_LONGEST_TEXT]
