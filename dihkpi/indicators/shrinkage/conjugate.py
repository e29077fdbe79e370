"""Shares and counts of small units: beta-binomial and gamma-Poisson.

Both are one model: a prior of mean m that weighs as much as K cases (or units of exposure), so that the posterior mean
is (1 - B) raw + B m with B = K / (K + n). Morris (1983), JASA 78.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.shrinkage.result import ALIKE, Shrunken, too_few, unfitted

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
GRID = (5e-3, 1e4, 160)
"""Strengths of the prior that are looked at: least and greatest, in those of a typical unit's n, and how many, evenly
on the scale of the logarithm."""
WEAKEST = 0.05
"""Least strength of all, where units are large. Far weaker priors would say of a unit without cases that it is at 0."""
NO_TOP = 1e-5
"""Gain in the logarithm of the likelihood that is no more than rounding beside a prior without end."""
FARTHEST = 30.0
"""The logit or logarithm of the mean moves no farther than this from the pooled one."""


class Family(ABC):
    """A distribution of cases and the prior that belongs to it; ``eta`` is the mean on the scale of the link."""

    name: str

    @abstractmethod
    def link(self, mean: float) -> float: ...

    @abstractmethod
    def mean(self, eta: Vector) -> Vector: ...

    @abstractmethod
    def slope(self, eta: Vector) -> Vector:
        """d mean / d eta."""

    @abstractmethod
    def bend(self, eta: Vector) -> Vector:
        """Second derivative of the mean by eta."""

    @abstractmethod
    def log_likelihood(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> Matrix:
        """Of one unit given mean and strength of the prior, up to a term of y and n alone."""

    @abstractmethod
    def slopes(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> tuple[Matrix, Matrix]:
        """First and second derivative of the logarithm of the likelihood by the mean."""

    @abstractmethod
    def variance(self, mean: Matrix, strength: Matrix) -> Matrix:
        """Variance of a posterior of this mean and strength."""

    @abstractmethod
    def strength(self, mean: Vector, variance: Vector) -> Vector:
        """Strength of the prior, or posterior, with these moments."""

    @abstractmethod
    def quantiles(self, mean: Vector, variance: Vector, p: float) -> Vector:
        """Quantiles of the distribution of the prior's kind with these moments."""


class BetaBinomial(Family):
    """y of n have the property."""

    name = "beta_binomial"

    def link(self, mean: float) -> float:
        return float(np.log(mean / (1 - mean)))

    def mean(self, eta: Vector) -> Vector:
        return np.asarray(1 / (1 + np.exp(-eta)))

    def slope(self, eta: Vector) -> Vector:
        mean = self.mean(eta)
        return np.asarray(mean * (1 - mean))

    def bend(self, eta: Vector) -> Vector:
        mean = self.mean(eta)
        return np.asarray(mean * (1 - mean) * (1 - 2 * mean))

    def log_likelihood(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> Matrix:
        from scipy.special import betaln

        a, b = strength * mean, strength * (1 - mean)
        return np.asarray(betaln(a + y, b + n - y) - betaln(a, b))

    def slopes(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> tuple[Matrix, Matrix]:
        from scipy.special import digamma, polygamma

        a, b = strength * mean, strength * (1 - mean)
        first = digamma(a + y) - digamma(a) - digamma(b + n - y) + digamma(b)
        second = polygamma(1, a + y) - polygamma(1, a) + polygamma(1, b + n - y) - polygamma(1, b)
        return strength * first, strength**2 * second

    def variance(self, mean: Matrix, strength: Matrix) -> Matrix:
        return np.asarray(mean * (1 - mean) / (strength + 1))

    def strength(self, mean: Vector, variance: Vector) -> Vector:
        return np.asarray(mean * (1 - mean) / variance - 1)

    def quantiles(self, mean: Vector, variance: Vector, p: float) -> Vector:
        from scipy.stats import beta

        strength = self.strength(mean, variance)
        return np.asarray(beta.ppf(p, mean * strength, (1 - mean) * strength))


class GammaPoisson(Family):
    """y cases in an exposure of n."""

    name = "gamma_poisson"

    def link(self, mean: float) -> float:
        return float(np.log(mean))

    def mean(self, eta: Vector) -> Vector:
        return np.asarray(np.exp(eta))

    def slope(self, eta: Vector) -> Vector:
        return np.asarray(np.exp(eta))

    def bend(self, eta: Vector) -> Vector:
        return np.asarray(np.exp(eta))

    def log_likelihood(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> Matrix:
        from scipy.special import gammaln

        a = strength * mean
        return np.asarray(gammaln(a + y) - gammaln(a) - a * np.log1p(n / strength) - y * np.log(strength + n))

    def slopes(self, mean: Matrix, strength: Matrix, y: Vector, n: Vector) -> tuple[Matrix, Matrix]:
        from scipy.special import digamma, polygamma

        a = strength * mean
        first = digamma(a + y) - digamma(a) - np.log1p(n / strength)
        return strength * first, strength**2 * (polygamma(1, a + y) - polygamma(1, a))

    def variance(self, mean: Matrix, strength: Matrix) -> Matrix:
        return np.asarray(mean / strength)

    def strength(self, mean: Vector, variance: Vector) -> Vector:
        return np.asarray(mean / variance)

    def quantiles(self, mean: Vector, variance: Vector, p: float) -> Vector:
        from scipy.stats import gamma

        return np.asarray(gamma.ppf(p, mean**2 / variance, scale=variance / mean))


@dataclass(frozen=True)
class Priors:
    """The best mean for each of several strengths of the prior.

    Parameters
    ----------
    strength, eta, log_likelihood, error : numpy.ndarray, shape (strengths,)
        ``error`` is the variance of ``eta``.
    """

    strength: Vector
    eta: Vector
    log_likelihood: Vector
    error: Vector


def priors(family: Family, strength: Vector, y: Vector, n: Vector, near: float | None = None) -> Priors:
    """Maximum likelihood of the mean for given strengths, by Newton's steps on the scale of the link.

    The steps start from the pooled mean, or from an ``eta`` that is known to be near.
    """
    start = family.link(float(y.sum() / n.sum()))
    eta = np.full(len(strength), start if near is None else near)
    k = strength[:, None]
    for _ in range(50):
        first, second = (part.sum(axis=1) for part in family.slopes(family.mean(eta)[:, None], k, y, n))
        slope = family.slope(eta)
        # Far from the top the whole curvature may have the wrong sign, that of the mean alone has not.
        curvature = np.maximum(-second * slope**2, 1e-12)
        whole = curvature - first * family.bend(eta)
        step = np.clip(first * slope / np.where(whole > curvature / 4, whole, curvature), -1, 1)
        eta = np.clip(eta + step, start - FARTHEST, start + FARTHEST)
        # Steps converge with their square; strong priors leave no more digits than these to differences.
        if np.abs(step).max() < 1e-8:
            break
    total = family.log_likelihood(family.mean(eta)[:, None], k, y, n).sum(axis=1)
    return Priors(strength, eta, total, 1 / curvature)


def shrink_cases(family: Family, y: Vector, n: Vector, confidence: float) -> Shrunken:
    """Shares or rates of small units.

    Parameters
    ----------
    family : Family
    y : numpy.ndarray, shape (units,)
        Cases.
    n : numpy.ndarray, shape (units,)
        What they are of: respondents, or exposure such as months.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Shrunken
        Values are the posterior means at the most likely ``mean`` and ``strength`` (the parameters; infinite where no
        difference is visible). Mean squared errors and intervals are averaged over what the strength may be, with the
        marginal likelihood as weight and every variance between units as likely beforehand as any other.

    Examples
    --------
    >>> y, n = np.array([1.0, 9.0, 2.0, 8.0, 5.0]), np.full(5, 10.0)
    >>> found = shrink_cases(BetaBinomial(), y, n, 0.95)
    >>> found.value.round(2).tolist()
    [0.18, 0.82, 0.26, 0.74, 0.5]
    """
    if reason := too_few(len(y), 1) or _unfit(family, y, n):
        return unfitted(family.name, len(y), reason)
    typical = len(n) / np.sum(1 / n)
    least, greatest, points = GRID
    found = priors(family, np.geomspace(min(least * typical, WEAKEST), greatest * typical, points), y, n)
    strength, mean = _most_likely(family, found, y, n)
    factor = 1 / (1 + n / strength)
    value = factor * mean + (1 - factor) * y / n
    middle, variance = _averaged(family, found, y, n)
    lo, hi = (family.quantiles(middle, variance, p) for p in ((1 - confidence) / 2, (1 + confidence) / 2))
    # The most likely prior may lie at the edge of what the average allows: the value stays inside its interval.
    lo, hi = np.minimum(lo, value), np.maximum(hi, value)
    reason = "" if np.isfinite(strength) else ALIKE
    parameters = {"mean": mean, "strength": strength}
    return Shrunken(family.name, value, factor, variance + (middle - value) ** 2, lo, hi, parameters, reason)


def _most_likely(family: Family, found: Priors, y: Vector, n: Vector) -> tuple[float, float]:
    """Strength and mean of the highest marginal likelihood; an infinite strength where units do not differ."""
    from scipy.optimize import minimize_scalar

    def lack(log_strength: float) -> float:
        return -float(priors(family, np.array([np.exp(log_strength)]), y, n, near).log_likelihood[0])

    edges = np.log(np.concatenate([found.strength[:1] / 1e3, found.strength, found.strength[-1:] * 1e3]))
    best = int(np.argmax(found.log_likelihood)) + 1
    near = float(found.eta[best - 1])
    top = minimize_scalar(lack, bounds=(edges[best - 1], edges[best + 1]), method="bounded", options={"xatol": 1e-9})
    pooled = float(y.sum() / n.sum())
    # As the prior grows, the likelihood nears that of one value for all; a top beyond its reach is no top.
    if -top.fun <= -lack(edges[-1]) + NO_TOP:
        return np.inf, pooled
    strength = float(np.exp(top.x))
    return strength, float(family.mean(priors(family, np.array([strength]), y, n, near).eta)[0])


def _averaged(family: Family, found: Priors, y: Vector, n: Vector) -> tuple[Vector, Vector]:
    """Mean and variance of every unit, over the strengths of the prior and the error of its mean."""
    k = found.strength[:, None]
    factor = k / (k + n)
    mean = factor * family.mean(found.eta)[:, None] + (1 - factor) * y / n
    of_mean = (family.slope(found.eta) ** 2 * found.error)[:, None]
    within = family.variance(mean, k + n) + factor**2 * of_mean
    # Each strength stands for the variances between units around its own, all as likely beforehand.
    apart = np.abs(np.gradient(family.variance(np.asarray(y.sum() / n.sum()), found.strength)))
    likely = np.exp(found.log_likelihood - found.log_likelihood.max()) * np.sqrt(found.error) * apart
    likely /= likely.sum()
    middle = likely @ mean
    return middle, likely @ (within + (mean - middle) ** 2)


def _unfit(family: Family, y: Vector, n: Vector) -> str:
    """Why cases cannot be modelled; empty when they can."""
    if not (np.isfinite(y).all() and np.isfinite(n).all() and (n > 0).all() and (y >= 0).all()):
        return "cases must be 0 or more, and what they are of above 0"
    if y.sum() == 0:
        return "no unit has a case: nothing tells how much units differ"
    if isinstance(family, GammaPoisson) and (y > 0).sum() < 2:
        return "only one unit has a case: nothing tells how much units differ"
    if isinstance(family, BetaBinomial):
        if (y > n).any():
            return "more cases than there are respondents"
        if y.sum() == n.sum():
            return "every respondent of every unit is a case: nothing tells how much units differ"
        if ((y == 0) | (y == n)).all():
            return "every unit has all its respondents or none: nothing tells how much respondents of a unit differ"
    return ""
