"""What all rows of a benchmark of reports share: a workspace with results, warm processes, and a line of a table."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

CORES = 2


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    goal: str
    measured: str
    reached: bool | None

    def __str__(self) -> str:
        verdict = "no verdict" if self.reached is None else "reached" if self.reached else "not reached"
        return f"| {self.name} | {self.goal} | {self.measured} | {verdict} |"


@dataclass(frozen=True)
class Bench:
    """What all rows work on: the plan of a workspace and a place to write to.

    Attributes
    ----------
    folder : Path
        The workspace.
    results : Path
    plan : list of ReportJob
        All reports.
    hubs : list of ReportJob
        As many full hub reports as are to be measured, each with a path of its own.
    out : Path
    rounds : int
    """

    folder: Path
    results: Path
    plan: list[Any]
    hubs: list[Any]
    out: Path
    rounds: int


def open_bench(folder: Path, hubs: int, period: str, reports: int, scratch: Path, rounds: int) -> Bench:
    """A workspace with its results, made where it is missing."""
    results = ready(folder, hubs, period)
    plan = planned(folder, results)
    full = [job for job in plan if job.level == "hub"]
    copies = [replace(full[i % len(full)], path=f"{i // len(full)}/{full[i % len(full)].path}") for i in range(reports)]
    return Bench(folder, results, plan, copies, scratch, rounds)


def ready(folder: Path, hubs: int, period: str) -> Path:
    """The results of a workspace; the workspace is made, and run, where it has none."""
    from dihkpi.demo.workspace import write_demo
    from dihkpi.workspace import open_workspace

    if not folder.is_dir():
        say(f"making a network of {hubs} hubs")
        write_demo(folder, hubs=hubs)
    results = open_workspace(folder).results / period
    if not (results / "meta.json").is_file():
        say(f"a first run of {folder}")
        run_again(folder, period)
    return results


def planned(folder: Path, results: Path) -> list[Any]:
    """All reports of a results folder."""
    from dihkpi.reports import plan_reports
    from dihkpi.workspace import open_workspace

    return plan_reports(results, open_workspace(folder).load_definitions())


def hubs_of(bench: Bench) -> int:
    """Hubs that have a report."""
    return sum(job.level == "hub" for job in bench.plan)


def run_again(folder: Path, period: str) -> None:
    """``dihkpi run`` in a process of its own; errors in the data are no failure of it."""
    command = [sys.executable, "-m", "dihkpi", "run", str(folder), "--period", period]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "reports:" not in done.stdout + done.stderr:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


@contextmanager
def warm_pool(bench: Bench) -> Iterator[Executor]:
    """The pool of this machine, each of its processes used before."""
    from dihkpi.reports.running.pool import close_here, warm_here

    warm_here(CORES)
    with ThreadPoolExecutor(CORES) as threads:
        make(bench.hubs[: 3 * CORES], bench.out / "warm", threads)
        yield threads
    close_here()


def make(jobs: Sequence[Any], out: Path, executor: Executor | None = None) -> float:
    """Seconds in which reports are made, changed or not."""
    from dihkpi.reports import render_reports

    start = time.perf_counter()
    results = render_reports(jobs, out, workers=CORES, force=True, executor=executor)
    seconds = time.perf_counter() - start
    if failed := [result.message for result in results if result.state == "failed"]:
        raise SystemExit(f"{len(failed)} reports failed: {failed[0]}")
    return seconds


def as_job(job: Any) -> dict[str, Any]:
    """A job in the words in which a worker gets it."""
    from dihkpi.reports.render import Making, _request

    return _request(job, Making())


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, file=sys.stderr, flush=True)
