"""Phase two, and the only door to pandera: ranges and patterns of typed columns, and the tables that cross the arrows.

pandera only ever sees typed frames, without coercion, with validation switched on whatever the environment says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dihkpi.definitions.indicators import TableDefinition
from dihkpi.definitions.survey import Column, Form

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {
    "text": "str", "integer": "Int64", "decimal": "float64", "date": "datetime64[s]", "boolean": "boolean",
}  # fmt: skip


def check_columns(form: Form, frame: pd.DataFrame) -> Iterator[tuple[int, str, str, str, str]]:
    """What pandera finds in the typed columns of a form.

    Yields
    ------
    row : int
        Position of the row in the frame.
    column, rule, message, hint : str
    """

    words = {"min": "below the minimum", "max": "above the maximum", "pattern": "not of the form"}
    for name, column in form.columns.items():
        if name not in frame or column.type in ("rated_codes", "codes", "code") or frame.empty:
            continue
        there = frame[name].dropna()
        for check in _checks(column):
            # One check at a time: the report that a schema writes of many failures costs more than all checks.
            result = check(there)
            if bool(result.check_passed):
                continue
            failing = there[~result.check_output.to_numpy(dtype=bool)]
            for row, value in zip(failing.index.tolist(), failing.tolist(), strict=True):
                shown = f"{value:g}" if isinstance(value, float) else str(value)
                yield row, name, check.name, f"{shown} is {words[check.name]} {check.error}", "correct the value"


def _checks(column: Column) -> list[Any]:
    """The checks of a column; each calls itself by its rule, and shows its bound."""
    import pandera.pandas as pa

    checks = []
    if column.min is not None:
        checks.append(pa.Check.ge(column.min, name="min", error=f"{column.min:g}"))
    if column.max is not None:
        checks.append(pa.Check.le(column.max, name="max", error=f"{column.max:g}"))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern, name="pattern", error=column.pattern))
    return checks


def check_table(frame: pd.DataFrame, table: TableDefinition, *, in_order: bool = False) -> pd.DataFrame:
    """A table that crosses an arrow, checked against its definition and put into its order.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    table : TableDefinition
        Its definition from ``schemas/tables``.
    in_order : bool
        The rows have their order already; otherwise they are sorted by the key.

    Returns
    -------
    pandas.DataFrame
        The declared columns in the declared order and type.

    Raises
    ------
    ValueError
        When the table breaks its definition: a fault of the program, not of the data.
    """
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    names = [name for name, column in table.columns.items() if name in frame or not column.optional]
    absent = [name for name in names if name not in frame]
    if absent:
        raise ValueError(f"the table {table.table} lacks {', '.join(absent)}")
    typed = frame[names].astype({name: _DTYPES[table.columns[name].type] for name in names})
    key = [name for name in table.key if name in names]  # an optional column may be a part of it
    if not in_order:
        typed = typed.sort_values(key, kind="stable", ignore_index=True, na_position="first")
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            _table_schema(table.table, table.model_dump_json(), tuple(names)).validate(typed, lazy=True)
    except SchemaErrors as errors:
        raise ValueError(f"the table {table.table} breaks its definition:\n{errors.failure_cases.head(10)}") from None
    if typed.duplicated(key).any():
        twice = typed[typed.duplicated(key, keep=False)].head(4)
        raise ValueError(f"the table {table.table} has a key twice:\n{twice}")
    return typed


def check_parts(parts: Sequence[pd.DataFrame], table: TableDefinition, *, in_order: bool = False) -> pd.DataFrame:
    """A table out of its parts, one below the other; without rows, but with all required columns, where there are none.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
    table, in_order
        As for :func:`check_table`.
    """
    import pandas as pd

    needed = [name for name, column in table.columns.items() if not column.optional]
    nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in needed})
    return check_table(pd.concat(parts, ignore_index=True) if len(parts) else nothing, table, in_order=in_order)


@lru_cache(maxsize=64)
def _table_schema(name: str, definition: str, names: tuple[str, ...]) -> Any:
    import pandera.pandas as pa

    table = TableDefinition.model_validate_json(definition)
    columns = {}
    for column in names:
        declared = table.columns[column]
        checks = [pa.Check.isin(list(declared.allowed))] if declared.allowed else []
        columns[column] = pa.Column(_DTYPES[declared.type], checks=checks, nullable=not declared.required)
    return pa.DataFrameSchema(columns, name=name, strict=True)
