"""Paired changes that textbooks and other software print."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.change import paired
from dihkpi.indicators.change.paired import Moments
from dihkpi.indicators.change.signed_ranks import exact_signs, hodges_lehmann, wilcoxon

# Darwin (1876): crossed less self-fertilised maize, in eighths of an inch; Fisher, The Design of Experiments, § 17.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_darwins_maize(one_cell):
    moments = Moments(one_cell((np.zeros(15), MAIZE)), 0.95)
    found = paired.mean_change(moments)
    assert (moments.mean / moments.se)[0] == pytest.approx(2.148, abs=5e-4)
    assert found.p[0] == pytest.approx(0.0497, abs=5e-5)
    assert [found.value[0], found.lo[0], found.hi[0]] == pytest.approx([20.933, 0.031, 41.836], abs=1e-3)
    assert wilcoxon(moments.cells, "wilcox")[0][0] == 96
    assert exact_signs(moments.cells, "wilcox", 15)[0] == pytest.approx(1352 / 2**15)  # 0.04126 of wilcox.test of R
    assert hodges_lehmann(moments.cells, 0.95)[0][0] == 25


def test_sizes_of_the_sleep_data(one_cell, sleep):
    """d_z and g_z with their noncentral intervals as the R package effectsize prints them (signs turned)."""
    sizes = {size.measure: size for size in paired.effect_sizes(Moments(one_cell((sleep[1], sleep[0])), 0.95))}
    for measure, printed in (("d_z", [-1.28, -2.12, -0.41]), ("g_z", [-1.17, -1.94, -0.38])):
        size = sizes[measure]
        assert [size.value[0], size.lo[0], size.hi[0]] == pytest.approx(printed, abs=5e-3)
