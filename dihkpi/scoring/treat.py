"""Step *treat*: outliers of an item are drawn in, or its scale is bent; items without outliers stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import Step
from dihkpi.scoring.faults import UnfitError

Vector = npt.NDArray[np.float64]
Bend = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Limits:
    """From where on an item is treated, and how many of its values may be winsorised."""

    skew: float
    kurtosis: float
    points: int
    always: bool = False
    power: float | None = None

    @classmethod
    def of(cls, step: Step, policy: Mapping[str, float]) -> Limits:
        """The limits of a step, those of the policy where it names none."""
        skew = float(policy["skew"]) if step.skew is None else step.skew
        kurtosis = float(policy["kurtosis"]) if step.kurtosis is None else step.kurtosis
        points = int(policy["points"]) if step.points is None else step.points
        return cls(skew, kurtosis, points, step.always, step.power)

    def exceeded(self, values: Vector) -> bool:
        """Whether the absolute skewness and the kurtosis of an item are both above the limits."""
        return abs(skewness(values)) > self.skew and kurtosis(values) > self.kurtosis

    def all_exceeded(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """The same for one item in each of many replications, shape (replications, units)."""
        there = ~np.isnan(values)
        n = there.sum(axis=-1)
        centre = np.where(there, values, 0.0).sum(axis=-1) / np.maximum(n, 1)
        around = np.where(there, values - centre[:, None], 0.0)
        m2, m3, m4 = ((around**k).sum(axis=-1) / np.maximum(n, 1) for k in (2, 3, 4))
        usable = (n > 3) & (m2 > 0)
        n, m2 = np.where(usable, n, 9), np.where(usable, m2, 1.0)
        skew = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
        kurt = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * m4 / m2**2 - 3 * (n - 1))
        if self.kurtosis < 0:  # three values have a skewness, and a kurtosis of 0
            return np.array([self.exceeded(one) for one in values], dtype=bool)
        return np.asarray(usable & (np.abs(skew) > self.skew) & (kurt > self.kurtosis))


@dataclass(frozen=True)
class Treated:
    """An item after its treatment.

    Parameters
    ----------
    values : numpy.ndarray
    bend : callable or None
        What the treatment makes of a goalpost, where it changes the scale.
    """

    values: Vector
    bend: Bend | None = None


def skewness(values: Vector) -> float:
    """Skewness of a sample (as in pandas); 0 for fewer than three values or without spread.

    Examples
    --------
    >>> round(skewness(np.array([1.0, 2.0, 9.0, np.nan])), 4)
    1.6301
    """
    x = values[~np.isnan(values)]
    n, m2 = len(x), float(x.var()) if len(x) else 0.0
    if n < 3 or m2 == 0:
        return 0.0
    return float(np.sqrt(n * (n - 1)) / (n - 2) * ((x - x.mean()) ** 3).mean() / m2**1.5)


def kurtosis(values: Vector) -> float:
    """Excess kurtosis of a sample (as in pandas); 0 for fewer than four values or without spread.

    Examples
    --------
    >>> round(kurtosis(np.array([1.0, 2.0, 3.0, 9.0])), 4)
    3.0144
    """
    x = values[~np.isnan(values)]
    n, m2 = len(x), float(x.var()) if len(x) else 0.0
    if n < 4 or m2 == 0:
        return 0.0
    fourth = ((x - x.mean()) ** 4).mean() / m2**2
    return float((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * fourth - 3 * (n - 1)))


def winsorise(values: Vector, limits: Limits) -> Treated:
    """The most extreme value becomes the next one, on the side of the skew, until the limits hold or points run out.

    Parameters
    ----------
    values : numpy.ndarray, shape (units,)
        One item, NaN where missing.
    limits : Limits
        No more than ``points`` values change: equal extremes are drawn in together, or not at all.

    Returns
    -------
    Treated

    Notes
    -----
    JRC COIN Tool: treated when absolute skewness is above 2 and kurtosis above 3.5, up to five points.

    Examples
    --------
    >>> limits = Limits(skew=2, kurtosis=3.5, points=5)
    >>> winsorise(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0]), limits).values.tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.0]
    """
    result = values.copy()
    changed = np.zeros(len(values), dtype=bool)
    while limits.always or limits.exceeded(result):
        extreme = np.nanmax(result) if skewness(result) >= 0 else np.nanmin(result)
        drawn, rest = result == extreme, result[(result != extreme) & ~np.isnan(result)]
        if not len(rest) or (changed | drawn).sum() > limits.points:
            break
        result[drawn] = rest.max() if rest.max() < extreme else rest.min()
        changed |= drawn
    return Treated(result)


def log(values: Vector, limits: Limits) -> Treated:
    """Natural logarithm, for items whose values are all above 0.

    Examples
    --------
    >>> log(np.array([1.0, np.e]), Limits(2, 3.5, 5)).values.tolist()
    [0.0, 1.0]
    """
    _positive(values)
    return _bent(values, np.log)


def log_shifted(values: Vector, limits: Limits) -> Treated:
    """Logarithm of the distance from the least value: ``log(x - min + 0.01 (max - min))``, for values of any sign.

    Notes
    -----
    The transformation of the JRC COIN Tool, as modified in COINr (``log_CT``).

    Examples
    --------
    >>> np.round(log_shifted(np.array([-100.0, 0.0]), Limits(2, 3.5, 5)).values, 4).tolist()
    [0.0, 4.6151]
    """
    low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        raise UnfitError(None, f"all values are {low:g}, so that there is nothing to transform", "leave the item out")
    return _bent(values, lambda x: np.log(x - low + 0.01 * (high - low)))


def box_cox(values: Vector, limits: Limits) -> Treated:
    """Box and Cox's power transformation ``(x^p - 1) / p``, ``log x`` for p = 0; the most likely p when none is given.

    Notes
    -----
    Box and Cox (1964), Journal of the Royal Statistical Society B 26. Values must be above 0.

    Examples
    --------
    >>> box_cox(np.array([1.0, 3.0]), Limits(2, 3.5, 5, power=2)).values.tolist()
    [0.0, 4.0]
    """
    from scipy import stats

    _positive(values)
    x = values[~np.isnan(values)]
    if limits.power is None and (len(x) < 3 or x.min() == x.max()):
        raise UnfitError(None, "too few different values to find the power of box_cox", "give it as 'power'")
    power = float(stats.boxcox_normmax(x, method="mle")) if limits.power is None else limits.power
    return _bent(values, np.log if power == 0 else lambda x: (np.power(x, power) - 1) / power)


def _positive(values: Vector) -> None:
    low = np.nanmin(values, initial=np.inf)
    if low <= 0:
        raise UnfitError(None, f"the value {low:g} has no logarithm", "use log_shifted, or winsorise")


def _bent(values: Vector, bend: Bend) -> Treated:
    return Treated(bend(values), bend)


METHODS: Mapping[str, Callable[[Vector, Limits], Treated]] = {
    "winsorise": winsorise,
    "log": log,
    "log_shifted": log_shifted,
    "box_cox": box_cox,
}
"""Methods by the name that a definition uses."""
