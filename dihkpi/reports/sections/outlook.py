"""Sections on what is to come: where targets will stand at their end, and who is due for an assessment."""

from __future__ import annotations

from dihkpi.reports.blocks import Block, Words, no_data, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.outlook import FORECAST, WAITING
from dihkpi.reports.wording import amount, interval, percent, period_words


def outlook(extract: Extract, words: Words) -> Block:
    """Achieved, target, forecast with its interval, and the chance to reach the target."""
    rows = []
    for entry in extract.outlook.get("forecasts", []):
        row = dict(zip(FORECAST, entry, strict=True))
        about = extract.indicator(row["indicator"])
        unit, known = about["unit"], row["forecast"] is not None and row["status"] != "c"
        span = known and row["lo"] is not None and row["hi"] is not None
        rows.append([
            about["name"],
            period_words(row["period"]),
            "–" if row["target"] is None else amount(row["target"], unit, decimals=words.decimals),
            "–" if row["value"] is None else amount(row["value"], unit, decimals=words.decimals),
            amount(row["forecast"], unit, decimals=words.decimals) if known else "–",
            interval(row["lo"], row["hi"], unit, decimals=words.decimals) if span else "–",
            percent(row["p_reach"]) if known and row["p_reach"] is not None else str(row["reason"] or "–"),
        ])  # fmt: skip
    if not rows:
        return no_data("no target has a period that is still open, so there is nothing to forecast")
    heads = ["Target", "Period", "Target value#", "Achieved#", "Forecast#", f"{words.interval}#", "Chance to reach it"]
    note = (
        "The forecast takes the months to come to be like the newest full months of the record; it knows nothing of "
        "plans. The interval is one of prediction: for one figure at the end, not for a mean."
    )
    return table("Where targets will stand at the end of their period", heads, rows, note)


def completeness(extract: Extract) -> Block:
    """Customers by wave: there, lacking, due later, overdue."""
    rows = []
    for entry in extract.outlook.get("waiting", []):
        row = dict(zip(WAITING, entry, strict=True))
        done = percent(row["there"] / row["customers"]) if row["customers"] else "–"
        label = extract.label("waves", row["wave"])
        rows.append([label, row["customers"], row["there"], done, row["waiting"], row["overdue"]])
    if not rows:
        return no_data("no customer is on record")
    heads = ["Assessment", "Customers#", "Assessed#", "Share#", "Due later#", "Overdue#"]
    note = "Due later and overdue count customers for whom it is the next assessment. The list is in the workspace."
    return table("Who was assessed, and who is due", heads, rows, note)
