"""What share of a target is expected by a day: evenly over the days, or along a path of months that is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.indicators.windows import Window, parse_period, project_days

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
_STEADY = ("ratio", "index")
"""Kinds of indicators that do not grow with the days."""


def expected_shares(
    wanted: pd.DataFrame, hubs: pd.DataFrame, cutoff: np.datetime64, definitions: Definitions
) -> pd.Series:
    """Share of each target that is expected by the cut-off day.

    Parameters
    ----------
    wanted : pandas.DataFrame
        Targets with ``code`` (the hub), ``indicator`` and ``period``.
    hubs : pandas.DataFrame
        For the start of each grant.
    cutoff : numpy.datetime64
        The last day that counts.

    Returns
    -------
    pandas.Series
        From 0 to 1; NaN where the start of the grant is not known. Ratios and indices do not add up over the days, so
        that 1 is expected once the period has begun. A given path holds for months of a grant; over a
        part of it, such as M19-M36, what is expected is what the path gains there.
    """
    import pandas as pd

    paths = {name: i.path for (_, name), i in definitions.indicators.items() if i.path}
    steady = {name for (_, name), i in definitions.indicators.items() if i.kind in _STEADY}
    starts = wanted["code"].map(hubs.set_index("hub")["grant_start"]).astype("datetime64[s]")
    result = pd.Series(np.nan, index=wanted.index)
    for (period, indicator), part in wanted.groupby(["period", "indicator"]):
        window, rows = parse_period(str(period)), part.index
        first, last = bounds(window, starts.loc[rows])
        passed = ((pd.Timestamp(cutoff) - first).dt.days + 1) / ((last - first).dt.days + 1)
        share = passed.clip(0, 1)
        if window.months and str(indicator) in paths:
            share = pd.Series(along(paths[str(indicator)], window.months, share.to_numpy(float)), index=share.index)
        elif str(indicator) in steady:
            share = share.mask(share > 0, 1.0)
        result.loc[rows] = share
    return result


def bounds(window: Window, starts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """First and last day of a window for each grant; an open window is its last day alone."""
    import pandas as pd

    if window.months:
        return project_days(starts, window.months)
    first, last = np.datetime64(window.first or window.last, "s"), np.datetime64(window.last, "s")
    return pd.Series(first, index=starts.index), pd.Series(last, index=starts.index)


def along(path: Mapping[int, float], months: tuple[int, int], passed: Vector) -> Vector:
    """Expected share after a part of the months, along a path.

    Parameters
    ----------
    path : mapping of int to float
        Month to the share expected by its end; it goes on evenly behind the last one.
    months : tuple of int
        First and last month of the target.
    passed : numpy.ndarray
        Part of these months that has passed, 0 to 1.

    Examples
    --------
    >>> along({18: 0.4, 36: 1}, (1, 36), np.array([0.25, 0.5, 1])).tolist()
    [0.2, 0.4, 1.0]
    >>> [round(share, 3) for share in along({18: 0.4, 36: 1}, (1, 18), np.array([0.5, 1])).tolist()]
    [0.5, 1.0]
    """
    at, shares = np.array([0, *sorted(path)], float), np.array([0, *(path[month] for month in sorted(path))], float)
    begin, end = np.interp([months[0] - 1, months[1]], at, shares)
    now = np.interp(months[0] - 1 + passed * (months[1] - months[0] + 1), at, shares)
    share: Vector = (now - begin) / (end - begin) if end > begin else passed
    return share
