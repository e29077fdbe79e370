"""What must hold of every change: it turns with the waves, moves with the scale, and knows no order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dihkpi.indicators.change.bootstrap import bca
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.paired import Moments, effect_sizes, mean_change
from dihkpi.indicators.change.signed_ranks import hodges_lehmann, wilcoxon

SCORES = arrays(float, (24, 2), elements=st.integers(0, 40).map(lambda x: x * 2.5))


def cells_of(scores: np.ndarray) -> Cells:
    """Two cells of 9 and 15 pairs."""
    return Cells.of(np.repeat([0, 1], [9, 15]), scores[:, :1], scores[:, 1:], 2)


def intervals(cells: Cells) -> dict[str, np.ndarray]:
    """Value and ends of everything that is in points."""
    mean = mean_change(Moments(cells, 0.95))
    drawn = bca(cells.cell, cells.change, np.ones(len(cells.cell)), 2, confidence=0.95, draws=200, seed=1)
    return {
        "mean": np.array([mean.value, mean.lo, mean.hi]),
        "bca": np.array([mean.value, *drawn]),
        "median": np.array(hodges_lehmann(cells, 0.95)),
    }


@given(SCORES)
@settings(max_examples=40, deadline=None)
def test_waves_turned_round_turn_every_sign(scores):
    forth, back = cells_of(scores), cells_of(scores[:, ::-1])
    for name, (value, lo, hi) in intervals(forth).items():
        turned = intervals(back)[name]
        assert turned[0] == pytest.approx(-value)
        if name != "bca":  # quantiles between two draws are not quite symmetric
            assert turned[1] == pytest.approx(-hi, nan_ok=True)
            assert turned[2] == pytest.approx(-lo, nan_ok=True)
    assert wilcoxon(back, "wilcox")[1] == pytest.approx(wilcoxon(forth, "wilcox")[1], nan_ok=True)


@given(SCORES, st.sampled_from([0.1, 4.0]), st.integers(-50, 50))
@settings(max_examples=40, deadline=None)
def test_another_scale_changes_the_unit_and_nothing_else(scores, factor, shift):
    plain, other = cells_of(scores), cells_of(scores * factor + shift)
    for name, values in intervals(plain).items():
        assert intervals(other)[name] == pytest.approx(values * factor, abs=1e-9, nan_ok=True)
    for one, two in zip(effect_sizes(Moments(plain, 0.95)), effect_sizes(Moments(other, 0.95)), strict=True):
        # d_rm holds sqrt(1 - r): where r is 1, a last bit of r is the eighth place
        assert two.value == pytest.approx(one.value, abs=1e-7, nan_ok=True)


@given(SCORES, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_statistics_by_formula_know_no_order(scores, random):
    order = list(range(9))
    random.shuffle(order)
    mixed = cells_of(scores[[*order, *range(9, 24)]])
    for name in ("mean", "median"):
        assert intervals(mixed)[name] == pytest.approx(intervals(cells_of(scores))[name], nan_ok=True)
    assert wilcoxon(mixed, "pratt")[1] == pytest.approx(wilcoxon(cells_of(scores), "pratt")[1], nan_ok=True)


@given(SCORES)
@settings(max_examples=30, deadline=None)
def test_intervals_hold_their_value(scores):
    for name, (value, lo, hi) in intervals(cells_of(scores)).items():
        there = ~np.isnan(lo)
        if name != "bca":
            assert (lo[there] <= value[there] + 1e-9).all()
            assert (value[there] <= hi[there] + 1e-9).all()


def test_suppression_leaves_no_number_and_comes_last():
    figure = mean_change(Moments(cells_of(np.arange(48.0).reshape(24, 2) ** 1.1), 0.95))
    hidden = figure.suppressed(np.array([True, False]), "small")
    assert np.isnan([hidden.value[0], hidden.lo[0], hidden.hi[0], hidden.p[0], hidden.n[0]]).all()
    assert hidden.doubtful(np.array([True, True]), "late").status.tolist() == ["c", "u"]
    assert hidden.without(np.array([True, False]), "late").reason[0] == "small"
    twice = replace(figure).doubtful(np.array([True, True]), "one").doubtful(np.array([True, False]), "two")
    assert twice.reason.tolist() == ["one; two", "one"]
