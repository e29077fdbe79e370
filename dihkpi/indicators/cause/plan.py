"""Runs an analysis plan: every analysis with its error, its adjusted p-value, and what it may be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from dihkpi.definitions import Definitions
from dihkpi.definitions.plan import Analysis, Plan
from dihkpi.indicators.cause.designs import DESIGNS, Found, Settings
from dihkpi.indicators.cause.needs import judge
from dihkpi.indicators.cause.result import ANSWERS, Effect, NoEstimateError, no_effect
from dihkpi.indicators.cause.rows import EffectData, Rows, counts, rows_of
from dihkpi.indicators.cause.weighting import Overlap
from dihkpi.indicators.cause.wild import Wild
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

_CAUSAL = (*ANSWERS, "lag", "start")
"""First words of the terms that bear the verdict of the design; others only describe."""
Row = dict[str, Any]


def run_plans(data: EffectData, definitions: Definitions) -> pd.DataFrame:
    """The table ``effects`` of the plans of all surveys, each in its newest version."""
    import pandas as pd

    found = [
        run_plan(survey.analysis, data, definitions, name)
        for name, survey in definitions.surveys.items()
        if survey.analysis is not None
    ]
    return pd.concat(found, ignore_index=True) if found else _table([], definitions)


def run_plan(plan: Plan, data: EffectData, definitions: Definitions, survey: str) -> pd.DataFrame:
    """The table ``effects`` of one plan.

    Parameters
    ----------
    plan : Plan
    data : EffectData
        Scores, indicators and the table of units with the columns of the plan.
    definitions : Definitions
        Policy, and what each design needs.
    survey : str
        Survey whose plan it is.

    Returns
    -------
    pandas.DataFrame
        In the order of the plan, the answer of each analysis first. An analysis that the data do not allow is a row
        with status ``m`` and the reason.
    """
    settings = settings_of(plan, definitions)
    version = definitions.survey(survey).version
    rows: list[Row] = []
    for name, analysis in plan.analyses.items():
        about = {"survey": survey, "version": version, "analysis": name, "family": analysis.family}
        outcome = analysis.outcome.dimension or analysis.outcome.indicator
        rows += [
            {**about, "outcome": outcome, **row} for row in _analysis(analysis, survey, data, settings, definitions)
        ]
    _adjust(rows, plan)
    return _table(rows, definitions)


def settings_of(plan: Plan, definitions: Definitions) -> Settings:
    """What the plan does not say itself, from the policy."""
    policy = {name: float(value) for name, value in definitions.value("cause").items()}
    seed = plan.seed if plan.seed is not None else int(definitions.value("uncertainty")["seed"])
    return Settings(
        level=float(plan.level if plan.level is not None else definitions.value("confidence_level")),
        wild=Wild(int(policy["draws"]), seed, int(policy["webb_clusters"])),
        overlap=Overlap(policy["overlap"], policy["overlap_share"]),
        power=policy["power"],
    )


def _analysis(
    analysis: Analysis, survey: str, data: EffectData, settings: Settings, definitions: Definitions
) -> Iterator[Row]:
    try:
        rows = rows_of(analysis, survey, data)
    except NoEstimateError as fault:
        yield _row(no_effect("effect", str(fault)), analysis.design, "none", "", "")
        return
    name, reasons = analysis.design, list(rows.remarks)
    cluster = analysis.levels[0] if analysis.levels and not analysis.cluster else analysis.cluster
    facts = dict(counts(rows, cluster))
    planned = judge(definitions.designs[name], facts)
    if planned.instead and (other := definitions.designs[name].instead):
        reasons += [f"'{name}' was planned: {words}" for words in planned.unmet[:1]]
        name, rows = other, rows.supported_only()
        facts = dict(counts(rows, cluster))
    found = _estimated(name, rows, analysis, settings)
    design = definitions.designs[name]
    judgement = judge(design, {**facts, **found.facts})
    answer = found.answer
    for caveat in judgement.caveats:
        answer = answer.warned(caveat)
    reasons += judgement.unmet
    if reasons:
        answer = replace(answer, reason="; ".join(part for part in (answer.reason, *reasons) if part))
    base = min(int(facts[side]) for side in ("treated", "comparison") if facts[side])
    hidden = base < int(definitions.value("disclosure_minimum"))
    for effect in (answer, *found.more):
        if hidden:
            yield _row(no_effect(effect.term, f"a group has {base} units only"), name, "none", "", "") | {"status": "c"}
            continue
        causal = effect.term.split(" ")[0].rstrip(",") in _CAUSAL
        verdict = "none" if effect.status == "m" else judgement.verdict if causal else "descriptive"
        yield _row(effect, name, verdict, design.assumption if causal else "", judgement.needs if causal else "")


def _estimated(name: str, rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    if rows.frame.empty:
        return Found(no_effect("effect", "no unit is supported"))
    return DESIGNS[name](rows, analysis, settings)


def _row(effect: Effect, design: str, verdict: str, assumption: str, needs: str) -> Row:
    return {**asdict(effect), "design": design, "verdict": verdict, "assumption": assumption, "needs": needs}


def _adjust(rows: list[Row], plan: Plan) -> None:
    """Adjusted p-values of the answers, family by family."""
    for name, family in plan.families.items():
        answers = [row for row in rows if row["family"] == name and row["term"] in ANSWERS and row["p"] == row["p"]]
        for row, p in zip(answers, adjusted([row["p"] for row in answers], family.method), strict=True):
            row["p_adjusted"] = p


def adjusted(p_values: list[float], method: str) -> list[float]:
    """P-values of one family, adjusted.

    Parameters
    ----------
    p_values : list of float
    method : {'holm', 'bonferroni', 'fdr_bh', 'fdr_by', 'none'}
        Holm and Bonferroni bound the chance of any false finding, Benjamini and Hochberg the expected share of false
        ones among those found, Benjamini and Yekutieli that share however the tests depend on each other.

    Examples
    --------
    >>> [round(p, 3) for p in adjusted([0.01, 0.02, 0.3], "holm")]
    [0.03, 0.04, 0.3]
    """
    from statsmodels.stats.multitest import multipletests

    if method == "none" or not p_values:
        return list(p_values)
    return [float(p) for p in multipletests(p_values, method=method)[1]]


def in_words(row: Mapping[str, Any]) -> str:
    """The verdict as a sentence for a report; it never says impact.

    Examples
    --------
    >>> in_words({"verdict": "descriptive", "estimate": 4.2, "lo": 1.0, "hi": 7.4})
    'a change of 4.2 (1 to 7.4), as a description: there is no valid comparison, so nothing is said about its cause'
    """
    if row["verdict"] == "none":
        return f"no number: {row['reason']}"
    number = f"{row['estimate']:.3g} ({row['lo']:.3g} to {row['hi']:.3g})"
    if row["verdict"] == "descriptive":
        return (
            f"a change of {number}, as a description: there is no valid comparison, so nothing is said about its cause"
        )
    if row["verdict"] == "associational":
        return f"a difference of {number} that goes along with the support; other causes are not ruled out"
    return f"an effect of {number}, if this holds: {row['assumption']}"


def _table(rows: list[Row], definitions: Definitions) -> pd.DataFrame:
    import pandas as pd

    table = definitions.tables["effects"]
    frame = pd.DataFrame(rows, columns=list(table.columns))
    for name in ("n", "clusters"):
        frame[name] = frame[name].astype("Int64").mask(frame[name].eq(0))
    text = [name for name, column in table.columns.items() if column.type == "text" and not column.required]
    frame[text] = frame[text].astype("str").replace("", pd.NA)
    return check_table(frame, table, in_order=True)
