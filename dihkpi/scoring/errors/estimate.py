"""Means of groups and their sampling error by formula, for all groups and nodes at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.results import Vector

Matrix = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """Who belongs to which group, and how they were drawn.

    Parameters
    ----------
    groups : numpy.ndarray of int, shape (rows,)
        Group of every row; negative where it belongs to none.
    size : int
        Number of groups.
    clusters : numpy.ndarray of int, shape (rows,), optional
        Rows with the same number belong together.
    population : numpy.ndarray, shape (groups,), optional
        How many there are in all, NaN where that is not known.
    """

    groups: Positions
    size: int
    clusters: Positions | None = None
    population: Vector | None = None

    def part(self, n: Matrix) -> Matrix:
        """Share of the population that was asked, 0 where the population is not known; shape (groups, nodes)."""
        if self.population is None:
            return np.zeros(n.shape)
        return np.nan_to_num(n / self.population[:, None])


@dataclass(frozen=True)
class Estimates:
    """Means with their error; every array has the shape (groups, nodes).

    Parameters
    ----------
    value : numpy.ndarray
        Mean of the rows that have a value.
    variance : numpy.ndarray
        Variance of the mean, NaN where it cannot be told.
    df : numpy.ndarray
        Degrees of freedom of the interval.
    n : numpy.ndarray
        Rows with a value.
    units : numpy.ndarray
        What was drawn: clusters, or rows where each stands alone.
    part : numpy.ndarray
        Share of the population that was asked.
    lo, hi : numpy.ndarray
        Ends of the interval.
    """

    value: Matrix
    variance: Matrix
    df: Matrix
    n: Matrix
    units: Matrix
    part: Matrix
    lo: Matrix
    hi: Matrix

    def with_interval(self, confidence: float) -> Estimates:
        """The same with ``value ± t(df) sqrt(variance)``."""
        half = t_quantile(self.df, confidence) * np.sqrt(self.variance)
        return replace(self, lo=self.value - half, hi=self.value + half)


def t_quantile(df: Matrix, confidence: float) -> Matrix:
    """Student's t that leaves half of the rest on either side; the normal quantile for infinite ``df``.

    Examples
    --------
    >>> t_quantile(np.array([11.0, np.inf]), 0.95).round(3).tolist()
    [2.201, 1.96]
    """
    from scipy.special import ndtri, stdtrit

    p = (1 + confidence) / 2
    return np.asarray(np.where(np.isinf(df), ndtri(p), stdtrit(np.where(np.isinf(df), 1.0, df), p)))


def estimate(values: Matrix, sample: Sample, confidence: float) -> Estimates:
    """Mean of every group at every node, with the sampling error by formula.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, nodes)
        NaN where there is none; such a row does not count at that node.
    sample : Sample
    confidence : float
        Confidence level, such as 0.95.

    Returns
    -------
    Estimates

    Notes
    -----
    Rows that stand alone: ``s^2 / n`` with n - 1 degrees of freedom. Clusters: the linearised variance of a mean,
    ``C / (C - 1) sum z_c^2 / n^2`` with ``z_c = sum of (x - mean)`` over cluster c (Cochran 1977, Sampling
    Techniques, 9A). Its degrees of freedom are Satterthwaite's (1946; Bell and McCaffrey 2002), C - 1 where clusters
    are of one size and fewer where not: with shares ``p_c = n_c / n``,
    ``(1 - sum p^2)^2 / (sum p^2 (1 - p)^2 + (sum p^2)^2 - sum p^4)``. Times ``1 - n / N`` where the population N is
    known.

    Examples
    --------
    >>> found = estimate(np.array([[1.0], [2.0], [3.0]]), Sample(np.zeros(3, dtype=np.intp), 1), 0.95)
    >>> [round(float(x[0, 0]), 3) for x in (found.value, found.variance, found.lo, found.hi)]
    [2.0, 0.333, -0.484, 4.484]
    """
    inside = sample.groups >= 0
    if not inside.all():
        clusters = None if sample.clusters is None else sample.clusters[inside]
        sample = replace(sample, groups=sample.groups[inside], clusters=clusters)
        values = values[inside]
    pairs = None if sample.clusters is None else _pairs(sample)
    columns = [_column(column, sample, pairs) for column in values.T]
    value, variance, df, n, units = (np.column_stack([column[i] for column in columns]) for i in range(5))
    part = sample.part(n)
    none = np.full(value.shape, np.nan)
    return Estimates(value, variance * (1 - part), df, n, units, part, none, none).with_interval(confidence)


def _pairs(sample: Sample) -> tuple[Positions, Positions]:
    """Number of the group and cluster of every row, and the group of each such pair."""
    assert sample.clusters is not None
    width = int(sample.clusters.max(initial=0)) + 1
    distinct, positions = np.unique(sample.groups * width + sample.clusters, return_inverse=True)
    return positions, distinct // width


def _column(x: Vector, sample: Sample, pairs: tuple[Positions, Positions] | None) -> tuple[Vector, ...]:
    """Mean, its variance, degrees of freedom, rows and units of every group at one node."""
    groups, size = sample.groups, sample.size
    there = ~np.isnan(x)
    chosen = None if there.all() else there
    g = groups if chosen is None else groups[chosen]
    x = x if chosen is None else x[chosen]
    n = np.bincount(g, minlength=size).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(g, weights=x, minlength=size) / n
        # Around the mean, so that a small spread around a large mean is not lost.
        apart = x - mean[g]
        if pairs is None:
            variance = np.bincount(g, weights=apart**2, minlength=size) / (n - 1) / n
            return mean, variance, np.where(n > 1, n - 1, np.nan), n, n
        of, group = pairs
        of = of if chosen is None else of[chosen]
        sums = np.bincount(of, weights=apart, minlength=len(group)).astype(float)
        return mean, *_between(sums, np.bincount(of, minlength=len(group)).astype(float), group, n)


def _between(sums: Vector, sizes: Vector, group: Positions, n: Vector) -> tuple[Vector, ...]:
    """Variance between clusters, its degrees of freedom, rows and clusters of every group."""

    def total(values: Vector) -> Vector:
        return np.bincount(group, weights=values, minlength=len(n)).astype(float)

    units = total((sizes > 0).astype(float))
    share = sizes / n[group]
    squares = total(share**2)
    df = (1 - squares) ** 2 / (total((share * (1 - share)) ** 2) + squares**2 - total(share**4))
    variance = total(sums**2) * units / (units - 1) / n**2
    several = units > 1
    return np.where(several, variance, np.nan), np.where(several, df, np.nan), n, units
