"""LimeSurvey, KoboToolbox and ODK Central: every heading, several answers in each way; and what holds for all tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError

Folder = Callable[..., Definitions]
Read = Callable[..., Any]
Write = Callable[..., Path]
NO_ANSWER = dict.fromkeys(("tbi", "skills", "fund"), (None, "missing"))
NONE = dict.fromkeys(("tbi", "skills", "fund"), ("0", "answered"))
YES_YES_NO = {"tbi": ("1", "answered"), "skills": ("1", "answered"), "fund": ("0", "answered")}


LIME = ["id", "submitdate", "lastpage", "startlanguage", "seed", "hub", "q1", "q2[tbi]", "q2[skills]", "q2[fund]",
        "q3", "q4", "q5[a]", "q5[b]", "d1"]  # fmt: skip
LIME_ROW = ["1", "2024-07-01 09:00:00", "3", "de", "9", "AT-001", "l3", "Y", "Y", "", "12.5", "fine", "l2", "l3",
            "2024-01-31 00:00:00"]  # fmt: skip


@pytest.mark.parametrize("separator", [". ", ": ", " - "])
def test_limesurvey_code_and_text(separator: str, write: Write, read: Read) -> None:
    texts = ["Antwort-ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Seed", "Hub. id", "<b>Plan</b>?",
             "Dienste [Test]", "Dienste [q1. Kurse]", "Dienste [Geld]", "KMU", "Text", "a", "b", "Tag"]  # fmt: skip
    head = [f"{code}{separator}{text}" for code, text in zip(LIME, texts, strict=True)]
    found = read(write([head, LIME_ROW]))
    assert found.tool == "limesurvey"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.part.accepted["response"].tolist() == ["1"]
    assert found.part.accepted["language"].tolist() == ["de"]
    assert found.issues == []


def test_limesurvey_incomplete_responses_are_kept_apart(write: Write, read: Read) -> None:
    rows = [LIME, LIME_ROW, ["2", "", *LIME_ROW[2:5], "DE-002", *LIME_ROW[6:]]]
    found = read(write(rows))
    assert found.issues == [("kept_apart", "B3")]
    assert (found.validated.received, found.validated.n_accepted) == (2, 1)


def test_limesurvey_full_headings_by_text(write: Write, read: Read) -> None:
    head = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "Hub id",
            "Digital strategy\n\tin place?", "Services offered [Test before invest]",
            "Services offered [Skills and training]", "Services offered [Access to funding]", "SMEs served (thousand)",
            "Comment", "Skills [Management]", "Skills [Staff]", "<p>Date of last review</p>"]  # fmt: skip
    found = read(write([head, LIME_ROW]))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == []


def test_limesurvey_abbreviated_headings_are_refused(write: Write, read: Read, survey: Definitions) -> None:
    from dihkpi.intake.submission import read_submission

    head = [
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Hub id",
        "Digital str.. ",
        "Services of.. ",
    ]
    path = write([head, ["1", "2024-07-01 09:00:00", "3", "de", "AT-001", "l3", "Y"]])
    with pytest.raises(FileRefusedError) as refused:
        read_submission(path, survey)
    assert "an export of LimeSurvey, nearest to dih_maturity › answers with 1 of 8 columns" in str(refused.value)
    assert "missing for it: q3, q4, d1, q1, q2 and 2 more" in refused.value.hint
    assert "'Question code'" in refused.value.hint


def test_limesurvey_codes_with_an_underscore(folder: Folder, write: Write, read: Read) -> None:
    items = "code,question,type,label\nq1_x,q1,level,One\nq2,q2,services,Two\nq5.a_1,q5,level,Three\n"
    head = ["id", "submitdate", "startlanguage", "hub", "q1_x", "q2_tbi", "q2_skills", "q2_fund", "q5_a_1"]
    row = ["1", "2024-07-01 09:00:00", "de", "AT-001", "l3", "Y", "Y", "", "l2"]
    found = read(write([head, row]), folder(items=items))
    assert found.of("AT-001", "q1_x") == {"": ("l3", "answered")}
    assert found.of("AT-001", "q5.a_1") == {"": ("l2", "answered")}


def test_limesurvey_ambiguous_code(folder: Folder, write: Write, read: Read) -> None:
    items = "code,question,type,label\nq5_a,q1,level,One\nq5.a,q5,level,Three\nq2,q2,services,Two\n"
    head = ["id", "submitdate", "startlanguage", "hub", "q5_a", "q2_tbi", "q2_skills", "q2_fund"]
    found = read(write([head, ["1", "2024-07-01 09:00:00", "de", "AT-001", "l3", "Y", "", ""]]), folder(items=items))
    assert ("ambiguous_column", "E1") in found.issues
    assert found.validated.n_accepted == 0


def test_limesurvey_address_and_token_are_dropped(write: Write, read: Read) -> None:
    head, row = [*LIME, "token", "ipaddr", "refurl"], [*LIME_ROW, "t0k3n", "192.0.2.1", ""]
    found = read(write([head, row]))
    (issue,) = found.validated.issues.to_dict("records")
    assert (issue["rule"], issue["severity"]) == ("personal_dropped", "info")
    assert issue["message"] == "columns about persons were dropped: token, ipaddr"
    assert not found.part.accepted.astype(str).isin(["t0k3n", "192.0.2.1"]).any().any()


def test_rows_that_are_set_aside_keep_no_address_either(write: Write, read: Read) -> None:
    rows = [[*LIME, "ipaddr"], *([str(n), *LIME_ROW[1:6], "nonsense", *LIME_ROW[7:], "192.0.2.1"] for n in range(50))]
    aside = read(write(rows)).part.quarantined
    assert len(aside) == 50
    assert set(aside["ipaddr"]) == {""}
    assert set(aside["q1"]) == {"nonsense"}


def test_limesurvey_apostrophe_before_a_formula_is_undone(write: Write, read: Read) -> None:
    row = [*LIME_ROW]
    row[LIME.index("q4")] = "'=1+1"
    assert read(write([LIME, row])).values("value_text")["AT-001", "q4", ""] == ("=1+1",)


KOBO = ["start", "hub", "q1", "q2", "q2/tbi", "q2/skills", "q2/fund", "q3", "q4", "q5/a", "q5/b", "d1", "_id", "_uuid",
        "_submission_time"]  # fmt: skip
KOBO_ROW = ["2024-07-01T08:50:00.000+02:00", "AT-001", "l3", "tbi skills", "1", "1", "0", "12.5", "fine", "l2", "l3",
            "2024-01-31", "1000", "u-1", "2024-07-01T07:00:05"]  # fmt: skip


@pytest.mark.parametrize("mark", ["/", ".", "::", "-", "__"])
def test_kobo_marks_between_groups(mark: str, write: Write, read: Read) -> None:
    head = [title if title.startswith(("_", "start")) else mark.join(["g", *title.split("/")]) for title in KOBO]
    found = read(write([head, KOBO_ROW], ";"))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.of("AT-001", "q5.b") == {"": ("l3", "answered")}
    assert found.issues == []


def test_kobo_labels(write: Write, read: Read) -> None:
    head = ["start", "Hub id", "Digital strategy in place?", "Services offered", "Services offered/Test before invest",
            "Services offered/Skills and training", "Services offered/Access to funding", "SMEs served (thousand)",
            "Comment", "Management", "Staff", "Date of last review", *KOBO[12:]]  # fmt: skip
    row = [*KOBO_ROW]
    row[2:4], row[9:11] = ["In use", "Test before invest Skills and training"], ["Pilot", "In use"]
    found = read(write([head, row], ";"))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.of("AT-001", "q1") == {"": ("l3", "answered")}
    assert found.issues == []


@pytest.mark.parametrize(("mode", "left_out"), [("summary", (4, 5, 6)), ("details", (3,))])
def test_kobo_several_answers_in_one_way_alone(mode: str, left_out: tuple[int, ...], write: Write, read: Read) -> None:
    rows = [[cell for i, cell in enumerate(row) if i not in left_out] for row in (KOBO, KOBO_ROW)]
    found = read(write(rows, ";"))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == []


def test_kobo_columns_of_options_win_over_the_joined_text(write: Write, read: Read) -> None:
    row = [*KOBO_ROW]
    row[3] = "fund"
    assert read(write([KOBO, row], ";")).of("AT-001", "q2") == YES_YES_NO


def test_kobo_row_of_tags(write: Write, read: Read) -> None:
    tags = ["", "#org+id", *[""] * 5, "#indicator", *[""] * 7]
    found = read(write([KOBO, tags, KOBO_ROW], ";"))
    assert found.validated.received == 1
    assert found.values("source_row")["AT-001", "q1", ""] == (3,)


def test_kobo_stable_key_of_an_edited_response(write: Write, read: Read) -> None:
    found = read(write([[*KOBO, "meta/rootUuid"], [*KOBO_ROW, "uuid:1"]], ";"))
    assert found.part.accepted["response"].tolist() == ["uuid:1"]


def test_odk_central(write: Write, read: Read) -> None:
    head = ["SubmissionDate", "g_strategy-hub", "g_strategy-q1", "g_strategy-q2", "q3", "q4", "g-q5-a", "g-q5-b", "d1",
            "meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "Status"]  # fmt: skip
    row = ["2024-07-01T07:00:05.123Z", "AT-001", "l3", "tbi skills", "12.5", "fine", "l2", "l3", "2024-01-31",
           "uuid:1", "uuid:1", "7", "Ann", ""]  # fmt: skip
    found = read(write([head, row]))
    assert found.tool == "odk"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.part.accepted["response"].tolist() == ["uuid:1"]
    assert found.issues == [("personal_dropped", "")]


def test_two_columns_for_one_item_are_an_error(write: Write, read: Read) -> None:
    head, row = [*KOBO, "other_group/q1"], [*KOBO_ROW, "l0"]
    found = read(write([head, row], ";"))
    assert ("duplicate_column", "P1") in found.issues
    assert "'q1' and 'other_group/q1' are both q1" in " ".join(found.validated.issues["message"])
    assert found.validated.n_accepted == 0


def test_missing_column_of_an_option_is_told(write: Write, read: Read) -> None:
    rows = [[cell for i, cell in enumerate(row) if i != 8] for row in (LIME, LIME_ROW)]
    found = read(write(rows))
    assert found.validated.issues[["rule", "column"]].to_numpy().tolist() == [["missing_column", "q2.skills"]]


def test_long_odd_headers_cost_nothing(write: Write, read: Read) -> None:
    odd = ["_" * 30_000, "/a" * 15_000, "<!--" * 8_000, "(" * 30_000, "a." + "." * 30_000 + "@"]
    found = read(write([[*KOBO, *odd], [*KOBO_ROW, *("x@" + "." * 30_000 + "@" for _ in odd)]], ";"))
    assert [rule for rule, _ in found.issues] == ["unknown_column"] * 5
    assert found.validated.issues["message"].str.len().max() < 200


def test_column_of_another_survey_is_named(write: Write, read: Read) -> None:
    found = read(write([[*LIME, "q99"], [*LIME_ROW, "x"]]))
    assert found.issues == [("unknown_column", "P1")]


def test_another_survey_names_tool_and_missing_columns(write: Write, survey: Definitions) -> None:
    from dihkpi.intake.submission import read_submission

    path = write([["start", "q1", "plot", "_id", "_uuid", "_submission_time"], ["x", "l1", "12", "1", "u", "y"]], ";")
    with pytest.raises(FileRefusedError) as refused:
        read_submission(path, survey)
    assert refused.value.rule == "unknown_layout"
    assert "an export of KoboToolbox, nearest to dih_maturity › answers with 1 of 8 columns" in str(refused.value)
    assert "missing for it: hub, q3, q4, d1, q2 and 2 more" in refused.value.hint


def test_unknown_file_names_the_tools_that_were_tried(write: Write, survey: Definitions) -> None:
    from dihkpi.intake.submission import read_submission

    with pytest.raises(FileRefusedError) as refused:
        read_submission(write([["plot", "yield"], ["1", "2"]]), survey)
    for told in ("EUSurvey: its first cells are Alias", "SPSS: it is a .sav file", "LimeSurvey: ", "KoboToolbox: ",
                 "ODK Central: ", "Qualtrics: ", "Microsoft Forms: ", "Google Forms: "):  # fmt: skip
        assert told in refused.value.hint


@pytest.mark.parametrize(("word", "chosen"), [("missing", NO_ANSWER), ("none", NONE)])
def test_nothing_ticked_is_what_the_survey_says(
    word: str, chosen: dict[str, object], folder: Folder, write: Write, read: Read
) -> None:
    definitions = folder(switch=f"version: v1=>version: v1\nempty_multi: {word}")
    row = [*LIME_ROW]
    row[7:10] = ["", "", ""]
    assert read(write([LIME, row]), definitions).of("AT-001", "q2") == chosen


def test_zeros_tell_whatever_the_survey_says(folder: Folder, write: Write, read: Read) -> None:
    definitions = folder(switch="version: v1=>version: v1\nempty_multi: none")
    none, nothing = [*KOBO_ROW], [*KOBO_ROW]
    none[3:7], nothing[1], nothing[3:7] = ["", "0", "0", "0"], "DE-002", ["", "", "", ""]
    found = read(write([KOBO, none, nothing], ";"), definitions)
    assert found.of("AT-001", "q2") == NONE
    assert found.of("DE-002", "q2") == NONE
