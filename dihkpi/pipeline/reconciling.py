"""Own lists of hubs beside what the snapshot holds of them: workbooks to work through, and counts for the reports.

The lists lie in the folder ``crm`` and go nowhere else: neither into the store nor into any figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.errors import WorkspaceError
from dihkpi.intake.reconcile.by_hub import HubsReconciled, Lists, reconcile_hubs
from dihkpi.intake.reconcile.own import FORMS, SURVEY, OwnLists, read_own_lists, rows_or_none
from dihkpi.intake.reconcile.words import in_words
from dihkpi.intake.reconcile.workbook import write_sheets
from dihkpi.intake.text import is_id
from dihkpi.pipeline.inbox import REGISTER_FORMS, hub_names, walk
from dihkpi.pipeline.tables import with_hub_ids
from dihkpi.store.snapshot import Snapshot
from dihkpi.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

ALL = "reconciliation"
"""The workbook of all hubs."""


@dataclass(frozen=True)
class Told:
    """What came of it.

    Parameters
    ----------
    counts : pandas.DataFrame
        The table ``reconciliation``.
    made_of : str
        Hash of everything that decided it.
    lines : tuple of str
        What is wrong with own lists, in words, and where to look at what came of them.
    """

    counts: pd.DataFrame
    made_of: str
    lines: tuple[str, ...]


def reconcile_workspace(
    space: Workspace, snapshot: Snapshot, definitions: Definitions, code: str, again: bool = False
) -> Told:
    """Compare the lists in ``crm`` with the snapshot and write the workbooks, unless they are there already.

    Parameters
    ----------
    space : Workspace
    snapshot : Snapshot
    definitions : Definitions
    code : str
        Hash of the code.
    again : bool
        Also where nothing changed.

    Raises
    ------
    WorkspaceError
        When a workbook cannot be written.
    """
    files = {path.relative_to(space.crm).as_posix(): path for path in walk(space.crm)}
    made_of = _made_of(files, snapshot.id, definitions.fingerprint, code)
    if not again and (known := _known(space, made_of)):
        return known
    own, found = _reconciled(files, snapshot, definitions)
    try:
        written = list(_write(space.reconciliation, found, own.files))
    except OSError as fault:
        message = f"{space.reconciliation} cannot be written: {fault.strerror}\n  close its workbooks and run again"
        raise WorkspaceError(message) from None
    told = Told(found.counts, made_of, (*own.faulty, *_summary(space, found.counts)))
    _remember(space, told, written)
    return told


def _made_of(files: Mapping[str, Path], *more: str) -> str:
    total = hashlib.sha256("\0".join(more).encode())
    for name, path in sorted(files.items()):
        total.update(f"\0{name}\0".encode(errors="surrogateescape"))
        try:
            total.update(path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
        except OSError as fault:
            total.update(str(fault.errno).encode())
    return total.hexdigest()[:32]


def _reconciled(
    files: Mapping[str, Path], snapshot: Snapshot, definitions: Definitions
) -> tuple[OwnLists, HubsReconciled]:
    register, catalogue = (snapshot.table("hub_register", form) for form in REGISTER_FORMS)
    hubs = hub_names(register, catalogue, definitions)
    own = read_own_lists(files, definitions, hubs)
    forms = definitions.surveys[SURVEY].forms
    official = {name: rows_or_none(snapshot.table(SURVEY, name), forms[name]).dropna(subset="hub") for name in FORMS}
    sides = [{"services": own.services, "customers": own.customers}, official]
    if hubs is None:
        sides = [{name: with_hub_ids(frame) for name, frame in side.items()} for side in sides]
    return own, reconcile_hubs(Lists(**sides[0]), Lists(**sides[1]), definitions)


def _write(folder: Path, found: HubsReconciled, files: pd.DataFrame) -> Iterator[str]:
    """The workbook of all hubs, and where there are several, one of each; gives their names."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    told = found.counts.astype(object).where(found.counts.notna(), None)
    words = [in_words(row) for row in told.to_dict("records")]  # type: ignore[arg-type]
    summary = found.counts.drop(columns="own_list")
    summary.insert(1, "what_to_do", pd.Series(words, index=summary.index, dtype="str"))
    brought = files if len(files) else pd.DataFrame([{**dict.fromkeys(files), "found": "the folder crm has no file"}])
    sheets = {"Summary": summary, **found.sheets(), "Own lists": brought}
    write_sheets(folder / f"{ALL}.xlsx", sheets)
    yield f"{ALL}.xlsx"
    if len(found.counts) < 2:
        return
    parts = {title: dict(list(table.groupby("hub"))) for title, table in sheets.items()}
    for hub in (hub for hub in found.counts["hub"] if is_id(hub) and hub.casefold() != ALL):
        own = {title: parts[title].get(hub, table.iloc[:0]) for title, table in sheets.items()}
        write_sheets(folder / f"{hub}.xlsx", own)
        yield f"{hub}.xlsx"


def _summary(space: Workspace, counts: pd.DataFrame) -> Iterator[str]:
    """Where there is a list, what came of it."""
    if with_list := int(counts["own_list"].sum()):
        where = f"{space.reconciliation.name}/{ALL}.xlsx"
        yield f"{with_list:,} of {len(counts):,} hubs have a list of their own beside the official one; see {where}"


def _note(space: Workspace) -> Path:
    return space.state / f"{ALL}.json"


def _known(space: Workspace, made_of: str) -> Told | None:
    """What was made of the same before, if all of it is still there."""
    import pandas as pd

    try:
        note = json.loads(_note(space).read_bytes())
        if note["made_of"] != made_of or not all((space.reconciliation / name).is_file() for name in note["written"]):
            return None
        counts = pd.read_parquet(_note(space).with_suffix(".parquet"))
        return Told(counts, made_of, tuple(note["lines"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no such note, or one of another version


def _remember(space: Workspace, told: Told, written: list[str]) -> None:
    """Note what was made, and remove the workbooks of hubs that are no more."""
    note = _note(space)
    note.parent.mkdir(parents=True, exist_ok=True)
    try:
        before = json.loads(note.read_bytes())["written"]
    except (OSError, ValueError, KeyError, TypeError):
        before = []
    for name in set(before) - set(written):
        (space.reconciliation / name).unlink(missing_ok=True)
    told.counts.to_parquet(note.with_suffix(".parquet"), index=False)
    content = {"made_of": told.made_of, "written": written, "lines": told.lines}
    aside = note.with_suffix(".part")
    aside.write_text(json.dumps(content), encoding="utf-8")
    aside.replace(note)
