"""The encoding of a text file."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from dihkpi.errors import FileRefusedError
from dihkpi.intake.text import show

_FALLBACK = "cp1252"


@dataclass(frozen=True)
class Encoding:
    """How a text file is encoded, and what must be said about it."""

    name: str
    notes: tuple[tuple[str, str], ...] = ()
    certain: bool = True


def detect(path: Path) -> Encoding:
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            raw.decode("utf-16")
        except UnicodeDecodeError:
            raise FileRefusedError("encoding", f"{path.name} is damaged UTF-16 text", "export it again") from None
        return Encoding("utf-16")
    if b"\0" in raw:
        raise FileRefusedError(
            "wrong_container", f"{path.name} is not text (it holds NUL bytes)", "export CSV in UTF-8"
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        text = raw.decode(_FALLBACK, errors="replace")
        sample = show(text[max(0, fault.start - 12) : fault.start + 12].replace("\n", " "), 24)
        note = ("encoding", f"the file is not UTF-8; it was read as {_FALLBACK}, for example '{sample}'")
        return Encoding(_FALLBACK, (note,), certain=False)
    return Encoding("utf-8")
