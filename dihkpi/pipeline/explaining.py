"""Scores of places, with where their errors come from, what they are made of, and which places the data leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.indicators.compute import Inputs
from dihkpi.intake.columns import check_table
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.group_parts import group_contributions
from dihkpi.scoring.places import place_codes
from dihkpi.scoring.ranks.table import ranks_table
from dihkpi.scoring.strengths import strengths
from dihkpi.scoring.wide import from_table

if TYPE_CHECKING:
    import pandas as pd

ROOT = "overall"
_PLACE = ["level", "code", "survey", "version", "wave"]
_EXACT = 1e-9
Options = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Explained:
    """Tables of the scores of places, disclosure control applied.

    Parameters
    ----------
    scores, uncertainty, contributions, ranks, strengths : pandas.DataFrame
        As the tables of these names.
    """

    scores: pd.DataFrame
    uncertainty: pd.DataFrame
    contributions: pd.DataFrame
    ranks: pd.DataFrame
    strengths: pd.DataFrame


def explain(inputs: Inputs, options: Options, last: date) -> Explained:
    """Scores of hubs, regions and the network up to a day.

    Parameters
    ----------
    inputs : Inputs
        Assessments and scores of respondents, and the tables of composites.
    options : mapping of str to mapping
        Switches of the scoring by survey.
    last : datetime.date
        The cut-off: later assessments do not count.
    """
    definitions = inputs.definitions
    parts = [
        found
        for name, survey in definitions.surveys.items()
        if (found := _of_answers(inputs, survey, options.get(name) or {}, last)) is not None
    ]
    tables = {
        name: _together([getattr(part, name) for part in parts], name, definitions)
        for name in Explained.__dataclass_fields__
    }
    return Explained(**tables)


def _together(parts: list[pd.DataFrame], name: str, definitions: Definitions) -> pd.DataFrame:
    import pandas as pd

    table = definitions.tables[name]
    empty = pd.DataFrame({c: pd.Series(dtype="str") for c, declared in table.columns.items() if not declared.optional})
    return check_table(pd.concat(parts, ignore_index=True) if parts else empty, table, in_order=True)


def _of_answers(inputs: Inputs, survey: Survey, options: Mapping[str, str], last: date) -> Explained | None:
    """A survey of answers; ``None`` where nobody answered up to the day."""
    definitions = inputs.definitions
    made = inputs.assessments
    made = made[(made["survey"] == survey.survey) & ~(made["date"] > np.datetime64(last))]
    if made.empty:
        return None
    keys = made[["respondent", "version", "wave"]].set_axis(["code", "version", "wave"], axis=1)
    kept = inputs.scores[inputs.scores["survey"] == survey.survey].merge(keys, on=["code", "version", "wave"])
    seats = inputs.hubs.set_index("hub")
    groups = made[["respondent", "wave", "hub"]].assign(
        hub=made["hub"].where(made["hub"].isin(seats.index)),
        nuts=made["hub"].map(seats["nuts"]).astype("str"),
        country=made["hub"].map(seats["country"]).astype("str"),
    )
    found = group_scores(from_table(kept, survey, options=options), groups, definitions)
    small = _small(found.uncertainty, int(definitions.value("disclosure_minimum")))
    parts = _contributions(inputs, survey, options, groups, found.scores)
    scores, uncertainty = _hidden(found.scores, small), _left_out(found.uncertainty, small)
    shown = scores[scores["dimension"].isin([ROOT, *survey.scoring(options).nodes[ROOT].of])]
    return Explained(
        scores, uncertainty, _left_out(parts, small),
        ranks_table(shown, definitions, uncertainty=uncertainty, dimensions=[ROOT]),
        strengths(shown, definitions, uncertainty=uncertainty),
    )  # fmt: skip


def _contributions(
    inputs: Inputs, survey: Survey, options: Mapping[str, str], groups: pd.DataFrame, scores: pd.DataFrame
) -> pd.DataFrame:
    """What dimensions add to the scores of places, where all of a place come from answers and not from other tools."""
    definitions = inputs.definitions
    form = next(((name, f) for name, f in survey.forms.items() if f.kind == "answers"), None)
    answers = inputs.tables.get((survey.survey, form[0])) if form else None
    nodes = [code for code, node in survey.scoring(options).nodes.items() if node.of]
    if form is None or answers is None or answers.empty or not nodes:
        return _together([], "contributions", definitions)
    wave = form[1].wave
    told = groups.rename(columns={"wave": wave}) if wave else groups.drop(columns="wave")
    known = answers.merge(told[["respondent", *filter(None, [wave])]].drop_duplicates())
    levels = {
        name: place_codes(level, groups["hub"], groups["nuts"], groups["country"], definitions)
        for name, level in definitions.levels.items()
    }
    places = groups[["respondent", "wave"]].assign(**levels)
    parts = group_contributions(known, places, survey, definitions, options=options, nodes=nodes)
    sums = parts.groupby([*_PLACE, "node"], dropna=False)["contribution"].sum().rename("sum").reset_index()
    sums = sums.merge(scores.rename(columns={"dimension": "node"})[[*_PLACE, "node", "value"]])
    exact = sums[np.abs(sums["sum"] - sums["value"]) <= _EXACT * np.maximum(1, np.abs(sums["value"]))]
    return parts.merge(exact[[*_PLACE, "node"]])


def _small(uncertainty: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Places and waves with fewer respondents than may be shown."""
    n = uncertainty.loc[uncertainty["source"] == "sampling"].groupby(_PLACE, dropna=False)["n"].max()
    return n[n < minimum].reset_index()[_PLACE]


def _is(table: pd.DataFrame, places: pd.DataFrame) -> np.ndarray:
    """Rows of these places."""
    marked = table[_PLACE].merge(places.assign(small=True), how="left", on=_PLACE)
    return np.asarray(marked["small"].notna())


def _hidden(scores: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    """Scores without those of too few respondents: their status says so."""
    hide = _is(scores, small)
    scores = scores.assign(status=scores["status"].mask(hide, "c"))
    for column in ("value", "se", "lo", "hi", "n_answered", "band"):
        scores[column] = scores[column].mask(hide)
    return scores


def _left_out(table: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    return table[~_is(table, small)].reset_index(drop=True)
