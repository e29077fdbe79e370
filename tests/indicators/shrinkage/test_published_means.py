"""Means with errors of their own: the trials of BCG vaccine, as the R package metafor prints them (REML)."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.shrinkage import fay_herriot

# Colditz et al. (1994), JAMA 271: ill and well with the vaccine, ill and well without, degrees of latitude.
TRIALS = np.array([
    [4, 119, 11, 128, 44], [6, 300, 29, 274, 55], [3, 228, 11, 209, 42], [62, 13536, 248, 12619, 52],
    [33, 5036, 47, 5761, 13], [180, 1361, 372, 1079, 44], [8, 2537, 10, 619, 19], [505, 87886, 499, 87892, 13],
    [29, 7470, 45, 7232, 27], [17, 1699, 65, 1600, 42], [186, 50448, 141, 27197, 18], [5, 2493, 3, 2338, 33],
    [27, 16886, 29, 17825, 33],
], dtype=float)  # fmt: skip


def test_trials_of_bcg_vaccine():
    a, b, c, d, latitude = TRIALS.T
    risk, error = np.log(a / (a + b) / (c / (c + d))), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    found = fay_herriot(risk, error, None, 0.95)
    numbers = [found.parameters["between"], found.parameters["beta"][0], found.parameters["beta_se"][0]]
    assert numbers == pytest.approx([0.3132, -0.7145, 0.1798], abs=5e-5)
    found = fay_herriot(risk, error, latitude[:, None], 0.95)
    # metafor stops at steps below 1e-5 and prints 0.0764.
    assert found.parameters["between"] == pytest.approx(0.0764, abs=1e-4)
    assert found.parameters["beta"] == pytest.approx([0.2515, -0.0291], abs=5e-5)
    assert found.parameters["beta_se"] == pytest.approx([0.2491, 0.0072], abs=5e-5)
