"""The distinct texts of many cells: a column of a million cells often has ten of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.intake.sheet import Cells, Flags
from dihkpi.intake.text import clean_cell, normalise_header

if TYPE_CHECKING:
    import pandas as pd


_ODD = r"[^!#-&(-_a-~]"
"""Characters that look like others or count for nothing: quotes, blanks, everything beyond ASCII."""


def distinct(texts: Cells) -> tuple[npt.NDArray[np.intp], pd.Series]:
    """Position of each text among the distinct texts, and these, cleaned.

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
        encoded = pa.array(texts, type=pa.string()).dictionary_encode()
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
    longest = max(map(len, words)) + 8  # room for quotes and spaces around a token
    odd = lower.str.contains(_ODD, regex=True) & (lower.str.len() <= longest)
    for i in np.flatnonzero(odd.to_numpy(dtype=bool)).tolist():
        plain = normalise_header(texts.iat[i])
        hit[i] |= plain in words or not plain or plain.startswith(starts)
    return hit
