"""The variance between units of a Fay-Herriot model, by restricted maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
GRID = 400
"""Points of the grid over the share of the errors, from 0 to 1, on which likelihoods are first looked at."""


@dataclass(frozen=True)
class Model:
    """Estimates with known variances of their errors, and what explains them.

    Parameters
    ----------
    values, variances : numpy.ndarray, shape (units,)
    explained_by : numpy.ndarray, shape (units, coefficients)
        Of full rank, the constant among them.
    """

    values: Vector
    variances: Vector
    explained_by: Matrix

    @property
    def typical(self) -> float:
        """Harmonic mean of the variances: that of a unit as well known as most."""
        return float(len(self.variances) / np.sum(1 / self.variances))

    def grid(self) -> Vector:
        """Variances between units at which the errors make up even shares of the whole variance, the largest first."""
        share = (np.arange(GRID) + 0.5) / GRID
        return self.typical * (1 - share) / share


@dataclass(frozen=True)
class Solved:
    """What follows from given variances between units.

    Parameters
    ----------
    weights : numpy.ndarray, shape (variances, units)
        1 / (A + s^2).
    inverse : numpy.ndarray, shape (variances, coefficients, coefficients)
        Covariance of the coefficients.
    beta : numpy.ndarray, shape (variances, coefficients)
    residuals : numpy.ndarray, shape (variances, units)
    log_likelihood : numpy.ndarray, shape (variances,)
        Restricted, up to a constant.
    """

    weights: Matrix
    inverse: npt.NDArray[np.float64]
    beta: Matrix
    residuals: Matrix
    log_likelihood: Vector


def solve(model: Model, between: Vector) -> Solved:
    """Weighted least squares and the restricted likelihood, for many variances between units at once."""
    x = model.explained_by
    weights = 1 / (between[:, None] + model.variances)
    crossed = np.einsum("gk,kp,kq->gpq", weights, x, x, optimize=True)
    inverse = np.linalg.inv(crossed)
    beta = np.einsum("gpq,gq->gp", inverse, (weights * model.values) @ x)
    residuals = model.values - beta @ x.T
    log_det = np.linalg.slogdet(crossed)[1]
    fit = (weights * residuals**2).sum(axis=1)
    return Solved(weights, inverse, beta, residuals, (np.log(weights).sum(axis=1) - log_det - fit) / 2)


def score(model: Model, between: float) -> float:
    """Slope of the restricted likelihood: (y'PPy - trace P) / 2."""
    found = solve(model, np.array([between]))
    weights, x = found.weights[0], model.explained_by
    trace = weights.sum() - np.einsum("pq,kp,kq,k->", found.inverse[0], x, x, weights**2, optimize=True)
    return float((np.sum((weights * found.residuals[0]) ** 2) - trace) / 2)


def between_units(model: Model) -> float:
    """Variance between units of the highest restricted likelihood; 0 when none is better than no variance.

    The likelihood can have more than one top when errors differ much, so a grid is looked at before the slope is
    followed.

    Raises
    ------
    ArithmeticError
        When the likelihood rises without end.
    """
    from scipy.optimize import brentq

    grid = np.append(model.grid(), 0.0)
    best = int(np.argmax(solve(model, grid).log_likelihood))
    if best == GRID and score(model, 0.0) <= 0:
        return 0.0
    low = grid[min(best + 1, GRID)]
    high = grid[best - 1] if best else grid[0]
    for _ in range(60):
        if score(model, high) < 0:
            break
        high *= 2
    else:
        raise ArithmeticError("the likelihood of the variance between units rises without end")
    if score(model, low) <= 0:
        return float(low)
    return float(brentq(lambda a: score(model, a), low, high, xtol=1e-14 * model.typical, rtol=1e-13))
