"""Analysis plans and designs: one fault, one message that names the place."""

from __future__ import annotations

import pytest

from dihkpi.definitions.locate import bundled_root

PLAN = """\
about: Does it help?
declared: 2026-01-01
level: 0.95
columns: {supported: 1 or 0}
families: {main: {about: One}}
analyses:
  gain:
    about: Did they gain?
    outcome: {dimension: overall}
    design: did
    before: T0
    after: T1
    treatment: supported
    cluster: hub
    family: main
"""
# ruff: noqa: E501
BROKEN = {
    "unknown dimension": ("dimension: overall", "dimension: overal", "analyses › gain › outcome › dimension: unknown", "did you mean 'overall'?"),
    "unknown indicator": ("dimension: overall", "indicator: mean_scor", "outcome › indicator: unknown indicator", "'mean_score'"),
    "no outcome": ("{dimension: overall}", "{}", "outcome: needs either 'dimension' or 'indicator'", ""),
    "two outcomes": ("{dimension: overall}", "{dimension: overall, indicator: answers}", "needs either", ""),
    "unknown survey": ("{dimension: overall}", "{dimension: overall, survey: minni}", "survey: unknown survey 'minni'", "'mini'"),
    "unknown design": ("design: did", "design: dif", "gain › design: unknown design 'dif'", "did you mean 'did'"),
    "unknown family": ("family: main", "family: mian", "gain › family: unknown family 'mian'", "'main'"),
    "unknown column": ("treatment: supported", "treatment: suported", "treatment: unknown column 'suported'", "'supported'"),
    "unknown cluster": ("cluster: hub", "cluster: hubb", "cluster: unknown column 'hubb'", "did you mean 'hub'"),
    "field of a design": ("    treatment: supported\n", "", "gain › treatment: missing, but 'did' needs it", ""),
    "wave twice": ("after: T1", "after: [T1, T0]", "gain: 'T0' is there twice", "in 'before' or in 'after'"),
    "several waves": ("design: did\n    before: T0", "design: ancova\n    before: [T, T0]", "takes one wave before", ""),
    "level": ("level: 0.95", "level: 95", "level: 95 is not between 0 and 1", "write 0.95"),
    "family of nobody": ("{main: {about: One}}", "{main: {about: One}, other: {about: Two}}", "families › other: no analysis", ""),
    "unknown field": ("    cluster: hub", "    clusters: hub", "mini/v1/analysis.yaml › analyses › gain › clusters: unknown", "'cluster'"),
    "unknown method": ("{about: One}", "{about: One, method: holms}", "analysis.yaml › families › main › method: input should", "'holms'"),
}  # fmt: skip


@pytest.fixture
def planned(folder):
    folder.write("schemas/designs.yaml", (bundled_root() / "schemas/designs.yaml").read_bytes())
    folder.write("surveys/mini/v1/analysis.yaml", PLAN)
    return folder


def test_a_plan_that_is_right(planned) -> None:
    plan = planned.load().survey("mini").analysis
    assert plan.analyses["gain"].before == ("T0",)
    assert plan.families["main"].method == "holm"


@pytest.mark.parametrize("name", BROKEN)
def test_one_fault_one_message(name: str, planned) -> None:
    old, new, *expected = BROKEN[name]
    planned.edit("analysis.yaml", old, new)
    problems = planned.problems()
    assert len(problems) == 1, problems
    for words in expected:
        assert words in problems[0]


def test_an_event_study_needs_who_or_when(planned) -> None:
    planned.edit("analysis.yaml", "design: did", "design: event_study")
    planned.edit("analysis.yaml", "    treatment: supported\n", "")
    assert planned.problems() == ["mini/v1/analysis.yaml › analyses › gain: 'event_study' needs 'treatment' or 'start'"]


def test_a_design_of_ones_own_is_checked(folder) -> None:
    folder.write(
        "schemas/designs.yaml",
        "mine: {title: Mine, verdict: descriptive, assumption: none, fields: [treatmnt], instead: didd, needs: [{fact: units, about: some, otherwise: caveat}]}\n"
        "other: {title: O, verdict: descriptive, assumption: none, fields: [], needs: [{fact: units, least: 1, about: some, otherwise: instead}]}\n",
    )
    problems = folder.problems()
    for words in ("mine › fields: unknown field of an analysis 'treatmnt'", "mine › instead: unknown design 'didd'",
                  "mine › needs › 1: needs either 'least' or 'most'", "other › needs › 1 › otherwise: the design names no other"):  # fmt: skip
        assert any(words in problem for problem in problems), problems


TOTAL = "total: {name: Total, definition: Sum., unit: EUR, kind: flow, of: answers, sum: price}\n"
PROGRAMMES = """\
about: What did it add?
declared: 2026-01-01
columns: {without: answer}
families: {}
analyses: {}
programmes:
  money:
    about: Money
    gross: answers
    question: {column: without, weights: {"no": 0, same: 1}, amount: price}
    leakage: {value: 0.1, lo: 0, hi: 0.2, source: records}
"""
BROKEN_PROGRAMMES = {
    "unknown indicator": ("gross: answers", "gross: answrs", "money › gross: unknown indicator 'answrs'"),
    "unknown column": ("column: without", "column: witout", "money › question › column: unknown column 'witout'"),
    "unknown amount": ("amount: price", "amount: prize", "money › question › amount: unknown column 'prize'"),
    "weight above 1": ("same: 1}", "same: 100}", "question › weights › same: 100 is not between 0 and 1"),
    "range": ("lo: 0, hi: 0.2", "lo: 0.3, hi: 0.2", "money › leakage: 0.3, 0.1, 0.2 are no value within its range"),
    "share in per cent": ("value: 0.1, lo: 0, hi: 0.2", "value: 10", "leakage: 10, 10, 10 are no value"),
    "unknown cost": ("gross: answers", "gross: answers, cost: answrs", "money › cost: unknown indicator 'answrs'"),
    "unknown public money": ("gross: answers", "gross: total, public: prise", "money › public: unknown column 'prise'"),
    "public money of a count": ("gross: answers", "gross: answers, public: price", "public: 'answers' is no sum"),
    "unknown level": ("gross: answers", "gross: answers, levels: hubb", "money › levels: unknown level 'hubb'"),
    "net of one way only": (
        "gross: answers",
        "gross: answers, net_of: question",
        "net_of: belongs to a programme with both",
    ),
    "unknown way": (
        "gross: answers",
        "gross: answers, net_of: questoin",
        "money › net_of: input should be 'question' or",
    ),
    "answer without a code": (
        'column: without, weights: {"no": 0, same: 1}',
        "column: size, weights: {s: 0, xl: 1}",
        "question › weights: unknown answer 'xl'",
    ),
    "no source": (", source: records", "", "money › leakage › source: missing, but required"),
}


@pytest.mark.parametrize("name", BROKEN_PROGRAMMES)
def test_one_fault_of_a_programme_one_message(name: str, folder) -> None:
    folder.write("surveys/mini/v1/analysis.yaml", PROGRAMMES)
    folder.edit("indicators.yaml", "answers: {name: Answers", TOTAL + "answers: {name: Answers")
    folder.load()
    old, new, words = BROKEN_PROGRAMMES[name]
    folder.edit("analysis.yaml", old, new.replace(", ", "\n    ") if new.startswith("gross: ") else new)
    (problem,) = folder.problems()
    assert words in problem


def test_both_ways_to_deadweight_are_one_too_many(folder) -> None:
    folder.write("surveys/mini/v1/analysis.yaml", PROGRAMMES + "    analysis: gain\n")
    problems = folder.problems()
    assert any("money: needs either 'question' or 'analysis'" in problem for problem in problems)
    assert any("money › analysis: unknown analysis 'gain'" in problem for problem in problems)
    folder.edit("analysis.yaml", "    analysis: gain\n", "    analysis: gain\n    net_of: analysis\n")
    assert not any("needs either" in problem for problem in folder.problems()), "both may be shown, one is taken off"
