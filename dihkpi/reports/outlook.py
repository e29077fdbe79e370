"""What an extract holds of what is to come: forecasts of targets, who is due for an assessment, and room for aid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORECAST = ["indicator", "period", "forecast", "lo", "hi", "p_reach", "method", "status", "reason"]
WAITING = ["adviser", "wave", "customers", "there", "overdue", "waiting"]
ROOM = ["status", "ceiling", "customers"]
CHECKED = ["services", "difference"]


def outlook_by_hub(
    forecasts: pd.DataFrame, counts: pd.DataFrame, room: pd.DataFrame, checks: pd.DataFrame
) -> dict[str, dict[str, list[list[Any]]]]:
    """Hub to its forecasts and counts; no respondent is among them.

    Parameters
    ----------
    forecasts, counts, room, checks : pandas.DataFrame
        The tables ``forecasts`` (totals), ``completeness_counts``, ``de_minimis`` and ``aid_checks``.
    """
    totals = forecasts[forecasts["breakdown"].fillna("").eq("")]
    rooms = room.groupby(["hub", "status", "ceiling"], as_index=False, dropna=False).agg(customers=("customer", "size"))
    differing = checks.groupby("hub", as_index=False).agg(services=("row", "size"), difference=("difference", "sum"))
    found: dict[str, dict[str, list[list[Any]]]] = {}
    for name, table, key, columns in (
        ("forecasts", totals, "code", FORECAST),
        ("waiting", counts, "hub", WAITING),
        ("room", rooms, "hub", ROOM),
        ("checks", differing, "hub", CHECKED),
    ):
        rows = table[[key, *columns]].astype(object)
        for hub, *row in rows.where(rows.notna(), None).itertuples(index=False, name=None):
            found.setdefault(hub, {"forecasts": [], "waiting": [], "room": [], "checks": []})[name].append(row)
    return found
