"""Warm processes at work: each makes one report at a time, and one that is lost is replaced."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

from dihkpi.errors import ReportError

TRIES = 2
_MARGIN = 120.0  # seconds for what is not the notebook: the start of the process, the page, the PDF


ENVIRONMENT = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a thread of Arrow's allocator, unwelcome at a fork
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # figures of pyplot are outputs, as in a kernel
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
"""Of every process that runs cells; to be set before it starts."""


def environment() -> dict[str, str]:
    """The environment of a process that runs cells."""
    return {**os.environ, **ENVIRONMENT}


class LostWorkerError(ReportError):
    """A warm process ended in the middle of a report."""


class WarmWorker:
    """One warm process, and the pipe to it. It ends with whoever started it."""

    def __init__(self) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        # -P: a file of the user's folder never takes the place of a module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dihkpi.reports.running.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, env=environment(),
            start_new_session=True,  # a Ctrl-C is for the parent, which then ends its workers
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def make(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a job; a LostWorkerError when the process ends instead."""
        assert self._process.stdin is not None and self._process.stdout is not None
        timer = threading.Timer(float(job["limits"]["seconds"]) + _MARGIN, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(job, ensure_ascii=False).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
            return answer
        except (OSError, ValueError):
            raise LostWorkerError(self._last_words()) from None
        finally:
            timer.cancel()

    def _last_words(self) -> str:
        self.close()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        code = self._process.returncode
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return f"the process that made it was ended {how}" + (f": {lines[-1][:200]}" if lines else "")

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class WarmPool:
    """As many warm processes as there are threads that ask for one."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[WarmWorker] = queue.LifoQueue()

    def make(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a job; a process that is lost on the way is replaced, and the job done again, once."""
        said = ""
        for _ in range(TRIES):
            worker = self._take()
            try:
                answer = worker.make(job)
            except LostWorkerError as error:
                said = str(error)
            else:
                self._idle.put(worker)
                return answer
        return {"files": {}, "error": f"{said}, {TRIES} times in a row", "notebook": "", "way": "", "seconds": 0.0}

    def _take(self) -> WarmWorker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return WarmWorker()

    def warm(self, count: int) -> None:
        """Start processes now, so that the first reports find them warm."""
        for _ in range(count):
            self._idle.put(WarmWorker())

    def close(self) -> None:
        """End the processes that wait for work."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()


_shared = WarmPool()


def make_here(job: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a job from a warm process of this machine; what a worker of a cluster is asked to call."""
    return _shared.make(job)


def warm_here(count: int) -> None:
    """Start warm processes of this machine before `make_here` asks for them."""
    _shared.warm(count)


def close_here() -> None:
    """End the warm processes of this machine that wait for work."""
    _shared.close()
