"""Names and numbers of organisations in a form in which two spellings are equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def plain_numbers(numbers: pd.Series, states: Mapping[str, str], missing: Iterable[str]) -> pd.Series:
    """Registration numbers without signs and without the letters of a country in front; missing ones are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_numbers(pd.Series(["HR 10-01", "1001", "error"]), {"HR": "HR"}, ["error"]).tolist()
    ['1001', '1001', nan]
    """
    text = numbers.astype("str").str.strip()
    text = text.mask(text.str.casefold().isin([token.casefold() for token in missing]))
    plain = text.str.upper().str.replace(r"[^0-9A-Z]", "", regex=True)
    state = plain.str.slice(0, 2).isin(list(states)) & plain.str.slice(2).str.contains("[0-9]", na=False)
    plain = plain.mask(state, plain.str.slice(2))
    return plain.where(plain.str.contains("[1-9]", na=False))


def plain_names(names: pd.Series, legal_forms: Iterable[str]) -> pd.Series:
    """Names in small letters without accents, signs and legal forms.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_names(pd.Series(["Adria d.o.o.", "ÄRI OÜ", "d.o.o."]), ["d.o.o.", "OÜ"]).tolist()
    ['adria', 'ari', 'd o o']
    """
    import re

    forms = sorted({_plain(form) for form in legal_forms} - {""}, key=len, reverse=True)
    ends = re.compile(r"(?:\s+(?:" + "|".join(map(re.escape, forms)) + r"))+$") if forms else None
    texts = names.astype("str").str.strip()
    known = {text: _plain(text) for text in texts.dropna().unique()}
    if ends:
        known = {text: ends.sub("", plain) for text, plain in known.items()}
    return texts.map(known).astype("str").replace("", None)


def sorted_words(names: pd.Series, articles: Iterable[str]) -> pd.Series:
    """Plain names with their words in the order of the alphabet and without articles, unless nothing else is there.

    Examples
    --------
    >>> import pandas as pd
    >>> sorted_words(pd.Series(["the robot house", "la"]), ["the", "la"]).tolist()
    ['house robot', 'la']
    """
    left_out = {_plain(article) for article in articles}
    known = {}
    for name in names.dropna().unique():
        words = sorted(name.split())
        known[name] = " ".join([word for word in words if word not in left_out] or words)
    return names.map(known).astype("str")


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())
