"""What an attacker can add up: a total and its parts, over places, breakdowns, windows, nodes and waves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.disclosure.periods import Nested

if TYPE_CHECKING:
    import pandas as pd

Index = npt.NDArray[np.intp]
KEY = ["level", "code", "indicator", "period", "breakdown"]


@dataclass(frozen=True)
class Paired:
    """Mean scores at two waves and the mean change between them.

    Parameters
    ----------
    score, change, survey : str
        The two indicators and their survey.
    first, second : str
        Earlier and later wave.
    """

    score: str
    change: str
    survey: str
    first: str
    second: str

    @property
    def both(self) -> str:
        """Breakdown of the change, as the table has it."""
        return f"survey={self.survey};waves={self.first}-{self.second}"

    @property
    def at_first(self) -> str:
        """Breakdown of the score of the pairs at the earlier wave, which is never a figure of the table."""
        return f"survey={self.survey};waves={self.first} of {self.first}-{self.second}"

    @property
    def pairs(self) -> str:
        """What that figure is called in place of an indicator."""
        return f"pairs of {self.change}"


@dataclass(frozen=True)
class Node:
    """A node of the scoring of a survey and what it is made of."""

    survey: str
    node: str
    of: tuple[str, ...]


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
    cells: pd.DataFrame,
    places: Mapping[tuple[str, str], pd.Series],
    nested: Mapping[tuple[str, date | None], Sequence[Nested]],
    paired: Sequence[Paired] = (),
    nodes: Sequence[Node] = (),
    more: Sequence[pd.DataFrame] = (),
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
    nested : mapping of (indicator, start of the grant) to Nested
        Windows that lie within windows; cells with a start have it in the column of this name.
    paired : sequence of Paired
        Scores and changes of the same respondents.
    nodes : sequence of Node
        Scores that are weighted sums of others.
    more : sequence of pandas.DataFrame
        Further relations: positions ``total`` and ``part`` of cells, ``group`` of parts of a total, ``words``, whether
        ``in_time``, and whether the base of the part ``counts``.
    """
    import pandas as pd

    found = [*_of_places(cells, places), *_of_breakdowns(cells), *within_windows(cells, nested),
             *_of_pairs(cells, paired), *_of_nodes(cells, nodes), *more]  # fmt: skip
    columns = ["total", "part", "group", "words", "in_time", "counts"]
    pairs = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    of, firsts = pd.factorize(pd.MultiIndex.from_frame(pairs[["total", "group"]]))
    first = np.full(len(firsts), len(pairs))
    np.minimum.at(first, of, np.arange(len(pairs)))
    total, part = pairs["total"].to_numpy(np.intp)[first], pairs["part"].to_numpy(np.intp)
    n, limit = cells["n"].to_numpy(float), cells["limit"].to_numpy(float)
    counts = ~pairs["counts"].eq(False).to_numpy(bool) if "counts" in pairs else np.ones(len(pairs), dtype=bool)
    rest = n[total] - np.bincount(of, weights=n[part] * counts, minlength=len(total))
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


def within_windows(
    cells: pd.DataFrame, nested: Mapping[tuple[str, date | None], Sequence[Nested]]
) -> Iterator[pd.DataFrame]:
    """Windows that do not overlap within a window around them."""
    import pandas as pd

    if not nested:
        return
    kinds = {windows: number for number, windows in enumerate(dict.fromkeys(tuple(w) for w in nested.values()))}
    keys = ["indicator", "start"] if "start" in cells else ["indicator"]
    told = [(*key[: len(keys)], kinds[tuple(windows)]) for key, windows in nested.items()]
    of = pd.DataFrame(told, columns=[*keys, "kind"])
    inside = pd.DataFrame(
        [(number, w.outer, w.inner, w.pack) for windows, number in kinds.items() for w in windows],
        columns=["kind", "outer", "period", "pack"],
    )
    own = cells.reset_index(names="part")
    parts = own.merge(of, on=keys).merge(inside, on=["kind", "period"])
    parts = parts.assign(period=parts["outer"]).set_index("part")
    pairs = _joined(cells, parts, KEY, "pack")
    yield pairs.assign(
        group="window " + pairs["pack"].astype(str), words="windows within " + pairs["outer"], in_time=True
    ).drop(columns=["pack", "outer"])


def _of_pairs(cells: pd.DataFrame, paired: Sequence[Paired]) -> Iterator[pd.DataFrame]:
    """Waves and the changes between them, of all up to a day.

    Score at the first wave = that of the pairs and of the others; score at the second = that of the pairs at the first,
    and their changes up to the day, and that of the others. The second has its pairs in both parts, so that one counts.
    """
    if not paired:
        return
    changes = sorted(set(cells.loc[cells["indicator"].isin([pair.change for pair in paired]), "period"]))
    ends = _ends(sorted(set(cells.loc[cells["indicator"].isin([pair.score for pair in paired]), "period"])))
    up_to = {end: [(end, 0)] if end in changes else _inside(changes, end) for end in set(ends.values())}
    for pair in paired:
        scores = cells[(cells["indicator"] == pair.score) & cells["period"].isin(list(ends))]
        scores = scores.assign(period=scores["period"].map(ends))
        for wave, with_changes in ((pair.first, False), (pair.second, True)):
            own = f"survey={pair.survey};wave={wave}"
            totals = scores[scores["breakdown"].str.endswith(own)]
            words = f"{pair.second} less {pair.first} is the change of the pairs"
            head = totals["breakdown"].str.removesuffix(own)
            first = _joined(cells, totals.assign(indicator=pair.pairs, breakdown=head + pair.at_first), KEY)
            first = first.set_axis(["part", "total"], axis=1)
            packs = range(1 + max((pack for inner in up_to.values() for _, pack in inner), default=0))
            for pack in packs if with_changes else (0,):
                yield first.assign(group=f"{pair} {wave} {pack}", counts=not with_changes, words=words, in_time=False)
                if not with_changes:
                    continue
                inner = {end: [label for label, of in inside if of == pack] for end, inside in up_to.items()}
                each = totals.assign(indicator=pair.change, breakdown=head + pair.both)
                each = each.assign(period=each["period"].map(inner)).explode("period").dropna(subset="period")
                parts = _joined(cells, each.astype({"period": "str"}), KEY)
                parts = parts.set_axis(["part", "total"], axis=1)
                yield parts.assign(group=f"{pair} {wave} {pack}", counts=True, words=words, in_time=False)


def _ends(periods: Sequence[str]) -> dict[str, str]:
    """Calendar periods with all up to their last day."""
    from dihkpi.indicators.windows import parse_period

    windows = [window for window in map(parse_period, periods) if not window.months]
    return {window.label: f"../{window.last}" for window in windows}


def _inside(periods: Sequence[str], whole: str) -> list[tuple[str, int]]:
    """Windows directly inside all up to a day, with the pack of each."""
    from dihkpi.indicators.disclosure.periods import nested_windows

    calendar = [period for period in periods if not period.startswith("M")]
    return [(n.inner, n.pack) for n in nested_windows([*calendar, whole], cumulative=False) if n.outer == whole]


def _of_nodes(cells: pd.DataFrame, nodes: Sequence[Node]) -> Iterator[pd.DataFrame]:
    """A node and its parts, where all rest on the same number of respondents, and so on the same ones."""
    for node in nodes:
        head, about = f"dimension={node.node};", f";survey={node.survey};"
        told = cells["breakdown"]
        totals = cells[told.str.startswith(head) & (";" + told).str.contains(about, regex=False)]
        if totals.empty:
            continue
        found = []
        for part in node.of:
            inside = f"dimension={part};" + totals["breakdown"].str.removeprefix(head)
            found.append(_joined(cells, totals.assign(breakdown=inside), KEY).set_axis(["part", "total"], axis=1))
        n = cells["n"].to_numpy(float)
        whole = found[0]
        for number, pairs in enumerate(found):
            same = pairs[n[pairs["part"]] == n[pairs["total"]]]
            found[number] = same
            whole = whole[whole["total"].isin(same["total"])]
        for number, pairs in enumerate(found):
            kept = pairs[pairs["total"].isin(whole["total"])]
            yield kept.assign(group="nodes", words=f"parts of {node.node}", in_time=False, counts=number == 0)


def _joined(cells: pd.DataFrame, parts: pd.DataFrame, key: Sequence[str], pack: str = "") -> pd.DataFrame:
    """Positions of totals and of their parts; parts carry the key of their total."""
    told = parts.reset_index(names="part")[[*key, "part", *([pack] if pack else [])]]
    pairs = told.merge(cells[list(key)].reset_index(names="total"), on=list(key))
    return pairs[["total", "part", *([pack] if pack else [])]].assign(outer=pairs["period"]) if pack else pairs[
        ["total", "part"]
    ]  # fmt: skip
