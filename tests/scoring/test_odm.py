"""The Open Data Maturity questionnaire of 2023: a foreign survey, its own workbooks, its own published points."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, validate
from dihkpi.scoring.score import score

COUNTRIES = ("AT", "FI", "PL")
HEADER = ["ID", "Question", "Answer", "Justification", "Guide to Answering", "", "", "Mark Question", "Score"]


@pytest.fixture(scope="module")
def odm(shared: Path) -> Path:
    return shared / "data" / "odm2023"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def node_of(question: str) -> str:
    """Questions 1 to 4 have the numbers of dimensions."""
    return f"q{question}" if question in ("1", "2", "3", "4") else question


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_published_figure_is_exact(country: str, odm: Path, tmp_path: Path, monkeypatch) -> None:
    path = odm / f"{country}_odm2023.xlsx"
    monkeypatch.setattr("sys.argv", ["dihkpi", "score", str(path), "--survey", "odm_2023", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    scores = pd.read_csv(tmp_path / "scores.csv", dtype={"dimension": str}).set_index("dimension")
    (expected,) = (row for row in rows_of(odm / "expected_scores.csv") if row["cc"] == country)
    names = [name.removesuffix("_calc") for name in expected if name.endswith("_calc")]
    assert len(names) == 22
    for name in names:
        node = {"total": "overall"}.get(name, name.removeprefix("D"))
        assert scores["points"][node] == float(expected[f"{name}_calc"]), name
    answers = [row for row in rows_of(odm / "expected_answers.csv") if row["cc"] == country]
    assert len(answers) == 161
    for row in answers:
        assert scores["points"][node_of(row["q"])] == float(row["points_stated"]), row["q"]
    assert (scores["max_points"] > 0).all()
    assert scores["value"].to_numpy() == pytest.approx((100 * scores["points"] / scores["max_points"]).to_numpy())
    assert scores["max_points"]["overall"] == sum(
        {row["q"]: float(row["max_points"]) for row in rows_of(odm / "scoring_rules.csv") if row["points"]}.values()
    )


@pytest.mark.parametrize("country", COUNTRIES)
def test_points_that_differ_from_the_rule_are_findings(country: str, odm: Path, definitions: Definitions) -> None:
    result = validate(read_submission(odm / f"{country}_odm2023.xlsx", definitions), definitions)
    differing = [
        (int(row["row"]), f"I{row['row']}")
        for row in rows_of(odm / "expected_answers.csv")
        if row["cc"] == country and row["points_rule"] != row["points_stated"]
    ]
    found = result.issues[result.issues["rule"] == "points_by_the_rule"]
    assert list(zip(found["row"], found["cell"], strict=True)) == differing
    assert set(result.issues["rule"]) <= {"points_by_the_rule"}
    assert (result.received, result.n_accepted) == (1, 1)


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_rule_alone_gives_the_points_of_the_rule(country: str, odm: Path, definitions: Definitions) -> None:
    survey = definitions.survey("odm_2023")
    accepted = validate(read_submission(odm / f"{country}_odm2023.xlsx", definitions), definitions).accepted
    scores = score(accepted[("odm_2023", "answers")], survey, definitions, options={"points_from": "rule"})
    points = scores.set_index("dimension")["points"]
    answers = [row for row in rows_of(odm / "expected_answers.csv") if row["cc"] == country]
    for row in answers:
        assert points[node_of(row["q"])] == float(row["points_rule"]), row["q"]
    assert points["overall"] == sum(float(row["points_rule"]) for row in answers)


def test_the_points_are_those_of_the_template(odm: Path, definitions: Definitions) -> None:
    survey = definitions.survey("odm_2023")
    labels = {item.code: survey.answer_types[item.type].codes for item in survey.form("answers").items}
    ours = {
        (item.removeprefix("q"), labels[item][code].casefold(), points)
        for item, table in survey.scoring().item_points.items()
        for code, points in table.items()
    }
    theirs = {(r["q"], r["answer"], float(r["points"])) for r in rows_of(odm / "scoring_rules.csv") if r["answer"]}
    assert ours == theirs
    structure = {(row["q"], row["indicator"], row["dimension"]) for row in rows_of(odm / "structure.csv")}
    nodes = survey.scoring().nodes
    parent = {child: code for code, node in nodes.items() for child in node.of}
    scored = {question for question, _, _ in theirs}
    for question, indicator, dimension in structure:
        if question in scored:
            assert parent[node_of(question)] == indicator
            above = parent[indicator]
            assert (above if above != "Ind2_3" else parent[above]) == dimension
    assert sum(1 for node in nodes.values() if node.items) == len(scored) == 161


def test_personal_data_of_the_respondent_is_not_read(odm: Path, definitions: Definitions) -> None:
    accepted = validate(read_submission(odm / "AT_odm2023.xlsx", definitions), definitions).accepted
    frame = accepted[("odm_2023", "answers")]
    assert frame["respondent"].tolist() == ["Austria"]
    assert not {"person", "position", "email"} & set(frame.columns)
    assert not any("justification" in name for name in frame.columns)


# A workbook as countries fill it in, made by hand


def workbook(path: Path, change: Callable[[list[list[Any]]], None] = lambda rows: None) -> Path:
    """Two dimensions of the questionnaire with a small table in between; all points add up."""
    rows: list[list[Any]] = [
        HEADER,
        ["", "", "", "", "", "", "", "Total Score:", 90],
        ["", "Respondent Information"],
        HEADER,
        [1, "What is your country?", "N/A", "Atlantis"],
        [2, "What is your organisation?", "N/A", "Ministry of the Sea"],
        ["", "Dimension 1: Open Data Policy", "", "", "", "", "", "", 80],
        HEADER,
        [1, "Is there a policy?", "yes", "1. It is law.", "", "", "", "", 30],
        [2, "Is there a strategy?", "Not  Applicable ", "", "", "", "", "", 30],
        ["10a", "Started?", "Yes", "", "", "", "", "", 20],
        ["", "Categories", "Organisational", "Legal"],
        ["", "Geospatial", 4, 4, "", "", "", 2],
        ["", "Dimension 2: Open Data Impact", "", "", "", "", "", "", 10],
        ["Score", "ID", "Question", "Answer"],  # columns in another order from here on
        [10, 28, "A definition?", "YES"],
        [0, 29, "Interest?", "Select answer for Q29"],
    ]
    rows = [[*row] for row in rows]
    change(rows)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def check(tmp_path: Path, definitions: Definitions) -> Callable[..., Validated]:
    def call(change: Callable[[list[list[Any]]], None] = lambda rows: None) -> Validated:
        path = workbook(tmp_path / "atlantis.xlsx", change)
        return validate(read_submission(path, definitions, survey="odm_2023"), definitions)

    return call


def found(result: Validated) -> list[tuple[str, str]]:
    issues = result.issues[~result.issues["rule"].isin(["missing_column", "missing_question"])]
    return list(zip(issues["rule"], issues["cell"], strict=True))


def points(result: Validated, definitions: Definitions) -> dict[str, float]:
    frame = result.accepted[("odm_2023", "answers")]
    scores = score(frame, definitions.survey("odm_2023"), definitions)
    return scores.set_index("dimension")["points"].to_dict()


def test_tables_in_between_and_moved_columns_are_no_trouble(check, definitions: Definitions) -> None:
    result = check()
    assert found(result) == []
    reached = points(result, definitions)
    assert (reached["overall"], reached["1"], reached["2"]) == (90, 80, 10)
    assert (reached["q1"], reached["q2"], reached["10a"], reached["28"], reached["29"]) == (30, 30, 20, 10, 0)


def renamed(rows: list[list[Any]], name: str) -> None:
    for row in rows:
        row[:] = [name if cell == "ID" else cell for cell in row]


CHANGES: dict[str, tuple[Callable[[list[list[Any]]], Any], list[tuple[str, str]], float]] = {
    "an answer that is none": (lambda rows: rows[8].__setitem__(2, "yes!!! we do"), [("answer", "C9")], 90),
    "points beyond the rule": (
        lambda rows: (rows[10].__setitem__(8, 15), rows[6].__setitem__(8, 75), rows[1].__setitem__(8, 85)),
        [("points_by_the_rule", "I11")],
        85,
    ),
    "points that are no number": (lambda rows: rows[10].__setitem__(8, "twenty"),
                                  [("number", "I11")], 90),
    "a total that is none": (lambda rows: rows[1].__setitem__(8, 91), [("totals", "I2")], 90),
    "a question twice": (lambda rows: rows.insert(11, list(rows[10])), [("duplicate_column", "C12")], 90),
    "a question that does not exist": (lambda rows: rows[10].__setitem__(0, "10z"),
                                       [("totals", "I2"), ("totals", "I7"), ("unknown_column", "C11")], 70),
    "a number written with a letter before it": (lambda rows: rows[10].__setitem__(0, "Q10A "), [], 90),
    "no points stated": (lambda rows: rows[10].__setitem__(8, None), [], 90),
    "points that nobody can earn": (
        lambda rows: (rows[10].__setitem__(8, 300), rows[8].__setitem__(8, -30)),
        [("totals", "I2"), ("totals", "I7"), ("points_range", "I9"), ("points_range", "I11")],
        90,
    ),
    "a small table with numbers in front": (lambda rows: rows.insert(11, [2, "Geospatial", 4, 4]), [], 90),
    "a heading as a remark": (lambda rows: rows[8].__setitem__(5, "Dimension 2: we think"), [], 90),
    "instructions that name a dimension": (lambda rows: rows[5].__setitem__(3, "Dimension 1 team"), [], 90),
    "numbers as texts with a decimal": (lambda rows: (rows[8].__setitem__(0, "1.0"), rows[9].__setitem__(0, "2.0")),
                                        [], 90),
    "another word for the numbers": (lambda rows: renamed(rows, "No."), [], 90),
    "a country in two lines": (lambda rows: rows[4].__setitem__(3, "Atlantis\nthe island"), [], 90),
    "no country": (lambda rows: rows[4].__setitem__(3, None), [("no_respondent", "")], 90),
    "an answer that contradicts its points": (lambda rows: rows[8].__setitem__(2, "no"),
                                              [("points_by_the_rule", "I9")], 90),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_wrong_is_named_and_the_rest_counts(name: str, check, definitions: Definitions) -> None:
    change, expected, total = CHANGES[name]
    result = check(change)
    assert found(result) == expected
    assert (result.received, result.n_accepted) == (1, 1)
    assert points(result, definitions)["overall"] == total
    assert result.parts[0].answers_set_aside == sum(
        rule in ("answer", "number", "points_range") for rule, _ in expected
    )


def test_nothing_answered_is_said(check) -> None:
    def clear(rows: list[list[Any]]) -> None:
        for row in rows[8:]:
            row[2:] = ["Select answer for Q1" if column == 2 else "" for column in range(2, len(row))]

    assert "no_answers" in [rule for rule, _ in found(check(clear))]


def test_a_workbook_without_its_questions_is_refused(check) -> None:
    with pytest.raises(FileRefusedError) as fault:
        check(lambda rows: renamed(rows, "Key"))
    assert fault.value.rule == "unknown_layout"
    assert "'ID' and 'Answer'" in fault.value.hint


def test_of_two_sheets_the_one_that_is_seen_counts(tmp_path: Path, definitions: Definitions) -> None:
    path = workbook(tmp_path / "atlantis.xlsx")
    book = openpyxl.load_workbook(path)
    old = book.copy_worksheet(book.active)
    old.title, old.sheet_state = "old", "hidden"
    old["I9"], old["C9"] = 0, "no"
    book.move_sheet(old, -1)
    book.save(path)
    result = validate(read_submission(path, definitions, survey="odm_2023"), definitions)
    assert points(result, definitions)["q1"] == 30
    assert result.issues.loc[result.issues["rule"] == "duplicate_key", "sheet"].tolist() == ["old"]
