"""Sections on targets: what is achieved of them, what is expected by now, and where they will stand at their end."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, bar, light, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate, Indicators
from dihkpi.reports.outlook import FORECAST
from dihkpi.reports.wording import capital, esc, listing, percent, period_words, plural, short_amount

Forecasts = dict[tuple[str, str], dict[str, Any]]
FINAL = "final"


def kpi_table(extract: Extract, words: Words, figures: Indicators) -> Block:
    """A table per period of the targets: final figures where it is over, else with a forecast of its end."""
    found = figures.targets()
    if not found:
        return sentence("No targets are on record, so progress is not judged.", "absent")
    order = list(extract.dictionary.get("indicators", {}))
    found.sort(key=lambda entry: order.index(entry[0]) if entry[0] in order else len(order))
    told = _forecasts(extract)
    block = NO_BLOCK
    for period in sorted({period for _, period, _ in found}, key=lambda p: (len(p), p)):
        own = {indicator: e for indicator, when, e in found if when == period}
        over = all(told.get((name, period), {}).get("method") == FINAL or e.expected == 1 for name, e in own.items())
        block += _judged(extract, own, period, over)
        block += (_over if over else _open)(extract, words, own, period, told)
    return block


def _forecasts(extract: Extract) -> Forecasts:
    rows = (dict(zip(FORECAST, entry, strict=True)) for entry in extract.outlook.get("forecasts", []))
    return {(row["indicator"], row["period"]): row for row in rows}


def _judged(extract: Extract, own: dict[str, Estimate], period: str, over: bool) -> Block:
    lights = [e.light for e in own.values()]
    said = extract.lights.items()
    counts = [f"{plural(lights.count(code), 'target')} {esc(words)}" for code, words in said if code in lights]
    if not counts:
        return NO_BLOCK
    return sentence(f"{capital(period_words(period))}{', which is over' if over else ''}: {listing(counts)}.")


def _over(extract: Extract, words: Words, own: dict[str, Estimate], period: str, told: Forecasts) -> Block:
    heads = ["Indicator", "Status", "Achieved#", "Target#", "Reached#", "Progress"]
    rows = [[*_start(extract, words, name, e), percent(e.attainment), _drawn(e)] for name, e in own.items()]
    return table(f"Targets {period_words(period)}: final", heads, rows, kind="kpi")


def _open(extract: Extract, words: Words, own: dict[str, Estimate], period: str, told: Forecasts) -> Block:
    heads = ["Indicator", "Status", "Achieved#", "Target#", "Reached", "Forecast#", "Chance#"]
    rows = [
        [*_start(extract, words, name, e), Markup(f"{esc(percent(e.attainment))}<br>{_drawn(e)}"),
         *_end(words, extract.indicator(name)["unit"], told.get((name, period), {}))]
        for name, e in own.items()
    ]  # fmt: skip
    expected = {percent(e.expected) for e in own.values() if e.expected is not None}
    share = f", {expected.pop()}" if len(expected) == 1 else ""
    note = (
        f"The mark on a bar is what is expected by the cut-off day{share}. Forecast: the end of the period with the "
        f"{words.interval} of prediction, and the chance to reach the target, if the months to come are like the "
        "newest full months of the record. It knows nothing of plans."
    )
    reasons = sorted({told[name, period]["reason"] for name in own if _silent(told.get((name, period), {}))})
    more = f" Without a forecast: {esc(listing(reasons))}." if reasons else ""
    return table(f"Targets {period_words(period)}: where they stand", heads, rows, note + more, kind="kpi")


def _start(extract: Extract, words: Words, name: str, e: Estimate) -> list[object]:
    about = extract.indicator(name)
    target = Estimate(e.target, unit=e.unit, status="ok")
    said = light(e.light, extract.lights)
    return [about["name"], said, words.value(e, about["unit"]), words.value(target, about["unit"])]


def _drawn(e: Estimate) -> Markup:
    return bar(e.attainment, e.expected) if e.attainment is not None else Markup("–")


def _silent(row: dict[str, Any]) -> bool:
    return row.get("forecast") is None and bool(row.get("reason"))


def _end(words: Words, unit: str, row: dict[str, Any]) -> list[object]:
    """Forecast with its interval, and the chance to reach the target."""
    if row.get("forecast") is None or row["status"] == "c":
        return ["–", "–"]
    said = esc(short_amount(row["forecast"], unit, decimals=words.decimals))
    if row["lo"] is not None and row["hi"] is not None and row["method"] != FINAL:
        ends = (short_amount(row[end], unit, decimals=words.decimals) for end in ("lo", "hi"))
        said += f"<br><small>({esc(' to '.join(ends))})</small>"
    return [Markup(said), "–" if row["p_reach"] is None else chance(row["p_reach"])]


def chance(share: float) -> str:
    """A chance in whole per cent; never 0 or 100, which no forecast can tell.

    Examples
    --------
    >>> chance(0.87), chance(0.0012), chance(0.9999)
    ('87\xa0%', 'below 1\xa0%', 'above 99\xa0%')
    """
    if share < 0.01:
        return f"below {percent(0.01)}"
    return f"above {percent(0.99)}" if share > 0.99 else percent(share)
