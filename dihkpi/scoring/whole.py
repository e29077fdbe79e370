"""Everything that scoring tells of accepted rows, as tables by their name: for the command line and for runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import children_of
from dihkpi.definitions.survey import Form
from dihkpi.intake.columns import check_parts, check_table
from dihkpi.scoring.answer_parts import answer_contributions, parts_of_one
from dihkpi.scoring.change import change_parts
from dihkpi.scoring.composite import Composite, score_values
from dihkpi.scoring.effective import effective_weights
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.errors.methods import method_errors
from dihkpi.scoring.lift import lifts
from dihkpi.scoring.places import NETWORK
from dihkpi.scoring.ranks.table import ranks_table
from dihkpi.scoring.reliability.card import survey_quality
from dihkpi.scoring.replicate.analysis import CompositeUncertainty, composite_uncertainty
from dihkpi.scoring.replicate.design import METHOD
from dihkpi.scoring.strengths import strengths
from dihkpi.scoring.wide import score_matrix

if TYPE_CHECKING:
    import pandas as pd

ROOT = "overall"
Tables = dict[str, "pd.DataFrame"]
Options = Mapping[str, str] | None


def tables_of_answers(
    answers: pd.DataFrame, scores: pd.DataFrame, survey: Survey, definitions: Definitions, options: Options = None
) -> tuple[Tables, list[str]]:
    """Beside the scores of respondents: scores of hubs and of all, their errors and ranks, parts, quality, lifts.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form.
    scores : pandas.DataFrame
        What :func:`~dihkpi.scoring.score.score` makes of them.
    survey, definitions, options
        As for that.

    Returns
    -------
    tables : dict of str to pandas.DataFrame
        ``groups`` (rows for the table ``scores``), ``uncertainty``, ``ranks``, ``strengths``, ``quality`` and, where
        the policy ``contribution_rows`` allows that many rows, ``contributions``, ``weights``, ``change_parts`` and
        ``lifts``.
    notes : list of str
        What a reader should know.
    """
    import pandas as pd

    form = survey.answered()
    groups = groups_of(answers, form, survey, options)
    found = group_scores(score_matrix(answers, survey, definitions, options=options), groups, definitions)
    moved = method_errors(answers, groups, survey, definitions, options=options)
    beside, notes = _compared(scores, survey, definitions, options, found.scores)
    tables = {
        "groups": found.scores,
        "uncertainty": pd.concat([found.uncertainty, moved], ignore_index=True),
        "ranks": ranks_table(beside, definitions, uncertainty=found.uncertainty),
        "strengths": strengths(beside, definitions, uncertainty=found.uncertainty),
        "quality": survey_quality(answers, survey, definitions, options=options),
    }
    rows, most = len(answers) * parts_of_one(survey, options), int(definitions.value("contribution_rows"))
    if rows > most:
        note = (
            f"no contributions of {survey.survey}: they would have {rows:,} rows, and contribution_rows allows {most:,}"
        )
        return tables, [*notes, f"{note}; no weights, change_parts and lifts either"]
    parts = answer_contributions(answers, survey, definitions, options=options)
    tables |= {"contributions": parts, "weights": effective_weights(parts, definitions)}
    tables["change_parts"] = _changes(parts, survey, definitions, options)
    tables["lifts"] = lifts(answers, survey, definitions, options=options)
    return tables, notes


def _compared(
    scores: pd.DataFrame, survey: Survey, definitions: Definitions, options: Options, groups: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Scores of the root and the nodes below it, of hubs where there are several, else of the respondents."""
    nodes = [ROOT, *survey.scoring(options).nodes[ROOT].of]
    places = groups[(groups["code"] != NETWORK) & groups["dimension"].isin(nodes)]
    if places["code"].nunique() > 1:
        return places, []
    rows = scores[scores["dimension"].isin(nodes)]
    respondents = int(rows["dimension"].eq(ROOT).sum())
    if respondents > (most := int(definitions.value("ranks")["units"])):
        return places, [
            f"no ranks of {survey.survey}: {respondents:,} respondents, and the policy ranks allows {most:,}"
        ]
    return rows, []


def groups_of(answers: pd.DataFrame, form: Form, survey: Survey, options: Options = None) -> pd.DataFrame:
    """Who belongs to which hub in which wave, with the columns by which the scoring tells clusters and populations."""
    sampling = survey.scoring(options).uncertainty.sampling
    told = [name for name in ("hub", "nuts", "country", sampling.cluster, sampling.population) if name in answers]
    waves = {"wave": answers[form.wave]} if form.wave else {}
    return answers[["respondent", *dict.fromkeys(told)]].assign(**waves).reset_index(drop=True)


def _changes(parts: pd.DataFrame, survey: Survey, definitions: Definitions, options: Options) -> pd.DataFrame:
    """From the first wave to each later one."""
    waves = sorted(wave for wave in parts["wave"].dropna().unique())
    found = [change_parts(parts, survey, definitions, waves[0], wave, options=options) for wave in waves[1:]]
    return check_parts(found, definitions.tables["change_parts"], in_order=True)


def tables_of_values(
    values: pd.DataFrame, survey: Survey, definitions: Definitions, options: Options = None
) -> tuple[Tables, list[str]]:
    """Scores of a composite with their errors, ranks, parts and the steps before.

    Parameters
    ----------
    values : pandas.DataFrame
        Accepted rows of a form of values.
    survey, definitions, options
        As for :func:`~dihkpi.scoring.composite.score_values`.

    Returns
    -------
    tables : dict of str to pandas.DataFrame
        ``scores``, ``contributions``, ``steps``, ``uncertainty``, ``ranks``, ``strengths``, ``weights``, ``quality``,
        and where choices of method are declared also ``rank_ranges``, ``sensitivity``, ``runs`` and ``noise``.
    notes : list of str
    """
    made = score_values(values, survey, definitions, options=options)
    told = composite_uncertainty(values, survey, definitions, options=options)
    tables = {
        "scores": made.scores,
        "contributions": made.contributions,
        "steps": made.steps,
        "uncertainty": told.table,
        "ranks": ranks_of_composite(made.scores, told, definitions),
        "strengths": strengths(_with_items(made, survey, options), definitions, uncertainty=told.table),
        "weights": effective_weights(made.contributions, definitions),
        "quality": survey_quality(values, survey, definitions, options=options),
    }
    if len(told.runs):
        tables |= {"rank_ranges": told.ranks, "sensitivity": told.indices, "runs": told.runs, "noise": told.noise}
    return {name: table for name, table in tables.items() if len(table.columns)}, [*made.notes, *told.notes]


def ranks_of_composite(scores: pd.DataFrame, told: CompositeUncertainty, definitions: Definitions) -> pd.DataFrame:
    """Ranks of a composite: sets by the errors of its data, else ranges over the choices of method, else bare places.

    Parameters
    ----------
    scores : pandas.DataFrame
        The table ``scores``.
    told : CompositeUncertainty
    definitions : Definitions
    """
    import pandas as pd

    if told.draws:
        draws = {}
        for wave, columns in told.units.fillna({"wave": ""}).groupby("wave", sort=False):
            for node, drawn in told.draws.items():
                frame = pd.DataFrame(drawn[:, columns.index], columns=list(columns["code"]))
                draws[str(wave) or None, node] = frame.loc[:, frame.notna().all()]
        return ranks_table(scores, definitions, draws=draws)
    if len(told.ranks) == 0:
        return ranks_table(scores.assign(se=np.nan), definitions)
    # Ranges over choices describe; they are no sets with a confidence, so there are no tiers and nothing for one alone.
    rows = told.ranks[(told.ranks["source"] == METHOD) & told.ranks["rank"].notna()]
    lo = np.minimum(np.floor(rows["lo"]), rows["rank"]).astype("Int64")
    hi = np.maximum(np.ceil(rows["hi"]), rows["rank"]).astype("Int64")
    none = pd.Series(pd.NA, index=rows.index, dtype="Int64")
    unknown = dict.fromkeys(("lo_single", "hi_single", "tier", "top"), none)
    table = rows.assign(lo=lo, hi=hi, p_top=np.nan, basis=METHOD, **unknown)
    return check_table(table, definitions.tables["ranks"], in_order=True)


def _with_items(made: Composite, survey: Survey, options: Options) -> pd.DataFrame:
    """Scores of nodes, and normalised values of items beside them as scores without error."""
    import pandas as pd

    scoring = survey.scoring(options)
    items = [(node, child) for node in scoring.nodes for child in children_of(scoring, node) if child in scoring.items]
    wanted = pd.DataFrame(items, columns=["node", "child"])
    rows = made.contributions.merge(wanted).rename(columns={"child": "dimension"}).assign(se=np.nan, status="ok")
    return pd.concat(
        [made.scores, rows[["level", "code", "survey", "version", "wave", "dimension", "value", "se", "status"]]]
    )


def joined(parts: Iterable[Tables]) -> Tables:
    """Tables of several surveys, one below the other by their name."""
    import pandas as pd

    found: dict[str, list[pd.DataFrame]] = {}
    for tables in parts:
        for name, table in tables.items():
            found.setdefault(name, []).append(table)
    return {name: pd.concat(several, ignore_index=True) for name, several in found.items()}
