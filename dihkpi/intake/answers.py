"""Answers to the items of a questionnaire: from the text of a cell to the code of an option."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions.survey import AnswerType, Item
from dihkpi.intake.cells import answer_fault
from dihkpi.intake.distinct import distinct, is_token
from dihkpi.intake.headers import Header
from dihkpi.intake.issues import IssueLog
from dihkpi.intake.recognise import Match
from dihkpi.intake.sheet import Block
from dihkpi.intake.text import normalise_header

if TYPE_CHECKING:
    pass


def type_answers(block: Block, header: Header, match: Match, log: IssueLog) -> dict[str, Any]:
    """Item columns as categories of codes, all items of one answer type in one go."""
    result: dict[str, Any] = {}
    for name, answer_type in match.survey.answer_types.items():
        items = [item for item in match.form.items if item.type == name and item.code in header.positions]
        if items:
            coding = match.layout.coding.get(name) or {}
            result |= _of_type(block, header, items, answer_type, coding, match.layout.missing, log)
    order = [item.code for item in match.form.items if item.code in result]
    return {code: result[code] for code in order}


def _of_type(
    block: Block, header: Header, items: list[Item], answer_type: AnswerType,
    coding: Mapping[str, str], missing: tuple[str, ...], log: IssueLog,
) -> dict[str, Any]:  # fmt: skip
    import pandas as pd

    codes = list(answer_type.codes)
    positions = [header.positions[item.code] for item in items]
    flat, uniques = distinct(block.stacked(positions))
    lookup = _lookup(answer_type, coding)
    blank = is_token(uniques, missing)
    values = np.array(
        [-1 if empty else lookup.find(text) for text, empty in zip(uniques, blank, strict=True)], dtype=np.int8
    )
    matrix = (values[flat] if len(uniques) else np.empty(0, np.int8)).reshape(len(items), len(block)).T
    for i, j in np.argwhere(matrix == _UNKNOWN):
        text = uniques.iat[flat[j * len(block) + i]]
        fault = answer_fault(str(text), lookup.offered, answer_type.label)
        log.cell(fault, block, int(i), positions[j], header.titles[items[j].code])
    matrix = np.where(matrix == _UNKNOWN, -1, matrix)
    kind = pd.CategoricalDtype(codes, ordered=True)
    return {item.code: pd.Categorical.from_codes(matrix[:, j], dtype=kind) for j, item in enumerate(items)}


_UNKNOWN = -2


class _Lookup:
    """Texts of the options of an answer type as positions of their codes.

    Codes are taken exactly; labels also when only punctuation or white space differs and one label alone is meant.
    """

    def __init__(self, allowed: Mapping[str, str], labels: Collection[str], codes: list[str]) -> None:
        self.offered = {text: code for text, code in allowed.items() if text in labels} or allowed
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
        return self.loose.get(_letters(plain), _UNKNOWN)


def _letters(text: str) -> str:
    """What is left of a normalised text without punctuation and white space; signs that count are kept."""
    return re.sub(r"[^\w<>%+]", "", re.sub(r"[\u2010-\u2015\u2212-]", "to", text))


def _lookup(answer_type: AnswerType, coding: Mapping[str, str]) -> _Lookup:
    """The texts that a file may hold: its own coding, or else codes, labels and aliases."""
    codes = list(answer_type.codes)
    if coding:
        return _Lookup(coding, (), codes)
    labels = {**{label: code for code, label in answer_type.codes.items()}, **answer_type.aliases}
    return _Lookup({**{code: code for code in codes}, **labels}, labels, codes)
