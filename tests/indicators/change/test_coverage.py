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


def shares(rows) -> dict[tuple[str, str], float]:
    return {(row.what, row.where): 100 * row.held for row in rows}


@pytest.mark.slow
def test_intervals_of_paired_changes_hold_the_truth_in_95_of_100_runs(coverage):
    found = list(coverage.pairs(2000, (10, 30)))
    assert [row for row in found if row.below and not row.known] == []
    held = shares(found)
    for data in coverage.DATA:
        assert 92 <= held["mean, bootstrap-t", f"{data}, n = 10"] <= 98
        # 93 to 97 with room for the luck of 2,000 runs.
        assert 92 <= held["mean, BCa", f"{data}, n = 30"] <= 98
        assert 92 <= held["mean, t", f"{data}, n = 30"] <= 98
    assert held["mean, BCa", "normal, n = 10"] < 92  # what the table marks
    assert held["mean, t", "skewed, n = 10"] < held["mean, bootstrap-t", "skewed, n = 10"]


@pytest.mark.slow
def test_intervals_of_clusters_and_of_weighted_changes_hold_it_too(coverage):
    for row in (*coverage.clusters(1000, (8, 40)), *coverage.attrition(800)):
        if row.known == coverage.TRAP:
            assert row.held < 0.85, row
        elif row.known != coverage.MARKED:
            assert not row.below, row


def test_a_planted_bias_is_seen_and_mended(coverage):
    held = shares(coverage.attrition(60, (300,)))
    where = "who starts low leaves, n = 300"
    assert held["mean of who stayed, t", where] < 70
    assert held["weighted by the chance to stay", where] > 85


def test_every_simulation_runs(coverage):
    rows = [*coverage.pairs(3, (10,)), *coverage.clusters(3, (8,))]
    assert {row.what for row in rows} >= {"mean, t", "mean, BCa", "mean, bootstrap-t", "mean, clusters, t(G − 1)"}
    assert all(row.runs == 3 and row.width > 0 for row in rows)


@pytest.mark.slow
def test_the_benchmark_measures_every_hub(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("reads what Linux tells of processes")
    monkeypatch.syspath_prepend(BENCHMARKS)
    rows = import_module("indicators").changes(hubs=2, pairs=10)
    assert len(rows) == 2
    assert "2 hubs x 10 pairs x 7 nodes, 2,000 draws per hub" in rows[0][0]
