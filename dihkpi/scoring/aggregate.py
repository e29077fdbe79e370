"""How the values below a node become the value of the node: one function per method, one registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Method = Callable[[Matrix, Vector], Vector]


def mean(values: Matrix, weights: Vector) -> Vector:
    """Weighted arithmetic mean of the values that are there.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, children)
        Children on the unit interval, NaN where missing.
    weights : numpy.ndarray, shape (children,)
        Weights; only their proportions matter.

    Returns
    -------
    numpy.ndarray, shape (units,)
        ``sum w x / sum w`` over the children that are there, NaN where there is none.

    Notes
    -----
    OECD/JRC Handbook on Constructing Composite Indicators (2008), linear aggregation.

    Examples
    --------
    >>> mean(np.array([[0.0, 1.0], [np.nan, 0.5]]), np.array([1.0, 3.0])).tolist()
    [0.75, 0.5]
    """
    there = ~np.isnan(values) & (weights != 0)
    total = np.where(there, values, 0.0) @ weights
    base = there @ weights
    result = np.full(len(values), np.nan)
    np.divide(total, base, out=result, where=base > 0)
    return result


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
    lowest = np.where(np.isnan(values), np.inf, values).min(axis=1, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


METHODS: Mapping[str, Method] = {"mean": mean, "geometric": geometric, "minimum": minimum}
"""Methods by the name that a definition uses in ``aggregate``."""
