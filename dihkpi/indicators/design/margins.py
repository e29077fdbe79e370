"""Margins of a population, and weights that meet them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
_FAR = 1e100
"""Factors stay between this and its inverse while bounds keep a margin from being met."""


@dataclass(frozen=True)
class Margin:
    """One margin: the class of each row, and what the weights of each class must sum to.

    Parameters
    ----------
    name : str
    classes : numpy.ndarray of int, shape (rows,)
    labels : tuple of str
    totals : numpy.ndarray, shape (classes,)
    """

    name: str
    classes: Codes
    labels: tuple[str, ...]
    totals: Vector

    def matrix(self) -> Matrix:
        """A column per class, 1 for its rows."""
        return np.asarray(self.classes[:, None] == np.arange(len(self.totals)), dtype=np.float64)


@dataclass(frozen=True)
class Calibration:
    """Margins and how weights are brought to meet them.

    Parameters
    ----------
    margins : tuple of Margin
    low : float
        Least factor from old to new weight.
    high : numpy.ndarray, shape (rows,)
        Greatest factor of each row.
    rounds : int
        Most rounds over all margins.
    tolerance : float
        Relative difference that counts as met.
    """

    margins: tuple[Margin, ...]
    low: float
    high: Vector
    rounds: int
    tolerance: float

    def matrix(self) -> Matrix:
        """Classes of all margins, shape (rows, classes)."""
        return np.hstack([margin.matrix() for margin in self.margins])

    def fit(self, old: Matrix) -> tuple[Matrix, int, Matrix]:
        """New weights for many sets of old ones: w = d min(max(f, low), high), f a product of factors of classes.

        Parameters
        ----------
        old : numpy.ndarray, shape (rows, sets)

        Returns
        -------
        weights : numpy.ndarray, shape (rows, sets)
        rounds : int
        miss : numpy.ndarray, shape (classes, sets)
            Relative difference from the totals.
        """
        matrices = [margin.matrix() for margin in self.margins]
        factors = np.ones_like(old)
        high = self.high[:, None]
        taken = 0
        while taken < self.rounds:
            taken += 1
            for margin, matrix in zip(self.margins, matrices, strict=True):
                sums = matrix.T @ (old * np.clip(factors, self.low, high))
                step = np.divide(margin.totals[:, None], sums, out=np.ones_like(sums), where=sums > 0)
                factors = np.clip(factors * step[margin.classes], 1 / _FAR, _FAR)
            weights = old * np.clip(factors, self.low, high)
            miss = self._miss(weights, matrices)
            if np.abs(miss).max() <= self.tolerance:
                break
        return weights, taken, miss

    def _miss(self, weights: Matrix, matrices: Sequence[Matrix]) -> Matrix:
        return np.vstack([
            (matrix.T @ weights) / margin.totals[:, None] - 1
            for margin, matrix in zip(self.margins, matrices, strict=True)
        ])  # fmt: skip


@dataclass(frozen=True)
class Regression:
    """Sums of columns, and weights that meet them by regression.

    Parameters
    ----------
    columns : numpy.ndarray, shape (rows, columns)
    totals : numpy.ndarray, shape (columns,)
        Their sums over the population.
    names : tuple of str
    factors, effective_n : tuple of float
        Least and greatest factor from old to new weight; (sum w)^2 / sum w^2 before and after.
    tolerance : float
        Relative difference that counts as met.
    """

    columns: Matrix
    totals: Vector
    names: tuple[str, ...]
    factors: tuple[float, float] = (1.0, 1.0)
    effective_n: tuple[float, float] = (0.0, 0.0)
    tolerance: float = 1e-6

    def __str__(self) -> str:
        return (
            f"calibrated by regression; weights times {self.factors[0]:.2f} to {self.factors[1]:.2f}; "
            f"effective n {self.effective_n[0]:.1f} before, {self.effective_n[1]:.1f} after"
        )

    def matrix(self) -> Matrix:
        """The columns, shape (rows, columns)."""
        return self.columns

    def fit(self, old: Matrix) -> tuple[Matrix, int, Matrix]:
        """New weights for many sets of old ones; as :meth:`Calibration.fit`."""
        x = self.columns / np.maximum(np.abs(self.columns).max(axis=0), 1e-300)
        totals = self.totals / np.maximum(np.abs(self.columns).max(axis=0), 1e-300)
        lacking = totals[:, None] - x.T @ old
        inner = np.einsum("ri,rs,rj->sij", x, old, x)
        # Margins overlap, as each sums to the population: the solution of least norm gives the same weights.
        weights = old * (1 + x @ np.einsum("sij,js->is", np.linalg.pinv(inner, hermitian=True), lacking))
        scale = np.where(totals == 0, 1.0, totals)[:, None]
        return weights, 1, (x.T @ weights - totals[:, None]) / scale
