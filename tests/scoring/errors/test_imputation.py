"""Multiple imputation: Rubin's rules by hand, what is filled and what is not, and a bias that it takes away."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.errors import UsageError
from dihkpi.scoring.errors.estimate import Estimates
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.errors.imputation import completed, pooled
from dihkpi.scoring.wide import score_matrix

ROOT = {"level": "hub", "dimension": "overall"}


def made(value: float, variance: float, df: float) -> Estimates:
    one = np.full((1, 1), 1.0)
    return Estimates(one * value, one * variance, one * df, one * 21, one * 21, one * 0, one, one)


def test_rubins_rules_by_hand():
    """Values 10, 12, 14 with variance 4: W = 4, B = 4, T = 4 + 4/3 · 4 = 28/3, g = 4/7."""
    estimates = iter([made(10, 4, 20), made(12, 4, 20), made(14, 4, 20)])
    found, between, df = pooled(iter(np.zeros((3, 1, 1))), lambda _: next(estimates))
    assert (found.value[0, 0], found.variance[0, 0], between[0, 0]) == pytest.approx((12, 4, 16 / 3))
    v_m, v_obs = 2 / (4 / 7) ** 2, 21 / 23 * 20 * (1 - 4 / 7)
    assert found.df[0, 0] == 20
    assert df[0, 0] == pytest.approx(1 / (1 / v_m + 1 / v_obs))


def test_without_missing_answers_nothing_is_added(questions, given, belong, definitions, pick):
    codes = np.random.default_rng(1).integers(0, 6, (30, 4))
    for times in (0, 5):
        survey = questions({"a": 4}, {"imputations": times})
        found = group_scores(score_matrix(given(survey, codes), survey, definitions), belong(["h"] * 30), definitions)
        rows = found.uncertainty
        row = pick(rows, source="imputation", **ROOT)
        sampling, data = (pick(rows, source=source, **ROOT) for source in ("sampling", "data"))
        assert data["se"] == sampling["se"]
        assert data["df"] == pytest.approx(29)
        assert row["se"] == 0 if times else row["reason"].startswith("missing answers are left out")


def test_a_missing_answer_that_counts_zero_is_never_filled(questions, given, belong, definitions, pick):
    """The item stands below two nodes: one counts a missing answer as zero, the other leaves it out."""
    zero = {"items": {"question": ["a"]}, "missing": "zero", "empty": "zero"}
    survey = questions({"a": 4, "b": 1}, {"imputations": 8}, b=zero)
    codes = np.random.default_rng(1).integers(-1, 6, (40, 5))
    scores = score_matrix(given(survey, codes), survey, definitions)
    tables = list(completed(scores, 8, 10, 1))
    at = scores.tree.order.index("b")
    assert all(np.array_equal(table[:, at], scores.value[:, at]) for table in tables)
    found = group_scores(scores, belong(["h"] * 40), definitions)
    row = pick(found.uncertainty, level="hub", dimension="b", source="imputation")
    assert (np.isnan(row["se"]), row["reason"]) == (
        True, "a missing answer counts as the rule of the node says, so that nothing is imputed",
    )  # fmt: skip
    filled = pick(found.uncertainty, level="hub", dimension="a", source="imputation")
    assert filled["se"] > 0
    assert filled["df"] == 7
    assert pick(found.scores, level="hub", dimension="a")["se"] == pytest.approx(
        np.hypot(filled["se"], pick(found.uncertainty, level="hub", dimension="a", source="sampling")["se"])
    )


def test_only_missing_answers_are_filled_with_answers_that_somebody_gave(questions, given, definitions):
    """Nobody chose anything but 2 in the second item; who answered nothing stays without a score."""
    survey = questions({"a": 1, "b": 1}, {"imputations": 3})
    codes = [[i % 6, 2 if i % 3 else -1] for i in range(60)] + [[-1, -1]]
    scores = score_matrix(given(survey, codes), survey, definitions)
    order = scores.tree.order
    for table in completed(scores, 3, 10, 1):
        assert table[:-1, order.index("b")] == pytest.approx(40)
        assert np.array_equal(table[:-1, order.index("a")], scores.value[:-1, order.index("a")])
        assert np.isnan(table[-1]).all()


def test_hard_items_that_are_left_out_do_not_raise_the_score(questions, given, belong, definitions, pick):
    """The second item is hard and answered by a third; leaving it out says 60, the truth is near 35."""
    rng = np.random.default_rng(1)
    easy = rng.integers(2, 5, 900)
    hard = np.clip(easy - 3, 0, 5)
    truth = 100 * (easy + hard).mean() / 10
    hard = np.where(rng.random(900) < 1 / 3, hard, -1)
    values = {}
    for times in (0, 10):
        survey = questions({"a": 2}, {"imputations": times})
        scores = score_matrix(given(survey, np.column_stack([easy, hard])), survey, definitions)
        found = group_scores(scores, belong(["h"] * 900), definitions).scores
        values[times] = pick(found, **ROOT)["value"] - truth
    assert values[0] > 15
    assert abs(values[10]) < 3


def test_one_imputation_tells_no_spread(questions, given, belong, definitions):
    survey = questions({"a": 2}, {"imputations": 1})
    scores = score_matrix(given(survey, [[1, 2], [3, -1]]), survey, definitions)
    with pytest.raises(UsageError, match="imputations: 1 tells no spread"):
        group_scores(scores, belong(["h", "h"]), definitions)
