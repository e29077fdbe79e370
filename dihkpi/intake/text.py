"""Text as people type it: cleaned for reading, normalised for comparing, made visible for showing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Soft hyphen, zero-width characters, byte order mark, bidirectional marks: nobody means to type these.
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
QUOTES = "\"'`´«»‹›‘’‚‛“”„‟"
_MISSING = {"nan", "NaT", "<NA>"}
_NOT_PRINTED = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_ID = re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def clean_cell(text: str) -> str:
    """Compose accents (NFC), remove invisible marks, strip white space of every kind.

    >>> clean_cell("\\ufeff\\u00a0Zu\\u0308rich\\u200b ")
    'Zürich'
    """
    if text.isascii():
        return text.strip()
    return unseen_removed(unicodedata.normalize("NFC", text)).strip()


def unseen_removed(text: str) -> str:
    """A text without the marks that nobody sees and nobody means to type.

    >>> unseen_removed("A\\u200bT\\u202e-1")
    'AT-1'
    """
    return _UNSEEN.sub("", text)


@lru_cache(maxsize=65536)
def normalise_header(text: str) -> str:
    """The form in which two headers are compared.

    >>> normalise_header(' "Name\\u00a0 of the\\nHub" ')
    'name of the hub'
    """
    plain = " ".join(unicodedata.normalize("NFKC", unseen_removed(text)).split())
    return plain.strip(QUOTES + " ").casefold()


def code_of(label: str) -> str:
    """The code that a label suggests: lower-case ASCII words joined by underscores.

    >>> code_of("Aeronautics & Space"), code_of("Café, thé")
    ('aeronautics_and_space', 'cafe_the')
    """
    decomposed = unicodedata.normalize("NFKD", label.replace("&", " and ").casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def is_id(text: str) -> bool:
    """Whether a text is an identifier, safe as the name of a folder on every system.

    >>> is_id("HR-adria"), is_id("../x"), is_id("COM1"), is_id("com10")
    (True, False, False, True)
    """
    return bool(_ID.fullmatch(text))


def code_point(character: str) -> str:
    """Name a character by its code point.

    >>> code_point("\\v")
    'U+000B'
    """
    return f"U+{ord(character):04X}"


def show(value: object, limit: int = 80) -> str:
    """Make a foreign value fit to print: unseen characters by code point, cut at ``limit`` characters.

    Markup is left as it stands: escaping is the business of the output.

    >>> show("a\\x1b[2J\\u202eb"), show("long text", limit=5)
    ('a<U+001B>[2J<U+202E>b', 'long…')
    """
    text = "" if value is None else str(value)
    if text in _MISSING and not isinstance(value, str):
        text = ""
    head = text[: limit + 1]
    if head.isprintable():
        return head if len(head) <= limit else head[: limit - 1] + "…"
    shown = "".join(f"<{code_point(c)}>" if unicodedata.category(c) in _NOT_PRINTED else c for c in head)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
