"""CSV: encoding by mark and strict UTF-8, separator by the header, width checked per row."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import Limits, Sheet
from dihkpi.intake.safe_csv import unescape_text
from dihkpi.intake.text import show

_SEPARATORS = (",", ";", "\t", "|")
_FALLBACK = "cp1252"


def read_csv(path: Path, limits: Limits) -> list[Sheet]:
    """Read a CSV file as one sheet of text.

    Raises
    ------
    FileRefusedError
        When it is not text, not rectangular beyond repair, or beyond the limits.
    """
    text, notes = _decode(path)
    separator = None
    if text[:6].lower().startswith("sep=") and len(text) > 4:
        separator, text = text[4], text.partition("\n")[2]
        first_line = 2
    else:
        first_line = 1
    separator = separator or _separator(text)
    rows, lines = _records(path, text, separator, first_line, limits)
    if not rows:
        raise FileRefusedError("empty_file", f"{path.name} has no rows", "export it again")
    width, short = _width(rows)
    if width > limits.columns:
        raise FileRefusedError(
            "too_many_columns",
            f"{path.name} has {width} columns; at most {limits.columns} are read",
            "export fewer columns",
        )
    padded = [row if len(row) == width else (row + [""] * width)[:width] for row in rows]
    cells = np.array(padded, dtype=object).reshape(len(rows), width)
    if "'" in text:
        marked = np.array([value.startswith("'") for value in cells.ravel()]).reshape(cells.shape)
        cells[marked] = [unescape_text(value) for value in cells[marked]]
    return [Sheet("", cells, np.array(lines, dtype=np.int64), tuple(notes), short)]


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
    """The separator that splits the first line that is not blank into most fields."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in _SEPARATORS}
    return max(counts, key=lambda mark: counts[mark])


def _records(
    path: Path, text: str, separator: str, first_line: int, limits: Limits
) -> tuple[list[list[str]], list[int]]:
    csv.field_size_limit(max(limits.characters, 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = first_line
    try:
        for row in reader:
            if any(row):
                rows.append(row)
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


def _width(rows: list[list[str]]) -> tuple[int, dict[int, int]]:
    """Width of the header, and the rows that differ; empty fields beyond the header are nothing."""
    widths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    width = int(widths[0])
    while width > 1 and rows[0][width - 1].strip() == "":
        width -= 1  # a separator at the end of every line
    differing = np.flatnonzero(widths != width)
    return width, {int(i): len(rows[i]) for i in differing if len(rows[i]) < width or any(rows[i][width:])}
