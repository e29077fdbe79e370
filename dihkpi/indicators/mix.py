"""How an amount is divided among its sources: shares that make 100, diversification and dependency."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.indicators import Mix
from dihkpi.indicators.measures import Amounts, Groups, Measured

if TYPE_CHECKING:
    from dihkpi.indicators.sources import Source

Vector = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


def shares(sums: Vector) -> Vector:
    """Part of each source, 0 to 1; NaN where nothing was given or an amount is negative.

    Parameters
    ----------
    sums : numpy.ndarray, shape (places, sources)

    Examples
    --------
    >>> shares(np.array([[50.0, 30, 20], [0, 0, 0]])).tolist()
    [[0.5, 0.3, 0.2], [nan, nan, nan]]
    """
    total = sums.sum(axis=1, keepdims=True)
    divisible = (total > 0) & np.all(sums >= 0, axis=1, keepdims=True)
    parts = np.full_like(sums, np.nan)
    np.divide(sums, total, out=parts, where=divisible)
    return parts


def diversification(parts: Vector) -> Vector:
    """1 - sum of squared shares: 0 for one source, 1 - 1/k for k equal ones (Gini-Simpson; 1 - Herfindahl)."""
    result: Vector = 1 - (parts**2).sum(axis=1)
    return result


def dependency(parts: Vector) -> Vector:
    """The largest share in per cent."""
    result: Vector = 100 * parts.max(axis=1, initial=-np.inf) if parts.shape[1] else np.full(len(parts), np.nan)
    return result


def mix_measure(mix: Mix, source: Source) -> Callable[[Rows, Groups, int], Measured]:
    """The figure of every group: 100 for shares, which have their parts as breakdowns."""
    amounts, codes, labels = _sources(mix, source)

    def measured(rows: Rows, groups: Groups, size: int) -> Measured:
        parts, n = _parts(amounts, codes, len(labels), rows, groups, size)
        if mix.give == "diversification":
            return Measured.exact(diversification(parts), n)
        value = dependency(parts) if mix.give == "dependency" else 100 * parts.sum(axis=1)
        return Measured.exact(value, n)

    return measured


def share_parts(mix: Mix, source: Source, rows: Rows, groups: Groups, size: int) -> tuple[Vector, Vector, list[str]]:
    """Per cent of every source in every group, the rows of each group, and the sources."""
    amounts, codes, labels = _sources(mix, source)
    parts, n = _parts(amounts, codes, len(labels), rows, groups, size)
    return 100 * parts, n, labels


def _sources(mix: Mix, source: Source) -> tuple[Amounts, npt.NDArray[np.intp], list[str]]:
    import pandas as pd

    codes, labels = pd.factorize(source.frame[mix.by].to_numpy(dtype=object), sort=True)
    return Amounts.of(source.values(mix.of)), codes, [str(label) for label in labels]


def _parts(
    amounts: Amounts, codes: npt.NDArray[np.intp], width: int, rows: Rows, groups: Groups, size: int
) -> tuple[Vector, Vector]:
    """Shares of the sources in every group and the rows they rest on; rows without source or amount are left out."""
    there = (codes[rows] >= 0) & amounts.there[rows]
    kept, place = rows[there], groups[there]
    sums = amounts[kept].sums(place * width + codes[kept], size * width).reshape(size, width)
    return shares(sums), np.bincount(place, minlength=size).astype(float)
