"""Units that borrow strength, held against the figures of textbooks and of meta-analysis."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.errors import UsageError
from dihkpi.indicators.shrinkage import (
    BetaBinomial,
    GammaPoisson,
    fay_herriot,
    prior_of_moments,
    shrink_cases,
    shrink_given,
)

# Tarone (1982), Biometrics 38: rats with a tumour of the rats in 70 earlier experiments; the 71st had 4 of 14.
TUMOURS = """
    0/20 0/20 0/20 0/20 0/20 0/20 0/20 0/19 0/19 0/19 0/19 0/18 0/18 0/17 1/20 1/20 1/20 1/20 1/19 1/19 1/18 1/18
    3/27 2/25 2/24 2/23 2/20 2/20 2/20 2/20 2/20 2/20 1/10 5/49 2/19 5/46 2/17 7/49 7/47 3/20 3/20 2/13 9/48 10/50
    4/20 4/20 4/20 4/20 4/20 4/20 4/20 10/48 4/19 4/19 4/19 5/22 11/46 12/49 5/20 5/20 6/23 5/19 6/22 6/20 6/20
    6/20 16/52 15/46 15/47 9/24
"""
# Rubin (1981), Journal of Educational Statistics 6: effect of coaching in eight schools, and its standard error.
SCHOOLS = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
# Colditz et al. (1994), JAMA 271: ill and well with and without a vaccine in 13 trials, and their latitude.
TRIALS = np.array([
    [4, 119, 11, 128, 44], [6, 300, 29, 274, 55], [3, 228, 11, 209, 42], [62, 13536, 248, 12619, 52],
    [33, 5036, 47, 5761, 13], [180, 1361, 372, 1079, 44], [8, 2537, 10, 619, 19], [505, 87886, 499, 87892, 13],
    [29, 7470, 45, 7232, 27], [17, 1699, 65, 1600, 42], [186, 50448, 141, 27197, 18], [5, 2493, 3, 2338, 33],
    [27, 16886, 29, 17825, 33],
], float)  # fmt: skip


@pytest.fixture
def tumours():
    return np.array([pair.split("/") for pair in TUMOURS.split()], float).T


def test_tumours_with_the_prior_of_moments(tumours):
    # Gelman et al., Bayesian Data Analysis, section 5.1: Beta(1.4, 8.6); the 71st has the mean 0.223, deviation 0.083.
    mean, strength = prior_of_moments(BetaBinomial(), *tumours)
    assert [mean * strength, (1 - mean) * strength] == pytest.approx([1.4, 8.6], abs=0.05)
    found = shrink_given(BetaBinomial(), np.array([4.0]), np.array([14.0]), mean, strength, 0.95)
    assert [found.value[0], np.sqrt(found.mse[0])] == pytest.approx([0.223, 0.083], abs=5e-4)


def test_tumours_with_the_most_likely_prior(tumours):
    # Section 5.3: the mode of (log(a / b), log(a + b)) is near (-1.8, 2.8) for all 71.
    y, n = np.append(tumours, [[4], [14]], axis=1)
    found = shrink_cases(BetaBinomial(), y, n, 0.95)
    mean, strength = found.parameters["mean"], found.parameters["strength"]
    assert [np.log(mean / (1 - mean)), np.log(strength)] == pytest.approx([-1.8, 2.8], abs=0.05)


def test_eight_schools_show_no_difference():
    found = fay_herriot(*(np.array(part, float) for part in SCHOOLS), None, 0.95)
    assert found.parameters["between"] == 0
    assert [found.value[0], found.parameters["beta_se"][0]] == pytest.approx([7.7, 4.1], abs=0.05)
    assert "no difference between units is visible" in found.reason


def test_trials_of_a_vaccine():
    # Viechtbauer (2010), Journal of Statistical Software 36(3): tau squared and coefficients by restricted likelihood.
    ill, well, ill_without, well_without, latitude = TRIALS.T
    y = np.log(ill / (ill + well) / (ill_without / (ill_without + well_without)))
    se = np.sqrt(1 / ill - 1 / (ill + well) + 1 / ill_without - 1 / (ill_without + well_without))
    plain = fay_herriot(y, se, None, 0.95).parameters
    assert plain["between"] == pytest.approx(0.3132, abs=5e-5)
    assert [plain["beta"][0], plain["beta_se"][0]] == pytest.approx([-0.7145, 0.1798], abs=5e-5)
    north = fay_herriot(y, se, latitude[:, None], 0.95).parameters
    assert north["between"] == pytest.approx(0.0764, abs=1e-4)  # theirs stops at a step of 1e-5
    assert north["beta"] == pytest.approx([0.2515, -0.0291], abs=5e-5)
    assert north["beta_se"] == pytest.approx([0.2491, 0.0072], abs=5e-5)


def test_a_given_prior_of_rates_by_hand():
    found = shrink_given(GammaPoisson(), np.array([3.0, 0]), np.array([2.0, 0]), 1.0, 2.0, 0.95)
    assert found.value.tolist() == [1.25, 1.0]
    assert found.mse.tolist() == [1.25 / 4, 0.5]
    with pytest.raises(UsageError, match=r"no prior of beta_binomial has the mean 1\.2"):
        shrink_given(BetaBinomial(), np.ones(1), np.ones(1), 1.2, 3.0, 0.95)
    with pytest.raises(UsageError, match="without a spread"):
        prior_of_moments(BetaBinomial(), np.ones(3), np.full(3, 2.0))
