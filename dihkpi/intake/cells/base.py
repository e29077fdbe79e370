"""What every parser of cells takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.layouts import DateOrder
from dihkpi.definitions.survey import Column
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.issues import Fault

if TYPE_CHECKING:
    import pandas as pd

Faults = dict[int, list[Fault]]


@dataclass(frozen=True)
class Convention:
    """How a file writes dates and numbers."""

    dates: DateOrder = "ymd"
    decimal: str = "dot"
    certain: bool = True
    """Whether the decimal sign is declared or shown by the numbers themselves."""
    currency: str = "EUR"
    """Code of the currency of all amounts; its code and signs may stand beside a number."""


@dataclass
class Parsed:
    """Typed values of the distinct texts, and what is wrong with them by position."""

    values: Any
    faults: Faults = field(default_factory=dict)
    also: dict[str, Any] = field(default_factory=dict)
    """Further columns that the cell gives, such as the start and end of a range."""


Parser = Callable[["pd.Series", Column, Convention, CodeBook], Parsed]


def arrow(texts: pd.Series) -> Any:
    """Texts as one Arrow array."""
    import pyarrow as pa

    array = pa.array(texts.array)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def matching(strings: Any, pattern: str) -> npt.NDArray[np.bool_]:
    """Which texts a pattern (RE2) fits as a whole."""
    import pyarrow.compute as pc

    # \z and not $, which an end of line satisfies too
    found: npt.NDArray[np.bool_] = pc.match_substring_regex(strings, rf"\A(?:{pattern})\z").to_numpy(
        zero_copy_only=False
    )
    return found
