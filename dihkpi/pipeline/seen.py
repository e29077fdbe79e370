"""What a run saw and what it left: where both are as they were, there is nothing to do.

Like a build tool, this looks at the size, the times and the number of every file and not at its content; so it takes
milliseconds where reading takes minutes. ``dihkpi run --verify`` reads everything again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.reports.outcome import RenderResult
from dihkpi.reports.versions import versions
from dihkpi.workspace import SETTINGS, Workspace

if TYPE_CHECKING:
    from dihkpi.pipeline.run import Asked, RunResult

FOLDER = "runs"
_DEFINITIONS = ("surveys", "schemas", "notebooks")
_TICK = 0.02  # seconds within which two changes of a file may carry one time


class Sight:
    """The files of a workspace as one run sees them.

    Parameters
    ----------
    space : Workspace
    asked : Asked
        What the run is asked for.
    roots : sequence of Path, optional
        Folders of the definitions; those of the workspace by default.
    """

    def __init__(self, space: Workspace, asked: Asked, roots: Sequence[Path] | None) -> None:
        self._space, self._asked, self._roots = space, asked, roots

    def before(self) -> str:
        """Everything that a run reads: the inbox, the own lists, the settings, the definitions, the package.

        Without a period that is asked for, the day counts too, because it decides which year is the latest.
        """
        package, folder = Path(__file__).resolve().parent.parent, self._folder
        own = self._space.settings.definitions
        roots = self._roots or [package / "_data", package.parent, *([folder / own] if own else [])]
        places = [folder / self._space.inbox.name, folder / self._space.crm.name, folder / SETTINGS, package]
        places += [root / name for root in roots for name in _DEFINITIONS]
        fixed = self._asked.period or self._space.settings.period
        return _digest(places, "" if fixed else datetime.now(UTC).date().isoformat(), repr(versions()))

    def _after(self, label: str) -> str:
        """Everything that a run leaves: the store, the key, the issues, results, reports and reconciliation."""
        space, folder = self._space, self._folder
        places = [folder / space.settings.key_file, *sorted(folder.glob("store.db*")), folder / space.issues.name]
        places += [folder / space.results.name / label, folder / space.reports.name / label]
        places.append(folder / space.reconciliation.name)
        return _digest(places, self._store_mark)

    @cached_property
    def _folder(self) -> Path:
        """The workspace by one name, however it was called."""
        return self._space.folder.resolve()

    @cached_property
    def _store_mark(self) -> str:
        """How far a store is that is not a file of the workspace."""
        if not self._space.settings.store.url:
            return ""
        store = self._space.open_store()
        try:
            return store.mark()
        finally:
            store.close()

    @property
    def _note(self) -> Path:
        asked = asdict(self._asked) | {"workers": None, "force": None, "verify": None, "dask": None}
        name = hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
        return self._space.state / FOLDER / f"{name}.json"

    def recall(self, before: str) -> RunResult | None:
        """What the last run of this kind made, if everything it saw and left is as it was."""
        from dihkpi.pipeline.run import Counts, RunResult

        try:
            note = json.loads(self._note.read_bytes())
            if note["before"] != before or note["after"] != self._after(note["period"]):
                return None
            told: dict[str, Any] = note["reports"]
            reports = [RenderResult(**dict(zip(told["fields"], row, strict=True))) for row in told["rows"]]
            space, label = self._space, note["period"]
            index, results = space.reports / label / "index.html", space.results / label
            return RunResult(index, note["label"], results, Counts(**note["counts"]), tuple(note["lines"]), reports)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # no such note, or one of another version: the run will write a new one

    def remember(self, before: str, result: RunResult) -> None:
        """Note what a run saw and made."""
        fields = ["report", "level", "code", "title", "path", "key", "parts", "state", "files"]
        rows = [[r.report, r.level, r.code, r.title, r.path, r.key, {}, "unchanged", {}] for r in result.reports]
        note = {
            "before": before, "after": self._after(result.results.name), "period": result.results.name,
            "label": result.period, "counts": asdict(result.counts), "lines": result.lines,
            "reports": {"fields": fields, "rows": rows},
        }  # fmt: skip
        self._note.parent.mkdir(parents=True, exist_ok=True)
        aside = self._note.with_suffix(".part")
        aside.write_text(json.dumps(note), encoding="utf-8")
        aside.replace(self._note)


def _digest(places: Sequence[Path], *more: str, wait: bool = True) -> str:
    """Hash over the state of files and of everything in folders."""
    total = hashlib.sha256("\0".join(more).encode())
    newest = 0
    for place in places:
        for line, changed in _states(place):
            total.update(line)
            newest = max(newest, changed)
    if wait and 0 <= time.time_ns() - newest < _TICK * 1e9:  # a second change right now could go unseen
        time.sleep(_TICK)
        return _digest(places, *more, wait=False)
    return total.hexdigest()[:32]


def _states(place: Path) -> Iterator[tuple[bytes, int]]:
    """Path, size, times and number of a file, or of all files below a folder; and when each was changed last."""
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except NotADirectoryError:
        yield _state(os.fspath(place), os.lstat(place))
        return
    except FileNotFoundError:
        yield f"{place}\0nothing\n".encode(errors="surrogateescape"), 0
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _states(Path(entry.path))
        else:
            yield _state(entry.path, entry.stat(follow_symlinks=False))


def _state(path: str, state: os.stat_result) -> tuple[bytes, int]:
    told = f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ctime_ns}\0{state.st_ino}\0{state.st_mode}\n"
    return told.encode(errors="surrogateescape"), state.st_ctime_ns
