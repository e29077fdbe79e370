"""What the computation of one node gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.scoring import Bands

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


def band_of(values: Vector, bands: Bands) -> npt.NDArray[np.object_]:
    """Codes of the bands that values fall into; an edge belongs to the band below it.

    Examples
    --------
    >>> dma = Bands(edges=(25, 50, 75), codes={"basic": "", "average": "", "moderate": "", "advanced": ""})
    >>> band_of(np.array([25.0, 25.4, 75.5, np.nan]), dma).tolist()
    ['basic', 'average', 'advanced', None]
    """
    codes = np.array([*bands.codes, None], dtype=object)
    position = np.searchsorted(bands.edges, np.round(values, 9), side="left")
    return np.asarray(codes[np.where(np.isnan(values), len(bands.codes), position)], dtype=object)
