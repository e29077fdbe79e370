"""Snapshots: the current rows of the store as Parquet, named by their content, never changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Form
from dihkpi.intake.keys import row_keys
from dihkpi.intake.rows import derive
from dihkpi.store.database import submissions
from dihkpi.store.payload import typed_frame
from dihkpi.store.record import Store

if TYPE_CHECKING:
    import pandas as pd

# The newest version of every key: no row with the same key has a higher version.
_CURRENT = """
SELECT r.dataset, r.key, r.hash, r.payload, r.submission, r.source_row
FROM rows AS r
WHERE NOT EXISTS (
    SELECT 1 FROM rows AS newer
    WHERE newer.dataset = r.dataset AND newer.key = r.key AND newer.version > r.version
)
ORDER BY r.dataset, r.key
"""

_LATEST = "latest.json"


@dataclass(frozen=True)
class Snapshot:
    """The current rows of a store at one moment.

    Parameters
    ----------
    id : str
        Hash of the content: the same rows give the same id.
    folder : pathlib.Path
        One Parquet file per form.
    """

    id: str
    folder: Path

    def table(self, survey: str, form: str) -> pd.DataFrame | None:
        """Rows of one form, or ``None`` when nothing was submitted."""
        import pandas as pd

        path = self.folder / f"{survey}.{form}.parquet"
        return pd.read_parquet(path) if path.exists() else None


def take_snapshot(store: Store, definitions: Definitions, folder: Path) -> Snapshot:
    """Write the current rows as Parquet, unless this very content is there already.

    Parameters
    ----------
    store : Store
    definitions : Definitions
        Forms and derived columns.
    folder : pathlib.Path
        The snapshots of the workspace.
    """
    import pandas as pd

    mark = f"{store.mark()} {definitions.fingerprint}"
    if (known := _latest(folder, mark)) is not None:
        return known
    with store.engine.connect() as connection:
        current = pd.read_sql(text(_CURRENT), connection)
        columns = _recorded_columns(connection)
    digest = hashlib.sha256(definitions.fingerprint.encode())
    digest.update("\n".join(current["dataset"] + current["key"] + current["hash"]).encode())
    snapshot = Snapshot(digest.hexdigest()[:16], folder / digest.hexdigest()[:16])
    if not snapshot.folder.is_dir():
        aside = folder / f".{snapshot.id}.part"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for dataset, rows in current.groupby("dataset", sort=True):
            frame = _typed(str(dataset), rows, columns, definitions)
            if frame is not None:
                frame.to_parquet(aside / f"{dataset}.parquet", index=False)
        aside.rename(snapshot.folder)
    (folder / _LATEST).write_text(json.dumps({"mark": mark, "id": snapshot.id}), encoding="utf-8")
    return snapshot


def _latest(folder: Path, mark: str) -> Snapshot | None:
    """The last snapshot, if the store and the definitions are as they were then."""
    try:
        note = json.loads((folder / _LATEST).read_text(encoding="utf-8"))
        found = Snapshot(str(note["id"]), folder / str(note["id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if note.get("mark") == mark and found.folder.is_dir() else None


def current_table(store: Store, definitions: Definitions, survey: str, form: str) -> pd.DataFrame | None:
    """The current rows of one form, straight from the store."""
    import pandas as pd

    with store.engine.connect() as connection:
        current = pd.read_sql(text(_CURRENT.replace("WHERE NOT", "WHERE r.dataset = :dataset AND NOT")), connection,
                              params={"dataset": f"{survey}.{form}"})  # fmt: skip
        columns = _recorded_columns(connection)
    return _typed(f"{survey}.{form}", current, columns, definitions) if len(current) else None


def _recorded_columns(connection: Connection) -> dict[str, str]:
    """Submission to the names of the columns of its rows."""
    return {row.id: row.columns for row in connection.execute(select(submissions.c.id, submissions.c.columns))}


def _typed(
    dataset: str, rows: pd.DataFrame, columns: Mapping[str, str], definitions: Definitions
) -> pd.DataFrame | None:
    import pandas as pd

    survey_name, _, form_name = dataset.partition(".")
    if survey_name not in definitions.surveys or form_name not in definitions.surveys[survey_name].forms:
        return None
    survey = definitions.surveys[survey_name]
    form = survey.forms[form_name]
    parts = []
    for names, group in rows.groupby(rows["submission"].map(columns), sort=True):
        frame = typed_frame(survey, form, json.loads(str(names)), list(group["payload"]))
        parts.append(frame.assign(key=group["key"].to_numpy(), source_row=group["source_row"].to_numpy()))
    frame = pd.concat(parts, ignore_index=True).sort_values("key", kind="stable", ignore_index=True)
    return derive(form, _known_by_now(form, frame), definitions)


def _known_by_now(form: Form, frame: pd.DataFrame) -> pd.DataFrame:
    """Without the rows that were sent before they had an identifier and have come back with one."""
    if not form.key_without:
        return frame
    new = frame[form.key[0]].isna()
    now = frame.loc[~new].assign(**{form.key[0]: None})
    same = row_keys(form, frame).isin(row_keys(form, now)) if len(now) else new & ~new
    return frame[~(new & same)].reset_index(drop=True)
