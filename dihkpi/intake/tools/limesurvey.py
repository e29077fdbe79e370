"""LimeSurvey: responses as CSV or XLSX, with any heading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import AnswerType
from dihkpi.intake.known_answers import known_texts
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.tools.export import Export, ToolReader, headings_of, roles_of, splits

_CODE = re.compile(r"[A-Za-z_]\w*(?:\[\w+\]){0,2}")
_FIRST = ({"id", "response id"}, {"submitdate", "date submitted"})
_TEXT_HEADING = "response id"
"""The first heading where all headings are texts."""
_OTHER = "-oth-"
_OTHER_CODE = "other"


def _read(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    return [export for sheet in sheets[:1] if (export := _export(sheet, definitions))]


def _export(sheet: Sheet, definitions: Definitions) -> Export | None:
    titles = [str(title).strip() for title in sheet.cells[0]]
    whole = titles[0].casefold() in _FIRST[0]
    names = titles if whole else [_code(title) for title in titles]
    if len(names) < 3 or any(name.casefold() not in known for name, known in zip(names, _FIRST, strict=False)):
        return None
    by_text = names[0].casefold() == _TEXT_HEADING
    roles = roles_of(names, "limesurvey", definitions)
    headings = headings_of(titles, roles, lambda title: _describe(title, by_text))
    headings = tuple(replace(heading, alternatives=True) for heading in headings)
    return Export("limesurvey", sheet, 0, headings, layout={"apart": {titles[1]: ("",)}}, coding=_coding)


def _code(title: str) -> str:
    """The code at the beginning of a title, whatever separates it from its text."""
    match = _CODE.match(title)
    return match[0] if match else ""


def _describe(title: str, by_text: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A question by its text where all headings are texts, else by the code at the beginning."""
    if by_text:
        return (), (title,)
    code = _code(title)
    return (code.replace("[", ".").replace("]", ""),) if "[" in code else splits(code), ()


def _coding(answer_type: AnswerType) -> Mapping[str, str]:
    """The answer "other" of a list has a code of its own."""
    if _OTHER_CODE not in answer_type.codes:
        return {}
    return {**known_texts(answer_type), _OTHER: _OTHER_CODE}


LIMESURVEY = ToolReader(
    "limesurvey", "LimeSurvey", "its first columns are id and submitdate",
    "export the responses with headings 'Question code' and answers as 'Answer codes'", _read,
)  # fmt: skip
