"""Designs that need two waves: difference in differences, first differences, T1 given T0, before and after."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.errors import Inference, effect
from dihkpi.indicators.cause.linear import dummies, fit
from dihkpi.indicators.cause.result import Effect, NoEstimateError, Vector, no_effect

Covariates = Mapping[str, Vector]


def difference_in_differences(
    y: Vector,
    treated: Vector,
    post: Vector,
    how: Inference,
    *,
    covariates: Covariates | None = None,
    clusters: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
    periods: npt.ArrayLike | None = None,
) -> Effect:
    """Change of the supported less the change of the comparison.

    Without units, the regression of y on both groups, both periods and their product (repeated cross-sections); with
    units and periods the effects of every unit and period are taken out (two-way fixed effects).

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Outcome, one row per unit and period.
    treated, post : numpy.ndarray, shape (n,)
        1 for the group that is supported at any time; 1 for periods after the start.
    how : Inference
    covariates : mapping of str to numpy.ndarray, optional
        Further columns; with units only such that change over time.
    clusters, units, periods : array-like, optional

    Returns
    -------
    Effect
        Term ``effect``; status ``m`` with the reason where the data do not tell it.

    Notes
    -----
    Wooldridge, Introductory Econometrics, chapter 13; Bertrand, Duflo and Mullainathan (2004), QJE 119.

    Examples
    --------
    >>> treated, post = np.repeat([0.0, 1.0], 4), np.tile([0.0, 0.0, 1.0, 1.0], 2)
    >>> y = np.array([10.0, 12, 13, 15, 20, 22, 29, 31])
    >>> found = difference_in_differences(y, treated, post, Inference("ordinary"))
    >>> round(found.estimate, 6), round(found.se, 6)
    (6.0, 2.0)
    """
    columns: dict[str, Vector] = {}
    if units is None:
        columns |= {"constant": np.ones(len(y)), "post": post, "treated": treated}
    columns |= {} if periods is None else dummies(periods, "period")
    columns |= dict(covariates or {})
    return _regression("effect", y, {**columns, "effect": treated * post}, how, clusters, units)


def first_difference(
    change: Vector,
    change_treated: Vector,
    how: Inference,
    *,
    covariates: Covariates | None = None,
    clusters: npt.ArrayLike | None = None,
) -> Effect:
    """Change of the outcome on change of the support, one row per unit; what does not change drops out."""
    columns = {"constant": np.ones(len(change)), **(covariates or {}), "effect": change_treated}
    return _regression("effect", change, columns, how, clusters)


def given_before(
    after: Vector,
    before: Vector,
    treated: Vector,
    how: Inference,
    *,
    covariates: Covariates | None = None,
    clusters: npt.ArrayLike | None = None,
) -> Effect:
    """T1 given T0: the outcome after on the outcome before and the support (analysis of covariance).

    It compares units that started alike; the difference in differences compares changes. The two differ where the
    groups started apart (Lord's paradox).
    """
    columns = {"constant": np.ones(len(after)), "before": before, **(covariates or {}), "effect": treated}
    return _regression("effect", after, columns, how, clusters)


def before_after(
    change: Vector,
    how: Inference,
    *,
    covariates: Covariates | None = None,
    clusters: npt.ArrayLike | None = None,
) -> Effect:
    """Mean change of pairs; with covariates, the change at their means. No comparison, so no effect of anything.

    The covariates are centred over the complete pairs, so that the mean stays that of the pairs.
    """
    told = np.isfinite(change)
    for column in (covariates or {}).values():
        told &= np.isfinite(column)
    if not told.any():
        return no_effect("change", "no pair of before and after")
    columns = {name: column - column[told].mean() for name, column in (covariates or {}).items()}
    return _regression("change", change, {**columns, "change": np.ones(len(change))}, how, clusters)


def _regression(
    term: str,
    y: Vector,
    columns: Mapping[str, Vector],
    how: Inference,
    clusters: npt.ArrayLike | None,
    units: npt.ArrayLike | None = None,
) -> Effect:
    """The coefficient of the column that is called as the term."""
    try:
        return effect(fit(y, columns, clusters=clusters, units=units), {term: 1.0}, term, how)
    except NoEstimateError as fault:
        return no_effect(term, str(fault))
