"""The README's worked examples, exactly as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.definitions import load_definitions
from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
from dihkpi.errors import DefinitionError

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def dihkpi(*words: object, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "dihkpi", *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the README, written where their first line says."""
    blocks = re.findall(r"```(?:yaml|csv)\n# (\S+)\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 9
    for name, content in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_new_survey_is_checked_and_scored(folder: Path) -> None:
    dihkpi("check", "--definitions", "definitions", cwd=folder)
    dihkpi("score", "answers.csv", "--definitions", "definitions", "--out", "scores", cwd=folder)
    scores = pd.read_csv(folder / "scores" / "scores.csv").set_index(["code", "dimension"])["value"]
    # Alfa uses AI (2 of 2), plans none (0 of 2), is half trained: use 50, skills 50, overall (2 · 50 + 50) / 3
    assert scores["HR1"].to_dict() == {"overall": 50.0, "use": 50.0, "skills": 50.0}
    # Beta did not answer on skills, and `missing: zero` counts it as none
    assert scores["HR2"].to_dict() == {"overall": 0.0, "use": 0.0, "skills": 0.0}


@pytest.mark.slow
def test_a_new_kpi_level_and_report_reach_the_page(folder: Path) -> None:
    write_demo(folder / "mynetwork", hubs=1)
    options = ("--definitions", "definitions", "--period", DEMO_PERIOD)
    dihkpi("report", "mynetwork", "--region", "south", *options, cwd=folder, code=1)
    out = folder / "mynetwork" / "reports" / DEMO_PERIOD
    figures = pd.read_csv(out / "data" / "indicators.csv")
    found = figures[(figures["indicator"] == "ai_services") & figures["breakdown"].isna()]
    assert {"hub", "nuts2", "country", "network", "macro_region"} == set(found["level"])
    south = found[(found["level"] == "macro_region") & (found["period"] == DEMO_PERIOD)]
    hub = found[(found["level"] == "hub") & (found["period"] == DEMO_PERIOD)]
    assert south["value"].tolist() == hub["value"].tolist()
    assert "Southern Europe" in (out / "region" / "south" / "index.html").read_text(encoding="utf-8")


def test_the_message_about_wrong_definitions_is_the_one_that_comes(folder: Path) -> None:
    scoring = folder / "definitions/surveys/ai_check/v1/scoring.yaml"
    text = scoring.read_text(encoding="utf-8")
    scoring.write_text(text.replace("bands: three", "bands: thre").replace(', "2": 1', ""), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_definitions(folder / "definitions")
    shown = re.search(r"```\n(\d problems in definitions\n.*?)```", README, re.DOTALL)
    assert shown is not None
    assert str(caught.value).strip() == shown[1].strip()


def test_the_first_commands_are_targets_of_the_makefile() -> None:
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert commands == ["demo", "test"]
    assert all(re.search(rf"^{command}:", makefile, re.MULTILINE) for command in commands)


def test_every_page_that_the_readme_names_is_there() -> None:
    pages = re.findall(r"\]\(([^)h][^)]*)\)", README)
    assert len(pages) > 5
    for page in pages:
        assert (Path(__file__).parent.parent / page).is_file(), page
