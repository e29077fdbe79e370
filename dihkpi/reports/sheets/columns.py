"""How wide the columns of a printed table are, by the letters that they hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

Cell = tuple[tuple[int, int], str, bool]

_PADDING, _LONGEST = 2, 40
_WORD = re.compile(r"[^ \xa0]{4,}")


def columns_of(rows: Sequence[Sequence[Cell]], heads: int, room: int) -> tuple[list[float], int]:
    """Shares of the columns in the width of a table, and the longest word that fits.

    As a browser does it: every column gets its longest word, and what is left goes to those that have more to say.

    Parameters
    ----------
    rows : sequence of sequences
        Cells as (columns and rows they span, text, whether a number).
    heads : int
        How many of the rows are heads.
    room : int
        Letters in a line of the table.

    Examples
    --------
    >>> columns_of([[((1, 1), "Hub", False), ((1, 1), "Customers", True)]], 1, 20)
    ([6.0, 14.0], 40)
    """
    count = max((sum(cell[0][0] for cell in row) for row in rows), default=1) or 1
    least, most = [1.0] * count, [1.0] * count
    for position, row in enumerate(rows):
        place = 0
        for (across, _), text, right in row:
            if across == 1 and place < count:
                word, line = _needs(text, whole=right and position >= heads)
                least[place], most[place] = max(least[place], word), max(most[place], line)
            place += across
    room -= _PADDING * count
    if sum(least) > room:
        longest = max(int(room // count), 4)
        return [min(word, longest) + _PADDING for word in least], longest
    wish = sum(most) - sum(least)
    free = room - sum(least)
    if wish <= free:
        share = room / sum(most)
        return [round(max(word, line * share) + _PADDING, 1) for word, line in zip(least, most, strict=True)], _LONGEST
    gained = [word + free * (line - word) / wish for word, line in zip(least, most, strict=True)]
    return [round(width + _PADDING, 1) for width in gained], _LONGEST


def _needs(text: str, whole: bool) -> tuple[float, float]:
    """Letters of the longest word and of the longest line; figures are not broken."""
    lines = [min(_letters(line.strip()), 60) for line in text.split("\n")]
    words = lines if whole else [min(_letters(word), _LONGEST) for word in re.split(r"[ \n]|(?<=[-/])", text)]
    return max(words), max(max(lines), max(words))


def _letters(text: str) -> float:
    """Width in letters of an ordinary text; those of East Asia count double."""
    return sum(map(_letter, text))


def _letter(letter: str) -> float:
    if letter in " .,:;'!()[]il|\xa0":
        return 0.6
    if unicodedata.east_asian_width(letter) in "WF" or letter in "MWmw@%…—ЖШЩЮМжшщюм":
        return 2.0
    return 1.5 if letter.isupper() else 1.1


def breakable(text: str, longest: int) -> str:
    """The text with places where a word that is too long for a line may be broken.

    Examples
    --------
    >>> breakable("aaaa bbbbbb", 5).replace("\u200b", "|")
    'aaaa bbbb|bb'
    """
    return _WORD.sub(lambda found: _broken(found[0], longest), text)


def _broken(word: str, longest: int) -> str:
    """A word in pieces; marks stay with the letter that they belong to."""
    if _letters(word) <= longest:
        return word
    pieces, room = [""], float(longest)
    for letter in word:
        width = _letter(letter)
        if width > room and not unicodedata.combining(letter):
            pieces.append("")
            room = float(longest)
        pieces[-1] += letter
        room -= width
    return "\u200b".join(pieces)
