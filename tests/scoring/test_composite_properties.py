"""What holds of every composite whatever its numbers: order, units, direction, scale of weights, sums of parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dihkpi.definitions.composite import AGGREGATES, STEPS, NumericItem, Step
from dihkpi.scoring.contribute import METHODS as CONTRIBUTIONS
from dihkpi.scoring.normalise import METHODS as NORMALISE
from dihkpi.scoring.posts import Posts
from dihkpi.scoring.registry import METHODS

ITEMS = ("a", "b", "c")
SETTINGS: dict[str, dict[str, Any]] = {
    "power_mean": {"exponent": 2.5},
    "mazziotta_pareto": {"penalty": -1},
    "percent_of_maximum": {"most": np.array([100.0, 100.0, 120.0])},
}
NUMBER = st.one_of(st.floats(1, 100), st.integers(1, 100).map(float))
TABLES = arrays(np.float64, st.tuples(st.integers(2, 8), st.just(3)), elements=st.one_of(NUMBER, st.just(np.nan)))
WEIGHTS = arrays(np.float64, 3, elements=st.floats(0.1, 10))
MEANS = [name for name in AGGREGATES if name not in ("sum", "copeland")]


def aggregated(method: str, values: np.ndarray, weights: np.ndarray, **changed: Any) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return METHODS["aggregate"][method](values, weights, **SETTINGS.get(method, {}), **changed)


@pytest.mark.parametrize("method", AGGREGATES)
@given(values=TABLES, weights=WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_contributions_sum_to_the_score(method: str, values: np.ndarray, weights: np.ndarray) -> None:
    result = aggregated(method, values, weights)
    parts = CONTRIBUTIONS[method](values, weights, result, **SETTINGS.get(method, {}))
    there = ~np.isnan(result)
    assert np.array_equal(there, ~np.isnan(values).all(axis=1))
    assert parts[there].sum(axis=1) == pytest.approx(result[there], rel=1e-9, abs=1e-9)
    assert (parts[np.isnan(values) & there[:, None]] == 0).all()


@pytest.mark.parametrize("method", AGGREGATES)
@given(values=TABLES, weights=WEIGHTS, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_and_of_children_plays_no_part(
    method: str, values: np.ndarray, weights: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows, children = rng.permutation(len(values)), rng.permutation(3)
    result = aggregated(method, values, weights)
    assert np.array_equal(aggregated(method, values[rows], weights), result[rows], equal_nan=True)
    moved = {"most": SETTINGS[method]["most"][children]} if method == "percent_of_maximum" else {}
    with np.errstate(invalid="ignore"):
        other = METHODS["aggregate"][method](
            values[:, children], weights[children], **{**SETTINGS.get(method, {}), **moved}
        )
    assert other == pytest.approx(result, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("method", [name for name in AGGREGATES if name != "sum"])
@given(values=TABLES, weights=WEIGHTS, power=st.integers(-3, 6))
@settings(max_examples=30, deadline=None)
def test_only_proportions_of_weights_matter(method: str, values: np.ndarray, weights: np.ndarray, power: int) -> None:
    scaled = aggregated(method, values, weights * 2.0**power)
    assert scaled == pytest.approx(aggregated(method, values, weights), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("method", [name for name in AGGREGATES if name != "mazziotta_pareto"])
@given(values=TABLES, weights=WEIGHTS, unit=st.integers(0, 7), child=st.integers(0, 2), more=st.floats(0, 50))
@settings(max_examples=60, deadline=None)
def test_more_of_a_child_never_lowers_the_score(
    method: str, values: np.ndarray, weights: np.ndarray, unit: int, child: int, more: float
) -> None:
    unit %= len(values)
    assume(not np.isnan(values[unit, child]))
    raised = values.copy()
    raised[unit, child] += more
    before, after = aggregated(method, values, weights)[unit], aggregated(method, raised, weights)[unit]
    assert after >= before - 1e-9 * max(1.0, abs(before))


@pytest.mark.parametrize("method", [name for name in MEANS if name not in ("percent_of_maximum", "mazziotta_pareto")])
@given(values=TABLES, weights=WEIGHTS)
@settings(max_examples=30, deadline=None)
def test_a_mean_lies_between_its_children(method: str, values: np.ndarray, weights: np.ndarray) -> None:
    result = aggregated(method, values, weights)
    there = ~np.isnan(result)
    low, high = np.nanmin(values[there], axis=1), np.nanmax(values[there], axis=1)
    assert (result[there] >= low * (1 - 1e-9)).all() and (result[there] <= high * (1 + 1e-9)).all()


# Normalisation

COLUMN = arrays(
    np.float64,
    st.tuples(st.integers(3, 9), st.just(1)),
    elements=st.one_of(st.integers(-50, 50).map(float), st.just(np.nan)),
)
POSTS = {"low": -60.0, "high": 60.0, "edges": (-10.0, 0.0, 25.0)}


def posts_for(method: str, sign: int) -> Posts:
    target = 55.0 if sign > 0 else -55.0
    item = NumericItem(**POSTS, target=target, reference=target)
    return Posts.of([item]).turned(np.array([float(sign)]))


def normalised(method: str, column: np.ndarray, sign: int) -> np.ndarray:
    step = Step(step="normalise", method=method, range=(10.0, 90.0))
    return NORMALISE[method](sign * column, sign * column, posts_for(method, sign), step)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("method", STEPS["normalise"])
@given(column=COLUMN)
@settings(max_examples=40, deadline=None)
def test_direction_holds_under_every_normalisation(method: str, sign: int, column: np.ndarray) -> None:
    assume(len(np.unique(column[~np.isnan(column)])) > 1)
    result = normalised(method, column, sign)
    assert np.array_equal(np.isnan(result), np.isnan(column))
    there = ~np.isnan(column[:, 0])
    order = np.argsort(sign * column[there, 0], kind="stable")
    assert (np.diff(result[there, 0][order]) >= -1e-9).all()


@pytest.mark.parametrize("method", ["min_max", "goalposts", "percentile_rank", "z_score", "rank", "bands"])
@given(column=COLUMN)
@settings(max_examples=40, deadline=None)
def test_a_turned_direction_is_the_mirror(method: str, column: np.ndarray) -> None:
    assume(len(np.unique(column[~np.isnan(column)])) > 1)
    assume(method != "bands" or not np.isin(column, POSTS["edges"]).any())  # an edge belongs to the worse band
    up, down = normalised(method, column, 1), normalised(method, column, -1)
    middle = {"z_score": 0.0, "rank": (1 + (~np.isnan(column)).sum()) / 2}.get(method, 50.0)
    assert (up + down) / 2 == pytest.approx(np.where(np.isnan(column), np.nan, middle), nan_ok=True)


# A whole composite

FRAMES = st.integers(3, 8).flatmap(
    lambda n: arrays(np.float64, (n, 3), elements=st.one_of(st.integers(1, 60).map(float), st.just(np.nan)))
)
STEP_LIST = [
    {"step": "impute", "method": "median"},
    {"step": "treat", "method": "winsorise", "skew": 1, "kurtosis": 1, "points": 2},
    {"step": "normalise", "method": "min_max", "range": [1, 100]},
]
TREE = {
    "overall": {"label": "All", "of": ["x", "y"], "aggregate": "geometric"},
    "x": {"label": "X", "items": {"code": ["a", "b"]}, "weights": {"a": 2}},
    "y": {"label": "Y", "items": {"code": ["c"]}},
}


@given(table=FRAMES, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_rows_and_names_of_units_play_no_part(compose: Any, root: Any, table: np.ndarray, seed: int) -> None:
    spread = [np.unique(column[~np.isnan(column)]) for column in table.T]
    assume(all(len(values) > 2 for values in spread))
    frame = pd.DataFrame(table, columns=ITEMS).assign(unit=[f"u{i}" for i in range(len(table))])
    try:
        plain = compose(frame, STEP_LIST, nodes=TREE)
    except Exception as fault:  # winsorising may leave no spread: then in every order
        kind, message = type(fault), str(fault)
        with pytest.raises(kind) as again:
            compose(frame.iloc[::-1], STEP_LIST, nodes=TREE)
        assert str(again.value) == message
        return
    shuffled = frame.sample(frac=1, random_state=seed)
    again = compose(shuffled, STEP_LIST, nodes=TREE)
    pd.testing.assert_frame_equal(plain.scores, again.scores)
    pd.testing.assert_frame_equal(plain.contributions, again.contributions)
    renamed = frame.assign(unit=[f"v{len(table) - i}.*" for i in range(len(table))])
    other = compose(renamed, STEP_LIST, nodes=TREE)
    names = dict(zip(frame["unit"], renamed["unit"], strict=True))
    assert {names[unit]: value for unit, value in root(plain).items()} == pytest.approx(root(other), rel=1e-12)
