"""Weighting by the chance of support, and mixed models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.cause.mixed import mixed_model
from dihkpi.indicators.cause.weighting import Overlap, weighted_effect


def published(shared: Path, name: str) -> dict:
    entries = json.loads((shared / "references/expected.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["id"] == name)


def chosen(n: int = 1500, seed: int = 4):
    """Who starts higher is supported more often; the effect is 2."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    treated = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(float)
    return 1 + 2 * treated + 3 * x + z + rng.normal(size=n), treated, {"x": x, "z": z}


@pytest.mark.parametrize(
    ("method", "of"), [(method, of) for method in ("ipw", "aipw", "ra", "ipw_ra") for of in ("all", "treated")]
)
def test_weights_undo_the_choice(method: str, of: str) -> None:
    y, treated, covariates = chosen()
    naive = y[treated == 1].mean() - y[treated == 0].mean()
    found = weighted_effect(y, treated, covariates, 0.95, method=method, of=of, overlap=Overlap(0.02, 0.5))  # type: ignore[arg-type]
    assert naive > 4
    assert found.effect.lo < 2 < found.effect.hi
    table = found.balance.set_index("covariate")
    assert abs(table.loc["x", "difference"]) > 0.8
    assert found.worst < 0.15


def test_without_covariates_that_matter_it_is_the_difference_of_means() -> None:
    rng = np.random.default_rng(1)
    y, treated = rng.normal(size=400), np.tile([0.0, 1.0], 200)
    balanced = np.repeat(rng.normal(size=200), 2)
    found = weighted_effect(y, treated, {"x": balanced}, 0.95, method="ipw")
    assert found.effect.estimate == pytest.approx(y[1::2].mean() - y[::2].mean(), rel=1e-6)
    assert found.worst < 1e-6


def test_clusters_widen_what_hangs_together() -> None:
    rng = np.random.default_rng(6)
    hub = np.repeat(np.arange(30), 20)
    treated = (hub % 2).astype(float)
    x = rng.normal(size=600)
    y = treated + x + rng.normal(size=30)[hub] + rng.normal(size=600)
    alone = weighted_effect(y, treated, {"x": x}, 0.95).effect
    together = weighted_effect(y, treated, {"x": x}, 0.95, clusters=hub).effect
    assert together.estimate == alone.estimate
    assert together.se > 2 * alone.se
    assert (together.df, together.clusters) == (29, 30)


def test_perfect_separation_is_a_status() -> None:
    x = np.linspace(-1, 1, 40)
    found = weighted_effect(x, (x > 0).astype(float), {"x": x}, 0.95)
    assert found.effect.status == "m"
    assert "perfect separation" in found.effect.reason
    assert found.balance.loc[0, "difference"] > 2


def test_no_overlap_and_trimming_are_told() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=800)
    steep = (rng.random(800) < 1 / (1 + np.exp(-12 * x))).astype(float)
    none = weighted_effect(x, steep, {"x": x}, 0.95).effect
    assert none.status == "m"
    assert "no overlap: only" in none.reason
    milder = (rng.random(800) < 1 / (1 + np.exp(-2 * x))).astype(float)
    some = weighted_effect(x + milder, milder, {"x": x}, 0.95)
    assert some.effect.status == "u"
    assert "were left out" in some.effect.reason
    assert 0.5 < some.kept < 1


@pytest.mark.parametrize("who", [0.0, 1.0])
def test_one_group_only_is_a_status(who: float) -> None:
    x = np.linspace(-1, 1, 30)
    assert "too few units" in weighted_effect(x, np.full(30, who), {"x": x}, 0.95).effect.reason


def test_reaction_times_of_sleepless_drivers(shared: Path) -> None:
    entry = published(shared, "sleepstudy")["published"]
    data = pd.read_csv(shared / "references/data/sleepstudy.csv")
    days = data["Days"].to_numpy()
    found = mixed_model(
        data["Reaction"].to_numpy(), {"constant": np.ones(len(data)), "days": days}, {"subject": data["Subject"]},
        slopes={"days": days},
    )  # fmt: skip
    assert [part.estimate for part in found.effects] == pytest.approx(entry["fe"], abs=1e-6)
    assert [round(part.se, 3) for part in found.effects] == entry["se"]
    assert found.slopes is not None
    assert np.sqrt(np.diag(found.slopes)) == pytest.approx(entry["sd"], abs=1e-3)
    assert found.slopes[0, 1] / np.prod(entry["sd"]) == pytest.approx(entry["corr"], abs=0.005)
    assert round(found.sigma, 3) == entry["sigma"]
    assert found.criterion == pytest.approx(entry["REML"], abs=1e-4)


def test_penicillin_on_plates_by_samples(shared: Path) -> None:
    entry = published(shared, "penicillin_crossed")["published"]
    data = pd.read_csv(shared / "references/data/penicillin.csv")
    levels = {"plate": data["plate"], "sample": data["sample"]}
    found = mixed_model(data["diameter"].to_numpy(), {"constant": np.ones(len(data))}, levels, crossed=True)
    assert [part.sd for part in found.components] == pytest.approx([entry["sd_plate"], entry["sd_sample"]], abs=2e-4)
    assert found.sigma == pytest.approx(entry["sigma"], abs=1e-4)
    assert found.criterion == pytest.approx(entry["REML"], abs=1e-4)
    assert round(found.effects[0].estimate, 2) == entry["int"]


def test_strength_of_casks_in_batches(shared: Path) -> None:
    from importlib.resources import files

    entry = published(shared, "pastes_nested")["recomputed"]
    source = files("statsmodels.regression.tests.results") / "pastes.csv"
    data = pd.read_csv(str(source))
    levels = {"batch": data["batch"], "cask": data["sample"]}
    found = mixed_model(data["strength"].to_numpy(), {"constant": np.ones(len(data))}, levels)
    assert (found.effects[0].estimate, found.effects[0].se) == pytest.approx((entry["int"], entry["se"]), abs=1e-4)
    assert [part.sd for part in found.components] == pytest.approx([entry["sd_batch"], entry["sd_cask"]], abs=1e-3)
    assert found.criterion == pytest.approx(entry["REML"], abs=1e-4)
    # Nearly all variance is that of casks; batches are hardly visible.
    assert 0.15 < found.components[0].p < 0.3
    assert found.components[1].p < 1e-6


def test_balanced_one_way_model_is_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(8)
    hub = np.repeat(np.arange(12), 10)
    y = 2 * rng.normal(size=12)[hub] + rng.normal(size=120)
    found = mixed_model(y, {"constant": np.ones(120)}, {"hub": hub})
    means = y.reshape(12, 10).mean(axis=1)
    within = y.reshape(12, 10).var(axis=1, ddof=1).mean()
    between = means.var(ddof=1) - within / 10
    assert found.components[0].sd ** 2 == pytest.approx(between, rel=1e-3)
    assert found.components[0].icc == pytest.approx(between / (between + within), rel=1e-3)
    assert (found.effects[0].se, found.effects[0].df) == pytest.approx((means.std(ddof=1) / np.sqrt(12), 11), rel=1e-3)


def test_a_variance_at_zero_is_told_and_least_squares_remain() -> None:
    hub = np.tile(np.arange(8), 10)
    y = np.repeat(np.linspace(-1, 1, 10), 8) + 0.01 * hub
    found = mixed_model(y, {"constant": np.ones(80)}, {"hub": hub})
    assert found.status == "u"
    assert found.components[0].at_zero
    assert found.components[0].p == 1
    assert "no variance visible between units of: hub" in found.effects[0].reason
    assert found.effects[0].estimate == pytest.approx(y.mean(), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_likelihood_is_never_below_that_without_hubs(seed: int) -> None:
    # Where the best variance is small but not zero, L-BFGS alone ends at zero with an infinite likelihood.
    y = np.random.default_rng(seed).normal(size=100)
    found = mixed_model(y, {"constant": np.ones(100)}, {"hub": np.arange(100) % 10})
    rss = ((y - y.mean()) ** 2).sum()
    plain = 99 * (np.log(2 * np.pi * rss / 99) + 1) + np.log(100)
    assert np.isfinite(found.criterion)
    assert found.criterion <= plain + 1e-3


SICK = {
    "one hub": ({"levels": {"hub": np.zeros(20, int)}}, "1 unit of level 'hub'"),
    "a hub per row": ({"levels": {"hub": np.arange(20)}}, "has one row"),
    "the same column twice": ({"fixed": {"a": np.ones(20), "b": np.ones(20)}}, "does not vary or is a combination"),
    "a hub in two regions": (
        {"levels": {"region": np.arange(20) % 2, "hub": np.arange(20) // 4}},
        "lies in two of level 'region'",
    ),
}


@pytest.mark.parametrize("case", SICK)
def test_what_cannot_be_fitted_is_a_status(case: str) -> None:
    changed, words = SICK[case]
    given = {"fixed": {"constant": np.ones(20)}, "levels": {"hub": np.arange(20) // 4}, **changed}
    found = mixed_model(np.arange(20.0) % 7, **given)  # type: ignore[arg-type]
    assert found.status == "m"
    assert words in found.reason
    assert all(part.status == "m" for part in found.effects)
