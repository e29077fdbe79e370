"""Supports that start at different times: effects by group and period, against those that have not started yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import NAN, Effect, NoEstimateError, Vector, no_effect, t_effect

Blocks = npt.NDArray[np.float64]


Comparison = Literal["not_yet", "never"]
Base = Literal["start", "previous"]


@dataclass(frozen=True)
class Staggered:
    """Mean effect on the supported, by time since the start, and by start and period.

    Attributes
    ----------
    after : Effect
        Mean over all starts and periods after them, each weighted by its units.
    lags : tuple of Effect
        By time since the start (``lag 0``, …), and before it (``lead 1``, …).
    cells : tuple of Effect
        By start and period.
    averages : tuple of Effect
        Other means of what comes after the start: ``mean of starts`` (each by its units), ``mean of lags`` and
        ``mean of periods`` (each counts the same).
    """

    after: Effect
    lags: tuple[Effect, ...]
    cells: tuple[Effect, ...]
    averages: tuple[Effect, ...] = ()


def staggered(
    y: Vector,
    units: npt.ArrayLike,
    periods: npt.NDArray[np.intp],
    start: Vector,
    level: float,
    *,
    clusters: npt.ArrayLike | None = None,
    comparison: Comparison = "not_yet",
    base: Base = "start",
) -> Staggered:
    """Group-time effects: change since the period before the start, less that of units not supported by then.

    ``ATT(g, t) = mean(Y_t - Y_(g-1) | start g) - mean(Y_t - Y_(g-1) | not started by t)``. Standard errors leave out
    one cluster at a time (jackknife, t(G - 1)).

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        One row per unit and period.
    units : array-like
    periods : numpy.ndarray of int
        Places of the periods in their order.
    start : numpy.ndarray of float
        Place of the first supported period, missing for never; the same in all rows of a unit.
    level : float
    clusters : array-like, optional
        The units by themselves when not given.
    comparison : {"not_yet", "never"}
        Units that are not supported by then, or only those that never are.
    base : {"start", "previous"}
        What periods before the start are compared with: the one just before the start, or each with the one before
        itself. The R package did prints the latter, with ``never``.

    Notes
    -----
    Callaway and Sant'Anna (2021), Journal of Econometrics 225, without covariates.
    """
    try:
        wide, begin, group = _wide(y, units, periods, start, clusters)
        cells, sums = _cells(wide, begin, group, comparison, base)
    except NoEstimateError as fault:
        return Staggered(no_effect("after", str(fault)), (), ())
    late = [number for number, (g, t) in enumerate(cells) if t >= g]
    if not late:
        none = no_effect("after", "no start has a comparison that is not yet supported", n=len(wide))
        return Staggered(none, (), ())
    against = "not yet supported" if comparison == "not_yet" else "never supported"
    method = f"group-time effects, {against} as comparison, jackknife"

    def summary(term: str, parts: list[list[int]], *, by_units: bool = False) -> Effect:
        return _jackknifed(term, sums, parts, level, by_units=by_units, n=len(wide), method=method)

    def together(chosen: list[int], keys: list[int]) -> list[list[int]]:
        return [[i for i in chosen if keys[i] == key] for key in sorted({keys[i] for i in chosen})]

    since, starts, when = [t - g for g, t in cells], [g for g, _ in cells], [t for _, t in cells]
    named = {step: f"lag {step}" if step >= 0 else f"lead {-step}" for step in since}
    return Staggered(
        summary("after", [late]),
        tuple(summary(named[since[part[0]]], [part]) for part in together(list(range(len(cells))), since)),
        tuple(summary(f"start {g} period {t}", [[number]]) for number, (g, t) in enumerate(cells)),
        (
            summary("mean of starts", together(late, starts), by_units=True),
            summary("mean of lags", together(late, since)),
            summary("mean of periods", together(late, when)),
        ),
    )


def _jackknifed(
    term: str, sums: Blocks, parts: list[list[int]], level: float, *, by_units: bool, **about: int | str
) -> Effect:
    """Mean of the means of parts of the cells, and its error by leaving out one cluster at a time."""
    size = sums.shape[1]
    whole = sums.sum(axis=1, keepdims=True)
    estimate, left_out = (_mean_of_parts(blocks, parts, by_units=by_units) for blocks in (whole, whole - sums))
    if not np.isfinite(left_out).all():
        none = Effect(term, float(estimate[0]), clusters=size, **about)  # type: ignore[arg-type]
        return none.warned("rests on one cluster: no standard error")
    se = float(np.sqrt((size - 1) / size * ((left_out - left_out.mean()) ** 2).sum()))
    return t_effect(term, float(estimate[0]), se, size - 1, level, clusters=size, **about)


def _mean_of_parts(blocks: Blocks, parts: list[list[int]], *, by_units: bool) -> Vector:
    """Each part counts the same, or by its units (and not at all without any)."""
    means = np.stack([_mean(blocks[part]) for part in parts])
    if not by_units:
        return np.asarray(means.mean(axis=0))
    weights = np.stack([blocks[part][..., 1].mean(axis=0) for part in parts])
    total = weights.sum(axis=0)
    values = np.where(weights > 0, means * weights, 0.0).sum(axis=0)
    return np.asarray(np.divide(values, total, out=np.full(total.shape, NAN), where=total > 0))


def _wide(
    y: Vector,
    units: npt.ArrayLike,
    periods: npt.NDArray[np.intp],
    start: Vector,
    clusters: npt.ArrayLike | None,
) -> tuple[Vector, Vector, npt.NDArray[np.intp]]:
    """Units x periods, the start of each unit (infinite for never) and its cluster."""
    import pandas as pd

    codes, names = pd.factorize(np.asarray(units, object), sort=True)
    rows = pd.DataFrame({"unit": codes, "period": periods, "y": y, "start": np.where(np.isnan(start), np.inf, start)})
    rows["cluster"] = codes if clusters is None else pd.factorize(np.asarray(clusters, object), sort=True)[0]
    if rows.duplicated(["unit", "period"]).any():
        raise NoEstimateError("a unit has two rows in one period")
    each = rows.groupby("unit")
    if (each["start"].nunique() > 1).any() or (each["cluster"].nunique() > 1).any():
        raise NoEstimateError("a unit has two starts or belongs to two clusters")
    wide = np.full((len(names), int(rows["period"].max()) + 1), NAN)
    wide[rows["unit"], rows["period"]] = rows["y"]
    first = each[["start", "cluster"]].first()
    known = first["cluster"].to_numpy() >= 0
    group = np.unique(first["cluster"].to_numpy()[known], return_inverse=True)[1]
    if group.max(initial=0) < 1:
        raise NoEstimateError("a single cluster tells nothing about the spread between clusters")
    return wide[known], first["start"].to_numpy()[known], np.asarray(group, np.intp)


def _cells(
    wide: Vector, begin: Vector, group: npt.NDArray[np.intp], comparison: Comparison, base: Base
) -> tuple[list[tuple[int, int]], Blocks]:
    """Starts and periods with a comparison, and per cell and cluster: sum and number of supported and of comparison."""
    size = int(group.max()) + 1
    cells, blocks = [], []
    for g in sorted({int(start) for start in begin[np.isfinite(begin)] if start >= 1}):
        if g > wide.shape[1]:
            continue
        for t in range(wide.shape[1]):
            since = t - 1 if base == "previous" and t < g else g - 1
            if since in (t, -1):
                continue
            change = wide[:, t] - wide[:, since]
            told = np.isfinite(change)
            mine = told & (begin == g)
            others = told & (np.isinf(begin) if comparison == "never" else (begin > max(t, g - 1)) & (begin != g))
            if mine.any() and others.any():
                filled = np.where(told, change, 0.0)
                parts = (mine * filled, mine, others * filled, others)
                blocks.append(np.column_stack([np.bincount(group, np.asarray(part, float), size) for part in parts]))
                cells.append((g, t))
    if not cells:
        raise NoEstimateError("no unit starts after the first period with a comparison that has not started")
    return cells, np.stack(blocks)


def _mean(sums: Blocks) -> Vector:
    """Mean over cells of the effects, weighted by supported units; cells without any count for nothing."""
    effect = np.divide(sums[..., 0], sums[..., 1], out=np.zeros(sums.shape[:2]), where=sums[..., 1] > 0)
    other = np.divide(sums[..., 2], sums[..., 3], out=np.full(sums.shape[:2], NAN), where=sums[..., 3] > 0)
    weight = sums[..., 1]
    values = np.where(weight > 0, (effect - other) * weight, 0.0).sum(axis=0)
    total = weight.sum(axis=0)
    return np.asarray(np.divide(values, total, out=np.full(total.shape, NAN), where=total > 0))
