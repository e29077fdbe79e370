"""Changes and differences against scipy's paired and Welch intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dihkpi.errors import UsageError
from dihkpi.scoring.errors.differences import group_changes, group_differences
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.wide import score_matrix

ROOT = {"level": "hub", "dimension": "overall"}


@pytest.fixture(scope="module")
def waves(questions, given, belong, definitions):
    rng = np.random.default_rng(8)
    survey = questions({"a": 5})
    codes = rng.integers(0, 6, (80, 5))
    codes[75:80] = -1  # five answered nothing at T1
    return score_matrix(given(survey, codes, ("T0", "T1")), survey, definitions), belong(
        ["n"] * 15 + ["s"] * 24 + ["x"]
    )


def test_changes_are_those_of_pairs(waves, definitions, pick):
    scores, groups = waves
    found = group_changes(scores, groups, definitions)
    value = scores.value[:, 0].reshape(40, 2)  # respondent by respondent, T0 before T1
    for hub, rows in (("n", slice(0, 15)), ("s", slice(15, 39))):
        before, after = value[rows].T
        both = ~np.isnan(after)
        test = stats.ttest_rel(after[both], before[both])
        row = pick(found, code=hub, **ROOT)
        ends = test.confidence_interval(0.95)
        assert row["value"] == pytest.approx((after - before)[both].mean())
        assert (row["lo"], row["hi"], row["df"], row["n"]) == pytest.approx((*ends, test.df, both.sum()))
    assert pick(found, code="x", **ROOT)["reason"] == "no pair"
    assert set(found["waves"]) == {"T0-T1"}


def test_differences_are_welchs(waves, definitions, pick):
    scores, groups = waves
    table = group_scores(scores, groups, definitions).uncertainty
    found = group_differences(table, [("s", "n"), ("n", "x")], definitions)
    value = scores.value[:, 0].reshape(40, 2)[:, 0]
    test = stats.ttest_ind(value[15:39], value[:15], equal_var=False)
    row = pick(found, code="s", against="n", wave="T0", **ROOT)
    assert (row["lo"], row["hi"], row["df"]) == pytest.approx((*test.confidence_interval(0.95), test.df))
    lonely = pick(found, code="n", against="x", wave="T0", **ROOT)
    assert np.isnan(lonely["se"])
    assert lonely["reason"] == "x: one respondent only: no spread to tell an error from"


def test_unknown_waves_and_groups_are_told(waves, definitions):
    scores, groups = waves
    with pytest.raises(UsageError, match="no wave 'T2' in the scores"):
        group_changes(scores, groups, definitions, waves=("T0", "T2"))
    with pytest.raises(UsageError, match=r"no scores of hub 'nn'\n  did you mean 'n'\?"):
        group_differences(group_scores(scores, groups, definitions).uncertainty, [("nn", "s")], definitions)
