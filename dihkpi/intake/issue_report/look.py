"""What makes a sheet recognisable besides its values: widths, heights, merged cells, frozen panes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dihkpi.intake.readers.container import Limits

_PADDING = 0.7109375
"""What a stored width of a column has beyond the width that a person sees."""
_TALLEST = 409
_WIDEST = 255
_MOST_MERGED = 100_000
"""Cells in merged ranges; what is beyond stays unmerged."""
_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})")
_LETTERS = re.compile("[A-Z]{1,3}")
_WANTED = {"row", "c", "col", "sheetView", "pane", "sheetFormatPr", "mergeCell"}

Box = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0."""


@dataclass
class Look:
    """The shape of a sheet; rows and columns are counted from 0.

    Parameters
    ----------
    cells : int
        How many cells there are, blank ones with a style counted; counting ends soon after what was asked for.
    width : int
        Columns up to the last cell.
    columns : dict of int to float
        Widths.
    heights : dict of int to float
        Heights of rows.
    merges : list of Box
        Merged ranges, none of which touches another.
    freeze : (int, int)
        Rows and columns that stay in sight.
    grid : bool
        Whether lines are shown between cells.
    head : int, optional
        Row of a header to be made bold.
    """

    cells: int = 0
    width: int = 0
    default_width: float | None = None
    columns: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[Box] = field(default_factory=list)
    freeze: tuple[int, int] = (0, 0)
    grid: bool = True
    head: int | None = None


def look_of(archive: zipfile.ZipFile, part: str, bounds: Limits, most_cells: int) -> Look:
    """Read the shape of a sheet from its XML; what cannot be read is left as a new sheet has it.

    Parameters
    ----------
    archive : zipfile.ZipFile
        A workbook that was checked.
    part : str
        Name of the XML of the sheet.
    bounds : Limits
        Rows and columns beyond are left out.
    most_cells : int
        The reading ends after so many cells; what stands behind them, such as merged ranges, is then unknown.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError

    look = Look()
    with suppress(KeyError, ValueError, OSError, zipfile.BadZipFile, ParseError, DefusedXmlException):
        taken: set[tuple[int, int]] = set()
        for tag, row, found in _elements(archive, part):
            if tag == "c":
                look.cells += 1
                look.width = max(look.width, _column(found.get("r", "")) + 1)
            elif tag == "mergeCell":
                _merge(look, found.get("ref", ""), taken, bounds)
            elif tag == "row":
                _height(look, row, found)
            else:
                _shape(look, tag, found, bounds)
            if look.cells > most_cells:
                break
    look.width = min(look.width, bounds.columns) or bounds.columns
    return look


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, int, Mapping[str, str]]]:
    """Names, rows and attributes of the elements that matter; the tree behind them is dropped as it grows."""
    from defusedxml.ElementTree import iterparse

    row = -1
    with archive.open(part) as stream:
        parents: list[Any] = []
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                parents.append(element)
                if tag == "row":
                    row = int(element.get("r") or row + 2) - 1
                if tag in _WANTED:
                    yield tag, row, dict(element.attrib)
            else:
                parents.pop()
                if parents:
                    parents[-1].remove(element)


def _column(address: str) -> int:
    """Column of an address or of letters, counted from 0; -1 where there is none.

    >>> _column("C7"), _column("AB"), _column("")
    (2, 27, -1)
    """
    letters = _LETTERS.match(address)
    number = 0
    for letter in letters.group() if letters else "":
        number = number * 26 + ord(letter) - 64
    return number - 1


def _shape(look: Look, tag: str, found: Mapping[str, str], bounds: Limits) -> None:
    if tag == "sheetView":
        look.grid = found.get("showGridLines", "1") not in ("0", "false")
    elif tag == "pane" and found.get("state", "").startswith("frozen"):
        rows, columns = (int(float(found.get(name, "0"))) for name in ("ySplit", "xSplit"))
        if 0 <= rows < bounds.rows and 0 <= columns < bounds.columns:
            look.freeze = rows, columns
    elif tag == "sheetFormatPr" and "defaultColWidth" in found:
        look.default_width = _seen(float(found["defaultColWidth"]))
    elif tag == "col" and "width" in found and found.get("hidden") not in ("1", "true"):
        first, last = int(found["min"]), min(int(found["max"]), bounds.columns)
        look.columns.update(dict.fromkeys(range(first - 1, last), _seen(float(found["width"]))))


def _seen(stored: float) -> float:
    """The width that a person sees; a column without any is given one."""
    return min(stored - _PADDING, _WIDEST) if stored > _PADDING else 8.43


def _height(look: Look, row: int, found: Mapping[str, str]) -> None:
    height = float(found.get("ht", "0"))
    if 0 < height <= _TALLEST and found.get("hidden") not in ("1", "true"):
        look.heights[row] = height


def _merge(look: Look, reference: str, taken: set[tuple[int, int]], bounds: Limits) -> None:
    """Note a merged range, unless it is huge or touches another: a spreadsheet would refuse the file."""
    match = _RANGE.fullmatch(reference)
    if not match:
        return
    first, last = int(match[2]) - 1, int(match[4]) - 1
    left, right = _column(match[1]), _column(match[3])
    area = (last - first + 1) * (right - left + 1)
    inside = 0 <= first <= last < bounds.rows and 0 <= left <= right < bounds.columns
    if not inside or area < 2 or len(taken) + area > _MOST_MERGED:
        return
    cells = {(row, column) for row in range(first, last + 1) for column in range(left, right + 1)}
    if not cells & taken:
        taken |= cells
        look.merges.append((first, left, last, right))
