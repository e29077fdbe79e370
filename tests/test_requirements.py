"""The list of requirements, and the tool that finds their tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parent / "tools" / "requirements.py"
MARKED = """
import pytest

@pytest.mark.requirement("R02", "R57")
@pytest.mark.parametrize("case", [1, 2])
def test_two_cases(case): ...
"""


def ask(tmp_path: Path, tests: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_marked.py").write_text(tests, encoding="utf-8")
    return subprocess.run([sys.executable, str(TOOL), str(tmp_path)], capture_output=True, encoding="utf-8", timeout=60)


def test_marks_are_counted_by_requirement(tmp_path: Path) -> None:
    told = ask(tmp_path, MARKED)
    lines = told.stdout.splitlines()
    assert told.returncode == 0, told.stderr
    assert [line[:3] for line in lines[:88]] == [f"R{number:02}" for number in range(1, 89)]
    assert [line[:3] for line in lines if line.endswith("test_two_cases")] == ["R02", "R57"]
    assert lines[-1] == "2 of 88 requirements have a test, 86 have none"


def test_a_mark_without_requirement_is_an_error(tmp_path: Path) -> None:
    told = ask(tmp_path, MARKED.replace("R57", "R89"))
    assert told.returncode == 1
    assert "unknown in requirements.csv: R89" in told.stderr


def test_tests_that_cannot_be_collected_are_an_error(tmp_path: Path) -> None:
    assert ask(tmp_path, "import no_such_module").returncode == 1
