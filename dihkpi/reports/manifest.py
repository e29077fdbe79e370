"""``manifest.json``: which reports lie in a folder, from which data and definitions, with which bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dihkpi.errors import WorkspaceError
from dihkpi.reports.files import ASIDE, hash_of, inside, write_text
from dihkpi.reports.results import Results
from dihkpi.reports.versions import versions

NAME, MADE_BY = "manifest.json", "dihkpi"
JOURNAL = ".made.jsonl"
_MADE = ("report", "level", "code", "title", "path", "key", "parts", "files")
_FAILED = ("report", "level", "code", "title", "message")
_META = (
    "period",
    "first_day",
    "last_day",
    "snapshot",
    "definitions",
    "package",
    "surveys",
    "options",
    "counts",
)


def claim(out: Path) -> dict[str, dict[str, Any]]:
    """Take a folder for reports and give what is on record there, by path.

    A new or empty folder gets a manifest at once, so that a run that was cut short can be taken up again.

    Raises
    ------
    WorkspaceError
        When the folder holds files but no manifest of ours: they are not overwritten.
    """
    manifest = _read(out)
    if manifest is not None:
        return {entry["path"]: entry for entry in [*manifest["reports"], *_left_behind(out)]}
    if out.is_dir() and any(out.iterdir()):
        raise WorkspaceError(
            f"'{out.name}' holds files but no {NAME} of {MADE_BY}; nothing was written\n"
            "  choose another folder, or empty this one"
        )
    _write(out, {"made_by": MADE_BY, "reports": [], "failed": []})
    return {}


class Journal:
    """Reports as they are made, one line each, so that a run that is cut short does not lose them.

    The journal goes into the manifest at the end of a run, or at the start of the next one.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / JOURNAL

    def __enter__(self) -> Journal:
        self._handle = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):  # on a full disk the last lines are lost: those reports are made again
            self._handle.close()

    def note(self, result: Mapping[str, Any]) -> None:
        """Put one report on record."""
        with contextlib.suppress(OSError):
            self._handle.write(json.dumps({name: result[name] for name in _MADE}, ensure_ascii=False) + "\n")
            self._handle.flush()


def _left_behind(out: Path) -> list[dict[str, Any]]:
    """What a run that was cut short had made; half files that it left are removed."""
    try:
        lines = (out / JOURNAL).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    for aside in out.rglob(f".*{ASIDE}"):
        aside.unlink(missing_ok=True)
    entries = []
    for line in lines:
        with contextlib.suppress(ValueError):  # the last line may be half
            entry = json.loads(line)
            entries += [entry] if isinstance(entry, dict) and set(_MADE) <= set(entry) else []
    return entries


def _read(out: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((out / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(manifest, dict) and manifest.get("made_by") == MADE_BY
    return manifest if ours and isinstance(manifest.get("reports"), list) else None


def _write(out: Path, manifest: Mapping[str, Any]) -> None:
    write_text(out / NAME, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def record_reports(
    out: Path, made: Iterable[Mapping[str, Any]], failed: Iterable[Mapping[str, Any]], all_of: set[str] | None = None
) -> None:
    """Put the reports of a run on record; those of earlier runs stay while their files do.

    With ``all_of``, the paths of all reports that there are, those of earlier runs that are no more are removed.
    """
    manifest = _read(out) or {"made_by": MADE_BY, "reports": []}
    failed = list(failed)
    gone = {entry["path"] for entry in failed}
    known = [*manifest["reports"], *_left_behind(out)]
    entries = {entry["path"]: entry for entry in known if all((out / name).is_file() for name in entry["files"])}
    entries |= {entry["path"]: {name: entry[name] for name in _MADE} for entry in made}
    if all_of is not None:
        _remove(out, (entries.pop(path) for path in sorted(set(entries) - all_of)))
    manifest["reports"] = [entries[path] for path in sorted(set(entries) - gone)]
    manifest["failed"] = [{name: entry[name] for name in _FAILED} for entry in failed]
    _write(out, manifest)
    (out / JOURNAL).unlink(missing_ok=True)


def _remove(out: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Remove reports that are no more; a file that somebody changed stays."""
    for entry in entries:
        for name, digest in entry["files"].items():
            file = inside(out, name)
            if file.is_file() and hash_of(file) == digest:
                file.unlink()
                with contextlib.suppress(OSError):  # something else is in there
                    file.parent.rmdir()


def reports_on_record(out: str | Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The reports that lie in a folder, and those that could not be made in the last run."""
    manifest = _read(Path(out)) or {}
    return manifest.get("reports", []), manifest.get("failed", [])


def write_manifest(out: str | Path, data: str | Path, *, made_at: str) -> Path:
    """Complete the manifest with versions, hashes, row counts and the time.

    Parameters
    ----------
    out : path
        Folder of the reports.
    data : path
        The results folder they were made from.
    made_at : str
        The only timestamp of all outputs, as ISO 8601; passed in, because nothing here reads a clock. Where nothing has
        changed since, the earlier one stays, so that the folder keeps its bytes.

    Returns
    -------
    Path
        The manifest.
    """
    folder, results = Path(out), Results(data)
    claim(folder)
    others = [folder / "index.html", *sorted((folder / "data").glob("*"))]
    more = {
        **{name: results.meta.get(name) for name in _META},
        "rows": {path.stem: _rows(path) for path in sorted(results.folder.glob("*.parquet"))},
        "files": {path.relative_to(folder).as_posix(): hash_of(path) for path in others if path.is_file()},
        "versions": versions(),
    }
    before = _read(folder) or {}
    now = {name: value for name, value in {**before, **more}.items() if name not in ("made_at", "content")}
    content = hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()
    same = content == before.get("content") and "made_at" in before
    _write(folder, {**now, "content": content, "made_at": before["made_at"] if same else made_at})
    return folder / NAME


def _rows(path: Path) -> int:
    from pyarrow.parquet import read_metadata

    return int(read_metadata(path).num_rows)
