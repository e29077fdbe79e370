"""Effects by weights and regressions as moment equations: the estimate, and how much each unit moves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import Vector

Method = Literal["ipw", "aipw", "ra", "ipw_ra"]
Target = Literal["all", "treated"]
Link = Literal["logit", "probit"]
_STEP = 1e-30
"""Imaginary step of a derivative; without differences there is no rounding, so it may be this small."""


@dataclass(frozen=True)
class Question:
    """What is to be estimated from what.

    Attributes
    ----------
    y, treated : numpy.ndarray, shape (n,)
    support : numpy.ndarray, shape (n, columns)
        Constant and covariates of the chance of support.
    outcome : numpy.ndarray, shape (n, columns)
        Constant and covariates of the outcome; IPW takes the constant alone.
    method : {'ipw', 'aipw', 'ra', 'ipw_ra'}
    of : {'all', 'treated'}
    link : {'logit', 'probit'}
    """

    y: Vector
    treated: Vector
    support: Vector
    outcome: Vector
    method: Method
    of: Target
    link: Link


def effect_and_influence(question: Question, coefficients: Vector) -> tuple[float, Vector]:
    """The effect, and its influence function per unit, which knows that everything below it is estimated too.

    Both groups have a regression of the outcome (of IPW: a mean), weighted by the chance of support or not; the effect
    is the mean difference of what the two expect, with AIPW plus the weighted residuals. All coefficients together
    solve mean(ψ) = 0, so that the influence of a unit is -(dψ/dθ)⁻¹ ψ_i.

    Parameters
    ----------
    question : Question
    coefficients : numpy.ndarray
        Of the model of support.

    Notes
    -----
    Newey and McFadden (1994), Handbook of Econometrics 4, chapter 36; Stata's ``teffects`` does the same.
    """
    chance, _ = _chance(question, coefficients)
    weights = _weights(question, chance)
    beta = [_least_squares(question.y, question.outcome, weight) for weight in weights]
    start = np.concatenate([[0.0], *beta, coefficients])
    # The effect is the value at which its own equation is zero, and it enters that one as -effect times the target.
    effect = float(_moments(question, start)[:, 0].sum() / _over(question).sum())
    solved = np.concatenate([[effect], *beta, coefficients])
    slopes = _jacobian(lambda theta: _moments(question, theta).mean(axis=0), solved)
    row = np.linalg.solve(slopes.T, np.eye(len(solved))[0])
    return effect, np.asarray(-_moments(question, solved) @ row)


def _over(question: Question) -> Vector:
    return np.ones(len(question.y)) if question.of == "all" else question.treated


def _chance(question: Question, coefficients: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Chance of support, and its slope along the linear predictor."""
    from scipy.special import ndtr

    line = question.support @ coefficients
    if question.link == "probit":
        return ndtr(line), np.exp(-(line**2) / 2) / np.sqrt(2 * np.pi)
    chance = (1 + np.tanh(line / 2)) / 2
    return chance, chance * (1 - chance)


def _weights(question: Question, chance: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Weights of the regressions of the supported and of the others."""
    d = question.treated
    if question.method in ("ra", "aipw"):
        return d, 1 - d
    target = np.ones(len(d)) if question.of == "all" else chance
    return d * target / chance, (1 - d) * target / (1 - chance)


def _least_squares(y: Vector, columns: Vector, weight: Vector) -> Vector:
    root = np.sqrt(weight)
    return np.asarray(np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)[0])


def _moments(question: Question, theta: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """ψ of every unit, shape (n, coefficients): of the effect, of both regressions, of the chance of support."""
    y, d, x = question.y, question.treated, question.outcome
    width = x.shape[1]
    beta = theta[1 : 1 + width], theta[1 + width : 1 + 2 * width]
    chance, slope = _chance(question, theta[1 + 2 * width :])
    rest = [y - x @ part for part in beta]
    own = _over(question) * (rest[1] - rest[0] - theta[0])
    if question.method == "aipw":
        target = np.ones(len(y)) if question.of == "all" else chance
        own = own + target * (d * rest[0] / chance - (1 - d) * rest[1] / (1 - chance))
    regressions = [(weight * e)[:, None] * x for weight, e in zip(_weights(question, chance), rest, strict=True)]
    score = ((d - chance) * slope / (chance * (1 - chance)))[:, None] * question.support
    return np.column_stack([own, *regressions, score])


def _jacobian(function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], at: Vector) -> Vector:
    """Derivatives by an imaginary step; a row per value and a column per coefficient."""
    columns = [np.imag(function(at + 1j * _STEP * unit)) / _STEP for unit in np.eye(len(at))]
    return np.column_stack(columns)
