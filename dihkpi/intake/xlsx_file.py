"""XLSX: read-only, with our own bounds, every cell as the text a person would type."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import Limits, Sheet, check_archive


def read_xlsx(path: Path, limits: Limits) -> list[Sheet]:
    """Read the sheets of a workbook that hold anything.

    The stated dimension of a sheet is not believed, formulas give their stored value, hidden sheets are named.

    Raises
    ------
    FileRefusedError
        When the workbook is damaged, unsafe, empty or beyond the limits.
    """
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise FileRefusedError(
            "unsafe_reader", "workbooks are read only with defusedxml installed", "pip install defusedxml"
        )
    check_archive(path, limits)
    sheets: list[Sheet] = []
    try:
        with path.open("rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drop-down lists and styles that openpyxl does not keep
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                notes = (
                    ()
                    if sheet.sheet_state == "visible"
                    else (("hidden_sheet", f"the sheet '{sheet.title}' is hidden"),)
                )
                read = _sheet(path, sheet, limits, notes)
                if read is not None:
                    sheets.append(read)
            book.close()
    except FileRefusedError:
        raise
    except Exception as fault:  # openpyxl has no error class of its own: any failure means that the file is damaged
        reason = type(fault).__name__
        raise FileRefusedError(
            "broken_workbook", f"{path.name} cannot be read ({reason})", "save it again as .xlsx"
        ) from None
    if not sheets:
        raise FileRefusedError("empty_file", f"{path.name} has no filled sheet", "export it again")
    return sheets


def _sheet(path: Path, sheet: Any, limits: Limits, notes: tuple[tuple[str, str], ...]) -> Sheet | None:
    sheet.reset_dimensions()
    rows: list[list[str]] = []
    numbers: list[int] = []
    width = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=limits.columns + 1), 1):
        if len(rows) > limits.rows or number > limits.rows + 1:
            raise FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} rows", "split it")
        texts = [value if type(value) is str else as_text(value) for value in values]
        while texts and not texts[-1]:
            texts.pop()
        if not any(texts):
            continue
        width = max(width, len(texts))
        rows.append(texts)
        numbers.append(number)
    if width > limits.columns:
        raise FileRefusedError(
            "too_many_columns",
            f"{path.name} has more than {limits.columns} columns",
            "delete what stands far to the right",
        )
    if not rows:
        return None
    cells = np.array([row + [""] * (width - len(row)) for row in rows], dtype=object).reshape(len(rows), width)
    return Sheet(sheet.title, cells, np.array(numbers, dtype=np.int64), notes)


def as_text(value: Any) -> str:
    """A cell value as a person would type it: ISO dates, numbers with a point and no exponent.

    Examples
    --------
    >>> as_text(7.0), as_text(0.1), as_text(None), as_text(dt.datetime(2024, 1, 31))
    ('7', '0.1', '', '2024-01-31')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return np.format_float_positional(value, precision=15, unique=True, trim="-")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
