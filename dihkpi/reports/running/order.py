"""The cells of one notebook with what they may take: an order that any process can fulfil.

Run as a program, this module fulfils one order: it comes in as JSON by the standard input, and what there is to tell of
the cells goes out as lines of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dihkpi.reports.running.child import Limits, end_with_parent, limit_memory

if TYPE_CHECKING:
    from dihkpi.reports.running.shell import ReportShell

Say = Callable[[Any], None]


@dataclass(frozen=True)
class Cell:
    """A code cell to be run.

    Attributes
    ----------
    position : int
        Place in the notebook.
    source : str
    may_fail : bool
        Whether the cells behind it are run though it failed.
    """

    position: int
    source: str
    may_fail: bool = False


@dataclass(frozen=True)
class Order:
    """Cells to be run.

    Attributes
    ----------
    cells : sequence of Cell
    limits : Limits
        What they may take.
    folders : tuple of (tuple of str, str), optional
        Files and folders that they may read, and a folder that they may write to; everything by default.
    """

    cells: Sequence[Cell]
    limits: Limits
    folders: tuple[tuple[str, ...], str] | None = None


def fulfil(order: Order, say: Say, shell: ReportShell | None = None) -> None:
    """Run the cells of an order in this process up to the first that fails.

    Parameters
    ----------
    order : Order
    say : callable
        Called before and after each cell: ``{"cell": position}``, then with ``outputs``, ``count`` and ``whole``.
    shell : ReportShell, optional
        One that no notebook has used; then this process is a child that ends after the notebook, and is guarded. A new
        one by default.
    """
    from dihkpi.reports.running.shell import new_shell

    if order.folders is not None:
        _seed()  # a report is the same whenever it is made
        if shell is not None:
            from dihkpi.reports.running.guard import guard

            guard(*order.folders)
    (shell or new_shell()).run_all(order.cells, say, order.limits.output_mb << 20)


def _seed() -> None:
    random.seed(0)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(0)


def in_new_process(order: Order, hear: Say) -> str:
    """Have an order fulfilled by a process that is started for it.

    Returns
    -------
    str
        Why it was not fulfilled; empty when it was.
    """
    from dihkpi.reports.running.pool import environment

    with subprocess.Popen(
        [sys.executable, "-P", "-m", "dihkpi.reports.running.order"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(),
        start_new_session=True,
    ) as process:  # fmt: skip
        late = threading.Event()

        def stop() -> None:
            late.set()
            _end_all(process)

        timer = threading.Timer(order.limits.seconds, stop)
        timer.start()
        try:
            reason = _converse(process, order, hear)
        finally:
            timer.cancel()
            _end_all(process)
    if late.is_set():
        return f"it took longer than {order.limits.seconds:.0f} seconds"
    return "its process ended without a word" if reason is None else reason


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where there are groups, all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _converse(process: subprocess.Popen[bytes], order: Order, hear: Say) -> str | None:
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(OSError):  # it may have ended already
        process.stdin.write(json.dumps(asdict(order)).encode())
        process.stdin.close()
    for line in process.stdout:
        message = json.loads(line)
        if "ended" in message:
            return str(message["ended"])
        hear(message)
    return None


def _main() -> None:
    asked = json.load(sys.stdin.buffer)
    order = Order([Cell(**cell) for cell in asked["cells"]], Limits(**asked["limits"]), asked["folders"])
    if sys.platform == "linux":
        end_with_parent(os.getppid())
        limit_memory(order.limits)
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)  # whatever is printed behind Python's back is no message
    if order.folders is None:
        sys.path.insert(0, "")  # as a kernel does, for notebooks with modules beside them

    def say(message: Any) -> None:
        lines.write(json.dumps(message, ensure_ascii=False) + "\n")
        lines.flush()

    reason = ""
    try:
        fulfil(order, say)
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
    say({"ended": reason})


if __name__ == "__main__":
    _main()
