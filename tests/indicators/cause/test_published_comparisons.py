"""Effects by comparison held against the figures printed for public data sets."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.cause.plan import adjusted
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.weighting import Overlap, weighted_effect

# Callaway and Sant'Anna (2021), teen employment and minimum wages, 2003 to 2007: number of counties and mean logarithm
# of employment by the year in which the state raised its minimum wage (nan: never).
COUNTIES = {np.nan: 309, 1.0: 20, 3.0: 40, 4.0: 131}
MEANS = [
    [5.65463, 5.592, 5.604808, 5.638896, 5.661133],
    [6.179697, 6.106564, 6.059452, 6.026704, 6.085388],
    [6.573994, 6.517884, 6.527941, 6.557435, 6.543041],
    [5.842906, 5.810783, 5.820866, 5.823866, 5.820048],
]


@pytest.fixture
def counties():
    start = np.repeat(list(COUNTIES), [5 * n for n in COUNTIES.values()])
    y = np.concatenate([np.tile(means, n) for means, n in zip(MEANS, COUNTIES.values(), strict=True)])
    return y, np.repeat(np.arange(500), 5), np.tile(np.arange(5), 500), start


def by_term(effects):
    return {effect.term: round(effect.estimate, 4) for effect in effects}


def test_minimum_wages_against_counties_that_never_raised_them(counties):
    found = staggered(*counties, 0.95, comparison="never", base="previous")
    assert by_term(found.cells) == {
        "start 1 period 1": -0.0105, "start 1 period 2": -0.0704, "start 1 period 3": -0.1373,
        "start 1 period 4": -0.1008, "start 3 period 1": 0.0065, "start 3 period 2": -0.0028,
        "start 3 period 3": -0.0046, "start 3 period 4": -0.0412, "start 4 period 1": 0.0305,
        "start 4 period 2": -0.0027, "start 4 period 3": -0.0311, "start 4 period 4": -0.0261,
    }  # fmt: skip
    assert by_term(found.lags) == {
        "lead 3": 0.0305, "lead 2": -0.0006, "lead 1": -0.0245,
        "lag 0": -0.0199, "lag 1": -0.0510, "lag 2": -0.1373, "lag 3": -0.1008,
    }  # fmt: skip
    assert round(found.after.estimate, 4) == -0.0400
    assert by_term(found.averages) == {"mean of starts": -0.0310, "mean of lags": -0.0772, "mean of periods": -0.0417}


# Cattaneo (2010), Journal of Econometrics 155: birth weight and smoking; figures of Stata's manual of teffects.
BIRTH_WEIGHT = {
    ("ra", "all"): (-239.6392, 23.82402), ("ipw", "all"): (-230.6886, 25.81524), ("aipw", "all"): (-230.9892, 26.21056),
    ("ipw_ra", "all"): (-229.9671, 26.62668), ("ra", "treated"): (-223.3017, 22.7422),
    ("ipw", "treated"): (-225.1773, 23.66458),
}  # fmt: skip


@pytest.fixture(scope="module")
def births():
    source = files("statsmodels.treatment.tests.results") / "cataneo2.csv"
    return {name: column.to_numpy(float) for name, column in pd.read_csv(str(source)).select_dtypes("number").items()}


@pytest.mark.parametrize(("method", "of"), BIRTH_WEIGHT)
def test_birth_weight_and_smoking(births, method, of):
    support = {name: births[name] for name in ("mmarried_", "mage", "mage2", "fbaby_", "medu")}
    outcome = {name: births[name] for name in ("prenatal1_", "mmarried_", "mage", "fbaby_")}
    found = weighted_effect(
        births["bweight"], births["mbsmoke_"], support, 0.95,
        method=method, of=of, overlap=Overlap(trim=0), outcome=outcome, link="probit",
    ).effect  # fmt: skip
    estimate, se = BIRTH_WEIGHT[method, of]
    assert found.estimate == pytest.approx(estimate, abs=5e-5)
    assert found.se * np.sqrt(4641 / 4642) == pytest.approx(se, abs=5e-5)  # ours has the factor n / (n - 1)


def test_a_regression_that_a_group_cannot_tell_is_said(births):
    outcome = {"supported": births["mbsmoke_"]}
    found = weighted_effect(births["bweight"], births["mbsmoke_"], {"age": births["mage"]}, 0.95, outcome=outcome)
    assert found.effect.status == "m"
    assert "does not vary in the group 'supported'" in found.effect.reason


def test_a_unit_without_any_chance_is_said(births):
    age = np.where(np.arange(len(births["mage"])) == 0, 4000.0, births["mage"])
    found = weighted_effect(births["bweight"], births["mbsmoke_"], {"age": age}, 0.95, overlap=Overlap(trim=0))
    assert found.effect.status == "m"
    assert "0 or 1" in found.effect.reason


# Benjamini and Hochberg (1995), JRSS B 57: fifteen tests of two treatments of heart attacks.
HEART = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


@pytest.mark.parametrize(("method", "found"), [("bonferroni", 3), ("holm", 3), ("fdr_bh", 4), ("fdr_by", 3)])
def test_findings_among_fifteen_tests(method, found):
    assert sum(p <= 0.05 for p in adjusted(HEART, method)) == found
    if method == "fdr_by":
        assert adjusted(HEART, method)[0] == pytest.approx(0.0001 * 15 * sum(1 / k for k in range(1, 16)))
