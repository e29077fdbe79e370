"""The table of numbers between the steps of a composite, and the record of what they have changed."""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass
class State:
    """The table between the steps.

    Parameters
    ----------
    numbers : Numbers
        What came in; it stays as it is.
    values : numpy.ndarray, shape (rows, items)
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
    """

    numbers: Numbers
    values: Matrix
    posts: Posts
    imputed: Flags
    normalised: Flags
    aside: Flags
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, numbers: Numbers, scoring: Scoring) -> State:
        """The table before the first step."""
        shape = numbers.matrix.shape
        return cls(
            numbers, numbers.matrix.copy(), Posts.of(list(scoring.items.values())), np.zeros(shape, dtype=bool),
            np.zeros(shape, dtype=bool), np.zeros(shape[0], dtype=bool),
        )  # fmt: skip
