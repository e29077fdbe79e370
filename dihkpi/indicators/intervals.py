"""Intervals of means and shares; the door to statsmodels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


def mean_interval(total: Vector, squares: Vector, n: Vector, level: float) -> tuple[Vector, Vector, Vector]:
    """Mean with Student's t interval, for many groups at once.

    Parameters
    ----------
    total, squares, n : numpy.ndarray, shape (groups,)
        Sum, sum of squares about zero, and number of the values of each group.
    level : float
        Confidence level, such as 0.95.

    Returns
    -------
    mean, lo, hi : numpy.ndarray
        ``mean ± t(n - 1) s / sqrt(n)``; no interval below two values.

    Examples
    --------
    >>> mean, lo, hi = mean_interval(np.array([6.0]), np.array([14.0]), np.array([3.0]), 0.95)
    >>> [round(float(x[0]), 3) for x in (mean, lo, hi)]
    [2.0, -0.484, 4.484]
    """
    from scipy.stats import t

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        variance = np.where(n > 1, (squares - n * mean**2) / (n - 1), np.nan)
        half = t.ppf((1 + level) / 2, np.maximum(n - 1, 1)) * np.sqrt(np.maximum(variance, 0) / n)
    return mean, mean - half, mean + half


def share_interval(hits: Vector, n: Vector, level: float) -> tuple[Vector, Vector, Vector]:
    """Share in per cent with Wilson's interval, for many groups at once.

    Parameters
    ----------
    hits, n : numpy.ndarray, shape (groups,)
        Units with the property, and all units.
    level : float
        Confidence level.

    Notes
    -----
    Wilson (1927); Newcombe (1998), Statistics in Medicine 17, table I, method 3.

    Examples
    --------
    >>> share, lo, hi = share_interval(np.array([81.0]), np.array([263.0]), 0.95)
    >>> [round(float(x[0]), 2) for x in (share, lo, hi)]
    [30.8, 25.53, 36.62]
    """
    from statsmodels.stats.proportion import proportion_confint

    some = np.maximum(n, 1)
    lo, hi = proportion_confint(hits, some, alpha=1 - level, method="wilson")
    there = n > 0
    return tuple(np.where(there, 100 * np.asarray(x, dtype=float), np.nan) for x in (hits / some, lo, hi))  # type: ignore[return-value]
