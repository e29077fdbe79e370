"""The record of a target so far: what every full month of its period added, for each hub."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.indicators.compute import Inputs, figures_table
from dihkpi.indicators.figures import Setting
from dihkpi.indicators.paths import bounds
from dihkpi.indicators.windows import Window, parse_period

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
GROWS = ("flow", "cumulative", "distinct")
"""Kinds of indicators that only grow over a period; the others have no sum of months."""


@dataclass(frozen=True)
class Record:
    """What the months of a period added for some targets.

    Parameters
    ----------
    added : numpy.ndarray, shape (targets, months)
        Increase over each month of the period; NaN behind the last full month, and where nothing was told.
    ahead : numpy.ndarray, shape (targets,)
        Months from the cut-off day to the end of the period; NaN where the start of the grant is not known.
    """

    added: Matrix
    ahead: npt.NDArray[np.float64]


def records(
    inputs: Inputs, targets: pd.DataFrame, cutoff: np.datetime64, definitions: Definitions
) -> Iterator[tuple[pd.Index, Record]]:
    """The record of targets, for those of one period at a time.

    Parameters
    ----------
    targets : pandas.DataFrame
        ``code`` (the hub), ``indicator``, ``period`` and ``breakdown``.

    Yields
    ------
    rows : pandas.Index
        Rows of the targets.
    record : Record
        In their order. An organisation that comes back is counted in its first month of the period only, since the
        increase is that of all months up to each.
    """
    import pandas as pd

    starts = targets["code"].map(inputs.hubs.set_index("hub")["grant_start"]).astype("datetime64[s]")
    for period, rows in targets.groupby("period").groups.items():
        windows = months_of(parse_period(str(period)))
        chosen = targets.loc[rows]
        _, last = bounds(parse_period(str(period)), starts.loc[rows])
        days = (last - pd.Timestamp(cutoff)).dt.days.to_numpy(float)
        ahead = np.clip(days / (365.25 / 12), 0, None)
        if not windows:
            yield rows, Record(np.full((len(rows), 0), np.nan), ahead)
            continue
        reached = _reached(inputs, chosen, windows, cutoff, definitions)
        full = np.array([(bounds(w, starts.loc[rows])[1] <= pd.Timestamp(cutoff)).to_numpy() for w in windows]).T
        added = np.diff(reached, axis=1, prepend=0)
        yield rows, Record(np.where(full, added, np.nan), ahead)


def months_of(window: Window) -> list[Window]:
    """Windows from the start of a period to the end of each of its months; an open period has none.

    Examples
    --------
    >>> [month.label for month in months_of(parse_period("M2-M3"))]
    ['M2-M2', 'M2-M3']
    """
    if window.months:
        first, last = window.months
        return [Window(f"M{first}-M{month}", months=(first, month)) for month in range(first, last + 1)]
    if window.first is None or window.last is None:
        return []
    found = []
    year, month = window.first.year, window.first.month
    while (year, month) <= (window.last.year, window.last.month):
        end = min(date(year, month, monthrange(year, month)[1]), window.last)
        found.append(Window(f"{window.first}/{end}", window.first, end))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def _reached(
    inputs: Inputs, targets: pd.DataFrame, windows: list[Window], cutoff: np.datetime64, definitions: Definitions
) -> Matrix:
    """Value of each target at the end of each window, zero where a hub tells of the indicator but not of this part."""
    import pandas as pd

    labels = [window.label for window in windows]
    parts = targets.loc[targets["breakdown"] != "", "indicator"].unique()
    asked = {
        key: indicator.model_copy(
            update={"levels": ("hub",), "breakdowns": indicator.breakdowns if key[1] in parts else ()}
        )
        for key, indicator in definitions.indicators.items()
        if key[1] in set(targets["indicator"])
    }
    confidence = float(definitions.value("confidence_level"))
    setting = Setting(tuple(windows), frozenset(labels if len(parts) else ()), cutoff, confidence)
    table = figures_table(inputs, asked, setting, definitions)
    if table is None:
        return np.full((len(targets), len(labels)), np.nan)
    keys = ["code", "indicator", "breakdown"]
    wide = table.pivot(index=keys, columns="period", values="value").reindex(columns=labels)
    found = wide.reindex(pd.MultiIndex.from_frame(targets[keys])).to_numpy(float)
    known = pd.MultiIndex.from_frame(table.loc[table["value"].notna(), keys[:2]])
    told = pd.MultiIndex.from_frame(targets[keys[:2]]).isin(known)
    filled: Matrix = np.where(told[:, None], np.nan_to_num(found, nan=0.0), np.nan)
    return filled
