"""CSV: encoding by mark and strict UTF-8, separator by the header, width checked per row, read block by block."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import Limits
from dihkpi.intake.encodings import Encoding, open_text
from dihkpi.intake.safe_csv import unescape_text
from dihkpi.intake.sheet import PREAMBLE, Block, Sheet

_SEPARATORS = (",", ";", "\t", "|")
_STATED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SAMPLE = 100_000
"""Characters in which the separator is looked for."""


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
    blocks = table.blocks()
    first = next(blocks, None)
    if first is None:
        raise FileRefusedError("empty_file", f"{path.name} has no rows", "export it again")
    whole = table.blocks if next(blocks, None) is not None else None
    return [Sheet("", first.cells, first.rows, encoding.notes, first.fields, whole=whole)]


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
        rows: list[list[str]] = []
        lines: list[int] = []
        known, size, total = 0, PREAMBLE, 0
        with open_text(self.path, self.encoding) as stream:
            for line, row in self._records(stream):
                rows.append(row)
                lines.append(line)
                if len(rows) < size:
                    continue
                if not known:
                    known = max(map(len, rows))
                    size = max(PREAMBLE, self.limits.block_cells // known)
                    continue
                total += len(rows)
                if total > (self.limits.text_rows or self.limits.rows) + 1:
                    raise FileRefusedError(
                        "too_many_rows", f"{self.path.name} has more than {total - 1:,} rows", "split it"
                    )
                yield self._block(rows, lines, known)
                rows, lines = [], []
        most = self.limits.text_rows or self.limits.rows
        if total + len(rows) > most + 1:
            raise FileRefusedError("too_many_rows", f"{self.path.name} has more than {most:,} rows", "split it")
        if rows:
            yield self._block(rows, lines, known or max(map(len, rows)))

    def _records(self, stream: IO[str]) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of every row that is not blank."""
        texts = iter(stream)
        if self.first_line > 1:
            next(texts)
        reader = csv.reader(texts, delimiter=self.separator, strict=True)
        before = self.first_line - 1
        line = self.first_line
        usual = csv.field_size_limit(max(self.limits.characters, 1))  # holds for the whole process
        try:
            for row in reader:
                if any(cell and not cell.isspace() for cell in row):
                    yield line, self._within(line, row)
                line = before + reader.line_num + 1
        except csv.Error as fault:
            raise self._broken(line, fault) from None
        finally:
            csv.field_size_limit(usual)

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
