"""The sender's own sheets, read again row by row, within bounds."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import Limits, check_archive, container_of, read_sheets
from dihkpi.intake.text import show

# What arrives here has passed the limits of the policy; these keep the copy within a spreadsheet.
BOUNDS = Limits(
    file_bytes=200_000_000,
    rows=200_000,
    columns=500,
    characters=1_000_000,
    entries=10_000,
    unpacked_bytes=1_000_000_000,
    ratio=200,
)
_LONGEST_NAME = 31
_RESERVED = {"issues", "history"}


@dataclass(frozen=True)
class Copy:
    """A sheet of a source, and the name of its copy; ``sheet`` is empty for a CSV."""

    file: str
    sheet: str
    name: str
    path: Path

    def rows(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Number and values of the rows: typed values of an XLSX workbook, texts of all else."""
        if container_of(self.path, BOUNDS) == "xlsx":
            return _workbook_rows(self.path, self.sheet)
        return _text_rows(self.path, self.sheet)


def copies_of(sources: Mapping[str, Path], wanted: Mapping[str, set[str]]) -> list[Copy]:
    """The sheets to copy, each under a name of its own; of a workbook those that are wanted, or all.

    A source that cannot be opened has no copy: what ails it is told in its issues.
    """
    taken, copies = set(_RESERVED), []
    for file, path in sources.items():
        try:
            sheets = _sheets(path, wanted.get(file, set()))
        except (OSError, FileRefusedError):
            continue
        for sheet in sheets:
            name = _name_of_copy(sheet or Path(file).stem, taken)
            taken.add(name.casefold())
            copies.append(Copy(file, sheet, name, path))
    return copies


def _sheets(path: Path, wanted: set[str]) -> list[str]:
    """The sheets of a workbook, or one nameless sheet for a text."""
    if (container := container_of(path, BOUNDS)) == "xlsx":
        with _workbook(path) as book:
            names = [sheet.title for sheet in book.worksheets]
    elif container == "ods":
        names = [sheet.name for sheet in read_sheets(path, BOUNDS)[1]]
    else:
        return [""]
    return [name for name in names if name in wanted] or names


def _name_of_copy(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes and that is still free."""
    plain = re.sub(r"[\[\]:*?/\\]", "_", show(wanted, _LONGEST_NAME)).strip("' ") or "Sheet"
    endings = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    names = (plain[: _LONGEST_NAME - len(ending)].rstrip("' ") + ending for ending in endings)
    return next(name for name in names if name.casefold() not in taken)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    import openpyxl

    check_archive(path, BOUNDS)
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about features that a copy does not need
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        yield book
        book.close()


def _workbook_rows(path: Path, sheet: str) -> Iterator[tuple[int, Sequence[Any]]]:
    with _workbook(path) as book:
        source = book[sheet]
        source.reset_dimensions()
        rows = source.iter_rows(max_row=BOUNDS.rows, values_only=True)
        for number, values in enumerate(rows, start=1):
            yield number, values[: BOUNDS.columns]


def _text_rows(path: Path, name: str) -> Iterator[tuple[int, Sequence[Any]]]:
    for sheet in read_sheets(path, BOUNDS)[1]:
        if sheet.name == name:
            yield from zip(sheet.rows.tolist(), sheet.cells.tolist(), strict=True)
