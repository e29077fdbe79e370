"""What a model of small units gives: shrunken values with their errors, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
ALIKE = "no difference between units is visible beyond their errors: all get the common value"
MORE_UNITS = 3
"""Units that a model needs beyond its coefficients (James and Stein: at least four for one mean)."""


@dataclass(frozen=True)
class Shrunken:
    """Estimates of units that borrow strength from each other.

    Parameters
    ----------
    model : str
    value : numpy.ndarray, shape (units,)
        (1 - factor) raw + factor x what the model expects of the unit.
    factor : numpy.ndarray
        B: 0 leaves the raw value, 1 takes the common one.
    mse : numpy.ndarray
        Mean squared error of the value.
    lo, hi : numpy.ndarray
        Interval of the level asked for.
    parameters : mapping of str to float or array
        What the model found, by name.
    reason : str
        What a reader must know, such as that no difference is visible; or why there is no value.
    fitted : bool
        False when there is no value.
    """

    model: str
    value: Vector
    factor: Vector
    mse: Vector
    lo: Vector
    hi: Vector
    parameters: Mapping[str, float | Vector] = field(default_factory=dict)
    reason: str = ""
    fitted: bool = True


def unfitted(model: str, units: int, reason: str) -> Shrunken:
    """No values, and why."""
    none = np.full(units, np.nan)
    return Shrunken(model, none, none, none, none, none, {}, reason, False)


def too_few(units: int, coefficients: int) -> str:
    """Why so few units cannot be modelled; empty when they can."""
    needed = coefficients + MORE_UNITS
    if units >= needed:
        return ""
    return (
        f"a model with {coefficients} coefficient{'s' * (coefficients > 1)} needs {needed} units or more, not {units}"
    )
