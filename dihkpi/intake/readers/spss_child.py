"""SPSS, in a process of its own: a crafted file can end the process of pyreadstat, but not the one that asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.rectangle import POINTER

if TYPE_CHECKING:
    import pandas as pd

FRAME, TOLD = "frame.arrow", "told.json"
"""What the child leaves in its folder: the values, and what the file says of them."""


def main() -> None:
    """Read the file that the arguments name into a folder: path, folder, limits as JSON."""
    path, folder, limits = Path(sys.argv[1]), Path(sys.argv[2]), Limits(**json.loads(sys.argv[3]))
    try:
        frame, told = _read(path, limits)
    except FileRefusedError as fault:
        answer: dict[str, Any] = {"refused": [fault.rule, fault.message, fault.hint]}
    else:
        frame.to_feather(folder / FRAME)
        answer = {
            "labels": told.column_names_to_labels,
            "formats": told.original_variable_types,
            "missing": told.missing_ranges,
            "codes": {name: list(labels.items()) for name, labels in told.variable_value_labels.items()},
        }
    (folder / TOLD).write_text(json.dumps(answer), encoding="utf-8")


def _read(path: Path, limits: Limits) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    try:
        _, told = pyreadstat.read_sav(path, metadataonly=True)
        _check(path, told, limits)
        frame, told = pyreadstat.read_sav(
            path, user_missing=True, disable_datetime_conversion=True, row_limit=limits.rows + 1
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError, MemoryError) as fault:
        message = f"{path.name} cannot be read as an SPSS file ({' '.join(str(fault).split())[:80]})"
        raise FileRefusedError("broken_file", message, "save it again from SPSS, in Unicode") from None
    if len(frame) > limits.rows:
        raise _too_many(path, limits)
    return frame, told


def _check(path: Path, told: Any, limits: Limits) -> None:
    """Refuse by what the file says of itself, before its cases are unpacked."""
    if told.number_columns > limits.columns:
        message = f"{path.name} has {told.number_columns:,} variables; at most {limits.columns} are read"
        raise FileRefusedError("too_many_columns", message, "export fewer variables")
    if not told.number_columns:
        raise FileRefusedError("empty_file", f"{path.name} has no variables", "export it again")
    rows = told.number_rows or 0
    if rows > limits.rows:
        raise _too_many(path, limits)
    size = rows * sum(max(POINTER, width) for width in told.variable_storage_width.values())
    if size > limits.unpacked_bytes:
        raise FileRefusedError("too_large", f"{path.name} unpacks to {size / 1e6:,.0f} MB", "split it")


def _too_many(path: Path, limits: Limits) -> FileRefusedError:
    return FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} cases", "split it")


if __name__ == "__main__":
    main()
