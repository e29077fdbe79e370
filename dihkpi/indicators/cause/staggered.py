"""Supports that start at different times: effects by group and period, against those that have not started yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import NAN, Effect, NoEstimateError, Vector, no_effect, t_effect

Blocks = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Staggered:
    """Mean effect on the supported, by time since the start, and by start and period."""

    after: Effect
    lags: tuple[Effect, ...]
    cells: tuple[Effect, ...]


def staggered(
    y: Vector,
    units: npt.ArrayLike,
    periods: npt.NDArray[np.intp],
    start: Vector,
    level: float,
    *,
    clusters: npt.ArrayLike | None = None,
) -> Staggered:
    """Group-time effects: change since the period before the start, less that of units not supported by then.

    ``ATT(g, t) = mean(Y_t - Y_(g-1) | start g) - mean(Y_t - Y_(g-1) | not started by t)``. The mean over all cells
    after the start weighs each by its units. Standard errors leave out one cluster at a time (jackknife, t(G - 1)).

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

    Notes
    -----
    Callaway and Sant'Anna (2021), Journal of Econometrics 225, without covariates.
    """
    try:
        wide, begin, group = _wide(y, units, periods, start, clusters)
        cells, sums = _cells(wide, begin, group)
    except NoEstimateError as fault:
        return Staggered(no_effect("after", str(fault)), (), ())
    n, size = len(wide), sums.shape[1]
    common: dict[str, Any] = {
        "n": n,
        "clusters": size,
        "method": "group-time effects, not yet supported as comparison, jackknife",
    }

    def summary(term: str, chosen: list[int]) -> Effect:
        part = sums[chosen]
        estimate = float(_mean(part.sum(axis=1, keepdims=True))[0])
        left_out = _mean(part.sum(axis=1, keepdims=True) - part)
        if not np.isfinite(left_out).all():
            return Effect(term, estimate, **common).warned("rests on one cluster: no standard error")
        se = float(np.sqrt((size - 1) / size * ((left_out - left_out.mean()) ** 2).sum()))
        return t_effect(term, estimate, se, size - 1, level, **common)

    late = [number for number, (g, t) in enumerate(cells) if t >= g]
    if not late:
        return Staggered(no_effect("after", "no start has a comparison that is not yet supported", n=n), (), ())
    steps = sorted({t - g for g, t in cells})
    lags = [
        summary(f"lag {step}" if step >= 0 else f"lead {-step}", [i for i, (g, t) in enumerate(cells) if t - g == step])
        for step in steps
    ]
    each = [summary(f"start {g} period {t}", [number]) for number, (g, t) in enumerate(cells)]
    return Staggered(summary("after", late), tuple(lags), tuple(each))


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


def _cells(wide: Vector, begin: Vector, group: npt.NDArray[np.intp]) -> tuple[list[tuple[int, int]], Blocks]:
    """Starts and periods with a comparison, and per cell and cluster: sum and number of supported and of comparison."""
    size = int(group.max()) + 1
    cells, blocks = [], []
    for g in sorted({int(start) for start in begin[np.isfinite(begin)] if start >= 1}):
        if g > wide.shape[1]:
            continue
        base = wide[:, g - 1]
        for t in range(wide.shape[1]):
            if t == g - 1:
                continue
            change = wide[:, t] - base
            told = np.isfinite(change)
            mine = told & (begin == g)
            others = told & (begin > max(t, g - 1)) & (begin != g)
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
