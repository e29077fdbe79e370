"""Mean changes by formula, against published numbers and other software."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from dihkpi.indicators.change import paired
from dihkpi.indicators.change.paired import Moments, cluster_error
from dihkpi.indicators.change.signed_ranks import wilcoxon
from dihkpi.indicators.change.stacking import benjamini_hochberg


def reference(shared, name):
    entries = json.loads((shared / "references/expected.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["id"] == name)


def test_students_sleep_to_the_published_digits(one_cell, sleep, shared):
    known = reference(shared, "student_sleep")
    cells = one_cell((sleep[1], sleep[0]))
    moments = Moments(cells, 0.95)
    figure = paired.mean_change(moments)
    assert figure.value[0] == pytest.approx(known["published"]["mean"])
    assert figure.n[0] - 1 == known["published"]["df"]
    assert [figure.lo[0], figure.hi[0]] == pytest.approx(known["published"]["ci"], abs=5e-8)
    assert figure.p[0] == pytest.approx(known["recomputed"]["p"], rel=1e-9)
    assert moments.mean[0] / moments.se[0] == pytest.approx(known["recomputed"]["t"], rel=1e-9)
    assert wilcoxon(cells, "wilcox")[1][0] == pytest.approx(known["recomputed"]["wilcoxon_p"], rel=1e-9)
    sizes = {size.measure: size for size in paired.effect_sizes(moments)}
    assert sizes["d_z"].value[0] == pytest.approx(known["recomputed"]["dz"], rel=1e-9)


def test_effect_sizes_by_their_formulas(one_cell, sleep):
    before, after = sleep
    d, r = after - before, np.corrcoef(before, after)[0, 1]
    sizes = {size.measure: size for size in paired.effect_sizes(Moments(one_cell(sleep), 0.95))}
    d_z = d.mean() / d.std(ddof=1)
    assert sizes["d_av"].value[0] == pytest.approx(d.mean() / ((before.std(ddof=1) + after.std(ddof=1)) / 2))
    assert sizes["d_rm"].value[0] == pytest.approx(d_z * np.sqrt(2 * (1 - r)))
    assert sizes["g_z"].value[0] == pytest.approx(d_z * (1 - 3 / (4 * 9 - 1)))
    lo, hi = sizes["d_z"].lo[0] * np.sqrt(10), sizes["d_z"].hi[0] * np.sqrt(10)
    t = d_z * np.sqrt(10)
    assert [stats.nct.cdf(t, 9, nc) for nc in (hi, lo)] == pytest.approx([0.025, 0.975], abs=1e-6)


def test_equivalence_is_that_of_statsmodels(one_cell, sleep):
    from statsmodels.stats.weightstats import ttost_paired

    moments = Moments(one_cell(sleep, sleep), 0.95)
    figure = paired.equivalence(moments, np.array([2.5, 1.0]))
    for place, margin in enumerate((2.5, 1.0)):
        assert figure.p[place] == pytest.approx(ttost_paired(sleep[1], sleep[0], -margin, margin)[0])
    assert figure.p[0] < 0.05 < figure.p[1]
    assert figure.hi[0] < 2.5


def test_cluster_intervals_are_those_of_a_regression_on_a_constant(one_cell):
    import statsmodels.api as sm

    generator = np.random.default_rng(5)
    firms = generator.integers(0, 8, 40)
    change = generator.normal(3, 4, 40) + generator.normal(0, 5, 8)[firms]
    cells = one_cell((np.zeros(40), change), (np.zeros(40), change[::-1]))
    moments = Moments(cells, 0.95)
    codes = np.concatenate([firms, firms[::-1]])
    se, groups = cluster_error(*cells.clusters(codes), moments.mean)
    figure = paired.clustered_change(moments, se, groups, "firm", few=10)
    fit = sm.OLS(change, np.ones(40)).fit(cov_type="cluster", cov_kwds={"groups": firms}, use_t=True)
    for place in (0, 1):
        assert [figure.lo[place], figure.hi[place]] == pytest.approx(fit.conf_int()[0])
        assert figure.p[place] == pytest.approx(fit.pvalues[0])
    assert figure.status.tolist() == ["u", "u"]
    assert figure.reason[0] == "8 clusters are few"


def test_clusters_of_one_pair_each_give_the_plain_interval(one_cell, sleep):
    moments = Moments(one_cell(sleep), 0.95)
    se, groups = cluster_error(*moments.cells.clusters(np.arange(10)), moments.mean)
    assert (se[0], groups[0]) == (pytest.approx(moments.se[0]), 10)


def test_smallest_detectable_change_by_its_formula(one_cell, sleep):
    moments = Moments(one_cell(sleep), 0.95)
    expected = (1.959963985 + 0.841621234) * (sleep[1] - sleep[0]).std(ddof=1) / np.sqrt(10)
    assert paired.smallest_detectable(moments, 0.8).value[0] == pytest.approx(expected)


def test_what_has_no_interval_says_why(one_cell):
    cells = one_cell(([10], [20]), ([10, 20, 30], [15, 25, 35]), ([], []), ([0.1, 0.2], [0.4, 0.5]))
    moments = Moments(cells, 0.95)
    figure = paired.mean_change(moments)
    assert figure.value[:2].tolist() == [10, 5]
    assert figure.status.tolist() == ["u", "u", "m", "u"]
    assert figure.reason.tolist() == [paired.ONE_PAIR, paired.NO_SPREAD, "no pair", paired.NO_SPREAD]
    assert np.isnan(np.array([figure.lo, figure.hi, figure.p])).all()
    for size in paired.effect_sizes(moments):
        assert size.status.tolist() == ["m"] * 4
        assert np.isnan(np.array([size.value, size.lo, size.hi])).all()
    se, groups = cluster_error(*cells.clusters(np.zeros(6, int)), moments.mean)
    alone = paired.clustered_change(moments, se, groups, "hub", few=10)
    assert alone.reason[1] == "a cluster of one: all pairs of one hub, no interval"
    assert alone.status[1] == "u"


def test_adjusted_p_values_reject_what_was_published(shared):
    import pandas as pd

    known = reference(shared, "bh95")["published"]
    p = pd.read_csv(shared / "references" / reference(shared, "bh95")["data"]).iloc[:, -1].to_numpy(float)
    assert (benjamini_hochberg(p[None, :]) <= 0.05).sum() == known[2]
    assert (np.minimum(p * len(p), 1) <= 0.05).sum() == known[0]


def test_adjusted_p_values_are_those_of_statsmodels_in_each_row():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(2).random((5, 7)) ** 2
    p[1, 3] = p[4, :5] = np.nan
    adjusted = benjamini_hochberg(p)
    for row, found in zip(p, adjusted, strict=True):
        there = ~np.isnan(row)
        assert found[there] == pytest.approx(multipletests(row[there], method="fdr_bh")[1])
    assert np.array_equal(np.isnan(adjusted), np.isnan(p))
