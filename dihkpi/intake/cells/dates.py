"""Days, times and ranges of days: ISO always, another order only where it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.layouts import DateOrder
from dihkpi.definitions.survey import Column
from dihkpi.intake.cells.base import Convention, Faults, Parsed, arrow
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.issues import Fault
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

Days = npt.NDArray[np.datetime64]

_FORMS: Mapping[DateOrder, str] = {
    "ymd": r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})",
    "dmy": r"(?P<d>[0-9]{1,2})[./-](?P<m>[0-9]{1,2})[./-](?P<y>[0-9]{4})",
    "mdy": r"(?P<m>[0-9]{1,2})[/-](?P<d>[0-9]{1,2})[/-](?P<y>[0-9]{4})",
}
_YEAR_FIRST = r"(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"
"""As Google Forms writes; nobody puts the day in the middle."""
_WRITTEN: Mapping[DateOrder, str] = {"ymd": "YYYY-MM-DD", "dmy": "DD.MM.YYYY", "mdy": "MM/DD/YYYY"}
_TIME = (
    r"(?:[ T](?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?(?: ?(?:Z|UTC|GMT|(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)
"""A time with or without its zone. The clock of the place counts, so the zone is read over."""
_PATTERNS = {order: re.compile(form + _TIME) for order, form in _FORMS.items()}
_SLASHED = re.compile(_YEAR_FIRST + _TIME)
_FIRST_YEAR = 1900
"""No hub, firm or project is older; an earlier year is a slip, or the zero of a spreadsheet."""
_SHIFT_1904 = 1462
"""Days between the two calendars of spreadsheets."""
_LAST_SERIAL = 2958465
"""9999-12-31."""
_NO_DAY = 60
"""1900-02-29, which spreadsheets count and the calendar does not have."""


def parse_date(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Days; of a date with a time its local day."""
    moments, faults = _moments(arrow(texts), convention.dates)
    return Parsed(moments.astype("datetime64[D]").astype("datetime64[s]"), faults)


def parse_datetime(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Days with the local time; a day without a time is its beginning."""
    return Parsed(*_moments(arrow(texts), convention.dates))


def parse_dates(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """``start / end``; an empty end means that it is the start."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # a slash inside a day has no blank before it
    pattern = r"^\s*(?P<a>[^/]*?)\s*(?:/\s*(?P<b>.*?)\s*)?$" if convention.dates == "ymd" else (
        r"^(?P<a>.*?)(?:\s+/\s*(?P<b>.*))?$"
    )  # fmt: skip
    parts = pc.extract_regex(arrow(texts), f"(?s){pattern}")
    first, second = (pc.fill_null(pc.struct_field(parts, name), "") for name in ("a", "b"))
    second = pc.if_else(pc.equal(second, ""), first, second)
    (start, faults), (end, end_faults) = (_moments(part, convention.dates) for part in (first, second))
    start, end = (moments.astype("datetime64[D]").astype("datetime64[s]") for moments in (start, end))
    for i, found in end_faults.items():
        faults.setdefault(i, found)
    for at in np.flatnonzero(end < start):
        message = f"'{show(texts.iloc[at])}' ends before it starts"
        faults[int(at)] = [Fault("end_before_start", message, "exchange or correct the dates")]
    bad = list(faults)
    start[bad] = end[bad] = np.datetime64("NaT")
    days = (pc.cast(pa.array(moments.astype("datetime64[D]")), pa.string()) for moments in (start, end))
    canonical = pc.binary_join_element_wise(*days, "/").to_numpy(zero_copy_only=False)
    return Parsed(canonical, faults, {"start": start, "end": end})


def serials_to_iso(numbers: npt.NDArray[np.float64], date1904: bool = False) -> npt.NDArray[np.str_]:
    """ISO days of a spreadsheet's day numbers; empty where there is no such day.

    Parameters
    ----------
    numbers : numpy.ndarray of float
        Day numbers; the time of day is cut off.
    date1904 : bool
        Whether the workbook counts from 1904.

    Examples
    --------
    >>> serials_to_iso(np.array([45322, 60, 0, 45322.75])).tolist()
    ['2024-01-31', '', '', '2024-01-31']
    >>> serials_to_iso(np.array([43860.0]), date1904=True).tolist()
    ['2024-01-31']
    """
    numbers = np.asarray(numbers, dtype=float)
    # NaN and infinities fail the comparisons
    good = (numbers >= 1) & (numbers < _LAST_SERIAL + 1 - (_SHIFT_1904 if date1904 else 0))
    serials = np.floor(np.where(good, numbers, 1)).astype("int64") + (_SHIFT_1904 if date1904 else 0)
    good &= serials != _NO_DAY
    days = np.datetime64("1899-12-30") + serials + (serials < _NO_DAY)
    written: npt.NDArray[np.str_] = np.where(good, np.datetime_as_string(days.astype("datetime64[D]")), "")
    return written


def _moments(strings: Any, order: DateOrder) -> tuple[Days, Faults]:
    """Days with times in the declared order; dates with the year in front are never ambiguous and always read."""
    moments = np.full(len(strings), np.datetime64("NaT"), dtype="datetime64[s]")
    left = np.arange(len(strings))
    # plain days, which are most of what there is, need no search for a time
    plain = (_FORMS["ymd"], _FORMS[order])
    for form in dict.fromkeys((*plain, *(form + _TIME for form in (*plain, _YEAR_FIRST)))):
        if not len(left):
            break
        found, read = _in_form(strings if len(left) == len(strings) else strings.take(left), form)
        moments[left[found]] = read
        left = left[~found]
    return moments, {int(i): [_fault(strings[int(i)].as_py(), order)] for i in np.flatnonzero(np.isnat(moments))}


def _in_form(strings: Any, form: str) -> tuple[npt.NDArray[np.bool_], Days]:
    """Which texts have a form, and the moments of these."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(strings, rf"\A{form}\z")
    found: npt.NDArray[np.bool_] = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    parts = parts.filter(pa.array(found))

    def number(name: str) -> npt.NDArray[np.int64]:
        text = pc.struct_field(parts, name)
        filled = pc.if_else(pc.equal(text, ""), "0", text)
        return np.asarray(pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)

    moments = _calendar(number("y"), number("m"), number("d")).astype("datetime64[s]")
    if "hour" in form:
        hour, half = number("hour"), pc.utf8_lower(pc.struct_field(parts, "half"))
        morning, evening = (pc.equal(half, name).to_numpy(zero_copy_only=False) for name in ("am", "pm"))
        impossible = (morning | evening) & ((hour < 1) | (hour > 12))
        hour = np.where(morning | evening, hour % 12, hour) + 12 * evening
        seconds = hour * 3600 + number("minute") * 60 + number("second")
        moments = np.where(impossible, np.datetime64("NaT"), moments + seconds.astype("timedelta64[s]"))
    return found, moments


def _calendar(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> Days:
    """Days of the calendar, missing where there is none."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    good = (year >= _FIRST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return np.where(good, days, np.datetime64("NaT"))


def _fault(text: str, order: DateOrder) -> Fault:
    """Why a text is no day of the calendar in the declared order."""
    shown, wanted = show(text), _WRITTEN[order]
    for pattern in (_PATTERNS["ymd"], _PATTERNS[order], _SLASHED):
        if match := pattern.fullmatch(text):
            if int(match["y"]) < _FIRST_YEAR:
                return Fault("impossible_date", f"the year of '{shown}' is before {_FIRST_YEAR}", "correct the year")
            return Fault("impossible_date", f"there is no day '{shown}' (read as {wanted})", "correct the day")
    readings = sorted(set(_readings(text)))
    if len(readings) > 1:
        message = f"'{shown}' may be {' or '.join(readings)}: it is not said whether the day or the month comes first"
        return Fault("ambiguous_date", message, f"write {' or '.join(readings)}")
    return Fault("date", f"'{shown}' is not a date written as {wanted}", _hint(text, wanted, readings))


def _readings(text: str) -> Iterator[str]:
    """The days that a text may stand for in any order."""
    for pattern in _PATTERNS.values():
        if match := pattern.fullmatch(text):
            try:
                yield date(*(int(match[part]) for part in "ymd")).isoformat()
            except ValueError:
                continue


def _hint(text: str, wanted: str, readings: list[str]) -> str:
    if readings:
        return f"write {readings[0]}, if that is meant"
    if re.fullmatch("[0-9]{1,7}(?:[.][0-9]+)?", text) and (day := serials_to_iso(np.array([float(text)]))[0]):
        return f"this looks like a spreadsheet's day number ({day}): format the cell as a date, or write {wanted}"
    if re.fullmatch(rf"[0-9]{{1,2}}[./-][0-9]{{1,2}}[./-][0-9]{{2}}{_TIME}", text):
        return f"write the year with four digits, as {wanted}"
    if re.fullmatch(r"[^\W\d_]{3,12}\.? *[0-9]{4}|[0-9]{4}[-/][0-9]{1,2}|[0-9]{1,2}[./-][0-9]{4}", text):
        return f"a month alone is no day: write the whole date as {wanted}"
    return f"write it as {wanted}"
