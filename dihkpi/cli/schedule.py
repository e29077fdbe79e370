"""Commands about schedules: run-due, show."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihkpi.cli import FAILED, WRONG_USAGE
from dihkpi.cli.messages import complain, say
from dihkpi.cli.progress import progress_bar

if TYPE_CHECKING:
    from dihkpi.schedule import Summary
    from dihkpi.workspace import Workspace

Dir = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]


class Timer(StrEnum):
    """What calls ``run-due``."""

    cron = "cron"
    systemd = "systemd"
    windows = "windows"
    all = "all"


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Reports when they are due, called by a timer.", no_args_is_help=True)
    group.command("run-due")(run_due)
    group.command()(show)
    app.add_typer(group, name="schedule")


def run_due(
    folder: Dir = Path(),
    now: Annotated[
        str | None, typer.Option("--now", metavar="ISO", help="As if it were this moment, such as 2026-04-16T02:00.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")] = False,
) -> None:
    """Make all reports that are due and were not made yet; one line of JSON on stdout.

    Exit codes: 0 fine, nothing due, or another call is at it; 1 the data has errors; 2 wrong settings; 3 failed.
    """
    from dihkpi.errors import DihkpiError, UsageError, WorkspaceError
    from dihkpi.schedule import Summary
    from dihkpi.schedule import run_due as make_due
    from dihkpi.workspace import open_workspace

    try:
        space = open_workspace(folder)
        moment = _moment(now, space, dry_run)
        with progress_bar(quiet=not sys.stderr.isatty()) as progress:
            summary = make_due(space, now=moment, dry_run=dry_run, progress=progress)
    except Exception as fault:
        code = WRONG_USAGE if isinstance(fault, UsageError | WorkspaceError) else FAILED
        here, moment = str(folder.absolute()), datetime.now().astimezone()
        _line(Summary(here, moment, state="failed", exit_code=code, message=str(fault)).as_object())
        if isinstance(fault, DihkpiError):
            complain(str(fault))
            raise typer.Exit(code) from None
        raise
    _tell(summary)
    _line(summary.as_object())
    raise typer.Exit(summary.exit_code)


def show(
    folder: Dir = Path(),
    for_: Annotated[Timer, typer.Option("--for", help="Lines for this timer only.")] = Timer.all,
    every: Annotated[int, typer.Option("--every", min=1, max=60, help="Minutes between two calls.")] = 15,
) -> None:
    """Print ready lines for a timer on stdout, and what is due next on stderr."""
    from dihkpi.errors import UsageError
    from dihkpi.schedule.timers import minute_field
    from dihkpi.workspace import open_workspace

    space = open_workspace(folder)
    minute_field(every)
    _show_next(space)
    for timer in (Timer.cron, Timer.systemd, Timer.windows):
        if for_ in (timer, Timer.all):
            try:
                print(_lines(timer, space, every, for_ is Timer.all), end="")
            except UsageError as fault:
                if for_ is not Timer.all:
                    raise
                complain(str(fault))


def _lines(timer: Timer, space: Workspace, every: int, headings: bool) -> str:
    from dihkpi.schedule.timers import cron_line, systemd_units, unit_name, windows_task

    if timer is Timer.cron:
        return ("# cron: crontab -e\n" if headings else "") + cron_line(space, every) + "\n"
    name = unit_name(space.folder)
    if timer is Timer.windows:
        task, how = windows_task(space, every), f"schtasks /Create /TN {name} /XML {name}.xml"
        if headings:
            return f"\n<!-- Task Scheduler: {how} -->\n{task}"
        say(f"save it as {name}.xml, then: {how}")
        return task
    units = "".join(f"# /etc/systemd/system/{file}\n{text}\n" for file, text in systemd_units(space, every).items())
    head = "\n# systemd: two files\n" if headings else ""
    return f"{head}{units}# then: systemctl daemon-reload && systemctl enable --now {name}.timer\n"


def _show_next(space: Workspace) -> None:
    from dihkpi.schedule.show import overview

    rows = overview(space)
    if not rows:
        say("dihkpi.toml has no [[schedule]]: nothing is ever due here; see docs/scheduling.md")
        return
    lines = [("schedule", "due now", "next", "next at", "last"), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _moment(text: str | None, space: Workspace, dry_run: bool) -> datetime | None:
    """The moment of ``--now``; never in the future, because what is made then counts as made."""
    from datetime import UTC

    from dihkpi.errors import UsageError
    from dihkpi.schedule.due import local

    if text is None:
        return None
    try:
        moment = local(datetime.fromisoformat(text), space.settings.zone)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--now '{text}' is no moment\n  write it as 2026-04-16T02:00 or 2026-04-16T02:00+02:00"
        ) from None
    if not dry_run and moment > datetime.now(UTC):
        raise UsageError(
            f"--now {text} is in the future, where periods have not ended yet\n  look ahead with --dry-run"
        )
    return moment


def _tell(summary: Summary) -> None:
    if summary.message:
        (complain if summary.exit_code else say)(summary.message)
    for run in summary.outcomes:
        counts = "" if run.state == "due" else f": {run.made} made, {run.unchanged} unchanged, {run.failed} failed"
        again = f", attempt {run.attempt}" if run.attempt > 1 else ""
        say(f"{run.schedule} {run.period} {run.state}{counts}{again}")
        if run.message:
            complain(run.message)
    if summary.alert.startswith("failed"):
        complain(f"the command of on_failure {summary.alert}")


def _line(content: dict[str, Any]) -> None:
    """One line whatever it holds: escapes stand for line ends and for what the terminal cannot show."""
    print(json.dumps(content), flush=True)
