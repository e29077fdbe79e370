"""The example of the page about composites, exactly as it stands there, and the pages about methods."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.scoring.registry import METHODS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "composites.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the page, written where their first line says."""
    blocks = re.findall(r"```(?:yaml|csv)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 5
    for name, content in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", line.split())
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code


@pytest.mark.slow
def test_the_example_of_the_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.findall(r"^dihkpi .+$", PAGE, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        run(command, monkeypatch)
    scores = pd.read_csv(folder / "scores" / "scores.csv").set_index(["code", "dimension"])
    assert scores.loc["Alfa", "value"].to_dict() == pytest.approx(dict.fromkeys(scores.loc["Alfa"].index, 0.5))
    assert (scores.loc["Beta", "value"] == 1).all()
    gamma = scores.loc["Gamma", "value"].to_dict()
    assert gamma == pytest.approx({"overall": 0.75 ** (1 / 3), "health": 1, "education": 0.75, "living": 1})
    assert scores.loc[("Delta", "education"), ["n_items", "n_answered"]].tolist() == [2, 1]
    bands = scores["band"].dropna().to_dict()
    assert bands == {("Alfa", "overall"): "low", ("Beta", "overall"): "very_high", ("Gamma", "overall"): "very_high",
                     ("Delta", "overall"): "low"}  # fmt: skip
    fully = pd.read_csv(folder / "fully" / "scores.csv").set_index(["code", "dimension"])
    assert fully.loc[("Gamma", "overall"), "value"] == pytest.approx(2.75 / 3)
    assert "0.9086" in PAGE and "0.9167" in PAGE
    parts = pd.read_csv(folder / "fully" / "contributions.csv").groupby(["code", "node"])["contribution"].sum()
    assert parts.to_dict() == pytest.approx(fully["value"].to_dict(), abs=1e-9)
    assert (folder / "scores" / "steps.parquet").is_file()


@pytest.mark.slow
def test_a_worked_example_that_does_not_come_out_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "definitions/surveys/development/v1/examples.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("living: 0.5", "living: 0.6"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["dihkpi", "check", "--definitions", "definitions"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "development/v1/examples.yaml › halfway › living: 0.5 instead of 0.6" in capsys.readouterr().err


@pytest.mark.parametrize("step", METHODS)
def test_every_method_is_on_the_page_of_its_step(step: str) -> None:
    page = (DOCS / "methods" / f"{step}.md").read_text(encoding="utf-8")
    for method in METHODS[step]:
        assert f"`{method}`" in page, method
    assert "When to use it" in page and "When not" in page and "Source" in page
    assert f"({step}.md)" in (DOCS / "methods" / "README.md").read_text(encoding="utf-8")


def test_links_of_the_pages_lead_somewhere() -> None:
    pages = [DOCS / "composites.md", *sorted((DOCS / "methods").glob("*.md"))]
    assert len(pages) >= 11
    for page in pages:
        for link in re.findall(r"\]\(([^)h#][^)#]*)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), (page.name, link)
