"""Pieces of a CSV file whose rows can be told by their line ends alone, read column by column by Arrow.

A piece is read in this way only when it is certain that the careful reader would give the same: UTF-8, quotes that open
and close where fields begin and end, no line break inside quotes, no blank line, and as many fields in each row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dihkpi.intake.sheet import Block, Flags, Numbers

_LINES_BACK = 40
"""Lines of one field at the end of a piece; a longer text is left to the careful reader."""
_FEED, _RETURN, _QUOTE, _APOSTROPHE = b"\n\r\"'"


def whole_lines(piece: bytes) -> int:
    """Length of the part of a piece that ends with a line whose quotes are all closed; 0 where there is none.

    Examples
    --------
    >>> whole_lines(b'a,"b"\\nc,"d\\ne'), whole_lines(b'"a\\nb')
    (6, 0)
    """
    at = piece.rfind(b"\n") + 1
    for _ in range(_LINES_BACK):
        if not piece.count(b'"', 0, at) % 2:
            return at
        at = piece.rfind(b"\n", 0, at - 1) + 1
    return 0


def is_plain(piece: bytes, separator: str) -> bool:
    """Whether rows and fields can be told without a careful reader."""
    if b"\n\n" in piece or b"\n\r\n" in piece or piece.startswith((b"\n", b"\r")):
        return False
    if piece.count(b"\r") != piece.count(b"\r\n"):
        return False
    return b'"' not in piece or _quotes_fit(np.frombuffer(piece, dtype=np.uint8), ord(separator))


def _quotes_fit(octets: np.ndarray[Any, np.dtype[np.uint8]], separator: int) -> bool:
    """Whether every quote opens or closes a field, or is one of a pair inside, and no field holds a line break."""
    quotes = np.flatnonzero(octets == _QUOTE)
    if len(quotes) % 2 or (np.searchsorted(quotes, np.flatnonzero(octets == _FEED)) % 2).any():
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = octets[opening[opening > 0] - 1]
    after = octets[closing[closing < len(octets) - 1] + 1]
    return bool(
        np.isin(before, (separator, _FEED, _QUOTE)).all() and np.isin(after, (separator, _FEED, _RETURN, _QUOTE)).all()
    )


def read_plain(piece: bytes, separator: str, width: int, line: int) -> Block | None:
    """The rows of a plain piece that begins with a line of this number, or ``None`` when one has other fields."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(piece),
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=len(piece) + 1),
            parse_options=csv.ParseOptions(delimiter=separator, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = tuple(column.combine_chunks() for column in table.columns)
    columns = tuple(column.chunk(0) if isinstance(column, pa.ChunkedArray) else column for column in columns)
    lines: Numbers = np.arange(line, line + table.num_rows, dtype=np.int64)
    block = Block(columns, lines, np.full(len(lines), width, dtype=np.int64))
    blank = _blank(columns)
    return block.part(~blank) if blank.any() else block


def _blank(columns: tuple[Any, ...]) -> Flags:
    """Rows without anything but white space."""
    import pyarrow.compute as pc

    blank: Flags = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
        if not blank.any():
            break
    return blank


def has_apostrophes(piece: bytes, separator: str) -> bool:
    """Whether any field begins with an apostrophe, which may be that of a spreadsheet."""
    if b"'" not in piece:
        return False
    marks = (separator.encode() + b"'", b"\n'", b"\"'")
    return piece.startswith(b"'") or any(mark in piece for mark in marks)


def longest(block: Block) -> int:
    """Bytes of the longest cell."""
    import pyarrow.compute as pc

    return max((pc.max(pc.binary_length(column)).as_py() or 0 for column in block.cells), default=0)
