"""What the XML of a sheet says that the reader of workbooks keeps to itself: formulas, hidden rows and columns."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dihkpi.intake.sheet import column_letter

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_HIDDEN = re.compile(rb"""<(?:\w+:)?(row|col)\s(?=[^>]*\shidden=["'](?:1|true)["'])[^>]*>""")
_ROW = re.compile(rb"""\sr=["']([0-9]{1,7})["']""")
_COLUMNS = re.compile(rb"""(?=[^>]*\smin=["']([0-9]{1,5})["'])[^>]*\smax=["']([0-9]{1,5})["']""")
_TAG = 1024
"""Bytes in which a tag fits."""
_CHUNK = 1 << 20
_SHOWN = 10
"""Hidden rows that are named, and columns."""


@dataclass
class SheetFacts:
    """Facts about one sheet.

    Parameters
    ----------
    formulas : bool
        Whether any cell holds a formula.
    rows, columns : list of int
        Hidden rows, counted from 1, and hidden columns, counted from 0.
    """

    formulas: bool = False
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def notes(self, title: str, filled: set[int], width: int) -> Iterator[tuple[str, str]]:
        """What must be said of hidden rows and columns that hold something."""
        rows = [str(row) for row in self.rows if row in filled]
        if rows:
            yield "hidden_rows", f"in the sheet '{title}', {_named('row', rows)} hidden; what they hold was read"
        columns = [column_letter(column) for column in self.columns if column < width]
        if columns:
            yield "hidden_rows", f"in the sheet '{title}', {_named('column', columns)} hidden; what they hold was read"


def _named(noun: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"{noun} {names[0]} is"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{noun}s {', '.join(names[:_SHOWN])}{more} are"


def sheet_facts(path: Path) -> dict[str, SheetFacts]:
    """Facts about every sheet of a workbook by its place in the archive; read as a stream, never parsed."""
    facts: dict[str, SheetFacts] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                found = facts.setdefault(name, SheetFacts())
                with archive.open(name) as stream:
                    end = b""
                    while chunk := stream.read(_CHUNK):
                        _look(end + chunk, len(end), found)
                        end = chunk[-_TAG:]
    return facts


def _look(text: bytes, old: int, found: SheetFacts) -> None:
    """Look through a piece whose first ``old`` bytes were looked at before."""
    found.formulas = found.formulas or bool(_FORMULA.search(text))
    for match in _HIDDEN.finditer(text):
        if match.end() <= old:
            continue
        if match[1] == b"row" and (row := _ROW.search(match[0])):
            found.rows.append(int(row[1]))
        elif match[1] == b"col" and (ends := _COLUMNS.search(match[0])):
            first, last = int(ends[1]) - 1, int(ends[2])
            found.columns += range(first, min(last, first + 2 * _TAG))
