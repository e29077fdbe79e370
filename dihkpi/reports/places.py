"""Sections of regions, countries and networks: coverage, places, and the hubs side by side without a ranking."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dihkpi.reports import figures as draw
from dihkpi.reports.blocks import Block, Markup, Words, no_data, table
from dihkpi.reports.overview import first_change, respondents
from dihkpi.reports.results import NOTHING, Estimate, Indicators, Results
from dihkpi.reports.wording import esc, number, plural

LISTED, DRAWN = 60, 24
TOTALS: Mapping[str, Mapping[str, str]] = {
    "customers_supported": {},
    "services_delivered": {},
    "investment_triggered": {},
}
COVERAGE = ("hubs", "coverage_seat", "public_sector_share")


def coverage(results: Results, words: Words, figures: Indicators) -> Block:
    """How many hubs and regions, and which technologies the hubs offer."""
    periods = (results.so_far, results.period)
    found = {indicator: figures.latest(indicator, periods)[0] for indicator in COVERAGE}
    rows = [
        [results.indicator(indicator)["name"], words.value(e), words.base(e)]
        for indicator, e in found.items()
        if e.known
    ]
    offered: dict[str, Estimate] = {}
    for when in periods:
        offered = offered or figures.by("hubs_offering", when, "technologies")
    block = (
        table("Coverage by the seats of hubs", ["What", "Figure#", "Basis"], rows)
        if rows
        else no_data("coverage is not computed for this place")
    )
    if not offered:
        return block
    order = sorted(offered.items(), key=lambda entry: (-(entry[1].value or 0), entry[0]))
    listed = [[results.label("technologies", code), words.value(e)] for code, e in order]
    return block + table(
        "Technologies offered, by number of hubs", ["Technology", "Hubs#"], listed, kind="narrow"
    )


def places(results: Results, words: Words, level: str, code: str) -> Block:
    """The places one level below, in alphabetical order."""
    levels = list(results.dictionary.get("levels", {}))
    below = levels[levels.index(level) - 1] if level in levels[1:] else "hub"
    inside = results.places[
        (results.places["level"] == below) & results.places["hub"].isin(results.members(level, code))
    ]
    if below == "hub" or inside.empty:
        return no_data("there are no smaller places with hubs below this one")
    found = results.across(below, TOTALS)
    counted = inside.groupby(["label", "code"])["hub"].nunique().reset_index()
    rows = [[f"{label} ({place})", number(hubs), *(words.value(found.get((place, i), NOTHING)) for i in TOTALS)]
            for label, place, hubs in counted.itertuples(index=False)]  # fmt: skip
    title = results.level(below)
    heads = [title["title"], "Hubs#", *(f"{results.indicator(indicator)['name']}#" for indicator in TOTALS)]
    return table(f"{title['plural']}, figures since the start", heads, rows)


def hubs(results: Results, words: Words, level: str, code: str) -> Block:
    """The hubs of the place in alphabetical order, with the change in maturity of their customers."""
    members = results.hubs[results.hubs["hub"].isin(results.members(level, code))].sort_values(
        ["name", "hub"]
    )
    if members.empty:
        return no_data("no hub has its seat here")
    survey, parts = first_change(results)
    found = results.across("hub", {**TOTALS, "maturity_gain": parts})
    rows = [[name, results.label("hub_types", kind) if kind else "–", results.label("countries", country),
             *(words.value(found.get((hub, i), NOTHING)) for i in TOTALS), _gain(words, found.get((hub, "maturity_gain"), NOTHING))]
            for hub, name, kind, country in _register(members)[:LISTED]]  # fmt: skip
    heads = [
        "Hub",
        "Type",
        "Country",
        *(f"{results.indicator(i)['name']}#" for i in TOTALS),
        "Gain in maturity#",
    ]
    more = (
        f"and {plural(len(members) - LISTED, 'more hub')}, all in the index page. "
        if len(members) > LISTED
        else ""
    )
    note = (f"{more}Figures since the start. Gain: mean change of {respondents(survey)} assessed twice, {esc(words.interval)} in "
            "brackets. The order is alphabetical: where intervals overlap, no hub can be called better than another.")  # fmt: skip
    listed = table("Hubs", heads, rows, note, kind="wide")
    gains = {name: found.get((hub, "maturity_gain"), NOTHING) for hub, name, *_ in _register(members)}
    return listed + _drawn(words, {name: e for name, e in gains.items() if e.known})


def _register(members: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    columns = members[["hub", "name", "type", "country"]].fillna("")
    return list(columns.itertuples(index=False, name=None))


def _gain(words: Words, e: Estimate) -> Markup:
    span = f"<br><small>({esc(words.range(e, sign=True))})</small>" if e.certain else ""
    return Markup(esc(words.value(e, sign=True)) + span)


def _drawn(words: Words, gains: dict[str, Estimate]) -> Block:
    """Each hub with its interval while they fit; their spread where they are many."""
    if len(gains) < 2:
        return Block("")
    caption = f"Change in digital maturity of customers by hub, in points ({words.interval}s)"
    if len(gains) <= DRAWN:
        alt = (
            "Mean change by hub: "
            + ", ".join(f"{name} {words.value(e, sign=True)}" for name, e in gains.items())
            + "."
        )
        return draw.forest(gains, alt, caption)
    values = sorted(e.value for e in gains.values() if e.value is not None)
    middle = values[len(values) // 2]
    alt = f"Spread of the mean change over {len(values)} hubs; half of them stand at {number(middle, 1, sign=True)} points or above."
    return draw.spread(
        values,
        alt,
        f"How the mean change in digital maturity differs between {plural(len(values), 'hub')}",
        "points",
    )
