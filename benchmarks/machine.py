"""What the machine is, how busy it is, and what processes use of it; from the files that Linux keeps of them."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import threading
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    "papermill",
    "nbclient",
    "nbconvert",
    "ipykernel",
    "ipython",
    "matplotlib",
    "pandas",
    "pyarrow",
    "distributed",
)
BUSY = 0.25
"""Load of the machine per core before the first row, from which on it does not count as quiet."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PRIVATE = ("Private_Clean:", "Private_Dirty:")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def describe(libraries: Sequence[str] = LIBRARIES) -> list[str]:
    """Sentences for the head of a table; the last one is a warning where the machine is not quiet."""
    about = dict(line.split(":", 1) for line in _lines("/proc/cpuinfo") if ":" in line)
    model = next((value.strip() for name, value in about.items() if name.startswith("model name")), "unknown")
    memory = int(next(line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))) / 1e6
    load = os.getloadavg()[0]
    said = [
        f"{cores()} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}.",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {_version(name)}" for name in libraries) + ".",
        f"Load average at the start: {load:.2f}.",
    ]
    if load > BUSY * cores():
        said.append("**The machine was not quiet: ratios and processor seconds hold better than seconds do.**")
    return said


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is missing"


def _lines(path: str | Path) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []  # a process may end while one looks at it


def children(pid: int) -> list[int]:
    """Processes that a process started and that still live."""
    tasks = Path(f"/proc/{pid}/task")
    try:
        return [int(child) for task in tasks.iterdir() for line in _lines(task / "children") for child in line.split()]
    except OSError:
        return []


def below(pid: int) -> list[int]:
    """All processes below a process."""
    return [found for child in children(pid) for found in (child, *below(child))]


def is_worker(pid: int) -> bool:
    """Whether a process is a warm one of the engine, and not a child that it made."""
    parent = next((line.split()[1] for line in _lines(f"/proc/{pid}/status") if line.startswith("PPid")), "0")
    return _runs_worker(pid) and not _runs_worker(int(parent))


def _runs_worker(pid: int) -> bool:
    return any("dihkpi.reports.running.worker" in line for line in _lines(f"/proc/{pid}/cmdline"))


def processor_seconds(pids: Sequence[int]) -> float:
    """Processor seconds of processes so far, with those of their children that have ended."""
    total = 0
    for pid in pids:
        for line in _lines(f"/proc/{pid}/stat")[:1]:
            total += sum(map(int, line.rpartition(")")[2].split()[11:15]))
    return total / _TICKS


def memory(pid: int) -> tuple[float, float]:
    """Megabytes of a process that are its own, and its share of all that it uses."""
    rows = [line.split() for line in _lines(f"/proc/{pid}/smaps_rollup")]
    own = sum(int(row[1]) for row in rows if row[0] in _PRIVATE)
    share = sum(int(row[1]) for row in rows if row[0] == "Pss:")
    return own / 1e3, share / 1e3


def peak() -> float:
    """Megabytes that this process held at its highest; ``getrusage`` may tell those of its parent instead."""
    return next(int(line.split()[1]) for line in _lines("/proc/self/status") if line.startswith("VmHWM")) / 1e3


class Watch(threading.Thread):
    """Looks at the memory of a process and of all below it now and then.

    ``own`` holds the megabytes that are the own of each child seen at work, ``shares`` the sums over all processes.
    """

    def __init__(self, process: subprocess.Popen[str], every: float = 0.4) -> None:
        super().__init__(daemon=True)
        self._process, self._every, self._over = process, every, threading.Event()
        self.own: list[float] = []
        self.shares: list[float] = []

    def run(self) -> None:
        while not self._over.wait(self._every):
            tree = below(self._process.pid)
            found = {pid: memory(pid) for pid in (self._process.pid, *tree)}
            self.own += [found[child][0] for pid in tree if is_worker(pid) for child in children(pid) if child in found]
            self.shares.append(sum(share for _, share in found.values()))

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def told(self) -> tuple[float, float, float]:
        """What a child adds (median, highest), and the highest sum over all processes, in megabytes."""
        own = [value for value in self.own if value] or [0.0]
        return statistics.median(own), max(own), max(self.shares, default=0.0)
