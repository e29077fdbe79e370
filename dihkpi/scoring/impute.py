"""Step *impute*: values for cells that are missing; a value that is there never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """What is known of the rows beside their numbers.

    Parameters
    ----------
    unit, period : numpy.ndarray of int, shape (rows,)
        Unit, and place of the period in their order.
    group : numpy.ndarray of int, shape (rows,)
        Group, -1 where it is not known.
    """

    unit: Codes
    period: Codes
    group: Codes

    @classmethod
    def plain(cls, n: int) -> Rows:
        """Rows of different units in one period and one group."""
        return cls(np.arange(n), np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp))


def none(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """Leave missing what is missing; nodes then follow their policy for missing children."""
    return values


def mean(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """The mean of the units that have a value.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, items) or (replications, rows, items)
        NaN where missing.
    basis : numpy.ndarray, shape (other rows, items) or (replications, other rows, items)
        Rows from which the mean is taken.
    rows, sources : Rows
        What is known of the rows of ``values`` and of ``basis``.

    Returns
    -------
    numpy.ndarray, of the shape of ``values``

    Notes
    -----
    OECD/JRC Handbook (2008), unconditional mean imputation: it shrinks the spread, and no error of it is counted.

    Examples
    --------
    >>> values = np.array([[1.0], [np.nan], [3.0]])
    >>> mean(values, values, Rows.plain(3), Rows.plain(3)).ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    return _filled(values, _mean(basis))


def median(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """The median of the units that have a value; outliers do not move it.

    Examples
    --------
    >>> values = np.array([[1.0], [np.nan], [3.0], [99.0]])
    >>> median(values, values, Rows.plain(4), Rows.plain(4)).ravel().tolist()
    [1.0, 3.0, 3.0, 99.0]
    """
    return _filled(values, _median(basis))


def group_mean(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """The mean of the units of the same group; missing still where the group has no value.

    Examples
    --------
    >>> rows = Rows(np.arange(4), np.zeros(4, int), np.array([0, 0, 1, 1]))
    >>> values = np.array([[1.0], [np.nan], [9.0], [np.nan]])
    >>> group_mean(values, values, rows, rows).ravel().tolist()
    [1.0, 1.0, 9.0, 9.0]
    """
    return _by_group(values, basis, rows, sources, _mean)


def group_median(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """The median of the units of the same group; missing still where the group has no value."""
    return _by_group(values, basis, rows, sources, _median)


def carry_forward(values: Matrix, basis: Matrix, rows: Rows, sources: Rows) -> Matrix:
    """The latest earlier value of the same unit; missing still where there is none.

    Examples
    --------
    >>> rows = Rows(np.array([0, 0, 1]), np.array([0, 1, 1]), np.zeros(3, int))
    >>> values = np.array([[5.0], [np.nan], [np.nan]])
    >>> carry_forward(values, values, rows, rows).ravel().tolist()
    [5.0, 5.0, nan]
    """
    order = np.lexsort((rows.period, rows.unit))
    ordered, unit = values[..., order, :], rows.unit[order]
    place = np.arange(len(order))
    first = np.maximum.accumulate(np.where(np.r_[True, unit[1:] != unit[:-1]], place, 0)) if len(order) else place
    latest = np.maximum.accumulate(np.where(np.isnan(ordered), -1, place[:, None]), axis=-2)
    result = values.copy()
    result[..., order, :] = np.take_along_axis(ordered, np.maximum(latest, first[:, None]), axis=-2)
    return result


Centre = Callable[[Matrix], Matrix]


def _mean(basis: Matrix) -> Matrix:
    """Mean of each column, as one row; NaN for a column without values."""
    missing = np.isnan(basis)
    n = (~missing).sum(axis=-2, keepdims=True)
    return np.asarray(np.where(missing, 0.0, basis).sum(axis=-2, keepdims=True) / np.where(n > 0, n, np.nan))


def _median(basis: Matrix) -> Matrix:
    """Median of each column, as one row; NaN for a column without values."""
    if basis.shape[-2] == 0:
        return _mean(basis)
    ordered = np.sort(basis, axis=-2)  # NaN come last
    last = np.maximum((~np.isnan(basis)).sum(axis=-2, keepdims=True) - 1, 0)
    sides = (np.take_along_axis(ordered, place, axis=-2) for place in (last // 2, (last + 1) // 2))
    return np.asarray(sum(sides) / 2.0)


def _filled(values: Matrix, centres: Matrix) -> Matrix:
    return np.where(np.isnan(values), centres, values)


def _by_group(values: Matrix, basis: Matrix, rows: Rows, sources: Rows, centre: Centre) -> Matrix:
    result = values.copy()
    for group in np.unique(rows.group[rows.group >= 0]):
        inside = rows.group == group
        result[..., inside, :] = _filled(values[..., inside, :], centre(basis[..., sources.group == group, :]))
    return result


METHODS: Mapping[str, Callable[[Matrix, Matrix, Rows, Rows], Matrix]] = {
    "none": none,
    "mean": mean,
    "median": median,
    "group_mean": group_mean,
    "group_median": group_median,
    "carry_forward": carry_forward,
}
"""Methods by the name that a definition uses."""
