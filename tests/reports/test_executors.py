"""Reports on a Dask cluster: real workers in processes of their own, lost, late, different, or not there at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dihkpi.errors import ReportError, UsageError
from dihkpi.reports import Making, ReportJob, plan_reports, render_reports
from dihkpi.reports.cluster.address import checked_address
from dihkpi.reports.cluster.shared import Depot, Packing, Parcel, checked_url, unpacked
from dihkpi.reports.render import _request
from dihkpi.reports.running.pool import WarmPool, make_here

pytest.importorskip("distributed")

from dihkpi.reports.cluster import executors
from dihkpi.reports.cluster.executors import open_executor

slow = pytest.mark.slow
WHO = "import os, time\ntime.sleep(0.3)\nos.getppid()"
"""A cell that shows which warm process forked its own."""


@contextmanager
def cluster(workers: int) -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", memory_limit=0, silence_logs=50,
        dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
    ) as made:  # fmt: skip
        yield made


@contextmanager
def client(made: Any) -> Iterator[Any]:
    from distributed import Client

    with Client(made, set_as_default=False) as opened:
        yield opened


def copies(job: ReportJob, count: int) -> list[ReportJob]:
    """Jobs that differ in their page only."""
    return [replace(job, path=f"hub/h{i:02d}/index.html") for i in range(count)]


def warm_processes(parents: set[int]) -> set[int]:
    """Warm processes that some processes have started."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"dihkpi.reports.running.worker" in words and parent in parents:
            found.add(int(folder.name))
    return found


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait for something that comes soon, on a machine that may be busy."""
    end = time.monotonic() + 60
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)


def shown(out: Path) -> dict[str, str]:
    """What the last cell of each notebook shows, by its folder."""
    found = {}
    for file in out.rglob("*.ipynb"):
        cell = json.loads(file.read_text(encoding="utf-8"))["cells"][-1]
        found[file.parent.name] = "".join(cell["outputs"][0]["data"]["text/plain"])
    return found


@slow
def test_two_workers_make_the_bytes_of_the_local_pool(
    results: Path, definitions: Any, job: ReportJob, tmp_path: Path
) -> None:
    """Templates of our own and a report with figures; nothing of the workers is left behind."""
    plan = [*plan_reports(results, definitions, hubs=["HR-adria"], network=True), *copies(job, 6)]
    making = Making(formats=("html", "ipynb"))
    here = render_reports(plan, tmp_path / "here", making=making)
    with open_executor("local", 2) as executor:
        pids = set(executor._client.run(os.getpid).values())
        warm = warm_processes(pids)
        there = render_reports(plan, tmp_path / "there", making=making, executor=executor)
    assert len(pids) == len(warm) == 2, "each worker has a warm process before it is asked for a report"
    assert {result.state for result in here} == {"made"} == {result.state for result in there}
    assert [result.files for result in there] == [result.files for result in here]
    assert {result.way for result in there} == {result.way for result in here}
    until(lambda: gone(pids | warm), "workers and warm processes end with the cluster")


@slow
def test_reports_of_a_killed_worker_are_made_by_the_other(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path
) -> None:
    plan = copies(replace(job, template=template(WHO)), 16)
    seen: list[str] = []
    with cluster(2) as made, client(made) as asking, open_executor(made.scheduler_address) as executor:
        pids = asking.run(os.getpid)
        victim = min(pids.values())
        warm = warm_processes({victim})

        def kill(result: Any) -> None:
            seen.append(result.path)
            if len(seen) == 3:
                os.kill(victim, signal.SIGKILL)

        render_reports(plan, tmp_path / "out", making=Making(formats=("ipynb",)), executor=executor, progress=kill)
        assert len(warm) == 1
        until(lambda: gone(warm), "a warm process ends with its worker, however that ends")
    assert sorted(seen) == [one.path for one in plan], "each is made, and told of once"
    assert len(shown(tmp_path / "out")) == 16


@slow
def test_a_worker_that_joins_later_gets_a_warm_process_and_work(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path
) -> None:
    plan, done = copies(replace(job, template=template(WHO)), 40), []
    with cluster(1) as made, open_executor(made.scheduler_address) as executor:

        def grow(result: Any) -> None:
            done.append(result.path)
            if len(done) == 2:
                made.scale(2)

        making = Making(formats=("ipynb",))
        reports = render_reports(plan, tmp_path / "out", making=making, executor=executor, progress=grow)
    assert {result.state for result in reports} == {"made"}
    assert len(set(shown(tmp_path / "out").values())) == 2


@slow
def test_a_job_that_takes_its_workers_along_fails_alone(job: ReportJob, tmp_path: Path) -> None:
    import dask

    def make(asked: Any) -> dict[str, Any]:
        if asked["title"] == "bad":
            os.kill(os.getpid(), signal.SIGKILL)
        return {"title": asked["title"]}

    request, of = _request(job, Making()), "distributed.scheduler"
    with (
        dask.config.set({f"{of}.allowed-failures": 1, f"{of}.worker-saturation": 1.0}),
        cluster(2) as made,
        open_executor(made.scheduler_address) as executor,
    ):
        assert executor is not None
        futures = [executor.submit(make, request | {"title": title}) for title in ("one", "bad", "two")]
        assert [futures[i].result(60)["title"] for i in (0, 2)] == ["one", "two"]
        with pytest.raises(ReportError, match="2 workers, one after the other, were lost"):
            futures[1].result(60)


@slow
def test_files_go_by_a_url_and_are_sent_once(
    results: Path, definitions: Any, template: Callable[..., Path], tmp_path: Path
) -> None:
    """A report by way of a shared folder has the same bytes; a cell sees its own rows and no path of ours."""
    plan = plan_reports(results, definitions, hubs=["HR-adria"])
    where = template(
        "from pathlib import Path\nprint()\n"
        "[name for name in ('dictionary.json', 'indicators.parquet') if Path(data, name).exists()]"
    )
    plan.append(replace(plan[0], path="hub/where/index.html", template=where))
    url = (tmp_path / "shared").as_uri()
    here = render_reports(plan[:1], tmp_path / "here")
    making = Making(formats=("html", "ipynb"))
    with open_executor("local", 1, shared=url) as executor:
        there = render_reports(plan, tmp_path / "there", making=making, executor=executor)
        assert [result.message for result in there] == ["", ""]
        before = {file: file.stat().st_mtime_ns for file in (tmp_path / "shared").rglob("*") if file.is_file()}
        render_reports(plan, tmp_path / "again", making=making, executor=executor)
    assert there[0].files["hub/HR-adria/index.html"] == here[0].files["hub/HR-adria/index.html"]
    assert shown(tmp_path / "there")["where"] == "['dictionary.json']"
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert len(before) == len([file for file in (tmp_path / "shared").rglob("*") if file.is_file()])


@slow
def test_a_worker_with_other_software_is_refused(tmp_path: Path) -> None:
    with cluster(2) as made, client(made) as asking:
        (first, _) = asking.scheduler_info()["workers"]
        other = "import dihkpi.reports.versions as v; v.LIBRARIES = ('dihkpi',); v.versions.cache_clear()"
        asking.run(exec, other, workers=[first])
        with (
            pytest.raises(ReportError, match=r"would make other reports: .*matplotlib is missing there and .* here"),
            open_executor(made.scheduler_address),
        ):
            pass


@slow
def test_a_cluster_without_workers_is_told() -> None:
    with (
        cluster(0) as made,
        pytest.raises(ReportError, match="had no worker for 1 seconds"),
        open_executor(made.scheduler_address, patience=1),
    ):
        pass


@slow
@pytest.mark.parametrize("listens", [False, True], ids=["nobody", "somebody who says nothing"])
def test_no_scheduler_is_told_soon(listens: bool) -> None:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        if listens:
            port.listen()
        address = f"tcp://127.0.0.1:{port.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ReportError, match=f"no Dask scheduler answers at {address}"), open_executor(address):
            pass
        assert time.monotonic() - start < 30, "within seconds on a quiet machine"


@slow
def test_jobs_wait_here_until_there_is_room(job: ReportJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "AHEAD", 2)

    def make(asked: Any) -> dict[str, Any]:
        time.sleep(0.2)
        return {"title": asked["title"]}

    request = _request(job, Making())
    with open_executor("local", 1) as executor:
        assert executor is not None
        futures = [executor.submit(make, request | {"title": str(i)}) for i in range(5)]
        assert sum(future.running() for future in futures) <= 2
        assert [future.result(60)["title"] for future in futures] == ["0", "1", "2", "3", "4"]
        missing = executor.submit(make, request | {"template": str(tmp_path / "missing.ipynb")})
        assert isinstance(missing.exception(60), FileNotFoundError)
        late = [executor.submit(make, request) for _ in range(20)]
    assert late[-1].cancelled(), "what was not sent when the executor is left is given up"
    assert all(future.done() for future in late) or any(future.running() for future in late)
    with pytest.raises(RuntimeError, match="closed"):
        executor.submit(make, request)


def test_without_dask_there_is_no_executor() -> None:
    with open_executor(None) as executor:
        assert executor is None


def test_dask_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'dihkpi\[dask\]'"), open_executor("local"):
        pass


def test_a_cluster_of_no_workers_is_refused() -> None:
    with pytest.raises(UsageError, match="0 workers"), open_executor("local", 0):
        pass


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("locl", "did you mean 'local'?"),
        ("", "known: local, tcp://host:8786"),
        ("scheduler:8786", "did you mean 'tcp://scheduler:8786'?"),
        ("tpc://scheduler:8786", "did you mean 'tcp'?"),
        ("http://scheduler:8786", "known: tcp, tls"),
        ("tcp://scheduler", "did you mean 'tcp://scheduler:8786'?"),
        ("tcp://:8786", "allowed: local, tcp://host:port"),
        ("tcp://scheduler:port", "allowed: local, tcp://host:port"),
        ("tcp://scheduler:99999", "allowed: local, tcp://host:port"),
        ("tls://scheduler:8786/x", "allowed: local, tls://host:port"),
        ("tls://me:secret@scheduler:8786", "allowed: local, tls://host:port"),
    ],
)
def test_an_address_that_is_none(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_address(typed)
    assert hint in str(caught.value)


def test_addresses() -> None:
    for address in ("local", "tcp://127.0.0.1:8786", "tls://scheduler.example:8786", "tcp://[::1]:8786"):
        assert checked_address(address) == address


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("/mnt/reports", "did you mean 'file:///mnt/reports'?"),
        ("fil:///mnt/reports", "did you mean 'file'?"),
        ("memory://reports", "one process only"),
        ("file:///mnt/../etc", "without '..'"),
        ("file:///", "must name a folder"),
        ("simplecache::s3://bucket/reports", "without '::'"),
        ("sftp://me:secret@host/reports", "names a user or a password"),
    ],
)
def test_a_url_that_is_none(url: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_url(url)
    assert hint in str(caught.value)
    assert "secret" not in str(caught.value)


@slow
@pytest.mark.parametrize("by_url", [False, True])
def test_a_job_is_made_where_nothing_of_the_workspace_is(
    by_url: bool, make_results: Callable[..., Path], definitions: Any, tmp_path: Path
) -> None:
    """Packed, then results and templates removed, then made: the same bytes."""
    notebooks = shutil.copytree(Path(__file__).parents[2] / "notebooks", tmp_path / "notebooks")
    data = make_results()
    (planned,) = plan_reports(data, definitions, hubs=["HR-adria"])
    planned = replace(planned, template=notebooks / planned.template.name, page=notebooks / "page")
    request = _request(planned, Making(formats=("html", "ipynb")))
    before = make_here(request)
    assert not before["error"]
    job, parcel = Packing((tmp_path / "shared").as_uri() if by_url else "").pack(request)
    assert bool(parcel.content) != by_url
    assert str(tmp_path) not in json.dumps(job) + json.dumps(list(parcel.files))
    shutil.rmtree(data)
    shutil.rmtree(notebooks)
    (scratch := tmp_path / "scratch").mkdir()
    for _ in range(2):
        with unpacked(job, parcel, scratch) as here:
            assert make_here(here)["files"] == before["files"]
    assert len(list(scratch.iterdir())) == 1, "template and page stay, the rows of the place do not"


def parcel_of(tmp_path: Path, *names: str) -> tuple[dict[str, Any], Parcel]:
    (data := tmp_path / "work" / "data" / "extracts" / "hub").mkdir(parents=True)
    (data / "A.json").write_text("{}")
    (data.parents[1] / "dictionary.json").write_text("{}")
    (tmp_path / "own.ipynb").write_text("{}")
    (tmp_path / "page").mkdir()
    job = {"template": str(tmp_path / "own.ipynb"), "page": str(tmp_path / "page"), "folder": str(tmp_path / "work")}
    return Packing().pack({**job, "parameters": {"data": "data", "level": "hub", "code": "A"}})


def test_a_parcel_lays_files_in_its_folder_only(tmp_path: Path) -> None:
    job, parcel = parcel_of(tmp_path)
    digest = next(iter(parcel.files.values()))
    for name in ("../x", "place/../../x", "/x", "frame/../../x", "C:/x", "place\\..\\x"):
        bad = Parcel({**parcel.files, name: digest}, parcel.content)
        (scratch := tmp_path / f"scratch{len(list(tmp_path.iterdir()))}").mkdir()
        with pytest.raises(ReportError, match="would lie outside"), unpacked(job, bad, scratch):
            pass
        assert not [*tmp_path.rglob("x"), *tmp_path.rglob("*\\x")]


def test_what_arrives_is_what_was_sent(tmp_path: Path) -> None:
    job, parcel = parcel_of(tmp_path)
    (scratch := tmp_path / "scratch").mkdir()
    for damaged in (b"", b"x", next(iter(parcel.content.values()))[:-3]):
        bad = Parcel(parcel.files, dict.fromkeys(parcel.content, damaged))
        with pytest.raises(ReportError, match="did not arrive as it was sent"), unpacked(job, bad, scratch):
            pass
    missing = Parcel(parcel.files, {}, (tmp_path / "elsewhere").as_uri())
    with pytest.raises(ReportError, match="both sides must see the same files"), unpacked(job, missing, scratch):
        pass


def test_a_file_that_was_left_half_written_is_written_again(tmp_path: Path) -> None:
    url = (tmp_path / "shared").as_uri()
    Depot(url).put("ab12", b"whole")
    (file := tmp_path / "shared" / "ab" / "ab12").write_bytes(b"wh")
    Depot(url).put("ab12", b"whole")
    assert file.read_bytes() == Depot(url).get("ab12") == b"whole"
    assert [one.name for one in file.parent.iterdir()] == ["ab12"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        Depot((tmp_path / "file" / "shared").as_uri()).put("ab12", b"x")


@slow
def test_a_filled_pool_has_warm_processes_before_the_first_job() -> None:
    pool, before = WarmPool(), warm_processes({os.getpid()})
    pool.warm(2)
    warm = warm_processes({os.getpid()}) - before
    pool.close()
    assert len(warm) == 2
    until(lambda: gone(warm), "they end when they are told to")
