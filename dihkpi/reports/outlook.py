"""What an extract holds of what is to come: forecasts of targets, and who is due for an assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORECAST = ["indicator", "period", "value", "target", "forecast", "lo", "hi", "p_reach", "status", "reason"]
WAITING = ["wave", "customers", "there", "lacking", "overdue", "waiting"]


def outlook_by_hub(forecasts: pd.DataFrame, counts: pd.DataFrame) -> dict[str, dict[str, list[list[Any]]]]:
    """Hub to its forecasts and counts.

    Parameters
    ----------
    forecasts, counts : pandas.DataFrame
        The tables ``forecasts`` (totals of open periods) and ``completeness_counts`` (all advisers as one).
    """
    totals = forecasts[forecasts["breakdown"].fillna("").eq("") & ~forecasts["method"].eq("final")]
    found: dict[str, dict[str, list[list[Any]]]] = {}
    for name, table, key, columns in (
        ("forecasts", totals, "code", FORECAST),
        ("waiting", counts[counts["adviser"].eq("all")], "hub", WAITING),
    ):
        rows = table[[key, *columns]].astype(object)
        for hub, *row in rows.where(rows.notna(), None).itertuples(index=False, name=None):
            found.setdefault(hub, {"forecasts": [], "waiting": []})[name].append(row)
    return found
