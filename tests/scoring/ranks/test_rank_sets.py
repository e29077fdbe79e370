"""Sets of places: against a plain computation, by properties, and by what they promise."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.scoring.ranks.errors import Errors
from dihkpi.scoring.ranks.pairs import really_different
from dihkpi.scoring.ranks.sets import RankSets, rank_sets, tiers

FIELDS = ("rank", "lo", "hi", "lo_single", "hi_single", "tier")


def sets(scores: list[float], se: list[float], **more: object) -> RankSets:
    errors = Errors.independent(np.array(se), None, 2000, 7)
    return rank_sets(np.array(scores), errors, confidence=0.95, **more)  # type: ignore[arg-type]


def plain(x: np.ndarray, draws: np.ndarray, se: np.ndarray, confidence: float) -> tuple[list[int], list[int]]:
    """The simultaneous sets, written down hypothesis by hypothesis."""
    units = range(len(x))
    scale = {(j, k): float(np.hypot(se[j], se[k])) for j, k in permutations(units, 2)}
    left = set(scale)
    better: set[tuple[int, int]] = set()
    while left:
        greatest = np.max([(draws[:, j] - draws[:, k]) / scale[j, k] for j, k in left], axis=0)
        critical = np.quantile(greatest, confidence, method="higher")
        new = {(j, k) for j, k in left if (x[j] - x[k]) / scale[j, k] > critical}
        if not new:
            break
        better |= new
        left -= new
    lo = [1 + sum((k, j) in better for k in units if k != j) for j in units]
    hi = [len(x) - sum((j, k) in better for k in units if k != j) for j in units]
    return lo, hi


@pytest.mark.parametrize("seed", range(8))
def test_five_units_as_written_down_pair_by_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, se = rng.normal(50, 6, 5), rng.uniform(0.5, 3, 5)
    errors = Errors.independent(se, None, 1500, seed)
    found = rank_sets(x, errors, confidence=0.9)
    assert (found.lo.tolist(), found.hi.tolist()) == plain(x, errors.draws, se, 0.9)


def test_by_hand() -> None:
    found = sets([80, 79, 40], [1, 1, 1], top=1)
    assert found.lo.tolist() == [1, 1, 3] and found.hi.tolist() == [2, 2, 3]
    assert found.tier.tolist() == [1, 1, 2]
    assert found.p_top[2] == 0 and 0.6 < found.p_top[0] < 0.9, "the normal distribution says 0.76"
    assert found.p_top.sum() == pytest.approx(1)


def test_without_error_each_has_its_place_and_equal_ones_share() -> None:
    found = sets([3, 9, 9, 5], [0, 0, 0, 0])
    assert found.rank.tolist() == [4, 1, 1, 3]
    for name in ("lo", "lo_single"):
        assert getattr(found, name).tolist() == [4, 1, 1, 3]
    for name in ("hi", "hi_single"):
        assert getattr(found, name).tolist() == [4, 2, 2, 3]
    assert found.tier.tolist() == [3, 1, 1, 2]


def test_equal_units_share_all_places() -> None:
    found = sets([5.0] * 6, [1.0] * 6)
    assert (found.lo == 1).all() and (found.hi == 6).all() and (found.tier == 1).all() and (found.rank == 1).all()


def test_one_unit_and_two() -> None:
    one = sets([5.0], [1.0])
    assert [int(getattr(one, name)[0]) for name in FIELDS] == [1] * 6 and one.p_top.tolist() == [1.0]
    far, near = sets([10, 0], [1, 1]), sets([1, 0], [1, 1])
    assert far.lo.tolist() == [1, 2] and far.hi.tolist() == [1, 2]
    assert near.lo.tolist() == [1, 1] and near.hi.tolist() == [2, 2]


numbers = st.integers(-30, 30).map(float)
units = st.lists(st.tuples(numbers, st.integers(0, 8).map(float)), min_size=2, max_size=9)


@settings(max_examples=60, deadline=None)
@given(units)
def test_what_holds_for_all_sets(given_units: list[tuple[float, float]]) -> None:
    scores, se = (list(column) for column in zip(*given_units, strict=True))
    found = sets(scores, se)
    assert (found.lo <= found.rank).all() and (found.rank <= found.hi).all()
    assert (found.lo <= found.lo_single).all() and (found.hi_single <= found.hi).all()
    assert (found.lo_single <= found.rank).all() and (found.rank <= found.hi_single).all()
    assert not (found.better & found.better.T).any(), "nobody is better than somebody who is better"
    assert found.better.sum() == (found.lo - 1).sum() == (len(scores) - found.hi).sum()
    best = np.argmax(scores)
    assert found.tier[best] == 1 and set(found.tier) == set(range(1, found.tier.max() + 1))


@settings(max_examples=30, deadline=None)
@given(units, st.randoms(use_true_random=False))
def test_a_new_order_of_the_units_changes_nothing(given_units: list[tuple[float, float]], random: object) -> None:
    order = list(range(len(given_units)))
    random.shuffle(order)  # type: ignore[attr-defined]
    scores, se = (np.array(column) for column in zip(*given_units, strict=True))
    draws = np.random.default_rng(3).standard_normal((800, len(scores))) * se
    first = rank_sets(scores, Errors(draws, se**2), confidence=0.95)
    second = rank_sets(scores[order], Errors(draws[:, order], se[order] ** 2), confidence=0.95)
    for name in FIELDS:
        assert (getattr(first, name)[order] == getattr(second, name)).all(), name


def test_more_confidence_gives_wider_sets() -> None:
    rng = np.random.default_rng(2)
    x, errors = rng.normal(50, 8, 12), Errors.independent(np.full(12, 3.0), None, 4000, 1)
    narrow, wide = (rank_sets(x, errors, confidence=c) for c in (0.8, 0.99))
    assert (wide.lo <= narrow.lo).all() and (wide.hi >= narrow.hi).all() and wide.critical > narrow.critical


def test_few_respondents_give_wider_sets_than_many() -> None:
    x, se = np.array([60.0, 52.0, 44.0, 36.0]), np.full(4, 1.8)
    few, many = (rank_sets(x, Errors.independent(se, df, 6000, 1), confidence=0.95) for df in (np.full(4, 4.0), None))
    assert few.critical > 1.15 * many.critical
    assert (few.hi - few.lo).sum() > (many.hi - many.lo).sum()


def test_errors_that_go_together_leave_differences_sharp() -> None:
    shared = np.full((3, 3), 25.0) + np.eye(3) * 0.1
    together = rank_sets(np.array([53.0, 51.0, 49.0]), Errors.dependent(shared, 3000, 1), confidence=0.95)
    apart = sets([53, 51, 49], [5.01, 5.01, 5.01])
    assert together.lo.tolist() == together.hi.tolist() == [1, 2, 3]
    assert (apart.hi - apart.lo == 2).all()


def test_classes_of_like_errors_are_never_narrower() -> None:
    rng = np.random.default_rng(11)
    x, errors = rng.normal(50, 10, 90), Errors.independent(rng.uniform(1, 3, 90), None, 2000, 1)
    full, classes = (rank_sets(x, errors, confidence=0.95, exact=exact) for exact in (None, 10))
    assert (classes.lo <= full.lo).all() and (classes.hi >= full.hi).all()
    assert full.critical <= classes.critical < 1.1 * full.critical


def test_tiers_skip_nobody() -> None:
    """The third cannot be told from the first, as its error is large; the second can."""
    apart = np.zeros((4, 4), dtype=bool)
    apart[0, 1] = apart[0, 3] = apart[1, 3] = True
    assert tiers(np.array([90.0, 80.0, 70.0, 10.0]), apart).tolist() == [1, 2, 1, 3]


def test_pairs_allow_for_their_number() -> None:
    errors = Errors.independent(np.array([1.0, 1.0, 1.0, 1.0]), None, 8000, 5)
    table = really_different(["a", "b", "c", "d"], np.array([10.0, 7.0, 6.9, 0.0]), errors, confidence=0.95)
    assert len(table) == 6 and (table["difference"] >= 0).all()
    row = table.set_index(["code", "against"]).loc[("a", "b")]
    assert row["se"] == pytest.approx(np.sqrt(2)) and row["p"] == pytest.approx(0.0339, abs=0.008)
    assert row["p_adjusted"] > 3 * row["p"] and not row["different"], "alone they differ, among six pairs they may not"
    assert set(table.loc[table["different"], "against"]) == {"d"}
    assert (table["p_adjusted"] >= table["p"] - 0.01).all()
