"""``manifest.json``: which reports lie in a folder, from which data and definitions, with which bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dihkpi.errors import WorkspaceError
from dihkpi.reports.files import hash_of, write_text
from dihkpi.reports.results import Results

NAME, MADE_BY = "manifest.json", "dihkpi"
_MADE = ("report", "level", "code", "title", "path", "key", "files")
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
_LIBRARIES = ("matplotlib", "nbconvert", "numpy", "pandas", "papermill", "seaborn")


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
        return {entry["path"]: entry for entry in manifest["reports"]}
    if out.is_dir() and any(out.iterdir()):
        raise WorkspaceError(
            f"'{out.name}' holds files but no {NAME} of {MADE_BY}; nothing was written\n"
            "  choose another folder, or empty this one"
        )
    _write(out, {"made_by": MADE_BY, "reports": [], "failed": []})
    return {}


def _read(out: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((out / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(manifest, dict) and manifest.get("made_by") == MADE_BY
    return manifest if ours and isinstance(manifest.get("reports"), list) else None


def _write(out: Path, manifest: Mapping[str, Any]) -> None:
    write_text(out / NAME, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def record_reports(out: Path, made: Iterable[Mapping[str, Any]], failed: Iterable[Mapping[str, Any]]) -> None:
    """Put the reports of a run on record; those of earlier runs stay while their files do."""
    manifest = _read(out) or {"made_by": MADE_BY, "reports": []}
    failed = list(failed)
    gone = {entry["path"] for entry in failed}
    entries = {entry["path"]: entry for entry in manifest["reports"] if (out / entry["path"]).is_file()}
    entries |= {entry["path"]: {name: entry[name] for name in _MADE} for entry in made}
    manifest["reports"] = [entries[path] for path in sorted(set(entries) - gone)]
    manifest["failed"] = [{name: entry[name] for name in _FAILED} for entry in failed]
    _write(out, manifest)


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
        "versions": _versions(),
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


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in _LIBRARIES}
