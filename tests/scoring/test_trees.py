"""Trees that one can compute in the head: weights, depth, methods, what is missing, bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.definitions import load_definitions
from dihkpi.definitions.indicators import Example
from dihkpi.definitions.scoring import METHODS as NAMED
from dihkpi.definitions.scoring import Bands, Scoring
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError, UsageError
from dihkpi.scoring.aggregate import METHODS
from dihkpi.scoring.examples import run_examples
from dihkpi.scoring.score import band_of, score
from dihkpi.scoring.tree import bind

SURVEY = """
survey: small
version: v1
title: Three questions
reference: made for a test
answer_types: {steps: {label: steps, codes: {"0": none, "1": half, "2": whole}}}
questions: {a: first, b: second, c: third}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent]
    respondent: {kind: sme, name: name}
    columns: {name: {type: text, required: true}}
    items: items.csv
"""
ITEMS = """\
code,question,type,label
a1,a,steps,first of a
a2,a,steps,second of a
b1,b,steps,first of b
b2,b,steps,second of b
c1,c,steps,only one of c
"""
POINTS = 'reference: made for a test\npoints: {steps: {"0": 0, "1": 1/2, "2": 1}}\n'
A, B, C = (f"{{label: {q}, items: {{question: {q}}}}}" for q in "abc")


ALL = f"  overall: {{label: all, of: [a, b, c]}}\n  a: {A}\n  b: {B}\n  c: {C}\n"


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    """The bundled definitions with a survey of three questions in a folder of one's own."""
    root = tmp_path_factory.mktemp("definitions")
    folder = root / "surveys" / "small" / "v1"
    folder.mkdir(parents=True)
    (folder / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    (folder / "items.csv").write_text(ITEMS, encoding="utf-8")
    (folder / "scoring.yaml").write_text(f"{POINTS}nodes:\n{ALL}", encoding="utf-8")
    return load_definitions(root)


@pytest.fixture
def small(overlay, tmp_path):
    """The survey of three questions with the scoring tree that a test writes down."""

    def load(nodes: str, more: str = ""):
        file = tmp_path / "scoring.yaml"
        file.write_text(f"{POINTS}{more}nodes:\n{nodes}", encoding="utf-8")
        raw = read_yaml(file, file.name)
        return overlay.surveys["small"].model_copy(update={"raw_scoring": raw}), overlay

    return load


def values(scored, answers, *people, **options):
    survey, definitions = scored
    table = score(answers(survey, people), survey, definitions, options=options)
    wide = table.pivot(index="code", columns="dimension", values="value")
    return wide if len(people) > 1 else wide.iloc[0]


def test_weights_other_than_one(small, answers):
    tree = small(
        "  overall: {label: all, of: [a, b], weights: {a: 3}}\n"
        "  a: {label: a, items: {question: a}, weights: {a1: 2, a2: 1/2}}\n"
        f"  b: {B}\n"
    )
    got = values(tree, answers, {"a1": "2", "a2": "0", "b1": "2", "b2": "1"})
    assert got["a"] == pytest.approx(100 * 2 / 2.5)
    assert got["b"] == pytest.approx(75)
    assert got["overall"] == pytest.approx((3 * 80 + 75) / 4)


def test_a_weight_of_zero_takes_a_child_out(small, answers):
    tree = small(
        "  overall: {label: all, of: [a, b], weights: {a: 0}, aggregate: geometric}\n" + f"  a: {A}\n  b: {B}\n"
    )
    got = values(tree, answers, {"a1": "0", "a2": "0", "b1": "2", "b2": "1"})
    assert got["overall"] == pytest.approx(75)


def test_a_deeper_tree_and_other_scales(small, answers):
    tree = small(
        "  overall: {label: all, of: [upper, c], scale: [1, 5]}\n"
        "  upper: {label: upper, of: [middle], scale: [0, 1]}\n"
        "  middle: {label: middle, of: [a, b]}\n"
        f"  a: {A}\n  b: {B}\n  c: {C}\n"
    )
    got = values(tree, answers, {"a1": "2", "a2": "2", "b1": "0", "b2": "0", "c1": "2"})
    assert (got["middle"], got["upper"], got["overall"]) == (50, 0.5, 1 + 0.75 * 4)


@pytest.mark.parametrize(("method", "expected"), [("mean", 62.5), ("geometric", 50.0), ("minimum", 25.0)])
def test_methods_of_aggregation(small, answers, method, expected):
    tree = small(f"  overall: {{label: all, of: [a, b], aggregate: {method}}}\n  a: {A}\n  b: {B}\n")
    got = values(tree, answers, {"a1": "0", "a2": "1", "b1": "2", "b2": "2"})
    assert got["overall"] == pytest.approx(expected)


def test_a_zero_makes_a_geometric_mean_zero_and_the_minimum_zero(small, answers):
    for method in ("geometric", "minimum"):
        tree = small(f"  overall: {{label: all, of: [a, b], aggregate: {method}}}\n  a: {A}\n  b: {B}\n")
        assert values(tree, answers, {"a1": "0", "a2": "0", "b1": "2", "b2": "2"})["overall"] == 0


@pytest.mark.parametrize(("policy", "a", "overall"), [("drop", 100, 75), ("zero", 50, 50), ("refuse", np.nan, np.nan)])
def test_what_a_missing_answer_means(small, answers, policy, a, overall):
    tree = small(
        "  overall: {label: all, of: [a, b], missing: refuse}\n"
        f"  a: {{label: a, items: {{question: a}}, missing: {policy}}}\n  b: {B}\n"
    )
    got = values(tree, answers, {"a1": "2", "b1": "2", "b2": "0"})
    assert [got["a"], got["overall"]] == pytest.approx([a, overall], nan_ok=True)


@pytest.mark.parametrize(
    ("empty", "missing", "overall"),
    [("missing", "drop", 50), ("missing", "zero", 25), ("missing", "refuse", np.nan), ("zero", "drop", 25)],
)
def test_what_a_skipped_question_means(small, answers, empty, missing, overall):
    tree = small(
        f"  overall: {{label: all, of: [a, b], missing: {missing}}}\n"
        f"  a: {{label: a, items: {{question: a}}, empty: {empty}}}\n  b: {B}\n"
    )
    assert values(tree, answers, {"b1": "2", "b2": "0"})["overall"] == pytest.approx(overall, nan_ok=True)


def test_nothing_answered_has_no_score_and_few_answers_are_marked(small, answers):
    survey, definitions = small(
        f"  overall: {{label: all, of: [a, b, c]}}\n  a: {A}\n  b: {B}\n  c: {C}\n", "reliable_share: 3/5\n"
    )
    people = [{}, {"a1": "2", "c1": "0"}, {"a1": "2", "b1": "1", "c1": "0"}]
    table = score(answers(survey, people), survey, definitions)
    root = table[table["dimension"] == "overall"]
    assert root["n_items"].tolist() == [5, 5, 5]
    assert root["n_answered"].tolist() == [0, 2, 3]
    assert root["status"].tolist() == ["m", "u", "ok"]
    assert root["value"].tolist() == pytest.approx([np.nan, 50, 50], nan_ok=True)
    assert table.loc[(table["code"] == "r002") & (table["dimension"] == "c"), "status"].tolist() == ["ok"]


def test_a_question_under_two_nodes_is_counted_once(definitions, answers):
    survey = definitions.surveys["dma_sme"]
    items = survey.form("assessments").items
    table = score(answers(survey, [{items[0].code: "both"}]), survey, definitions).set_index("dimension")
    assert table.loc[["strategy", "q1_planned", "q1_done", "q2"], "n_items"].tolist() == [20, 10, 10, 10]
    assert table.loc[["strategy", "overall"], "n_answered"].tolist() == [1, 1]
    assert table.loc["overall", "status"] == "u"


def test_a_knockout_holds_even_where_nothing_else_was_answered(small, answers):
    knock = "{label: a, items: {question: a, without: a1}, knockout: [{item: a1, code: '2', value: 0}]}"
    tree = small(f"  overall: {{label: all, of: [a]}}\n  a: {knock}\n")
    got = values(tree, answers, {"a1": "2"}, {"a1": "2", "a2": "2"}, {"a1": "0", "a2": "2"}, {"a1": "0"})
    assert got["a"].tolist() == pytest.approx([0, 0, 100, np.nan], nan_ok=True)


def test_a_circle_and_an_unknown_method_are_definition_errors(definitions):
    survey = definitions.surveys["dma_sme"]
    circle = {"overall": {"label": "x", "of": ["a"]}, "a": {"label": "a", "of": ["overall"]}}
    with pytest.raises(DefinitionError, match="stand in a circle"):
        bind(survey, Scoring(reference="test", nodes=circle))
    other = {"overall": {"label": "x", "items": {"question": "q2"}, "aggregate": "geometrc"}}
    with pytest.raises(DefinitionError, match="did you mean 'geometric'"):
        bind(survey, Scoring(reference="test", nodes=other, points=survey.scoring().points))


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (0, "basic"), (25, "basic"), (25.4, "average"), (25.5, "average"), (50, "average"),
        (50.5, "moderately_advanced"), (75, "moderately_advanced"), (75.5, "advanced"), (100, "advanced"),
    ],
)  # fmt: skip
def test_scores_between_the_published_ranges_fall_into_one_band(definitions, value, band):
    bands = definitions.surveys["dma_sme"].scoring().bands["dma"]
    assert band_of(np.array([float(value)]), bands).tolist() == [band]


def test_a_score_that_only_rounding_moves_off_an_edge_stays_below():
    bands = Bands(edges=(25,), codes={"low": "", "high": ""})
    assert band_of(np.array([25 + 1e-13, 25 + 1e-6, np.nan]), bands).tolist() == ["low", "high", None]


def test_the_order_of_rows_does_not_matter(definitions, answers):
    survey = definitions.surveys["dma_pso"]
    rng = np.random.default_rng(3)
    codes = {item.code: list(survey.answer_types[item.type].codes) for item in survey.form("assessments").items}
    frame = answers(survey, [{code: str(rng.choice(c)) for code, c in codes.items()} for _ in range(20)])
    scores = score(frame, survey, definitions)
    shuffled = score(frame.sample(frac=1, random_state=1), survey, definitions)
    assert scores.equals(shuffled)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(["sme", "pso"]))
def test_a_better_answer_never_lowers_a_score(seed, kind, definitions, answers):
    survey = definitions.surveys[f"dma_{kind}"]
    rng = np.random.default_rng(seed)
    codes = {item.code: list(survey.answer_types[item.type].codes) for item in survey.form("assessments").items}
    before = {code: str(rng.choice(c)) for code, c in codes.items()}
    raised = str(rng.choice([code for code in codes if before[code] != codes[code][-1]]))
    better = {"none": "planned", "planned": "both", "done": "both"}
    after = before | {raised: better.get(before[raised]) or codes[raised][codes[raised].index(before[raised]) + 1]}
    table = score(answers(survey, [before, after]), survey, definitions)
    low, high = (table.loc[table["code"] == code, "value"].to_numpy() for code in ("r000", "r001"))
    assert (high >= low - 1e-12).all()
    assert (high > low + 1e-12).any()


def test_every_worked_example_comes_out(definitions):
    tried = {
        (survey.survey, name): problems
        for survey in definitions.surveys.values()
        for name, problems in run_examples(survey, definitions)
    }
    assert len(tried) >= 24
    assert not {name: problems for name, problems in tried.items() if problems}


def test_a_wrong_example_is_found(definitions):
    survey = definitions.surveys["dma_sme"]
    wrong = survey.examples[0].model_copy(update={"expect": {"overall": 99.0}, "bands": {"overall": "basic"}})
    [(_, problems)] = run_examples(survey.model_copy(update={"examples": (wrong,)}), definitions)
    assert problems == ["overall: 100.0 instead of 99.0", "overall: band advanced instead of basic"]


def test_unknown_switches_are_usage_errors(definitions):
    survey = definitions.surveys["dma_sme"]
    with pytest.raises(UsageError, match="did you mean 'negative_item'"):
        survey.scoring({"negativ_item": "ignore"})
    with pytest.raises(UsageError, match="did you mean 'ignore'"):
        survey.scoring({"negative_item": "ignor"})
    with pytest.raises(UsageError, match=r"no scoring\.yaml"):
        definitions.surveys["edih_kpi"].scoring()


@pytest.fixture
def with_na(small):
    """The survey of three questions in which the answer 1 means 'not applicable'."""

    def load(nodes: str):
        survey, definitions = small(nodes)
        raw = {**survey.raw_scoring, "points": {"steps": {"0": "0", "1": None, "2": "1"}}}
        return survey.model_copy(update={"raw_scoring": raw}), definitions

    return load


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("policy", ["drop", "zero", "refuse"])
def test_not_applicable_drops_out_whatever_missing_says(with_na, answers, policy, method):
    rule = f"missing: {policy}, aggregate: {method}"
    survey, definitions = with_na(
        f"  overall: {{label: all, of: [a, b], {rule}}}\n"
        f"  a: {{label: a, items: {{question: a}}, {rule}}}\n  b: {{label: b, items: {{question: b}}, {rule}}}\n"
    )
    people = [
        {"a1": "1", "a2": "2", "b1": "2", "b2": "2"},
        {"a1": "1", "a2": "1", "b1": "2", "b2": "2"},
        {"a1": "1", "a2": "1", "b1": "1", "b2": "1"},
    ]
    table = score(answers(survey, people), survey, definitions).set_index(["code", "dimension"])
    assert table["value"].tolist() == pytest.approx([100, 100, 100, 100, np.nan, 100, *[np.nan] * 3], nan_ok=True)
    assert table["status"].tolist() == ["ok", "ok", "ok", "ok", "m", "ok", "m", "m", "m"]
    assert table["n_answered"].tolist() == [4, 2, 2] * 3


@pytest.mark.parametrize(
    ("policy", "a", "overall"), [("drop", np.nan, 100), ("zero", 0, 50), ("refuse", np.nan, np.nan)]
)
def test_no_answer_beside_not_applicable_is_still_missing(with_na, answers, policy, a, overall):
    tree = with_na(
        f"  overall: {{label: all, of: [a, b], missing: {policy}}}\n"
        f"  a: {{label: a, items: {{question: a}}, missing: {policy}, empty: zero}}\n  b: {B}\n"
    )
    got = values(tree, answers, {"a1": "1", "b1": "2", "b2": "2"})
    assert [got["a"], got["overall"]] == pytest.approx([a, overall], nan_ok=True)


def test_a_worked_example_with_not_applicable(with_na):
    survey, definitions = with_na(
        "  overall: {label: all, of: [upper, c], missing: zero}\n  upper: {label: upper, of: [a, b], missing: zero}\n"
        f"  a: {A}\n  b: {B}\n  c: {C}\n"
    )
    na, half = {"a1": "1", "a2": "1", "b1": "1", "b2": "1", "c1": "2"}, {"a1": "1", "a2": "2", "b1": "0", "b2": "2"}
    examples = (
        Example(name="upper is not applicable", items=na, expect={"a": None, "upper": None, "overall": 100}),
        Example(name="one row is not", items=half, expect={"a": 100, "b": 50, "upper": 75, "overall": 37.5}),
    )
    tried = dict(run_examples(survey.model_copy(update={"examples": examples}), definitions))
    assert tried == {"upper is not applicable": [], "one row is not": []}


def test_a_tree_that_is_wrong_after_a_switch_is_a_definition_error(small):
    survey, _ = small(f"  overall: {{label: all, of: [a], weights: {{a: -1}}, scale: [1, 0]}}\n  a: {A}\n")
    with pytest.raises(DefinitionError, match="negative") as fault:
        bind(survey, survey.scoring())
    assert len(fault.value.problems) == 2


def test_the_methods_that_may_be_named_are_those_that_are_there():
    assert {*METHODS, "sum"} == set(NAMED)  # sums of points have a computation of their own


def test_methods_over_no_child_at_all_give_nothing():
    for method in METHODS.values():
        assert np.isnan(method(np.full((2, 3), np.nan), np.ones(3))).all()
