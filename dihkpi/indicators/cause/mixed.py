"""Mixed models: respondents in hubs in regions, with shares of the variance and a test of each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import Effect, NoEstimateError, Vector, no_effect, t_effect

_AT_ZERO = 1e-4
"""A variance below this share of the residual one is taken to lie on its boundary."""

_STEPS = ((0.03, 0.03), (0.1, 1.0))
"""Steps from the top of the likelihood, in proportion to the standard deviations (over that of the rows) of the units,
and their floor: from a standard deviation of zero a small step shows nothing."""
_HIGHER = 0.005
"""Gain of the log-likelihood there which shows that it is no top."""


@dataclass(frozen=True)
class Component:
    """One variance between units of a level.

    Attributes
    ----------
    sd : float
    icc : float
        Share of the whole variance.
    p : float
        Test that the variance is zero: half of a chi-squared with one degree, as a variance is never below zero.
    at_zero : bool
    """

    name: str
    sd: float
    icc: float
    p: float
    at_zero: bool


@dataclass(frozen=True)
class Mixed:
    """A fitted mixed model.

    Attributes
    ----------
    effects : tuple of Effect
        One per fixed column.
    components : tuple of Component
        Random intercepts, one per level.
    slopes : numpy.ndarray
        Covariance of random intercept and slopes, where slopes were asked for.
    sigma : float
        Residual standard deviation.
    criterion : float
        -2 times the restricted log-likelihood.
    status : str
        ``ok``; ``u`` with a variance at zero; ``m`` where it did not converge.
    reason : str
    """

    effects: tuple[Effect, ...]
    components: tuple[Component, ...] = ()
    slopes: Vector | None = None
    sigma: float = float("nan")
    criterion: float = float("nan")
    status: str = "ok"
    reason: str = ""


def mixed_model(
    y: Vector,
    fixed: Mapping[str, Vector],
    levels: Mapping[str, npt.ArrayLike],
    level: float = 0.95,
    *,
    slopes: Mapping[str, Vector] | None = None,
    crossed: bool = False,
) -> Mixed:
    """Restricted maximum likelihood with a random intercept per unit of each level.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
    fixed : mapping of str to numpy.ndarray
        Columns of the fixed part, the constant included.
    levels : mapping of str to array-like
        Units of each level, the outermost first: ``{"region": …, "hub": …}``.
    level : float
        Of the intervals; t with the units of the level that a column varies between, less those of the level above and
        the columns of the same level.
    slopes : mapping of str to numpy.ndarray, optional
        Columns whose slope differs between the units of the one level, correlated with the intercept.
    crossed : bool
        The levels are not nested in each other.

    Notes
    -----
    Laird and Ware (1982), Biometrics 38; test at the boundary: Self and Liang (1987), JASA 82; degrees of freedom:
    Pinheiro and Bates (2000), section 2.4.2.
    """
    columns = np.column_stack([np.asarray(column, float) for column in (*fixed.values(), *(slopes or {}).values())])
    keep = np.isfinite(y) & np.isfinite(columns).all(axis=1)
    for values in levels.values():
        keep &= _codes(values) >= 0
    y, exog = np.asarray(y, float)[keep], columns[keep][:, : len(fixed)]
    units = {name: np.asarray(values, object)[keep] for name, values in levels.items()}
    try:
        _check(y, exog, units, crossed)
        result = _fitted(y, exog, units, {name: np.asarray(v)[keep] for name, v in (slopes or {}).items()}, crossed)
    except NoEstimateError as fault:
        return Mixed(tuple(no_effect(name, str(fault), n=len(y)) for name in fixed), status="m", reason=str(fault))
    components = () if slopes else _components(result, y, exog, units, crossed)
    zero = [part.name for part in components if part.at_zero]
    reason = f"no variance visible between units of: {', '.join(zero)} (at its boundary zero)" if zero else ""
    effects = _effects(result, y, exog, fixed, units, level, crossed, set(slopes or ()))
    return Mixed(
        tuple(effect.warned(reason) for effect in effects) if zero else effects,
        components,
        np.asarray(result.cov_re) if slopes else None,
        float(np.sqrt(result.scale)),
        float(-2 * result.llf),
        "u" if zero else "ok",
        reason,
    )


def _codes(values: npt.ArrayLike) -> npt.NDArray[np.intp]:
    import pandas as pd

    return np.asarray(pd.factorize(np.asarray(values, object), sort=True)[0], np.intp)


def _check(y: Vector, exog: Vector, units: Mapping[str, npt.NDArray[Any]], crossed: bool) -> None:
    names = list(units)
    for name, values in units.items():
        count = len(np.unique(_codes(values)))
        if count < 2:
            raise NoEstimateError(f"{count} unit of level '{name}': a variance between units needs two or more")
        if count >= len(y):
            raise NoEstimateError(f"every unit of level '{name}' has one row: its variance is that of the rows")
    if np.linalg.matrix_rank(exog) < exog.shape[1]:
        raise NoEstimateError("a column of the fixed part does not vary or is a combination of the others")
    for outer, inner in pairwise(names):
        above = _codes(units[outer])
        inside = _codes(units[inner])
        if not crossed and len(np.unique(inside * (above.max() + 1) + above)) > inside.max() + 1:
            raise NoEstimateError(f"a unit of level '{inner}' lies in two of level '{outer}'; such levels are crossed")


def _fitted(
    y: Vector, exog: Vector, units: Mapping[str, npt.NDArray[Any]], slopes: Mapping[str, Vector], crossed: bool
) -> Any:
    """The fitted model of statsmodels; matrices and not formulas, as names come from files.

    Raises
    ------
    NoEstimateError
        When it did not converge.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    names = list(units)
    if crossed:
        groups, inner = np.zeros(len(y), int), names
    else:
        groups, inner = _codes(units[names[0]]), names[1:]
    order = np.argsort(groups, kind="stable")
    rows = [np.flatnonzero(groups[order] == group) for group in np.unique(groups)]
    columns, matrices = [], []
    for name in inner:
        codes = _codes(units[name])[order]
        found = [np.unique(codes[part]) for part in rows]
        columns.append([[str(code) for code in own] for own in found])
        matrices.append([(codes[part][:, None] == own).astype(float) for part, own in zip(rows, found, strict=True)])
    exog_re = np.column_stack([np.ones(len(y)), *slopes.values()])[order] if not crossed else None
    spec = VCSpec(list(inner), columns, matrices) if inner else None
    model = MixedLM(y[order], exog[order], groups[order], exog_re=exog_re, exog_vc=spec)
    return _best(model)


def _best(model: Any) -> Any:
    """Fit by L-BFGS, and by Powell's method where that does not end at the top of the likelihood.

    L-BFGS of statsmodels says that it converged, with an infinite likelihood, at a variance of zero where the best one
    is above zero, and with slopes per unit in one of fifteen fits halfway up as well, where both are therefore tried.
    Powell's method needs no derivatives.
    """
    best = None
    for method in ("lbfgs", "powell"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = model.fit(reml=True, method=method, maxiter=500)
                if result.converged and np.isfinite(result.llf) and (best is None or result.llf > best.llf):
                    best = result
                enough = model.k_re < 2 or method == "powell"
                if best is not None and enough and _at_top(model, best):
                    return best
            except (np.linalg.LinAlgError, ValueError):
                continue
    raise NoEstimateError("the mixed model did not converge")


def _at_top(model: Any, result: Any) -> bool:
    """No step of any variance, up or down, leads higher."""
    at = result.params_object.get_packed(use_sqrt=model.use_sqrt, has_fe=False)
    steps = np.vstack([np.diag(size * np.maximum(np.abs(at), floor)) for size, floor in _STEPS])
    return all(model.loglike(at + step) <= result.llf + _HIGHER for step in (*steps, *-steps))


def _variances(result: Any, names: Sequence[str], crossed: bool) -> list[float]:
    """Variance of each level in the order of the names."""
    outer = [] if crossed else [float(np.asarray(result.cov_re)[0, 0])]
    return [*outer, *(float(value) for value in np.atleast_1d(result.vcomp))][: len(names)]


def _components(
    result: Any, y: Vector, exog: Vector, units: Mapping[str, npt.NDArray[Any]], crossed: bool
) -> tuple[Component, ...]:
    from scipy.stats import chi2

    names = list(units)
    variances = _variances(result, names, crossed)
    total = sum(variances) + float(result.scale)
    found = []
    for name, variance in zip(names, variances, strict=True):
        others = {other: values for other, values in units.items() if other != name}
        try:
            without = float(_fitted(y, exog, others, {}, crossed).llf) if others else _plain_llf(y, exog)
            ratio = max(0.0, 2 * (float(result.llf) - without))
            p = 0.5 * float(chi2.sf(ratio, 1)) if ratio > 0 else 1.0
        except NoEstimateError:
            p = float("nan")
        at_zero = bool(variance < _AT_ZERO * result.scale)
        found.append(Component(name, float(np.sqrt(variance)), variance / total, p, at_zero))
    return tuple(found)


def _plain_llf(y: Vector, exog: Vector) -> float:
    """Restricted log-likelihood of least squares, on the scale of the mixed model."""
    n, k = exog.shape
    rss = float(((y - exog @ np.linalg.lstsq(exog, y, rcond=None)[0]) ** 2).sum())
    free = n - k
    return float(-0.5 * (free * (np.log(2 * np.pi * rss / free) + 1) + np.linalg.slogdet(exog.T @ exog)[1]))


def _effects(
    result: Any,
    y: Vector,
    exog: Vector,
    fixed: Mapping[str, Vector],
    units: Mapping[str, npt.NDArray[Any]],
    level: float,
    crossed: bool,
    slopes: set[str],
) -> tuple[Effect, ...]:
    """Fixed effects, each with the degrees of freedom of the level that it varies at."""
    names = tuple(fixed)
    groups = [_codes(values) for values in units.values()]
    sizes = [int(group.max()) + 1 for group in groups]
    count = sizes[0]
    if crossed:
        df = np.full(len(names), min(sizes) - 1.0)
    else:
        df = _nested_df(exog, groups)
        df[[name in slopes for name in names]] = count - 1
    variance = np.diag(np.asarray(result.cov_params()))[: len(names)]
    se = np.sqrt(np.where(variance >= 0, variance, np.nan))
    estimates = np.asarray(result.fe_params)
    method = f"mixed model, REML, random intercepts: {', '.join(units)}"
    return tuple(
        t_effect(name, float(b), float(s), float(d), level, n=len(y), clusters=count, method=method)
        for name, b, s, d in zip(names, estimates, se, df, strict=True)
    )


def _nested_df(exog: Vector, levels: Sequence[npt.NDArray[np.intp]]) -> Vector:
    """Units of the level that a column varies between, less those of the level above, less the columns of that level.

    A column that is the same in a whole hub but differs between the hubs of a region has ``hubs - regions - columns``,
    however many respondents there are; the constant counts at the outermost level.
    """
    at = np.full(exog.shape[1], len(levels))
    for place in reversed(range(len(levels))):
        group = levels[place]
        means = np.column_stack([np.bincount(group, column) / np.bincount(group) for column in exog.T])
        at[np.abs(exog - means[group]).max(axis=0) < 1e-12 * np.maximum(np.abs(exog).max(axis=0), 1)] = place
    counts = np.array([0, *(int(group.max()) + 1 for group in levels), len(exog)])
    columns = np.bincount(at, minlength=len(levels) + 1)
    return np.asarray((np.diff(counts) - columns)[at], float)
