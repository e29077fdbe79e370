"""Workbooks of EUSurvey: a table that goes on in further sheets, and texts that go on in further rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dihkpi.intake.sheet import Cells, Flags, Sheet

ANONYMOUS = "Anonymous"
"""In the place of all ids of an anonymous survey; never translated."""
_FEW = 4
"""Cells that a row may have which only carries on the texts above it."""


def joined_sheets(sheets: Sequence[Sheet]) -> Sheet:
    """The sheets side by side, row by row as they are numbered; every cell keeps its sheet and place."""
    first = sheets[0]
    if len(sheets) == 1:
        return first
    numbers = np.unique(np.concatenate([sheet.rows for sheet in sheets]))
    widths = [sheet.cells.shape[1] for sheet in sheets]
    starts = np.cumsum([0, *widths[:-1]]).tolist()
    cells = np.full((len(numbers), sum(widths)), "", dtype=object)
    columns = np.empty(cells.shape, dtype=np.int64)
    unread: set[tuple[int, int]] = set()
    for sheet, start, width in zip(sheets, starts, widths, strict=True):
        at = np.searchsorted(numbers, sheet.rows)
        cells[at, start : start + width] = sheet.cells
        columns[:, start : start + width] = np.arange(width)
        unread |= {(int(at[i]), start + j) for i, j in sheet.unread}
    return Sheet(
        first.name,
        cells,
        numbers,
        tuple(note for sheet in sheets for note in sheet.notes),
        unread=frozenset(unread),
        anchors=(np.repeat(numbers[:, None], cells.shape[1], axis=1), columns),
        date1904=first.date1904,
        others=tuple((start, sheet.name) for sheet, start in zip(sheets[1:], starts[1:], strict=True)),
    )


def merged_continuations(sheet: Sheet, header_row: int, own: Sequence[int]) -> Sheet:
    """The sheet without the rows into which texts spilled that are too long for one cell.

    Such a row has no id and few cells; a text may have moved one column to the right.

    Parameters
    ----------
    sheet : Sheet
    header_row : int
        Position of the headers.
    own : sequence of int
        Positions of the columns that the tool fills in itself; without them nothing tells a continuation.
    """
    if not own:
        return sheet
    spilled: Flags = np.array(~_filled(sheet.cells[:, own]).any(axis=1), dtype=bool)
    spilled[: header_row + 2] = False
    spilled[spilled] = _filled(sheet.cells[spilled]).sum(axis=1) <= _FEW
    if not spilled.any():
        return sheet
    cells = sheet.cells.copy()
    for (i, j), pieces in _pieces(cells, spilled).items():
        cells[i, j] = "".join([cells[i, j], *pieces])
    kept = ~spilled
    new = np.cumsum(kept) - 1
    return replace(
        sheet,
        cells=cells[kept],
        rows=sheet.rows[kept],
        unread=frozenset((int(new[i]), j) for i, j in sheet.unread if kept[i]),
        numbers=None if sheet.numbers is None else sheet.numbers[kept],
        anchors=None if sheet.anchors is None else (sheet.anchors[0][kept], sheet.anchors[1][kept]),
    )


def _filled(cells: Cells) -> Flags:
    return np.array([bool(text.strip()) for text in cells.ravel()], dtype=bool).reshape(cells.shape)


def _pieces(cells: Cells, spilled: Flags) -> dict[tuple[int, int], list[str]]:
    """Row and column of each text that goes on below, and its further pieces."""
    pieces: dict[tuple[int, int], list[str]] = {}
    above = 0
    for i in range(1, len(cells)):
        if not spilled[i]:
            above = i
            continue
        for j in np.flatnonzero(_filled(cells[i])).tolist():
            longer = j and len(cells[above, j - 1]) > len(cells[above, j])
            pieces.setdefault((above, j - 1 if longer else j), []).append(cells[i, j])
    return pieces
