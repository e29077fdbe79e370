"""Qualtrics, Microsoft Forms, Google Forms and SPSS."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dihkpi.definitions import Definitions

Folder = Callable[..., Definitions]
Read = Callable[..., Any]
Write = Callable[..., Path]
MOMENT = dt.datetime(2024, 7, 1, 9, 0)
YES_YES_NO = {"tbi": ("1", "answered"), "skills": ("1", "answered"), "fund": ("0", "answered")}


QUALTRICS = ["StartDate", "Status", "Finished", "RecordedDate", "ResponseId", "UserLanguage", "hub", "q1", "q2", "q3",
             "q4", "q5_1", "q5_2", "d1"]  # fmt: skip
Q_TEXTS = ["Start Date", "Response Type", "Finished", "Recorded Date", "Response ID", "User Language", "Hub id",
           "Digital strategy in place?", "Services offered", "SMEs served (thousand)", "Comment", "Skills - Management",
           "Skills - Staff", "Date of last review"]  # fmt: skip
Q_ROW = ["2024-07-01 08:50:00", "0", "1", "2024-07-01 09:00:01", "R_1", "DE", "AT-001", "4", "1,2", "12.5", "fine",
         "3", "4", "2024-01-31"]  # fmt: skip
Q_IDS = [json.dumps({"ImportId": f"QID{i}"}) for i in range(len(QUALTRICS))]


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8-sig"), ("\t", "utf-16"), ("\t", "utf-8")])
def test_qualtrics_previews_and_unfinished_are_kept_apart(
    separator: str, encoding: str, write: Write, read: Read
) -> None:
    rows = [QUALTRICS, Q_TEXTS, Q_IDS, Q_ROW]
    for i, (status, finished) in enumerate([("1", "1"), ("Survey Preview", "True"), ("0", "0"), ("0", "False")]):
        rows.append([Q_ROW[0], status, finished, *Q_ROW[3:6], f"DE-00{i}", *Q_ROW[7:]])
    found = read(write(rows, separator, encoding))
    assert found.issues == [("kept_apart", "B5"), ("kept_apart", "B6"), ("kept_apart", "C7"), ("kept_apart", "C8")]
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.of("AT-001", "q5.a") == {"": ("l2", "answered")}


def test_qualtrics_older_exports_have_two_header_rows(write: Write, read: Read) -> None:
    names = ["V1", "V2", "V3", "V4", "V5", *QUALTRICS[6:]]
    texts = ["ResponseID", "IPAddress", "StartDate", "EndDate", "Finished", *Q_TEXTS[6:]]
    row = ["R_1", "192.0.2.1", "2024-07-01 08:50:00", "2024-07-01 09:00:00", "1", *Q_ROW[6:]]
    found = read(write([names, texts, row]))
    assert found.tool == "qualtrics"
    assert found.part.accepted["response"].tolist() == ["R_1"]
    assert str(found.part.accepted["submitted_at"].iloc[0]) == "2024-07-01 09:00:00"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == [("personal_dropped", "")]


def test_qualtrics_one_column_per_option(write: Write, read: Read) -> None:
    texts = [f"Services offered - Selected Choice - {o}" for o in ("Test before invest", "Skills and training",
                                                                   "Access to funding")]  # fmt: skip
    names, labels = [
        [*row[:8], *new, *row[9:]] for row, new in ((QUALTRICS, ["q2_1", "q2_2", "q2_3"]), (Q_TEXTS, texts))
    ]
    row = [*Q_ROW[:8], "1", "2", "", *Q_ROW[9:]]
    found = read(write([names, labels, [json.dumps({"ImportId": f"QID{i}"}) for i in range(len(names))], row]))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == []


def test_qualtrics_number_without_a_meaning_is_an_issue(write: Write, read: Read) -> None:
    row = [*Q_ROW]
    row[7], row[8] = "9", "1,7"
    found = read(write([QUALTRICS, Q_TEXTS, Q_IDS, row]))
    assert found.issues == [("answer", "H4"), ("unknown_code", "I4")]


GERMAN = ["ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"]
FORM = ["Hub id", "Digital strategy in place?", "Services offered", "SMEs served (thousand)", "Comment\u00a0",
        "Management", "Staff", "Date of last review\u00a0"]  # fmt: skip
FORM_ROW = ["AT-001", "In use", "Test before invest;Skills and training;", 12.5, "fine", "Pilot", "In use",
            dt.datetime(2024, 1, 31)]  # fmt: skip


def test_microsoft_forms_in_german(write: Write, read: Read) -> None:
    row = [1, MOMENT, MOMENT, "ann@example.org", "Ann Example", *FORM_ROW]
    found = read(write({"Tabelle1": [[*GERMAN, *FORM], row]}))
    assert found.tool == "msforms"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == [("personal_dropped", "")]
    assert found.validated.issues["message"].tolist() == ["columns about persons were dropped: E-Mail, Name"]
    assert "ann" not in found.part.accepted.to_csv().casefold()


def test_microsoft_forms_last_change_in_any_language(write: Write, read: Read) -> None:
    head = [*GERMAN, "Zeitpunkt der letzten Änderung", *FORM]
    found = read(write({"Tabelle1": [head, [1, MOMENT, MOMENT, "anonymous", None, MOMENT, *FORM_ROW]]}))
    assert found.issues == []


def test_google_forms_in_another_language(write: Write, read: Read) -> None:
    head = ["Χρονική σήμανση", "Διεύθυνση", *FORM[:5], "Skills [Management]", "Skills [Staff]", FORM[7]]
    row = ["2024/07/01 9:00:00 AM GMT+2", "ann@example.org", *FORM_ROW[:7], "2024-01-31"]
    found = read(write([head, row]))
    assert found.tool == "googleforms"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == [("personal_dropped", "")]


def test_google_forms_same_response_has_the_same_key_again(write: Write, read: Read) -> None:
    head = ["Timestamp", *FORM[:5], "Skills [Management]", "Skills [Staff]", FORM[7]]
    rows = [["2024/07/01 9:00:00 AM GMT+2", hub, *FORM_ROW[1:7], "2024-01-31"] for hub in ("AT-001", "DE-002")]
    first = read(write([head, *rows])).part.accepted["response"].tolist()
    assert first[0] != first[1]
    assert read(write([head, *rows[::-1]])).part.accepted["response"].tolist() == first[::-1]


def test_option_that_is_not_offered_any_more(write: Write, read: Read) -> None:
    """The rest is reported at its cell, with what may be meant; what else was chosen is kept."""
    head = ["Timestamp", *FORM[:5], "Skills [Management]", "Skills [Staff]", FORM[7]]
    row = ["2024/07/01 9:00:00 AM", *FORM_ROW[:2], "Test before invest, Acces to funding", *FORM_ROW[3:7], "2024-01-31"]
    found = read(write([head, row]))
    (issue,) = found.validated.issues.to_dict("records")
    assert (issue["rule"], issue["cell"], issue["value"]) == ("unknown_code", "D2", "Acces to funding")
    assert issue["hint"] == "did you mean 'Access to funding'?"


def test_spss_declared_missing_is_not_applicable(tmp_path: Path, read: Read) -> None:
    pyreadstat = pytest.importorskip("pyreadstat")
    import pandas as pd

    levels = {11.0: "Not started", 12.0: "In use", 99.0: "Does not apply"}
    frame = pd.DataFrame({
        "hub": ["AT-001", "DE-002"], "q1": [12.0, 99.0], "q2_tbi": [1.0, 99.0], "q2_skills": [0.0, 0.0],
        "q2_fund": [0.0, None], "q3": [1.5, 99.0], "q4": ["x", ""], "q5_a": [11.0, 12.0], "b": [11.0, 11.0],
    })  # fmt: skip
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        frame, path, column_labels={"b": "Skills: Staff"},
        variable_value_labels=dict.fromkeys(("q1", "q5_a", "b"), levels),
        missing_ranges={name: [99] for name in ("q1", "q2_tbi", "q3")},
    )  # fmt: skip
    found = read(path)
    values = found.values("value_code", "value_num", "status")
    assert values["AT-001", "q1", ""] == ("l3", None, "answered")
    assert values["AT-001", "q5.b", ""] == ("l0", None, "answered")
    assert values["DE-002", "q1", ""] == (None, None, "na")
    assert values["DE-002", "q3", ""] == (None, None, "na")
    assert values["DE-002", "q4", ""] == (None, None, "missing")
    assert found.of("DE-002", "q2") == {"tbi": (None, "na"), "skills": ("0", "answered"), "fund": (None, "missing")}


def test_declared_headers_and_dates_win(folder: Folder, write: Write, read: Read) -> None:
    declared = "    layouts:\n      google:\n        title: linked sheet\n        tool: googleforms\n" \
               "        dates: dmy\n        headers: {q5.a: Leitung, q5.b: Personal}\n"  # fmt: skip
    definitions = folder(switch=f"    layouts:\n=>{declared}")
    head = ["Zeitstempel", *FORM[:5], "Leitung", "Personal", FORM[7]]
    found = read(write([head, ["31.01.2024 09:00:00", *FORM_ROW[:7], "31.01.2024"]]), definitions)
    assert found.of("AT-001", "q5.a") == {"": ("l2", "answered")}
    assert found.values("value_text")["AT-001", "d1", ""] == ("2024-01-31",)
    assert found.issues == []
