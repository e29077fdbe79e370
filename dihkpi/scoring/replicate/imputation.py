"""Error of an imputation: how far its method is off where the value is known, drawn into what it filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.state import Imputed

Matrix = npt.NDArray[np.float64]
FOLDS = 25
"""Known cells of an item are predicted in at most so many parts; each in turn without the values of its part."""


@dataclass
class Residuals:
    """What imputations of one pipeline are off by, and draws of it.

    Parameters
    ----------
    uniform : numpy.ndarray, shape (tables, rows, items)
        Even numbers from 0 to 1, one for every cell of every completed table; the same for every pipeline.
    """

    uniform: Matrix
    _drawn: dict[tuple[int, int], Matrix] = field(default_factory=dict)
    _limits: dict[tuple[int, int], tuple[Matrix, Matrix]] = field(default_factory=dict)
    unknown: npt.NDArray[np.bool_] = field(init=False)
    """Cells, shape (rows, items), that were filled although nothing tells how well."""

    def __post_init__(self) -> None:
        self.unknown = np.zeros(self.uniform.shape[1:], dtype=bool)

    def look(self, call: Imputed) -> Matrix:
        """Learn from an imputation of the numbers as they are; changes nothing."""
        off = left_out(call)
        filled = np.isnan(call.before) & ~np.isnan(call.after)
        drawn = np.zeros((len(self.uniform) + 1, *call.before.shape))
        for column, item in enumerate(call.items):
            pool = np.sort(off[~np.isnan(off[:, column]), column])
            if len(pool) < 2:
                self.unknown[call.rows, item] |= filled[:, column]
                continue
            places = (self.uniform[:, call.rows, item] * len(pool)).astype(np.intp)
            drawn[1:, :, column] = pool[places]
        self._drawn[self._key(call)] = drawn
        known = np.concatenate([call.before, call.source])
        self._limits[self._key(call)] = np.fmin.reduce(known, axis=0), np.fmax.reduce(known, axis=0)
        return call.after

    def draw(self, tables: npt.NDArray[np.intp]) -> Callable[[Imputed], Matrix]:
        """Put residuals into what is filled: those of one table (0 for none) per replication, kept within values seen.

        Parameters
        ----------
        tables : numpy.ndarray of int, shape (replications,), or a single one for a table without replications
        """

        def add(call: Imputed) -> Matrix:
            key = self._key(call)
            filled = np.isnan(call.before) & ~np.isnan(call.after)
            low, high = self._limits[key]
            off = self._drawn[key][tables]
            return np.where(filled & (off != 0), np.clip(call.after + off, low, high), call.after)

        return add

    @staticmethod
    def _key(call: Imputed) -> tuple[int, int]:
        """A step works on several blocks of rows where it goes period by period."""
        return call.step, int(call.rows[0]) if len(call.rows) else -1


def left_out(call: Imputed) -> Matrix:
    """Known values less what the imputation predicts for them without them; NaN where it predicts nothing.

    Rows are left out one at a time, or in as many parts as ``FOLDS`` where there are more.

    Returns
    -------
    numpy.ndarray, of the shape of ``call.before``
    """
    folds = min(FOLDS, max(len(call.before), 1))
    part, part_of_source = _part(call.rows, call.rows, folds), _part(call.basis, call.rows, folds)
    result = np.full(call.before.shape, np.nan)
    for fold in range(folds):
        before, source = call.before.copy(), call.source.copy()
        before[part == fold] = np.nan
        source[part_of_source == fold] = np.nan
        predicted = call.fill(before, source)
        result[part == fold] = (call.before - predicted)[part == fold]
    return result


def _part(rows: npt.NDArray[np.intp], among: npt.NDArray[np.intp], folds: int) -> npt.NDArray[np.intp]:
    """Part of each row; periods of one unit are in different parts. -1 outside of ``among``."""
    return np.where(np.isin(rows, among), np.searchsorted(among, rows) % folds, -1)


def rubin(within: Matrix, between: Matrix, tables: int, complete: Matrix | float = np.inf) -> tuple[Matrix, Matrix]:
    """Total variance of a multiple imputation, and its degrees of freedom.

    Parameters
    ----------
    within : numpy.ndarray
        Mean over the completed tables of the variance within one.
    between : numpy.ndarray
        Variance of the results between the tables, over tables - 1.
    tables : int
        Number of completed tables, 2 or more.
    complete : numpy.ndarray or float
        Degrees of freedom that the variance within would have without anything missing.

    Returns
    -------
    total : numpy.ndarray
        ``within + (1 + 1/m) between``
    freedom : numpy.ndarray
        Infinite where nothing was imputed and ``complete`` is infinite.

    Notes
    -----
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys; degrees of freedom of Barnard and Rubin (1999),
    Biometrika 86.

    Examples
    --------
    >>> total, freedom = rubin(np.array([4.0]), np.array([1.0]), 5, np.array([19.0]))
    >>> float(total[0]), round(float(freedom[0]), 3)
    (5.2, 11.29)
    """
    between = (1.0 + 1.0 / tables) * between
    total = within + between
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, between / total, 0.0)
        old = (tables - 1) / share**2
        observed = np.where(np.isinf(complete), np.inf, (complete + 1) / (complete + 3) * complete * (1 - share))
        freedom = 1.0 / (1.0 / old + np.where(observed > 0, 1.0 / observed, np.inf))
    return total, np.where((share >= 1) | (observed <= 0), old, freedom)
