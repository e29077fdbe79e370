"""Step *screen*: units or items with too little data are set aside before anything is estimated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import Step

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def units(values: Matrix, step: Step) -> Flags:
    """Units with too small a share of values that are there, or of values other than zero.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, items)
    step : Step
        ``share`` and ``non_zero``; both shares have all items as their base.

    Returns
    -------
    numpy.ndarray of bool, shape (units,)

    Notes
    -----
    The rule of thumb of the JRC is 65 % (FAQ of its Excel tool).

    Examples
    --------
    >>> units(np.array([[1.0, 0.0], [np.nan, 2.0]]), Step(step="screen", method="units", share="0.65")).tolist()
    [False, True]
    """
    found = (~np.isnan(values)).mean(axis=1)
    filled = (~np.isnan(values) & (values != 0)).mean(axis=1)
    slack = 1e-12
    return np.asarray((found < (step.share or 0.0) - slack) | (filled < (step.non_zero or 0.0) - slack))


def items(values: Matrix, step: Step) -> Flags:
    """Items with too small a share of units that have a value, or a value other than zero.

    Examples
    --------
    >>> items(np.array([[1.0, 0.0], [np.nan, 2.0]]), Step(step="screen", method="items", share="0.65")).tolist()
    [True, False]
    """
    return units(values.T, step)


METHODS: Mapping[str, Callable[[Matrix, Step], Flags]] = {"units": units, "items": items}
"""Methods by the name that a definition uses."""
