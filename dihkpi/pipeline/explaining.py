"""Scores of places, with where their errors come from, what they are made of, and which places the data leave open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.definitions.uncertainty import Sampling
from dihkpi.errors import ScoringError
from dihkpi.indicators.compute import Inputs
from dihkpi.intake.columns import check_parts
from dihkpi.pipeline.masks import PLACE, hidden_nodes, marked, told_means
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.errors.methods import method_errors
from dihkpi.scoring.group_parts import group_contributions
from dihkpi.scoring.places import place_codes
from dihkpi.scoring.ranks.table import ranks_table
from dihkpi.scoring.strengths import strengths as beside_peers
from dihkpi.scoring.whole import tables_of_values
from dihkpi.scoring.wide import from_table

if TYPE_CHECKING:
    import pandas as pd

ROOT = "overall"
_EXACT = 1e-9
Options = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Explained:
    """Tables of the scores of places, disclosure control applied.

    Parameters
    ----------
    scores, uncertainty, contributions, ranks, strengths : pandas.DataFrame
        As the tables of these names.
    notes : tuple of str
        What could not be scored, and why.
    """

    scores: pd.DataFrame
    uncertainty: pd.DataFrame
    contributions: pd.DataFrame
    ranks: pd.DataFrame
    strengths: pd.DataFrame
    notes: tuple[str, ...] = ()

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the names of their files; those of respondents have the plain names."""
        return {
            "place_scores": self.scores, "uncertainty": self.uncertainty, "place_contributions": self.contributions,
            "ranks": self.ranks, "strengths": self.strengths,
        }  # fmt: skip


_TABLES = ("scores", "uncertainty", "contributions", "ranks", "strengths")


def explain(inputs: Inputs, indicators: pd.DataFrame, options: Options, last: date) -> Explained:
    """Scores of hubs, regions and the network up to a day, and of the units of composites.

    Parameters
    ----------
    inputs : Inputs
        Assessments and scores of respondents, and the tables of composites.
    indicators : pandas.DataFrame
        The finished table: what it hides is hidden here too.
    options : mapping of str to mapping
        Switches of the scoring by survey.
    last : datetime.date
        The cut-off: later assessments do not count.
    """
    definitions = inputs.definitions
    parts: list[Explained] = []
    notes: list[str] = []
    told = told_means(indicators, definitions, last)
    for name, survey in definitions.surveys.items():
        own = options.get(name) or {}
        if values_form(survey) is None:
            found = _of_answers(inputs, survey, own, last, told)
        else:
            try:
                found = _of_values(inputs, survey, own)
            except ScoringError as fault:  # one composite that the data do not bear must not cost all reports
                notes.append(f"{name} has no scores: {' '.join(str(fault).split())}")
                continue
        parts += [found] if found else []
    tables = {
        name: check_parts([getattr(part, name) for part in parts], definitions.tables[name], in_order=True)
        for name in _TABLES
    }
    return _explained(tables, notes)


def _explained(tables: Mapping[str, pd.DataFrame], notes: Iterable[str] = ()) -> Explained:
    scores, uncertainty, contributions, ranks, strengths = (tables[name] for name in _TABLES)
    return Explained(scores, uncertainty, contributions, ranks, strengths, tuple(notes))


def _of_values(inputs: Inputs, survey: Survey, options: Mapping[str, str]) -> Explained | None:
    """A composite of numbers; its units are places or other public bodies, so that nothing is hidden."""
    name = next(name for name, form in survey.forms.items() if form.kind == "values")
    values = inputs.tables.get((survey.survey, name))
    if values is None or values.empty:
        return None
    tables, _ = tables_of_values(values, survey, inputs.definitions, options)
    return _explained(tables)


def _of_answers(
    inputs: Inputs, survey: Survey, options: Mapping[str, str], last: date, told: pd.DataFrame
) -> Explained | None:
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
    answers = _answers(inputs, survey)
    groups = _with_sample(groups, answers, survey.scoring(options).uncertainty.sampling)
    found = group_scores(from_table(kept, survey, options=options), groups, definitions)
    small = hidden_nodes(found.uncertainty, told, survey.scoring(options), definitions)
    parts = _contributions(answers, inputs.definitions, survey, options, groups, found.scores)
    moved = (
        [method_errors(_kept(answers, groups), groups, survey, definitions, options=options)] if len(answers) else []
    )
    scores = _hidden(found.scores, small)
    uncertainty = _left_out(
        check_parts([found.uncertainty, *moved], definitions.tables["uncertainty"], in_order=True), small
    )
    shown = scores[scores["dimension"].isin([ROOT, *survey.scoring(options).nodes[ROOT].of])]
    return Explained(
        scores, uncertainty, _parts_left_out(parts, small),
        ranks_table(shown, definitions, uncertainty=uncertainty, dimensions=[ROOT]),
        beside_peers(shown, definitions, uncertainty=uncertainty),
    )  # fmt: skip


def _answers(inputs: Inputs, survey: Survey) -> pd.DataFrame:
    """Accepted answers; without rows where only scores of another tool are known."""
    import pandas as pd

    for name, form in survey.forms.items():
        found = inputs.tables.get((survey.survey, name))
        if form.kind == "answers" and found is not None:
            return found
    return pd.DataFrame({"respondent": pd.Series(dtype="str")})


def _wave(survey: Survey) -> str | None:
    return next((form.wave for form in survey.forms.values() if form.kind == "answers"), None)


def _with_sample(groups: pd.DataFrame, answers: pd.DataFrame, sampling: Sampling) -> pd.DataFrame:
    """Groups with the columns by which clusters and populations are told."""
    wanted = [name for name in (sampling.cluster, sampling.population) if name in answers and name not in groups]
    if not wanted:
        return groups
    told = answers[["respondent", *wanted]].drop_duplicates("respondent", keep="last")
    return groups.merge(told, how="left", on="respondent")


def _kept(answers: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Answers of respondents that belong to a group."""
    return answers[answers["respondent"].isin(groups["respondent"])].reset_index(drop=True)


def _contributions(
    answers: pd.DataFrame, definitions: Definitions, survey: Survey, options: Mapping[str, str], groups: pd.DataFrame,
    scores: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """What dimensions add to the scores of places, where all of a place come from answers and not from other tools."""
    nodes = [code for code, node in survey.scoring(options).nodes.items() if node.of]
    if answers.empty or not nodes:
        return check_parts([], definitions.tables["contributions"])
    wave = _wave(survey)
    told = groups.rename(columns={"wave": wave}) if wave else groups.drop(columns="wave")
    known = answers.merge(told[["respondent", *filter(None, [wave])]].drop_duplicates())
    levels = {
        name: place_codes(level, groups["hub"], groups["nuts"], groups["country"], definitions)
        for name, level in definitions.levels.items()
    }
    places = groups[["respondent", "wave"]].assign(**levels)
    parts = group_contributions(known, places, survey, definitions, options=options, nodes=nodes)
    sums = parts.groupby([*PLACE, "node"], dropna=False)["contribution"].sum().rename("sum").reset_index()
    sums = sums.merge(scores.rename(columns={"dimension": "node"})[[*PLACE, "node", "value"]])
    exact = sums[np.abs(sums["sum"] - sums["value"]) <= _EXACT * np.maximum(1, np.abs(sums["value"]))]
    return parts.merge(exact[[*PLACE, "node"]])


def _hidden(scores: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    """Scores without those that may not be shown: their status says so."""
    hide = marked(scores, small)
    scores = scores.assign(status=scores["status"].mask(hide, "c"))
    for column in ("value", "se", "lo", "hi", "n_answered", "band"):
        scores[column] = scores[column].mask(hide)
    return scores


def _left_out(table: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    return table[~marked(table, small)].reset_index(drop=True)


def _parts_left_out(parts: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    """Contributions to nodes without those that tell a hidden node or part."""
    for name in ("node", "child"):
        parts = _left_out(parts, small.rename(columns={"dimension": name}))
    return parts
