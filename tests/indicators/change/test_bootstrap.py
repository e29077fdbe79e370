"""The BCa interval against that of scipy, drawn with the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dihkpi.indicators.change import bootstrap
from dihkpi.indicators.change.bootstrap import bca, bootstrap_t


def plain(*samples, seed=7, draws=2000):
    cell = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
    values = np.concatenate(samples)
    return bca(cell, values, np.ones(len(values)), len(samples), confidence=0.95, draws=draws, seed=seed)


def scipys(data, statistic, seed, draws, entries, **more):
    found = stats.bootstrap(
        data, statistic, n_resamples=draws, method="BCa", rng=np.random.default_rng([seed, entries]), **more
    )
    return found.confidence_interval


def test_it_agrees_with_scipy_cell_by_cell():
    generator = np.random.default_rng(1)
    samples = [generator.exponential(5, 16), generator.normal(2, 3, 23)]
    lo, hi = plain(*samples)
    for place, sample in enumerate(samples):
        expected = scipys((sample,), np.mean, 7, 2000, len(sample), vectorized=True)
        assert (lo[place], hi[place]) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_it_agrees_with_scipy_on_students_sleep_but_for_ties_that_scipy_rounds_apart(sleep):
    change = sleep[1] - sleep[0]
    lo, hi = plain(change)
    expected = scipys((change,), np.mean, 7, 2000, 10, vectorized=True)
    assert (lo[0], hi[0]) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_clusters_drawn_agree_with_scipy_on_the_ratio_of_their_sums():
    generator = np.random.default_rng(3)
    count = generator.integers(1, 9, 12).astype(float)
    total = count * generator.gamma(2, 3, 12)
    lo, hi = bca(np.zeros(12, int), total, count, 1, confidence=0.9, draws=1500, seed=5)

    def ratio(total, count, axis=-1):
        return total.sum(axis=axis) / count.sum(axis=axis)

    expected = scipys((total, count), ratio, 5, 1500, 12, paired=True, vectorized=True, confidence_level=0.9)
    assert (lo[0], hi[0]) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_an_interval_does_not_depend_on_the_other_cells_nor_on_blocks(monkeypatch):
    generator = np.random.default_rng(4)
    samples = [generator.normal(size=n) for n in (8, 30, 8, 12)]
    lo, hi = plain(*samples)
    alone = [plain(sample) for sample in samples]
    assert lo == pytest.approx(np.concatenate([x[0] for x in alone]))
    monkeypatch.setattr(bootstrap, "_NUMBERS", 2500)
    small = plain(*samples)
    assert np.array([lo, hi]) == pytest.approx(np.array(small))


def test_seeds_tell_and_repeat():
    sample = np.random.default_rng(6).normal(size=15)
    assert np.array_equal(plain(sample), plain(sample))
    assert not np.array_equal(plain(sample), plain(sample, seed=8))


def test_ties_of_scores_in_steps_count_half():
    sample = np.array([0.0, 2.5, 2.5, 5.0, 5.0, 5.0, 7.5, 10.0])
    lo, hi = plain(sample)
    assert lo[0] < sample.mean() < hi[0]
    shifted_lo, shifted_hi = plain(sample + 1 / 3)
    assert (shifted_lo[0] - 1 / 3, shifted_hi[0] - 1 / 3) == pytest.approx((lo[0], hi[0]))


def test_one_entry_or_no_spread_has_no_interval():
    lo, hi = plain(np.array([4.0]), np.full(6, 2.0))
    assert np.isnan([lo, hi]).all()


def by_hand(total, count, seed, draws, confidence=0.95):
    """Bootstrap-t, one replication after the other, drawn with the same numbers."""
    n = len(total)

    def mean_and_error(at):
        mean = total[at].sum() / count[at].sum()
        return mean, np.sqrt(n / (n - 1) * np.sum((total[at] - mean * count[at]) ** 2)) / count[at].sum()

    mean, error = mean_and_error(np.arange(n))
    drawn = np.random.default_rng([seed, n]).integers(0, n, size=(draws, n))
    found = np.array([mean_and_error(at) for at in drawn])
    found[found[:, 1] < 1e-9, 1] = 1e-300  # one entry again and again: as far out as can be
    t = (found[:, 0] - mean) / found[:, 1]
    tail = (1 - confidence) / 2
    low, high = np.quantile(t, [tail, 1 - tail], method="inverted_cdf")
    return mean - high * error, mean - low * error


def test_the_studentised_interval_is_that_of_a_loop_over_replications():
    generator = np.random.default_rng(8)
    count = generator.integers(1, 9, 9).astype(float)
    total = count * generator.gamma(2, 3, 9)
    few = generator.exponential(5, 7)
    parts = np.repeat([0, 1, 2], [9, 7, 12]), np.r_[total, few, generator.normal(size=12)], np.r_[count, np.ones(19)]
    lo, hi = bootstrap_t(*parts, 3, confidence=0.95, draws=999, seed=5, below=12)
    assert (lo[0], hi[0]) == pytest.approx(by_hand(total, count, 5, 999), rel=1e-9)
    assert (lo[1], hi[1]) == pytest.approx(by_hand(few, np.ones(7), 5, 999), rel=1e-9)
    assert np.isnan([lo[2], hi[2]]).all()  # twelve are not few here


def test_the_studentised_interval_is_longer_on_the_side_of_the_long_tail_and_has_no_end_with_three():
    change = np.array([0.0, 1, 1, 2, 2, 3, 3, 4, 30])
    one = {"confidence": 0.95, "draws": 2000, "seed": 1, "below": 30}
    lo, hi = bootstrap_t(np.zeros(9, int), change, np.ones(9), 1, **one)
    assert hi[0] - change.mean() > 2 * (change.mean() - lo[0]) > 0
    for values in ([1.0, 2, 9], [5.0, 5, 5, 5, 5]):
        n = len(values)
        assert np.isnan(bootstrap_t(np.zeros(n, int), np.array(values), np.ones(n), 1, **one)).all()
