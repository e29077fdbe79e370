"""Shares and counts of small units under a prior that is given, not estimated with them."""

from __future__ import annotations

import numpy as np

from dihkpi.errors import UsageError
from dihkpi.indicators.shrinkage.conjugate import Family
from dihkpi.indicators.shrinkage.result import Shrunken, Vector


def shrink_given(family: Family, y: Vector, n: Vector, mean: float, strength: float, confidence: float) -> Shrunken:
    """Posterior of shares or rates, such as with the prior that an earlier wave gave.

    Parameters
    ----------
    family : Family
    y, n : numpy.ndarray, shape (units,)
        Cases, and what they are of; one unit is enough.
    mean, strength : float
        Of the prior; Beta(a, b) has a / (a + b) and a + b, a Gamma of shape a and rate b has a / b and b.
    confidence : float
        Of the intervals, which are those of the posterior.

    Examples
    --------
    >>> from dihkpi.indicators.shrinkage.conjugate import BetaBinomial
    >>> found = shrink_given(BetaBinomial(), np.array([4.0]), np.array([14.0]), 0.14, 10, 0.95)
    >>> found.value.round(3).tolist(), np.sqrt(found.mse).round(3).tolist()
    ([0.225], [0.084])
    """
    if not (0 < strength < np.inf and mean > 0 and family.variance(np.asarray(mean), np.asarray(strength)) > 0):
        raise UsageError(
            f"no prior of {family.name} has the mean {mean:g} and the strength {strength:g}\n"
            "  both are above 0, and the mean of a share is below 1"
        )
    factor = 1 / (1 + n / strength)
    value = factor * mean + (1 - factor) * np.divide(y, n, out=np.zeros(len(n)), where=n > 0)
    variance = family.variance(value, strength + n)
    lo, hi = (family.quantiles(value, variance, p) for p in ((1 - confidence) / 2, (1 + confidence) / 2))
    return Shrunken(family.name, value, factor, variance, lo, hi, {"mean": mean, "strength": strength})


def prior_of_moments(family: Family, y: Vector, n: Vector) -> tuple[float, float]:
    """Mean and strength of the prior whose mean and variance are those of the raw shares or rates.

    Crude: each unit counts the same, and what small units differ in by chance is taken for a difference between units,
    so that the prior comes out too weak. :func:`shrink_cases` takes the likelihood instead.

    Notes
    -----
    Gelman et al. (2013), Bayesian Data Analysis, section 5.1.
    """
    raw = np.asarray(y, float) / n
    spread = float(raw.var(ddof=1))
    if not spread > 0:
        raise UsageError("raw shares or rates without a spread tell no prior")
    return float(raw.mean()), float(family.strength(raw.mean(), np.asarray(spread)))
