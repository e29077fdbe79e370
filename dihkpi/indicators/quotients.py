"""Figures over figures: customers per full-time equivalent, cost per outcome, response rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Indicator, Quotient

if TYPE_CHECKING:
    import pandas as pd

_PLACE = ["level", "code"]


def with_quotients(figures: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Figures with those that divide two of them.

    Parameters
    ----------
    figures : pandas.DataFrame
        Rows of the table ``indicators`` with their status.

    Returns
    -------
    pandas.DataFrame
        With a row per place and period of the figure above the line where there is a figure below it. A figure that is
        suppressed suppresses the quotient. The interval is that of the figure below, turned over: above / hi to
        above / lo; none where that interval holds zero or less, since the quotient then has no bounds.
    """
    import pandas as pd

    parts = [figures]
    for (_, name), indicator in definitions.indicators.items():
        if indicator.quotient:
            made = _divided(figures, name, indicator, indicator.quotient, definitions)
            parts += [made] if len(made) else []
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else figures


def _divided(
    figures: pd.DataFrame, name: str, indicator: Indicator, quotient: Quotient, definitions: Definitions
) -> pd.DataFrame:
    above = figures[(figures["indicator"] == quotient.of) & (figures["breakdown"] == "")]
    if indicator.levels:
        above = above[above["level"].isin(indicator.levels)]
    below = figures[(figures["indicator"] == quotient.to) & (figures["breakdown"] == quotient.breakdown)]
    dated = any(i.dated for (_, key), i in definitions.indicators.items() if key == quotient.to)
    columns = [*_PLACE, *(["period"] if dated else []), "value", "lo", "hi", "n", "status"]
    both = above.merge(below[columns], on=columns[: 3 if dated else 2], suffixes=("", "_below"))
    factor = both["n_below"].astype(float) if quotient.total else 1.0
    divisors = [(both[column] * factor).to_numpy(float) for column in ("value_below", "hi_below", "lo_below")]
    amount = quotient.scale * both["value"].to_numpy(float)
    value, lo, hi = (np.divide(amount, d, out=np.full(len(both), np.nan), where=d > 0) for d in divisors)
    bounded = ~np.isnan(hi) & ~np.isnan(value)
    hidden = both["status"].eq("c") | both["status_below"].eq("c")
    return both[[*_PLACE, "period"]].assign(
        indicator=name, breakdown="", value=value, lo=np.where(bounded, lo, np.nan), hi=np.where(bounded, hi, np.nan),
        n=both["n_below"], unit=indicator.unit, status=np.select([hidden, np.isnan(value)], ["c", "m"], "ok"),
    )  # fmt: skip
