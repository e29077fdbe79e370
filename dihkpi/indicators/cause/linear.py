"""Least squares with errors that allow for clusters: the engine below all designs that are regressions.

Everything is kept as moments of clusters (``X_g'X_g`` and ``X_g'e_g``), so that the costs of a bootstrap do not grow
with the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.result import Codes, NoEstimateError, Vector

_DEPENDENT = 1e-8
"""A column whose part that the columns before it do not explain is smaller than this share adds nothing."""


@dataclass(frozen=True)
class Fit:
    """A fitted regression.

    Attributes
    ----------
    names : tuple of str
        Columns that were kept, k of them.
    beta : numpy.ndarray, shape (k,)
    bread : numpy.ndarray, shape (k, k)
        ``(X'X)^-1``.
    squares : numpy.ndarray, shape (G, k, k)
        ``X_g'X_g`` of every cluster.
    scores : numpy.ndarray, shape (G, k)
        ``X_g'e_g`` of every cluster.
    rss : float
    n, absorbed : int
        Rows; degrees of freedom of the effects of units that were taken out.
    clustered : bool
        Whether clusters were given; otherwise each row is its own.
    """

    names: tuple[str, ...]
    beta: Vector
    bread: Vector
    squares: Vector
    scores: Vector
    rss: float
    n: int
    absorbed: int
    clustered: bool

    @property
    def clusters(self) -> int:
        """Number of clusters G."""
        return len(self.scores)

    @property
    def small_sample(self) -> float:
        """The factor ``G/(G-1) (n-1)/(n-k)`` of CR1.

        Effects of units that lie in the clusters count in k as the one constant that they hold, as in the fixed-effects
        regressions of Stata (``xtreg``) and fixest; without clusters each of them counts.
        """
        groups, taken = self.clusters, min(self.absorbed, 1) if self.clustered else self.absorbed
        return groups / (groups - 1) * (self.n - 1) / (self.n - len(self.names) - taken)

    def combination(self, weights: Mapping[str, float]) -> Vector:
        """Vector l of the combination ``l'b`` of coefficients.

        Raises
        ------
        NoEstimateError
            When a column of it does not vary by itself.
        """
        for name in weights:
            if name not in self.names:
                raise NoEstimateError(f"'{name}' cannot be told apart from the other columns of the model")
        return np.array([weights.get(name, 0.0) for name in self.names])


def fit(
    y: Vector,
    columns: Mapping[str, Vector],
    *,
    clusters: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
) -> Fit:
    """Least squares of y on columns; what is wanted comes last, as a column that those before it explain is dropped.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
    columns : mapping of str to numpy.ndarray
        Regressors, the constant included; none where ``units`` are given.
    clusters : array-like, optional
        Which rows belong together, such as the hub.
    units : array-like, optional
        Whose own level is taken out (fixed effects of units). A unit lies in one cluster.

    Raises
    ------
    NoEstimateError
        When nothing can be fitted.
    """
    matrix = np.column_stack([np.asarray(column, float) for column in columns.values()])
    keep = np.isfinite(y) & np.isfinite(matrix).all(axis=1)
    group = _codes(clusters, keep) if clusters is not None else np.arange(int(keep.sum()))
    keep_group = group >= 0
    outcome, matrix, group = np.asarray(y, float)[keep][keep_group], matrix[keep][keep_group], group[keep_group]
    absorbed = 0
    if units is not None:
        unit = _codes(units, keep)[keep_group]
        absorbed = _check_nested(unit, group) if clusters is not None else int(unit.max(initial=-1)) + 1
        matrix = _without_means(matrix, unit)
        outcome = _without_means(outcome[:, None], unit)[:, 0]
    names, matrix = _independent(tuple(columns), matrix)
    n, k = matrix.shape
    if n - absorbed <= k or not k:
        raise NoEstimateError(f"{n} rows are too few for {k + absorbed} coefficients")
    if (groups := int(group.max()) + 1) < 2:
        raise NoEstimateError("a single cluster tells nothing about the spread between clusters")
    bread = np.asarray(np.linalg.inv(matrix.T @ matrix), float)
    beta = bread @ (matrix.T @ outcome)
    residuals = outcome - matrix @ beta
    scores = np.asarray([np.bincount(group, column * residuals, groups) for column in matrix.T], float).T
    squares = _squares(matrix, group, groups)
    rss = float(residuals @ residuals)
    return Fit(names, beta, bread, squares, scores, rss, n, absorbed, clusters is not None)


def dummies(values: npt.ArrayLike, name: str) -> dict[str, Vector]:
    """A column for every value but the first, in order."""
    import pandas as pd

    codes, found = pd.factorize(np.asarray(values, object), sort=True)
    missing = codes < 0
    return {
        f"{name}={value}": np.where(missing, np.nan, codes == number)
        for number, value in enumerate(found)
        if number > 0
    }


def _codes(values: npt.ArrayLike, keep: npt.NDArray[np.bool_]) -> Codes:
    import pandas as pd

    return np.asarray(pd.factorize(np.asarray(values, object)[keep], sort=True)[0], np.intp)


def _check_nested(unit: Codes, group: Codes) -> int:
    """Number of units; each must lie in one cluster."""
    size = int(group.max(initial=0)) + 1
    pairs = np.unique(unit * size + group)
    count = int(unit.max(initial=-1)) + 1
    if len(pairs) > count:
        raise NoEstimateError(f"{len(pairs) - count} units belong to two clusters; a unit must stay in one")
    return count


def _without_means(matrix: Vector, unit: Codes) -> Vector:
    counts = np.bincount(unit)[:, None]
    means = np.column_stack([np.bincount(unit, column) for column in matrix.T]) / counts
    return np.asarray(matrix - means[unit])


def _independent(names: Sequence[str], matrix: Vector) -> tuple[tuple[str, ...], Vector]:
    """Columns that are not a combination of those before them."""
    kept: list[int] = []
    basis = np.empty((len(matrix), 0))
    for number in range(matrix.shape[1]):
        column = matrix[:, number]
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > _DEPENDENT * max(float(np.linalg.norm(column)), _DEPENDENT):
            kept.append(number)
            basis = np.column_stack([basis, rest / size])
    return tuple(names[number] for number in kept), matrix[:, kept]


def _squares(matrix: Vector, group: Codes, groups: int) -> Vector:
    k = matrix.shape[1]
    found = np.empty((groups, k, k))
    for i in range(k):
        for j in range(i + 1):
            found[:, i, j] = found[:, j, i] = np.bincount(group, matrix[:, i] * matrix[:, j], groups)
    return found
