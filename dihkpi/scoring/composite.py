"""Scores of units from numbers: a composite indicator, with every choice of method in its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.definitions.scoring import Scoring
from dihkpi.errors import DefinitionError, UsageError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.results import band_of
from dihkpi.scoring.rollup import Rolled, roll_up
from dihkpi.scoring.state import State
from dihkpi.scoring.steps import apply_steps
from dihkpi.scoring.values import Numbers, read_numbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Composite:
    """What the scoring of numbers gives.

    Parameters
    ----------
    scores, contributions, steps : pandas.DataFrame
        The tables of these names: nodes of every unit, what each child adds, and the cells that steps have changed.
    notes : tuple of str
        What a reader should know: steps that changed nothing, values beyond goalposts, bounds that move with the data.
    """

    scores: pd.DataFrame = field(repr=False)
    contributions: pd.DataFrame = field(repr=False)
    steps: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def score_values(
    values: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
) -> Composite:
    """Score units from their numbers.

    Parameters
    ----------
    values : pandas.DataFrame
        Accepted rows of a form of the kind ``values``: the column of the unit, that of the period where the form has
        one, and the columns of numbers.
    survey : Survey
        With a scoring of ``items``, ``steps`` and ``nodes``.
    definitions : Definitions
        For tables and policy.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.

    Returns
    -------
    Composite

    Raises
    ------
    DefinitionError
        When the definition is wrong; all problems at once.
    ScoringError
        When a method cannot work with these values; the message names the step or node, and the item.
    """
    scoring, numbers = prepared(values, survey, options)
    state = apply_steps(numbers, scoring, definitions.value("outliers"))
    rolled = roll_up(state, scoring)
    tables = definitions.tables
    scores = _scores(survey, scoring, state, rolled)
    if numbers.repeated or scoring.uncertainty.imputations or any(item.error for item in scoring.items.values()):
        from dihkpi.scoring.replicate.analysis import errors_of_data  # needs this module

        scores = scores.assign(**errors_of_data(numbers, survey, definitions, options or {}, rolled))
    return Composite(
        check_table(scores, tables["scores"], in_order=True),
        check_table(_contributions(survey, scoring, numbers, rolled), tables["contributions"], in_order=True),
        check_table(_steps(survey, state), tables["steps"], in_order=True),
        tuple(state.notes),
    )


def prepared(values: pd.DataFrame, survey: Survey, options: Mapping[str, str] | None) -> tuple[Scoring, Numbers]:
    """A scoring with its switches, and the numbers it is for; see :func:`score_values`."""
    scoring = survey.scoring(options)
    if problems := list(tree_problems(survey, scoring, "scoring.yaml")):
        raise DefinitionError(problems, survey.survey)
    form = values_form(survey)
    if form is None:
        raise UsageError(f"survey {survey.survey} has no form of the kind 'values', so it has no composite")
    return scoring, read_numbers(values, form, scoring)


def head_of(survey: Survey, scoring: Scoring, numbers: Numbers, times: int) -> dict[str, object]:
    """The columns that name the unit, each row repeated."""
    return {
        "level": scoring.level,
        "code": numbers.units.repeat(times),
        "survey": survey.survey,
        "version": survey.version,
        "wave": _periods(numbers).repeat(times),
    }


def _periods(numbers: Numbers) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    if not numbers.periods:
        return np.full(len(numbers.unit), None, dtype=object)
    return np.asarray(np.array(numbers.periods, dtype=object)[numbers.period])


def _scores(survey: Survey, scoring: Scoring, state: State, rolled: Mapping[str, Rolled]) -> pd.DataFrame:
    import pandas as pd

    numbers, order = state.numbers, list(scoring.nodes)
    observed = ~np.isnan(numbers.matrix)
    below = [[numbers.items.index(item) for item in rolled[code].below] for code in order]
    value = np.column_stack([rolled[code].values for code in order])
    answered = np.column_stack([observed[:, items].sum(axis=1) for items in below])
    items = np.array([len(items) for items in below])
    bands = np.full(value.shape, None, dtype=object)
    for place, code in enumerate(order):
        if name := scoring.nodes[code].bands:
            bands[:, place] = band_of(value[:, place], scoring.bands[name])
    reliable = answered >= scoring.reliable_share * items
    return pd.DataFrame({
        **head_of(survey, scoring, numbers, len(order)),
        "dimension": np.tile(np.array(order, dtype=object), len(value)),
        "value": value.ravel(),
        "se": np.nan,
        "lo": np.nan,
        "hi": np.nan,
        "n_items": np.tile(items, len(value)),
        "n_answered": answered.ravel(),
        "band": bands.ravel(),
        "status": np.select([np.isnan(value), ~reliable], ["m", "u"], "ok").ravel().astype(object),
        "share_imputed": np.column_stack([state.imputed[:, items].mean(axis=1) for items in below]).ravel(),
    })  # fmt: skip


def _contributions(survey: Survey, scoring: Scoring, numbers: Numbers, rolled: Mapping[str, Rolled]) -> pd.DataFrame:
    import pandas as pd

    nodes = [(code, rolled[code]) for code in scoring.nodes]
    pairs = [(code, child) for code, node in nodes for child in node.children]
    n = len(numbers.unit)
    weights = [np.broadcast_to(node.weights, node.inputs.shape) for _, node in nodes]
    return pd.DataFrame({
        **head_of(survey, scoring, numbers, len(pairs)),
        "node": np.tile(np.array([code for code, _ in pairs], dtype=object), n),
        "child": np.tile(np.array([child for _, child in pairs], dtype=object), n),
        "value": np.hstack([node.inputs for _, node in nodes]).ravel(),
        "weight": np.hstack(weights).ravel(),
        "contribution": np.hstack([node.parts for _, node in nodes]).ravel(),
    })  # fmt: skip


def _steps(survey: Survey, state: State) -> pd.DataFrame:
    import pandas as pd

    numbers, changes = state.numbers, state.changes
    lengths = [len(change.rows) for change in changes]
    rows = np.concatenate([np.empty(0, np.intp), *(change.rows for change in changes)]).astype(np.intp)
    return pd.DataFrame({
        "survey": survey.survey,
        "version": survey.version,
        "step": np.repeat([change.step for change in changes], lengths).astype(np.int64),
        "method": np.repeat(np.array([change.method for change in changes], dtype=object), lengths),
        "item": np.repeat(np.array([numbers.items[change.item] for change in changes], dtype=object), lengths),
        "code": numbers.units[rows],
        "wave": _periods(numbers)[rows],
        "before": np.concatenate([np.empty(0), *(change.before for change in changes)]),
        "after": np.concatenate([np.empty(0), *(change.after for change in changes)]),
    })  # fmt: skip
