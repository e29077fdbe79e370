"""Several answers in one cell, cut against the texts that are known.

Labels hold the separator themselves ("Retail, wholesale or distribution"), so a cell cannot be cut at every separator.
At each place the longest known text that a separator or the end follows is taken; what is between such texts is left
over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dihkpi.intake.text import QUOTES, normalise_header, unseen_removed

_BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, eq=False)
class Splitter:
    """Cuts cells against known texts; made once per column.

    Parameters
    ----------
    known : mapping
        Code, label or alias to code; compared as headers are, so letter case and white space do not count.
    separators : str
        Each character is a separator. Blanks in it count only when there is nothing but blanks; then a line break is a
        blank like any other.

    Examples
    --------
    >>> splitter = Splitter({"Retail, wholesale": "retail", "Energy": "energy"}, ",;")
    >>> splitter.split("energy, Retail, wholesale; Enrgy")
    (['energy', 'retail'], ['Enrgy'])
    """

    known: Mapping[str, str]
    separators: str = ";"

    @cached_property
    def _codes(self) -> dict[str, str]:
        return {plain: code for text, code in self.known.items() if (plain := normalise_header(text))}

    @cached_property
    def _marks(self) -> frozenset[str]:
        return frozenset(self.separators.replace(" ", "") or " ")

    @cached_property
    def _cut(self) -> re.Pattern[str]:
        return re.compile("[" + re.escape("".join(self._marks)) + "]")

    @cached_property
    def _inside(self) -> frozenset[str]:
        """Separators that known texts hold: what is left over may be one text with such a separator in it."""
        return frozenset(mark for mark in self._marks if any(mark in text for text in self._codes))

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        """The first two characters of known texts to their lengths, longest first."""
        lengths: dict[str, set[int]] = {}
        for text in self._codes:
            lengths.setdefault(text[:2], set()).add(len(text))
        return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}

    def split(self, text: str) -> tuple[list[str], list[str]]:
        """Codes in the order of the cell, doubles included, and what is left over, as it is written."""
        pieces = self.pieces(text)
        return [code for _, code in pieces if code is not None], [piece for piece, code in pieces if code is None]

    def pieces(self, text: str) -> list[tuple[str, str | None]]:
        """The parts of a cell as they are written, each with its code."""
        if not self._inside and "\n" not in self._marks:
            plain = text if text.isascii() else _plain(text)
            parts = plain.split() if " " in self._marks else self._cut.split(plain)
            return [(part, self._codes.get(normalise_header(part))) for part in map(str.strip, parts) if part]
        return self._scan(*_folded(text, "\n" in self._marks))

    def _scan(self, shown: str, folded: str, places: list[int] | None) -> list[tuple[str, str | None]]:
        pieces: list[tuple[str, str | None]] = []
        at, rest = 0, -1
        while at < len(folded):
            if folded[at] in self._marks or folded[at] == " ":
                at += 1
                continue
            begin, end, code = self._longest(folded, at)
            if code is not None:
                self._leave(pieces, shown, places, rest, at)
                pieces.append((_slice(shown, places, begin, end), code))
                at, rest = self._next(folded, end), -1
                continue
            rest = at if rest < 0 else rest
            at = self._next(folded, at)
            if at < len(folded) and folded[at] not in self._inside:
                self._leave(pieces, shown, places, rest, at)
                rest = -1
        self._leave(pieces, shown, places, rest, len(folded))
        return pieces

    def _longest(self, folded: str, at: int) -> tuple[int, int, str | None]:
        """The longest known text at a place, with or without quotes around it."""
        begin = at
        while begin < len(folded) and folded[begin] in QUOTES + " ":
            begin += 1
        start = folded[begin : begin + 2].replace("\n", " ")
        for length in (*self._lengths.get(start, ()), *self._lengths.get(start[:1], ())):
            found = folded[begin : begin + length].replace("\n", " ")
            # near the end a slice is shorter than asked for
            code = self._codes.get(found) if len(found) == length else None
            if code is not None and self._ends(folded, begin + length):
                return begin, begin + length, code
        return begin, begin, None

    def _ends(self, folded: str, at: int) -> bool:
        """Whether nothing but quotes and blanks stands before the next separator or the end."""
        while at < len(folded) and folded[at] not in self._marks:
            if folded[at] not in QUOTES + " ":
                return False
            at += 1
        return True

    def _next(self, folded: str, at: int) -> int:
        """The place of the next separator, or the end."""
        while at < len(folded) and folded[at] not in self._marks:
            at += 1
        return at

    def _leave(
        self, pieces: list[tuple[str, str | None]], shown: str, places: list[int] | None, begin: int, end: int
    ) -> None:
        if begin >= 0:
            left = _slice(shown, places, begin, end).strip("".join(self._marks) + " ")
            pieces.append((left, None))


def split_known(text: str, known: Mapping[str, str], separators: str = ";") -> tuple[list[str], list[str]]:
    """Codes of a cell and what is left over; for many cells of one column make a :class:`Splitter` once.

    Examples
    --------
    >>> split_known("Yes; He said; ok", {"Yes": "y", "He said; ok": "h"})
    (['y', 'h'], [])
    """
    return Splitter(known, separators).split(text)


def _folded(text: str, lines: bool) -> tuple[str, str, list[int] | None]:
    """A text as it is shown and as it is compared, and the place in the first of each character of the second.

    There are no places when both have the same ones.
    """
    plain = _plain(text)
    shown = re.sub(" *\n *", "\n", _BLANKS.sub(" ", plain)).strip() if lines else " ".join(plain.split())
    folded = shown.casefold()
    if len(folded) == len(shown):
        return shown, folded, None
    parts = [character.casefold() for character in shown]
    places = [i for i, part in enumerate(parts) for _ in part]
    return shown, folded, [*places, len(shown)]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unseen_removed(text))


def _slice(shown: str, places: list[int] | None, begin: int, end: int) -> str:
    return shown[begin:end] if places is None else shown[places[begin] : places[end]]
