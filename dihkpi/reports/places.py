"""Sections of regions, countries and networks: coverage, places, and the hubs side by side, never ranked."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dihkpi.reports import figures as draw
from dihkpi.reports.blocks import NO_BLOCK, Block, Words, no_data, table
from dihkpi.reports.overview import COUNTED, main_change, respondents
from dihkpi.reports.results import NOTHING, Estimate, Indicators, Results, by_name
from dihkpi.reports.wording import esc, number, plural

LISTED, DRAWN = 60, 24
TOTALS: Mapping[str, Mapping[str, str]] = {indicator: {} for indicator in COUNTED}
COVERAGE = (
    *("hubs", "coverage_seat", "countries_with_hub", "eu_states_with_edih", "edihs_offering_all_three"),
    "public_sector_share",
)


def coverage(results: Results, words: Words, figures: Indicators) -> Block:
    """How many hubs and regions, and which technologies the hubs offer."""
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


def places(results: Results, words: Words, level: str, code: str) -> Block:
    """The places one level below, in alphabetical order."""
    below, members = _below(results, level), results.members(level, code)
    if not below:
        return no_data("there are no smaller places with hubs below this one")
    title = results.level(below)
    inside = results.places[(results.places["level"] == below) & results.places["hub"].isin(members)]
    if inside.empty:
        return no_data(f"the {esc(title['title'])} of {plural(len(members), 'hub')} is not known")
    found = results.across(below, TOTALS)
    counted = inside.groupby(["label", "code"])["hub"].nunique().reset_index()
    rows = [
        [f"{label} ({place})", number(hubs), *(words.value(found.get((place, i), NOTHING)) for i in TOTALS)]
        for label, place, hubs in counted.itertuples(index=False, name=None)
    ]
    heads = [title["title"], "Hubs#", *(f"{results.indicator(indicator)['name']}#" for indicator in TOTALS)]
    unknown = len(members) - inside["hub"].nunique()
    note = f"{esc(title['title'])} unknown: {plural(unknown, 'hub')}." if unknown else ""
    return table(f"{title['plural']} with a hub, figures of all years", heads, rows, note)


def _below(results: Results, level: str) -> str:
    """The level before this one in the order of the definitions; none where only hubs are smaller."""
    levels = list(results.dictionary.get("levels", {}))
    before = levels[: levels.index(level)] if level in levels else []
    return next((name for name in reversed(before) if name not in ("hub", "network")), "")


def hubs(results: Results, words: Words, level: str, code: str) -> Block:
    """The hubs that submitted, in alphabetical order, with the change in maturity of their customers."""
    members = results.hubs[results.hubs["hub"].isin(results.members(level, code))]
    silent = int((~members["submitted"].astype(bool)).sum())
    members = by_name(members[members["submitted"].astype(bool)])[["hub", "name", "type", "country"]].fillna("")
    if members.empty:
        return no_data(f"{plural(silent, 'hub')} of the register, and none of them sent anything")
    survey, parts = main_change(results)
    found = results.across("hub", {**TOTALS, "maturity_gain": parts})
    rows = [
        [
            name,
            results.label("hub_types", kind) or "–",
            results.label("countries", country) or "–",
            *(words.value(found.get((hub, i), NOTHING)) for i in TOTALS),
            words.with_range(found.get((hub, "maturity_gain"), NOTHING), sign=True),
        ]
        for hub, name, kind, country in members.head(LISTED).itertuples(index=False, name=None)
    ]
    names = (f"{results.indicator(indicator)['name']}#" for indicator in TOTALS)
    heads = ["Hub", "Type", "Country", *names, "Gain in maturity#"]
    rest = len(members) - LISTED
    more = f"and {plural(rest, 'more hub')}, all in the index page. " if rest > 0 else ""
    more += f"and {plural(silent, 'hub')} of the register that sent nothing. " if silent else ""
    note = (
        f"{more}Gain: mean change in points of {respondents(survey)} assessed twice, {words.interval} in "
        "brackets. This is no ranking: a difference between two hubs needs a test of its own."
    )
    caption = f"{plural(len(members), 'hub')} that submitted, in alphabetical order"
    return table(caption, heads, rows, esc(note), kind="wide") + _gains(words, members, found)


def _gains(words: Words, members: pd.DataFrame, found: Mapping[tuple[str, str], Estimate]) -> Block:
    """Each hub with its interval while they fit; their spread where they are many."""
    names = zip(members["hub"], members["name"], strict=True)
    gains = [(name, found.get((hub, "maturity_gain"), NOTHING)) for hub, name in names]
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
