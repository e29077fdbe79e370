"""From the text of a cell to a typed value, by the declared type and nothing else.

A parser sees the distinct texts of one column. What fits the grammar is converted in one go; only what does not fit is
looked at one by one, to say why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions.survey import Column, DateOrder
from dihkpi.errors import UsageError, did_you_mean
from dihkpi.intake.codes import CodeBook, parse_code, parse_codes, parse_rated_codes
from dihkpi.intake.issues import Fault
from dihkpi.intake.periods import parse_period
from dihkpi.intake.text import code_point, is_id, show

if TYPE_CHECKING:
    import pandas as pd

Faults = dict[int, list[Fault]]


@dataclass(frozen=True)
class Convention:
    """How a file writes dates and numbers."""

    dates: DateOrder = "ymd"
    decimal: str = "dot"


@dataclass
class Parsed:
    """Typed values of the distinct texts, and what is wrong with them by position."""

    values: Any
    faults: Faults = field(default_factory=dict)
    also: dict[str, Any] = field(default_factory=dict)
    """Further columns that the cell gives, such as the start and end of a range."""


Parser = Callable[["pd.Series", Column, Convention, CodeBook], Parsed]


def parse_texts(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Typed values of distinct, cleaned, non-empty texts.

    Parameters
    ----------
    texts : pandas.Series of str
        Distinct texts, with a range index.
    column : Column
        The declared column.
    convention : Convention
        How the file writes dates and numbers.
    book : CodeBook
        Code lists of the column.
    """
    return _PARSERS[column.type](texts, column, convention, book)


def _text(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    return Parsed(texts.to_numpy(dtype=object))


def normalise_id(text: str) -> str:
    """An identifier with compatibility characters and odd hyphens made plain.

    Examples
    --------
    >>> normalise_id("ＡＴ‑001")
    'AT-001'
    """
    import unicodedata

    plain = unicodedata.normalize("NFKC", text).strip()
    return re.sub(r"[\u2010-\u2015\u2212]", "-", plain)


def id_fault(text: str) -> Fault | None:
    """Why a text cannot be an identifier."""
    if is_id(text):
        return None
    odd = sorted({character for character in text if not re.fullmatch(r"[A-Za-z0-9_-]", character)})
    named = ", ".join(f"{show(c)} ({code_point(c)})" for c in odd[:5])
    why = f"it holds {named}" if odd else "it is reserved, too long, or does not begin with a letter or digit"
    hint = "use letters A-Z, digits, hyphen and underscore, at most 64 characters"
    return Fault("id", f"'{show(text)}' is no identifier: {why}", hint)


def _id(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    ids = [normalise_id(text) for text in texts]
    faults = {i: [fault] for i, text in enumerate(ids) if (fault := id_fault(text))}
    return Parsed(np.array([None if i in faults else text for i, text in enumerate(ids)], dtype=object), faults)


_SPACES = "[ \u00a0\u202f\u2009'’]"
_GRAMMAR: Mapping[str, str] = {
    "dot": rf"[+-]?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,3}}(?:{_SPACES}\d{{3}})+|\d+)(?:\.\d+)?",
    "comma": rf"[+-]?(?:\d{{1,3}}(?:\.\d{{3}})+|\d{{1,3}}(?:{_SPACES}\d{{3}})+|\d+)(?:,\d+)?",
}
_SIGNS: Mapping[str, tuple[str, str]] = {"dot": (".", ","), "comma": (",", ".")}
"""Decimal sign and sign between thousands of each convention."""
_UNITS = {"money": r"(?:€|EUR)", "percent": r"%"}


def _numbers(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    plain = texts.str.replace("\u2212", "-", regex=False)
    unit = _UNITS.get(column.type)
    if unit:
        plain = plain.str.replace(rf"\s*{unit}$|^{unit}\s*", "", regex=True)
    fits = plain.str.fullmatch(_GRAMMAR[convention.decimal].replace("\\d", "[0-9]")).to_numpy(dtype=bool)
    sign, group = _SIGNS[convention.decimal]
    stripped = plain[fits].str.replace(rf"{_SPACES}|[{group}]", "", regex=True)
    values = np.full(len(texts), np.nan)
    values[fits] = stripped.str.replace(",", ".", regex=False).to_numpy(dtype=float)
    fraction = plain.str.contains(sign, regex=False).to_numpy(dtype=bool)
    thousands = plain.str.fullmatch(_like_thousands(sign)).to_numpy(dtype=bool)
    unclear = fraction if column.type == "integer" else thousands & (column.type == "money")
    broken = fits & ((np.abs(values) >= 2**53) | unclear)
    values[broken] = np.nan
    if column.type == "money":
        values = np.round(values, 2)
    faults = {
        int(i): [_number_fault(texts.iloc[i], plain.iloc[i], column, convention)]
        for i in np.flatnonzero(~fits | broken)
    }
    return Parsed(values, faults)


def _like_thousands(sign: str) -> str:
    """Pattern of a number with three decimals that may be a thousand of the other convention."""
    return rf"[+-]?[1-9][0-9]{{0,2}}[{sign}][0-9]{{3}}"


def _number_fault(text: str, plain: str, column: Column, convention: Convention) -> Fault:
    if re.fullmatch("[+-]?[0-9]+", plain):
        return Fault("number", f"'{show(text)}' has too many digits to be read exactly", "correct or round it")
    sign = _SIGNS[convention.decimal][0]
    if re.fullmatch(_like_thousands(sign), plain):
        whole = plain.replace(sign, "")
        hint = f"write {whole}" if column.type == "integer" else f"write {whole} or {plain[:-1]}"
        return Fault("ambiguous_number", f"'{show(text)}' may be {whole} or {plain.rstrip('0').rstrip(sign)}", hint)
    other = "comma" if convention.decimal == "dot" else "dot"
    what = {"integer": "a whole number", "money": "an amount"}.get(column.type, "a number")
    example = "1250.00" if convention.decimal == "dot" else "1250,00"
    if re.fullmatch(_GRAMMAR[other].replace("\\d", "[0-9]"), plain):
        message = f"'{show(text)}' is written with a decimal {other}, but this file uses a decimal {convention.decimal}"
        return Fault("decimal_sign", message, f"write it as {_rewritten(plain, other)}")
    return Fault(
        "number",
        f"'{show(text)}' is not {what}",
        f"write digits only, such as {'12' if what[2] == 'w' else example}",
    )


def _rewritten(text: str, other: str) -> str:
    """A number of the other convention in that of the file."""
    sign, group = _SIGNS[other]
    return re.sub(_SPACES, "", text).replace(group, "").replace(sign, group)


_DATE_FORMS: Mapping[str, tuple[str, str]] = {
    "ymd": (r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})", "YYYY-MM-DD"),
    "dmy": (r"(?P<d>[0-9]{1,2})[./](?P<m>[0-9]{1,2})[./](?P<y>[0-9]{4})", "DD.MM.YYYY"),
    "mdy": (r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})/(?P<y>[0-9]{4})", "MM/DD/YYYY"),
}


def _days(texts: pd.Series, order: DateOrder) -> tuple[Any, Faults]:
    """Dates in the declared order; ISO dates are never ambiguous and always read."""
    import pandas as pd

    days = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    for form in dict.fromkeys(("ymd", order)):
        parts = texts.str.extract(rf"^{_DATE_FORMS[form][0]}(?:[ T]00:00:00(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?$")
        found = parts["y"].notna().to_numpy() & np.isnat(days)
        if found.any():
            iso = parts["y"] + "-" + parts["m"].str.zfill(2) + "-" + parts["d"].str.zfill(2)
            read = pd.to_datetime(iso[found], format="%Y-%m-%d", errors="coerce").to_numpy("datetime64[s]")
            days[found] = np.where(read < np.datetime64("1900-01-01"), np.datetime64("NaT"), read)
    return days, {int(i): [_date_fault(texts.iloc[i], order)] for i in np.flatnonzero(np.isnat(days))}


def _date_fault(text: str, order: DateOrder) -> Fault:
    wanted = _DATE_FORMS[order][1]
    if re.fullmatch(_DATE_FORMS[order][0], text) or re.fullmatch(_DATE_FORMS["ymd"][0], text):
        return Fault("impossible_date", f"there is no day '{show(text)}' (read as {wanted})", "correct the day")
    return Fault("date", f"'{show(text)}' is not a date written as {wanted}", f"write it as {wanted}")


def _date(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    return Parsed(*_days(texts, convention.dates))


def _dates(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """``start / end``; an empty end means that it is the start."""
    import pandas as pd

    parts = texts.str.extract(
        r"^\s*([^/]*?)\s*(?:/\s*(.*?)\s*)?$" if convention.dates == "ymd" else r"^(.*?)(?:\s+/\s*(.*))?$"
    )
    first = parts[0].fillna("")
    second = parts[1].fillna("").where(parts[1].fillna("") != "", first)
    start, faults = _days(pd.Series(first.to_numpy(), dtype="str"), convention.dates)
    end, end_faults = _days(pd.Series(second.to_numpy(), dtype="str"), convention.dates)
    for i, found in end_faults.items():
        faults.setdefault(i, found)
    for at in np.flatnonzero(end < start):
        text = show(texts.iloc[at])
        message = f"'{text}' ends before it starts"
        faults[int(at)] = [Fault("end_before_start", message, "exchange or correct the dates")]
    for i in faults:
        start[i] = end[i] = np.datetime64("NaT")
    first_days, last_days = np.datetime_as_string(start, unit="D"), np.datetime_as_string(end, unit="D")
    canonical = np.char.add(np.char.add(first_days, "/"), last_days).astype(object)
    canonical[np.isnat(start)] = None
    return Parsed(canonical, faults, {"start": start, "end": end})


_YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "1", "y"), True),
    **dict.fromkeys(("no", "false", "0", "n"), False),
}


def _boolean(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    values = [_YES_NO.get(text.casefold()) for text in texts]
    faults = {
        i: [Fault("boolean", f"'{show(text)}' is neither yes nor no", "write yes or no")]
        for i, (text, value) in enumerate(zip(texts, values, strict=True))
        if value is None
    }
    return Parsed(np.array(values, dtype=object), faults)


def _period(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    faults: Faults = {}
    for i, text in enumerate(texts):
        if _is_period(text):
            continue
        turned = re.fullmatch(r"([HQ][1-4])\s*[-/ ]?\s*(\d{4})|(\d{4})\s*([HQ][1-4])", text.upper())
        better = f"{turned[2] or turned[3]}-{turned[1] or turned[4]}" if turned else ""
        hint = f"did you mean '{better}'?" if better else "write 2026, 2026-H1, 2026-Q3, 2026-09 or M18"
        faults[i] = [Fault("period", f"'{show(text)}' is not a period", hint)]
    return Parsed(np.array([None if i in faults else text for i, text in enumerate(texts)], dtype=object), faults)


def _is_period(text: str) -> bool:
    """Whether a text is a period with a first day, as targets have it."""
    try:
        return not parse_period(text).is_open
    except UsageError:
        return False


def _url(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    cut = texts.str.contains(r"(?:…|\.\.\.)\s*$", regex=True).to_numpy(dtype=bool)
    fits = texts.str.match(r"(?i)^(?:https?://|www\.)[^\s/$.?#][^\s]*$").to_numpy(dtype=bool)
    faults: Faults = {}
    for i in np.flatnonzero(cut | ~fits):
        text = show(texts.iloc[i])
        message = f"the address '{text}' is cut off" if cut[i] else f"'{text}' is not a web address"
        faults[int(i)] = [Fault("url", message, "write the whole address, such as https://example.org", "warning")]
    values = texts.to_numpy(dtype=object).copy()
    values[cut | ~fits] = None
    return Parsed(values, faults)


def _by_code(parse: Callable[[str, Column, CodeBook], tuple[str | None, list[Fault]]]) -> Parser:
    def parser(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
        results = [parse(text, column, book) for text in texts]
        faults = {i: found for i, (_, found) in enumerate(results) if found}
        return Parsed(np.array([value for value, _ in results], dtype=object), faults)

    return parser


_PARSERS: Mapping[str, Parser] = {
    "text": _text,
    "hub": _text,
    "id": _id,
    "integer": _numbers,
    "decimal": _numbers,
    "money": _numbers,
    "percent": _numbers,
    "date": _date,
    "dates": _dates,
    "boolean": _boolean,
    "period": _period,
    "url": _url,
    "code": _by_code(parse_code),
    "codes": _by_code(parse_codes),
    "rated_codes": _by_code(parse_rated_codes),
}


def answer_fault(text: str, allowed: Mapping[str, str], label: str) -> Fault:
    """Why a text is no answer of its type; ``allowed`` maps cell text to code."""
    near = did_you_mean(text, allowed)
    hint = f"did you mean '{near[0]}'?" if near and len(text) > 3 else f"allowed: {', '.join(allowed)}"
    return Fault("answer", f"'{show(text)}' is not an answer of the type {label}", hint)


def detect_decimal(texts):  # type: ignore
    return None
