"""Numbers in the convention of the file: a strict grammar, and a plain sentence for all that is outside it.

The sign before the decimals is that of the file, stated or found once with :func:`detect_decimal`, and never that of a
cell: ``1.000`` is one in a file with a decimal dot and a thousand in one with a decimal comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.survey import Column
from dihkpi.intake.cells.base import Convention, Faults, Parsed, arrow, matching
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.issues import Fault
from dihkpi.intake.lookalikes import facts
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

_SPACES = "[ \u00a0\u202f\u2009'’]"
_BLANKS = "[ \u00a0\u202f\u2009]*"
_SIGNS: Mapping[str, tuple[str, str]] = {"dot": (".", ","), "comma": (",", ".")}
"""Decimal sign and sign between thousands of each convention."""
_GRAMMAR: Mapping[str, str] = {
    name: rf"[+-]?(?:[1-9][0-9]{{0,2}}(?:[{group}][0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:{_SPACES}[0-9]{{3}})+|[0-9]+)"
    rf"(?:[{sign}][0-9]+)?"
    for name, (sign, group) in _SIGNS.items()
}
_EXACT = 2**53
"""From here on a float does not hold every whole number."""


def parse_numbers(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Numbers, amounts and percentages; plain ones are converted in one go."""
    strings = arrow(texts)
    sign = _SIGNS[convention.decimal][0]
    fraction = "" if column.type == "integer" else f"(?:[{sign}][0-9]+)?"
    plain = matching(strings, f"-?[0-9]{{1,15}}{fraction}")
    if _may_be_thousands(column, convention):
        plain &= ~matching(strings, _like_thousands(sign))
    values = np.full(len(texts), np.nan)
    values[plain] = _converted(strings.filter(plain), sign)
    others = np.flatnonzero(~plain)
    faults: Faults = {}
    if len(others):
        values[others], faults = _read(strings.take(others), others, column, convention)
    if column.type == "money":
        values = np.round(values, 2)
    if column.type == "percent":
        faults |= _shares(strings, values, column)
    return Parsed(values, faults)


def detect_decimal(texts: Iterable[str], agreement: float = 1.0) -> Literal["dot", "comma"] | None:
    """The decimal sign of a file, by the texts that only one convention can read.

    Parameters
    ----------
    texts : iterable of str
        The texts of all number columns of a file.
    agreement : float
        Share of the different texts that tell which must tell the same; the others are faults of their cells.

    Returns
    -------
    {"dot", "comma"} or None
        None when nothing tells, or when too many texts contradict each other.

    Examples
    --------
    >>> detect_decimal(["12", "1.000", "1234,5"])
    'comma'
    >>> detect_decimal(["1.000", "2.500"]) is detect_decimal(["0.5", "0,5"]) is None
    True
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    units = "|".join(map(re.escape, sorted(_units(), key=len, reverse=True)))
    strings = pc.unique(pa.array(texts, type=pa.large_string()))
    strings = pc.replace_substring_regex(strings, rf"(?i)\A(?:{units}){_BLANKS}|{_BLANKS}(?:{units})\z", "")
    dot, comma = (matching(pc.replace_substring(strings, "\u2212", "-"), _GRAMMAR[name]) for name in _SIGNS)
    votes: dict[Literal["dot", "comma"], int] = {"dot": int((dot & ~comma).sum()), "comma": int((comma & ~dot).sum())}
    sign = max(votes, key=votes.__getitem__)
    return sign if votes[sign] and votes[sign] >= agreement * sum(votes.values()) else None


def _converted(strings: Any, sign: str) -> npt.NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if sign != ".":
        strings = pc.replace_substring(strings, sign, ".")
    values: npt.NDArray[np.float64] = pc.cast(strings, pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _read(
    texts: Any, places: npt.NDArray[np.intp], column: Column, convention: Convention
) -> tuple[npt.NDArray[np.float64], Faults]:
    """Numbers with thousands, units and signs of their own, and the faults of the rest by their place."""
    import pyarrow.compute as pc

    strings = pc.replace_substring(texts, "\u2212", "-")
    own = _own_units(column, convention)
    if own:
        units = "|".join(map(re.escape, own))
        pattern = rf"(?i)\A(?:{units}){_BLANKS}|{_BLANKS}(?:{units})\z"
        strings = pc.replace_substring_regex(strings, pattern, "", max_replacements=1)
    sign, group = _SIGNS[convention.decimal]
    fits = matching(strings, _GRAMMAR[convention.decimal])
    bare = pc.replace_substring_regex(strings.filter(fits), rf"{_SPACES}|[{group}+]", "")
    values = np.full(len(texts), np.nan)
    values[fits] = _converted(bare, sign)
    unclear = matching(strings, _like_thousands(sign)) & _may_be_thousands(column, convention)
    if column.type == "integer":
        unclear = pc.match_substring(strings, sign).to_numpy(zero_copy_only=False)
    broken = ~fits | (np.abs(values) >= _EXACT) | unclear
    values[broken] = np.nan
    wrong = zip(
        places[broken].tolist(), texts.filter(broken).to_pylist(), strings.filter(broken).to_pylist(), strict=True
    )
    return values, {place: [_fault(text, plain, column, convention)] for place, text, plain in wrong}


def _may_be_thousands(column: Column, convention: Convention) -> bool:
    """Whether three digits behind the sign are in doubt: always in amounts, elsewhere where no sign is known."""
    return column.type == "money" or (column.type != "integer" and not convention.certain)


def _like_thousands(sign: str) -> str:
    """Pattern of a number with three decimals that may be a thousand of the other convention."""
    return rf"[+-]?[1-9][0-9]{{0,2}}[{sign}][0-9]{{3}}"


def _shares(texts: Any, values: npt.NDArray[np.float64], column: Column) -> Faults:
    """Values that may be shares of one; a percent sign or a maximum up to one leaves no doubt."""
    if column.max is not None and column.max <= 1:
        return {}
    import pyarrow.compute as pc

    signed = pc.match_substring(texts, "%").to_numpy(zero_copy_only=False)
    faults: Faults = {}
    for i in np.flatnonzero((values > 0) & (values <= 1) & ~signed):
        share, percent = f"{values[i]:.15g}", f"{values[i] * 100:.15g}"
        message = f"'{show(texts[int(i)].as_py())}' in a column of percentages: is it {percent} % or {share} %?"
        hint = f"write {percent}, or '{share} %' if it is that little"
        faults[int(i)] = [Fault("percent_as_share", message, hint, "warning")]
    return faults


@cache
def _units() -> Mapping[str, str]:
    """Sign or code in small letters to the code of a currency, or the percent sign."""
    currencies = facts("currencies")
    signs = currencies.attribute("signs")
    words = {word.casefold(): code for code in currencies.codes for word in (code, *signs.get(code, "").split("|"))}
    words.pop("", None)
    return {**words, "%": "%"}


def _own_units(column: Column, convention: Convention) -> list[str]:
    """What may stand beside a number, longest first."""
    wanted = {"percent": "%", "money": convention.currency}.get(column.type)
    return sorted((unit for unit, code in _units().items() if code == wanted), key=len, reverse=True)


@cache
def _with_unit() -> re.Pattern[str]:
    units = "|".join(map(re.escape, sorted(_units(), key=len, reverse=True)))
    number = rf"([+-]?[0-9][0-9.,]*(?:{_SPACES}[0-9][0-9.,]*)*)"
    return re.compile(rf"({units})?{_BLANKS}{number}{_BLANKS}({units})?", re.IGNORECASE)


def _fault(text: str, plain: str, column: Column, convention: Convention) -> Fault:
    """Why a text is no number; ``plain`` is the text without the unit of the column."""
    if unit := _unit_fault(text, plain, column, convention):
        return unit
    if re.fullmatch("[+-]?[0-9]+", plain):
        return Fault("number", f"'{show(text)}' has too many digits to be read exactly", "correct or round it")
    sign = _SIGNS[convention.decimal][0]
    in_doubt = column.type == "integer" or _may_be_thousands(column, convention)
    if re.fullmatch(_like_thousands(sign), plain) and in_doubt:
        whole = plain.replace(sign, "")
        exact = plain[:-1] if column.type == "money" else f"{plain}0"
        hint = f"write {whole}" if column.type == "integer" else f"write {whole} or {exact}"
        return Fault("ambiguous_number", f"'{show(text)}' may be {whole} or {plain.rstrip('0').rstrip(sign)}", hint)
    other = "comma" if convention.decimal == "dot" else "dot"
    if re.fullmatch(_GRAMMAR[other], plain):
        message = f"'{show(text)}' is written with a decimal {other}, but this file uses a decimal {convention.decimal}"
        return Fault("decimal_sign", message, f"write it as {_rewritten(plain, other)}")
    what = {"integer": "a whole number", "money": "an amount"}.get(column.type, "a number")
    example = "12" if column.type == "integer" else "1250.00" if convention.decimal == "dot" else "1250,00"
    return Fault("number", f"'{show(text)}' is not {what}", f"write digits only, such as {example}")


def _unit_fault(text: str, plain: str, column: Column, convention: Convention) -> Fault | None:
    """A unit that does not belong into the column."""
    match = _with_unit().fullmatch(plain)
    unit = (match[1] or match[3]) if match else None
    if match is None or unit is None:
        return None
    code = _units()[unit.casefold()]
    if column.type == "money" and code != "%":
        message = f"'{show(text)}' is in another currency ({unit}); amounts here are in {convention.currency}"
        return Fault("currency", message, f"convert it, and write the amount in {convention.currency}")
    what = {"integer": "whole numbers", "money": "amounts", "percent": "percentages"}.get(column.type, "plain numbers")
    own = f"convert it, and write the number in {convention.currency} without the unit"
    hint = f"write {match[2]}" if code in ("%", convention.currency) else own
    return Fault("unit", f"'{show(text)}' holds the unit {unit}; this is a column of {what}", hint)


def _rewritten(text: str, other: str) -> str:
    """A number of the other convention in that of the file."""
    sign, group = _SIGNS[other]
    return re.sub(_SPACES, "", text).replace(group, "").replace(sign, group)
