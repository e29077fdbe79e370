"""Small surveys of textbooks and of the R package survey, held against the figures printed for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.errors import UsageError
from dihkpi.indicators.design import calibrate, jackknife, mean, post_stratify, quantile, rake, replicated, total

# Eight clusters in two strata; data set `fpc` of the R package survey, figures of its help page.
STRATA = {
    "stratum": [1, 1, 1, 1, 1, 2, 2, 2], "psu": [1, 2, 3, 4, 5, 1, 2, 3], "w": [3.0] * 5 + [4.0] * 3,
    "size": [15] * 5 + [12] * 3, "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2],
}  # fmt: skip

# Särndal, Swensson and Wretman (1992), example 4.3.2: 5 of 50 clusters of Swedish municipalities, then 3 of each.
MU284 = {
    "cluster": np.repeat([19, 31, 45, 47, 50], 3), "clusters": [50] * 15, "municipality": list(range(15)),
    "municipalities": np.repeat([5, 7, 8, 5, 9], 3),
    "y": [41, 49, 49, 49, 51, 33, 49, 49, 45, 31, 31, 35, 39, 41, 61],
}  # fmt: skip

# Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19: sample and population of four by three classes.
SAMPLE = [[20, 50, 100, 30], [40, 140, 50, 100], [40, 310, 50, 70]]
POPULATION = [[80, 60, 170, 55], [40, 150, 60, 165], [55, 340, 200, 125]]


def value_and_error(table: pd.DataFrame) -> list[float]:
    return table.loc[0, ["value", "se"]].astype(float).tolist()


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        ({"weight": "w", "strata": "stratum", "cluster": "psu", "nested": True}, [5.4481, 0.7413]),
        ({"weight": "w", "strata": "stratum", "cluster": "psu", "nested": True, "population": "size"}, [5.4481, 0.616]),
        ({"weight": "w", "cluster": "psu"}, [5.4481, 0.7938]),
        ({"weight": "w", "cluster": ("stratum", "psu")}, [5.4481, 0.5465]),
        ({"strata": "stratum", "cluster": "psu", "nested": True}, [5.525, 0.7796]),
        ({"cluster": "psu"}, [5.525, 0.838]),
    ],
)
def test_one_survey_under_six_designs(survey, design, expected):
    assert value_and_error(mean(survey(STRATA, **design), "x")) == pytest.approx(expected, abs=6e-5)


def test_two_stages_with_finite_populations(survey):
    sample = survey(MU284, cluster=("cluster", "municipality"), population=("clusters", "municipalities"))
    assert value_and_error(total(sample, "y")) == pytest.approx([15080, 2274.3], abs=0.05)


def test_domains_keep_the_whole_design(survey):
    rows = {**STRATA, "large": [x > 4 for x in STRATA["x"]]}
    found = mean(survey(rows, weight="w", strata="stratum", cluster="psu", nested=True), "x", ["large"])
    assert found[["value", "se"]].to_numpy() == pytest.approx(
        np.array([[3.314286, 0.3117042], [6.195, 0.7555129]]), abs=6e-7
    )


def test_design_effects_with_unequal_weights(survey):
    rows = {"sales": [15, 143, 21, 51, 337, 50, 274, 145, 15, 86], "w": [20, 200, 11, 25, 550, 30, 250, 100, 10, 55]}
    sample = survey(rows, weight="w")
    for table, expected in (
        (mean(sample, "sales"), [243.914, 48.752, 1.9741]),
        (total(sample, "sales"), [305136, 184965, 18.157]),
    ):
        assert [*value_and_error(table), float(table["deff"][0])] == pytest.approx(expected, rel=3e-5)


def test_raked_and_post_stratified_weights_of_kalton(survey):
    cells = [(a, b, k) for b, row in enumerate(SAMPLE) for a, n in enumerate(row) for k in range(n)]
    rows = pd.DataFrame(cells, columns=["a", "b", "k"]).astype({"a": str, "b": str})
    population = np.array(POPULATION)
    sample = survey(rows)
    crossed = {f"{a};{b}": float(population[b, a]) for a in range(4) for b in range(3)}
    sides = {
        "a": {str(a): float(n) for a, n in enumerate(population.sum(axis=0))},
        "b": {str(b): float(n) for b, n in enumerate(population.sum(axis=1))},
    }
    printed = {
        "cells": [[4.00, 1.20, 1.70, 1.83], [1.00, 1.07, 1.20, 1.65], [1.375, 1.10, 4.00, 1.79]],
        "regression": [[1.82, 1.09, 2.19, 1.83], [1.50, 0.78, 1.88, 1.52], [1.97, 1.24, 2.34, 1.98]],
        "margins": [[1.81, 1.08, 2.20, 1.83], [1.45, 0.87, 1.76, 1.47], [2.02, 1.21, 2.45, 2.04]],
    }
    for weighted, table in (
        (post_stratify(sample, {"a;b": crossed}), "cells"),
        (rake(sample, sides), "margins"),
        (calibrate(sample, sums={}, totals=sides), "regression"),
    ):
        factors = rows.assign(w=weighted[0].weights).groupby(["b", "a"])["w"].mean().unstack()
        assert factors.to_numpy() == pytest.approx(np.array(printed[table]), abs=6e-3)


def test_a_jackknife_of_a_total_is_its_linearised_error(survey):
    sample = survey(STRATA, weight="w", strata="stratum", cluster="psu", nested=True, population="size")
    again = replicated(sample, jackknife(sample), "total", "x")
    assert value_and_error(again) == pytest.approx(value_and_error(total(sample, "x")))


def test_the_interval_of_a_median_is_centred_where_the_median_lies(survey):
    # 8 of 10 values are at most 3, though a half was asked for: F = 0.8, error sqrt(0.16 / 9), t(9) = 2.262.
    found = quantile(survey({"y": [1.0, 2, 3, 3, 3, 3, 3, 3, 4, 5]}), "y").loc[0]
    assert found[["value", "lo", "hi"]].tolist() == [3, 3, 5]
    assert found["se"] == pytest.approx(2 / (2 * 2.2622), rel=1e-4)


def test_sums_that_are_known_carry_no_error(survey):
    sample, report = calibrate(survey(STRATA, weight="w", strata="stratum"), sums={"x": 150.0}, size=27)
    assert value_and_error(total(sample, "x")) == pytest.approx([150, 0], abs=1e-6)
    assert sample.weights.sum() == pytest.approx(27)
    # By hand: lambda solves the two equations of d = w and x.
    w, x = np.array(STRATA["w"]), np.array(STRATA["x"])
    inner = np.array([[w.sum(), (w * x).sum()], [(w * x).sum(), (w * x * x).sum()]])
    step = np.linalg.solve(inner, [27 - w.sum(), 150 - (w * x).sum()])
    assert sample.weights == pytest.approx(w * (1 + step[0] + step[1] * x))
    assert report.factors == pytest.approx((1 + step[0] + step[1] * 2.8, 1 + step[0] + step[1] * 9.2))
    assert replicated(sample, jackknife(sample), "total", "x")["se"][0] == pytest.approx(0, abs=1e-6)


def test_sums_that_weights_cannot_meet_are_refused_or_doubted(survey):
    rows = {**STRATA, "twice": [2 * x for x in STRATA["x"]], "hole": [None, *STRATA["x"][1:]]}
    sample = survey(rows, weight="w")
    with pytest.raises(UsageError, match=r"no weights meet '(twice|x)'"):
        calibrate(sample, sums={"x": 150, "twice": 280}, size=27)
    with pytest.raises(UsageError, match="1 respondents have no 'hole'"):
        calibrate(sample, sums={"hole": 1}, size=27)
    with pytest.raises(UsageError, match="needs a sum, a margin or a size"):
        calibrate(sample, sums={})
    with pytest.raises(UsageError, match="an unknown column 'y'"):
        calibrate(sample, sums={"y": 1}, size=27)
    calibrated, report = calibrate(sample, sums={"x": 240}, size=27)
    assert report.factors[0] < 0
    assert mean(calibrated, "x")["status"][0] == "u"
    with pytest.raises(UsageError, match="calibrated already"):
        calibrate(calibrated, sums={"x": 240}, size=27)
