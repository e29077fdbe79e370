"""Intervals of small hubs and of surveys hold the truth about as often as they say, judged with the error of runs."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module


@pytest.fixture
def coverage(bench):
    return bench("coverage_small")


def inside(row) -> bool:
    return not row.below and not row.above


def test_a_row_is_called_below_only_where_it_is_so_beyond_its_error(bench):
    judged = bench("judged")
    seldom = np.repeat([1.0, 0.0], [92, 8])
    assert judged.Row.of("x", "few runs", seldom).verdict == "inside by its error"
    assert judged.Row.of("x", "many runs", np.tile(seldom, 50)).verdict == "BELOW"
    assert judged.Row.of("x", "known", np.tile(seldom, 50), known="marked").verdict == "BELOW: marked"
    assert judged.Row.of("x", "often", np.repeat([1.0, 0.0], [990, 10])).verdict == "above: cautious"
    row = judged.Row.of("x", "right", [*np.repeat([1.0, 0.0], [95, 5]), np.nan])
    assert (row.verdict, row.runs, row.held) == ("inside", 100, 0.95)
    assert row.error == pytest.approx(np.sqrt(0.95 * 0.05 / 99))


def test_the_summary_names_what_is_below(bench):
    judged = bench("judged")
    rows = [
        judged.Row.of("t", "ten", np.repeat([1.0, 0.0], [800, 200])),
        judged.Row.of("BCa", "ten", np.repeat([1.0, 0.0], [850, 150]), known="marked"),
        judged.Row.of("t", "twenty", np.repeat([1.0, 0.0], [950, 50])),
        judged.Row.of("d", "ten", np.repeat([1.0, 0.0], [995, 5])),
    ]
    assert list(judged.summary(rows)) == [
        "Of 4 rows 1 hold 93 to 97 %, 1 hold more (cautious), 2 less.",
        "",
        "- Below without a reason: t, ten (80.0%).",
        "- Below, marked: BCa in 1 of 1 rows (85.0%).",
        "- Above: d in 1 of 1 rows (99.5%).",
    ]


def test_every_simulation_runs(coverage, definitions):
    rows = list(coverage.surveys(2, definitions, drawn=[4]))
    assert [row.what for row in rows] == list(coverage.SURVEYS)
    for draw in coverage.MEANS.values():
        (row,) = coverage.counted(["x"], "", 2, partial(draw, hubs=8, between=1.0))
        assert row.runs == 2
    for draw in coverage.CASES.values():
        (row,) = coverage.counted(["x"], "", 2, partial(draw, hubs=8, strength=5.0, mean_of=0.5))
        assert row.held > 0.5


def test_samples_are_those_that_the_package_prepares_and_rakes(coverage, definitions):
    from dihkpi.indicators.design import Design, jackknife, mean, prepare, rake, replicated

    people = coverage.population(np.random.default_rng(1))
    plain, raked = coverage.Firms(people, definitions).draw(np.random.default_rng(2), 4)
    again = prepare(plain.frame, Design(strata="stratum", cluster="firm", population="firms"), definitions)
    totals = {name: people[name].value_counts().to_dict() for name in ("stratum", "old")}
    for ours, theirs in ((plain, again), (raked, rake(again, totals)[0])):
        expected = mean(theirs, "score", by=["old"])[["lo", "hi"]].iloc[1]
        assert coverage.ends(ours, "mean", "score", only="old") == pytest.approx(tuple(expected))
        expected = replicated(theirs, jackknife(theirs), "ratio", "turnover", "staff")[["lo", "hi"]].iloc[0]
        assert coverage.ends(ours, "ratio", "turnover", "staff", again=True) == pytest.approx(tuple(expected))
    assert plain.frame["firm"].nunique() == 12
    assert len(plain.frame) == people["firm"].isin(plain.frame["firm"]).sum()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["known_errors", "with_covariate", "equal_errors", "estimated_errors"])
def test_intervals_of_shrunken_means(coverage, model):
    (row,) = coverage.counted([model], "", 400, partial(getattr(coverage, model), hubs=12, between=1.0))
    assert row.error < 0.01
    assert inside(row), row


@pytest.mark.slow
@pytest.mark.parametrize("model", ["shares", "counts"])
def test_intervals_of_shrunken_shares_and_counts(coverage, model):
    (row,) = coverage.counted([model], "", 300, partial(getattr(coverage, model), hubs=12, strength=5.0, mean_of=0.15))
    assert row.error < 0.01
    assert inside(row), row


@pytest.mark.slow
def test_intervals_of_surveys_hold_with_four_firms_in_a_stratum(coverage, definitions):
    rows = list(coverage.surveys(600, definitions, drawn=[4]))
    assert all(row.held > 0.93 - row.error for row in rows), rows
    assert all(row.held < 0.985 for row in rows), rows
