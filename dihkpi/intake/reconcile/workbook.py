"""The workbook to work through: a summary and a sheet for each kind of finding."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from dihkpi.intake.reconcile.compare import Reconciled
from dihkpi.intake.text import show

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WIDTH = 28


def write_reconciliation(path: Path, found: Reconciled) -> Path:
    """Write ``reconciliation.xlsx``: texts as texts, no formula; the bytes depend on the input alone."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "Reconciliation", "created": dt.datetime(2000, 1, 1)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        summary = book.add_worksheet("Summary")
        summary.set_column(0, 0, _WIDTH)
        summary.write_row(0, 0, ["Sheet", "Rows"], head)
        for line, (title, table) in enumerate(found.sheets().items(), start=1):
            summary.write_string(line, 0, title)
            summary.write_number(line, 1, len(table))
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)
            for column, name in enumerate(table.columns):
                sheet.set_column(column, column, _WIDTH)
                sheet.write_string(0, column, name.replace("_", " "), head)
                for row, value in enumerate(table[name].to_list(), start=1):
                    if isinstance(value, str):
                        sheet.write_string(row, column, show(value, 400), wrap)
                    elif value == value:
                        sheet.write_number(row, column, float(value), wrap)
    return path
