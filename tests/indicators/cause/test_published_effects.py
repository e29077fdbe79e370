"""Effects against numbers that others have published, and against computations that share no line with ours."""

from __future__ import annotations

import itertools
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.cause.change import difference_in_differences
from dihkpi.indicators.cause.errors import Inference
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.weighting import Overlap, weighted_effect
from dihkpi.indicators.cause.wild import Wild


@pytest.mark.parametrize(
    ("method", "of", "estimate", "se"),
    [
        ("ipw", "all", -230.68863779526, 25.815243801554),
        ("ipw", "treated", -225.1773, 23.66458),
        ("aipw", "all", -230.98920111258, 26.210564625435),
    ],
)
def test_birth_weight_of_smokers(method: str, of: str, estimate: float, se: float) -> None:
    """Cattaneo (2010), Journal of Econometrics 155, as the Stata manual has it (teffects ipw, aipw)."""
    file = resources.files("statsmodels") / "treatment/tests/results/cataneo2.csv"
    if not file.is_file():
        pytest.skip("this statsmodels has no data of its tests")
    data = pd.read_csv(str(file))
    support, outcome = (
        {name: data[name].to_numpy(float) for name in names}
        for names in (
            ["mmarried_", "mage", "mage2", "fbaby_", "medu"],
            ["prenatal1_", "mmarried_", "mage", "fbaby_"],
        )
    )
    found = weighted_effect(
        data["bweight"].to_numpy(float), data["mbsmoke_"].to_numpy(float), support, 0.95, method=method, of=of,  # type: ignore[arg-type]
        overlap=Overlap(0, 0), outcome=outcome, model="probit",
    ).effect  # fmt: skip
    n = len(data)
    assert found.estimate == pytest.approx(estimate, rel=2e-7)
    # Stata's robust errors divide by n, ours by n - 1 (clusters less one).
    assert found.se * np.sqrt((n - 1) / n) == pytest.approx(se, rel=2e-7)


def test_a_regression_of_one_group_that_cannot_be_had_says_why() -> None:
    rng = np.random.default_rng(6)
    x, treated = rng.normal(size=200), np.tile([0.0, 1.0], 100)
    y = 2 * treated + x + rng.normal(size=200)
    flat = {"x": x, "flat": np.where(treated == 1, 1.0, rng.normal(size=200))}
    many = {f"column {number}": rng.normal(size=200) for number in range(100)}
    for outcome, words in (
        (flat, "tells nothing of its own in the group 'supported'"),
        (many, "too few units for 101"),
    ):
        found = weighted_effect(y, treated, {"x": x}, 0.95, outcome=outcome).effect
        assert found.status == "m"
        assert words in found.reason
        assert weighted_effect(y, treated, {"x": x}, 0.95, method="ipw", outcome=outcome).effect.status == "ok"


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


def test_staggered_starts_with_other_comparisons() -> None:
    """Group means by hand, in the two ways that the R package did takes by default."""
    start = {"early": 1.0, "late": 3.0, "never": np.nan}
    means = {"early": [1.0, 4.0, 6.0, 9.0], "late": [2.0, 2.5, 3.5, 8.0], "never": [0.0, 1.0, 1.5, 2.0]}
    rows = pd.DataFrame([
        (f"{group}{copy}", period, value + 0.1 * copy, start[group])
        for group, values in means.items() for copy in range(3) for period, value in enumerate(values)
    ], columns=["unit", "period", "y", "start"])  # fmt: skip
    args = [rows[name].to_numpy() for name in ("y", "unit", "period", "start")]
    found = staggered(*args, 0.95, comparison="never", leads="previous")
    cells = {effect.term: effect.estimate for effect in found.cells}
    assert cells["start 1 period 1"] == pytest.approx(3.0 - 1.0)
    assert cells["start 1 period 2"] == pytest.approx(5.0 - 1.5)
    assert cells["start 3 period 1"] == pytest.approx(0.5 - 1.0)
    assert cells["start 3 period 2"] == pytest.approx(1.0 - 0.5)
    assert cells["start 3 period 3"] == pytest.approx(4.5 - 0.5)
    assert found.after.estimate == pytest.approx((2.0 + 3.5 + 6.0 + 4.0) / 4)
    assert "never supported" in found.after.method
    usual = {effect.term: effect.estimate for effect in staggered(*args, 0.95).cells}
    assert usual["start 1 period 1"] == pytest.approx(3.0 - (0.5 + 1.0) / 2)
    assert usual["start 3 period 0"] == pytest.approx(-1.5 - -1.5)
