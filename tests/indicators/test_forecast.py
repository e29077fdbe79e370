"""Forecasts of targets: draws against closed forms and simulation, the table from files, badges, paths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from dihkpi.indicators.forecast import amount_draws, count_draws, drift, predict
from dihkpi.indicators.outlook import badges, forecasts, forecasts_and_courses
from dihkpi.indicators.paths import along, expected_shares

DRAWS = 20_000


def test_even_counts_give_the_gamma_poisson_predictive_distribution():
    """Without extra spread a count over r months is negative binomial with S + 1/2 and m / (m + r)."""
    draws = count_draws(np.full(12, 4.0), 6, DRAWS, np.random.default_rng(1))
    exact = nbinom(48.5, 12 / 18)
    assert draws.mean() == pytest.approx(exact.mean(), rel=0.01)
    assert draws.std() == pytest.approx(exact.std(), rel=0.03)
    for p in (0.025, 0.5, 0.975):
        assert abs(np.quantile(draws, p) - exact.ppf(p)) <= 1


def test_a_record_of_no_event_still_expects_some():
    draws = count_draws(np.zeros(6), 12, DRAWS, np.random.default_rng(1))
    assert (draws == 0).mean() == pytest.approx((6 / 18) ** 0.5, abs=0.02)


def test_amounts_have_the_variance_of_the_sample_twice_over():
    """Variance of the sum of r months and of r times the error of the mean: s^2 (r + r^2 / m), times that of t(7)."""
    record = np.array([900.0, 1000, 1100, 950, 1050, 1000, 1200, 800])
    draws = amount_draws(record, 4, DRAWS, np.random.default_rng(1))
    assert draws.mean() == pytest.approx(4000, rel=0.01)
    assert draws.var() == pytest.approx(record.var(ddof=1) * (4 + 16 / 8) * 7 / 5, rel=0.08)


def test_half_a_month_brings_half_of_it():
    draws = amount_draws(np.array([10.0] * 6), 2.5, 100, np.random.default_rng(1))
    assert draws == pytest.approx(np.full(100, 25.0))


@pytest.mark.parametrize(("months", "ahead"), [(6, 12), (12, 18)])
@pytest.mark.parametrize("factor", [1, 3])
def test_prediction_intervals_of_counts_cover(months, ahead, factor):
    """Of 400 records with a mean of 5 a month, Poisson or with three times its variance."""
    rng = np.random.default_rng([months, factor])
    hit = 0
    for _ in range(400):
        rates = rng.gamma(5 / (factor - 1), factor - 1, months + ahead) if factor > 1 else np.full(months + ahead, 5.0)
        counts = rng.poisson(rates).astype(float)
        found = predict(0, 1, count_draws(counts[:months], ahead, 800, rng), 0.95)
        hit += found.lo <= counts[months:].sum() <= found.hi
    assert 0.92 <= hit / 400 <= 0.995


def test_prediction_intervals_of_amounts_cover():
    """Of 400 records of 12 skewed months (gamma with shape 2)."""
    rng = np.random.default_rng(7)
    hit = 0
    for _ in range(400):
        sums = rng.gamma(2, 500, 12 + 12)
        found = predict(0, 1, amount_draws(sums[:12], 12, 800, rng), 0.95)
        hit += found.lo <= sums[12:].sum() <= found.hi
    assert 0.9 <= hit / 400 <= 0.99


def test_the_t_test_of_two_halves():
    from scipy.stats import ttest_ind

    record = np.array([3.0, 5, 4, 9, 7, 8, 6])
    assert drift(record) == pytest.approx(ttest_ind(record[:3], record[3:]).pvalue)


def test_a_target_that_must_not_be_exceeded():
    assert predict(0, 2, np.array([1.0, 2, 3, 4]), 0.9, at_most=True).p_reach == 0.5


def test_a_path_over_the_second_half_of_the_grant():
    """From 40 % at M18 to 100 % at M36, with 70 % at M27: half of what the second half gains."""
    path = {18: 0.4, 27: 0.7, 36: 1.0}
    assert along(path, (19, 36), np.array([0, 0.25, 0.5, 1])).tolist() == pytest.approx([0, 0.25, 0.5, 1])
    assert along({18: 0.4, 27: 0.5, 36: 1.0}, (19, 36), np.array([0.5]))[0] == pytest.approx(1 / 6)
    assert along({12: 0.5, 18: 0.5}, (13, 18), np.array([0.3]))[0] == 0.3  # nothing is gained: evenly


def test_a_path_of_an_indicator_says_what_is_expected(definitions):
    """At the end of 2023, 365 of the 1,096 days: the path says 20 % at M12, and nearly that."""
    survey = definitions.survey("edih_kpi")
    event = survey.indicators["events_held"].model_copy(update={"path": {12: 0.2, 36: 1.0}})
    slow = replace(definitions, versions={
        **definitions.versions, ("edih_kpi", "v1"): survey.model_copy(update={"indicators": {"events_held": event}})
    })  # fmt: skip
    hubs = pd.DataFrame({"hub": ["a"], "grant_start": pd.to_datetime(["2023-01-01"]).astype("datetime64[s]")})
    wanted = pd.DataFrame({"code": "a", "indicator": "events_held", "period": ["M36", "M12", "2023", "M13-M36"]})
    cutoff = np.datetime64("2023-12-31")
    months = 36 * 365 / 1096
    assert expected_shares(wanted, hubs, cutoff, slow).tolist() == pytest.approx([0.2 * months / 12, 1, 1, 0])
    assert expected_shares(wanted, hubs, cutoff, definitions).tolist() == pytest.approx([365 / 1096, 1, 1, 0])


REGISTER = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-01", "HR-b,Buna,HR,HR03,"]
HEAD = "hub,indicator,period,breakdown,value"
EVENTS = ["hub,id,title,start,kind,participants"] + [
    f"Adria,e{month}-{i},Day,2023-{month:02d}-1{i},awareness,{10 + i}" for month in range(1, 13) for i in range(2)
]


@pytest.fixture(scope="module")
def inputs(prepared):
    targets = [
        HEAD, "HR-a,events_held,M36,,60", "HR-a,event_participants,M36,,100000", "HR-a,events_held,M12,,24",
        "HR-a,events_held,2023-H2,kind=awareness,12", "HR-a,services_delivered,M36,,4", "HR-b,events_held,M36,,4",
        "HR-a,cross_border_share,M36,,40", "HR-a,events_held,M13-M36,,9",
    ]  # fmt: skip
    partners = [f"Adria,c{i},Other,AT,2023-03-01,service" for i in range(5)]
    collaboration = ["hub,id,partner_name,partner_country,start,kind", *partners]
    events = [*EVENTS, "Buna,x,Day,2023-03-01,awareness,3"]
    return prepared({"hubs.csv": REGISTER, "events.csv": events, "targets.csv": targets, "c.csv": collaboration})


@pytest.fixture(scope="module")
def table(inputs, definitions, figures):
    found = forecasts(inputs, figures(inputs, "2023").table, definitions, "2023")
    return found.set_index(["code", "indicator", "period", "breakdown"])


def test_two_events_a_month_for_three_years(table):
    row = table.loc["HR-a", "events_held", "M36", ""]
    assert (row["value"], row["expected"], row["light"]) == (24, pytest.approx(365 / 1096), "on_track")
    assert row[["words", "colour", "method", "status"]].tolist() == ["on track", "#00664b", "counts", "ok"]
    exact = nbinom(24.5, 12 / (12 + 731 / (365.25 / 12)))
    assert row["months"] == 12
    assert abs(row["forecast"] - 24 - exact.median()) <= 1
    assert abs(row["lo"] - 24 - exact.ppf(0.025)) <= 2
    assert abs(row["hi"] - 24 - exact.ppf(0.975)) <= 2
    assert row["p_reach"] == pytest.approx(exact.sf(35), abs=0.03)


def test_the_course_of_a_target_month_by_month(inputs, definitions, figures):
    """Two events in every month of 2023: known up to the cut-off, expected up to the end of the period."""
    _, months = forecasts_and_courses(inputs, figures(inputs, "2023").table, definitions, "2023")
    course = months[(months["indicator"] == "events_held") & (months["period"] == "M36") & (months["code"] == "HR-a")]
    assert course["value"].tolist()[:12] == list(range(2, 25, 2)) and course["value"].isna().sum() == 24
    assert course["expected"].iloc[[11, 35]].tolist() == pytest.approx([60 * 365 / 1096, 60])
    assert course["day"].iloc[[0, 35]].dt.strftime("%Y-%m-%d").tolist() == ["2023-01-31", "2025-12-31"]
    later = months[(months["indicator"] == "events_held") & (months["period"] == "M13-M36")]
    assert later["expected"].iloc[[0, -1]].tolist() == pytest.approx([9 * 31 / 731, 9]) and len(later) == 24
    assert not (months["code"] == "HR-b").any(), "the start of its grant is not known"
    assert "cross_border_share" not in set(months["indicator"]), "a share does not add up over months"


def test_months_do_not_tell_what_a_sum_hides(inputs, definitions, figures):
    survey = definitions.survey("edih_kpi")
    based = {name: i.model_copy(update={"minimum_base": 5}) for name, i in survey.indicators.items()}
    versions = {**definitions.versions, ("edih_kpi", "v1"): survey.model_copy(update={"indicators": based})}
    hidden = replace(definitions, versions=versions)
    months = forecasts_and_courses(inputs, figures(inputs, "2023").table, hidden, "2023")[1]
    assert months.empty


def test_amounts_that_are_out_of_reach(table):
    row = table.loc["HR-a", "event_participants", "M36", ""]
    assert (row["value"], row["light"], row["p_reach"], row["method"]) == (252, "behind", 0, "amounts")
    assert row["forecast"] == pytest.approx(252 + 21 * 731 / (365.25 / 12))


def test_what_is_over_is_final(table):
    for period, breakdown in (("M12", ""), ("2023-H2", "kind=awareness")):
        row = table.loc["HR-a", "events_held", period, breakdown]
        assert row["forecast"] == row["lo"] == row["hi"] == row["value"] == row["target"]
        assert (row["p_reach"], row["method"], row["status"]) == (1, "final", "ok")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (("HR-a", "services_delivered", "M36", ""), "nothing was told of this indicator"),
        (("HR-b", "events_held", "M36", ""), "the start of the grant is not known"),
        (("HR-a", "cross_border_share", "M36", ""), "the indicator is a ratio, which does not add up over months"),
        (("HR-a", "events_held", "M13-M36", ""), "0 of the 6 full months that a forecast needs"),
    ],
)
def test_without_a_forecast_there_is_a_reason(table, key, reason):
    row = table.loc[key]
    assert (row["status"], row["reason"]) == ("m", reason)
    assert row[["forecast", "lo", "hi", "p_reach"]].isna().all()


def test_a_forecast_depends_neither_on_the_order_nor_on_other_targets(inputs, definitions, figures, table):
    shown = figures(inputs, "2023").table
    fewer = shown[(shown["indicator"] == "events_held") | shown["target"].isna()].iloc[::-1]
    again = forecasts(inputs, fewer, definitions, "2023").set_index(["code", "indicator", "period", "breakdown"])
    key = ("HR-a", "events_held", "M36", "")
    pd.testing.assert_series_equal(again.loc[key], table.loc[key])


def test_badges_have_no_limits_unless_somebody_names_them(inputs, definitions, figures):
    shown = figures(inputs, "2023").table
    plain = badges(shown, definitions, "../2023-12-31")
    assert set(plain["status"]) == {"no_limits"}
    assert plain.loc[plain["hub"] == "HR-a", "badge"].nunique() == 5

    class Chosen:
        tables = definitions.tables

        def value(self, name: str):
            return {"events": {"indicator": "events_held", "breakdown": "", "steps": {"bronze": "10", "silver": "30"}}}

    row = badges(shown, Chosen(), "../2023-12-31").iloc[0]
    assert row[["value", "step", "next_step", "missing", "status"]].tolist() == [24, "bronze", "silver", 6, "ok"]
