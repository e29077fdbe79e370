"""Standard errors and intervals of scores out of replications, for each source of errors of the data."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.replicate.design import DATA, Runs
from dihkpi.scoring.replicate.engine import IMPUTATION, Engine
from dihkpi.scoring.replicate.imputation import rubin

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Error of every score from one source, shape (rows, nodes).

    Parameters
    ----------
    se, lo, hi : numpy.ndarray
        NaN where there is none; then ``reason`` says why.
    df : numpy.ndarray
        Degrees of freedom of the interval, NaN where its ends are quantiles of the replications.
    n : numpy.ndarray
        Rows or clusters that the error comes from, NaN where there is no such number.
    replications : int
    reason : numpy.ndarray of object
        ``None`` where there is nothing to say.
    """

    se: Matrix
    lo: Matrix
    hi: Matrix
    df: Matrix
    n: Matrix
    replications: int
    reason: npt.NDArray[np.object_]


def data_spreads(
    engine: Engine, runs: Runs, value: Matrix, below: Mapping[str, list[int]], level: float
) -> dict[str, Spread]:
    """Errors of the data: each source, and all together.

    Parameters
    ----------
    engine : Engine
    runs : Runs
        With the plans of :func:`~dihkpi.scoring.replicate.design.data_plans`.
    value : numpy.ndarray, shape (rows, nodes)
        The scores.
    below : mapping of str to list of int
        Node to the places of the items below it, in the order of the nodes.
    level : float
        Of the intervals.
    """
    found: dict[str, Spread] = {}
    nothing = np.full(value.shape, np.nan)
    freedom = np.zeros(value.shape)  # sum of variance^2 / df, after Satterthwaite
    for source in engine.sources:
        n = np.broadcast_to(source.n[:, None], value.shape)
        df = np.where(n > 1, n - 1, np.nan)
        plain = spread(runs.of(source.name), value, level)
        found[source.name] = _with_t(plain, value, df, level, n)
        freedom = freedom + np.where(np.isnan(df), 0.0, plain.se**4 / np.fmax(df, 1))
        found[source.name] = _unknown(found[source.name], source.unknown, source.reason, engine, below)
    together = spread(runs.of(DATA), value, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        complete = np.where(freedom > 0, together.se**4 / freedom, np.inf)
    counted = [source.n for source in engine.sources if not np.isnan(source.n).all()]
    n = np.broadcast_to(counted[0][:, None], value.shape) if counted else nothing
    if engine.tables:
        found[IMPUTATION], together, complete = _imputed(engine, runs, value, level, complete)
        reason = "too few known values of {} to tell how well it is imputed"
        found[IMPUTATION] = _unknown(found[IMPUTATION], engine.unknown(), reason, engine, below)
    df = np.where(np.isfinite(complete), complete, np.nan)
    found[DATA] = _with_t(together, value, df, level, n)
    for one in list(found.values()):
        found[DATA] = _without(found[DATA], one.reason)
    return found


def spread(runs: Matrix, value: Matrix, level: float, *, all_there_is: bool = False) -> Spread:
    """Standard deviation and quantiles over runs.

    Parameters
    ----------
    runs : numpy.ndarray, shape (runs, rows, nodes)
    value : numpy.ndarray, shape (rows, nodes)
    level : float
    all_there_is : bool
        The runs are all that is possible, and not a sample of it.
    """
    ends = [(1 - level) / 2, (1 + level) / 2]
    lost = np.isnan(runs).sum(axis=0)
    reason = np.full(value.shape, None, dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # units without any score are told below
        moved = runs - value  # so that a score that does not move has an error of exactly 0
        deviation = (np.nanstd if lost.any() else np.std)(moved, axis=0, ddof=0 if all_there_is else 1)
    low, high = quantiles(runs, ends)
    for row, node in np.argwhere((lost > 0) & ~np.isnan(value)):
        reason[row, node] = f"no score in {lost[row, node]} of {len(runs)} replications"
    reason[np.isnan(value)] = "no score"
    gone = np.isnan(value)
    blank = np.full(value.shape, np.nan)
    low, high, deviation = (np.where(gone, np.nan, side) for side in (low, high, deviation))
    return Spread(deviation, low, high, blank, blank, len(runs), reason)


def quantiles(runs: npt.NDArray[np.floating], shares: Sequence[float]) -> Matrix:
    """Quantiles over the first axis of what is there; NaN where nothing is."""
    missing = np.isnan(runs)
    if not missing.any():
        return np.asarray(np.quantile(runs, shares, axis=0), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(runs, shares, axis=0), dtype=float)


def _with_t(plain: Spread, value: Matrix, df: Matrix, level: float, n: Matrix) -> Spread:
    """With intervals by Student's t around the score where the error comes from a few rows or tables."""
    from scipy.stats import t

    half = t.ppf((1 + level) / 2, np.where(np.isnan(df), 1.0, df)) * plain.se
    few = ~np.isnan(df) & ~np.isnan(plain.se)
    lo, hi = np.where(few, value - half, plain.lo), np.where(few, value + half, plain.hi)
    return Spread(plain.se, lo, hi, np.where(few, df, np.nan), n, plain.replications, plain.reason)


def _imputed(
    engine: Engine, runs: Runs, value: Matrix, level: float, complete: Matrix
) -> tuple[Spread, Spread, Matrix]:
    """Rubin's rules: the error of the imputation, that of all data, and its degrees of freedom."""
    m = engine.tables
    between = spread(runs.of(IMPUTATION), value, level)
    own, _ = rubin(np.zeros(value.shape), between.se**2, m)
    plain = Spread(np.sqrt(own), value, value, between.df, between.n, m, between.reason)
    imputed = _with_t(plain, value, np.full(value.shape, m - 1.0), level, between.n)
    together = spread(runs.of(DATA), value, level)
    table = runs.plans[DATA][:, engine.factors.index(IMPUTATION)]
    parts = [spread(runs.of(DATA)[table == one], value, level).se ** 2 for one in range(1, m + 1)]
    within = np.mean(parts, axis=0) if engine.sources else np.zeros(value.shape)
    total, df = rubin(within, between.se**2, m, complete if engine.sources else np.inf)
    data = Spread(np.sqrt(total), together.lo, together.hi, together.df, together.n, len(table), together.reason)
    return imputed, data, np.where(between.se > 0, df, complete)


def _unknown(
    one: Spread, unknown: npt.NDArray[np.bool_], reason: str, engine: Engine, below: Mapping[str, list[int]]
) -> Spread:
    """Without errors where a source says nothing of an item below the node."""
    names = engine.numbers.items
    told = np.full(one.se.shape, None, dtype=object)
    for node, items in enumerate(below.values()):
        for row in np.flatnonzero(unknown[:, items].any(axis=1)):
            found = [names[item] for item in items if unknown[row, item]]
            shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            told[row, node] = reason.format(shown)
    return _without(one, told)


def _without(one: Spread, reason: npt.NDArray[np.object_]) -> Spread:
    """Without an error where there is a reason for it, unless the reason is one of its own."""
    gone = np.asarray((reason != None) & (one.reason == None), dtype=bool)  # noqa: E711
    se, lo, hi, df = (np.where(gone, np.nan, side) for side in (one.se, one.lo, one.hi, one.df))
    return Spread(se, lo, hi, df, one.n, one.replications, np.where(gone, reason, one.reason))
