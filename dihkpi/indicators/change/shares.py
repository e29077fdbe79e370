"""Shares of the pairs that improved, moved beyond their error, or changed their band, with Wilson's interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from dihkpi.indicators.change.cells import TIES, Cells
from dihkpi.indicators.change.disclosure import hidden_parts
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.change.paired import Moments
from dihkpi.indicators.intervals import share_interval
from dihkpi.indicators.measures import Groups, Vector

WILSON = "Wilson"
COMPLEMENT = "fewer than the disclosure limit in this part, or it would give such a part away"


def outcome_shares(moments: Moments, limit: Vector, minimum: int) -> Iterator[Figure]:
    """Per cent improved, unchanged and worse by a smallest change that matters.

    Parameters
    ----------
    limit : numpy.ndarray, shape (cells,)
        Smallest change that counts: reached, it is an improvement; half a scale's noise is not.
    minimum : int
        Parts with fewer pairs are suppressed, and so is what would give them away.
    """
    cells = moments.cells
    change, least = np.round(cells.change, TIES), np.round(limit, TIES)[cells.cell]
    kinds = {"improved": change >= least, "worse": change <= -least}
    yield from three_parts(cells, kinds, "unchanged", ("", "", ""), moments.confidence, minimum)


def three_parts(
    cells: Cells, kinds: Mapping[str, np.ndarray], rest: str, about: tuple[str, str, str], confidence: float,
    minimum: int,
) -> Iterator[Figure]:  # fmt: skip
    """Shares of two kinds of pairs and of the rest; ``about`` is prefix of the names, method and reason."""
    hits = [cells.sums(kind.astype(float)) for kind in kinds.values()]
    counts = np.array([hits[0], cells.n - hits[0] - hits[1], hits[1]])
    hidden = hidden_parts(counts.T[:, None, :], minimum)[:, 0, :]
    prefix, method, reason = about
    names = list(kinds)
    for place, name in enumerate((names[0], rest, names[1])):
        value, lo, hi = share_interval(counts[place], cells.n, confidence)
        figure = Figure.of(prefix + name, value, cells.n, (method + ", " if method else "") + WILSON, lo=lo, hi=hi)
        if reason:
            figure = figure.doubtful(np.ones(cells.size, bool), reason)
        yield figure.suppressed(hidden[:, place], COMPLEMENT)


def reliable_change(cells: Cells, reliability: Vector, sd: Vector) -> Vector:
    """Reliable change index of every pair: change / (s0 sqrt(2 (1 - r))); NaN where r or s0 is not fit for it.

    Jacobson and Truax (1991), *Journal of Consulting and Clinical Psychology* 59(1).

    Parameters
    ----------
    reliability, sd : numpy.ndarray, shape (cells,)
        Reliability of the score, and its standard deviation at the earlier wave.
    """
    return np.asarray(cells.change / error_of_a_change(reliability, sd)[cells.cell])


def error_of_a_change(reliability: Vector, sd: Vector) -> Vector:
    """Standard error of the change of one respondent, s0 sqrt(2 (1 - r)); NaN where r or s0 is not fit for it.

    Examples
    --------
    >>> error_of_a_change(np.array([0.8]), np.array([7.5])).round(2).tolist()
    [4.74]
    """
    fit = (reliability > 0) & (reliability < 1) & (sd > 0)
    return np.asarray(np.where(fit, sd * np.sqrt(2 * (1 - np.where(fit, reliability, 0))), np.nan))


def reliable_shares(moments: Moments, given: Vector, minimum: int) -> Iterator[Figure]:
    """Per cent whose change is larger than the error of their two scores.

    Parameters
    ----------
    given : numpy.ndarray, shape (cells,)
        Reliability where the definition gives one; NaN takes the correlation of the two waves.
    """
    from scipy.stats import norm

    cells = moments.cells
    reliability = np.where(np.isnan(given), moments.r, given)
    index = reliable_change(cells, reliability, moments.sds[0])
    with_error = cells.only(~np.isnan(index))
    index, limit = index[~np.isnan(index)], norm.ppf((1 + moments.confidence) / 2)
    kinds = {"improved": index > limit, "worse": index < -limit}
    method = "reliable change index"
    for figure in three_parts(with_error, kinds, "unchanged", ("reliably_", method, ""), moments.confidence, minimum):
        figure = figure.without((with_error.n == 0) & (cells.n > 0), "no spread or no positive reliability: no error")
        yield figure.doubtful(np.isnan(given), "reliability is the correlation of the two waves")


def transitions(
    cells: Cells, bands: tuple[Groups, Groups], codes: tuple[str, ...], confidence: float, minimum: int
) -> Iterator[Figure]:
    """Band at the later wave of those who were in a band at the earlier one, in per cent, as a matrix.

    Parameters
    ----------
    bands : pair of numpy.ndarray of int, shape (values,)
        Band of every value at the earlier and at the later wave, -1 where there is none.
    codes : tuple of str
        Codes of the bands, lowest first.
    minimum : int
        Parts of a row or column with fewer pairs are suppressed, and so is what would give them away.
    """
    width = len(codes)
    there = (bands[0] >= 0) & (bands[1] >= 0)
    key = (cells.cell[there] * width + bands[0][there]) * width + bands[1][there]
    counts = np.bincount(key, minlength=cells.size * width * width).reshape(cells.size, width, width).astype(float)
    hidden = hidden_parts(counts, minimum)
    for start, origin in enumerate(codes):
        n = counts[:, start].sum(axis=1)
        for end, target in enumerate(codes):
            value, lo, hi = share_interval(counts[:, start, end], n, confidence)
            nobody = "nobody in this band at the earlier wave"
            figure = Figure.of(f"to_{target}", value, n, WILSON, lo=lo, hi=hi, among=f"band={origin}", nothing=nobody)
            yield figure.suppressed(hidden[:, start, end], COMPLEMENT)
