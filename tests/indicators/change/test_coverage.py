"""Simulated networks: intervals hold the truth as often as they say, and the benchmarks run."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def coverage(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return import_module("coverage_change")


def covered(rows) -> dict[tuple[str, str, int], float]:
    return {(data, interval, n): share for data, interval, n, share, _ in rows}


@pytest.mark.slow
def test_intervals_of_paired_changes_hold_the_truth_in_95_of_100_runs(coverage):
    found = covered(coverage.pairs(2000))
    for data in coverage.DATA:
        for n in (20, 50, 100):
            assert 93 <= found[data, "mean, t", n] <= 97
        for n in (50, 100):
            assert 93 <= found[data, "mean, BCa", n] <= 97
    assert 93 <= found["normal", "median of pair means", 20] <= 97
    assert 93 <= found["normal", "d_z, noncentral t", 10] <= 97


@pytest.mark.slow
def test_intervals_of_clusters_and_of_weighted_changes_hold_it_too(coverage):
    for (_, interval, _n), share in covered((*coverage.clusters(1000), *coverage.attrition(600))).items():
        if interval in ("mean, clusters, t(G - 1)", "weighted by the chance to stay"):
            assert 92.5 <= share <= 97.5  # 93 to 97 with room for the luck of 1,000 runs
        elif interval != "mean, BCa, hubs drawn":
            assert share < 85  # pairs taken as independent, or those who stayed taken for all: the traps


@pytest.mark.slow
def test_a_planted_effect_is_found_and_a_null_is_not(coverage):
    for test, n, none, planted in coverage.rejections(2000):
        if test == "paired t" or n >= 20:
            assert none <= 6
        if test == "paired t":
            assert none >= 4
            assert planted > {12: 30, 20: 50, 50: 90}[n]


def test_a_planted_bias_is_seen_and_mended(coverage):
    rows = [row for row in coverage.attrition(60) if row[2] == 300]
    found = covered(rows)
    assert found["who starts low leaves", "mean of who stayed, t", 300] < 70
    assert found["who starts low leaves", "weighted by the chance to stay", 300] > 85


@pytest.mark.slow
def test_the_benchmark_measures_every_hub(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("reads what Linux tells of processes")
    monkeypatch.syspath_prepend(BENCHMARKS)
    rows = import_module("indicators").changes(hubs=2, pairs=10)
    assert len(rows) == 2
    assert "2 hubs x 10 pairs x 7 nodes, 2,000 draws per hub" in rows[0][0]
