"""The survey of the result files, in the words of a definition, and a way to read any file as its answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.intake.answer_table import answer_table
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, ValidatedPart, validate

SURVEY = """
survey: dih_maturity
version: v1
title: DIH maturity
reference: a made-up survey
answer_types:
  level:
    label: level
    codes: {l0: Not started, l1: Planned, l2: Pilot, l3: In use}
  services:
    label: services
    multiple: true
    codes: {tbi: Test before invest, skills: Skills and training, fund: Access to funding}
questions:
  q1: Digital strategy in place?
  q2: Services offered
  q5: Skills
forms:
  answers:
    title: One response a row
    kind: answers
    key: [hub]
    hub: hub
    respondent: {kind: hub, id: hub}
    columns:
      hub: {type: id, label: Hub id, required: true}
      response: {type: text}
      submitted_at: {type: datetime}
      language: {type: text}
      q3: {type: decimal, label: SMEs served (thousand), min: 0}
      q4: {type: text, label: Comment}
      d1: {type: date, label: Date of last review}
    items: items.csv
    layouts:
      qualtrics:
        title: numeric export
        tool: qualtrics
        coding:
          level: {"1": l0, "2": l1, "3": l2, "4": l3}
          services: {"1": tbi, "2": skills, "3": fund}
"""
ITEMS = """code,question,type,label
q1,q1,level,Digital strategy in place?
q2,q2,services,Services offered
q5.a,q5,level,Management
q5.b,q5,level,Staff
"""

Rows = Sequence[Sequence[Any]]
Folder = Callable[..., Definitions]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Definitions with the survey, some words of it exchanged."""
    made: dict[tuple[str, str, str], Definitions] = {}

    def make(*, items: str = ITEMS, scoring: str = "", **exchanged: str) -> Definitions:
        text = SURVEY
        for old, new in (pair.split("=>") for pair in exchanged.values()):
            assert old in text, old
            text = text.replace(old, new)
        if (text, items, scoring) not in made:
            root = tmp_path_factory.mktemp("definitions")
            place = root / "surveys" / "dih_maturity" / "v1"
            place.mkdir(parents=True)
            (place / "survey.yaml").write_text(text, encoding="utf-8")
            (place / "items.csv").write_text(items, encoding="utf-8")
            if scoring:
                (place / "scoring.yaml").write_text(scoring, encoding="utf-8")
            made[text, items, scoring] = load_definitions(root)
        return made[text, items, scoring]

    return make


@pytest.fixture(scope="session")
def survey(folder: Folder) -> Definitions:
    return folder()


@dataclass(frozen=True)
class Read:
    """A file that was read."""

    validated: Validated
    table: pd.DataFrame

    @property
    def part(self) -> ValidatedPart:
        (part,) = self.validated.parts
        return part

    @property
    def tool(self) -> str:
        return self.part.match.layout_name

    @property
    def issues(self) -> list[tuple[str, str]]:
        """Rule and cell of each issue."""
        found = self.validated.issues
        return list(zip(found["rule"], found["cell"], strict=True))

    def values(self, *columns: str) -> dict[tuple[str, ...], tuple[object, ...]]:
        """(hub, item, option) to some columns of the answers."""
        plain = self.table.astype(object).where(self.table.notna(), None)
        keys = plain[["hub", "item", "option"]].itertuples(index=False, name=None)
        return dict(zip(keys, plain[list(columns)].itertuples(index=False, name=None), strict=True))

    def of(self, hub: str, item: str) -> dict[str, tuple[object, ...]]:
        """Option to code and status of one hub's item."""
        return {o: v for (h, i, o), v in self.values("value_code", "status").items() if (h, i) == (hub, item)}


@pytest.fixture
def read(survey: Definitions) -> Callable[..., Read]:
    def run(path: Path, definitions: Definitions | None = None) -> Read:
        loaded = definitions or survey
        validated = validate(read_submission(path, loaded, survey="dih_maturity"), loaded)
        assert validated.received == validated.n_accepted + validated.n_quarantined
        return Read(validated, answer_table(validated.parts[0], loaded))

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A CSV, or a workbook when sheets have names; rows of a workbook may begin further down."""

    def run(rows: Rows | dict[str, Rows], separator: str = ",", encoding: str = "utf-8") -> Path:
        if isinstance(rows, dict):
            book = openpyxl.Workbook()
            book.remove(book.active)
            for name, lines in rows.items():
                sheet = book.create_sheet(name)
                for line in lines:
                    sheet.append(list(line))
            book.save(tmp_path / "a.xlsx")
            return tmp_path / "a.xlsx"
        stream = io.StringIO()
        csv.writer(stream, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
        (tmp_path / "a.csv").write_bytes(stream.getvalue().encode(encoding))
        return tmp_path / "a.csv"

    return run
