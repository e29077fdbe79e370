"""Reports made by other machines: the only place that knows of Dask.

A job goes to a worker with its files (`shared`), is made there by a warm process, and its answer comes back; only this
process writes reports. So a worker may be lost at any moment: its jobs are given to others.

Whoever controls the scheduler can run code in this process and on every worker, because Dask sends pickles both ways.
Connect to schedulers of your own only, and over a network that others use by ``tls://``, with the certificates that
Dask's configuration names (``distributed.comm.tls``).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as all_made
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

from dihkpi.errors import ReportError, UsageError
from dihkpi.reports.cluster.address import LOCAL, checked_address
from dihkpi.reports.cluster.shared import Packing, Parcel, unpacked
from dihkpi.reports.running.pool import close_here, warm_here
from dihkpi.reports.versions import versions
from dihkpi.reports.wording import visible

Job = Mapping[str, Any]
Make = Callable[[Job], dict[str, Any]]
AHEAD = 500
"""Jobs at the scheduler at a time: enough for it to see how many workers are worth while, few enough to be held."""
_CONNECT = 5.0  # seconds
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.worker-saturation": 1.0,
}
"""Of a local cluster: no figures for a dashboard; no job waits at a worker that another may take along."""


@contextmanager
def open_executor(
    dask: str | None, workers: int = 2, *, shared: str = "", patience: float = 300.0
) -> Iterator[Executor | None]:
    """What makes the reports, for `render_reports`.

    Parameters
    ----------
    dask : str, optional
        Address of a Dask scheduler (``tcp://host:8786``, ``tls://host:8786``), or ``local`` for a cluster of processes
        of this machine. By default there is none: `render_reports` has a pool of its own.
    workers : int
        Processes of a local cluster.
    shared : str
        URL by which this machine and the workers share files (``file:///mnt/reports``, ``s3://bucket/reports``). By
        default files travel with the jobs.
    patience : float
        Seconds to wait for the first worker: a cluster that scales starts one when there is work.

    Yields
    ------
    concurrent.futures.Executor or None

    Raises
    ------
    UsageError
        When the address or the URL is none, or Dask is not installed.
    ReportError
        When no scheduler answers, no worker comes, or a worker has other software.

    Examples
    --------
    >>> with open_executor("tcp:/scheduler:8786") as executor:
    ...     pass
    Traceback (most recent call last):
    dihkpi.errors.UsageError: 'tcp:/scheduler:8786' is not the address of a Dask scheduler
      did you mean 'tcp://scheduler:8786'?
    """
    if dask is None:
        yield None
        return
    address = checked_address(dask)
    if find_spec("distributed") is None:
        raise UsageError("--dask needs a package that is not installed\n  pip install 'dihkpi[dask]'")
    packing = Packing(shared)
    with ExitStack() as stack:
        target = stack.enter_context(_local_cluster(workers)) if address == LOCAL else address
        client = stack.enter_context(_client(target))
        _compare_versions(client, dask, patience)
        stack.enter_context(_warm(client))
        executor = DaskExecutor(client, packing)
        stack.callback(executor.shutdown, cancel_futures=True)
        yield executor


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    if workers < 1:
        raise UsageError(f"a cluster of {workers} workers can make no report\n  allowed: 1 or more")
    # The memory of a report is bounded by the child that makes it.
    with dask.config.set(_QUIET), LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
        dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False}, silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        yield cluster


@contextmanager
def _client(target: Any) -> Iterator[Any]:
    from distributed import Client

    try:
        if isinstance(target, str):
            with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop of its own
                thread.submit(lambda: asyncio.run(_greet(target))).result()
        client = Client(target, timeout=_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as fault:
        said = visible(fault).splitlines() or ["no answer in time"]
        raise ReportError(
            f"no Dask scheduler answers at {visible(target)}: {said[0][:200]}\n"
            "  start one by `dask scheduler`, and workers by `dask worker ADDRESS`; for tls:// both sides need"
            " certificates"
        ) from None
    with client:
        yield client


async def _greet(address: str) -> None:
    """Whether somebody answers: a client would wait for ever for one who listens and says nothing."""
    from distributed import Security
    from distributed.comm import connect

    arguments = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=_CONNECT, **arguments), _CONNECT + 1)
    await comm.close()


def _compare_versions(client: Any, address: str, patience: float) -> None:
    """Other software makes other bytes: it is refused before the first report."""
    ours = versions()
    try:
        # A task, since a cluster that scales has no worker before there is one.
        client.submit(versions, pure=False).result(timeout=patience)
        found = client.run(versions)
    except TimeoutError:
        raise ReportError(
            f"the scheduler at {visible(address)} had no worker for {patience:.0f} seconds\n"
            "  start workers by `dask worker ADDRESS`"
        ) from None
    except Exception as fault:
        raise ReportError(
            f"the cluster at {visible(address)} cannot run this package\n"
            f"  it said: {type(fault).__name__}: {visible(fault)[:200]}\n"
            "  install the same version of dihkpi for the scheduler and all workers"
        ) from None
    for worker, theirs in sorted(found.items()):
        if theirs != ours:
            raise ReportError(f"the worker at {visible(worker)} would make other reports: {_difference(ours, theirs)}\n"
                              "  install the same versions for all workers")  # fmt: skip


def _difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    missing = "missing"
    return "; ".join(f"{n} is {theirs.get(n, missing)} there and {ours.get(n, missing)} here" for n in names)


@contextmanager
def _warm(client: Any) -> Iterator[None]:
    """Warm processes on every worker that is there or joins, as long as there are reports to make."""
    name = f"dihkpi-{uuid4().hex}"
    client.register_plugin(_engine(), name=name)
    try:
        yield
    finally:
        with suppress(Exception):  # the scheduler may be gone, and takes the processes along
            client.unregister_worker_plugin(name)


def _engine() -> Any:
    from distributed import WorkerPlugin

    class WarmEngine(WorkerPlugin):  # type: ignore[misc]
        """One warm process per thread of a worker. They end with it, however it ends: their input is a pipe to it."""

        def setup(self, worker: Any) -> None:
            warm_here(worker.state.nthreads)

        def teardown(self, worker: Any) -> None:
            close_here()

    return WarmEngine()


class DaskExecutor(Executor):
    """Sends jobs with their files to the workers of a cluster; a job is done once, whatever becomes of workers.

    Parameters
    ----------
    client : distributed.Client
    packing : Packing
        How files travel.
    """

    def __init__(self, client: Any, packing: Packing) -> None:
        self._client, self._packing = client, packing
        self._room = threading.Semaphore(AHEAD)
        self._waiting: SimpleQueue[tuple[Future[Any], Make, Job] | None] = SimpleQueue()
        self._sent: dict[Any, Future[Any]] = {}
        self._closed, self._given_up = threading.Event(), threading.Event()
        self._sender = threading.Thread(target=self._send_all, name="dihkpi-dask", daemon=True)
        self._sender.start()

    def submit(self, make: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a job made on a worker; the only argument is the job."""
        if self._closed.is_set():
            raise RuntimeError("this executor is closed")
        (job,) = args
        future: Future[Any] = Future()
        self._waiting.put((future, make, job))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs; give up those that are not made if asked for."""
        if cancel_futures:
            self._given_up.set()
            self._room.release()  # the sender may wait for it
        self._closed.set()
        self._waiting.put(None)
        if wait:
            self._sender.join()
            if not cancel_futures:
                all_made(list(self._sent.values()))

    def _send_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            future, make, job = item
            self._room.acquire()
            if self._given_up.is_set():
                future.cancel()
            if future.set_running_or_notify_cancel():
                self._send(future, make, job)
            else:
                self._room.release()

    def _send(self, future: Future[Any], make: Make, job: Job) -> None:
        try:
            sent = self._client.submit(_made, make, *self._packing.pack(job), _ours(), pure=False)
        except Exception as error:  # whatever it was, other reports go on
            self._room.release()
            future.set_exception(error)
            return
        self._sent[sent] = future
        sent.add_done_callback(self._arrived)

    def _arrived(self, sent: Any) -> None:
        future = self._sent[sent]
        try:
            future.set_result(sent.result())
        except (Exception, asyncio.CancelledError) as error:
            future.set_exception(_in_words(error))
        finally:
            del self._sent[sent]  # an answer that is kept here is kept by its worker too
            sent.release()
            self._room.release()


def _in_words(error: BaseException) -> BaseException:
    """What Dask says of a job that was not done, for people."""
    name = type(error).__name__
    if name == "KilledWorker":
        lost = int(getattr(error, "allowed_failures", 0)) + 1
        return ReportError(f"{lost} workers, one after the other, were lost while they made it; run again to try again")
    if "Cancelled" in name:
        return ReportError("the cluster was lost or closed before it was made; run again to make what is missing")
    return error


def _made(make: Make, job: Job, parcel: Parcel, theirs: Mapping[str, str]) -> dict[str, Any]:
    """On a worker: one report."""
    from distributed import get_worker

    if theirs != _ours():
        raise ReportError(f"a worker would make another report: {_difference(theirs, _ours())}")
    with unpacked(job, parcel, Path(get_worker().local_directory)) as here:
        return make(here)


_ours = cache(versions)
