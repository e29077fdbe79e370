"""The variance between units of a Fay-Herriot model, by restricted maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
GRID = (1e-3, 1e12, 800)
"""Variances between units on which likelihoods are first looked at: least and greatest, in those of a typical error,
and how many, evenly on the scale of the logarithm."""


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

    @cached_property
    def products(self) -> Matrix:
        """Products of the explaining columns, shape (units, coefficients^2)."""
        x = self.explained_by
        return np.asarray((x[:, :, None] * x[:, None, :]).reshape(len(x), -1))

    @cached_property
    def grid(self) -> Vector:
        """Variances between units from 0 to far beyond the errors, ascending."""
        return np.append(0.0, self.typical * np.geomspace(*GRID))

    @cached_property
    def on_grid(self) -> Solved:
        """What follows from each of them."""
        return solve(self, self.grid)


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
    crossed = (weights @ model.products).reshape(len(between), x.shape[1], x.shape[1])
    inverse = np.asarray(np.linalg.inv(crossed), dtype=np.float64)
    beta = np.einsum("gpq,gq->gp", inverse, (weights * model.values) @ x)
    residuals = model.values - beta @ x.T
    log_det = np.linalg.slogdet(crossed)[1]
    fit = (weights * residuals**2).sum(axis=1)
    return Solved(weights, inverse, beta, residuals, (np.log(weights).sum(axis=1) - log_det - fit) / 2)


def score(model: Model, between: float) -> float:
    """Slope of the restricted likelihood: (y'PPy - trace P) / 2."""
    found = solve(model, np.array([between]))
    weights = found.weights[0]
    trace = weights.sum() - weights**2 @ model.products @ found.inverse[0].ravel()
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

    grid = model.grid
    best = int(np.argmax(model.on_grid.log_likelihood))
    if best == 0 and score(model, 0.0) <= 0:
        return 0.0
    if best == len(grid) - 1:
        raise ArithmeticError(
            "the likelihood of the variance between units rises without end: errors are far too small"
        )
    low, high = grid[max(best - 1, 0)], grid[best + 1]
    if score(model, low) <= 0 or score(model, high) >= 0:
        return float(grid[best])
    return float(brentq(lambda a: score(model, a), low, high, xtol=1e-14 * model.typical, rtol=1e-13))
