"""Rules that look beyond a file, in a workspace: what is recorded counts, and the order of arrival does not matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from dihkpi.definitions import load_definitions
from dihkpi.pipeline.inbox import take_in
from dihkpi.pipeline.known import RecordedTables
from dihkpi.store.record import Store
from dihkpi.workspace import create_workspace

SURVEY = """\
survey: plan
version: v1
title: Plan
reference: a test
forms:
  visits:
    title: Visits
    kind: records
    key: [visit]
    columns: {visit: {type: id, required: true}, firm: {type: text}, cost: {type: money}}
    rules:
      firm_known: {brief: Firms are known., refers: {columns: firm, to: zz_firms, key: id}, severity: SEVERITY}
      corrected: {brief: Corrections are small., compare: {column: cost, to: recorded, factor: 2}}
  zz_firms:
    title: Firms
    kind: register
    key: [id]
    columns: {id: {type: id, required: true}, number: {type: integer}}
"""


@pytest.fixture(params=["error", "warning"])
def severity(request) -> str:
    return str(request.param)


@pytest.fixture
def space(tmp_path: Path, severity: str):
    made = create_workspace(tmp_path / "space")
    path = tmp_path / "definitions/surveys/plan/v1/survey.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SURVEY.replace("SEVERITY", severity), encoding="utf-8")
    definitions = load_definitions(tmp_path / "definitions")
    store = made.open_store()
    yield made.inbox, store, definitions
    store.close()


def found(store: Store) -> list[tuple[str, str, str]]:
    issues = store.issues_of(store.current_files()["id"])
    return sorted(issues[["file", "rule", "cell"]].itertuples(index=False, name=None))


def put(inbox: Path, name: str, text: str) -> None:
    (inbox / name).write_text(text, encoding="utf-8")


def test_the_register_of_one_inbox_is_read_first(space) -> None:
    inbox, store, definitions = space
    put(inbox, "a_visits.csv", "visit,firm,cost\nv1,alfa,10\nv2,beta,10\n")
    put(inbox, "b_firms.csv", "id,number\nalfa,1\n")
    take_in(inbox, store, definitions)
    assert found(store) == [("a_visits.csv", "firm_known", "B3")]
    assert take_in(inbox, store, definitions).recorded == 0


def test_without_a_register_nothing_is_said(space) -> None:
    inbox, store, definitions = space
    put(inbox, "visits.csv", "visit,firm,cost\nv1,alfa,10\n")
    take_in(inbox, store, definitions)
    assert found(store) == []


def test_rows_set_aside_are_looked_at_again_when_the_register_grows(space, severity: str) -> None:
    inbox, store, definitions = space
    put(inbox, "firms.csv", "id,number\nalfa,1\n")
    put(inbox, "visits.csv", "visit,firm,cost\nv1,alfa,10\nv2,beta,10\n")
    take_in(inbox, store, definitions)
    assert found(store) == [("visits.csv", "firm_known", "B3")]
    put(inbox, "more_firms.csv", "id,number\nbeta,2\n")
    take_in(inbox, store, definitions)
    assert found(store) == ([] if severity == "error" else [("visits.csv", "firm_known", "B3")])


def test_a_correction_is_compared_with_what_is_recorded(space) -> None:
    inbox, store, definitions = space
    put(inbox, "one.csv", "visit,firm,cost\nv1,,10\nv2,,10\n")
    take_in(inbox, store, definitions)
    put(inbox, "two.csv", "visit,firm,cost\nv1,,15\nv2,,50\n")
    take_in(inbox, store, definitions)
    assert found(store) == [("two.csv", "corrected", "C3")]
    known = RecordedTables(store, definitions)
    assert known["plan", "visits"]["cost"].tolist() == [15, 50]
    assert [form for form in known if form[0] == "plan"] == [("plan", "visits")]


@pytest.mark.slow
def test_a_file_that_breaks_far_below_is_refused_and_the_others_are_taken_in(space, monkeypatch) -> None:
    inbox, store, definitions = space
    size = definitions.policy["block_cells"]
    monkeypatch.setitem(definitions.policy, "block_cells", size.model_copy(update={"value": 30}))
    put(inbox, "a.csv", "visit,firm,cost\n" + "".join(f"v{n},,1\n" for n in range(20_000)) + '"v,,1\n')
    put(inbox, "b.csv", "visit,firm,cost\nw1,,10\n")
    intake = take_in(inbox, store, definitions)
    assert [issue["rule"].tolist() for issue in intake.refused] == [["broken_csv"]]
    assert store.current_files()["file"].tolist() == ["b.csv"]
