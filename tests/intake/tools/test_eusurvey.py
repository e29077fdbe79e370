"""EUSurvey: 24 languages of headers, shortnames, further sheets and rows, XML, and what is refused."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError

Read = Callable[..., Any]
Write = Callable[..., Path]
Rows = Sequence[Sequence[Any]]
MOMENT = dt.datetime(2024, 7, 1, 9, 0)
YES_YES_NO = {"tbi": ("1", "answered"), "skills": ("1", "answered"), "fund": ("0", "answered")}


QUESTIONS = ["Hub id", "Digital strategy in place?", "Services offered", "SMEs served (thousand)", "Comment",
             "Skills: Management", "Skills: Staff", "Date of last review"]  # fmt: skip
ENGLISH = ["Invitation number", "Contribution ID", "User name", "Creation date", "Last update", "Languages"]
AT = ["AT-001", "In use", "Test before invest;Skills and training", 12.5, "fine", "Pilot", "In use",
      dt.datetime(2024, 1, 31)]  # fmt: skip
META = ["", "c-1", "", MOMENT, MOMENT, "DE"]


def content(*rows: Sequence[Any], head: Sequence[Any] = (*QUESTIONS, *ENGLISH)) -> Rows:
    return [["Alias", "dih_maturity"], ["Export Date", MOMENT], [], head, *rows]


def languages() -> list[str]:
    with (Path(__file__).parents[3] / "schemas/codelists/eusurvey_headers.csv").open(encoding="utf-8") as stream:
        return [row["code"] for row in csv.DictReader(stream)]


def test_eusurvey_has_headers_in_24_languages(shared: Path, definitions: Definitions) -> None:
    """Our list says what the reference says."""
    ours = {row["code"]: row for row in definitions.codelists["eusurvey_headers"].rows}
    assert len(ours) == 24
    names = {"InvitationNumber": "invitation", "ContributionId": "contribution", "UserName": "user",
             "CreationDate": "created", "LastUpdate": "updated", "Languages": "languages",
             "TotalScore": "score"}  # fmt: skip
    path = shared / "survey_fixtures/eusurvey_meta_headers_24_languages.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            assert {new: row[old] for old, new in names.items()}.items() <= dict(ours[row["ui_language"]]).items()


@pytest.mark.parametrize("language", languages())
def test_eusurvey_in_any_language(language: str, definitions: Definitions, write: Write, read: Read) -> None:
    (head,) = (row for row in definitions.codelists["eusurvey_headers"].rows if row["code"] == language)
    own = [head[n] for n in ("invitation", "contribution", "user", "created", "updated", "languages", "score")]
    found = read(
        write({"Content": content([*AT, "i-7", "c-1", "ann", MOMENT, MOMENT, "DE", 3], head=[*QUESTIONS, *own])})
    )
    row = found.part.accepted.iloc[0]
    assert (row["response"], str(row["submitted_at"]), row["language"]) == ("c-1", "2024-07-01 09:00:00", "de")
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == [("personal_dropped", "")]
    assert own[0] in found.validated.issues["message"].iloc[0]
    assert "ann" not in found.validated.issues.to_csv()


def test_eusurvey_creation_date_where_there_is_no_last_update(write: Write, read: Read) -> None:
    path = write({"Content": content([*AT, "c-1", MOMENT], head=[*QUESTIONS, "Contribution ID", "Creation date"])})
    assert str(read(path).part.accepted["submitted_at"].iloc[0]) == "2024-07-01 09:00:00"


def test_eusurvey_goes_on_in_further_sheets(write: Write, read: Read) -> None:
    """Row by row, and an issue points at the sheet and cell that the sender sees."""
    rows = [
        [*AT, *META],
        ["DE-002", "Pilot", "", 1, "", "Pilot", "Nonsense", None, "", "c-2", "", MOMENT, MOMENT, "EN"],
    ]
    head = [*QUESTIONS, *ENGLISH]
    found = read(write({"Content": content(*[row[:5] for row in rows], head=head[:5]),
                        "Content1": content(*[row[5:] for row in rows], head=head[5:])}))  # fmt: skip
    assert found.of("AT-001", "q5.b") == {"": ("l3", "answered")}
    assert found.values("source_column")["AT-001", "q5.b", ""] == ("B",)
    (issue,) = found.validated.issues.to_dict("records")
    assert (issue["rule"], issue["sheet"], issue["cell"], issue["row"]) == ("answer", "Content1", "B6", 6)
    assert issue["hint"] == "allowed: Not started, Planned, Pilot, In use"


@pytest.mark.parametrize("shift", [0, 1])
def test_eusurvey_long_texts_go_on_in_further_rows(shift: int, write: Write, read: Read) -> None:
    first, second, third = "x" * 32_767, "y" * 32_767, "z"
    rows = [[*AT[:4], first, *AT[5:], *META], [*[""] * (4 + shift), second], [*[""] * (4 + shift), third],
            ["DE-002", *AT[1:], "", "c-2", "", MOMENT, MOMENT, "EN"]]  # fmt: skip
    found = read(write({"Content": content(*rows)}))
    values = found.values("value_text", "source_row")
    assert values["AT-001", "q4", ""] == (first + second + third, 5)
    assert values["DE-002", "q4", ""] == ("fine", 8)
    assert found.validated.received == 2


def test_eusurvey_anonymous(write: Write, read: Read) -> None:
    who = ["Anonymous", "Anonymous", "Anonymous", MOMENT, MOMENT, "DE"]
    found = read(write({"Content": content([*AT, *who], ["DE-002", *AT[1:], *who])}))
    assert found.part.accepted["response"].nunique() == 2
    assert found.issues == []


def test_eusurvey_statistics_are_refused(write: Write, read: Read) -> None:
    path = write({"Content": [["Services offered"], ["Test before invest", 3, 0.6], ["No Answer", 2, 0.4]]})
    with pytest.raises(FileRefusedError, match=r"statistics of EUSurvey\n  export the results") as refused:
        read(path)
    assert refused.value.rule == "statistics_export"


def test_eusurvey_split_multiple_choice_is_refused(write: Write, read: Read) -> None:
    head = [*QUESTIONS[:3], "Test before invest", "Skills and training", "Access to funding", *QUESTIONS[3:], *ENGLISH]
    path = write({"Content": content([*AT[:2], "", "Yes", "No", "No", *AT[3:], *META], head=head)})
    with pytest.raises(FileRefusedError, match=r"'Services offered' were split .* fills wrongly") as refused:
        read(path)
    assert refused.value.rule == "split_choices"


@pytest.mark.parametrize("joined", ["Test before invest(tbi); Skills and training(skills)",
                                    "Test before invest tbi;Skills and training skills"])  # fmt: skip
def test_eusurvey_options_with_shortnames(joined: str, write: Write, read: Read) -> None:
    head = ["Hub id (hub)", "Strategie? (q1)", "Dienste (q2)", "Tausend (KMU) (q3)", "Text (q4)",
            "Kompetenzen: Leitung (a)", "Kompetenzen: Personal (b)", "Tag (d1)", *ENGLISH]  # fmt: skip
    row = ["AT-001", "In use(l3)", joined, "1234.5", "fine", "Pilot(l2)", "In use l3", "31/01/2024", *META]
    found = read(write({"Content": content(row, head=head)}))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.of("AT-001", "q5.b") == {"": ("l3", "answered")}
    assert found.values("value_num")["AT-001", "q3", ""] == (1234.5,)
    assert found.values("value_text")["AT-001", "d1", ""] == ("2024-01-31",)
    assert found.issues == []


def test_eusurvey_xml_without_shortnames_in_another_language(shared: Path, tmp_path: Path, read: Read) -> None:
    """Questions by their titles in any language; options as the survey knows them."""
    source = (shared / "survey_fixtures/eusurvey_results.xml").read_text(encoding="utf-8")
    plain = re.sub(r' bid="[^"]*"', "", source)
    elements = re.search(r"<Elements.*?</Elements>", plain, re.DOTALL)
    assert elements
    german = re.sub(r">([^<>]+)</(Question|Answer|Matrix\w+|Section)>", r">\1 (DE)</\2>", elements[0])
    path = tmp_path / "a.xml"
    path.write_text(plain.replace(elements[0], german.replace('"EN"', '"DE"') + elements[0]), encoding="utf-8")
    found = read(path)
    assert found.of("AT-001", "q1") == {"": ("l3", "answered")}
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.of("AT-001", "q5.a") == {"": ("l2", "answered")}
    assert found.issues == []
