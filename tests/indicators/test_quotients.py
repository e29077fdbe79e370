"""Figures over figures: places, periods, intervals, and what is suppressed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.quotients import with_quotients

GAIN = "dimension=overall;survey=dma_sme;waves=T0-T1"
COLUMNS = ["level", "code", "indicator", "period", "breakdown", "value", "lo", "hi", "n", "status"]
NAN = np.nan


def divided(definitions, *rows: tuple) -> pd.DataFrame:
    figures = pd.DataFrame(rows, columns=COLUMNS).assign(unit="x")
    found = with_quotients(figures, definitions)
    return found.iloc[len(rows) :].set_index(["level", "code", "indicator", "period"])


def cost(value: float = 1000, status: str = "ok") -> tuple:
    return "hub", "a", "operating_cost", "2024", "", value, NAN, NAN, 1, status


@pytest.mark.parametrize(
    ("lo", "value", "hi", "expected"),
    [
        (5.0, 10.0, 20.0, (20, 10, 40)),  # 5 pairs: 50 points, 25 to 100
        (-1.0, 10.0, 20.0, (20, NAN, NAN)),  # the gain may be zero, so that the cost has no bound
        (-9.0, -1.0, 7.0, (NAN, NAN, NAN)),
        (NAN, 10.0, NAN, (20, NAN, NAN)),
    ],
)
def test_the_interval_of_a_cost_is_that_of_the_outcome_turned_over(definitions, lo, value, hi, expected):
    gain = ("hub", "a", "maturity_gain", "2024", GAIN, value, lo, hi, 5, "ok")
    row = divided(definitions, cost(), gain).loc[("hub", "a", "cost_per_point", "2024")]
    assert row[["value", "lo", "hi"]].to_numpy(float) == pytest.approx(np.array(expected), nan_ok=True)
    assert (row["n"], row["status"]) == (5, "m" if np.isnan(expected[0]) else "ok")


def test_what_is_suppressed_suppresses_the_quotient(definitions):
    hidden = ("hub", "a", "maturity_gain", "2024", GAIN, NAN, NAN, NAN, NAN, "c")
    row = divided(definitions, cost(), hidden).loc[("hub", "a", "cost_per_point", "2024")]
    assert row["status"] == "c"
    assert row[["value", "lo", "hi", "n"]].isna().all()


def test_a_figure_without_a_date_stands_below_every_period(definitions):
    customers = [("hub", "a", "customers_supported", period, "", 6.0, NAN, NAN, 6, "ok") for period in ("2023", "2024")]
    staff = ("hub", "a", "staff_fte", "../2024-12-31", "", 4.0, NAN, NAN, 1, "ok")
    found = divided(definitions, *customers, staff)
    assert found["value"].to_dict() == {("hub", "a", "customers_per_fte", p): 1.5 for p in ("2023", "2024")}


def test_other_places_periods_and_breakdowns_are_not_mixed(definitions):
    customers = [
        ("hub", "b", "customers_supported", "2024", "", 6.0, NAN, NAN, 6, "ok"),
        ("hub", "a", "customers_supported", "2023", "", 6.0, NAN, NAN, 6, "ok"),
        ("hub", "a", "customers_supported", "2024", "size=micro", 6.0, NAN, NAN, 6, "ok"),
    ]
    assert divided(definitions, cost(), *customers).empty


def test_nobody_is_no_divisor(definitions):
    nobody = ("hub", "a", "customers_supported", "2024", "", 0.0, NAN, NAN, 0, "ok")
    row = divided(definitions, cost(), nobody).loc[("hub", "a", "cost_per_customer", "2024")]
    assert np.isnan(row["value"])
    assert row["status"] == "m"
