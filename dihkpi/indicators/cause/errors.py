"""Standard errors of a fitted regression: ordinary, clustered (CR1), and bias-reduced for few clusters (CR2)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dihkpi.indicators.cause.linear import Fit
from dihkpi.indicators.cause.result import Effect, Errors, NoEstimateError, Vector, t_effect
from dihkpi.indicators.cause.wild import Wild, wild_effect

LEAST_DF = 4
"""Below this Satterthwaite's approximation no longer holds the level (Tipton 2015, Psychological Methods 20)."""


@dataclass(frozen=True)
class Inference:
    """How errors are made.

    Attributes
    ----------
    errors : {'ordinary', 'cluster', 'cr2', 'wild'}
        Equal independent errors with t(n - k); clustered (CR1) with t(G - 1); clustered and bias-reduced (CR2) with
        Satterthwaite's degrees of freedom, without clusters HC2; wild cluster bootstrap.
    level : float
        Of the interval.
    wild : Wild
        Draws, seed and weights of the bootstrap.
    """

    errors: Errors = "cluster"
    level: float = 0.95
    wild: Wild = field(default_factory=Wild)


def effect(fitted: Fit, weights: dict[str, float], term: str, how: Inference) -> Effect:
    """A combination of coefficients with its error.

    Parameters
    ----------
    fitted : Fit
    weights : dict of str to float
        Columns and their weights in the combination.
    term : str
        What to call it.
    how : Inference
    """
    chosen = fitted.combination(weights)
    estimate = float(chosen @ fitted.beta)
    counted = {"n": fitted.n, "clusters": fitted.clusters}
    if how.errors == "ordinary":
        df = fitted.n - len(fitted.names) - fitted.absorbed
        se = float(np.sqrt(fitted.rss / df * (chosen @ fitted.bread @ chosen)))
        return t_effect(term, estimate, se, df, how.level, method="least squares, ordinary errors", **counted)
    if how.errors == "cr2":
        se, df_cr2 = cr2(fitted, chosen)
        name = "CR2, Satterthwaite's df" if fitted.clustered else "HC2, Satterthwaite's df"
        found = t_effect(term, estimate, se, df_cr2, how.level, method=f"least squares, {name}", **counted)
        few = f"rests on so few clusters ({df_cr2:.2g} degrees of freedom) that its error is not to be relied on"
        return found.warned(few) if 0 < df_cr2 < LEAST_DF - 1e-6 else found
    se = float(np.sqrt(chosen @ covariance(fitted) @ chosen))
    name = "clustered errors" if fitted.clustered else "robust errors"
    found = t_effect(
        term, estimate, se, fitted.clusters - 1, how.level, method=f"least squares, {name}, t(G-1)", **counted
    )
    return wild_effect(fitted, chosen, found, how.level, how.wild) if how.errors == "wild" and se > 0 else found


def covariance(fitted: Fit) -> Vector:
    """Clustered covariance of the coefficients (CR1): ``c M (Σ s_g s_g') M``, c as :attr:`Fit.small_sample` has it."""
    meat = fitted.scores.T @ fitted.scores
    return np.asarray(fitted.small_sample * fitted.bread @ meat @ fitted.bread)


def cr2(fitted: Fit, chosen: Vector) -> tuple[float, float]:
    """Bias-reduced standard error of a combination, and Satterthwaite's degrees of freedom.

    Residuals of a cluster are blown up by ``(I - H_gg)^(-1/2)``, so that the variance is exact where errors are equal
    and independent. Without a G x G matrix: ``p_g'p_h = δ_gh v_g'v_g - c_g'M c_h``.

    Notes
    -----
    Bell and McCaffrey (2002), Survey Methodology 28; Pustejovsky and Tipton (2018), J. Business & Economic Statistics
    36.
    """
    values, vectors = np.linalg.eigh(fitted.squares)
    values = np.maximum(values, 0.0)
    root = _rebuilt(vectors, np.sqrt(values))
    scale = values.max(axis=1, keepdims=True)
    inverse = _rebuilt(vectors, np.where(values > 1e-12 * scale, 1 / np.sqrt(np.where(values > 0, values, 1.0)), 0.0))
    leverage, axes = np.linalg.eigh(root @ fitted.bread @ root)
    rest = 1 - leverage
    blown = _rebuilt(axes, np.where(rest > 1e-10, 1 / np.sqrt(np.where(rest > 0, rest, 1.0)), 0.0))
    direction = fitted.bread @ chosen
    left = root @ blown
    scores = np.einsum("gij,gjk,gk->gi", left, inverse, fitted.scores)
    variance = float(((scores @ direction) ** 2).sum())
    along = left.transpose(0, 2, 1) @ direction
    d = (along**2).sum(axis=1)
    c = np.einsum("gij,gj->gi", root, np.einsum("gij,gj->gi", blown, root @ direction))
    spread = c.T @ c
    inner = np.einsum("gi,ij,gj->g", c, fitted.bread, c)
    total = float((d - inner).sum())
    squared = float((d**2).sum() - 2 * (d * inner).sum() + np.trace(fitted.bread @ spread @ fitted.bread @ spread))
    return float(np.sqrt(variance)), total**2 / squared if squared > 0 else 0.0


def _rebuilt(vectors: Vector, values: Vector) -> Vector:
    return np.asarray(np.einsum("gij,gj,gkj->gik", vectors, values, vectors))


@dataclass(frozen=True)
class Joint:
    """Test that several coefficients are all zero."""

    f: float
    df1: int
    df2: int
    p: float
    inverse: Vector
    """Inverse covariance of the coefficients, scaled so that ``b'Vb`` is ``f * df1``."""


def joint_test(fitted: Fit, names: list[str]) -> Joint:
    """Wald's test in Hotelling's form: ``(G - q)/((G - 1) q) b'V^-1 b`` against F(q, G - q).

    Raises
    ------
    NoEstimateError
        When there are not more clusters than coefficients.
    """
    from scipy.stats import f

    places = [fitted.names.index(name) for name in names if name in fitted.names]
    q, groups = len(places), fitted.clusters
    if not q or groups <= q + 1:
        raise NoEstimateError(f"{groups} clusters are too few to test {q} coefficients at once")
    beta = fitted.beta[places]
    inverse = np.linalg.pinv(covariance(fitted)[np.ix_(places, places)]) * (groups - q) / (groups - 1)
    value = float(beta @ inverse @ beta) / q
    return Joint(value, q, groups - q, float(f.sf(value, q, groups - q)), inverse)
