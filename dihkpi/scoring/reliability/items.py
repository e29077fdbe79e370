"""How each item goes with the rest of its scale, from the covariances alone; and how often each answer was given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.reliability.moments import Matrix, Vector


def alpha_of(covariance: Matrix) -> float:
    """``k / (k - 1) (1 - sum s_i^2 / s_T^2)``; NaN without two items or without spread.

    Source: Cronbach, L. J. (1951), *Psychometrika* 16, 297-334.

    Examples
    --------
    >>> round(alpha_of(np.array([[1.0, 0.5], [0.5, 1.0]])), 9)
    0.666666667
    """
    k, total = len(covariance), covariance.sum()
    return float(k / (k - 1) * (1 - np.trace(covariance) / total)) if k > 1 and total > 0 else float("nan")


def item_rest(covariance: Matrix) -> Vector:
    """Correlation of each item with the sum of the others; NaN where either has no variance.

    Examples
    --------
    >>> item_rest(np.array([[1.0, 0.5], [0.5, 1.0]])).tolist()
    [0.5, 0.5]
    """
    own, row, total = np.diag(covariance), covariance.sum(axis=1), covariance.sum()
    product = own * (total - 2 * row + own)  # variance of the item times variance of the rest
    found = np.full(len(own), np.nan)
    np.divide(row - own, np.sqrt(np.where(product > 0, product, 1.0)), out=found, where=product > 0)
    return np.asarray(np.clip(found, -1.0, 1.0))


def alpha_if_dropped(covariance: Matrix) -> Vector:
    """Alpha of the scale without each item; NaN where fewer than two are left.

    Examples
    --------
    >>> three = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    >>> alpha_if_dropped(three).round(9).tolist()
    [0.666666667, 0.666666667, 0.666666667]
    """
    k, own, row = len(covariance) - 1, np.diag(covariance), covariance.sum(axis=1)
    left, total = np.trace(covariance) - own, covariance.sum() - 2 * row + own
    found = np.full(len(own), np.nan)
    if k > 1:
        np.divide(k / (k - 1) * (total - left), total, out=found, where=total > 0)
    return found


def frequencies(codes: npt.NDArray[np.int8], width: int) -> npt.NDArray[np.int64]:
    """How often each answer was given.

    Parameters
    ----------
    codes : numpy.ndarray of int8, shape (respondents, items)
        Position of the answer, -1 where there is none.
    width : int
        Number of answers there are.

    Returns
    -------
    numpy.ndarray of int, shape (items, width + 1)
        In the last column those without an answer; the rows sum to the respondents.

    Examples
    --------
    >>> frequencies(np.array([[0], [1], [1], [-1]], dtype=np.int8), 2).tolist()
    [[1, 2, 1]]
    """
    return np.column_stack([(codes == code).sum(axis=0) for code in (*range(width), -1)])
