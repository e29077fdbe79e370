"""The cheapest set of better answers that lifts a value by so much: exact where gains add up, else by leaving out."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
_CELLS = 20_000_000
"""Cells of the table of choices that are held at once."""
_MOST = 20_000
"""Most units of effort that are tabulated."""
_SAME = 1e-12


def exact(gains: Matrix, efforts: Matrix, needs: Vector) -> Places | None:
    """The cheapest answers whose gains sum to what is needed, by dynamic programming over items and effort.

    ``best[k] = max over the answers of an item of best[k - effort] + gain``, item by item: a knapsack with one choice
    per item. Of sets with the same effort the one with the greatest gain is taken, then that of the earlier items.

    Parameters
    ----------
    gains, efforts : numpy.ndarray, shape (respondents, items, codes)
        A step without gain, or of infinite effort, is none.
    needs : numpy.ndarray, shape (respondents,)
        What the gains must sum to at least; all of them must be within reach.

    Returns
    -------
    numpy.ndarray of int, shape (respondents, items), or None
        The code to answer, -1 where the answer stays; ``None`` where the efforts have no small common unit.

    Notes
    -----
    Kellerer, Pferschy and Pisinger (2004), Knapsack Problems, chapter 11 (the multiple-choice knapsack problem).

    Examples
    --------
    >>> gains = np.array([[[0.0, 3.0, 5.0], [0.0, 2.0, 6.0]]])
    >>> efforts = np.array([[[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]])
    >>> [exact(gains, efforts, np.array([need])).tolist() for need in (3.0, 6.0, 9.0)]
    [[[1, -1]], [[-1, 2]], [[1, 2]]]
    """
    possible = np.isfinite(efforts) & (gains > _SAME) & (efforts > 0)
    unit = common_unit(np.unique(efforts[possible]))
    if unit is None:
        return None
    whole = np.where(possible, np.rint(np.where(possible, efforts, 0.0) / unit), 0).astype(np.int64)
    most = _enough(np.where(possible, gains, 0.0), whole, needs)
    if len(most) and most.max() > _MOST:
        return None
    result = np.full(gains.shape[:2], -1, dtype=np.intp)
    order = np.argsort(most, kind="stable")  # rows of like size together
    start = 0
    while start < len(order):
        rows = order[start : start + max(1, _CELLS // max(1, gains.shape[1] * int(most.max() + 1)))]
        result[rows] = _tabulated(gains[rows], whole[rows], possible[rows], needs[rows], int(most[rows].max()))
        start += len(rows)
    return result


def common_unit(efforts: Vector) -> float | None:
    """The greatest number of which all efforts are multiples; ``None`` where there is no simple one.

    Examples
    --------
    >>> common_unit(np.array([1.0, 2.5])), common_unit(np.array([1 / 3, 1.0])), common_unit(np.array([1.0, 2**0.5]))
    (0.5, 0.3333333333333333, None)
    """
    parts = [Fraction(float(effort)).limit_denominator(1000) for effort in efforts]
    if any(abs(float(part) - effort) > 1e-9 * effort for part, effort in zip(parts, efforts, strict=True)):
        return None
    if not parts:
        return 1.0
    return gcd(*(part.numerator * lcm(*(p.denominator for p in parts)) // part.denominator for part in parts)) / lcm(
        *(part.denominator for part in parts)
    )


def _enough(gains: Matrix, whole: npt.NDArray[np.int64], needs: Vector) -> npt.NDArray[np.int64]:
    """An effort that is enough: that of the items with most gain per effort, each at its best, one after the other."""
    best = gains.argmax(axis=2)[:, :, None]
    gain, effort = np.take_along_axis(gains, best, 2)[:, :, 0], np.take_along_axis(whole, best, 2)[:, :, 0]
    rate = np.where(effort > 0, gain / np.maximum(effort, 1), 0.0)
    order = np.argsort(-rate, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(gain, order, 1), axis=1) >= needs[:, None]
    spent = np.cumsum(np.take_along_axis(effort, order, 1), axis=1)
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), reached.shape[1] - 1)
    return np.asarray(spent[np.arange(len(spent)), first])


def _tabulated(
    gains: Matrix, whole: npt.NDArray[np.int64], possible: npt.NDArray[np.bool_], needs: Vector, most: int
) -> Places:
    n, items, codes = gains.shape
    best = np.zeros((n, most + 1))
    choices = np.full((items, n, most + 1), -1, dtype=np.int8)
    for item in range(items):
        before = best.copy()
        for code in range(codes):
            for effort in np.unique(whole[possible[:, item, code], item, code]):
                rows = np.flatnonzero(possible[:, item, code] & (whole[:, item, code] == effort))
                if effort > most:
                    continue
                with_it = before[rows, : most + 1 - effort] + gains[rows, item, code][:, None]
                better = with_it > best[rows, effort:] + _SAME
                best[rows, effort:] = np.where(better, with_it, best[rows, effort:])
                choices[item, rows, effort:] = np.where(better, code, choices[item, rows, effort:])
    rows = np.arange(n)
    left = (best >= needs[:, None] - _SAME).argmax(axis=1)
    result = np.full((n, items), -1, dtype=np.intp)
    for item in reversed(range(items)):
        code = choices[item, rows, left]
        result[:, item] = code
        left = left - np.where(code >= 0, whole[rows, item, code], 0)
    return result
