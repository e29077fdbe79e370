"""The benchmarks measure what they say: all their rows come out, of the same content, and planted faults are found."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pandas as pd
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


ROWS = 200
UNREADABLE = {"number", "decimal_sign", "date", "impossible_date", "boolean"}


@pytest.fixture
def validation(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("reads what Linux tells of processes")
    monkeypatch.syspath_prepend(SCRIPT.parent)
    return import_module("validation")


@pytest.fixture
def tables(validation, tmp_path):
    """A clean and a faulty table, what was planted, and their definitions."""
    return validation.ready(tmp_path, ROWS)


def cells(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle, strict=True))


def test_what_is_planted_is_what_differs(tables):
    header, *clean = cells(tables / "clean.csv")
    same, *faulty = cells(tables / "faulty.csv")
    assert header == same
    assert [len(row) for row in (*clean, *faulty)] == [40] * (2 * ROWS)
    differ = {(i, header[j]) for i in range(ROWS) for j in range(40) if clean[i][j] != faulty[i][j]}
    planted = pd.read_parquet(tables / "planted.parquet")
    places = list(zip(planted["row"], planted["column"], strict=True))
    assert len(places) == len(set(places))
    assert differ < set(places)
    untouched = planted[[place not in differ for place in places]]
    assert set(untouched["rule"]) == {"duplicate_key"}  # the row whose key another one took
    assert len(untouched) * 2 == (planted["rule"] == "duplicate_key").sum()
    assert set(planted["rule"]) == {
        *UNREADABLE, "id", "required", "duplicate_key", "pattern", "unknown_code", "min", "max",
        "end_after_start", "invoiced_within_price",
    }  # fmt: skip


def test_the_tables_of_a_seed_are_the_same(validation, tables, tmp_path):
    again = validation.ready(tmp_path / "again", ROWS)
    for name in ("clean.csv", "faulty.csv"):
        assert (again / name).read_bytes() == (tables / name).read_bytes()


def test_ours_finds_what_was_planted_and_nothing_else(validation, tables):
    told = validation.measure("ours", tables, "faulty")
    planted = len(pd.read_parquet(tables / "planted.parquet"))
    assert planted > 0.01 * ROWS * 40
    assert (told["found"], told["planted"], told["wrong"], told["missed"]) == (planted, planted, 0, {})
    clean = validation.measure("ours", tables, "clean")
    assert (clean["found"], clean["planted"], clean["wrong"]) == (0, 0, 0)


def test_plain_pandera_misses_what_cannot_be_read_and_nothing_else(validation, tables):
    told = validation.measure("text", tables, "faulty")
    assert told["wrong"] == 0
    assert set(told["missed"]) == UNREADABLE
    assert told["found"] + sum(told["missed"].values()) == told["planted"]
    assert validation.measure("text", tables, "clean")["wrong"] == 0
    assert "ended" in validation.measure("typed", tables, "faulty")
    assert validation.measure("typed", tables, "clean")["wrong"] == 0


def test_a_way_whose_package_is_missing_is_left_out(validation, tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "find_spec", lambda name: None)
    given = Namespace(only=["frictionless"], rows=ROWS, rounds=1)
    found = validation.compare(tmp_path, given)
    assert found == {"frictionless": {"left out": "needs frictionless: `pip install dihkpi[benchmarks]`"}}
    (line,) = [line for line in validation.table(found, given) if "left out" in line]
    assert "dihkpi[benchmarks]" in line
    assert not list(validation.goals(found, given))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of processes")
def test_the_table_of_validation_comes_out(tmp_path):
    out = tmp_path / "table.md"
    script = SCRIPT.with_name("validation.py")
    command = [sys.executable, script, "--rows", ROWS, "--only", "ours", "text", "--out", out]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in out.read_text(encoding="utf-8").splitlines() if "**" in line]
    assert [row[-1] for row in rows if len(row) == 4] == ["no verdict", "no verdict", "no verdict", "reached"]
