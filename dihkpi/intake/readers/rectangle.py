"""Rows of different lengths as one rectangle of text, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.sheet import Cells

POINTER = 8
"""Bytes that a cell takes whatever its text."""


def rectangle(path: Path, rows: Sequence[Sequence[str]], limits: Limits) -> Cells:
    """Rows of text as an array, short ones filled up with empty cells.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    rows : sequence of sequences of str
    limits : Limits
        Bounds.

    Raises
    ------
    FileRefusedError
        When a few far cells make the rectangle larger than what a file may unpack to.
    """
    width = max(map(len, rows))
    if len(rows) * width * POINTER > limits.unpacked_bytes:
        message = f"{path.name} has {len(rows):,} rows by {width:,} columns, more cells than are read"
        raise FileRefusedError("too_many_rows", message, "split it, or delete what stands far to the right")
    padded = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
    return np.array(padded, dtype=object).reshape(len(rows), width)


def check_length(path: Path, where: str, text: str, limits: Limits) -> str:
    """The text itself, unless it is longer than a cell may be.

    Raises
    ------
    FileRefusedError
    """
    if len(text) > limits.characters:
        raise too_long(path, where, limits)
    return text


def too_long(path: Path, where: str, limits: Limits) -> FileRefusedError:
    """The refusal of a file for a text that no cell may hold."""
    message = f"{path.name}, {where}: a text has more than {limits.characters:,} characters"
    return FileRefusedError("cell_too_long", message, "shorten the text")
