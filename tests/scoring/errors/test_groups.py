"""Scores of groups: means and errors by hand and against statsmodels, levels, reasons, bad input."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st

from dihkpi.errors import ScoringError, UsageError
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.score import score
from dihkpi.scoring.wide import from_table, score_matrix

ROOT = {"dimension": "overall"}


@pytest.fixture(scope="module")
def network(questions, given, belong):
    """Sixty respondents of three hubs, in firms of two, with missing answers; two waves."""
    rng = np.random.default_rng(5)

    def make(uncertainty=None, **fields):
        survey = questions({"a": 4, "b": 3}, uncertainty, **fields)
        codes = rng_codes.copy()
        hubs = ["north"] * 30 + ["south"] * 18 + ["west"] * 12
        nuts = ["DE11"] * 30 + ["FR10"] * 30
        groups = belong(hubs, nuts=nuts, firm=[f"f{i // 2}" for i in range(60)], customers=[90.0] * 30 + [40.0] * 30)
        return survey, given(survey, codes, ("T0", "T1")), groups

    rng_codes = rng.integers(-1, 6, (120, 7))
    return make


def test_mean_error_and_interval_by_hand(questions, given, belong, definitions, pick):
    survey = questions({"a": 1})
    scores = score_matrix(given(survey, [[1], [2], [3], [5]]), survey, definitions)
    found = group_scores(scores, belong(["h", "h", "h", "g"]), definitions)
    row = pick(found.scores, level="hub", code="h", **ROOT)
    assert row["value"] == pytest.approx(40)
    assert row["se"] == pytest.approx(20 / sqrt(3))
    assert (row["lo"], row["hi"]) == pytest.approx((0, 40 + 4.302652729749464 * 20 / sqrt(3)))
    assert (row["n_items"], row["n_answered"], row["band"], row["status"]) == (1, 1, "low", "ok")
    row = pick(found.uncertainty, level="hub", code="h", source="sampling", **ROOT)
    assert (row["n"], row["df"]) == (3, 2)
    assert pick(found.scores, level="network", code="all", **ROOT)["value"] == pytest.approx(55)


def test_one_respondent_has_no_error_and_the_reason_is_said(questions, given, belong, definitions, pick):
    survey = questions({"a": 2})
    scores = score_matrix(given(survey, [[1, 2], [2, -1], [-1, -1]]), survey, definitions)
    found = group_scores(scores, belong(["h", "g", "none"]), definitions)
    row = pick(found.scores, code="h", **ROOT)
    assert row[["se", "lo", "hi"]].isna().all()
    row = pick(found.uncertainty, code="h", source="data", **ROOT)
    assert np.isnan(row["se"])
    assert row["reason"] == "one respondent only: no spread to tell an error from"
    empty = pick(found.scores, code="none", **ROOT)
    assert (empty["status"], np.isnan(empty["value"])) == ("m", True)
    assert pick(found.uncertainty, code="none", source="data", **ROOT)["reason"] == "no respondent has a score here"
    without = found.uncertainty[found.uncertainty["se"].isna()]
    assert len(without)
    assert without["reason"].notna().all()
    assert found.uncertainty.loc[found.uncertainty["se"].notna(), "reason"].isna().all()


def test_levels_come_from_the_definitions(network, definitions):
    survey, answers, groups = network()
    scores = score_matrix(answers, survey, definitions)
    found = group_scores(scores, groups, definitions).scores
    assert found.groupby("level", sort=False)["code"].unique().map(list).to_dict() == {
        "hub": ["north", "south", "west"], "nuts2": ["DE11", "FR10"], "country": ["DE", "FR"], "network": ["all"],
    }  # fmt: skip
    assert set(found["wave"]) == {"T0", "T1"}
    only = group_scores(scores, groups[["respondent", "hub"]], definitions).scores
    assert list(only["level"].unique()) == ["hub", "network"]
    unplaced = groups.assign(hub=groups["hub"].where(groups["hub"] != "west"))
    without = group_scores(scores, unplaced[["respondent", "hub"]], definitions)
    assert list(without.scores.loc[without.scores["level"] == "hub", "code"].unique()) == ["north", "south"]
    whole = without.uncertainty.query("level == 'network' and dimension == 'overall' and source == 'data'")
    assert whole["n"].max() == 60


def test_clusters_agree_with_the_cluster_robust_error_of_a_regression(network, definitions, pick):
    survey, answers, groups = network({"sampling": {"cluster": "firm"}})
    scores = score_matrix(answers, survey, definitions)
    found = group_scores(scores, groups, definitions).uncertainty
    table = score(answers, survey, definitions).merge(groups, left_on="code", right_on="respondent")
    for hub in ("north", "south"):
        own = table.query("hub == @hub and wave == 'T0' and dimension == 'overall'").dropna(subset="value")
        firms = pd.factorize(own["firm"])[0]
        fit = smf.ols("value ~ 1", own).fit(cov_type="cluster", cov_kwds={"groups": firms})
        # statsmodels has (n - 1) / (n - k) = 1 beside C / (C - 1)
        row = pick(found, code=hub, wave="T0", source="sampling", **ROOT)
        assert row["se"] == pytest.approx(fit.bse.iloc[0])
        assert row["n"] == len(set(firms))


def test_equal_clusters_have_one_degree_of_freedom_less_than_clusters(questions, given, belong, definitions, pick):
    survey = questions({"a": 1}, {"sampling": {"cluster": "firm"}})
    codes = [[c] for c in (0, 1, 2, 2, 4, 5)]
    scores = score_matrix(given(survey, codes), survey, definitions)
    row = pick(group_scores(scores, belong(["h"] * 6, firm=list("aabbcc")), definitions).uncertainty,
               level="hub", source="sampling", **ROOT)  # fmt: skip
    assert (row["n"], row["df"]) == (3, pytest.approx(2))
    # sums around the mean 46 2/3 of firms: -220/3, -40/3, 260/3; C / (C - 1) sum z^2 / n^2
    assert row["se"] == pytest.approx(sqrt(1.5 * (220**2 + 40**2 + 260**2) / 9 / 36))
    row = pick(group_scores(scores, belong(["h"] * 6, firm=list("aaaabc")), definitions).uncertainty,
               level="hub", source="sampling", **ROOT)  # fmt: skip
    p = np.array([4, 1, 1]) / 6
    assert row["df"] == pytest.approx(
        (1 - (p**2).sum()) ** 2 / (((p * (1 - p)) ** 2).sum() + (p**2).sum() ** 2 - (p**4).sum())
    )
    assert row["df"] < 2


def test_hubs_as_clusters_are_few_above_and_nothing_at_their_own_level(network, definitions, pick):
    survey, answers, groups = network({"sampling": {"cluster": "hub"}})
    found = group_scores(score_matrix(answers, survey, definitions), groups, definitions).uncertainty
    assert pick(found, level="network", wave="T0", source="sampling", **ROOT)["n"] == 3
    assert pick(found, level="hub", code="north", wave="T0", source="sampling", **ROOT)["n"] == 30
    row = pick(found, level="country", code="DE", wave="T0", source="sampling", **ROOT)
    assert (np.isnan(row["se"]), row["reason"]) == (True, "one cluster only: no spread to tell an error from")


def test_a_known_population_makes_the_error_smaller_but_not_that_of_measurement(network, definitions, pick):
    survey, answers, groups = network()
    plain = group_scores(score_matrix(answers, survey, definitions), groups, definitions).uncertainty
    survey, answers, groups = network({"sampling": {"population": "customers"}})
    scores = score_matrix(answers, survey, definitions)
    found = group_scores(scores, groups, definitions).uncertainty
    for level, code, part in (("hub", "north", 30 / 90), ("country", "FR", 30 / 80), ("network", "all", 60 / 170)):
        where = {"level": level, "code": code, "wave": "T0", **ROOT}
        before = pick(plain, source="sampling", **where)
        after = pick(found, source="sampling", **where)
        assert after["se"] == pytest.approx(before["se"] * sqrt(1 - part))


def test_where_all_were_asked_the_error_of_measurement_stays(questions, given, belong, definitions, pick):
    survey = questions({"a": 6}, {"sampling": {"population": "all"}})
    rng = np.random.default_rng(2)
    codes = np.clip(np.round(2.5 + rng.normal(size=(50, 1)) + rng.normal(size=(50, 6))), 0, 5).astype(int)
    scores = score_matrix(given(survey, codes), survey, definitions)
    found = group_scores(scores, belong(["h"] * 50, all=[50] * 50), definitions)
    sem = score(given(survey, codes), survey, definitions).query("dimension == 'overall'")["se"].iloc[0]
    assert pick(found.uncertainty, level="hub", source="sampling", **ROOT)["se"] == 0
    for source in ("measurement", "data"):
        assert pick(found.uncertainty, level="hub", source=source, **ROOT)["se"] == pytest.approx(sem / sqrt(50))
    assert pick(found.scores, level="hub", **ROOT)["se"] == pytest.approx(sem / sqrt(50))


def test_shares_of_the_sources_sum_to_one(questions, given, belong, definitions):
    rng = np.random.default_rng(2)
    ability = rng.normal(size=(50, 1))
    codes = np.clip(np.round(2.5 + ability + rng.normal(size=(50, 6))), 0, 5).astype(int)
    codes[rng.random(codes.shape) < 0.2] = -1
    survey = questions({"a": 3, "b": 3}, {"imputations": 5, "sampling": {"population": "all"}})
    scores = score_matrix(given(survey, codes), survey, definitions)
    table = group_scores(scores, belong(["g"] * 30 + ["h"] * 20, all=[90] * 50), definitions).uncertainty
    shares = table[table["source"] != "data"].groupby(["level", "code", "dimension"])["share"].sum(min_count=3)
    assert len(shares) == 9
    assert shares.to_numpy() == pytest.approx(1.0)
    assert (table["share"] >= 0).all()


def test_band_probabilities(questions, given, belong, definitions, pick):
    survey = questions({"a": 1})
    scores = score_matrix(given(survey, [[1], [2], [3], [5], [5]]), survey, definitions)
    bands = group_scores(scores, belong(["h", "h", "h", "g", "g"]), definitions).bands
    own = bands[(bands["code"] == "h") & (bands["dimension"] == "overall")].set_index("band")["probability"]
    # (50 - 40) / (20 / sqrt 3) = 0.866; Student's t with two degrees of freedom below it: 1/2 + z / (2 sqrt(2 + z^2))
    z = 10 / (20 / sqrt(3))
    assert own.to_dict() == pytest.approx(
        {"low": 0.5 + z / (2 * sqrt(2 + z**2)), "high": 0.5 - z / (2 * sqrt(2 + z**2))}
    )
    assert "g" not in set(bands["code"])  # both at the top: nothing to doubt


def test_the_table_of_scores_gives_the_same_groups(network, definitions):
    survey, answers, groups = network()
    wide = group_scores(score_matrix(answers, survey, definitions), groups, definitions)
    table = group_scores(from_table(score(answers, survey, definitions), survey), groups, definitions)
    pd.testing.assert_frame_equal(wide.scores, table.scores)
    reasons = table.uncertainty.loc[table.uncertainty["source"] == "measurement", "reason"]
    assert set(reasons) == {"the answers are not known, only their scores"}


@always(st.permutations(range(120)), st.integers(1, 130))
@settings(max_examples=8, deadline=None)
def test_neither_the_order_of_rows_nor_blocks_change_a_bit(network, definitions, order, rows):
    survey, answers, groups = network({"imputations": 2, "sampling": {"cluster": "firm"}})
    one = score_matrix(answers, survey, definitions)
    other = score_matrix(answers.iloc[order], survey, definitions, rows=rows)
    assert np.array_equal(one.value, other.value, equal_nan=True)
    left = group_scores(one, groups, definitions)
    right = group_scores(other, groups.sample(frac=1, random_state=rows), definitions)
    pd.testing.assert_frame_equal(left.uncertainty, right.uncertainty, check_exact=True)


@pytest.mark.parametrize(
    ("sampling", "change", "message"),
    [
        (
            {"cluster": "frim"},
            {},
            "uncertainty › sampling › cluster: unknown column 'frim'\n      did you mean 'firm'?",
        ),
        ({"population": "customer"}, {}, "population: unknown column 'customer'\n      did you mean 'customers'?"),
        ({"population": "customers"}, {"customers": 20.0}, "population: hub north has 30 respondents of 20"),
    ],
)
def test_what_the_definition_names_must_be_there_and_fit(network, definitions, sampling, change, message):
    survey, answers, groups = network({"sampling": sampling})
    with pytest.raises(ScoringError) as caught:
        group_scores(score_matrix(answers, survey, definitions), groups.assign(**change), definitions)
    assert message in str(caught.value)


def test_a_respondent_in_two_hubs_is_refused(network, definitions):
    survey, answers, groups = network()
    twice = pd.concat([groups, groups.iloc[:1].assign(hub="west")])
    with pytest.raises(ScoringError, match="respondent r0000 has two entries of 'hub': north, west"):
        group_scores(score_matrix(answers, survey, definitions), twice, definitions)


def test_a_population_has_one_number_per_hub(network, definitions):
    survey, answers, groups = network({"sampling": {"population": "customers"}})
    with pytest.raises(ScoringError, match="hub north has several numbers in column 'customers'"):
        group_scores(score_matrix(answers, survey, definitions), groups.assign(customers=range(100, 160)), definitions)


def test_scores_of_another_survey_are_told(network, definitions, questions):
    survey, answers, _ = network()
    table = score(answers, survey, definitions)
    with pytest.raises(UsageError, match="no scores of respondents"):
        from_table(table.assign(survey="other"), survey)
