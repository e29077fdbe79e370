"""Worked examples of indicators: files made from their rows go all the way, and the figures are held against them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.indicators import FiguresExample, Rows
from dihkpi.indicators.compute import compute_indicators
from dihkpi.pipeline.inbox import take_in
from dihkpi.pipeline.tables import prepare
from dihkpi.store import open_store
from dihkpi.store.snapshot import take_snapshot

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-9
_KEY = ["level", "code", "indicator", "period", "breakdown"]


def run_figures(survey: Survey, definitions: Definitions) -> Iterator[tuple[str, list[str]]]:
    """Compute every worked example of the indicators of a survey.

    Yields
    ------
    name : str
    problems : list of str
        What differs from the expectation; empty when all is well.
    """
    for name, example in survey.figures.items():
        with tempfile.TemporaryDirectory() as folder:
            table = _computed(Path(folder), example, definitions)
        yield name, [table] if isinstance(table, str) else list(_differences(table, example))


def _computed(folder: Path, example: FiguresExample, definitions: Definitions) -> pd.DataFrame | str:
    """The table ``indicators`` of an example, or what is wrong with its rows."""
    inbox = folder / "inbox"
    inbox.mkdir()
    for table, rows in example.tables.items():
        path = inbox / f"{table.replace('/', '-')}.csv"
        path.write_text("\n".join([rows.columns, *lines(rows)]) + "\n", encoding="utf-8")
    store = open_store(folder / "store.db")
    intake = take_in(inbox, store, definitions)
    if intake.refused:
        store.close()
        return f"{intake.refused[0].iloc[0]['file']}: {intake.refused[0].iloc[0]['message']}"
    snapshot = take_snapshot(store, definitions, folder / "snapshots")
    inputs = prepare(snapshot, definitions, b"example", {})
    store.close()
    return compute_indicators(inputs, definitions, example.period)


def lines(rows: Rows) -> Iterator[str]:
    """Lines of CSV, those that stand for several written out.

    Examples
    --------
    >>> list(lines(Rows(columns="id,hub", rows=("2 * e%,HR-a", "x,HR-a"))))
    ['e1,HR-a', 'e2,HR-a', 'x,HR-a']
    """
    for line in rows.rows:
        if match := re.fullmatch(r"(\d{1,4}) \* (.*)", line, re.ASCII):
            yield from (match[2].replace("%", str(number)) for number in range(1, int(match[1]) + 1))
        else:
            yield line


def _differences(table: pd.DataFrame, example: FiguresExample) -> Iterator[str]:
    values = table.set_index(_KEY)[["value", "attainment"]]
    for place, figures in example.expect.items():
        for figure, wanted in figures.items():
            value = _found(values, place, figure, example.period, "value")
            expected = np.nan if wanted is None else wanted
            if not np.isclose(value, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                yield f"{place} › {figure}: {value!r} instead of {expected!r}"
    for place, figures in example.attained.items():
        for figure, percent in figures.items():
            value = np.floor(100 * _found(values, place, figure, example.period, "attainment") + 0.5)
            if value != percent:
                yield f"{place} › {figure}: {value:g} % of the target instead of {percent:g} %"


def _found(values: pd.DataFrame, place: str, figure: str, period: str, column: str) -> float:
    """One figure; NaN where the table has none."""
    level, _, code = place.partition(" ")
    about, _, when = figure.partition(" @ ")
    indicator, _, breakdown = about.partition(" ")
    key = (level, code, indicator, when or period, breakdown)
    return float(values[column].get(key, np.nan))
