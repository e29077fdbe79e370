"""Every measure on numbers that one can add up in the head, and intervals against published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dihkpi.indicators import measures
from dihkpi.indicators.intervals import share_interval

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
    found = measures.total(GROUPS, np.array([0.1, 0.2, NAN, 5, NAN]), 3)
    assert found.value.tolist() == [0.3, 5, 0]
    assert found.n.tolist() == [2, 1, 0]


def test_a_ratio_is_of_sums_over_rows_with_both_parts():
    found = measures.ratio(GROUPS, np.array([1, 9, 5, 1, 1.0]), np.array([10, 10, NAN, 0, 0.0]), 3, 100)
    assert found.value[0] == 50
    assert np.isnan(found.value[1:]).all()
    assert found.n.tolist() == [2, 2, 0]


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
