"""A scoring definition bound to the items of its survey, ready to be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.definitions.scoring import Bands, Node, Scoring
from dihkpi.definitions.survey import Item
from dihkpi.errors import DefinitionError


@dataclass(frozen=True)
class BoundNode:
    """A node with everything its computation needs.

    Parameters
    ----------
    code : str
    node : Node
    children : tuple of str
        Nodes below it; empty for a lowest node.
    columns : numpy.ndarray of int
        Positions of its items in the answer matrix; empty for a node above nodes.
    points : numpy.ndarray, shape (items, codes + 1)
        Share of the best answer by item and code, or points where a survey is scored in points; NaN where the answer
        means 'not applicable', and in the last entry, for no answer.
    weights : numpy.ndarray
        One weight per child.
    """

    code: str
    node: Node
    children: tuple[str, ...]
    columns: npt.NDArray[np.intp]
    points: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """All nodes of a survey, children before parents.

    Parameters
    ----------
    nodes : tuple of BoundNode
        In the order of computation.
    order : tuple of str
        Codes in the order of the definition, which is the order of every output.
    items : tuple of Item
        Items in the order of the answer matrix.
    """

    scoring: Scoring
    nodes: tuple[BoundNode, ...]
    order: tuple[str, ...]
    items: tuple[Item, ...]
    codes: Mapping[str, tuple[str, ...]]
    """Answer type to its codes."""

    def position(self, item: str, code: str) -> tuple[int, int]:
        """Column of an item in the answer matrix, and the number that stands for a code of it."""
        column = next(i for i, known in enumerate(self.items) if known.code == item)
        return column, self.codes[self.items[column].type].index(code)

    def bands(self, code: str) -> Bands | None:
        """The bands of a node."""
        name = self.scoring.nodes[code].bands
        return self.scoring.bands[name] if name else None


def bind(survey: Survey, scoring: Scoring) -> Tree:
    """Bind a scoring definition to the items of its survey.

    Raises
    ------
    DefinitionError
        When the tree is wrong: unknown names, a circle, a negative weight; all problems at once.
    """
    if problems := list(tree_problems(survey, scoring, "scoring.yaml")):
        raise DefinitionError(problems, survey.survey)
    items = tuple(item for form in survey.forms.values() for item in form.items)
    widest = max((len(kind.codes) for kind in survey.answer_types.values()), default=0)
    bound = {code: _bind_node(survey, scoring, code, node, items, widest) for code, node in scoring.nodes.items()}
    codes = {name: tuple(kind.codes) for name, kind in survey.answer_types.items()}
    return Tree(
        scoring,
        tuple(bound[code] for code in _bottom_up(scoring)),
        tuple(scoring.nodes),
        items,
        codes,
    )


def _bind_node(
    survey: Survey, scoring: Scoring, code: str, node: Node, items: Sequence[Item], widest: int
) -> BoundNode:
    chosen = [(i, item) for i, item in enumerate(items) if _below(node, item)]
    points = np.full((len(chosen), widest + 1), np.nan)
    for row, (_, item) in enumerate(chosen):
        if scoring.item_points:
            earned = scoring.item_points[item.code]
            offered = survey.answer_types[item.type].codes
            points[row, : len(offered)] = [earned.get(answer, 0.0) for answer in offered]
            continue
        table = scoring.points[node.points or item.type]
        recode = scoring.recode.get(item.type, {})
        for position, answer in enumerate(survey.answer_types[item.type].codes):
            share = table[recode.get(answer, answer)]
            points[row, position] = np.nan if share is None else share
    names = node.of or tuple(item.code for _, item in chosen)
    weights = np.array([node.weights.get(name, 1.0) for name in names], dtype=float)
    columns = np.array([i for i, _ in chosen], dtype=np.intp)
    return BoundNode(code, node, node.of, columns, points, weights)


def _below(node: Node, item: Item) -> bool:
    chosen = node.items
    if chosen is None or item.code in chosen.without:
        return False
    return item.question in chosen.question or item.code in chosen.code


def _bottom_up(scoring: Scoring, code: str = "overall") -> list[str]:
    """A node and all below it, children before parents."""
    return [*(below for child in scoring.nodes[code].of for below in _bottom_up(scoring, child)), code]
