"""Omega total by a one-factor model: the reliability of a sum whose items are not equally good."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from dihkpi.scoring.reliability.alpha import no_scale
from dihkpi.scoring.reliability.moments import Matrix, Moments, Vector

Status = Literal["ok", "heywood", "not converged", "none"]
_HEYWOOD = 5e-3  # of the variance of an item: a smaller uniqueness says that the model has run against its bound


@dataclass(frozen=True)
class Omega:
    """Omega total of a scale.

    Parameters
    ----------
    value : float
        NaN unless the status is ``ok`` or ``heywood``.
    loadings, uniquenesses : numpy.ndarray, shape (items,)
        Of the standardised items; the sum of the loadings is positive.
    status : {'ok', 'heywood', 'not converged', 'none'}
        ``heywood``: an item has no error of its own in the model, which is too good to be true.
    reason : str
        What the status means here.
    """

    value: float
    loadings: Vector = field(repr=False)
    uniquenesses: Vector = field(repr=False)
    status: Status = "ok"
    reason: str = ""


def omega_total(found: Moments, names: Sequence[str], *, standardise: bool = False) -> Omega:
    """``(sum l)^2 / ((sum l)^2 + sum u)`` of the one-factor model by maximum likelihood.

    Parameters
    ----------
    found : Moments
    names : sequence of str
        Of the items.
    standardise : bool
        Of the sum of the standardised items; else loadings and uniquenesses are taken back to the spread of the items.

    Notes
    -----
    McDonald, R. P. (1999), *Test theory: a unified treatment*. It takes three items; with equal loadings it is alpha.
    """
    k = len(names)
    nothing = np.full(k, np.nan)
    if reason := no_scale(found, names, True) or ("two items only: a factor takes three" if k < 3 else ""):
        return Omega(float("nan"), nothing, nothing, "none", reason)
    from statsmodels.multivariate.factor import Factor

    correlation = found.correlation
    if np.linalg.eigvalsh(correlation)[0] <= 1e-9:
        reason = "correlations that contradict each other, or items that repeat others: no factor can be fitted"
        return Omega(float("nan"), nothing, nothing, "none", reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the status says it
        fit = Factor(corr=correlation, n_factor=1, method="ml", nobs=max(found.n, k + 1)).fit(start=_start(correlation))
    loadings, unique = np.asarray(fit.loadings)[:, 0], np.asarray(fit.uniqueness)
    loadings = loadings * np.sign(loadings.sum() or 1.0)
    heywood = unique.min() < _HEYWOOD
    if not fit.mle_retvals.success and not heywood and not _stationary(fit.mle_retvals):
        return Omega(float("nan"), nothing, nothing, "not converged", "the one-factor model did not converge")
    spread = np.ones(k) if standardise else np.sqrt(np.diag(found.covariance))
    common = float((spread * loadings).sum() ** 2)
    value = common / (common + float((spread**2 * unique).sum()))
    if not heywood:
        return Omega(value, loadings, unique)
    item = names[int(unique.argmin())]
    return Omega(value, loadings, unique, "heywood", f"{item} has no error of its own in the one-factor model")


def _start(correlation: Matrix) -> tuple[Matrix, Vector]:
    """Loadings and uniquenesses of the first component: without a start the fit begins at random."""
    values, vectors = np.linalg.eigh(correlation)
    first = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
    loadings = np.clip(first * np.sqrt(values[-1]), -0.95, 0.95)
    return loadings[:, None], 1 - loadings**2


def _stationary(found: object) -> bool:
    """Whether the optimiser stopped for lack of precision where there was nothing more to gain."""
    slope = np.asarray(getattr(found, "jac", np.inf), dtype=float)
    return bool(np.abs(slope).max(initial=0.0) < 1e-4)
