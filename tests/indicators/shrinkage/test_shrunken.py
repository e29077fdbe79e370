"""Shrinkage against published numbers, by hand, and by what must hold whatever the numbers are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from dihkpi.indicators.shrinkage import BetaBinomial, GammaPoisson, fay_herriot, james_stein, shrink_cases
from dihkpi.indicators.shrinkage.reml import Model, score, solve

HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45
"""Batting averages of 18 players after 45 times at bat: Efron and Morris (1977), Scientific American 236."""


def test_baseball_of_efron_and_morris():
    rounded = HITS.round(3)
    mean = rounded.mean()
    found = james_stein(rounded, float(np.sqrt(mean * (1 - mean) / 45)), 0.95)
    assert found.parameters["c"] == pytest.approx(0.212, abs=5e-4)
    assert found.value[0] == pytest.approx(0.294, abs=5e-4)
    assert found.factor == pytest.approx(1 - found.parameters["c"])
    assert ((found.lo < found.value) & (found.value < found.hi)).all()


def test_milk_of_fay_and_herriot(shared):
    """Published digits of the R package sae, as samplics quotes them."""
    data = pd.read_csv(shared / "references/data/milk.csv")
    expected = pd.read_csv(shared / "references/data/milk_expected_reml.csv")
    areas = pd.get_dummies(data["MajorArea"].astype(str), drop_first=True).to_numpy(float)
    found = fay_herriot(data["yi"].to_numpy(), data["SD"].to_numpy(), areas, 0.95)
    assert found.parameters["between"] == pytest.approx(0.01855033, rel=1e-6)
    assert found.parameters["beta"] == pytest.approx([0.968189, 0.1327801, 0.2269462, -0.2413011], rel=1e-5)
    assert found.parameters["beta_se"] == pytest.approx([0.06936208, 0.10300072, 0.09232981, 0.08161707], rel=1e-5)
    assert found.value[:3] == pytest.approx([1.0219703, 1.0476018, 1.0679513], rel=1e-6)
    assert found.mse[:3] == pytest.approx([0.01346022, 0.005372876, 0.00570199], rel=1e-5)
    assert found.value == pytest.approx(expected["eblup_reml"].to_numpy(), rel=1e-9)
    assert found.mse == pytest.approx(expected["mse_reml"].to_numpy(), rel=1e-9)


def test_equal_errors_give_the_variance_by_hand():
    """With one error for all, REML is the sample variance less that of the errors."""
    values = np.array([1.0, 4.0, 6.0, 9.0])
    found = fay_herriot(values, np.full(4, 1.5), None, 0.95)
    between = values.var(ddof=1) - 1.5**2
    factor = 1.5**2 / (between + 1.5**2)
    assert found.parameters["between"] == pytest.approx(between)
    assert found.value == pytest.approx(5 + (1 - factor) * (values - 5))
    by_hand = (
        between * factor
        + factor**2 * (between + 2.25) / 4
        + 2 * 2.25**2 / (between + 2.25) ** 3 * (2 * (between + 2.25) ** 2 / 4)
    )
    assert found.mse == pytest.approx(by_hand)


def test_units_that_do_not_differ_get_one_value_and_say_so():
    found = fay_herriot(np.array([5.0, 5.1, 4.9, 5.0, 5.05]), np.array([1.0, 2.0, 1.0, 1.5, 1.0]), None, 0.95)
    assert found.parameters["between"] == 0
    assert np.ptp(found.value) == pytest.approx(0, abs=1e-12)
    assert found.factor == pytest.approx(1)
    assert "no difference between units is visible" in found.reason
    assert (found.mse > 0).all()
    assert ((found.lo < found.value) & (found.value < found.hi)).all()


@pytest.mark.parametrize(
    ("values", "errors", "covariates", "reason"),
    [
        ([1.0], [1.0], None, "needs 4 units or more, not 1"),
        ([1.0, 2, 3], [1.0, 1, 1], None, "needs 4 units"),
        ([1.0, 2, 3, 4], [1.0, 1, 1, 1], [[1.0], [2], [3], [4]], "2 coefficients needs 5 units"),
        ([1.0, 2, 3, 4, 5], [1.0, 0, 1, 1, np.nan], None, "2 of 5 are not"),
        ([1.0, 2, 3, 4, 5], [1e-9] * 5, None, "errors are far too small"),
        ([1.0, 2, 3, 4, 5], [1.0] * 5, [[7.0]] * 5, "covariates are constant"),
    ],
)
def test_what_cannot_be_modelled_says_why(values, errors, covariates, reason):
    given_covariates = None if covariates is None else np.array(covariates)
    found = fay_herriot(np.array(values), np.array(errors), given_covariates, 0.95)
    assert not found.fitted
    assert reason in found.reason
    assert np.isnan(found.value).all()


def test_equal_values_are_no_trouble():
    same = james_stein(np.full(5, 3.0), 1.0, 0.95)
    assert same.parameters["c"] == 0
    assert same.value.tolist() == [3] * 5
    assert fay_herriot(np.full(5, 3.0), np.full(5, 0.5), None, 0.95).value == pytest.approx([3] * 5)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_variance_is_a_top_of_the_likelihood_and_moves_with_units_of_measure(data):
    k = data.draw(st.integers(5, 12))
    values = np.array(data.draw(st.lists(st.floats(-50, 50), min_size=k, max_size=k)))
    errors = np.array(data.draw(st.lists(st.floats(0.2, 8), min_size=k, max_size=k)))
    found = fay_herriot(values, errors, None, 0.95)
    model, between = Model(values, errors**2, np.ones((k, 1))), found.parameters["between"]
    near = solve(model, np.array([between, between * 0.9, between * 1.1 + 1e-3])).log_likelihood
    assert near[0] >= near[1:].max() - 1e-7
    assert score(model, between) == pytest.approx(0, abs=1e-6) or (between == 0 and score(model, 0.0) <= 0)
    other = fay_herriot(-100 + 7 * values, 7 * errors, None, 0.95)
    assert other.value == pytest.approx(-100 + 7 * found.value, rel=1e-5, abs=1e-4)
    centre = found.parameters["beta"][0]
    assert (np.abs(found.value - centre) <= np.abs(values - centre) + 1e-9).all()


def test_credible_intervals_by_numerical_integration():
    """Moments of a unit over a flat prior of A, by quadrature instead of a grid."""
    values, errors = np.array([2.0, 5.0, 7.0, 12.0, 4.0, 9.0]), np.array([1.0, 2.0, 1.5, 3.0, 2.5, 1.0])
    model = Model(values, errors**2, np.ones((6, 1)))
    top = solve(model, np.array([10.0])).log_likelihood[0]

    def moments(a):
        at = solve(model, np.array([a]))
        factor = errors**2 * at.weights[0]
        mean = values - factor * at.residuals[0]
        variance = a * factor + factor**2 * at.inverse[0, 0, 0]
        return np.exp(at.log_likelihood[0] - top) * np.array([1, mean[3], mean[3] ** 2 + variance[3]])

    parts = [integrate.quad(lambda a, i=i: moments(a)[i], 0, np.inf, limit=200)[0] for i in range(3)]
    mean = parts[1] / parts[0]
    half = stats.norm.ppf(0.975) * np.sqrt(parts[2] / parts[0] - mean**2)
    found = fay_herriot(values, errors, None, 0.95)
    assert [found.lo[3], found.hi[3]] == pytest.approx([mean - half, mean + half], rel=2e-3)


def test_hubs_far_apart_keep_their_values_and_their_errors():
    """Where hubs differ a thousand times as much as their errors, shrinking leaves the usual interval."""
    values, errors = np.array([0.0, 500, 1000, 2500, 4000, 9000]), np.array([1.0, 2, 1, 1, 2, 1])
    found = fay_herriot(values, errors, None, 0.95)
    assert found.value == pytest.approx(values, abs=1e-2)
    assert found.lo == pytest.approx(values - 1.96 * errors, abs=1e-2)
    many = shrink_cases(BetaBinomial(), np.array([10.0, 9000, 5000, 200, 7000]), np.full(5, 10_000.0), 0.95)
    error = np.sqrt(0.5 * 0.5 / 10_000)
    assert [many.lo[2], many.hi[2]] == pytest.approx([0.5 - 1.96 * error, 0.5 + 1.96 * error], abs=2e-4)


def test_shares_at_the_most_likely_prior():
    """scipy's own beta-binomial, maximised over both parameters by another way."""
    from scipy.optimize import minimize

    y, n = np.array([1, 9, 2, 8, 5, 0, 12.0]), np.array([10, 12, 10, 9, 10, 6, 30.0])
    found = shrink_cases(BetaBinomial(), y, n, 0.95)
    best = minimize(lambda x: -stats.betabinom.logpmf(y, n, *np.exp(x)).sum(), [0, 0], method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    a, b = np.exp(best.x)
    assert found.value == pytest.approx((a + y) / (a + b + n), rel=1e-5)
    assert found.factor == pytest.approx((a + b) / (a + b + n), rel=1e-4)
    assert ((found.lo > 0) & (found.lo < found.value) & (found.value < found.hi) & (found.hi < 1)).all()


def test_counts_at_the_most_likely_prior():
    from scipy.optimize import minimize

    y, months = np.array([3, 30, 9, 14, 0, 5.0]), np.array([12, 18, 6, 18, 3, 18.0])
    found = shrink_cases(GammaPoisson(), y, months, 0.95)

    def lack(x):
        shape, rate = np.exp(x)
        return -stats.nbinom.logpmf(y, shape, rate / (rate + months)).sum()

    shape, rate = np.exp(minimize(lack, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x)
    assert found.value == pytest.approx((shape + y) / (rate + months), rel=1e-5)
    assert ((found.lo < found.value) & (found.value < found.hi)).all()


def test_shares_that_do_not_differ_get_the_common_one():
    found = shrink_cases(BetaBinomial(), np.array([5, 10, 4, 5.0]), np.array([10, 20, 8, 10.0]), 0.95)
    assert found.value == pytest.approx([0.5] * 4)
    assert found.factor == pytest.approx([1] * 4)
    assert "no difference between units" in found.reason
    assert (found.hi > found.lo).all()


@pytest.mark.parametrize(
    ("family", "y", "n", "reason"),
    [
        (BetaBinomial, [0, 0, 0, 0], [5, 5, 5, 5], "no unit has a case"),
        (GammaPoisson, [0, 0, 0, 0], [5, 5, 5, 5], "no unit has a case"),
        (GammaPoisson, [0, 0, 7, 0], [5, 5, 5, 5], "only one unit has a case"),
        (BetaBinomial, [5, 5, 5, 5], [5, 5, 5, 5], "every respondent"),
        (BetaBinomial, [2, 0, 0, 1, 3], [2, 1, 4, 1, 3], "all its respondents or none"),
        (BetaBinomial, [6, 1, 2, 3], [5, 5, 5, 5], "more cases"),
        (GammaPoisson, [6, 1, 2, 3], [5, 0, 5, 5], "above 0"),
        (BetaBinomial, [1], [5], "needs 4 units"),
        (GammaPoisson, [], [], "needs 4 units"),
    ],
)
def test_cases_that_cannot_be_modelled_say_why(family, y, n, reason):
    found = shrink_cases(family(), np.array(y, float), np.array(n, float), 0.95)
    assert not found.fitted
    assert reason in found.reason


@settings(max_examples=30, deadline=None)
@given(data=st.data(), family=st.sampled_from([BetaBinomial, GammaPoisson]))
def test_every_shape_of_cases_gives_values_between_raw_and_common(data, family):
    k = data.draw(st.integers(4, 9))
    n = np.array(data.draw(st.lists(st.integers(1, 500), min_size=k, max_size=k)), float)
    y = np.floor(n * np.array(data.draw(st.lists(st.floats(0, 1), min_size=k, max_size=k))))
    found = shrink_cases(family(), y, n, 0.95)
    if not found.fitted:
        assert ((y == 0) | (y == n)).all() if family is BetaBinomial else (y > 0).sum() < 2
        return
    mean = found.parameters["mean"]
    assert ((found.factor > 0) & (found.factor <= 1)).all()
    inside = (np.minimum(y / n, mean) - 1e-9 <= found.value) & (found.value <= np.maximum(y / n, mean) + 1e-9)
    assert inside.all()
    assert np.isfinite([found.lo, found.hi, found.mse]).all()
    assert (found.lo <= found.hi).all()
