"""Reliability of scales: published data, formulas by hand, and models whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f

from dihkpi.errors import ScoringError, UsageError
from dihkpi.scoring.reliability.alpha import cronbach, feldt
from dihkpi.scoring.reliability.factors import _random_correlations, parallel_analysis
from dihkpi.scoring.reliability.items import alpha_if_dropped, item_rest
from dihkpi.scoring.reliability.moments import moments
from dihkpi.scoring.reliability.omega import omega_total

REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")


@pytest.fixture(scope="module")
def bfi(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "references/data/bfi.csv.gz")


def congeneric(loadings: np.ndarray, spread: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    unique = np.sqrt(1 - loadings**2) * rng.standard_normal((n, len(loadings)))
    return spread * (rng.standard_normal((n, 1)) * loadings + unique)


def test_alpha_of_the_big_five_is_that_of_the_reference(bfi: pd.DataFrame, shared: Path) -> None:
    references = json.loads((shared / "references/expected.json").read_text(encoding="utf-8"))
    entries = (
        references if isinstance(references, list) else next(v for v in references.values() if isinstance(v, list))
    )
    expected = next(entry for entry in entries if entry["id"] == "bfi_alpha")["recomputed"]
    for scale, value in zip("ACENO", expected, strict=True):
        items = [f"{scale}{i}" for i in range(1, 6)]
        turn = [name for name in REVERSED if name in items]
        found = cronbach(bfi[items], units="points", turn=turn)
        assert found.value == pytest.approx(value, rel=0, abs=1e-9)
        mirrored = bfi[items].assign(**{name: 7 - bfi[name] for name in turn})
        assert cronbach(mirrored, units="points").value == pytest.approx(value, rel=0, abs=1e-9)
        assert found.turned == tuple(turn)
        assert not found.against


def test_reversed_items_are_named_and_never_turned(bfi: pd.DataFrame) -> None:
    found = cronbach(bfi[["C1", "C2", "C3", "C4", "C5"]], units="points")
    assert found.against == ("C4", "C5")
    assert found.value < 0
    assert any("C4, C5" in note for note in found.notes)
    assert any("negative" in note for note in found.notes)


def test_pairwise_and_listwise_differ_and_say_which(bfi: pd.DataFrame) -> None:
    items = ["N1", "N2", "N3", "N4", "N5"]
    pairwise, listwise = (cronbach(bfi[items], units="points", missing=how) for how in ("pairwise", "listwise"))
    complete = bfi[items].dropna()
    by_hand = 5 / 4 * (1 - complete.var().sum() / complete.sum(axis=1).var())
    assert listwise.value == pytest.approx(by_hand, rel=0, abs=1e-12)
    assert listwise.n == len(complete)
    assert pairwise.value != listwise.value
    assert (pairwise.method, listwise.method) == ("alpha, pairwise", "alpha, listwise")


@given(seed=st.integers(0, 10_000), share=st.floats(0, 0.4))
@settings(max_examples=20, deadline=None)
def test_pairwise_covariances_are_those_of_pandas(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (40, 4)).astype(float)
    values[rng.random(values.shape) < share] = np.nan
    expected = pd.DataFrame(values).cov(min_periods=2).to_numpy()
    assert moments(values).covariance == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_standardised_alpha_is_that_of_the_mean_correlation() -> None:
    values = congeneric(np.array([0.8, 0.7, 0.6]), np.array([1.0, 10.0, 100.0]), 200, 3)
    r = np.corrcoef(values.T)[np.triu_indices(3, 1)].mean()
    found = cronbach(values, units=("EUR", "people", "points"), standardise=True)
    assert found.value == pytest.approx(3 * r / (1 + 2 * r), abs=1e-12)
    assert found.method == "standardised alpha, pairwise"


def test_mixed_units_are_refused() -> None:
    """Fault 18 of COINr: reliability of raw items in mixed units."""
    with pytest.raises(UsageError, match=r"EUR: 1; people: 2.*\n.*standardise=True"):
        cronbach(np.ones((5, 2)), units=("EUR", "people"))


def test_binary_items_give_kr20() -> None:
    values = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1.0]])
    p, total = values.mean(axis=0), values.sum(axis=1)
    kr20 = 3 / 2 * (1 - (p * (1 - p)).sum() / total.var())
    found = cronbach(values, units="ticks")
    assert found.value == pytest.approx(kr20, abs=1e-12)
    assert found.method == "KR-20, pairwise"


def test_interval_of_feldt_by_hand() -> None:
    upper, lower = f.ppf(0.975, 40, 160), f.ppf(0.025, 40, 160)
    assert feldt(0.8, 41, 5) == pytest.approx((1 - 0.2 * upper, 1 - 0.2 * lower), abs=1e-12)
    # Printed tables of F at 97.5 %: 1.61 at (40, 120), 1.48 at (40, infinity); ours, at (40, 160), is between.
    assert 1 - 0.2 * 1.61 < feldt(0.8, 41, 5)[0] < 1 - 0.2 * 1.48


def test_interval_of_feldt_covers() -> None:
    values = np.random.default_rng(11).standard_normal((2000, 40, 1)) + np.random.default_rng(12).standard_normal(
        (2000, 40, 4)
    )
    found = [cronbach(sample, units="points") for sample in values]
    covered = np.mean([a.lo <= 0.8 <= a.hi for a in found])  # alpha of parallel items: 4 * .5 / (1 + 3 * .5)
    assert 0.935 < covered < 0.965


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.empty((10, 0)), "no item"),
        (np.arange(5.0)[:, None], "one item only"),
        (np.array([[1.0, 2.0]]), "1 respondent with several items"),
        (np.full((6, 3), np.nan), "no value at all"),
        (np.ones((6, 3)) * 0.1, "no spread"),
        (np.array([[1, np.nan], [2, np.nan], [np.nan, 1], [np.nan, 2.0]]), "respondents"),
        (np.array([[1.0, -1], [2, -2], [3, -3]]), "cancel out"),
    ],
)
def test_no_alpha_has_a_reason(values: np.ndarray, reason: str) -> None:
    found = cronbach(values, units="points")
    assert np.isnan(found.value)
    assert np.isnan(found.lo)
    assert reason in found.reason


def test_listwise_without_a_complete_row_says_so() -> None:
    found = cronbach(np.array([[1, np.nan], [np.nan, 2.0]]), units="points", missing="listwise")
    assert found.reason == "nobody has a value for every item"


def test_bad_input_is_told() -> None:
    with pytest.raises(ScoringError, match="2: a value is infinite"):
        cronbach(np.array([[1, np.inf], [1, 2.0]]), units="points")
    with pytest.raises(ScoringError, match="b: holds no numbers"):
        cronbach(pd.DataFrame({"a": [1, 2], "b": ["1", "2"]}), units="points")
    with pytest.raises(UsageError, match="there is no item 'c' to turn"):
        cronbach(pd.DataFrame({"a": [1, 2], "b": [1, 2]}), units="points", turn=["c"])
    with pytest.raises(UsageError, match="2 units for 3 items"):
        cronbach(np.ones((5, 3)), units=("EUR", "EUR"))


def test_item_rest_and_alpha_if_dropped_are_those_of_sums() -> None:
    values = congeneric(np.array([0.8, 0.7, 0.6, 0.1]), np.array([1.0, 2.0, 3.0, 1.0]), 150, 4)
    covariance = moments(values).covariance
    for item in range(4):
        others = np.delete(values, item, axis=1)
        assert item_rest(covariance)[item] == pytest.approx(np.corrcoef(values[:, item], others.sum(axis=1))[0, 1])
        dropped = cronbach(others, units="points").value
        assert alpha_if_dropped(covariance)[item] == pytest.approx(dropped, abs=1e-12)


def test_omega_is_that_of_the_model() -> None:
    loadings, spread = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), np.array([1, 2, 1, 3, 1, 2.0])
    found = moments(congeneric(loadings, spread, 20_000, 5))
    names = list("abcdef")
    raw = (spread @ loadings) ** 2 / ((spread @ loadings) ** 2 + spread**2 @ (1 - loadings**2))
    standardised = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    omega = omega_total(found, names)
    assert omega.status == "ok"
    assert omega.value == pytest.approx(raw, abs=0.006)
    assert omega.loadings == pytest.approx(loadings, abs=0.02)
    assert omega_total(found, names, standardise=True).value == pytest.approx(standardised, abs=0.006)


def test_omega_of_parallel_items_is_alpha_and_the_same_every_time() -> None:
    exact = moments(np.random.default_rng(0).standard_normal((50, 4)))
    parallel = type(exact)(np.full((4, 4), 0.5) + 0.5 * np.eye(4), np.full((4, 4), 50.0), "pairwise")
    first, second = (omega_total(parallel, list("abcd")) for _ in range(2))
    assert first.value == pytest.approx(0.8, abs=1e-6)
    assert first.value == second.value


@pytest.mark.parametrize(
    ("correlation", "status", "reason"),
    [
        ([[1, 0.5], [0.5, 1]], "none", "two items only"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "none", "contradict each other"),
        ([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]], "none", "repeat others"),
        ([[1, 0.8, 0.8], [0.8, 1, 0.3], [0.8, 0.3, 1]], "heywood", "a has no error of its own"),
    ],
)
def test_an_omega_that_cannot_be_trusted_says_so(correlation: list[list[float]], status: str, reason: str) -> None:
    k = len(correlation)
    found = moments(np.zeros((1, 0)))
    omega = omega_total(
        type(found)(np.array(correlation, dtype=float), np.full((k, k), 80.0), "pairwise"), list("abc"[:k])
    )
    assert omega.status == status
    assert reason in omega.reason
    assert np.isnan(omega.value) == (status == "none")


@pytest.mark.parametrize("planted", [0, 1, 2, 3])
def test_parallel_analysis_finds_what_was_planted(planted: int) -> None:
    rng = np.random.default_rng(7)
    values = rng.standard_normal((300, 15))
    for factor in range(planted):
        values[:, 5 * factor : 5 * factor + 5] += rng.standard_normal((300, 1))
    found = parallel_analysis(np.corrcoef(values.T), 300, seed=1)
    assert found.factors == planted
    assert found.first_share == pytest.approx(found.eigenvalues[0] / 15)
    assert (found.random == parallel_analysis(np.corrcoef(values.T), 300, seed=1).random).all()


@pytest.mark.parametrize("n", [8, 9, 60])
def test_random_correlations_are_those_of_normal_items(n: int) -> None:
    rng = np.random.default_rng(2)
    ours = np.linalg.eigvalsh(_random_correlations(8, n, 2000, rng)).mean(axis=0)
    direct = np.mean([np.linalg.eigvalsh(np.corrcoef(rng.standard_normal((8, n)))) for _ in range(2000)], axis=0)
    assert ours == pytest.approx(direct, abs=0.04)


def test_the_big_five_are_five_or_six_things(bfi: pd.DataFrame) -> None:
    found = moments(bfi[[f"{scale}{i}" for scale in "ACENO" for i in range(1, 6)]].to_numpy(dtype=float))
    assert parallel_analysis(found.correlation, found.n, seed=1).factors in (5, 6)
