"""What the computation of one node gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NodeResult:
    """One node for all respondents.

    Parameters
    ----------
    share : numpy.ndarray
        Value on the unit interval, NaN where there is none.
    items : frozenset of int
        Positions of the items below the node; an item that counts twice is one item.
    answered : numpy.ndarray of int
        How many of them were answered.
    apart : numpy.ndarray of bool
        Whether there is no value because what was answered is not applicable.
    points, most : numpy.ndarray
        Points reached and the most possible; empty where a survey is not scored in points.
    """

    share: Vector
    items: frozenset[int]
    answered: npt.NDArray[np.int64]
    apart: Flags
    points: Vector = field(default_factory=lambda: np.empty(0))
    most: Vector = field(default_factory=lambda: np.empty(0))
