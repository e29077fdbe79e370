"""Section on the own records of a hub beside the official ones: counts, and what to do."""

from __future__ import annotations

from dihkpi.intake.reconcile.words import to_do
from dihkpi.reports.blocks import NO_BLOCK, Block, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.wording import capital, esc, number, plural


def own_records(extract: Extract) -> Block:
    """How many customers and services are on both lists, and the steps that are left; nothing without an own list."""
    counts = extract.reconciled
    if not counts:
        return NO_BLOCK
    both = f"{number(counts['matched'])} of {plural(counts['customers_ours'], 'customer')} on the hub's own list are "
    text = f"{both}also among the {number(counts['customers_official'])} that are official"
    if counts["services_matched"] is not None:
        text += f"; {plural(counts['services_matched'], 'service')} of them could be compared"
    head = Block("<h3>Own records beside the official ones</h3>") + sentence(esc(text + "."))
    rows = [[capital(what), number(count), capital(do)] for _, count, what, do in to_do(counts)]
    if not rows:
        return head + sentence("Both lists say the same.")
    note = "Which customers and services these are stands in the workbook of the hub, in the workspace."
    return head + table("What is left to do", ["Finding", "Number#", "What to do"], rows, note)
