"""The error of one respondent's score: alpha and propagation by hand, a model of known error, and reasons."""

from __future__ import annotations

from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
import pytest

from dihkpi.scoring.errors.measurement import measurement_errors
from dihkpi.scoring.score import score
from dihkpi.scoring.wide import score_matrix

ZEROS, MIXED, OTHER, ONES = [0, 0], [0, 1], [1, 0], [1, 1]
TWENTY = [ZEROS] * 8 + [ONES] * 8 + [MIXED] * 2 + [OTHER] * 2
"""Item variance 5/19, covariance 3/19: alpha = 2 (1 - 10/16) = 3/4, and the sum has the variance 16/19."""
SEM = 100 / 2 * sqrt(16 / 19) * sqrt(1 / 4)


def test_sem_of_two_items_by_hand(questions, given, definitions):
    survey = questions({"a": 2}, most=1)
    found = measurement_errors(score_matrix(given(survey, TWENTY), survey, definitions), definitions)
    assert found.alpha[0] == pytest.approx(0.75)
    assert found.se.tolist() == pytest.approx([SEM, SEM])
    assert found.n.tolist() == [20, 20]
    assert found.reasons == ("", "")


def test_weighted_means_propagate_the_errors_of_their_nodes(questions, given, definitions):
    survey = questions({"a": 2, "b": 2}, most=1, overall={"weights": {"b": 3}}, b={"scale": [0, 10]})
    rows = [one + other for one, other in zip(TWENTY, TWENTY, strict=True)]
    found = measurement_errors(score_matrix(given(survey, rows), survey, definitions), definitions)
    assert found.se.tolist() == pytest.approx([SEM, SEM / 10, SEM * sqrt(0.25**2 + 0.75**2)])


def test_other_means_have_the_alpha_of_their_children(questions, given, definitions):
    survey = questions({"a": 2, "b": 2}, most=1, overall={"aggregate": "minimum"})
    rows = [one + one for one in TWENTY]
    found = measurement_errors(score_matrix(given(survey, rows), survey, definitions), definitions)
    assert found.alpha[2] == pytest.approx(1.0)
    assert found.se[2] == pytest.approx(0.0, abs=1e-6)


def test_item_weights_count(questions, given, definitions):
    """With weights 1 and 0 there is one item left."""
    survey = questions({"a": 2}, most=1, a={"weights": {"a1": 0}})
    found = measurement_errors(score_matrix(given(survey, TWENTY), survey, definitions), definitions)
    assert np.isnan(found.se).all()
    assert found.reasons[0].startswith("one item only")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (TWENTY[:19], "19 respondents have every item; it takes 20"),
        ([ONES] * 20, "no spread: all 20 respondents have the same value"),
        ([MIXED] * 10 + [OTHER] * 5 + [ZEROS] * 5, "Cronbach's alpha is -"),
        ([*TWENTY[:-1], [1, -1]], "19 respondents have every item; it takes 20"),
    ],
)
def test_where_there_is_none_the_reason_is_said(questions, given, definitions, rows, reason):
    survey = questions({"a": 2}, most=1)
    found = measurement_errors(score_matrix(given(survey, rows), survey, definitions), definitions)
    assert np.isnan(found.se[0])
    assert found.reasons[0].startswith(reason)
    assert score(given(survey, rows), survey, definitions)["se"].isna().all()


def test_a_missing_answer_that_counts_zero_is_an_answer(questions, given, definitions):
    survey = questions({"a": 2}, most=1, a={"missing": "zero", "empty": "zero"})
    rows = [[-1 if code == 0 else code for code in row] for row in TWENTY]
    found = measurement_errors(score_matrix(given(survey, rows), survey, definitions), definitions)
    assert found.se[0] == pytest.approx(SEM)


def test_scores_of_respondents_carry_it_within_the_scale(questions, given, definitions):
    survey = questions({"a": 2}, most=1)
    later = [[-1, -1]] * 10 + [ONES] * 10
    table = score(given(survey, TWENTY + later, ("T0", "T1")), survey, definitions)
    scored = table[table["value"].notna()]
    assert scored["se"].tolist() == pytest.approx([SEM] * len(scored))  # the later wave has the error of the first
    assert table.loc[table["value"].isna(), ["se", "lo", "hi"]].isna().all(axis=None)
    half = 1.959963984540054 * SEM
    middle = scored[scored["value"] == 50].iloc[0]
    assert (middle["lo"], middle["hi"]) == pytest.approx((50 - half, 50 + half))
    assert scored["lo"].min() == 0
    assert scored["hi"].max() == 100


def test_error_of_a_model_whose_error_is_known(questions, given, definitions):
    """Forty items right with a chance p that is Beta(2, 2): their mean has the error E p(1 - p) / 40 = 0.2/40."""
    rng = np.random.default_rng(3)
    chance = rng.beta(2, 2, 3000)
    rows = (rng.random((3000, 40)) < chance[:, None]).astype(int)
    survey = questions({"a": 40}, most=1)
    scores = score_matrix(given(survey, rows), survey, definitions)
    se = measurement_errors(scores, definitions).se[0]
    assert se == pytest.approx(100 * sqrt(0.2 / 40), rel=0.03)
    held = np.abs(scores.value[:, 0] - 100 * chance) < 1.96 * se
    assert 0.93 < held.mean() < 0.97


def _earned(points, code):
    return points.get(code, 0)


def test_surveys_in_points_have_an_error_too(definitions):
    survey = definitions.survey("odm_2023")
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    earned, rng = survey.scoring().item_points, np.random.default_rng(1)
    ability = rng.random(40)
    columns = {"respondent": pd.array([f"r{i:02}" for i in range(40)], dtype="str")}
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        points = earned.get(item.code, {})
        best = max(codes, key=partial(_earned, points))
        worst = min(codes, key=partial(_earned, points))
        columns[item.code] = pd.Categorical(np.where(rng.random(40) < ability, best, worst), categories=codes)
    if form.wave:
        columns[form.wave] = pd.array(["2023"] * 40, dtype="str")
    table = score(pd.DataFrame(columns), survey, definitions)
    root = table[table["dimension"] == "overall"]
    assert 0 < root["se"].iloc[0] < root["value"].std(ddof=1)
