"""Sections on the place as a whole: title, headline figures, comparison, and how the report was made."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import Block, Markup, Words, cards, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Facts, Indicators
from dihkpi.reports.wording import amount, capital, day, esc, listing, number, percent, period_words, plural

COUNTED = ("customers_supported", "services_delivered", "investment_triggered")
COMPARED = ("aid_intensity", "cross_border_share", "own_region_share")


def title(extract: Extract) -> Block:
    """Name of the place, what kind of place it is, period and cut-off day."""
    made, place = assessed(extract, extract.meta["newest"]), extract.place
    if place["level"] == "hub":
        facts = _hub_facts(extract)
    else:
        facts = [extract.level(place["level"])["title"], plural(place["hubs"], "hub")]
        if place["level"] == "network":
            facts = [f"{facts[1]} in {plural(place['countries'], 'country', 'countries')}"]
        made += f", regions of NUTS {_nuts(extract)}"
    return Block(
        f"<h1>{esc(place['name'])}</h1>"
        f'<p class="facts">{" · ".join(esc(fact) for fact in facts)}</p><p class="facts">{esc(made)}</p>'
    )


def assessed(facts: Facts, newest: str | None) -> str:
    """The period, the cut-off day, and the day of the newest record where it is known."""
    said = f"Assessment {period_words(facts.period)}, cut-off {day(facts.meta['last_day'])}"
    return f"{said}, newest record {day(newest)}" if newest else said


def _nuts(extract: Extract) -> str:
    used = extract.place["nuts_versions"]
    return listing(used) if used else str(extract.dictionary.get("policy", {}).get("nuts_version", "–"))


def _hub_facts(extract: Extract) -> list[str]:
    known = {key: value for key, value in extract.place["register"].items() if value not in (None, "")}
    facts = [str(known["title"])] if known.get("title") not in (None, known["name"]) else []
    facts += [extract.label("hub_types", known["type"])] if "type" in known else []
    if "nuts" in known:
        facts += [f"{label} ({known['nuts']})" for label in extract.place["regions"]] or [str(known["nuts"])]
    facts += [extract.label("countries", known["country"])] if "country" in known else []
    if "grant_start" in known:
        facts.append(f"grant from {day(known['grant_start'])}")
    if "staff_fte" in known:
        facts.append(f"{number(known['staff_fte'], 1).removesuffix('.0')} full-time equivalents")
    return facts


def headline(extract: Extract, words: Words) -> Block:
    """Four large figures with what they rest on, and one plain sentence."""
    figures = extract.figures
    _, when = figures.latest(COUNTED[0], (extract.period, extract.so_far))
    counted = {indicator: figures.get(indicator, when) for indicator in COUNTED}
    survey, parts = extract.main_change
    gain, who = figures.get("maturity_gain", extract.so_far, **parts), respondents(survey)
    unproven = undelivered(figures, extract.so_far)
    entries = [
        (
            f"{extract.indicator(indicator)['name']} {period_words(when)}",
            words.value(estimate, short=True),
            _total(words, figures.get(indicator, extract.so_far), unproven),
        )
        for indicator, estimate in counted.items()
    ]
    waves = parts.get("waves", "").replace("-", " to ")
    name = f"Gain in digital maturity of {who} since the start, {waves}, in points"
    base = words.base(gain, "pair of assessments", "pairs of assessments")
    entries.append((name, words.value(gain, sign=True), base))
    done = _done(words, counted, extract.place["level"], when, unproven)
    lead = f"{done} {change_sentence(words, gain, who)}"
    return cards(entries) + sentence(esc(lead), "lead")


def undelivered(figures: Indicators, period: str) -> str:
    """Where no service is known as delivered though some were submitted: how many; else nothing."""
    planned = figures.get("services_not_delivered", period)
    if figures.get("services_delivered", period).status != "m" or not planned.value:
        return ""
    return f"{plural(planned.value, 'record')}, none of them known as delivered"


def _total(words: Words, total: Estimate, unproven: str) -> str:
    if not total.known:
        return unproven or "nothing was submitted"
    return f"{words.value(total, short=True)} since the start; counted, so no interval"


def _done(words: Words, counted: dict[str, Estimate], level: str, when: str, unproven: str) -> str:
    customers, services = counted["customers_supported"], counted["services_delivered"]
    if not customers.known and not services.known:
        if unproven:
            return f"Services submitted since the start: {unproven}."
        return f"No customers or services are on record {period_words(when)}."
    who = "The hub" if level == "hub" else "Hubs"
    served = f"{words.value(customers)} {'customer' if customers.value == 1 else 'customers'}"
    done = f"{words.value(services)} {'service' if services.value == 1 else 'services'}"
    return f"{who} supported {served} with {done} {period_words(when)}."


def root(survey: dict[str, Any]) -> str:
    """The root of a survey's scoring tree."""
    return next((code for code, node in survey.get("nodes", {}).items() if not node.get("depth")), "overall")


def respondents(survey: str) -> str:
    """Who answers a survey, as far as its id tells."""
    return {"sme": "firms", "pso": "public bodies"}.get(survey.rpartition("_")[2], "respondents")


def change_sentence(words: Words, gain: Estimate, who: str) -> str:
    """What a paired change since the start says of those assessed twice, and what it does not."""
    if gain.status == "c":
        return (
            f"Too few {who} were assessed twice since the start, in this place or one beside it, to show how their "
            "digital maturity changed."
        )
    if not gain.known or gain.value is None:
        return f"No {who} were assessed twice since the start, so a change in digital maturity cannot be told yet."
    change, whose = words.value(gain, sign=True), f"digital maturity of {who} assessed twice"
    if gain.lo is None or gain.hi is None:
        return f"{capital(whose)} changed by {change} points since the start; there are too few pairs for an interval."
    unclear = gain.lo < 0 < gain.hi
    span = f"({words.interval} {words.range(gain, sign=unclear)}, {plural(gain.n or 0, 'pair')})"
    if unclear:
        said = f"The mean change since the start in {whose}, {change} points {span},"
        return f"{said} cannot be told from no change."
    verb, size = "rose" if gain.value > 0 else "fell", amount(abs(gain.value), "points")
    if gain.hi < 0:
        span = span.replace(words.range(gain), f"of the change {words.range(gain)}")
    return f"{capital(whose)} {verb} by {size} points on average since the start {span}."


def comparison(extract: Extract, words: Words) -> Block:
    """The place beside its country and the network, where enough other hubs stand behind their figures."""
    if not extract.beside:
        return sentence(f"No comparison is shown: {words.fewer} other hubs stand behind the figures.", "absent")
    every, periods = [extract.figures, *extract.beside.values()], (extract.so_far, extract.period)
    rows = []
    for name, indicator, parts in compared(extract, *extract.main_change):
        found = [figures.latest(indicator, periods, **parts)[0] for figures in every]
        if found[0].known:
            rows.append([name, *(words.with_range(e, indicator == "maturity_gain") for e in found)])
    if not rows:
        return no_data("there is nothing to compare yet")
    heads = ["Indicator", *(f"{name}#" for name in [extract.place["name"], *extract.beside])]
    note = f"{words.interval}s in brackets. Where they overlap widely, read no difference into the figures."
    return table("Figures of all years, side by side", heads, rows, esc(note))


def compared(facts: Facts, survey: str, parts: dict[str, str]) -> list[tuple[str, str, dict[str, str]]]:
    """Name, indicator and breakdown of what is compared: the change of a survey, its first wave, and some shares."""
    rows: list[tuple[str, str, dict[str, str]]] = []
    if survey:
        first = {"dimension": parts["dimension"], "survey": survey, "wave": parts["waves"].partition("-")[0]}
        gain, score = (facts.indicator(i)["name"] for i in ("maturity_gain", "maturity_score"))
        rows.append((f"{gain}, {respondents(survey)}, {parts['waves'].replace('-', ' to ')}", "maturity_gain", parts))
        rows.append((f"{score}, {respondents(survey)}, {first['wave']}", "maturity_score", first))
    return rows + [(facts.indicator(indicator)["name"], indicator, {}) for indicator in COMPARED]


def provenance(extract: Extract, words: Words) -> Block:
    """Period, hashes, versions, switches, and what the words of the report mean.

    The hash is that of the rows behind this report; ``manifest.json`` leads from it to the snapshot of all rows.
    """
    meta = extract.meta
    surveys = (f"{s['title']}, version {s['version']}" for s in meta.get("surveys", []))
    switches = [
        f"{survey}: {name} = {value}"
        for survey, given in sorted(meta.get("options", {}).items())
        for name, value in sorted(given.items())
    ]
    rows: list[tuple[str, object]] = [
        ("Period", f"{extract.period}: {day(meta['first_day'])} to {day(meta['last_day'])}"),
        ("Surveys", Markup("<br>".join(esc(survey) for survey in surveys) or "–")),
        ("Switches that differ from the default", Markup("<br>".join(map(esc, switches)) or "none")),
        ("NUTS version", _nuts(extract)),
        ("Files read", number(extract.quality["files"])),
        ("Data of this report", Markup(f"<code>{esc(extract.id)}</code>")),
        ("Definitions", Markup(f"<code>{esc(meta['definitions'])}</code>")),
        ("Made with", f"dihkpi {meta['package']}"),
    ]
    made = table("How this report was made", ["What", "Value"], rows, kind="facts")
    lights = [str(light["words"]) for light in extract.lights.values()]
    return made + _glossary(words, percent(extract.policy("confidence_level")), lights)


def _glossary(words: Words, level: str, lights: list[str]) -> Block:
    entries = {
        "n": "the base of a figure: the records, organisations or pairs of assessments that it rests on.",
        words.interval: f"a range made by a method that covers the true value in {level} of cases. "
        "Complete counts and sums have none.",
        words.fewer: f"not shown, because {words.fewer} units stand behind it, or behind one that it would tell.",
        "not shown": f"enough units stand behind the figure, but with it one of {words.fewer} could be worked out.",
        "low reliability": "the figure rests on few cases and can change strongly with the next ones.",
        "no data": "nothing was submitted, or what was submitted does not tell. Missing is never counted as zero.",
    }
    if lights:
        entries[", ".join(lights)] = (
            "the share of the target that was reached, compared with the share expected by the cut-off day."
        )
    items = "".join(f"<dt>{esc(term)}</dt><dd>{esc(meaning)}</dd>" for term, meaning in entries.items())
    return Block(f'<h3>What the words mean</h3><dl class="words">{items}</dl>')
