"""Design-based estimates: published numbers, sums by hand, and all samples that could have been drawn."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dihkpi.errors import UsageError
from dihkpi.indicators.design import mean, quantile, ratio, share, total
from dihkpi.indicators.design.linear import variance


def test_schools_of_california(apistrat):
    """Published digits of the R package survey."""
    found = mean(apistrat, "api00").loc[0]
    assert [found["value"], found["se"]] == pytest.approx([662.29, 9.4089], rel=5e-5)
    assert found["df"] == 197
    assert found["deff"] == pytest.approx(1.2045, abs=5e-5)
    found = total(apistrat, "enroll").loc[0]
    assert [found["value"], found["se"]] == pytest.approx([3687178, 114642], rel=5e-6)
    found = ratio(apistrat, "api.stu", "enroll", scale=3811472).loc[0]
    assert [found["value"], found["se"]] == pytest.approx([3190038, 29565.98], rel=5e-7)
    assert found["variable"] == "api.stu / enroll"


def test_a_simple_random_sample_is_that_of_every_textbook(survey):
    y = np.array([3.0, 7, 4, 9, 6])
    found = mean(survey({"y": y, "N": 20}, population="N"), "y").loc[0]
    se = np.sqrt((1 - 5 / 20) * y.var(ddof=1) / 5)
    half = stats.t.ppf(0.975, 4) * se
    assert found[["value", "se", "df", "lo", "hi"]].tolist() == pytest.approx([5.8, se, 4, 5.8 - half, 5.8 + half])
    assert found[["n", "effective_n", "deff"]].tolist() == pytest.approx([5, 5, 1])
    plain = mean(survey({"y": y}), "y").loc[0]
    assert plain["se"] == pytest.approx(stats.sem(y))
    assert plain["deff"] == pytest.approx(1)


def test_clusters_by_hand(survey):
    """Three of six firms with two answers each: totals of firms 4, 10, 6, each answer weighs 2."""
    rows = {"y": [1.0, 3, 4, 6, 2, 4], "firm": list("aabbcc"), "firms": 6}
    found = total(survey(rows, cluster="firm", population="firms"), "y").loc[0]
    assert found["value"] == 40
    squares = (8 - 40 / 3) ** 2 + (20 - 40 / 3) ** 2 + (12 - 40 / 3) ** 2
    assert found["se"] ** 2 == pytest.approx((1 - 3 / 6) * 3 / 2 * squares)
    assert found["df"] == 2
    assert mean(survey(rows, cluster="firm", population="firms"), "y")["deff"][0] > 1


def total_and_variance(sample):
    y = sample.frame["y"].to_numpy()
    return sample.weights @ y, variance(sample, y[:, None])[0]


def test_the_variance_is_right_on_average_over_all_samples(survey):
    """Every stratified sample of a population of nine is drawn: the mean of the estimates is the truth."""
    population = pd.DataFrame({"y": [1.0, 5, 2, 8, 3, 9, 4, 4, 7], "s": list("aaaabbbbb"), "N": [4] * 4 + [5] * 5})
    drawn = [[*a, *b] for a, b in product(combinations(range(4), 2), combinations(range(4, 9), 3))]
    found = [total_and_variance(survey(population.iloc[rows], strata="s", population="N")) for rows in drawn]
    values, variances = np.array(found).T
    assert values.mean() == pytest.approx(43)
    assert variances.mean() == pytest.approx(values.var())


def test_two_stages_are_right_on_average_over_all_samples(survey):
    """Two of three firms, then two people of each: the second stage adds its share."""
    people = pd.DataFrame({
        "y": [1.0, 5, 2, 8, 3, 9, 4], "firm": list("aabbbcc"), "firms": 3, "people": [2, 2, 3, 3, 3, 2, 2]
    })  # fmt: skip
    by_firm = {firm: rows.index.tolist() for firm, rows in people.groupby("firm")}
    pairs = []
    for first, second in combinations("abc", 2):
        inner = list(product(combinations(by_firm[first], 2), combinations(by_firm[second], 2)))
        for one, two in inner:
            rows = people.loc[[*one, *two]].assign(person=[*one, *two])
            sample = survey(rows, cluster=("firm", "person"), population=("firms", "people"))
            pairs.append((1 / (3 * len(inner)), *total_and_variance(sample)))
    chances, values, variances = np.array(pairs).T
    assert chances @ values == pytest.approx(people["y"].sum())
    assert chances @ variances == pytest.approx(chances @ (values - people["y"].sum()) ** 2)


def test_domains_keep_the_design_whole(survey):
    rows = pd.DataFrame({
        "y": [1.0, 5, 2, 8, 3, 9, 4, 4], "s": list("aaaabbbb"), "w": [3.0] * 4 + [2] * 4, "kind": list("xxyyxyyy")
    })  # fmt: skip
    sample = survey(rows, weight="w", strata="s")
    found = total(sample, "y", by=["kind"]).set_index("domain")
    zeroed = survey(rows.assign(y=rows["y"].where(rows["kind"] == "x", 0)), weight="w", strata="s")
    assert found.loc["kind=x", "se"] == pytest.approx(total(zeroed, "y")["se"][0])
    assert found["value"].sum() == pytest.approx(total(sample, "y")["value"][0])
    alone = survey(rows[rows["kind"] == "y"], weight="w", strata="s")
    assert mean(sample, "y", by=["kind"])["value"][1] == pytest.approx(mean(alone, "y")["value"][0])
    assert found["df"].tolist() == [1, 3]


def test_clusters_that_count_unequally_leave_fewer_degrees_of_freedom(survey):
    """Two strata of three drawn firms, of which one stands for ten times as many: about the spread of three firms."""
    rows = {"y": [1.0, 3, 8, 2, 4, 5], "s": list("aaabbb"), "w": [1.0] * 3 + [10] * 3}
    found = mean(survey(rows, weight="w", strata="s"), "y").loc[0]
    # Two strata with variances 1 and 100 times that of a row, two degrees of freedom each.
    assert found["df"] == 4
    assert found["df_interval"] == pytest.approx((1 + 100) ** 2 / ((1 + 100**2) / 2))
    half = stats.t.ppf(0.975, found["df_interval"]) * found["se"]
    assert found[["lo", "hi"]].tolist() == pytest.approx([found["value"] - half, found["value"] + half])
    even = mean(survey({**rows, "w": 1.0}, weight="w", strata="s"), "y").loc[0]
    assert even["df_interval"] == pytest.approx(4)


def test_degrees_of_freedom_of_unequal_clusters_are_those_of_bell_and_mccaffrey(survey):
    """One firm of three holds eight of ten answers: the sum over the firms, written out with its matrices."""
    sizes = np.array([8, 1, 1])
    rows = {"y": np.arange(10.0) ** 2 % 7, "firm": np.repeat(list("abc"), sizes)}
    share = sizes / 10
    centre = np.eye(3) - 1 / 3
    form = np.sqrt(3 / 2) * centre @ (np.eye(3) - np.outer(share, np.ones(3)))
    spread = form @ np.diag(sizes) @ form.T
    found = mean(survey(rows, cluster="firm"), "y").loc[0]
    assert found["df_interval"] == pytest.approx(np.trace(spread) ** 2 / np.sum(spread**2))
    assert 1 <= found["df_interval"] < found["df"] == 2


def test_many_clusters_keep_their_degrees_of_freedom(apistrat):
    found = mean(apistrat, "api00").loc[0]
    assert found["df_interval"] == found["df"] == 197
    assert [found["lo"], found["hi"]] == pytest.approx(stats.t.interval(0.95, 197, found["value"], found["se"]))


def test_missing_values_are_outside_and_counted(survey):
    sample = survey({"y": [1.0, 3, np.nan, 8], "w": [1.0, 1, 5, 1]}, weight="w")
    found = mean(sample, "y").loc[0]
    assert found[["value", "n", "missing", "status"]].tolist() == [4, 3, 1, "ok"]
    found = total(sample, "y").loc[0]
    assert found[["value", "status", "reason"]].tolist() == [12, "u", "missing values count as nothing in this total"]


def test_shares_stay_inside_and_say_when_nothing_is_seen(survey):
    rows = {"yes": [True, True, True, True, False, True], "all": 1, "g": list("aaabbb")}
    found = share(survey(rows), "yes").loc[0]
    assert found["value"] == pytest.approx(100 * 5 / 6)
    assert 0 < found["lo"] < found["value"] < found["hi"] < 100
    odds, error = np.log(5), found["se"] / 100 / (5 / 36)
    ends = 1 / (1 + np.exp(-(odds + np.array([-1, 1]) * stats.t.ppf(0.975, 5) * error)))
    assert found[["lo", "hi"]].tolist() == pytest.approx((100 * ends).tolist())
    certain = share(survey(rows), "all").loc[0]
    assert (certain["value"], certain["status"]) == (100, "u")
    assert np.isnan(certain["lo"])
    assert "no spread" in certain["reason"]
    with pytest.raises(UsageError, match="other values than yes and no"):
        share(survey({"yes": [0, 2]}), "yes")


def test_medians_by_hand(survey):
    found = quantile(survey({"y": [10.0, 20, 30, 40, 50], "w": [1.0, 1, 1, 4, 1]}, weight="w"), "y").loc[0]
    assert found["value"] == 40
    assert found["measure"] == "quantile 0.5"
    even = quantile(survey({"y": [4.0, 1, 3, 2]}), "y").loc[0]
    assert even["value"] == 2


def test_woodruff_reads_the_interval_off_the_shares(survey):
    y = np.random.default_rng(5).permutation(np.arange(1.0, 101))
    found = quantile(survey({"y": y}), "y", [0.25, 0.5]).set_index("measure")
    for p in (0.25, 0.5):
        error = np.sqrt(p * (1 - p) / 99)
        step = stats.t.ppf(0.975, 99)
        lo, hi = np.ceil(100 * (p - step * error)), np.ceil(100 * (p + step * error))
        assert found.loc[f"quantile {p}", ["value", "lo", "hi"]].tolist() == [100 * p, lo, hi]
        assert found.loc[f"quantile {p}", "se"] == pytest.approx((hi - lo) / (2 * step))
    extreme = quantile(survey({"y": np.arange(10.0)}), "y", [0.85, 0.99]).set_index("measure")
    assert "reaches the least or greatest" in extreme.loc["quantile 0.85", "reason"]
    assert extreme.loc["quantile 0.85", "hi"] == 9
    assert extreme.loc["quantile 0.99", "status"] == "u"


def test_one_cluster_in_a_stratum_is_an_error_or_follows_a_rule(survey):
    rows = {"y": [1.0, 3, 5, 9, 20], "s": list("aabbc"), "w": 2.0}
    with pytest.raises(UsageError, match=r"1 strata of stage 1 have one cluster, .* c"):
        survey(rows, weight="w", strata="s")
    seen = 2 * ((2 - 4) ** 2 + (6 - 4) ** 2) + 2 * ((10 - 14) ** 2 + (18 - 14) ** 2)
    grand = np.mean([2, 6, 10, 18, 40])
    wanted = {"certainty": seen, "average": seen * 3 / 2, "adjust": seen + (40 - grand) ** 2}
    for rule, value in wanted.items():
        found = total(survey(rows, single=rule, weight="w", strata="s"), "y").loc[0]
        assert found["se"] ** 2 == pytest.approx(value)
    with pytest.raises(UsageError, match="did you mean 'average'"):
        survey(rows, single="averag", strata="s")


def test_a_stratum_taken_whole_has_no_error(survey):
    rows = {"y": [1.0, 3, 5, 9, 20], "s": list("aabbc"), "N": [4, 4, 2, 2, 1]}
    found = total(survey(rows, strata="s", population="N"), "y").loc[0]
    assert found["value"] == 42
    assert found["se"] ** 2 == pytest.approx((1 - 2 / 4) * 2 * 2 * (2 - 4) ** 2)


def test_the_order_of_rows_and_names_of_clusters_change_nothing(apistrat, survey):
    turned = survey(apistrat.frame.iloc[::-1], weight="pw", strata="stype", population="fpc")
    one, two = mean(apistrat, "api00", by=["stype"]), mean(turned, "api00", by=["stype"])
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_a_cluster_without_degrees_of_freedom_gets_no_interval(survey):
    rows = {"y": [1.0, 3, 5, 9], "firm": list("aabb"), "kind": list("xyyy")}
    found = mean(survey(rows, cluster="firm"), "y", by=["kind"]).set_index("domain")
    assert found.loc["kind=x", "status"] == "u"
    assert np.isnan(found.loc["kind=x", "lo"])
    assert "no degrees of freedom" in found.loc["kind=x", "reason"]


def test_nothing_known_is_said(survey):
    found = mean(survey({"y": [np.nan, np.nan]}), "y").loc[0]
    assert found["status"] == "m"
    assert found[["value", "se", "lo"]].isna().all()
    zero = ratio(survey({"a": [1.0, 2], "b": [0.0, 0]}), "a", "b").loc[0]
    assert (zero["status"], zero["reason"]) == ("m", "no respondent with a value, or a denominator of 0")


@pytest.mark.parametrize(
    ("rows", "design", "words"),
    [
        ({"y": []}, {}, "without rows"),
        ({"y": [1.0, 2]}, {"weight": "pw"}, "column 'pw', which is missing"),
        ({"y": [1.0, 2], "weight": [1.0, 2]}, {"weight": "weigt"}, "did you mean 'weight'"),
        ({"y": [1.0, 2], "w": [1.0, -2]}, {"weight": "w"}, "must be above 0, which 1 of 'w' are not"),
        ({"y": [1.0, 2], "w": [1.0, None]}, {"weight": "w"}, "is empty in 1 of 2 rows"),
        ({"y": [1.0, 2], "N": [0.1, 0.1]}, {"population": "N"}, "not a fraction"),
        ({"y": [1.0, 2], "N": [10, 11]}, {"population": "N"}, "several values inside the stratum"),
        ({"c": [1, 1, 2], "s": list("aba")}, {"strata": "s", "cluster": "c"}, "the cluster 1 of 'c' is in two strata"),
        ({"y": [1.0, 2], "N": 9, "M": 9}, {"population": ("N", "M")}, "2 population sizes for 0 stages"),
    ],
)
def test_a_design_that_does_not_fit_is_told(survey, rows, design, words):
    with pytest.raises(UsageError, match=words):
        survey(rows, **design)


def test_ids_of_clusters_may_start_anew_in_every_stratum(survey):
    rows = {"y": [1.0, 3, 5, 9], "s": list("aabb"), "c": [1, 2, 1, 2]}
    sample = survey(rows, strata="s", cluster="c", nested=True)
    assert mean(sample, "y")["df"][0] == 2


def test_ids_may_be_numbers_and_words(survey):
    rows = {"y": [1.0, 3, 5, 9], "s": [1, 1, "b", "b"]}
    assert total(survey(rows, strata="s"), "y")["se"][0] ** 2 == pytest.approx(2 * 2 * (1 + 4))


def test_estimates_need_numbers_that_are_there(survey):
    sample = survey({"y": [1.0, 2], "t": ["a", "b"]})
    with pytest.raises(UsageError, match="holds text"):
        mean(sample, "t")
    with pytest.raises(UsageError, match="no column 'z'"):
        mean(sample, "z")
    with pytest.raises(UsageError, match="no column 'z'"):
        mean(sample, "y", by=["z"])
    with pytest.raises(UsageError, match=r"above 0 and below 1, not 1\.5"):
        quantile(sample, "y", [1.5])


def test_a_constant_has_no_variance(apistrat):
    assert variance(apistrat, np.ones((200, 1)))[0] == pytest.approx(0, abs=1e-9)
