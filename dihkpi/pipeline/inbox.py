"""The inbox: every new file is read, checked and recorded; registers first, because the others name hubs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.issues import Fault, IssueLog, concat_issues
from dihkpi.intake.submission import Submission, read_submission
from dihkpi.intake.validate import validate
from dihkpi.pipeline.known import RecordedTables
from dihkpi.store.record import Store
from dihkpi.store.register import hubs_table
from dihkpi.store.snapshot import current_table

if TYPE_CHECKING:
    import pandas as pd

REGISTER_FORMS = ("hubs", "catalogue")
Progress = Callable[[int, int], None]


@dataclass
class Intake:
    """What an intake found.

    Parameters
    ----------
    sources : dict of str to pathlib.Path
        Name of a file, as issues call it, to the file.
    refused : list of pandas.DataFrame
        Issues of files that could not be read at all.
    recorded : int
        Files that were new or had to be read again.
    """

    sources: dict[str, Path]
    refused: list[pd.DataFrame] = field(default_factory=list)
    recorded: int = 0


@dataclass(frozen=True)
class _File:
    path: Path
    name: str
    folder: str | None
    digest: str
    submission: Submission | None = None


def take_in(
    inbox: Path, store: Store, definitions: Definitions, progress: Progress = lambda done, total: None,
    files: list[Path] | None = None, hub: str | None = None, survey: str | None = None,
) -> Intake:  # fmt: skip
    """Record every file of an inbox that is not recorded yet.

    Parameters
    ----------
    inbox : pathlib.Path
        Files, and folders named by a hub with the files of this hub.
    store : Store
    definitions : Definitions
    progress : callable
        Called with the number of files done and of all files.
    files : list of pathlib.Path, optional
        Only these files, wherever they are.
    hub, survey : str, optional
        Settle whose files these are and what they carry.
    """
    found = list(files) if files is not None else list(walk(inbox))
    intake = Intake({_name(path, inbox, hub): path for path in found})
    order = store.order()
    opened = [file for path in found if (file := _open(path, inbox, hub, intake))]
    # A file that has to be read again comes in its old turn, so that what corrected it still comes after it.
    opened.sort(key=lambda file: order.get(file.digest, math.inf))
    later: list[_File] = []
    for number, file in enumerate(opened, 1):
        rest = _register(file, store, definitions, intake, survey)
        if rest is not None:
            later.append(rest)
        progress(number - len(later), len(found))
    hubs = known_hubs(store, definitions)
    context = hashlib.sha256(hubs.hubs.to_csv(index=False).encode()).hexdigest()[:12] if hubs else "no register"
    known = RecordedTables(store, definitions)
    later.sort(key=lambda file: known.turn(_forms(file, store)))
    for number, file in enumerate(later, 1):
        _record(file, store, definitions, hubs, known, context + known.mark(_forms(file, store)), intake, survey)
        progress(len(found) - len(later) + number, len(found))
    return intake


def known_hubs(store: Store, definitions: Definitions) -> HubNames | None:
    """The hubs of the register, or ``None`` when there is no register yet."""
    own, catalogue = (current_table(store, definitions, "hub_register", form) for form in REGISTER_FORMS)
    return hub_names(own, catalogue, definitions)


def hub_names(own: pd.DataFrame | None, catalogue: pd.DataFrame | None, definitions: Definitions) -> HubNames | None:
    """The hubs of the two registers, or ``None`` when there is neither."""
    if own is None and catalogue is None:
        return None
    return HubNames(hubs_table(own, catalogue, (), definitions)[["hub", "name", "title", "country"]])


def walk(inbox: Path) -> Iterator[Path]:
    """Files of a folder and of all folders in it, in alphabetical order; hidden ones count for nothing."""
    for path in sorted(inbox.rglob("*")):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(inbox).parts)
        if not hidden and (path.is_symlink() or not path.is_dir()):
            yield path


def _name(path: Path, inbox: Path, hub: str | None) -> str:
    """How issues and the store call a file; files of one name from several hubs are several files."""
    if path.is_relative_to(inbox):
        return path.relative_to(inbox).as_posix()
    return f"{hub}/{path.name}" if hub else path.name


def _open(path: Path, inbox: Path, hub: str | None, intake: Intake) -> _File | None:
    name = _name(path, inbox, hub)
    inside = path.relative_to(inbox).parts if path.is_relative_to(inbox) else (path.name,)
    try:
        if path.is_symlink() or not path.is_file():
            raise FileRefusedError(
                "not_a_file", f"{path.name} is not an ordinary file", "copy the file itself into the inbox"
            )
        digest = hashlib.sha256(_bytes(path)).hexdigest()[:32]
    except FileRefusedError as fault:
        intake.refused.append(refusal(name, fault))
        return None
    return _File(path, name, hub or (inside[0] if len(inside) > 1 else None), digest)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        reason = f"{path.name} cannot be opened: {fault.strerror}"
        raise FileRefusedError("not_a_file", reason, "check the file and its permissions") from None


def refusal(name: str, fault: FileRefusedError) -> pd.DataFrame:
    """The issue of a file that could not be read."""
    log = IssueLog(name)
    log.add(Fault(fault.rule, fault.message, fault.hint))
    return log.table()


def _register(file: _File, store: Store, definitions: Definitions, intake: Intake, survey: str | None) -> _File | None:
    """Record a file of the register; give any other file back for later."""
    forms = store.forms_of(file.digest)
    if forms and not forms & set(REGISTER_FORMS):
        return file
    identity = f"{file.digest}.{definitions.fingerprint}.register"
    if forms and store.knows(identity, file.name):
        return None
    try:
        submission = read_submission(file.path, definitions, survey=survey, hub=None, name=file.name)
    except FileRefusedError as fault:
        intake.refused.append(refusal(file.name, fault))
        return None
    if not any(part.match.form.kind in REGISTER_FORMS for part in submission.parts):
        return _File(file.path, file.name, file.folder, file.digest, submission)
    store.record(validate(submission, definitions), identity)
    intake.recorded += 1
    return None


def _record(
    file: _File,
    store: Store,
    definitions: Definitions,
    hubs: HubNames | None,
    known: RecordedTables,
    context: str,
    intake: Intake,
    survey: str | None,
) -> None:
    identity = f"{file.digest}.{definitions.fingerprint}.{context}.{file.folder or ''}"
    if store.knows(identity, file.name):
        return
    try:
        submission = file.submission or read_submission(file.path, definitions, survey=survey, name=file.name)
        country = hubs.country_of(file.folder) if hubs and file.folder else None
        if country and any(rule == "encoding" for part in submission.parts for rule, _ in part.sheet.notes):
            submission = read_submission(file.path, definitions, survey=survey, name=file.name, country=country)
        submission = replace(submission, name=file.name, hub=_hub_of(file, submission, hubs))
        validated = validate(submission, definitions, hubs=hubs, known=known)
    except FileRefusedError as fault:  # a large file may turn out to be broken far below its first rows
        intake.refused.append(refusal(file.name, fault))
        return
    store.record(validated, identity)
    known.forget(validated)
    intake.recorded += 1


def _forms(file: _File, store: Store) -> set[str]:
    """Forms that a file carries."""
    if file.submission is not None:
        return {part.match.form_name for part in file.submission.parts}
    return store.forms_of(file.digest)


def _hub_of(file: _File, submission: Submission, hubs: HubNames | None) -> str | None:
    """The hub whose folder a file lies in; it matters where the rows do not name their hub."""
    if all(part.match.form.hub for part in submission.parts):
        return None
    if file.folder is None or hubs is None:
        return file.folder
    hub, fault = hubs.find(file.folder)
    if fault is not None:
        raise FileRefusedError(fault.rule, f"the folder of this file is no hub: {fault.message}", fault.hint)
    return hub


def all_issues(store: Store, intake: Intake) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest state of every file: the table ``files`` and all issues."""
    files = store.current_files()
    issues = concat_issues([store.issues_of(files["id"]), *intake.refused])
    return files, issues.sort_values(["file", "sheet", "row", "column", "rule"], kind="stable", ignore_index=True)
