"""Scores as a matrix, one row per respondent and wave and one column per node: what errors of groups start from.

A million respondents are a few hundred megabytes here, and twenty times as many rows in the table ``scores``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.scoring import Scoring
from dihkpi.errors import UsageError, hint_for
from dihkpi.scoring.nodes import answer_matrix, compute
from dihkpi.scoring.points import awarded_matrix, compute_points
from dihkpi.scoring.results import Vector
from dihkpi.scoring.tree import Tree, bind

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]
Answers = npt.NDArray[np.int8]


@dataclass(frozen=True)
class NodeScores:
    """Scores of respondents at every node.

    Parameters
    ----------
    survey : Survey
    tree : Tree
        Its nodes in ``tree.order`` are the columns of the matrices.
    respondents : pandas.Series of str, shape (rows,)
        Who, sorted; a respondent has one row per wave.
    waves : pandas.Series of str, shape (rows,)
        Empty for surveys without waves.
    value : numpy.ndarray, shape (rows, nodes)
        On the scale of each node; NaN where there is no score.
    answered : numpy.ndarray of int, shape (rows, nodes)
        Items answered below the node.
    items : numpy.ndarray of int, shape (nodes,)
        Items below the node.
    points, most : numpy.ndarray, shape (rows, nodes)
        Points reached and possible; without columns where the survey is not scored in points.
    answers : numpy.ndarray of int8, shape (rows, items)
        What the scores come from; without rows where only the scores are known.
    awarded : numpy.ndarray, shape (rows, items)
        Points that the file states; without rows where the survey is not scored in points.
    """

    survey: Survey
    tree: Tree
    respondents: pd.Series
    waves: pd.Series
    value: Matrix
    answered: Counts
    items: npt.NDArray[np.intp]
    points: Matrix
    most: Matrix
    answers: Answers
    awarded: Matrix

    @property
    def scales(self) -> tuple[Vector, Vector]:
        """Lowest and highest value of every node."""
        scales = np.array([self.tree.scoring.nodes[code].scale for code in self.tree.order], dtype=float)
        return scales[:, 0], scales[:, 1]

    @property
    def wave_codes(self) -> tuple[npt.NDArray[np.intp], list[str | None]]:
        """Position of the wave of every row, and the waves in their order; ``[None]`` for surveys without."""
        import pandas as pd

        codes, waves = pd.factorize(self.waves, sort=True)
        if not len(waves):
            return np.zeros(len(codes), dtype=np.intp), [None]
        named: list[str | None] = list(waves)
        return (codes, named) if (codes >= 0).all() else (np.where(codes < 0, len(named), codes), [*named, None])


def score_matrix(
    answers: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
    scoring: Scoring | None = None,
    rows: int | None = None,
) -> NodeScores:
    """Scores of every respondent at every node, as a matrix.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form, as :func:`dihkpi.scoring.score.score` takes them.
    survey : Survey
    definitions : Definitions
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.
    scoring : Scoring, optional
        Stands in for the scoring of the survey, options applied.
    rows : int, optional
        Respondents that are looked at together; by default what the policy ``block_cells`` allows. No value depends
        on it, not in the last bit.

    Returns
    -------
    NodeScores

    Raises
    ------
    UsageError
        When the survey has no scoring or no form of answers, or a switch is unknown.
    """
    import pandas as pd

    tree = bind(survey, scoring or survey.scoring(options))
    form = survey.answered()
    answers = _sorted(answers, ["respondent", *filter(None, [form.wave])])
    chosen = answer_matrix(survey, answers)
    in_points = bool(tree.scoring.item_points)
    awarded = awarded_matrix(tree, answers) if in_points else np.empty((0, len(tree.items)))
    waves = answers[form.wave] if form.wave else pd.Series(pd.NA, index=answers.index, dtype="str")
    n, k = len(answers), len(tree.order)
    value, answered = np.empty((n, k), order="F"), np.empty((n, k), dtype=np.int16, order="F")
    points, most = (np.empty((n, k if in_points else 0), order="F") for _ in range(2))
    items = np.zeros(k, dtype=np.intp)
    limit = definitions.policy.get("block_cells")  # a small folder of one's own may have no policy: then all at once
    step = rows or (max(1, int(limit.value) // max(1, len(tree.items))) if limit else max(1, n))
    for first in range(0, max(n, 1), step):
        part = slice(first, first + step)
        results = compute_points(tree, chosen[part], awarded[part]) if in_points else compute(tree, chosen[part])
        for at, code in enumerate(tree.order):
            low, high = tree.scoring.nodes[code].scale
            found = results[code]
            value[part, at] = low + found.share * (high - low)
            answered[part, at], items[at] = found.answered, len(found.items)
            if in_points:
                points[part, at], most[part, at] = found.points, found.most
    return NodeScores(survey, tree, answers["respondent"], waves, value, answered, items, points, most, chosen, awarded)


def from_table(
    scores: pd.DataFrame, survey: Survey, *, options: Mapping[str, str] | None = None, level: str = "respondent"
) -> NodeScores:
    """The rows of respondents of the table ``scores`` as a matrix; without the answers, which the table lacks.

    Raises
    ------
    UsageError
        When the table holds no respondents of this survey, or nodes that its scoring does not know.
    """
    import pandas as pd

    tree = bind(survey, survey.scoring(options))
    chosen = (scores["survey"] == survey.survey) & (scores["version"] == survey.version)
    rows = scores[chosen & (scores["level"] == level)]
    if rows.empty:
        known = sorted({*scores["survey"].dropna()})
        raise UsageError(
            f"no scores of respondents of {survey.survey} {survey.version}\n  {hint_for(survey.survey, known)}"
        )
    if unknown := sorted({*rows["dimension"]} - {*tree.order}):
        raise UsageError(f"unknown dimension '{unknown[0]}' in the scores\n  {hint_for(unknown[0], tree.order)}")
    keys = rows[["code", "wave"]].drop_duplicates().sort_values(["code", "wave"], ignore_index=True)
    at = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(rows[["code", "wave"]]))
    column = pd.Index(tree.order).get_indexer(pd.Index(rows["dimension"]))
    n, k = len(keys), len(tree.order)
    value, answered = np.full((n, k), np.nan, order="F"), np.zeros((n, k), dtype=np.int16, order="F")
    value[at, column] = rows["value"].to_numpy(float)
    answered[at, column] = rows["n_answered"].fillna(0).to_numpy(int)
    items = np.zeros(k, dtype=np.intp)
    items[column] = rows["n_items"].fillna(0).to_numpy(int)
    nothing = np.empty((n, 0))
    return NodeScores(
        survey, tree, keys["code"], keys["wave"], value, answered, items, nothing, nothing,
        np.empty((0, len(tree.items)), dtype=np.int8), np.empty((0, len(tree.items))),
    )  # fmt: skip


def _sorted(answers: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows by respondent and wave; a million rows are not moved when they are in order already."""
    order = answers[keys].reset_index(drop=True).sort_values(keys, kind="stable").index.to_numpy()
    if (order[1:] > order[:-1]).all():
        return answers.reset_index(drop=True)
    return answers.take(order).reset_index(drop=True)
