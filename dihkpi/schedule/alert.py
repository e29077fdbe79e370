"""Tell somebody about a failure, by a command of theirs."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dihkpi.schedule.record import write_whole
from dihkpi.settings import AlertSettings

TOLD = "alert.json"


def alert(settings: AlertSettings, folder: Path, summary: Mapping[str, Any], cause: str, now: datetime) -> str:
    """Run the command of ``on_failure`` with the summary on its standard input, without a shell.

    The same cause is told again only after ``repeat_hours``: a failed run is tried at every call of a timer.

    Parameters
    ----------
    settings : AlertSettings
    folder : pathlib.Path
        Where it is noted what was told.
    summary : mapping
        Given to the command as one line of JSON.
    cause : str
        What failed; the same text for the same failure.
    now : datetime.datetime

    Returns
    -------
    str
        ``sent``, ``told before``, or ``failed: …``; empty when there is no command.
    """
    if not settings.on_failure:
        return ""
    path = folder / TOLD
    before = _told(path, cause)
    if before is not None and timedelta(0) <= now - before < timedelta(hours=settings.repeat_hours):
        return "told before"
    if trouble := _call(settings, folder.parent, json.dumps(summary) + "\n"):
        return f"failed: {trouble}"
    try:
        write_whole(path, json.dumps({"cause": cause, "at": now.isoformat()}))
    except OSError as fault:
        return f"sent, but that cannot be noted: {fault}"
    return "sent"


def all_clear(folder: Path) -> None:
    """Forget what was told: the next failure is news again."""
    (folder / TOLD).unlink(missing_ok=True)


def _told(path: Path, cause: str) -> datetime | None:
    """When this cause was told last, if it was the last one."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        at = datetime.fromisoformat(told["at"])
        return at if told["cause"] == cause and at.tzinfo else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _call(settings: AlertSettings, folder: Path, text: str) -> str:
    """What went wrong with the command, if anything."""
    words = list(settings.on_failure)
    # Files rather than pipes: a pipe that a grandchild keeps open would outlast the time-out.
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        told.write(text.encode())
        told.seek(0)
        try:
            done = subprocess.run(words, stdin=told, stdout=said, stderr=subprocess.STDOUT, cwd=folder,
                                  timeout=settings.timeout_seconds, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"{words[0]} took longer than {settings.timeout_seconds} seconds"
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", None) or fault
            return f"{words[0]}: {reason}; timers know few folders, so give the whole path of the program"
        if done.returncode == 0:
            return ""
        said.seek(0)
        words_said = " ".join(said.read()[-2000:].decode(errors="replace").split())
        return f"{words[0]} ended with {done.returncode}" + (f": {words_said[-300:]}" if words_said else "")
