"""The benchmarks of scores from answers, in small: intervals hold the truth, and a table of sizes comes out."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module


def test_the_truth_of_the_simulation_is_the_mean_of_many(bench):
    """The exact truth against answers of 100,000 respondents of one survey, scored here by hand."""
    import numpy as np

    coverage = bench("coverage")
    chosen, groups = coverage.draw(coverage.Case(50_000, 0.0), 1, np.random.default_rng(1))
    hub = groups["hub"].to_numpy().repeat(2)
    for name, hubs in (("a", "00000a"), ("b", "00000b")):
        for wave, rows in (("T0", slice(0, None, 2)), ("T1", slice(1, None, 2))):
            mine = 20.0 * chosen[hub == hubs][rows]
            true = coverage.truth(name, wave, 0.0)
            assert mine[:, :4].mean() == pytest.approx(true["small"], abs=0.4)
            assert mine[:, 4:].mean() == pytest.approx(true["large"], abs=0.4)
            assert true["overall"] == pytest.approx((true["small"] + true["large"]) / 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        {"n": 12, "missing": 0.0},
        {"n": 30, "missing": 0.3},
        {"n": 12, "missing": 0.15, "clusters": True},
        {"n": 80, "missing": 0.3, "clusters": True},
    ],
)
def test_intervals_hold_the_truth(bench, definitions, case):
    coverage = bench("coverage")
    found = coverage.covered(coverage.Case(**case), 500, 3, definitions)
    for what in ("score", "change", "difference"):
        for node in ("overall", "small"):
            assert 0.915 < found[what, node] < 0.975, (what, node)


@pytest.mark.slow
def test_filled_answers_and_draws_hold_the_truth(bench, definitions):
    coverage = bench("coverage")
    filled = coverage.covered(coverage.Case(60, 0.3, pattern="hard", imputations=10), 60, 3, definitions)
    drawn = coverage.covered(coverage.Case(12, 0.0, method="bootstrap", spread=1.0), 200, 3, definitions)
    plain = coverage.covered(coverage.Case(12, 0.0, spread=1.0), 200, 3, definitions)
    assert 0.88 < filled["score", "overall"] <= 1
    assert 0.9 < drawn["score", "overall"] < 0.99
    assert plain["score", "overall"] < drawn["score", "overall"]


@pytest.mark.slow
def test_the_benchmark_of_respondents_prints_a_row_per_size(bench):
    lines = bench("respondents").respondents([2000, 4000])
    assert len(lines) == 4
    assert lines[2].startswith("| 2,000 | 90 |")
    assert lines[3].rstrip("| ").endswith("×")
