"""Tables as the files that hubs send: quoted CSV, plain CSV, or a workbook of one sheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd


class Fault(NamedTuple):
    """A cell with something wrong in it; ``row`` counts like a spreadsheet, header included."""

    file: str
    row: int
    column: str
    kind: str
    value: Any = None


class _Plain(csv.excel):
    lineterminator = "\n"


class _Quoted(_Plain):
    quoting = csv.QUOTE_ALL


@dataclass(frozen=True)
class Table:
    """One file to be written below the inbox; ``sheet`` makes it a workbook."""

    file: str
    frame: pd.DataFrame
    sheet: str | None = None
    quoted: bool = False

    def as_csv(self) -> Table:
        """The same table in a CSV file."""
        return replace(self, file=self.file.removesuffix(".xlsx").removesuffix(".csv") + ".csv", sheet=None)

    def write(self, folder: Path, faults: Iterable[Fault] = ()) -> None:
        """Write the table, with the values of the faults in the place of its own."""
        columns = {name: _cells(column, as_text=not self.sheet) for name, column in self.frame.items()}
        for fault in faults:
            if fault.file == self.file and fault.value is not None:
                columns[fault.column][fault.row - 2] = fault.value
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = zip(*columns.values(), strict=True)
        if self.sheet:
            _write_workbook(path, self.sheet, [str(name) for name in columns], rows)
        else:
            with path.open("w", encoding="utf-8-sig" if self.quoted else "utf-8", newline="") as file:
                writer = csv.writer(file, _Quoted if self.quoted else _Plain)
                writer.writerow(columns)
                writer.writerows(rows)


def _cells(column: pd.Series, as_text: bool) -> list[Any]:
    if column.dtype.kind == "f" and as_text:
        return list(np.where(column.isna(), "", np.char.mod("%.2f", column.to_numpy())))
    return (column.astype(object).where(column.notna(), None) if column.hasnans else column).tolist()


def _write_workbook(path: Path, sheet: str, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": datetime(2026, 7, 1)})
        page = book.add_worksheet(sheet)
        for number, row in enumerate([header, *rows]):
            page.write_row(number, 0, row)
