"""The table ``courses``: the record of every target month by month, beside what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.indicators.paths import along, bounds
from dihkpi.indicators.record import GROWS, Record, months_of
from dihkpi.indicators.windows import parse_period
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["code", "indicator", "period", "breakdown"]


def courses(
    targets: pd.DataFrame,
    recorded: Iterable[tuple[pd.Index, Record]],
    hubs: pd.DataFrame,
    definitions: Definitions,
) -> pd.DataFrame:
    """The table ``courses``: a row per target and month of its period.

    Parameters
    ----------
    targets : pandas.DataFrame
        ``code``, ``indicator``, ``period``, ``breakdown``, ``target`` and ``status``. Those whose status is not ``ok``
        are left out, indicators that do not add up over months, and those with a minimum base: the months could tell
        what a sum hides.
    recorded : iterable of (pandas.Index, Record)
        As :func:`~dihkpi.indicators.record.records` gives it.
    hubs : pandas.DataFrame
        For the start of each grant.
    """
    open_ones = {
        name
        for (_, name), i in definitions.indicators.items()
        if i.kind in GROWS and i.dated and i.minimum_base is None
    }
    starts = hubs.set_index("hub")["grant_start"]
    parts = []
    for rows, record in recorded:
        chosen = targets.loc[rows]
        shown = [
            status == "ok" and name in open_ones
            for name, status in zip(chosen["indicator"], chosen["status"], strict=True)
        ]
        if record.added.shape[1] and any(shown):
            parts.append(_course(chosen[shown], record.added[shown], starts, definitions))
    return check_parts(parts, definitions.tables["courses"])


def _course(targets: pd.DataFrame, added: np.ndarray, starts: pd.Series, definitions: Definitions) -> pd.DataFrame:
    """Rows of targets of one period: value and expectation at the end of every month."""
    import pandas as pd

    window = parse_period(str(targets["period"].iloc[0]))
    grants = targets["code"].map(starts).astype("datetime64[s]")
    ends = np.array([bounds(month, grants)[1].to_numpy() for month in months_of(window)]).T
    first, last = (side.to_numpy()[:, None] for side in bounds(window, grants))
    day = np.timedelta64(1, "D")
    share = (ends - first + day) / (last - first + day)
    paths = {name: i.path for (_, name), i in definitions.indicators.items() if i.path}
    for at, name in enumerate(targets["indicator"]):
        if window.months and name in paths:
            share[at] = along(paths[name], window.months, share[at])
    width = ends.shape[1]
    keys = targets[_KEY].loc[targets.index.repeat(width)].reset_index(drop=True)
    rows = keys.assign(
        day=ends.ravel(),
        value=np.cumsum(added, axis=1).ravel(),
        expected=(share * targets["target"].to_numpy(float)[:, None]).ravel(),
    )
    return pd.DataFrame(rows[rows["day"].notna()])
