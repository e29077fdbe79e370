"""Complementary suppression: cells that are hidden so that others stay hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.disclosure.relations import Relations
from dihkpi.indicators.disclosure.solve import determined

Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hidden:
    """Which cells are hidden.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (cells,)
    because : numpy.ndarray of int, shape (cells,)
        Relation for which a cell was hidden; -1 for those that are visible or were hidden before.
    """

    mask: Mask
    because: Index


def complement(
    n: Vector, limit: Vector, primary: Mask, wanted: Index, relations: Relations, cost: Vector | None = None
) -> Hidden:
    """Hide more, until nothing hidden follows from what is published.

    Of every relation that would give something away, the visible cell with which the least is lost is hidden: the one
    that opens the fewest further relations, and of those the one with the smallest base; then again, until nothing
    changes. A relation gives something away when a single cell of it is
    hidden, or when its total is visible and the hidden parts have together a base below the limit.

    Parameters
    ----------
    n, limit : numpy.ndarray, shape (cells,)
        Base, and the limit below which it tells too much.
    primary : numpy.ndarray of bool, shape (cells,)
        Cells that are hidden for their own sake.
    wanted : numpy.ndarray of int, shape (cells,)
        Cells with a higher number are hidden only where no cell with a lower one will do.
    relations : Relations
    cost : numpy.ndarray, optional, shape (cells,)
        What is lost with a cell, counted in further cells: 1 by default, 0 for what nobody misses, and infinity for
        what is published already.
    """
    base = np.concatenate([n, relations.rests])
    mask = np.concatenate([primary, np.ones(len(relations.rests), dtype=bool)])
    because = np.full(len(base), -1)
    late = np.concatenate([wanted, np.zeros(len(relations.rests), dtype=np.intp)])
    lost = np.ones(len(base))
    lost[: len(n)] = 1 if cost is None else cost
    system, same = _systems(len(base), relations), _equal(len(n), len(base), relations)
    unsolved = np.ones(len(base), dtype=bool)
    while len(relations.total):
        broken = _given_away(base, limit[relations.total], mask, relations)
        chosen, why = _least(base, late, lost, same, mask, broken, relations, np.arange(len(broken)))
        if not len(chosen):
            broken, group = _solvable(mask, relations, unsolved[system])
            unsolved[:] = False
            unsolved[system[broken]] = True
            chosen, why = _least(base, late, lost, same, mask, broken, relations, group)
        if not len(chosen):
            break
        mask[chosen] = True
        because[chosen] = why
    return Hidden(mask[: len(n)], because[: len(n)])


def _given_away(base: Vector, limit: Vector, mask: Mask, relations: Relations) -> Mask:
    """Relations that tell a hidden cell, or a group of hidden cells with a base below the limit."""
    hidden = mask[relations.part]
    size = len(relations.total)
    upper = mask[relations.total]
    parts = np.bincount(relations.of, weights=hidden, minlength=size)
    together = _remaining(base, mask, relations)
    broken: Mask = (upper & (parts == 0)) | (~upper & ((parts == 1) | ((parts > 0) & (together < limit))))
    return broken


def _remaining(base: Vector, mask: Mask, relations: Relations) -> Vector:
    """Base of the hidden parts of each relation, of which those that are totals count with what hides in them.

    A hidden total can be replaced by its parts, and the visible ones among them are known.
    """
    left = base
    hidden = mask[relations.part]
    upper = mask[relations.total]
    while True:
        sums: Vector = np.bincount(relations.of, left[relations.part] * hidden, len(relations.total)).astype(float)
        less = base.copy()
        np.minimum.at(less, relations.total[upper], sums[upper])
        if np.array_equal(less, left):
            return sums
        left = less


def _systems(cells: int, relations: Relations) -> Index:
    """Number of the system that each relation belongs to: relations that share no cell, even by way of others, are
    different systems, and each can be solved for itself."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = (relations.total[relations.of], relations.part)
    graph = coo_matrix((np.ones(len(relations.part)), ends), shape=(cells, cells))
    labels: Index = connected_components(graph, directed=False)[1][relations.total]
    return labels


def _equal(cells: int, size: int, relations: Relations) -> Index:
    """Number of the group of cells that are equal, such as a region and its only hub: they are hidden together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    parts = np.bincount(relations.of, minlength=len(relations.total))
    only = (parts[relations.of] == 1) & (relations.part < cells)
    ends = (relations.total[relations.of[only]], relations.part[only])
    labels: Index = connected_components(coo_matrix((np.ones(only.sum()), ends), shape=(size, size)), directed=False)[1]
    return labels


def _solvable(mask: Mask, relations: Relations, looked_at: Mask) -> tuple[Mask, Index]:
    """Relations, of those to be looked at, of a hidden cell that follows from several relations together.

    With them the number of the group of each relation: those that share such a cell tell it together, and one more
    hidden cell in any of them may be enough.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(relations.total)
    of = np.concatenate([np.arange(size), relations.of])
    cell = np.concatenate([relations.total, relations.part])
    sign = np.concatenate([np.ones(size), -np.ones(len(relations.part))])
    unknown = mask[cell] & looked_at[of]
    known = determined(of[unknown], cell[unknown], sign[unknown], len(mask), size)
    told = known[cell]
    ends = (of[told], size + cell[told])
    graph = coo_matrix((np.ones(told.sum()), ends), shape=(size + len(mask), size + len(mask)))
    group: Index = connected_components(graph, directed=False)[1][:size]
    return np.bincount(of, weights=told, minlength=size) > 0, group


def _least(
    base: Vector, late: Index, lost: Vector, same: Index, mask: Mask, broken: Mask, relations: Relations, group: Index
) -> tuple[Index, Index]:
    """The visible cells with which the least is lost, such that each group of the relations given holds one; what for.

    A cell costs itself, and a further one in each relation in which nothing is hidden yet. Every group names its
    cheapest cell, where those that are equal go together; then it takes the one among its cells that most groups
    named, so that one cell serves many.
    """
    size = len(relations.total)
    of = np.concatenate([relations.of, np.arange(size)])
    cell = np.concatenate([relations.part, relations.total])
    whole = np.bincount(of, weights=mask[cell], minlength=size) == 0
    price: Vector = lost + np.bincount(cell, weights=whole[of], minlength=len(mask))
    price = np.bincount(same, weights=price)[same].astype(float)
    highest = np.zeros(len(late), dtype=np.intp)
    np.maximum.at(highest, same, late)
    late = highest[same]
    candidate = broken[of] & ~mask[cell] & np.isfinite(lost[cell])
    of, cell = of[candidate], cell[candidate]
    order = np.lexsort((cell, base[cell], price[cell], late[cell], group[of]))
    of, cell = of[order], cell[order]
    votes = np.bincount(cell[_first(group[of])], minlength=len(mask))
    order = np.lexsort((-votes[cell], late[cell], group[of]))
    of, cell = of[order], cell[order]
    first = _first(group[of])
    chosen, at = np.unique(cell[first], return_index=True)
    return chosen, of[first][at]


def _first(of: Index) -> Mask:
    """Where a sorted number is new."""
    return np.append(True, of[1:] != of[:-1]) if len(of) else np.zeros(0, dtype=bool)
