"""XLSX: read-only, with our own bounds, every cell as the text a person would type."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits, check_archive
from dihkpi.intake.readers.sheet_facts import SheetFacts, sheet_facts
from dihkpi.intake.sheet import Sheet

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


def read_xlsx(path: Path, limits: Limits) -> list[Sheet]:
    """Read the sheets of a workbook that hold anything.

    The stated dimension of a sheet is not believed, formulas give their stored value, hidden sheets are named.
    A formula without a stored value is given as it was typed, and noted; so is an error value.

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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drop-down lists and styles that openpyxl does not keep
            with path.open("rb") as handle, path.open("rb") as again:
                facts = sheet_facts(path)
                book = openpyxl.load_workbook(handle, read_only=True, data_only=True, keep_links=False)
                formulas = any(fact.formulas for fact in facts.values())
                typed = openpyxl.load_workbook(again, read_only=True, keep_links=False) if formulas else None
                for sheet in book.worksheets:
                    about = facts.get(getattr(sheet, "_worksheet_path", ""), SheetFacts())
                    read = _sheet(path, sheet, typed[sheet.title] if typed else None, limits, about)
                    if read is not None:
                        sheets.append(read)
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


def _rows(sheet: Any, typed: Any) -> Iterator[tuple[Sequence[Any], dict[int, str]]]:
    """Values of each row, and its formulas without a stored value by position."""
    sheet.reset_dimensions()
    if typed is None:
        yield from ((values, {}) for values in sheet.iter_rows(values_only=True))
        return
    typed.reset_dimensions()
    for cells, formulas in zip(sheet.iter_rows(), typed.iter_rows(values_only=True), strict=True):
        waiting = {
            position: str(getattr(formula, "text", formula))
            for position, (cell, formula) in enumerate(zip(cells, formulas, strict=True))
            if cell.value is None and formula is not None and cell.data_type != "str"  # the value of ="" is a text
        }
        yield [cell.value for cell in cells], waiting


def _sheet(path: Path, sheet: Any, typed: Any, limits: Limits, facts: SheetFacts) -> Sheet | None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    rows: list[list[str]] = []
    kinds: list[list[bool]] = []
    numbers: list[int] = []
    unread: set[tuple[int, int]] = set()
    width = 0
    for number, (values, waiting) in enumerate(_rows(sheet, typed), 1):
        if len(rows) > limits.rows or number > limits.rows + 1:
            raise FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} rows", "split it")
        texts = [value if type(value) is str else as_text(value) for value in values]
        for position, formula in waiting.items():
            texts[position] = formula
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > limits.columns:
            message = f"{path.name}, row {number}: more than {limits.columns} columns"
            raise FileRefusedError("too_many_columns", message, "delete what stands far to the right")
        if max(map(len, texts), default=0) > limits.characters:
            message = f"{path.name}, row {number}: a cell has more than {limits.characters:,} characters"
            raise FileRefusedError("cell_too_long", message, "shorten the text")
        if not any(map(str.strip, texts)):
            continue
        if waiting or not ERRORS.isdisjoint(texts):
            unread |= {(len(rows), i) for i, text in enumerate(texts) if i in waiting or text in ERRORS}
        width = max(width, len(texts))
        rows.append(texts)
        kinds.append([type(value) in (int, float) for value in values[: len(texts)]])
        numbers.append(number)
    if not rows:
        return None
    hidden = sheet.sheet_state != "visible"
    notes = (("hidden_sheet", f"the sheet '{sheet.title}' is hidden"),) if hidden else ()
    return Sheet(
        sheet.title,
        np.array([row + [""] * (width - len(row)) for row in rows], dtype=object).reshape(len(rows), width),
        np.array(numbers, dtype=np.int64),
        (*notes, *facts.notes(sheet.title, set(numbers), width)),
        unread=frozenset(unread),
        numbers=np.array([row + [False] * (width - len(row)) for row in kinds], dtype=bool).reshape(len(rows), width),
        date1904=sheet.parent.epoch == CALENDAR_MAC_1904,
    )


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
