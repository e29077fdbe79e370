"""Identifiers: made plain, then ASCII or an error that names each character that is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.survey import Column
from dihkpi.intake.cells.base import Convention, Faults, Parsed, arrow, matching
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.issues import Fault
from dihkpi.intake.lookalikes import lookalikes, named, normalise_id
from dihkpi.intake.text import is_id, show

if TYPE_CHECKING:
    import pandas as pd

_TOLD = 5
"""So many characters are named one by one."""


def id_fault(text: str) -> Fault | None:
    """Why a text cannot be an identifier."""
    if is_id(text):
        return None
    odd = list(dict.fromkeys(re.findall(r"[^A-Za-z0-9_-]", text)))
    names = ", ".join(map(named, odd[:_TOLD])) + (f", and {len(odd) - _TOLD} more" if len(odd) > _TOLD else "")
    why = f"it holds {names}" if odd else "it is reserved, too long, or does not begin with a letter or digit"
    hint = "use letters A-Z, digits, hyphen and underscore, at most 64 characters"
    if any(character in lookalikes() for character in odd):
        hint = "type it again on a keyboard with Latin letters"
    return Fault("id", f"'{show(text)}' is no identifier: {why}", hint)


def parse_id(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Identifiers; only what is not plain already is looked at one by one."""
    # five characters or more: shorter ones may be the names of devices
    plain = matching(arrow(texts), "[A-Za-z0-9][A-Za-z0-9_-]{4,63}")
    values = texts.to_numpy(dtype=object).copy()
    faults: Faults = {}
    for i in np.flatnonzero(~plain):
        text = normalise_id(values[i])
        fault = id_fault(text)
        values[i] = None if fault else text
        if fault:
            faults[int(i)] = [fault]
    return Parsed(values, faults)
