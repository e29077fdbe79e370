"""CSV: encoding by mark and strict UTF-8, separator by the header, width checked per row, read block by block."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers import csv_fast
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.encodings import Encoding, open_text
from dihkpi.intake.safe_csv import unescape_text
from dihkpi.intake.sheet import PREAMBLE, Block, Sheet

_SEPARATORS = (",", ";", "\t", "|")
_STATED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SAMPLE = 100_000
"""Characters in which the separator is looked for."""
HEAD = 5_000
"""Rows that are read to see what a file is; a longer file is then read in blocks."""
_BYTES_A_CELL = 10
"""How many bytes a cell is taken to have when a block is cut out of a file."""


def read_csv(path: Path, limits: Limits, encoding: Encoding) -> list[Sheet]:
    """Read a CSV file as one sheet of text; a large one gives its first rows, and the rest block by block.

    Parameters
    ----------
    path : pathlib.Path
        Any text with separators.
    limits : Limits
        Bounds.
    encoding : Encoding
        How the text is encoded.

    Raises
    ------
    FileRefusedError
        When it is not text, not rectangular beyond repair, or beyond the limits.
    """
    table = _Table(path, encoding, limits, *_separator(path, encoding))
    blocks = table.careful(0, table.first_line, HEAD)
    head = next(blocks, None)
    if head is None:
        raise FileRefusedError("empty_file", f"{path.name} has no rows", "export it again")
    whole = table.blocks if next(blocks, None) is not None else None
    return [Sheet("", head.texts(), head.rows, encoding.notes, head.fields, whole=whole)]


def _separator(path: Path, encoding: Encoding) -> tuple[str, int]:
    """The separator, and the number of the line after the one that states it.

    Where none is stated, it is the one with which the first rows agree best on a number of fields.
    """
    with open_text(path, encoding) as stream:
        text = stream.read(_SAMPLE)
    first = text.splitlines()[0] if text.strip() else ""
    if stated := _STATED.fullmatch(first):
        return stated[1], 2

    def agreement(mark: str) -> int:
        widths = Counter(len(row) for row in _rows(text, mark) if len(row) > 1)
        return max((width * rows for width, rows in widths.items()), default=0)

    return max(_SEPARATORS, key=agreement), 1


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """The first rows, as far as they can be read."""
    try:
        yield from islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), PREAMBLE)
    except csv.Error:
        return


@dataclass(frozen=True)
class _Table:
    """A CSV file, ready to be read as often as needed."""

    path: Path
    encoding: Encoding
    limits: Limits
    separator: str
    first_line: int

    def blocks(self) -> Iterator[Block]:
        """All rows but the blank ones, in blocks of bounded size."""
        head = next(self.careful(0, self.first_line, PREAMBLE), None)
        if head is None or head.fields is None:
            return
        width = int(head.fields.max())
        start, line, total = 0, self.first_line, 0
        if self.encoding.name == "utf-8" and self.encoding.errors == "strict" and self.first_line == 1:
            for block, start, line in self._fast(width):  # noqa: B007
                total = self._count(total, block)
                yield block
        for block in self.careful(start, line, max(PREAMBLE, self.limits.block_cells // width), width):
            total = self._count(total, block)
            yield block

    def _count(self, total: int, block: Block) -> int:
        most = self.limits.text_rows or self.limits.rows
        if total + len(block) > most + 1:
            raise FileRefusedError("too_many_rows", f"{self.path.name} has more than {most:,} rows", "split it")
        return total + len(block)

    def _fast(self, width: int) -> Iterator[tuple[Block, int, int]]:
        """Blocks as long as the file is plain, each with the byte and the line after it."""
        start, line = self.encoding.bom_bytes, 1
        with self.path.open("rb") as stream:
            stream.seek(start)
            rest = b""
            while True:
                more = stream.read(self.limits.block_cells * _BYTES_A_CELL)
                piece = rest + more
                if not more and piece and not piece.endswith(b"\n"):
                    piece += b"\n"
                piece, rest = (piece[: (cut := csv_fast.whole_lines(piece))], piece[cut:])
                if not piece or csv_fast.has_apostrophes(piece, self.separator):
                    return
                if not csv_fast.is_plain(piece, self.separator):
                    return
                block = csv_fast.read_plain(piece, self.separator, width, line)
                if block is None or csv_fast.longest(block) > self.limits.characters:
                    return
                start, line = start + len(piece), line + piece.count(b"\n")
                if len(block):
                    yield block, start, line

    def careful(self, start: int, line: int, size: int, width: int = 0) -> Iterator[Block]:
        """Blocks of ``size`` rows from a byte and line on; the first rows tell the width where none is given."""
        rows: list[list[str]] = []
        lines: list[int] = []
        for number, row in self._records(start, line):
            rows.append(row)
            lines.append(number)
            if len(rows) == size:
                width = width or max(map(len, rows[:PREAMBLE]))
                yield self._block(rows, lines, width)
                rows, lines = [], []
        if rows:
            yield self._block(rows, lines, width or max(map(len, rows[:PREAMBLE])))

    def _records(self, start: int, line: int) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of every row that is not blank, from a byte on that begins a line of this number."""
        encoding = replace(self.encoding, bom_bytes=start) if start else self.encoding
        first = line
        before = csv.field_size_limit(max(self.limits.characters, 1))
        try:
            with open_text(self.path, encoding) as stream:
                texts = iter(stream)
                if not start and self.first_line > 1:
                    next(texts)
                reader = csv.reader(texts, delimiter=self.separator, strict=True)
                for row in reader:
                    if (row and row[0] and not row[0].isspace()) or any(cell and not cell.isspace() for cell in row):
                        yield line, self._within(line, row)
                    line = first + reader.line_num
        except csv.Error as fault:
            raise self._broken(line, fault) from None
        finally:
            csv.field_size_limit(before)

    def _broken(self, line: int, fault: csv.Error) -> FileRefusedError:
        where = f"{self.path.name}, line {line}"
        if "field larger" in str(fault):
            message = f"{where}: a cell has more than {self.limits.characters:,} characters"
            return FileRefusedError("cell_too_long", message, "shorten the text, or look for a missing quote")
        return FileRefusedError("broken_csv", f"{where}: the quotes do not match ({fault})", "close the quote")

    def _within(self, line: int, row: list[str]) -> list[str]:
        """The row, without the empty fields that lie beyond the limit."""
        most = self.limits.columns
        if len(row) > most:
            while not row[-1].strip():
                row.pop()
            if len(row) > most:
                message = f"{self.path.name}, line {line}: {len(row):,} columns; at most {most} are read"
                raise FileRefusedError("too_many_columns", message, "export fewer columns")
        return row

    def _block(self, rows: list[list[str]], lines: list[int], known: int) -> Block:
        """Rows as a rectangle; what stands beyond the known width is folded into one field."""
        fields = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        width = known
        if fields.min() < known or fields.max() > known:
            rows = [_folded(row, known, self.separator) if len(row) > known else row for row in rows]
            width = max(known, *map(len, rows))
            rows = [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]
        cells = np.array(rows, dtype=object).reshape(len(rows), width)
        if "\0'" in "\0".join(chain([""], *rows)):
            marked = np.array([value.startswith("'") for value in cells.ravel()]).reshape(cells.shape)
            cells[marked] = [unescape_text(value) for value in cells[marked]]
        return Block(cells, np.array(lines, dtype=np.int64), fields)


def _folded(row: list[str], width: int, separator: str) -> list[str]:
    """The row with all fields beyond a width as one, so that a single long row does not widen the table."""
    rest = row[width:]
    return [*row[:width], separator.join(rest) if any(map(str.strip, rest)) else ""]
