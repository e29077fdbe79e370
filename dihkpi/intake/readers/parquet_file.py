"""Parquet: columns of plain values as text; sizes are judged by the metadata before anything is unpacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.rectangle import POINTER, check_length
from dihkpi.intake.readers.xlsx_file import as_text
from dihkpi.intake.sheet import Cells, Sheet

HEAD = 5_000
"""Records that are read to see what a file is; a longer file is then read in blocks."""
_PLAIN = r"^-?[0-9]+(\.[0-9]{1,15})?$"
"""Numbers that Arrow writes as we do: no exponent, not more digits than `as_text` gives."""


def read_parquet(path: Path, limits: Limits) -> list[Sheet]:
    """Read a Parquet file as one sheet of text; the header is row 1, so that the first record is row 2.

    A large one gives its first rows, and the rest block by block.

    Raises
    ------
    FileRefusedError
        When the file is damaged, holds nested or binary columns, or is beyond the limits.
    """
    limits = replace(
        limits, rows=limits.text_rows or limits.rows, unpacked_bytes=limits.text_bytes or limits.unpacked_bytes
    )
    sheets = iter_parquet(path, limits, HEAD)
    held: list[Sheet] = []
    while sum(len(sheet.rows) for sheet in held) <= HEAD and (sheet := next(sheets, None)):
        held.append(sheet)
    cells, numbers = (np.concatenate([getattr(sheet, part) for sheet in held]) for part in ("cells", "rows"))
    if next(sheets, None) is None:
        return [Sheet("", cells, numbers)]
    rows = max(1, limits.block_cells // cells.shape[1])
    return [Sheet("", cells, numbers, whole=lambda: (sheet.block for sheet in iter_parquet(path, limits, rows)))]


def iter_parquet(path: Path, limits: Limits, rows_per_block: int) -> Iterator[Sheet]:
    """The same sheet in blocks of rows, the header only in the first.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file.
    limits : Limits
        Bounds.
    rows_per_block : int
        At most so many records are in memory at a time.

    Yields
    ------
    Sheet
        With the rows as they are numbered in the whole file; blank rows are left out.

    Raises
    ------
    FileRefusedError
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names, texts = _columns(path, file, limits)
        number = 1
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(batch_size=rows_per_block):
                if number - 1 + batch.num_rows > limits.rows:
                    raise _too_many(path, limits)
                cells = _cells(path, batch, limits)
                numbers = np.arange(number + 1, number + 1 + len(cells))
                number += len(cells)
                filled = np.array([any(map(str.strip, row)) for row in cells], dtype=bool)
                cells, numbers = cells[filled], numbers[filled]
                if names:
                    cells, numbers, names = np.concatenate([[names], cells]), np.r_[1, numbers], []
                yield Sheet("", cells, numbers)
        if names:
            yield Sheet("", np.array([names], dtype=object), np.array([1]))
    except (pa.ArrowException, OSError, ValueError, OverflowError) as fault:
        reason = type(fault).__name__
        raise FileRefusedError(
            "broken_file", f"{path.name} cannot be read as Parquet ({reason})", "export it again"
        ) from None


def _columns(path: Path, file: Any, limits: Limits) -> tuple[list[str], list[str]]:
    """Names of the columns, and of those that hold texts, after a look at what the file says of itself."""
    told, schema = file.metadata, file.schema_arrow
    if told.num_rows > limits.rows:
        raise _too_many(path, limits)
    if told.num_columns > limits.columns or len(schema) > limits.columns:
        message = f"{path.name} has {told.num_columns:,} columns; at most {limits.columns} are read"
        raise FileRefusedError("too_many_columns", message, "export fewer columns")
    unpacked = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
    size = max(unpacked, told.num_rows * len(schema) * POINTER)
    if size > limits.unpacked_bytes:
        raise FileRefusedError("too_large", f"{path.name} unpacks to {size / 1e6:,.0f} MB", "split it")
    odd = [f"'{field.name}' ({field.type})" for field in schema if not _is_plain(field.type)]
    if odd:
        message = f"{path.name} has columns that are no plain values: {', '.join(odd[:5])}"
        raise FileRefusedError("plain_values", message, "export one column per value, as text, number or date")
    if not len(schema):
        raise FileRefusedError("empty_file", f"{path.name} has no columns", "export it again")
    for name in schema.names:
        check_length(path, "header", name, limits)
    return list(schema.names), [field.name for field in schema if _is_text(field.type)]


def _too_many(path: Path, limits: Limits) -> FileRefusedError:
    return FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} rows", "split it")


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _is_plain(kind: Any) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return _is_plain(kind.value_type)
    tests = (kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_date,
             kinds.is_timestamp, kinds.is_time, kinds.is_null)  # fmt: skip
    return _is_text(kind) or any(test(kind) for test in tests)


def _cells(path: Path, batch: Any, limits: Limits) -> Cells:
    cells = np.empty((batch.num_rows, batch.num_columns), dtype=object)
    for position, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        cells[:, position] = _texts(path, name, column, limits)
    return cells


def _texts(path: Path, name: str, column: Any, limits: Limits) -> Cells:
    """One column as text; each distinct value is put into words once."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = column.type
    if kinds.is_null(kind):
        return np.full(len(column), "", dtype=object)
    if not kinds.is_dictionary(kind):
        column = column.dictionary_encode()
    values = column.dictionary
    if kinds.is_integer(values.type) or kinds.is_date(values.type):
        words = pc.cast(pc.cast(values, pa.date32()) if kinds.is_date(values.type) else values, pa.string()).to_pylist()
    elif kinds.is_floating(values.type):
        words = _floats(values)
    elif kinds.is_decimal(values.type):
        words = [format(value, "f") for value in values.to_pylist()]
    else:
        words = [check_length(path, f"column '{name}'", as_text(value), limits) for value in values.to_pylist()]
    texts: Cells = np.array([*words, ""], dtype=object)[column.indices.fill_null(len(words)).to_numpy()]
    return texts


def _floats(values: Any) -> list[str]:
    """Numbers with a point and no exponent; a value that is not a number is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.cast(values, pa.string())
    plain = pc.match_substring_regex(words, _PLAIN).to_pylist()
    return [
        word if is_plain else "" if word == "nan" else as_text(float(word))
        for word, is_plain in zip(words.to_pylist(), plain, strict=True)
    ]
