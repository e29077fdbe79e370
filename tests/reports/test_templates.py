"""The templates keep the rules of the house, and the check that says so finds what breaks them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tests" / "tools" / "notebooks_clean.py"
GOOD = ROOT / "notebooks" / "hub_assessment.ipynb"


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, TOOL, folder], capture_output=True, text=True, check=False)


def test_the_templates_are_clean() -> None:
    done = check(ROOT / "notebooks")
    assert (done.returncode, done.stdout.strip()) == (0, "4 notebooks clean")


def test_every_report_has_its_template(definitions: Any) -> None:
    assert len(definitions.reports) == 4
    for report in definitions.reports.values():
        assert (ROOT / "notebooks" / report.template).is_file() and report.levels


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("\n".join("abcdefg"), "more than 6 lines"),
        ("import pandas as pd", "imports pandas"),
        ("from dihkpi import run", None),
        ("if code:\n    data", "computes (If)"),
        ("def f():\n    return 1", "computes (FunctionDef)"),
        ("[x for x in code]", "computes (ListComp)"),
    ],
)
def test_rules_on_cells(tmp_path: Path, source: str, fault: str | None) -> None:
    notebook = json.loads(GOOD.read_text(encoding="utf-8"))
    notebook["cells"][-1]["source"] = source
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    done = check(tmp_path)
    assert done.returncode == (fault is not None)
    assert (fault or "1 notebook clean") in done.stdout


def test_rules_on_notebooks(tmp_path: Path) -> None:
    notebook = json.loads(GOOD.read_text(encoding="utf-8"))
    notebook["cells"][0]["metadata"] = {}
    notebook["cells"][1] |= {"execution_count": 1, "outputs": [{"output_type": "stream"}]}
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    said = check(tmp_path).stdout
    for fault in ("0 cells tagged", "has stored outputs", "has an execution count"):
        assert f"x.ipynb: {'cell 2: ' if 'has' in fault else ''}{fault}" in said
    assert check(tmp_path / "nowhere").returncode == 1, "a walk that finds nothing is a fault"
