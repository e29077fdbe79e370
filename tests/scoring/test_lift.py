"""What lifts to the next band: by hand, against every combination of answers, and what cannot be lifted."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.definitions.survey import Column
from dihkpi.errors import UsageError
from dihkpi.scoring.lift import lifts
from dihkpi.scoring.score import score

CODES = ["0", "1", "2", "x"]
BANDS = {"three": {"edges": [40, 70], "codes": {"low": "Low", "mid": "Middle", "top": "Top"}}}


def survey_of(effort: dict[str, Any] | None = None, **nodes: Any) -> Survey:
    items = [{"code": code, "question": f"q_{code}", "type": "scale", "label": code.upper()} for code in "abcd"]
    form = {"title": "A", "kind": "answers", "key": ["respondent"], "columns": {}, "items": items}
    points = {"scale": {"0": 0, "1": 0.5, "2": 1, "x": None}}
    return Survey.model_validate({
        "survey": "tiny", "version": "v1", "title": "Tiny", "reference": "ours",
        "answer_types": {"scale": {"codes": {"0": "none", "1": "half", "2": "all", "x": "not applicable"}}},
        "questions": {f"q_{code}": code for code in "abcd"}, "forms": {"answers": form},
        "raw_scoring": {"reference": "ours", "points": points, "bands": BANDS, "nodes": nodes, "effort": effort or {}},
    })  # fmt: skip


def answered(*texts: str) -> pd.DataFrame:
    """One character per item; a dot is no answer."""
    columns: dict[str, Any] = {"respondent": pd.array([f"r{i:03}" for i in range(len(texts))], dtype="str")}
    for place, code in enumerate("abcd"):
        given_ = [None if text[place] == "." else text[place] for text in texts]
        columns[code] = pd.Categorical(given_, categories=CODES)
    return pd.DataFrame(columns)


def flat(**fields: Any) -> dict[str, Any]:
    return {"overall": {"label": "All", "items": {"code": list("abcd")}, "bands": "three", **fields}}


def deep(top: dict[str, Any], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    return {
        "overall": {"label": "All", "of": ["x", "y"], "bands": "three", **top},
        "x": {"label": "X", "items": {"code": ["a", "b"]}, **x},
        "y": {"label": "Y", "items": {"code": ["c", "d"]}, **y},
    }


def steps(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(table[["order", "item", "answer_now", "answer_then", "effort"]].itertuples(index=False, name=None))


def test_by_hand(definitions: Definitions) -> None:
    """Weight 3 of 6 on a, so one step in it adds 25 of 100 and one step elsewhere 8.33: from 25 to above 40."""
    found = lifts(answered("1000"), survey_of(**flat(weights={"a": 3})), definitions)
    assert steps(found) == [(1, "a", "1", "2", 1.0)]
    row = found.iloc[0]
    assert (row["label"], row["gain"], row["value_after"], row["band_after"]) == ("A", 25.0, 50.0, "mid")
    assert (row["choice"], row["dimension"], row["level"]) == ("exact", "overall", "respondent")


def test_effort_decides(definitions: Definitions) -> None:
    """Two steps elsewhere cost 2, the one in a costs 5 by its question; the item's own effort goes before that."""
    nodes = flat(weights={"a": 3})
    found = lifts(answered("1000"), survey_of({"q_a": "5"}, **nodes), definitions)
    assert found["effort"].sum() == 2 and set(found["item"]) <= set("bcd") and found["value_after"].iloc[-1] > 40
    found = lifts(answered("1000"), survey_of({"q_a": "5", "a": "3/2"}, **nodes), definitions)
    assert steps(found) == [(1, "a", "1", "2", 1.5)]


def test_equal_steps_are_taken_in_the_order_of_the_definition(definitions: Definitions) -> None:
    found = lifts(answered("0000"), survey_of(**flat()), definitions)
    assert found["effort"].sum() == 4 and set(found["item"]) == {"a", "b"}
    assert list(found["order"]) == [1, 2] and list(found["value_after"]) == [25.0, 50.0]
    assert list(found["band_after"]) == ["low", "mid"]


def test_an_edge_belongs_to_the_band_below(definitions: Definitions) -> None:
    bands = survey_of(**flat())
    raw = {**(bands.raw_scoring or {}), "bands": {"three": {**BANDS["three"], "edges": [50, 75]}}}
    found = lifts(answered("2200", "2220"), bands.model_copy(update={"raw_scoring": raw}), definitions)
    assert found.groupby("code")["value_after"].last().tolist() == [62.5, 87.5]


def test_the_highest_band_and_no_score_give_no_rows(definitions: Definitions) -> None:
    found = lifts(answered("2222", "....", "xxxx"), survey_of(**flat()), definitions)
    assert found.empty and list(found.columns) == list(definitions.tables["lifts"].columns)


def test_what_cannot_be_reached_is_told(definitions: Definitions) -> None:
    """That b is not applicable sets the node to 20 of 100, and such an answer is nothing to improve."""
    node = flat(knockout=[{"item": "b", "code": "x", "value": 0.2}])
    found = lifts(answered("2xxx"), survey_of(**node), definitions).iloc[0]
    assert (found["order"], found["reason"]) == (0, "the best answers give 20, the next band starts above 40")
    assert np.isnan(found["gain"]) and pd.isna(found["item"])


def test_a_knockout_is_lifted_first(definitions: Definitions) -> None:
    """While d is 0 nothing else adds anything; it has no points of its own in this tree."""
    node = {"label": "All", "items": {"code": list("abc")}, "bands": "three",
            "knockout": [{"item": "d", "code": "0", "value": 0}]}  # fmt: skip
    found = lifts(answered("2200"), survey_of(overall=node), definitions)
    assert steps(found) == [(1, "d", "0", "1", 1.0)] and found["value_after"].iloc[0] == pytest.approx(200 / 3)


def test_a_not_applicable_answer_is_left_alone_and_no_answer_costs_a_step(definitions: Definitions) -> None:
    found = lifts(answered("x0.."), survey_of(**flat(missing="zero")), definitions)
    assert found["effort"].sum() == 3 and "a" not in set(found["item"]) and pd.isna(found["answer_now"].iloc[-1])


def test_composites_have_no_answers(definitions: Definitions) -> None:
    form = {"title": "V", "kind": "values", "key": ["unit"], "columns": {"unit": {}, "p": {"type": "decimal"}}}
    survey = Survey.model_validate({"survey": "i", "version": "v1", "title": "I", "reference": "o",
                                    "forms": {"values": form}})  # fmt: skip
    with pytest.raises(UsageError, match="lifts are for surveys of answers"):
        lifts(pd.DataFrame(), survey, definitions)


def test_problems_of_effort_are_told() -> None:
    survey = survey_of({"q_b": "0", "q_aa": "2", "c": "-1"}, **flat())
    told = list(tree_problems(survey, survey.scoring(), "scoring.yaml"))
    assert told == [
        "scoring.yaml › effort › q_b: 0 is not above 0\n      write what one step up costs; without it, it is 1",
        "scoring.yaml › effort: unknown item or question 'q_aa'\n      did you mean 'q_a'?",
        "scoring.yaml › effort › c: -1 is not above 0\n      write what one step up costs; without it, it is 1",
    ]


def least_effort(survey: Survey, text: str, effort: dict[str, float], edge: float, definitions: Definitions) -> float:
    """The effort of the cheapest of all combinations of better answers that get above an edge; infinite if none."""
    choices = [list("012") if given_ != "x" else ["x"] for given_ in text]
    texts = ["".join(one) for one in product(*choices)]
    texts += [  # and those that leave some answers empty
        "".join(was if keep else is_ for was, is_, keep in zip(text, one, mask, strict=True))
        for one in texts
        for mask in product([True, False], repeat=4)
        if "." in text and all(not keep or was == "." for was, keep in zip(text, mask, strict=True))
    ]
    values = score(answered(*texts), survey, definitions).query("dimension == 'overall'")["value"].round(9)

    def cost(one: str) -> float:
        return sum(
            0
            if was == is_
            else max(abs(int(is_) - (0 if was == "." else int(was))), int(was == ".")) * effort.get(code, 1)
            for code, was, is_ in zip("abcd", text, one, strict=True)
        )

    return min((cost(one) for one, value in zip(texts, values, strict=True) if value > edge), default=np.inf)


letters = st.text(alphabet="0012x.", min_size=4, max_size=4)


@given(text=letters, weights=st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any),
       cost=st.lists(st.sampled_from([0.5, 1, 2, 3]), min_size=4, max_size=4))  # fmt: skip
@settings(max_examples=15, deadline=None)
@pytest.mark.slow
def test_no_combination_is_cheaper_where_gains_add_up(
    text: str, weights: list[int], cost: list[float], definitions: Definitions
) -> None:
    effort = dict(zip("abcd", cost, strict=True))
    nodes = flat(weights=dict(zip("abcd", map(str, weights), strict=True)), missing="zero", empty="zero")
    survey = survey_of({code: str(value) for code, value in effort.items()}, **nodes)
    before = score(answered(text), survey, definitions).iloc[0]
    found = lifts(answered(text), survey, definitions)
    edge = {"low": 40.0, "mid": 70.0}.get(before["band"])
    if edge is None:
        assert found.empty
        return
    best = least_effort(survey, text, effort, edge, definitions)
    if np.isinf(best):
        assert list(found["order"]) == [0]
    else:
        assert set(found["choice"]) == {"exact"} and found["effort"].sum() == pytest.approx(best)
        assert found["value_after"].iloc[-1] > edge and (found["value_after"].iloc[:-1] <= edge + 1e-9).all()


def test_how_near_the_others_come(definitions: Definitions) -> None:
    """Geometric means, minima, missing answers that drop out: the band is reached, and nearly as cheaply as can be."""
    rng = np.random.default_rng(8)
    effort = {"a": 1.0, "b": 2.0, "c": 1.0, "d": 3.0}
    trees = [
        deep({"aggregate": "geometric"}, {"weights": {"a": "2"}}, {}),
        deep({"aggregate": "minimum"}, {}, {"aggregate": "geometric"}),
        deep({}, {"knockout": [{"item": "c", "code": "0", "value": "0"}]}, {"missing": "zero"}),
        flat(),
    ]
    spent, least = 0.0, 0.0
    for nodes in trees:
        survey = survey_of({code: str(value) for code, value in effort.items()}, **nodes)
        texts = ["".join(rng.choice(list("0012."), 4)) for _ in range(8)]
        scores = score(answered(*texts), survey, definitions).query("dimension == 'overall'")
        found = lifts(answered(*texts), survey, definitions)
        for text, who, band in zip(texts, scores["code"], scores["band"], strict=True):
            own = found[found["code"] == who]
            if band not in ("low", "mid"):
                assert own.empty
                continue
            edge = {"low": 40.0, "mid": 70.0}[band]
            best = least_effort(survey, text, effort, edge, definitions)
            assert own["value_after"].iloc[-1] > edge, "all four items at their best are enough in these trees"
            assert own["effort"].sum() >= best - 1e-9
            spent, least = spent + own["effort"].sum(), least + best
    assert least > 0 and spent / least < 1.05


def test_answers_of_the_package_survey(definitions: Definitions) -> None:
    """The steps, really done, reach the band they promise, also where unanswered rows drop out of the mean."""
    rng = np.random.default_rng(5)
    survey = definitions.survey("dma_sme")
    form = survey.form("assessments")
    frame = pd.DataFrame({"respondent": [f"r{i}" for i in range(12)], form.wave: "T0"}).astype("str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        frame[item.code] = pd.Categorical.from_codes(
            np.where(rng.random(12) < 0.3, -1, rng.integers(0, len(codes), 12)), categories=codes
        )
    for options in ({}, {"unanswered_row": "drop", "negative_item": "zero", "skipped_question": "drop"}):
        found = lifts(frame, survey, definitions, options=options)
        top = found[(found["dimension"] == "overall") & (found["order"] > 0)]
        better = frame.set_index("respondent")
        for row in top.itertuples():
            assert better.loc[row.code, row.item] != row.answer_then
            better.loc[row.code, row.item] = row.answer_then
        after = score(better.reset_index(), survey, definitions, options=options).query("dimension == 'overall'")
        last = top.groupby("code")[["band_after", "value_after"]].last()
        after = after.set_index("code").loc[last.index]
        assert len(last) > 8 and after["value"].tolist() == pytest.approx(last["value_after"].tolist(), abs=1e-9)
        assert after["band"].tolist() == last["band_after"].tolist()
        assert ("near" in set(top["choice"])) == bool(options)


def test_others_in_the_table_change_nothing(definitions: Definitions) -> None:
    survey = survey_of(**deep({"aggregate": "geometric"}, {}, {}))
    one = lifts(answered("0101"), survey, definitions)
    many = lifts(answered("0101", "1111", "2000", "x.11"), survey, definitions)
    pd.testing.assert_frame_equal(one, many[many["code"] == "r000"].reset_index(drop=True))


def test_surveys_in_points_where_a_reviewer_gave_other_points(definitions: Definitions) -> None:
    """For a the reviewer gave 2 of 3 points instead of 0; its best answer earns 3, so it adds 1 of 12 and not 3."""
    survey = survey_of(**flat(aggregate="sum", missing="zero", empty="zero"))
    points = {code: {"1": 1, "2": 3} for code in "abcd"}
    raw = {**(survey.raw_scoring or {}), "points": {}, "item_points": points, "awarded": "points"}
    form = survey.forms["answers"].model_copy(update={"facets": {"points": Column(type="decimal")}})
    survey = survey.model_copy(update={"raw_scoring": raw, "forms": {"answers": form}})
    frame = answered("0201").assign(**{"a@points": [2.0]})
    assert score(frame, survey, definitions)["value"].tolist() == [50]
    found = lifts(frame, survey, definitions)
    assert steps(found) == [(1, "c", "0", "2", 2.0)] and found["value_after"].tolist() == [75]
    raw["bands"] = {"three": {**BANDS["three"], "edges": [40, 95]}}
    found = lifts(frame, survey.model_copy(update={"raw_scoring": raw}), definitions).set_index("item")
    assert found["gain"].to_dict() == pytest.approx({"d": 100 * 2 / 12, "c": 25, "a": 100 / 12})
    assert found["value_after"].iloc[-1] == pytest.approx(100)


def test_the_real_survey_against_an_integer_programme(definitions: Definitions) -> None:
    """An independent solver finds no cheaper set of answers, with efforts of many sizes."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    rng = np.random.default_rng(11)
    survey = definitions.survey("dma_sme")
    form = survey.form("assessments")
    effort = {item.code: float(rng.choice([0.5, 1, 2, 5])) for item in form.items}
    raw = {**(survey.raw_scoring or {}), "effort": {code: str(value) for code, value in effort.items()}}
    survey = survey.model_copy(update={"raw_scoring": raw})
    frame = pd.DataFrame({"respondent": ["r0", "r1", "r2"], form.wave: "T0"}).astype("str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        picked = np.where(rng.random(3) < 0.2, -1, rng.integers(0, len(codes), 3))
        frame[item.code] = pd.Categorical.from_codes(picked, categories=codes)
    found = lifts(frame, survey, definitions)
    for row, edge in zip(range(3), (50.0, 50.0, 50.0), strict=True):
        person = frame.iloc[[row]]
        value = score(person, survey, definitions).query("dimension == 'overall'")["value"].iloc[0]
        changes = [
            (item.code, code, abs(place - max(int(person[item.code].cat.codes.iloc[0]), 0)) or 1)
            for item in form.items
            for place, code in enumerate(survey.answer_types[item.type].codes)
            if person[item.code].iloc[0] != code
        ]
        many = pd.concat([person] * len(changes), ignore_index=True).assign(
            respondent=[f"c{i:04}" for i in range(len(changes))]
        )
        for place, (item_code, code, _) in enumerate(changes):
            many.loc[place, item_code] = code
        gains = score(many, survey, definitions).query("dimension == 'overall'")["value"].to_numpy() - value
        cost = np.array([steps_ * effort[item_code] for item_code, _, steps_ in changes])
        once = np.array([[item_code == item.code for item_code, _, _ in changes] for item in form.items], dtype=float)
        solved = milp(
            cost, integrality=np.ones(len(cost)), bounds=Bounds(0, 1),
            constraints=[LinearConstraint(once, ub=1), LinearConstraint(gains[None], lb=edge + 1e-7 - value)],
        )  # fmt: skip
        own = found[(found["code"] == f"r{row}") & (found["dimension"] == "overall")]
        assert 25 < value < 50 and solved.success and own["band_after"].iloc[-1] == "moderately_advanced"
        assert own["effort"].sum() == pytest.approx(solved.fun, abs=1e-6)
