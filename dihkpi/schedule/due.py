"""What falls due when: pure calendar, no clock and no disk.

A schedule has *turns*. A turn stands for one period and one day; on that day, at the hour of the schedule, the period
is to be reported. Turns are compared as moments of UTC, so that a day with a change of the clocks has each hour once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import takewhile

from dihkpi.intake.periods import parse_period, period_on
from dihkpi.settings import DAYS, ScheduleSettings


@dataclass(frozen=True)
class Turn:
    """One report set that falls due.

    Parameters
    ----------
    schedule, period : str
    day : datetime.date
        The day on which it falls due.
    at : datetime.datetime
        From this moment on it is due; UTC.
    """

    schedule: str
    period: str
    day: date
    at: datetime


def moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    """The moment of an hour of a day, as UTC.

    An hour that a change of the clocks leaves out is as much later as the clocks go forward; of an hour that comes
    twice, it is the first.

    Parameters
    ----------
    day : datetime.date
    at : datetime.time
    zone : datetime.tzinfo or None
        None is the zone of the machine.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> moment(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Zagreb")).isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    # By the timestamp: in the zone of the machine astimezone() alone takes an hour that is left out differently.
    shown = datetime.combine(day, at.replace(tzinfo=None, fold=0), zone)
    return datetime.fromtimestamp(shown.timestamp(), UTC)


def local(now: datetime, zone: tzinfo | None) -> datetime:
    """A moment as the clocks of the zone show it; one without an offset is of that zone."""
    return (now if now.tzinfo else now.replace(tzinfo=zone)).astimezone(zone)


def default_start(schedule: ScheduleSettings, now: datetime, zone: tzinfo | None) -> date:
    """Where a schedule without ``since`` begins when it is seen for the first time.

    That is the last period that has ended, or the last turn of a schedule that reports the period so far.
    """
    if schedule.so_far:
        return _last_day(schedule, now, zone)
    current = _first(period_on(schedule.kind, local(now, zone).date()))
    return _first(period_on(schedule.kind, current - timedelta(days=1)))


def turns(schedule: ScheduleSettings, start: date, now: datetime, zone: tzinfo | None) -> list[Turn]:
    """Every turn that has fallen due, oldest first.

    A schedule that reports the period so far has one turn per period, the newest: a report of today makes those of
    the days before needless. The last turn of a period covers its last day.

    Examples
    --------
    >>> nightly = ScheduleSettings(name="nightly", every="day")
    >>> [f"{t.period} on {t.day}" for t in turns(nightly, date(2026, 12, 30), datetime(2027, 1, 3, 9, tzinfo=UTC), UTC)]
    ['2026 on 2027-01-01', '2027 on 2027-01-03']
    """
    if schedule.so_far:
        return list(_so_far(schedule, start, _last_day(schedule, now, zone), zone))
    return list(takewhile(lambda turn: turn.at <= now, _ended(schedule, start, zone)))


def next_turn(schedule: ScheduleSettings, start: date, now: datetime, zone: tzinfo | None) -> Turn:
    """The first turn that is still to come."""
    if schedule.so_far:
        step = timedelta(days=DAYS[schedule.every])
        day = max(_last_day(schedule, now, zone) + step, _not_before(schedule, start))
        return next(_so_far(schedule, day, day, zone))
    return next(turn for turn in _ended(schedule, start, zone) if turn.at > now)


def _ended(schedule: ScheduleSettings, start: date, zone: tzinfo | None) -> Iterator[Turn]:
    """Period after period, each due when it has ended and the days of waiting are over; without an end."""
    while True:
        period = period_on(schedule.kind, start)
        after = _last(period) + timedelta(days=1)
        day = after + timedelta(days=schedule.wait_days)
        yield Turn(schedule.name, period, day, moment(day, schedule.at, zone))
        start = after


def _so_far(schedule: ScheduleSettings, start: date, last: date, zone: tzinfo | None) -> Iterator[Turn]:
    """The newest turn of each period of which a day is covered by turns from ``start`` to ``last``."""
    first = _not_before(schedule, start)
    covered = first - timedelta(days=DAYS[schedule.every])
    while covered < last:
        period = period_on(schedule.kind, covered)
        after = _last(period) + timedelta(days=1)
        day = min(last, _not_before(schedule, after))
        if day >= first:
            yield Turn(schedule.name, period, day, moment(day, schedule.at, zone))
        covered = after


def _last_day(schedule: ScheduleSettings, now: datetime, zone: tzinfo | None) -> date:
    """Day of the last turn, of a schedule by days or weeks, that has fallen due."""
    step = timedelta(days=DAYS[schedule.every])
    day = _not_before(schedule, local(now, zone).date() + timedelta(days=1)) - step
    return day if moment(day, schedule.at, zone) <= now else day - step


def _not_before(schedule: ScheduleSettings, day: date) -> date:
    """This day, or for weeks the Monday on it or after it."""
    return day + timedelta(days=-day.weekday() % DAYS[schedule.every]) if schedule.every == "week" else day


def _first(period: str) -> date:
    first = parse_period(period).first
    assert first is not None
    return first


def _last(period: str) -> date:
    last = parse_period(period).last
    assert last is not None
    return last
