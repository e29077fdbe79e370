"""Answers to the items of a questionnaire: from the text of a cell to the code of an option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dihkpi.definitions.survey import AnswerType, Item
from dihkpi.intake.cells import answer_fault
from dihkpi.intake.distinct import distinct, is_token
from dihkpi.intake.headers import Header
from dihkpi.intake.issues import IssueLog
from dihkpi.intake.known_answers import UNKNOWN, lookup_of
from dihkpi.intake.recognise import Match
from dihkpi.intake.several import type_several
from dihkpi.intake.sheet import Block


def type_answers(block: Block, header: Header, match: Match, log: IssueLog) -> dict[str, Any]:
    """Item columns as categories of codes, all items of one answer type in one go."""
    result: dict[str, Any] = {}
    for name, answer_type in match.survey.answer_types.items():
        items = [
            item for item in match.form.items if item.type == name and not item.of and item.code in header.positions
        ]
        if items:
            coding = match.layout.coding.get(name) or {}
            result |= _of_type(block, header, items, answer_type, coding, match.layout.missing, log)
    result |= type_several(block, header, match, log)
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
    lookup = lookup_of(answer_type, coding)
    blank = is_token(uniques, missing)
    values = np.array(
        [-1 if empty else lookup.find(text) for text, empty in zip(uniques, blank, strict=True)], dtype=np.int8
    )
    matrix = (values[flat] if len(uniques) else np.empty(0, np.int8)).reshape(len(items), len(block)).T
    for i, j in np.argwhere(matrix == UNKNOWN):
        text = uniques.iat[flat[j * len(block) + i]]
        fault = answer_fault(str(text), lookup.offered, answer_type.label)
        log.cell(fault, block, int(i), positions[j], header.titles[items[j].code])
    matrix = np.where(matrix == UNKNOWN, -1, matrix)
    kind = pd.CategoricalDtype(codes, ordered=True)
    return {item.code: pd.Categorical.from_codes(matrix[:, j], dtype=kind) for j, item in enumerate(items)}
