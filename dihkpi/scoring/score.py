"""Scores of respondents: from answers to points, from points to nodes, up to the root."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.errors import ScoringWarning
from dihkpi.intake.columns import check_table
from dihkpi.scoring.aggregate import METHODS
from dihkpi.scoring.points import awarded_matrix, compute_points
from dihkpi.scoring.results import Flags, NodeResult, Vector
from dihkpi.scoring.results import band_of as band_of
from dihkpi.scoring.tree import BoundNode, Tree, bind

if TYPE_CHECKING:
    import pandas as pd


def compute(tree: Tree, answers: npt.NDArray[np.int8]) -> dict[str, NodeResult]:
    """Values of all nodes.

    Parameters
    ----------
    tree : Tree
        A bound scoring definition.
    answers : numpy.ndarray of int8, shape (respondents, items)
        Position of the answer in the codes of its type, -1 where there is none.

    Returns
    -------
    dict of str to NodeResult
    """
    results: dict[str, NodeResult] = {}
    for bound in tree.nodes:
        below = frozenset(bound.columns.tolist()).union(*(results[child].items for child in bound.children))
        answered = (answers[:, sorted(below)] >= 0).sum(axis=1)
        lowest = not bound.children
        share, apart = _lowest(tree, bound, answers, answered) if lowest else _inner(bound, results)
        results[bound.code] = NodeResult(share, below, answered, apart & np.isnan(share))
    return results


def _lowest(
    tree: Tree, bound: BoundNode, answers: npt.NDArray[np.int8], answered: npt.NDArray[np.int64]
) -> tuple[Vector, Flags]:
    chosen = answers[:, bound.columns]
    values = bound.points[np.arange(len(bound.columns)), chosen]  # -1 picks the last entry, which is NaN
    share, apart = _aggregate(bound, values, (chosen >= 0) & np.isnan(values))
    share = np.where(answered == 0, 0.0 if bound.node.empty == "zero" else np.nan, share)
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
    matrix = np.full((len(frame), len(codes)), -1, dtype=np.int8)
    for position, code in enumerate(codes):
        if code in frame:
            matrix[:, position] = frame[code].cat.codes.to_numpy()
    return matrix


def score(
    answers: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Scores of every respondent at every node.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form: ``respondent``, the column of the wave, and one column per item.
    survey : Survey
        The survey that was answered.
    definitions : Definitions
        For the definition of the table.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.

    Returns
    -------
    pandas.DataFrame
        The table ``scores``, one row per respondent, wave and node.

    Raises
    ------
    UsageError
        When the survey has no scoring or a switch is unknown.

    Notes
    -----
    A survey with a form of values is scored by :func:`~dihkpi.scoring.composite.score_values`; what a reader should
    know of its scores comes as a :class:`~dihkpi.errors.ScoringWarning` each.
    """
    if values_form(survey) is not None:
        return _of_values(answers, survey, definitions, options)
    tree = bind(survey, survey.scoring(options))
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    answers = answers.sort_values(["respondent", *filter(None, [form.wave])], kind="stable", ignore_index=True)
    matrix = answer_matrix(survey, answers)
    if tree.scoring.item_points:
        results = compute_points(tree, matrix, awarded_matrix(tree, answers))
    else:
        results = compute(tree, matrix)
    waves = answers[form.wave] if form.wave else None
    table = _long(tree, results, survey, answers["respondent"], waves)
    return check_table(table, definitions.tables["scores"], in_order=True)


def _of_values(
    values: pd.DataFrame, survey: Survey, definitions: Definitions, options: Mapping[str, str] | None
) -> pd.DataFrame:
    from dihkpi.scoring.composite import score_values

    found = score_values(values, survey, definitions, options=options)
    for note in found.notes:
        warnings.warn(note, ScoringWarning, stacklevel=3)
    return found.scores


def _long(
    tree: Tree,
    results: Mapping[str, NodeResult],
    survey: Survey,
    respondents: pd.Series,
    waves: pd.Series | None,
) -> pd.DataFrame:
    import pandas as pd

    n, order = len(respondents), tree.order
    share = np.column_stack([results[code].share for code in order]).ravel()
    low, high = (np.array([tree.scoring.nodes[code].scale[end] for code in order]) for end in (0, 1))
    value = np.tile(low, n) + share * np.tile(high - low, n)
    items = np.tile([len(results[code].items) for code in order], n)
    answered = np.column_stack([results[code].answered for code in order]).ravel()
    bands = np.full(n * len(order), None, dtype=object)
    for position, code in enumerate(order):
        ranges = tree.bands(code)
        if ranges:
            bands[position :: len(order)] = band_of(value[position :: len(order)], ranges)
    in_points = {
        name: np.column_stack([getattr(results[code], field) for code in order]).ravel()
        for name, field in (("points", "points"), ("max_points", "most"))
        if tree.scoring.item_points
    }
    reliable = answered >= tree.scoring.reliable_share * items
    return pd.DataFrame({
        "level": pd.array(["respondent"], dtype="str").repeat(n * len(order)),
        "code": respondents.array.repeat(len(order)),
        "survey": survey.survey,
        "version": survey.version,
        "wave": waves.array.repeat(len(order)) if waves is not None else pd.NA,
        "dimension": np.tile(np.array(order, dtype=object), n),
        "value": value,
        "se": np.nan,
        "lo": np.nan,
        "hi": np.nan,
        "n_items": items,
        "n_answered": answered,
        "band": bands,
        "status": np.select([np.isnan(value), ~reliable], ["m", "u"], "ok").astype(object),
        **in_points,
    })  # fmt: skip
