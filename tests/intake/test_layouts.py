"""Odd workbooks by layout files: headers in row 4, merged cells, totals, one question a row, one sheet each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dihkpi.definitions import load_definitions
from dihkpi.errors import DefinitionError
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, validate

SURVEY = """
survey: visits
version: v1
title: Visits
reference: made up
answer_types:
  agreement: {codes: {"0": "No", "1": "Yes"}, aliases: {Oui: "1"}}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent]
    respondent: {kind: sme, name: firm}
    columns:
      firm: {type: text, label: Firm}
      region: {type: text}
      visits: {type: integer, min: 0}
      spent: {type: money}
      done: {type: text}
    items: items.csv
    facets: {points: {type: decimal}, remark: {type: text}}
"""
ITEMS = "code,question,type,label\nuses_ai,q1,agreement,Uses AI\ntrains,q1,agreement,Trains staff\n"

LAYOUTS = {
    "row_four": """
        survey: visits
        form: answers
        title: headers in row 4
        headers: {firm: Name of the firm, region: Region, visits: Visits, spent: EUR, uses_ai: AI, trains: Training}
        only: true
        signature: [Name of the firm, Visits]
        header_row: 4
        below: 2
        until: [Total, Sum]
        fill_down: region
        apart: {State: [draft, ""]}
        missing: ["Please choose*", "?"]
        decimal: comma
        extra: keep
        """,
    "questions": """
        survey: visits
        form: answers
        title: one question a row
        sheet: Form*
        blocks:
          - {after: Part A, until: Part B, id: No, answer: Value, columns: {"1": firm, "2": visits}, ignore: ["9"]}
          - {after: Part B, id: No, answer: Value, prefix: q_, facets: {points: Pts, remark: Note},
             columns: {"1": uses_ai, "2": trains}}
        """,
    "card": """
        survey: visits
        form: answers
        title: one sheet per respondent
        sheet: Firm *
        cells:
          firm: {cell: B1}
          visits: {beside: "Number of visits"}
          spent: {beside: "Spent*", column: D}
          uses_ai: {beside: "Uses AI"}
          trains: {beside: "Trains staff"}
        """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "definitions"
    (home / "surveys/visits/v1").mkdir(parents=True)
    (home / "schemas/layouts").mkdir(parents=True)
    (home / "surveys/visits/v1/survey.yaml").write_text(SURVEY)
    (home / "surveys/visits/v1/items.csv").write_text(ITEMS)
    for name, text in LAYOUTS.items():
        (home / f"schemas/layouts/{name}.yaml").write_text(dedent(text))
    return home


@pytest.fixture
def check(folder: Path, files) -> Callable[..., Validated]:
    definitions = load_definitions(folder)

    def call(sheets) -> Validated:
        path = files.xlsx(sheets, "odd.xlsx")
        return validate(read_submission(path, definitions, survey="visits"), definitions)

    return call


def found(result: Validated) -> list[tuple[str, str, str]]:
    return list(result.issues[["sheet", "rule", "cell"]].itertuples(index=False, name=None))


ROW_FOUR = [
    ["Visits of the year"],
    ["printed", "2026-01-31"],
    [],
    ["Region", "Name of the firm", "Visits", "EUR", "AI", "Training", "State", "Colour"],
    ["(text)", "(text)", "(number)", "(amount)", "", "", "", ""],
    ["North", "Alfa", 3, "1.250,50", "Yes", "No", "final", "red"],
    ["", "Beta", 4, "7", "Please choose one", "Oui", "final", ""],
    ["South", "Gamma", -1, "7,5", "maybe", "?", "final", ""],
    ["", "Delta", 2, "1", "Yes", "Yes", "draft", ""],
    ["", "Epsilon", 2, "1", "Yes", "Yes", "", ""],
    ["Total", "", 10],
    ["prepared by", "somebody"],
]


def test_headers_in_row_four_with_all_that_stands_around_them(check) -> None:
    result = check({"Data": ROW_FOUR})
    assert found(result) == [
        ("Data", "answer", "E8"),
        ("Data", "min", "C8"),
        ("Data", "kept_apart", "G9"),
        ("Data", "kept_apart", "G10"),
    ]
    (part,) = result.parts
    assert (part.received, part.n_accepted) == (5, 2)
    assert part.accepted["firm"].tolist() == ["Alfa", "Beta"]
    assert part.accepted["region"].tolist() == ["North", "North"]
    assert part.accepted["spent"].tolist() == [1250.5, 7]
    assert part.accepted["uses_ai"].tolist()[0] == "1"
    assert part.accepted["uses_ai"].isna().tolist() == [False, True]
    assert part.accepted["trains"].tolist() == ["0", "1"]
    assert part.quarantined["source_row"].tolist() == [8, 9, 10]


def test_one_question_a_row(check) -> None:
    rows = [
        ["Part A"],
        ["No", "Question", "Value"],
        [1, "Firm?", "Alfa"],
        [2, "Visits?", "many"],
        [9, "Anything else?", "no"],
        ["Part B", "", "", 3],
        ["No", "Question", "Value", "Pts", "Note"],
        [1, "AI?", "yes", "2.5", "since 2024"],
        ["", "a small table", "a", "b"],
        ["Note", "No", "Value", "Pts"],
        ["in spring", "2.", "perhaps", "x"],
        ["", 3, "no", ""],
    ]
    result = check({"Form 2026": rows, "Notes": [["nothing here"]]})
    assert [entry for entry in found(result) if entry[1] != "missing_column"] == [
        ("Form 2026", "number", "C4"),
        ("Form 2026", "number", "D11"),
        ("Form 2026", "answer", "C11"),
        ("Form 2026", "unknown_column", "C12"),
    ]
    assert result.received == 1
    assert result.parts[0].quarantined["source_row"].tolist() == [3]
    rows[3][2], rows[10][2], rows[10][3] = "12", "Yes", "1"
    frame = check({"Form 2026": rows}).accepted[("visits", "answers")]
    assert frame[["firm", "visits", "uses_ai", "trains"]].values.tolist() == [["Alfa", 12, "1", "1"]]
    assert frame[["uses_ai@points", "trains@points"]].values.tolist() == [[2.5, 1.0]]
    assert frame[["uses_ai@remark", "trains@remark"]].values.tolist() == [["since 2024", "in spring"]]


def card(firm: str | None, visits: object, answer: str = "Yes") -> list[list[object]]:
    return [
        ["Firm", firm],
        [],
        ["", "Number of visits", "", visits],
        ["", "Spent in 2025", "EUR", 12.5],
        ["Uses AI", answer],
        ["Trains staff", "No"],
    ]


def test_one_sheet_per_respondent(check) -> None:
    result = check({"Firm A": card("Alfa", 3), "Firm B": card("Beta", "three"), "Summary": [["all", "is", "well"]]})
    assert [entry for entry in found(result) if entry[1] != "missing_column"] == [("Firm B", "number", "D3")]
    assert (result.received, result.n_accepted) == (2, 1)
    frame = result.accepted[("visits", "answers")]
    assert frame[["respondent", "visits", "spent", "uses_ai", "trains"]].values.tolist() == [
        ["Alfa", 3, 12.5, "1", "0"]
    ]
    doubled = check({"Firm A": card("Alfa", 3), "Firm B": card("Alfa", 4)})
    assert [entry for entry in found(doubled) if entry[1] != "missing_column"] == [("Firm B", "duplicate_key", "B1")]


def test_a_sheet_without_a_name_goes_by_its_own(check) -> None:
    result = check({"Firm A": card(None, 3), "Firm B": card("Beta", 4)})
    assert [entry for entry in found(result) if entry[1] != "missing_column"] == [("Firm A", "no_respondent", "")]
    assert result.accepted[("visits", "answers")]["respondent"].tolist() == ["Firm A", "Beta"]


PROBLEMS = {
    "unknown survey": ("survey: visits", "survey: visit", ["survey: unknown survey 'visit'", "did you mean 'visits'?"]),
    "unknown form": ("form: answers", "form: answer", ["form: unknown form 'answer'"]),
    "unknown version": ("form: answers", "form: answers\nversion: v2", ["version: unknown version 'v2'"]),
    "unknown field": ("decimal: comma", "decimals: comma", ["decimals: unknown field"]),
    "unknown column": ("fill_down: region", "fill_down: regions", ["unknown column 'regions'"]),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_wrong_layout_file_is_named_with_its_place(name: str, folder: Path) -> None:
    old, new, words = PROBLEMS[name]
    path = folder / "schemas/layouts/row_four.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DefinitionError) as fault:
        load_definitions(folder)
    text = str(fault.value)
    assert "row_four" in text
    assert all(word in text for word in words)
