"""Multiple choice items in plain tables and in scores; the table of answers; files that are read block by block."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.definitions import Definitions
from dihkpi.errors import DefinitionError
from dihkpi.intake.answer_table import answer_table
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import validate
from dihkpi.scoring.score import score

Folder = Callable[..., Definitions]
Read = Callable[..., Any]
Write = Callable[..., Path]
HEAD = ["hub", "response", "q1", "q2", "q3", "q4", "q5.a", "q5.b", "d1"]
ROW = ["AT-001", "1", "l3", "tbi; skills", "12.5", "fine", "l2", "l3", "2024-01-31"]
TICKS = ["q2.tbi", "q2.skills", "q2.fund"]
YES_YES_NO = {"tbi": ("1", "answered"), "skills": ("1", "answered"), "fund": ("0", "answered")}
MISSING = dict.fromkeys(("tbi", "skills", "fund"), (None, "missing"))


def ticked(*cells: str) -> list[list[str]]:
    """A plain table with a column for each option."""
    return [[*HEAD[:3], *TICKS, *HEAD[4:]], [*ROW[:3], *cells, *ROW[4:]]]


@pytest.mark.parametrize("joined", ["tbi; skills", "Test before invest;Skills and training", "skills;TBI;skills",
                                    "“Skills and training” ;  test before invest;"])  # fmt: skip
def test_joined_in_a_plain_table(joined: str, write: Write, read: Read) -> None:
    found = read(write([HEAD, [*ROW[:3], joined, *ROW[4:]]]))
    assert found.tool == "tidy"
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == []


@pytest.mark.parametrize("cells", [("1", "1", "0"), ("yes", "Yes", "no"), ("Y", "Y", ""), ("x", "X", ""),
                                   ("true", "TRUE", "false"), ("tbi", "Skills and training", "")])  # fmt: skip
def test_one_column_per_option_in_a_plain_table(cells: tuple[str, ...], write: Write, read: Read) -> None:
    found = read(write(ticked(*cells)))
    assert found.of("AT-001", "q2") == YES_YES_NO
    assert found.issues == []


def test_nothing_beside_a_zero_is_not_a_zero(write: Write, read: Read) -> None:
    found = read(write(ticked("1", "0", "")))
    assert found.of("AT-001", "q2") == {**YES_YES_NO, "skills": ("0", "answered"), "fund": (None, "missing")}
    assert read(write(ticked("", "", ""))).of("AT-001", "q2") == MISSING


def test_unknown_mark_is_an_issue_at_its_cell(write: Write, read: Read) -> None:
    found = read(write(ticked("1", "maybe", "0")))
    assert found.issues == [("answer", "E2")]
    assert found.validated.n_quarantined == 1


def test_rest_of_a_joined_cell_is_an_issue_at_its_cell(folder: Folder, write: Write, read: Read) -> None:
    """The answer is not known as a whole: what the rest means may be any other option."""
    definitions = folder(accept="version: v1=>version: v1\naccept: {unit: answer}")
    found = read(write([HEAD, [*ROW[:3], "skills; traning; tbi; zzz", *ROW[4:]]]), definitions)
    issues = found.validated.issues
    assert issues[["rule", "cell", "value"]].to_numpy().tolist() == [
        ["unknown_code", "D2", "traning"],
        ["unknown_code", "D2", "zzz"],
    ]
    assert found.of("AT-001", "q2") == {**YES_YES_NO, "fund": (None, "missing")}


def test_labels_that_hold_the_separator(folder: Folder, write: Write, read: Read) -> None:
    definitions = folder(label='tbi: Test before invest=>tbi: "Test; before; invest"')
    found = read(write([HEAD, [*ROW[:3], "Test; before; invest; Skills and training", *ROW[4:]]]), definitions)
    assert found.of("AT-001", "q2") == YES_YES_NO


def test_missing_option_column_is_told(write: Write, read: Read) -> None:
    rows = [[cell for i, cell in enumerate(row) if i != 4] for row in ticked("1", "1", "0")]
    found = read(write(rows))
    assert found.validated.issues[["rule", "column"]].to_numpy().tolist() == [["missing_column", "q2.skills"]]


def test_missing_item_is_told_once(write: Write, read: Read) -> None:
    rows = [[cell for i, cell in enumerate(row) if i != 3] for row in (HEAD, ROW)]
    found = read(write(rows))
    assert found.validated.issues[["rule", "column"]].to_numpy().tolist() == [["missing_column", "q2"]]


def test_items_of_options(survey: Definitions) -> None:
    form = survey.survey("dih_maturity").form("answers")
    assert [(item.code, item.type, item.of, item.option, item.label) for item in form.items if item.of] == [
        ("q2.tbi", "ticks", "q2", "tbi", "Services offered: Test before invest"),
        ("q2.skills", "ticks", "q2", "skills", "Services offered: Skills and training"),
        ("q2.fund", "ticks", "q2", "fund", "Services offered: Access to funding"),
    ]
    assert {item.question for item in form.items if item.of} == {"q2"}
    assert form.multiple["q2"].label == "Services offered"


SCORING = """
reference: a made-up scoring
points:
  ticks: {"0": 0, "1": 1}
  level: {l0: 0, l1: 1/3, l2: 2/3, l3: 1}
nodes:
  overall: {label: Overall, of: [services, levels]}
  services: {label: Services, items: {question: q2}}
  levels: {label: Levels, items: {code: [q1, q5.a, q5.b]}}
"""


def test_ticks_are_scored(folder: Folder, write: Write, read: Read) -> None:
    """Two of three services: two thirds of the scale."""
    definitions = folder(scoring=SCORING)
    found = read(write([HEAD, ROW]), definitions)
    scores = score(found.part.accepted, definitions.survey("dih_maturity"), definitions).set_index("dimension")["value"]
    assert scores["services"] == pytest.approx(200 / 3)
    assert scores["levels"] == pytest.approx((100 + 200 / 3 + 100) / 3)


@pytest.mark.parametrize(
    ("exchanged", "items", "message"),
    [
        ("answer_types:=>answer_types:\n  ticks: {codes: {n: no, y: yes}}", "",
         "answer_types › ticks: its codes must be 0, 1"),
        ("d1: {type: date=>q2: {type: date", "", "'q2' is a multiple choice item and the name of a column"),
        ("      qualtrics:=>      other: {title: Other, tool: qualtrics}\n      qualtrics:", "",
         "the layout 'other' is for qualtrics too"),
        ("", "q2.tbi,q2,level,Two\n", "the item 'q2.tbi' is there twice"),
        ("tool: qualtrics=>tool: qualtrix", "", "qualtrix"),
    ],
)  # fmt: skip
def test_broken_definitions(exchanged: str, items: str, message: str, folder: Folder) -> None:
    own = "code,question,type,label\nq1,q1,level,One\nq2,q2,services,Two\nq5.a,q5,level,A\nq5.b,q5,level,B\n" + items
    with pytest.raises(DefinitionError) as fault:
        folder(items=own, **({"exchanged": exchanged} if exchanged else {}))
    assert message in str(fault.value)


# --- the table of answers ---------------------------------------------------------------------------------------------


def lime(rows: int) -> list[list[str]]:
    head = ["id", "submitdate", "lastpage", "startlanguage", "hub", "q1", "q2[tbi]", "q2[skills]", "q2[fund]", "q3",
            "q4", "q5[a]", "q5[b]", "d1"]  # fmt: skip
    return [head, *([str(n), "2024-07-01 09:00:00", "3", "DE", f"AT-{n:03}", f"l{n % 4}", "Y" if n % 2 else "", "Y", "",
                     str(n), "x", "l1", "l2", "2024-01-31"] for n in range(1, rows + 1))]  # fmt: skip


@pytest.mark.parametrize("cells", [50, 1_000_000])
def test_files_that_are_read_block_by_block(
    cells: int, write: Write, survey: Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = Definitions.value
    monkeypatch.setattr(Definitions, "value", lambda self, name: cells if name == "block_cells" else value(self, name))
    validated = validate(read_submission(write(lime(60)), survey), survey)
    table = answer_table(validated.parts[0], survey)
    assert len(table) == 60 * 9
    assert validated.parts[0].accepted["language"].unique().tolist() == ["de"]
    ticks = table[(table["item"] == "q2") & (table["option"] == "tbi")].set_index("hub")["value_code"]
    assert ticks.tolist() == ["1" if n % 2 else "0" for n in range(1, 61)]
    assert table["value_num"].sum() == 60 * 61 / 2


@pytest.mark.parametrize("cells", [50, 1_000_000])
def test_keys_made_from_rows_block_by_block(
    cells: int, write: Write, survey: Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = Definitions.value
    monkeypatch.setattr(Definitions, "value", lambda self, name: cells if name == "block_cells" else value(self, name))
    head = ["Zeit", "Hub id", "Digital strategy in place?", "Services offered", "SMEs served (thousand)", "Comment",
            "Management", "Staff", "Date of last review"]  # fmt: skip
    rows = [["2024/07/01 9:00:00 AM GMT+2", f"AT-{n:03}", "Pilot", "Test before invest", n, "x", "Planned", "Planned",
             "2024-01-31"] for n in range(1, 61)]  # fmt: skip
    validated = validate(read_submission(write([head, *rows]), survey), survey)
    assert validated.n_accepted == 60
    assert validated.parts[0].accepted["response"].nunique() == 60
    assert validated.issues.empty


def test_two_responses_of_one_respondent_stay_apart(folder: Folder, write: Write, read: Read) -> None:
    definitions = folder(key="key: [hub]=>key: [response]")
    found = read(write([HEAD, ROW, ["AT-001", "2", "l1", *ROW[3:]]]), definitions)
    assert found.issues == []
    assert sorted(set(found.table["respondent"])) == ["AT-001 (1)", "AT-001 (2)"]


def test_the_command_writes_the_table(
    write: Write,
    survey: Definitions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("dihkpi.definitions.load_definitions", lambda folder=None: survey)
    out, report = tmp_path / "out" / "answers.csv", tmp_path / "report"
    monkeypatch.setattr("sys.argv", ["dihkpi", "validate", str(write([HEAD, [*ROW[:5], "=1+1", *ROW[6:]]])),
                                     "--answers", str(out), "--report", str(report)])  # fmt: skip
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (0, None)
    assert "9 answers" in capsys.readouterr().err
    with out.open(encoding="utf-8", newline="") as stream:
        rows = {(row["item"], row["option"]): row for row in csv.DictReader(stream)}
    assert list(rows["q1", ""]) == list(survey.tables["answers"].columns)
    assert rows["q2", "skills"]["value_code"] == "1"
    assert rows["q4", ""]["value_text"] == "'=1+1"
    assert (rows["q4", ""]["source_row"], rows["q4", ""]["source_column"]) == ("2", "F")
    assert (report / "issues.html").exists()


def test_responses_come_back_from_the_store_as_they_were(folder: Folder, shared: Path, read: Read) -> None:
    """Ticks and the time of the response too."""
    from dihkpi.store.payload import payloads, stored_columns, typed_frame

    definitions = folder(scoring=SCORING)
    found = read(shared / "survey_fixtures" / "kobo_xml_values_both.csv", definitions)
    survey, accepted = definitions.survey("dih_maturity"), found.part.accepted
    names = stored_columns(survey.form("answers"), accepted)
    again = typed_frame(survey, survey.form("answers"), names, payloads(accepted, names))
    pd.testing.assert_frame_equal(again, accepted[names])
    assert str(again["submitted_at"].iloc[0]) == "2024-07-01 07:00:05"
    assert again["q2.fund"].tolist()[:4] == ["0", "0", "1", "1"]


def test_a_hub_that_answers_for_itself_stays_known(folder: Folder, shared: Path, tmp_path: Path) -> None:
    """It is respondent and hub at once: the one gets a pseudonym, the other does not. Two exports are one set."""
    from dihkpi.pipeline.inbox import take_in
    from dihkpi.pipeline.tables import prepare
    from dihkpi.store import open_store
    from dihkpi.store.snapshot import take_snapshot

    definitions = folder(scoring=SCORING)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "hubs.csv").write_text(
        "hub,name,country,nuts\nAT-001,A,AT,AT13\nDE-002,B,DE,DE11\nFR-003,C,FR,FR10\nEL-004,D,EL,EL30\n"
        "PL-005,E,PL,PL91\n", encoding="utf-8",
    )  # fmt: skip
    for name in ("kobo_xml_values_both.csv", "limesurvey_results_comma.csv"):
        (inbox / name).write_bytes((shared / "survey_fixtures" / name).read_bytes())
    store = open_store(tmp_path / "store.db")
    try:
        assert not take_in(inbox, store, definitions).refused
        prepared = prepare(take_snapshot(store, definitions, tmp_path / "snapshots"), definitions, b"key", {})
    finally:
        store.close()
    assessments, scores = prepared.assessments, prepared.scores
    assert sorted(assessments["hub"]) == ["AT-001", "DE-002", "EL-004", "FR-003", "PL-005"]
    assert not set(assessments["respondent"]) & set(assessments["hub"])
    who = assessments.set_index("respondent")["hub"]
    services = scores[scores["dimension"] == "services"]
    found = dict(zip(services["code"].map(who), services["value"], strict=True))
    assert (found["AT-001"], found["EL-004"], found["FR-003"]) == (pytest.approx(200 / 3), 100, pytest.approx(100 / 3))


def test_official_assessments_as_answers(definitions: Definitions, sme: list[list[str]], tmp_path: Path) -> None:
    """A form without options, hub or id of a response."""
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(row) for row in sme), encoding="utf-8")
    table = answer_table(validate(read_submission(path, definitions), definitions).parts[0], definitions)
    items = definitions.survey("dma_sme").form("assessments").items
    assert len(table[table["item"].isin([item.code for item in items])]) == 5 * len(items)
    assert (table["option"] == "").all()
    assert table["respondent"].nunique() == 5
    assert table["wave"].unique().tolist() == ["T0"]
    assert table["submitted_at"].unique().tolist() == [pd.Timestamp("2024-01-31")]
