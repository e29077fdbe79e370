"""Section on money: value of services, invoices and aid, what aid brought, what outcomes cost, and who funds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Indicators
from dihkpi.reports.wording import amount, capital, day, esc, listing, number, percent, plural

SUMS = ("service_value", "price_invoiced", "aid_granted", "aid_intensity")
INVESTMENT, LEVERAGE, FUNDING, MIX = "investment_triggered", "investment_leverage", "funding", "funding_mix"
OPERATING = ("operating_cost", "operating_cost_coverage")
PARTS = {
    "category": "Service category",
    "customer_type": "Type of customer",
    "legal_form": "Legal form of the customer",
    "nuts2": "Region of the customer",
}
LISTED = 10
COUNTED = "counted, so no interval"


def money(extract: Extract, words: Words, figures: Indicators) -> Block:
    """What was charged and granted, by year and part; for a hub also its terms of aid and room for more."""
    known = [figures.get(name, extract.so_far) for name in (*SUMS, INVESTMENT, FUNDING)]
    if not any(e.known or e.status == "c" for e in known):
        return no_data("no amounts of money are on record")
    block = _summary(extract, words, figures) + _by_year(extract, words, figures) + _by_part(extract, words, figures)
    if extract.place["level"] == "hub":
        block += _checks(extract) + _room(extract, words)
    return (
        block + _brought(extract, words, figures) + _costs(extract, words, figures) + _funding(extract, words, figures)
    )


def _summary(extract: Extract, words: Words, figures: Indicators) -> Block:
    value, invoiced, aid, intensity = (figures.get(name, extract.so_far) for name in SUMS)
    said = [f"Services worth {words.value(value)} were delivered since the start" if value.known else "",
            f"customers were invoiced {words.value(invoiced)}" if invoiced.known else "",
            f"{words.value(aid)} was state aid" if aid.known else ""]  # fmt: skip
    if not any(said):
        return NO_BLOCK
    text = capital(listing(filter(None, said)))
    if intensity.known:
        text += f". The aid intensity is {words.value(intensity)} of the value, over services with both amounts"
    return sentence(esc(f"{text}. These are complete sums, so they have no interval."))


def _by_year(extract: Extract, words: Words, figures: Indicators) -> Block:
    """One row per year and one for all, one column per amount."""
    names = [name for name in (*SUMS, INVESTMENT) if figures.get(name, extract.so_far) != Estimate()]
    by_name = {name: figures.years(name) for name in names}
    newest = str(extract.meta.get("newest") or extract.meta["last_day"])
    rows: list[list[object]] = [
        [f"{year} so far" if f"{year}-12-31" > newest else year,
         *(_cell(words, by_name[name].get(year, Estimate())) for name in names)]
        for year in _years(by_name)
    ]  # fmt: skip
    total = (_cell(words, figures.get(name, extract.so_far)) for name in names)
    rows.append([Markup("<strong>Since the start</strong>"), *(Markup(f"<strong>{text}</strong>") for text in total)])
    heads = ["Year", *(f"{extract.indicator(name)['name']}#" for name in names)]
    return table("Money by year", heads, rows)


def _years(by_name: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """Years in their order, from the first that has any amount."""
    years = sorted({year for found in by_name.values() for year in found})
    told = {year for found in by_name.values() for year, e in found.items() if e.value or e.status == "c"}
    return [year for year in years if told and year >= min(told)]


def _cell(words: Words, e: Estimate) -> str:
    """A value, or the word for why there is none; what nobody told stays a dash."""
    return "–" if e.status == "m" else esc(words.value(e))


def _by_part(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Amounts since the start by category, customer and region, each part with the largest ones first."""
    names = [name for name in SUMS if figures.get(name, extract.so_far) != Estimate()]
    rows: list[list[object]] = []
    for key, title in PARTS.items():
        found = {name: figures.by(name, extract.so_far, key) for name in names}
        codes = {code for by in found.values() for code in by}
        if not codes:
            continue
        first = next(by for by in found.values() if by)
        order = sorted(codes, key=lambda code: (-(first.get(code, Estimate()).value or 0), code))
        rows.append([Markup(f"<strong>{esc(title)}</strong>"), *[""] * len(names)])
        rows += [
            [
                extract.label(key, code),
                *(_cell(words, found[name].get(code, Estimate())) if found[name] else "" for name in names),
            ]
            for code in order[:LISTED]
        ]
        if rest := len(order) - LISTED:
            rows += [[f"and {number(rest)} more, in the data files", *[""] * len(names)]] if rest > 0 else []
    if not rows:
        return NO_BLOCK
    heads = ["Part", *(f"{extract.indicator(name)['name']}#" for name in names)]
    return table(
        "Money by part, since the start", heads, rows, "Amounts whose part is not known are in the sums alone."
    )


def _checks(extract: Extract) -> Block:
    """How many services have another aid than the terms of the hub give."""
    if not extract.outlook["checks"]:
        said = "The hub has told no terms of aid, so the aid of its services is not compared with them."
        return sentence(said, "absent")
    checked, differ, above, below = extract.outlook["checks"]
    said = f"<strong>Terms of aid.</strong> Of {plural(checked, 'service')} compared with the terms of the hub, "
    if not differ:
        return sentence(said + "all have the aid that is due.")
    return sentence(
        f"{said}{number(differ)} {'has' if differ == 1 else 'have'} another aid than is due: {amount(above, 'EUR')} "
        f"above it and {amount(below, 'EUR')} below it in all. They are listed in the workspace."
    )


def _room(extract: Extract, words: Words) -> Block:
    """How many customers have room for de-minimis aid, and how many do not; never which, and no small number."""
    room, rule = {"over": 0, **extract.outlook["room"]}, extract.dictionary.get("de_minimis", {})
    if not sum(room.values()) or not rule:
        return NO_BLOCK
    said = {
        "over": "above the ceiling",
        "low": f"with {amount(rule['warning'], 'EUR')} or less left",
        "ok": "with more room",
        "sector": "to be checked by hand, since their sector may have a ceiling of its own",
    }
    counts = [f"{_few(words, room[status])} {said[status]}" for status in said if status in room]
    hidden = any(0 < count < words.minimum for count in room.values())  # with the sum it would be told
    of = "the customers" if hidden else plural(sum(room.values()), "customer")
    ceiling = extract.outlook["ceiling"]
    limit = f"The ceiling of {amount(ceiling, 'EUR')}" if ceiling else "The ceiling"
    return sentence(
        f"<strong>Room for de-minimis aid on {day(extract.meta['last_day'])}.</strong> Of "
        f"{of} with aid, {listing(counts)}. {limit} holds for the aid of "
        f"{plural(rule['years'], 'year')} by all hubs of the country together, as far as it is on record; a firm's own "
        "declaration decides."
    )


def _few(words: Words, count: int) -> str:
    """A count of customers: aid of other hubs is in it, so a small one is not told."""
    if not count:
        return "none"
    return words.fewer if count < words.minimum else number(count)


def _brought(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Investment triggered, its kinds, and what came with a euro of aid."""
    total, leverage = (figures.get(name, extract.so_far) for name in (INVESTMENT, LEVERAGE))
    if not total.known:
        return NO_BLOCK
    kinds = figures.by(INVESTMENT, extract.so_far, "investment_type")
    order = sorted(kinds, key=lambda code: -(kinds[code].value or 0))
    parts = [f"{extract.label('investment_type', code).lower()} {words.value(kinds[code])}" for code in order]
    text = f"{words.value(total)} since the start, as hubs declare it"
    text += f" ({listing(parts)})" if parts else ""
    if leverage.known:
        text += f". That is {words.value(leverage)} of investment per euro of state aid: investment over aid, {COUNTED}"
    return sentence(f"<strong>Investment triggered.</strong> {esc(text)}.")


def _costs(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Operating cost, and every indicator in euros per something, with its interval or why it has none."""
    rows = []
    for name, about in extract.dictionary.get("indicators", {}).items():
        e = figures.get(name, extract.so_far)
        per = str(about["unit"]).startswith("EUR per ") and name != LEVERAGE
        if e == Estimate() or not (per or name in OPERATING):
            continue
        span = words.range(e) if e.certain else _no_interval(e, bool(about.get("estimated")))
        rows.append([about["name"], words.value(e, about["unit"]), span, "–" if e.n is None else number(e.n)])
    if not rows:
        return NO_BLOCK
    heads = ["Since the start", "Figure#", words.interval, "n#"]
    note = "Outcomes are gross: what would have come anyway is in them."
    return table("What the hub and an outcome cost", heads, rows, note)


def _no_interval(e: Estimate, estimated: bool) -> str:
    if e.status == "c" or not e.known:
        return "–"
    return "no bounds: the change may be zero" if estimated else COUNTED


def _funding(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Funding by source with shares that make 100, how diverse it is, and how much hangs on one source."""
    shares, sums = (figures.by(name, extract.so_far, "source") for name in (MIX, FUNDING))
    if not shares:
        return sentence("No funding is on record, so its mix cannot be told.", "absent")
    order = sorted(shares, key=lambda code: (-(shares[code].value or 0), code))
    rows: list[list[object]] = [
        [extract.label("source", code), _cell(words, sums.get(code, Estimate())), _share(words, shares[code])]
        for code in order
    ]
    total = (_cell(words, figures.get(FUNDING, extract.so_far)), _share(words, figures.get(MIX, extract.so_far)))
    rows.append([Markup(f"<strong>{text}</strong>") for text in ("All sources", *total)])
    made = table("Funding since the start", ["Source", "Amount#", "Share#"], rows, kind="narrow")
    return made + sentence(" ".join(_mixed(extract, figures, len(order))))


def _share(words: Words, e: Estimate) -> str:
    if not e.known or e.value is None:
        return _cell(words, e)
    return number(e.value, 1) + "\N{NO-BREAK SPACE}%"


def _mixed(extract: Extract, figures: Indicators, sources: int) -> Iterator[str]:
    spread = figures.get("funding_diversification", extract.so_far)
    largest = figures.get("funding_dependency", extract.so_far)
    if spread.known and spread.value is not None:
        most = number(1 - 1 / sources, 2)
        yield (f"Diversification is {number(spread.value, 2)}, between 0 for a single source and {most} for "
               f"{plural(sources, 'equal source')}.")  # fmt: skip
    if largest.known and largest.value is not None:
        yield f"The largest source gives {percent(largest.value / 100)}. Counted, so no intervals."
