"""KoboToolbox and ODK Central: CSV or XLSX with XML names or labels, and any mark between the names of groups."""

from __future__ import annotations

from collections.abc import Sequence

from dihkpi.definitions import Definitions
from dihkpi.definitions.layouts import Tool
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header
from dihkpi.intake.tools.export import Export, ToolReader, headings_of, path_ends, roles_of, text_ends

_KOBO = {"_id", "_uuid", "_submission_time"}
_BLANK = " "


def _read_kobo(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    return [_export(sheet, "kobo", definitions) for sheet in sheets[:1] if sheet.head[0] >= _KOBO]


def _read_odk(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    return [
        _export(sheet, "odk", definitions)
        for sheet in sheets[:1]
        if normalise_header(sheet.cells[0][0]) == "submissiondate" and "key" in sheet.head[0]
    ]


def _export(sheet: Sheet, tool: Tool, definitions: Definitions) -> Export:
    titles = [str(title).strip() for title in sheet.cells[0]]
    headings = headings_of(titles, roles_of(titles, tool, definitions), _describe)
    return Export(tool, sheet, 0, headings, below=2 if _has_tags(sheet) else 1, layout={"joined": _BLANK})


def _describe(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes and texts: the path of groups in front may be left out, and so may only it."""
    return path_ends(title), text_ends(title)


def _has_tags(sheet: Sheet) -> bool:
    """Whether the second row holds HXL tags."""
    tags = [text for text in sheet.cells[1] if text.strip()] if len(sheet.cells) > 1 else []
    return bool(tags) and all(text.lstrip().startswith("#") for text in tags)


KOBO = ToolReader(
    "kobo", "KoboToolbox", "it has the columns _id, _uuid and _submission_time",
    "export with the value and header format 'XML values and headers'", _read_kobo,
)  # fmt: skip
ODK = ToolReader(
    "odk", "ODK Central", "its first column is SubmissionDate, and it has a column KEY",
    "download all submissions as CSV", _read_odk,
)  # fmt: skip
