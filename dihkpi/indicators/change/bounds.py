"""What the change would be, whatever became of those who left: worst and best case, tipping point, Lee bounds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.measures import Vector

Flags = npt.NDArray[np.bool_]


def worst_and_best(stayers: Cells, leavers: Cells, low: Vector, high: Vector) -> Iterator[Figure]:
    """Mean change if all who left had fallen to the lowest or risen to the highest score, and the tipping point.

    Bounds: (Σ d + Σ (bound - score at the first wave)) / N, Horowitz and Manski (2000), *JASA* 95. Nothing is assumed
    and so they are wide; no interval of sampling is in them. Tipping point: the mean change among who left at which
    the mean of all is zero, -Σ d / number who left.

    Parameters
    ----------
    low, high : numpy.ndarray, shape (cells,)
        Ends of the scale.
    """
    total, n = stayers.sums(stayers.change), stayers.n + leavers.n
    left, before = leavers.n, leavers.sums(leavers.before)
    with np.errstate(divide="ignore", invalid="ignore"):
        lo, hi = ((total + left * end - before) / n for end in (low, high))
        tipping = np.where(left > 0, -total / left, np.nan)
        possible = ((left * low - before) / left, (left * high - before) / left)
    none = np.full(len(n), np.nan)
    figure = Figure.of("bounds", none, n, "worst and best case of who left (Horowitz-Manski)", lo=lo, hi=hi)
    yield figure.without(stayers.n == 0, "nobody stayed")
    figure = Figure.of("tipping_point", tipping, n, "change of who left that makes the mean change zero")
    figure = figure.without(left == 0, "nobody left").without(stayers.n == 0, "nobody stayed")
    safe = (tipping < possible[0]) | (tipping > possible[1])
    yield figure.doubtful(
        safe & (stayers.n > 0), "out of reach on this scale: the sign holds whatever became of who left"
    )


def lee_bounds(outcome: Vector, stayed: Flags, treated: Flags) -> tuple[float, float]:
    """Bounds of the effect on those who would stay in either group, for two groups of which one left more.

    The group that left less has a share p = (q1 - q0) / q1 of its stayers too many; cutting p off its highest or
    lowest outcomes gives the two bounds. They apply to a comparison of groups that were assigned at random or by
    weights, if being treated only ever keeps people in (or only ever drives them out). One group before and after has
    no such comparison: take :func:`worst_and_best` there. Lee (2009), *Review of Economic Studies* 76.

    Parameters
    ----------
    outcome : numpy.ndarray, shape (respondents,)
        Change of who stayed; NaN for who left.
    stayed, treated : numpy.ndarray of bool

    Returns
    -------
    lo, hi : float
        NaN when a group has no stayers.

    Examples
    --------
    >>> outcome = np.array([1.0, 2, 3, 4, 0, 2, np.nan, np.nan])
    >>> lee_bounds(outcome, ~np.isnan(outcome), np.array([True] * 4 + [False] * 4))
    (0.5, 2.5)
    """
    if not (stayed & treated).any() or not (stayed & ~treated).any():
        return np.nan, np.nan
    rates = stayed[treated].mean(), stayed[~treated].mean()
    more = treated if rates[0] >= rates[1] else ~treated
    kept = 1 - abs(rates[0] - rates[1]) / max(rates)
    many, few = np.sort(outcome[stayed & more]), outcome[stayed & ~more].mean()
    size = kept * len(many)
    ends = (_mean_of_first(many, size) - few, -_mean_of_first(-many[::-1], size) - few)
    lo, hi = ends if more is treated else (-ends[1], -ends[0])
    return float(lo), float(hi)


def _mean_of_first(ordered: Vector, size: float) -> float:
    """Mean of the first values, the last of which may count in part."""
    weight = np.clip(size - np.arange(len(ordered)), 0, 1)
    return float((weight * ordered).sum() / weight.sum())
