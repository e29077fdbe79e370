"""Wild cluster bootstrap: p-value and interval where clusters are few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dihkpi.indicators.cause.linear import Fit
from dihkpi.indicators.cause.result import Effect, Vector

_WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))
_TIE = 1e-9
_STEPS = 40
_FARTHEST = 2.0**12
"""Standard errors from the estimate at which the search for the end of an interval is given up."""


@dataclass(frozen=True)
class Wild:
    """Settings of the bootstrap.

    Attributes
    ----------
    draws : int
        Where all combinations of weights are no more than these, they are all taken once instead.
    seed : int
    webb_below : int
        Fewer clusters than this take Webb's six weights, as Rademacher's two give too few different draws.
    """

    draws: int = 1999
    seed: int = 0
    webb_below: int = 12


def wild_effect(fitted: Fit, chosen: Vector, found: Effect, level: float, wild: Wild) -> Effect:
    """The same estimate with p-value and interval of the bootstrap.

    Parameters
    ----------
    fitted : Fit
    chosen : numpy.ndarray, shape (k,)
        Weights of the coefficients.
    found : Effect
        Estimate with clustered error.
    level : float
        The interval holds the values that a test at 1 - level does not reject.
    wild : Wild
    """
    p_of = wild_p(fitted, chosen, found.se, wild)
    ends = [_end(p_of, found, side, 1 - level) for side in (-1, 1)]
    weights = "Webb" if fitted.clusters < wild.webb_below else "Rademacher"
    method = f"least squares, wild cluster bootstrap ({weights} weights, null imposed)"
    result = replace(found, p=p_of(found.estimate), lo=ends[0], hi=ends[1], method=method)
    return result if np.isfinite(ends).all() else result.warned("the bootstrap does not bound the interval")


def wild_p(fitted: Fit, chosen: Vector, se: float, wild: Wild) -> Callable[[float], float]:
    """The two-sided p-value as a function of the distance between the estimate and what is claimed.

    Residuals are those of the regression in which the claim holds (null imposed). Their sign or size is drawn anew for
    whole clusters, and the t of every draw compared with that of the data. As a function of the distance d the scores
    of the clusters are ``U_g + d T_g``, so nothing is fitted again.

    Notes
    -----
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90; Webb (2023), Canadian Journal of
    Economics 56; Roodman et al. (2019), Stata Journal 19.
    """
    weights = _weights(fitted.clusters, wild)
    direction = fitted.bread @ chosen
    own = float(chosen @ direction)
    along = direction / own
    partial = fitted.squares @ along
    back = fitted.bread @ partial.T
    scale = np.sqrt(fitted.small_sample)
    summed = [weights @ scores for scores in (fitted.scores, partial)]
    single = [scores @ along for scores in (fitted.scores, partial)]
    parts = [weights * one - total @ back for one, total in zip(single, summed, strict=True)]
    tops = [weights @ one for one in single]

    def p_value(distance: float) -> float:
        spread = np.linalg.norm(parts[0] + distance * parts[1], axis=1) * scale
        top = np.abs(tops[0] + distance * tops[1])
        drawn = np.divide(top, spread, out=np.zeros_like(top), where=spread > 0)
        return float(np.mean(drawn >= abs(distance) / se * (1 - _TIE)))

    return p_value


def _weights(groups: int, wild: Wild) -> Vector:
    """Draws x clusters; the data themselves are the first draw, so that a p-value is never zero.

    Where all combinations of weights are no more than the draws, each is taken once and nothing is left to chance.
    """
    rng = np.random.default_rng(wild.seed)
    options = np.concatenate([-_WEBB, _WEBB]) if groups < wild.webb_below else np.array([-1.0, 1.0])
    if len(options) ** groups <= wild.draws:
        return np.stack(np.meshgrid(*[options] * groups, indexing="ij"), axis=-1).reshape(-1, groups)
    drawn = rng.choice(options, size=(wild.draws, groups))
    return np.vstack([np.ones(groups), drawn])


def _end(p_of: Callable[[float], float], found: Effect, side: int, alpha: float) -> float:
    """Where the p-value falls to alpha, by doubling and halving the distance."""
    outer = found.se
    while p_of(-side * outer) > alpha:
        outer *= 2
        if outer > _FARTHEST * found.se:
            return side * np.inf
    inner = 0.0
    for _ in range(_STEPS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if p_of(-side * middle) > alpha else (inner, middle)
    return found.estimate + side * outer
