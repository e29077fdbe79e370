"""Errors of scores as the comparison of many pairs needs them: standard errors of differences, and draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.errors import UsageError

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Errors of the scores of several units.

    Parameters
    ----------
    draws : numpy.ndarray, shape (draws, units)
        Errors as they could have been, around 0.
    variance : numpy.ndarray, shape (units,)
        Variances of the scores.
    covariance : numpy.ndarray, shape (units, units), or None
        ``None`` where the units are independent of each other.
    """

    draws: Matrix
    variance: Vector
    covariance: Matrix | None = None

    @classmethod
    def independent(cls, se: Vector, df: Vector | None, draws: int, seed: int) -> Errors:
        """Units that have nothing in common, such as hubs with customers of their own.

        Parameters
        ----------
        se : numpy.ndarray, shape (units,)
        df : numpy.ndarray, shape (units,), or None
            Degrees of freedom of each standard error. A hub with few respondents does not know its error exactly, so
            it is drawn from Student's t; infinite or NaN stands for the normal distribution.
        draws, seed : int

        Examples
        --------
        >>> errors = Errors.independent(np.array([1.0, 2.0]), None, 5000, 1)
        >>> errors.draws.std(axis=0).round(1).tolist()
        [1.0, 2.0]
        """
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((draws, len(se)))
        if df is not None:
            few = np.flatnonzero(np.isfinite(df) & (df > 0))
            z[:, few] /= np.sqrt(rng.chisquare(df[few], (draws, len(few))) / df[few])
        return cls(z * se, se**2)

    @classmethod
    def dependent(cls, covariance: Matrix, draws: int, seed: int) -> Errors:
        """Units whose errors go together, with their covariance."""
        values, vectors = np.linalg.eigh(covariance)
        if values.min(initial=0.0) < -1e-8 * max(1.0, values.max(initial=0.0)):
            raise UsageError("the covariance of the scores is no covariance: it has a negative eigenvalue")
        z = np.random.default_rng(seed).standard_normal((draws, len(covariance)))
        return cls(z @ (vectors * np.sqrt(np.maximum(values, 0.0))).T, np.diag(covariance).copy(), covariance)

    @classmethod
    def drawn(cls, draws: Matrix) -> Errors:
        """Units with scores drawn together, such as the replications of a composite."""
        return cls(draws - draws.mean(axis=0), draws.var(axis=0, ddof=1), np.atleast_2d(np.cov(draws, rowvar=False)))

    def between(self, unit: int) -> Vector:
        """Standard error of the difference between a unit and each other; shape (units,)."""
        shared = 0.0 if self.covariance is None else 2 * self.covariance[unit]
        squares = self.variance + self.variance[unit] - shared
        squares[unit] = 0.0
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
