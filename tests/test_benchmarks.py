"""The benchmark of the report engine measures what it says: all its rows come out, of the same content."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
from dihkpi.pipeline import Choice, run

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "reports.py"
HUB = "HR-adria"


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """A network of two hubs and its results, with one report."""
    made = write_demo(tmp_path_factory.mktemp("bench") / "space", hubs=2)
    run(made, period=DEMO_PERIOD, choice=Choice(hubs=[HUB], network=False))
    return made


def bench(space, tmp_path, *words):
    """Output of the benchmark: its text, and the cells of each line of its tables."""
    out = tmp_path / "table.md"
    command = [sys.executable, SCRIPT, "--workspace", space.folder, "--rounds", "1", "--reports", "2", "--out", out]
    done = subprocess.run([*map(str, command), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = out.read_text(encoding="utf-8")
    return text, [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of processes")
def test_every_row_has_a_figure_and_a_verdict(space, tmp_path):
    text, lines = bench(space, tmp_path, "--big", str(space.folder), "--skip", "plain", "dask", "unchanged")
    rows = [cells for cells in lines if len(cells) == 4 and cells[0] != "---"]
    assert [cells[0].split(":")[0] for cells in rows] == [
        "the engine against the floor",
        "the floor itself, a full hub report, HTML",
        "1,000 hubs",
    ]
    assert all("**" in cells[2] for cells in rows)
    assert {cells[3] for cells in rows[:2]} <= {"reached", "not reached"}
    assert rows[2][3] == "no verdict"  # a goal for 1,000 hubs says nothing of two
    assert "reports of 2 hubs" in rows[2][2]
    assert "2 hubs; rounds: 1" in text
    parts = [cells[0] for cells in lines if len(cells) == 2 and cells[0] != "---"]
    assert len(parts) == 14  # a head, twelve parts, and all of them together


@pytest.fixture
def floor(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    return import_module("floor")


def test_a_cell_of_the_floor_shows_its_last_line(floor):
    names = {}
    setting = "from dihkpi.reports.blocks import Block\nblock = Block('<p>shown</p>')"
    assert floor.Cell(setting).run(names) == ""
    assert floor.Cell("block + block\nblock").run(names) == "<p>shown</p>"
    assert floor.Cell("None").run(names) == ""


def test_the_floor_runs_all_cells_but_the_parameters(floor):
    template = SCRIPT.parents[1] / "notebooks" / "hub_assessment.ipynb"
    cells = json.loads(template.read_text(encoding="utf-8"))["cells"]
    parts = floor.compiled(str(template))
    assert [isinstance(part, str) for part in parts] == [cell["cell_type"] == "markdown" for cell in cells[1:]]
    assert "<h2>At a glance</h2>" in parts
