"""State aid by the price lists of four hubs, and the ceiling of de-minimis aid."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.indicators.de_minimis import de_minimis
from dihkpi.indicators.money import aid_checks, aid_due, exact, terms_on

LISTS = {
    "Greek hub, 54.66 % exactly": (
        54.66, "0.01",
        {"2000": "1093.20", "3500": "1913.10", "8000": "4372.80", "20000": "10932", "15000": "8199"},
    ),
    "Estonian hub, 40 % exactly": (40, "0.01", {"1500": "600", "3500": "1400", "2000": "800"}),
    "Walloon hub, 30 % to the nearest EUR 10": (
        30, "10", {"1010": "300", "990": "300", "880": "260", "1040": "310", "50": "20", "1330": "400"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_published_price_lists(name):
    intensity, step, prices = LISTS[name]
    cents = np.array([int(Decimal(price) * 100) for price in prices])
    aid = aid_due(cents, np.full(len(cents), float(intensity)), np.full(len(cents), int(Decimal(step) * 100)))
    assert [exact(cent / 100) for cent in aid] == [exact(float(due)) for due in prices.values()]


@given(st.integers(0, 10**12), st.decimals(0, 100, places=2), st.sampled_from([1, 10, 100, 1000]))
def test_aid_is_that_of_exact_decimals(price, intensity, step):
    due = (Decimal(price) * intensity / 100 / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    assert aid_due(np.array([price]), np.array([float(intensity)]), np.array([step]))[0] == due


@pytest.mark.parametrize("price", [-1, 10**13])
def test_prices_out_of_bounds_are_told(price):
    with pytest.raises(ValueError, match="prices must be"):
        aid_due(np.array([price]), np.array([50.0]), np.array([1]))


TERMS = pd.DataFrame({
    "hub": ["HR-a", "HR-a", "BE-b"], "valid_from": pd.to_datetime(["2023-01-01", "2025-02-01", "2023-01-01"]),
    "intensity": [50.0, 40.0, 30.0], "step": [np.nan, np.nan, 10.0], "person_day": [1000.0, 1250.0, np.nan],
})  # fmt: skip


def test_a_person_day_has_the_value_of_its_day():
    """EUR 1,000 before 1 February 2025, EUR 1,250 from that day on; no value before the first terms."""
    days = pd.Series(pd.to_datetime(["2025-01-31", "2025-02-01", "2022-12-31"]), index=[7, 3, 5])
    found = terms_on(TERMS, pd.Series("HR-a", index=days.index), days)
    assert found["person_day"].loc[[7, 3]].tolist() == [1000, 1250]
    assert found.loc[5].isna().all()


def test_services_whose_aid_is_not_what_the_terms_give(definitions):
    services = pd.DataFrame({
        "hub": ["HR-a", "HR-a", "BE-b", "BE-b", "XX-c", "HR-a"],
        "start": pd.to_datetime(["2025-01-31", "2025-02-01", "2024-01-01", "2024-01-01", "2024-01-01", None]),
        "price": [1000.0, 1000, 50, 1040, 10, 10], "aid": [500.0, 500, 20, 312, 1, 1],
    })  # fmt: skip
    found, _ = aid_checks(services, TERMS, definitions)
    assert found[["row", "aid", "due", "difference"]].to_numpy().tolist() == [[3, 312, 310, 2], [1, 500, 400, 100]]


HUBS = pd.DataFrame({"hub": ["HR-a", "HR-b", "EE-c"], "country": ["HR", "HR", "EE"]})
PEOPLE = pd.DataFrame({
    "respondent": ["x", "y", "z", "farm", "town"], "kind": ["sme"] * 4 + ["pso"],
    "sector": [None, None, None, "agriculture_and_food", None],
})  # fmt: skip
TODAY = date(2026, 6, 30)


def granted(*rows: tuple, linked: dict[str, str] | None = None) -> pd.DataFrame:
    """Services: hub, respondent, start, aid, delivered, day of the right."""
    frame = pd.DataFrame(rows, columns=["hub", "respondent", "start", "aid", "delivered", "aid_day"])
    frame = frame.astype({"start": "datetime64[s]", "aid_day": "datetime64[s]"})
    return frame.assign(undertaking=frame["respondent"].map(linked or {}).astype("str"))


def row(definitions, services, customer="x", hub="HR-a", day=TODAY):
    return de_minimis(services, HUBS, PEOPLE, definitions, day).set_index(["customer", "hub"]).loc[(customer, hub)]


def test_aid_of_three_years_by_all_hubs_of_the_member_state(definitions):
    services = granted(
        ("HR-a", "x", "2023-06-30", 50_000.0, True, None),  # the day on which three years ago ended
        ("HR-a", "x", "2023-07-01", 100_000.10, True, None), ("HR-b", "x", "2026-06-30", 0.20, True, None),
        ("EE-c", "x", "2026-01-01", 7.0, True, None), ("HR-a", "x", "2026-07-01", 9.0, True, None),
    )  # fmt: skip
    found = row(definitions, services)
    assert found[["aid", "aid_here", "ceiling", "headroom"]].tolist() == [100_000.30, 100_000.10, 300_000, 199_999.70]
    assert (found["status"], found["last_aid"]) == ("ok", pd.Timestamp("2023-07-01"))
    assert pd.isna(found["first_over"])
    assert row(definitions, services, hub="EE-c")["aid"] == 7
    assert row(definitions, services, hub="HR-b")["aid_here"] == 0.20


def test_the_day_of_the_right_counts_not_that_of_the_service(definitions):
    services = granted(
        ("HR-a", "x", "2026-06-01", 10.0, True, "2023-06-30"), ("HR-a", "x", "2026-12-01", 20.0, False, "2026-01-01"),
        ("HR-a", "x", "2026-02-01", 40.0, False, None),
    )  # fmt: skip
    assert row(definitions, services)["aid"] == 20


@pytest.mark.parametrize(("amount", "headroom", "status"), [(294_999.99, 5000.01, "ok"), (295_000, 5000, "low"),
                                                         (300_000, 0, "low"), (300_000.01, -0.01, "over")])  # fmt: skip
def test_what_is_left_is_warned_of(definitions, amount, headroom, status):
    found = row(definitions, granted(("HR-a", "x", "2026-01-01", float(amount), True, None)))
    assert (found["headroom"], found["status"]) == (pytest.approx(headroom, abs=1e-9), status)


def aid(hub: str, customer: str, day: str, amount: float) -> tuple:
    return hub, customer, day, amount, True, None


def test_the_ceiling_is_that_of_the_day(definitions):
    services = granted(
        aid("HR-a", "x", "2023-12-30", 150_000.0), aid("HR-a", "x", "2023-12-31", 60_000.0),
        aid("HR-a", "y", "2023-12-30", 150_000.0), aid("HR-a", "y", "2024-01-01", 60_000.0),
    )  # fmt: skip
    assert row(definitions, services, day=date(2023, 12, 31))[["ceiling", "status"]].tolist() == [200_000, "over"]
    found = row(definitions, services)
    assert found[["ceiling", "status", "first_over"]].tolist() == [300_000, "ok", pd.Timestamp("2023-12-31")]
    assert pd.isna(row(definitions, services, "y")["first_over"])


def test_linked_firms_share_one_ceiling(definitions):
    services = granted(
        aid("HR-a", "y", "2026-01-01", 200_000.0), aid("HR-b", "z", "2026-02-01", 150_000.0),
        aid("HR-a", "x", "2026-02-01", 1.0), linked={"y": "Group", "z": "group "},
    )  # fmt: skip
    found = de_minimis(services, HUBS, PEOPLE, definitions, TODAY).set_index(["customer", "hub"])
    assert found["aid"].to_dict() == {("x", "HR-a"): 1, ("y", "HR-a"): 350_000, ("y", "HR-b"): 350_000}
    assert found.loc[("y", "HR-b"), ["status", "first_over"]].tolist() == ["over", pd.Timestamp("2026-02-01")]


def test_agriculture_is_for_a_person_to_check_and_public_bodies_are_left_out(definitions):
    services = granted(aid("HR-a", "farm", "2026-01-01", 10.0), aid("HR-a", "town", "2026-01-01", 10.0))
    found = de_minimis(services, HUBS, PEOPLE, definitions, TODAY)
    assert found[["customer", "status"]].to_numpy().tolist() == [["farm", "sector"]]
    assert np.isnan(found.at[0, "headroom"])


def test_nobody_got_aid(definitions):
    none = granted().astype({"aid": float, "hub": str, "respondent": str})
    assert de_minimis(none, HUBS, PEOPLE, definitions, TODAY).empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 20_000_000)), min_size=1, max_size=12))
@pytest.mark.slow
def test_the_first_day_over_the_ceiling_is_that_of_a_plain_loop(definitions, grants):
    start = pd.Timestamp("2022-01-01")
    rows = [aid("HR-a", "x", start + pd.Timedelta(days=d), cents / 100) for d, cents in grants]
    found = row(definitions, granted(*rows), day=date(2028, 1, 1))["first_over"]
    days = sorted(start + pd.Timedelta(days=d) for d, _ in grants)
    over = []
    for day in days:
        inside = [c for d, c in grants if day - pd.DateOffset(years=3) < start + pd.Timedelta(days=d) <= day]
        over += [day] * (sum(inside) > (20_000_000 if day < pd.Timestamp("2024-01-01") else 30_000_000))
    assert (found == over[0]) if over else pd.isna(found)
