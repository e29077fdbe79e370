"""Ratios with their intervals: ratio of sums by linearisation, and Fieller's interval for an uncertain denominator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import Effect, Vector, no_effect, t_effect


def ratio_of_sums(
    top: Vector, bottom: Vector, level: float, *, clusters: npt.ArrayLike | None = None, term: str = "ratio"
) -> Effect:
    """Sum over sum, with the error of a sample of records or clusters.

    ``R = Σy / Σx``, linearised ``z = (y - R x) / Σx``, ``V = G/(G-1) Σ_c (z_c - mean z)²``, with t(G - 1). Never a mean
    of ratios.

    Parameters
    ----------
    top, bottom : numpy.ndarray, shape (n,)
        Amounts of every record; a record without one of both is left out.
    level : float
    clusters : array-like, optional
        Which records hang together, such as the customer or the hub.
    term : str

    Returns
    -------
    Effect
        Status ``u`` where the denominator may be zero: both ends are without bound then.

    Examples
    --------
    >>> found = ratio_of_sums(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 1.0]), 0.95)
    >>> round(found.estimate, 6), round(found.se, 6)
    (1.5, 0.216506)
    """
    import pandas as pd
    from scipy.stats import t

    keep = np.isfinite(top) & np.isfinite(bottom)
    y, x = np.asarray(top, float)[keep], np.asarray(bottom, float)[keep]
    values = np.arange(len(x)) if clusters is None else np.asarray(clusters, object)[keep]
    group = pd.factorize(values, sort=True)[0]
    if not len(x) or x.sum() == 0:
        return no_effect(term, "the denominator is zero" if len(x) else "no record has both amounts", n=len(x))
    size = int(group.max()) + 1
    if size < 2:
        found = Effect(term, float(y.sum() / x.sum()), n=len(x), clusters=size, method="ratio of sums")
        return found.warned("one record or cluster: no standard error")
    ratio = float(y.sum() / x.sum())
    sums = np.bincount(group, (y - ratio * x) / x.sum(), size)
    se = float(np.sqrt(size / (size - 1) * ((sums - sums.mean()) ** 2).sum()))
    found = t_effect(
        term, ratio, se, size - 1, level, n=len(x), clusters=size, method="ratio of sums, linearised, t(G-1)"
    )
    below = np.bincount(group, x, size)
    spread = float(np.sqrt(size / (size - 1) * ((below - below.mean()) ** 2).sum()))
    if abs(x.sum()) <= float(t.ppf((1 + level) / 2, size - 1)) * spread:
        found = replace(found, lo=-np.inf, hi=np.inf, p=float("nan"))
        return found.warned("the denominator is not clearly different from zero: the ratio has no bounded interval")
    return replace(found, p=float("nan"))


def fieller(
    top: float, top_se: float, bottom: float, bottom_se: float, level: float, *,
    covariance: float = 0.0, df: float = np.inf, term: str = "ratio",
) -> Effect:  # fmt: skip
    """Fieller's interval of a ratio of two uncertain numbers.

    All values R for which ``top - R bottom`` does not differ from zero. Bounded only if the denominator differs from
    zero at the same level.

    Notes
    -----
    Fieller (1954), Journal of the Royal Statistical Society B 16.

    Examples
    --------
    >>> found = fieller(10, 0, 5, 1, 0.95)
    >>> [round(10 / end, 3) for end in (found.hi, found.lo)]
    [3.04, 6.96]
    """
    from scipy.stats import t

    if not np.isfinite([top, top_se, bottom, bottom_se]).all():
        return no_effect(term, "numerator or denominator has no standard error")
    if bottom == 0:
        return no_effect(term, "the denominator is zero")
    quantile = float(t.ppf((1 + level) / 2, df))
    a = bottom**2 - (quantile * bottom_se) ** 2
    b = top * bottom - quantile**2 * covariance
    c = top**2 - (quantile * top_se) ** 2
    ratio = top / bottom
    variance = (top_se**2 - 2 * ratio * covariance + (ratio * bottom_se) ** 2) / bottom**2
    found = Effect(
        term, ratio, float(np.sqrt(max(variance, 0.0))), df, -np.inf, np.inf, method="ratio, Fieller's interval"
    )
    if a <= 0:
        return found.warned("the denominator is not clearly different from zero: the ratio has no bounded interval")
    root = float(np.sqrt(max(b**2 - a * c, 0.0)))
    return replace(found, lo=(b - root) / a, hi=(b + root) / a)


def leverage(
    eu: Vector, other: Vector, level: float, *, clusters: npt.ArrayLike | None = None
) -> tuple[Effect, Effect]:
    """Money that comes on top of EU money, in both forms, which differ by exactly 1.

    Returns
    -------
    other_to_eu, total_to_eu : Effect
        Always named with the form: one number alone is not to be compared.

    Examples
    --------
    >>> forms = leverage(np.array([100.0, 100.0]), np.array([150.0, 250.0]), 0.95)
    >>> [(form.term, form.estimate) for form in forms]
    [('leverage other/EU', 2.0), ('leverage total/EU', 3.0)]
    """
    first = ratio_of_sums(other, eu, level, clusters=clusters, term="leverage other/EU")
    total = replace(first, term="leverage total/EU", estimate=first.estimate + 1, lo=first.lo + 1, hi=first.hi + 1)
    return first, total
