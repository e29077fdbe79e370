"""The sender's own sheets, read again row by row, within bounds."""

from __future__ import annotations

import itertools
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from dihkpi.errors import FileRefusedError
from dihkpi.intake.issue_report.cell_style import Style, style_of, theme_colours
from dihkpi.intake.issue_report.look import Look, look_of
from dihkpi.intake.readers.container import Limits, check_archive, read_sheets
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import show

# What arrives here has passed the limits of the policy; these keep the copy within a spreadsheet and its making short.
BOUNDS = Limits(
    file_bytes=50_000_000,
    rows=1_048_576,
    columns=500,
    characters=1_000_000,
    entries=10_000,
    unpacked_bytes=1_000_000_000,
    ratio=200,
)
MOST_CELLS = 500_000
"""Cells of all copies together; then as many again, of rows with issues only; then the copy ends."""
MOST_STYLED = 250_000
"""Cells of a sheet up to which their fonts, fills and borders are kept."""
MOST_SHEETS = 60
"""Sheets of a workbook up to which all are copied, and not only those that were read."""
_LOWEST_HEAD = 20
_LONGEST_NAME = 31
_SAMPLE = 1_000
_NARROWEST, _WIDEST = 9, 45

_Item = TypeVar("_Item")
Row = tuple[int, Sequence[Any], Sequence[Style] | None]
"""Number of a row, counted from 1, its values, and what these look like."""


class SourceSheet(Protocol):
    """A sheet of a source, ready to be copied."""

    look: Look

    @property
    def name(self) -> str:
        """As it stands on its tab; empty for a CSV."""

    def rows(self) -> Iterator[Row]:
        """The rows; values are texts, or typed in a workbook, and never formulas."""


def sheets_of(path: Path, wanted: set[str]) -> Iterator[SourceSheet]:
    """The sheets of a file, one after the other; of a workbook with very many, those that are wanted.

    Raises
    ------
    FileRefusedError
        When the file, or a part of it, cannot be read, or is too large for a copy.
    """
    if path.stat().st_size > BOUNDS.file_bytes:
        raise FileRefusedError("too_large", f"{path.name} is too large for a copy", "look its cells up in the list")
    if _is_workbook(path):
        yield from _refusing(path, _workbook_sheets(path, wanted))
    else:
        for sheet in read_sheets(path, BOUNDS)[1][:MOST_SHEETS]:
            yield TextSheet(sheet)


def name_of_copy(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes and that is still free."""
    plain = re.sub(r"[\[\]:*?/\\]", "_", show(wanted, _LONGEST_NAME)).strip("' ") or "Sheet"
    endings = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    names = (plain[: _LONGEST_NAME - len(ending)].rstrip("' ") + ending for ending in endings)
    return next(name for name in names if name.casefold() not in taken)


class TextSheet:
    """A sheet of text: a CSV, or any other file whose reader gives text."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        head = int(sheet.rows[0]) - 1 if len(sheet.rows) else 0
        frozen = (head + 1, 0) if head < _LOWEST_HEAD else (0, 0)
        self.look = Look(cells=sheet.cells.size, columns=self._widths(), freeze=frozen, head=head)

    @property
    def name(self) -> str:
        """As the reader calls it."""
        return self._sheet.name

    def _widths(self) -> dict[int, float]:
        """A width for each column that shows most of its texts."""
        columns = self._sheet.cells[:_SAMPLE].T.tolist()
        longest = (max((len(line) for text in texts for line in text.split("\n")), default=0) for texts in columns)
        return {column: min(max(length + 2, _NARROWEST), _WIDEST) for column, length in enumerate(longest)}

    def rows(self) -> Iterator[Row]:
        """The rows as texts."""
        for block in self._sheet.blocks(0, BOUNDS.block_cells):
            for number, texts in zip(block.rows.tolist(), block.cells, strict=True):
                yield number, texts.tolist(), None


@dataclass
class WorkbookSheet:
    """A sheet of an open workbook, read as a stream."""

    path: Path
    sheet: Any
    look: Look
    theme: Sequence[str]
    known: dict[Any, Style]

    @property
    def name(self) -> str:
        """As it stands on its tab."""
        return str(self.sheet.title)

    def rows(self) -> Iterator[Row]:
        """The rows as typed values, with the look of each cell unless there are very many."""
        self.sheet.reset_dimensions()
        bounds = {"max_row": BOUNDS.rows, "max_col": self.look.width}
        if self.look.cells > MOST_STYLED:
            plain = enumerate(self.sheet.iter_rows(**bounds, values_only=True), start=1)
            yield from _refusing(self.path, ((number, values, None) for number, values in plain))
        else:
            styled = enumerate(self.sheet.iter_rows(**bounds), start=1)
            for number, cells in _refusing(self.path, styled):
                yield number, [cell.value for cell in cells], list(map(self._style, cells))

    def _style(self, cell: Any) -> Style:
        if not getattr(cell, "has_style", False):  # a cell that the file does not mention has none
            return ()
        key = cell.style_array
        if key not in self.known:
            self.known[key] = style_of(cell, self.theme)
        return self.known[key]


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False


def _workbook_sheets(path: Path, wanted: set[str]) -> Iterator[SourceSheet]:
    with _workbook(path) as book, zipfile.ZipFile(path) as archive:
        theme = theme_colours(book.loaded_theme)
        known: dict[Any, Style] = {}
        sheets = book.worksheets
        if len(sheets) > MOST_SHEETS:
            sheets = [sheet for sheet in sheets if sheet.title in wanted][:MOST_SHEETS]
        for sheet in sheets:
            # openpyxl keeps the shape of a sheet to itself when it streams, but knows where it stands
            look = look_of(archive, sheet._worksheet_path, BOUNDS, MOST_STYLED)
            yield WorkbookSheet(path, sheet, look, theme, known)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    import openpyxl

    check_archive(path, BOUNDS)
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about features that a copy does not need
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        yield book
        book.close()


def _refusing(path: Path, items: Iterator[_Item]) -> Iterator[_Item]:
    """The items; openpyxl has no error class of its own, so that any failure means a damaged file."""
    try:
        yield from items
    except (OSError, FileRefusedError):
        raise
    except Exception as fault:
        message = f"{path.name} cannot be copied ({type(fault).__name__})"
        raise FileRefusedError("broken_workbook", message, "save it again as .xlsx") from None
