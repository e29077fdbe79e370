"""Make what is due, one turn after the other, and keep a record of it."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dihkpi.errors import FAILED, WRONG_USAGE, BusyError, DefinitionError, DihkpiError, UsageError, WorkspaceError
from dihkpi.lock import holder
from dihkpi.schedule.alert import alert, all_clear
from dihkpi.schedule.due import Turn, default_start, local, next_turn, turns
from dihkpi.schedule.record import Entry, Record, read_record, write_record
from dihkpi.schedule.summary import Outcome, Summary
from dihkpi.settings import ScheduleSettings
from dihkpi.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from dihkpi.pipeline.run import Progress, RunResult

Make = Callable[[Workspace, ScheduleSettings, str], "RunResult"]
"""Makes the reports of a schedule for a period."""


def run_due(
    workspace: str | Path | Workspace, *, now: datetime | None = None, dry_run: bool = False,
    progress: Progress | None = None, make: Make | None = None,
) -> Summary:  # fmt: skip
    """Make every report set that is due and was not made yet, oldest first.

    Calling it again changes nothing. What failed is tried again at the next call and stops nothing else. Only one call
    works in a workspace at a time; another one comes back at once with the state ``busy``.

    Parameters
    ----------
    workspace : path or Workspace
    now : datetime.datetime, optional
        The present by default; without an offset it is of the time zone of the settings.
    dry_run : bool
        Only say what is due.
    progress : callable, optional
        As for :func:`dihkpi.run`.
    make : callable, optional
        Makes the reports of a schedule for a period; :func:`dihkpi.run` by default.

    Returns
    -------
    Summary
        What was made; failures are in it and are not raised.

    Raises
    ------
    WorkspaceError
        When the folder is not a workspace or its settings are wrong.
    """
    space = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    begun, now = time.monotonic(), local(now or datetime.now(UTC), space.settings.zone)
    summary = Summary(str(space.folder.absolute()), now)
    keep_out: AbstractContextManager[None] = nullcontext() if dry_run else space.lock("schedule run-due")
    try:
        if not space.settings.schedule:
            raise WorkspaceError("nothing is ever due here: dihkpi.toml has no [[schedule]]\n  see docs/scheduling.md")
        with keep_out:
            record = _begin(space, read_record(space.state), now)
            summary.next = _next(space, record, now)
            if dry_run:
                summary.outcomes += _dry(space, record, now)
            else:
                write_record(space.state, record)
                _work(space, record, now, make or _maker(progress), summary.outcomes)
    except BusyError as fault:
        _busy(summary, space, now, str(fault))
    except (DihkpiError, OSError) as fault:
        summary.state, summary.exit_code, summary.message = "failed", _exit_code(fault), str(fault)
    summary.close(time.monotonic() - begun)
    if not dry_run:
        _tell(summary, space, now)
    return summary


def starting_points(space: Workspace, record: Record, now: datetime) -> Iterator[tuple[ScheduleSettings, date]]:
    """Each schedule with the day from which on it counts: ``since``, else where it began, else where it would begin."""
    for schedule in space.settings.schedule:
        history = record.schedules.get(schedule.name)
        start = schedule.start or (history and history.start) or default_start(schedule, now, space.settings.zone)
        yield schedule, start


def _begin(space: Workspace, record: Record, now: datetime) -> Record:
    for schedule, start in starting_points(space, record, now):
        record = record.starting(schedule.name, start)
    return record


def _next(space: Workspace, record: Record, now: datetime) -> Turn:
    zone = space.settings.zone
    coming = (next_turn(schedule, start, now, zone) for schedule, start in starting_points(space, record, now))
    first = min(coming, key=lambda turn: turn.at)
    return replace(first, at=local(first.at, zone))


def _due(space: Workspace, record: Record, now: datetime) -> tuple[list[tuple[ScheduleSettings, Turn]], list[Outcome]]:
    """What is to be made, oldest first; and schedules of which too much is due to be what was meant."""
    due: list[tuple[ScheduleSettings, Turn]] = []
    refused: list[Outcome] = []
    for schedule, start in starting_points(space, record, now):
        own = [turn for turn in turns(schedule, start, now, space.settings.zone) if record.is_due(schedule, turn)]
        if len(own) > schedule.catch_up:
            refused.append(Outcome(
                schedule.name, f"{own[0].period}/{own[-1].period}", "failed", exit_code=WRONG_USAGE,
                message=f"{len(own)} periods are due, {own[0].period} to {own[-1].period}; allowed at once: "
                f"catch_up = {schedule.catch_up}\n  set a later since or a larger catch_up for it",
            ))  # fmt: skip
        else:
            due += [(schedule, turn) for turn in own]
    return sorted(due, key=lambda pair: pair[1].at), refused


def _dry(space: Workspace, record: Record, now: datetime) -> Iterable[Outcome]:
    due, refused = _due(space, record, now)
    return [*refused, *(Outcome(turn.schedule, turn.period, "due", record.attempts(turn) + 1) for _, turn in due)]


def _work(space: Workspace, record: Record, now: datetime, make: Make, outcomes: list[Outcome]) -> None:
    due, refused = _due(space, record, now)
    outcomes += refused
    for schedule, turn in due:
        attempt = record.attempts(turn) + 1

        def entry(state: Literal["started", "made", "unchanged", "failed"], message: str = "", *,
                  turn: Turn = turn, attempt: int = attempt) -> Entry:  # fmt: skip
            at = local(datetime.now(UTC), space.settings.zone).replace(microsecond=0)
            return Entry(day=turn.day, state=state, attempts=attempt, at=at, message=message)

        # Noted before the work, so that a run that takes the process along is counted too.
        record = record.noting(turn, entry("started"))
        write_record(space.state, record)
        outcome = _one(space, schedule, turn, attempt, make)
        outcomes.append(outcome)
        record = record.noting(turn, entry(outcome.ending, outcome.message))
        write_record(space.state, record)


def _one(space: Workspace, schedule: ScheduleSettings, turn: Turn, attempt: int, make: Make) -> Outcome:
    """Make one turn; every fault becomes an outcome."""
    begun = time.monotonic()
    outcome = Outcome(turn.schedule, turn.period, "failed", attempt)
    try:
        outcome.take(make(space, schedule, turn.period))
    except Exception as fault:
        outcome.exit_code = _exit_code(fault)
        outcome.message = str(fault) if isinstance(fault, DihkpiError) else f"{type(fault).__name__}: {fault}"
        if not isinstance(fault, DihkpiError | OSError):
            traceback.print_exception(fault, file=sys.stderr)
    outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def _exit_code(fault: Exception) -> int:
    # Not the 1 that wrong definitions have elsewhere: here it would say that reports were made.
    return WRONG_USAGE if isinstance(fault, UsageError | WorkspaceError | DefinitionError) else FAILED


def _maker(progress: Progress | None) -> Make:
    """The run of the package, imported only when something is due: a call with nothing to do takes no second."""

    def make(space: Workspace, schedule: ScheduleSettings, period: str) -> RunResult:
        from dihkpi.pipeline.run import Choice, run

        choice = None
        if schedule.reports or schedule.hubs or schedule.regions:
            kinds = schedule.reports or ()
            choice = Choice(
                hubs=schedule.hubs or (("*",) if "hub" in kinds else ()),
                regions=schedule.regions or (("*",) if "region" in kinds else ()),
                network="network" in kinds,
            )
        silent: Progress = lambda stage, done, total: None  # noqa: E731
        return run(space, period=period, choice=choice, formats=schedule.formats, progress=progress or silent)

    return make


def _busy(summary: Summary, space: Workspace, now: datetime, message: str) -> None:
    """Normal while a run takes long; a failure when it has been at it for too long."""
    who, hours = holder(space.state), space.settings.alerts.busy_hours
    summary.state, summary.message = "busy", message
    if who and now - who.since > timedelta(hours=hours):
        summary.exit_code = FAILED
        summary.message = f"{message}\n  that is longer than busy_hours = {hours:g} of [alerts]: it may hang"


def _tell(summary: Summary, space: Workspace, now: datetime) -> None:
    try:
        if summary.exit_code >= WRONG_USAGE:
            summary.alert = alert(space.settings.alerts, space.state, summary.as_object(), summary.cause, now)
        elif summary.state != "busy":
            all_clear(space.state)
    except OSError as fault:  # whatever happens to the alert, what was made or failed is told
        summary.alert = f"failed: {fault}"
