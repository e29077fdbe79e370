"""Figures of records: one indicator over rows, for every place, window and breakdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.indicators import Ceiling, Indicator, Mix, Ratio
from dihkpi.indicators import measures
from dihkpi.indicators.measures import Amounts, Contributors, Groups, Measured
from dihkpi.indicators.mix import mix_measure, share_parts
from dihkpi.indicators.places import Located
from dihkpi.indicators.sources import Pairs, Source
from dihkpi.indicators.windows import Window

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

Measure = Callable[[npt.NDArray[np.intp], Groups, int], Measured]
"""Takes the chosen rows, their groups and the number of groups."""


@dataclass(frozen=True)
class Setting:
    """What holds for a whole run."""

    windows: tuple[Window, ...]
    detailed: frozenset[str]
    """Windows in which breakdowns are given as well."""
    cutoff: np.datetime64
    confidence: float
    top: int = 1
    """How many of the largest contributors to a sum are looked at together."""


@dataclass(frozen=True)
class Block:
    """Figures of one indicator at one level in one window, one per place or per place and code.

    Parameters
    ----------
    level, indicator, window : str
    codes : numpy.ndarray of object
        Places.
    breakdown : str or numpy.ndarray of object
    measured : Measured
    """

    level: str
    indicator: str
    window: str
    codes: npt.NDArray[np.object_]
    breakdown: str | npt.NDArray[np.object_]
    measured: Measured


def stacked(blocks: Sequence[Block], units: Sequence[str], limits: Sequence[int]) -> pd.DataFrame:
    """All blocks as one table, with the unit of each and the base below which it is suppressed."""
    import pandas as pd

    sizes = [len(block.codes) for block in blocks]
    same = {name: _text([getattr(block, name) for block in blocks]).repeat(sizes)
            for name in ("level", "indicator", "window")}  # fmt: skip
    breakdowns = [np.full(n, b.breakdown, object) if isinstance(b.breakdown, str) else b.breakdown
                  for n, b in zip(sizes, blocks, strict=True)]  # fmt: skip
    numbers = {
        name: np.concatenate([getattr(block.measured, name) for block in blocks]) for name in ("value", "lo", "hi", "n")
    }
    for who in fields(Contributors):
        numbers[who.name] = np.concatenate([
            np.full(n, np.nan) if b.measured.contributors is None else getattr(b.measured.contributors, who.name)
            for n, b in zip(sizes, blocks, strict=True)
        ])  # fmt: skip
    return pd.DataFrame({
        "level": same["level"], "code": _text(np.concatenate([block.codes for block in blocks])),
        "indicator": same["indicator"], "period": same["window"], "breakdown": _text(np.concatenate(breakdowns)),
        **numbers, "unit": _text(list(units)).repeat(sizes), "limit": np.repeat(limits, sizes),
    })  # fmt: skip


def _text(values: Sequence[str] | npt.NDArray[np.object_]) -> ExtensionArray:
    """Texts as pandas keeps them; each different one is made once."""
    import pandas as pd

    codes, different = pd.factorize(np.asarray(values, dtype=object))
    return pd.array(different, dtype="str").take(codes)


def figures(name: str, indicator: Indicator, source: Source, setting: Setting) -> Iterator[Block]:
    """All figures of one indicator over records."""
    holds = source.values(indicator.where) if indicator.where else np.ones(len(source.frame))
    rows = np.flatnonzero(holds == 1)
    measure = _measure(indicator, source, setting)
    there = [column for column in indicator.breakdowns if column in source.frame]  # a register may not have come
    breakdowns = {column: source.exploded(column) for column in there}
    for level in indicator.levels or source.definitions.levels:
        located = source.located(level, indicator.place)
        if not len(located.places):
            continue
        told = _told(holds, located)
        for window in setting.windows:
            if not _applies(window, level, indicator):
                continue
            inside = source.inside(window, setting.cutoff) if indicator.dated else np.ones(len(source.frame), bool)
            chosen = rows[inside[rows] & (located.codes[rows] >= 0)]
            groups = located.codes[chosen]
            measured = measure(chosen, groups, len(located.places))
            measured = replace(measured, value=np.where(told, measured.value, np.nan))
            yield Block(level, name, window.label, located.places, "", measured)
            if indicator.mix and indicator.mix.give == "share":
                yield _mix_shares(name, level, window.label, indicator.mix, source, chosen, located)
            if window.label in setting.detailed:
                for column, pairs in breakdowns.items():
                    yield from _broken_down(name, level, window.label, measure, chosen, located, column, pairs)


def _told(holds: npt.NDArray[np.float64], located: Located) -> npt.NDArray[np.bool_]:
    """Places with a row for which the condition is known: where nobody told, zero would be a lie."""
    known = located.codes[~np.isnan(holds)]
    return np.bincount(known[known >= 0], minlength=len(located.places)) > 0


def _applies(window: Window, level: str, indicator: Indicator) -> bool:
    """Months of a grant belong to a hub; what has no date is given once, up to the last day."""
    if not indicator.dated:
        return window.is_open
    return window.months is None or level == "hub"


def _measure(indicator: Indicator, source: Source, setting: Setting) -> Measure:
    """How the indicator measures rows; those that count once are chosen before."""
    plain, order = _plain(indicator, source, setting)
    if indicator.once is None:
        return plain
    things = source.things(indicator.once)
    return lambda rows, groups, size: plain(*once(rows, groups, things, order), size)


def once(
    rows: npt.NDArray[np.intp], groups: Groups, things: npt.NDArray[np.intp], order: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], Groups]:
    """One row per group and thing, the one with the largest value; rows without a thing all stay.

    Examples
    --------
    >>> things, value = np.array([0, 0, -1, -1]), np.array([5.0, 7, 1, 1])
    >>> once(np.arange(4), np.zeros(4, int), things, value)[0].tolist()
    [1, 2, 3]
    """
    named = np.flatnonzero(things[rows] >= 0)
    ranked = named[np.lexsort((-np.nan_to_num(order[rows[named]], nan=-np.inf), things[rows[named]], groups[named]))]
    pairs = np.stack([groups[ranked], things[rows[ranked]]])
    first = np.ones(len(ranked), dtype=bool)
    first[1:] = (np.diff(pairs, axis=1) != 0).any(axis=0)
    kept = np.sort(np.concatenate([np.flatnonzero(things[rows] < 0), ranked[first]]))
    return rows[kept], groups[kept]


def _plain(indicator: Indicator, source: Source, setting: Setting) -> tuple[Measure, npt.NDArray[np.float64]]:
    """The measure itself, and the values by which rows that count once are chosen."""
    same = np.zeros(len(source.frame))
    if indicator.count:
        return lambda rows, groups, size: measures.count(groups, size), same
    if indicator.distinct:
        things = source.things(indicator.distinct)
        return lambda rows, groups, size: measures.distinct(groups, things[rows], size), same
    if indicator.mix:
        return mix_measure(indicator.mix, source), same
    if indicator.ratio is not None:
        ratio = indicator.ratio
        above, below = Amounts.of(_above(ratio, source)), Amounts.of(source.values(ratio.to))
        together, scale = ratio.together, ratio.scale
        return lambda rows, groups, size: measures.ratio(groups, above[rows], below[rows], size, scale, together), same
    values = source.values(str(indicator.sum or indicator.mean or indicator.share))
    if indicator.sum:
        amounts = Amounts.of(values)
        if indicator.minimum_base is not None:
            return _protected_total(values, source, setting.top), values
        if indicator.ceiling is not None:
            return _ceiled_total(amounts, indicator.ceiling, source), values
        return lambda rows, groups, size: measures.total(groups, amounts[rows], size), values
    measure = measures.mean if indicator.mean else measures.share
    return lambda rows, groups, size: measure(groups, values[rows], size, setting.confidence), values


def _above(ratio: Ratio, source: Source) -> npt.NDArray[np.float64]:
    """Amounts above the line: nothing where its condition does not hold, missing where that is not known."""
    amounts = source.values(ratio.of)
    if ratio.where is None:
        return amounts
    holds = source.values(ratio.where)
    return np.where(holds == 0, 0.0, np.where(np.isnan(holds), np.nan, amounts))


def _ceiled_total(amounts: Amounts, ceiling: Ceiling, source: Source) -> Measure:
    """Sums of which that of each hub (or what else the ceiling is for) counts up to the ceiling."""
    import pandas as pd

    of, names = pd.factorize(source.frame[ceiling.each], use_na_sentinel=False)
    most = float(source.definitions.value(ceiling.policy))

    def measure(rows: npt.NDArray[np.intp], groups: Groups, size: int) -> Measured:
        cells, within = occupied(groups * len(names) + of[rows], size * len(names))
        parts = Amounts.of(np.minimum(amounts[rows].sums(within, len(cells)), most))
        n = np.bincount(groups[amounts[rows].there], minlength=size).astype(float)
        return Measured.exact(parts.sums(cells // len(names), size), n)

    return measure


def _protected_total(values: npt.NDArray[np.float64], source: Source, top: int) -> Measure:
    """Sums with those who make them up: the respondents, where the rows have any."""
    amounts, known = Amounts.of(values), "respondent" in source.frame
    who = source.things("respondent") if known else np.full(len(source.frame), -1)

    def measure(rows: npt.NDArray[np.intp], groups: Groups, size: int) -> Measured:
        behind = measures.contributors(groups, values[rows], who[rows], size, top)
        return replace(measures.total(groups, amounts[rows], size), contributors=behind)

    return measure


def occupied(cells: npt.NDArray[np.intp], size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The cells that occur, in order, and the position of each row's cell among them; without sorting.

    Examples
    --------
    >>> [found.tolist() for found in occupied(np.array([7, 2, 7]), 9)]
    [[2, 7], [1, 0, 1]]
    """
    there = np.zeros(size, dtype=bool)
    there[cells] = True
    found = np.flatnonzero(there)
    position = np.zeros(size, dtype=np.intp)
    position[found] = np.arange(len(found))
    return found, position[cells]


def _mix_shares(
    name: str, level: str, window: str, mix: Mix, source: Source, chosen: npt.NDArray[np.intp], located: Located
) -> Block:
    """Per cent of every source that gave anything, for every place."""
    parts, n, labels = share_parts(mix, source, chosen, located.codes[chosen], len(located.places))
    place, code = np.nonzero(parts > 0)
    breakdown = np.array([f"{mix.by}={label}" for label in labels], dtype=object)[code]
    return Block(level, name, window, located.places[place], breakdown, Measured.exact(parts[place, code], n[place]))


def _broken_down(
    name: str, level: str, window: str, measure: Measure, chosen: npt.NDArray[np.intp], located: Located, column: str,
    pairs: Pairs,
) -> Iterator[Block]:  # fmt: skip
    """Figures by the codes of one column, only where there is any row."""
    at, codes, labels = pairs
    inside = np.zeros(len(located.codes), dtype=bool)
    inside[chosen] = True
    kept = inside[at]
    rows, width = at[kept], len(labels)
    if not len(rows):
        return
    cells, groups = occupied(located.codes[rows] * width + codes[kept], len(located.places) * width)
    measured = measure(rows, groups, len(cells))
    breakdown = np.array([f"{column}={label}" for label in labels], dtype=object)[cells % width]
    yield Block(level, name, window, located.places[cells // width], breakdown, measured)
