"""Tests of signed ranks and the median of pair means against published numbers and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from dihkpi.indicators.change import signed_ranks
from dihkpi.indicators.change.signed_ranks import exact_signs, hodges_lehmann, wilcoxon

# Hollander and Wolfe (1973), table 3.1: depression of nine patients at the first and second visit.
FIRST = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def test_hollander_and_wolfe_to_the_published_digits(one_cell):
    cells = one_cell((FIRST, SECOND))
    assert exact_signs(cells, "wilcox", 12)[0] == pytest.approx(0.0390625)
    value, lo, hi = hodges_lehmann(cells, 0.95)
    assert [value[0], lo[0], hi[0]] == pytest.approx([-0.46, -0.786, -0.010], abs=5e-4)


def test_the_median_of_sleep_without_the_pair_that_did_not_change(one_cell, sleep):
    cells = one_cell(sleep)
    value = hodges_lehmann(cells.only(np.round(cells.change, 9) != 0), 0.95)[0]
    assert value[0] == pytest.approx(1.4)


@pytest.mark.parametrize("zeros", ["wilcox", "pratt"])
def test_many_cells_with_ties_and_zeros_agree_with_scipy(one_cell, zeros):
    generator = np.random.default_rng(8)
    lists = [(np.zeros(n), generator.integers(-3, 6, n).astype(float)) for n in (9, 14, 30, 14)]
    _, p, _ = wilcoxon(one_cell(*lists), zeros)
    for place, (_, change) in enumerate(lists):
        expected = stats.wilcoxon(change, zero_method=zeros, correction=True, method="asymptotic")
        assert p[place] == pytest.approx(expected.pvalue)


def test_exact_p_counts_all_signs_with_ties_too(one_cell):
    change = np.array([1.0, -1.0, 2.0, 2.0, 3.0, 0.0, 4.0])
    ranks = stats.rankdata(np.abs(change[change != 0]))
    sums = [abs(np.dot(signs, ranks)) for signs in itertools.product([-1, 1], repeat=6)]
    seen = abs((np.sign(change[change != 0]) * ranks).sum())
    expected = np.mean(np.array(sums) >= seen - 1e-9)
    assert exact_signs(one_cell((np.zeros(7), change)), "wilcox", 12)[0] == pytest.approx(expected)
    assert np.isnan(exact_signs(one_cell((np.zeros(7), change)), "wilcox", 5)[0])


def test_changes_that_differ_by_rounding_are_ties(one_cell):
    plain = one_cell(([0.0, 0.0, 0.0], [0.3, -0.3, 5.0]))
    odd = one_cell(([0.0, 0.3, 0.0], [0.1 + 0.2, 0.0, 5.0]))
    assert wilcoxon(plain, "wilcox")[1][0] == wilcoxon(odd, "wilcox")[1][0]


def test_no_pair_changed(one_cell):
    plus, p, n = wilcoxon(one_cell(([1, 2, 3], [1, 2, 3])), "wilcox")
    assert (plus[0], n[0]) == (0, 0)
    assert np.isnan(p[0])


def test_the_median_is_searched_for_where_pair_means_are_too_many(one_cell, monkeypatch):
    generator = np.random.default_rng(9)
    change = np.round(generator.normal(3, 8, 120), 1)
    cells = one_cell((np.zeros(120), change))
    listed = hodges_lehmann(cells, 0.95)
    monkeypatch.setattr(signed_ranks, "_PAIR_MEANS_UP_TO", 50)
    assert np.array(hodges_lehmann(cells, 0.95)) == pytest.approx(np.array(listed), abs=1e-5)
    means = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(change, 2)]
    assert listed[0][0] == pytest.approx(np.median(means))


def test_the_interval_of_the_median_is_exact_for_few_and_close_to_it_for_more():
    exact = signed_ranks._position.__wrapped__(50, 0.95)
    mean, deviation = 50 * 51 / 4, np.sqrt(50 * 51 * 101 / 24)
    assert abs(exact - (mean - 1.96 * deviation)) < 2
    assert signed_ranks._position(9, 0.95) == 6  # qsignrank(0.025, 9) of R
    assert signed_ranks._position(20, 0.95) == 53  # qsignrank(0.025, 20) of R
    assert np.isnan(hodges_lehmann_of_five()).all()


def hodges_lehmann_of_five():
    from dihkpi.indicators.change.cells import Cells

    zero = np.zeros(5)
    cells = Cells(np.zeros(5, int), np.arange(5), zero, np.arange(5.0), 1)
    return np.array(hodges_lehmann(cells, 0.95)[1:])
