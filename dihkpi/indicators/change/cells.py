"""Pairs sorted into cells (a place at a node), so that every statistic is computed for all cells at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.measures import Groups, Vector

Matrix = npt.NDArray[np.float64]
TIES = 9
"""Decimals to which changes are rounded before they are compared with each other, with zero, or with a limit."""


@dataclass(frozen=True)
class Cells:
    """Values of pairs, sorted by cell and in a cell by pair.

    Parameters
    ----------
    cell, pair : numpy.ndarray of int, shape (values,)
        Cell of every value, and the pair it belongs to.
    before, after : numpy.ndarray
        Scores at the earlier and at the later wave.
    size : int
        Number of cells.
    """

    cell: Groups
    pair: Groups
    before: Vector
    after: Vector
    size: int

    @classmethod
    def of(cls, groups: Groups, before: Matrix, after: Matrix, places: int) -> Cells:
        """Cells ``place * nodes + node`` of pairs; who has no place (-1) or lacks a score is in none.

        Parameters
        ----------
        groups : numpy.ndarray of int, shape (pairs,)
            Place of each pair.
        before, after : numpy.ndarray, shape (pairs, nodes)
            Scores; the order of the pairs decides what is drawn, so sort them first.
        places : int
            Number of places.
        """
        width = before.shape[1]
        pair, node = np.nonzero(~(np.isnan(before) | np.isnan(after)) & (groups >= 0)[:, None])
        cell = groups[pair] * width + node
        order = np.argsort(cell, kind="stable")
        pair, node = pair[order], node[order]
        return cls(cell[order], pair, before[pair, node], after[pair, node], places * width)

    @cached_property
    def change(self) -> Vector:
        """Later minus earlier."""
        return self.after - self.before

    @cached_property
    def n(self) -> Vector:
        """Pairs of each cell."""
        return np.bincount(self.cell, minlength=self.size).astype(float)

    def sums(self, values: Vector) -> Vector:
        """Sum over each cell."""
        return np.bincount(self.cell, weights=values, minlength=self.size).astype(float)

    def means(self, values: Vector) -> Vector:
        """Mean over each cell; NaN where there is nothing."""
        return np.asarray(np.where(self.n > 0, self.sums(values) / np.maximum(self.n, 1), np.nan))

    def spread(self, values: Vector) -> Vector:
        """Standard deviation (n - 1) over each cell; NaN below two values, and exactly 0 where all are equal."""
        centred = values - self.means(values)[self.cell]
        squares = np.where(self.ranges(values) > 10.0**-TIES, self.sums(centred**2), 0.0)
        return np.asarray(np.where(self.n > 1, np.sqrt(squares / np.maximum(self.n - 1, 1)), np.nan))

    def ranges(self, values: Vector) -> Vector:
        """Highest less lowest value of each cell; 0 where there is nothing."""
        low, high = np.full(self.size, np.inf), np.full(self.size, -np.inf)
        np.minimum.at(low, self.cell, values)
        np.maximum.at(high, self.cell, values)
        return np.asarray(np.where(self.n > 0, high - np.where(self.n > 0, low, 0), 0))

    def only(self, kept: npt.NDArray[np.bool_]) -> Cells:
        """The cells with some of their values."""
        return Cells(self.cell[kept], self.pair[kept], self.before[kept], self.after[kept], self.size)

    def clusters(self, codes: Groups | None, weight: Vector | None = None) -> tuple[Groups, Vector, Vector]:
        """Cell, sum of changes and number of pairs (or sum of weights) of each cluster in each cell.

        Parameters
        ----------
        codes : numpy.ndarray of int, shape (pairs,), optional
            Cluster of each pair; each is one of its own when not given.
        weight : numpy.ndarray, shape (pairs,), optional
            Weight of each pair.
        """
        w = np.ones(len(self.pair)) if weight is None else weight[self.pair]
        if codes is None:
            return self.cell, w * self.change, w
        width = int(codes.max(initial=0)) + 1
        keys, at = np.unique(self.cell * width + codes[self.pair], return_inverse=True)
        total: Vector = np.bincount(at, weights=w * self.change).astype(float)
        return np.asarray(keys // width), total, np.bincount(at, weights=w).astype(float)


def batches(cell: Groups, size: int) -> Iterator[tuple[int, Groups, Groups]]:
    """Cells of the same number of values together: a loop over numbers, never over cells.

    Yields
    ------
    n : int
        Values per cell, 1 or more.
    cells : numpy.ndarray of int, shape (cells,)
    rows : numpy.ndarray of int, shape (cells, n)
        Positions of their values in the sorted array ``cell``.

    Examples
    --------
    >>> [(n, cells.tolist(), rows.tolist()) for n, cells, rows in batches(np.array([0, 0, 2, 3, 3]), 4)]
    [(1, [2], [[2]]), (2, [0, 3], [[0, 1], [3, 4]])]
    """
    counts = np.bincount(cell, minlength=size)
    starts = np.cumsum(counts) - counts
    for n in np.unique(counts[counts > 0]):
        cells = np.flatnonzero(counts == n)
        yield int(n), cells, starts[cells][:, None] + np.arange(n)
