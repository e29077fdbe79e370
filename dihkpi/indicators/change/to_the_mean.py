"""Regression to the mean: the change that groups formed by their first score show without any effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.change.paired import Moments, mean_change
from dihkpi.indicators.measures import Groups, Vector


@dataclass(frozen=True)
class Formed:
    """Groups formed by the score at the earlier wave.

    Parameters
    ----------
    name : str
        What they are, such as ``band`` or ``tercile``.
    codes : tuple of str
    group : numpy.ndarray of int, shape (values,)
        Group of every value of the cells; -1 where it has none.
    """

    name: str
    codes: tuple[str, ...]
    group: Groups


def terciles(cells: Cells) -> Formed:
    """Thirds of each cell by the score at the earlier wave; equal scores fall into the same third.

    Examples
    --------
    >>> low = np.array([1.0, 2, 3, 3, 5, 6])
    >>> terciles(Cells(np.zeros(6, int), np.arange(6), low, low, 1)).group.tolist()
    [0, 0, 1, 1, 2, 2]
    """
    order = np.lexsort((cells.before, cells.cell))
    first = np.ones(len(order), bool)
    cell, before = cells.cell[order], np.round(cells.before[order], 9)
    first[1:] = (cell[1:] != cell[:-1]) | (before[1:] != before[:-1])
    starts = np.flatnonzero(first)[np.cumsum(first) - 1] if len(order) else order
    begin = np.searchsorted(cell, cell)
    group = np.empty(len(order), np.intp)
    group[order] = np.minimum(3 * (starts - begin) // np.maximum(cells.n[cell], 1), 2).astype(np.intp)
    return Formed("tercile", ("1", "2", "3"), group)


def expected_changes(moments: Moments, formed: Formed, given: Vector, few: int, minimum: int) -> Iterator[Figure]:
    """Observed change of each group, and the change expected with no effect at all.

    Expected: (1 - r) (mean of all - mean of the group) at the earlier wave, r the reliability of the definition or the
    correlation of the two waves among all pairs of the place, whose interval gives that of the expectation (Fisher's
    z). It takes the spread to be the same at both waves. Galton (1886); Barnett, van der Pols and Dobson (2005),
    *International Journal of Epidemiology* 34.

    Parameters
    ----------
    given : numpy.ndarray, shape (cells,)
        Reliability where the definition gives one, else NaN.
    few : int
        Below this number of pairs a correlation is doubtful.
    minimum : int
        Groups below it are suppressed, and so is the group that would give them away.
    """
    from dihkpi.indicators.change.disclosure import hidden_parts
    from dihkpi.indicators.change.shares import COMPLEMENT

    cells = moments.cells
    r, lo, hi = _correlation(moments, given)
    parts = [cells.only(formed.group == place) for place in range(len(formed.codes))]
    hidden = hidden_parts(np.array([part.n for part in parts]).T[:, None, :], minimum)[:, 0]
    mean = cells.means(cells.before)
    method = "(1 - r) (mean of all - mean of the group)"
    for place, (code, part) in enumerate(zip(formed.codes, parts, strict=True)):
        gap, among = mean - part.means(part.before), f"{formed.name}={code}"
        ends = np.sort([(1 - lo) * gap, (1 - hi) * gap], axis=0)
        expected = Figure.of("expected_no_effect", (1 - r) * gap, part.n, method, lo=ends[0], hi=ends[1], among=among)
        expected = expected.without(np.isnan(r), "no correlation: too few pairs or no spread")
        expected = expected.doubtful(np.isnan(given) & (cells.n < few), f"correlation of fewer than {few} pairs")
        observed = mean_change(Moments(part, moments.confidence))
        for figure in (_renamed(observed, among), expected):
            yield figure.suppressed(hidden[:, place], COMPLEMENT)


def _renamed(figure: Figure, among: str) -> Figure:
    from dataclasses import replace

    return replace(figure, among=among)


def _correlation(moments: Moments, given: Vector) -> tuple[Vector, Vector, Vector]:
    """Correlation of the waves with its interval, or the reliability that is given, which has none."""
    from scipy.stats import norm

    r, n = moments.r, moments.n
    inner = np.clip(r, -1 + 1e-12, 1 - 1e-12)
    half = np.where(n > 3, norm.ppf((1 + moments.confidence) / 2) / np.sqrt(np.maximum(n - 3, 1)), np.inf)
    known = ~np.isnan(given)
    lo, hi = (np.tanh(np.arctanh(inner) + side * half) for side in (-1, 1))
    return np.where(known, given, r), np.where(known, np.nan, lo), np.where(known, np.nan, hi)
