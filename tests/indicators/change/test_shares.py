"""Shares of pairs, changes beyond their error, transitions between bands, and what is hidden of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dihkpi.indicators.change import shares
from dihkpi.indicators.change.disclosure import hidden_parts
from dihkpi.indicators.change.paired import Moments


def by_name(figures):
    return {(figure.among, figure.measure): figure for figure in figures}


def test_a_change_of_just_the_minimum_counts_and_wilson_is_the_published_one(one_cell):
    change = np.concatenate([np.full(81, 5.0), np.full(100, 4.999), np.full(82, -5.0)])
    found = by_name(shares.outcome_shares(Moments(one_cell((np.zeros(263), change)), 0.95), np.array([5.0]), 5))
    improved = found["", "improved"]
    assert improved.value[0] == pytest.approx(100 * 81 / 263)
    assert [improved.lo[0], improved.hi[0]] == pytest.approx([25.52885, 36.62096], abs=1e-5)
    assert found["", "worse"].value[0] == pytest.approx(100 * 82 / 263)
    assert sum(figure.value[0] for figure in found.values()) == pytest.approx(100)


def test_rounding_does_not_decide_whether_a_change_counts(one_cell):
    before = np.full(12, 0.1)
    found = by_name(shares.outcome_shares(Moments(one_cell((before, before + 0.2)), 0.95), np.array([0.2]), 5))
    assert found["", "improved"].value[0] == 100


def test_a_small_part_is_hidden_with_the_part_that_would_tell_it(one_cell):
    change = np.concatenate([np.full(3, -9.0), np.full(9, 0.0), np.full(20, 9.0)])
    found = by_name(shares.outcome_shares(Moments(one_cell((np.zeros(32), change)), 0.95), np.array([5.0]), 5))
    assert {name[1]: figure.status[0] for name, figure in found.items()} == {
        "improved": "ok", "unchanged": "c", "worse": "c"
    }  # fmt: skip
    assert np.isnan(found["", "worse"].n[0])


def test_reliable_change_by_hand(one_cell):
    cells = one_cell(([10, 20, 30, 40], [13, 21, 30, 60]))
    index = shares.reliable_change(cells, np.array([0.8]), np.array([10.0]))
    assert index == pytest.approx(np.array([3, 1, 0, 20]) / (10 * np.sqrt(0.4)))
    assert np.isnan(shares.reliable_change(cells, np.array([-0.1]), np.array([10.0]))).all()


def test_reliability_of_the_definition_goes_before_the_correlation(one_cell):
    generator = np.random.default_rng(0)
    before = generator.normal(50, 10, 60)
    moments = Moments(one_cell((before, before + generator.normal(6, 8, 60))), 0.95)
    limit = 1.959964 * moments.sds[0][0] * np.sqrt(2 * 0.1)
    given_ = by_name(shares.reliable_shares(moments, np.array([0.9]), 1))
    assert given_["", "reliably_improved"].value[0] == pytest.approx(100 * np.mean(moments.cells.change > limit))
    assert given_["", "reliably_improved"].status[0] == "ok"
    estimated = by_name(shares.reliable_shares(moments, np.array([np.nan]), 1))["", "reliably_improved"]
    assert estimated.reason[0] == "reliability is the correlation of the two waves"


def test_no_spread_gives_no_reliable_change(one_cell):
    moments = Moments(one_cell((np.full(6, 50.0), np.arange(6.0))), 0.95)
    for figure in shares.reliable_shares(moments, np.array([np.nan]), 5):
        assert (figure.status[0], np.isnan(figure.value[0])) == ("m", True)


def test_transitions_are_shares_of_the_band_at_the_earlier_wave(one_cell):
    cells = one_cell((np.zeros(40), np.zeros(40)))
    before, after = (
        np.repeat([0, 1], [30, 10]),
        np.concatenate([np.repeat([0, 1], [10, 20]), np.repeat([0, 1], [5, 5])]),
    )
    found = by_name(shares.transitions(cells, (before, after), ("low", "high"), 0.95, 5))
    assert {key: figure.value[0] for key, figure in found.items()} == pytest.approx({
        ("band=low", "to_low"): 100 / 3, ("band=low", "to_high"): 200 / 3,
        ("band=high", "to_low"): 50, ("band=high", "to_high"): 50,
    })  # fmt: skip
    assert found["band=low", "to_low"].n[0] == 30


def test_nobody_in_a_band_is_said(one_cell):
    found = by_name(shares.transitions(one_cell(([1] * 6, [1] * 6)), (np.zeros(6, int),) * 2, ("low", "high"), 0.95, 5))
    figure = found["band=high", "to_low"]
    assert (figure.status[0], figure.reason[0]) == ("m", "nobody in this band at the earlier wave")


@given(arrays(np.int64, (1, 4, 4), elements=st.integers(0, 30)))
def test_no_sum_of_a_row_or_column_tells_a_small_part(counts):
    counts = counts.astype(float)
    hidden = hidden_parts(counts, 5)
    small = (counts > 0) & (counts < 5)
    assert hidden[small].all()
    if not small.any():
        assert not hidden.any()
    for axis in (1, 2):
        many, held = hidden.sum(axis=axis), np.where(hidden, counts, 0).sum(axis=axis)
        total = counts.sum(axis=axis)
        assert ((many == 0) | (many >= 2)).all()
        assert ((many == 0) | (held >= 5) | (held == total)).all()
