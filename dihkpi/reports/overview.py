"""Sections on the place as a whole: title, headline figures, comparison, and how the report was made."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import Block, Markup, Words, cards, no_data, sentence, table
from dihkpi.reports.results import Estimate, Indicators, Results
from dihkpi.reports.wording import amount, capital, day, esc, listing, number, percent, period_words, plural

COUNTED = ("customers_supported", "services_delivered", "investment_triggered")
COMPARED = ("aid_intensity", "cross_border_share", "own_region_share")


def title(results: Results, level: str, code: str) -> Block:
    """Name of the place, what kind of place it is, period and cut-off day."""
    made = assessed(results)
    if level == "hub":
        facts = _hub_facts(results, code)
    else:
        members = results.hubs[results.hubs["hub"].isin(results.members(level, code))]
        facts = [results.level(level)["title"], plural(len(members), "hub")]
        if level == "network":
            facts = [f"{facts[1]} in {plural(members['country'].nunique(), 'country', 'countries')}"]
        made += f", regions of NUTS {_nuts(results)}"
    return Block(
        f"<h1>{esc(results.place(level, code))}</h1>"
        f'<p class="facts">{" · ".join(esc(fact) for fact in facts)}</p><p class="facts">{esc(made)}</p>'
    )


def assessed(results: Results) -> str:
    """The period, the cut-off day, and the day of the newest record where the run tells it."""
    said = f"Assessment {period_words(results.period)}, cut-off {day(results.meta['last_day'])}"
    newest = results.meta.get("newest")
    return f"{said}, newest record {day(newest)}" if newest else said


def _nuts(results: Results) -> str:
    used = set(results.hubs["nuts_version"].dropna().astype(str)) - {""}
    return listing(sorted(used)) if used else str(results.dictionary.get("policy", {}).get("nuts_version", "–"))


def _hub_facts(results: Results, code: str) -> list[str]:
    hub = results.hubs.loc[results.hubs["hub"] == code].iloc[0].to_dict()
    known: dict[str, Any] = {
        str(key): value for key, value in hub.items() if value is not None and value == value and value != ""
    }
    facts = [str(known["title"])] if known.get("title") not in (None, known["name"]) else []
    facts += [results.label("hub_types", known["type"])] if "type" in known else []
    if "nuts" in known:
        rows = results.places[(results.places["hub"] == code) & (results.places["level"] == "nuts2")]
        facts += [f"{label} ({known['nuts']})" for label in rows["label"]] or [str(known["nuts"])]
    facts += [results.label("countries", known["country"])] if "country" in known else []
    if "grant_start" in known:
        facts.append(f"grant from {day(str(known['grant_start'])[:10])}")
    if "staff_fte" in known:
        facts.append(f"{number(known['staff_fte'], 1).removesuffix('.0')} full-time equivalents")
    return facts


def headline(results: Results, words: Words, figures: Indicators, level: str) -> Block:
    """Four large figures with what they rest on, and one plain sentence."""
    _, when = figures.latest(COUNTED[0], (results.period, results.so_far))
    counted = {indicator: figures.get(indicator, when) for indicator in COUNTED}
    survey, parts = main_change(results)
    gain, who = figures.get("maturity_gain", results.so_far, **parts), respondents(survey)
    unproven = undelivered(figures, results.so_far)
    entries = [
        (
            f"{results.indicator(indicator)['name']} {period_words(when)}",
            words.value(estimate, short=True),
            _total(words, figures.get(indicator, results.so_far), unproven),
        )
        for indicator, estimate in counted.items()
    ]
    waves = parts.get("waves", "").replace("-", " to ")
    name = f"Gain in digital maturity of {who} since the start, {waves}, in points"
    base = words.base(gain, "pair of assessments", "pairs of assessments")
    entries.append((name, words.value(gain, sign=True), base))
    lead = f"{_done(words, counted, level, when, unproven)} {change_sentence(words, gain, who)}"
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


def main_change(results: Results) -> tuple[str, dict[str, str]]:
    """The survey with most pairs in the network, and the breakdown of its first overall change."""
    found: list[tuple[int, str, dict[str, str]]] = []
    for survey, about in results.dictionary.get("surveys", {}).items():
        if len(waves := about.get("waves") or []) > 1:
            parts = {"dimension": root(about), "survey": survey, "waves": f"{waves[0]}-{waves[1]}"}
            pairs = results.across("network", {"maturity_gain": parts}).values()
            found.append((max((e.n or 0 for e in pairs), default=0), survey, parts))
    _, survey, parts = max(found, key=lambda entry: entry[0], default=(0, "", {}))
    return survey, parts


def root(survey: dict[str, Any]) -> str:
    """The root of a survey's scoring tree."""
    return next((code for code, node in survey.get("nodes", {}).items() if not node.get("depth")), "overall")


def respondents(survey: str) -> str:
    """Who answers a survey, as far as its id tells."""
    return {"sme": "firms", "pso": "public bodies"}.get(survey.rpartition("_")[2], "respondents")


def change_sentence(words: Words, gain: Estimate, who: str) -> str:
    """What a paired change since the start says of those assessed twice, and what it does not."""
    if gain.status == "c":
        return f"Too few {who} were assessed twice since the start to show how their digital maturity changed."
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


def comparison(results: Results, words: Words, level: str, code: str) -> Block:
    """The place beside its country and the network, where enough other hubs stand behind their figures."""
    others = [place for place in _above(results, level, code) if _enough(results, place, (level, code))]
    if not others:
        return sentence(f"No comparison is shown: {words.fewer} other hubs stand behind the figures.", "absent")
    places = [(level, code), *others]
    estimates = [results.indicators(*place) for place in places]
    rows = []
    for name, indicator, parts in _compared(results):
        periods = (results.so_far, results.period)
        found = [figures.latest(indicator, periods, **parts)[0] for figures in estimates]
        if found[0].known:
            rows.append([name, *(words.with_range(e, indicator == "maturity_gain") for e in found)])
    if not rows:
        return no_data("there is nothing to compare yet")
    heads = ["Indicator", *(f"{results.place(*place)}#" for place in places)]
    note = f"{words.interval}s in brackets. Where they overlap widely, read no difference into the figures."
    return table("Figures of all years, side by side", heads, rows, esc(note))


def _compared(results: Results) -> list[tuple[str, str, dict[str, str]]]:
    """Name, indicator and breakdown of what is compared."""
    rows: list[tuple[str, str, dict[str, str]]] = []
    survey, parts = main_change(results)
    if survey:
        first = {"dimension": parts["dimension"], "survey": survey, "wave": parts["waves"].partition("-")[0]}
        gain, score = (results.indicator(i)["name"] for i in ("maturity_gain", "maturity_score"))
        rows.append((f"{gain}, {respondents(survey)}, {parts['waves'].replace('-', ' to ')}", "maturity_gain", parts))
        rows.append((f"{score}, {respondents(survey)}, {first['wave']}", "maturity_score", first))
    return rows + [(results.indicator(indicator)["name"], indicator, {}) for indicator in COMPARED]


def _above(results: Results, level: str, code: str) -> list[tuple[str, str]]:
    if level == "network":
        return []
    inside = results.places[results.places["hub"].isin(results.members(level, code))]
    countries = sorted(set(inside.loc[inside["level"] == "country", "code"])) if level != "country" else []
    return [*(("country", country) for country in countries[:1]), ("network", "all")]


def _enough(results: Results, place: tuple[str, str], viewer: tuple[str, str]) -> bool:
    """At least as many other hubs with data as the disclosure minimum: the viewer does not count."""
    others = set(results.members(*place)) - set(results.members(*viewer))
    active = set(results.hubs.loc[results.hubs["submitted"].astype(bool), "hub"])
    return len(others & active) >= results.policy("disclosure_minimum")


def provenance(results: Results, words: Words) -> Block:
    """Period, hashes, versions, switches, and what the words of the report mean."""
    meta = results.meta
    surveys = (f"{s['title']}, version {s['version']}" for s in meta.get("surveys", []))
    switches = [
        f"{survey}: {name} = {value}"
        for survey, given in sorted(meta.get("options", {}).items())
        for name, value in sorted(given.items())
    ]
    rows: list[tuple[str, object]] = [
        ("Period", f"{results.period}: {day(meta['first_day'])} to {day(meta['last_day'])}"),
        ("Surveys", Markup("<br>".join(esc(survey) for survey in surveys) or "–")),
        ("Switches that differ from the default", Markup("<br>".join(map(esc, switches)) or "none")),
        ("NUTS version", _nuts(results)),
        ("Files read", number(meta.get("counts", {}).get("files", 0))),
        ("Snapshot of the data", Markup(f"<code>{esc(meta['snapshot'])}</code>")),
        ("Definitions", Markup(f"<code>{esc(meta['definitions'])}</code>")),
        ("Made with", f"dihkpi {meta['package']}"),
    ]
    made = table("How this report was made", ["What", "Value"], rows, kind="facts")
    return made + _glossary(words, percent(results.policy("confidence_level")))


def _glossary(words: Words, level: str) -> Block:
    entries = {
        "n": "the base of a figure: the records, organisations or pairs of assessments that it rests on.",
        words.interval: f"a range made by a method that covers the true value in {level} of cases. "
        "Complete counts and sums have none.",
        words.fewer: f"the figure is not shown because {words.fewer} units stand behind it.",
        "low reliability": "the figure rests on few cases and can change strongly with the next ones.",
        "no data": "nothing was submitted, or what was submitted does not tell. Missing is never counted as zero.",
        "on track, watch, behind": "the share of the target that was reached, compared with the share "
        "expected by the cut-off day.",
    }
    items = "".join(f"<dt>{esc(term)}</dt><dd>{esc(meaning)}</dd>" for term, meaning in entries.items())
    return Block(f'<h3>What the words mean</h3><dl class="words">{items}</dl>')
