"""Faults known of other software for composites, each as a test on a tiny frame that must not have it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.composite import STEPS
from dihkpi.errors import DefinitionError, ScoringError
from dihkpi.scoring.aggregate import NUMERIC
from dihkpi.scoring.treat import Limits, winsorise

GOALPOSTS = {"step": "normalise", "method": "goalposts"}
NA = np.nan


# Pairs of units


def test_copeland_is_the_same_for_every_order_of_rows_with_missing_values(compose: Any, root: Any) -> None:
    frame = pd.DataFrame({"a": [3, 2, 1, NA], "b": [NA, 1, 2, 3], "c": [1, NA, 3, 2], "unit": list("klmn")})
    nodes = {"overall": {"label": "All", "items": {"code": ["a", "b", "c"]}, "aggregate": "copeland"}}
    # k-l: a; k-m: 1:1; k-n: c to n; l-m: 1:1 (a, b); l-n: b to n; m-n: 1:1 (b, c)
    expected = {"k": 1 - 1, "l": -1 - 1, "m": 0, "n": 2}
    for order in (range(4), (3, 2, 1, 0), (2, 0, 3, 1)):
        assert root(compose(frame.iloc[list(order)], nodes=nodes)) == expected


def test_units_of_different_periods_do_not_compete(compose: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2, 9, 8], "year": ["2020", "2020", "2021", "2021"], "unit": list("klkl")})
    nodes = {"overall": {"label": "All", "items": {"code": ["a"]}, "aggregate": "copeland"}}
    scores = compose(frame, nodes=nodes, wave="year").scores
    assert dict(zip(scores["code"] + scores["wave"], scores["value"], strict=True)) == {
        "k2020": -1, "k2021": 1, "l2020": 1, "l2021": -1,
    }  # fmt: skip


# Directions


@pytest.mark.parametrize("method", STEPS["normalise"])
def test_with_direction_minus_one_more_is_never_better(method: str, compose: Any, root: Any) -> None:
    frame = {"a": [1.0, 2.0, 4.0, 8.0, NA]}
    item = {"direction": "-1", "low": 0, "high": 10, "target": 1, "reference": 1.5, "edges": (3, 5)}
    nodes = {"overall": {"label": "All", "items": {"code": "a"}}}
    step = {"step": "normalise", "method": method}
    if method == "adjusted_mazziotta_pareto":
        step["range"] = (70, 130)
    values = list(root(compose(frame, [step], {"a": item}, nodes)).values())
    assert np.isnan(values[-1]) and (np.diff(values[:-1]) <= 0).all() and values[0] > values[3]


def test_goalposts_and_targets_have_natural_units_in_both_directions(compose: Any, root: Any) -> None:
    frame = {"a": [20.0, 35.0, 50.0]}
    item = {"direction": "-1", "low": 10, "high": 50, "target": 20}
    assert list(root(compose(frame, [GOALPOSTS], {"a": item})).values()) == [75.0, 37.5, 0.0]
    to_target = {"step": "normalise", "method": "distance_to_target"}
    assert list(root(compose(frame, [to_target], {"a": item})).values()) == [100.0, 50.0, 0.0]


def test_settings_of_one_item_hold_for_negative_items_too(compose: Any, root: Any) -> None:
    frame = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}
    items = {"a": {"direction": "-1", "node": "x"}, "b": {"direction": "-1", "node": "y"}}
    nodes = {"overall": {"label": "All", "of": ["x", "y"]}, "x": {"label": "X"}, "y": {"label": "Y"}}
    steps = [
        {"step": "normalise", "method": "min_max", "items": "a", "range": [1, 5]},
        {"step": "normalise", "method": "z_score", "items": "b", "mean": 100, "deviation": 10},
    ]
    found = compose(frame, steps, items, nodes)
    assert list(root(found, "x").values()) == [5.0, 3.0, 1.0]
    assert list(root(found, "y").values()) == [110.0, 100.0, 90.0]


# Treatment


OUTLIERS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 500.0]


@pytest.mark.parametrize("method", STEPS["treat"])
def test_what_the_record_says_was_treated_is_what_has_changed(method: str, compose: Any) -> None:
    frame = pd.DataFrame({"a": OUTLIERS, "b": list(range(1, 11))}, dtype=float)
    found = compose(frame, [{"step": "treat", "method": method}])
    record = found.steps
    assert len(record) and set(record["item"]) == {"a"} and set(record["method"]) == {method}
    values = found.contributions[found.contributions["child"] == "a"].set_index("code")["value"]
    before = dict(zip([f"u{i:02}" for i in range(10)], OUTLIERS, strict=True))
    for row in record.itertuples():
        assert row.before == before[row.code] and row.after == values[row.code] != row.before
    untouched = set(before) - set(record["code"])
    assert all(values[unit] == before[unit] for unit in untouched)
    assert not any("changed nothing" in note for note in found.notes)


@pytest.mark.parametrize("method", STEPS["treat"])
def test_a_treatment_that_changed_nothing_says_so(method: str, compose: Any) -> None:
    found = compose({"a": [1.0, 2.0, 3.0, 4.0]}, [{"step": "treat", "method": method}])
    assert found.steps.empty
    assert found.notes == (f"scoring.yaml › steps › 1 (treat {method}): changed nothing",)


@pytest.mark.parametrize("points", range(1, 8))
def test_ties_never_push_the_number_of_winsorised_points_above_the_limit(points: int) -> None:
    values = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 90.0, 90.0, 90.0, 100.0])
    result = winsorise(values, Limits(skew=0.1, kurtosis=-5, points=points)).values
    changed = int((result != values).sum())
    assert changed <= points
    assert changed == {1: 1, 2: 1, 3: 1, 4: 4}.get(points, changed)


def test_winsorising_that_is_not_enough_is_followed_by_what_is_named(compose: Any) -> None:
    frame = {"a": [*range(1, 15), 900.0, 1000.0]}
    plain = {"step": "treat", "method": "winsorise", "points": 1}
    kept = compose(frame, [plain])
    assert len(kept.steps) == 1 and "has outliers still: a" in kept.notes[0]
    bent = compose(frame, [{**plain, "otherwise": "log"}])
    assert bent.steps["after"].tolist() == pytest.approx(np.log(bent.steps["before"]).tolist(), abs=1e-12)
    assert len(bent.steps) == 16 and set(bent.steps["method"]) == {"log"}


def test_goalposts_follow_a_treatment_that_bends_the_scale(compose: Any, root: Any) -> None:
    frame = {"a": [1.0, 10.0, 100.0]}
    steps = [{"step": "treat", "method": "log", "always": True}, GOALPOSTS]
    found = compose(frame, steps, {"a": {"low": 1, "high": 100}})
    assert list(root(found).values()) == pytest.approx([0, 50, 100])


# Missing values


@pytest.mark.parametrize("method", ["mean", "geometric", "harmonic", "power_mean", "median", "minimum"])
@pytest.mark.parametrize(("policy", "expected"), [("drop", 4.0), ("refuse", NA), ("zero", None)])
def test_every_mean_follows_the_policy_for_missing_values(
    method: str, policy: str, expected: float | None, compose: Any, root: Any
) -> None:
    node = {"label": "All", "items": {"code": ["a", "b", "c"]}, "aggregate": method, "missing": policy}
    if method == "power_mean":
        node["settings"] = {"exponent": 2}
    found = compose({"a": [4.0, 1.0], "b": [NA, 1.0], "c": [4.0, 1.0]}, nodes={"overall": node})
    if expected is None:
        expected = float(NUMERIC[method](np.array([[4.0, 0.0, 4.0]]), np.ones(3), **node.get("settings", {}))[0])
    assert root(found)["u00"] == pytest.approx(expected, nan_ok=True)
    assert root(found)["u01"] == 1.0


def test_flag_and_share_use_the_same_denominator(compose: Any) -> None:
    found = compose({"a": [1.0, 2.0], "b": [NA, 2.0], "c": [NA, 2.0], "d": [1.0, 1.0]}, reliable_share=0.5)
    rows = found.scores.set_index("code")
    assert (rows.loc["u00", "n_items"], rows.loc["u00", "n_answered"], rows.loc["u00", "status"]) == (4, 2, "ok")
    found = compose({"a": [1.0, 2.0], "b": [NA, 2.0], "c": [NA, 2.0], "d": [1.0, 1.0]}, reliable_share=0.51)
    assert found.scores.set_index("code").loc["u00", "status"] == "u"


def test_what_is_imputed_is_told_and_what_is_there_never_changes(compose: Any, root: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, NA, 3.0, 8.0], "b": [2.0, 2.0, 2.0, 2.0], "group": ["n", "n", "n", "s"]})
    found = compose(frame, [{"step": "impute", "method": "group_mean", "by": "group"}],
                    items={"a": {}, "b": {}}, types={"group": "text"})  # fmt: skip
    assert root(found) == {"u00": 1.5, "u01": 2.0, "u02": 2.5, "u03": 5.0}
    rows = found.scores.set_index("code")
    assert rows["share_imputed"].to_dict() == {"u00": 0.0, "u01": 0.5, "u02": 0.0, "u03": 0.0}
    assert rows.loc["u01", "n_answered"] == 1
    (cell,) = found.steps.to_dict("records")
    assert (cell["item"], cell["code"], cell["after"]) == ("a", "u01", 2.0) and np.isnan(cell["before"])


def test_a_group_of_one_and_a_first_period_stay_missing_and_are_told(compose: Any, root: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, NA], "b": [1.0, 4.0], "group": ["n", "s"]})
    found = compose(frame, [{"step": "impute", "method": "group_mean", "by": "group"}],
                    items={"a": {}, "b": {}}, types={"group": "text"})  # fmt: skip
    assert root(found)["u01"] == 4.0
    assert "1 cell is missing still, as nothing tells the value" in found.notes[0]
    panel = pd.DataFrame({"a": [NA, 2.0, NA], "b": [1.0] * 3, "year": ["2019", "2020", "2021"], "unit": "k"})
    found = compose(panel, [{"step": "impute", "method": "carry_forward"}], wave="year")
    assert found.scores["value"].tolist() == [1.0, 1.5, 1.5]
    assert found.scores["share_imputed"].tolist() == [0.0, 0.0, 0.5]


# Steps


def test_a_step_may_occur_twice_and_the_pipeline_run_again(compose: Any, root: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 3.0, 5.0]})
    steps = [{"step": "normalise", "method": "z_score"}, {"step": "normalise", "method": "min_max"},
             {"step": "normalise", "method": "min_max", "range": [1, 3]}]  # fmt: skip
    first = compose(frame, steps, {"a": {"direction": "-1"}})
    assert list(root(first).values()) == pytest.approx([3.0, 2.0, 1.0])
    assert frame["a"].tolist() == [1.0, 3.0, 5.0]
    pd.testing.assert_frame_equal(first.scores, compose(frame, steps, {"a": {"direction": "-1"}}).scores)


def test_a_step_that_nobody_uses_is_an_error(compose: Any) -> None:
    steps = [{"step": "impute", "method": "mean"}, {"step": "impute", "method": "median"}]
    with pytest.raises(DefinitionError, match="steps › 2: is not used, as nothing is missing any more after step 1"):
        compose({"a": [1.0, NA]}, steps)
    with pytest.raises(DefinitionError, match="items › a › direction: is not used, as no step normalises the item"):
        compose({"a": [1.0, 2.0]}, items={"a": {"direction": "-1"}})


def test_the_steps_hand_on_their_result(compose: Any, root: Any) -> None:
    steps = [{"step": "impute", "method": "mean"}, {"step": "normalise", "method": "min_max"}]
    assert list(root(compose({"a": [0.0, NA, 4.0, 8.0]}, steps)).values()) == [0.0, 50.0, 50.0, 100.0]


def test_a_screen_after_an_imputation_is_an_error(compose: Any) -> None:
    steps = [{"step": "impute", "method": "mean"}, {"step": "screen", "method": "units", "share": 0.65}]
    with pytest.raises(DefinitionError, match="steps › 2: a screen after the imputation of step 1"):
        compose({"a": [1.0, NA]}, steps)


def test_a_screen_sets_units_aside_before_anything_is_estimated(compose: Any, root: Any) -> None:
    frame = {"a": [0.0, 4.0, 99.0], "b": [0.0, 8.0, NA]}
    steps = [{"step": "screen", "method": "units", "share": 0.65}, {"step": "normalise", "method": "min_max"}]
    found = compose(frame, steps)
    assert root(found) == pytest.approx({"u00": 0.0, "u01": 100.0, "u02": NA}, nan_ok=True)
    assert found.scores["status"].tolist() == ["ok", "ok", "m"]
    assert found.notes == ("scoring.yaml › steps › 1 (screen units): sets aside u02",)
    kept = compose(frame, [{**steps[0], "keep": "u02"}, steps[1]])
    assert root(kept)["u02"] == 100.0
    items = compose(frame, [{"step": "screen", "method": "items", "share": 0.7}, steps[1]])
    assert root(items) == pytest.approx({"u00": 0.0, "u01": 100 * 4 / 99, "u02": 100.0})


# Small cases


def test_a_period_without_any_value_of_an_item_has_none_and_the_others_have(compose: Any) -> None:
    frame = {"a": [NA, NA, 4.0, 8.0], "year": ["2020", "2020", "2021", "2021"], "unit": list("klkl")}
    found = compose(frame, [{"step": "normalise", "method": "min_max", "over": "period"}], wave="year")
    assert found.scores["value"].tolist() == pytest.approx([NA, 0.0, NA, 100.0], nan_ok=True)
    assert found.scores["status"].tolist() == ["m", "ok", "m", "ok"]


def test_one_node_alone_weights_that_look_like_anything_and_one_unit(compose: Any, root: Any) -> None:
    nodes = {"overall": {"label": "All", "items": {"code": ["a", "b"]}, "weights": {"a": 1, "b": 2}}}
    found = compose({"a": [10.0], "b": [40.0]}, nodes=nodes)
    assert root(found) == {"u00": 30.0}
    anchored = compose({"a": [5.0]}, [GOALPOSTS], {"a": {"low": 0, "high": 10}})
    assert root(anchored) == {"u00": 50.0}


def test_zero_under_a_geometric_mean_is_zero_and_a_range_above_zero_can_be_chosen(compose: Any, root: Any) -> None:
    nodes = {"overall": {"label": "All", "items": {"code": ["a", "b"]}, "aggregate": "geometric"}}
    frame = {"a": [0.0, 5.0, 10.0], "b": [4.0, 8.0, 0.0]}
    items = {name: {"low": 0, "high": 10} for name in frame}
    found = compose(frame, [GOALPOSTS], items, nodes)
    assert list(root(found).values()) == pytest.approx([0.0, (50 * 80) ** 0.5, 0.0])
    assert found.contributions["contribution"].notna().all()
    lifted = compose(frame, [{**GOALPOSTS, "range": [1, 101]}], items, nodes)
    assert list(root(lifted).values()) == pytest.approx([(1 * 41) ** 0.5, (51 * 81) ** 0.5, 101**0.5])


def test_outputs_have_the_order_of_the_definition(compose: Any) -> None:
    nodes = {"overall": {"label": "All", "of": ["z", "a"]}, "z": {"label": "Z", "items": {"code": ["y", "b"]}},
             "a": {"label": "A", "items": {"code": ["x"]}}}  # fmt: skip
    found = compose({"b": [1.0], "x": [2.0], "y": [3.0]}, nodes=nodes)
    assert found.scores["dimension"].tolist() == ["overall", "z", "a"]
    assert found.contributions["child"].tolist() == ["z", "a", "y", "b", "x"]


def test_pca_has_a_fixed_sign_and_refuses_negative_weights(compose: Any, root: Any) -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
    nodes = {"overall": {"label": "All", "items": {"code": ["a", "b"]}, "weighting": "pca"}}
    frame = {"a": x, "b": x * 10 + np.array([1.0, -1, 0, 1, -1])}
    for flipped in (1, -1):
        steps = [{"step": "normalise", "method": "z_score"}]
        items = {name: {"direction": str(flipped)} for name in frame}
        found = compose({k: flipped * v for k, v in frame.items()}, steps, items, nodes)
        assert set(found.contributions["weight"].round(9)) == {0.5}
    frame["c"], frame["d"] = -x, frame["b"] - x
    nodes["overall"]["items"] = {"code": list(frame)}
    with pytest.raises(ScoringError, match=r"nodes › overall › c: pca gives the negative weight -0\.\d+"):
        compose(frame, nodes=nodes)
    nodes["overall"]["weighting"] = {"method": "pca", "negative": "zero"}
    found = compose(frame, nodes=nodes)
    weights = found.contributions.drop_duplicates("child").set_index("child")["weight"]
    assert weights["c"] == 0 and weights.sum() == pytest.approx(1) and weights.drop("c").min() > 0
    assert found.notes == ("scoring.yaml › nodes › overall: pca gives no weight to c",)


def test_numbers_are_not_rounded(compose: Any, root: Any) -> None:
    found = compose({"a": [1 / 3], "b": [2 / 3]}, nodes={"overall": {"label": "All", "items": {"code": ["a", "b"]}}})
    assert root(found)["u00"] == (1 / 3 + 2 / 3) / 2
    assert found.contributions["value"].tolist() == [1 / 3, 2 / 3]
