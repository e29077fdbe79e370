"""How far a command is: a bar, plain lines, lines of JSON, or nothing; and what it took, at the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from dihkpi.cli.messages import say

Progress = Callable[[str, int, int], None]
STAGES = {
    "demo": "writing the demo network",
    "files": "reading and checking files",
    "snapshot": "taking a snapshot",
    "scores": "scoring",
    "indicators": "computing indicators",
    "reports": "making reports",
}


class Show(StrEnum):
    """How progress is shown on stderr."""

    auto = "auto"
    bar = "bar"
    plain = "plain"
    json = "json"
    none = "none"


@contextmanager
def progress_bar(quiet: bool = False, show: Show = Show.auto) -> Iterator[Progress]:
    """A bar per stage on a terminal, else one plain line per stage; or what is asked for."""
    if quiet or show is Show.none:
        yield lambda stage, done, total: None
    elif show is Show.json:
        yield _json_lines()
    elif show is Show.plain or (show is Show.auto and not sys.stderr.isatty()):
        yield _plain_lines()
    else:
        yield from _bars()


def _json_lines() -> Progress:
    """One object per line: ``stage``, ``done``, ``total``, ``seconds`` since the start."""
    start = time.monotonic()

    def tell(stage: str, done: int, total: int) -> None:
        seconds = round(time.monotonic() - start, 3)
        say(json.dumps({"stage": stage, "done": done, "total": total, "seconds": seconds}))

    return tell


def _plain_lines() -> Progress:
    """A line when a stage is done."""
    told: set[str] = set()

    def tell(stage: str, done: int, total: int) -> None:
        if stage in STAGES and done >= total and stage not in told:
            told.add(stage)
            say(f"{STAGES[stage]}: {done:,}")

    return tell


def _bars() -> Iterator[Progress]:
    """A bar per stage with what is done per second, the time that is left, and failures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        *(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>7}"),
        ),
        *(TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[failed]}")),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}
        failed = ""

        def tell(stage: str, done: int, total: int) -> None:
            nonlocal failed
            if stage == "failed":
                failed = f"{done:,} failed"
                return
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total, rate="", failed="")
            task = bars.tasks[tasks[stage]]
            rate = f"{done / task.elapsed:.1f}/s" if task.elapsed and done > 1 else ""
            bars.update(tasks[stage], completed=done, total=total, rate=rate, failed=failed)

        yield tell


def resources(seconds: float) -> str:
    """Time and memory that the command took, with those of its processes; in words.

    Parameters
    ----------
    seconds : float
        How long it took.
    """
    try:
        import resource
    except ImportError:  # Windows
        return f"{seconds:.1f} s"
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = sum(used.ru_utime + used.ru_stime for used in (own, children))
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    said = f"{seconds:.1f} s, {busy:.1f} s of processor; peak memory {own.ru_maxrss / unit:,.0f} MB"
    return said + (f", {children.ru_maxrss / unit:,.0f} MB in the largest worker" if children.ru_maxrss else "")
