"""Sheets with one question a row, or one respondent each: turned into a table of one row, every cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dihkpi.definitions.layouts import Layout, Place, QuestionBlock
from dihkpi.definitions.survey import Form
from dihkpi.intake.sheet import Sheet
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


def _row_with(sheet: Sheet, pattern: str, start: int) -> int | None:
    """The first row from ``start`` on that has a cell with the text."""
    for i in range(start, len(sheet.cells)):
        if any(text and matches_text(pattern, text) for text in sheet.cells[i]):
            return i
    return None


def _questions(sheet: Sheet, form: Form, block: QuestionBlock, rows: range) -> Iterator[_Found]:
    """Answers of a block and what stands beside them; a header may come again, with its columns in another order."""
    items = {item.code.casefold(): item.code for item in form.items}
    columns = {_number(number): column for number, column in block.columns.items()}
    ignored = {_number(number) for number in block.ignore}
    wanted = {"id": block.id, "answer": block.answer, **{f"@{facet}": text for facet, text in block.facets.items()}}
    at: dict[str, int] = {}
    for i in rows:
        texts = {normalise_header(text): j for j, text in reversed(list(enumerate(sheet.cells[i]))) if text}
        here = {name: texts[normalise_header(text)] for name, text in wanted.items() if normalise_header(text) in texts}
        if {"id", "answer"} <= set(here):
            at = here
            continue
        number = _number(sheet.cells[i][at["id"]]) if at else ""
        if not number or number in ignored:
            continue
        column = columns.get(number) or items.get((block.prefix + number).casefold(), block.prefix + number)
        yield _Found(column, f"{number} {block.answer}", (i, at["answer"]))
        if column in items.values():
            for facet, header in block.facets.items():
                if f"@{facet}" in at:
                    yield _Found(f"{column}@{facet}", f"{number} {header}", (i, at[f"@{facet}"]))


def _number(text: str) -> str:
    """The number of a question without what people write around it.

    Examples
    --------
    >>> [_number(text) for text in ("6a", " 6 A.", "Q6a", "12.")]
    ['6a', '6a', '6a', '12']
    """
    return re.sub(r"^q(?=[0-9])|[\s.]+", "", text.strip().casefold())


def _single(sheet: Sheet, name: str, place: Place) -> _Found | None:
    if place.cell:
        letters, digits = re.fullmatch(r"([A-Z]+)([0-9]+)", place.cell).groups()  # type: ignore[union-attr]
        rows = np.flatnonzero(sheet.rows == int(digits))
        position = _position(letters)
        if not len(rows) or position >= sheet.cells.shape[1]:
            return None
        return _Found(name, place.cell, (int(rows[0]), position))
    i = _row_with(sheet, place.beside or "", 0)
    if i is None:
        return None
    title = next(text for text in sheet.cells[i] if text and matches_text(place.beside or "", text))
    if place.column:
        position = _position(place.column)
        return _Found(name, title.strip(), (i, position)) if position < sheet.cells.shape[1] else None
    start = next(j for j, text in enumerate(sheet.cells[i]) if text == title)
    right = (j for j in range(start + 1, sheet.cells.shape[1]) if sheet.cells[i][j].strip())
    position = next(right, -1)
    return _Found(name, title.strip(), (i, position)) if position >= 0 else None


def _position(letters: str) -> int:
    """Position of a column from its letters, counted from 0."""
    position = 0
    for letter in letters:
        position = position * 26 + ord(letter) - 64
    return position - 1
