"""Targets beside what was achieved: attainment, what is expected by now, and a light in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.indicators.paths import expected_shares

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["level", "code", "indicator", "period", "breakdown"]


def with_targets(
    figures: pd.DataFrame,
    targets: pd.DataFrame | None,
    hubs: pd.DataFrame,
    cutoff: np.datetime64,
    definitions: Definitions,
) -> pd.DataFrame:
    """Figures with ``target``, ``attainment``, ``expected`` and ``light``.

    attainment = value / target. The expected share grows evenly over the days of the period up to the cut-off, or along
    the ``path`` of the indicator; a ratio or an index does not grow, so that all of it is expected from the first day
    on. The light compares attainment / expected with the steps of the policy, and expected / attainment where less is
    better (direction -1). The ``goal`` of an indicator stands where the targets have nothing for a total; it has no
    day, so nothing is expected by one.

    Parameters
    ----------
    figures : pandas.DataFrame
        Rows of the table ``indicators``.
    targets : pandas.DataFrame or None
        Rows of the form ``targets``: hub, indicator, period, breakdown, value.
    hubs : pandas.DataFrame
        For the start of each grant.
    cutoff : numpy.datetime64
        The last day that counts.
    """
    import pandas as pd

    if targets is None or targets.empty:
        unlit = pd.Series(pd.NA, index=figures.index, dtype="str")
        target = _goals(figures, definitions)
        return figures.assign(target=target, attainment=figures["value"] / target, expected=np.nan, light=unlit)
    wanted = pd.DataFrame({
        "level": "hub", "code": targets["hub"], "indicator": targets["indicator"], "period": targets["period"],
        "breakdown": targets["breakdown"].fillna("") if "breakdown" in targets else "", "target": targets["value"],
    })  # fmt: skip
    wanted = wanted.assign(expected=expected_shares(wanted, hubs, cutoff, definitions))
    merged = figures.merge(wanted, on=_KEY, how="outer")
    merged["status"] = merged["status"].fillna("m")
    units = figures.drop_duplicates("indicator").set_index("indicator")["unit"]
    merged["unit"] = merged["unit"].fillna(merged["indicator"].map(units))
    merged["target"] = merged["target"].fillna(_goals(merged, definitions))
    merged["attainment"] = merged["value"] / merged["target"]
    falls = merged["indicator"].isin([name for (_, name), i in definitions.indicators.items() if i.direction == "-1"])
    expected = merged["expected"].where(merged["expected"] > 0)
    pace = (merged["attainment"] / expected).where(~falls, expected / merged["attainment"])
    watch, on_track = (float(definitions.value(name)) for name in ("attainment_watch", "attainment_on_track"))
    light = np.select([pace.isna(), pace < watch, pace < on_track], ["", "behind", "watch"], "on_track")
    merged["light"] = pd.Series(light, index=merged.index, dtype="str").replace("", pd.NA)
    return merged


def _goals(figures: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """The goal of the definition for each total, NaN where there is none."""
    import pandas as pd

    goals = {(name, level): goal for (_, name), i in definitions.indicators.items() for level, goal in i.goal.items()}
    if not goals:
        return pd.Series(np.nan, index=figures.index)
    named = pd.MultiIndex.from_frame(figures[["indicator", "level"]].astype(object))
    found = pd.Series(goals, dtype="float64").reindex(named).set_axis(figures.index)
    return found.where(figures["breakdown"] == "")
