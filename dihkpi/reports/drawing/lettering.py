"""How wide a text is, and where it is broken, without drawing it."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Any

from dihkpi.reports.wording import visible

FONT = "DejaVu Sans"  # comes with matplotlib, and is wider than what readers have
LINE = 1.2
_MORE = "…"


@cache
def _font() -> Any:
    from matplotlib import font_manager

    return font_manager.get_font(font_manager.findfont(FONT))


@lru_cache(maxsize=4096)
def _advance(letter: str) -> float:
    """Width of a letter for a font size of 1; what the font lacks counts as a full square."""
    if unicodedata.combining(letter):
        return 0.0
    font = _font()
    if not font.get_char_index(ord(letter)):
        return 1.0
    from matplotlib.ft2font import LoadFlags

    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_SCALE)  # whatever size others have set
    return float(glyph.horiAdvance) / float(font.units_per_EM)


def width(text: str, size: float) -> float:
    """Width of a line in points; no reader's font should need more.

    Examples
    --------
    >>> width("mm", 9) == 2 * width("m", 9) == width("m", 18), width("i", 9) < width("m", 9)
    (True, True)
    """
    return size * sum(map(_advance, text))


def fitted(text: object, space: float, size: float, lines: int = 2) -> list[str]:
    """A text broken into lines that fit into a space; what does not fit into the last one is left out.

    Words are kept whole unless one is wider than the space.

    Parameters
    ----------
    text : object
        What is to be shown; control characters are made visible.
    space : float
        Width of the space, in points.
    size : float
        Size of the font, in points.
    lines : int
        How many lines there may be.

    Examples
    --------
    >>> fitted("Networking and access to innovation ecosystems", 150, 9.5)
    ['Networking and access to', 'innovation ecosystems']
    >>> fitted("Networking and access to innovation ecosystems of any kind", 150, 9.5)
    ['Networking and access to', 'innovation ecosystems of …']
    """
    words, found = visible(text).split(), [""]
    while words:
        joined = f"{found[-1]} {words[0]}".lstrip()
        if width(joined, size) <= space:
            found[-1] = joined
            words.pop(0)
        elif len(found) == lines:
            return [*found[:-1], _shortened(joined, space, size)]
        elif found[-1]:
            found.append("")
        else:
            head = _head(words[0], space, size)
            found[-1], words[0] = head, words[0][len(head) :]
            found.append("")
    return found


def _head(word: str, space: float, size: float) -> str:
    """As many letters of a word as fit, but one at least."""
    end = 1
    while end < len(word) and width(word[: end + 1], size) <= space:
        end += 1
    return word[:end]


def _shortened(line: str, space: float, size: float) -> str:
    """A line that is too wide, cut after a word, or within its only one."""
    left = space - width(f" {_MORE}", size)
    head = _head(line, left, size)
    whole = head if line[len(head) : len(head) + 1] == " " else head.rpartition(" ")[0]
    return f"{whole.rstrip()} {_MORE}" if whole else head + _MORE
