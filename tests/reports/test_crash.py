"""Workers and parents that are killed, disks that are full: every other report is made, nothing is half."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dihkpi.reports import ReportJob, render_reports
from dihkpi.reports.files import ASIDE
from dihkpi.reports.manifest import JOURNAL
from dihkpi.reports.render import Making
from dihkpi.reports.running.child import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
MARK = "DIHKPI_TEST_MARK"


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """A word in the environment by which all processes of a test are found."""
    word = uuid.uuid4().hex
    monkeypatch.setenv(MARK, word)
    return word


def marked(word: str) -> set[int]:
    """Processes with a word in their environment, but this one."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            known = f"{MARK}={word}".encode() in (folder / "environ").read_bytes()
            alive = "Z" not in (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if known and alive:
            found.add(int(folder.name))
    return found - {os.getpid()}


def gone(word: str, seconds: float = 10) -> bool:
    """Whether no such process is left, after a while at the latest."""
    end = time.monotonic() + seconds
    while marked(word) and time.monotonic() < end:
        time.sleep(0.05)
    return not marked(word)


def workers(word: str) -> list[int]:
    """Warm processes."""
    called = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in marked(word)}
    return sorted(pid for pid, command in called.items() if b"dihkpi.reports.running.worker" in command)


def jobs(job: ReportJob, *templates: Path) -> list[ReportJob]:
    """One job per template; the parts of their keys differ by the template."""
    return [
        replace(job, template=path, path=f"hub/{path.stem}/index.html", parts={**job.parts, "template": path.stem})
        for path in templates
    ]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_report(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    """It is replaced, and the report that it was at is made again."""
    plan = jobs(job, *(template("import time\ntime.sleep(0.5)", name=f"n{i}.ipynb") for i in range(3)))
    killed: list[int] = []

    def kill_once(_: object) -> None:
        if not killed:
            killed.append(workers(mark)[0])
            os.kill(killed[0], signal.SIGKILL)

    results = render_reports(plan, tmp_path / "out", workers=1, progress=kill_once)
    assert [(result.state, result.message) for result in results] == [("made", "")] * 3
    assert killed and gone(mark)


@pytest.mark.slow
def test_a_report_that_always_takes_its_worker_along_fails_alone(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    kill = template("import ctypes, os\nctypes.CDLL(None).kill(os.getppid(), 9)", name="kill.ipynb")
    results = render_reports(jobs(job, kill, template(name="good.ipynb")), tmp_path / "out", workers=1)
    assert [result.state for result in results] == ["failed", "made"]
    assert "was ended by signal 9" in results[0].message and "2 times in a row" in results[0].message
    assert gone(mark)


@pytest.mark.slow
def test_failures_stay_alone_and_name_template_cell_and_error(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    """One that raises, one that ends its process, one that is too slow, one undeclared parameter; a good one."""
    out = tmp_path / "out"
    plan = jobs(
        job,
        template("len(code)", "1 / 0", "len(data)", name="bad.ipynb"),
        template("import os\nos._exit(3)", "len(code)", name="killed.ipynb"),
        template("import time\ntime.sleep(60)", name="slow.ipynb"),
        template(name="undeclared.ipynb"),
        template("len(code)", name="good.ipynb"),
    )
    plan[3] = replace(plan[3], parameters={"colour": "red"})
    seen: list[str] = []
    making = Making(limits=Limits(seconds=2))
    results = render_reports(plan, out, making=making, progress=lambda result: seen.append(result.path))
    assert [result.state for result in results] == ["failed"] * 4 + ["made"]
    assert results[0].message.startswith("bad.ipynb, cell 4 under 'Findings': ZeroDivisionError: division by zero")
    assert "1 / 0" in results[0].message and "hub/bad/index.error.ipynb" in results[0].message
    assert (out / "hub/bad/index.error.ipynb").is_file() and not (out / "hub/bad/index.html").exists()
    assert "killed.ipynb, cell 3 under 'Findings': its process ended itself with code 3" in results[1].message
    assert "slow.ipynb, cell 3 under 'Findings': it took longer than 2 seconds" in results[2].message
    assert "'colour' is not declared" in results[3].message
    assert sorted(seen) == sorted(job.path for job in plan)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["path"] for entry in manifest["reports"]] == ["hub/good/index.html"]
    assert len(manifest["failed"]) == 4 and gone(mark)


PARENT = """
    import json, sys
    from dataclasses import replace
    from pathlib import Path
    from dihkpi.reports import render_reports
    from dihkpi.reports.plan import ReportJob
    asked = json.loads(sys.stdin.read())
    plan = [ReportJob(**{**job, "template": Path(job["template"]), "page": Path(job["page"]),
                         "folder": Path(job["folder"])}) for job in asked["jobs"]]
    for result in render_reports(plan, asked["out"], workers=2, progress=lambda r: print(r.path, flush=True)):
        pass
"""


def start(plan: list[ReportJob], out: Path) -> subprocess.Popen[str]:
    """A process of its own that makes a plan and prints the path of each report as it is made."""
    told = json.dumps({"jobs": [vars(job) for job in plan], "out": str(out)}, default=str)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(told)
    process.stdin.close()
    return process


@pytest.mark.slow
def test_a_parent_that_is_killed_leaves_no_process_and_loses_no_report(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    out = tmp_path / "out"
    quick = [template("len(code)", name=f"quick{i}.ipynb") for i in range(3)]
    slow = [template("import time\ntime.sleep(60)", name=f"slow{i}.ipynb") for i in range(2)]
    plan = jobs(job, *quick, *slow)
    process = start(plan, out)
    assert process.stdout is not None
    made = {process.stdout.readline().strip() for _ in quick}
    assert made == {job.path for job in plan[:3]}
    assert len(workers(mark)) >= 2, "two workers, and children at work look like them"
    (out / "hub" / "slow0").mkdir(exist_ok=True)
    (out / "hub" / "slow0" / f".index.html{ASIDE}").write_text("half a page")
    process.kill()
    process.wait()
    assert gone(mark), "workers and their children end with the parent"
    assert (out / JOURNAL).is_file()
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"path": "hub/slow1/ind')  # as a crash in the middle of a line leaves it
    for path in slow:
        template("len(code)", name=path.name)
    results = render_reports(plan, out)
    assert [result.state for result in results] == ["unchanged"] * 3 + ["made"] * 2
    assert not (out / JOURNAL).exists() and not list(out.rglob(f".*{ASIDE}"))
    again = render_reports(plan, out)
    assert {result.state for result in again} == {"unchanged"}


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of this size; skips where none can be had."""
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_half_and_the_next_run_makes_the_rest(
    job: ReportJob, template: Callable[..., Path], tmp_path: Path
) -> None:
    """Pages of 100 kB on a disk for three of them."""
    big = "from IPython.display import HTML\nHTML('<p>' + 'x' * 100_000 + '</p>')"
    plan = jobs(job, *(template(big, name=f"big{i}.ipynb") for i in range(4)))
    with small_disk(tmp_path / "disk", 360) as disk:
        out = disk / "out"
        results = render_reports(plan, out, workers=1)
        states = [result.state for result in results]
        assert states.count("made") >= 2 and states.count("failed") >= 1 and set(states) == {"made", "failed"}
        failed = next(result for result in results if result.state == "failed")
        assert "could not be written: the disk is full" in failed.message and "make room" in failed.message
        assert not list(out.rglob(f".*{ASIDE}"))
        pages = {path.relative_to(out).as_posix() for path in out.rglob("index.html")}
        assert pages == {result.path for result in results if result.state == "made"}
        subprocess.run(["mount", "-o", "remount,size=2000k", str(disk)], check=True)
        again = render_reports(plan, out, workers=1)
        expected = ["unchanged" if state == "made" else "made" for state in states]
        assert [result.state for result in again] == expected
        shutil.rmtree(out)
