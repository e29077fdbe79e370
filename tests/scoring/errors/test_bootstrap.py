"""Errors from replications agree with those by formula, follow skewness, and come from the seed alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.scoring.errors.bootstrap import bootstrap
from dihkpi.scoring.errors.estimate import Sample, estimate
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.wide import score_matrix


@pytest.mark.parametrize("clusters", [None, np.repeat(np.arange(60), 4)])
def test_agrees_with_the_formula(clusters):
    rng = np.random.default_rng(4)
    values = rng.normal(50, 10, (240, 2)) + rng.normal(0, 8, 60).repeat(4)[:, None]
    values[rng.random(values.shape) < 0.1] = np.nan
    sample = Sample(np.zeros(240, dtype=np.intp), 1, clusters, np.array([1000.0]))
    plain = estimate(values, sample, 0.95)
    drawn = bootstrap(values, sample, 0.95, names=["h"], replications=4000, seed=1)
    assert np.array_equal(plain.value, drawn.value)
    assert drawn.variance == pytest.approx(plain.variance, rel=0.08)
    width = plain.hi - plain.lo
    assert (np.abs(drawn.lo - plain.lo) < 0.05 * width).all()
    assert (np.abs(drawn.hi - plain.hi) < 0.05 * width).all()


def test_a_long_tail_to_the_right_makes_the_interval_longer_on_the_right():
    values = np.random.default_rng(1).exponential(10, (30, 1))
    found = bootstrap(values, Sample(np.zeros(30, dtype=np.intp), 1), 0.95, names=["h"], replications=2000, seed=1)
    assert (found.hi - found.value)[0, 0] > 1.3 * (found.value - found.lo)[0, 0]


def test_no_spread_and_one_unit():
    values = np.array([[7.0], [7.0], [7.0], [9.0]])
    sample = Sample(np.array([0, 0, 0, 1]), 2)
    found = bootstrap(values, sample, 0.95, names=["a", "b"], replications=50, seed=1)
    assert found.variance[0, 0] == 0
    assert (found.lo[0, 0], found.hi[0, 0]) == (7, 7)
    assert np.isnan([found.variance[1, 0], found.lo[1, 0], found.hi[1, 0]]).all()


def test_draws_of_a_hub_do_not_depend_on_other_hubs(questions, given, belong, definitions):
    survey = questions({"a": 3}, {"sampling": {"method": "bootstrap"}, "replications": 200})
    codes = np.random.default_rng(1).integers(-1, 6, (40, 3))
    scores = score_matrix(given(survey, codes), survey, definitions)
    one = group_scores(scores, belong(["b"] * 20 + ["c"] * 20), definitions).uncertainty
    two = group_scores(scores, belong(["b"] * 20 + ["a"] * 20), definitions).uncertainty
    other = questions({"a": 3}, {"sampling": {"method": "bootstrap"}, "replications": 200, "seed": 5})
    three = group_scores(score_matrix(given(other, codes), other, definitions), belong(["b"] * 40), definitions)

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["level"] == "hub") & (table["code"] == "b")].reset_index(drop=True)

    pd.testing.assert_frame_equal(of(one), of(two), check_exact=True)
    row = of(one).query("source == 'sampling'").iloc[0]
    assert (row["replications"], row["n"], np.isnan(row["df"])) == (200, 20, True)
    assert of(three.uncertainty)["se"].iloc[0] != row["se"]
