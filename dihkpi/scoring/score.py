"""Scores of respondents: from answers to points, from points to nodes, up to the root."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.errors import ScoringWarning
from dihkpi.intake.columns import check_table
from dihkpi.scoring.errors.measurement import Measurement, measurement_errors
from dihkpi.scoring.nodes import answer_matrix as answer_matrix
from dihkpi.scoring.nodes import compute as compute
from dihkpi.scoring.results import band_of as band_of
from dihkpi.scoring.text import picked, repeated
from dihkpi.scoring.wide import NodeScores, score_matrix

if TYPE_CHECKING:
    import pandas as pd


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
    ``se``, ``lo`` and ``hi`` hold the standard error of measurement of the node, see
    :func:`~dihkpi.scoring.errors.measurement.measurement_errors`; they are empty where it has none.
    A survey with a form of values is scored by :func:`~dihkpi.scoring.composite.score_values`; what a reader should
    know of its scores comes as a :class:`~dihkpi.errors.ScoringWarning` each.
    """
    if values_form(survey) is not None:
        return _of_values(answers, survey, definitions, options)
    scores = score_matrix(answers, survey, definitions, options=options)
    measured = measurement_errors(scores, definitions)
    none = np.isnan(measured.se).all()
    z = np.nan if none else NormalDist().inv_cdf((1 + float(definitions.value("confidence_level"))) / 2)
    table = _long(scores, measured, z)
    return check_table(table, definitions.tables["scores"], in_order=True)


def _of_values(
    values: pd.DataFrame, survey: Survey, definitions: Definitions, options: Mapping[str, str] | None
) -> pd.DataFrame:
    from dihkpi.scoring.composite import score_values

    found = score_values(values, survey, definitions, options=options)
    for note in found.notes:
        warnings.warn(note, ScoringWarning, stacklevel=3)
    return found.scores


def _long(scores: NodeScores, measured: Measurement, z: float) -> pd.DataFrame:
    """One row per respondent, wave and node."""
    import pandas as pd

    tree, survey = scores.tree, scores.survey
    n, order = len(scores.value), tree.order
    value, answered, items = scores.value.ravel(), scores.answered.ravel(), np.tile(scores.items, n)
    bands = np.full(n * len(order), None, dtype=object)
    for position, code in enumerate(order):
        ranges = tree.bands(code)
        if ranges:
            bands[position :: len(order)] = band_of(scores.value[:, position], ranges)
    half = z * measured.se
    low, high = scores.scales
    reliable = answered >= tree.scoring.reliable_share * items
    in_points = {"points": scores.points.ravel(), "max_points": scores.most.ravel()} if scores.points.size else {}
    return pd.DataFrame({
        "level": repeated("respondent", n * len(order)),
        "code": scores.respondents.array.repeat(len(order)),
        "survey": repeated(survey.survey, n * len(order)),
        "version": repeated(survey.version, n * len(order)),
        "wave": scores.waves.array.repeat(len(order)),
        "dimension": picked(np.tile(np.arange(len(order)), n), order),
        "value": value,
        "se": np.where(np.isnan(value), np.nan, np.tile(measured.se, n)),
        "lo": np.maximum(scores.value - half, low).ravel(),
        "hi": np.minimum(scores.value + half, high).ravel(),
        "n_items": items,
        "n_answered": answered,
        "band": bands,
        "status": picked(np.select([np.isnan(value), ~reliable], [1, 2], 0), ("ok", "m", "u")),
        **in_points,
    })  # fmt: skip
