"""Errors of effects against computations that share no line with ours."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.cause.change import difference_in_differences
from dihkpi.indicators.cause.errors import Inference
from dihkpi.indicators.cause.wild import Wild


def six_hubs() -> dict[str, np.ndarray]:
    """Three of six hubs are supported; five firms each, before and after."""
    rng = np.random.default_rng(21)
    hub = np.repeat(np.arange(6), 10)
    post = np.tile([0.0, 1.0], 30)
    treated = (hub < 3).astype(float)
    y = rng.normal(size=6)[hub] + rng.normal(size=60) + post + 0.8 * treated * post
    return {"y": y, "treated": treated, "post": post, "hub": hub, "unit": np.repeat(np.arange(30), 2)}


def test_the_constant_that_units_hold_counts_as_one_coefficient() -> None:
    """So in xtreg of Stata: n - 3 of 336 rows of the traffic deaths of Stock and Watson gives its .2918556."""
    import statsmodels.api as sm

    data = six_hubs()
    matrix = np.column_stack([data["treated"] * data["post"], data["post"], pd.get_dummies(data["unit"])]).astype(float)
    theirs = sm.OLS(data["y"], matrix).fit(cov_type="cluster", cov_kwds={"groups": data["hub"], "use_correction": True})
    args = (data["y"], data["treated"], data["post"])
    ours = difference_in_differences(
        *args, Inference("cluster"), clusters=data["hub"], units=data["unit"], periods=data["post"]
    )
    assert ours.se == pytest.approx(theirs.bse[0] * np.sqrt((60 - 32) / (60 - 3)), rel=1e-9)
    robust = difference_in_differences(*args, Inference("cluster"), units=data["unit"], periods=data["post"])
    # Without clusters it is the regression with a column for every unit.
    assert robust.se == pytest.approx(sm.OLS(data["y"], matrix).fit(cov_type="HC1").bse[0], rel=1e-9)


def test_few_clusters_take_all_signs_once() -> None:
    """The p-value of the wild bootstrap by hand: 64 signs of six hubs, a regression for each."""
    data = six_hubs()
    matrix = np.column_stack([
        np.ones(60), data["post"], data["treated"], data["treated"] * data["post"],
    ])  # fmt: skip
    bread = np.linalg.inv(matrix.T @ matrix)

    def t_of(y: np.ndarray) -> float:
        beta = bread @ matrix.T @ y
        rest = y - matrix @ beta
        sums = np.array([matrix[data["hub"] == hub].T @ rest[data["hub"] == hub] for hub in range(6)])
        return float(beta[3] / np.sqrt((bread @ sums.T @ sums @ bread)[3, 3]))

    null = matrix[:, :3] @ np.linalg.lstsq(matrix[:, :3], data["y"], rcond=None)[0]
    drawn = [
        abs(t_of(null + np.array(signs)[data["hub"]] * (data["y"] - null)))
        for signs in itertools.product([-1.0, 1.0], repeat=6)
    ]
    expected = np.mean(np.array(drawn) >= abs(t_of(data["y"])) * (1 - 1e-9))
    for seed in (1, 2):
        how = Inference("wild", wild=Wild(draws=99, seed=seed, webb_below=0))
        found = difference_in_differences(data["y"], data["treated"], data["post"], how, clusters=data["hub"])
        assert found.p == pytest.approx(expected)
