"""Periods of one series: one inside the other or one after the other, without a gap, and numbers that do not fall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from dihkpi.definitions.rules import Rule
from dihkpi.definitions.survey import Form
from dihkpi.errors import UsageError
from dihkpi.intake.issues import Fault
from dihkpi.intake.keys import key_text
from dihkpi.intake.periods import parse_period

if TYPE_CHECKING:
    import pandas as pd

Stretch = tuple[str, int, int]
"""What is counted (days of the calendar or months of a grant), first and last of them."""


def check_series(
    name: str, rule: Rule, form: Form, frame: pd.DataFrame
) -> Iterator[tuple[Fault, int, tuple[str, ...]]]:
    """Periods that do not fit to those before them in their series.

    Yields
    ------
    fault : Fault
    row : int
    columns : tuple of str
    """
    series = rule.series
    if series is None or not {*(series.span or (str(form.period),))} <= {*frame}:
        return
    labels = _spans(frame, *series.span) if series.span else _periods(frame, str(form.period))
    places = {label: _stretch(label) for label in set(labels.values())}
    known = frame.loc[[row for row, label in labels.items() if places[label]]]
    keys = key_text(known, tuple(column for column in series.of if column in known))
    rises = series.rises if series.rises in frame else None
    numbers = (
        {} if rises is None else {int(str(row)): float(x) for row, x in frame[rises].astype("Float64").dropna().items()}
    )
    column = series.span[0] if series.span else str(form.period)
    for _, rows in known[keys.duplicated(keep=False)].groupby(keys):
        fitted = [(place, row) for row in rows.index if (place := places[labels[row]])]
        found = _misfits(sorted(fitted), labels, numbers, (column, rises or column), nested=not series.span)
        for row, message, at in found:
            yield Fault(name, message, rule.hint or "correct the periods", rule.severity), row, (at,)


def _periods(frame: pd.DataFrame, period: str) -> dict[int, str]:
    return {int(str(row)): str(label) for row, label in frame[period].dropna().items()}


def _spans(frame: pd.DataFrame, first: str, last: str) -> dict[int, str]:
    """Two days as a period."""
    known = frame[[first, last]].dropna()
    days = known[first].dt.strftime("%Y-%m-%d") + "/" + known[last].dt.strftime("%Y-%m-%d")
    return {int(str(row)): str(label) for row, label in days.items()}


def _misfits(
    ordered: list[tuple[Stretch, int]],
    labels: Mapping[int, str],
    numbers: Mapping[int, float],
    columns: tuple[str, str],
    *,
    nested: bool,
) -> Iterator[tuple[int, str, str]]:
    """Overlaps, gaps and falls of one series in order, each against the period that reached furthest so far."""
    (before, furthest), *others = ordered
    for place, row in others:
        label, other = labels[row], labels[furthest]
        now, was = numbers.get(row), numbers.get(furthest)
        if before[0] == place[0]:
            if place == before:
                yield row, f"{label} and {other} are the same period", columns[0]
            elif place[1] > before[2] + 1:
                yield row, f"there is a gap between {other} and {label}", columns[0]
            elif before[1] < place[1] <= before[2] < place[2]:
                yield row, f"{label} and {other} overlap in part", columns[0]
            elif not nested and place[1] <= before[2]:
                yield row, f"{label} and {other} overlap", columns[0]
            elif place[1] == before[1] and now is not None and was is not None and now < was:
                yield row, f"{now:,.12g} is less than the {was:,.12g} of {other}", columns[1]
        if before[0] != place[0] or place[2] >= before[2]:
            before, furthest = place, row


def _stretch(label: str) -> Stretch | None:
    """Months of a grant, or days, of a period with a first day.

    Examples
    --------
    >>> _stretch("M19-M36"), _stretch("../2026-12-31")
    (('months', 19, 36), None)
    """
    try:
        window = parse_period(label)
    except UsageError:
        return None
    if window.months:
        return "months", *window.months
    if window.first is None or window.last is None:
        return None
    return "days", date.toordinal(window.first), date.toordinal(window.last)
