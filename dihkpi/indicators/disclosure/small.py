"""Small bases of a table whose cells add up: which are hidden, so that none follows from the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def small_cells(bases: npt.ArrayLike, minimum: int) -> npt.NDArray[np.bool_]:
    """Cells that are hidden: those below the minimum, and the next smallest while the hidden are below it together.

    The total of the cells is known, so that what is hidden must be the minimum or more also as a whole. Of equal
    bases the first is taken.

    Parameters
    ----------
    bases : array-like of int
        Who stands behind each cell; nobody needs no hiding.
    minimum : int

    Examples
    --------
    >>> small_cells([3, 20, 9, 0], 5).tolist()
    [True, False, True, False]
    >>> small_cells([4, 3, 20], 5).tolist(), small_cells([6, 20], 5).tolist()
    ([True, True, False], [False, False])
    """
    base = np.asarray(bases, dtype=np.int64)
    hidden = (base > 0) & (base < minimum)
    for at in np.argsort(base, kind="stable"):
        if not hidden.any() or base[hidden].sum() >= minimum:
            break
        hidden[at] = base[at] > 0
    return hidden
