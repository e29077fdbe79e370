"""A page as a tree of blocks and running text, for a typesetter that reads no HTML.

What a reader cannot use on paper (scripts, forms, what is hidden) is left out; every other text stays.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from dihkpi.reports.sheets.columns import breakable, columns_of

Tree = dict[str, Any]

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_DROPPED = {"script", "style", "template", "noscript", "input", "select", "textarea", "button", "iframe", "object"}
_BLOCKS = {
    *("html", "body", "main", "div", "section", "article", "header", "footer", "nav", "aside", "address", "details"),
    *("summary", "form", "fieldset", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "figcaption", "blockquote", "pre"),
    *("hr", "img"),
}
_IMAGE = re.compile(r"data:image/(svg\+xml|png|jpeg);base64,(.*)", re.S)
_OUTSIDE = re.compile(r"""href\s*=\s*["'](?!\s*(?:#|data:))""")
_LIGHT = re.compile(r"--light:\s*(#[0-9a-fA-F]{6})\b")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_PAGE = 108  # letters in a line of a table as wide as the page
_TITLE = 80  # letters of a running title
_TALL = 400  # letters that fill no page, however narrow their column


@dataclass
class Element:
    """A tag of the page with its attributes and what it holds."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether a reader of a print sees it."""
        unseen = "hidden" in self.attributes or "skip" in self.classes
        return not unseen and self.tag not in _DROPPED

    @property
    def classes(self) -> list[str]:
        """Its classes, in order."""
        return self.attributes.get("class", "").split()

    def all(self, *tags: str) -> Iterator[Element]:
        """Elements of these tags inside it, outermost only, in order."""
        for child in self.inside:
            if isinstance(child, Element) and child.shown:
                if child.tag in tags:
                    yield child
                else:
                    yield from child.all(*tags)

    @property
    def text(self) -> str:
        """Its text on one line, as far as it is shown."""
        parts = (_SPACES.sub(" ", c) if isinstance(c, str) else "\n" if c.tag == "br" else c.text
                 for c in self.inside if _is_shown(c))  # fmt: skip
        return "".join(parts).strip(" ")


def _is_shown(child: Element | str) -> bool:
    return isinstance(child, str) or child.shown


class _Reader(HTMLParser):
    """Builds the elements; an end without a beginning is passed over, an open one closes with its parent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open = [Element("page")]
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for position in range(len(self.open) - 1, 0, -1):
            if self.open[position].tag == tag:
                del self.open[position:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read_page(page: str) -> Tree:
    """Title, language and blocks of a page.

    Parameters
    ----------
    page : str
        The HTML of a page.

    Returns
    -------
    dict
        ``title``, ``running`` (the title on one line), ``lang`` and ``blocks``: values that JSON knows.

    Examples
    --------
    >>> read_page("<title>T</title><body><p>Hello <b>you</b></p></body>")["blocks"]
    [{'t': 'p', 'k': [], 'c': ['Hello ', {'t': 'b', 'k': [], 'c': ['you']}]}]
    """
    root = _Reader(page).open[0]
    title = next((element.text for element in root.all("title")), "")
    lang = next((e.attributes.get("lang", "") for e in root.all("html")), "")
    body = next(root.all("main"), None) or next(root.all("body"), root)
    blocks = _Writer().blocks(body)
    title = title or "Report"
    short = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
    return {"title": title, "running": short, "lang": lang[:2] if lang[:2].isalpha() else "en", "blocks": blocks}


class _Writer:
    """Elements as JSON values; headings never skip a level, because readers by ear go by them."""

    def __init__(self) -> None:
        self.level = 0

    def blocks(self, element: Element, room: int = _PAGE) -> list[Tree]:
        """Blocks only: text that stands beside blocks becomes a paragraph."""
        made: list[Tree] = []
        run: list[Element | str] = []
        for child in [*filter(_is_shown, element.inside), None]:
            if child is not None and (isinstance(child, str) or not _is_block(child)):
                run.append(child)
                continue
            if words := inline(run):
                made.append({"t": "p", "k": [], "c": words})
            run = []
            if isinstance(child, Element):
                made += self.block(child, room)
        return made

    def block(self, element: Element, room: int) -> list[Tree]:
        """One block; a mere wrapper gives way to what it holds."""
        tag, kinds = element.tag, element.classes
        if tag == "img":
            return [_image(element)]
        if tag == "table":
            return [self.table(element, room)]
        if re.fullmatch("h[1-6]", tag):
            self.level = min(int(tag[1]), self.level + 1)
            return [{"t": "h", "level": self.level, "c": inline(element.inside, 30)}]
        if tag == "pre":
            return [{"t": "pre", "c": _raw(element)}]
        if "side" in kinds:
            return [{"t": "side", "c": [self.blocks(child, room // 2 - 2) for child in _elements(element)]}]
        if tag in ("p", "figcaption", "summary", "dt"):
            words = inline(element.inside)
            return [{"t": "p" if tag == "dt" else tag, "k": kinds, "c": words}] if words else []
        if tag == "hr":
            return []
        if tag == "dl":
            return [{"t": "cards" if "cards" in kinds else "words", "c": list(self.pairs(element, room))}]
        if tag in ("ul", "ol"):
            return [{"t": tag, "c": [self.blocks(item, room) for item in element.all("li")]}]
        if tag in ("figure", "blockquote"):
            return [{"t": tag, "c": self.blocks(element, room)}]
        return self.blocks(element, room)

    def pairs(self, element: Element, room: int) -> Iterator[Tree]:
        """Terms of a list with what is said about each."""
        term: list[Any] = []
        for child in element.all("dt", "dd"):
            if child.tag == "dt":
                term = inline(child.inside)
            else:
                yield {"term": term, "c": self.blocks(child, room)}
                term = []

    def table(self, element: Element, room: int) -> Tree:
        """A table with the widths of its columns; cells hold running text, or blocks when they do so in the page."""
        heads = [row for part in element.all("thead") for row in part.all("tr")]
        body = [row for row in element.all("tr") if not any(row is head for head in heads)]
        body = [row for row in body if next(row.all("th", "td"), None)]
        rows = [[(_cell_size(c), _said(c), "number" in c.classes) for c in r.all("th", "td")] for r in [*heads, *body]]
        columns, longest = columns_of(rows, len(heads), room)
        caption = next(element.all("caption"), None)
        return {
            "t": "table",
            "k": element.classes,
            "caption": inline(caption.inside) if caption else [],
            "columns": columns,
            "head": [self.cells(row, longest, len(columns)) for row in heads],
            "body": [self.cells(row, longest, len(columns)) for row in body],
        }

    def cells(self, row: Element, longest: int, columns: int) -> list[Tree]:
        """Cells of a row; a row that is too short is filled up, so that the next one begins at its own line."""
        made: list[Tree] = []
        tall = any(len(cell.text) > _TALL for cell in row.all("th", "td"))
        for cell in row.all("th", "td"):
            (across, down), right = _cell_size(cell), "number" in cell.classes
            inside: list[Any] = self.blocks(cell) if any(map(_is_block, cell.inside)) else inline(cell.inside, longest)
            made.append({"c": inside, "x": across, "y": down, "right": right, "tall": tall})
        free = columns - sum(cell["x"] for cell in made)
        return made + [{"c": [], "x": 1, "y": 1, "right": False, "tall": tall}] * max(free, 0)


def _said(cell: Element) -> str:
    """The text of a cell, with room for the mark before a light."""
    lit = any("light" in span.classes for span in cell.all("span"))
    return f"\N{EM DASH}{cell.text}" if lit else cell.text


def _is_block(child: Element | str) -> bool:
    return isinstance(child, Element) and child.shown and (child.tag in _BLOCKS or any(map(_is_block, child.inside)))


def _elements(element: Element) -> list[Element]:
    return [child for child in element.inside if isinstance(child, Element) and child.shown]


def _raw(element: Element) -> str:
    return "".join(child if isinstance(child, str) else _raw(child) for child in element.inside)


def _cell_size(cell: Element) -> tuple[int, int]:
    sizes = (cell.attributes.get(name, "1") for name in ("colspan", "rowspan"))
    across, down = (max(int(size), 1) if size.isdigit() and len(size) < 4 else 1 for size in sizes)
    return across, down


def _image(element: Element) -> Tree:
    """An image that the page carries; of any other nothing but its alternative text."""
    alt = " ".join(element.attributes.get("alt", "").split())
    found = _IMAGE.fullmatch(element.attributes.get("src", "").strip())
    try:
        data = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        data = b""
    kind = {"svg+xml": "svg", "jpeg": "jpg"}.get(found[1], found[1]) if found else ""
    text = data.decode("utf-8", errors="replace") if kind == "svg" else ""
    if not data or _OUTSIDE.search(text):
        return {"t": "p", "k": [], "c": [alt] if alt else []}
    return {"t": "img", "kind": kind, "svg": text, "bytes": [] if text else list(data), "alt": alt or "Figure"}


def inline(children: Iterable[Element | str], longest: int = 60) -> list[Any]:
    """Running text: spaces as a browser shows them, no word longer than a line.

    Examples
    --------
    >>> inline(["  a ", Element("b", {}, [" c  d "]), " e"])
    ['a ', {'t': 'b', 'k': [], 'c': ['c d ']}, 'e']
    """
    spaced = True

    def walk(given: Iterable[Element | str]) -> Iterator[Any]:
        nonlocal spaced
        for child in given:
            if isinstance(child, str):
                text = _SPACES.sub(" ", child)
                text = text.removeprefix(" ") if spaced else text
                if text:
                    spaced = text.endswith(" ")
                    yield breakable(text, longest)
            elif child.tag == "br":
                spaced = True
                yield {"t": "br"}
            elif "bar" in child.classes:
                yield _bar(child)
            elif child.tag == "img":
                yield " " + child.attributes.get("alt", "")
            elif child.shown:
                colour = _LIGHT.search(child.attributes.get("style", ""))
                found = {"colour": colour[1]} if colour else {}
                yield {"t": child.tag, "k": child.classes, "c": list(walk(child.inside)), **found}

    return list(walk(children))


def _bar(element: Element) -> Tree:
    """A bar of progress: how far it reaches and where its mark stands, both between 0 and 100."""
    places = {"t": "bar", "reach": 0.0, "mark": -1.0}
    for child in _elements(element):
        if found := re.fullmatch(r"(width|left):\s*([0-9.]{1,8})%;?", child.attributes.get("style", "").strip()):
            places["reach" if found[1] == "width" else "mark"] = min(float(found[2]), 100.0)
    return places
