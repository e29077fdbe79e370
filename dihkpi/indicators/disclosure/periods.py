"""Windows that lie within windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dihkpi.indicators.windows import Window, parse_period

Span = tuple[int, int]


@dataclass(frozen=True)
class Nested:
    """A window directly inside another; those of one pack do not overlap."""

    outer: str
    inner: str
    pack: int


def nested_windows(labels: Iterable[str], cumulative: bool, start: date | None = None) -> tuple[Nested, ...]:
    """Windows directly inside each window.

    Months of a grant lie within what holds everything up to a day, and within longer spans of months.

    Parameters
    ----------
    labels : iterable of str
        Periods.
    cumulative : bool
        Whether figures hold everything up to the end of their period, as mean scores do.
    start : datetime.date, optional
        First day of a grant: its months are days then, and lie within calendar windows and the other way round. Before
        the first month there is nothing.

    Examples
    --------
    >>> for found in nested_windows(["2024", "2023", "../2024-12-31", "2024-Q4"], cumulative=False):
    ...     print(found.inner, "within", found.outer)
    2023 within ../2024-12-31
    2024 within ../2024-12-31
    2024-Q4 within 2024
    >>> for found in nested_windows(["2024", "2023", "../2024-12-31"], cumulative=True):
    ...     print(found.inner, "within", found.outer)
    2024 within ../2024-12-31
    2023 within 2024
    """
    windows = [parse_period(label) for label in sorted(set(labels))]
    days = {w.label: _days(w, cumulative) for w in windows if not w.months}
    months = {w.label: w.months for w in windows if w.months}
    if start is not None:
        days |= {label: _of_grant(start, span) for label, span in months.items()}
        return tuple(_directly(days))
    found = [*_directly(days), *_directly(months)]
    within = {nested.inner for nested in found if nested.inner in months}
    whole = max((w for w in windows if w.is_open), key=lambda w: str(w.last), default=None)
    outermost = {label: span for label, span in months.items() if label not in within}
    if whole:
        packs = {nested.pack for nested in found if nested.outer == whole.label}
        found += [Nested(whole.label, label, pack + len(packs)) for label, pack in _packs(outermost).items()]
    return tuple(found)


def _days(window: Window, cumulative: bool) -> Span:
    first = date.min if cumulative or window.first is None else window.first
    assert window.last is not None
    return first.toordinal(), window.last.toordinal()


def _of_grant(start: date, months: Span) -> Span:
    """Days of months of a grant; the first month holds what was before it."""
    import pandas as pd

    from dihkpi.indicators.windows import project_days

    first, last = project_days(pd.Series([pd.Timestamp(start)]), months)
    return date.min.toordinal() if months[0] == 1 else first[0].toordinal(), last[0].toordinal()


def _directly(spans: dict[str, Span]) -> list[Nested]:
    """Every span with those inside it that lie within no other of them; of equal ones the first is outer."""
    rank = {label: (last - first, -at) for at, (label, (first, last)) in enumerate(spans.items())}

    def within(inner: str, outer: str) -> bool:
        return spans[outer][0] <= spans[inner][0] and spans[inner][1] <= spans[outer][1] and rank[inner] < rank[outer]

    found = []
    for outer in spans:
        inside = [label for label in spans if within(label, outer)]
        direct = {a: spans[a] for a in inside if not any(within(a, b) for b in inside)}
        found += [Nested(outer, label, pack) for label, pack in _packs(direct).items()]
    return found


def _packs(spans: dict[str, Span]) -> dict[str, int]:
    """Span to the first pack in which it overlaps with none before it."""
    ends: list[int] = []
    packs: dict[str, int] = {}
    for label, (first, last) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        free: Sequence[int] = [pack for pack, end in enumerate(ends) if end < first]
        if free:
            packs[label] = free[0]
            ends[free[0]] = last
        else:
            packs[label] = len(ends)
            ends.append(last)
    return packs
