"""Columns of text of long tables, made without an object per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd


def picked(positions: npt.NDArray[Any], words: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    """The word at each position; missing where the position is negative.

    Examples
    --------
    >>> picked(np.array([1, 0, -1]), ("a", "b")).tolist()
    ['b', 'a', nan]
    """
    import pandas as pd

    return pd.array([*words, None], dtype="str").take(positions)


def repeated(word: str, times: int) -> pd.api.extensions.ExtensionArray:
    """One word, many times."""
    return picked(np.zeros(times, dtype=np.intp), (word,))
