"""Sheets with one question a row, or one respondent each: turned into a table of one row, every cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dihkpi.definitions.layouts import Layout, Place, QuestionBlock
from dihkpi.definitions.survey import Form
from dihkpi.intake.sheet import Sheet, column_position
from dihkpi.intake.text import normalise_header

MOST_ROWS = 5_000
"""A sheet with more rows is a table, and no form that one respondent filled in."""


@dataclass(frozen=True)
class _Found:
    """One cell that a layout looks for: its column in the form, its title for people, and where it stands."""

    column: str
    title: str
    at: tuple[int, int]
    """Index of the row and position of the column in the sheet."""


def turn(sheet: Sheet, form: Form, layout: Layout) -> Sheet | None:
    """The sheet as a header and one row, or ``None`` when nothing of the form is there.

    Parameters
    ----------
    sheet : Sheet
        The sheet as it stands.
    form : Form
        The form that it carries.
    layout : Layout
        Its blocks of questions and single cells.
    """
    found: list[_Found] = []
    start = 0
    if len(sheet.rows) > MOST_ROWS or sheet.whole:
        return None
    for block in layout.blocks:
        first = _row_with(sheet, block.after, start)
        if first is None:
            continue
        end = (_row_with(sheet, block.until, first + 1) if block.until else None) or len(sheet.cells)
        found += _questions(sheet, form, block, range(first + 1, end))
        start = end
    found += [cell for name, place in layout.cells.items() if (cell := _single(sheet, name, place))]
    if not found:
        return None
    places = np.array([cell.at for cell in found], dtype=np.int64)
    values = sheet.cells[places[:, 0], places[:, 1]]
    anchors = (np.vstack([sheet.rows[places[:, 0]]] * 2), np.vstack([places[:, 1]] * 2))
    unread = frozenset((1, j) for j, cell in enumerate(found) if cell.at in sheet.unread)
    numbers = None
    if sheet.numbers is not None:
        numbers = np.vstack([np.zeros(len(found), dtype=bool), sheet.numbers[places[:, 0], places[:, 1]]])
    return Sheet(
        sheet.name,
        np.array([[cell.column for cell in found], values.tolist()], dtype=object),
        anchors[0].min(axis=1),
        sheet.notes,
        unread=unread,
        numbers=numbers,
        anchors=anchors,
        date1904=sheet.date1904,
        titles=tuple(cell.title for cell in found),
    )


def matches_text(pattern: str, text: str) -> bool:
    """Whether a text is the pattern, in which ``*`` stands for any letters; letter case and white space aside.

    Examples
    --------
    >>> matches_text("Dimension 1: *", "dimension  1: Open Data Policy")
    True
    """
    return bool(_compiled(pattern).match(normalise_header(text)))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = map(re.escape, normalise_header(pattern).split("*"))
    return re.compile(".*".join(parts) + r"\Z", re.DOTALL)


def _first_text(sheet: Sheet, i: int) -> str:
    return next((text for text in sheet.cells[i] if text.strip()), "")


def _row_with(sheet: Sheet, patterns: Sequence[str], start: int) -> int | None:
    """The first row from ``start`` on that begins with the text; what people write further right is no heading."""
    for i in range(start, len(sheet.cells)):
        if any(matches_text(pattern, _first_text(sheet, i)) for pattern in patterns):
            return i
    return None


@dataclass(frozen=True)
class _Row:
    """A row with a question: the number as it is written, the column that it is, and where its parts stand."""

    number: str
    column: str
    i: int
    at: dict[str, int]

    def stated(self, sheet: Sheet) -> bool:
        """Whether anything stands beside the answer."""
        beside = [position for name, position in self.at.items() if name.startswith("@")]
        return not beside or any(sheet.cells[self.i][position].strip() for position in beside)


def _questions(sheet: Sheet, form: Form, block: QuestionBlock, rows: range) -> Iterator[_Found]:
    """Answers of a block and what stands beside them."""
    items = {item.code for item in form.items}
    found: dict[str, list[_Row]] = {}
    for row in _rows(sheet, items, block, rows):
        found.setdefault(row.column, []).append(row)
    for column, several in found.items():
        # of rows with one number those of a small table in between have nothing beside their answer
        kept = [row for row in several if row.stated(sheet)] if len(several) > 1 else several
        for row in kept or several:
            yield _Found(column, f"{row.number} {block.answer[0]}", (row.i, row.at["answer"]))
            for facet, headers in block.facets.items():
                if column in items and f"@{facet}" in row.at:
                    yield _Found(f"{column}@{facet}", f"{row.number} {headers[0]}", (row.i, row.at[f"@{facet}"]))


def _rows(sheet: Sheet, items: set[str], block: QuestionBlock, rows: range) -> Iterator[_Row]:
    """Rows with a question; a header may come again, with its columns in another order."""
    codes = {code.casefold(): code for code in items}
    columns = {_number(number): column for number, column in block.columns.items()}
    ignored = {_number(number) for number in block.ignore}
    wanted = {"id": block.id, "answer": block.answer, **{f"@{name}": texts for name, texts in block.facets.items()}}
    at: dict[str, int] = {}
    for i in rows:
        written = sheet.cells[i][at["id"]] if at else ""
        number = _number(written)
        column = columns.get(number) or codes.get((block.prefix + number).casefold())
        if column is None:
            here = {name: place for name, texts in wanted.items() if (place := _place_of(sheet, i, texts)) is not None}
            if {"id", "answer"} <= set(here):
                at = here
                continue
        if number and number not in ignored:
            yield _Row(" ".join(written.split()), column or block.prefix + number, i, at)


def _place_of(sheet: Sheet, i: int, headers: Sequence[str]) -> int | None:
    """Where one of several headers stands in a row; the first of them wins."""
    for header in headers:
        for position, text in enumerate(sheet.cells[i]):
            if text and matches_text(header, text):
                return position
    return None


def _number(text: str) -> str:
    """The number of a question without what people write around it; a point between digits is never lost.

    Examples
    --------
    >>> [_number(text) for text in ("6a", " 6 A.", "Q 6a", "12.", "1.0", "10(c)", "Question 3", "6_b", "8\u200b")]
    ['6a', '6a', '6a', '12', '1', '10c', '3', '6b', '8']
    """
    plain = normalise_header(text)
    plain = re.sub(r"^(?:question|no|nr|q|#)?[\s.]*(?=[0-9])", "", plain)
    plain = re.sub(r"(?<=[0-9])\.0+$", "", plain)
    return re.sub(r"(?<=[0-9])[\s.()_-]+(?=[a-z])|[\s.:)*]+$", "", plain)


def _single(sheet: Sheet, name: str, place: Place) -> _Found | None:
    if place.cell:
        letters, digits = re.fullmatch(r"([A-Z]+)([0-9]+)", place.cell).groups()  # type: ignore[union-attr]
        rows = np.flatnonzero(sheet.rows == int(digits))
        position = column_position(letters)
        if not len(rows) or position >= sheet.cells.shape[1]:
            return None
        return _Found(name, place.cell, (int(rows[0]), position))
    wanted = place.beside or ""
    i = _row_with(sheet, [wanted], 0)
    if i is None:  # a text that is not the first of its row
        i = next((at for at, row in enumerate(sheet.cells) if any(t and matches_text(wanted, t) for t in row)), None)
    if i is None:
        return None
    title = next(text for text in sheet.cells[i] if text and matches_text(place.beside or "", text))
    if place.column:
        position = column_position(place.column)
        return _Found(name, title.strip(), (i, position)) if position < sheet.cells.shape[1] else None
    start = next(j for j, text in enumerate(sheet.cells[i]) if text == title)
    right = (j for j in range(start + 1, sheet.cells.shape[1]) if sheet.cells[i][j].strip())
    position = next(right, -1)
    return _Found(name, title.strip(), (i, position)) if position >= 0 else None
