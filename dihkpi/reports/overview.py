"""Sections on the place as a whole: title, headline figures, comparison with others, and how the report was made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dihkpi.reports.blocks import Block, Markup, Words, cards, no_data, sentence, table
from dihkpi.reports.results import Estimate, Indicators, Results
from dihkpi.reports.wording import capital, day, esc, listing, number, percent, period_words, plural

COMPARED: tuple[tuple[str, dict[str, str]], ...] = (("maturity_gain", {"dimension": "overall", "survey": "dma_sme", "waves": "T0-T1"}),
            ("maturity_score", {"dimension": "overall", "survey": "dma_sme", "wave": "T0"}),
            ("aid_intensity", {}), ("cross_border_share", {}), ("own_region_share", {}))  # fmt: skip


def title(results: Results, level: str, code: str) -> Block:
    """Name of the place, what kind of place it is, period and cut-off day."""
    meta, members = results.meta, results.members(level, code)
    facts = [results.level(level)["title"]] if level != "network" else []
    if level == "hub":
        facts = _hub_facts(results, code)
    else:
        facts.append(plural(len(members), "hub"))
    nuts = sorted(set(results.hubs["nuts_version"].dropna().astype(str)) - {""})
    made = f"Assessment {period_words(results.period)}, data up to {day(meta['last_day'])}"
    if nuts and level != "hub":
        made += f", regions of NUTS {listing(nuts)}"
    return Block(
        f"<h1>{esc(results.place(level, code))}</h1>"
        f'<p class="facts">{" · ".join(esc(fact) for fact in facts)}</p><p class="facts">{esc(made)}</p>'
    )


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


def headline(results: Results, words: Words, figures: Indicators) -> Block:
    """Four large figures with what they rest on, and one plain sentence."""
    now = (results.period, results.so_far)
    customers, when = figures.latest("customers_supported", now)
    services, _ = figures.latest("services_delivered", (when,))
    money, _ = figures.latest("investment_triggered", (when,))
    survey, parts = first_change(results)
    gain, _ = figures.latest("maturity_gain", (results.so_far, results.period), **parts)
    waves = parts.get("waves", "").replace("-", " to ")
    entries = [
        (f"Customers supported {period_words(when)}", words.value(customers), _total(figures, results, words, "customers_supported")),
        (f"Services delivered {period_words(when)}", words.value(services), _total(figures, results, words, "services_delivered")),
        (f"Investment triggered {period_words(when)}", words.value(money, "EUR", short=True),
         _total(figures, results, words, "investment_triggered")),
        (f"Gain in digital maturity of {respondents(survey)}, {waves}", words.value(gain, sign=True),
         words.base(gain, "pair of assessments", "pairs of assessments")),
    ]  # fmt: skip
    return cards(entries) + sentence(_summary(words, customers, services, gain, when), "lead")


def _total(figures: Indicators, results: Results, words: Words, indicator: str) -> str:
    total = figures.get(indicator, results.so_far)
    return (
        f"{words.value(total, short=True)} {period_words(results.so_far)}; counted, so no interval"
        if total.known
        else "nothing was submitted"
    )


def first_change(results: Results) -> tuple[str, dict[str, str]]:
    """The first survey with two waves, and the breakdown of its overall change between them."""
    for survey, about in results.dictionary.get("surveys", {}).items():
        if len(waves := about.get("waves") or []) > 1:
            return survey, {"dimension": root(about), "survey": survey, "waves": f"{waves[0]}-{waves[1]}"}
    return "", {}


def root(survey: dict[str, Any]) -> str:
    """The root of a survey's scoring tree."""
    return next((code for code, node in survey.get("nodes", {}).items() if not node.get("depth")), "overall")


def respondents(survey: str) -> str:
    """Who answers a survey, as far as its id tells."""
    return {"sme": "firms", "pso": "public bodies"}.get(survey.rpartition("_")[2], "respondents")


def _summary(words: Words, customers: Estimate, services: Estimate, gain: Estimate, when: str) -> str:
    if not customers.known and not services.known:
        first = f"No services or customers are on record {period_words(when)}."
    else:
        first = capital(
            f"{period_words(when)} {words.value(customers)} customers were supported with {words.value(services)} services."
        )
    return esc(f"{first} {change_sentence(words, gain)}".strip())


def change_sentence(words: Words, gain: Estimate) -> str:
    """What a paired change says, and what it does not."""
    if gain.status == "c":
        return "Too few organisations were assessed twice to show how their digital maturity changed."
    if not gain.known or gain.value is None:
        return "No organisation has been assessed twice, so nothing can be said yet about a change in digital maturity."
    if not gain.certain or gain.lo is None or gain.hi is None:
        return f"Digital maturity changed by {words.value(gain, sign=True)} points; too few pairs for an interval."
    span = (
        f"({words.interval} {words.range(gain, sign=gain.lo < 0 < gain.hi)}, {plural(gain.n or 0, 'pair')})"
    )
    if gain.lo < 0 < gain.hi:
        return f"The average change in digital maturity, {words.value(gain, sign=True)} points {span}, cannot be told from no change."
    verb = "rose" if gain.value > 0 else "fell"
    size = words.value(Estimate(abs(gain.value), unit="points", status="ok"))
    return f"Among organisations assessed twice, digital maturity {verb} by {size} points on average {span}."


def comparison(results: Results, words: Words, level: str, code: str) -> Block:
    """The place beside its country and the network, where enough other hubs stand behind their figures."""
    others = [
        place for place in _above(results, level, code) if _enough(results, words, place, (level, code))
    ]
    if not others:
        return sentence(
            f"No comparison is shown: {words.fewer} other hubs with data stand behind the figures of the country or network."
        )
    places = [(level, code), *others]
    estimates = {place: results.indicators(*place) for place in places}
    rows = []
    for indicator, parts in COMPARED:
        found = [
            estimates[place].latest(indicator, (results.so_far, results.period), **parts)[0]
            for place in places
        ]
        if found[0].known:
            name = results.indicator(indicator)["name"] + (
                f" ({listing(parts[k] for k in parts if k.startswith('wave'))}, firms)" if parts else ""
            )
            rows.append([name, *(_compared(words, e, indicator == "maturity_gain") for e in found)])
    if not rows:
        return no_data("nothing to compare yet")
    heads = ["Indicator", *(f"{results.place(*place)}#" for place in places)]
    note = f"{esc(capital(words.interval))}s in brackets. Where intervals overlap widely, read no difference into the figures."
    return table("Beside the country and the network", heads, rows, note)


def _above(results: Results, level: str, code: str) -> list[tuple[str, str]]:
    if level == "network":
        return []
    inside = results.places[results.places["hub"].isin(results.members(level, code))]
    countries = sorted(set(inside.loc[inside["level"] == "country", "code"])) if level != "country" else []
    return [*(("country", country) for country in countries[:1]), ("network", "all")]


def _enough(results: Results, words: Words, place: tuple[str, str], viewer: tuple[str, str]) -> bool:
    """At least as many other hubs with data as the disclosure minimum: the viewer does not count."""
    others = set(results.members(*place)) - set(results.members(*viewer))
    active = set(results.hubs.loc[results.hubs["submitted"].astype(bool), "hub"])
    return len(others & active) >= results.policy("disclosure_minimum", 5)


def _compared(words: Words, estimate: Estimate, sign: bool) -> Markup:
    span = f"<br><small>({esc(words.range(estimate, sign))})</small>" if estimate.certain else ""
    return Markup(esc(words.value(estimate, sign=sign)) + span)


def provenance(results: Results, words: Words) -> Block:
    """Period, hashes, versions, switches, and what the words of the report mean."""
    meta = results.meta
    counts = meta.get("counts", {})
    surveys = (f"{s['title']}, version {s['version']}" for s in meta.get("surveys", []))
    switches = [f"{survey}: {name} = {value}" for survey, given in sorted(meta.get("options", {}).items())
                for name, value in sorted(given.items())]  # fmt: skip
    nuts = results.dictionary.get("policy", {}).get("nuts_version") or listing(
        sorted(set(results.hubs["nuts_version"].dropna().astype(str)))
    )
    rows: Iterable[tuple[str, object]] = [
        ("Period", f"{results.period}: {day(meta['first_day'])} to {day(meta['last_day'])}"),
        ("Surveys", Markup("<br>".join(esc(survey) for survey in surveys))),
        ("Switches that differ from the default", listing(switches) if switches else "none"),
        ("NUTS version", nuts),
        ("Files read", f"{number(counts['files'])}" if "files" in counts else "–"),
        ("Snapshot of the data", Markup(f"<code>{esc(meta['snapshot'])}</code>")),
        ("Definitions", Markup(f"<code>{esc(meta['definitions'])}</code>")),
        ("Made with", f"dihkpi {meta['package']}"),
    ]
    return table("How this report was made", ["What", "Value"], rows, kind="facts") + _glossary(
        results, words
    )


def _glossary(results: Results, words: Words) -> Block:
    level = percent(results.policy("confidence_level", 0.95))
    entries = {
        "n": "the base of a figure: the records, organisations or pairs of assessments that it rests on.",
        words.interval: f"a range made by a method that covers the true value in {level} of cases. Complete counts and sums have none.",
        words.fewer: "the base is too small to be shown without disclosing single organisations, or showing it would disclose another figure.",
        "low reliability": "the figure rests on few cases and can change strongly with the next ones.",
        "no data": "nothing was submitted. Missing is never counted as zero.",
        "on track, watch, behind": "the share of the target reached, compared with the share expected by the cut-off day.",
    }
    items = "".join(f"<dt>{esc(term)}</dt><dd>{esc(meaning)}</dd>" for term, meaning in entries.items())
    return Block(f'<h3>What the words mean</h3><dl class="words">{items}</dl>')
