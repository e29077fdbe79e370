"""Qualtrics: CSV or TSV with three header rows (names, texts, import ids); older exports have two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dihkpi.definitions import Definitions
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header
from dihkpi.intake.tools.export import Export, Heading, ToolReader, roles_of, splits

_IMPORT_ID = re.compile(r"""\{\s*['"]ImportId['"]\s*:""")
_OLD = {"responseid", "startdate", "enddate", "finished"}
_APART = {
    "status": ("1", "2", "4", "8", "16", "Survey Preview", "Survey Test", "Spam", "Imported"),
    "finished": ("0", "False"),
}
"""Columns to what marks a response that does not count: previews, tests, spam, and what is not finished."""


def _read(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    return [export for sheet in sheets[:1] if (export := _export(sheet, definitions))]


def _export(sheet: Sheet, definitions: Definitions) -> Export | None:
    rows = [[str(text).strip() for text in row] for row in sheet.cells[:3]]
    if len(rows) > 2 and any(_IMPORT_ID.match(text) for text in rows[2]):
        names, texts, below, own = rows[0], rows[1], 3, rows[0]
    elif len(rows) > 1 and sheet.head[0] >= _OLD and _is_header(rows[0], rows[1]):
        names, texts, below, own = rows[0], rows[1], 2, rows[0]
    elif len(rows) > 1 and sheet.head[1] >= _OLD:
        names, texts, below, own = rows[0], rows[1], 2, rows[1]
    else:
        return None
    roles = roles_of(own, "qualtrics", definitions)
    headings = tuple(
        Heading(i, name, splits(name), (texts[i],) if texts[i] else (), roles[i], alternatives=True)
        for i, name in enumerate(names)
        if name
    )
    apart = {
        names[i]: _APART[normalise_header(title)] for i, title in enumerate(own) if normalise_header(title) in _APART
    }
    return Export("qualtrics", sheet, 0, headings, below, {"apart": apart, "joined": ","})


def _is_header(names: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below the names is a second header: no date stands below the name of a date."""
    at = next(i for i, name in enumerate(names) if normalise_header(name) == "startdate")
    return not re.search(r"[0-9]{4}", below[at])


QUALTRICS = ToolReader(
    "qualtrics", "Qualtrics", "its third row holds import ids",
    "export as CSV with numeric values, and declare their meaning in a layout with 'tool: qualtrics'", _read,
)  # fmt: skip
