"""Which pairs of units really differ, all pairs of a list looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.scoring.ranks.errors import Errors, Vector
from dihkpi.scoring.ranks.sets import draw_maxima, rank_sets

if TYPE_CHECKING:
    import pandas as pd


def really_different(
    codes: Sequence[str], estimates: Vector, errors: Errors, *, confidence: float, exact: int | None = None
) -> pd.DataFrame:
    """All pairs of units with their difference and a probability that allows for the number of pairs.

    Parameters
    ----------
    codes : sequence of str
    estimates : numpy.ndarray, shape (units,)
    errors : Errors
    confidence : float
    exact : int, optional
        As for :func:`~dihkpi.scoring.ranks.sets.rank_sets`.

    Returns
    -------
    pandas.DataFrame
        ``code`` (the better one by its score), ``against``, ``difference``, ``se``, ``ratio``, ``p`` (of the pair
        alone, by the draws), ``p_adjusted`` (the share of draws in which the greatest ratio of any pair is as great)
        and ``different``, which the comparison step by step decides.

    Notes
    -----
    ``different`` can be true where ``p_adjusted`` is a little above 1 less the confidence: the steps after the first
    look at fewer pairs.
    """
    import pandas as pd

    sets = rank_sets(estimates, errors, confidence=confidence, exact=exact)
    first, second = np.triu_indices(len(codes), 1)
    upper = estimates[first] >= estimates[second]
    better, worse = np.where(upper, first, second), np.where(upper, second, first)
    se = np.array([errors.between(unit) for unit in range(len(codes))])[better, worse]
    gaps = estimates[better] - estimates[worse]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(gaps == 0, 0.0, gaps / se)
    greatest = np.sort(draw_maxima(errors))
    names = np.array(list(codes), dtype=object)
    return pd.DataFrame({
        "code": names[better],
        "against": names[worse],
        "difference": gaps,
        "se": se,
        "ratio": ratio,
        "p": [_share(errors, b, w, r) for b, w, r in zip(better, worse, ratio, strict=True)],
        "p_adjusted": _tail(greatest, ratio),
        "different": sets.better[better, worse],
    })  # fmt: skip


def _tail(greatest: Vector, ratios: Vector) -> Vector:
    """Share of draws at or above each ratio; never 0, as a draw more could be."""
    above = len(greatest) - np.searchsorted(greatest, ratios, side="left")
    return np.asarray((1 + above) / (1 + len(greatest)))


def _share(errors: Errors, better: int, worse: int, ratio: float) -> float:
    scale = errors.between(int(better))[worse]
    if scale == 0:
        return 1.0 if ratio == 0 else 1 / (1 + len(errors.draws))
    drawn = np.abs(errors.draws[:, better] - errors.draws[:, worse]) / scale
    return float((1 + (drawn >= ratio).sum()) / (1 + len(drawn)))
