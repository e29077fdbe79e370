"""Exact contributions: what each child adds to the value of its node, so that the parts sum to it.

Sums and weighted means are sums as they stand: ``w x / sum w``. Every other mean is homogeneous of degree one (twice
the children, twice the mean), and Euler's theorem makes it the sum of ``x df/dx``: what a child adds is its value times
the marginal gain at this place. For the geometric mean that is ``w / sum w`` of the value, for the minimum the value of
the lowest child alone. Copeland's score is shared by the weight of a child in each contest over its margin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.aggregate import copeland_parts, middle
from dihkpi.scoring.aggregate import mean as weighted_mean

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def of_mean(values: Matrix, weights: Vector, result: Vector) -> Matrix:
    """``w x / sum w`` over the children that are there.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, children)
        NaN where missing; a missing child adds 0.
    weights : numpy.ndarray, shape (children,)
    result : numpy.ndarray, shape (units,)
        The value of the node.

    Returns
    -------
    numpy.ndarray, shape (units, children)

    Examples
    --------
    >>> of_mean(np.array([[1.0, 3.0]]), np.array([1.0, 3.0]), np.array([2.5])).tolist()
    [[0.25, 2.25]]
    """
    return _shares(values, weights) * np.where(np.isnan(values), 0.0, values)


def of_geometric(values: Matrix, weights: Vector, result: Vector) -> Matrix:
    """``w / sum w`` of the value of the node.

    Examples
    --------
    >>> of_geometric(np.array([[1.0, 4.0]]), np.ones(2), np.array([2.0])).tolist()
    [[1.0, 1.0]]
    """
    return _shares(values, weights) * result[:, None]


def of_harmonic(values: Matrix, weights: Vector, result: Vector) -> Matrix:
    """``w / sum w * H^2 / x``: those of the power mean with exponent -1."""
    return of_power_mean(values, weights, result, exponent=-1.0)


def of_power_mean(values: Matrix, weights: Vector, result: Vector, *, exponent: float) -> Matrix:
    """``w / sum w * x^r M^(1 - r)``; all 0 where the mean is 0.

    Examples
    --------
    >>> of_power_mean(np.array([[1.0, 7.0]]), np.ones(2), np.array([5.0]), exponent=2).round(9).tolist()
    [[0.1, 4.9]]
    """
    some = result > 0
    ratio = np.ones(values.shape)
    np.divide(values, result[:, None], out=ratio, where=some[:, None] & ~np.isnan(values))
    powers = np.zeros(values.shape)
    np.power(ratio, exponent, out=powers, where=ratio > 0)
    return np.where(some[:, None], _shares(values, weights) * powers * result[:, None], 0.0)


def of_minimum(values: Matrix, weights: Vector, result: Vector) -> Matrix:
    """The value, from the lowest child; equally from several that are lowest.

    Examples
    --------
    >>> of_minimum(np.array([[2.0, 5.0, 2.0]]), np.ones(3), np.array([2.0])).tolist()
    [[1.0, 0.0, 1.0]]
    """
    return _equally(values == result[:, None], result)


def of_median(values: Matrix, weights: Vector, result: Vector) -> Matrix:
    """The value, from the child in the middle, or by halves from the two around it.

    Examples
    --------
    >>> of_median(np.array([[1.0, 9.0, 2.0]]), np.ones(3), np.array([2.0])).tolist()
    [[0.0, 0.0, 2.0]]
    """
    low, high = middle(values, weights)
    used = ~np.isnan(values) & (weights > 0)
    sides = [_equally((values == side[:, None]) & used, side / 2.0) for side in (low, high)]
    return np.asarray(sides[0] + sides[1])


def of_sum(values: Matrix, weights: Matrix | Vector, result: Vector) -> Matrix:
    """``w x``.

    Examples
    --------
    >>> of_sum(np.array([[1.0, np.nan]]), np.array([2.0, 3.0]), np.array([2.0])).tolist()
    [[2.0, 0.0]]
    """
    return np.asarray(np.where(np.isnan(values), 0.0, values) * weights)


def of_percent_of_maximum(values: Matrix, weights: Vector, result: Vector, *, most: Vector) -> Matrix:
    """``100 w x / sum w most`` over the children that are there."""
    possible = np.where(np.isnan(values), 0.0, weights * most).sum(axis=1, keepdims=True)
    parts = 100.0 * of_sum(values, weights, result)
    return np.asarray(np.divide(parts, possible, out=np.zeros(values.shape), where=possible > 0))


def of_mazziotta_pareto(
    values: Matrix, weights: Vector, result: Vector, *, penalty: int = -1, freedom: int = 0
) -> Matrix:
    """A child's part of the mean, and of the penalty: less for a child far above the others, by Euler's theorem.

    Examples
    --------
    >>> parts = of_mazziotta_pareto(np.array([[90.0, 110.0]]), np.ones(2), np.array([99.0]))
    >>> np.round(parts, 9).tolist(), float(np.round(parts.sum(), 9))
    ([[54.45, 44.55]], 99.0)
    """
    x = np.where(np.isnan(values), 0.0, values)
    shares, centre = _shares(values, weights), weighted_mean(values, weights)[:, None]
    n = (shares > 0).sum(axis=1, keepdims=True)
    factor = np.where(n > freedom, n / np.maximum(n - freedom, 1), 0.0)
    variance = factor * (shares * (x - centre) ** 2).sum(axis=1, keepdims=True)
    slope = shares * (1 + penalty * (2 * factor * (x - centre) / centre - variance / centre**2))
    return np.asarray(slope * x)


def of_copeland(
    values: Matrix, weights: Vector, result: Vector, *, periods: npt.NDArray[np.intp] | None = None, count: str = "wins"
) -> Matrix:
    """A child's weight in each contest over the margin of the contest, summed over the contests."""
    return copeland_parts(values, weights, periods=periods, count=count)


def _shares(values: Matrix, weights: Vector) -> Matrix:
    """Weights of the children that are there, as shares; 0 where there is none."""
    there = ~np.isnan(values) * weights
    base = there.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(there, base, out=np.zeros(values.shape), where=base > 0))


def _equally(chosen: npt.NDArray[np.bool_], amount: Vector) -> Matrix:
    n = np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.where(chosen, amount[:, None] / n, 0.0))


METHODS: Mapping[str, Callable[..., Any]] = {
    "mean": of_mean,
    "geometric": of_geometric,
    "harmonic": of_harmonic,
    "power_mean": of_power_mean,
    "minimum": of_minimum,
    "median": of_median,
    "sum": of_sum,
    "percent_of_maximum": of_percent_of_maximum,
    "mazziotta_pareto": of_mazziotta_pareto,
    "copeland": of_copeland,
}
"""The rule for every method of aggregation."""
