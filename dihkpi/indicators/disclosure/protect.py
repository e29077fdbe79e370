"""The table of indicators without what must not be told, and the log of what was taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.indicators.disclosure.complement import Hidden, complement
from dihkpi.indicators.disclosure.periods import Nested, nested_windows
from dihkpi.indicators.disclosure.relations import KEY, Node, Paired, Relations, find_relations, within_windows
from dihkpi.indicators.measures import Contributors

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("value", "lo", "hi", "n")


@dataclass(frozen=True)
class Structure:
    """What adds up to what.

    Parameters
    ----------
    places : mapping of (finer level, coarser level) to pandas.Series
        Code of the coarser place by the code of the finer one.
    cumulative : collection of str
        Indicators whose figures hold everything up to the end of their period.
    dominance : mapping
        ``largest``, ``share`` and ``remainder``, as in the policy of this name.
    periods : sequence of str
        The periods that are reported: their figures are hidden only where no other will do, those of the first last.
    paired : sequence of Paired
        Scores at two waves and the change between them.
    nodes : sequence of Node
        Scores that are made of others.
    uniform : float
        A group of fewer respondents than this that answered all the same is hidden.
    starts : mapping of str to datetime.date
        Hub to the first day of its grant, where it is known.
    """

    places: Mapping[tuple[str, str], pd.Series]
    cumulative: Collection[str]
    dominance: Mapping[str, Any]
    periods: Sequence[str] = ()
    paired: Sequence[Paired] = ()
    nodes: Sequence[Node] = ()
    uniform: float = 0
    starts: Mapping[str, date] = field(default_factory=dict)


def protect(figures: pd.DataFrame, structure: Structure) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures with their status, and the rows of the table ``suppressed``.

    Hidden (status ``c``: no value, interval or base) is a figure with a base below its limit, a sum that one
    contributor dominates, and then what would give a hidden figure away: see
    :func:`dihkpi.indicators.disclosure.complement.complement`. All levels, breakdowns and windows are one system, so
    that one mask holds for all.

    Parameters
    ----------
    figures : pandas.DataFrame
        Key and numbers of ``indicators``; ``limit``, 0 for figures that tell nothing about a respondent; and the fields
        of :class:`dihkpi.indicators.measures.Contributors`, NaN where they do not matter. ``same``, where all of a
        group answered the same, and ``aside``, for figures that are not published and only tell about others, may lack.
    structure : Structure

    Returns
    -------
    table, suppressed : pandas.DataFrame
        The log tells of figures set aside as well: other tables may give them.
    """
    import pandas as pd

    table = figures.sort_values(KEY, kind="stable", ignore_index=True)
    same, aside = (_flags(table, name) for name in ("same", "aside"))
    small = (table["n"] > 0) & (table[["n", "units"]].min(axis=1) < table["limit"])
    dominated = ~small & _dominated(table, structure.dominance)
    uniform = ~small & ~dominated & same & (table["n"] < structure.uniform) & (table["limit"] > 0)
    missing = table["value"].isna() | (table["limit"].gt(0) & table["n"].eq(0))
    at = np.flatnonzero((table["limit"] > 0) & (table["n"] > 0))
    cells = table.iloc[at][[*KEY, "n", "limit"]].reset_index(drop=True)
    nested = _nested(cells, structure.cumulative)
    more = _in_days(cells, structure)
    relations = find_relations(cells, structure.places, nested, structure.paired, structure.nodes, more)
    first = (small | dominated | uniform).to_numpy(copy=True)
    n, limit = cells["n"].to_numpy(float), cells["limit"].to_numpy(float)
    worth = {period: rank for rank, period in enumerate(reversed(structure.periods), 1)}
    wanted = np.asarray(cells["period"].map(worth).fillna(0), dtype=np.intp)
    found = complement(n, limit, first[at], wanted, relations, np.where(aside[at], 0.0, 1.0))
    hidden = np.zeros(len(table), dtype=bool)
    hidden[at] = found.mask
    why = np.select([small, dominated], ["primary", "dominance"], "uniform")
    log = _log(table.iloc[at], why[at], found, relations)
    table["status"] = np.select([hidden, missing], ["c", "m"], "ok")
    table.loc[hidden | missing, ["value", "lo", "hi"]] = np.nan
    table["n"] = table["n"].mask(pd.Series(hidden))
    columns = ["limit", *Contributors.__dataclass_fields__]
    return table[~aside].drop(columns=columns).drop(columns=["same", "aside"], errors="ignore"), log


def _flags(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].eq(True).to_numpy(bool) if name in table else np.zeros(len(table), dtype=bool)


def _dominated(table: pd.DataFrame, policy: Mapping[str, Any]) -> pd.Series:
    """Sums of which the largest few hold more than a share, or whose remainder would tell the largest too exactly."""
    few = table["top"] > float(policy["share"]) * table["total"]
    left = table["total"] - table["largest"] - table["second"]
    return (table["limit"] > 0) & (table["total"] > 0) & (few | (left < float(policy["remainder"]) * table["largest"]))


def _in_days(cells: pd.DataFrame, structure: Structure) -> list[pd.DataFrame]:
    """Months of a grant and calendar windows within each other, of the hubs whose start is known."""
    months = cells["period"].str.startswith("M")
    start = cells["code"].map(structure.starts).where(cells["level"] == "hub")
    known = cells.assign(start=start.where(cells["code"].isin(cells.loc[months, "code"])))
    at = np.flatnonzero(known["start"].notna())
    own = known.iloc[at].reset_index(drop=True)
    return [
        pairs.assign(total=at[pairs["total"]], part=at[pairs["part"]], group="days " + pairs["group"].astype(str))
        for pairs in within_windows(own, _nested(own, structure.cumulative))
    ]


def _nested(cells: pd.DataFrame, cumulative: Collection[str]) -> dict[tuple[str, date | None], Sequence[Nested]]:
    """Windows within windows for every indicator, and every start of a grant where cells tell it."""
    kinds: dict[tuple[bool, tuple[str, ...], date | None], Sequence[Nested]] = {}
    found: dict[tuple[str, date | None], Sequence[Nested]] = {}
    keys = ["indicator", "start"] if "start" in cells else ["indicator"]
    for key, periods in cells.groupby(keys)["period"].unique().items():
        indicator, start = key if isinstance(key, tuple) else (key, None)
        kind = (indicator in cumulative, tuple(sorted(periods)), start)
        if kind not in kinds:
            kinds[kind] = nested_windows(kind[1], cumulative=kind[0], start=start)
        found[str(indicator), start] = kinds[kind]
    return found


def _log(cells: pd.DataFrame, why: np.ndarray, found: Hidden, relations: Relations) -> pd.DataFrame:
    """Hidden cells with the reason and, in words, what they would have told."""
    added = found.because >= 0
    of = np.where(added, found.because, 0)
    told = relations.words[of] if len(relations.words) else np.full(len(cells), "", dtype=object)
    in_time = relations.in_time[of] if len(relations.in_time) else np.zeros(len(cells), dtype=bool)
    reason = np.select([~added, in_time], [why, "differencing"], default="complement")
    units = cells[["n", "units"]].min(axis=1).astype(int).astype(str)
    base = ("base of " + units + ", at least " + cells["limit"].astype(int).astype(str) + " are needed").to_numpy(
        object
    )
    words = np.select(
        [added, why == "dominance", why == "uniform"],
        [
            told,
            "few contributors make up the sum",
            "all " + units.to_numpy(object) + " answered the same",
        ],
        default=base,
    )
    return cells[KEY].assign(reason=reason, relation=words)[found.mask]
