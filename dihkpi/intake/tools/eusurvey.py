"""EUSurvey: results as XLSX with titles, with or without shortnames, and as XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import AnswerType
from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.eusurvey_xml import META
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header
from dihkpi.intake.tools.eusurvey_sheets import ANONYMOUS, joined_sheets, merged_continuations
from dihkpi.intake.tools.export import Export, Heading, Role, ToolReader, headings_of, path_ends

_SHEET = "content"
_HEADER = 4
"""Row of the headers."""
_SHORTNAME = re.compile(r"(.*\S)\s*\(([^()\s]+)\)", re.DOTALL)
_ROLES: Mapping[str, Role] = {
    "contribution": "response", "updated": "submitted_at", "languages": "language", "created": "system",
    "score": "system", "invitation": "personal", "user": "personal",
}  # fmt: skip
_XML_ROLES: tuple[Role, ...] = ("response", "system", "submitted_at", "language")
_HINT = "export the results, not the statistics: XML, or XLSX without 'split multiple choice'"


def _read(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    if container == "eusurvey_xml":
        return [_from_xml(sheets[0])]
    content = [sheet for sheet in sheets if re.fullmatch(rf"{_SHEET}[0-9]*", normalise_header(sheet.name))]
    if not content or container not in ("xlsx", "ods"):
        return []
    if not all(_is_result(sheet) for sheet in content):
        message = "the sheet 'Content' does not begin with Alias and Export Date: these are statistics of EUSurvey"
        raise FileRefusedError("statistics_export", message, _HINT)
    return [_from_workbook(joined_sheets(content), definitions)]


def _is_result(sheet: Sheet) -> bool:
    return len(sheet.cells) > 2 and [sheet.cells[0][0], sheet.cells[1][0]] == ["Alias", "Export Date"]


def _from_workbook(sheet: Sheet, definitions: Definitions) -> Export:
    header_row = next((i for i, number in enumerate(sheet.rows.tolist()) if number == _HEADER), 2)
    titles = [str(title).strip() for title in sheet.cells[header_row]]
    roles = _meta_roles(titles, definitions)
    sheet = merged_continuations(sheet, header_row, [i for i, role in enumerate(roles) if role])
    headings = headings_of(titles, roles, _describe)
    first = header_row + 1
    if ids := [i for i, role in enumerate(roles) if role == "response"]:
        anonymous = ANONYMOUS in sheet.cells[first:, ids[0]].tolist()
        headings = tuple(Heading(h.position, h.title, role="system") if anonymous and h.position == ids[0] else h
                         for h in headings)  # fmt: skip
    return Export("eusurvey", sheet, header_row, headings, layout={"dates": "dmy", "decimal": "detect"}, coding=_coding)


def _meta_roles(titles: Sequence[str], definitions: Definitions) -> list[Role]:
    """Roles of the last columns: those of the tool follow the questions, in any of its languages."""
    kinds = {
        normalise_header(text): kind
        for row in definitions.codelists["eusurvey_headers"].rows
        for kind in _ROLES
        if (text := row[kind])
    }
    roles: list[Role] = [""] * len(titles)
    for i in range(len(titles) - 1, -1, -1):
        kind = kinds.get(normalise_header(titles[i]))
        if titles[i] and kind is None:
            break
        roles[i] = _ROLES[kind] if kind else ""
    if "submitted_at" not in roles and "system" in roles:
        created = [i for i, title in enumerate(titles) if roles[i] and kinds.get(normalise_header(title)) == "created"]
        for i in created:
            roles[i] = "submitted_at"
    return roles


def _describe(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The shortname is the last word in brackets, if it is one."""
    match = _SHORTNAME.fullmatch(title)
    return ((match[2],), (title, match[1])) if match else ((), (title,))


def _coding(answer_type: AnswerType) -> Mapping[str, str]:
    """Titles of options with their shortnames behind, and numbers rated out of a highest one.

    >>> texts = _coding(AnswerType(codes={"6": "Good", "7": "Best"}))
    >>> texts["Good(6)"], texts["6/7"]
    ('6', '6')
    """
    texts: dict[str, str] = {}
    highest = list(answer_type.codes)[-1]
    for code, label in answer_type.codes.items():
        texts |= dict.fromkeys((label, f"{label}({code})", f"{label} ({code})", f"{label} {code}", code), code)
        if code.isdigit() and highest.isdigit():
            texts[f"{code}/{highest}"] = code
    return {**texts, **answer_type.aliases}


def _from_xml(sheet: Sheet) -> Export:
    texts = sheet.labels.columns if sheet.labels else {}
    headings = [Heading(i, title, role=role) for i, (title, role) in enumerate(zip(META, _XML_ROLES, strict=True))]
    for i, title in enumerate(sheet.cells[0]):
        if i >= len(META):
            headings.append(Heading(i, title, path_ends(title), texts.get(title, ())))
    return Export("eusurvey", sheet, 0, tuple(headings), layout={"dates": "dmy", "decimal": "detect"})


EUSURVEY = ToolReader(
    "eusurvey", "EUSurvey", "its first cells are Alias and Export Date in a sheet Content, or it is XML with Results",
    "export as XML or XLSX with shortnames", _read,
)  # fmt: skip
