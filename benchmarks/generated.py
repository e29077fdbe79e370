"""A table of 40 columns made from a seed: clean, or with 1 % of its cells spoiled; which ones is written beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SURVEY, FORM, VERSION = "bench", "services", "v1"
SHARE = 0.01
"""Part of all cells that are spoiled."""
GAPS = 0.05
"""Part of the optional cells that are empty."""
LISTS = {
    "bench_countries": ("AT", "BE", "BG", "CZ", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "PL", "PT"),
    "bench_sectors": tuple(f"sector_{letter}" for letter in "abcdefghijklmnopqrst"),
    "bench_sizes": ("micro", "small", "medium", "large"),
    "bench_categories": tuple(f"category_{number}" for number in range(1, 13)),
    "bench_statuses": ("planned", "running", "finalised", "invoiced", "cancelled"),
}
RULES = {
    "end_after_start": ("end", "start", "A service does not end before it starts.", "end >= start"),
    "invoiced_within_price": ("invoiced", "price", "The invoice is not above the price.", "invoiced <= price"),
}
"""Rule to the column that is at fault, the one it is held against, a sentence and the expression."""
_DAYS = pa.array(np.datetime_as_string(np.datetime64("2021-01-01") + np.arange(1800)).tolist())

Make = Callable[[np.random.Generator, int], pa.Array]


def _pick(options: Iterable[str]) -> Make:
    known = pa.array(list(options))
    return lambda rng, n: known.take(pa.array(rng.integers(0, len(known), n)))


def _number(low: int, high: int, digits: int = 0) -> Make:
    scale = 10**digits
    return lambda rng, n: _decimal(rng.integers(low * scale, high * scale, n, endpoint=True), digits)


def _decimal(scaled: np.ndarray, digits: int) -> pa.Array:
    """Whole numbers as texts with so many decimals."""
    if not digits:
        return pc.cast(pa.array(scaled), pa.string())
    whole, rest = (pc.cast(pa.array(part), pa.string()) for part in np.divmod(scaled, 10**digits))
    return pc.binary_join_element_wise(whole, pc.utf8_lpad(rest, digits, "0"), ".")


def _numbered(before: str, low: int, high: int, width: int, after: str = "") -> Make:
    """A text around a number with leading zeros."""

    def make(rng: np.random.Generator, n: int) -> pa.Array:
        return _join(before, pc.utf8_lpad(_number(low, high)(rng, n), width, "0"), after)

    return make


def _join(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


@dataclass(frozen=True)
class Field:
    """One column: how it is declared, how its values are made, and how they can be spoiled."""

    name: str
    type: str
    make: Make | None
    """Values; ``None`` for the columns of the rules, which are made together."""
    faults: tuple[str, ...]
    required: bool = False
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    codes: str | None = None


def _ids(rng: np.random.Generator, n: int) -> pa.Array:
    return _join("R-", pc.utf8_lpad(pc.cast(pa.array(np.arange(n)), pa.string()), 8, "0"))


def _coded(name: str, codes: str, required: bool = False) -> Field:
    faults = ("unknown_code", "required") if required else ("unknown_code",)
    return Field(name, "code", _pick(LISTS[codes]), faults, required, codes=codes)


def _ranged(kind: str, name: str, high: int, digits: int) -> Field:
    """A number from 0 (from 2 in per cent, where less may be meant as a fraction) to a maximum."""
    make = _number(2 if kind == "percent" else 0, high, digits)
    return Field(name, kind, make, ("number", "min", "max"), min=0, max=high)


def _fields() -> Iterable[Field]:
    yield Field("id", "id", _ids, ("id", "required", "duplicate_key"), True, pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$")
    hubs = [f"{country}-{word}" for country in LISTS["bench_countries"] for word in ("adria", "north", "smart", "lab")]
    yield Field("hub", "hub", _pick(hubs), ("pattern", "required"), True, pattern="^[A-Z]{2}-[a-z]{3,12}$")
    yield Field("customer", "text", _numbered("Company ", 0, 300_000, 6), ("required",), True)
    yield Field("vat", "text", _numbered("AT", 0, 10**9 - 1, 9), ("pattern",), pattern="^[A-Z]{2}[0-9]{9}$")
    yield Field("postcode", "text", _number(1000, 99_999), ("pattern",), pattern="^[0-9]{4,5}$")
    yield Field("contract", "text", _numbered("C-", 0, 99_999, 5, "/24"), ("pattern",), pattern="^C-[0-9]{5}/[0-9]{2}$")
    yield from (_coded(name, f"bench_{codes}") for name, codes in (("country", "countries"), ("sector", "sectors")))
    yield from (_coded(name, f"bench_{codes}", True) for name, codes in (("size", "sizes"), ("category", "categories")))
    yield _coded("status", "bench_statuses")
    counts = {"attendees": 500, "staff": 5000, "visits": 50, "hours": 2000, "partners": 30, "pilots": 9, "months": 60}
    yield from (_ranged("integer", name, high, 0) for name, high in {**counts, "downloads": 9000}.items())
    scales = {"score": (5, 1), "weight": (1, 3), "distance": (3000, 2), "energy": (9000, 3), "load": (100, 4)}
    yield from (_ranged("decimal", name, high, digits) for name, (high, digits) in scales.items())
    money = ("number", "decimal_sign")
    yield Field("price", "money", None, (*money, "required"), True)
    yield Field("invoiced", "money", None, (*money, "invoiced_within_price"))
    for name in ("aid", "investment", "budget"):
        yield Field(name, "money", _number(0, 90_000, 2), (*money, "min"), min=0)
    yield from (_ranged("percent", name, 100, 1) for name in ("intensity", "progress", "satisfaction"))
    yield Field("start", "date", None, ("date", "impossible_date", "required"), True)
    yield Field("end", "date", None, ("date", "impossible_date", "end_after_start"))
    for name in ("signed", "reported"):
        yield Field(name, "date", _pick(_DAYS.to_pylist()), ("date", "impossible_date"))
    for name in ("cross_border", "confirmed"):
        yield Field(name, "boolean", _pick(("yes", "no")), ("boolean",))
    yield Field("description", "text", _numbered('"Training, part ', 0, 2_000_000, 1, ' of a course"'), ())
    yield Field("remark", "text", _pick(f"remark number {number}" for number in range(200)), ())


FIELDS = tuple(_fields())
NAMES = tuple(field.name for field in FIELDS)

# What a spoiled cell says, from what it said.
_SPOIL: dict[str, Callable[[pa.Array], Any]] = {
    "required": lambda old: pa.array([""] * len(old)),
    "id": lambda old: _join(old, "#"),
    "pattern": lambda old: _join("?", old),
    "unknown_code": lambda old: _join(old, "x"),
    "number": lambda old: _join(old, "x"),
    "decimal_sign": lambda old: _join('"', pc.replace_substring(old, ".", ","), '"'),
    "min": lambda old: _join("-1", old),
    "max": lambda old: _join("99999", old),
    "date": lambda old: pc.replace_substring(old, "-", " "),
    "impossible_date": lambda old: _join(pc.utf8_slice_codeunits(old, 0, 4), "-02-30"),
    "boolean": lambda old: pa.array(["perhaps"] * len(old)),
}


def write_files(folder: Path, rows: int, seed: int = 1) -> None:
    """``clean.csv``, ``faulty.csv`` and ``planted.parquet``: row (from 0), column and rule of what is wrong in it."""
    rng = np.random.default_rng(seed)
    columns, wrong = _values(rng, rows)
    gaps = {field.name: pa.array((rng.random(rows) < GAPS) & (not field.required)) for field in FIELDS}
    _write(folder / "clean.csv", {name: pc.if_else(gaps[name], "", column) for name, column in columns.items()})
    planted: list[pd.DataFrame] = []
    spoiled: dict[str, np.ndarray] = {}
    for field in FIELDS:
        touched = np.zeros(rows, dtype=bool)
        column = columns[field.name]
        for kind, at, texts in _faults(field, column, wrong, spoiled, rng):
            mask = np.zeros(rows, dtype=bool)
            mask[at] = True
            column = pc.replace_with_mask(column, pa.array(mask), texts(np.flatnonzero(mask)))
            touched |= mask
            planted.append(pd.DataFrame({"row": np.flatnonzero(mask), "column": field.name, "rule": kind}))
        columns[field.name] = pc.if_else(pc.and_not(gaps[field.name], pa.array(touched)), "", column)
        spoiled[field.name] = touched
    _write(folder / "faulty.csv", columns)
    pd.concat(planted, ignore_index=True).to_parquet(folder / "planted.parquet")


def _values(rng: np.random.Generator, rows: int) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """Clean texts of all columns, and texts that break a rule."""
    start = rng.integers(10, 1490, rows)
    price = rng.integers(1000, 9_000_000, rows)
    made = {
        "start": _DAYS.take(pa.array(start)),
        "end": _DAYS.take(pa.array(start + rng.integers(0, 300, rows))),
        "price": _decimal(price, 2),
        "invoiced": _decimal((price * rng.random(rows)).astype(np.int64), 2),
    }
    columns = {field.name: field.make(rng, rows) if field.make else made[field.name] for field in FIELDS}
    before, above = _DAYS.take(pa.array(start - 10)), _decimal(price + 10_000, 2)
    return columns, {"end_after_start": before, "invoiced_within_price": above}


def _faults(
    field: Field, column: pa.Array, wrong: dict[str, pa.Array], spoiled: dict[str, np.ndarray], rng: np.random.Generator
) -> Iterable[tuple[str, np.ndarray, Callable[[np.ndarray], pa.Array]]]:
    """Kind, rows, and what to write there; each row once."""
    if not field.faults:
        return
    rows, able = len(column), sum(bool(other.faults) for other in FIELDS)
    each = max(1, round(SHARE * len(FIELDS) * rows / able / len(field.faults)))
    order = rng.permutation(rows)
    other = next((against for at, against, *_ in RULES.values() if at == field.name), None)
    if other:  # a rule is not held against a cell that is wrong itself
        order = order[~spoiled[other][order]]
    for number, kind in enumerate(field.faults):
        at = order[number * each : (number + 1) * each]
        if kind == "duplicate_key":  # both rows of a pair are at fault
            first = order[len(field.faults) * each :][: len(at)]
            pairs = {**dict(zip(at, first, strict=True)), **dict(zip(first, first, strict=True))}
            yield kind, np.concatenate([at, first]), lambda i, of=pairs: column.take(pa.array([of[k] for k in i]))
        elif kind in wrong:
            yield kind, at, lambda i, texts=wrong[kind]: texts.take(pa.array(i))
        else:
            yield kind, at, lambda i, spoil=_SPOIL[kind]: pa.array(spoil(column.take(pa.array(i))))


def _write(path: Path, columns: dict[str, pa.Array]) -> None:
    """The lines of a CSV are one long text in memory already; texts with a comma bring their quotes."""
    *inner, last = columns.values()
    lines = pc.binary_join_element_wise(*inner, _join(last, "\n"), ",")
    with path.open("wb") as handle:
        handle.write((",".join(columns) + "\n").encode())
        handle.write(pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "")[0].as_buffer())


def write_definitions(folder: Path) -> Path:
    """The survey of the table, its code lists and a limit that lets the file in; JSON is YAML too."""
    home, lists = folder / "surveys" / SURVEY / VERSION, folder / "schemas" / "codelists"
    home.mkdir(parents=True)
    lists.mkdir(parents=True)
    for name, codes in LISTS.items():
        text = "".join(f"{code},{code.replace('_', ' ').title()}\n" for code in codes)
        (lists / f"{name}.csv").write_text("code,label\n" + text, encoding="utf-8")
    limit = {"value": 4000, "valid_from": "2026-01-01", "reference": "benchmark"}
    (folder / "schemas" / "policy.yaml").write_text(json.dumps({"max_file_megabytes": limit}), encoding="utf-8")
    rules = {name: {"brief": brief, "check": check, "cells": [at]} for name, (at, _, brief, check) in RULES.items()}
    form = {
        "title": "Services of the benchmark", "kind": "records", "key": ["id"], "hub": "hub", "date": "start",
        "columns": {field.name: _declared(field) for field in FIELDS},
        "rules": rules,
    }  # fmt: skip
    survey = {"survey": SURVEY, "version": VERSION, "title": "Benchmark", "reference": "generated",
              "forms": {FORM: form}}  # fmt: skip
    (home / "survey.yaml").write_text(json.dumps(survey, indent=1), encoding="utf-8")
    return folder


def _declared(field: Field) -> dict[str, Any]:
    declared = {name: getattr(field, name) for name in ("type", "required", "min", "max", "pattern", "codes")}
    return {name: value for name, value in declared.items() if value is not None and value is not False}
