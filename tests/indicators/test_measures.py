"""Every measure on numbers that one can add up in the head, and intervals against published ones."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dihkpi.indicators import measures
from dihkpi.indicators.figures import once
from dihkpi.indicators.intervals import share_interval
from dihkpi.indicators.measures import Amounts
from dihkpi.indicators.mix import dependency, diversification, shares

GROUPS = np.array([0, 0, 0, 1, 1])
NAN = float("nan")


def test_count_and_groups_without_rows():
    found = measures.count(GROUPS, 3)
    assert found.value.tolist() == found.n.tolist() == [3, 2, 0]
    assert np.isnan(found.lo).all()


def test_distinct_counts_a_thing_once_per_group_and_never_a_missing_one():
    things = np.array([7, 7, -1, 7, 8])
    assert measures.distinct(GROUPS, things, 3).value.tolist() == [1, 2, 0]
    assert measures.distinct(GROUPS, np.full(5, -1), 2).value.tolist() == [0, 0]


def test_sums_are_of_what_is_there_and_to_the_cent():
    found = measures.total(GROUPS, Amounts.of(np.array([0.1, 0.2, NAN, 5, NAN])), 3)
    assert found.value.tolist() == [0.3, 5, 0]
    assert found.n.tolist() == [2, 1, 0]


def test_a_ratio_is_of_sums_over_rows_with_both_parts():
    of, to = Amounts.of(np.array([1, 9, 5, 1, 1.0])), Amounts.of(np.array([10, 10, NAN, 0, 0.0]))
    found = measures.ratio(GROUPS, of, to, 3, 100)
    assert found.value[0] == 50
    assert np.isnan(found.value[1:]).all()
    assert found.n.tolist() == [2, 2, 0]


def test_a_numerator_that_is_missing_adds_nothing_where_the_sums_stand_alone():
    of, to = Amounts.of(np.array([NAN, 9, 5, 1, 1.0])), Amounts.of(np.array([10, 10, NAN, 0, 4.0]))
    assert measures.ratio(GROUPS, of, to, 3, 1).value[:2].tolist() == [0.9, 0.5]
    assert measures.ratio(GROUPS, of, to, 3, 1, together=False).value[:2].tolist() == [0.7, 0.5]


def test_half_a_million_amounts_add_up_to_the_cent_in_any_order():
    """Against exact decimals; the plain sum of doubles is off."""
    rng = np.random.default_rng(5)
    cents = rng.integers(1, 9_000_000, 500_000)
    values = cents / 100
    exact = float(sum(Decimal(int(c)) for c in cents) / 100)
    one = np.zeros(len(values), dtype=np.intp)
    for order in (np.arange(len(values)), rng.permutation(len(values))):
        assert measures.total(one, Amounts.of(values[order]), 1).value[0] == exact
    assert np.bincount(one, weights=values)[0] != exact
    assert measures.total(np.zeros(10, dtype=np.intp), Amounts.of(np.full(10, 0.1)), 1).value[0] == 1.0


def test_amounts_beyond_the_whole_numbers_of_a_double_still_add_up():
    values = np.array([9.0e13, 0.01, -9.0e13, 0.01])
    assert measures.total(np.zeros(4, dtype=np.intp), Amounts.of(values), 1).value[0] == 0.02


def test_amounts_with_more_decimals_are_summed_as_they_are():
    third = Amounts.of(np.full(3, 1 / 3))
    assert third.scale == 1
    assert measures.total(np.zeros(3, dtype=np.intp), third, 1).value[0] == 1.0


def test_one_thing_counts_once_with_its_largest_amount_in_any_order():
    things, amounts, groups = (
        np.array([0, 0, 1, -1, -1, 0]),
        np.array([5.0, 7, NAN, 1, 1, 9]),
        np.array([0, 0, 0, 0, 0, 1]),
    )
    for order in (np.arange(6), np.arange(6)[::-1]):
        rows, places = once(order, groups[order], things, amounts)
        assert sorted(zip(rows.tolist(), places.tolist(), strict=True)) == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 1)]


def test_a_share_is_of_the_known_rows():
    found = measures.share(GROUPS, np.array([1, 0, NAN, 1, 1]), 3, 0.95)
    assert found.value[:2].tolist() == [50, 100]
    assert found.n.tolist() == [2, 2, 0]
    assert np.isnan([found.value[2], found.lo[2], found.hi[2]]).all()


@pytest.mark.parametrize(
    ("hits", "n", "lo", "hi"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_of_newcombe_1998(hits, n, lo, hi):
    share, low, high = share_interval(np.array([float(hits)]), np.array([float(n)]), 0.95)
    assert share[0] == pytest.approx(100 * hits / n)
    assert [low[0] / 100, high[0] / 100] == pytest.approx([lo, hi], abs=5e-5)


def test_the_share_of_nobody_and_of_everybody():
    share, low, high = share_interval(np.array([0.0, 5.0]), np.array([0.0, 5.0]), 0.95)
    assert np.isnan([share[0], low[0], high[0]]).all()
    assert (share[1], high[1]) == (100, 100)
    assert 50 < low[1] < 60


def test_student_sleep_data():
    """Student (1908); the interval as R prints it for t.test(extra ~ group, paired = TRUE)."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = measures.mean(np.zeros(10, dtype=int), second - first, 1, 0.95)
    assert found.value[0] == pytest.approx(1.58)
    assert [found.lo[0], found.hi[0]] == pytest.approx([0.7001142, 2.4598858], abs=5e-8)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), shift=st.sampled_from([0.0, 1e6]))
def test_means_have_the_interval_of_student(values, shift):
    data = np.array(values) + shift
    found = measures.mean(np.zeros(len(data), dtype=int), data, 1, 0.9)
    half = stats.t.ppf(0.95, len(data) - 1) * stats.sem(data)
    expected = [data.mean() - half, data.mean(), data.mean() + half]
    assert [found.lo[0], found.value[0], found.hi[0]] == pytest.approx(expected, rel=1e-7, abs=1e-6)


def test_one_value_has_a_mean_but_no_interval():
    found = measures.mean(np.array([0, 1, 1]), np.array([3.0, 4.0, NAN]), 3, 0.95)
    assert found.value[:2].tolist() == [3, 4]
    assert np.isnan(found.lo).all()
    assert np.isnan(found.value[2])


def test_the_mix_of_funding():
    """60, 30 and 10: 1 - 0.36 - 0.09 - 0.01 = 0.54; four equal sources: 1 - 1/4."""
    parts = shares(np.array([[60.0, 30, 10, 0], [5, 5, 5, 5], [7, 0, 0, 0], [0, 0, 0, 0], [5, -5, 1, 0]]))
    assert parts[:3].sum(axis=1) == pytest.approx([1, 1, 1])
    assert diversification(parts)[:3] == pytest.approx([0.54, 0.75, 0])
    assert dependency(parts)[:3] == pytest.approx([60, 25, 100])
    assert np.isnan(diversification(parts)[3:]).all()
    assert np.isnan(dependency(parts)[3:]).all()
