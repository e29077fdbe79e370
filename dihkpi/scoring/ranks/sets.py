"""Confidence sets for ranks, after Mogstad, Romano, Shaikh and Wilhelm (Review of Economic Studies 91, 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from dihkpi.scoring.ranks.errors import Errors, Matrix, Vector

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Draws = npt.NDArray[np.floating[Any]]
_BLOCK = 4_000_000
"""Numbers that are held at once."""
_CLASSES = 24
"""Classes of like errors, where there are too many pairs to look at each."""


@dataclass(frozen=True)
class RankSets:
    """What the data say about the places of units; 1 is the best.

    Parameters
    ----------
    rank : numpy.ndarray of int, shape (units,)
        Place by the score, before any rounding; equal scores share the better place.
    lo, hi : numpy.ndarray of int
        Best and worst place of the set; all sets hold at once.
    lo_single, hi_single : numpy.ndarray of int
        The same where one unit is looked at alone.
    tier : numpy.ndarray of int
    p_top : numpy.ndarray
        Share of the draws in which a unit is among the top.
    better : numpy.ndarray of bool, shape (units, units)
        Whether the unit of the row is better than that of the column, all pairs looked at together.
    critical : float
        How many standard errors a difference must have.
    """

    rank: Places
    lo: Places
    hi: Places
    lo_single: Places
    hi_single: Places
    tier: Places
    p_top: Vector
    better: Flags
    critical: float


def rank_sets(
    estimates: Vector, errors: Errors, *, confidence: float, top: int = 1, exact: int | None = None
) -> RankSets:
    """Sets of places that hold with a probability.

    Parameters
    ----------
    estimates : numpy.ndarray, shape (units,)
        Scores; more is better.
    errors : Errors
        Of these scores.
    confidence : float
        Such as 0.95.
    top : int
        How many places count as the top.
    exact : int, optional
        Most units that are compared pair by pair and step by step; without limit when not given. More units that are
        independent are compared in one step and by classes of like errors, which makes the sets a little wider.

    Returns
    -------
    RankSets

    Notes
    -----
    A unit k is better than j when (x_k - x_j) / s_jk is above a critical value: the quantile of the greatest of these
    ratios over draws of the errors and over a family of pairs, all pairs of one unit for its own set, all pairs of all
    units for sets that hold at once. The set of j is [1 + better than j, units - worse than j]. Pairs that are told
    apart leave the family, and the rest is looked at again (Romano and Wolf) until nothing is added.

    Examples
    --------
    >>> errors = Errors.independent(np.array([1.0, 1.0, 1.0]), None, 4000, 1)
    >>> found = rank_sets(np.array([50.0, 49.0, 20.0]), errors, confidence=0.95)
    >>> found.lo.tolist(), found.hi.tolist(), found.tier.tolist()
    ([1, 1, 3], [2, 2, 3], [1, 1, 2])
    """
    units = len(estimates)
    ratios = _ratios(estimates, errors)
    in_full = exact is None or units <= exact
    classes = not in_full and errors.covariance is None
    alone, critical = (_critical_by_classes if classes else _critical)(errors, confidence)
    single, better = ratios > alone[:, None], ratios > critical
    worse_single = alone[:, None] < ratios.T
    if in_full:
        better, critical = _stepped(ratios, errors, better, critical, confidence)
        single, worse_single = _stepped_alone(ratios, errors, single, worse_single, confidence)
    # A set that holds for one unit alone lies inside that which holds with all others.
    single, worse_single = single | better, worse_single | better.T
    return RankSets(
        rankdata(-estimates, method="min").astype(np.int64),
        1 + better.sum(axis=0), units - better.sum(axis=1),
        1 + worse_single.sum(axis=1), units - single.sum(axis=1),
        tiers(estimates, better), _among_top(estimates, errors, top), better, critical,
    )  # fmt: skip


def _ratios(estimates: Vector, errors: Errors) -> Matrix:
    """How many standard errors the unit of the row lies above that of the column; infinite where nothing is drawn."""
    gaps = estimates[:, None] - estimates[None, :]
    scale = np.stack([errors.between(unit) for unit in range(len(estimates))])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gaps == 0, 0.0, gaps / scale)


def _of_unit(errors: Errors, draws: Draws, unit: int) -> Draws:
    """Differences of the draws of all units to those of one, in standard errors; shape (draws, units)."""
    scale = errors.between(unit)
    inverse = np.divide(1.0, scale, out=np.zeros(len(scale)), where=scale > 0).astype(np.float32)
    return np.asarray((draws - draws[:, unit, None]) * inverse)


def _quantile(greatest: Draws, confidence: float) -> float:
    return float(np.quantile(greatest, confidence, method="higher"))


def _greatest(errors: Errors) -> Iterator[Draws]:
    """For each unit, its greatest difference from any other in every draw, in standard errors; shape (draws,)."""
    draws = errors.draws.astype(np.float32)
    for unit in range(draws.shape[1]):
        yield np.abs(_of_unit(errors, draws, unit)).max(axis=1)


def draw_maxima(errors: Errors) -> Vector:
    """The greatest difference of any pair in every draw, in standard errors; shape (draws,)."""
    return np.asarray(reduce(np.maximum, _greatest(errors)), dtype=float)


def _critical(errors: Errors, confidence: float) -> tuple[Vector, float]:
    """Critical values: of each unit against all others, and of all pairs together."""
    alone, all_pairs = [], np.zeros(len(errors.draws), dtype=np.float32)
    for greatest in _greatest(errors):
        alone.append(_quantile(greatest, confidence))
        np.maximum(all_pairs, greatest, out=all_pairs)
    return np.array(alone), _quantile(all_pairs, confidence)


def _critical_by_classes(errors: Errors, confidence: float) -> tuple[Vector, float]:
    """The same for many independent units, a little too high: in a class of like errors all have the smallest of them.

    Of a class only the highest and the lowest draw can make the greatest ratio, so that the work grows with the number
    of units and not with that of pairs.
    """
    draws = errors.draws.astype(np.float32)
    order = np.argsort(errors.variance, kind="stable")
    classes = np.array_split(order, _CLASSES)
    ends = [(draws[:, c].max(axis=1)[:, None], draws[:, c].min(axis=1)[:, None]) for c in classes]
    greatest = np.zeros(draws.shape, dtype=np.float32)
    for (high, low), members in zip(ends, classes, strict=True):
        squares = errors.variance + errors.variance[members].min()
        inverse = np.divide(1.0, np.sqrt(squares), out=np.zeros(len(squares)), where=squares > 0).astype(np.float32)
        np.maximum(greatest, np.maximum(high - draws, draws - low) * inverse, out=greatest)
    alone = np.quantile(greatest, confidence, method="higher", axis=0)
    return np.asarray(alone, dtype=float), _quantile(greatest.max(axis=1), confidence)


def _stepped(ratios: Matrix, errors: Errors, better: Flags, critical: float, confidence: float) -> tuple[Flags, float]:
    """Go on with the pairs that are not told apart, until no more are."""
    draws = errors.draws.astype(np.float32)
    while True:
        left, greatest = ~better, np.zeros(len(draws), dtype=np.float32)
        np.fill_diagonal(left, False)
        for unit in np.flatnonzero(left.any(axis=1)).tolist():
            np.maximum(greatest, -_of_unit(errors, draws, unit)[:, left[unit]].min(axis=1), out=greatest)
        critical = _quantile(greatest, confidence)
        found = better | (ratios > critical)
        if (found == better).all():
            return better, critical
        better = found


def _stepped_alone(
    ratios: Matrix, errors: Errors, above: Flags, below: Flags, confidence: float
) -> tuple[Flags, Flags]:
    """The same for each unit by itself: whom it is above, and who is above it."""
    draws = errors.draws.astype(np.float32)
    above, below = above.copy(), below.copy()
    for unit in range(len(ratios)):
        gaps = _of_unit(errors, draws, unit)
        while True:
            over, under = ~above[unit], ~below[unit]
            over[unit] = under[unit] = False
            sides = [part.max(axis=1) for part in (-gaps[:, over], gaps[:, under]) if part.shape[1]]
            if not sides:
                break
            critical = _quantile(np.maximum.reduce(sides), confidence)
            new = (above[unit] | (ratios[unit] > critical), below[unit] | (ratios[:, unit] > critical))
            if (new[0] == above[unit]).all() and (new[1] == below[unit]).all():
                break
            above[unit], below[unit] = new
    return above, below


def tiers(estimates: Vector, better: Flags) -> Places:
    """Groups of units, from the best: all that cannot be told from the best that is in no tier yet.

    Parameters
    ----------
    estimates : numpy.ndarray, shape (units,)
    better : numpy.ndarray of bool, shape (units, units)
        Whether the unit of the row is better than that of the column.

    Examples
    --------
    >>> apart = np.array([[False, False, True], [False, False, False], [False, False, False]])
    >>> tiers(np.array([9.0, 8.0, 7.0]), apart).tolist()
    [1, 1, 2]
    """
    tier = np.zeros(len(estimates), dtype=np.int64)
    number = 0
    while (open_ := tier == 0).any():
        number += 1
        best = open_ & (estimates == estimates[open_].max())
        tier[open_ & (best | ~better[best].all(axis=0))] = number
    return tier


def _among_top(estimates: Vector, errors: Errors, top: int) -> Vector:
    """Share of the draws in which each unit is among the best so many."""
    top = min(top, len(estimates))
    found = np.zeros(len(estimates))
    step = max(1, _BLOCK // len(estimates))
    for first in range(0, len(errors.draws), step):
        drawn = estimates + errors.draws[first : first + step]
        least = np.partition(drawn, -top, axis=1)[:, -top]
        found += (drawn >= least[:, None]).sum(axis=0)
    return np.asarray(found / len(errors.draws))
