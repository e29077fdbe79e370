"""Characters that are taken for each other, and the facts about them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from dihkpi.definitions.codelists import CodeList, read_code_list
from dihkpi.definitions.locate import bundled_root
from dihkpi.intake.text import code_point, show, unseen_removed

_HYPHENS = re.compile("[\u2010-\u2015\u2043\u2212]")
_DIGITS = str.maketrans({"o": "0", "l": "1", "i": "1"})


@cache
def facts(name: str) -> CodeList:
    """A bundled list of facts that no survey changes, such as the currencies there are."""
    return read_code_list(bundled_root() / "schemas" / "codelists" / f"{name}.csv")


@cache
def lookalikes() -> Mapping[str, Mapping[str, str]]:
    """Character to its row in the list of those that look like an ASCII one."""
    return {chr(int(row["code"].removeprefix("U+"), 16)): row for row in facts("confusables").rows}


def normalise_id(text: str) -> str:
    """An identifier with compatibility characters and odd hyphens made plain, and without unseen marks.

    Examples
    --------
    >>> normalise_id("ＡＴ‑001\\u200b")
    'AT-001'
    """
    if text.isascii():
        return text.strip()
    return _HYPHENS.sub("-", unseen_removed(unicodedata.normalize("NFKC", text)).strip())


def skeleton(text: str) -> str:
    """What an identifier looks like: letters of other alphabets as the Latin ones, O as 0, l and I as 1.

    Two identifiers with one skeleton are easily taken for each other. Only for hints: nothing is read by it.

    Examples
    --------
    >>> skeleton("АТ-0O1") == skeleton("at-00l") == skeleton("AT-001")
    True
    """
    plain = normalise_id(text)
    if not plain.isascii():
        plain = "".join(lookalikes()[c]["looks_like"] if c in lookalikes() else c for c in plain)
    return plain.casefold().translate(_DIGITS)


def named(character: str) -> str:
    """A character with its code point, and what it is taken for.

    Examples
    --------
    >>> named("А"), named("/")
    ("'А' (U+0410, Cyrillic), which looks like 'A'", "'/' (U+002F)")
    """
    row = lookalikes().get(character)
    if row is None:
        return f"'{show(character)}' ({code_point(character)})"
    return f"'{character}' ({code_point(character)}, {row['script']}), which looks like '{row['looks_like']}'"
