"""Values of the nodes of a bound tree, for many respondents at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Survey
from dihkpi.scoring.aggregate import METHODS
from dihkpi.scoring.results import Flags, NodeResult, Vector
from dihkpi.scoring.tree import BoundNode, Tree

if TYPE_CHECKING:
    import pandas as pd


def compute(
    tree: Tree, answers: npt.NDArray[np.int8], filled: npt.NDArray[np.int8] | None = None
) -> dict[str, NodeResult]:
    """Values of all nodes.

    Parameters
    ----------
    tree : Tree
        A bound scoring definition.
    answers : numpy.ndarray of int8, shape (respondents, items)
        Position of the answer in the codes of its type, -1 where there is none.
    filled : numpy.ndarray of int8, shape (respondents, items), optional
        The same with missing answers filled in, for lowest nodes that would leave them out.

    Returns
    -------
    dict of str to NodeResult
    """
    results: dict[str, NodeResult] = {}
    for bound in tree.nodes:
        below, answered = items_below(bound, results, answers)
        lowest = not bound.children
        seen = filled if filled is not None and bound.node.missing == "drop" else answers
        share, apart = _lowest(tree, bound, seen) if lowest else _inner(bound, results)
        results[bound.code] = NodeResult(share, below, answered, apart & np.isnan(share))
    return results


def items_below(
    bound: BoundNode, results: Mapping[str, NodeResult], answers: npt.NDArray[np.int8]
) -> tuple[frozenset[int], npt.NDArray[np.int64]]:
    """Positions of the items below a node, and how many of them each respondent answered."""
    children = [results[child] for child in bound.children]
    below = frozenset(bound.columns.tolist()).union(*(child.items for child in children))
    if children and len(below) == sum(len(child.items) for child in children):
        return below, np.sum([child.answered for child in children], axis=0)
    return below, np.count_nonzero(answers[:, sorted(below)] >= 0, axis=1)


def _lowest(tree: Tree, bound: BoundNode, answers: npt.NDArray[np.int8]) -> tuple[Vector, Flags]:
    chosen = np.asfortranarray(answers[:, bound.columns])  # by items in memory, as they are summed
    values = bound.points[np.arange(len(bound.columns)), chosen]  # -1 picks the last entry, which is NaN
    share, apart = _aggregate(bound, values, (chosen >= 0) & np.isnan(values))
    share = np.where(np.all(chosen < 0, axis=1), 0.0 if bound.node.empty == "zero" else np.nan, share)
    for knock in bound.node.knockout:
        column, code = tree.position(knock.item, knock.code)
        share = np.where(answers[:, column] == code, knock.value, share)
    return share, apart


def _inner(bound: BoundNode, results: Mapping[str, NodeResult]) -> tuple[Vector, Flags]:
    below = [results[child] for child in bound.children]
    return _aggregate(
        bound, np.column_stack([child.share for child in below]), np.column_stack([child.apart for child in below])
    )


def _aggregate(bound: BoundNode, values: npt.NDArray[np.float64], apart: Flags) -> tuple[Vector, Flags]:
    """Apply the missing policy of a node to all children but those that stand apart, then its method."""
    node = bound.node
    missing = np.isnan(values) & ~apart
    filled = np.where(missing, 0.0, values) if node.missing == "zero" else values
    share = METHODS[node.aggregate](filled, bound.weights)
    refused: Flags = np.any(missing, axis=1) if node.missing == "refuse" else np.zeros(len(values), dtype=bool)
    return np.where(refused, np.nan, share), np.any(apart, axis=1) & ~refused


def answer_matrix(survey: Survey, frame: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Answers of a typed frame as positions in the codes of each item, -1 where there is none."""
    codes = [item.code for form in survey.forms.values() for item in form.items]
    matrix = np.full((len(frame), len(codes)), -1, dtype=np.int8, order="F")
    for position, code in enumerate(codes):
        if code in frame:
            matrix[:, position] = frame[code].cat.codes.to_numpy()
    return matrix
