"""The system of record: nothing twice, nothing lost, every change a version."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy.exc import DBAPIError

from dihkpi.errors import WorkspaceError
from dihkpi.store import open_store

HEAD = "hub,id,title,start,kind,participants"
ONE, TWO, THREE = (f"adria,e{n},Event {n},2025-0{n}-01,awareness,{n}0" for n in (1, 2, 3))
CORRECTED = TWO.replace(",20", ",25")


def participants(office) -> dict[str, int]:
    table = office.current("edih_kpi", "events")
    return dict(zip(table["id"], table["participants"].astype(int), strict=True))


def test_the_same_file_twice_changes_nothing(office):
    office.write("events.csv", HEAD, ONE, TWO)
    assert office.take_in().recorded == 1
    before, files = office.versions(), office.store.current_files()
    assert office.take_in().recorded == 0
    assert office.versions() == before
    assert office.store.current_files().equals(files)


def test_a_header_alone_is_recorded_and_stops_nothing(office):
    office.write("events.csv", HEAD)
    office.write("more.csv", HEAD, ONE)
    assert office.take_in().recorded == 2
    assert participants(office) == {"e1": 10}
    assert dict(office.store.current_files()[["file", "received"]].to_numpy()) == {"events.csv": 0, "more.csv": 1}


def test_the_same_bytes_under_another_name_are_recorded_once(office):
    office.write("events.csv", HEAD, ONE, TWO)
    office.take_in()
    (office.inbox / "events.csv").rename(office.inbox / "renamed.csv")
    assert office.take_in().recorded == 0
    assert office.store.current_files()["received"].tolist() == [2]


def test_a_changed_row_is_version_two_and_the_others_stay(office):
    office.write("events.csv", HEAD, ONE, TWO)
    office.take_in()
    office.write("events.csv", HEAD, ONE, CORRECTED)
    assert office.take_in().recorded == 1
    assert [(key[-2:], version) for key, version, _ in office.versions()] == [("e1", 1), ("e2", 1), ("e2", 2)]
    assert participants(office) == {"e1": 10, "e2": 25}
    assert "20" in office.versions()[1][2]
    assert office.store.current_files()["file"].tolist() == ["events.csv"]


def test_a_row_that_is_missing_from_a_correction_stays(office):
    office.write("events.csv", HEAD, ONE, TWO)
    office.take_in()
    office.write("events.csv", HEAD, CORRECTED, THREE)
    office.take_in()
    assert participants(office) == {"e1": 10, "e2": 25, "e3": 30}


def test_a_correction_that_is_taken_back_is_a_third_version(office):
    for row in (TWO, CORRECTED, TWO):
        office.write("events.csv", HEAD, ONE, row)
        assert office.take_in().recorded == 1
    assert participants(office) == {"e1": 10, "e2": 20}
    assert [(key[-2:], version) for key, version, _ in office.versions()][1:] == [("e2", 1), ("e2", 2), ("e2", 3)]
    assert office.take_in().recorded == 0


def test_a_correction_in_a_file_of_its_own_stays_the_newest(office):
    office.write("events.csv", HEAD, ONE, TWO)
    office.write("events_corrected.csv", HEAD, CORRECTED)
    office.take_in()
    assert participants(office)["e2"] == 25
    assert office.take_in().recorded == 0
    assert participants(office)["e2"] == 25


def test_files_that_are_read_again_keep_their_order(office):
    office.write("z_first.csv", HEAD, ONE, TWO)
    office.take_in()
    office.write("a_correction.csv", HEAD, CORRECTED)
    office.take_in()
    office.write("hubs.csv", "hub,name,country", "adria,Adria,HR")
    assert office.take_in().recorded == 3
    assert participants(office)["e2"] == 25


def test_the_past_cannot_be_rewritten(office):
    office.write("events.csv", HEAD, ONE)
    office.take_in()
    with office.store.engine.connect() as connection:
        [(key, version, payload)] = office.versions()
        again = "INSERT INTO rows SELECT * FROM rows WHERE key = ? AND version = ?"
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql(again, (key, version))
    assert office.versions() == [(key, version, payload)]


def test_rows_set_aside_are_kept_with_their_text(office):
    office.write("events.csv", HEAD, ONE, "adria,e9,Event 9,2025-13-01,awareness,many")
    office.take_in()
    files = office.store.current_files()
    assert files[["received", "accepted", "quarantined"]].to_numpy().tolist() == [[2, 1, 1]]
    with office.store.engine.connect() as connection:
        [(row, payload)] = connection.exec_driver_sql("SELECT source_row, payload FROM quarantine")
    assert row == 3
    assert '"2025-13-01"' in payload
    assert '"many"' in payload
    assert set(office.store.issues_of(files["id"])["row"]) == {3}


def test_a_snapshot_is_named_by_its_content(office, second_office):
    office.write("a.csv", HEAD, ONE, TWO)
    office.write("b.csv", HEAD, THREE)
    second_office.write("c.csv", HEAD, THREE, TWO, ONE)
    office.take_in(), second_office.take_in()
    first, second = office.snapshot(), second_office.snapshot()
    assert first.id == second.id
    left, right = (shot.table("edih_kpi", "events").drop(columns="source_row") for shot in (first, second))
    assert left.equals(right)
    office.write("b.csv", HEAD, THREE.replace(",30", ",31"))
    office.take_in()
    assert office.snapshot().id != first.id
    assert first.table("edih_kpi", "events")["participants"].tolist() == [10, 20, 30]


def test_the_order_of_columns_is_not_content(office, second_office):
    office.write("events.csv", HEAD, ONE)
    second_office.write(
        "events.csv", "participants,kind,start,title,id,hub", "10,awareness,2025-01-01,Event 1,e1,adria"
    )
    office.take_in(), second_office.take_in()
    assert office.snapshot().id == second_office.snapshot().id


SUBMITTER = """
import sys, time
from pathlib import Path
from dihkpi.definitions import load_definitions
from dihkpi.pipeline.inbox import take_in
from dihkpi.store import open_store

folder, name = Path(sys.argv[1]), sys.argv[2]
definitions = load_definitions()
(folder / f"{name}.ready").touch()
while len(list(folder.glob("*.ready"))) < 2:
    time.sleep(0.002)
store = open_store(folder / "store.db")
for file in sorted((folder / "inbox").glob(f"{name}-*.csv")) + [folder / "inbox" / "both.csv"]:
    intake = take_in(folder / "inbox", store, definitions, files=[file])
    assert not intake.refused
"""


@pytest.mark.slow
def test_two_processes_that_submit_at_once_lose_nothing(tmp_path, definitions):
    (tmp_path / "inbox").mkdir()
    for name in ("left", "right"):
        for n in range(8):
            rows = [f"adria,{name}-{n}-{i},Event,2025-01-01,awareness,1" for i in range(20)]
            shared = f"adria,common-{n},Event,2025-01-01,awareness,{1 if name == 'left' else 2}"
            text = "\n".join([HEAD, *rows, shared]) + "\n"
            (tmp_path / "inbox" / f"{name}-{n}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "inbox" / "both.csv").write_text(f"{HEAD}\n{ONE}\n", encoding="utf-8")
    started = [
        subprocess.Popen([sys.executable, "-c", SUBMITTER, str(tmp_path), name], stderr=subprocess.PIPE, text=True)
        for name in ("left", "right")
    ]
    for process in started:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
    store = open_store(tmp_path / "store.db")
    with store.engine.connect() as connection:
        versions = dict(connection.exec_driver_sql("SELECT key, max(version) FROM rows GROUP BY key").all())
        numbers = list(connection.exec_driver_sql("SELECT number FROM submissions ORDER BY number").scalars())
    store.close()
    assert len(versions) == 2 * 8 * 20 + 8 + 1
    assert sorted(versions.values()) == [1] * (2 * 8 * 20 + 1) + [2] * 8
    assert numbers == list(range(1, 18))


def test_a_store_that_cannot_be_opened_says_so_without_the_password(tmp_path):
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        open_store(tmp_path / "no" / "such" / "folder" / "store.db")
    with pytest.raises(WorkspaceError) as fault:
        open_store("nosuchdb://me:secret@host/base")
    assert "secret" not in str(fault.value)
