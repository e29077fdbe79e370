"""Covariances of items with values missing, by products of matrices: no loop over respondents or pairs of items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]
_BLOCK = 65_536  # rows at a time, so that memory does not grow by copies of the whole


@dataclass(frozen=True)
class Moments:
    """Covariances of items.

    Parameters
    ----------
    covariance : numpy.ndarray, shape (items, items)
        With ``n - 1``; NaN where fewer than two respondents have both items.
    pairs : numpy.ndarray, shape (items, items)
        Respondents behind each.
    missing : {'pairwise', 'listwise'}
        Whether a covariance rests on all who have both items, or on those who have every item.
    """

    covariance: Matrix
    pairs: Matrix
    missing: Missing

    @property
    def n(self) -> int:
        """Respondents behind the whole: the mean over all pairs of different items, rounded down.

        It is the number of rows where nothing is missing.
        """
        k = len(self.pairs)
        if k < 2:
            return int(self.pairs.sum())
        return int((self.pairs.sum() - np.trace(self.pairs)) / (k * (k - 1)) + 1e-9)

    @property
    def correlation(self) -> Matrix:
        """The covariances over the product of the standard deviations; NaN for an item without variance."""
        spread = np.sqrt(np.diag(self.covariance))
        product = np.outer(spread, spread)
        found = np.full(product.shape, np.nan)
        np.divide(self.covariance, product, out=found, where=product > 0)
        np.fill_diagonal(found, np.where(spread > 0, 1.0, np.nan))
        return np.asarray(np.clip(found, -1.0, 1.0))

    def at(self, places: Sequence[int]) -> Moments:
        """Those of some of the items."""
        chosen = np.ix_(places, places)
        return Moments(self.covariance[chosen], self.pairs[chosen], self.missing)


def moments(values: Matrix, missing: Missing = "pairwise") -> Moments:
    """Covariances of the columns of a matrix.

    Parameters
    ----------
    values : numpy.ndarray, shape (respondents, items)
        NaN where missing.
    missing : {'pairwise', 'listwise'}
        See `Moments`.

    Notes
    -----
    With the mask M and X set to 0 outside it, ``N = M'M``, ``S = X'M`` and ``C = (X'X - S * S' / N) / (N - 1)``, which
    is the covariance over the rows that have both items (means taken over these rows too).

    Examples
    --------
    >>> moments(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, np.nan]])).covariance.tolist()
    [[4.0, 2.0], [2.0, 2.0]]
    """
    if missing == "listwise":
        values = values[~np.isnan(values).any(axis=1)]
    # Differences to a value of the item itself: a constant item gets a variance of exactly 0.
    least, most = np.fmin.reduce(values, axis=0, initial=np.inf), np.fmax.reduce(values, axis=0, initial=-np.inf)
    pairs, sums, products = (np.zeros((len(least), len(least))) for _ in range(3))
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        there = ~np.isnan(block)
        x, mask = np.where(there, block - np.where(np.isfinite(least), least, 0.0), 0.0), there.astype(float)
        pairs += mask.T @ mask
        sums += x.T @ mask
        products += x.T @ x
    covariance = np.full(pairs.shape, np.nan)
    some = pairs > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(products - sums * sums.T / pairs, pairs - 1, out=covariance, where=some)
    constant = most == least
    covariance[np.ix_(constant, constant)] = np.where(some[np.ix_(constant, constant)], 0.0, np.nan)
    return Moments(covariance, pairs, missing)
