"""Section on targets: what was achieved, what was expected by now, and what the record lets expect at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, bar, light, sentence, table
from dihkpi.reports.drawing.courses import Course, courses
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Indicators, breakdown_parts
from dihkpi.reports.outlook import Aim
from dihkpi.reports.sections.overview import respondents
from dihkpi.reports.wording import (
    MONTHS,
    amount,
    capital,
    chance,
    compact,
    day,
    esc,
    listing,
    percent,
    period_words,
    plural,
)

DRAWN = 6
NO_FORECAST = Aim("", "", "", None, None, None, None, None, None, None, None, "m", None)


class _Target(NamedTuple):
    """One target: what is known now, and what of the end of its period."""

    name: str
    unit: str
    e: Estimate
    aim: Aim


def kpi_table(extract: Extract, words: Words, figures: Indicators) -> Block:
    """Every target by the period that it is set for, with its forecast or as final, and the badges."""
    by_period = _targets(extract, figures)
    if not by_period:
        return sentence("No targets are on record, so progress is not judged.", "absent") + badges(extract, words)
    block = NO_BLOCK
    for period, targets in by_period.items():
        block += _summary(extract, period, targets) + _table(extract, words, period, targets) + _remarks(targets)
    note = (
        "Reached is compared with the share that is expected by the cut-off day: the mark on a bar. A forecast takes "
        "the months to come to be like the newest full months of the record, and knows nothing of plans; its "
        f"{words.interval} is one of prediction. Attainment is counted, so it has no interval. A status looks at "
        "today, a chance at the end of the period, so they may differ."
    )
    return block + sentence(note, "note") + _drawn(extract, words, by_period) + badges(extract, words)


def _targets(extract: Extract, figures: Indicators) -> dict[str, list[_Target]]:
    """Period to its targets; the period that ends first comes first."""
    aims = {(aim.indicator, aim.period, aim.breakdown): aim for aim in extract.aims}
    order = list(extract.dictionary.get("indicators", {}))
    found: dict[str, list[_Target]] = {}
    for indicator, period, text, e in sorted(
        figures.targets(), key=lambda row: (order.index(row[0]) if row[0] in order else len(order), *row[:3])
    ):
        about = extract.indicator(indicator)
        aim = aims.get((indicator, period, text), NO_FORECAST)
        name = str(about["name"]) + _part(extract, text)
        found.setdefault(period, []).append(_Target(name, e.unit or str(about["unit"]), e, aim))
    ends = {period: next((t.aim.ends for t in targets if t.aim.ends), "9999") for period, targets in found.items()}
    return {period: found[period] for period in sorted(found, key=lambda p: (ends[p], len(p), p))}


def _part(extract: Extract, text: str) -> str:
    """Which part of an indicator a target is for, in words."""
    parts = breakdown_parts(text)
    nodes = extract.dictionary.get("surveys", {}).get(parts.get("survey"), {}).get("nodes", {})
    said = [
        respondents(code) if key == "survey" else nodes[code]["label"] if code in nodes else extract.label(key, code)
        for key, code in parts.items()
    ]
    return f" ({', '.join(map(str, said))})" if said else ""


def _over(targets: Iterable[_Target]) -> bool:
    return any(t.aim.passed == 1 for t in targets)


def _summary(extract: Extract, period: str, targets: Sequence[_Target]) -> Block:
    """How many targets stand how, and until when the period runs."""
    lights = [t.e.light for t in targets]
    counts = [f"{lights.count(key)} {light['words']}" for key, light in extract.lights.items() if key in lights]
    counts += [f"{lights.count(None)} not judged"] if counts and None in lights else []
    ends = next((t.aim.ends for t in targets if t.aim.ends), None)
    head = f"<strong>{esc(capital(period_words(period)))}</strong>"
    if ends is None:
        return sentence(f"{head}: {esc(listing(counts) or 'no target can be judged')}.")
    known = [t.aim.p_reach for t in targets if t.aim.method == "final" and t.aim.p_reach is not None]
    if _over(targets):
        said = f"over since {day(ends)}, so the figures are final"
        said += f": {sum(p == 1 for p in known)} of {plural(len(known), 'target')} reached" if known else ""
        said += f" ({listing(counts)})" if counts else ""
    else:
        passed = next((t.aim.passed for t in targets if t.aim.passed is not None), None)
        said = (
            f"runs until {day(ends)}, {percent(passed)} of the time has passed: {listing(counts) or 'not judged yet'}"
        )
    return sentence(f"{head}: {esc(said)}.")


def _table(extract: Extract, words: Words, period: str, targets: Sequence[_Target]) -> Block:
    """A row per target; where the period is over, the columns of the forecast give way to what came of it."""
    over = _over(targets)
    shares = ["Reached#", "Expected#"] if over else ["Reached#"]
    ends = ["Final"] if over else ["Forecast of its end#", "Chance#"]
    rows = []
    for t in targets:
        target = Estimate(t.e.target, unit=t.e.unit, status="ok")
        drawn = bar(t.e.attainment, t.e.expected) if t.e.attainment is not None else Markup("–")
        values = (words.value(t.e, t.unit), words.value(target, t.unit))
        row: list[object] = [t.name, light(t.e.light, extract.lights), *values]
        if over:
            row += [percent(t.e.attainment), percent(t.e.expected), drawn, _final(t.aim)]
        else:
            row += [_reached(t.e), drawn, *_forecast(words, t)]
        rows.append(row)
    heads = ["Indicator", "Status", "Achieved#", "Target#", *shares, "Progress", *ends]
    return table(f"Targets {period_words(period)}", heads, rows, kind="kpi")


def _reached(e: Estimate) -> Markup:
    """The share reached, and below it the share expected."""
    below = f"<br><small>expected {esc(percent(e.expected))}</small>" if e.expected is not None else ""
    return Markup(esc(percent(e.attainment)) + below)


def _final(aim: Aim) -> str:
    if aim.method != "final" or aim.p_reach is None:
        return "–"
    return "reached" if aim.p_reach == 1 else "not reached"


def _forecast(words: Words, t: _Target) -> list[object]:
    """The forecast with its interval and the chance to reach the target; large amounts in short, as they are unsure."""
    aim = t.aim
    if aim.forecast is None or aim.status == "c":
        return ["–", "–"]
    text = esc(compact(aim.forecast, t.unit))
    if aim.lo is not None and aim.hi is not None:
        text += f"<br><small>({esc(compact(aim.lo, t.unit))} to {esc(compact(aim.hi, t.unit))})</small>"
    return [Markup(text), "–" if aim.p_reach is None else chance(aim.p_reach)]


def _remarks(targets: Iterable[_Target]) -> Block:
    """Why there is no figure or forecast, or why one is doubtful; each reason is said once."""
    said: dict[str, list[str]] = {}
    for t in targets:
        if t.aim.reason and t.aim.method != "final":
            lacking = "Not judged" if t.aim.passed == 1 else "No forecast"
            kind = "Doubtful forecast" if t.aim.forecast is not None else lacking
            said.setdefault(f"{kind}: {{}}: {t.aim.reason}.", []).append(t.name)
    lines = [text.replace("{}", listing(names), 1) for text, names in said.items()]
    return sentence(esc(" ".join(lines)), "note") if lines else NO_BLOCK


def _drawn(extract: Extract, words: Words, by_period: Mapping[str, list[_Target]]) -> Block:
    """The course of the targets of the period that ends last."""
    rows = {(indicator, period): months for indicator, period, *months in extract.outlook["courses"]}
    period = next((period for _, period in rows), "")
    panels: list[Course] = []
    said, ends = [], ("", "")
    for t in by_period.get(period, []):
        months = rows.get((t.aim.indicator, period))
        if not months or t.aim.breakdown or t.e.value is None or not t.aim.begins or not t.aim.ends:
            continue
        target, fan = t.e.target or 0.0, _fan(t)
        record, expected = months
        panels.append(Course(t.name, t.unit, target, record, expected, t.aim.passed or 0.0, t.e.value, fan))
        ahead = f", forecast {amount(fan[1], t.unit, decimals=words.decimals)}" if fan else ""
        said.append(f"{t.name}: {words.value(t.e, t.unit)} of {amount(target, t.unit)}{ahead}.")
        ends = (_month(t.aim.begins), _month(t.aim.ends))
    fan_words = f"; the light fan is the {words.interval} of the forecast" if any(p.fan for p in panels) else ""
    caption = f"Targets {period_words(period)}: the record in dark blue, what was expected in grey{fan_words}"
    return courses(panels[:DRAWN], ends, " ".join(said[:DRAWN]), caption) if panels else NO_BLOCK


def _fan(t: _Target) -> tuple[float, float, float] | None:
    aim = t.aim
    if aim.method == "final" or aim.forecast is None or aim.lo is None or aim.hi is None:
        return None
    return aim.lo, aim.forecast, aim.hi


def _month(iso: str) -> str:
    """Month and year of a day.

    Examples
    --------
    >>> _month("2026-03-31")
    'Mar 2026'
    """
    return f"{MONTHS[int(iso[5:7]) - 1][:3]} {iso[:4]}"


def badges(extract: Extract, words: Words) -> Block:
    """Badges where the policy has steps for them."""
    found = extract.badges
    if not found:
        return NO_BLOCK
    rows = [
        [
            capital(extract.label("category", b.badge).replace("_", " ")),
            capital(b.step or "none yet"),
            "no data" if b.value is None else amount(b.value),
            capital(b.next_step or "–"),
            "–" if b.missing is None else amount(b.missing),
        ]
        for b in found
    ]
    return table("Badges", ["Badge", "Step reached", "Counted#", "Next step", "Missing#"], rows, kind="narrow")
