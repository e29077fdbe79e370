"""Section on who was assessed and who is due: customers by wave, and by adviser where services name one."""

from __future__ import annotations

from dihkpi.reports.blocks import NO_BLOCK, Block, no_data, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.outlook import Due
from dihkpi.reports.wording import number, percent, plural

ALL, NONE = "all", "none"
LISTED = 30


def completeness(extract: Extract) -> Block:
    """Customers by wave: there, due soon, due later, overdue."""
    rows = [row for row in extract.due if row.adviser == ALL]
    if not rows:
        return no_data("no customer is on record")
    lines = [
        [extract.label("waves", row.wave), row.customers, row.there, _share(row), row.overdue, row.soon,
         row.waiting - row.soon]
        for row in rows
    ]  # fmt: skip
    soon = _soon(extract)
    heads = ["Assessment", "Customers#", "Assessed#", "Share#", "Overdue#", f"{soon}#", "Due later#"]
    note = "What is due counts customers for whom it is the next assessment. Who they are stands in the workspace."
    return table("Who was assessed, and who is due", heads, lines, note) + _by_adviser(extract)


def _soon(extract: Extract) -> str:
    return f"Due within {plural(int(extract.dictionary.get('months_soon', 0)), 'month')}"


def _share(row: Due) -> str:
    return percent(row.there / row.customers) if row.customers else "–"


def _by_adviser(extract: Extract) -> Block:
    """The same by adviser: one line each, with the share assessed by wave."""
    found: dict[str, list[Due]] = {}
    for row in extract.due:
        if row.adviser != ALL:
            found.setdefault(row.adviser, []).append(row)
    if not set(found) - {NONE}:
        return NO_BLOCK
    waves = list(dict.fromkeys(row.wave for row in extract.due))
    order = sorted(found, key=lambda adviser: (adviser == NONE, adviser))
    lines = []
    for adviser in order[:LISTED]:
        by_wave = {row.wave: row for row in found[adviser]}
        due = [sum(getattr(row, name) for row in found[adviser]) for name in ("overdue", "soon", "waiting")]
        shares = [_share(by_wave[wave]) if wave in by_wave else "–" for wave in waves]
        label = "No adviser named" if adviser == NONE else adviser
        lines.append([label, found[adviser][0].customers, *shares, due[0], due[1], due[2] - due[1]])
    heads = [
        "Adviser",
        "Customers#",
        *(f"{wave} done#" for wave in waves),
        "Overdue#",
        f"{_soon(extract)}#",
        "Due later#",
    ]
    rest = len(order) - LISTED
    return table("By adviser", heads, lines, f"and {number(rest)} more" if rest > 0 else "")
