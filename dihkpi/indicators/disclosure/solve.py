"""What an attacker can work out exactly, from everything that is published."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float64]

_ZERO = 1e-6
_SEED = 20260101


def determined(of: Index, cell: Index, sign: Vector, cells: int, relations: int) -> Mask:
    """Unknowns that linear equations determine.

    An unknown is determined when it is zero in every vector of the null space; and then, and with probability one only
    then, it is zero in one vector drawn at random. Equations with an unknown that occurs nowhere else are set aside
    until none is left; the vector is drawn for the rest, and carried back through those set aside.

    Parameters
    ----------
    of, cell, sign : numpy.ndarray, shape (terms,)
        Equation, unknown and sign of every term.
    cells, relations : int
        Number of unknowns and of equations.

    Returns
    -------
    numpy.ndarray of bool, shape (cells,)
        Only of the unknowns that occur.

    Examples
    --------
    x + y = 3, x + y + z = 5: only z is known.

    >>> of, cell = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 1, 2])
    >>> determined(of, cell, np.ones(5), cells=3, relations=2).tolist()
    [False, False, True]
    """
    active = np.ones(len(of), dtype=bool)
    rounds: list[tuple[Mask, Index]] = []
    while True:
        alone = active & (np.bincount(cell[active], minlength=cells)[cell] == 1)
        if not alone.any():
            break
        pivot = np.full(relations, -1)
        at = np.flatnonzero(alone)[::-1]
        pivot[of[at]] = at
        taken = active & (pivot[of] >= 0)
        rounds.append((taken, pivot[pivot >= 0]))
        active &= ~taken
    drawn = np.random.default_rng(_SEED).uniform(1, 2, cells)
    if active.any():
        drawn = _projected(drawn, of[active], cell[active], sign[active], cells, relations)
    for taken, at in reversed(rounds):
        others = taken.copy()
        others[at] = False
        sums = np.bincount(of[others], weights=sign[others] * drawn[cell[others]], minlength=relations)
        drawn[cell[at]] = -sums[of[at]] * sign[at]
    occurs = np.bincount(cell, minlength=cells) > 0
    return occurs & (np.abs(drawn) < _ZERO)


def _projected(drawn: Vector, of: Index, cell: Index, sign: Vector, cells: int, relations: int) -> Vector:
    """The part of a vector that lies in the null space of equations."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import lsqr

    rows, row = np.unique(of, return_inverse=True)
    columns, column = np.unique(cell, return_inverse=True)
    matrix = csr_matrix((sign, (row, column)), shape=(len(rows), len(columns)))
    start = drawn[columns]
    solution = lsqr(matrix, matrix @ start, atol=1e-11, btol=1e-11, conlim=0, iter_lim=4 * min(matrix.shape) + 100)[0]
    result = drawn.copy()
    result[columns] = start - solution
    return result
