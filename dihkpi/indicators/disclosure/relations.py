"""What an attacker can add up: a total and its parts, over places, breakdowns and windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.disclosure.periods import Nested

if TYPE_CHECKING:
    import pandas as pd

Index = npt.NDArray[np.intp]
KEY = ["level", "code", "indicator", "period", "breakdown"]


@dataclass(frozen=True)
class Relations:
    """Equations *total = sum of parts* between cells, where a cell is known by its position.

    A total that is more than its published parts has one part more, which nobody published: the *rest*, such as the
    respondents whose region is not known. Rests stand behind the cells, as cells of their own.

    Parameters
    ----------
    total : numpy.ndarray of int, shape (relations,)
    of, part : numpy.ndarray of int, shape (parts,)
        Relation and cell of every part.
    words : numpy.ndarray of object, shape (relations,)
        What the relation is.
    in_time : numpy.ndarray of bool, shape (relations,)
        Whether it is between windows.
    rests : numpy.ndarray of float
        Base of every rest.
    """

    total: Index
    of: Index
    part: Index
    words: npt.NDArray[np.object_]
    in_time: npt.NDArray[np.bool_]
    rests: npt.NDArray[np.float64]


def find_relations(
    cells: pd.DataFrame, places: Mapping[tuple[str, str], pd.Series], nested: Mapping[str, Sequence[Nested]]
) -> Relations:
    """All relations between cells.

    A relation whose parts have a larger base than its total is none: its parts overlap. One with a rest that is not
    below the limit tells nothing about a few, and is left out as well.

    Parameters
    ----------
    cells : pandas.DataFrame
        Key of ``indicators``, ``n`` > 0 and ``limit``, with an index 0, 1, 2 ...
    places : mapping of (finer level, coarser level) to pandas.Series
        Code of the coarser place by the code of the finer one.
    nested : mapping of indicator to Nested
        Windows that lie within windows.
    """
    import pandas as pd

    found = [*_of_places(cells, places), *_of_breakdowns(cells), *_of_windows(cells, nested)]
    columns = ["total", "part", "group", "words", "in_time"]
    pairs = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    of, firsts = pd.factorize(pd.MultiIndex.from_frame(pairs[["total", "group"]]))
    first = np.full(len(firsts), len(pairs))
    np.minimum.at(first, of, np.arange(len(pairs)))
    total, part = pairs["total"].to_numpy(np.intp)[first], pairs["part"].to_numpy(np.intp)
    n, limit = cells["n"].to_numpy(float), cells["limit"].to_numpy(float)
    rest = n[total] - np.bincount(of, weights=n[part], minlength=len(total))
    kept = (rest >= 0) & (rest < limit[total])
    small = np.flatnonzero(kept & (rest > 0))
    place = np.cumsum(kept) - 1
    inside = kept[of]
    return Relations(
        total[kept],
        np.concatenate([place[of[inside]], place[small]]).astype(np.intp),
        np.concatenate([part[inside], len(cells) + np.arange(len(small))]).astype(np.intp),
        pairs["words"].to_numpy(object)[first][kept],
        pairs["in_time"].to_numpy(bool)[first][kept],
        rest[small],
    )


def _of_places(cells: pd.DataFrame, places: Mapping[tuple[str, str], pd.Series]) -> Iterator[pd.DataFrame]:
    for (fine, coarse), codes in places.items():
        parts = cells[cells["level"] == fine]
        inside = parts["code"].map(codes)
        parts = parts.assign(level=coarse, code=inside.astype(cells["code"].dtype))[inside.notna()]
        yield _joined(cells, parts, KEY).assign(group=f"level {fine}", words=f"{fine} within {coarse}", in_time=False)


def _of_breakdowns(cells: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A breakdown within the one that lacks one of its keys."""
    import pandas as pd

    known = set(cells["breakdown"])
    inside: dict[str, dict[str, str]] = {}
    for breakdown in sorted(known - {""}):
        pairs = breakdown.split(";")
        for pair in pairs:
            without = ";".join(other for other in pairs if other != pair)
            if without in known:
                inside.setdefault(pair.partition("=")[0], {})[breakdown] = without
    for key, upper in inside.items():
        parts = cells[cells["breakdown"].isin(list(upper))]
        parts = parts.assign(breakdown=parts["breakdown"].map(pd.Series(upper)))
        yield _joined(cells, parts, KEY).assign(group=f"by {key}", words=f"parts by {key}", in_time=False)


def _of_windows(cells: pd.DataFrame, nested: Mapping[str, Sequence[Nested]]) -> Iterator[pd.DataFrame]:
    """Windows that do not overlap within a window around them."""
    import pandas as pd

    kinds: dict[tuple[Nested, ...], list[str]] = {}
    for indicator, windows in nested.items():
        kinds.setdefault(tuple(windows), []).append(indicator)
    for windows, indicators in kinds.items():
        if not windows:
            continue
        inside = pd.DataFrame([(w.outer, w.inner, w.pack) for w in windows], columns=["outer", "period", "pack"])
        parts = cells[cells["indicator"].isin(indicators)].reset_index(names="part").merge(inside, on="period")
        parts = parts.assign(period=parts["outer"]).set_index("part")
        pairs = _joined(cells, parts, KEY, "pack")
        yield pairs.assign(
            group="window " + pairs["pack"].astype(str), words="windows within " + pairs["outer"], in_time=True
        ).drop(columns=["pack", "outer"])


def _joined(cells: pd.DataFrame, parts: pd.DataFrame, key: Sequence[str], pack: str = "") -> pd.DataFrame:
    """Positions of totals and of their parts; parts carry the key of their total."""
    told = parts.reset_index(names="part")[[*key, "part", *([pack] if pack else [])]]
    pairs = told.merge(cells[list(key)].reset_index(names="total"), on=list(key))
    return pairs[["total", "part", *([pack] if pack else [])]].assign(outer=pairs["period"]) if pack else pairs[
        ["total", "part"]
    ]  # fmt: skip
