"""Rows as canonical text, and back to typed columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Survey
from dihkpi.definitions.survey import Form

if TYPE_CHECKING:
    import pandas as pd


def stored_columns(form: Form, frame: pd.DataFrame) -> list[str]:
    """Columns that are recorded: what was declared and asked, not what can be derived again."""
    left_out = {*form.derived, "source_file", "source_sheet", "source_row", "source_declined"}
    return [str(name) for name in frame.columns if name not in left_out]


def payloads(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """One line of canonical JSON per row: the values of the columns in their order."""
    columns = [_plain(frame[name]) for name in names]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return [encode(values) for values in zip(*columns, strict=True)] if columns else []


def hashes(names: Sequence[str], lines: Sequence[str]) -> list[str]:
    """SHA-256 of each row together with the names of its columns."""
    start = hashlib.sha256("\x1f".join(names).encode())
    result = []
    for line in lines:
        digest = start.copy()
        digest.update(line.encode())
        result.append(digest.hexdigest())
    return result


def _plain(column: pd.Series) -> list[Any]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.array([*column.cat.categories, None], dtype=object)
        return list(codes[column.cat.codes.to_numpy()])
    if column.dtype.kind == "M":
        text = column.dt.strftime("%Y-%m-%d %H:%M:%S").str.removesuffix(" 00:00:00").astype(object)
        return list(text.where(column.notna(), None))
    return list(column.astype(object).where(column.notna(), None))


def typed_frame(survey: Survey, form: Form, names: Sequence[str], lines: Sequence[str]) -> pd.DataFrame:
    """Typed columns from canonical rows."""
    import pandas as pd

    records = json.loads("[" + ",".join(lines) + "]")
    columns = list(zip(*records, strict=True)) if records else [()] * len(names)
    kinds = {
        item.code: pd.CategoricalDtype(list(survey.answer_types[item.type].codes), ordered=True) for item in form.items
    }
    return pd.DataFrame({
        name: pd.Series(list(values), dtype=kinds.get(name) or _dtype(form, name))
        for name, values in zip(names, columns, strict=True)
    })  # fmt: skip


def _dtype(form: Form, name: str) -> str:
    declared = form.columns.get(name)
    if declared is None:
        return "datetime64[s]" if name in ("start", "end") else "str"
    return {
        "integer": "Int64", "decimal": "float64", "money": "float64", "percent": "float64",
        "date": "datetime64[s]", "datetime": "datetime64[s]", "boolean": "boolean",
    }.get(declared.type, "str")  # fmt: skip
