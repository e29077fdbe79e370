"""Periods as they are written, and the days they stand for."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from dihkpi.errors import UsageError


@dataclass(frozen=True)
class Window:
    """A period with its first and last day, both included.

    Parameters
    ----------
    label : str
        The period as it is written in tables.
    first, last : datetime.date or None
        Days of a calendar period; an open start has no first day.
    months : tuple of int or None
        First and last month of a project period, counted from the start of each hub's grant.
    """

    label: str
    first: date | None = None
    last: date | None = None
    months: tuple[int, int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything up to the last day counts."""
        return self.first is None and self.months is None


def parse_period(text: str) -> Window:
    """The window of a period.

    Parameters
    ----------
    text : str
        ``2026``, ``2026-H1``, ``2026-Q3``, ``2026-09``, ``2026-01-01/2026-06-30``, ``../2026-06-30``, ``M18`` (months 1
        to 18 of the grant) or ``M19-M36``.

    Raises
    ------
    UsageError
        When the text is none of these.

    Examples
    --------
    >>> parse_period("2026-Q3").last.isoformat()
    '2026-09-30'
    >>> parse_period("M18").months
    (1, 18)
    """
    if match := re.fullmatch(r"M([1-9]\d{0,2})(?:-M([1-9]\d{0,2}))?", text, re.ASCII):
        first, last = (int(match[1]), int(match[2])) if match[2] else (1, int(match[1]))
        if first <= last:
            return Window(text, months=(first, last))
    elif match := re.fullmatch(r"(\d{4}-\d\d-\d\d|\.\.)/(\d{4}-\d\d-\d\d)", text, re.ASCII):
        try:
            start = None if match[1] == ".." else date.fromisoformat(match[1])
            end = date.fromisoformat(match[2])
            if start is None or start <= end:
                return Window(text, start, end)
        except ValueError:
            pass
    elif match := re.fullmatch(r"(?!0000)(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?", text, re.ASCII):
        year = int(match[1])
        span = 6 if match[2] else 3 if match[3] else 1 if match[4] else 12
        number = int(match[2] or match[3] or match[4] or 1)
        last_month = number * span
        last_day = monthrange(year, last_month)[1]
        return Window(text, date(year, last_month - span + 1, 1), date(year, last_month, last_day))
    raise UsageError(
        f"'{text}' is not a period\n  write 2026, 2026-H1, 2026-Q3, 2026-09, 2026-01-01/2026-06-30, M18 or M19-M36"
    )


MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""Kinds of calendar periods and their length in months."""


def period_on(kind: str, day: date) -> str:
    """The calendar period of a kind that holds a day.

    Examples
    --------
    >>> [period_on(kind, date(2026, 9, 30)) for kind in MONTHS]
    ['2026-09', '2026-Q3', '2026-H2', '2026']
    """
    number = (day.month - 1) // MONTHS[kind] + 1
    part = {"month": f"-{number:02d}", "quarter": f"-Q{number}", "half-year": f"-H{number}", "year": ""}[kind]
    return f"{day.year:04d}{part}"
