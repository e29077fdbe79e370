"""Attainment, what is expected, and the light, at their edges."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.indicators.outlook import forecasts
from dihkpi.indicators.targets import with_targets

HUBS = pd.DataFrame({
    "hub": ["HR-a", "EE-b"],
    "grant_start": pd.Series([pd.Timestamp("2023-01-01"), pd.NaT], dtype="datetime64[s]"),
})  # fmt: skip
YEAR = np.datetime64("2023-12-31")


def light(
    definitions: Definitions, value: float, target: float, indicator: str = "services_delivered", period: str = "M12",
    *, level: str = "hub", code: str = "HR-a", cutoff: np.datetime64 = YEAR, status: str = "ok",
) -> pd.Series:  # fmt: skip
    """One figure beside its target; M12 is over on the cut-off day."""
    figures = pd.DataFrame({
        "level": [level], "code": [code], "indicator": [indicator], "period": [period], "breakdown": [""],
        "value": [value], "unit": ["?"], "status": [status], "n": [9], "lo": [np.nan], "hi": [np.nan],
    })  # fmt: skip
    wanted = pd.DataFrame({"hub": [code], "indicator": [indicator], "period": [period], "value": [target]})
    table = with_targets(figures, wanted, HUBS, cutoff, definitions)
    return table[table["level"] == level].iloc[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.nextafter(50, 0), "behind"), (50, "watch"), (np.nextafter(75, 0), "watch"), (75, "on_track")],
)
def test_a_step_is_reached_at_its_very_value(definitions: Definitions, value: float, expected: str) -> None:
    assert light(definitions, value, 100)["light"] == expected


@pytest.mark.parametrize(
    ("cost", "attainment", "expected"),
    [(0, 0, "on_track"), (60, 0.6, "on_track"), (100, 1, "on_track"), (133, 1.33, "on_track"), (134, 1.34, "watch"),
     (200, 2, "watch"), (201, 2.01, "behind"), (1000, 10, "behind")],
)  # fmt: skip
def test_where_less_is_better_more_than_the_target_is_behind(
    definitions: Definitions, cost: float, attainment: float, expected: str
) -> None:
    row = light(definitions, cost, 100, "cost_per_customer")
    assert (row["attainment"], row["light"]) == (pytest.approx(attainment), expected)


def test_a_ratio_does_not_grow_with_the_days(definitions: Definitions) -> None:
    half = np.datetime64("2023-07-02")
    assert light(definitions, 40, 40, "aid_intensity", cutoff=half)["expected"] == 1
    assert light(definitions, 100, 100, "cost_per_customer", cutoff=half)["light"] == "on_track"
    assert light(definitions, 50, 100, cutoff=half)["expected"] == pytest.approx(183 / 365)


@pytest.mark.parametrize("indicator", ["services_delivered", "aid_intensity", "cost_per_customer"])
def test_nothing_is_expected_before_the_period_starts(definitions: Definitions, indicator: str) -> None:
    row = light(definitions, 1, 2, indicator, "M13-M24")
    assert (row["expected"], row["attainment"]) == (0, 0.5)
    assert pd.isna(row["light"])


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [("2023-06-30", 0.4 * 181 / 546), ("2024-06-30", 0.4), ("2025-03-31", 0.4 + 0.6 * 274 / 549), ("2025-12-31", 1)],
)
def test_a_given_path_lies_between_its_months(definitions: Definitions, cutoff: str, expected: float) -> None:
    key = ("edih_kpi", "services_delivered")
    bent = definitions.indicators[key].model_copy(update={"path": {18: 0.4, 36: 1.0}})
    changed = SimpleNamespace(indicators={**definitions.indicators, key: bent}, value=definitions.value)
    row = light(changed, 10, 100, period="M36", cutoff=np.datetime64(cutoff))
    # M18 ends on 30 June 2024, after 547 of the 1,096 days; months of a path are of equal length
    assert row["expected"] == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize(("level", "code"), [("country", "HR"), ("nuts2", "HR03"), ("network", "all")])
def test_targets_are_of_hubs_and_never_of_places(definitions: Definitions, level: str, code: str) -> None:
    row = light(definitions, 30, 100, level=level, code=code)
    assert row["value"] == 30
    assert row[["target", "attainment", "expected", "light"]].isna().all()


@pytest.mark.parametrize("status", ["c", "m"])
def test_without_a_figure_nothing_is_attained(definitions: Definitions, status: str) -> None:
    row = light(definitions, np.nan, 100, status=status)
    assert (row["status"], row["target"], row["expected"]) == (status, 100, 1)
    assert row[["value", "attainment", "light"]].isna().all()


REGISTER = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-01", "EE-b,Balt,EE,EE00,"]
SERVICES = [
    "content_id,customer,vat,customer_type,category,status,dates,hub",
    *(f"{hub}{i},C{i},{hub}10{i},SME,Test before invest,Finalised,2023-0{i}-01,{name}"
      for hub, name in (("HR", "Adria"), ("EE", "Balt")) for i in range(1, 9)),
]  # fmt: skip


@pytest.fixture(scope="module")
def both(prepared, definitions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures and forecasts of two hubs, one of which has no first day of its grant."""
    from dihkpi.indicators.compute import compute_indicators

    lines = [f"{hub},{indicator},M18,{part},10,{unit}" for hub in ("HR-a", "EE-b") for indicator, part, unit in (
        ("services_delivered", "", "records"), ("events_held", "", "records"),
        ("services_delivered", "colour=red", "records"), ("service_value", "", "EUR"))]  # fmt: skip
    inputs = prepared({
        "hubs.csv": REGISTER, "services.csv": SERVICES,
        "targets.csv": ["hub,indicator,period,breakdown,value,unit", *lines],
    })  # fmt: skip
    table = compute_indicators(inputs, definitions, "2023")
    return table, forecasts(inputs, table, definitions, "2023")


def test_without_the_start_of_a_grant_its_months_have_no_figure(both) -> None:
    """That no service falls into the first 18 months of an unknown grant does not make it zero."""
    table, _ = both
    rows = table[table["period"].eq("M18") & table["breakdown"].eq("") & table["indicator"].eq("services_delivered")]
    rows = rows.set_index("code")
    assert rows.loc["HR-a", "value"] == 8 and rows.loc["HR-a", "attainment"] == 0.8
    assert rows.loc["EE-b", "status"] == "m" and rows.loc["EE-b", "target"] == 10
    assert rows.loc["EE-b", ["value", "attainment", "expected", "light"]].isna().all()
    year = table[table["code"].eq("EE-b") & table["period"].eq("2023") & table["indicator"].eq("services_delivered")]
    assert year.loc[year["breakdown"].eq(""), "value"].item() == 8, "the year needs no grant"


def test_every_target_without_a_forecast_says_why(both) -> None:
    _, told = both
    missing = told[told["forecast"].isna()]
    assert set(missing["status"]) == {"m"} and missing["reason"].notna().all()
    assert missing[["forecast", "lo", "hi", "p_reach"]].isna().all(axis=None)
    reasons = missing.set_index(["code", "indicator", "breakdown"])["reason"]
    assert reasons[("EE-b", "services_delivered", "")] == "the start of the grant is not known"
    assert reasons[("HR-a", "events_held", "")] == "nothing was told of this indicator"
    words = "no row is of this breakdown; the indicator is broken down by: category, technology"
    assert reasons[("HR-a", "services_delivered", "colour=red")] == words
