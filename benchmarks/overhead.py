"""Where the engine spends what the floor does not: stop-watches around its parts, in a process as warm as a worker.

The process reads jobs as JSON lines and prints one JSON object: part to seconds per report (median over the jobs). The
cells of each report are also run by plain ``exec`` in this process, and by plain ``exec`` in a child of it.
"""

from __future__ import annotations

import json
import mmap
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from floor import run_cells

PARTS = {
    "cells": "the cells by plain `exec` in a process that goes on (the floor)",
    "pages": "more in a child: pages of memory that are copied when it writes to them",
    "shell": "more through the shell: parse, run, display; each cell told to the parent",
    "fork": "fork; streams, session and limits of the child",
    "guard": "seeds and guard",
    "end": "end of the child: its memory is given back",
    "papermill": "papermill around the cells: load the template, put in parameters, its own notes",
    "check": "check of the parameters, and the notebook made clean",
    "page": "the page",
    "rest": "the rest of an answer",
    "pipe": "JSON over the pipe, both ways",
    "write": "write and hash",
}


class Stamps:
    """Points in time that a child leaves for its parent: the memory is shared, and so is the clock."""

    def __init__(self) -> None:
        self._room = mmap.mmap(-1, 64)

    def put(self, place: int) -> None:
        """Now."""
        struct.pack_into("d", self._room, 8 * place, time.perf_counter())

    def around(self, place: Any, name: str, before: int, after: int) -> None:
        """Note when a function begins and when it is over, from now on."""
        inner = getattr(place, name)

        def noted(*args: Any, **more: Any) -> Any:
            self.put(before)
            try:
                return inner(*args, **more)
            finally:
                self.put(after)

        setattr(place, name, noted)

    def get(self) -> tuple[float, ...]:
        """All points."""
        return struct.unpack_from("8d", self._room)


class Watches:
    """Seconds by name, of the report that is being made."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """The time of a block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start

    def around(self, module: Any, name: str) -> None:
        """Measure a function of a module from now on."""
        inner = getattr(module, name)

        def measured(*args: Any, **more: Any) -> Any:
            with self.running(name):
                return inner(*args, **more)

        setattr(module, name, measured)


def measure(jobs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Seconds per report of each part, and of the whole."""
    from dihkpi.reports import engine, page
    from dihkpi.reports.running import child, notebook, shell, worker

    worker.warm_up()
    os.chdir(jobs[0]["folder"])
    watches, stamps = Watches(), Stamps()
    for module, name in ((notebook, "check_parameters"), (notebook, "_run"), (notebook, "_clean"), (page, "make_page")):
        watches.around(module, name)
    stamps.around(engine, "in_child", 0, 5)
    stamps.around(engine, "fulfil", 1, 4)
    stamps.around(shell.ReportShell, "run_all", 2, 3)
    rows = []
    for job in [jobs[0], *jobs]:  # the first one warms
        plain, apart = _timed(lambda job=job: run_cells(job)), _in_child(child.in_child, child.Limits(), job)
        watches.seconds.clear()
        start = time.perf_counter()
        answer = worker.answer(job)
        whole = time.perf_counter() - start
        rows.append(_parts(watches.seconds, stamps.get(), plain, apart, whole) | _behind(answer))
    found = {name: statistics.median(row[name] for row in rows[1:]) for name in rows[0]}
    return found | {"whole": statistics.median(sum(row.values()) for row in rows[1:])}


def _parts(
    seconds: Mapping[str, float], stamps: Sequence[float], plain: float, apart: float, whole: float
) -> dict[str, float]:
    """Each part without those inside of it."""
    asked, begun, first, last, _, over = stamps[:6]
    return {
        "cells": plain,
        "pages": apart - plain,
        "shell": last - first - apart,
        "fork": begun - asked,
        "guard": first - begun,
        "end": over - last,
        "papermill": seconds["_run"] - (over - asked),
        "check": seconds["check_parameters"] + seconds["_clean"],
        "page": seconds["make_page"],
        "rest": whole - sum(seconds.values()),
    }


def _behind(answer: Mapping[str, Any]) -> dict[str, float]:
    """What is done with an answer: it goes over a pipe and to disk."""
    from dihkpi.reports.files import write_bytes

    line: list[bytes] = []
    pipe = _timed(lambda: line.append(json.dumps(answer, ensure_ascii=False).encode()))
    pipe += _timed(lambda: json.loads(line[0]))
    with tempfile.TemporaryDirectory() as folder:
        page = answer["files"]["html"]
        write = _timed(lambda: write_bytes(Path(folder, "index.html"), page.encode()))
    return {"pipe": pipe, "write": write}


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _in_child(in_child: Callable[..., str], limits: Any, job: Mapping[str, Any]) -> float:
    """Seconds of the plain cells in a child."""
    told: list[float] = []
    reason = in_child(lambda say: say(_timed(lambda: run_cells(job))), limits, told.append)
    if reason:
        raise SystemExit(reason)
    return told[0]


def overhead(jobs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """As `measure`, in a process of its own that is as warm as a worker."""
    from dihkpi.reports.running.pool import environment

    text = "\n".join(map(json.dumps, jobs))
    done = subprocess.run([sys.executable, __file__], input=text, capture_output=True, text=True,
                          env=environment(), check=True)  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    print(json.dumps(measure([json.loads(line) for line in sys.stdin])))
