"""The two engines: the same notebook, and a child that can do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dihkpi.reports import engine, plan_reports, render_reports

ROOT = Path(__file__).parents[2]

linux = pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only")


@pytest.mark.slow
@linux
def test_a_forked_shell_and_a_kernel_give_the_same_notebook(
    results: Path, definitions: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = plan_reports(results, definitions, hubs=["HR-adria"])
    (made,) = render_reports([job], tmp_path / "out", formats=("ipynb",), workers=1)
    forked = nbformat.read(tmp_path / "out" / next(iter(made.files)), as_version=4)
    monkeypatch.setattr(engine, "can_fork", lambda: False)
    kernel = engine.execute(job)
    assert len(kernel.cells) == len(forked.cells) > 20
    for ours, theirs in zip(forked.cells, kernel.cells, strict=True):
        assert ours == theirs


def in_a_fresh_process(code: str) -> str:
    """What a small program prints that forks; it has one thread, as a worker has."""
    head = "import os, sys, time, signal\nfrom dihkpi.reports.child import can_fork, in_child\n"
    program = head + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=ROOT,
        env={**os.environ, **engine.ENVIRONMENT},
    )
    return done.stdout.strip()


@linux
@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("lambda: 'done'", "done"),
        ("lambda: 1 / 0", "ZeroDivisionError: division by zero"),
        ("lambda: sys.exit(2)", "SystemExit: 2"),
        ("lambda: os._exit(3)", "its process ended itself with code 3"),
        ("lambda: os.kill(os.getpid(), 9)", "its process was ended by signal 9 (SIGKILL)"),
        ("lambda: os.abort()", "its process was ended by signal 6 (SIGABRT)"),
        ("lambda: time.sleep(20)", "it took longer than 1 seconds"),
    ],
)
def test_whatever_happens_in_a_child_is_told_in_plain_words(work: str, said: str) -> None:
    assert in_a_fresh_process(f"assert can_fork()\nprint(in_child({work}, 1))") == said


@linux
def test_nothing_that_a_child_started_stays_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
        def work():
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
            open({str(note)!r}, "w").write(str(pid))
            return "left one behind"
        print(in_child(work, 5))
        time.sleep(0.2)
        pid = int(open({str(note)!r}).read())
        alive = os.path.exists(f"/proc/{{pid}}") and " Z " not in open(f"/proc/{{pid}}/stat").read()
        print(alive)
    """
    assert in_a_fresh_process(code).splitlines()[-1] == "False"


@linux
def test_a_process_with_a_second_thread_does_not_fork() -> None:
    code = """
        import threading
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        print(can_fork())
    """
    assert in_a_fresh_process(code) == "False"
