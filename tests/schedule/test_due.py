"""What falls due when: a table of cases, changes of the clocks, and what must hold for any schedule."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihkpi.intake.periods import parse_period
from dihkpi.schedule.due import default_start, moment, next_turn, turns
from dihkpi.schedule.record import Entry, Record
from dihkpi.settings import ScheduleSettings

ZAGREB = ZoneInfo("Europe/Zagreb")


def schedule(every: str, **more) -> ScheduleSettings:
    return ScheduleSettings(name="s", every=every, **more)


def at(text: str, zone=UTC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def due(plan: ScheduleSettings, now: str, since: str | None = None, zone=UTC) -> list[str]:
    start = date.fromisoformat(since) if since else default_start(plan, at(now, zone), zone)
    return [f"{turn.period} {turn.day}" for turn in turns(plan, start, at(now, zone), zone)]


@pytest.mark.parametrize(
    ("every", "more", "since", "now", "expected"),
    [
        # an ended period, to the minute; the last one that has ended is the first one made
        ("quarter", {}, None, "2026-04-01T01:59", []),
        ("quarter", {}, None, "2026-04-01T02:00", ["2026-Q1 2026-04-01"]),
        ("quarter", {}, None, "2026-06-30T23:59", ["2026-Q1 2026-04-01"]),
        # fifteen whole days are left for late files
        ("quarter", {"wait_days": 15}, None, "2026-04-16T01:59", []),
        ("quarter", {"wait_days": 15}, None, "2026-04-16T02:00", ["2026-Q1 2026-04-16"]),
        ("quarter", {"wait_days": 15}, "2025-10-01", "2026-04-10T09:00", ["2025-Q4 2026-01-16"]),
        # missed ones, over the end of a year
        ("quarter", {}, "2025-07-01", "2026-04-02T00:00",
         ["2025-Q3 2025-10-01", "2025-Q4 2026-01-01", "2026-Q1 2026-04-01"]),
        ("month", {}, "2027-12-01", "2028-03-31T12:00",
         ["2027-12 2028-01-01", "2028-01 2028-02-01", "2028-02 2028-03-01"]),
        # a leap day is a day: 2028-02-29 is waited for, 2027-02-29 is not there
        ("month", {"wait_days": 28}, "2028-01-01", "2028-02-28T23:00", []),
        ("month", {"wait_days": 28}, "2028-01-01", "2028-02-29T02:00", ["2028-01 2028-02-29"]),
        ("month", {"wait_days": 28}, "2027-01-01", "2027-03-01T02:00", ["2027-01 2027-03-01"]),
        ("half-year", {"at": time(0)}, None, "2026-07-01T00:00", ["2026-H1 2026-07-01"]),
        ("year", {"at": time(23, 59)}, None, "2027-01-01T23:58", []),
        ("year", {"at": time(23, 59)}, None, "2027-01-01T23:59", ["2026 2027-01-01"]),
        # nothing yet: since is still running
        ("quarter", {}, "2026-04-01", "2026-05-01T00:00", []),
        # the period so far: every night covers the day before, so the first of January is still of the old year
        ("day", {}, None, "2026-12-31T12:00", ["2026 2026-12-31"]),
        ("day", {}, None, "2027-01-01T12:00", ["2026 2027-01-01"]),
        ("day", {}, None, "2027-01-02T01:00", ["2026 2027-01-01"]),
        ("day", {}, None, "2027-01-02T02:00", ["2027 2027-01-02"]),
        # missed nights are made up by one report per period
        ("day", {}, "2026-12-01", "2027-01-05T12:00", ["2026 2027-01-01", "2027 2027-01-05"]),
        ("day", {"period": "month"}, "2026-10-15", "2026-12-03T12:00",
         ["2026-10 2026-11-01", "2026-11 2026-12-01", "2026-12 2026-12-03"]),
        # weeks begin on Monday; 2027-01-04 is the first one after the year
        ("week", {}, "2026-12-21", "2027-01-03T12:00", ["2026 2026-12-28"]),
        ("week", {}, "2026-12-21", "2027-01-04T12:00", ["2026 2027-01-04", "2027 2027-01-04"]),
        ("week", {}, None, "2026-11-29T12:00", ["2026 2026-11-23"]),
        ("week", {}, "2026-12-07", "2026-11-29T12:00", []),
    ],
)  # fmt: skip
def test_what_is_due(every, more, since, now, expected):
    assert due(schedule(every, **more), now, since) == expected


@pytest.mark.parametrize(
    ("every", "more", "now", "expected"),
    [
        ("quarter", {}, "2026-04-01T01:59", "2026-Q1 2026-04-01T02:00"),
        ("quarter", {}, "2026-04-01T02:00", "2026-Q2 2026-07-01T02:00"),
        ("year", {"wait_days": 31}, "2026-05-05T00:00", "2026 2027-02-01T02:00"),
        ("day", {}, "2026-12-31T02:00", "2026 2027-01-01T02:00"),
        ("week", {"period": "quarter"}, "2026-12-30T12:00", "2026-Q4 2027-01-04T02:00"),
    ],
)
def test_what_comes_next(every, more, now, expected):
    plan = schedule(every, **more)
    turn = next_turn(plan, default_start(plan, at(now), UTC), at(now), UTC)
    assert f"{turn.period} {turn.at:%Y-%m-%dT%H:%M}" == expected


def test_an_hour_that_the_clocks_leave_out_comes_once():
    plan = schedule("day", at=time(2, 30))
    assert due(plan, "2026-03-29T01:59", "2026-03-29", ZAGREB) == []
    assert due(plan, "2026-03-29T03:29", "2026-03-29", ZAGREB) == []
    assert due(plan, "2026-03-29T03:30", "2026-03-29", ZAGREB) == ["2026 2026-03-29"]


def test_an_hour_that_comes_twice_counts_once():
    plan = schedule("day", at=time(2, 30))
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=ZAGREB, fold=fold) for fold in (0, 1))
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    early, late = (turns(plan, date(2026, 10, 25), now, ZAGREB) for now in (first, second))
    assert early == late
    assert [turn.at for turn in early] == [first.astimezone(UTC)]
    assert next_turn(plan, date(2026, 10, 25), first, ZAGREB).day == date(2026, 10, 26)


@pytest.mark.parametrize(
    "zone", ["Europe/Zagreb", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]
)
@pytest.mark.parametrize("hour", [time(0), time(0, 30), time(2, 30), time(23, 59)])
def test_every_day_has_its_moment_in_order(zone, hour):
    # the year in which Apia had no 30th of December at all
    days = [date(2011, 1, 1) + timedelta(days=number) for number in range(730)]
    moments = [moment(day, hour, ZoneInfo(zone)) for day in days]
    steps = {later - earlier for earlier, later in pairwise(moments)}
    assert steps <= {timedelta(minutes=minutes) for minutes in (0, 1380, 1410, 1440, 1470, 1500)}
    assert (timedelta(0) in steps) == (zone == "Pacific/Apia")


@pytest.mark.skipif(os.name == "nt", reason="the zone of the process cannot be set by TZ here")
def test_without_a_setting_the_zone_is_that_of_the_machine():
    code = (
        "from datetime import date, time; from dihkpi.schedule.due import moment\n"
        "days = (date(2026, 1, 1), date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25))\n"
        "print(*(moment(day, time(2, 30), None).isoformat() for day in days))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TZ": "Europe/Zagreb"},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.split() == [moment(date(2026, m, d), time(2, 30), ZAGREB).isoformat()
                                   for m, d in ((1, 1), (3, 29), (7, 1), (10, 25))]  # fmt: skip


plans = st.one_of(
    st.builds(
        schedule, st.sampled_from(["month", "quarter", "half-year", "year"]),
        wait_days=st.integers(0, 366), at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    ),
    st.builds(
        schedule, st.sampled_from(["day", "week"]), period=st.sampled_from(["month", "quarter", "half-year", "year"]),
        at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    ),
)  # fmt: skip
moments = st.datetimes(datetime(2023, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from([UTC, ZAGREB, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Auckland")])


def call(plan, start, record, now, zone, fails=()):
    """One call of a timer: what it makes, and the record afterwards."""
    made = []
    for turn in turns(plan, start, now, zone):
        if record.is_due(plan, turn):
            failed = turn.period in fails
            made += [] if failed else [turn]
            record = record.noting(turn, Entry(day=turn.day, state="failed" if failed else "made", attempts=1, at=now))
    return made, record


@given(plans, st.dates(date(2023, 1, 1), date(2026, 1, 1)), st.lists(moments, min_size=1, max_size=12), zones)
def test_whenever_it_is_called_each_turn_is_made_once_and_none_is_left(plan, start, calls, zone):
    record, made = Record().starting("s", start), []
    for now in sorted(calls):
        new, record = call(plan, start, record, now, zone)
        assert [turn.at for turn in new] == sorted(turn.at for turn in new)
        assert all(turn.at <= now for turn in new)
        assert call(plan, start, record, now, zone)[0] == []
        made += new
    assert len({(turn.period, turn.day) for turn in made}) == len(made)
    # what is made in many calls is what one call at the end would make, period by period
    assert {(t.period, t.day) for t in turns(plan, start, max(calls), zone)} <= {(t.period, t.day) for t in made}
    if not plan.so_far:
        assert len({turn.period for turn in made}) == len(made)


@given(plans, st.dates(date(2023, 1, 1), date(2026, 1, 1)), moments, zones)
def test_periods_follow_each_other_without_a_gap(plan, start, now, zone):
    found = turns(plan, start, now, zone)
    windows = [parse_period(turn.period) for turn in found]
    assert all(a.last + timedelta(days=1) == b.first for a, b in pairwise(windows))
    # every period but the one that still runs is reported after its last day
    assert all(turn.day > window.last for turn, window in zip(found, windows, strict=True) if turn != found[-1])
    assert next_turn(plan, start, now, zone).at > now
    assert all(turn.at < next_turn(plan, start, now, zone).at for turn in found)


@given(plans, st.dates(date(2023, 1, 1), date(2026, 1, 1)), moments, zones, st.data())
def test_what_failed_is_due_again_and_holds_up_nothing(plan, start, now, zone, data):
    found = [turn.period for turn in turns(plan, start, now, zone)]
    fails = data.draw(st.sets(st.sampled_from(found))) if found else set()
    first, record = call(plan, start, Record().starting("s", start), now, zone, fails)
    assert [turn.period for turn in first] == [period for period in found if period not in fails]
    second, _ = call(plan, start, record, now, zone)
    assert [turn.period for turn in second] == [period for period in found if period in fails]


@given(moments, moments, zones, st.sampled_from(["month", "quarter", "half-year", "year"]), st.integers(0, 366))
def test_other_waiting_days_make_nothing_twice(now, later, zone, every, wait_days):
    now, later = sorted([now, later])
    start = date(2023, 1, 1)
    made, record = call(schedule(every), start, Record().starting("s", start), now, zone)
    again, _ = call(schedule(every, wait_days=wait_days), start, record, later, zone)
    assert not {turn.period for turn in made} & {turn.period for turn in again}
