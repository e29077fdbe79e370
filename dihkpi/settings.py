"""The settings of a workspace: what ``dihkpi.toml`` may hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from dihkpi.errors import UsageError, WorkspaceError, hint_for
from dihkpi.intake.periods import MONTHS, parse_period, period_on
from dihkpi.intake.text import is_id

KEY_FILE = "respondents.key"
DAYS = {"day": 1, "week": 7}
"""Schedules that report the period so far, and the days from one to the next."""
FIRST_YEAR = 1990
"""No hub has data from before; what is older is a slip of the pen."""
_AS_WRITTEN = {
    "day": "2026-03-31", "week": "2026-W14", "month": "2026-03",
    "quarter": "2026-Q1", "half-year": "2026-H1", "year": "2026",
}  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(_Strict):
    """Where the system of record is."""

    url: str | None = None


Format = Literal["html", "pdf", "ipynb"]


class ReportSettings(_Strict):
    """How reports are made; the last three limits are those of one report."""

    formats: tuple[Format, ...] = Field(default=("html",), min_length=1)
    workers: int = Field(default=2, ge=1, le=64)
    engine: Literal["child", "process", "kernel"] | None = None
    pdf_engine: Literal["typst", "weasyprint", "chromium"] = "typst"
    dask: str | None = None
    shared: str = ""
    seconds: float = Field(default=300, ge=1, le=86_400)
    memory_mb: int = Field(default=2048, ge=64, le=1_048_576)
    output_mb: int = Field(default=20, ge=1, le=1024)


class ScheduleSettings(_Strict):
    """What is reported when. The order of the fields matters: later ones are checked against earlier ones."""

    name: str
    every: Literal["day", "week", "month", "quarter", "half-year", "year"]
    period: Literal["month", "quarter", "half-year", "year"] | None = None
    wait_days: int = Field(default=0, ge=0, le=366)
    at: time = time(2)
    since: str | None = None
    formats: tuple[Format, ...] | None = Field(default=None, min_length=1)
    reports: tuple[Literal["hub", "region", "network"], ...] | None = Field(default=None, min_length=1)
    hubs: tuple[str, ...] | None = Field(default=None, min_length=1)
    regions: tuple[str, ...] | None = Field(default=None, min_length=1)
    catch_up: int = Field(default=40, ge=1, le=1000)

    @property
    def so_far(self) -> bool:
        """Whether the current period is reported again and again, rather than each one that has ended."""
        return self.every in DAYS

    @property
    def kind(self) -> str:
        """Kind of the periods that are reported."""
        return (self.period or "year") if self.so_far else self.every

    @property
    def start(self) -> date | None:
        """First day of ``since``."""
        return None if self.since is None else first_day(self.every, self.since)

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        if not is_id(name):
            raise ValueError(f"'{name}' is no id; allowed: up to 64 of A-Z a-z 0-9 _ -, a letter or digit first")
        return name

    @field_validator("at", mode="before")
    @classmethod
    def _at(cls, at: object) -> object:
        if isinstance(at, time) or (isinstance(at, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at)):
            return at
        raise ValueError(f"{at!r} is no time of the day; write it as 02:00")

    @field_validator("period", "wait_days")
    @classmethod
    def _fits_every(cls, value: Any, info: ValidationInfo) -> Any:
        every = info.data.get("every")
        if info.field_name == "period" and every in MONTHS:
            raise ValueError(f"every {every} is reported as soon as it has ended; period goes with every day or week")
        if info.field_name == "wait_days" and every in DAYS:
            raise ValueError("it is for periods that have ended; every day or week reports the period so far")
        return value

    @field_validator("since", mode="before")
    @classmethod
    def _since(cls, since: object, info: ValidationInfo) -> object:
        text = str(since) if isinstance(since, date) or type(since) is int else since
        if isinstance(text, str) and "every" in info.data:
            first_day(info.data["every"], text)
        return text

    @field_validator("hubs", "regions")
    @classmethod
    def _named_or_all(cls, places: Any, info: ValidationInfo) -> Any:
        kind = str(info.field_name).removesuffix("s")
        if kind in (info.data.get("reports") or ()):
            raise ValueError(f"reports asks for every {kind} already; leave '{kind}' out there, or this one")
        return places


class AlertSettings(_Strict):
    """Who is told about a failure."""

    on_failure: tuple[str, ...] = ()
    timeout_seconds: int = Field(default=60, ge=1, le=3600)
    repeat_hours: float = Field(default=24, ge=0)
    busy_hours: float = Field(default=12, gt=0)

    @field_validator("on_failure")
    @classmethod
    def _command(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if words and not words[0].strip():
            raise ValueError("the first word is the program and cannot be empty")
        return words


class Settings(_Strict):
    """The content of ``dihkpi.toml``."""

    name: str = "Network"
    period: str | None = None
    definitions: str | None = None
    key_file: str = KEY_FILE
    timezone: str | None = None
    store: StoreSettings = StoreSettings()
    reports: ReportSettings = ReportSettings()
    scoring: Mapping[str, Mapping[str, str]] = {}
    schedule: tuple[ScheduleSettings, ...] = ()
    alerts: AlertSettings = AlertSettings()

    @property
    def zone(self) -> ZoneInfo | None:
        """Time zone of the schedules; None is that of the machine."""
        return ZoneInfo(self.timezone) if self.timezone else None

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(
                f"there is no time zone '{name}'; {hint_for(name, sorted(available_timezones()), limit=3)}"
            )
        return name


def first_day(every: str, text: str) -> date:
    """The day on which ``since`` begins; a ValueError when it is of another kind than ``every``.

    Examples
    --------
    >>> first_day("quarter", "2026-Q3").isoformat(), first_day("week", "2026-W01").isoformat()
    ('2026-07-01', '2025-12-29')
    >>> first_day("month", "2026-Q3")
    Traceback (most recent call last):
    ValueError: '2026-Q3' is no month; write it as 2026-03
    """
    day: date | None = None
    try:
        if every == "day":
            day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
        elif every == "week":
            found = re.fullmatch(r"(\d{4})-W(\d\d)", text, re.ASCII)
            day = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
        else:
            first = parse_period(text).first
            day = first if first and period_on(every, first) == text else None
    except (ValueError, UsageError):
        day = None
    if day is None:
        raise ValueError(f"'{text}' is no {every}; write it as {_AS_WRITTEN[every]}")
    if day < date(FIRST_YEAR, 1, 1) - timedelta(days=7):
        raise ValueError(f"'{text}' is before {FIRST_YEAR}")
    return day


def read_settings(file: Path) -> Settings:
    """Read ``dihkpi.toml``.

    Raises
    ------
    WorkspaceError
        When it is no TOML or settings are wrong; all problems at once.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise WorkspaceError(f"{file} is not valid TOML: {fault}") from None
    problems = list(_doubled(raw))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as fault:
        problems = [*(_problem(error, raw) for error in fault.errors()), *problems]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise WorkspaceError(f"{file} has {len(problems)} wrong setting{'s' * (len(problems) != 1)}\n{lines}")
    return settings


def _doubled(raw: Mapping[str, Any]) -> Iterator[str]:
    schedules = raw.get("schedule")
    names = [s.get("name") for s in schedules if isinstance(s, dict)] if isinstance(schedules, list) else []
    for name in sorted({name for name in names if isinstance(name, str) and names.count(name) > 1}):
        yield f"schedule: {names.count(name)} are named '{name}'; each needs a name of its own"


_SECTIONS: Mapping[str, type[BaseModel]] = {
    "store": StoreSettings, "reports": ReportSettings, "schedule": ScheduleSettings, "alerts": AlertSettings,
}  # fmt: skip


def _problem(error: Any, raw: Mapping[str, Any]) -> str:
    path = " › ".join(_steps(error["loc"], raw))
    if error["type"] == "extra_forbidden":
        model = Settings if len(error["loc"]) == 1 else _SECTIONS.get(str(error["loc"][0]), Settings)
        return f"{path}: unknown setting; {hint_for(str(error['loc'][-1]), model.model_fields)}"
    if error["type"] == "literal_error":
        allowed = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        return f"{path}: {error['input']!r} is unknown; {hint_for(str(error['input']), allowed)}"
    return f"{path}: {error['msg'].removeprefix('Value error, ')}"


def _steps(place: tuple[str | int, ...], raw: Mapping[str, Any]) -> Iterator[str]:
    """The path of a setting as people see it: a schedule by its name, else by its number."""
    for position, step in enumerate(place):
        if place[0] == "schedule" and position == 1 and isinstance(step, int):
            entry = raw["schedule"][step]
            name = entry.get("name") if isinstance(entry, dict) else None
            yield name if isinstance(name, str) and name else f"no. {step + 1}"
        else:
            yield str(step + 1 if isinstance(step, int) else step)
