"""Scenarios compared: scores, ranks and bands under another definition, and why they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.definitions.differences import differences
from dihkpi.definitions.scenario import Placed, Variant, vary
from dihkpi.definitions.survey import Form
from dihkpi.errors import DefinitionError, ScoringError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.answer_parts import answer_contributions, parts_of_one
from dihkpi.scoring.composite import score_values
from dihkpi.scoring.score import score

if TYPE_CHECKING:
    import pandas as pd

UNITS = ["level", "code", "survey", "wave"]
_SAME = 1e-9
_NAMED = 3
"""Children that the reason of a change names."""


@dataclass(frozen=True)
class Compared:
    """One scenario against the definition in force.

    Parameters
    ----------
    name, about : str
    scenario, differences : pandas.DataFrame
        The tables ``scenario`` and ``scenario_differences``.
    notes : tuple of str
        What a reader should know: nothing differs, items that a version lacks, what the steps of a composite tell.
    """

    name: str
    about: str
    scenario: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Scored:
    scores: pd.DataFrame
    contributions: pd.DataFrame | None
    notes: tuple[str, ...]


def compare(
    frame: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    scenarios: Sequence[Placed],
    *,
    options: Mapping[str, str] | None = None,
) -> list[Compared]:
    """Score the same rows by the definition in force and by that of every scenario.

    Parameters
    ----------
    frame : pandas.DataFrame
        Accepted rows of a form of answers or of values.
    survey : Survey
    definitions : Definitions
        For tables, policy, and other versions of the survey.
    scenarios : sequence of Placed
        From :func:`~dihkpi.definitions.scenario.read_scenarios`.
    options : mapping of str to str, optional
        Switches of the definition in force.

    Returns
    -------
    list of Compared

    Raises
    ------
    DefinitionError
        When a scenario is wrong; nothing is scored then.
    ScoringError
        When these values cannot be scored by it.
    """
    base = Variant(survey, dict(options or {}))
    variants = _all_of(base, scenarios, definitions)
    ours = _scored(frame, base, definitions)
    found = []
    for placed, variant in zip(scenarios, variants, strict=True):
        rows, notes = _rows_for(frame, survey, variant.survey)
        try:
            theirs = _scored(rows, variant, definitions)
        except ScoringError as fault:
            raise ScoringError(fault.problems, f"the scenario '{placed.scenario.name}'") from None
        fields = differences(base, variant)
        if not fields:
            notes.append("changes nothing: its definition is the one in force")
        if ours.contributions is None or theirs.contributions is None:
            most = int(definitions.value("contribution_rows"))
            notes.append(f"no reasons: contributions would have more rows than contribution_rows allows, {most:,}")
        notes += [note for note in theirs.notes if note not in ours.notes]
        name = placed.scenario.name
        table = _table(ours, theirs, base, variant).assign(scenario=name, version=survey.version)
        found.append(
            Compared(
                name,
                placed.scenario.about,
                check_table(table, definitions.tables["scenario"], in_order=True),
                _fields(name, survey, fields, definitions),
                tuple(notes),
            )
        )
    return found


def _all_of(base: Variant, scenarios: Sequence[Placed], definitions: Definitions) -> list[Variant]:
    """The definitions of all scenarios, or the problems of all."""
    variants: list[Variant] = []
    problems: list[str] = []
    for placed in scenarios:
        try:
            variants.append(vary(base, placed, definitions))
        except DefinitionError as fault:
            problems += fault.problems
    if problems:
        raise DefinitionError(problems, "the scenarios")
    return variants


def _scored(frame: pd.DataFrame, variant: Variant, definitions: Definitions) -> _Scored:
    survey, options = variant.survey, variant.options
    if values_form(survey) is not None:
        found = score_values(frame, survey, definitions, options=options)
        return _Scored(found.scores, found.contributions, found.notes)
    scores = score(frame, survey, definitions, options=options)
    if len(frame) * parts_of_one(survey, options) > int(definitions.value("contribution_rows")):
        return _Scored(scores, None, ())
    return _Scored(scores, answer_contributions(frame, survey, definitions, options=options), ())


def _answers_form(survey: Survey) -> Form | None:
    return next((form for form in survey.forms.values() if form.kind == "answers"), None)


def _rows_for(frame: pd.DataFrame, survey: Survey, other: Survey) -> tuple[pd.DataFrame, list[str]]:
    """The answers as another version of the survey offers them, and what is lost."""
    import pandas as pd

    ours, theirs = _answers_form(survey), _answers_form(other)
    if ours is None or theirs is None or survey.version == other.version:
        return frame, []
    notes = []
    lists = {
        version: [item.code for item in form.items]
        for version, form in ((survey.version, ours), (other.version, theirs))
    }
    for version, without in ((survey.version, other.version), (other.version, survey.version)):
        if only := [code for code in lists[version] if code not in lists[without]]:
            shown = ", ".join(only[:5]) + (f" and {len(only) - 5} more" if len(only) > 5 else "")
            notes.append(f"{len(only)} of {len(lists[version])} items are in version {version} only: {shown}")
    columns, lost = {}, {}
    for item in theirs.items:
        if item.code in frame:
            codes = list(other.answer_types[item.type].codes)
            given = frame[item.code].astype("str")
            columns[item.code] = pd.Categorical(given.where(given.isin(codes)), categories=codes)
            lost[item.code] = int((given.notna() & ~given.isin(codes)).sum())
    if gone := {code: n for code, n in lost.items() if n}:
        notes.append(f"{sum(gone.values()):,} answers are not offered by version {other.version}, in {', '.join(gone)}")
    renamed = {ours.wave: theirs.wave} if ours.wave and theirs.wave and ours.wave != theirs.wave else {}
    return frame.assign(**columns).rename(columns=renamed), notes


def _table(ours: _Scored, theirs: _Scored, base: Variant, variant: Variant) -> pd.DataFrame:
    """Both scores of every unit and node, side by side."""
    keys = [*UNITS, "dimension"]
    both = ours.scores[[*keys, "value", "band"]].merge(
        theirs.scores[[*keys, "value", "band"]], on=keys, how="outer", suffixes=("", "_scenario"), indicator="side"
    )
    nodes = list(dict.fromkeys([*base.scoring.nodes, *variant.scoring.nodes]))
    place = both["dimension"].map({code: place for place, code in enumerate(nodes)})
    both = both.assign(place=place).sort_values([*UNITS, "place"], kind="stable", ignore_index=True)
    groups = ["level", "wave", "dimension"]
    for column in ("value", "value_scenario"):
        ranks = both.assign(value_=both[column].round(9)).groupby(groups, dropna=False)["value_"]
        both[column.replace("value", "rank")] = ranks.rank(ascending=False, method="min").astype("Int64")
    both["change"] = both["value_scenario"] - both["value"]
    return both.assign(why=_why(both, ours, theirs))


def _why(both: pd.DataFrame, ours: _Scored, theirs: _Scored) -> pd.Series:
    """What the change of every score comes from, in words."""
    import pandas as pd

    none_here, none_there = both["value"].isna(), both["value_scenario"].isna()
    band = both["band"].fillna("") != both["band_scenario"].fillna("")
    why = np.select(
        [
            both["side"].eq("left_only"), both["side"].eq("right_only"), none_here & ~none_there,
            ~none_here & none_there, band & ~(both["change"].abs() > _SAME),
        ],
        ["not in the tree of the scenario", "only in the tree of the scenario", "no score in force",
         "no score in the scenario", "other bands"],
        default="",
    )  # fmt: skip
    result = pd.Series(why, index=both.index, dtype="str")
    changed = both["change"].abs() > _SAME
    if ours.contributions is not None and theirs.contributions is not None and changed.any():
        keys = [*UNITS, "dimension"]
        texts = _reasons(part_changes(ours.contributions, theirs.contributions).rename(columns={"node": "dimension"}))
        reasons = both.loc[changed, keys].merge(texts, on=keys, how="left")["text"].to_numpy()
        result[changed] = reasons
    return result.replace("", pd.NA)


def part_changes(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """How the contribution of every child differs between two tables ``contributions``.

    Returns
    -------
    pandas.DataFrame
        Unit, ``node``, ``child`` and ``change``, which sums over the children of a node to the change of its score
        wherever both tables have one. A child that only one tree has adds 0 in the other.
    """
    keys = [*UNITS, "node", "child"]
    both = ours[[*keys, "contribution"]].merge(
        theirs[[*keys, "contribution"]], on=keys, how="outer", suffixes=("", "_scenario")
    )
    change = both["contribution_scenario"].fillna(0.0) - both["contribution"].fillna(0.0)
    return both[keys].assign(change=change)


def _reasons(parts: pd.DataFrame) -> pd.DataFrame:
    """The greatest changes of each node, joined."""
    keys = [*UNITS, "dimension"]
    parts = parts[parts["change"].abs() > _SAME]
    parts = parts.assign(size=-parts["change"].abs().round(9)).sort_values([*keys, "size"], kind="stable")
    grouped = parts.groupby(keys, dropna=False, sort=False)
    number, total = grouped.cumcount(), grouped["change"].transform("size")
    named = parts[number < _NAMED]
    text = [f"{child} {change:+.3g}" for child, change in zip(named["child"], named["change"], strict=True)]
    rest = (total[number < _NAMED] - _NAMED).clip(lower=0)
    joined = named.assign(text=text, rest=rest).groupby(keys, dropna=False, sort=False)
    found = joined.agg(text=("text", ", ".join), rest=("rest", "max")).reset_index()
    more = found["rest"].map(lambda left: f" and {left} more" if left else "")
    return found.assign(text=found["text"] + more)


def _fields(name: str, survey: Survey, fields: Mapping[str, tuple[str, str]], definitions: Definitions) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({
        "scenario": name, "survey": survey.survey, "path": list(fields),
        "base": [here for here, _ in fields.values()], "scenario_value": [there for _, there in fields.values()],
    }).replace("", None)  # fmt: skip
    return check_table(table, definitions.tables["scenario_differences"], in_order=True)
