"""Mean change of every cell by formula: t and cluster intervals, effect sizes, equivalence, smallest change seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dihkpi.indicators import measures
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.measures import Groups, Vector

ONE_PAIR = "one pair: no interval"
NO_SPREAD = "all changes are equal: no spread, so no interval"


@dataclass(frozen=True)
class Moments:
    """Means and spreads of every cell; NaN where they do not exist.

    Parameters
    ----------
    cells : Cells
    confidence : float
        Level of the intervals, such as 0.95.
    """

    cells: Cells
    confidence: float

    @property
    def n(self) -> Vector:
        """Pairs."""
        return self.cells.n

    @cached_property
    def mean(self) -> Vector:
        """Mean change."""
        return self.cells.means(self.cells.change)

    @cached_property
    def sd(self) -> Vector:
        """Standard deviation of the changes."""
        return self.cells.spread(self.cells.change)

    @cached_property
    def sds(self) -> tuple[Vector, Vector]:
        """Standard deviations at the earlier and at the later wave."""
        return self.cells.spread(self.cells.before), self.cells.spread(self.cells.after)

    @cached_property
    def r(self) -> Vector:
        """Correlation of the two waves; NaN where one of them has no spread."""
        cells, (s0, s1) = self.cells, self.sds
        centred = [x - cells.means(x)[cells.cell] for x in (cells.before, cells.after)]
        with np.errstate(divide="ignore", invalid="ignore"):
            r = cells.sums(centred[0] * centred[1]) / ((self.n - 1) * s0 * s1)
        return np.asarray(np.where((s0 > 0) & (s1 > 0), np.clip(r, -1, 1), np.nan))

    @cached_property
    def se(self) -> Vector:
        """Standard error of the mean change: sd / sqrt(n); NaN where the changes have no spread."""
        return np.asarray(np.where(self.sd > 0, self.sd / np.sqrt(np.maximum(self.n, 1)), np.nan))

    def caveat(self, figure: Figure) -> Figure:
        """A figure of the mean change whose interval does not exist where there is no spread."""
        figure = figure.without(self.n == 1, ONE_PAIR, interval_only=True)
        return figure.without((self.n > 1) & ~(self.sd > 0), NO_SPREAD, interval_only=True)


def two_sided(t: Vector, df: Vector) -> Vector:
    """p of a t statistic against a difference in either direction."""
    from scipy.stats import t as student

    return np.asarray(2 * student.sf(np.abs(t), np.maximum(df, 1)))


def mean_change(moments: Moments) -> Figure:
    """Mean of the changes with Student's t interval and p: mean ± t(n - 1) sd / sqrt(n)."""
    cells = moments.cells
    measured = measures.mean(cells.cell, cells.change, cells.size, moments.confidence)
    p = two_sided(moments.mean / moments.se, moments.n - 1)
    figure = Figure.of(
        "mean", measured.value, moments.n, "paired t, pairs independent", lo=measured.lo, hi=measured.hi, p=p
    )
    return moments.caveat(figure)


def cluster_error(cell: Groups, total: Vector, count: Vector, mean: Vector) -> tuple[Vector, Vector]:
    """Standard error of mean changes whose pairs belong together in clusters, and the number of clusters.

    V = G / (G - 1) Σ (T_g - m N_g)² / (Σ N_g)², T_g and N_g sum and number of the changes of cluster g of G. With
    every pair a cluster of its own it is sd² / n. The sandwich estimator with the correction G / (G - 1), Liang and
    Zeger (1986), *Biometrika* 73.
    """
    size = len(mean)
    clusters = np.bincount(cell, minlength=size).astype(float)
    rest = np.bincount(cell, weights=(total - mean[cell] * count) ** 2, minlength=size)
    pairs = np.bincount(cell, weights=count, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(clusters / (clusters - 1) * rest) / pairs
    return np.where((clusters > 1) & (rest > 10.0**-18), se, np.nan), clusters


def clustered_change(moments: Moments, se: Vector, clusters: Vector, name: str, few: int) -> Figure:
    """Mean change with the interval of clusters, t with G - 1 degrees of freedom.

    Parameters
    ----------
    se, clusters : numpy.ndarray, shape (cells,)
        As :func:`cluster_error` gives them.
    name : str
        What clusters are, such as ``hub``.
    few : int
        Below this number of clusters the interval is doubtful.
    """
    from scipy.stats import t as student

    half = student.ppf((1 + moments.confidence) / 2, np.maximum(clusters - 1, 1)) * se
    p = two_sided(moments.mean / se, clusters - 1)
    lo, hi, method = moments.mean - half, moments.mean + half, f"clusters by {name}, t(G - 1)"
    figure = Figure.of("mean_cluster", moments.mean, moments.n, method, lo=lo, hi=hi, p=p)
    figure = figure.without(
        clusters == 1, f"a cluster of one: all pairs of one {name}, no interval", interval_only=True
    )
    figure = figure.without((clusters > 1) & np.isnan(se), f"no spread between clusters by {name}", interval_only=True)
    low = (clusters > 1) & (clusters < few)
    return figure.doubtful(low, np.array([f"{int(g)} clusters are few" for g in clusters], dtype=object))


def effect_sizes(moments: Moments) -> Iterator[Figure]:
    """Standardised changes: d_z, d_av and d_rm, and g_z, g_av and g_rm with Hedges' factor.

    d_z = mean / sd of the changes; d_av = mean / mean of the two standard deviations;
    d_rm = d_z sqrt(2 (1 - r)); g = d (1 - 3 / (4 (n - 1) - 1)). The interval of d_z is exact (noncentral t); those of
    the others scale it and take the ratio of the spreads as known. Lakens (2013), *Frontiers in Psychology* 4:863.
    """
    from scipy.special import nctdtrinc

    n, df = moments.n, np.maximum(moments.n - 1, 1)
    s0, s1 = moments.sds
    tail = (1 - moments.confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        t = moments.mean / moments.se
        ends = [np.where(np.isnan(t), np.nan, nctdtrinc(df, q, np.nan_to_num(t))) for q in (1 - tail, tail)]
        z = np.array([t, *ends]) / np.sqrt(n)
        hedges = np.where(df > 1, 1 - 3 / (4 * df - 1), np.nan)
        both = np.where(s0 + s1 > 0, 2 * moments.sd / (s0 + s1), np.nan)
        scales = {"z": np.ones(len(n)), "av": both, "rm": np.sqrt(2 * (1 - moments.r))}
    for letter, factor in (("d", np.ones(len(n))), ("g", hedges)):
        for name, scale in scales.items():
            value, lo, hi = z * scale * factor
            about = "noncentral t" + ("" if name == "z" else ", ratio of spreads taken as known")
            about += ", Hedges' factor" if letter == "g" else ""
            figure = Figure.of(f"{letter}_{name}", value, n, about, lo=lo, hi=hi)
            figure = figure.without(n == 1, ONE_PAIR)
            yield figure.without(np.isnan(value), "no spread: no standardised change")


def smallest_detectable(moments: Moments, power: float, se: Vector | None = None) -> Figure:
    """Mean change that a study of this size would find: (z_(1 - alpha/2) + z_power) standard errors.

    Not significant is not "no effect": smaller changes than this were likely to be missed.

    Parameters
    ----------
    power : float
        Probability with which it would be found, such as 0.8.
    se : numpy.ndarray, optional
        Standard error of the mean change; that of independent pairs by default.
    """
    from scipy.stats import norm

    se = moments.se if se is None else se
    value = (norm.ppf((1 + moments.confidence) / 2) + norm.ppf(power)) * se
    figure = Figure.of("smallest_detectable", value, moments.n, f"power {power:g}, normal")
    return figure.without(np.isnan(value), "no standard error")


def equivalence(moments: Moments, margin: Vector, se: Vector | None = None, df: Vector | None = None) -> Figure:
    """Two one-sided t tests that the mean change lies within a margin (Schuirmann 1987).

    The interval is that of level 1 - 2 alpha: it lies inside the margin exactly when p is below alpha.

    Parameters
    ----------
    margin : numpy.ndarray, shape (cells,)
        Largest change that counts as none.
    se, df : numpy.ndarray, optional
        Standard error and its degrees of freedom, where pairs belong together in clusters.
    """
    from scipy.stats import t as student

    se, alpha = moments.se if se is None else se, 1 - moments.confidence
    df = np.maximum(moments.n - 1 if df is None else df, 1)
    above, below = (moments.mean + margin) / se, (moments.mean - margin) / se
    p = np.maximum(student.sf(above, df), student.cdf(below, df))
    half = student.ppf(1 - alpha, df) * se
    ends = {"lo": moments.mean - half, "hi": moments.mean + half, "p": p}
    method = f"two one-sided t tests, interval of {100 * (1 - 2 * alpha):g} %, margin in the definition"
    figure = moments.caveat(Figure.of("equivalence", moments.mean, moments.n, method, **ends))
    return figure.without((figure.status == "ok") & np.isnan(se), "no spread between clusters", interval_only=True)
