"""A small inbox, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dihkpi.pipeline.inbox import Intake, take_in
from dihkpi.pipeline.tables import prepare
from dihkpi.store import open_store
from dihkpi.store.snapshot import Snapshot, current_table, take_snapshot


class Office:
    """An inbox, a store and snapshots in one folder."""

    def __init__(self, folder: Path, definitions) -> None:
        self.folder, self.definitions = folder, definitions
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True)
        self.store = open_store(folder / "store.db")

    def write(self, name: str, *lines: str) -> Path:
        path = self.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def take_in(self) -> Intake:
        intake = take_in(self.inbox, self.store, self.definitions)
        assert not intake.refused
        return intake

    def current(self, survey: str, form: str):
        return current_table(self.store, self.definitions, survey, form)

    def snapshot(self) -> Snapshot:
        return take_snapshot(self.store, self.definitions, self.folder / "snapshots")

    def prepared(self, secret: bytes = b"key"):
        return prepare(self.snapshot(), self.definitions, secret, {})

    def versions(self) -> list[tuple[str, int, str]]:
        with self.store.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT key, version, payload FROM rows ORDER BY key, version"))


@pytest.fixture
def office(tmp_path, definitions):
    made = Office(tmp_path / "office", definitions)
    yield made
    made.store.close()


@pytest.fixture
def second_office(tmp_path, definitions):
    made = Office(tmp_path / "second", definitions)
    yield made
    made.store.close()
