"""Periods, months of a grant, and the cut-off."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from dihkpi.errors import UsageError
from dihkpi.indicators.windows import parse_period, project_days

GOOD = ["2024", "2024-H1", "2024-H2", "2024-Q1", "2024-Q4", "2024-01", "2024-12", "M18", "2024-01-01/2024-06-30"]
BAD = ["2024-H3", "2024-Q5", "2024-13", "24-H1", "H1 2024", "2024H1", "2024-00", "2024-06-30/2024-01-01", "M0", "20244",
       "2024-W01", "", "0000", "2024-02-30/2024-03-01", "M36-M19", "２０２４", "2024 "]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_what_is_a_period(text):
    assert parse_period(text).label == text


@pytest.mark.parametrize("text", BAD)
def test_what_is_none(text):
    with pytest.raises(UsageError, match="is not a period"):
        parse_period(text)


def test_the_periods_of_the_shared_payloads(shared):
    periods = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))["periods"]
    assert periods["ok"]
    assert periods["bad"]
    for text in periods["ok"]:
        parse_period(text)
    for text in periods["bad"]:
        with pytest.raises(UsageError):
            parse_period(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H2", "2024-07-01", "2024-12-31"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2000-02", "2000-02-01", "2000-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("2024-01-15/2024-01-15", "2024-01-15", "2024-01-15"),
    ],
)
def test_first_and_last_day(text, first, last):
    window = parse_period(text)
    assert (window.first, window.last) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("start", "months", "first", "last"),
    [
        ("2023-01-01", (1, 18), "2023-01-01", "2024-06-30"),
        ("2023-01-15", (1, 18), "2023-01-15", "2024-07-14"),
        ("2023-01-15", (19, 36), "2024-07-15", "2026-01-14"),
        ("2022-09-30", (1, 17), "2022-09-30", "2024-02-28"),
        ("2023-08-31", (1, 6), "2023-08-31", "2024-02-28"),
        ("2022-08-31", (1, 6), "2022-08-31", "2023-02-27"),
        ("2024-02-29", (1, 12), "2024-02-29", "2025-02-27"),
        ("2024-02-29", (1, 48), "2024-02-29", "2028-02-28"),
        ("2023-05-01", (1, 1), "2023-05-01", "2023-05-31"),
    ],
)
def test_month_n_ends_on_the_day_before_the_start_shifted_by_n_months(start, months, first, last):
    found = project_days(pd.Series(pd.to_datetime([start])), months)
    assert [str(day[0].date()) for day in found] == [first, last]


@pytest.mark.parametrize("start", ["2022-08-31", "2023-12-30", "2024-02-29", "2023-01-29"])
def test_halves_of_a_grant_leave_no_gap(start):
    starts = pd.Series(pd.to_datetime([start]))
    _, end = project_days(starts, (1, 18))
    second, _ = project_days(starts, (19, 36))
    assert second[0] - end[0] == pd.Timedelta(days=1)


HUBS = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-31", "EE-b,Balt,EE,EE00,2024-03-01"]
DAYS = ["2023-01-30", "2023-01-31", "2024-07-30", "2024-07-31", "2024-12-31", "2025-01-01"]


@pytest.fixture(scope="module")
def events(prepared):
    rows = [
        f"{hub},e{hub}{n},Event,{day},awareness,1" for hub in ("Adria", "Balt") for n, day in enumerate(DAYS)
    ]  # the grant of Balt starts later, so that the same days lie in other months of it
    targets = [f"HR-a,events_held,{period},4" for period in ("M18", "M19-M36", "2024", "2025")]
    return prepared({
        "hubs.csv": HUBS,
        "events.csv": ["hub,id,title,start,kind,participants", *rows],
        "targets.csv": ["hub,indicator,period,value", *targets],
    })  # fmt: skip


def test_events_fall_into_the_months_of_the_grant_of_their_hub(events, figures):
    found = figures(events, "2025")
    counts = {
        (hub, period): found.value(f"hub {hub}", "events_held", period)
        for hub in ("HR-a", "EE-b")
        for period in ("M18", "M19-M36", "2023", "2024", "2025", "../2025-12-31")
    }
    assert [counts["HR-a", p] for p in ("M18", "M19-M36", "2023", "2024", "2025", "../2025-12-31")] == [
        2,
        3,
        2,
        3,
        1,
        6,
    ]
    assert [counts["EE-b", p] for p in ("M18", "M19-M36", "2023", "2024", "2025", "../2025-12-31")] == [
        4,
        0,
        2,
        3,
        1,
        6,
    ]
    assert not ((found.table["period"] == "M18") & (found.table["level"] != "hub")).any()


def test_nothing_after_the_cut_off_counts_in_any_window(events, figures):
    late, early = figures(events, "2025"), figures(events, "2024-H1")
    assert [early.value("hub HR-a", "events_held", p) for p in ("M18", "M19-M36", "2024", "2025")] == [1, 0, 0, 0]
    assert early.value("network", "events_held", "../2024-06-30") == 4
    again = figures(events, "2025")
    assert again.table.equals(late.table)
