"""Units beside their peers: by hand, nobody left out, and nothing claimed without an error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError
from dihkpi.scoring.effective import effective_weights, first_order
from dihkpi.scoring.strengths import extremes, strengths


def scores(values: dict[str, list[float]], se: float | None = 1.0) -> pd.DataFrame:
    """Units a, b, c, … with a value per dimension, every score with the same error."""
    rows = [
        {"level": "hub", "code": "abcdefghijklmnop"[i], "survey": "s", "version": "v1", "wave": "T0", "dimension": node,
         "value": value, "se": np.nan if se is None else se, "lo": np.nan, "hi": np.nan, "n_items": 1, "n_answered": 1,
         "band": None, "status": "m" if np.isnan(value) else "ok"}
        for node, column in values.items() for i, value in enumerate(column)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_by_hand(definitions: Definitions) -> None:
    found = strengths(scores({"x": [10, 20, 60], "y": [5, 5, 5]}), definitions).set_index(["code", "dimension"])
    row = found.loc[("c", "x")]
    assert (row["peers"], row["mean"], row["median"], row["gap"], row["rank"]) == (2, 15, 15, 45, 1)
    assert row["se"] == pytest.approx(np.sqrt(1 + 2 / 4)), "own variance, and two of the others over the square of two"
    assert row["errors"] == pytest.approx(45 / np.sqrt(1.5)) and row["spreads"] == pytest.approx(45 / np.sqrt(50))
    assert row["verdict"] == "strength"
    assert found.loc[("a", "x"), "verdict"] == "weakness"
    assert (found.xs("y", level="dimension")["verdict"] == "none").all()


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_mean_and_median_are_those_of_the_others(n: int, definitions: Definitions) -> None:
    column = np.random.default_rng(n).integers(0, 9, n).astype(float)
    found = strengths(scores({"x": column.tolist()}), definitions).set_index("code")
    for i, code in enumerate(found.index):
        others = np.delete(column, i)
        assert found.loc[code, "median"] == np.median(others) and found.loc[code, "mean"] == pytest.approx(
            others.mean()
        )


def test_who_is_last_stays_among_the_weaknesses(definitions: Definitions) -> None:
    """Each unit is last in one dimension, and there it is weakest, however the others stand."""
    values = {f"d{i}": [0.0 if j == i else 50.0 + j for j in range(4)] for i in range(4)}
    found = strengths(scores(values), definitions)
    for i, code in enumerate("abcd"):
        worst = extremes(found, code, 1).iloc[0]
        assert worst["dimension"] == f"d{i}" and worst["rank"] == 4 and worst["verdict"] == "weakness"


def test_bottom_ten_are_ten_and_several_units_are_accepted(definitions: Definitions) -> None:
    rng = np.random.default_rng(1)
    found = strengths(scores({f"d{i}": rng.normal(50, 9, 6).tolist() for i in range(14)}), definitions)
    assert len(extremes(found, "a", 10)) == 10
    both = extremes(found, ["a", "b"], 3, weakest=False)
    assert both["code"].tolist() == ["a"] * 3 + ["b"] * 3
    top = found[found["code"] == "a"].sort_values("errors", ascending=False)["dimension"].head(3).tolist()
    assert both["dimension"].head(3).tolist() == top
    with pytest.raises(UsageError, match="no unit 'A'"):
        extremes(found, "A", 1)


def test_exact_scores_claim_nothing(definitions: Definitions) -> None:
    found = strengths(scores({"x": [1, 2, 9]}, se=None), definitions)
    assert (found["verdict"] == "unknown").all() and found["errors"].isna().all() and found["spreads"].notna().all()


def test_units_without_value_are_nobodys_peers(definitions: Definitions) -> None:
    found = strengths(scores({"x": [1, np.nan, 9], "y": [1, 2, 3]}), definitions).set_index(["code", "dimension"])
    assert ("b", "x") not in found.index and found.loc[("a", "x"), "peers"] == 1
    assert strengths(scores({"x": [1.0]}), definitions).empty, "nobody to compare with"


def test_more_dimensions_ask_for_more(definitions: Definitions) -> None:
    """A gap of 2.4 errors stands out alone, and not among twenty dimensions."""
    gap = 2.4 * np.sqrt(1 + 1 / 4) + 50
    alone = scores({"x": [gap, 50, 50, 50, 50]})
    among = scores({"x": [gap, 50, 50, 50, 50], **{f"d{i}": [50.0] * 5 for i in range(19)}})
    verdicts = [
        strengths(t, definitions).set_index(["code", "dimension"]).loc[("a", "x"), "verdict"] for t in (alone, among)
    ]
    assert verdicts == ["strength", "none"]


def contributions(parts: dict[str, np.ndarray], values: dict[str, np.ndarray] | None = None) -> pd.DataFrame:
    values = values or parts
    n = len(next(iter(parts.values())))
    return pd.concat([
        pd.DataFrame({"level": "hub", "code": [f"u{i:04}" for i in range(n)], "survey": "s", "version": "v1",
                      "wave": "T0", "node": "overall", "child": child, "value": values[child], "weight": 1.0,
                      "contribution": part})
        for child, part in parts.items()
    ])  # fmt: skip


def test_effective_weights_of_normal_values_are_squared_correlations(definitions: Definitions) -> None:
    rng = np.random.default_rng(4)
    x, z = rng.standard_normal((2, 20_000))
    y = 0.6 * x + 0.8 * z
    found = effective_weights(contributions({"x": x, "y": 2 * y}), definitions).set_index("child")
    assert found["nominal"].tolist() == [0.5, 0.5], "equal weights"
    variance = 1 + 4 + 2 * 2 * 0.6
    for child, covariance, own in (("x", 1 + 2 * 0.6, 1.0), ("y", 4 + 2 * 0.6, 4.0)):
        squared = covariance**2 / (own * variance)
        assert found.loc[child, "importance"] == pytest.approx(squared, abs=0.02), "are not of equal importance"
        assert found.loc[child, "variance_share"] == pytest.approx(covariance / variance, abs=0.02)
    assert found["variance_share"].sum() == pytest.approx(1, abs=1e-12)


def test_an_effect_that_is_no_line_is_seen() -> None:
    x = np.linspace(-1, 1, 400)
    assert first_order(x, x**2) == pytest.approx(1, abs=1e-9)
    assert np.corrcoef(x, x**2)[0, 1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"x": np.array([1.0])}, "fewer than two units"),
        ({"x": np.ones(5), "y": np.ones(5)}, "all units have the same score"),
        ({"x": np.ones(5), "y": np.arange(5.0)}, "all units have the same value"),
    ],
)
def test_without_spread_the_reason_is_said(parts: dict[str, np.ndarray], reason: str, definitions: Definitions) -> None:
    found = effective_weights(contributions(parts), definitions).set_index("child")
    assert reason in found.loc["x", "reason"] and np.isnan(found.loc["x", "importance"])
