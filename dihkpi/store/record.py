"""Recording a validated file: append-only, idempotent, a correction becomes a new version."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, func, insert, select

from dihkpi.intake.issues import COLUMNS, issue_table
from dihkpi.intake.keys import row_keys
from dihkpi.intake.validate import Validated, ValidatedPart
from dihkpi.store.database import issues, quarantine, rows, submissions, writing
from dihkpi.store.payload import hashes, payloads, stored_columns

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 500


@dataclass(frozen=True)
class Recorded:
    """What became of one sheet in the store."""

    dataset: str
    already: bool
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Store:
    """The system of record of a workspace; open it with :func:`open_store`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def mark(self) -> str:
        """How far the store is: it changes with everything that is recorded."""
        with self.engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(submissions)).scalar()
            last = select(submissions.c.id, submissions.c.recorded_at).order_by(submissions.c.number.desc()).limit(1)
            return " ".join(map(str, [count, *(connection.execute(last).first() or ())]))

    def knows(self, identity: str, name: str) -> bool:
        """Whether a file stands recorded as it is: this content, read in this way, and nothing newer under its name."""
        with self.engine.connect() as connection:
            return _stands(connection, identity, name)

    def order(self) -> dict[str, int]:
        """Hash of a file's bytes to the number of its newest submission."""
        with self.engine.connect() as connection:
            known = connection.execute(select(submissions.c.id, submissions.c.number).order_by(submissions.c.number))
            return {row.id.partition(".")[0]: row.number for row in known}

    def forms_of(self, digest: str) -> set[str]:
        """Forms that a file with these bytes was recorded for, however it was read."""
        with self.engine.connect() as connection:
            after = digest + "."
            found = select(submissions.c.form).where(submissions.c.id >= after, submissions.c.id < after + "\uffff")
            return set(connection.execute(found).scalars())

    def record(self, validated: Validated, identity: str) -> list[Recorded]:
        """Record the accepted rows, the quarantined rows and the issues of a file.

        Parameters
        ----------
        validated : Validated
            A checked file.
        identity : str
            Hash of the file's bytes, a dot, and all that decides how they are read.

        Returns
        -------
        list of Recorded
            One entry per sheet; recording the same content again changes nothing.
        """
        files = validated.files().to_dict("records")
        with writing(self.engine) as connection:
            already = _stands(connection, identity, validated.submission.name)
            return [
                Recorded(_dataset(part), already=True) if already else self._record(connection, part, about, identity)
                for part, about in zip(validated.parts, files, strict=True)
            ]

    def _record(
        self, connection: Connection, part: ValidatedPart, about: Mapping[Hashable, Any], identity: str
    ) -> Recorded:
        names = stored_columns(part.match.form, part.accepted)
        submission = _insert_submission(connection, about, identity, names)
        counts = _insert_rows(connection, part, _dataset(part), submission, names)
        _insert_quarantine(connection, part, submission)
        return Recorded(_dataset(part), already=False, **counts)

    def current_files(self) -> pd.DataFrame:
        """The newest submission of every file and sheet, as the table ``files`` with ``id``."""
        import pandas as pd

        with self.engine.connect() as connection:
            frame = pd.read_sql(select(submissions).order_by(submissions.c.number), connection)
        return frame.drop_duplicates(["file", "sheet"], keep="last", ignore_index=True)

    def issues_of(self, identities: Iterable[str]) -> pd.DataFrame:
        """Issues of the given submissions."""
        wanted = set(identities)
        with self.engine.connect() as connection:
            found = connection.execute(select(issues.c.submission, issues.c.payload)).all()
        return issue_table([tuple(json.loads(payload)) for submission, payload in found if submission in wanted])


def _dataset(part: ValidatedPart) -> str:
    return f"{part.match.survey.survey}.{part.match.form_name}"


def _stands(connection: Connection, identity: str, name: str) -> bool:
    """Whether the newest submission of a name is this one; of a new name, whether any is."""
    by_number = select(submissions.c.id).order_by(submissions.c.number.desc()).limit(1)
    newest = connection.execute(by_number.where(submissions.c.file == name)).scalar()
    if newest is not None:
        return str(newest).startswith(f"{identity}-")
    same = (submissions.c.id >= f"{identity}-", submissions.c.id < f"{identity}-\uffff")
    return connection.execute(by_number.where(*same)).first() is not None


def _insert_submission(
    connection: Connection, about: Mapping[Hashable, Any], identity: str, names: Sequence[str]
) -> str:
    number = (connection.execute(select(func.max(submissions.c.number))).scalar() or 0) + 1
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    added = {"id": f"{identity}-{number}", "columns": json.dumps(list(names)), "number": number, "recorded_at": moment}
    kept = {str(name): value for name, value in about.items() if str(name) in submissions.c}
    connection.execute(insert(submissions).values({**kept, **added}))
    return f"{identity}-{number}"


def _insert_rows(
    connection: Connection, part: ValidatedPart, dataset: str, identity: str, names: Sequence[str]
) -> dict[str, int]:
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    if part.accepted.empty:  # a header alone: its columns are not even typed
        return counts
    lines = payloads(part.accepted, names)
    keys = list(row_keys(part.match.form, part.accepted))
    known = dict(_current(connection, dataset, keys))
    values: list[dict[str, Any]] = []
    places = part.accepted["source_row"].tolist()
    for key, line, digest, place in zip(keys, lines, hashes(names, lines), places, strict=True):
        version, old = known.get(key, (0, ""))
        if digest == old:
            counts["unchanged"] += 1
            continue
        counts["changed" if version else "new"] += 1
        values.append({
            "dataset": dataset, "key": key, "version": version + 1, "hash": digest, "payload": line,
            "submission": identity, "source_row": place,
        })  # fmt: skip
    if values:
        connection.execute(insert(rows), values)
    return counts


def _current(connection: Connection, dataset: str, keys: Sequence[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Newest version and hash of each key that is recorded."""
    for start in range(0, len(keys), CHUNK):
        wanted = list(keys[start : start + CHUNK])
        found = connection.execute(
            select(rows.c.key, rows.c.version, rows.c.hash)
            .where(rows.c.dataset == dataset, rows.c.key.in_(wanted))
            .order_by(rows.c.version)
        )
        for key, version, digest in found:
            yield key, (version, digest)


def _insert_quarantine(connection: Connection, part: ValidatedPart, identity: str) -> None:
    if len(part.quarantined):
        cells = part.quarantined.iloc[:, 1:].astype(object).to_numpy().tolist()
        places = part.quarantined["source_row"].tolist()
        connection.execute(
            insert(quarantine),
            [{"submission": identity, "source_row": place, "payload": json.dumps(row, ensure_ascii=False)}
             for place, row in zip(places, cells, strict=True)],
        )  # fmt: skip
    if len(part.issues):
        plain = part.issues.astype(object).where(part.issues.notna(), None)
        records = plain[list(COLUMNS)].to_numpy().tolist()
        connection.execute(
            insert(issues),
            [{"submission": identity, "payload": json.dumps(record, ensure_ascii=False)} for record in records],
        )
