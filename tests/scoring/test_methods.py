"""Every method against figures by hand or by other software, and the registry against the names of the definitions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from dihkpi.definitions.composite import AGGREGATES, STEPS, WEIGHTS, Step, Weighting
from dihkpi.scoring import aggregate, contribute, normalise, treat, weight
from dihkpi.scoring.posts import Posts
from dihkpi.scoring.registry import METHODS
from dihkpi.scoring.treat import Limits

NA = np.nan
RNG = np.random.default_rng(1)
TABLE = RNG.uniform(1, 100, (40, 5))
W = np.array([1.0, 2.0, 0.5, 3.0, 1.5])
LIMITS = Limits(skew=2, kurtosis=3.5, points=5)


def test_the_names_of_the_definitions_are_those_of_the_registry() -> None:
    named = {
        **{step: set(methods) for step, methods in STEPS.items()},
        "weight": set(WEIGHTS),
        "aggregate": set(AGGREGATES),
    }
    assert {step: set(methods) for step, methods in METHODS.items()} == named
    assert set(contribute.METHODS) == set(AGGREGATES)


def test_every_method_says_what_it_does() -> None:
    for step, methods in METHODS.items():
        for name, method in methods.items():
            text = inspect.getdoc(method) or ""
            assert len(text.splitlines()[0]) > 30, (step, name)


# Aggregation


@pytest.mark.parametrize(
    ("method", "theirs", "settings"),
    [
        ("mean", lambda x: np.average(x, weights=W), {}),
        ("geometric", lambda x: stats.gmean(x, weights=W), {}),
        ("harmonic", lambda x: stats.hmean(x, weights=W), {}),
        ("power_mean", lambda x: stats.pmean(x, 2.5, weights=W), {"exponent": 2.5}),
        ("power_mean", lambda x: stats.pmean(x, -3, weights=W), {"exponent": -3.0}),
        ("minimum", np.min, {}),
        ("sum", lambda x: x @ W, {}),
    ],
)
def test_means_are_those_of_scipy(method: str, theirs: Any, settings: dict[str, float]) -> None:
    ours = aggregate.NUMERIC[method](TABLE, W, **settings)
    assert ours == pytest.approx([float(theirs(row)) for row in TABLE], rel=1e-12)


def test_the_median_is_that_of_each_child_repeated_by_its_weight() -> None:
    weights = np.array([1.0, 2.0, 4.0, 3.0, 2.0])
    repeated = [np.median(np.repeat(row, weights.astype(int))) for row in TABLE]
    assert aggregate.median(TABLE, weights) == pytest.approx(repeated)


def test_mazziotta_pareto_is_the_mean_less_the_penalty() -> None:
    mean, deviation = TABLE.mean(axis=1), TABLE.std(axis=1, ddof=1)
    expected = mean * (1 - (deviation / mean) ** 2)
    assert aggregate.mazziotta_pareto(TABLE, np.ones(5), freedom=1) == pytest.approx(expected)
    above = aggregate.mazziotta_pareto(TABLE, np.ones(5), penalty=1)
    assert above == pytest.approx(mean + TABLE.std(axis=1) ** 2 / mean)


def test_copeland_is_the_count_of_pairs() -> None:
    shares = np.array([[(W * (a > b)).sum() + (W * (a == b)).sum() / 2 for b in TABLE] for a in TABLE]) / W.sum()
    wins = np.sign(np.round(shares - 0.5, 12)).sum(axis=1)
    assert aggregate.copeland(TABLE, W).tolist() == wins.tolist()
    np.fill_diagonal(shares, 0)
    assert aggregate.copeland(TABLE, W, count="shares") == pytest.approx(shares.sum(axis=1))


@pytest.mark.parametrize("method", ["geometric", "harmonic", "power_mean", "mazziotta_pareto"])
def test_contributions_are_values_times_marginal_gains(method: str) -> None:
    settings = {"power_mean": {"exponent": 0.5}, "mazziotta_pareto": {"freedom": 1}}.get(method, {})
    function = aggregate.NUMERIC[method]
    value = function(TABLE, W, **settings)
    parts = contribute.METHODS[method](TABLE, W, value, **settings)
    for unit in (0, 17):
        gain = optimize.approx_fprime(TABLE[unit], lambda x: float(function(x[None, :], W, **settings)[0]), 1e-6)
        assert parts[unit] == pytest.approx(TABLE[unit] * gain, rel=1e-4)


# Treatment


@pytest.mark.parametrize("n", [3, 4, 9, 30])
def test_skewness_and_kurtosis_are_those_of_pandas(n: int) -> None:
    x = RNG.gamma(1.0, size=n)
    assert treat.skewness(x) == pytest.approx(pd.Series(x).skew())
    assert treat.kurtosis(np.append(x, NA)) == pytest.approx(pd.Series(x).kurt() if n > 3 else 0)


def test_winsorising_goes_on_on_either_side_until_the_limits_hold() -> None:
    high = np.array([*range(1, 20), 300.0, 900.0])
    result = treat.winsorise(high, LIMITS).values
    assert result.tolist() == [*range(1, 20), 19.0, 19.0]
    assert treat.winsorise(-high, LIMITS).values.tolist() == (-result).tolist()
    assert abs(pd.Series(result).skew()) <= 2 or pd.Series(result).kurt() <= 3.5


def test_box_cox_finds_the_power_of_scipy() -> None:
    x = RNG.lognormal(size=50)
    assert treat.box_cox(x, LIMITS).values == pytest.approx(stats.boxcox(x)[0], rel=1e-4)
    assert treat.box_cox(x, Limits(2, 3.5, 5, power=0.0)).values == pytest.approx(np.log(x))


# Normalisation


def one(
    method: str, column: list[float], posts: Posts, basis: list[float] | None = None, **settings: Any
) -> list[float]:
    step = Step(step="normalise", method=method, **settings)
    x = np.array(column)[:, None]
    source = x if basis is None else np.array(basis)[:, None]
    return normalise.METHODS[method](x, source, posts, step).ravel().tolist()


@pytest.mark.parametrize("ties", ["average", "min", "max"])
def test_ranks_are_those_of_scipy(ties: str) -> None:
    column = [3.0, 1.0, 3.0, 2.0, 9.0, 3.0]
    posts = Posts.single()
    ranks = stats.rankdata(column, method=ties)
    assert one("rank", column, posts, ties=ties) == ranks.tolist()
    assert one("percentile_rank", column, posts, ties=ties) == pytest.approx(100 * (ranks - 1) / 5)


def test_values_of_a_later_period_on_the_bounds_of_the_first() -> None:
    first, later = [10.0, 20.0, 30.0], [5.0, 20.0, 40.0]
    posts = Posts.single()
    assert one("min_max", later, posts, first) == [-25.0, 50.0, 150.0]
    assert one("z_score", later, posts, first) == pytest.approx([-1.5, 0.0, 2.0])
    assert one("percentile_rank", later, posts, first) == [0.0, 50.0, 100.0]


def test_distances() -> None:
    assert one("distance_to_leader", [2.0, 4.0, 10.0], Posts.single()) == pytest.approx([0, 25, 100])
    posts = Posts.single(low="0", target="8", clip="true")
    assert one("distance_to_target", [2.0, 8.0, 10.0], posts) == [25.0, 100.0, 100.0]
    posts = Posts.single(reference="6")
    assert one("distance_to_reference", [2.0, 4.0, 10.0], posts, range=(0, 1)) == [0.0, 0.5, 2.0]


def test_bands_by_shares_of_the_units() -> None:
    column = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert one("bands", column, Posts.single(), shares=(0.25, 0.75)) == [0.0, 0.0, 50.0, 50.0, 100.0]


def test_normalisation_of_a_unit_compared_with(compose: Any, root: Any) -> None:
    frame = {"a": [2.0, 6.0, 10.0], "unit": ["AT", "EU", "BE"]}
    step = {"step": "normalise", "method": "distance_to_reference", "unit": "EU"}
    assert root(compose(frame, [step])) == {"AT": 0.0, "BE": 200.0, "EU": 100.0}
    assert root(compose(frame, [step], {"a": {"direction": "-1"}})) == {"AT": 200.0, "BE": 0.0, "EU": 100.0}
    panel = {"a": [1.0, 2.0, 3.0, 5.0], "unit": ["AT", "EU"] * 2, "year": ["1", "1", "2", "2"]}
    found = compose(panel, [{**step, "over": "period"}], wave="year")
    assert found.scores["value"].tolist() == [0.0, 0.0, 100.0, 100.0]


# Weights


def test_the_first_component_is_that_of_the_correlations() -> None:
    x = TABLE[:, :1] + RNG.normal(size=(40, 3)) * [5, 10, 20]
    loadings = np.linalg.svd(stats.zscore(x))[2][0]
    expected = loadings / loadings.sum()
    assert weight.pca(x, list("abc"), np.ones(3), Weighting(method="pca")) == pytest.approx(expected)


def test_benefit_of_the_doubt_holds_its_bounds_and_nobody_passes_the_best() -> None:
    settings = Weighting(method="benefit_of_the_doubt", bounds=(0.1, 0.4), best=100)
    x = TABLE[:12]
    found = weight.benefit_of_the_doubt(x, list("abcde"), np.ones(5), settings)
    scores = (found * x).sum(axis=1)
    shares = found * x / scores[:, None]
    assert shares.min() >= 0.1 - 1e-9 and shares.max() <= 0.4 + 1e-9
    for own in found:
        assert (x @ own).max() <= 100 + 1e-7
    assert scores.max() == pytest.approx(100)
    free = weight.benefit_of_the_doubt(x, list("abcde"), np.ones(5), Weighting(method="benefit_of_the_doubt", best=100))
    assert ((free * x).sum(axis=1) >= scores - 1e-7).all()


def test_benefit_of_the_doubt_is_the_best_of_many_weights() -> None:
    x = TABLE[:8, :3]
    weights = RNG.dirichlet(np.ones(3), size=20_000)
    best = (x @ weights.T / (x @ weights.T).max(axis=0)).max(axis=1)
    found = weight.benefit_of_the_doubt(x, list("abc"), np.ones(3), Weighting(method="benefit_of_the_doubt"))
    ours = (found * x).sum(axis=1)
    assert (ours >= best - 1e-9).all() and ours == pytest.approx(best, abs=0.02)


def test_weights_of_experts_and_of_items(compose: Any, root: Any) -> None:
    experts = {"first": {"a": 30, "b": 70}, "second": {"a": 5, "b": 5}}
    nodes: dict[str, Any] = {"overall": {"label": "All", "items": {"code": ["a", "b"]},
                                         "weighting": {"method": "budget", "experts": experts}}}  # fmt: skip
    frame = {"a": [10.0], "b": [20.0]}
    assert root(compose(frame, nodes=nodes))["u00"] == pytest.approx(16)
    nodes["overall"].pop("weighting")
    items = {"a": {"weight": 3}, "b": {}}
    assert root(compose(frame, items=items, nodes=nodes))["u00"] == 12.5
    nodes["overall"]["weighting"] = "equal"
    assert root(compose(frame, items=items, nodes=nodes))["u00"] == 15
    nodes["overall"] |= {"weighting": "benefit_of_the_doubt", "aggregate": "sum"}
    found = compose({"a": [10.0, 5.0], "b": [20.0, 30.0]}, nodes=nodes)
    assert root(found) == pytest.approx({"u00": 1.0, "u01": 1.0})
    assert found.contributions.groupby("code")["contribution"].sum().tolist() == pytest.approx([1.0, 1.0])


# Trees


def test_a_tree_of_any_depth_with_a_method_at_each_node(compose: Any, root: Any) -> None:
    nodes = {
        "overall": {"label": "All", "of": ["x", "y"], "aggregate": "geometric"},
        "x": {"label": "X", "of": ["x1", "x2"], "aggregate": "minimum"},
        "x1": {"label": "X1", "items": {"code": "a"}},
        "x2": {"label": "X2", "of": ["deep"]},
        "deep": {"label": "Deep", "items": {"code": ["b", "c"]}, "weights": {"c": 3}},
        "y": {"label": "Y", "items": {"code": ["d"]}, "aggregate": "percent_of_maximum"},
    }
    items: dict[str, Any] = {"a": {}, "b": {}, "c": {}, "d": {"high": 50}}
    found = compose({"a": [50.0], "b": [20.0], "c": [40.0], "d": [20.0]}, items=items, nodes=nodes)
    values = found.scores.set_index("dimension")["value"].to_dict()
    expected = {"overall": (35 * 40) ** 0.5, "x": 35, "x1": 50, "x2": 35, "deep": 35, "y": 40}
    assert values == pytest.approx(expected)
    assert found.scores.set_index("dimension")["n_items"].to_dict()["x"] == 3


def test_the_most_possible_goes_up_the_tree(compose: Any, root: Any) -> None:
    nodes = {
        "overall": {"label": "All", "of": ["x", "y"], "aggregate": "percent_of_maximum"},
        "x": {"label": "X", "items": {"code": ["a", "b"]}, "aggregate": "sum"},
        "y": {"label": "Y", "items": {"code": ["c"]}},
    }
    items = {"a": {"high": 10}, "b": {"high": 20}, "c": {"high": 70}}
    found = compose({"a": [5.0], "b": [10.0], "c": [10.0]}, items=items, nodes=nodes)
    assert root(found)["u00"] == pytest.approx(100 * 25 / 100)


def test_a_node_with_too_few_children_has_no_value(compose: Any, root: Any) -> None:
    nodes = {"overall": {"label": "All", "items": {"code": ["a", "b", "c"]}, "available": "2/3"}}
    frame = {"a": [1.0, 1.0, NA, 1.0], "b": [3.0, NA, NA, 1.0], "c": [NA, NA, NA, 1.0]}
    found = compose(frame, nodes=nodes)
    assert root(found) == pytest.approx({"u00": 2.0, "u01": NA, "u02": NA, "u03": 1.0}, nan_ok=True)
    assert found.scores["status"].tolist() == ["ok", "m", "m", "ok"]
    assert found.contributions["contribution"].isna().sum() == 6


def test_rates_per_head(compose: Any, root: Any) -> None:
    frame = {"a": [10.0, 10.0, NA], "people": [1000, 500, 800]}
    found = compose(frame, items={"a": {"per": "people", "factor": 1000}}, types={"people": "integer"})
    assert root(found) == pytest.approx({"u00": 10.0, "u01": 20.0, "u02": NA}, nan_ok=True)
