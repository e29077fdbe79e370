"""What a table of accepted rows holds, in counts: to compare with what its sender expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dihkpi.intake.validate import ValidatedPart

if TYPE_CHECKING:
    import pandas as pd

_COUNTED = ("code", "codes", "rated_codes", "boolean", "hub")
MOST = 50
"""Codes listed per column; the number of different ones is always given."""


def profile(part: ValidatedPart) -> dict[str, Any]:
    """Rows filled and different values per column, and the rows per code of code columns.

    Returns
    -------
    dict
        ``file`` parts by name: sheet, form, rows, columns with ``filled``, ``distinct`` and ``counts``.
    """
    columns: dict[str, Any] = {}
    for name, declared in part.match.form.columns.items():
        if name not in part.accepted or declared.personal != "no":
            continue
        column = part.accepted[name]
        entry: dict[str, Any] = {"filled": int(column.notna().sum())}
        if declared.type in _COUNTED:
            counts = _counts(column)
            entry |= {"distinct": len(counts), "counts": dict(list(counts.items())[:MOST])}
        columns[name] = entry
    return {"sheet": part.sheet, "form": part.match.form_name, "rows": len(part.accepted), "columns": columns}


def _counts(column: pd.Series) -> dict[str, int]:
    """Rows per code, most frequent first; a row counts once per code."""
    text = column.astype("str").dropna()
    codes = text.str.split("|").explode().str.partition("=")[0] if len(text) else text
    counts = codes.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(code): int(number) for code, number in counts.items()}
