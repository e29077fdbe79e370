"""What schedules have made: a small file in the workspace, written aside and renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from dihkpi.errors import ScheduleError
from dihkpi.schedule.due import Turn
from dihkpi.settings import ScheduleSettings

RECORD = "schedule.json"


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Kept):
    """What became of the newest turn of a period."""

    day: date
    state: Literal["started", "made", "unchanged", "failed"]
    attempts: int
    at: AwareDatetime
    message: str = ""

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to do."""
        return self.state in ("made", "unchanged")


class History(_Kept):
    """What a schedule has made, by period; ``start`` is where it began when it was seen for the first time."""

    start: date
    periods: Mapping[str, Entry] = {}


class Record(_Kept):
    """The content of the file; a changed record is a new one."""

    version: Literal[1] = 1
    schedules: Mapping[str, History] = {}

    def starting(self, schedule: str, start: date) -> Record:
        """With the day on which a schedule begins, if it is new."""
        return self if schedule in self.schedules else self._with(schedule, History(start=start))

    def noting(self, turn: Turn, entry: Entry) -> Record:
        """With what became of a turn."""
        history = self.schedules[turn.schedule]
        periods = {**history.periods, turn.period: entry}
        return self._with(turn.schedule, history.model_copy(update={"periods": periods}))

    def entry(self, turn: Turn) -> Entry | None:
        """What became of the period of a turn."""
        history = self.schedules.get(turn.schedule)
        return history.periods.get(turn.period) if history else None

    def attempts(self, turn: Turn) -> int:
        """How often this very turn was tried in vain."""
        entry = self.entry(turn)
        return entry.attempts if entry and not entry.settled and entry.day == turn.day else 0

    def is_due(self, schedule: ScheduleSettings, turn: Turn) -> bool:
        """Whether a turn still has to be made; an ended period is made once, whatever happens to its waiting days."""
        entry = self.entry(turn)
        return not (entry and entry.settled and (not schedule.so_far or entry.day >= turn.day))

    def _with(self, schedule: str, history: History) -> Record:
        return self.model_copy(update={"schedules": {**self.schedules, schedule: history}})


def read_record(folder: Path) -> Record:
    """Read the record; an empty one when there is none yet.

    Raises
    ------
    ScheduleError
        When it is damaged; says what to do.
    """
    path = folder / RECORD
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Record()
    except UnicodeDecodeError:
        text = ""
    try:
        return Record.model_validate_json(text)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = " › ".join(map(str, first["loc"]))
        raise ScheduleError(
            f"{path} is damaged: {f'{where}: ' if where else ''}{first['msg']}\n"
            f"  put back a copy, or rename it: what is due is then worked out anew from 'since' of each schedule,\n"
            f"  and reports that are up to date are left alone; nothing else depends on this file"
        ) from None


def write_record(folder: Path, record: Record) -> None:
    """Write the record so that a crash or a full disk leaves the old one or the new one."""
    write_whole(folder / RECORD, record.model_dump_json(indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write aside, make sure it is on the disk, rename."""
    aside = path.with_name(f"{path.name}.new")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
