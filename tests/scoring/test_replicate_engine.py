"""The stacked engine gives what scoring one table after the other gives, for every method there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.composite import AGGREGATES, STEPS, WEIGHTS
from dihkpi.scoring.composite import prepared, score_values
from dihkpi.scoring.replicate.choices import Choices
from dihkpi.scoring.replicate.engine import Engine

NA = np.nan
N = 9


def a_frame(periods: int = 1, missing: bool = True) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = N * periods
    frame = pd.DataFrame(rng.lognormal(2, 1, (n, 4)), columns=list("abcd"))
    if missing:
        frame.loc[[1, 4], "a"] = NA
        frame.loc[5, ["b", "c"]] = NA
    return frame.assign(
        unit=np.tile([f"u{i}" for i in range(N)], periods),
        year=np.repeat([str(2020 + i) for i in range(periods)], N),
        group=np.tile(list("xyzxyzxyz"), periods),
        se=0.2 * frame["b"].fillna(1),
    )


ITEM = {"low": 0, "high": 500, "target": 600, "reference": 40, "edges": [5, 20]}
TREE = {
    "overall": {"label": "All", "of": ["x", "y"]},
    "x": {"label": "X", "items": {"code": ["a", "b"]}, "weights": {"a": 2}},
    "y": {"label": "Y", "items": {"code": ["c", "d"]}},
}
GOALPOSTS = {"step": "normalise", "method": "goalposts", "range": [1, 100]}
FILL = {"step": "impute", "method": "median"}


def pipelines() -> dict[str, dict[str, Any]]:
    """A pipeline for each method of the registry."""
    found: dict[str, dict[str, Any]] = {}
    for method in STEPS["impute"]:
        own = {"by": "group"} if method.startswith("group") else {}
        found[f"impute {method}"] = {"steps": [{"step": "impute", "method": method, **own}, GOALPOSTS]}
    for method in STEPS["treat"]:
        found[f"treat {method}"] = {"steps": [FILL, {"step": "treat", "method": method, "skew": 0.5, "kurtosis": 0},
                                              {"step": "normalise", "method": "min_max"}]}  # fmt: skip
    found["treat otherwise"] = {"steps": [{"step": "treat", "method": "winsorise", "points": 1, "skew": 0.4,
                                           "kurtosis": -1, "otherwise": "log_shifted"},
                                          {"step": "normalise", "method": "min_max"}]}  # fmt: skip
    for method in STEPS["normalise"]:
        own = {"range": [70, 130]} if method == "adjusted_mazziotta_pareto" else {}
        found[f"normalise {method}"] = {"steps": [{"step": "normalise", "method": method, **own}]}
    for method in STEPS["screen"]:
        found[f"screen {method}"] = {"steps": [{"step": "screen", "method": method, "share": 0.8}, FILL, GOALPOSTS]}
    for method in AGGREGATES:
        own = {"settings": {"exponent": 2}} if method == "power_mean" else {}
        nodes = {code: {**node, "aggregate": method, **own} for code, node in TREE.items()}
        found[f"aggregate {method}"] = {"steps": [GOALPOSTS], "nodes": nodes}
    for method in WEIGHTS:
        weighting: dict[str, Any] = {"method": method}
        if method == "pca":
            weighting["negative"] = "zero"
        if method == "budget":
            weighting["experts"] = {"first": {"a": 30, "b": 70}}
        node = {"label": "X", "items": {"code": ["a", "b"]}, "weighting": weighting}
        if method == "benefit_of_the_doubt":
            node["aggregate"] = "sum"
        found[f"weight {method}"] = {"steps": [FILL, GOALPOSTS], "nodes": {**TREE, "x": node}}
    return found


PIPELINES = pipelines()


def engine_of(frame: pd.DataFrame, survey: Survey, definitions: Definitions, pairs: int = 4) -> Engine:
    _, numbers = prepared(frame, survey, None)
    return Engine(numbers, survey, definitions, Choices(survey, {}), 1, pairs)


@pytest.mark.parametrize("name", PIPELINES)
def test_draws_of_the_data_are_scored_as_tables_of_their_own(
    name: str, definitions: Definitions, survey_of: Any
) -> None:
    """Item b has a standard error; each draw, written into the table, must score the same."""
    frame = a_frame()
    posts = {} if name.startswith("treat") else ITEM
    items = {code: {**posts, **({"error": "se"} if code == "b" else {})} for code in "abcd"}
    survey = survey_of(frame, {"items": items, "nodes": TREE, **PIPELINES[name]}, wave="year")
    engine = engine_of(frame, survey, definitions)
    found = engine.run(np.arange(4, dtype=np.int32)[:, None])
    first, second = (engine.sources[0].open(1, side)(2)[:, :, 1] for side in (0, 1))
    for draw, delta in enumerate((0.0, first[0], second[0], first[1])):
        plain = score_values(frame.assign(b=frame["b"] + delta), without_error(survey), definitions)
        expected = plain.scores["value"].to_numpy().reshape(found[draw].shape)
        assert np.array_equal(np.isnan(found[draw]), np.isnan(expected))
        assert found[draw] == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    assert (found[1:] != found[0])[~np.isnan(found[1:])].any() or name == "screen items"  # which sets item b aside


def without_error(survey: Survey) -> Survey:
    raw = dict(survey.raw_scoring or {})
    raw["items"] = {code: {k: v for k, v in item.items() if k != "error"} for code, item in raw["items"].items()}
    return survey.model_copy(update={"raw_scoring": raw})


@pytest.mark.parametrize("over", ["all", "period", "2020"])
@pytest.mark.parametrize("method", ["min_max", "z_score", "percentile_rank", "distance_to_leader", "bands"])
def test_bounds_hold_inside_a_replication_and_a_period(
    method: str, over: str, definitions: Definitions, survey_of: Any
) -> None:
    frame = a_frame(periods=2)
    items = {code: {"error": "se"} if code == "b" else {} for code in "abcd"}
    own = {"shares": [0.3, 0.6]} if method == "bands" else {}
    steps = [{"step": "impute", "method": "mean", "over": over},
             {"step": "normalise", "method": method, "over": over, **own}]  # fmt: skip
    survey = survey_of(frame, {"items": items, "nodes": TREE, "steps": steps}, wave="year")
    engine = engine_of(frame, survey, definitions)
    found = engine.run(np.array([[0], [2]], dtype=np.int32))
    _, numbers = prepared(frame, survey, None)
    shifted = pd.Series(engine.sources[0].open(1, 1)(1)[0, :, 1], index=[f"{u}{numbers.periods[p]}" for u, p in zip(
        numbers.units, numbers.period, strict=True)])  # fmt: skip
    moved = frame.assign(b=frame["b"] + shifted[(frame["unit"] + frame["year"]).tolist()].to_numpy())
    for draw, table in enumerate((frame, moved)):
        expected = score_values(table, without_error(survey), definitions).scores["value"].to_numpy()
        assert found[draw].ravel() == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


def test_results_do_not_depend_on_blocks_or_on_the_order_of_rows(definitions: Definitions, survey_of: Any) -> None:
    frame = a_frame()
    items = {code: {"error": "se"} if code == "b" else {} for code in "abcd"}
    noise = {"weights": {"nodes": "all", "noise": 0.25}, "fill": {"step": 1, "alternatives": [{"method": "mean"}]}}
    scoring = {"items": items, "nodes": TREE, "steps": [FILL, {"step": "normalise", "method": "min_max"}],
               "uncertainty": {"choices": noise, "imputations": 3}}  # fmt: skip
    survey = survey_of(frame, scoring)
    plan = np.random.default_rng(1).integers(0, [[12, 4, 12, 2]], (40, 4)).astype(np.int32)
    plan[:, 2] = np.where(plan[:, 0] > 0, plan[:, 0] + 1 - 2 * ((plan[:, 0] + 1) % 2), 0)  # the pair's other draw
    whole = engine_of(frame, survey, definitions, pairs=6).run(plan)
    small = engine_of(frame.sample(frac=1, random_state=1), survey, definitions, pairs=6)
    small._block = 2
    assert np.array_equal(whole, small.run(plan), equal_nan=True)
