"""Which row of one list is which row of the other: by number, by name, then by a similar name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Index = npt.NDArray[np.intp]
_LETTERS = 3


def match(ours: pd.DataFrame, official: pd.DataFrame, least: float) -> pd.DataFrame:
    """Pairs of rows, each row in one pair at most.

    Rows with the same number are a pair with confidence 1; then those with the same name, unless both have a number
    and these differ; then, by the best assignment of those left, names that are similar. Similar names are looked for
    only among those that begin with the same letters.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        ``number`` and ``name`` as :mod:`dihkpi.intake.reconcile.names` gives them, with an index 0, 1, 2 ...
    least : float
        Smallest similarity of two names, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ours, official (positions), method (number, name, similar name) and confidence, by the position of ours.
    """
    import pandas as pd

    found = []
    for pairs_of in (_by_number, _by_name, lambda a, b: _similar(a, b, least)):
        pairs = pairs_of(ours, official)
        ours, official = ours.drop(index=pairs["ours"].to_list()), official.drop(index=pairs["official"].to_list())
        found.append(pairs)
    return pd.concat(found, ignore_index=True).sort_values("ours", ignore_index=True)


def _by_number(ours: pd.DataFrame, official: pd.DataFrame) -> pd.DataFrame:
    return _equal(ours, official, "number")


def _by_name(ours: pd.DataFrame, official: pd.DataFrame) -> pd.DataFrame:
    return _equal(ours, official, "name")


def _equal(ours: pd.DataFrame, official: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows that are equal in a column; of several equal ones the first with the first, the second with the second."""
    sides = []
    for side, name in ((ours, "ours"), (official, "official")):
        told = side[side[by].notna()].reset_index(names=name)
        sides.append(told.assign(turn=told.groupby(by).cumcount()))
    pairs = sides[0].merge(sides[1], on=[by, "turn"], suffixes=("", "_official"))
    if by == "name":
        both = pairs["number"].notna() & pairs["number_official"].notna()
        pairs = pairs[~both | (pairs["number"] == pairs["number_official"])]
    return pairs[["ours", "official"]].assign(method=by, confidence=1.0)


def _similar(ours: pd.DataFrame, official: pd.DataFrame, least: float) -> pd.DataFrame:
    import pandas as pd

    found = []
    mine, theirs = ours[ours["name"].notna()], official[official["name"].notna()]
    blocks = dict(list(theirs.groupby(theirs["name"].str.slice(0, _LETTERS))))
    for start, block in mine.groupby(mine["name"].str.slice(0, _LETTERS)):
        if start in blocks:
            found.append(_assigned(block, blocks[start], least))
    columns = ["ours", "official", "method", "confidence"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def _assigned(ours: pd.DataFrame, official: pd.DataFrame, least: float) -> pd.DataFrame:
    """The best one-to-one assignment; two that both have a number, and not the same one, are no pair."""
    import pandas as pd
    from rapidfuzz import fuzz, process
    from scipy.optimize import linear_sum_assignment

    likeness = process.cdist(ours["name"].to_list(), official["name"].to_list(), scorer=fuzz.ratio) / 100
    numbers = ours["number"].to_numpy(object)[:, None], official["number"].to_numpy(object)[None, :]
    other = pd.notna(numbers[0]) & pd.notna(numbers[1]) & (numbers[0] != numbers[1])
    likeness = np.where(other | (likeness < least), 0.0, likeness)
    row, column = linear_sum_assignment(likeness, maximize=True)
    kept = likeness[row, column] > 0
    row, column = row[kept], column[kept]
    return pd.DataFrame({
        "ours": ours.index.to_numpy()[row], "official": official.index.to_numpy()[column],
        "method": "similar name", "confidence": likeness[row, column].round(3),
    })  # fmt: skip
