"""Intervals hold the true effect, tests of nothing find nothing: small simulations of the benchmark."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def benchmark():
    from importlib import import_module

    folder = str(Path(__file__).parents[3] / "benchmarks")
    sys.path.insert(0, folder)
    yield import_module("coverage_cause")
    sys.path.remove(folder)


@pytest.mark.slow
@pytest.mark.parametrize("hubs", [8, 12, 40])
def test_intervals_hold_the_effect_and_a_null_is_not_found(benchmark, hubs: int) -> None:
    found = benchmark.simulate(benchmark.World("equal", hubs, hubs // 2), runs=2000, seed=20260101, draws=199)
    for name in ("cr2", "wild"):
        held, rejected = found[name]
        assert 0.93 <= held <= 0.97, name
        # Five per cent, one point for the method (the bootstrap with eight hubs a little more), one for the simulation.
        assert 0.03 <= rejected <= (0.08 if name == "wild" and hubs == 8 else 0.07), name


@pytest.mark.slow
@pytest.mark.parametrize("hubs", [12, 39])
def test_intervals_of_staggered_starts_and_weights_hold_the_effect(benchmark, hubs: int) -> None:
    for name, held in benchmark.others(hubs, runs=1000, seed=3).items():
        assert 0.93 <= held <= 0.975, name


@pytest.mark.slow
def test_few_hubs_need_more_than_plain_clusters(benchmark) -> None:
    found = benchmark.simulate(benchmark.World("few", 12, 3), runs=1000, seed=7, draws=199)
    assert found["cluster"][0] < 0.93
    assert found["cr2"][0] > 0.93


@pytest.mark.slow
def test_a_planted_effect_is_found(benchmark) -> None:
    found = benchmark.power(benchmark.World("equal", 20, 10), 2.0, runs=300, seed=7, draws=199)
    assert min(found.values()) > 0.9


def test_every_method_gives_a_p_value(benchmark) -> None:
    found = benchmark.simulate(benchmark.World("equal", 12, 6), runs=15, seed=1, draws=99)
    assert set(found) == {"cluster", "cr2", "wild"}
    assert all(held > 0.6 and rejected < 0.4 for held, rejected in found.values())


def test_the_bootstrap_of_the_benchmark_is_that_of_the_package(benchmark) -> None:
    import numpy as np

    from dihkpi.indicators.cause.errors import Inference, effect
    from dihkpi.indicators.cause.wild import Wild

    fitted = benchmark.sample(benchmark.World("equal", 14, 7), 1.0, np.random.default_rng(2))
    found = effect(fitted, {"effect": 1.0}, "effect", Inference("wild", wild=Wild(199, 5)))
    assert list(benchmark.p_values(fitted, 0.0, 5, 199))[2] == found.p
    inside = list(benchmark.p_values(fitted, found.lo + 1e-6, 5, 199))[2]
    assert inside > 0.05
