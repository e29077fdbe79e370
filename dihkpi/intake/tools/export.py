"""What a survey tool tells of its file, before it is known which survey it carries."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from dihkpi.definitions import Definitions
from dihkpi.definitions.layouts import Tool
from dihkpi.definitions.survey import AnswerType
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header

Role = Literal["", "response", "submitted_at", "language", "system", "personal"]
RESERVED: tuple[Role, ...] = ("response", "submitted_at", "language")
"""Columns that a form may declare to get what the tool says of a response."""
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
_PARTS = 8
"""So many parts of a name count; no code has more."""


@dataclass(frozen=True)
class Heading:
    """One column of an export.

    Parameters
    ----------
    position : int
        Counted from 0.
    title : str
        Its header as it stands in the file.
    codes : tuple of str
        Codes of items that it may be, best first.
    texts : tuple of str
        Texts of items that it may be.
    role : str
        What it is when it is no item.
    alternatives : bool
        The codes are equally good, so that at most one may be known.
    """

    position: int
    title: str
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    role: Role = ""
    alternatives: bool = False


@dataclass(frozen=True)
class Export:
    """A sheet that a tool wrote.

    Parameters
    ----------
    tool : str
    sheet : Sheet
    header_row : int
        Position of the row with the headers.
    headings : tuple of Heading
        Columns with a header.
    below : int
        How many rows below the header the first response stands.
    layout : mapping
        Further fields of the layout.
    coding : callable, optional
        Gives the texts of an answer type where they are not its codes and labels.
    """

    tool: Tool
    sheet: Sheet
    header_row: int
    headings: tuple[Heading, ...]
    below: int = 1
    layout: Mapping[str, Any] = field(default_factory=dict)
    coding: Callable[[AnswerType], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class ToolReader:
    """One survey tool.

    Parameters
    ----------
    name : str
        Id of the tool.
    title : str
        Name for people.
    sign : str
        What its files are recognised by, as half a sentence.
    hint : str
        How to export so that columns are found.
    read : callable
        The exports in the sheets of a file of some container; none when the tool did not write it.
    """

    name: Tool
    title: str
    sign: str
    hint: str
    read: Callable[[Sequence[Sheet], str, Definitions], list[Export]]


def plain(text: str) -> str:
    """A text without markup, in the form in which texts are compared.

    >>> plain(" <b>Services</b> offered&nbsp; ")
    'services offered'
    """
    return normalise_header(html.unescape(_MARKUP.sub(" ", text)) if "<" in text or "&" in text else text)


def roles_of(titles: Sequence[str], tool: Tool, definitions: Definitions) -> list[Role]:
    """What the tool's own columns are; of several for one role the first in the code list has it."""
    rows = [row for row in definitions.codelists["tool_columns"].rows if row["tool"] == tool]
    roles: list[Role] = [""] * len(titles)
    given: set[str] = set()
    plain_titles = [normalise_header(title) for title in titles]
    for row in rows:
        pattern = normalise_header(row["label"])
        for i, title in enumerate(plain_titles):
            if title and not roles[i] and fnmatchcase(title, pattern):
                role: Any = row["role"]
                roles[i] = "system" if role in given and role in RESERVED else role
                given.add(role)
    return roles


def headings_of(
    titles: Sequence[str], roles: Sequence[Role], describe: Callable[[str], tuple[tuple[str, ...], tuple[str, ...]]]
) -> tuple[Heading, ...]:
    """Headings of a row of titles; ``describe`` gives the codes and texts of one."""
    return tuple(
        Heading(i, title, *describe(title), role)
        for i, (title, role) in enumerate(zip(titles, roles, strict=True))
        if title.strip()
    )


def splits(name: str, mark: str = "_") -> tuple[str, ...]:
    """A name, and what it is when one or all of its marks stand for the dot of a code.

    >>> splits("q5_SQ001"), splits("hub")
    (('q5_SQ001', 'q5.SQ001'), ('hub',))
    """
    at = [i for i, letter in enumerate(name) if letter == mark]
    if len(at) >= _PARTS:
        return (name,)
    cut = [f"{name[:i]}.{name[i + 1 :]}" for i in at]
    return tuple(dict.fromkeys([name, *cut, name.replace(mark, ".")]))


def path_ends(name: str) -> tuple[str, ...]:
    """The ends of a path, longest first, joined by dots.

    >>> path_ends("g_strategy/q2/tbi")
    ('g_strategy/q2/tbi', 'g_strategy.q2.tbi', 'q2.tbi', 'tbi')
    """
    parts = [part for part in re.split(r"[/:.\\-]+|__", name) if part][-_PARTS:]
    return tuple(dict.fromkeys([name, *(".".join(parts[i:]) for i in range(len(parts)))]))


def text_ends(title: str, mark: str = "/") -> tuple[str, ...]:
    """The ends of a path of labels, longest first, with its marks as they are.

    >>> text_ends("Strategy/Services/Test")
    ('Strategy/Services/Test', 'Services/Test', 'Test')
    """
    parts = title.split(mark)
    return (title, *(mark.join(parts[i:]) for i in range(max(1, len(parts) - _PARTS), len(parts))))


def column(sheet: Sheet, position: int, first: int) -> list[str]:
    """The filled cells of a column, of the rows that are held."""
    return [text for text in sheet.cells[first:, position].tolist() if text.strip()]
