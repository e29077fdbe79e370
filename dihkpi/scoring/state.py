"""The table of numbers between the steps of a composite, and the record of what they have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.scoring import Scoring
from dihkpi.scoring.posts import Posts
from dihkpi.scoring.values import Numbers

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Change:
    """Cells of one item that a step has changed.

    Parameters
    ----------
    step : int
        Number of the step, from 1.
    method : str
    item : int
    rows : numpy.ndarray of int
    before, after : numpy.ndarray
    """

    step: int
    method: str
    item: int
    rows: Places
    before: Matrix
    after: Matrix


Fill = Callable[[Matrix, Matrix], Matrix]
"""What an imputation makes of a table, and of the rows from which it takes its values."""


@dataclass(frozen=True)
class Imputed:
    """One imputation at work, for those who ask how well it predicts.

    Parameters
    ----------
    step : int
        Number of the step, from 1.
    rows, basis, items : numpy.ndarray of int
        Rows that are filled, rows from which values are taken, and items.
    before, source, after : numpy.ndarray
        Values of ``rows`` before and after it, and of ``basis`` before it.
    fill : callable
        The method, for other values of the same rows.
    """

    step: int
    rows: Places
    basis: Places
    items: Places
    before: Matrix
    source: Matrix
    after: Matrix
    fill: Fill


@dataclass
class State:
    """The table between the steps, or one for each of many replications.

    Parameters
    ----------
    numbers : Numbers
        What came in; it stays as it is.
    values : numpy.ndarray, shape (rows, items) or (replications, rows, items)
        What the steps have made of it.
    posts : Posts
        Goalposts on the scale of values that are not normalised yet.
    imputed, normalised : numpy.ndarray of bool, shape (rows, items)
    aside : numpy.ndarray of bool, shape (rows,)
        Rows that a screen has set aside.
    changes : list of Change
        By imputation and treatment.
    notes : list of str
        What a reader of the scores should know.
    screened : dict of int to tuple
        Per screen: rows and items that it has set aside.
    replay : bool
        Screens set aside what stands in ``screened`` instead of judging for themselves.
    on_impute : callable or None
        Looks at each imputation and gives the values that count.
    """

    numbers: Numbers
    values: Matrix
    posts: Posts
    imputed: Flags
    normalised: Flags
    aside: Flags
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    screened: dict[int, tuple[Places, Places]] = field(default_factory=dict)
    replay: bool = False
    on_impute: Callable[[Imputed], Matrix] | None = None

    @classmethod
    def of(cls, numbers: Numbers, scoring: Scoring) -> State:
        """The table before the first step."""
        shape = numbers.matrix.shape
        return cls(
            numbers, numbers.matrix.copy(), Posts.of(list(scoring.items.values())), np.zeros(shape, dtype=bool),
            np.zeros(shape, dtype=bool), np.zeros(shape[0], dtype=bool),
        )  # fmt: skip

    @property
    def stacked(self) -> bool:
        """Whether there is a table for each of many replications; nothing is recorded or noted then."""
        return self.values.ndim > 2

    def again(self, values: Matrix, scoring: Scoring) -> State:
        """Other values of the same rows before the first step, for which the screens of this run hold."""
        fresh = State.of(self.numbers, scoring)
        return replace(fresh, values=values, screened=self.screened, replay=True)
