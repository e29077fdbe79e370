"""Sections on what was done: services, customers, and the course of the years."""

from __future__ import annotations

from collections.abc import Mapping

from dihkpi.reports.blocks import Block, Words, no_data, sentence, table
from dihkpi.reports.drawing import figures as draw
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Indicators
from dihkpi.reports.sections.overview import COUNTED
from dihkpi.reports.wording import esc, listing, number, period_words

SHOWN, LISTED = 8, 10


def services_by_category(extract: Extract, figures: Indicators) -> Block:
    """Services delivered by category, and how many are not, or not known to be."""
    drawn = _bars(extract, figures, "category", "Services delivered by category")
    planned = figures.get("services_not_delivered", extract.so_far)
    if not planned.known or not planned.value:
        return drawn
    return drawn + sentence(f"Planned, running or of unknown status since the start: {number(planned.value)}.", "note")


def services_by_technology(extract: Extract, figures: Indicators) -> Block:
    """Services delivered by technology, the small ones together as Other."""
    drawn = _bars(extract, figures, "technology", "Services delivered by technology")
    note = "A service can use several technologies and is counted with each of them."
    return drawn + sentence(note, "note") if "<figure" in drawn.html else drawn


def _bars(extract: Extract, figures: Indicators, key: str, title: str) -> Block:
    found, when = _latest_by(extract, figures, "services_delivered", key)
    order = sorted(found, key=lambda code: (code == "other", -(found[code].value or 0), code))
    known = [(code, value) for code in order if found[code].known and (value := found[code].value) is not None]
    values = {extract.label(key, code): value for code, value in known}
    hidden = [extract.label(key, code) for code, e in found.items() if e.status == "c"]
    if not values:
        return no_data(f"{title[0].lower()}{title[1:]} cannot be shown")
    merged = _with_other(values, SHOWN)
    alt = f"{title}: " + ", ".join(f"{label} {number(value)}" for label, value in merged.items()) + "."
    drawn = draw.bars(merged, "", alt, f"{title}, {period_words(when)}")
    if not hidden:
        return drawn
    return drawn + sentence(f"Not shown because the base is too small: {esc(listing(hidden))}.", "note")


def _latest_by(extract: Extract, figures: Indicators, indicator: str, key: str) -> tuple[dict[str, Estimate], str]:
    for when in (extract.period, extract.so_far):
        if found := figures.by(indicator, when, key):
            return found, when
    return {}, extract.period


def _with_other(ordered: Mapping[str, float], limit: int) -> dict[str, float]:
    """The largest entries, and the sum of the rest where there is more than one.

    Examples
    --------
    >>> _with_other({"a": 5, "b": 2, "c": 1}, 1)
    {'a': 5, 'Other (2 more)': 3}
    """
    entries = list(ordered.items())
    rest = entries[limit:]
    if len(rest) < 2:
        return dict(entries)
    return {**dict(entries[:limit]), f"Other ({len(rest)} more)": sum(value for _, value in rest)}


def customers(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Customers supported by type, size and sector."""
    blocks = []
    for key, head in {"customer_type": "Type", "size": "Size", "sector": "Sector"}.items():
        found, when = _latest_by(extract, figures, "customers_supported", key)
        if not found:
            continue
        codes = extract.codes(key) if key == "size" else []
        order = sorted(found, key=lambda code: (codes.index(code) if code in codes else len(codes),
                                                -(found[code].value or 0), code))  # fmt: skip
        rows = [[extract.label(key, code), words.value(found[code])] for code in order[:LISTED]]
        caption = f"Customers by {head.lower()}, {period_words(when)}"
        more = f"and {number(len(order) - LISTED)} more, in the data files" if len(order) > LISTED else ""
        blocks.append(table(caption, [head, "Customers#"], rows, more, kind="narrow"))
    if not blocks:
        return no_data("customers by type, size or sector cannot be shown")
    sides = "".join(f"<div>{block.html}</div>" for block in blocks)
    return Block(f'<div class="side">{sides}</div>')


def trend(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Yearly figures side by side; a year that is not over by the newest record is marked."""
    newest = str(extract.meta.get("newest") or extract.meta["last_day"])
    panels: dict[str, dict[str, Estimate]] = {}
    for indicator in COUNTED:
        years = figures.years(indicator)
        if sum(e.known for e in years.values()) > 1:
            named = {f"{year} so far" if f"{year}-12-31" > newest else year: e for year, e in years.items()}
            panels[str(extract.indicator(indicator)["name"])] = named
    if not panels:
        return no_data("fewer than two years are on record")
    said = (
        f"{name}: " + ", ".join(f"{year} {words.value(e)}" for year, e in years.items()) + "."
        for name, years in panels.items()
    )
    return draw.columns(panels, " ".join(said), "Figures by year")
