"""Ways to validate the table of :mod:`generated`: ours, plain pandera, pointblank and frictionless, the same checks.

Each way is a function that imports what it needs and gives two more: one that does the work, which is measured, and one
that turns its result into rows, columns and, where it has one, rules of what it found, which is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from generated import FIELDS, LISTS, NAMES, RULES, SURVEY, Field

Work = Callable[[Path], Any]
Told = Callable[[Any], pd.DataFrame]
NUMBERS = ("integer", "decimal", "money", "percent")
YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class Way:
    """One way, in words."""

    title: str
    start: Callable[[Path], tuple[Work, Told]]
    needs: tuple[str, ...] = ()
    """Packages that are not installed with dihkpi."""
    slice: str = ""
    """Option with the number of rows, where all of them would take too long."""


def ours(folder: Path) -> tuple[Work, Told]:
    """Read and check, everything in memory."""
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    definitions = _definitions(folder)
    return lambda path: validate(read_submission(path, definitions, survey=SURVEY), definitions), _our_issues


def ours_in_blocks(folder: Path) -> tuple[Work, Told]:
    """Read and check block by block; nothing but issues and counts is kept."""
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    definitions = _definitions(folder)
    return (
        lambda path: validate(read_submission(path, definitions, survey=SURVEY), definitions, keep=False),
        _our_issues,
    )


def _definitions(folder: Path) -> Any:
    from dihkpi.definitions import load_definitions

    return load_definitions(folder)


def _our_issues(result: Any) -> pd.DataFrame:
    return result.issues.assign(row=result.issues["row"].astype("int64") - 2)[["row", "column", "rule"]]


def text_and_pandera(folder: Path) -> tuple[Work, Told]:
    """What one would write today: cells as text, converted column by column, then pandera."""
    schema = _schema()

    def work(path: Path) -> Any:
        texts = pd.read_csv(path, dtype=str, keep_default_na=False)
        return _failures(schema, pd.DataFrame({field.name: _converted(field, texts[field.name]) for field in FIELDS}))

    return work, _pandera_found


def _converted(field: Field, texts: pd.Series) -> pd.Series:
    if field.type in NUMBERS:
        numbers = pd.to_numeric(texts, errors="coerce")
        return numbers.astype("Int64") if field.type == "integer" else numbers
    if field.type == "date":
        return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    if field.type == "boolean":
        return texts.map(YES_NO).astype("boolean")
    return texts.mask(texts == "")


def typed_and_pandera(folder: Path) -> tuple[Work, Told]:
    """pandas reads the declared types itself, then pandera; a cell that cannot be read ends it."""
    schema = _schema()
    types = {"integer": "Int64", "boolean": "boolean"} | dict.fromkeys(NUMBERS[1:], "float64")
    dtypes = {field.name: types.get(field.type, "str") for field in FIELDS if field.type != "date"}
    dates = [field.name for field in FIELDS if field.type == "date"]

    def work(path: Path) -> Any:
        frame = pd.read_csv(path, dtype=dtypes, parse_dates=dates, date_format="%Y-%m-%d", keep_default_na=False,
                            na_values=[""], true_values=["yes"], false_values=["no"])  # fmt: skip
        return _failures(schema, frame)

    return work, _pandera_found


def _schema() -> Any:
    import pandera.pandas as pa

    types = {"integer": "Int64", "boolean": "boolean", "date": "datetime64[us]"} | dict.fromkeys(NUMBERS[1:], "float64")
    columns = {}
    for field in FIELDS:
        checks = []
        if field.min is not None:
            checks.append(pa.Check.ge(field.min))
        if field.max is not None:
            checks.append(pa.Check.le(field.max))
        if field.pattern:
            checks.append(pa.Check.str_matches(field.pattern))
        if field.codes:
            checks.append(pa.Check.isin(LISTS[field.codes]))
        columns[field.name] = pa.Column(types.get(field.type, str), checks, nullable=not field.required,
                                        unique=field.name == "id")  # fmt: skip
    rules = [
        pa.Check(lambda f: f["end"].isna() | f["start"].isna() | (f["end"] >= f["start"]), name="end_after_start"),
        pa.Check(lambda f: f["invoiced"].isna() | f["price"].isna() | (f["invoiced"] <= f["price"]),
                 name="invoiced_within_price"),
    ]  # fmt: skip
    return pa.DataFrameSchema(columns, checks=rules)


def _failures(schema: Any, frame: pd.DataFrame) -> Any:
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return errors.failure_cases
    return None


def _pandera_found(cases: Any) -> pd.DataFrame:
    """A rule over the frame fails once per column of the row; it counts once, at the column that is at fault."""
    if cases is None:
        return _found([])
    rules = cases["check"].map({name: at for name, (at, *_) in RULES.items()})
    cells = pd.DataFrame({"row": cases["index"], "column": rules.fillna(cases["column"])}).dropna()
    return cells.astype({"row": "int64"})


def pointblank(folder: Path) -> tuple[Work, Told]:
    """Cells as text, converted by polars, then one step per check, with the rows that fail."""
    import pointblank as pb
    import polars as pl

    def steps(frame: Any) -> Iterable[tuple[str, Any]]:
        plan = pb.Validate(data=frame)
        for field in FIELDS:
            if field.required:
                yield field.name, (plan := plan.col_vals_not_null(field.name))
            if field.min is not None:
                yield field.name, (plan := plan.col_vals_ge(field.name, field.min, na_pass=True))
            if field.max is not None:
                yield field.name, (plan := plan.col_vals_le(field.name, field.max, na_pass=True))
            if field.pattern:
                yield field.name, (plan := plan.col_vals_regex(field.name, field.pattern, na_pass=True))
            if field.codes:
                yield field.name, (plan := plan.col_vals_in_set(field.name, [*LISTS[field.codes], None]))
        yield "id", (plan := plan.rows_distinct("id"))
        for column, other, _, _ in RULES.values():
            compare = plan.col_vals_ge if column == "end" else plan.col_vals_le
            yield column, (plan := compare(column, pb.col(other), na_pass=True))

    def work(path: Path) -> Any:
        texts = pl.read_csv(path, infer_schema=False)
        columns, plans = zip(*steps(texts.select(_cast(pl, field) for field in FIELDS)), strict=True)
        done = plans[-1].interrogate(extract_limit=len(texts))
        return [(column, done.get_data_extracts(i=i, frame=True)) for i, column in enumerate(columns, 1)]

    def told(result: Any) -> pd.DataFrame:
        return _found((row - 1, column) for column, rows in result if rows is not None for row in rows["_row_num_"])

    return work, told


def _cast(pl: Any, field: Field) -> Any:
    column = pl.col(field.name)
    if field.type in NUMBERS:
        return column.cast(pl.Int64 if field.type == "integer" else pl.Float64, strict=False)
    if field.type == "date":
        return column.str.to_date("%Y-%m-%d", strict=False)
    return column.replace_strict(YES_NO, default=None, return_dtype=pl.Boolean) if field.type == "boolean" else column


def frictionless(folder: Path) -> tuple[Work, Told]:
    """A Table Schema with constraints and a primary key, and two row constraints."""
    from frictionless import Checklist, Resource, Schema, checks

    schema = {"primaryKey": ["id"], "missingValues": [""], "fields": [_table_field(field) for field in FIELDS]}
    formulas = {f"{a} == None or {b} == None or {check}": a for a, b, _, check in RULES.values()}

    def work(path: Path) -> Any:
        resource = Resource(path=path.name, basepath=str(path.parent), schema=Schema.from_descriptor(schema))
        rules = Checklist(checks=[checks.row_constraint(formula=formula) for formula in formulas])
        return resource.validate(rules, limit_errors=10**9).flatten(["rowNumber", "fieldName", "type", "note"])

    def told(errors: Any) -> pd.DataFrame:
        def column(name: str | None, kind: str, note: str) -> str | None:
            return "id" if kind == "primary-key" else name or next((a for f, a in formulas.items() if f in note), None)

        return _found((row - 2, column(name, kind, note)) for row, name, kind, note in errors if row)

    return work, told


def _table_field(field: Field) -> dict[str, Any]:
    types = {"integer": "integer", "date": "date", "boolean": "boolean"} | dict.fromkeys(NUMBERS[1:], "number")
    limits = {"required": field.required or None, "minimum": field.min, "maximum": field.max, "pattern": field.pattern,
              "enum": list(LISTS[field.codes]) if field.codes else None}  # fmt: skip
    declared = {"name": field.name, "type": types.get(field.type, "string"),
                "constraints": {name: value for name, value in limits.items() if value is not None}}  # fmt: skip
    return declared | ({"trueValues": ["yes"], "falseValues": ["no"]} if field.type == "boolean" else {})


def _found(cells: Iterable[tuple[Any, Any]]) -> pd.DataFrame:
    found = pd.DataFrame(list(cells), columns=["row", "column"])
    return found[found["column"].isin(NAMES)].astype({"row": "int64", "column": "str"})


WAYS = {
    "ours": Way("dihkpi", ours),
    "blocks": Way("dihkpi, in blocks", ours_in_blocks),
    "text": Way("`read_csv(dtype=str)`, converted, and pandera", text_and_pandera),
    "typed": Way("`read_csv` with types, and pandera", typed_and_pandera),
    "pointblank": Way("polars and pointblank", pointblank, ("pointblank", "polars"), "pointblank_rows"),
    "frictionless": Way("frictionless", frictionless, ("frictionless",), "frictionless_rows"),
}
