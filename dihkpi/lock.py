"""One at a time: the lock of a workspace, and who holds it."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dihkpi.errors import BusyError, WorkspaceError

LOCK, HOLDER = "lock", "lock.json"


@dataclass(frozen=True)
class Holder:
    """Who works in a workspace.

    Parameters
    ----------
    command : str
        What was called.
    process : int
    host : str
    since : datetime.datetime
    """

    command: str
    process: int
    host: str
    since: datetime

    def __str__(self) -> str:
        where = "" if self.host == socket.gethostname() else f" on {self.host}"
        since = self.since.astimezone().isoformat(" ", "seconds")
        return f"'dihkpi {self.command}' (process {self.process}{where}) since {since}"


@contextmanager
def hold(folder: Path, command: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock of a folder; within one thread it may be taken again.

    The system gives the lock back when its process ends, however it ends. Who holds it stands in a file
    of its own, because Windows lets nobody read a locked one.

    Parameters
    ----------
    folder : pathlib.Path
        Where the lock lies; made when missing.
    command : str
        What is told to others.
    wait : float
        Seconds to wait for it.

    Raises
    ------
    BusyError
        When another process or thread has it; names who and since when.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    # Without locks of the system a crash would block for ever, so there is no stand-in for them.
    lock = FileLock(folder / LOCK, is_singleton=True, fallback_to_soft=False)
    try:
        lock.acquire(timeout=max(wait, 0))
    except Timeout:
        who = holder(folder) or "another process"
        raise BusyError(
            f"{folder.parent} is in use by {who}\n  try again when it is done, or wait for it with --wait SECONDS"
        ) from None
    except OSError as fault:
        if fault.errno != errno.ENOSYS:
            raise
        raise WorkspaceError(f"{folder}: this file system has no locks\n  move the workspace to a local disk") from None
    outermost = lock.lock_counter == 1
    try:
        if outermost:
            _sign(folder / HOLDER, command)
        yield
    finally:
        if outermost:
            with suppress(OSError):  # Windows keeps it while somebody reads it; it means nothing without the lock
                (folder / HOLDER).unlink()
        lock.release()


def holder(folder: Path) -> Holder | None:
    """Who holds the lock as far as is known; only of meaning while it is held."""
    try:
        told = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return Holder(str(told["command"]), int(told["process"]), str(told["host"]),
                      datetime.fromisoformat(told["since"]))  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sign(path: Path, command: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"command": command, "process": os.getpid(), "host": socket.gethostname(), "since": since}
    aside = path.with_name(f"{path.name}.new")
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(path)
