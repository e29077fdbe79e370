"""What cannot be scored: one clear message that names the place in the definition, and never a silent NaN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.composite import STEPS
from dihkpi.errors import DefinitionError, ScoringError, ScoringWarning
from dihkpi.scoring.score import score

NA = np.nan
MIN_MAX = {"step": "normalise", "method": "min_max"}
GOALPOSTS = {"step": "normalise", "method": "goalposts"}
NODE = {"label": "All", "items": {"code": ["a", "b"]}}


def tree(**changes: Any) -> dict[str, Any]:
    return {"overall": {**NODE, **changes}}


# The values

VALUES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "zero variance": (
        {"a": [3.0, 3.0], "b": [1.0, 2.0]},
        {"steps": [MIN_MAX]},
        ["scoring.yaml › steps › 1 (normalise min_max) › a: all 2 units have the same value", "goalposts"],
    ),
    "one unit": (
        {"a": [3.0], "b": [1.0]},
        {"steps": [{"step": "normalise", "method": "z_score"}]},
        ["scoring.yaml › steps › 1 (normalise z_score) › a: one unit alone has a value"],
    ),
    "an item without any value": (
        {"a": [NA, NA], "b": [1.0, 2.0]},
        {"steps": [MIN_MAX]},
        ["scoring.yaml › items › a: no unit has a value", "fill it in, or take the item out"],
    ),
    "an infinite value": (
        {"a": [1.0, np.inf], "b": [1.0, 2.0]},
        {},
        ["scoring.yaml › items › a: 'a' of u01 is infinite"],
    ),
    "integers as text": (
        {"a": ["1", "2"], "b": [1.0, 2.0]},
        {},
        ["scoring.yaml › items › a: the column 'a' holds text such as '1', not numbers"],
    ),
    "a column that is not there": (
        {"b": [1.0, 2.0]},
        {"items": {"a": {}, "b": {}}},
        ["scoring.yaml › items › a: the values have no column 'a'"],
    ),
    "a unit twice": (
        {"a": [1.0, 2.0], "b": [1.0, 2.0], "unit": ["k", "k"]},
        {},
        ["values › k: is there twice"],
    ),
    "a negative value under a geometric mean": (
        {"a": [-1.0, 2.0], "b": [1.0, 2.0]},
        {"nodes": tree(aggregate="geometric")},
        ["scoring.yaml › nodes › overall › a: the value -1 of u00 is negative under 'geometric'", "choose a range"],
    ),
    "a negative value under a harmonic mean": (
        {"a": [1.0, 2.0], "b": [1.0, -2.0]},
        {"nodes": tree(aggregate="harmonic")},
        ["scoring.yaml › nodes › overall › b: the value -2 of u01 is negative under 'harmonic'"],
    ),
    "children that sum to nothing": (
        {"a": [-1.0, 2.0], "b": [1.0, 2.0]},
        {"nodes": tree(aggregate="mazziotta_pareto")},
        ["scoring.yaml › nodes › overall: 'mazziotta_pareto' has no result for u00"],
    ),
    "a logarithm of zero": (
        {"a": [0.0, 2.0], "b": [1.0, 2.0]},
        {"items": {"a": {"transform": "log"}, "b": {}}, "steps": [MIN_MAX]},
        ["scoring.yaml › steps › 1 (normalise min_max) › a: 0 of u00 has no logarithm"],
    ),
    "a treatment by logarithm of a negative value": (
        {"a": [-1.0, 2.0], "b": [1.0, 2.0]},
        {"steps": [{"step": "treat", "method": "log", "always": True}]},
        ["scoring.yaml › steps › 1 (treat log) › a: the value -1 has no logarithm", "log_shifted"],
    ),
    "a target that everybody has passed": (
        {"a": [5.0, 6.0], "b": [1.0, 2.0]},
        {"items": {"a": {"target": 4}, "b": {"target": 9}},
         "steps": [{"step": "normalise", "method": "distance_to_target"}]},
        ["steps › 1 (normalise distance_to_target) › a: the target is not better than the worst value"],
    ),
    "a unit to compare with that is not there": (
        {"a": [5.0, 6.0], "b": [1.0, 2.0]},
        {"steps": [{"step": "normalise", "method": "distance_to_reference", "unit": "u0"}]},
        ["steps › 1 (normalise distance_to_reference) › unit: no unit 'u0'", "did you mean"],
    ),
    "nothing to divide by": (
        {"a": [5.0, 6.0], "b": [1.0, 2.0], "people": [10.0, 0.0]},
        {"items": {"a": {"per": "people"}, "b": {}}},
        ["scoring.yaml › items › a › per: 'people' of u01 is 0, not above 0"],
    ),
    "nothing tells the maximum": (
        {"a": [5.0, 6.0], "b": [1.0, 2.0]},
        {"nodes": tree(aggregate="percent_of_maximum"), "items": {"a": {"high": 10}, "b": {}}},
        ["scoring.yaml › nodes › overall › b: nothing tells its greatest value"],
    ),
    "too few units for pca": (
        {"a": [5.0, 6.0], "b": [1.0, 2.0]},
        {"nodes": tree(weighting="pca")},
        ["scoring.yaml › nodes › overall: 2 units have all children, pca needs 3 or more"],
    ),
    "pca over an item that does not vary": (
        {"a": [5.0, 6.0, 7.0], "b": [1.0, 1.0, 1.0]},
        {"nodes": tree(weighting="pca")},
        ["scoring.yaml › nodes › overall › b: is the same for all units"],
    ),
    "a negative value under the benefit of the doubt": (
        {"a": [5.0, -6.0], "b": [1.0, 1.0]},
        {"nodes": tree(weighting="benefit_of_the_doubt", aggregate="sum")},
        ["scoring.yaml › nodes › overall › a: the value -6 is negative"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_that_cannot_be_scored(name: str, compose: Any) -> None:
    frame, definition, expected = VALUES[name]
    items = {code: {} for code in ("a", "b")}
    with pytest.raises(ScoringError) as fault:
        compose(frame, **{"items": items, **definition})
    (problem,) = fault.value.problems
    for text in expected:
        assert text in problem


def test_periods_that_are_not_there_or_not_normalised(compose: Any) -> None:
    frame = {"a": [1.0, 2.0, 4.0, 5.0], "year": ["2020", "2021"] * 2, "unit": list("kkll")}
    only = {**MIN_MAX, "periods": "2020"}
    with pytest.raises(ScoringError, match="items › a: k in 2021 is not normalised, other rows are"):
        compose(frame, [only], wave="year")
    with pytest.raises(ScoringError, match="no row is of the period '2019'"):
        compose(frame, [{**MIN_MAX, "over": "2019"}], wave="year")


def test_bounds_that_move_with_the_data_are_warned_of(compose: Any, root: Any, definitions: Any) -> None:
    frame = {"a": [0.0, 10.0, 10.0, 20.0], "year": ["2020", "2020", "2021", "2021"], "unit": list("klkl")}
    pooled = compose(frame, [MIN_MAX], wave="year")
    assert "bounds are estimated over all periods (a), so that scores move with the data" in pooled.notes[0]
    anew = compose(frame, [{**MIN_MAX, "over": "period"}], wave="year")
    assert "bounds are estimated in each period anew (a)" in anew.notes[0]
    # the trap: everybody improved by 10, and nothing shows
    assert anew.scores["value"].tolist() == [0.0, 0.0, 100.0, 100.0]
    for anchored, item in (({**MIN_MAX, "over": "2020"}, {}), (GOALPOSTS, {"low": 0, "high": 10})):
        found = compose(frame, [anchored], {"a": item}, wave="year")
        assert not any("estimated" in note for note in found.notes)
        assert found.scores["value"].tolist() == [0.0, 100.0, 100.0, 200.0]


def test_values_beyond_the_goalposts_are_clipped_or_kept_and_told(compose: Any, root: Any) -> None:
    frame = {"a": [-5.0, 5.0, 20.0], "b": [0.0, 5.0, 11.0]}
    items: Mapping[str, Any] = {"a": {"low": 0, "high": 10, "clip": True}, "b": {"low": 0, "high": 10}}
    found = compose(frame, [GOALPOSTS], items)
    assert list(root(found).values()) == [0.0, 50.0, 105.0]
    assert [note.split(": ", 1)[1] for note in found.notes] == [
        "2 values lie beyond the goalposts: counted as the goalpost",
        "1 value lies beyond the goalposts: kept",
    ]


# The definition

DEFINITIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "weights that do not sum": (
        {"nodes": tree(weights={"a": 0.3, "b": 0.6}, weighting={"method": "given", "total": 1})},
        ["nodes › overall › weights: sum to 0.9 instead of 1"],
    ),
    "points of an expert that do not sum": (
        {"nodes": tree(weighting={"method": "budget", "total": 100, "experts": {"first": {"a": 50, "b": 40}}})},
        ["nodes › overall › weighting › experts › first: sum to 90 instead of 100"],
    ),
    "a target equal to the bound": (
        {"items": {"a": {"low": 2, "target": 2}, "b": {}}},
        ["items › a › target: 2 is the bound 2 that values are measured from"],
    ),
    "a target equal to the bound of a negative item": (
        {"items": {"a": {"high": 9, "target": 9, "direction": "-1"}, "b": {}}, "steps": [MIN_MAX]},
        ["items › a › target: 9 is the bound 9"],
    ),
    "goalposts that are equal": (
        {"items": {"a": {"low": 2, "high": 2}, "b": {}}},
        ["items › a: low 2 is high 2"],
    ),
    "no goalposts": ({"steps": [GOALPOSTS]}, ["steps › 1 › method: 'goalposts' needs low of 'a'"]),
    "an item in two nodes": (
        {"nodes": {"overall": {"label": "All", "of": ["x", "y"]}, "x": NODE,
                   "y": {"label": "Y", "items": {"code": ["b"]}}}},
        ["items › b: is in two nodes, x and y"],
    ),
    "an item in no node": (
        {"nodes": {"overall": {"label": "All", "items": {"code": ["a"]}}}},
        ["items › b: is in no node"],
    ),
    "an unknown node": (
        {"items": {"a": {"node": "overal"}, "b": {}}},
        ["items › a › node: unknown dimension 'overal'"],
    ),
    "an unknown method of a step": (
        {"steps": [{"step": "normalise", "method": "minmax"}]},
        ["steps › 1 › method: unknown method of normalise 'minmax'", "did you mean 'min_max'?"],
    ),
    "a method of another step": (
        {"steps": [{"step": "impute", "method": "log"}]},
        ["steps › 1 › method: unknown method of impute 'log'"],
    ),
    "an unknown method of aggregation": (
        {"nodes": tree(aggregate="geometrc")},
        ["nodes › overall › aggregate: unknown method 'geometrc'", "did you mean 'geometric'?"],
    ),
    "an unknown method of weighting": (
        {"nodes": tree(weighting="entropy")},
        ["nodes › overall › weighting: unknown method of weighting 'entropy'"],
    ),
    "a setting that a method does not have": (
        {"steps": [{**MIN_MAX, "mean": 5}]},
        ["steps › 1 › mean: 'min_max' has no such setting", "it has: range, over"],
    ),
    "a setting that is needed": (
        {"steps": [{"step": "impute", "method": "group_mean"}]},
        ["steps › 1 › by: missing, but 'group_mean' needs it"],
    ),
    "a scale, as answers have": ({"nodes": tree(scale=[0, 10])}, ["nodes › overall › scale: is for answers"]),
    "weights that are not used": (
        {"nodes": tree(weights={"a": 2}, weighting="equal")},
        ["nodes › overall › weights: are not used, as the weights are 'equal'"],
    ),
    "a weight twice": (
        {"nodes": tree(weights={"a": 2}), "items": {"a": {"weight": 2}, "b": {}}},
        ["nodes › overall › weights › a: the item has a weight of its own"],
    ),
    "a negative weight": ({"items": {"a": {"weight": -1}, "b": {}}}, ["items › a › weight: -1 is negative"]),
    "no exponent": (
        {"nodes": tree(aggregate="power_mean")},
        ["nodes › overall › settings › exponent: 'power_mean' needs"],
    ),
    "benefit of the doubt under a mean": (
        {"nodes": tree(weighting="benefit_of_the_doubt")},
        ["nodes › overall › aggregate: 'mean' with weights by benefit_of_the_doubt", "it must be 'sum'"],
    ),
    "bounds of shares that cannot sum to one": (
        {"nodes": tree(weighting={"method": "benefit_of_the_doubt", "bounds": [0.6, 0.9]}, aggregate="sum")},
        ["nodes › overall › weighting › bounds: 0.6 to 0.9 leaves no shares that sum to 1"],
    ),
    "periods of a form without": (
        {"steps": [{"step": "impute", "method": "carry_forward"}]},
        ["steps › 1: needs periods, but the form has none"],
    ),
    "goalposts after another normalisation": (
        {"steps": [MIN_MAX, {**GOALPOSTS, "items": "a"}], "items": {"a": {"low": 0, "high": 1}, "b": {}}},
        ["steps › 2 › method: 'goalposts' on 'a', which is in its own units no more"],
    ),
    "a range upside down": ({"steps": [{**MIN_MAX, "range": [100, 0]}]}, ["steps › 1 › range: 100 is not below 0"]),
    "a screen of nothing": (
        {"steps": [{"step": "screen", "method": "units"}]},
        ["steps › 1: screens nothing"],
    ),
    "a column of text": (
        {"types": {"a": "text"}},
        ["items › a: the column 'a' holds text", "allowed: integer, decimal, money, percent"],
    ),
    "a log of a goalpost of zero": (
        {"items": {"a": {"low": 0, "high": 9, "transform": "log"}, "b": {}}, "steps": [MIN_MAX]},
        ["items › a › low: 0 has no logarithm"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definitions_that_cannot_work(name: str, compose: Any) -> None:
    definition, expected = DEFINITIONS[name]
    with pytest.raises(DefinitionError) as fault:
        compose({"a": [1.0, 2.0], "b": [3.0, 5.0]}, **definition)
    assert not isinstance(fault.value, ScoringError)
    problem = fault.value.problems[0]
    for text in expected:
        assert text in problem
    assert problem.startswith("scoring.yaml › ")


@pytest.mark.parametrize("method", STEPS["normalise"])
@pytest.mark.parametrize("column", [[5.0], [5.0, 5.0, 5.0], [NA, 5.0, NA], [1e-308, 2e-308], [-1e300, 1e300, 1e308]])
def test_a_value_stays_a_value_or_an_error_says_why(method: str, column: list[float], compose: Any, root: Any) -> None:
    item = {"low": 0, "high": 10, "target": 8, "reference": 4, "edges": (2, 4)}
    step: dict[str, Any] = {"step": "normalise", "method": method}
    if method == "adjusted_mazziotta_pareto":
        step["range"] = (70, 130)
    nodes = {"overall": {"label": "All", "items": {"code": "a"}}}
    try:
        values = np.array(list(root(compose({"a": column}, [step], {"a": item}, nodes)).values()))
    except ScoringError as fault:
        assert "scoring.yaml › steps › 1" in str(fault)
    else:
        assert np.array_equal(np.isnan(values), np.isnan(column)) and not np.isinf(values).any()


def test_the_front_door_scores_numbers_too_and_warns(definitions: Any) -> None:
    from dihkpi.definitions import Survey

    columns = {"country": {"type": "text"}, "year": {"type": "text"}, "a": {"type": "decimal"}}
    survey = Survey.model_validate({
        "survey": "index", "version": "v1", "title": "Index", "reference": "ours",
        "forms": {"values": {"title": "V", "kind": "values", "key": ["country", "year"], "wave": "year",
                             "columns": columns}},
        "raw_scoring": {"reference": "ours", "items": {"a": {"node": "overall"}}, "steps": [MIN_MAX],
                        "nodes": {"overall": {"label": "All"}}},
    })  # fmt: skip
    frame = pd.DataFrame({"country": ["AT", "BE"] * 2, "year": ["2020"] * 2 + ["2021"] * 2, "a": [1.0, 2, 3, 5]})
    with pytest.warns(ScoringWarning, match="bounds are estimated over all periods"):
        scores = score(frame, survey, definitions)
    assert scores["value"].tolist() == [0.0, 50.0, 25.0, 100.0]
