"""The same five responses in the files of eight tools: one answer table, written here by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError
from dihkpi.intake.submission import read_submission

MISSING = (None, None, None, "missing")


def code(value: str) -> tuple[object, ...]:
    return value, None, None, "answered"


def number(value: float) -> tuple[object, ...]:
    return None, value, None, "answered"


def text(value: str) -> tuple[object, ...]:
    return None, None, value, "answered"


# What each hub answered: q1, the options of q2 (tbi, skills, fund), q3, q4, both rows of q5, d1.
ANSWERS: dict[str, tuple[tuple[object, ...], ...]] = {
    "AT-001": (code("l3"), code("1"), code("1"), code("0"), number(12.5), text('He said "fine"; ok, yes'),
               code("l2"), code("l3"), text("2024-01-31")),
    "DE-002": (code("l0"), code("0"), code("0"), code("0"), number(0), text("line one\nline two"),
               code("l0"), MISSING, text("2024-03-04")),
    "FR-003": (code("l2"), code("0"), code("0"), code("1"), number(1234.56), text('=HYPERLINK("http://x","y")'),
               code("l1"), code("l1"), MISSING),
    "EL-004": (code("l1"), code("1"), code("1"), code("1"), MISSING, text("Αθήνα <b>bold</b> & more"),
               code("l3"), code("l0"), text("2024-12-12")),
    "PL-005": (MISSING, MISSING, MISSING, MISSING, number(7), MISSING, MISSING, MISSING, text("2024-06-01")),
}  # fmt: skip
NAMES = [("q1", ""), ("q2", "tbi"), ("q2", "skills"), ("q2", "fund"), ("q3", ""), ("q4", ""), ("q5.a", ""),
         ("q5.b", ""), ("d1", "")]  # fmt: skip

# File: tool, tells none from missing, has d1, has the language, first response, time of all,
# columns of q1, q2.tbi and d1, row of the first response.
FILES = {
    "eusurvey_results.xlsx": ("eusurvey", False, True, True, "00000000-0000-4000-8000-000000000000",
                              "2024-07-01 09:00:00", "B", "C", "H", 5),
    "eusurvey_results_shortnames.xlsx": ("eusurvey", False, True, True, "00000000-0000-4000-8000-000000000000",
                                         "2024-07-01 09:00:00", "B", "C", "H", 5),
    "eusurvey_results.xml": ("eusurvey", False, True, True, "00000000-0000-4000-8000-000000000000",
                             "2024-07-01 09:00:00", "F", "G", "L", 1),
    "limesurvey_results_comma.csv": ("limesurvey", False, True, True, "1", "2024-07-01 09:00:00", "I", "J", "R", 2),
    "limesurvey_results_rpc_semicolon.csv": ("limesurvey", False, True, True, "1", "2024-07-01 09:00:00",
                                             "I", "J", "R", 2),
    "limesurvey_results_emcode.csv": ("limesurvey", False, True, True, "1", "2024-07-01 09:00:00", "I", "J", "R", 2),
    "kobo_xml_values_both.csv": ("kobo", True, True, False, "1000", "2024-07-01 07:00:05", "D", "F", "M", 2),
    "kobo_xml_values_groups.csv": ("kobo", True, True, False, "1000", "2024-07-01 07:00:05", "D", "F", "M", 2),
    "kobo_xml_values_single.csv": ("kobo", False, True, False, "1000", "2024-07-01 07:00:05", "D", "E", "J", 2),
    "qualtrics_numeric.csv": ("qualtrics", False, True, True, "R_000000000000000", "2024-07-01 09:00:01",
                              "K", "L", "Q", 4),
    "msforms.xlsx": ("msforms", False, True, False, "1", "2024-07-01 09:00:00", "H", "I", "N", 2),
    "googleforms.csv": ("googleforms", False, True, False, None, "2024-07-01 09:00:00", "C", "D", "I", 2),
    "spss.sav": ("spss", True, False, False, None, None, "B", "C", "", 2),
}  # fmt: skip


def expected(told: bool, dated: bool) -> dict[tuple[str, ...], tuple[object, ...]]:
    table = {(hub, *name): value for hub, values in ANSWERS.items() for name, value in zip(NAMES, values, strict=True)}
    for option in ("tbi", "skills", "fund"):
        table["DE-002", "q2", option] = code("0") if told else MISSING
    if not dated:
        table |= {(hub, "d1", ""): MISSING for hub in ANSWERS}
    return table


def test_every_result_file_is_here(shared: Path) -> None:
    found = {p.name for p in (shared / "survey_fixtures").iterdir() if p.suffix in (".xlsx", ".csv", ".xml", ".sav")}
    assert found == {*FILES, "xlsform.xlsx", "eusurvey_meta_headers_24_languages.csv"}


@pytest.mark.parametrize("name", FILES)
def test_all_files_give_one_table(name: str, shared: Path, read: Callable[..., Any]) -> None:
    if name.endswith(".sav"):
        pytest.importorskip("pyreadstat")
    tool, told, dated, language, response, moment, q1, q2, d1, first_row = FILES[name]
    found = read(shared / "survey_fixtures" / name)
    assert found.tool == tool
    assert found.values("value_code", "value_num", "value_text", "status") == expected(told, dated)
    assert len(found.table) == 45
    assert set(found.table["respondent"]) == set(ANSWERS)

    places = found.values("source_column", "source_row", "source_file")
    breaks = [0, 0, 1, 1, 1] if name.endswith(".csv") else [0] * 5  # the text of DE-002 has two lines
    for i, hub in enumerate(ANSWERS):
        assert places[hub, "q1", ""] == (q1, first_row + i + breaks[i], name)
        assert places[hub, "q2", "tbi"][0] == q2
        assert places[hub, "d1", ""][0] == d1

    rows = found.part.accepted
    assert list(rows["language"].dropna()) == (["de", "en", "fr", "el", "pl"] if language else [])
    assert {str(m) for m in found.table["submitted_at"].dropna()} == ({moment} if moment else set())
    if response:
        assert rows["response"].iloc[0] == response
    else:
        assert rows["response"].str.fullmatch("[0-9a-f]{16}").all()
    assert rows["response"].nunique() == 5


@pytest.mark.parametrize("name", FILES)
def test_nothing_but_what_a_format_lacks_is_an_issue(name: str, shared: Path, read: Callable[..., Any]) -> None:
    if name.endswith(".sav"):
        pytest.importorskip("pyreadstat")
    lacking = [("missing_column", "")] if name == "spss.sav" else []
    assert read(shared / "survey_fixtures" / name).issues == lacking


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_survey_need_not_be_named(name: str, shared: Path, survey: Definitions) -> None:
    if name.endswith(".sav"):
        pytest.importorskip("pyreadstat")
    (part,) = read_submission(shared / "survey_fixtures" / name, survey).parts
    assert part.match.label == f"dih_maturity › answers › {FILES[name][0]}"


@pytest.mark.parametrize("separator", [";", ", "])
def test_google_forms_joins_with_either(separator: str, shared: Path, tmp_path: Path, read: Callable[..., Any]) -> None:
    source = (shared / "survey_fixtures" / "googleforms.csv").read_text(encoding="utf-8")
    labels = "Test before invest|Skills and training|Access to funding"
    path = tmp_path / "google.csv"
    path.write_text(re.sub(f"({labels}), (?={labels})", rf"\1{separator}", source), encoding="utf-8")
    assert f"invest{separator}Skills" in path.read_text(encoding="utf-8")
    assert read(path).values("value_code", "value_num", "value_text", "status") == expected(False, True)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".csv")])
def test_one_wrong_cell_is_one_issue_at_that_cell(
    name: str, shared: Path, tmp_path: Path, read: Callable[..., Any]
) -> None:
    """A number where an answer should be, in the row of FR-003."""
    text = (shared / "survey_fixtures" / name).read_text(encoding="utf-8-sig")
    separator = ";" if name.startswith(("kobo", "limesurvey_results_rpc")) else ","
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    letter, first = FILES[name][6], FILES[name][9]
    (row,) = (row for row in rows if "FR-003" in row)
    row[ord(letter) - ord("A")] = "77"
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    (tmp_path / name).write_text(stream.getvalue(), encoding="utf-8", newline="")
    found = read(tmp_path / name)
    assert found.issues == [("answer", f"{letter}{first + 3}")]
    assert (found.validated.received, found.validated.n_accepted) == (5, 4)
    assert set(found.table["hub"]) == set(ANSWERS) - {"FR-003"}


@pytest.mark.parametrize(("name", "what"), [("xlsform.xlsx", "an XLSForm"),
                                            ("limesurvey_structure.txt", "the structure of a LimeSurvey")])  # fmt: skip
def test_questionnaires_are_no_answers(name: str, what: str, shared: Path, survey: Definitions) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_submission(shared / "survey_fixtures" / name, survey)
    assert f"it is a questionnaire ({what}), not its answers" in str(refused.value)
    assert refused.value.hint == "export the responses"
