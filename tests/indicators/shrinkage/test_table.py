"""The table of shrunken estimates: groups by themselves, raw beside shrunken, reasons, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.errors import UsageError
from dihkpi.indicators.shrinkage import fay_herriot, ranked, shrink, shrink_indicators

KEY = {"level": "hub", "period": "2026", "breakdown": ""}


@pytest.fixture
def estimates():
    return pd.DataFrame({
        **KEY, "code": list("fbcdea"), "indicator": "mean_score",
        "value": [40.0, 50, 61, 70, 55, 48], "se": [2.0, 3, 8, 4, 5, 2], "n": [30, 20, 4, 9, 8, 40],
        "region": ["x", "x", "y", "y", "x", "y"], "size": [3.0, 1, 4, 1, 5, 9],
    })  # fmt: skip


def test_raw_and_shrunken_stand_side_by_side(estimates, definitions):
    table = shrink(estimates, "normal", definitions).set_index("code")
    assert table.index.tolist() == list("abcdef")
    assert table["raw"].tolist() == [48, 50, 61, 70, 55, 40]
    assert table.loc["c", "factor"] == table["factor"].max()
    assert (table["status"] == "ok").all()
    assert table["reason"].isna().all()
    assert table.columns.tolist()[4:] == [
        "raw", "raw_se", "n", "factor", "value", "mse", "lo", "hi", "model", "status", "reason"
    ]  # fmt: skip


def test_the_order_of_rows_changes_nothing(estimates, definitions):
    turned = shrink(estimates.iloc[::-1], "fay_herriot", definitions, covariates=["region", "size"])
    pd.testing.assert_frame_equal(shrink(estimates, "fay_herriot", definitions, covariates=["region", "size"]), turned)
    assert turned["model"].unique().tolist() == ["fay_herriot (region, size)"]


def test_codes_and_numbers_explain(estimates, definitions):
    table = shrink(estimates, "fay_herriot", definitions, covariates=["region"], confidence=0.9)
    ordered = estimates.sort_values("code")
    wanted = fay_herriot(
        ordered["value"].to_numpy(), ordered["se"].to_numpy(), (ordered[["region"]] == "y").to_numpy(float), 0.9
    )
    assert table["value"].to_numpy() == pytest.approx(wanted.value)
    assert table["hi"].to_numpy() == pytest.approx(wanted.hi)


def test_groups_are_modelled_by_themselves(estimates, definitions):
    other = estimates.assign(breakdown="size=micro", value=estimates["value"] / 10, se=estimates["se"] / 10)
    both = shrink(pd.concat([other, estimates]), "normal", definitions)
    alone = shrink(estimates, "normal", definitions)
    pd.testing.assert_frame_equal(both[both["breakdown"] == ""].reset_index(drop=True), alone)
    with pytest.raises(UsageError, match="different models cannot be ranked"):
        ranked(both)
    placed = ranked(alone)
    assert placed["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert placed["value"].is_monotonic_decreasing


def test_one_group_by_two_models_is_not_ranked(estimates, definitions):
    mixed = pd.concat([
        shrink(estimates, "normal", definitions).head(3),
        shrink(estimates, "normal", definitions, errors="pooled").tail(3),
    ])  # fmt: skip
    with pytest.raises(UsageError, match=r"model: normal, normal \(pooled errors\)"):
        ranked(mixed)


def test_units_without_an_estimate_stay_and_say_why(estimates, definitions):
    status = ["ok", "c", "ok", "ok", "ok", "ok"]
    rows = pd.concat([estimates, estimates.assign(code=estimates["code"] + "2")])
    rows = rows.assign(status=status * 2, se=rows["se"].where(rows["code"] != "d", 0.0))
    table = shrink(rows, "normal", definitions).set_index("code")
    assert table.loc["b", "status"] == "c"
    assert table.loc["b", ["raw", "raw_se", "n", "value", "lo", "hi"]].isna().all()
    assert table.loc["b", "reason"] == "the raw value is suppressed"
    assert table.loc["d", "status"] == "m"
    assert "standard error above 0" in table.loc["d", "reason"]
    assert table.loc["d", "raw"] == 70
    kept = table[table["status"] == "ok"]
    assert len(kept) == 9
    assert kept["value"].notna().all()


def test_too_few_units_keep_their_raw_values_and_a_reason(estimates, definitions):
    unequal = shrink(estimates, "james_stein", definitions)
    assert unequal["reason"].str.contains("one standard error for all is needed, not 2 to 8: use normal").all()
    table = shrink(estimates.head(2).assign(se=1.0), "james_stein", definitions)
    assert table["status"].tolist() == ["m", "m"]
    assert table["raw"].notna().all()
    assert table["value"].isna().all()
    assert table["reason"].str.contains("needs 4 units").all()
    assert shrink(estimates.head(0), "normal", definitions).empty


def test_pooled_errors_help_a_unit_of_one_respondent(estimates, definitions):
    rows = estimates.assign(se=[2.0, 3, np.nan, 4, 5, 2], n=[30, 20, 1, 9, 8, 40])
    table = shrink(rows, "normal", definitions, errors="pooled").set_index("code")
    variance = sum((n - 1) * n * s**2 for n, s in [(30, 2), (20, 3), (9, 4), (8, 5), (40, 2)]) / (29 + 19 + 8 + 7 + 39)
    assert table.loc["c", "raw_se"] == pytest.approx(np.sqrt(variance))
    assert table.loc["a", "raw_se"] == pytest.approx(np.sqrt(variance / 40))
    assert table["status"].eq("ok").all()


def test_shares_in_per_cent(definitions):
    cases = pd.DataFrame({**KEY, "code": list("abcde"), "indicator": "s", "cases": [1, 9, 2, 8, 5], "n": 10})
    table = shrink(cases, "beta_binomial", definitions, scale=100)
    assert table["raw"].tolist() == [10, 90, 20, 80, 50]
    assert table["value"].tolist() == pytest.approx(
        (table["factor"] * 50 + (1 - table["factor"]) * table["raw"]).tolist()
    )
    assert table["value"].tolist() == pytest.approx((100 - table["value"].iloc[[1, 0, 3, 2, 4]]).tolist())
    assert table["raw_se"].tolist() == pytest.approx(
        [100 * np.sqrt(p * (1 - p) / 10) for p in (0.1, 0.9, 0.2, 0.8, 0.5)]
    )
    assert (table["mse"] > 1).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "norml"}, "did you mean 'normal'"),
        ({"model": "beta_binomial"}, "needs the columns cases"),
        ({"model": "normal", "covariates": ["region"]}, "takes no covariates"),
        ({"model": "fay_herriot"}, "needs covariates"),
        ({"model": "fay_herriot", "covariates": ["regio"]}, "did you mean 'region'"),
        ({"model": "normal", "errors": "pool"}, "did you mean 'pooled'"),
    ],
)
def test_wrong_use_is_told(estimates, definitions, change, words):
    with pytest.raises(UsageError, match=words):
        shrink(estimates, definitions=definitions, **change)


def test_a_unit_twice_is_told(estimates, definitions):
    with pytest.raises(UsageError, match="more than one estimate"):
        shrink(pd.concat([estimates, estimates]), "normal", definitions)


@pytest.fixture
def indicators():
    """Six hubs with a count, a sum, a share and a mean, as the table ``indicators`` holds them."""
    from dihkpi.indicators.intervals import mean_interval, share_interval

    codes, n = list("abcdef"), np.array([6, 10, 20, 8, 40, 5.0])
    share, low, high = share_interval(np.array([1, 6, 9, 8, 11, 2.0]), n, 0.95)
    mean, lo, hi = mean_interval(n * 50 + n * np.arange(6), n * (50 + np.arange(6)) ** 2 + 25 * (n - 1), n, 0.95)
    none = np.full(6, np.nan)
    blocks = [
        ("services_delivered", np.array([3, 30, 9, 14, 0, 5.0]), none, none, np.array([3, 30, 9, 14, 0, 5.0])),
        ("share_of_hubs", share, low, high, n),
        ("maturity", mean, lo, hi, n),
        ("amount", mean, none, none, n),
    ]
    return pd.concat([
        pd.DataFrame({**KEY, "code": codes, "indicator": name, "value": v, "lo": a, "hi": b, "n": m, "status": "ok"})
        for name, v, a, b, m in blocks
    ], ignore_index=True)  # fmt: skip


class Stub:
    """Definitions with four indicators."""

    def __init__(self, real):
        self.tables, self.value = real.tables, real.value
        kinds = {"services_delivered": "count", "share_of_hubs": "share", "maturity": "score", "amount": "sum"}
        self.indicators = {("s", name): type("I", (), {"measure": lambda self, k=k: k})() for name, k in kinds.items()}


def test_the_table_of_indicators_becomes_shrunken(indicators, definitions):
    stub = Stub(definitions)
    table = shrink_indicators(indicators, "hub", stub, errors="own").set_index(["indicator", "code"])
    assert table["model"].groupby(level=0).first().to_dict() == {
        "amount": "none", "maturity": "normal", "services_delivered": "gamma_poisson", "share_of_hubs": "beta_binomial"
    }  # fmt: skip
    assert table.loc["maturity", "raw_se"].tolist() == pytest.approx((5 / np.sqrt([6, 10, 20, 8, 40, 5])).tolist())
    assert table.loc["amount", "status"].eq("m").all()
    assert table.loc["amount", "reason"].str.contains("sums and ratios").all()
    assert table.loc["share_of_hubs", "raw"].tolist() == pytest.approx([100 / 6, 60, 45, 100, 27.5, 40])
    assert table.loc[("services_delivered", "e"), "value"] > 0


def test_counts_become_rates_of_their_exposure(indicators, definitions):
    months = dict(zip("abcdef", [12, 18, 6, 18, 3, 18], strict=True))
    table = shrink_indicators(indicators, "hub", Stub(definitions), exposure=months).set_index(["indicator", "code"])
    assert table.loc[("services_delivered", "b"), "raw"] == pytest.approx(30 / 18)
    assert table.loc[("services_delivered", "b"), "n"] == 18


def test_suppressed_figures_stay_so(indicators, definitions):
    hidden = indicators["code"].eq("a")
    indicators.loc[hidden, ["value", "lo", "hi", "n"]] = np.nan
    indicators.loc[hidden, "status"] = "c"
    table = shrink_indicators(indicators, "hub", Stub(definitions)).set_index(["indicator", "code"])
    assert table.xs("a", level=1)["status"].eq("c").all()
    assert table.xs("a", level=1)[["raw", "value", "n"]].isna().all(axis=None)
    with pytest.raises(UsageError, match="did you mean 'hub'"):
        shrink_indicators(indicators, "hubs", Stub(definitions))


def test_covariates_of_units_explain_means(indicators, definitions):
    sizes = pd.DataFrame({"staff": [1.0, 2, 3, 4, 5, 6]}, index=list("abcdef"))
    table = shrink_indicators(indicators, "hub", Stub(definitions), covariates=sizes)
    means = table[table["indicator"] == "maturity"]
    assert means["model"].unique().tolist() == ["fay_herriot (staff, pooled errors)"]
    assert means["status"].eq("ok").all()
