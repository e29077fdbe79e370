"""SPSS: variables by name or label, codes by the labels of their values."""

from __future__ import annotations

from collections.abc import Sequence

from dihkpi.definitions import Definitions
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.tools.export import Export, Heading, ToolReader, splits


def _read(sheets: Sequence[Sheet], container: str, definitions: Definitions) -> list[Export]:
    if container != "sav":
        return []
    sheet = sheets[0]
    texts = sheet.labels.columns if sheet.labels else {}
    headings = tuple(
        Heading(i, name, splits(name), texts.get(name, ()), alternatives=True) for i, name in enumerate(sheet.cells[0])
    )
    return [Export("spss", sheet, 0, headings)]


SPSS = ToolReader(
    "spss", "SPSS", "it is a .sav file", "name the variables by the codes of the survey, with _ for the dot", _read
)
