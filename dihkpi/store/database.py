"""The only door to SQLAlchemy: the tables of the store, in SQLite or any database that it speaks to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    inspect,
)

from dihkpi.errors import WorkspaceError

if TYPE_CHECKING:
    from dihkpi.store.record import Store

metadata = MetaData()

submissions = Table(
    "submissions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("hub", Text),
    Column("survey", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("layout", Text, nullable=False),
    Column("columns", Text, nullable=False),
    Column("received", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("recorded_at", Text, nullable=False),
    sqlite_strict=True,
)
"""One row per sheet of a file that was recorded; ``number`` counts upwards."""

rows = Table(
    "rows",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("submission", Text, ForeignKey("submissions.id"), nullable=False),
    Column("source_row", Integer, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Accepted rows, append-only: a changed row is a new version of its natural key."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("submission", Text, ForeignKey("submissions.id"), primary_key=True),
    Column("source_row", Integer, primary_key=True, autoincrement=False),
    Column("payload", Text, nullable=False),
    sqlite_strict=True,
)
"""Rows set aside, with their cells as they were sent."""

issues = Table(
    "issues",
    metadata,
    Column("submission", Text, ForeignKey("submissions.id"), nullable=False),
    Column("payload", Text, nullable=False),
    sqlite_strict=True,
)
"""The issue table of each submission."""

Index("issues_by_submission", issues.c.submission)


def open_store(address: str | Path) -> Store:
    """Open the store, and make it if there is none.

    Parameters
    ----------
    address : str or pathlib.Path
        Path of an SQLite file, or the address of another database such as ``postgresql+psycopg://…``.

    Raises
    ------
    WorkspaceError
        When the database cannot be opened.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from dihkpi.store.record import Store

    text = str(address)
    try:
        engine = create_engine(text if "://" in text else f"sqlite:///{text}")
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        if not inspect(engine).has_table(rows.name):
            with writing(engine) as connection:
                metadata.create_all(connection)
    except (SQLAlchemyError, ImportError) as fault:
        shown = text.rpartition("@")[2]
        raise WorkspaceError(f"the store {shown} cannot be opened: {str(fault).splitlines()[0]}") from None
    return Store(engine)


_PATIENCE = 30
"""Seconds that one process waits for another one that writes."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer can enter before its end, so that what it reads stays true while it writes."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('dihkpi'))")
        yield connection


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000}")
    _into_wal(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _into_wal(cursor: Any) -> None:
    """Change the journal of a file that another process may be making: for this SQLite itself does not wait."""
    import sqlite3

    end = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
