"""CSV: encoding by mark and strict UTF-8, separator by the header, width checked per row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import PREAMBLE, Limits, Sheet
from dihkpi.intake.safe_csv import unescape_text
from dihkpi.intake.text import show

_SEPARATORS = (",", ";", "\t", "|")
_STATED = re.compile(r'"?sep=(.)"?(?:\r\n?|\n)', re.IGNORECASE)
_SAMPLE = 100_000
"""Characters in which the separator is looked for."""
_FALLBACK = "cp1252"


def read_csv(path: Path, limits: Limits) -> list[Sheet]:
    """Read a CSV file as one sheet of text.

    Raises
    ------
    FileRefusedError
        When it is not text, not rectangular beyond repair, or beyond the limits.
    """
    text, notes = _decode(path)
    csv.field_size_limit(max(limits.characters, 1))
    if stated := _STATED.match(text):
        separator, text, first_line = stated[1], text[stated.end() :], 2
    else:
        separator, first_line = _separator(text), 1
    rows, lines = _records(path, text, separator, first_line, limits)
    if not rows:
        raise FileRefusedError("empty_file", f"{path.name} has no rows", "export it again")
    fields = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    known = int(fields[:PREAMBLE].max())
    if fields.max() > known:
        rows = [_folded(row, known, separator) if len(row) > known else row for row in rows]
    width = max(map(len, rows))
    padded = [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]
    cells = np.array(padded, dtype=object).reshape(len(rows), width)
    if "'" in text:
        marked = np.array([value.startswith("'") for value in cells.ravel()]).reshape(cells.shape)
        cells[marked] = [unescape_text(value) for value in cells[marked]]
    return [Sheet("", cells, np.array(lines, dtype=np.int64), tuple(notes), fields)]


def _decode(path: Path) -> tuple[str, list[tuple[str, str]]]:
    raw = path.read_bytes()
    notes: list[tuple[str, str]] = []
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            raise FileRefusedError("encoding", f"{path.name} is damaged UTF-16 text", "export it again") from None
    elif b"\0" in raw:
        raise FileRefusedError(
            "wrong_container", f"{path.name} is not text (it holds NUL bytes)", "export CSV in UTF-8"
        )
    else:
        while raw.startswith(codecs.BOM_UTF8):
            raw = raw[len(codecs.BOM_UTF8) :]
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as fault:
            text = raw.decode(_FALLBACK, errors="replace")
            sample = show(text[max(0, fault.start - 12) : fault.start + 12].replace("\n", " "), 24)
            notes.append(("encoding", f"the file is not UTF-8; it was read as {_FALLBACK}, for example '{sample}'"))
    return text.lstrip("\ufeff"), notes


def _separator(text: str) -> str:
    """The separator with which the first rows agree best on a number of fields."""

    def agreement(mark: str) -> int:
        widths = Counter(len(row) for row in _rows(text[:_SAMPLE], mark) if len(row) > 1)
        return max((width * rows for width, rows in widths.items()), default=0)

    return max(_SEPARATORS, key=agreement)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """The first rows, as far as they can be read."""
    try:
        yield from islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), PREAMBLE)
    except csv.Error:
        return


def _records(
    path: Path, text: str, separator: str, first_line: int, limits: Limits
) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = first_line
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append(_within(path, line, row, limits))
                lines.append(line)
                if len(rows) > limits.rows + 1:
                    raise FileRefusedError(
                        "too_many_rows", f"{path.name} has more than {limits.rows:,} rows", "split it"
                    )
            line = first_line + reader.line_num
    except csv.Error as fault:
        where = f"{path.name}, line {line}"
        if "field larger" in str(fault):
            message = f"{where}: a cell has more than {limits.characters:,} characters"
            raise FileRefusedError("cell_too_long", message, "shorten the text, or look for a missing quote") from None
        raise FileRefusedError("broken_csv", f"{where}: the quotes do not match ({fault})", "close the quote") from None
    return rows, lines


def _folded(row: list[str], width: int, separator: str) -> list[str]:
    """The row with all fields beyond a width as one, so that a single long row does not widen the table."""
    rest = row[width:]
    return [*row[:width], separator.join(rest) if any(map(str.strip, rest)) else ""]


def _within(path: Path, line: int, row: list[str], limits: Limits) -> list[str]:
    """The row, without the empty fields that lie beyond the limit."""
    if len(row) > limits.columns:
        while not row[-1].strip():
            row.pop()
        if len(row) > limits.columns:
            message = f"{path.name}, line {line}: {len(row):,} columns; at most {limits.columns} are read"
            raise FileRefusedError("too_many_columns", message, "export fewer columns")
    return row
