"""A template reads its own data and nothing else: what leaves the report is an error of the cell that tries.

This catches mistakes, and stops what a template has no business with, early and in plain words. It is no prison: a
template is code, and runs with the rights of whoever runs it. Files that a library opens without Python, as Arrow does
with Parquet, are not seen. Use templates of people you trust.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_OWN = (
    *("/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/fs/cgroup", "/sys/devices"),
    *("/usr/share/zoneinfo", "/usr/share/fonts", "/etc/fonts", "/etc/mime.types", "/etc/localtime"),
)
_NETWORK = "a report needs no network: everything it reads is in the results of the run"
_PROCESS = "a report starts no process of its own"
_REFUSED = {
    "socket.connect": _NETWORK, "socket.bind": _NETWORK, "socket.getaddrinfo": _NETWORK, "socket.sendto": _NETWORK,
    "socket.gethostbyname": _NETWORK, "urllib.Request": _NETWORK,
    "os.fork": _PROCESS, "os.forkpty": _PROCESS, "os.exec": _PROCESS, "os.posix_spawn": _PROCESS,
    "os.spawn": _PROCESS, "os.system": _PROCESS, "subprocess.Popen": _PROCESS, "pty.spawn": _PROCESS,
    "os.kill": _PROCESS.replace("starts", "ends"), "os.killpg": _PROCESS.replace("starts", "ends"),
}  # fmt: skip
_CHANGES = {
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("os.chown", "os.utime", "sqlite3.connect"),
}
_TWO_PATHS = {"os.rename", "os.link", "os.symlink"}
_LISTS = {"os.listdir", "os.scandir"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def guard(allowed: tuple[str, ...], scratch: str) -> None:
    """Refuse from now on, in this process: other files, the network, processes.

    Parameters
    ----------
    allowed : tuple of str
        Files and folders that may be read, beside Python and its packages.
    scratch : str
        Folder that may be written to; temporary files go there.
    """
    tempfile.tempdir = scratch
    python = (sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent), *sys.path)
    readable = tuple(sorted({os.path.realpath(place) for place in (*allowed, *python, *_OWN) if place}))
    sys.addaudithook(_watch(readable, os.path.realpath(scratch)))


def _watch(readable: tuple[str, ...], scratch: str) -> Callable[[str, tuple[Any, ...]], None]:
    def watch(event: str, values: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(_REFUSED[event])
        if event == "open" and not isinstance(values[0], int):
            writes = bool((values[2] or 0) & _WRITES) if len(values) > 2 and isinstance(values[2], int) else False
            check(values[0], writes)
        elif event in _CHANGES:
            for path in values[: 2 if event in _TWO_PATHS else 1]:
                check(path, True)
        elif event in _LISTS and isinstance(values[0], (str, bytes)):
            check(values[0], False)

    def check(path: Any, writes: bool) -> None:
        try:
            real = os.path.realpath(os.fsdecode(path))
        except (TypeError, ValueError):
            return
        if real.startswith(scratch + os.sep) or real in (scratch, os.devnull):
            return
        if writes:
            raise PermissionError(f"a report writes no file: {path!r}")
        if not any(real == place or real.startswith(place + os.sep) for place in readable):
            raise PermissionError(f"a report reads nothing but the results of its run: {path!r}")

    return watch
