"""Wilcoxon's test of signed ranks, and the median of pair means (Hodges and Lehmann), for all cells at once."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from dihkpi.indicators.change.cells import TIES, Cells, Matrix, batches
from dihkpi.indicators.measures import Groups, Vector

_NUMBERS = 4_000_000
_PAIR_MEANS_UP_TO = 1500
"""Pairs up to which all means of two changes are listed; beyond, their median is searched for."""
_EXACT_UP_TO = 50
"""Pairs up to which the interval of the median takes the exact distribution of the ranks."""


def signed_ranks(cells: Cells, zeros: str) -> tuple[Groups, Vector]:
    """Cell and signed rank of every change that counts.

    Changes are rounded to 9 decimals first, so that equal ones tie; ties share the mean of their ranks.

    Parameters
    ----------
    zeros : str
        ``wilcox``: pairs without change are dropped. ``pratt``: they are ranked, and their ranks dropped.
    """
    change = np.round(cells.change, TIES)
    kept = np.ones(len(change), bool) if zeros == "pratt" else change != 0
    cell, change = cells.cell[kept], change[kept]
    order = np.lexsort((np.abs(change), cell))
    cell, change = cell[order], change[order]
    size = np.abs(change)
    first = np.ones(len(cell), bool)
    first[1:] = (cell[1:] != cell[:-1]) | (size[1:] != size[:-1])
    run = np.cumsum(first) - 1
    starts, length = np.flatnonzero(first), np.bincount(run)
    begin = np.searchsorted(cell, cell[starts]) if len(cell) else starts
    rank = (starts - begin + (length + 1) / 2)[run] if len(cell) else np.empty(0)
    moved = change != 0
    return cell[moved], (np.sign(change) * rank)[moved]


def wilcoxon(cells: Cells, zeros: str, *, continuity: bool = True) -> tuple[Vector, Vector, Vector]:
    """Sum of positive ranks, p by the normal approximation, and the pairs that changed, of every cell.

    z = (|W - E| - 1/2) / sqrt(V), with the correction for continuity and V corrected for ties; the same as
    ``scipy.stats.wilcoxon(correction=True, method="asymptotic")`` and R's ``wilcox.test(exact = FALSE)``. Without
    ``continuity`` the 1/2 is left out, as SPSS and scipy's default do.
    """
    from scipy.stats import norm

    cell, ranks = signed_ranks(cells, zeros)
    n: Vector = np.bincount(cell, minlength=cells.size).astype(float)
    plus: Vector = np.bincount(cell, weights=np.maximum(ranks, 0), minlength=cells.size).astype(float)
    # The ranks themselves give both moments under the null, with ties and with dropped zeros: signs are fair coins.
    expected = np.bincount(cell, weights=np.abs(ranks), minlength=cells.size) / 2
    variance = np.bincount(cell, weights=ranks**2, minlength=cells.size) / 4
    off = np.maximum(np.abs(plus - expected) - 0.5 * continuity, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(n > 0, 2 * norm.sf(off / np.sqrt(variance)), np.nan)
    return plus, np.asarray(np.minimum(p, 1)), n


def exact_signs(cells: Cells, zeros: str, up_to: int) -> Vector:
    """p of the signed ranks over all assignments of signs, exact with ties too; NaN above a number of pairs.

    Notes
    -----
    Ranks are added one by one to the distribution of their sum (Streitberg and Röhmel 1986, *Statistical Software
    Newsletter* 12); doubled, those of ties are whole numbers too.
    """
    cell, ranks = signed_ranks(cells, zeros)
    p = np.full(cells.size, np.nan)
    for n, some, rows in batches(cell, cells.size):
        if n > up_to:
            continue
        doubled = np.rint(2 * ranks[rows]).astype(np.intp)
        step = max(1, _NUMBERS // int(np.abs(doubled).sum(axis=1).max()))
        for start in range(0, len(some), step):
            p[some[start : start + step]] = _beyond(doubled[start : start + step])
    return p


def _beyond(ranks: Groups) -> Vector:
    """Chance of a sum at least as far from zero as that of each row, if signs are fair coins."""
    sizes, seen = np.abs(ranks), np.abs(ranks.sum(axis=1, keepdims=True))
    total = sizes.sum(axis=1, keepdims=True)
    sums = np.arange(int(total.max()) + 1)
    chance = np.zeros((len(ranks), len(sums)))
    chance[:, 0] = 1
    for size in sizes.T[:, :, None]:
        earlier = sums - size
        moved = np.where(earlier >= 0, np.take_along_axis(chance, np.maximum(earlier, 0), axis=1), 0)
        chance = (chance + moved) / 2
    return np.asarray(np.where(np.abs(2 * sums - total) >= seen, chance, 0).sum(axis=1))


@lru_cache(maxsize=512)
def _position(n: int, confidence: float) -> int:
    """Place, from 1, of the pair mean that is the lower end: the smallest x with P(W <= x) >= alpha / 2."""
    from scipy.stats import norm

    alpha = (1 - confidence) / 2
    if n <= _EXACT_UP_TO:
        ways = np.ones(1)
        for rank in range(1, n + 1):
            ways = np.append(ways, np.zeros(rank)) + np.append(np.zeros(rank), ways)
        return max(1, int(np.searchsorted(np.cumsum(ways) / 2.0**n, alpha)))
    mean, deviation = n * (n + 1) / 4, sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return max(1, ceil(mean + float(norm.ppf(alpha)) * deviation - 0.5))


def hodges_lehmann(cells: Cells, confidence: float) -> tuple[Vector, Vector, Vector]:
    """Median of the means of all two changes, each with itself too, and its interval, of every cell.

    The interval holds the values that the test of signed ranks does not reject: the k-th lowest and highest pair
    mean, exact up to 50 pairs without ties, by the normal approximation above. Pairs without change count: the
    median is of all.

    Returns
    -------
    value, lo, hi : numpy.ndarray
        No interval below six pairs at 95 %: the two outermost means do not reach the level then.

    Notes
    -----
    Hodges and Lehmann (1963), *Annals of Mathematical Statistics* 34; Hollander and Wolfe, section 3.2.
    """
    found = np.full((3, cells.size), np.nan)
    for n, some, rows in batches(cells.cell, cells.size):
        means, k = n * (n + 1) // 2, _position(n, confidence)
        ranks = np.array([(means - 1) // 2, means // 2, k - 1, means - k])
        step = max(1, _NUMBERS // means) if n <= _PAIR_MEANS_UP_TO else 1
        for start in range(0, len(some), step):
            values = cells.change[rows[start : start + step]]
            listed = _listed(values, ranks) if n <= _PAIR_MEANS_UP_TO else _searched(values[0], ranks)
            middle = (listed[:, 0] + listed[:, 1]) / 2
            found[:, some[start : start + step]] = middle, listed[:, 2], listed[:, 3]
        if 2 * 0.5**n > 1 - confidence:
            found[1:, some] = np.nan
    return found[0], found[1], found[2]


def _listed(values: Matrix, ranks: Groups) -> Matrix:
    """Pair means of given ranks (from 0) of every row."""
    i, j = np.triu_indices(values.shape[1])
    means = values[:, i]
    means += values[:, j]
    means.partition(np.unique(ranks), axis=1)
    return np.asarray(means[:, ranks] / 2)


def _searched(values: Vector, ranks: Groups) -> Matrix:
    """The same for one long row, to a ten-millionth of its range, by narrowing an interval around each."""
    values = np.sort(values)
    reach = 8 * values.std() / np.sqrt(len(values))
    near = [max(values[0], values.mean() - reach), min(values[-1], values.mean() + reach)]
    found = {rank: _found(values, rank, *near) for rank in set(ranks.tolist())}
    return np.array([[found[rank] for rank in ranks.tolist()]])


def _found(values: Vector, rank: int, low: float, high: float) -> float:
    """Smallest value, but for rounding, up to which there are more than ``rank`` pair means."""
    below, above = _pair_means_up_to(values, low), _pair_means_up_to(values, high)
    if below > rank:
        low, below = float(values[0]) - 1.0, 0
    if above <= rank:
        high, above = float(values[-1]), _pair_means_up_to(values, float(values[-1]))
    close, step = 1e-7 * float(values[-1] - values[0]), 0
    while high - low > close:
        # In proportion to the counts, which are nearly a straight line, and by halves now and then.
        share = min(max((rank + 0.5 - below) / (above - below), 0.02), 0.98) if step % 3 else 0.5
        middle, step = low + share * (high - low), step + 1
        count = _pair_means_up_to(values, middle)
        if count > rank:
            high, above = middle, count
        else:
            low, below = middle, count
    return high


def _pair_means_up_to(values: Vector, limit: float) -> int:
    ordered = int(np.searchsorted(values, 2 * limit - values, side="right").sum())
    alone = int(np.searchsorted(values, limit, side="right"))
    return (ordered + alone) // 2
