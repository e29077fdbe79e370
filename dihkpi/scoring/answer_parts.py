"""Exact contributions to the scores of answers: what each item or node below adds to the value of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.intake.columns import check_table
from dihkpi.scoring.contribute import METHODS
from dihkpi.scoring.points import awarded_matrix, compute_points, item_points
from dihkpi.scoring.results import Flags, NodeResult, Vector
from dihkpi.scoring.score import answer_matrix, compute
from dihkpi.scoring.tree import BoundNode, Tree, bind

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Answers = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Parts:
    """What the children of one node add.

    Parameters
    ----------
    children : tuple of str
        Items or nodes below; also an item that knocks the node out without being below it.
    inputs, parts : numpy.ndarray, shape (respondents, children)
        Values of the children, on the scale of the child (items: share of the best answer, or points), and what each
        adds on the scale of the node.
    weights : numpy.ndarray, shape (children,)
    """

    children: tuple[str, ...]
    inputs: Matrix
    parts: Matrix
    weights: Vector


@dataclass(frozen=True)
class Rows:
    """What the children of all nodes add, for every respondent and wave.

    Parameters
    ----------
    respondents, waves : numpy.ndarray of object, shape (rows,)
        ``None`` as wave where the survey has none.
    parts : mapping of str to Parts
        By node, in the order of the definition.
    """

    respondents: npt.NDArray[np.object_]
    waves: npt.NDArray[np.object_]
    parts: Mapping[str, Parts]


def answer_contributions(
    answers: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """What each item and node adds to the node above it, for every respondent.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form.
    survey : Survey
    definitions : Definitions
        For the definition of the table.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.

    Returns
    -------
    pandas.DataFrame
        The table ``contributions``; the parts of a node sum to its score. A child without value adds 0, what is knocked
        out comes from the item that does it, and the part of a scale that does not start at 0 is shared by weight.
    """
    import pandas as pd

    rows = wide_parts(answers, survey, options)
    nodes = list(rows.parts.items())
    pairs = [(code, child) for code, node in nodes for child in node.children]
    n = len(rows.respondents)
    table = pd.DataFrame({
        "level": "respondent",
        "code": rows.respondents.repeat(len(pairs)),
        "survey": survey.survey,
        "version": survey.version,
        "wave": rows.waves.repeat(len(pairs)),
        "node": np.tile(np.array([code for code, _ in pairs], dtype=object), n),
        "child": np.tile(np.array([child for _, child in pairs], dtype=object), n),
        "value": np.hstack([node.inputs for _, node in nodes]).ravel(),
        "weight": np.tile(np.concatenate([node.weights for _, node in nodes]), n),
        "contribution": np.hstack([node.parts for _, node in nodes]).ravel(),
    })  # fmt: skip
    return check_table(table, definitions.tables["contributions"], in_order=True)


def wide_parts(answers: pd.DataFrame, survey: Survey, options: Mapping[str, str] | None = None) -> Rows:
    """What each item and node adds, as one matrix per node; a row is a respondent's wave, in their order."""
    tree = bind(survey, survey.scoring(options))
    form = survey.answered()
    answers = answers.sort_values(["respondent", *filter(None, [form.wave])], kind="stable", ignore_index=True)
    found = _all_parts(tree, answer_matrix(survey, answers), awarded_matrix(tree, answers))
    n = len(answers)
    waves = answers[form.wave].astype("str").to_numpy(dtype=object) if form.wave else np.full(n, None, dtype=object)
    return Rows(answers["respondent"].to_numpy(dtype=object), waves, {code: found[code] for code in tree.order})


def parts_of_one(survey: Survey, options: Mapping[str, str] | None = None) -> int:
    """How many rows the contributions to one respondent's scores have, without knockouts."""
    tree = bind(survey, survey.scoring(options))
    return sum(len(_children(tree, bound)) for bound in tree.nodes)


def _all_parts(tree: Tree, answers: Answers, awarded: Matrix) -> dict[str, Parts]:
    in_points = bool(tree.scoring.item_points)
    results = compute_points(tree, answers, awarded) if in_points else compute(tree, answers)
    found = {}
    for bound in tree.nodes:
        node = (
            _of_points(tree, bound, results, answers, awarded)
            if in_points
            else _of_shares(tree, bound, results, answers)
        )
        low, high = bound.node.scale
        value = low + results[bound.code].share * (high - low)
        there = ~np.isnan(value)
        if (np.abs(node.parts[there].sum(axis=1) - value[there]) > 1e-9 * max(1.0, abs(low), abs(high))).any():
            raise AssertionError(f"the contributions to {bound.code} do not sum to it: a fault of the program")
        found[bound.code] = node
    return found


def _children(tree: Tree, bound: BoundNode) -> tuple[str, ...]:
    return bound.children or tuple(tree.items[column].code for column in bound.columns)


def _scaled(tree: Tree, bound: BoundNode, results: Mapping[str, NodeResult]) -> Matrix:
    """Values of the nodes below on their own scales."""
    scales = [tree.scoring.nodes[child].scale for child in bound.children]
    columns = [low + results[c].share * (high - low) for c, (low, high) in zip(bound.children, scales, strict=True)]
    return np.column_stack(columns)


def _of_points(
    tree: Tree, bound: BoundNode, results: Mapping[str, NodeResult], answers: Answers, awarded: Matrix
) -> Parts:
    """Points over the most possible of the node."""
    if bound.children:
        points = np.column_stack([results[child].points for child in bound.children])
        shown = _scaled(tree, bound, results)
    else:
        points, _ = item_points(bound, answers[:, bound.columns], awarded[:, bound.columns])
        shown = points
    result, (low, high) = results[bound.code], bound.node.scale
    parts = np.full(points.shape, np.nan)
    most = result.most[:, None]
    np.divide(points * (high - low), most, out=parts, where=most > 0)
    return Parts(_children(tree, bound), shown, parts + low / points.shape[1], np.ones(points.shape[1]))


def _of_shares(tree: Tree, bound: BoundNode, results: Mapping[str, NodeResult], answers: Answers) -> Parts:
    node, result, (low, high) = bound.node, results[bound.code], bound.node.scale
    apart: Flags
    if bound.children:
        values = np.column_stack([results[child].share for child in bound.children])
        apart = np.column_stack([results[child].apart for child in bound.children])
        shown = _scaled(tree, bound, results)
    else:
        chosen = answers[:, bound.columns]
        values = bound.points[np.arange(len(bound.columns)), chosen]
        apart = (chosen >= 0) & np.isnan(values)
        shown = values
    used = np.where(np.isnan(values) & ~apart, 0.0, values) if node.missing == "zero" else values
    share = result.share
    with np.errstate(invalid="ignore"):
        parts = METHODS[node.aggregate](used, bound.weights, share)
    empty = (result.answered == 0) & (share == 0)
    parts = np.where(empty[:, None], 0.0, parts)
    base = METHODS["mean"](np.where(np.isnan(used), np.nan, 1.0), bound.weights, share)
    base = np.where(base.sum(axis=1, keepdims=True) > 0, base, bound.weights / bound.weights.sum())
    parts, base, shown, names, weights = _knocked(tree, bound, answers, share, parts, base, shown)
    parts = np.where(np.isnan(share)[:, None], np.nan, low * base + (high - low) * parts)
    return Parts(names, shown, parts, weights)


def _knocked(
    tree: Tree, bound: BoundNode, answers: Answers, share: Vector, parts: Matrix, base: Matrix, shown: Matrix
) -> tuple[Matrix, Matrix, Matrix, tuple[str, ...], Vector]:
    """Where an answer sets the node to a value, that item is what the value comes from."""
    names, weights = _children(tree, bound), bound.weights
    for knock in bound.node.knockout:
        column, code = tree.position(knock.item, knock.code)
        if knock.item not in names:
            names, weights = (*names, knock.item), np.append(weights, 0.0)
            nothing = np.zeros((len(parts), 1))
            parts, base, shown = (np.hstack([part, nothing]) for part in (parts, base, shown))
        hit = answers[:, column] == code
        at = names.index(knock.item)
        for table, amount in ((parts, share), (base, np.ones(len(share)))):
            table[hit] = 0.0
            table[hit, at] = amount[hit]
    return parts, base, shown, names, weights
