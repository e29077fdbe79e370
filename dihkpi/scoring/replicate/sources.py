"""Errors of the data of a composite: where they come from, and draws of what the numbers could have been as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.scoring import Scoring
from dihkpi.scoring.values import Numbers, Repeated

Matrix = npt.NDArray[np.float64]
Take = Callable[[int], Matrix]
"""The next so many draws of a stream, as differences from the numbers, shape (draws, rows, items)."""


@dataclass(frozen=True)
class Source:
    """One source of errors that come with the numbers.

    Parameters
    ----------
    name : str
        As in the column ``source`` of the table of uncertainty.
    open : callable
        Seed and side of a pair (0 or 1) -> stream of draws, the same in whatever blocks they are taken.
    n : numpy.ndarray, shape (rows,)
        Rows or clusters that the error of a unit comes from, NaN where the source has no such number.
    unknown : numpy.ndarray of bool, shape (rows, items)
        Cells that the source says nothing about although it should.
    reason : str
        Why, with a place for the item.
    """

    name: str
    open: Callable[[int, int], Take]
    n: npt.NDArray[np.float64]
    unknown: npt.NDArray[np.bool_]
    reason: str


def sources_of(numbers: Numbers, scoring: Scoring) -> list[Source]:
    """All sources that the definition declares, but imputation."""
    found = []
    if any(item.error for item in scoring.items.values()):
        found.append(_input(numbers))
    if scoring.repeats and numbers.repeated:
        found.append(_repeats(numbers, numbers.repeated, scoring.repeats.source))
    return found


def generator(seed: int, *words: str | int) -> np.random.Generator:
    """A generator of its own for each purpose, so that one more source does not move the draws of the others."""
    return np.random.default_rng([seed, *(crc32(word.encode()) if isinstance(word, str) else word for word in words)])


def _input(numbers: Numbers) -> Source:
    """Normal errors, independent of each other, with the standard errors that came with the numbers."""
    errors = numbers.errors
    rows, items = np.nonzero(errors > 0)

    def open_(seed: int, side: int) -> Take:
        rng = generator(seed, "input", side)

        def take(count: int) -> Matrix:
            drawn = np.zeros((count, *errors.shape))
            drawn[:, rows, items] = rng.standard_normal((count, len(rows))) * errors[rows, items]
            return drawn

        return take

    return Source("input", open_, np.full(len(errors), np.nan), np.isnan(errors), "{} has no standard error")


def _repeats(numbers: Numbers, repeated: Repeated, name: str) -> Source:
    """Means of rows, or of whole clusters, drawn anew within each unit.

    One less is drawn than there are (Rao and Wu 1988, Journal of the American Statistical Association 83), so that the
    variance of the drawn means is ``s^2 / n`` and not ``(n - 1) / n`` of it, which matters for a handful of rows.
    """
    sums, counts, of = _clusters(repeated)
    n = np.bincount(of, minlength=len(numbers.unit))
    first = np.r_[0, np.cumsum(n)[:-1]]
    sizes = [int(size) for size in np.unique(n) if size > 1]
    units = {size: np.flatnonzero(n == size) for size in sizes}
    places = {size: first[units[size]][:, None] + np.arange(size) for size in sizes}

    def open_(seed: int, side: int) -> Take:
        streams = {size: generator(seed, name, side, size) for size in sizes}

        def take(count: int) -> Matrix:
            drawn = np.zeros((count, *numbers.matrix.shape))
            for size in sizes:
                times = streams[size].multinomial(size - 1, np.full(size, 1 / size), size=(count, len(units[size])))
                weights = times.transpose(1, 0, 2).astype(float)
                base = weights @ counts[places[size]]
                with np.errstate(invalid="ignore"):  # nobody drawn has a value: none in this replication
                    means = (weights @ sums[places[size]]) / np.where(base > 0, base, np.nan)
                drawn[:, units[size]] = means.transpose(1, 0, 2) - numbers.matrix[units[size]]
            return drawn

        return take

    known = np.zeros(numbers.matrix.shape)
    np.add.at(known, of, counts > 0)
    return Source(name, open_, n.astype(float), known == 1, "one row alone has {}, which tells nothing of its error")


def _clusters(repeated: Repeated) -> tuple[Matrix, Matrix, npt.NDArray[np.intp]]:
    """Sums and counts of the values of each cluster, and the row of the numbers that it belongs to, rising."""
    pairs, of = np.unique(np.column_stack([repeated.of, repeated.cluster]), axis=0, return_inverse=True)
    there = ~np.isnan(repeated.matrix)
    sums, counts = np.zeros((2, len(pairs), repeated.matrix.shape[1]))
    np.add.at(sums, of.ravel(), np.where(there, repeated.matrix, 0.0))
    np.add.at(counts, of.ravel(), there)
    return sums, counts, pairs[:, 0].astype(np.intp)
