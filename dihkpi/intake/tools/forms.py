"""Microsoft Forms and Google Forms: question texts as headers, and leading columns known by what they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dihkpi.definitions import Definitions
from dihkpi.definitions.layouts import Tool
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.tools.export import Export, Role, ToolReader, column, headings_of, roles_of

_WHOLE = re.compile(r"[0-9]+")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?")
_TIMESTAMP = re.compile(
    r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4},? [0-9]{1,2}[:.][0-9]{2}([:.][0-9]{2})?( ?[AP]M)?( ?(GMT|UTC).*)?", re.I
)
_ADDRESS = re.compile(r"\S*")
_FEW = 4
"""Responses from which on one may be odd."""
_MS_LEADING: tuple[Role, ...] = ("response", "system", "submitted_at", "personal", "personal")


def _read_microsoft(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    """Whole numbers, two times, an address or the word for none, and a name."""
    sheet = sheets[0]
    if container not in ("xlsx", "ods") or sheet.cells.shape[1] <= len(_MS_LEADING):
        return []
    if not (_all(sheet, 0, _WHOLE) and _all(sheet, 1, _MOMENT) and _all(sheet, 2, _MOMENT)):
        return []
    if not _all(sheet, 3, _ADDRESS):
        return []
    return [_export(sheet, "msforms", _MS_LEADING, definitions, ";")]


def _read_google(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    """A time in the first cell of every response."""
    sheet = sheets[0]
    if sheet.cells.shape[1] < 2 or not _all(sheet, 0, _TIMESTAMP) or _TIMESTAMP.fullmatch(sheet.cells[0][0].strip()):
        return []
    return [_export(sheet, "googleforms", ("submitted_at",), definitions, ";,")]


def _export(sheet: Sheet, tool: Tool, leading: Sequence[Role], definitions: Definitions, joined: str) -> Export:
    titles = [str(title).strip() for title in sheet.cells[0]]
    roles = [*leading, *roles_of(titles[len(leading) :], tool, definitions)]
    if tool == "msforms" and len(titles) > len(leading) and _is_change(sheet, len(leading)):
        roles[len(leading)] = "system"  # the time of the last change
    headings = headings_of(titles, roles, lambda title: ((), (title,)))
    return Export(tool, sheet, 0, headings, layout={"joined": joined, "decimal": "detect"})


def _all(sheet: Sheet, position: int, pattern: re.Pattern[str]) -> bool:
    """Whether the responses have in a column what the pattern says; one odd row, or one in ten, is no other tool."""
    texts = sheet.cells[1:, position].tolist()
    odd = sum(not pattern.fullmatch(text.strip()) for text in texts)
    return bool(texts) and odd <= (len(texts) // 10 or len(texts) >= _FEW)


def _is_change(sheet: Sheet, position: int) -> bool:
    """Whether a column holds times and nothing else; an empty one may be a question that nobody answered."""
    texts = column(sheet, position, 1)
    return bool(texts) and all(" " in text and _MOMENT.fullmatch(text) for text in texts)


MSFORMS = ToolReader(
    "msforms", "Microsoft Forms", "its first five columns hold whole numbers, two times, an address and a name",
    "open the results in Excel, and keep the texts of the questions as they are in the survey", _read_microsoft,
)  # fmt: skip
GOOGLEFORMS = ToolReader(
    "googleforms", "Google Forms", "its first column holds the time of every response",
    "download the responses as CSV, and keep the texts of the questions as they are in the survey", _read_google,
)  # fmt: skip
