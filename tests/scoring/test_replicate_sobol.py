"""Shares of a variance: published numbers, scipy, and the faults that other software has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dihkpi.scoring.replicate.sobol import bootstrap, drawn_anew, sobol_indices


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0]))


def designed(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = np.pi * (2 * stats.qmc.Sobol(6, rng=seed).random(n) - 1)
    a, b = points[:, :3], points[:, 3:]
    ab = np.stack([np.where(np.arange(3) == factor, b, a) for factor in range(3)])
    return ishigami(a), ishigami(b), ishigami(ab)


def test_shares_of_the_ishigami_function_are_the_published_ones(shared: Path) -> None:
    known = json.loads((shared / "references" / "expected.json").read_text(encoding="utf-8"))
    entries = known if isinstance(known, list) else known["entries"]
    published = next(entry for entry in entries if entry["id"] == "ishigami")["published"]
    found = sobol_indices(*designed(2**15))
    assert found.first == pytest.approx(published["S1"], abs=0.005)
    assert found.total == pytest.approx(published["ST"], abs=0.005)


def test_shares_are_those_of_scipy() -> None:
    f_a, f_b, f_ab = designed(256)
    theirs = stats.sobol_indices(func={"f_A": f_a[None], "f_B": f_b[None], "f_AB": f_ab[:, None]}, n=256)
    ours = sobol_indices(f_a, f_b, f_ab)
    assert ours.first == pytest.approx(np.ravel(theirs.first_order), rel=1e-9)
    assert ours.total == pytest.approx(np.ravel(theirs.total_order), rel=1e-9)


def test_an_additive_function_has_no_interactions_and_a_constant_no_shares() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 4096, 2)) * [3.0, 1.0]
    ab = np.stack([np.column_stack([b[:, 0], a[:, 1]]), np.column_stack([a[:, 0], b[:, 1]])])
    found = sobol_indices(a.sum(axis=1), b.sum(axis=1), ab.sum(axis=2))
    assert found.first == pytest.approx([0.9, 0.1], abs=0.05)
    assert found.total == pytest.approx([0.9, 0.1], abs=0.05)
    flat = np.full(8, 0.1)
    nothing = sobol_indices(flat, flat, flat[None])
    assert np.isnan(nothing.first).all() and np.isnan(nothing.total).all()


def test_a_bootstrap_resamples_all_columns_together_and_computes_the_variance_again() -> None:
    """Fault 9: each draw must equal the estimator on the resampled rows, not be mixed of several resamples."""
    f_a, f_b, f_ab = designed(64)
    counts = drawn_anew(64, 5, np.random.default_rng(2))
    found = bootstrap(f_a[:, None], f_b[:, None], f_ab[..., None], counts)
    for draw in range(5):
        rows = np.repeat(np.arange(64), counts[draw].astype(int))
        again = sobol_indices(f_a[rows], f_b[rows], f_ab[:, rows])
        assert found.first[draw, :, 0] == pytest.approx(again.first, rel=1e-9)
        assert found.total[draw, :, 0] == pytest.approx(again.total, rel=1e-9)


def test_bands_hold_the_truth() -> None:
    truth = np.array([0.5576, 0.4424, 0.2437])
    inside = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        a, b = np.pi * (2 * rng.random((2, 512, 3)) - 1)
        ab = np.stack([np.where(np.arange(3) == factor, b, a) for factor in range(3)])
        draws = bootstrap(ishigami(a)[:, None], ishigami(b)[:, None], ishigami(ab)[..., None],
                          drawn_anew(512, 200, rng)).total[..., 0]  # fmt: skip
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        inside.append((low <= truth) & (truth <= high))
    assert np.mean(inside) > 0.85
