"""The texts that name the options of an answer type."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from dihkpi.definitions.survey import AnswerType
from dihkpi.intake.text import normalise_header

UNKNOWN = -2
"""In the place of a position."""


class Lookup:
    """Texts of the options of an answer type as positions of their codes.

    Codes are taken exactly; labels also when only punctuation or white space differs and one label alone is meant.
    """

    def __init__(self, allowed: Mapping[str, str], labels: Collection[str], codes: list[str]) -> None:
        self.offered = first_texts({text: code for text, code in allowed.items() if text in labels} or allowed)
        self.exact = {normalise_header(text): codes.index(code) for text, code in allowed.items()}
        loose: dict[str, set[int]] = {}
        for label in labels:
            loose.setdefault(_letters(normalise_header(label)), set()).add(codes.index(allowed[label]))
        self.loose = {text: next(iter(found)) for text, found in loose.items() if text and len(found) == 1}

    def find(self, text: str) -> int:
        """Position of the code that a text names."""
        plain = normalise_header(text)
        if plain in self.exact:
            return self.exact[plain]
        return self.loose.get(_letters(plain), UNKNOWN)


def _letters(text: str) -> str:
    """What is left of a normalised text without punctuation and white space; signs that count are kept."""
    ranges = re.sub(r"(?<=[0-9%])\s*[\u2010-\u2015\u2212-]\s*(?=[0-9])", "to", text)
    return re.sub(r"[^\w<>%+]", "", ranges)


def lookup_of(answer_type: AnswerType, coding: Mapping[str, str]) -> Lookup:
    """The texts that a file may hold: its own coding, or else codes, labels and aliases."""
    codes = list(answer_type.codes)
    if coding:
        return Lookup(coding, (), codes)
    known = known_texts(answer_type)
    return Lookup(known, [text for text in known if text not in answer_type.codes], codes)


def known_texts(answer_type: AnswerType) -> dict[str, str]:
    """Label, alias or code to the code that it means; a code means itself."""
    labels = {**{label: code for code, label in answer_type.codes.items()}, **answer_type.aliases}
    return {**labels, **{code: code for code in answer_type.codes if code not in labels}}


def first_texts(known: Mapping[str, str]) -> dict[str, str]:
    """One text for each code, the first, so that a hint stays short.

    >>> first_texts({"In use": "l3", "In use(l3)": "l3", "Pilot": "l2"})
    {'In use': 'l3', 'Pilot': 'l2'}
    """
    first: dict[str, str] = {}
    for text, code in known.items():
        first.setdefault(code, text)
    return {text: code for code, text in first.items()}
