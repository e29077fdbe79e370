"""The distinct texts of many cells: a column of a million cells often has ten of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.intake.sheet import Flags
from dihkpi.intake.text import clean_cell, normalise_header

if TYPE_CHECKING:
    import pandas as pd


_PLAIN = frozenset(b"!#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_abcdefghijklmnopqrstuvwxyz{|}~")
_IS_ODD = np.array([octet not in _PLAIN for octet in range(256)])
_ODD = r"[^!#-&(-_a-~]"
"""Characters that look like others or count for nothing: quotes, blanks, everything beyond ASCII."""


def distinct(texts: Any) -> tuple[npt.NDArray[np.intp], pd.Series]:
    """Position of each text among the distinct texts, and these, cleaned.

    Parameters
    ----------
    texts : numpy.ndarray of object, or pyarrow.Array
        Texts without missing ones.

    Examples
    --------
    >>> codes, uniques = distinct(np.array(["b ", "a", "b "], dtype=object))
    >>> codes.tolist(), uniques.tolist()
    ([0, 1, 0], ['b', 'a'])
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        encoded = (texts if isinstance(texts, pa.Array) else pa.array(texts, type=pa.string())).dictionary_encode()
    except (UnicodeEncodeError, pa.ArrowInvalid):  # half a surrogate pair, which no encoding can hold
        codes, uniques = pd.factorize(texts)
        return codes, pd.Series([clean_cell(text) for text in uniques], dtype=object)
    codes, words = encoded.indices.to_numpy().astype(np.intp), encoded.dictionary
    if pc.all(pc.string_is_ascii(words)).as_py() is not False:
        words = pc.ascii_trim_whitespace(words)
    else:
        words = pa.array([clean_cell(text) for text in words.to_pylist()], type=pa.string())
    return codes, pd.Series(words.to_pandas(), dtype="str")


def is_token(texts: pd.Series, tokens: Iterable[str]) -> Flags:
    """Which texts are empty or one of the tokens, letter case and white space aside; ``*`` stands for any end."""
    words = {normalise_header(token) for token in tokens}
    lower = texts.str.lower()
    hit = (lower == "").to_numpy(dtype=bool, copy=True)
    if not words:
        return hit
    starts = tuple(word.rstrip("*") for word in words if word.endswith("*"))
    hit |= lower.isin(words).to_numpy(dtype=bool)
    if starts:
        hit |= lower.str.startswith(starts).to_numpy(dtype=bool)
    if not _any_odd(lower):
        return hit
    longest = max(map(len, words)) + 8  # room for quotes and spaces around a token
    odd = lower.str.contains(_ODD, regex=True) & (lower.str.len() <= longest)
    for i in np.flatnonzero(odd.to_numpy(dtype=bool)).tolist():
        plain = normalise_header(texts.iat[i])
        hit[i] |= plain in words or not plain or plain.startswith(starts)
    return hit


def _any_odd(texts: pd.Series) -> bool:
    """Whether any text holds an odd character, told from the bytes of all at once."""
    import pyarrow as pa

    try:
        strings = pa.array(texts, type=pa.large_string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return True
    chunks = strings.chunks if isinstance(strings, pa.ChunkedArray) else [strings]
    octets = [chunk.buffers()[2] for chunk in chunks]
    return any(_IS_ODD[np.frombuffer(part, dtype=np.uint8)].any() for part in octets if part)
