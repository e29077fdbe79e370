"""The item quality card: figures by hand in small frames, every flag planted, and speed at a hundred thousand."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, Survey
from dihkpi.errors import UsageError
from dihkpi.scoring.reliability.alpha import cronbach
from dihkpi.scoring.reliability.card import response_frequencies, survey_quality, withhold_small

CODES = {"na": "does not apply", "0": "no", "1": "a little", "2": "some", "3": "much", "4": "all"}
ITEMS = [("a1", "qa"), ("a2", "qa"), ("a3", "qa"), ("b1", "qb"), ("b2", "qb"), ("b3", "qb")]


@pytest.fixture(scope="module")
def survey() -> Survey:
    items = [{"code": code, "question": question, "type": "scale", "label": code.upper()} for code, question in ITEMS]
    scoring = {
        "reference": "ours",
        "points": {"scale": {"na": None, "0": 0, "1": "1/4", "2": "1/2", "3": "3/4", "4": 1}},
        "nodes": {
            "overall": {"label": "All", "of": ["a", "b"]},
            "a": {"label": "Part A", "items": {"question": ["qa"]}},
            "b": {"label": "Part B", "items": {"question": ["qb"]}},
        },
    }
    form = {"title": "Answers", "kind": "answers", "key": ["respondent", "wave"], "wave": "wave",
            "columns": {"wave": {"type": "text"}}, "items": items}  # fmt: skip
    return Survey.model_validate({
        "survey": "small", "version": "v1", "title": "Small", "reference": "ours",
        "answer_types": {"scale": {"codes": CODES}}, "questions": {"qa": "A", "qb": "B"}, "forms": {"answers": form},
        "raw_scoring": scoring,
    })  # fmt: skip


def frame(columns: dict[str, Any], wave: Any = "T0") -> pd.DataFrame:
    """Answers from steps of the scale; -1 is 'does not apply', NaN no answer."""
    values = pd.DataFrame(columns).astype(float)
    codes = {name: (values[name] + 1).fillna(-1).astype(int) for name in values}
    return pd.DataFrame({
        "respondent": pd.array([f"r{i:04}" for i in range(len(values))], dtype="str"), "wave": wave,
        **{name: pd.Categorical.from_codes(codes[name], categories=list(CODES)) for name in values},
    })  # fmt: skip


def likely(n: int, seed: int = 1, **others: Any) -> pd.DataFrame:
    """Two scales of three items that go together, unless a column is given."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for node in "ab":
        trait = rng.standard_normal(n)
        for item in "123":
            found[node + item] = np.clip(np.round(2 + trait + 0.6 * rng.standard_normal(n)), 0, 4)
    return frame(found | others)


def at_random(survey: Survey, n: int, missing: float = 0.1) -> pd.DataFrame:
    """Answers that nobody has thought about."""
    rng = np.random.default_rng(1)
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    found: dict[str, Any] = {"respondent": pd.array([f"r{i:06}" for i in range(n)], dtype="str")}
    found |= {form.wave: "T0"} if form.wave else {}
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        picked = np.where(rng.random(n) < missing, -1, rng.integers(0, len(codes), n))
        found[item.code] = pd.Categorical.from_codes(picked, categories=codes)
    return pd.DataFrame(found)


def row(table: pd.DataFrame, node: str, item: str | None = None) -> pd.Series:
    chosen = table[(table["node"] == node) & (table["item"].isna() if item is None else table["item"] == item)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_figures_of_four_respondents_by_hand(survey: Survey, definitions: Definitions) -> None:
    answers = frame({
        "a1": [0, 4, 4, 2], "a2": [0, 4, np.nan, 2], "a3": [-1, 4, np.nan, 2],
        "b1": [1, 1, 1, 1], "b2": [0, 1, 2, 3], "b3": [3, 2, 1, 0],
    })  # fmt: skip
    table = survey_quality(answers, survey, definitions)
    assert len(table) == 3 + 6
    a1, a3 = row(table, "a", "a1"), row(table, "a", "a3")
    assert (a1["n"], a1["mean"], a1["floor"], a1["ceiling"], a1["share_missing"]) == (4, 0.625, 0.25, 0.5, 0)
    assert a1["sd"] == pytest.approx(np.std([0, 1, 1, 0.5], ddof=1))
    assert (a3["n"], a3["share_missing"], a3["share_na"], a3["floor"], a3["ceiling"]) == (2, 0.25, 0.25, 0, 0.5)
    b, b1 = row(table, "b"), row(table, "b", "b1")
    assert np.isnan(b["alpha"])  # b1 is the same for all, and b2 takes away what b3 brings
    assert b["reason"].startswith("the items cancel out")
    assert np.isnan(b1["item_rest"])
    assert b1["sd"] == 0
    assert set(table["wave"]) == {"T0"}
    assert "4 respondents, fewer than the 20" in a1["reason"]
    assert a1["status"] == "u"
    assert table["flags"].isna().all()  # nothing is judged by so few


def test_alpha_of_a_node_is_that_of_its_items(survey: Survey, definitions: Definitions) -> None:
    answers = likely(120)
    table = survey_quality(answers, survey, definitions)
    items = answers[["a1", "a2", "a3"]].astype(str).astype(float)
    expected = cronbach(items, units="points")
    found = row(table, "a")
    assert (found["alpha"], found["alpha_lo"]) == pytest.approx((expected.value, expected.lo), abs=1e-12)
    assert found["factors"] == 1
    assert found["omega"] == pytest.approx(found["alpha"], abs=0.02)
    assert found["method"] == "alpha, pairwise"
    assert pd.isna(found["flags"])
    assert row(table, "overall")["n_items"] == 2
    assert np.isnan(row(table, "overall")["omega"])


PLANTED = {
    "unanswered": ("a1", "40 % gave no answer"),
    "floor": ("a2", "85 % gave the lowest answer"),
    "alike": ("a3", "all answers are alike"),
    "against": ("b1", "runs against the rest of its scale"),
    "noise": ("b1", "hardly goes with the rest of its scale"),
    "twin": ("b2", "nearly repeats 'B3' (correlation 1.00)"),
    "elsewhere": ("a1", "goes more with 'Part B'"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_every_planted_fault_is_named(fault: str, survey: Survey, definitions: Definitions) -> None:
    good, rng = likely(200), np.random.default_rng(9)
    steps = {name: good[name].astype(str).astype(float) for name, _ in ITEMS}
    changed = {
        "unanswered": {"a1": steps["a1"].where(np.arange(200) >= 80)},
        "floor": {"a2": np.where(np.arange(200) < 170, 0, 3)},
        "alike": {"a3": np.full(200, 2)},
        "against": {"b1": 4 - steps["b1"]},
        "noise": {"b1": steps["b1"].where(rng.random(200) < 0.2, rng.integers(0, 5, 200))},
        "twin": {"b2": steps["b3"]},
        "elsewhere": {"a1": steps["b2"]},
    }[fault]
    item, words = PLANTED[fault]
    flags = row(survey_quality(frame(steps | changed), survey, definitions), item[0], item)["flags"]
    assert words in flags
    assert pd.isna(row(survey_quality(good, survey, definitions), item[0], item)["flags"])


def test_the_share_beside_a_flag_is_the_share_of_the_table(survey: Survey, definitions: Definitions) -> None:
    """Fault 7 of COINr: a flag and the share that is printed beside it have different denominators."""
    values = np.where(np.arange(100) < 41, 0.0, 3.0)
    values[50:] = np.nan
    found = row(survey_quality(likely(100, a1=values), survey, definitions), "a", "a1")
    assert (found["n"], found["floor"], found["share_missing"]) == (50, 0.82, 0.5)
    assert "82 % gave the lowest answer" in found["flags"]
    assert "50 % gave no answer" in found["flags"]


def test_flags_of_nodes(survey: Survey, definitions: Definitions) -> None:
    rng = np.random.default_rng(3)
    noise = {name: rng.integers(0, 5, 300) for name in ("a1", "a2", "a3")}
    noise["a3"] = (noise["a1"] + noise["a3"]) // 2
    assert "is below 0.70" in row(survey_quality(likely(300, **noise), survey, definitions), "a")["flags"]
    mirrored = 4 - rng.integers(0, 5, 300)
    found = row(survey_quality(likely(300, a1=mirrored, a2=4 - mirrored), survey, definitions), "a")
    assert found["alpha"] < 0
    assert "alpha is negative" in found["flags"]


def test_the_first_wave_counts_unless_another_is_asked_for(survey: Survey, definitions: Definitions) -> None:
    first, second = likely(30), likely(40, seed=2).assign(wave="T1")
    both = pd.concat([second, first], ignore_index=True)
    pd.testing.assert_frame_equal(survey_quality(both, survey, definitions), survey_quality(first, survey, definitions))
    assert row(survey_quality(both, survey, definitions, wave="T1"), "a", "a1")["n"] == 40
    with pytest.raises(UsageError, match="wave 'T2'"):
        survey_quality(both, survey, definitions, wave="T2")


def test_row_order_changes_nothing(survey: Survey, definitions: Definitions) -> None:
    answers = likely(90)
    mixed = answers.sample(frac=1, random_state=4, ignore_index=True)
    pd.testing.assert_frame_equal(
        survey_quality(answers, survey, definitions), survey_quality(mixed, survey, definitions), check_exact=True
    )


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_and_one(n: int, survey: Survey, definitions: Definitions) -> None:
    table = survey_quality(likely(n), survey, definitions)
    assert len(table) == 9
    assert set(table.loc[table["item"].isna(), "status"]) == {"m"}
    assert table.loc[table["status"] != "ok", "reason"].notna().all()


def test_all_missing(survey: Survey, definitions: Definitions) -> None:
    nothing = frame({name: np.full(30, np.nan) for name, _ in ITEMS})
    table = survey_quality(nothing, survey, definitions)
    assert set(table["status"]) == {"m"}
    assert set(table.loc[table["item"].notna(), "share_missing"]) == {1.0}
    assert row(table, "a")["reason"] == "no value at all"


def test_small_numbers_are_withheld(survey: Survey, definitions: Definitions) -> None:
    few = np.full(60, np.nan)
    few[:4] = [0, 1, 2, 4]
    table = survey_quality(likely(60, a1=few), survey, definitions)
    shown = withhold_small(table, 5)
    hidden, other = row(shown, "a", "a1"), row(shown, "a", "a2")
    assert hidden["status"] == "c"
    assert hidden["reason"] == "fewer than 5 respondents"
    figures = ["n", "mean", "sd", "floor", "ceiling", "item_rest", "share_missing", "flags", "other_correlation"]
    assert hidden[figures].isna().all()
    assert other["status"] == "ok"
    assert withhold_small(table, 4).equals(table)


def test_frequencies_sum_to_the_respondents(survey: Survey) -> None:
    table = response_frequencies(frame({"a1": [0, 0, -1, np.nan]} | {n: [1] * 4 for n, _ in ITEMS[1:]}), survey)
    a1 = table[table["item"] == "a1"].set_index("label")["n"].to_dict()
    assert a1 == {"does not apply": 1, "no": 2, "a little": 0, "some": 0, "much": 0, "all": 0, "no answer": 1}
    assert table.groupby("item")["share"].sum().to_numpy() == pytest.approx(np.ones(6))


@pytest.mark.parametrize("name", ["dma_sme", "dma_pso", "odm_2023"])
def test_the_surveys_of_the_package_have_a_card(name: str, definitions: Definitions) -> None:
    survey = definitions.survey(name)
    table = survey_quality(at_random(survey, 60), survey, definitions)
    nodes = table[table["item"].isna()]
    assert list(nodes["node"]) == list(survey.scoring().nodes)
    shares = table[["share_missing", "floor", "ceiling", "mean"]].stack().dropna()
    assert shares.between(0, 1).all()
    assert table.loc[table["status"] == "m", "reason"].notna().all()


def composite(definitions: Definitions, values: pd.DataFrame, steps: list[dict[str, Any]]) -> pd.DataFrame:
    items = {name: {"label": name.upper()} for name in values.columns if name != "unit"}
    columns = {"unit": {"type": "text"}, **{name: {"type": "decimal"} for name in items}}
    survey = Survey.model_validate({
        "survey": "index", "version": "v1", "title": "Index", "reference": "ours",
        "forms": {"values": {"title": "V", "kind": "values", "key": ["unit"], "columns": columns}},
        "raw_scoring": {"reference": "ours", "level": "country", "items": items, "steps": steps,
                        "nodes": {"overall": {"label": "All", "items": {"code": list(items)}}}},
    })  # fmt: skip
    return survey_quality(values, survey, definitions)


def test_numbers_of_a_composite_are_taken_as_normalised(definitions: Definitions) -> None:
    rng = np.random.default_rng(1)
    trait = rng.standard_normal(40)
    values = pd.DataFrame({
        "unit": [f"u{i:02}" for i in range(40)], "income": 30_000 + 5_000 * (trait + rng.standard_normal(40)),
        "share": 0.5 + 0.1 * (trait + rng.standard_normal(40)), "years": 80 + trait + rng.standard_normal(40),
    })  # fmt: skip
    values.loc[:3, "share"] = np.nan
    scaled = values.drop(columns="unit").apply(lambda x: (x - x.min()) / (x.max() - x.min()) * 100)
    steps = [{"step": "impute", "method": "mean"}, {"step": "normalise", "method": "min_max"}]
    found = row(composite(definitions, values, steps), "overall")
    assert found["alpha"] == pytest.approx(cronbach(scaled, units="points").value, abs=1e-12)  # nothing imputed in it
    assert found["method"] == "alpha, pairwise"
    assert row(composite(definitions, values, steps), "overall", "share")["share_missing"] == pytest.approx(0.1)
    raw = row(composite(definitions, values, []), "overall")
    assert raw["method"] == "standardised alpha, pairwise"  # mixed units, so correlations
    expected = cronbach(values.drop(columns="unit"), units=("EUR", "%", "years"), standardise=True)
    assert raw["alpha"] == pytest.approx(expected.value, abs=1e-12)


@pytest.mark.slow
def test_a_hundred_thousand_respondents_take_seconds(definitions: Definitions) -> None:
    survey = definitions.survey("dma_sme")
    answers = at_random(survey, 100_000)
    start = time.process_time()
    survey_quality(answers, survey, definitions)
    assert time.process_time() - start < 10
