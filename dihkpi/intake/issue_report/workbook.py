"""Issues as a workbook: a list, and the sender's own sheets with the wrong cells marked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.intake.issue_report.copying import Copying, Formats
from dihkpi.intake.issue_report.findings import EFFECTS, RuleBrief, and_more, headline, totals, worst
from dihkpi.intake.issue_report.marks import marks_of, with_address
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 10_000
"""Issues in the list, the worst ones; all of them are in issues.csv."""
_LONGEST = 400
_LINE_HEIGHT = 15
_TALLEST = 409
_HEADER = 2
"""Row of the header, counted from 0: above it stand the counts and the legend."""
_LEGEND = ((0, "error"), (3, "warning"), (6, "info"))
"""Columns of the legend: each has room to its right."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
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


def write_workbook(
    path: Path,
    issues: pd.DataFrame,
    files: pd.DataFrame,
    rules: Mapping[str, RuleBrief],
    sources: Mapping[str, Path],
) -> None:
    """Write the list of issues and the marked copies; the bytes depend on the input alone."""
    import xlsxwriter

    issues = with_address(issues)
    wanted: dict[str, set[str]] = {}
    for table in (files, issues[["file", "sheet"]].drop_duplicates()):
        for file, sheet in zip(table["file"], table["sheet"].fillna(""), strict=True):
            wanted.setdefault(file, set()).add(sheet)
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "Issues", "created": dt.datetime(2000, 1, 1)})
        formats = Formats(book)
        first = book.add_worksheet("Issues")
        copying = Copying(book, formats, marks_of(issues))
        for file, source in sources.items():
            copying.add_file(file, source, wanted.get(file, set()))
        _write_head(first, formats, issues, files)
        _write_list(first, formats, worst(issues, MOST_LISTED), rules, copying.names)
        if len(issues) > MOST_LISTED:
            first.write_string(_HEADER + MOST_LISTED + 1, 0, and_more(len(issues) - MOST_LISTED))


def _write_head(sheet: Any, formats: Formats, issues: pd.DataFrame, files: pd.DataFrame) -> None:
    """Counts, legend and header, which stay in sight."""
    sheet.freeze_panes(_HEADER + 1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER)
    sheet.autofilter(_HEADER, 0, _HEADER + max(min(len(issues), MOST_LISTED), 1), len(_LIST) - 1)
    sheet.set_row(0, 24)
    found = totals(issues) or "no issues"
    sheet.write_string(0, 0, f"{headline(files)}: {found}", formats.title)
    for column, severity in _LEGEND:
        sheet.write_string(1, column, severity, formats.of((), severity))
        sheet.write_string(1, column + 1, EFFECTS[severity])
    for column, (header, width) in enumerate(_LIST.values()):
        sheet.set_column(column, column, width)
        sheet.write_string(_HEADER, column, header, formats.head)


def _write_list(
    sheet: Any,
    formats: Formats,
    issues: pd.DataFrame,
    rules: Mapping[str, RuleBrief],
    names: Mapping[tuple[str, str], str],
) -> None:
    """One issue a row, each with a link to its cell in the copy."""
    plain = issues[[name for name in _LIST if name in issues and name != "row"]]
    briefs = issues["rule"].map(lambda rule: rules[rule].brief if rule in rules else "")
    listed = plain.assign(brief=briefs).map(lambda value: show(value, _LONGEST))
    listed = listed.assign(row=issues["row"].astype(object).fillna(""))[list(_LIST)]
    places = zip(issues["file"], issues["sheet"].fillna(""), strict=True)
    records = zip(listed.to_dict("records"), places, strict=True)
    for row, (issue, place) in enumerate(records, start=_HEADER + 1):
        sheet.set_row(row, min(_LINE_HEIGHT * _lines(issue), _TALLEST))
        for column, value in enumerate(issue.values()):
            write = sheet.write_number if isinstance(value, int) else sheet.write_string
            write(row, column, value, formats.wrap if column else formats.of((), issue["severity"]))
        if place in names and issue["address"]:
            name = names[place].replace("'", "''")
            sheet.write_url(row, 1, f"internal:'{name}'!{issue['address']}", formats.link, issue["address"])


def _lines(issue: Mapping[Hashable, Any]) -> int:
    """How many lines the longest text of an issue takes in its column."""
    return max(len(str(issue[name])) // width + 1 for name, (_, width) in _LIST.items())
