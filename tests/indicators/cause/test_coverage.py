"""Intervals hold the true effect, tests of nothing find nothing: small simulations of the benchmark."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from dihkpi.indicators.cause.errors import Inference, effect
from dihkpi.indicators.cause.wild import Wild


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "benchmarks"))
    return import_module


@pytest.fixture
def benchmark(bench):
    return bench("coverage_cause")


def share(benchmark, world, gain=1.0, runs=2000, draws=199) -> dict[str, np.ndarray]:
    """Share of runs in which each method rejects the effect in truth, and none."""
    return dict(
        zip(benchmark.METHODS, benchmark.rejected(world, gain, runs, 20260101, draws).mean(axis=0).T, strict=True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("hubs", [8, 12, 40])
def test_a_null_is_rejected_in_5_of_100_runs_and_intervals_hold_the_effect(benchmark, hubs: int) -> None:
    found = share(benchmark, benchmark.World("equal", hubs, hubs // 2))
    for name in ("cr2", "wild"):
        # One point for the method (the bootstrap with eight hubs two more), one for the simulation.
        assert 0.03 <= found[name][0] <= (0.08 if name == "wild" and hubs == 8 else 0.07), name


@pytest.mark.slow
def test_few_hubs_need_more_than_plain_clusters(benchmark) -> None:
    found = share(benchmark, benchmark.World("few", 12, 3), runs=1000)
    assert found["cluster"][0] > 0.07
    assert found["cr2"][0] < 0.07


@pytest.mark.slow
def test_a_planted_effect_is_found(benchmark) -> None:
    found = share(benchmark, benchmark.World("equal", 20, 10), gain=2.0, runs=300)
    assert min(shares[1] for shares in found.values()) > 0.9


@pytest.mark.slow
def test_no_test_finds_too_much(bench) -> None:
    tests = bench("coverage_tests")
    rows = [*tests.of_changes(2500), *tests.of_clustered_changes(2500, (12,)), *tests.of_others(1000, (21,))]
    assert [row for row in rows if row.verdict == "TOO OFTEN"] == []
    assert all(row.true > 0.3 for row in rows if row.what != "equivalence")


def test_every_simulation_runs(bench, benchmark) -> None:
    worlds = (benchmark.World("equal", 12, 6),)
    found = share(benchmark, worlds[0], runs=15, draws=99)
    assert set(found) == {"cluster", "cr2", "wild"}
    assert all(false < 0.4 and true < 1 for false, true in found.values())
    tests = bench("coverage_tests")
    rows = [*tests.of_changes(20, (12,)), *tests.of_clustered_changes(5, (8,)), *tests.of_effects(3, worlds)]
    rows += [*tests.of_others(2, (12,))]
    assert {row.what for row in rows} > {"paired t", "equivalence", *benchmark.OTHERS}
    assert all(line.count("|") == 8 for line in (row.line() for row in rows))
    assert len(list(benchmark.others(2, (12,)))) == len(benchmark.OTHERS)


def test_a_share_of_false_rejections_is_judged_with_its_error(bench) -> None:
    tested = bench("coverage_tests").Tested
    few, many = (tested("t", "", "", 0.065, 1.0, runs).verdict for runs in (500, 50_000))
    assert (few, many) == ("5 ± 1 by its error", "TOO OFTEN")
    assert tested("t", "", "", 0.05, 1.0, 500).verdict == "5 ± 1"
    assert tested("t", "", "", 0.02, 1.0, 5000).verdict == "more seldom: cautious"


def test_the_bootstrap_of_the_benchmark_is_that_of_the_package(benchmark) -> None:
    fitted = benchmark.sample(benchmark.World("equal", 14, 7), 1.0, np.random.default_rng(2))
    found = effect(fitted, {"effect": 1.0}, "effect", Inference("wild", wild=Wild(199, 5)))
    at_zero, at_end = benchmark.p_values(fitted, (0.0, found.lo + 1e-6), 5, 199)
    assert at_zero[2] == found.p
    assert at_end[2] > 0.05
    plain = effect(fitted, {"effect": 1.0}, "effect", Inference("cr2"))
    assert at_zero[1] == pytest.approx(plain.p)
