"""Which row of one list is which row of the other: by number, by name, then by a similar name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.intake.reconcile.names import sorted_words

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ["ours", "official", "method", "confidence"]
_CELLS = 4_000_000
"""Pairs that are compared at a time, which bounds the memory that it takes."""
_ALIKE = 0.99
"""Confidence of names that are written differently and still come out as the same words."""


def match(ours: pd.DataFrame, official: pd.DataFrame, least: float, articles: Iterable[str] = ()) -> pd.DataFrame:
    """Pairs of rows, each row in one pair at most.

    Rows with the same number are a pair with confidence 1; then those with the same name, unless both have a number
    and these differ; then, by the best assignment of those left, names that are similar. Every name that is left is
    compared with every other, as it stands and with its words in the order of the alphabet and without articles; the
    larger similarity counts.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        ``number`` and ``name`` as :mod:`dihkpi.intake.reconcile.names` gives them, with an index 0, 1, 2 ...; with a
        column ``hub`` on both sides, only rows of one hub are pairs.
    least : float
        Smallest similarity of two names, 0 to 1.
    articles : iterable of str
        Words that count for nothing.

    Returns
    -------
    pandas.DataFrame
        ours, official (positions), method (number, name, similar name) and confidence, by the position of ours.
    """
    import pandas as pd

    words = tuple(articles)
    within = ["hub"] if "hub" in ours and "hub" in official else []
    found = []
    for step in ("number", "name", "similar name"):
        pairs = (
            _similar(ours, official, least, words, within)
            if step == "similar name"
            else _equal(ours, official, step, within)
        )
        ours, official = ours.drop(index=pairs["ours"].to_list()), official.drop(index=pairs["official"].to_list())
        found.append(pairs)
    told = [pairs for pairs in found if len(pairs)] or found[:1]
    return pd.concat(told, ignore_index=True).sort_values("ours", ignore_index=True)


def _equal(ours: pd.DataFrame, official: pd.DataFrame, by: str, within: list[str]) -> pd.DataFrame:
    """Rows that are equal in a column; of several equal ones the first with the first, the second with the second."""
    sides = []
    for side, name in ((ours, "ours"), (official, "official")):
        told = side[side[by].notna()].reset_index(names=name)
        sides.append(told.assign(turn=told.groupby([*within, by]).cumcount()))
    pairs = sides[0].merge(sides[1], on=[*within, by, "turn"], suffixes=("", "_official"))
    if by == "name":
        both = pairs["number"].notna() & pairs["number_official"].notna()
        pairs = pairs[~both | (pairs["number"] == pairs["number_official"])]
    equal: pd.DataFrame = pairs[["ours", "official"]].assign(method=by, confidence=1.0)
    return equal


def _similar(
    ours: pd.DataFrame, official: pd.DataFrame, least: float, words: tuple[str, ...], within: list[str]
) -> pd.DataFrame:
    """The best one-to-one assignment; two that both have a number, and not the same one, are no pair."""
    import pandas as pd

    sides = [side[side["name"].notna()] for side in (ours, official)]
    sides = [side.assign(sorted=sorted_words(side["name"], words)) for side in sides]
    if within:
        hubs = [dict(list(side.groupby(within[0]))) for side in sides]
        blocks = [(group, hubs[1][hub]) for hub, group in hubs[0].items() if hub in hubs[1]]
    else:
        blocks = [(sides[0], sides[1])]
    candidates = [_candidates(*block, least) for block in blocks if len(block[0]) and len(block[1])]
    if not candidates:
        return pd.DataFrame(columns=_COLUMNS)
    pairs = pd.concat(candidates, ignore_index=True)
    numbers = [
        side["number"].reindex(pairs[which]).to_numpy(object)
        for side, which in zip(sides, ("ours", "official"), strict=True)
    ]
    other = pd.notna(numbers[0]) & pd.notna(numbers[1]) & (numbers[0] != numbers[1])
    pairs = pairs[~other].reset_index(drop=True)
    kept: pd.DataFrame = pairs.iloc[_assigned(pairs)]
    confidence = np.minimum(kept["likeness"].to_numpy(), _ALIKE).round(3)
    return kept[["ours", "official"]].assign(method="similar name", confidence=confidence)


def _candidates(ours: pd.DataFrame, official: pd.DataFrame, least: float) -> pd.DataFrame:
    """All pairs of two lists whose names are similar enough, by their places in the whole lists."""
    import pandas as pd
    from rapidfuzz import fuzz, process

    texts = [(ours[form].to_list(), official[form].to_list()) for form in ("name", "sorted")]
    found, size = [], max(1, _CELLS // len(official))
    for start in range(0, len(ours), size):
        likeness = np.maximum(*(
            process.cdist(mine[start : start + size], theirs, scorer=fuzz.ratio, score_cutoff=100 * least,
                          dtype=np.float32)
            for mine, theirs in texts
        ))  # fmt: skip
        row, column = np.nonzero(likeness)
        found.append(pd.DataFrame({
            "ours": ours.index.to_numpy()[start + row], "official": official.index.to_numpy()[column],
            "likeness": likeness[row, column].astype(float) / 100,
        }))  # fmt: skip
    return pd.concat(found, ignore_index=True)


def _assigned(pairs: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Places of the pairs that together are most alike, no row twice.

    Every row of ours may also stay alone, at a likeness of next to nothing, so that an assignment always exists.
    """
    import pandas as pd
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if pairs.empty:
        return np.empty(0, dtype=np.intp)
    row, rows = pd.factorize(pairs["ours"], sort=True)
    column, columns = pd.factorize(pairs["official"], sort=True)
    alone = np.arange(len(rows))
    weights = np.concatenate([pairs["likeness"].to_numpy(), np.full(len(rows), 1e-6)])
    places = (np.concatenate([row, alone]), np.concatenate([column, len(columns) + alone]))
    graph = csr_array((weights, places), shape=(len(rows), len(columns) + len(rows)))
    chosen = np.empty(len(rows), dtype=np.intp)
    at, to = min_weight_full_bipartite_matching(graph, maximize=True)
    chosen[at] = to
    return np.flatnonzero(chosen[row] == column)
