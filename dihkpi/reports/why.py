"""Why a report is made again: what changed since it was made, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.reports.extract import SECTIONS
from dihkpi.reports.files import hash_of, inside
from dihkpi.reports.wording import listing

if TYPE_CHECKING:
    from dihkpi.reports.plan import ReportJob

PARTS: Mapping[str, str] = {
    **{f"data.{section}": words for section, words in SECTIONS.items()},
    "names": "names or definitions of codes",
    "template": "its template",
    "page": "the frame of the page",
    "parameters": "its parameters",
    "title": "its title",
    "pdf": "what makes the PDF",
    "software": "the version of Python or a library",
}
"""What a key is made of, and how a change of it is told."""


def why(job: ReportJob, before: Mapping[str, Any] | None, files: Sequence[str], out: Path) -> str:
    """Why a report cannot be left as it is; empty when it can.

    Parameters
    ----------
    job : ReportJob
        The report as it would be made now.
    before : mapping, optional
        What is on record of it.
    files : sequence of str
        Files that are asked for, relative to the folder of the reports.
    out : Path
        The folder of the reports.
    """
    if before is None:
        return "it is new"
    parts = before.get("parts", {})
    ours = [name for name in {**PARTS, **job.parts} if name in job.parts]
    changed = [PARTS.get(name, name) for name in ours if parts.get(name) != job.parts[name]]
    if changed:
        return f"{listing(changed)} changed"
    if missing := [name for name in files if name not in before["files"]]:
        return f"{listing(missing)} was never made"
    gone = [name for name, digest in before["files"].items() if not _is(inside(out, name), digest)]
    return f"{listing(gone)} was changed or removed since" if gone else ""


def _is(file: Path, digest: str) -> bool:
    return file.is_file() and hash_of(file) == digest
