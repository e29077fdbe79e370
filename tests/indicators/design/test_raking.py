"""Raking, post-stratification, replicate weights and non-response, each against another way to the same number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import root

from dihkpi.errors import UsageError
from dihkpi.indicators.design import (
    bootstrap,
    jackknife,
    mean,
    post_stratify,
    quantile,
    rake,
    ratio,
    replicated,
    response_classes,
    response_weights,
    total,
)

MARGINS = {"sex": {"f": 60.0, "m": 40.0}, "age": {"1": 30.0, "2": 45.0, "3": 25.0}}


@pytest.fixture
def people():
    random = np.random.default_rng(3)
    return pd.DataFrame({
        "sex": random.choice(["f", "m"], 40, p=[0.4, 0.6]), "age": random.choice(["1", "2", "3"], 40),
        "w": random.uniform(1, 4, 40), "y": random.normal(50, 10, 40), "s": np.repeat(list("abcd"), 10),
        "firm": np.repeat(np.arange(20), 2),
    })  # fmt: skip


def classes(frame):
    """Indicators without the last class of each margin but the first: full rank."""
    wide = pd.get_dummies(frame[["sex", "age"]]).to_numpy(float)
    return wide[:, :-1], np.array([60.0, 40, 30, 45])


@pytest.mark.parametrize(("bounds", "cap"), [((0, np.inf), np.inf), ((0.585, 1.65), np.inf), ((0, np.inf), 1.8)])
def test_raking_is_the_nearest_set_of_weights(survey, people, bounds, cap):
    """The dual problem, solved by scipy: w = d min(max(exp(x'l), low), high) with margins met."""
    sample = survey(people, weight="w", strata="s")
    found, report = rake(sample, MARGINS, bounds=bounds, cap=cap)
    x, totals = classes(people)
    old = people["w"].to_numpy()
    high = np.minimum(bounds[1], cap * 100 / 40 / old)

    def weights(dual):
        return old * np.clip(np.exp(x @ dual), bounds[0], high)

    dual = root(lambda free: weights(free) @ x - totals, np.zeros(4), method="lm", tol=1e-13)
    assert found.weights == pytest.approx(weights(dual.x), rel=1e-6)
    assert report.converged
    assert report.miss < 1e-9
    assert report.factors[0] >= bounds[0] - 1e-12
    assert found.weights.max() <= cap * found.weights.mean() * (1 + 1e-9)
    assert report.at_bounds == int(np.isclose(found.weights / old, high).sum() + np.isclose(
        found.weights / old, bounds[0], rtol=1e-9).sum() * (bounds[0] > 0))  # fmt: skip
    assert (report.at_bounds > 0) == (cap < 2 or bounds[1] < 2)
    assert report.spread == pytest.approx(found.weights.std() / found.weights.mean())


def test_what_the_margins_know_has_no_error(survey, people):
    sample, _ = rake(survey(people.assign(woman=people["sex"] == "f"), weight="w", strata="s"), MARGINS)
    found = total(sample, "woman").loc[0]
    assert found["value"] == pytest.approx(60)
    assert found["se"] == pytest.approx(0, abs=1e-6)


def test_post_stratification_by_hand(survey):
    """A simple random sample of 6 of 60: the error is that inside of the classes, with weights N_g / n_g."""
    rows = pd.DataFrame({"y": [1.0, 3, 2, 8, 9, 13], "g": list("aaabbb"), "N": 60})
    sample, report = post_stratify(survey(rows, population="N"), {"g": {"a": 40, "b": 20}})
    assert report.rounds <= 2
    assert sample.weights.tolist() == pytest.approx([40 / 3] * 3 + [20 / 3] * 3)
    found = total(sample, "y").loc[0]
    assert found["value"] == pytest.approx(40 * 2 + 20 * 10)
    weighted = np.array([-1, 1, 0, -2, -1, 3]) * sample.weights
    assert found["se"] ** 2 == pytest.approx((1 - 6 / 60) * 6 / 5 * np.sum((weighted - weighted.mean()) ** 2))


def test_the_error_after_raking_agrees_with_the_jackknife(survey):
    """400 respondents in 80 firms whose margins explain half of the spread."""
    random = np.random.default_rng(8)
    rows = pd.DataFrame({"sex": random.choice(["f", "m"], 400), "age": random.choice(["1", "2", "3"], 400)})
    rows["y"] = 20.0 * (rows["sex"] == "f") + 5 * rows["age"].astype(int) + random.normal(0, 10, 400)
    rows["firm"], rows["w"] = np.arange(400) // 5, random.uniform(0.15, 0.4, 400)
    sample, _ = rake(survey(rows, weight="w", cluster="firm"), MARGINS)
    plain = mean(survey(rows, weight="w", cluster="firm"), "y").loc[0]
    taylor, again = mean(sample, "y").loc[0], replicated(sample, jackknife(sample), "mean", "y").loc[0]
    assert again["se"] == pytest.approx(taylor["se"], rel=0.03)
    assert taylor["se"] < 0.85 * plain["se"]
    assert again["method"] == "jackknife around full estimate"


def test_raking_that_cannot_be_done_is_told_and_leaves_doubt(survey, people):
    sample, report = rake(survey(people, weight="w", strata="s"), MARGINS, bounds=(0.99, 1.01), rounds=30)
    assert not report.converged
    assert "did not converge in 30 rounds" in str(report)
    found = mean(sample, "y").loc[0]
    assert found["status"] == "u"
    assert "did not converge" in found["reason"]


@pytest.mark.parametrize(
    ("margins", "settings", "words"),
    [
        ({}, {}, "one margin or more"),
        ({"sx": {"f": 1}}, {}, "did you mean 'sex'"),
        ({"sex": {"f": 60}}, {}, "has no total for 'm'"),
        ({"sex": {"f": 60, "m": 40, "d": 1}}, {}, "no respondent is in the class 'd'"),
        ({"sex": {"f": 60, "m": 0}}, {}, "totals above 0, not 0 for 'm'"),
        ({**MARGINS, "sex": {"f": 60, "m": 50}}, {}, "sum to 110 and 100"),
        (MARGINS, {"bounds": (1.1, 2)}, "bounds of factors must hold 1"),
        (MARGINS, {"cap": 0.5}, "a cap is above 1"),
    ],
)
def test_margins_that_do_not_fit_are_told(survey, people, margins, settings, words):
    with pytest.raises(UsageError, match=words):
        rake(survey(people, weight="w"), margins, **settings)


def test_weights_are_calibrated_once_and_post_strata_may_be_crossed(survey, people):
    crossed = people.groupby(["sex", "age"]).size()
    wanted = {"age;sex": {f"{age};{sex}": 2.0 * n for (sex, age), n in crossed.items()}}
    sample, report = post_stratify(survey(people, weight="w"), wanted)
    assert report.converged
    assert sample.weights.sum() == pytest.approx(80)
    with pytest.raises(UsageError, match="calibrated already"):
        rake(sample, MARGINS)
    with pytest.raises(UsageError, match="one margin, not 2"):
        post_stratify(survey(people, weight="w"), MARGINS)
    with pytest.raises(UsageError, match="1 respondents have no 'sex'"):
        rake(survey(people.assign(sex=people["sex"].where(people.index > 0)), weight="w"), MARGINS)


def test_the_jackknife_of_a_total_is_taylor_to_the_last_digit(apistrat):
    for measure, column in (("total", "enroll"), ("total", "api00")):
        found = replicated(apistrat, jackknife(apistrat), measure, column, by=["sch.wide"])
        assert found["se"].to_numpy() == pytest.approx(total(apistrat, column, by=["sch.wide"])["se"].to_numpy())


def test_the_jackknife_by_hand_around_both_centres(survey):
    """Ratio of 3 clusters: leave each out, the others weigh 3/2."""
    a, b = np.array([1.0, 4, 6]), np.array([2.0, 3, 5])
    sample = survey({"a": a, "b": b})
    again = np.array([(a.sum() - a[i]) / (b.sum() - b[i]) for i in range(3)])
    full = replicated(sample, jackknife(sample), "ratio", "a", "b").loc[0]
    assert full["se"] ** 2 == pytest.approx(2 / 3 * np.sum((again - 1.1) ** 2))
    middle = replicated(sample, jackknife(sample), "ratio", "a", "b", centre="mean").loc[0]
    assert middle["se"] ** 2 == pytest.approx(2 / 3 * np.sum((again - again.mean()) ** 2))
    assert middle["method"] == "jackknife around mean of replicates"
    with pytest.raises(UsageError, match="unknown centre"):
        replicated(sample, jackknife(sample), "mean", "a", centre="median")


def test_the_bootstrap_agrees_with_taylor_and_its_seed_decides(survey):
    random = np.random.default_rng(1)
    rows = pd.DataFrame({
        "y": random.normal(10, 3, 60), "s": np.repeat(list("abc"), 20), "c": np.repeat(np.arange(30), 2),
        "N": np.repeat([20, 40, 15], 20),
    })  # fmt: skip
    sample = survey(rows, strata="s", cluster="c", population="N")
    drawn = bootstrap(sample, 4000, seed=7)
    assert drawn.weights.min() >= 0
    found = replicated(sample, drawn, "total", "y").loc[0]
    assert found["se"] == pytest.approx(total(sample, "y")["se"][0], rel=0.04)
    turned = survey(rows.iloc[::-1], strata="s", cluster="c", population="N")
    assert bootstrap(turned, 50, seed=7).weights[::-1] == pytest.approx(bootstrap(sample, 50, seed=7).weights)
    with pytest.raises(UsageError, match="2 replications or more"):
        bootstrap(sample, 1, seed=7)


def test_replicates_and_strata_of_one_cluster(survey):
    rows = {"y": [1.0, 3, 5, 9, 20], "s": list("aabbc")}
    sure = survey(rows, single="certainty", strata="s")
    assert replicated(sure, jackknife(sure), "total", "y")["se"][0] == pytest.approx(total(sure, "y")["se"][0])
    assert (bootstrap(sure, 10, seed=1).weights[4] == 1).all()
    with pytest.raises(UsageError, match="no rule 'average'"):
        jackknife(survey(rows, single="average", strata="s"))
    with pytest.raises(UsageError, match="no spread"):
        bootstrap(survey(rows, single="average", strata="s"), 10, seed=1)


def test_a_domain_of_one_cluster_loses_replicates_and_says_so(survey):
    sample = survey({"y": [1.0, 3, 5, 9], "firm": list("aabc"), "kind": list("xxyy")}, cluster="firm")
    found = replicated(sample, jackknife(sample), "mean", "y", by=["kind"]).set_index("domain")
    assert found.loc["kind=x", "status"] == "u"
    assert "no degrees of freedom" in found.loc["kind=x", "reason"]
    assert found.loc["kind=y", "reason"] == "1 replicates have no respondent in a domain and are left out"


def test_replicates_that_miss_the_margins_are_told(survey):
    rows = pd.DataFrame({"g": list("abbbbb"), "y": range(6)})
    sample, _ = post_stratify(survey(rows), {"g": {"a": 2, "b": 8}})
    assert "1 of 6 replicates do not meet the margins" in jackknife(sample).doubt
    assert quantile(sample, "y")["value"][0] == 2


def test_classes_of_non_response(definitions):
    rows = pd.DataFrame({
        "size": list("sssssmmmm"), "answered": [1, 1, 0, 0, 0, 1, 1, 1, 0], "w": [1.0, 3, 2, 2, 2, 5, 5, 5, 5]
    })  # fmt: skip
    plain = response_classes(rows, ["size"], "answered", definitions, smallest=3).set_index("class")
    assert plain["rate"].tolist() == [0.75, 0.4]
    assert plain["status"].tolist() == ["ok", "u"]
    assert plain.loc["size=s", "reason"].startswith("fewer than 3 respondents")
    weighted = response_classes(rows, ["size"], "answered", definitions, weight="w", smallest=1)
    assert weighted["factor"].tolist() == pytest.approx([4 / 3, 2.5])
    new = response_weights(rows, ["size"], "answered", weighted, weight="w")
    assert np.isnan(new).tolist() == [False, False, True, True, True, False, False, False, True]
    assert np.nansum(new) == pytest.approx(rows["w"].sum())
    default = response_classes(rows, ["size"], "answered", definitions)
    assert default["reason"].str.contains("fewer than 20").all()


def test_a_class_in_which_nobody_answered_is_told(definitions):
    rows = pd.DataFrame({"size": list("ssm"), "answered": [1, 1, 0]})
    found = response_classes(rows, ["size"], "answered", definitions, smallest=1)
    assert found["status"].tolist() == ["m", "ok"]
    with pytest.raises(UsageError, match="nobody answered in the class 'size=m'"):
        response_weights(rows, ["size"], "answered", found)
    with pytest.raises(UsageError, match="not known of 1 of 3"):
        response_classes(rows.assign(size=["s", None, "m"]), ["size"], "answered", definitions)
    with pytest.raises(UsageError, match="did you mean 'size'"):
        response_classes(rows, ["siz"], "answered", definitions)


def test_margins_take_degrees_of_freedom_written_out_with_all_matrices(survey):
    """Four firms of two, two and three answers, raked to two kinds: the ratio of y and x."""
    rows = {
        "y": [1.0, 3, 4, 6, 2, 4, 9], "x": [1.0, 2, 2, 3, 1, 1, 4], "firm": list("aabbccd"), "kind": list("ppqpqqp"),
        "firms": 10,
    }  # fmt: skip
    sample = rake(survey(rows, cluster="firm", population="firms"), {"kind": {"p": 9, "q": 6}})[0]
    w, x = sample.weights, np.array(rows["x"])
    kinds = np.array([[k == "p", k == "q"] for k in rows["kind"]], dtype=float)
    design = np.diag(sample.design_weights)
    of_margins = np.eye(7) - kinds @ np.linalg.inv(kinds.T @ design @ kinds) @ kinds.T @ design
    of_ratio = np.eye(7) - np.outer(x, w) / (w @ x)
    firms = np.array([[f == name for f in rows["firm"]] for name in "abcd"], dtype=float)
    form = np.sqrt(0.6 * 4 / 3) * (np.eye(4) - 0.25) @ firms @ np.diag(w) @ of_margins @ of_ratio
    spread = form @ np.diag(x**2) @ form.T
    found = ratio(sample, "y", "x").loc[0]
    assert found["df_interval"] == pytest.approx(np.trace(spread) ** 2 / np.sum(spread**2))
    assert found["df_interval"] < found["df"] == 3
