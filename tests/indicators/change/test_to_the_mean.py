"""The change that comes without any effect."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.paired import Moments
from dihkpi.indicators.change.to_the_mean import Formed, expected_changes, terciles

LOW_HIGH = ("low", "high")


def test_the_expected_change_by_hand(one_cell):
    before = np.array([10.0] * 5 + [30.0] * 5)
    cells = one_cell((before, before + np.tile([0, 1, 2, 3, 4], 2)))
    formed = Formed("half", LOW_HIGH, np.repeat([0, 1], 5))
    found = list(expected_changes(Moments(cells, 0.95), formed, np.array([0.6]), 20, 5))
    values = {(figure.among, figure.measure): figure.value[0] for figure in found}
    assert values == pytest.approx({
        ("half=low", "mean"): 2, ("half=low", "expected_no_effect"): 4,
        ("half=high", "mean"): 2, ("half=high", "expected_no_effect"): -4,
    })  # fmt: skip
    assert {figure.status[0] for figure in found} == {"ok"}


def test_few_pairs_and_no_spread_are_said(one_cell):
    cells = one_cell((np.arange(12.0), np.arange(12.0) % 4), (np.full(12, 5.0), np.arange(12.0)))
    formed = Formed("half", LOW_HIGH, np.tile(np.repeat([0, 1], 6), 2))
    none = np.full(2, np.nan)
    for figure in expected_changes(Moments(cells, 0.95), formed, none, 20, 5):
        if figure.measure == "expected_no_effect":
            assert figure.status.tolist() == ["u", "m"]
            assert figure.reason[0] == "correlation of fewer than 20 pairs"
            assert figure.lo[0] < figure.value[0] < figure.hi[0]


def test_a_small_group_hides_another_with_it(one_cell):
    cells = one_cell((np.arange(30.0), np.arange(30.0)[::-1]))
    formed = Formed("band", ("a", "b", "c"), np.repeat([0, 1, 2], [3, 10, 17]))
    hidden = {f.among: f.status[0] for f in expected_changes(Moments(cells, 0.95), formed, np.array([0.5]), 20, 5)}
    assert hidden == {"band=a": "c", "band=b": "c", "band=c": "ok"}


def test_thirds_of_each_cell_whatever_the_order():
    generator = np.random.default_rng(3)
    before = generator.permutation(np.arange(30.0))
    cells = Cells(np.repeat([0, 1], [18, 12]), np.arange(30), before, before, 2)
    group = terciles(cells).group
    for cell in (0, 1):
        mine = cells.cell == cell
        assert np.bincount(group[mine]).tolist() == [mine.sum() // 3] * 3
        assert before[mine][group[mine] == 0].max() < before[mine][group[mine] == 2].min()


def test_with_no_effect_at_all_thirds_change_as_expected(one_cell):
    """Simulated noise around true scores that stay: the lowest third rises, and by no more than was expected."""
    generator = np.random.default_rng(4)
    true = generator.normal(50, 10, 20_000)
    cells = one_cell(tuple(true + generator.normal(0, 8, 20_000) for _ in range(2)))
    found = list(expected_changes(Moments(cells, 0.95), terciles(cells), np.array([np.nan]), 20, 5))
    values = {(figure.among, figure.measure): figure.value[0] for figure in found}
    for third in ("1", "2", "3"):
        assert values[f"tercile={third}", "mean"] == pytest.approx(
            values[f"tercile={third}", "expected_no_effect"], abs=0.35
        )
    assert values["tercile=1", "mean"] > 4
