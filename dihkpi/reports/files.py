"""Files of the output folder: written aside and renamed, never outside of it, known by their hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from dihkpi.errors import ReportError
from dihkpi.reports.wording import visible


def write_text(path: Path, text: str) -> str:
    """Write aside, then rename: a reader never meets half a file. Gives the SHA-256 of the bytes."""
    content = text.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)
    return hashlib.sha256(content).hexdigest()


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inside(out: Path, path: str) -> Path:
    """A path below the output folder; a ReportError when it would lie elsewhere."""
    target = (out / path).resolve()
    if not target.is_relative_to(out.resolve()):
        raise ReportError(f"'{visible(path)}' would lie outside of the folder of the reports")
    return target
