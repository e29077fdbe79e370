"""Weighting by the chance of being supported: balance, overlap, IPW, AIPW and regression."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.moments import Link, Method, Question, Target, effect_and_influence
from dihkpi.indicators.cause.result import Effect, NoEstimateError, Vector, no_effect, t_effect

if TYPE_CHECKING:
    import pandas as pd

_NO_CHANCE = 1e-8
"""A chance of support that is this near to 0 or 1 gives a weight that is no number."""
_NAMES = {"ipw": "IPW", "aipw": "AIPW", "ra": "regression adjustment", "ipw_ra": "IPW with regression"}


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
    of: Target = "all",
    clusters: npt.ArrayLike | None = None,
    overlap: Overlap | None = None,
    outcome: Mapping[str, Vector] | None = None,
    link: Link = "logit",
) -> Weighted:
    """Effect of the support, by weights from a model of the chance of support, by regressions of the outcome, or both.

    Parameters
    ----------
    y, treated : numpy.ndarray, shape (n,)
        Outcome, and 1 for the supported.
    covariates : mapping of str to numpy.ndarray
        What is known from before the support.
    level : float
    method : {'aipw', 'ipw', 'ra', 'ipw_ra'}
        Weights and regressions of the outcome, right if either of the two models is; weights alone; regressions alone;
        weighted regressions, right like the first.
    of : {'all', 'treated'}
        Mean effect on all units, or on the supported.
    clusters : array-like, optional
        Errors allow for them, with t(G - 1).
    overlap : Overlap
        ``Overlap(trim=0)`` leaves nobody out, as Stata's ``teffects`` does.
    outcome : mapping of str to numpy.ndarray, optional
        Covariates of the regressions of the outcome, where they are others than those of the support.
    link : {'logit', 'probit'}
        Of the model of the chance of support.

    Returns
    -------
    Weighted
        Status ``m`` where groups can be told apart perfectly or do not overlap.

    Notes
    -----
    Imbens and Wooldridge (2009), Journal of Economic Literature 47. Errors from influence functions, which allow for
    clusters and for everything that is estimated on the way. Trimming: Crump et al. (2009), Biometrika 96.
    """
    overlap = overlap or Overlap()
    told = covariates if outcome is None or method == "ipw" else outcome
    y, treated = np.asarray(y, float), np.asarray(treated, float)
    matrix, regressors = (
        np.column_stack([np.ones(len(y)), *part.values()]).astype(float) for part in (covariates, told)
    )
    keep = np.isfinite(y) & np.isfinite(treated) & np.isfinite(matrix).all(axis=1) & np.isfinite(regressors).all(axis=1)
    group = np.arange(int(keep.sum())) if clusters is None else _codes(np.asarray(clusters, object)[keep])
    y, treated, matrix, regressors = y[keep], treated[keep], matrix[keep], regressors[keep]
    name = f"{_NAMES[method]}, effect on {'all' if of == 'all' else 'the supported'}"
    names = list(covariates)
    raw = _balance(matrix[:, 1:], treated, np.ones(len(y)), names)
    try:
        chance, coefficients = _chances(treated, matrix, link)
        inside = (chance >= overlap.trim) & (chance <= 1 - overlap.trim)
        kept = float(inside.mean())
        if kept < overlap.share:
            reason = f"no overlap: only {kept:.0%} of the units have a chance of support from {overlap.trim:g}"
            failed = no_effect("effect", f"{reason} to {1 - overlap.trim:g}", method=name, n=len(y))
            return Weighted(failed, raw, kept)
        columns = np.ones((len(y), 1)) if method == "ipw" else regressors
        if not inside.all():
            y, treated, matrix = y[inside], treated[inside], matrix[inside]
            group, columns = group[inside], columns[inside]
            chance, coefficients = _chances(treated, matrix, link)
        _check_solvable(treated, chance, columns)
    except NoEstimateError as fault:
        return Weighted(no_effect("effect", str(fault), method=name, n=len(y)), raw)
    question = Question(y, treated, matrix, columns, method, of, link)
    estimate, influence = effect_and_influence(question, coefficients)
    found = _with_error(estimate, influence, group, level, name, clustered=clusters is not None)
    if kept < 1:
        found = found.warned(f"{1 - kept:.0%} of the units have no counterpart and were left out")
    weight = _weights(treated, chance, of)
    balance = raw[["covariate", "difference"]].merge(_balance(matrix[:, 1:], treated, weight, names), on="covariate")
    balance = balance.set_axis(
        ["covariate", "difference", "mean_treated", "mean_comparison", "difference_weighted"], axis=1
    )
    return Weighted(found, balance, kept, float(balance["difference_weighted"].abs().max()))


def _check_solvable(treated: Vector, chance: Vector, columns: Vector) -> None:
    """No chance is 0 or 1, and both regressions of the outcome can be told from their groups."""
    if np.minimum(chance, 1 - chance).min() < _NO_CHANCE:
        raise NoEstimateError("no overlap: the chance of support of a unit is 0 or 1; trim such units")
    for value, who in ((1, "supported"), (0, "comparison")):
        if np.linalg.matrix_rank(columns[treated == value]) < columns.shape[1]:
            raise NoEstimateError(f"a covariate does not vary in the group '{who}', or is a combination of the others")


def _codes(values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    import pandas as pd

    return np.asarray(pd.factorize(values, sort=True)[0], np.intp)


def _chances(treated: Vector, matrix: Vector, link: Link) -> tuple[Vector, Vector]:
    """Chance of support, and the coefficients of its model.

    Raises
    ------
    NoEstimateError
        One group only, perfect separation, or no convergence.
    """
    from statsmodels.discrete.discrete_model import Logit, Probit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    for value, who in ((1, "supported"), (0, "comparison")):
        if (treated == value).sum() <= matrix.shape[1]:
            raise NoEstimateError(f"the group '{who}' has too few units for {matrix.shape[1]} coefficients")
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise NoEstimateError("a covariate does not vary or is a combination of the others")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = (Logit if link == "logit" else Probit)(treated, matrix).fit(disp=0, maxiter=100)
        except (PerfectSeparationError, np.linalg.LinAlgError):
            raise NoEstimateError("perfect separation: the covariates tell exactly who is supported") from None
        chance = np.asarray(result.predict(), float)
    if np.abs(chance - treated).max() < 1e-3:
        raise NoEstimateError("perfect separation: the covariates tell exactly who is supported")
    if not result.mle_retvals["converged"]:
        raise NoEstimateError("the model of who is supported did not converge; some covariate tells nearly exactly")
    return chance, np.asarray(result.params, float)


def _weights(treated: Vector, chance: Vector, of: str) -> Vector:
    target = np.ones(len(chance)) if of == "all" else chance
    return np.asarray(target * np.where(treated == 1, 1 / chance, 1 / (1 - chance)))


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
