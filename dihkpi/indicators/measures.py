"""What can be measured of grouped rows: counts, distinct things, sums, ratios, shares, means. All groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.intervals import mean_interval, share_interval

Vector = npt.NDArray[np.float64]
Groups = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Contributors:
    """Who makes up the sums of groups, in absolute amounts.

    Parameters
    ----------
    units : numpy.ndarray, shape (groups,)
        How many contribute anything.
    total, largest, top, second : numpy.ndarray
        All amounts, the largest one, the largest few together, and the second largest.
    """

    units: Vector
    total: Vector
    largest: Vector
    top: Vector
    second: Vector


@dataclass(frozen=True)
class Measured:
    """A figure of every group with its interval and base.

    Parameters
    ----------
    value, lo, hi : numpy.ndarray, shape (groups,)
    n : numpy.ndarray
        Rows, things or respondents the figure rests on.
    contributors : Contributors or None
        Who makes up a sum, where that is looked at.
    """

    value: Vector
    lo: Vector
    hi: Vector
    n: Vector
    contributors: Contributors | None = None

    @classmethod
    def exact(cls, value: Vector, n: Vector) -> Measured:
        """A figure that counts everything there is, so that it has no interval."""
        none = np.full(len(value), np.nan)
        return cls(value, none, none, n)


def _sums(groups: Groups, values: Vector, size: int) -> Vector:
    return np.bincount(groups, weights=values, minlength=size).astype(float)


CENTS = 100
_EXACT = 2.0**53


@dataclass(frozen=True)
class Amounts:
    """Amounts as whole numbers of a small part of their unit, so that they add up exactly in any order.

    Parameters
    ----------
    parts : numpy.ndarray, shape (rows,)
        Amounts times ``scale``; NaN where missing.
    scale : int
        100 where all amounts are whole cents, else 1.
    """

    parts: Vector
    scale: int

    @classmethod
    def of(cls, values: Vector) -> Amounts:
        """Whole cents where every amount is one to the error of a double, and as they are otherwise.

        Examples
        --------
        >>> Amounts.of(np.array([0.1, 0.2, 1128186.17])).parts.tolist()
        [10.0, 20.0, 112818617.0]
        >>> Amounts.of(np.array([1 / 3])).scale
        1
        """
        with np.errstate(invalid="ignore", over="ignore"):
            cents = np.rint(values * CENTS)
            same = np.abs(cents / CENTS - values) <= np.spacing(np.abs(values))
        whole = bool((same | np.isnan(values)).all())
        return cls(cents, CENTS) if whole else cls(values, 1)

    def __getitem__(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Amounts:
        """The amounts of some rows."""
        return Amounts(self.parts[rows], self.scale)

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """Which amounts are not missing."""
        return ~np.isnan(self.parts)

    def sums(self, groups: Groups, size: int) -> Vector:
        """Sum of those that are there per group: exact for cents, and rounded once to a double."""
        kept, parts = groups[self.there], self.parts[self.there]
        if self.scale == 1 or np.abs(parts).sum() < _EXACT:
            return _sums(kept, parts, size) / self.scale
        totals = [0] * size  # beyond 90 billion thousands of euros in cents doubles are no whole numbers any more
        for group, part in zip(kept.tolist(), parts.tolist(), strict=True):
            totals[group] += int(part)
        return np.array([total / self.scale for total in totals])


def count(groups: Groups, size: int) -> Measured:
    """Rows per group."""
    n = np.bincount(groups, minlength=size).astype(float)
    return Measured.exact(n, n)


def distinct(groups: Groups, things: Groups, size: int) -> Measured:
    """Different things per group; a negative thing is missing.

    Examples
    --------
    >>> distinct(np.array([0, 0, 1]), np.array([5, 5, 5]), 2).value.tolist()
    [1.0, 1.0]
    """
    there = things >= 0
    width = int(things.max(initial=0)) + 1
    pairs = np.unique(groups[there].astype(np.int64) * width + things[there])
    n = np.bincount(pairs // width, minlength=size).astype(float)
    return Measured.exact(n, n)


def total(groups: Groups, amounts: Amounts, size: int) -> Measured:
    """Sum of the amounts that are there, exact where they are whole cents; the base is their number."""
    sums = amounts.sums(groups, size)
    n = np.bincount(groups[amounts.there], minlength=size).astype(float)
    return Measured.exact(sums if amounts.scale == CENTS else np.round(sums, 2), n)


def contributors(groups: Groups, values: Vector, things: Groups, size: int, top: int) -> Contributors:
    """Who makes up the sum of each group; rows without a thing (negative) count each for itself.

    Examples
    --------
    One gives 60 and 30, another 10.

    >>> who = contributors(np.array([0, 0, 0]), np.array([60.0, 30.0, 10.0]), np.array([0, 0, 1]), 1, top=1)
    >>> who.units.tolist(), who.top.tolist(), who.second.tolist()
    ([2.0], [90.0], [10.0])
    """
    there = ~np.isnan(values) & (values != 0)
    groups, amounts, things = groups[there], values[there], things[there]
    nobody = things < 0
    things = np.where(nobody, int(things.max(initial=-1)) + 1 + np.arange(len(things)), things)
    width = int(things.max(initial=0)) + 1
    pairs, member = np.unique(groups.astype(np.int64) * width + things, return_inverse=True)
    sums = np.abs(np.bincount(member, weights=amounts, minlength=len(pairs)))
    order = np.lexsort((-sums, pairs // width))
    group, sums = (pairs // width)[order], sums[order]
    units = np.bincount(group, minlength=size)
    place = np.arange(len(group)) - (np.cumsum(units) - units)[group]

    def of(chosen: npt.NDArray[np.bool_]) -> Vector:
        return _sums(group[chosen], sums[chosen], size)

    return Contributors(units.astype(float), of(place >= 0), of(place == 0), of(place < top), of(place == 1))


def ratio(groups: Groups, of: Amounts, to: Amounts, size: int, scale: float, together: bool = True) -> Measured:
    """Sum of numerators over sum of denominators, over the rows that have both, or each over those that have it."""
    there = of.there & to.there if together else to.there
    upper = there if together else np.ones(len(groups), dtype=bool)
    above, below = of[upper].sums(groups[upper], size), to[there].sums(groups[there], size)
    value = np.divide(scale * above, below, out=np.full(size, np.nan), where=below > 0)
    return Measured.exact(value, np.bincount(groups[there], minlength=size).astype(float))


def share(groups: Groups, holds: Vector, size: int, level: float) -> Measured:
    """Per cent of the rows for which a condition holds, of those for which it is known (1, 0 or NaN)."""
    there = ~np.isnan(holds)
    n = np.bincount(groups[there], minlength=size).astype(float)
    value, lo, hi = share_interval(_sums(groups[there], holds[there], size), n, level)
    return Measured(value, lo, hi, n)


def mean(groups: Groups, values: Vector, size: int, level: float) -> Measured:
    """Mean with Student's t interval.

    Values are centred before they are squared, so that a small spread around a large mean is not lost; each group by
    itself, so that its figures are the same to the last bit whatever the other groups hold.
    """
    there = ~np.isnan(values)
    chosen, kept = groups[there], values[there]
    n = np.bincount(chosen, minlength=size).astype(float)
    centre = _sums(chosen, kept, size) / np.maximum(n, 1)
    centred = kept - centre[chosen]
    value, lo, hi = mean_interval(_sums(chosen, centred, size), _sums(chosen, centred**2, size), n, level)
    return Measured(value + centre, lo + centre, hi + centre, n)
