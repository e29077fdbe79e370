"""Small parts of a whole, and the parts that would give them away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.change.cells import Matrix


def hidden_parts(counts: Matrix, minimum: int) -> npt.NDArray[np.bool_]:
    """Which parts of tables are to be suppressed, when the sums of their rows and columns are known.

    Parts with 1 to ``minimum - 1`` members are. In a row or column with one of them the smallest others are too, until
    at least two are hidden that together hold ``minimum`` members, so that no difference tells a small number.

    Parameters
    ----------
    counts : numpy.ndarray, shape (tables, rows, columns)
        Members of each part. Columns of a table with a single row are left alone: their sums are the parts.
    minimum : int
        The limit of disclosure.

    Examples
    --------
    >>> hidden_parts(np.array([[[3.0, 20.0, 9.0]], [[0.0, 20.0, 12.0]]]), 5)[:, 0].tolist()
    [[True, False, True], [False, False, False]]
    """
    hidden = (counts > 0) & (counts < minimum)
    axes = (2, 1) if counts.shape[1] > 1 else (2,)
    for _ in range(counts.shape[1] * counts.shape[2]):
        before = hidden.copy()
        for axis in axes:
            hidden |= _next(counts, hidden, minimum, axis)
        if np.array_equal(before, hidden):
            break
    return hidden


def _next(counts: Matrix, hidden: npt.NDArray[np.bool_], minimum: int, axis: int) -> npt.NDArray[np.bool_]:
    """The smallest open part of each line that hides too little; parts without members are taken last."""
    many = hidden.sum(axis=axis, keepdims=True)
    held = np.where(hidden, counts, 0).sum(axis=axis, keepdims=True)
    short = (many > 0) & ((many < 2) | (held < minimum))
    rank = np.where(hidden, np.inf, np.where(counts > 0, counts, 1e300))
    place = np.argmin(rank, axis=axis, keepdims=True)
    chosen = np.zeros_like(hidden)
    np.put_along_axis(chosen, place, True, axis=axis)
    return np.asarray(chosen & short & ~hidden)
