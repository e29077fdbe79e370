"""The floor under every engine: the code cells of a template, compiled once, run by plain ``exec`` in a warm process.

Each report has a fresh namespace; what the last line of a cell gives is put between two pieces of a page and written to
disk. There is no notebook, no shell, no child, and nothing is kept apart. A process takes one job per line and answers
with one line, so that two of them can share a list of reports as the engine's do.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from pathlib import Path
from queue import Empty, SimpleQueue
from types import CodeType
from typing import Any

Job = Mapping[str, Any]
PARAMETERS = "parameters"


class Cell:
    """A code cell: all its lines but the last, and the last one, whose value is shown."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        self.body: CodeType = compile(tree, "cell", "exec")
        self.last: CodeType | None = compile(ast.Expression(last.value), "cell", "eval") if last else None

    def run(self, names: dict[str, Any]) -> str:
        """HTML of what the cell shows."""
        exec(self.body, names)  # noqa: S102 - the cells of our own template are what is measured
        shown = eval(self.last, names) if self.last else None  # noqa: S307
        return "" if shown is None else str(shown._repr_html_())


@cache
def compiled(template: str) -> list[Cell | str]:
    """The cells of a template behind its parameters: code, and headings as HTML."""
    parts: list[Cell | str] = []
    for cell in json.loads(Path(template).read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            depth = len(source) - len(source.lstrip("#"))
            parts.append(f"<h{depth}>{escape(source.lstrip('# '))}</h{depth}>")
        elif PARAMETERS not in cell["metadata"].get("tags", []):
            parts.append(Cell(source))
    return parts


def run_cells(job: Job) -> list[str]:
    """What the cells of a report show, with the headings between."""
    names: dict[str, Any] = {"__name__": "__main__", **job["parameters"]}
    return [part if isinstance(part, str) else part.run(names) for part in compiled(job["template"])]


def make(job: Job) -> list[str]:
    """Make a report and write it; gives what stands in it."""
    os.chdir(job["folder"])
    parts = run_cells(job)
    body = "\n".join(f'<div class="part">\n{part}\n</div>' for part in parts if part)
    style = Path(job["page"], "style.css").read_text(encoding="utf-8")
    page = f"<!DOCTYPE html><html lang=en><title>{escape(job['title'])}</title><style>{style}</style>{body}</html>\n"
    target = Path(job["target"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return [part for part in parts if part]


def serve() -> None:
    """Answer jobs until the input ends."""
    from dihkpi.reports.running.worker import warm_up

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warm_up()
    for line in sys.stdin:
        job = json.loads(line)
        wall, used = time.perf_counter(), time.process_time()
        parts = make(job)
        found = {"wall": time.perf_counter() - wall, "used": time.process_time() - used}
        told = found | ({"parts": parts} if job.get("tell") else {})
        answers.write(json.dumps(told) + "\n")
        answers.flush()


class Floor:
    """Warm processes, one per core, that make reports of a common list.

    Parameters
    ----------
    cores : int
    """

    def __init__(self, cores: int) -> None:
        from dihkpi.reports.running.pool import environment

        command = [sys.executable, __file__]
        self._all = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
            for _ in range(cores)
        ]

    def make(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Make reports, each by the process that is free first."""
        waiting: SimpleQueue[Job] = SimpleQueue()
        for job in jobs:
            waiting.put(job)

        def work(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
            found = []
            while (job := _next(waiting)) is not None:
                found.append(_ask(process, job))
            return found

        with ThreadPoolExecutor(len(self._all)) as threads:
            return [answer for answers in threads.map(work, self._all) for answer in answers]

    def warm(self, jobs: Sequence[Job]) -> None:
        """Have every process make these, so that all are warm."""
        with ThreadPoolExecutor(len(self._all)) as threads:
            list(threads.map(lambda process: [_ask(process, job) for job in jobs], self._all))

    def close(self) -> None:
        """End the processes."""
        for process in self._all:
            process.communicate()


def _next(waiting: SimpleQueue[Job]) -> Job | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def _ask(process: subprocess.Popen[str], job: Job) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


if __name__ == "__main__":
    serve()
