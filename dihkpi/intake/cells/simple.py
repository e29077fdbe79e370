"""Yes and no, periods, addresses, and the answers of a questionnaire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.survey import Column
from dihkpi.errors import UsageError, did_you_mean
from dihkpi.intake.cells.base import Convention, Faults, Parsed, arrow, matching
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.issues import Fault
from dihkpi.intake.periods import parse_period
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

_YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "1", "y"), True),
    **dict.fromkeys(("no", "false", "0", "n"), False),
}
_PLAIN_PERIOD = "(?:[1-9][0-9]{3})(?:-(?:H[12]|Q[1-4]|0[1-9]|1[0-2]))?|M[1-9][0-9]{0,2}"


def parse_text(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Text as it stands."""
    return Parsed(texts.to_numpy(dtype=object))


def parse_boolean(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Yes or no."""
    values = [_YES_NO.get(text.casefold()) for text in texts]
    faults = {
        i: [Fault("boolean", f"'{show(text)}' is neither yes nor no", "write yes or no")]
        for i, (text, value) in enumerate(zip(texts, values, strict=True))
        if value is None
    }
    return Parsed(np.array(values, dtype=object), faults)


def parse_periods(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Periods with a first day, as targets have them."""
    values = texts.to_numpy(dtype=object).copy()
    faults: Faults = {}
    for i in np.flatnonzero(~matching(arrow(texts), _PLAIN_PERIOD)):
        if not _is_period(values[i]):
            faults[int(i)] = [Fault("period", f"'{show(values[i])}' is not a period", _period_hint(values[i]))]
            values[i] = None
    return Parsed(values, faults)


def _is_period(text: str) -> bool:
    try:
        return not parse_period(text).is_open
    except UsageError:
        return False


def _period_hint(text: str) -> str:
    """The period that may be meant."""
    upper = " ".join(text.upper().split())
    turned = re.fullmatch(r"([HQ][1-4]) ?[-/ ]? ?([0-9]{4})|([0-9]{4}) ?([HQ][1-4])", upper)
    better = f"{turned[2] or turned[3]}-{turned[1] or turned[4]}" if turned else upper
    if better != text and _is_period(better):
        return f"did you mean '{better}'?"
    return "write 2026, 2026-H1, 2026-Q3, 2026-09, 2026-01-01/2026-06-30, M18 or M19-M36"


def parse_url(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Web addresses; one that is cut off is worse than none."""
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


def answer_fault(text: str, allowed: Mapping[str, str], label: str) -> Fault:
    """Why a text is no answer of its type; ``allowed`` maps cell text to code."""
    near = did_you_mean(text, allowed)
    hint = f"did you mean '{near[0]}'?" if near and len(text) > 3 else f"allowed: {', '.join(allowed)}"
    what = f"not an answer of the type {label}" if label else "none of the answers that are offered"
    return Fault("answer", f"'{show(text)}' is {what}", hint)
