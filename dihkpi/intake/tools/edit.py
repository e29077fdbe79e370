"""Columns of an export as the form wants them: a key where it has none, languages in lower case."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from dihkpi.intake.sheet import Block, Cells, Sheet

_TITLE = "response (made from the row)"
_DIGITS = 16


def with_response(sheet: Sheet) -> Sheet:
    """The sheet with a key of each response in a further column: a hash of its cells.

    Tools without ids leave no other way to know a response again. The same row twice is the same response.
    """
    width = sheet.cells.shape[1]
    edited = _edited(sheet, lambda block: _with_key(block, width))
    return replace(edited, titles=(*sheet.titles, _TITLE) if sheet.titles else None)


def with_lower_case(sheet: Sheet, position: int) -> Sheet:
    """The sheet with one column in lower case."""

    def change(block: Block) -> Block:
        cells = block.texts().copy()
        cells[:, position] = [text.lower() for text in cells[:, position]]
        return replace(block, cells=cells)

    return _edited(sheet, change)


def without(sheet: Sheet, positions: Sequence[int], first: int) -> Sheet:
    """The sheet with some columns empty from row ``first`` on, so that nothing of them is kept anywhere."""
    if not positions or first >= len(sheet.rows):
        return sheet
    number = sheet.rows[first]

    def change(block: Block) -> Block:
        cells = block.texts().copy()
        cells[np.ix_(block.rows >= number, list(positions))] = ""
        return replace(block, cells=cells)

    return _edited(sheet, change)


def _edited(sheet: Sheet, change: Callable[[Block], Block]) -> Sheet:
    first, whole = change(sheet.block), sheet.whole

    def blocks() -> Iterator[Block]:
        if whole is not None:
            yield from map(change, whole())

    return replace(
        sheet, cells=first.texts(), fields=first.fields, numbers=first.numbers, anchors=first.anchors,
        declined=first.declined, whole=blocks if whole else None,
    )  # fmt: skip


def _with_key(block: Block, width: int) -> Block:
    cells = block.texts()
    if cells.shape[1] < width:
        cells = np.hstack([cells, np.full((len(cells), width - cells.shape[1]), "", dtype=object)])
    keys = [[_hash(row)] for row in cells.tolist()]
    anchors = block.anchors
    if anchors is not None:
        anchors = (np.insert(anchors[0], width, block.rows, axis=1), np.insert(anchors[1], width, width, axis=1))
    flags = {name: value for name in ("numbers", "declined") if (value := getattr(block, name)) is not None}
    return replace(
        block, cells=_inserted(cells, keys, width), anchors=anchors,
        fields=None if block.fields is None else block.fields + 1,
        **{name: np.insert(value, width, False, axis=1) for name, value in flags.items()},
    )  # fmt: skip


def _inserted(cells: Cells, keys: list[list[str]], width: int) -> Cells:
    return np.hstack([cells[:, :width], np.array(keys, dtype=object).reshape(len(cells), 1), cells[:, width:]])


def _hash(row: list[str]) -> str:
    while row and not row[-1].strip():
        row = row[:-1]
    return hashlib.sha256("\x1f".join(row).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
