"""What is due now and next, for people."""

from __future__ import annotations

from datetime import UTC, datetime

from dihkpi.schedule.due import local, next_turn, turns
from dihkpi.schedule.record import read_record
from dihkpi.schedule.run import starting_points
from dihkpi.workspace import Workspace


def overview(space: Workspace, now: datetime | None = None) -> list[tuple[str, str, str, str, str]]:
    """Per schedule: its name, what is due now, the next period, when, and what became of the last one.

    Parameters
    ----------
    space : Workspace
    now : datetime.datetime, optional
        The present by default.
    """
    zone, record = space.settings.zone, read_record(space.state)
    now = local(now or datetime.now(UTC), zone)
    rows = []
    for schedule, start in starting_points(space, record, now):
        due = [turn.period for turn in turns(schedule, start, now, zone) if record.is_due(schedule, turn)]
        coming = next_turn(schedule, start, now, zone)
        history = record.schedules.get(schedule.name)
        entries = (
            sorted((entry.at, period, entry.state) for period, entry in history.periods.items()) if history else []
        )
        last = f"{entries[-1][1]} {entries[-1][2]}" if entries else "–"
        shown = ", ".join(due[:3]) + (f" and {len(due) - 3} more" if len(due) > 3 else "")
        at = local(coming.at, zone).isoformat(" ", "minutes")
        rows.append((schedule.name, shown or "–", coming.period, at, last))
    return rows
