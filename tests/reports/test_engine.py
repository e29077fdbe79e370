"""The engine: the same notebook in every way, whatever a template does, and a child that can do no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dihkpi.reports import ReportJob, render_reports
from dihkpi.reports.extracting import write_extracts
from dihkpi.reports.running.child import Limits
from dihkpi.reports.running.notebook import NAME, check_parameters
from dihkpi.reports.running.pool import WarmWorker, environment

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only")


@pytest.fixture(scope="module")
def worker():
    made = WarmWorker()
    yield made
    made.close()


def request(template: Path, folder: Path, way: str | None = None, **more: Any) -> dict[str, Any]:
    """A job as a worker is asked to do it; its template gets no value for its parameters."""
    asked = {"title": "Own", "template": str(template), "page": str(ROOT / "notebooks" / "page"), "parameters": {},
             "folder": str(folder), "formats": ["ipynb"], "way": way, "pdf_engine": ""}  # fmt: skip
    return asked | {"limits": asdict(Limits(seconds=30))} | more


EVERYTHING = (
    "print('one'); print('two')",
    "import sys\nprint('three', file=sys.stderr)",
    "from IPython.display import HTML, Image, clear_output, display\n"
    "shown = display(HTML('<b>before</b>'), display_id='x')",
    "import base64\npng = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg==')\ndisplay(Image(png), Image(png))",
    "shown.update(HTML('<b>after</b>'))\n40 + 2",
    "print('gone'); clear_output(); print('stays')",
    "print('gone too'); clear_output(wait=True); display(HTML('<i>next</i>'))",
    "%matplotlib inline\nimport pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "x = 1;\nx;",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone",
    "await __import__('asyncio').sleep(0)\n'awaited'",
)


@linux
@pytest.mark.slow
def test_every_way_gives_the_same_outputs(template: Callable[..., Path], tmp_path: Path, worker: WarmWorker) -> None:
    """Streams, displays that are replaced and cleared, images, magics, frames: cell by cell as a kernel gives them."""
    source = template(*EVERYTHING)
    target = tmp_path / "kernel.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(source)]
    subprocess.run([*command, str(target)], check=True, capture_output=True, timeout=120)
    kernel = nbformat.read(target, as_version=4)
    child = tmp_path / "child.ipynb"
    subprocess.run([*command, str(child), "--engine", NAME], check=True, capture_output=True, timeout=120)
    forked = nbformat.read(child, as_version=4)
    assert len(kernel.cells) == len(forked.cells) == len(EVERYTHING) + 2
    for ours, theirs in zip(forked.cells, kernel.cells, strict=True):
        assert [dict(output) for output in ours.get("outputs", [])] == [dict(o) for o in theirs.get("outputs", [])]
        assert ours.get("execution_count") == theirs.get("execution_count")
        assert set(ours.metadata.papermill) == set(theirs.metadata.papermill), (
            "times and states as papermill gives them"
        )
    assert "after" in str(kernel.cells[4]) and "gone" not in str(kernel.cells[7].outputs)
    answers = [worker.make(request(source, tmp_path, way)) for way in ("child", "process")]
    assert [answer["error"] for answer in answers] == ["", ""]
    assert answers[0]["files"] == answers[1]["files"], "in a child and in the worker itself"


@linux
@pytest.mark.slow
def test_a_real_report_is_the_same_from_a_kernel(results: Path, worker: WarmWorker) -> None:
    asked = request(ROOT / "notebooks" / "hub_assessment.ipynb", results.parent, formats=["ipynb", "html"])
    asked["parameters"] = {"data": results.name, "level": "hub", "code": "HR-adria"}
    made = [worker.make({**asked, "way": way}) for way in ("child", "kernel")]
    assert [answer["error"] for answer in made] == ["", ""]
    ours, theirs = (nbformat.reads(answer["files"]["ipynb"], as_version=4).cells for answer in made)
    assert len(ours) == len(theirs) > 20
    for one, other in zip(ours, theirs, strict=True):
        assert one == other
    assert made[0]["files"]["html"] == made[1]["files"]["html"]


@pytest.mark.slow
@linux
def test_papermill_finds_the_engine_by_its_entry_point(template: Callable[..., Path], tmp_path: Path) -> None:
    source, target = template("21 * 2"), tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--engine", NAME, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "42" in target.read_text()
    unknown = subprocess.run(
        [*command, "-k", "no-such-python"], capture_output=True, text=True, timeout=60, check=False
    )
    assert unknown.returncode != 0 and "no-such-python" in unknown.stderr


def test_papermill_knows_the_engine_and_it_loads_nothing_heavy() -> None:
    (found,) = entry_points(group="papermill.engine", name=NAME)
    assert found.load().execute_notebook
    loaded = "print(*sorted({'pandas', 'matplotlib', 'seaborn', 'IPython'} & set(sys.modules)))"
    code = f"import dihkpi.reports.engine, papermill, sys; {loaded}"
    with_engine = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "matplotlib" not in with_engine and "pandas" not in with_engine


WRONG = {
    "1 / 0": "ZeroDivisionError: division by zero",
    "import os\nos._exit(3)": "its process ended itself with code 3",
    "import sys\nsys.exit()": "SystemExit",
    "import ctypes\nctypes.string_at(0)": "its process was ended by signal 11 (SIGSEGV)",
    "import ctypes, os\nctypes.CDLL(None).kill(os.getpid(), 9)": "its process was ended by signal 9 (SIGKILL)",
    "while True: pass": "it took longer than 1 seconds",
    "import time\ntime.sleep(60)": "it took longer than 1 seconds",
    "x = bytearray(3 << 30)": "MemoryError",
    "for _ in range(100): print('x' * (1 << 20))": "ReportError: the cells print more than is allowed",
    "import os\nos.fork()": "PermissionError: a report starts no process of its own",
    "import subprocess\nsubprocess.run(['true'])": "PermissionError: a report starts no process of its own",
    "!true": "PermissionError: a report starts no process of its own",
    "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=print).start()": "PermissionError",
    "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)": "PermissionError: a report needs no network",
    "import urllib.request\nurllib.request.urlopen('http://example.org', timeout=1)": "a report needs no network",
    "open('/etc/passwd').read()": "PermissionError: a report reads nothing but the results of its run: '/etc/passwd'",
    "import pandas as pd\npd.read_csv('../../secret.csv')": "PermissionError: a report reads nothing but the results",
    "open('here.txt', 'w')": "PermissionError: a report writes no file: 'here.txt'",
    "import os\nos.remove('x')": "PermissionError: a report writes no file: 'x'",
    "import os\nos.listdir('/etc')": "PermissionError: a report reads nothing but the results of its run: '/etc'",
    "def": "SyntaxError",
    "undefined": "NameError: name 'undefined' is not defined",
    "import sqlite3\nsqlite3.connect('other.db')": "PermissionError: a report writes no file",
    "from IPython.display import HTML, display\ndisplay(HTML('x' * 2_000_000))": "the cells print more than is allowed",
}


@linux
@pytest.mark.parametrize("cell", WRONG)
def test_whatever_a_cell_does_is_told_with_its_place(
    cell: str, template: Callable[..., Path], tmp_path: Path, worker: WarmWorker
) -> None:
    before = worker.pid
    limits = asdict(Limits(seconds=1 if "longer" in WRONG[cell] else 30, memory_mb=512, output_mb=1))
    answer = worker.make(request(template("len(code)", cell, "len(data)", name="bad.ipynb"), tmp_path, limits=limits))
    assert answer["error"].startswith("bad.ipynb, cell 4 under 'Findings': ") and WRONG[cell] in answer["error"]
    assert cell.splitlines()[0] in answer["error"] and answer["files"] == {}
    cells = json.loads(answer["notebook"])["cells"]
    assert any(output["output_type"] == "error" for output in cells[3]["outputs"])
    assert worker.pid == before and sorted(path.name for path in tmp_path.iterdir()) == ["bad.ipynb"]


@linux
def test_a_template_reads_its_own_place_only(
    make_results: Callable[..., Path], template: Callable[..., Path], worker: WarmWorker
) -> None:
    """What it reads of others would not be in its key: it would go stale unseen."""
    data = make_results()
    write_extracts(data)
    own, other = (
        "import dihkpi as dk\ndk.open_report(data, level, code).title()",
        "dk.open_report(data, level, 'EE-aegean')",
    )
    asked = request(template(own, other), data.parent)
    asked["parameters"] = {"data": data.name, "level": "hub", "code": "HR-adria"}
    said = worker.make(asked)["error"]
    assert "cell 4" in said and "PermissionError: a report reads nothing but the results of its run" in said


@linux
def test_no_report_leaves_anything_to_the_next(
    template: Callable[..., Path], tmp_path: Path, worker: WarmWorker
) -> None:
    """Figures, settings, names, seeds: in a child, and in a process that makes one report after the other."""
    look = "len(plt.get_fignums()), matplotlib.rcParams['font.size'], 'left' in globals(), random.random()"
    imports = "import random, matplotlib\nimport matplotlib.pyplot as plt"
    source = template(imports, look, "plt.figure(); matplotlib.rcParams['font.size'] = 99; left = random.random()")
    for way in ("child", "process"):
        said = [worker.make(request(source, tmp_path, way))["files"]["ipynb"] for _ in range(2)]
        assert said[0] == said[1] and "(0, 10.0, False" in said[0]


@linux
def test_a_cell_that_may_fail_does_not_end_the_report(
    template: Callable[..., Path], tmp_path: Path, worker: WarmWorker
) -> None:
    source = template("1 / 0", "40 + 2")
    content = json.loads(source.read_text())
    content["cells"][2]["metadata"]["tags"] = ["raises-exception"]
    source.write_text(json.dumps(content))
    answer = worker.make(request(source, tmp_path))
    assert answer["error"] == "" and "42" in answer["files"]["ipynb"]


@pytest.mark.parametrize(("count", "said"), [(0, "has 0 cells tagged"), (2, "has 2 cells tagged")])
def test_a_template_has_exactly_one_cell_of_parameters(count: int, said: str, template: Callable[..., Path]) -> None:
    from dihkpi.errors import ReportError

    with pytest.raises(ReportError, match=said):
        check_parameters(template(parameters=count), {})


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '{"cells": 3}', "\x00"])
def test_what_is_no_notebook_is_said_to_be_none(text: str, tmp_path: Path) -> None:
    from dihkpi.errors import ReportError

    file = tmp_path / "own.ipynb"
    file.write_text(text)
    with pytest.raises(ReportError, match=r"own\.ipynb"):
        check_parameters(file, {})


def in_a_fresh_process(code: str) -> str:
    """What a small program prints that forks; it has one thread, as a worker has."""
    head = "import os, sys, time, signal\nfrom dihkpi.reports.running.child import Limits, can_fork, in_child\n"
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=30, check=True, cwd=ROOT, env=environment(),
    )  # fmt: skip
    return done.stdout.strip()


@linux
@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("lambda say: say([1, 'done'])", "[1, 'done'] / "),
        ("lambda say: [say('x' * 5_000_000), say(2)]", "5000002, 2 / "),
        ("lambda say: 1 / 0", "ZeroDivisionError: division by zero"),
        ("lambda say: sys.exit(2)", "SystemExit: 2"),
        ("lambda say: os._exit(0)", "its process ended without a word"),
        ("lambda say: os._exit(3)", "its process ended itself with code 3"),
        ("lambda say: os.abort()", "its process was ended by signal 6 (SIGABRT)"),
        ("lambda say: time.sleep(20)", "it took longer than 1 seconds"),
    ],
)
def test_whatever_happens_in_a_child_is_told_in_plain_words(work: str, said: str) -> None:
    code = f"""
        heard = []
        reason = in_child({work}, Limits(seconds=1), heard.append)
        shown = ", ".join(str(part) if len(str(part)) < 99 else str(len(str(part)) + 2) for part in heard)
        print(shown, "/", reason)
    """
    assert in_a_fresh_process(code).endswith(said.strip())


@pytest.mark.slow
@linux
def test_nothing_that_a_child_started_stays_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
        def work(say):
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
            open({str(note)!r}, "w").write(str(pid))
        print(in_child(work, Limits(seconds=5), print))
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


def test_the_environment_keeps_threads_out() -> None:
    assert environment()["OMP_NUM_THREADS"] == "1" and environment().get("PATH") == os.environ.get("PATH")


def test_reports_are_made_in_this_process_if_asked_for(job: ReportJob, tmp_path: Path) -> None:
    """For a debugger: no worker, no pipe; what a child is for here follows from the threads of this process."""
    (result,) = render_reports([job], tmp_path / "out", workers=0)
    assert (result.state, result.message) == ("made", "") and result.way in ("child", "process")
    assert (tmp_path / "out" / job.path).is_file()
