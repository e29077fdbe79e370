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
_OTHER = "-oth-"
_OTHER_CODE = "other"


def _read(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    return [export for sheet in sheets[:1] if (export := _export(sheet, definitions))]


def _export(sheet: Sheet, definitions: Definitions) -> Export | None:
    titles = [str(title).strip() for title in sheet.cells[0]]
    names = [_own(title) for title in titles]
    if len(names) < 3 or any(name.casefold() not in known for name, known in zip(names, _FIRST, strict=False)):
        return None
    roles = roles_of(names, "limesurvey", definitions)
    headings = headings_of(titles, roles, _describe)
    headings = tuple(replace(heading, alternatives=True) for heading in headings)
    apart = {titles[1]: ("",)}
    return Export("limesurvey", sheet, 0, headings, layout={"apart": apart}, coding=_coding)


def _own(title: str) -> str:
    """The name of a column of LimeSurvey itself, which may have its text behind it."""
    if any(title.casefold() in known for known in _FIRST) or (" " in title and not _has_text(title)):
        return title
    match = _CODE.match(title)
    return match[0] if match and _has_text(title) else title


def _has_text(title: str) -> bool:
    """Whether a code with a separator begins the title, as in ``q1. Digital strategy``."""
    match = _CODE.match(title)
    return bool(match and match.end() < len(title) and not title[match.end()].isspace())


def _describe(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    match = _CODE.match(title)
    if match is None:
        return (), (title,)
    code = match[0].replace("[", ".").replace("]", "")
    codes = splits(code) if "[" not in match[0] else (code,)
    return codes, () if match[0] == title else (title,)


def _coding(answer_type: AnswerType) -> Mapping[str, str]:
    """The answer "other" of a list has a code of its own."""
    if _OTHER_CODE not in answer_type.codes:
        return {}
    return {**known_texts(answer_type), _OTHER: _OTHER_CODE}


LIMESURVEY = ToolReader(
    "limesurvey", "LimeSurvey", "its first columns are id and submitdate",
    "export the responses with headings 'Question code' and answers as 'Answer codes'", _read,
)  # fmt: skip
