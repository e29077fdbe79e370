"""Places of units in every replication, and what they range over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
RANGE = (0.05, 0.95)
"""Quantiles of the places that are shown, as is the custom for composites."""


def places(values: Matrix, period: npt.NDArray[np.intp]) -> Matrix:
    """Place of each unit within its period: 1 is the best, equal scores share the better place.

    Parameters
    ----------
    values : numpy.ndarray, shape (..., rows)
        Scores; NaN where there is none, and so is the place.
    period : numpy.ndarray of int, shape (rows,)

    Examples
    --------
    >>> places(np.array([[10.0, 30.0, 30.0, np.nan]]), np.zeros(4, dtype=int)).tolist()
    [[3.0, 1.0, 1.0, nan]]
    """
    from scipy.stats import rankdata

    result = np.full(values.shape, np.nan)
    for one in np.unique(period):
        part = values[..., period == one]
        missing = np.isnan(part)
        found = rankdata(np.where(missing, np.inf, -part), method="min", axis=-1)
        result[..., period == one] = np.where(missing, np.nan, found)
    return result
