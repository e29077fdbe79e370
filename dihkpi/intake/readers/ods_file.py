"""ODS: the cells of a LibreOffice workbook, streamed; what is repeated is counted before it is written out."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits, check_archive
from dihkpi.intake.readers.rectangle import POINTER, check_length, rectangle, too_long
from dihkpi.intake.readers.sheet_facts import SheetFacts
from dihkpi.intake.readers.xlsx_file import ERRORS, as_text
from dihkpi.intake.readers.xml_events import xml_events
from dihkpi.intake.sheet import Sheet

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{_BASE}{part}:1.0 " for part in ("office", "table", "text", "style"))
_DRAW = f"{_BASE}drawing:1.0 "
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TIME = re.compile(r"PT([0-9]+)H([0-9]+)M([0-9]+)(?:[.,]0*)?S")
_WHITE = re.compile(r"[ \t\r\n]+")
_FAULT = re.compile(r"Err:[0-9]{3}")
_TRUTHS = {"of:=TRUE()": "TRUE", "of:=FALSE()": "FALSE"}
"""What LibreOffice makes of a truth value that comes from Excel."""
_MANIFEST = "META-INF/manifest.xml"
_START = 1_000_000
"""Bytes of the manifest that are looked at; encrypted parts stand among the first."""
_NOTED = 200
"""Bytes that the note on an unread cell takes."""

# Characters that no XML may hold stand for those that the collapsing of white space must spare.
_SPACE, _TAB, _BREAK = "\x01", "\x02", "\x03"
_SPARED = str.maketrans({_SPACE: " ", _TAB: "\t", _BREAK: "\n"})

# Where the reader is, and what it enters with an element; all else is skipped with what it holds.
_ROWS = (_TABLE + "table-rows", _TABLE + "table-header-rows", _TABLE + "table-row-group")
_STEPS: Mapping[tuple[str, str], str] = {
    ("", _OFFICE + "document-content"): "document",
    ("document", _OFFICE + "automatic-styles"): "styles",
    ("styles", _STYLE + "style"): "style",
    ("style", _STYLE + "table-properties"): "properties",
    ("document", _OFFICE + "body"): "body",
    ("body", _OFFICE + "spreadsheet"): "book",
    ("book", _TABLE + "table"): "table",
    **{(mode, name): "rows" for mode in ("table", "rows") for name in _ROWS},
    **{(mode, _TABLE + "table-row"): "row" for mode in ("table", "rows")},
    **{("row", _TABLE + name): "cell" for name in ("table-cell", "covered-table-cell")},
    ("cell", _TEXT + "p"): "paragraph",
}
_ASIDE = frozenset({_OFFICE + "annotation", _OFFICE + "annotation-end", _TEXT + "note"})


def read_ods(path: Path, limits: Limits) -> list[Sheet]:
    """Read the sheets of an OpenDocument spreadsheet that hold anything.

    Formulas give their stored value, comments are no part of a text, hidden sheets are named.

    Raises
    ------
    FileRefusedError
        When the workbook is damaged, protected by a password, unsafe, empty or beyond the limits.
    """
    check_archive(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            if _is_locked(archive):
                raise FileRefusedError(
                    "wrong_container", f"{path.name} is protected by a password", "save it without a password"
                )
            with archive.open("content.xml") as stream:
                sheets = list(_sheets(path, stream, limits))
    except (
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        ValueError,
        NotImplementedError,
        EOFError,
        OSError,
    ) as fault:
        raise FileRefusedError(
            "broken_workbook", f"{path.name} cannot be read ({type(fault).__name__})", "save it again as .ods"
        ) from None
    if not sheets:
        raise FileRefusedError("empty_file", f"{path.name} has no filled sheet", "export it again")
    return sheets


def _is_locked(archive: zipfile.ZipFile) -> bool:
    """Whether the list of parts says that they are encrypted."""
    if _MANIFEST not in archive.namelist():
        return False
    with archive.open(_MANIFEST) as stream:
        return b"encryption-data" in stream.read(_START)


def _sheets(path: Path, stream: IO[bytes], limits: Limits) -> Iterator[Sheet]:
    reader = _Reader(path, limits)
    for kind, name, attributes in xml_events(path, stream, "broken_workbook", "save it again as .ods or .xlsx"):
        if kind == "begin":
            reader.begin(name, attributes)
        elif kind == "text":
            reader.text(name)
        elif (mode := reader.modes.pop()) == "table":
            if (sheet := reader.table.sheet()) is not None:
                yield sheet
        else:
            reader.end(mode)


@dataclass
class _Table:
    """The rows of a sheet as they come in; what is empty is only counted."""

    path: Path
    limits: Limits
    name: str = ""
    hidden: bool = False
    number: int = 0
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    unread: set[tuple[int, int]] = field(default_factory=set)
    bytes: int = 0
    repeat: int = 1
    texts: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    at: int = 0
    unseen: bool = False
    facts: SheetFacts = field(default_factory=SheetFacts)

    def begin_row(self, repeat: int, unseen: bool) -> None:
        self.repeat, self.texts, self.faults, self.at = repeat, [], [], 0
        self.unseen = unseen

    def cell(self, text: str, unread: bool, repeat: int) -> None:
        """A cell, and as many like it to its right."""
        self.at += repeat
        if not text:
            return
        if self.at > self.limits.columns:
            message = f"{self.path.name}, row {self.number + 1}: more than {self.limits.columns} columns"
            raise FileRefusedError("too_many_columns", message, "delete what stands far to the right")
        self.texts += [""] * (self.at - repeat - len(self.texts)) + [text] * repeat
        if unread:
            self.faults += range(self.at - repeat, self.at)

    def end_row(self) -> None:
        """The row, as often as it is repeated."""
        first, self.number = self.number + 1, self.number + self.repeat
        if not any(map(str.strip, self.texts)):
            return
        if self.number > self.limits.rows + 1:
            message = f"{self.path.name} has more than {self.limits.rows:,} rows"
            raise FileRefusedError("too_many_rows", message, "split it")
        self._spend(self.repeat * (POINTER * len(self.texts) + _NOTED * len(self.faults)))
        start = len(self.rows)
        self.unread.update((start + k, at) for at in self.faults for k in range(self.repeat))
        self.rows += [self.texts] * self.repeat
        self.numbers += range(first, self.number + 1)
        if self.unseen:
            self.facts.rows += range(first, self.number + 1)

    def _spend(self, size: int) -> None:
        """Counts the memory of cells, over all sheets, before it is taken."""
        self.bytes += size
        if self.bytes > self.limits.unpacked_bytes:
            message = f"{self.path.name} repeats its cells to more than {self.limits.unpacked_bytes / 1e6:,.0f} MB"
            raise FileRefusedError("unsafe_archive", message, "delete what is filled down or to the right without need")

    def sheet(self) -> Sheet | None:
        """What was collected, if anything."""
        if not self.rows:
            return None
        self._spend(POINTER * len(self.rows) * max(map(len, self.rows)))
        hidden = [("hidden_sheet", f"the sheet '{self.name}' is hidden")] if self.hidden else []
        notes = (*hidden, *self.facts.notes(self.name, set(self.numbers), 0))
        cells = rectangle(self.path, self.rows, self.limits)
        return Sheet(self.name, cells, np.array(self.numbers, dtype=np.int64), notes, unread=frozenset(self.unread))


class _Reader:
    """Follows the elements that lead to cells."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.modes = [""]
        self.style = ""
        self.hidden: set[str] = set()
        self.table = _Table(path, limits)
        self.attributes: Mapping[str, str] = {}
        self.paragraphs: list[str] = []
        self.pieces: list[str] = []
        self.length = 0

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        """An element with its attributes."""
        mode = self._step(name)
        self.modes.append(mode)
        if mode == "style":
            self.style = given.get(_STYLE + "name", "")
        elif mode == "properties" and given.get(_TABLE + "display") == "false":
            self.hidden.add(self.style)
        elif mode == "table":
            hidden = given.get(_TABLE + "style-name") in self.hidden
            title = given.get(_TABLE + "name", "")
            self.table = _Table(self.path, self.limits, title, hidden, bytes=self.table.bytes)
        elif mode == "row":
            unseen = given.get(_TABLE + "visibility", "visible") != "visible"
            self.table.begin_row(_repeats(given, "number-rows-repeated"), unseen)
        elif mode == "cell":
            self.attributes, self.paragraphs, self.length = given, [], 0
        elif mode == "paragraph":
            self.pieces = []
        elif mode == "within":
            self._white(name, given)

    def _step(self, name: str) -> str:
        mode = self.modes[-1]
        if mode in ("paragraph", "within"):
            return "skip" if name in _ASIDE or name.startswith(_DRAW) else "within"
        return _STEPS.get((mode, name), "skip")

    def _white(self, name: str, given: Mapping[str, str]) -> None:
        """White space that is written as an element."""
        if name == _TEXT + "s":
            count = min(_whole(given.get(_TEXT + "c", "1")), self.limits.characters + 1)
            self._add(_SPACE * count)
        elif name == _TEXT + "tab":
            self._add(_TAB)
        elif name == _TEXT + "line-break":
            self._add(_BREAK)

    def text(self, text: str) -> None:
        if self.modes[-1] in ("paragraph", "within"):
            self._add(text)

    def _add(self, text: str) -> None:
        self.length += len(text)
        if self.length > self.limits.characters:
            raise too_long(self.path, f"row {self.table.number + 1}", self.limits)
        self.pieces.append(text)

    def end(self, mode: str) -> None:
        if mode == "paragraph":
            collapsed = _WHITE.sub(" ", "".join(self.pieces)).strip(" ")
            self.paragraphs.append(collapsed.translate(_SPARED))
        elif mode == "cell":
            text, unread = cell_text(self.attributes, "\n".join(self.paragraphs) if self.paragraphs else None)
            check_length(self.path, f"row {self.table.number + 1}", text, self.limits)
            self.table.cell(text, unread, _repeats(self.attributes, "number-columns-repeated"))
        elif mode == "row":
            self.table.end_row()


def _whole(text: str) -> int:
    """A count as written; 1 where it is none. No sheet is longer than nine digits can say."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 1 if len(text) < 10 else 10**9


def _repeats(attributes: Mapping[str, str], name: str) -> int:
    given = attributes.get(_TABLE + name)
    return max(1, _whole(given)) if given else 1


def cell_text(attributes: Mapping[str, str], displayed: str | None) -> tuple[str, bool]:
    """The text of a cell as a person would type it, and whether it is an error or was never computed.

    Parameters
    ----------
    attributes : mapping
        Attributes of the cell by namespace and name.
    displayed : str or None
        What the spreadsheet shows in it; an empty text is not nothing.
    """
    shown = displayed or ""
    formula = attributes.get(_TABLE + "formula", "")
    kind = attributes.get(_CALC + "value-type") or attributes.get(_OFFICE + "value-type")
    if kind == "error" or shown in ERRORS or (formula and _FAULT.fullmatch(shown)):
        return shown or formula, True
    if formula in _TRUTHS:
        return _TRUTHS[formula], False
    if not kind and formula and displayed is None:
        return formula[max(0, formula.find("=")) :], True
    if kind in ("float", "percentage", "currency"):
        return _number(attributes.get(_OFFICE + "value", "")) or shown, False
    if kind == "boolean":
        return {"true": "TRUE", "false": "FALSE"}.get(attributes.get(_OFFICE + "boolean-value", ""), shown), False
    if kind == "date":
        return _date(attributes.get(_OFFICE + "date-value", "")) or shown, False
    if kind == "time":
        given = _TIME.fullmatch(attributes.get(_OFFICE + "time-value", ""))
        return ":".join(part.zfill(2) for part in given.groups()) if given else shown, False
    return attributes.get(_OFFICE + "string-value", shown), False


def _number(text: str) -> str:
    number = float(text) if _NUMBER.fullmatch(text) else math.inf
    return as_text(number) if math.isfinite(number) else text


def _date(text: str) -> str:
    try:
        return as_text(dt.datetime.fromisoformat(text))
    except ValueError:
        return text
