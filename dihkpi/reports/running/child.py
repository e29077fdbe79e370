"""Work in a child of this process: it inherits what is warm, tells what it has done, and can do no harm.

Forking is safe only while this process has a single thread, so that no lock is held for ever in the child.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Say = Callable[[Any], None]
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much one report may take.

    Attributes
    ----------
    seconds : float
        Time until it is stopped, with everything it started.
    memory_mb : int
        Memory that it may take beside what it inherits.
    output_mb : int
        Text that it may print.
    """

    seconds: float = 300.0
    memory_mb: int = 2048
    output_mb: int = 20


class Lifeline:
    """A file descriptor that becomes readable when nobody waits for this process any more."""

    descriptor: int | None = None


def can_fork() -> bool:
    """Whether a child of this process would be safe."""
    if not hasattr(os, "fork") or sys.platform != "linux":
        return False
    return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are enough


def in_child(work: Callable[[Say], None], limits: Limits, hear: Say) -> str:
    """Do a piece of work in a child.

    Parameters
    ----------
    work : callable
        Gets a function by which it tells what it has done, in JSON; what it raises is told as the reason.
    limits : Limits
        What the child may take.
    hear : callable
        Called with everything that is told, as it comes.

    Returns
    -------
    str
        Why the work did not come to its end; empty when it did.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _as_child(work, writer, limits)
    os.close(writer)
    try:
        reason = _listen(reader, time.monotonic() + limits.seconds, hear)
        if reason is None:
            _end(pid)
    except BaseException:
        _end(pid)
        os.waitpid(pid, 0)
        raise
    _, status = os.waitpid(pid, 0)
    _end(pid)  # whatever the child left running
    if reason is None:
        return f"it took longer than {limits.seconds:.0f} seconds"
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"its process was ended by signal {-code} ({signal.Signals(-code).name})"
    return reason if code == 0 else f"its process ended itself with code {code}"


def _as_child(work: Callable[[Say], None], writer: int, limits: Limits) -> None:
    """Never returns: the child ends here, without the clean-up that belongs to the parent."""
    code = 1
    try:
        _settle(limits)
        reason = ""
        try:
            work(lambda message: _write(writer, message))
        except BaseException as error:
            reason = f"{type(error).__name__}: {error}"
        _write(writer, {"ended": reason[:10_000]})
        code = 0
    finally:
        os._exit(code)


def _settle(limits: Limits) -> None:
    """A group, signals, streams and limits of its own; the end of the parent is the end of the child."""
    end_with_parent(os.getppid())
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    limit_memory(limits)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent(parent: int) -> None:
    """From now on the end of the parent, whose number is given, is the end of this process; Linux only."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def limit_memory(limits: Limits) -> None:
    """Allow this process so much more than it has now; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + limits.memory_mb * _MEGABYTE
    if memory < 1 << 44:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _write(writer: int, message: Any) -> None:
    """One message: its length in four bytes, then JSON."""
    content = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
    whole = memoryview(struct.pack(">I", len(content)) + content)
    while whole:
        whole = whole[os.write(writer, whole) :]


def _listen(reader: int, deadline: float, hear: Say) -> str | None:
    """Pass on what the child tells; why it ended, or None when it did not end in time."""
    reason = "its process ended without a word"
    with open(reader, "rb", buffering=0) as stream:
        for part in _parts(stream, deadline):
            if part is None:
                return None
            message = json.loads(part)
            if isinstance(message, dict) and "ended" in message:
                reason = str(message["ended"])
            else:
                hear(message)
    return reason


def _parts(stream: Any, deadline: float) -> Iterator[bytes | None]:
    """Messages of the child until it closes its end; None when the time is over."""
    kept = bytearray()
    lifeline = [] if Lifeline.descriptor is None else [Lifeline.descriptor]
    while True:
        left = deadline - time.monotonic()
        ready = select.select([stream, *lifeline], [], [], max(left, 0))[0]
        if stream not in ready:
            if ready:
                raise BrokenPipeError("nobody waits for this report any more")
            yield None
            return
        part = stream.read(1 << 20)
        if not part:
            return
        kept += part
        while len(kept) >= 4 and len(kept) >= (size := 4 + struct.unpack(">I", kept[:4])[0]):
            yield bytes(kept[4:size])
            del kept[:size]


def _end(pid: int) -> None:
    """Kill the group of a child, if any of it is left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)
