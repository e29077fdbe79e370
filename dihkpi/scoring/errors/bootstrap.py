"""Sampling error by drawing respondents or clusters anew, and intervals that follow the skewness of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.errors.estimate import Estimates, Sample, estimate

Matrix = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
_CELLS = 4_000_000
"""Weights that are drawn together; no result depends on it."""


def bootstrap(
    values: Matrix, sample: Sample, confidence: float, *, names: Sequence[str], replications: int, seed: int
) -> Estimates:
    """Mean of every group at every node, with standard error and interval from replications.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, nodes)
        NaN where there is none.
    sample : Sample
    confidence : float
    names : sequence of str
        Name of each group: its draws follow from it and the seed alone, whatever other groups there are.
    replications : int
    seed : int

    Returns
    -------
    Estimates
        Degrees of freedom are NaN: there are none.

    Notes
    -----
    In a group of C units (respondents, or clusters) each replication draws C of them with replacement. The standard
    error is the spread of the means times ``sqrt(C / (C - 1))``. The interval is the bootstrap-t (Efron 1981; Hall
    1988): ``mean - q(1 - a) se`` to ``mean - q(a) se`` with the quantiles q of ``(mean* - mean) / se*`` over the
    replications, so that a long tail on one side makes the interval longer on that side. Standard errors se and se*
    are those by formula. Where too many replications have no spread the interval has no end on that side.
    """
    found = estimate(values, sample, confidence)
    variance, lo, hi = (np.full(found.value.shape, np.nan) for _ in range(3))
    order = np.argsort(sample.groups, kind="stable")
    starts = np.searchsorted(sample.groups[order], np.arange(sample.size + 1))
    for group, name in enumerate(names):
        rows = order[starts[group] : starts[group + 1]]
        if len(rows) < 2:
            continue
        clusters = None if sample.clusters is None else sample.clusters[rows]
        rng = np.random.default_rng([seed, crc32(name.encode())])
        moved, ratio = _draws(values[rows], found.value[group], clusters, rng, replications)
        units, enough = found.units[group], found.units[group] > 1
        shrink = np.divide(units, units - 1, out=np.full(len(units), np.nan), where=enough)
        variance[group] = np.where(enough, moved * shrink * (1 - found.part[group]), np.nan)
        se = np.sqrt(found.variance[group])
        tail = (1 - confidence) / 2
        low, high = np.quantile(ratio, [tail, 1 - tail], axis=0, method="inverted_cdf")
        with np.errstate(invalid="ignore"):
            lo[group] = np.where(enough, found.value[group] - np.where(se > 0, high * se, 0.0), np.nan)
            hi[group] = np.where(enough, found.value[group] - np.where(se > 0, low * se, 0.0), np.nan)
    return replace(found, variance=variance, df=np.full(found.df.shape, np.nan), lo=lo, hi=hi)


def _draws(
    values: Matrix, mean: Matrix, clusters: Positions | None, rng: np.random.Generator, replications: int
) -> tuple[Matrix, Matrix]:
    """Variance of the means of the replications, and the ratio of error to standard error of each of them."""
    there = ~np.isnan(values)
    apart, n = np.where(there, values - mean, 0.0), there.astype(float)
    if clusters is not None:
        of = np.unique(clusters, return_inverse=True)[1]
        apart, n = (np.column_stack([np.bincount(of, weights=c) for c in m.T]) for m in (apart, n))
    units = len(apart)
    block = max(1, _CELLS // units)
    moved, ratio = [], []
    for first in range(0, replications, block):
        weights = rng.multinomial(units, np.full(units, 1 / units), size=min(block, replications - first)).astype(float)
        drawn, many = weights @ n, weights @ (n > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = (weights @ apart) / drawn
            squares = weights @ apart**2 - 2 * error * (weights @ (apart * n)) + error**2 * (weights @ n**2)
            squares = np.where(squares > 1e-12 * (weights @ apart**2), squares, 0.0)
            se = np.sqrt(squares * many / (many - 1)) / drawn
            ratio.append(np.where(error == 0, 0.0, error / se))
        moved.append(error)
    errors, ratios = np.concatenate(moved), np.concatenate(ratio)
    drawn_any = ~np.isnan(errors)
    count = np.maximum(drawn_any.sum(axis=0), 1)
    centre = np.where(drawn_any, errors, 0.0).sum(axis=0) / count
    spread = np.where(drawn_any, (errors - centre) ** 2, 0.0).sum(axis=0) / count
    return spread, np.where(np.isnan(ratios), 0.0, ratios)
