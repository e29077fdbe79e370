"""Sections on money: value and aid of services, what they triggered and cost, and how the hub is funded."""

from __future__ import annotations

from collections.abc import Iterator

from dihkpi.reports.blocks import NO_BLOCK, Block, Words, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Indicators
from dihkpi.reports.outlook import CHECKED, ROOM
from dihkpi.reports.wording import amount, capital, esc, listing, number, percent, period_words, plural

FIGURES = (
    "service_value", "price_invoiced", "aid_granted", "aid_intensity", "investment_triggered", "investment_leverage",
    "operating_cost", "operating_cost_coverage", "cost_per_customer", "cost_per_point",
)  # fmt: skip
YEARLY = ("service_value", "price_invoiced", "aid_granted", "investment_triggered")
PARTS = {
    "category": ("category", "Category"), "customer_type": ("customers", "Customers"), "size": ("size", "Size"),
    "legal_form": ("legal form", "Legal form"), "nuts2": ("region", "Region"),
}  # fmt: skip
LISTED = 6


def money(extract: Extract, words: Words, figures: Indicators) -> Block:
    """What services were worth, what was paid for them, what they triggered and cost; the same by year."""
    rows = []
    for name in FIGURES:
        found = [figures.get(name, when) for when in (extract.period, extract.so_far)]
        if any(e.status != "m" for e in found):
            rows.append([extract.indicator(name)["name"], *(words.with_range(e) for e in found)])
    if not rows:
        return no_data("no amount is on record")
    heads = ["Figure", f"{capital(period_words(extract.period))}#", "Since the start#"]
    note = (
        f"Sums are complete counts and have no interval; in brackets, the {words.interval} of what is an estimate. "
        "Investment per euro of aid is other money over aid. All figures are gross: what would have come anyway is in "
        "them."
    )
    return table("Value, aid, investment and cost", heads, rows, note) + _by_year(extract, words, figures)


def _by_year(extract: Extract, words: Words, figures: Indicators) -> Block:
    years = {name: found for name in YEARLY if (found := figures.years(name))}
    known = sorted({year for found in years.values() for year, e in found.items() if e.value})
    if len(known) < 2:
        return NO_BLOCK
    newest = str(extract.meta.get("newest") or extract.meta["last_day"])
    rows = [
        [
            f"{year} so far" if f"{year}-12-31" > newest else year,
            *(words.value(found.get(year, Estimate())) for found in years.values()),
        ]
        for year in known
    ]
    return table("The same by year", ["Year", *(f"{extract.indicator(name)['name']}#" for name in years)], rows)


def state_aid(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Where state aid went; for a hub also services that differ from its terms, and the room for more."""
    parts = [_aid_by(extract, words, figures, key) for key in PARTS]
    sides = "".join(f"<div>{block.html}</div>" for block in parts if block is not NO_BLOCK)
    found = Block(f'<div class="side">{sides}</div>') if sides else NO_BLOCK
    for text in (*_terms(extract), *_room(extract, words)):
        found += sentence(text)
    return found if found is not NO_BLOCK else no_data("no state aid is on record")


def _aid_by(extract: Extract, words: Words, figures: Indicators, key: str) -> Block:
    total, found = figures.get("aid_granted", extract.so_far), figures.by("aid_granted", extract.so_far, key)
    found = {code: e for code, e in found.items() if e.status == "c" or e.value}
    if len(found) < 2 or not total.known or not total.value:
        return NO_BLOCK
    order = sorted(found, key=lambda code: (-(found[code].value or 0), code))
    whole = total.value
    rows = [
        [extract.label(key, code), words.value(e), percent(e.value / whole) if e.known and e.value is not None else "–"]
        for code, e in ((code, found[code]) for code in order[:LISTED])
    ]
    more = f"and {number(len(order) - LISTED)} more, in the data files" if len(order) > LISTED else ""
    by, head = PARTS[key]
    return table(f"State aid by {by}, since the start", [head, "Aid#", "Share#"], rows, more, kind="narrow")


def _terms(extract: Extract) -> Iterator[str]:
    """Services whose aid is not what the terms of the hub give."""
    for entry in extract.outlook.get("checks", []):
        row = dict(zip(CHECKED, entry, strict=True))
        said, more = plural(row["services"], "service"), row["difference"] > 0
        yield (
            f"<strong>To check:</strong> the aid of {said} to firms is not what the terms of the hub give; together "
            f"{amount(abs(row['difference']), 'EUR')} {'too much' if more else 'too little'}. They are listed in the "
            "workspace."
        )


def _room(extract: Extract, words: Words) -> Iterator[str]:
    """How many customers have room for more de-minimis aid: counts alone, since a row of the table is a customer."""
    rows = [dict(zip(ROOM, entry, strict=True)) for entry in extract.outlook.get("room", [])]
    count = {row["status"]: row["customers"] for row in rows}
    if not count:
        return
    minimum = extract.policy("disclosure_minimum")

    def said(status: str, one: str, many: str) -> str:
        n = count.get(status, 0)
        if not n:
            return f"none {one}"
        return f"{words.fewer} {many}" if n < minimum else f"{number(n)} {one if n == 1 else many}"

    told = [said("ok", "can get more", "can get more"), said("low", "is near it", "are near it"),
            said("over", "is above it", "are above it")]  # fmt: skip
    if count.get("sector"):
        told.append(said("sector", "may have another one by its sector", "may have another one by their sector"))
    ceiling = f" of {esc(amount(rows[0]['ceiling'], 'EUR'))}" if rows[0]["ceiling"] else ""
    yield (
        f"<strong>Room for de-minimis aid.</strong> Of {plural(sum(count.values()), 'firm')} with aid on record, of "
        f"this hub or another, by the ceiling{ceiling} in three years {esc(listing(told))}. A firm's own "
        "declaration decides."
    )


def funding(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Sources of funding with their shares, how many there are in effect, and how much hangs on the largest."""
    when = next((p for p in (extract.period, extract.so_far) if figures.by("funding_mix", p, "source")), "")
    shares, sums = figures.by("funding_mix", when, "source"), figures.by("funding", when, "source")
    if not shares:
        return no_data("no funding by source is on record")
    order = sorted(shares, key=lambda code: (-(shares[code].value or 0), code))
    rows: list[list[object]] = [
        [extract.label("source", code), words.value(sums.get(code, Estimate())), words.value(shares[code])]
        for code in order
    ]
    whole = (figures.get(name, when) for name in ("funding", "funding_mix"))
    rows.append(["All sources", *(words.value(e) for e in whole)])
    found = table(f"Funding by source, {period_words(when)}", ["Source", "Amount#", "Share#"], rows)
    spread, largest = (figures.get(f"funding_{name}", when) for name in ("diversification", "dependency"))
    if not largest.known or not spread.known or spread.value is None:
        return found
    return found + sentence(
        f"The largest source gives {words.value(largest)}. Diversification is {number(spread.value, 2)}, on a scale "
        f"from 0 (one source) to {number(1 - 1 / len(shares), 2)} ({plural(len(shares), 'source')} of the same size)."
    )
