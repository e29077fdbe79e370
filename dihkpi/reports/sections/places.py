"""Sections of regions, countries and networks: coverage, places, and the hubs side by side, never ranked."""

from __future__ import annotations

from collections.abc import Sequence

from dihkpi.reports.blocks import NO_BLOCK, Block, Words, no_data, table
from dihkpi.reports.drawing import figures as draw
from dihkpi.reports.extract import Extract, Row
from dihkpi.reports.sections.overview import COUNTED, respondents
from dihkpi.reports.wording import esc, number, plural

LISTED, DRAWN = 60, 24
COVERAGE = (
    *("hubs", "coverage_seat", "countries_with_hub", "eu_states_with_edih", "edihs_offering_all_three"),
    "public_sector_share",
)


def coverage(results: Extract, words: Words) -> Block:
    """How many hubs and regions, and which technologies the hubs offer."""
    figures = results.figures
    periods = (results.so_far, results.period)
    found = {indicator: figures.latest(indicator, periods)[0] for indicator in COVERAGE}
    rows = [[results.indicator(i)["name"], words.value(e), words.base(e)] for i, e in found.items() if e.known]
    if rows:
        block = table("Coverage by the seats of hubs", ["What", "Figure#", "Basis"], rows)
    else:
        block = no_data("coverage is not computed for this place")
    offered = next((by for when in periods if (by := figures.by("hubs_offering", when, "technologies"))), {})
    if not offered:
        return block
    order = sorted(offered.items(), key=lambda entry: (-(entry[1].value or 0), entry[0]))
    listed = [[results.label("technologies", code), words.value(e)] for code, e in order]
    heads = ["Technology", "Hubs#"]
    return block + table("Technologies offered, by number of hubs", heads, listed, kind="narrow")


def places(extract: Extract, words: Words) -> Block:
    """The places one level below, in alphabetical order."""
    if not extract.below_level:
        return no_data("there are no smaller places with hubs below this one")
    title = extract.level(extract.below_level)
    if not extract.below:
        return no_data(f"the {esc(title['title'])} of {plural(extract.place['hubs'], 'hub')} is not known")
    rows = [
        [f"{row.about['label']} ({row.about['code']})", number(row.about["hubs"]), *_totals(words, row)]
        for row in extract.below
    ]
    heads = [title["title"], "Hubs#", *(f"{extract.indicator(indicator)['name']}#" for indicator in COUNTED)]
    note = f"{esc(title['title'])} unknown: {plural(extract.unknown, 'hub')}." if extract.unknown else ""
    return table(f"{title['plural']} with a hub, figures of all years", heads, rows, note)


def _totals(words: Words, row: Row) -> list[str]:
    return [words.value(row.figure(indicator)) for indicator in COUNTED]


def hubs(extract: Extract, words: Words) -> Block:
    """The hubs that submitted, in alphabetical order, with the change in maturity of their customers."""
    silent, members = extract.place["silent"], extract.hubs
    if not members:
        return no_data(f"{plural(silent, 'hub')} of the register, and none of them sent anything")
    rows = [
        [
            row.about["name"],
            extract.label("hub_types", row.about["type"]) or "–",
            extract.label("countries", row.about["country"]) or "–",
            *_totals(words, row),
            words.with_range(row.figure("maturity_gain"), sign=True),
        ]
        for row in members[:LISTED]
    ]
    names = (f"{extract.indicator(indicator)['name']}#" for indicator in COUNTED)
    heads = ["Hub", "Type", "Country", *names, "Gain in maturity#"]
    rest = len(members) - LISTED
    more = f"and {plural(rest, 'more hub')}, all in the index page. " if rest > 0 else ""
    more += f"and {plural(silent, 'hub')} of the register that sent nothing. " if silent else ""
    note = (
        f"{more}Gain: mean change in points of {respondents(extract.main_change[0])} assessed twice, "
        f"{words.interval} in brackets. This is no ranking: a difference between two hubs needs a test of its own."
    )
    caption = f"{plural(len(members), 'hub')} that submitted, in alphabetical order"
    return table(caption, heads, rows, esc(note), kind="wide") + _gains(words, members)


def _gains(words: Words, members: Sequence[Row]) -> Block:
    """Each hub with its interval while they fit; their spread where they are many."""
    gains = [(str(row.about["name"]), row.figure("maturity_gain")) for row in members]
    shown = [(name, e) for name, e in gains if e.known]
    if len(shown) < 2:
        return NO_BLOCK
    if len(shown) <= DRAWN:
        said = ", ".join(f"{name} {words.value(e, sign=True)}" for name, e in shown)
        caption = f"Change in digital maturity of customers by hub, in points ({words.interval}s)"
        return draw.forest(shown, f"Mean change by hub: {said}.", caption)
    values = sorted(e.value for _, e in shown if e.value is not None)
    middle = number(values[len(values) // 2], 1, sign=True)
    alt = f"Spread over {len(values)} hubs; half of them stand at {middle} points or above."
    caption = f"How the mean change in digital maturity differs between {plural(len(values), 'hub')}"
    return draw.spread(values, alt, caption, "points")
