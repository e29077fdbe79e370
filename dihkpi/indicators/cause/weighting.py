"""Weighting by the chance of being supported: balance, overlap, IPW and AIPW."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import Effect, NoEstimateError, Vector, no_effect, t_effect

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["ipw", "aipw"]


@dataclass(frozen=True)
class Overlap:
    """Which chances of support are too near to 0 or 1, and how many units that may cost.

    Attributes
    ----------
    trim : float
        Units whose chance lies outside ``[trim, 1 - trim]`` are left out.
    share : float
        Share of the units that must be left.
    """

    trim: float = 0.1
    share: float = 0.5


@dataclass(frozen=True)
class Weighted:
    """An effect by weighting, and what makes it credible.

    Attributes
    ----------
    effect : Effect
    balance : pandas.DataFrame
        Per covariate: means of both groups, ``difference`` and ``difference_weighted`` in standard deviations.
    kept : float
        Share of the units within the limits of overlap; missing where no chance could be estimated.
    worst : float
        Largest absolute weighted difference.
    """

    effect: Effect
    balance: pd.DataFrame
    kept: float = float("nan")
    worst: float = float("nan")


def weighted_effect(
    y: Vector,
    treated: Vector,
    covariates: Mapping[str, Vector],
    level: float,
    *,
    method: Method = "aipw",
    of: Literal["all", "treated"] = "all",
    clusters: npt.ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> Weighted:
    """Effect of the support, by weights from a logit of the support on the covariates.

    Parameters
    ----------
    y, treated : numpy.ndarray, shape (n,)
        Outcome, and 1 for the supported.
    covariates : mapping of str to numpy.ndarray
        What is known from before the support.
    level : float
    method : {'aipw', 'ipw'}
        AIPW has a regression of the outcome too, and is right if either of the two models is.
    of : {'all', 'treated'}
        Mean effect on all units, or on the supported (IPW only).
    clusters : array-like, optional
        Errors allow for them, with t(G - 1).
    overlap : Overlap

    Returns
    -------
    Weighted
        Status ``m`` where groups can be told apart perfectly or do not overlap.

    Notes
    -----
    Estimates by ``statsmodels.treatment.treatment_effects.TreatmentEffect``; errors from influence functions, which
    allow for clusters and for the estimated weights. Trimming: Crump et al. (2009), Biometrika 96.
    """
    overlap = overlap or Overlap()
    matrix = np.column_stack([np.ones(len(y)), *covariates.values()]).astype(float)
    keep = np.isfinite(y) & np.isfinite(matrix).all(axis=1) & np.isfinite(treated)
    y, treated, matrix = np.asarray(y, float)[keep], np.asarray(treated, float)[keep], matrix[keep]
    group = np.arange(len(y)) if clusters is None else _codes(np.asarray(clusters, object)[keep])
    name = f"{method.upper()}, effect on {'all' if of == 'all' else 'the supported'}"
    names = list(covariates)
    raw = _balance(matrix[:, 1:], treated, np.ones(len(y)), names)
    try:
        if method == "aipw" and of == "treated":
            raise NoEstimateError("AIPW gives the effect on all; choose ipw for the effect on the supported")
        chance, logit = _chances(treated, matrix)
        inside = (chance >= overlap.trim) & (chance <= 1 - overlap.trim)
        kept = float(inside.mean())
        if kept < overlap.share:
            reason = f"no overlap: only {kept:.0%} of the units have a chance of support from {overlap.trim:g}"
            failed = no_effect("effect", f"{reason} to {1 - overlap.trim:g}", method=name, n=len(y))
            return Weighted(failed, raw, kept)
        if not inside.all():
            y, treated, matrix, group = y[inside], treated[inside], matrix[inside], group[inside]
            chance, logit = _chances(treated, matrix)
    except NoEstimateError as fault:
        return Weighted(no_effect("effect", str(fault), method=name, n=len(y)), raw)
    estimate, influence = _estimate(y, treated, matrix, chance, logit, method, of)
    found = _with_error(estimate, influence, group, level, name, clustered=clusters is not None)
    if kept < 1:
        found = found.warned(f"{1 - kept:.0%} of the units have no counterpart and were left out")
    weight = _weights(treated, chance, of)
    balance = raw[["covariate", "difference"]].merge(_balance(matrix[:, 1:], treated, weight, names), on="covariate")
    balance = balance.set_axis(
        ["covariate", "difference", "mean_treated", "mean_comparison", "difference_weighted"], axis=1
    )
    return Weighted(found, balance, kept, float(balance["difference_weighted"].abs().max()))


def _codes(values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    import pandas as pd

    return np.asarray(pd.factorize(values, sort=True)[0], np.intp)


def _chances(treated: Vector, matrix: Vector) -> tuple[Vector, Any]:
    """Chance of support by a logit.

    Raises
    ------
    NoEstimateError
        One group only, perfect separation, or no convergence.
    """
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    for value, who in ((1, "supported"), (0, "comparison")):
        if (treated == value).sum() <= matrix.shape[1]:
            raise NoEstimateError(f"the group '{who}' has too few units for {matrix.shape[1]} coefficients")
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise NoEstimateError("a covariate does not vary or is a combination of the others")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = Logit(treated, matrix).fit(disp=0, maxiter=100)
        except (PerfectSeparationError, np.linalg.LinAlgError):
            raise NoEstimateError("perfect separation: the covariates tell exactly who is supported") from None
        chance = np.asarray(result.predict(), float)
    if np.abs(chance - treated).max() < 1e-3:
        raise NoEstimateError("perfect separation: the covariates tell exactly who is supported")
    if not result.mle_retvals["converged"]:
        raise NoEstimateError("the model of who is supported did not converge; some covariate tells nearly exactly")
    return chance, result


def _weights(treated: Vector, chance: Vector, of: str) -> Vector:
    target = np.ones(len(chance)) if of == "all" else chance
    return np.asarray(target * np.where(treated == 1, 1 / chance, 1 / (1 - chance)))


def _estimate(
    y: Vector, treated: Vector, matrix: Vector, chance: Vector, logit: Any, method: Method, of: str
) -> tuple[float, Vector]:
    """Effect and its influence function per unit."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    model = TreatmentEffect(OLS(y, matrix), treated, results_select=logit)
    if method == "aipw":
        effect = float(model.aipw(return_results=False)[0])
        mean1, mean0 = model.results1.predict(matrix), model.results0.predict(matrix)
        influence = mean1 - mean0 - effect
        influence += np.where(treated == 1, (y - mean1) / chance, -(y - mean0) / (1 - chance))
        return effect, np.asarray(influence)
    effect = float(model.ipw(return_results=False, effect_group="all" if of == "all" else 1)[0])
    weight = _weights(treated, chance, of)
    first, other = weight * (treated == 1), weight * (treated == 0)
    means = [float((w * y).sum() / w.sum()) for w in (first, other)]
    influence = first * (y - means[0]) / first.mean() - other * (y - means[1]) / other.mean()
    # Estimated chances explain part of the influence: what the scores of the logit explain is no error.
    scores = (treated - chance)[:, None] * matrix
    influence -= scores @ np.linalg.lstsq(scores, influence, rcond=None)[0]
    return effect, np.asarray(influence)


def _with_error(
    estimate: float, influence: Vector, group: npt.NDArray[np.intp], level: float, name: str, *, clustered: bool
) -> Effect:
    n = len(influence)
    known = group >= 0
    sums = np.bincount(group[known], influence[known])
    sums = sums[np.bincount(group[known]) > 0]
    groups = len(sums)
    if groups < 2:
        return no_effect("effect", "a single cluster tells nothing about the spread between clusters", method=name, n=n)
    se = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / n)
    how = "clustered errors" if clustered else "robust errors"
    return t_effect("effect", estimate, se, groups - 1, level, n=n, clusters=groups, method=f"{name}, {how}, t(G-1)")


def _balance(columns: Vector, treated: Vector, weight: Vector, names: list[str]) -> pd.DataFrame:
    """Means of both groups, and their difference in unweighted standard deviations of the groups (root mean square)."""
    import pandas as pd

    parts = []
    for value in (1, 0):
        rows = treated == value
        if not rows.any():
            return pd.DataFrame(columns=["covariate", "mean_treated", "mean_comparison", "difference"])
        parts.append((np.average(columns[rows], axis=0, weights=weight[rows]), columns[rows].var(axis=0)))
    spread = np.sqrt((parts[0][1] + parts[1][1]) / 2)
    gap = parts[0][0] - parts[1][0]
    difference = np.divide(gap, spread, out=np.where(gap == 0, 0.0, np.inf), where=spread > 0)
    return pd.DataFrame({
        "covariate": names, "mean_treated": parts[0][0], "mean_comparison": parts[1][0], "difference": difference,
    })  # fmt: skip
