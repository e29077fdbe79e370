"""Bootstrap of mean changes, BCa and studentised, for all cells at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dihkpi.indicators.change.cells import Matrix, batches
from dihkpi.indicators.measures import Groups, Vector

_NUMBERS = 4_000_000
"""Numbers held at a time."""


def bca(
    cell: Groups, total: Vector, count: Vector, size: int, *, confidence: float, draws: int, seed: int
) -> tuple[Vector, Vector]:
    """Bias-corrected and accelerated interval of Σ total / Σ count of every cell.

    What is drawn with replacement are the entries: pairs (total the change, count 1), or clusters. Cells with the same
    number of entries share their draws, which changes nothing for any of them: an interval does not depend on which
    other cells there are.

    Parameters
    ----------
    cell : numpy.ndarray of int, shape (entries,)
        Cell of each entry, sorted.
    total, count : numpy.ndarray, shape (entries,)
        Sum and number of the changes of the entry.
    size : int
        Number of cells.
    confidence : float
        Level, such as 0.95.
    draws, seed : int
        Replications, and the seed of all draws.

    Returns
    -------
    lo, hi : numpy.ndarray, shape (size,)
        NaN with fewer than two entries, without spread, or where all replications lie on one side.

    Notes
    -----
    Efron (1987), *JASA* 82; z0 counts half of the ties, the acceleration is the jackknife's.
    """
    lo, hi = np.full(size, np.nan), np.full(size, np.nan)
    for some, at in _together(cell, size, draws):
        with np.errstate(divide="ignore", invalid="ignore"):
            lo[some], hi[some] = _intervals(total[at], count[at], confidence, draws, seed)
    return lo, hi


def bootstrap_t(
    cell: Groups, total: Vector, count: Vector, size: int, *, confidence: float, draws: int, seed: int, below: float
) -> tuple[Vector, Vector]:
    """Studentised interval of Σ total / Σ count of the cells with fewer entries than ``below``; arguments of `bca`.

    The mean less the quantiles of (mean* - mean) / se* times its standard error, se* that of each replication by
    formula: a long tail on one side makes the interval longer on that side, and few entries make it longer on both.

    Returns
    -------
    lo, hi : numpy.ndarray, shape (size,)
        NaN with fewer than two entries or ``below`` and more, without spread, or where too many replications have none.

    Notes
    -----
    Efron (1981), *Canadian Journal of Statistics* 9; Hall (1988), *Annals of Statistics* 16.
    """
    lo, hi = np.full(size, np.nan), np.full(size, np.nan)
    for some, at in _together(cell, size, draws, below):
        with np.errstate(divide="ignore", invalid="ignore"):
            lo[some], hi[some] = _studentised(total[at], count[at], confidence, draws, seed)
    return lo, hi


def _together(cell: Groups, size: int, draws: int, below: float = np.inf) -> Iterator[tuple[Groups, Groups]]:
    """Cells with the same number of entries, some at a time, and the positions of their entries."""
    step = max(1, _NUMBERS // draws)
    for entries, cells, rows in batches(cell, size):
        if 2 <= entries < below:
            for start in range(0, len(cells), step):
                yield cells[start : start + step], rows[start : start + step]


def _studentised(total: Matrix, count: Matrix, confidence: float, draws: int, seed: int) -> tuple[Vector, Vector]:
    """Intervals of cells with the same number of entries, shape (cells, entries)."""
    entries, pairs = count.shape[1], count.sum(axis=1)
    mean = total.sum(axis=1) / pairs
    rest = total - mean[:, None] * count
    inflated = entries / (entries - 1)
    ratio = np.empty((len(rest), draws))
    for at, weights in _weights(entries, draws, seed):
        drawn = count @ weights.T
        off, squares = rest @ weights.T / drawn, rest**2 @ weights.T
        apart = squares - 2 * off * ((rest * count) @ weights.T) + off**2 * (count**2 @ weights.T)
        # What is drawn may be one entry again and again, without spread but for rounding.
        error = np.sqrt(inflated * np.where(apart > 1e-12 * squares, apart, 0.0)) / drawn
        ratio[:, at] = np.where(off == 0, 0.0, off / error)
    se = np.sqrt(inflated * (rest**2).sum(axis=1)) / pairs
    tail = (1 - confidence) / 2
    low, high = np.quantile(ratio, [tail, 1 - tail], axis=1, method="inverted_cdf")
    ends = mean - high * se, mean - low * se
    there = np.isfinite(ends).all(axis=0) & (se > 1e-12 * np.abs(total).max(axis=1))
    return np.where(there, ends[0], np.nan), np.where(there, ends[1], np.nan)


def _intervals(total: Matrix, count: Matrix, confidence: float, draws: int, seed: int) -> tuple[Vector, Vector]:
    """Intervals of cells with the same number of entries, shape (cells, entries)."""
    from scipy.special import ndtr, ndtri

    pairs = count.sum(axis=1)
    mean = total.sum(axis=1) / pairs
    rest = total - mean[:, None] * count
    off = np.sort(_deviations(rest, count, draws, seed), axis=1)
    jackknife = -rest / (pairs[:, None] - count)
    influence = jackknife.mean(axis=1, keepdims=True) - jackknife
    acceleration = (influence**3).sum(axis=1) / (6 * (influence**2).sum(axis=1) ** 1.5)
    near = 1e-12 * np.abs(rest).max(axis=1, keepdims=True)
    below = (((off < -near).sum(axis=1)) + (off <= near).sum(axis=1)) / (2 * draws)
    z0, ends = ndtri(below), []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        z = z0 + ndtri(tail)
        ends.append(mean + _quantile(off, ndtr(z0 + z / (1 - acceleration * z))))
    flat = near[:, 0] == 0
    return np.where(flat, np.nan, ends[0]), np.where(flat, np.nan, ends[1])


def _deviations(rest: Matrix, count: Matrix, draws: int, seed: int) -> Matrix:
    """Replications of the mean less the mean itself, shape (cells, draws)."""
    off = np.empty((len(rest), draws))
    alone = bool((count == 1).all())
    for at, weights in _weights(rest.shape[1], draws, seed):
        off[:, at] = rest @ weights.T
        off[:, at] /= rest.shape[1] if alone else count @ weights.T
    return off


def _weights(entries: int, draws: int, seed: int) -> Iterator[tuple[slice, Matrix]]:
    """How often each entry is drawn in each replication, some replications at a time."""
    generator = np.random.default_rng([seed, entries])
    step = max(1, _NUMBERS // entries)
    for start in range(0, draws, step):
        many = min(step, draws - start)
        drawn = generator.integers(0, entries, size=(many, entries))
        drawn += entries * np.arange(many)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=many * entries)
        yield slice(start, start + many), counts.reshape(many, entries).astype(float)


def _quantile(ordered: Matrix, share: Vector) -> Vector:
    """Quantile of each sorted row, each with a share of its own, between its neighbours in proportion."""
    at = np.where(np.isnan(share), 0, share) * (ordered.shape[1] - 1)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, ordered.shape[1] - 1)
    rows = np.arange(len(ordered))
    value = ordered[rows, low] + (at - low) * (ordered[rows, high] - ordered[rows, low])
    return np.where(np.isnan(share), np.nan, value)
