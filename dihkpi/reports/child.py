"""One piece of work in a child of this process: it inherits what is warm, and nothing of it comes back but a text.

Forking is safe only while this process has a single thread, so that no lock is held for ever in the child.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path


def can_fork() -> bool:
    """Whether a child of this process would be safe."""
    if not hasattr(os, "fork") or sys.platform != "linux":
        return False
    return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are enough


@cache
def warm_up() -> None:
    """Import and use once what every report needs, so that no child pays for it again.

    Nothing here may start a thread: no Parquet is read (Arrow has a pool of threads), no kernel is started.
    """
    from dihkpi.reports import figures, shell, view  # noqa: F401

    figures.bars({"warm": 1.0, "up": 2.0}, "records", "warm", "up")
    gc.collect()
    gc.freeze()


def in_child(work: Callable[[], str], seconds: float) -> str:
    """Do a piece of work in a child and give back its text.

    Parameters
    ----------
    work : callable
        Returns a text; what it raises is told instead.
    seconds : float
        After this long the child and all that it started are killed.

    Returns
    -------
    str
        The text of the work, or why there is none.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _as_child(work, writer)
    os.close(writer)
    text, in_time = _read(reader, time.monotonic() + seconds)
    if not in_time:
        _end(pid)
    _, status = os.waitpid(pid, 0)
    _end(pid)  # whatever the child left running
    if not in_time:
        return f"it took longer than {seconds:.0f} seconds"
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"its process was ended by signal {-code} ({signal.Signals(-code).name})"
    return text if code == 0 else f"its process ended itself with code {code}"


def _as_child(work: Callable[[], str], writer: int) -> None:
    """Never returns: the child ends here, without the clean-up that belongs to the parent."""
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        try:
            text = work()
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode(errors="replace")[:60_000])
        code = 0
    finally:
        os._exit(code)


def _read(reader: int, deadline: float) -> tuple[str, bool]:
    """What the child says until it closes its end, and whether it did so in time."""
    parts: list[bytes] = []
    with open(reader, "rb", buffering=0) as stream:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                return "", False
            part = stream.read(65_536)
            if not part:
                return b"".join(parts).decode(errors="replace"), True
            parts.append(part)


def _end(pid: int) -> None:
    """Kill the group of a child, if any of it is left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)
