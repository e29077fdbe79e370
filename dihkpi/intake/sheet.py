"""A table of text as it stands in a file, and the places of its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dihkpi.intake.text import normalise_header

PREAMBLE = 20
"""The header is looked for in this many rows."""

Cells = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Some rows of a sheet that are looked at together.

    Parameters
    ----------
    cells : numpy.ndarray of object, shape (rows, columns), or tuple of pyarrow.Array
        Text of every cell, empty where there is none; or the texts column by column, as a fast reader gives them.
    rows : numpy.ndarray of int, shape (rows,)
        Row number of each row as a spreadsheet shows it.
    fields : numpy.ndarray of int, shape (rows,), optional
        Number of fields of each row, where a file can get it wrong.
    unread : frozenset of (int, int)
        Index of the row and position of the cells that hold a formula without a value, or with an error.
    numbers : numpy.ndarray of bool, shape (rows, columns), optional
        Cells that hold a number and no text, where the file tells.
    anchors : (numpy.ndarray of int, numpy.ndarray of int), optional
        Row number and column position of every cell in the file, where a layout took them from all over a sheet.
    declined : numpy.ndarray of bool, shape (rows, columns), optional
        Cells in which the respondent said "not applicable", where the file tells.
    others : tuple of (int, str)
        Where columns come from other sheets: the position of the first one of each, and the name of its sheet.
    """

    cells: Cells | tuple[Any, ...]
    rows: Numbers
    fields: Numbers | None = None
    unread: frozenset[tuple[int, int]] = frozenset()
    numbers: Flags | None = None
    anchors: tuple[Numbers, Numbers] | None = None
    declined: Flags | None = None
    others: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, position: int) -> Any:
        """Texts of a column, as an array of objects or of Arrow."""
        return self.cells[position] if isinstance(self.cells, tuple) else self.cells[:, position]

    def stacked(self, positions: list[int]) -> Any:
        """Texts of several columns, one column below the other."""
        if not isinstance(self.cells, tuple):
            return self.cells[:, positions].ravel(order="F")
        import pyarrow as pa

        return pa.concat_arrays([self.cells[position] for position in positions])

    def text(self, index: int, position: int) -> str:
        """Text of one cell."""
        if isinstance(self.cells, tuple):
            return str(self.cells[position][int(index)].as_py())
        return str(self.cells[index, position])

    def texts(self, rows: Numbers | slice = slice(None)) -> Cells:
        """Texts of some rows, or of all, as an array of objects."""
        if not isinstance(self.cells, tuple):
            return np.asarray(self.cells[rows])
        kept = [column[rows] if isinstance(rows, slice) else column.take(rows) for column in self.cells]
        return np.array([column.to_pylist() for column in kept], dtype=object).reshape(len(kept), -1).T

    def place(self, index: int, position: int) -> tuple[int, int]:
        """Row number and column position of a cell in the file as it was sent."""
        if self.anchors is None:
            return int(self.rows[index]), position
        return int(self.anchors[0][index, position]), int(self.anchors[1][index, position])

    def sheet_of(self, position: int) -> str | None:
        """Name of the sheet that a column comes from, when it is not the one that is read."""
        return next((name for first, name in reversed(self.others) if position >= first), None)

    def part(self, rows: slice | Flags) -> Block:
        """Some of the rows."""
        new = {old: i for i, old in enumerate(np.arange(len(self))[rows].tolist())} if self.unread else {}
        return Block(
            self._part_of_cells(rows),
            self.rows[rows],
            None if self.fields is None else self.fields[rows],
            frozenset((new[i], j) for i, j in self.unread if i in new),
            None if self.numbers is None else self.numbers[rows],
            None if self.anchors is None else (self.anchors[0][rows], self.anchors[1][rows]),
            None if self.declined is None else self.declined[rows],
            self.others,
        )

    def _part_of_cells(self, rows: slice | Flags) -> Cells | tuple[Any, ...]:
        if not isinstance(self.cells, tuple):
            return np.asarray(self.cells[rows])
        if isinstance(rows, slice):
            return tuple(column[rows] for column in self.cells)
        places = np.flatnonzero(rows)
        return tuple(column.take(places) for column in self.cells)


@dataclass(frozen=True)
class Labels:
    """What a file tells of its columns beside their headers.

    Parameters
    ----------
    columns : mapping
        Header to texts of the column, one for each language or way to say it.
    values : mapping
        Header to what a cell may hold to texts that mean the same.
    """

    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Sheet:
    """One table of text as it stands in a file, before anything is understood.

    Parameters
    ----------
    name : str
        Name of the sheet, empty for a CSV.
    cells, rows, fields, unread, numbers, anchors, declined, others
        As in :class:`Block`; blank rows are left out. Of a large text file these are its first rows.
    notes : tuple of (rule, message)
        What the reader had to do to read it.
    date1904 : bool
        Whether numbers of days count from 1904 on.
    titles : tuple of str, optional
        Headers as people know them, where the first row holds names of the form instead.
    labels : Labels, optional
        Texts of columns and codes, where the file tells them.
    whole : callable, optional
        Gives all blocks of a file that is too large to be held, the first rows included; each call reads it anew.
    """

    name: str
    cells: Cells
    rows: Numbers
    notes: tuple[tuple[str, str], ...] = ()
    fields: Numbers | None = None
    unread: frozenset[tuple[int, int]] = frozenset()
    numbers: Flags | None = None
    anchors: tuple[Numbers, Numbers] | None = None
    date1904: bool = False
    titles: tuple[str, ...] | None = None
    declined: Flags | None = None
    others: tuple[tuple[int, str], ...] = ()
    labels: Labels | None = None
    whole: Callable[[], Iterator[Block]] | None = field(default=None, compare=False)

    @cached_property
    def head(self) -> list[set[str]]:
        """Normalised texts of the rows in which the header may stand."""
        return [{normalise_header(text) for text in row if text} for row in self.cells[:PREAMBLE]]

    @property
    def block(self) -> Block:
        """What is held of the sheet, as one block."""
        return Block(
            self.cells, self.rows, self.fields, self.unread, self.numbers, self.anchors, self.declined, self.others
        )

    def blocks(self, first: int, size: int) -> Iterator[Block]:
        """The rows from a position on, in blocks of about ``size`` cells.

        Parameters
        ----------
        first : int
            Position of the first row, such as the one below the header.
        size : int
            Cells in a block; at least one row is given.
        """
        if self.whole:
            for block in ahead(self.whole()):
                if first < len(block):
                    yield block.part(slice(first, None)) if first else block
                first = max(0, first - len(block))
            return
        rows = max(1, size // max(1, self.cells.shape[1]))
        for start in range(first, len(self.rows), rows):
            yield self.block.part(slice(start, start + rows))


def ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks, each read by a thread while the one before is looked at."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, blocks, None)
        while block := coming.result():
            coming = reader.submit(next, blocks, None)
            yield block


def column_letter(position: int) -> str:
    """Letters of a column, counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_position(letters: str) -> int:
    """Position of a column, counted from 0.

    >>> column_position("A"), column_position("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
