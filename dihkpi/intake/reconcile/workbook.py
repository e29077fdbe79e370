"""The workbook to work through: a summary and a sheet for each kind of finding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.intake.reconcile.compare import Reconciled
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 100_000
"""Rows of a sheet; more are counted in its last line."""
MANY_ROWS = 10_000
"""Rows from which a workbook is written with little memory; below, without files aside, which is much faster."""
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTH, _WIDE = 28, 70
_LONG = ("what_to_do", "found")
_LONGEST = 1000


def write_reconciliation(path: Path, found: Reconciled, services: pd.DataFrame | None = None) -> Path:
    """Write ``reconciliation.xlsx`` of two lists: how many rows each sheet has, and the sheets.

    Parameters
    ----------
    path : pathlib.Path
    found : Reconciled
    services : pandas.DataFrame, optional
        Findings on services, where the lists have any.
    """
    import pandas as pd

    sheets = found.sheets() | ({} if services is None else {"Services": services})
    summary = pd.DataFrame({"sheet": list(sheets), "rows": [len(table) for table in sheets.values()]})
    return write_sheets(path, {"Summary": summary, **sheets})


def write_sheets(path: Path, sheets: Mapping[str, pd.DataFrame]) -> Path:
    """Write tables as the sheets of a workbook: texts as texts, no formula; the bytes depend on the input alone.

    Parameters
    ----------
    path : pathlib.Path
        The workbook; it is written aside, so that an old one is there until the new one is whole.
    sheets : mapping of str to pandas.DataFrame
        Title to table.
    """
    import xlsxwriter

    aside = path.with_name(f".{path.name}.part")
    size = "in_memory" if sum(map(len, sheets.values())) < MANY_ROWS else "constant_memory"
    with aside.open("wb") as stream, xlsxwriter.Workbook(stream, {**_OPTIONS, size: True}) as book:
        book.set_properties({"title": "Reconciliation", "created": dt.datetime(2000, 1, 1)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for title, table in sheets.items():
            _write_sheet(book.add_worksheet(title), table, head, wrap)
    aside.replace(path)
    return path


def _write_sheet(sheet: Any, table: pd.DataFrame, head: Any, wrap: Any) -> None:
    import pandas as pd

    shown = table.iloc[:MOST_ROWS]
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(shown), 1), len(table.columns) - 1)
    for column, name in enumerate(table.columns):
        sheet.set_column(column, column, _WIDE if name in _LONG else _WIDTH)
        sheet.write_string(0, column, name.replace("_", " "), head)
    cells = zip(*(shown[name].to_list() for name in shown), strict=True)
    for row, values in enumerate(cells, start=1):
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, column, show(value, _LONGEST), wrap)
            elif not pd.isna(value):
                sheet.write_number(row, column, float(value), wrap)
    if len(table) > len(shown):
        sheet.write_string(len(shown) + 1, 0, f"and {len(table) - len(shown):,} more")
