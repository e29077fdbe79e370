"""What is estimated: totals, and ratios of totals, in the whole sample and in domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.sample import Matrix, Sample, Vector, numbers

if TYPE_CHECKING:
    import pandas as pd

Inside = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Statistic:
    """A total, or a total over a total.

    Parameters
    ----------
    measure, variable : str
        For the table.
    above : numpy.ndarray, shape (rows,)
        NaN where not known.
    below : numpy.ndarray, shape (rows,), or None
        Ones for a mean, None for a total.
    scale : float
    """

    measure: str
    variable: str
    above: Vector
    below: Vector | None
    scale: float = 1.0

    @property
    def known(self) -> Inside:
        """Rows with all that is needed."""
        there = np.isfinite(self.above)
        return np.asarray(there if self.below is None else there & np.isfinite(self.below))

    def values(self, weights: Matrix, inside: Inside) -> Matrix:
        """Estimates of every domain for every set of weights.

        Parameters
        ----------
        weights : numpy.ndarray, shape (rows, sets)
        inside : numpy.ndarray of bool, shape (rows, domains)

        Returns
        -------
        numpy.ndarray, shape (sets, domains)
            NaN where nothing is known or the lower total is 0.
        """
        above = weights.T @ self.part(self.above, inside)
        there = (self.known[:, None] & inside).any(axis=0)
        if self.below is None:
            return np.asarray(np.where(there, self.scale * above, np.nan))
        below = weights.T @ self.part(self.below, inside)
        none = np.full(above.shape, np.nan)
        return np.asarray(np.divide(self.scale * above, below, out=none, where=there & (below != 0)))

    def linearised(self, weights: Vector, inside: Inside) -> Matrix:
        """Variable of each domain whose weighted total has the variance of the estimate; 0 outside."""
        if self.below is None:
            return self.scale * self.part(self.above, inside)
        value = self.values(weights[:, None], inside)[0] / self.scale
        lower = self.part(self.below, inside)
        total = weights @ lower
        away = self.part(self.above, inside) - np.nan_to_num(value) * lower
        return np.asarray(self.scale * np.divide(away, total, out=np.zeros(away.shape), where=total != 0))

    def part(self, values: Vector, inside: Inside) -> Matrix:
        """Values in a column per domain, 0 where not inside or not known."""
        return np.where(self.known[:, None] & inside, np.nan_to_num(values)[:, None], 0.0)


def statistic(sample: Sample, measure: str, variable: str, other: str = "", scale: float = 1.0) -> Statistic:
    """The statistic of one or two columns.

    Parameters
    ----------
    measure : {"total", "mean", "share", "ratio"}
    variable, other : str
        Columns; ``other`` is the lower one of a ratio.
    scale : float
        Factor of a ratio, such as the known total of its lower column.
    """
    known = ("total", "mean", "share", "ratio")
    if measure not in known:
        raise UsageError(f"unknown measure '{measure}'\n  {hint_for(measure, known)}")
    above = column(sample, variable)
    if measure == "share":
        if not np.isin(above[np.isfinite(above)], (0, 1)).all():
            raise UsageError(f"the column '{variable}' of a share holds other values than yes and no (1 and 0)")
        scale = 100.0
    ones = np.ones(len(above))
    below = {"total": None, "mean": ones, "share": ones}[measure] if measure != "ratio" else column(sample, other)
    return Statistic(measure, f"{variable} / {other}" if measure == "ratio" else variable, above, below, scale)


def column(sample: Sample, name: str) -> Vector:
    """A column of a sample as numbers."""
    if name not in sample.frame:
        raise UsageError(f"the survey has no column '{name}'\n  {hint_for(name, map(str, sample.frame.columns))}")
    try:
        return numbers(sample.frame[name])
    except (TypeError, ValueError):
        raise UsageError(f"the column '{name}' holds text, an estimate needs numbers") from None


def domains(sample: Sample, by: Sequence[str]) -> tuple[Inside, list[str]]:
    """Rows inside of each domain, and its name; a row without a code is in none.

    Returns
    -------
    inside : numpy.ndarray of bool, shape (rows, domains)
    names : list of str
        ``key=code`` pairs joined by ``;``, in the order of the codes.
    """
    import pandas as pd

    if not by:
        return np.ones((len(sample.frame), 1), bool), [""]
    for name in by:
        if name not in sample.frame:
            raise UsageError(f"the survey has no column '{name}'\n  {hint_for(name, map(str, sample.frame.columns))}")
    keys = sorted(by)
    parts: list[pd.Series] = [sample.frame[key].astype("str").radd(f"{key}=") for key in keys]
    named = parts[0]
    for part in parts[1:]:
        named = named + ";" + part
    named = named.where(sample.frame[keys].notna().all(axis=1))
    codes, labels = pd.factorize(named.to_numpy(dtype=object), sort=True)
    return codes[:, None] == np.arange(len(labels)), [str(label) for label in labels]
