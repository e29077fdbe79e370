"""How the values below a node become the value of the node: one function per method, one registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def summed(columns: Matrix) -> Vector:
    """Sum over the columns, one after the other.

    The last bit of a matrix product, and of a sum by rows, depends on how many rows there are and how they lie in
    memory; a score must not.
    """
    result = np.zeros(columns.shape[:-1])
    for place in range(columns.shape[-1]):
        result += columns[..., place]
    return result


def mean(values: Matrix, weights: Vector) -> Vector:
    """Weighted arithmetic mean of the values that are there.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, children) or (replications, units, children)
        Children on the unit interval, NaN where missing.
    weights : numpy.ndarray, shape (children,) or (replications, 1, children)
        Weights; only their proportions matter.

    Returns
    -------
    numpy.ndarray, shape (units,) or (replications, units)
        ``sum w x / sum w`` over the children that are there, NaN where there is none.

    Notes
    -----
    OECD/JRC Handbook on Constructing Composite Indicators (2008), linear aggregation.

    Examples
    --------
    >>> mean(np.array([[0.0, 1.0], [np.nan, 0.5]]), np.array([1.0, 3.0])).tolist()
    [0.75, 0.5]
    """
    if values.ndim > 2 and np.isfinite(values).all():
        base = np.asarray(weights.sum(axis=-1))
        return _dot(values, weights) / np.where(base > 0, base, np.nan)
    there = ~np.isnan(values) & (weights != 0)
    total, base = _dot(np.where(there, values, 0.0), weights), _dot(there, weights)
    result = np.full(total.shape, np.nan)
    np.divide(total, base, out=result, where=base > 0)
    return result


def _dot(values: npt.NDArray[Any], weights: Matrix) -> Vector:
    """Sum over the children, each times its weight; weights may differ between rows or replications."""
    if values.ndim == 2:
        return summed(values * weights)
    # In replications the last bit is noise, and a matrix product is much faster.
    return np.asarray(values @ weights if weights.ndim == 1 else np.matmul(values, weights.swapaxes(-1, -2))[..., 0])


def geometric(values: Matrix, weights: Vector) -> Vector:
    """Weighted geometric mean: ``exp(sum w log x / sum w)``; a zero makes it zero.

    Notes
    -----
    OECD/JRC Handbook (2008), geometric aggregation: a low child is not made good by a high one.

    Examples
    --------
    >>> geometric(np.array([[0.25, 1.0]]), np.ones(2)).tolist()
    [0.5]
    """
    with np.errstate(divide="ignore"):
        return np.exp(mean(np.log(values), weights))


def minimum(values: Matrix, weights: Vector) -> Vector:
    """The lowest child: the weakest link decides. Weights play no part.

    Examples
    --------
    >>> minimum(np.array([[0.25, 1.0]]), np.ones(2)).tolist()
    [0.25]
    """
    lowest = np.where(np.isnan(values), np.inf, values).min(axis=-1, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


def harmonic(values: Matrix, weights: Vector) -> Vector:
    """Weighted harmonic mean: ``sum w / sum (w / x)``; a zero makes it zero.

    Notes
    -----
    OECD/JRC Handbook (2008). A low child weighs still more than in the geometric mean.

    Examples
    --------
    >>> harmonic(np.array([[0.25, 0.75], [0.0, 1.0]]), np.ones(2)).tolist()
    [0.375, 0.0]
    """
    with np.errstate(divide="ignore"):
        return 1.0 / mean(1.0 / values, weights)


def power_mean(values: Matrix, weights: Vector, *, exponent: float) -> Vector:
    """Weighted power mean: ``(sum w x^r / sum w)^(1/r)``; below an exponent of 0 a zero makes it zero.

    Notes
    -----
    OECD/JRC Handbook (2008); 1 is the arithmetic mean, -1 the harmonic one, near 0 the geometric one. A missing child
    is left out as in every mean.

    Examples
    --------
    >>> power_mean(np.array([[1.0, 7.0], [np.nan, 3.0]]), np.ones(2), exponent=2).tolist()
    [5.0, 3.0]
    """
    with np.errstate(divide="ignore"):
        return np.power(mean(np.power(values, exponent), weights), 1.0 / exponent)


def median(values: Matrix, weights: Vector) -> Vector:
    """Weighted median: the child at which half of the weight is reached, the mean of two where it is met exactly.

    Examples
    --------
    >>> median(np.array([[1.0, 9.0, 2.0], [1.0, 9.0, np.nan]]), np.ones(3)).tolist()
    [2.0, 5.0]
    """
    low, high = middle(values, weights)
    return (low + high) / 2.0


def middle(values: Matrix, weights: Vector) -> tuple[Vector, Vector]:
    """The two values whose mean is the weighted median; the same one twice where half of the weight is inside of it."""
    there = ~np.isnan(values) & (weights > 0)
    order = np.argsort(np.where(there, values, np.inf), axis=-1, kind="stable")
    ordered = np.take_along_axis(np.where(there, values, np.nan), order, axis=-1)
    reached = np.cumsum(np.take_along_axis(there * weights, order, axis=-1), axis=-1)
    half = reached[..., -1:] / 2.0
    slack = 1e-12 * half
    sides = (reached >= half - slack), (reached > half + slack)
    low, high = (np.take_along_axis(ordered, side.argmax(axis=-1)[..., None], axis=-1)[..., 0] for side in sides)
    return low, high


def total(values: Matrix, weights: Matrix | Vector) -> Vector:
    """Weighted sum of the children that are there: ``sum w x``; NaN where there is none.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, children)
    weights : numpy.ndarray, shape (children,) or (units, children)
        One weight per child, or one per unit and child.

    Examples
    --------
    >>> total(np.array([[1.0, 2.0], [np.nan, 2.0]]), np.array([1.0, 10.0])).tolist()
    [21.0, 20.0]
    """
    there = ~np.isnan(values)
    return np.where(there.any(axis=-1), summed(np.where(there, values, 0.0) * weights), np.nan)


def percent_of_maximum(values: Matrix, weights: Vector, *, most: Vector) -> Vector:
    """Weighted sum as a percentage of the most possible of the children there: ``100 sum w x / sum w most``.

    Parameters
    ----------
    most : numpy.ndarray, shape (children,)
        The greatest value that each child can have.

    Examples
    --------
    >>> percent_of_maximum(np.array([[5.0, 20.0], [5.0, np.nan]]), np.ones(2), most=np.array([10.0, 40.0])).tolist()
    [50.0, 50.0]
    """
    possible = np.where(np.isnan(values), np.nan, most)
    return 100.0 * total(values, weights) / total(possible, weights)


def mazziotta_pareto(values: Matrix, weights: Vector, *, penalty: int = -1, freedom: int = 0) -> Vector:
    """Mean with a penalty for imbalance: ``M + p S cv = M (1 + p cv^2)``, ``cv = S / M`` over the children of a unit.

    Parameters
    ----------
    penalty : {-1, 1}
        -1 where a high score is good, 1 where it is bad.
    freedom : {0, 1}
        S over n, as in the paper, or over n - 1.

    Notes
    -----
    Mazziotta and Pareto (2013), Rivista Italiana di Economia Demografia e Statistica 67(2). The original takes z-scores
    with mean 100 and standard deviation 10; the adjusted form (2016, Social Indicators Research 127) takes values
    normalised by ``adjusted_mazziotta_pareto``.

    Examples
    --------
    >>> mazziotta_pareto(np.array([[90.0, 110.0], [100.0, 100.0]]), np.ones(2)).tolist()
    [99.0, 100.0]
    """
    middle = mean(values, weights)
    return middle + penalty * _spread(values, weights, middle, freedom) / middle


def _spread(values: Matrix, weights: Vector, middle: Vector, freedom: int) -> Vector:
    """Weighted variance of the children around their mean; zero for one child alone."""
    n = (~np.isnan(values) & (weights != 0)).sum(axis=-1)
    around = mean((values - middle[..., None]) ** 2, weights)
    return np.asarray(around * np.where(n > freedom, n / np.maximum(n - freedom, 1), 0.0))


def copeland(
    values: Matrix, weights: Vector, *, periods: npt.NDArray[np.intp] | None = None, count: str = "wins"
) -> Vector:
    """Pairs of units: how many a unit beats less how many beat it, by the weight of the children in favour.

    Parameters
    ----------
    periods : numpy.ndarray of int, shape (units,), optional
        Units are compared within their period only.
    count : {"wins", "shares"}
        ``shares`` sums the shares of weight in favour, half of a tie, instead.

    Notes
    -----
    Copeland (1951); OECD/JRC Handbook (2008), non-compensatory aggregation. A pair is compared on the children that
    both have. The order of the rows plays no part.

    Examples
    --------
    >>> copeland(np.array([[3.0, 3.0], [2.0, 1.0], [1.0, 2.0]]), np.ones(2)).tolist()
    [2.0, -1.0, -1.0]
    """
    if values.ndim > 2:  # pairs of pairs: one replication after the other
        own = np.broadcast_to(weights, (len(values), 1, values.shape[-1]))[:, 0]
        return np.stack([copeland(*one, periods=periods, count=count) for one in zip(values, own, strict=True)])
    summed = copeland_parts(values, weights, periods=periods, count=count).sum(axis=1)
    return np.where(np.isnan(values).all(axis=1), np.nan, np.rint(summed) if count == "wins" else summed)


def copeland_parts(
    values: Matrix, weights: Vector, *, periods: npt.NDArray[np.intp] | None = None, count: str = "wins"
) -> Matrix:
    """What each child adds to the Copeland score: its weight in every contest over the margin of the contest."""
    parts = np.zeros(values.shape)
    groups = np.zeros(len(values), dtype=np.intp) if periods is None else periods
    for unit, row in enumerate(values):
        others = values[(groups == groups[unit]) & (np.arange(len(values)) != unit)]
        both = ~np.isnan(others) & ~np.isnan(row)
        sides = np.where(both, np.sign(row - np.where(both, others, row)), 0.0) * weights
        if count == "wins":
            margin = np.abs(sides.sum(axis=1))
            decided = margin > 1e-12 * weights.sum()
            contests = sides[decided] / margin[decided, None]
        else:
            common = (both * weights).sum(axis=1)
            contests = (both * weights + sides)[common > 0] / 2.0 / common[common > 0, None]
        parts[unit] = np.sort(contests, axis=0).sum(axis=0)  # sorted: the order of rows must not show in the last bit
    return parts


METHODS: Mapping[str, Callable[[Matrix, Vector], Vector]] = {
    "mean": mean,
    "geometric": geometric,
    "minimum": minimum,
}
"""Methods for answers, by the name that a definition uses in ``aggregate``."""
NUMERIC: Mapping[str, Callable[..., Vector]] = {
    **METHODS,
    "harmonic": harmonic,
    "power_mean": power_mean,
    "median": median,
    "sum": total,
    "percent_of_maximum": percent_of_maximum,
    "mazziotta_pareto": mazziotta_pareto,
    "copeland": copeland,
}
"""Methods for numbers, by the same names."""
