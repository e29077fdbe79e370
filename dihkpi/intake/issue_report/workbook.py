"""Issues as a workbook: a list, and the sender's own sheets with the wrong cells marked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.errors import FileRefusedError
from dihkpi.intake.issue_report.copies import BOUNDS, Copy, copies_of
from dihkpi.intake.issue_report.findings import FILLS, SEVERITIES, RuleBrief, and_more
from dihkpi.intake.text import code_point, show

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 10_000
MOST_COMMENTS = 5_000
_LONGEST_TEXT = 32_767
_LONGEST_COMMENT = 1_000
_COPY_WIDTH = 18
_LINE_HEIGHT = 15
_LARGEST_EXACT = 10**15
_FIRST_YEAR = 1900
_ADDRESS = r"[A-Z]{1,3}[1-9]\d{0,6}"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_LIST = {  # column: header, width
    "severity": ("Severity", 10),
    "address": ("Cell", 9),
    "file": ("File", 24),
    "sheet": ("Sheet", 16),
    "row": ("Row", 7),
    "column": ("Column", 24),
    "value": ("Value found", 24),
    "message": ("What is wrong", 60),
    "hint": ("What to do", 50),
    "related_rows": ("See also rows", 16),
    "rule": ("Rule", 20),
    "brief": ("What the rule says", 50),
}


@dataclass(frozen=True)
class Mark:
    """What is wrong with one cell: the worst severity and the text of the comment."""

    severity: str
    text: str


Marks = dict[int, dict[int, Mark]]  # by row and column, both counted from 0


def write_workbook(
    path: Path,
    issues: pd.DataFrame,
    files: pd.DataFrame,
    rules: Mapping[str, RuleBrief],
    sources: Mapping[str, Path],
) -> None:
    """Write the list of issues and the marked copies; the bytes depend on the input alone."""
    import xlsxwriter

    issues = _with_address(issues)
    places = zip(files["file"].map(show), files["sheet"].map(show), strict=True)
    wanted: dict[str, set[str]] = {}
    for file, sheet in [*places, *zip(issues["file"], issues["sheet"], strict=True)]:
        wanted.setdefault(file, set()).add(sheet)
    copies = copies_of(sources, wanted)
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "Issues", "created": dt.datetime(2000, 1, 1)})
        writer = _Writer(book)
        writer.write_list(issues.head(MOST_LISTED), len(issues), rules, copies)
        for copy in copies:
            here = (issues["file"] == copy.file) & (issues["sheet"] == copy.sheet)
            writer.write_copy(copy, _marks(issues[here]))


def _with_address(issues: pd.DataFrame) -> pd.DataFrame:
    """Add the cell to go to: the one named, else the first of the row, else none."""
    texts = issues.drop(columns="row").map(lambda value: show(value, 400)).assign(row=issues["row"])
    first_of_row = texts["row"].astype("str").radd("A").fillna("")
    named = texts["cell"].str.fullmatch(_ADDRESS)
    return texts.assign(address=texts["cell"].where(named, first_of_row))


def _lines(issue: Mapping[Hashable, Any]) -> int:
    """How many lines the longest text of an issue takes in its column."""
    return max(len(str(issue[name])) // width + 1 for name, (_, width) in _LIST.items())


def _marks(issues: pd.DataFrame) -> Marks:
    """Gather the issues of a sheet by cell."""
    from xlsxwriter.utility import xl_cell_to_rowcol

    texts = issues["message"].str.cat(issues["hint"], sep="\n").str.strip()
    ranked = issues.assign(text=texts, rank=issues["severity"].map(SEVERITIES.index))
    cells = ranked[ranked["address"] != ""].groupby("address").agg({"rank": "min", "text": "\n\n".join})
    marks: Marks = {}
    for address, rank, text in cells.itertuples():
        row, column = xl_cell_to_rowcol(address)
        marks.setdefault(row, {})[column] = Mark(SEVERITIES[rank], text[:_LONGEST_COMMENT])
    return marks


class _Writer:
    """Writes sheets into one workbook; formats are made once and comments are counted."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.comments = 0
        self.formats: dict[tuple[str, str], Any] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"})

    def fill(self, severity: str, number_format: str = "") -> Any:
        """The format of a marked cell; none for a cell that is neither marked nor a date."""
        if not severity and not number_format:
            return None
        if (severity, number_format) not in self.formats:
            colour = {"bg_color": FILLS[severity], "border": 1, "border_color": "#888888"} if severity else {}
            shape = {"num_format": number_format} if number_format else {}
            self.formats[severity, number_format] = self.book.add_format({"valign": "top", **colour, **shape})
        return self.formats[severity, number_format]

    def write_list(self, issues: pd.DataFrame, total: int, rules: Mapping[str, RuleBrief], copies: list[Copy]) -> None:
        """The first sheet: one issue a row, each with a link to its cell."""
        sheet = self.book.add_worksheet("Issues")
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, max(len(issues), 1), len(_LIST) - 1)
        for column, (header, width) in enumerate(_LIST.values()):
            sheet.set_column(column, column, width, self.wrap)
            sheet.write_string(0, column, header, self.head)
        briefs = issues["rule"].map(lambda rule: show(rules[rule].brief, 400) if rule in rules else "")
        names = {(copy.file, copy.sheet): copy.name.replace("'", "''") for copy in copies}
        listed = issues.assign(brief=briefs, row=issues["row"].astype(object).fillna(""))
        for row, issue in enumerate(listed[list(_LIST)].to_dict("records"), start=1):
            sheet.set_row(row, _LINE_HEIGHT * _lines(issue))
            for column, value in enumerate(issue.values()):
                write = sheet.write_number if isinstance(value, int) else sheet.write_string
                write(row, column, value, self.wrap)
            sheet.write_string(row, 0, issue["severity"], self.fill(issue["severity"]))
            name, address = names.get((issue["file"], issue["sheet"])), issue["address"]
            if name and address:
                sheet.write_url(row, 1, f"internal:'{name}'!{address}", self.link, address)
        if total > len(issues):
            sheet.write_string(len(issues) + 1, 0, and_more(total - len(issues)))

    def write_copy(self, copy: Copy, marks: Marks) -> None:
        """A sheet of the sender as it stands, its wrong cells filled and commented."""
        sheet = self.book.add_worksheet(copy.name)
        sheet.set_column(0, BOUNDS.columns - 1, _COPY_WIDTH)
        severities = {mark.severity for row in marks.values() for mark in row.values()}
        if severities:
            sheet.set_tab_color(FILLS[min(severities, key=SEVERITIES.index)])
        with suppress(OSError, FileRefusedError):  # too large for a copy: the list stands without it
            for number, values in copy.rows():
                self.write_row(sheet, number - 1, values, marks.get(number - 1, {}))

    def write_row(self, sheet: Any, row: int, values: Sequence[Any], marks: Mapping[int, Mark]) -> None:
        """One row, its marked cells filled; a marked cell may lie beyond the last value."""
        values = [*values, *[None] * (max(marks, default=0) + 1 - len(values))]
        for column, value in enumerate(values):
            mark = marks.get(column)
            if value is not None or mark:
                self.write_value(sheet, row, column, value, mark.severity if mark else "")
            if mark and self.comments < MOST_COMMENTS:
                self.comments += 1
                sheet.write_comment(row, column, mark.text, {"x_scale": 2.2, "y_scale": 1.4})

    def write_value(self, sheet: Any, row: int, column: int, value: object, severity: str = "") -> None:
        """A value as its own type, never as a formula; dates keep a form that reads back as a date."""
        match value:
            case None | "":
                sheet.write_blank(row, column, None, self.fill(severity))
            case bool():
                sheet.write_boolean(row, column, value, self.fill(severity))
            case int() | float() if abs(value) < _LARGEST_EXACT:
                sheet.write_number(row, column, value, self.fill(severity))
            case dt.datetime() if value.year >= _FIRST_YEAR:
                form = "yyyy-mm-dd hh:mm:ss" if value.time() != dt.time() else "yyyy-mm-dd"
                sheet.write_datetime(row, column, value, self.fill(severity, form))
            case _:
                sheet.write_string(row, column, legal(str(value)), self.fill(severity))


def legal(text: str) -> str:
    """A text that XML and Excel can hold: other characters by code point, cut where a cell ends.

    >>> legal("a\\vb\\n")
    'aU+000Bb\\n'
    """
    return _ILLEGAL.sub(lambda match: code_point(match.group()), text)[:_LONGEST_TEXT]
