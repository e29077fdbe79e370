"""Sections on what is to come: who was assessed, and who is due."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, no_data, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.outlook import WAITING
from dihkpi.reports.wording import percent

ALL, NOBODY = "all", "none"
"""How the table of counts calls all advisers together, and customers without one."""


def completeness(extract: Extract) -> Block:
    """Customers by wave: there, lacking, due later, overdue; and by adviser where these are told."""
    counts = [dict(zip(WAITING, entry, strict=True)) for entry in extract.outlook.get("waiting", [])]
    rows = []
    for row in counts:
        if row["adviser"] == ALL:
            done = percent(row["there"] / row["customers"]) if row["customers"] else "–"
            label = extract.label("waves", row["wave"])
            rows.append([label, row["customers"], row["there"], done, row["waiting"], row["overdue"]])
    if not rows:
        return no_data("no customer is on record")
    heads = ["Assessment", "Customers#", "Assessed#", "Share#", "Due later#", "Overdue#"]
    note = "Due later and overdue count customers for whom it is the next assessment. The list is in the workspace."
    return table("Who was assessed, and who is due", heads, rows, note) + _by_adviser(extract, counts)


def _by_adviser(extract: Extract, counts: list[dict[str, Any]]) -> Block:
    waves = list(dict.fromkeys(row["wave"] for row in counts))
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in counts:
        if row["adviser"] != ALL:
            found.setdefault(row["adviser"], {})[row["wave"]] = row
    if not set(found) - {NOBODY}:
        return NO_BLOCK
    rows = [
        ["not told" if adviser == NOBODY else adviser, next(iter(own.values()))["customers"],
         *(own[wave]["overdue"] if wave in own else 0 for wave in waves)]
        for adviser, own in sorted(found.items(), key=lambda entry: (entry[0] == NOBODY, entry[0]))
    ]  # fmt: skip
    heads = ["Adviser", "Customers#", *(f"{extract.label('waves', wave)} overdue#" for wave in waves)]
    return table("Overdue assessments by adviser", heads, rows)
