"""Every mistake in ``uncertainty`` is one message that names its place."""

from __future__ import annotations

from typing import Any

import pytest

from dihkpi.definitions import Survey
from dihkpi.definitions.crosscheck_scoring import scoring_problems

REFUSE = {"nodes": {"overall": {"missing": "refuse"}}}
MEAN = {"method": "mean"}
AT = "scoring.yaml › uncertainty › choices › it"


def problems(choice: dict[str, Any] | None = None, **changed: Any) -> list[str]:
    columns = {name: {"type": "decimal"} for name in "ab"} | {"unit": {"type": "text"}, "note": {"type": "text"}}
    scoring = {
        "reference": "ours",
        "items": {"a": {}, "b": {}},
        "steps": [
            {"step": "impute", "method": "group_mean", "by": "note"},
            {"step": "normalise", "method": "min_max", "range": [1, 100]},
        ],
        "nodes": {
            "overall": {"label": "All", "of": ["x", "y"]},
            "x": {"label": "X", "items": {"code": "a"}},
            "y": {"label": "Y", "items": {"code": "b"}, "aggregate": "minimum"},
        },
        "options": {
            "one": {"about": "-", "default": "only", "choices": {"only": {}}},
            "two": {"about": "-", "default": "no", "choices": {"no": {}, "yes": REFUSE}},
        },
        **({"uncertainty": {"choices": {"it": choice}}} if choice is not None else {}),
        **changed,
    }
    survey = Survey.model_validate({
        "survey": "index", "version": "v1", "title": "Index", "reference": "ours", "raw_scoring": scoring,
        "forms": {"values": {"title": "V", "kind": "values", "key": ["unit"], "columns": columns}},
    })  # fmt: skip
    return list(scoring_problems(survey, "scoring.yaml"))


@pytest.mark.parametrize(
    "choice",
    [
        {"step": 1, "alternatives": [{"method": "median"}, {"method": "none"}]},
        {"step": 2, "alternatives": [{"method": "z_score"}, {"range": [10, 20]}]},
        {"nodes": "all", "noise": 0.25},
        {"nodes": "all", "noise": 1},
        {"nodes": ["overall", "x"], "alternatives": [{"aggregate": "geometric"}, {"weighting": "equal"}]},
        {"option": "two"},
        {"leave_out": "items"},
        {"leave_out": "nodes"},
    ],
)
def test_what_is_right_is_accepted(choice: dict[str, Any]) -> None:
    assert problems(choice) == []


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({}, ": needs exactly one of step, nodes, option, leave_out\n      it has none of them"),
        ({"step": 1, "option": "two"}, ": needs exactly one of step, nodes, option, leave_out\n      it has step and"),
        ({"step": 3, "alternatives": [MEAN]}, " › step: there is no step 3; the scoring has the steps 1 to 2"),
        ({"step": 0, "alternatives": [MEAN]}, " › step: there is no step 0"),
        ({"step": 1}, " › alternatives: missing"),
        ({"step": 1, "alternatives": [{}]}, " › alternatives › 1: changes nothing"),
        (
            {"step": 1, "alternatives": [MEAN, {"method": "medain"}]},
            " › alternatives › 2: scoring.yaml › steps › 1 › method: unknown method of impute 'medain'\n      did",
        ),
        (
            {"step": 1, "alternatives": [{"methd": "median"}]},
            " › alternatives › 1 › methd: unknown field\n      did you mean 'method'?",
        ),
        (
            {"step": 2, "alternatives": [{"method": "z_score", "range": [1, 2]}]},
            " › alternatives › 1: scoring.yaml › steps › 2 › range: 'z_score' has no such setting",
        ),
        (
            {"step": 2, "alternatives": [{"method": "distance_to_target", "items": "a"}]},
            " › alternatives › 1: scoring.yaml › steps › 2 › method: 'distance_to_target' needs target of 'a'",
        ),
        ({"nodes": "xx", "noise": 0.1}, " › nodes: unknown dimension 'xx'"),
        ({"nodes": "x"}, ": has neither alternatives nor noise"),
        ({"nodes": "x", "noise": 0.1, "alternatives": [{"missing": "zero"}]}, ": has both alternatives and noise"),
        ({"nodes": "x", "noise": 0}, " › noise: 0 is not a share above 0, up to 1"),
        ({"nodes": "x", "noise": 25}, " › noise: 25 is not a share above 0, up to 1"),
        ({"nodes": "y", "noise": 0.1}, " › noise: weights play no part in 'minimum' of 'y'"),
        (
            {"nodes": "x", "alternatives": [{"aggregate": "gmean"}]},
            " › alternatives › 1: scoring.yaml › nodes › x › aggregate: unknown method 'gmean'",
        ),
        ({"nodes": "x", "alternatives": [{"missing": "never"}]}, " › alternatives › 1 › missing: "),
        ({"option": "tow"}, " › option: unknown option 'tow'\n      did you mean 'two'?"),
        ({"option": "one"}, " › option: 'one' has no second choice"),
        ({"option": "two", "alternatives": [{"a": 1}]}, " › alternatives: are for a step or nodes"),
        ({"step": 1, "alternatives": [MEAN], "noise": 0.1}, " › noise: is for the weights of nodes"),
    ],
)
def test_each_mistake_is_told_with_its_place(choice: dict[str, Any], message: str) -> None:
    found = problems(choice)
    assert len(found) == 1 and found[0].startswith(AT + message), found


def test_one_item_alone_cannot_be_left_out() -> None:
    alone = {"overall": {"label": "All", "items": {"code": "a"}}}
    found = problems({"leave_out": "items"}, items={"a": {}}, nodes=alone)
    assert found == [f"{AT} › leave_out: there is one of the items\n      two or more are needed to leave one out"]
    found = problems({"leave_out": "nodes"}, items={"a": {}}, nodes=alone)
    assert found[0].startswith(f"{AT} › leave_out: there is none of the nodes directly below 'overall'")


@pytest.mark.parametrize(
    ("uncertainty", "message"),
    [
        ({"replications": 1}, "scoring.yaml › uncertainty › replications: 1 is not 2 or more"),
        ({"seed": -1}, "scoring.yaml › uncertainty › seed: -1 is not 0 or more"),
        ({"imputations": 1}, "scoring.yaml › uncertainty › imputations: 1 is not 0 (none), or 2 or more"),
    ],
)
def test_numbers_of_the_analysis(uncertainty: dict[str, int], message: str) -> None:
    assert problems(uncertainty=uncertainty)[0].startswith(message)


def test_imputations_without_a_step_that_imputes() -> None:
    steps = [{"step": "normalise", "method": "min_max"}]
    (found,) = problems(uncertainty={"imputations": 5}, steps=steps)
    assert found.startswith("scoring.yaml › uncertainty › imputations: is not used, as no step imputes")


def test_columns_of_errors_and_of_rows() -> None:
    (found,) = problems(items={"a": {"error": "note"}, "b": {}})
    assert found.startswith("scoring.yaml › items › a › error: the column 'note' holds text")
    (found,) = problems(items={"a": {"error": "aa"}, "b": {}})
    assert found.startswith("scoring.yaml › items › a › error: unknown column 'aa'")
    (found,) = problems(repeats={"column": "note"})
    assert found.startswith("scoring.yaml › repeats › column: 'note' does not stand in the key")
