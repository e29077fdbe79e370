"""A tiny folder of definitions that is right, to break in one place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dihkpi.cli import main
from dihkpi.definitions import Definitions, load_definitions
from dihkpi.definitions.locate import bundled_root
from dihkpi.errors import DefinitionError

SURVEY = """\
survey: mini
version: v1
title: Mini
reference: ours
answer_types:
  tick: {label: tick box, codes: {"0": not ticked, "1": ticked}}
questions: {q1: First}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent]
    respondent: {name: name}
    columns:
      name: {type: text, required: true}
      size: {type: code, codes: sizes}
      price: {type: money, min: 0}
    items: items.csv
    rules:
      cheap: {brief: It is cheap., check: price <= 10}
    layouts:
      export:
        title: Export
        headers: {name: Name}
        coding: {tick: {"no": "0", "yes": "1"}}
"""
FILES = {
    "surveys/mini/v1/survey.yaml": SURVEY,
    "surveys/mini/v1/items.csv": "code,question,type,label\na,q1,tick,A\nb,q1,tick,B\n",
    "surveys/mini/v1/scoring.yaml": """\
reference: ours
points:
  tick: {"0": 0, "1": 1}
nodes:
  overall: {label: Overall, of: [one], bands: mini}
  one: {label: One, items: {question: q1}}
bands:
  mini: {edges: [50], codes: {low: Low, high: High}}
options:
  edges: {about: Edges., default: ["50"], sets: bands.mini.edges}
  strict: {about: Missing., default: "no", choices: {"no": {}, "yes": {nodes: {one: {missing: zero}}}}}
""",
    "surveys/mini/v1/indicators.yaml": """\
mean_score: {name: Score, definition: Mean., unit: points, kind: index, of: scores, score: overall}
answers: {name: Answers, definition: Rows., unit: answers, kind: flow, of: answers, count: rows}
""",
    "surveys/mini/v1/examples.yaml": """\
- {name: all ticked, fill: {tick: "1"}, expect: {overall: 100}}
""",
    "schemas/codelists/sizes.csv": "code,label\ns,Small\nl,Large\n",
    "schemas/levels.yaml": "hub: {title: Hub, source: hub}\n",
    "notebooks/reports.yaml": "{}\n",
}


class Folder:
    """The folder; ``write`` and ``edit`` change it, ``load`` reads it and nothing else."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace one piece of text in the one file whose name ends so."""
        (path,) = (path for path in self.root.rglob("*.*") if path.as_posix().endswith(name))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def load(self) -> Definitions:
        return load_definitions(self.root)

    def problems(self) -> list[str]:
        with pytest.raises(DefinitionError) as fault:
            self.load()
        return list(fault.value.problems)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The tiny folder, read without the bundled definitions but for the shape of the table of scores."""
    bundled = tmp_path / "bundled"
    (bundled / "schemas/tables").mkdir(parents=True)
    shutil.copy(bundled_root() / "schemas/tables/scores.yaml", bundled / "schemas/tables")
    monkeypatch.setattr("dihkpi.definitions.loader.bundled_root", lambda: bundled)
    return Folder(tmp_path / "mini")


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Path], tuple[int, str]]:
    """`dihkpi check` on a folder: its exit code and what it says."""

    def run(folder: Path) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["dihkpi", "check", "--definitions", str(folder)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), capsys.readouterr().err

    return run


@pytest.fixture
def write_yaml(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """One YAML file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "a.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
