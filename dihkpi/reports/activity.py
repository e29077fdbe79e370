"""Sections on what was done: targets, services, customers, and the course of the years."""

from __future__ import annotations

from collections.abc import Mapping

from dihkpi.reports import figures as draw
from dihkpi.reports.blocks import Block, Markup, Words, bar, light, no_data, sentence, table
from dihkpi.reports.results import Estimate, Indicators, Results
from dihkpi.reports.wording import LIGHTS, capital, esc, listing, number, percent, period_words, plural

SHOWN = 8
TREND = ("customers_supported", "services_delivered", "investment_triggered")


def kpi_table(results: Results, words: Words, figures: Indicators) -> Block:
    """Achieved against target, with the share that is expected by the cut-off day."""
    found = figures.targets()
    if not found:
        return sentence(
            "No targets are on record, so progress is not judged. Targets come from the grant agreement of the hub.",
            "absent",
        )
    blocks = []
    for period in sorted({period for _, period, _ in found}, key=lambda p: (len(p), p)):
        rows = [_target_row(results, words, indicator, e) for indicator, when, e in found if when == period]
        heads = ["Indicator", "Achieved#", "Target#", "Reached#", "Expected#", "Progress", "Status"]
        caption = f"Against the targets {period_words(period)}"
        blocks.append(_progress(found, period) + table(caption, heads, rows, kind="kpi"))
    note = "The mark on a bar shows the share of the target that is expected by the cut-off day."
    return Block("\n".join(block.html for block in blocks)) + sentence(note, "note")


def _target_row(results: Results, words: Words, indicator: str, e: Estimate) -> list[object]:
    about = results.indicator(indicator)
    target = Estimate(e.target, unit=e.unit, status="ok")
    drawn = bar(e.attainment, e.expected) if e.attainment is not None else Markup("–")
    return [capital(about["name"]), words.value(e, about["unit"]), words.value(target, about["unit"]),
            percent(e.attainment), percent(e.expected), drawn, light(e.light)]  # fmt: skip


def _progress(found: list[tuple[str, str, Estimate]], period: str) -> Block:
    lights = [e.light for _, when, e in found if when == period]
    counts = [
        f"{plural(lights.count(key), 'target')} {word}" for key, word in LIGHTS.items() if key in lights
    ]
    return sentence(f"{capital(period_words(period))}: {listing(counts)}.") if counts else Block("")


def services_by_category(results: Results, words: Words, figures: Indicators) -> Block:
    """Services delivered by category."""
    return _bars(results, words, figures, "services_delivered", "category", "Services delivered by category")


def services_by_technology(results: Results, words: Words, figures: Indicators) -> Block:
    """Services delivered by technology, the small ones together as Other."""
    note = "A service can use several technologies and is counted with each of them."
    drawn = _bars(
        results, words, figures, "services_delivered", "technology", "Services delivered by technology"
    )
    return drawn + sentence(note, "note") if "<figure" in drawn.html else drawn


def _bars(results: Results, words: Words, figures: Indicators, indicator: str, key: str, title: str) -> Block:
    found, when = _latest_by(results, figures, indicator, key)
    values = {
        results.label(key, code): e.value for code, e in found.items() if e.known and e.value is not None
    }
    if not values:
        return no_data(f"{title[0].lower()}{title[1:]} cannot be shown")
    ordered = dict(sorted(values.items(), key=lambda entry: (-entry[1], entry[0])))
    merged = _with_other(ordered, SHOWN)
    alt = f"{title}: " + ", ".join(f"{label} {number(value)}" for label, value in merged.items()) + "."
    drawn = draw.bars(merged, "", alt, f"{title}, {period_words(when)}")
    hidden = [results.label(key, code) for code, e in found.items() if e.status == "c"]
    if not hidden:
        return drawn
    text = f"Not shown because the base is too small: {listing(hidden)}."
    return drawn + sentence(esc(text), "note")


def _latest_by(
    results: Results, figures: Indicators, indicator: str, key: str
) -> tuple[dict[str, Estimate], str]:
    for when in (results.period, results.so_far):
        if found := figures.by(indicator, when, key):
            return found, when
    return {}, results.period


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


def customers(results: Results, words: Words, figures: Indicators) -> Block:
    """Customers supported by type, size and sector."""
    heads = {"customer_type": "Type", "size": "Size", "sector": "Sector"}
    blocks = []
    for key, head in heads.items():
        found, when = _latest_by(results, figures, "customers_supported", key)
        if not found:
            continue
        order = sorted(found.items(), key=lambda entry: (-(entry[1].value or 0), entry[0]))
        if key == "size":
            known = list(results.dictionary.get("codelists", {}).get("staff_size_sme", {}))
            order.sort(key=lambda entry: known.index(entry[0]) if entry[0] in known else len(known))
        rows = [[results.label(key, code), words.value(e)] for code, e in order]
        blocks.append(
            table(
                f"Customers by {head.lower()}, {period_words(when)}",
                [head, "Customers#"],
                rows,
                kind="narrow",
            )
        )
    if not blocks:
        return no_data("customers by type, size or sector cannot be shown")
    return Block(f'<div class="side">{"".join(block.html for block in blocks)}</div>')


def trend(results: Results, words: Words, figures: Indicators) -> Block:
    """Yearly figures side by side."""
    panels: dict[str, dict[str, Estimate]] = {}
    for indicator in TREND:
        years = figures.years(indicator)
        if sum(e.known for e in years.values()) > 1:
            panels[str(results.indicator(indicator)["name"])] = years
    if not panels:
        return no_data("fewer than two years are on record")
    said = [
        f"{name}: " + ", ".join(f"{year} {words.value(e)}" for year, e in years.items())
        for name, years in panels.items()
    ]
    whole = (
        ""
        if str(results.meta["last_day"]).endswith("-12-31")
        else f"; the last year up to {period_words(results.so_far)[6:]}"
    )
    return draw.columns(panels, ". ".join(said) + ".", f"Course of the years{whole}")
