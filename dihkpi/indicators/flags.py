"""The table ``flags``: figures that are worth a word, by the limits of their definitions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import FLAGGED, Flag
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

_HOLDS: Mapping[str, Callable[[Any, Any], Any]] = {
    "at_least": operator.ge, "at_most": operator.le, "above": operator.gt, "below": operator.lt,
}  # fmt: skip


def flags(figures: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """The table ``flags``: totals that reach the limit of the ``flag`` of their indicator.

    Parameters
    ----------
    figures : pandas.DataFrame
        Rows of the table ``indicators``. What is suppressed has no value, so that no flag tells of it.
    """
    totals = figures[(figures["breakdown"] == "") & (figures["status"] == "ok")]
    parts = [
        _flagged(totals[totals["indicator"] == name], indicator.flag)
        for (_, name), indicator in definitions.indicators.items()
        if indicator.flag
    ]
    return check_parts(parts, definitions.tables["flags"])


def _flagged(totals: pd.DataFrame, flag: Flag) -> pd.DataFrame:
    way = next(name for name in FLAGGED if getattr(flag, name) is not None)
    limit = float(getattr(flag, way))
    seen = totals[totals["level"].isin(flag.levels)] if flag.levels else totals
    found: pd.DataFrame = seen[_HOLDS[way](seen["value"], limit)]
    return found[["level", "code", "indicator", "period", "value"]].assign(limit=limit, says=flag.says)
