"""Who left: differences, weights, weighted change, bounds."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.change.attrition import Weights, stayers_and_leavers, staying_weights, weighted_change
from dihkpi.indicators.change.bounds import lee_bounds, worst_and_best
from dihkpi.indicators.change.cells import Cells

SAME = "the model of staying has no single solution: covariates tell the same, or exactly who left"


def by_name(figures):
    return {figure.measure: figure for figure in figures}


def test_weights_are_one_over_the_share_of_the_class_that_stayed():
    score = np.repeat([10.0, 20.0], 20)
    stayed = np.concatenate([np.arange(20) < 5, np.arange(20) < 16])
    weights = staying_weights(score[:, None], stayed, 2)
    assert weights.reason == ""
    assert weights.weight[[0, 39]].tolist() == [4, 1.25]
    assert weights.weight[stayed].sum() == pytest.approx(40)


def test_the_fitted_order_is_that_of_a_logit_and_classes_join_where_nobody_stayed():
    generator = np.random.default_rng(1)
    score = np.sort(generator.normal(size=60))
    stayed = generator.random(60) < 1 / (1 + np.exp(-2 * score))
    stayed[:9] = False
    weights = staying_weights(score[:, None], stayed, 10)
    assert "classes" in weights.method
    assert not weights.method.endswith("10 classes")
    assert np.isfinite(weights.weight).all()
    assert weights.weight[stayed].sum() == pytest.approx(60)
    assert weights.weight[0] > weights.weight[-1]


@pytest.mark.parametrize(
    ("covariates", "stayed", "reason"),
    [
        ([[1], [2], [3], [4]], [0, 0, 1, 1], "perfect separation: what is known of them tells exactly who left"),
        ([[1], [1], [1], [1]], [0, 1, 1, 1], "nothing that is known of them differs"),
        ([[1, 2], [2, 4], [3, 6], [4, 8], [5, 10]], [0, 1, 0, 1, 1], SAME),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_fitted_is_a_reason(covariates, stayed, reason):
    weights = staying_weights(np.array(covariates, float), np.array(stayed, bool), 5)
    assert weights.reason == f"{reason}; not weighted"
    assert set(weights.weight) == {1}


def test_a_model_that_does_not_converge_is_a_reason(monkeypatch):
    import statsmodels.api as sm

    fit = sm.Logit.fit
    monkeypatch.setattr(sm.Logit, "fit", lambda self, **more: fit(self, **{**more, "maxiter": 1}))
    generator = np.random.default_rng(2)
    score = generator.normal(size=50)
    stayed = generator.random(50) < 1 / (1 + np.exp(-3 * score))
    assert staying_weights(score[:, None], stayed, 5).reason == "the model of staying did not converge; not weighted"


@pytest.mark.parametrize(("stayed", "reason"), [([True] * 3, "nobody left"), ([False] * 3, "nobody stayed")])
def test_all_or_nobody_stayed(stayed, reason):
    assert staying_weights(np.array([[1.0], [2.0], [3.0]]), np.array(stayed), 5).reason == reason


def test_the_weighted_mean_and_its_error_by_hand(one_cell):
    cells = one_cell(([0, 0, 0], [1, 2, 6]))
    weights = Weights(np.ones(3), "", "logit")
    figure = weighted_change(cells, np.array([1.0, 1.0, 2.0]), weights, 0.95)
    assert figure.value[0] == 15 / 4
    rest = 2.75**2 + 1.75**2 + (2 * 2.25) ** 2
    half = 4.30265273 * np.sqrt(1.5 * rest) / 4
    assert [figure.lo[0], figure.hi[0]] == pytest.approx([3.75 - half, 3.75 + half])
    assert weighted_change(cells, np.ones(3), weights, 0.95, ("hub", np.array([0, 0, 0]))).status[0] == "u"


def test_equal_weights_give_the_plain_interval(one_cell, sleep):
    figure = weighted_change(one_cell(sleep), np.full(10, 3.0), Weights(np.ones(10), "", "logit"), 0.95)
    assert [figure.lo[0], figure.hi[0]] == pytest.approx([0.7001142, 2.4598858], abs=5e-8)


def test_without_a_model_the_weighted_change_carries_the_caveat(one_cell, sleep):
    why = "perfect separation; not weighted"
    figure = weighted_change(one_cell(sleep), np.ones(10), Weights(np.ones(10), why, "not weighted"), 0.95)
    assert (figure.status[0], figure.reason[0]) == ("u", why)


def test_stayers_and_leavers_by_hand(one_cell):
    stayers, leavers = one_cell(([10, 20, 30], [0] * 3)), one_cell(([30, 40, 50], [0] * 3))
    found = by_name(stayers_and_leavers(stayers, leavers, np.ones(3), 0.95))
    assert (found["t0_stayers"].value[0], found["t0_leavers"].value[0]) == (20, 40)
    assert found["t0_difference"].value[0] == pytest.approx(-2)
    assert found["t0_balance"].value[0] == pytest.approx(-10 / np.std([10, 20, 30, 30, 40, 50], ddof=1))
    nobody = by_name(stayers_and_leavers(stayers, stayers.only(np.zeros(3, bool)), np.ones(3), 0.95))
    assert nobody["t0_difference"].reason[0] == "all stayed or all left"
    assert nobody["t0_leavers"].reason[0] == "nobody left"


def test_bounds_and_tipping_point_by_hand(one_cell):
    stayers, leavers = one_cell(([10, 20, 30], [20, 30, 40])), one_cell(([30, 70], [30, 70]))
    found = by_name(worst_and_best(stayers, leavers, np.array([0.0]), np.array([100.0])))
    assert [found["bounds"].lo[0], found["bounds"].hi[0]] == [(30 - 100) / 5, (30 + 70 + 30) / 5]
    assert np.isnan(found["bounds"].value[0])
    assert (found["tipping_point"].value[0], found["tipping_point"].status[0]) == (-15, "ok")
    safe = by_name(worst_and_best(stayers, one_cell(([5], [5])), np.array([0.0]), np.array([100.0])))["tipping_point"]
    assert "out of reach on this scale" in safe.reason[0]


def test_lee_bounds_trim_the_group_that_stayed_more():
    outcome = np.array([0.0, 2, np.nan, np.nan, 1, 2, 3, 4])
    treated = np.array([True] * 4 + [False] * 4)
    assert lee_bounds(outcome, ~np.isnan(outcome), treated) == (-2.5, -0.5)
    assert lee_bounds(outcome, ~np.isnan(outcome), ~treated) == (0.5, 2.5)
    assert np.isnan(lee_bounds(outcome, np.zeros(8, bool), treated)).all()
    same = np.array([1.0, 3.0, 0.0, 2.0])
    assert lee_bounds(same, np.ones(4, bool), np.array([True, True, False, False])) == (1, 1)


def test_cells_leave_out_who_has_no_place_or_no_score():
    cells = Cells.of(np.array([1, -1, 0]), np.array([[1.0, np.nan], [1, 1], [2, 2]]), np.ones((3, 2)), 2)
    assert (cells.cell.tolist(), cells.pair.tolist(), cells.n.tolist()) == ([0, 1, 2], [2, 2, 0], [1, 1, 1, 0])
