"""Errors of the data of composites: standard errors that came along, several rows per unit, imputed values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.errors import DefinitionError, ScoringError, UsageError
from dihkpi.scoring.composite import score_values
from dihkpi.scoring.replicate.analysis import CompositeUncertainty, composite_uncertainty
from dihkpi.scoring.replicate.imputation import rubin

NA = np.nan
TREE = {"overall": {"label": "All", "items": {"code": ["a", "b"]}}}


def of(found: CompositeUncertainty, source: str, dimension: str = "overall") -> pd.DataFrame:
    """Rows of one source, by unit."""
    table = found.table
    return table[(table["source"] == source) & (table["dimension"] == dimension)].set_index("code")


@pytest.fixture
def analyse(definitions: Definitions, survey_of: Any) -> Any:
    def call(frame: pd.DataFrame, scoring: dict[str, Any], wave: str | None = None, key: tuple[str, ...] = (),
             **asked: Any) -> CompositeUncertainty:  # fmt: skip
        return composite_uncertainty(frame, survey_of(frame, scoring, wave, key), definitions, **asked)

    return call


# Standard errors that came with the numbers


def test_given_errors_go_through_a_mean_by_the_formula(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [10.0, 20.0], "b": [4.0, 8.0], "ea": [3.0, 0.0], "eb": [4.0, 1.0]})
    scoring = {"items": {"a": {"error": "ea"}, "b": {"error": "eb"}}, "nodes": TREE}
    found = of(analyse(frame, scoring, replications=20000), "input")
    assert found["se"].to_dict() == pytest.approx({"k": 5 / 2, "l": 1 / 2}, rel=0.03)  # sqrt(9 + 16) / 2
    assert found.loc["k", "lo"] == pytest.approx(7 - 1.96 * 2.5, abs=0.15)
    assert found["share"].to_list() == [1.0, 1.0] and found["reason"].isna().all()


def test_errors_are_divided_as_their_numbers_are(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [10.0, 20.0], "e": [3.0, 3.0], "people": [1000.0, 500.0]})
    items = {"a": {"error": "e", "per": "people", "factor": 1000}}
    nodes = {"overall": {"label": "All", "items": {"code": "a"}}}
    found = of(analyse(frame, {"items": items, "nodes": nodes}, replications=20000), "data")
    assert found["se"].to_dict() == pytest.approx({"k": 3.0, "l": 6.0}, rel=0.03)


def test_a_value_without_its_error_has_no_error_and_says_why(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [10.0, 20.0], "b": [4.0, 8.0], "ea": [3.0, NA]})
    found = analyse(frame, {"items": {"a": {"error": "ea"}, "b": {}}, "nodes": TREE}, replications=50)
    for source in ("input", "data"):
        rows = of(found, source)
        assert rows.loc["k", "se"] > 0 and np.isnan(rows.loc["l", "se"])
        assert rows.loc["l", "reason"] == "a has no standard error"
    assert of(found, "all").loc["l", "reason"] == "a has no standard error"


def test_a_negative_error_is_refused(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [10.0, 20.0], "e": [3.0, -1.0]})
    nodes = {"overall": {"label": "All", "items": {"code": "a"}}}
    with pytest.raises(ScoringError, match="items › a › error: 'e' of l is -1, below 0"):
        analyse(frame, {"items": {"a": {"error": "e"}}, "nodes": nodes})


# Several rows per unit


def raters(rows: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"unit": unit, "rater": f"r{i}", "a": a} for unit, marks in rows.items() for i, a in enumerate(marks)]
    )


ONE = {"items": {"a": {}}, "nodes": {"overall": {"label": "All", "items": {"code": "a"}}}}


def test_rows_are_averaged_and_their_spread_is_the_error_of_the_mean(analyse: Any) -> None:
    frame = raters({"k": [1.0, 2.0, 6.0], "l": [5.0, 5.0], "m": [7.0]})
    found = analyse(frame, {**ONE, "repeats": {"column": "rater"}}, key=("rater",), replications=20000)
    rows = of(found, "rater")
    assert rows["value"].to_dict() == {"k": 3.0, "l": 5.0, "m": 7.0}
    assert rows.loc["k", "se"] == pytest.approx(np.std([1, 2, 6], ddof=1) / np.sqrt(3), rel=0.03)
    assert rows.loc["l", "se"] == 0
    assert np.isnan(rows.loc["m", "se"]) and "one row alone has a" in rows.loc["m", "reason"]
    assert rows["n"].to_list() == [3, 2, 1] and rows.loc["k", "df"] == 2
    half = rows.loc["k", "hi"] - 3
    assert half == pytest.approx(4.3027 * rows.loc["k", "se"], rel=1e-4)  # t with 2 degrees of freedom


def test_two_rows_are_not_taken_for_half_their_error(analyse: Any) -> None:
    frame = raters({"k": [1.0, 5.0], "l": [2.0, 4.0]})
    rows = of(analyse(frame, {**ONE, "repeats": {"column": "rater"}}, key=("rater",), replications=20000), "rater")
    assert rows["se"].to_dict() == pytest.approx({"k": 2.0, "l": 1.0}, rel=0.03)  # s / sqrt(2)


def test_whole_clusters_are_drawn(analyse: Any) -> None:
    frame = raters({"k": [1.0, 1.0, 5.0, 5.0], "l": [1.0, 5.0, 1.0, 5.0]}).assign(firm=["f", "f", "g", "g"] * 2)
    repeats = {"column": "rater", "source": "sampling", "cluster": "firm"}
    rows = of(analyse(frame, {**ONE, "repeats": repeats}, key=("rater",), replications=20000), "sampling")
    assert rows["se"].to_dict() == pytest.approx({"k": 2.0, "l": 0.0}, rel=0.03)  # two clusters of means 1 and 5; equal
    assert rows["n"].to_list() == [2, 2]


def test_the_scores_carry_the_errors_of_the_data(definitions: Definitions, survey_of: Any) -> None:
    frame = raters({"k": [1.0, 2.0, 6.0], "l": [5.0, 5.0, 8.0]})
    survey = survey_of(frame, {**ONE, "repeats": {"column": "rater"}}, None, ("rater",))
    scores = score_values(frame, survey, definitions).scores.set_index("code")
    table = of(composite_uncertainty(frame, survey, definitions), "data")
    for name in ("value", "se", "lo", "hi"):
        assert scores[name].to_list() == pytest.approx(table[name].to_list(), rel=1e-12)
    again = score_values(frame.iloc[::-1], survey, definitions).scores
    pd.testing.assert_frame_equal(again, scores.reset_index()[list(again)])


def test_repeats_without_their_column_in_the_key_are_refused(analyse: Any) -> None:
    frame = raters({"k": [1.0, 2.0]})
    with pytest.raises(DefinitionError, match="repeats › column: 'rater' does not stand in the key"):
        analyse(frame, {**ONE, "repeats": {"column": "rater"}})
    with pytest.raises(DefinitionError, match="unknown column 'ratr'"):
        analyse(frame, {**ONE, "repeats": {"column": "ratr"}}, key=("rater",))


@pytest.mark.slow
def test_intervals_of_means_of_raters_cover_the_truth(definitions: Definitions, survey_of: Any) -> None:
    rng = np.random.default_rng(8)
    n, k = 300, 6
    truth = rng.normal(50, 10, n)
    marks = truth[:, None] + rng.normal(0, 5, (n, k))
    frame = raters({f"u{i:03}": list(row) for i, row in enumerate(marks)})
    survey = survey_of(frame, {**ONE, "repeats": {"column": "rater"}}, None, ("rater",))
    scores = score_values(frame, survey, definitions).scores
    covered = ((scores["lo"] <= truth) & (truth <= scores["hi"])).mean()
    assert 0.92 <= covered <= 0.98


# Imputed values


def test_rubins_rules_and_degrees_of_freedom() -> None:
    total, df = rubin(np.array([4.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0]), 5)
    assert total.tolist() == [4.0 + 1.2, 1.2, 1.0]
    assert df.tolist() == [pytest.approx(4 / (1.2 / 5.2) ** 2), 4.0, np.inf]  # Rubin's (m - 1) / share^2
    _, df = rubin(np.array([4.0]), np.array([1.0]), 5, 19.0)
    share = 1.2 / 5.2
    old, observed = 4 / share**2, 20 / 22 * 19 * (1 - share)
    assert df[0] == pytest.approx(1 / (1 / old + 1 / observed))  # Barnard and Rubin


FILL = [{"step": "impute", "method": "mean"}]


def test_an_imputed_value_has_the_error_of_its_prediction(analyse: Any) -> None:
    rng = np.random.default_rng(4)
    a = rng.normal(100, 10, 400)
    frame = pd.DataFrame({"unit": [f"u{i:03}" for i in range(400)], "a": a})
    frame.loc[[7, 9], "a"] = NA
    found = analyse(frame, {**ONE, "steps": FILL, "uncertainty": {"imputations": 200}}, replications=400)
    rows = of(found, "imputation")
    for unit in ("u007", "u009"):
        assert rows.loc[unit, "se"] == pytest.approx(np.nanstd(frame["a"], ddof=1), rel=0.15)
        assert rows.loc[unit, "df"] == pytest.approx(199)
    others = rows.drop(["u007", "u009"])
    assert (others["se"] == 0).all()


def test_imputed_values_stay_within_what_was_seen_and_known_ones_never_move(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("klmnop"), "a": [1.0, 2.0, 3.0, 4.0, NA, 100.0], "b": 1.0})
    scoring = {"items": {"a": {}, "b": {}}, "nodes": TREE, "steps": FILL, "uncertainty": {"imputations": 50}}
    found = analyse(frame, scoring, replications=64)
    draws = found.draws["overall"]
    assert found.units["code"].tolist() == sorted(frame["unit"])
    imputed = draws[:, found.units["code"].tolist().index("o")] * 2 - 1
    assert imputed.min() >= 1 - 1e-9 and imputed.max() <= 100 + 1e-9 and imputed.std() > 0
    assert (np.delete(draws, 4, axis=1).std(axis=0) == 0).all()


def test_carrying_forward_is_off_by_the_change_between_periods(analyse: Any) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        [{"unit": f"u{i:02}", "year": str(year), "a": 50 + 10 * i + rng.normal(0, 1)}
         for i in range(60) for year in (2020, 2021, 2022)]
    )  # fmt: skip
    frame.loc[5, "a"] = NA  # u01 in 2022
    scoring = {**ONE, "steps": [{"step": "impute", "method": "carry_forward"}], "uncertainty": {"imputations": 300}}
    found = of(analyse(frame, scoring, wave="year", replications=300), "imputation")
    row = found[found["wave"] == "2022"].loc["u01"]
    assert row["se"] == pytest.approx(np.sqrt(2), rel=0.25)  # difference of two independent errors


def test_too_few_known_values_to_tell_how_well_they_are_imputed(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [1.0, NA], "b": [1.0, 2.0]})
    scoring = {"items": {"a": {}, "b": {}}, "nodes": TREE, "steps": FILL, "uncertainty": {"imputations": 5}}
    rows = of(analyse(frame, scoring, replications=16), "imputation")
    assert rows.loc["l", "reason"] == "too few known values of a to tell how well it is imputed"
    assert np.isnan(rows.loc["l", "se"]) and rows.loc["k", "se"] == 0


def test_two_sources_are_split_and_together_larger_than_each(analyse: Any) -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"unit": [f"u{i:02}" for i in range(40)], "a": rng.normal(50, 8, 40), "e": 3.0})
    frame.loc[3, "a"] = NA
    frame["b"], frame["eb"] = 10.0, 3.0
    scoring = {"items": {"a": {"error": "e"}, "b": {"error": "eb"}}, "nodes": TREE, "steps": FILL,
               "uncertainty": {"imputations": 64}}  # fmt: skip
    found = analyse(frame, scoring, replications=2048)
    se = {source: of(found, source).loc["u03", "se"] for source in ("input", "imputation", "data")}
    assert se["data"] ** 2 == pytest.approx(se["input"] ** 2 + se["imputation"] ** 2, rel=0.1)
    shares = {source: of(found, source).loc["u03", "share"] for source in ("input", "imputation")}
    assert shares["imputation"] == pytest.approx(se["imputation"] ** 2 / se["data"] ** 2, abs=0.1)
    assert sum(shares.values()) == pytest.approx(1, abs=0.1)


# Nothing, and too little


def test_nothing_declared_is_said(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [1.0, 2.0]})
    found = analyse(frame, ONE)
    assert found.table["source"].tolist() == ["all", "all"] and found.table["se"].isna().all()
    assert found.table["reason"].str.startswith("nothing is declared: scores are taken as exact").all()
    assert found.draws == {}


def test_a_unit_without_any_value_has_no_error_but_a_reason(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("klm"), "a": [1.0, 2.0, NA], "e": [0.1, 0.1, NA]})
    scoring = {"items": {"a": {"error": "e"}}, "nodes": ONE["nodes"]}
    rows = of(analyse(frame, scoring, replications=20), "data")
    assert np.isnan(rows.loc["m", "se"]) and rows.loc["m", "reason"] == "no score"


def test_one_unit_alone(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": ["k"], "a": [1.0], "e": [0.5]})
    scoring = {"items": {"a": {"error": "e"}}, "nodes": ONE["nodes"]}
    found = analyse(frame, scoring, replications=5000)
    assert of(found, "data").loc["k", "se"] == pytest.approx(0.5, rel=0.05)
    assert found.ranks[["rank", "lo", "median", "hi"]].iloc[0].tolist() == [1, 1, 1, 1]


def test_no_spread_in_a_replication_is_told(analyse: Any) -> None:
    frame = raters({"k": [1.0, 2.0], "l": [2.0, 1.0]})
    frame.loc[0, "a"] = 1.5
    frame.loc[2, "a"] = 1.5
    scoring = {**ONE, "repeats": {"column": "rater"}, "steps": [{"step": "normalise", "method": "min_max"}]}
    with pytest.raises(ScoringError, match=r"uncertainty .*steps › 1 \(normalise min_max\) › a: all 2 units have the"):
        analyse(frame, scoring, key=("rater",), replications=64)


def test_rows_of_a_panel_stay_in_their_period(analyse: Any) -> None:
    rows = [("k", "2020", 1.0), ("k", "2020", 5.0), ("k", "2021", 9.0), ("k", "2021", 9.0), ("l", "2020", 2.0)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "a"]).assign(rater=[f"r{i}" for i in range(5)])
    found = analyse(frame, {**ONE, "repeats": {"column": "rater"}}, wave="year", key=("rater",), replications=4000)
    table = found.table[found.table["source"] == "rater"].set_index(["code", "wave"])
    assert table["value"].to_dict() == {("k", "2020"): 3.0, ("k", "2021"): 9.0, ("l", "2020"): 2.0}
    assert table["se"].round(1).dropna().to_dict() == {("k", "2020"): 2.0, ("k", "2021"): 0.0}
    assert found.ranks.set_index(["code", "wave"]).query("source == 'all'")["rank"].to_dict() == {
        ("k", "2020"): 1, ("k", "2021"): 1, ("l", "2020"): 2,
    }  # fmt: skip


def test_an_error_too_large_for_a_logarithm_is_told_with_its_place(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [1.0, 20.0], "e": [3.0, 3.0]})
    scoring = {"items": {"a": {"error": "e", "transform": "log", "low": 1, "high": 100}}, "nodes": ONE["nodes"],
               "steps": [{"step": "normalise", "method": "goalposts"}]}  # fmt: skip
    with pytest.raises(ScoringError, match=r"a draw of the data: .*steps › 1 .* › a: -.* of k has no logarithm"):
        analyse(frame, scoring, replications=200)


def test_replications_that_tell_nothing_are_refused(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": list("kl"), "a": [1.0, 20.0], "e": [3.0, 3.0]})
    with pytest.raises(UsageError, match="1 replications tell nothing"):
        analyse(frame, {"items": {"a": {"error": "e"}}, "nodes": ONE["nodes"]}, replications=1)
