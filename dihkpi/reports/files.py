"""Files of the output folder: written aside and renamed, never outside of it, known by their hash."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

from dihkpi.errors import ReportError
from dihkpi.reports.wording import visible

ASIDE = ".part"


def write_bytes(path: Path, content: bytes) -> str:
    """Write aside, then rename: a reader never meets half a file. Gives the SHA-256 of the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}{ASIDE}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return hashlib.sha256(content).hexdigest()


def write_text(path: Path, text: str) -> str:
    """As `write_bytes`, for text."""
    return write_bytes(path, text.encode("utf-8"))


def reason_of(error: OSError) -> str:
    """Why a file could not be written, and what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full\n  make room and run again: only what is missing will be made"
    return error.strerror or str(error)


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inside(out: Path, path: str) -> Path:
    """A path below the output folder; a ReportError when it would lie elsewhere."""
    target = (out / path).resolve()
    if not target.is_relative_to(out.resolve()):
        raise ReportError(f"'{visible(path)}' would lie outside of the folder of the reports")
    return target
