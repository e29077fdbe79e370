"""Scores in points: the points of a node are the sum of those below it, its value their share of the most possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.aggregate import summed
from dihkpi.scoring.nodes import items_below
from dihkpi.scoring.results import NodeResult, Vector
from dihkpi.scoring.tree import BoundNode, Tree

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]


def compute_points(tree: Tree, answers: npt.NDArray[np.int8], awarded: Matrix) -> dict[str, NodeResult]:
    """Points of all nodes.

    Parameters
    ----------
    tree : Tree
        A bound scoring definition with ``item_points``.
    answers : numpy.ndarray of int8, shape (respondents, items)
        Position of the answer in the codes of its type, -1 where there is none.
    awarded : numpy.ndarray, shape (respondents, items)
        Points that a file states, which count instead of those of the answer; NaN where it states none.

    Returns
    -------
    dict of str to NodeResult
        ``points = sum of points below``, ``share = points / most``.
    """
    results: dict[str, NodeResult] = {}
    for bound in tree.nodes:
        below, answered = items_below(bound, results, answers)
        if bound.children:
            points = np.sum([results[child].points for child in bound.children], axis=0)
            most = np.sum([results[child].most for child in bound.children], axis=0)
        else:
            points, most = _lowest(bound, answers[:, bound.columns], awarded[:, bound.columns])
        share = np.full(len(answers), np.nan)
        np.divide(points, most, out=share, where=most > 0)
        results[bound.code] = NodeResult(share, below, answered, np.zeros(len(answers), dtype=bool), points, most)
    return results


def _lowest(bound: BoundNode, chosen: npt.NDArray[np.int8], awarded: Matrix) -> tuple[Vector, Vector]:
    """Points and most possible points of the items of a node, summed."""
    points, most = item_points(bound, chosen, awarded)
    return summed(points), summed(most)


def item_points(bound: BoundNode, chosen: npt.NDArray[np.int8], awarded: Matrix) -> tuple[Matrix, Matrix]:
    """Points and most possible points of each item of a lowest node; 0 where it does not count."""
    earned = bound.points[np.arange(chosen.shape[1]), chosen]  # -1 picks the last entry, which is NaN
    stated = ~np.isnan(awarded)
    earned = np.where(stated, awarded, earned)
    counts = stated | ((chosen >= 0) & ~np.isnan(earned))
    if bound.node.missing == "zero":
        counts |= chosen < 0
    most = np.broadcast_to(np.nanmax(bound.points[:, :-1], axis=1), earned.shape)
    return np.where(counts & ~np.isnan(earned), earned, 0.0), np.where(counts, most, 0.0)


def awarded_matrix(tree: Tree, frame: pd.DataFrame) -> Matrix:
    """Points that a file states beside the answers, in the order of the items; NaN where it states none."""
    result = np.full((len(frame), len(tree.items)), np.nan)
    facet = tree.scoring.awarded
    for position, item in enumerate(tree.items):
        if facet and f"{item.code}@{facet}" in frame:
            result[:, position] = frame[f"{item.code}@{facet}"].to_numpy(dtype=float)
    return result
