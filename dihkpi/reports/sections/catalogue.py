"""Sections that show any indicator, so that a new one stands in the reports without a word of Python."""

from __future__ import annotations

from collections.abc import Iterable

from dihkpi.errors import ReportError, hint_for
from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import NOTHING, Estimate, Indicators, breakdown_parts
from dihkpi.reports.wording import capital, esc, listing, number, period_words

LISTED = 60


def indicators(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Every indicator that has a total, by the surveys that give it."""
    totals = figures.totals()
    known = extract.dictionary.get("indicators", {})
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in [*(name for name in known if name in totals), *sorted(totals - set(known))]:
        groups.setdefault(tuple(known.get(name, {}).get("surveys", ())), []).append(name)
    heads = ["Indicator", *_heads(extract), "Unit"]
    block = NO_BLOCK
    for surveys, names in groups.items():
        abouts = [(name, extract.indicator(name)) for name in names]
        rows = [[about["name"], *_pair(extract, words, figures, name), about["unit"] or "–"] for name, about in abouts]
        block += table(listing(map(extract.survey, surveys)) or "Other indicators", heads, rows)
    return no_data("no indicator is computed for this place") if block == NO_BLOCK else block + _note(words)


def indicator(extract: Extract, words: Words, figures: Indicators, name: str) -> Block:
    """One indicator: its definition, its total and its breakdowns."""
    known = extract.dictionary.get("indicators", {})
    if name not in known:
        raise ReportError(f"there is no indicator '{name}'\n  {hint_for(name, sorted(known))}")
    about = extract.indicator(name)
    said = sentence(esc(about["definition"])) if about["definition"] else NO_BLOCK
    keys: dict[tuple[str, ...], list[str]] = {}
    for text in figures.breakdowns(name):
        keys.setdefault(tuple(breakdown_parts(text)), []).append(text)
    if not keys:
        return said + no_data(f"{esc(about['name'])} is not computed for this place")
    for by, texts in keys.items():
        said += _broken_down(extract, words, figures, name, by, texts)
    return said + _note(words)


def _broken_down(
    extract: Extract, words: Words, figures: Indicators, name: str, by: Iterable[str], texts: list[str]
) -> Block:
    total, keys = str(extract.indicator(name)["name"]), listing(key.replace("_", " ") for key in by)
    rows = []
    for parts in map(breakdown_parts, texts[:LISTED]):
        label = ", ".join(extract.label(*part) for part in parts.items())
        rows.append([label or total, *_pair(extract, words, figures, name, parts)])
    caption = f"{total} by {keys}" if keys else total
    more = f"and {number(len(texts) - LISTED)} more, in the data files" if len(texts) > LISTED else ""
    return table(caption, [capital(keys) or "Total", *_heads(extract)], rows, more)


def _heads(extract: Extract) -> list[str]:
    return [f"{capital(period_words(extract.period))}#", "Since the start#"]


def _pair(
    extract: Extract, words: Words, figures: Indicators, name: str, parts: dict[str, str] | None = None
) -> list[object]:
    """This period and everything since the start; a dash where an indicator has no such period."""
    now, start = (figures.get(name, period, **(parts or {})) for period in (extract.period, extract.so_far))
    unit = str(extract.indicator(name)["unit"])
    return ["–" if now is NOTHING else words.value(now, unit), "–" if start is NOTHING else _based(words, start, unit)]


def _based(words: Words, e: Estimate, unit: str) -> Markup:
    """The value with its interval, or with its base where it has none."""
    if e.certain or not e.known or e.n is None:
        return words.with_range(e)
    return Markup(f"{esc(words.value(e, unit))}<br><small>(n = {number(e.n)})</small>")


def _note(words: Words) -> Block:
    brackets = f"In brackets: the {words.interval}, or the base n where there is none."
    return sentence(esc(f"{brackets} A dash: not computed for that period."), "note")
