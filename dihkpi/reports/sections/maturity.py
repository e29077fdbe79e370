"""Sections on digital maturity: scores per wave, the profile of dimensions, and the change on pairs."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Words, no_data, sentence, table
from dihkpi.reports.drawing import figures as draw
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import NOTHING, Estimate, Indicators
from dihkpi.reports.sections.overview import change_sentence, respondents, root
from dihkpi.reports.wording import esc, listing


def _survey(extract: Extract, survey: str) -> dict[str, Any]:
    found: dict[str, Any] = extract.dictionary.get("surveys", {}).get(survey, {})
    return found


def _periods(extract: Extract) -> tuple[str, str]:
    return extract.so_far, extract.period


def dimensions(about: dict[str, Any]) -> dict[str, str]:
    """The root of the scoring tree and the nodes right below it, with their labels."""
    nodes = sorted(about.get("nodes", {}).items(), key=lambda entry: entry[1]["depth"])
    return {code: node["label"] for code, node in nodes if node["depth"] <= 1}


def wave_scores(extract: Extract, figures: Indicators, survey: str) -> dict[str, dict[str, Estimate]]:
    """Wave to dimension to mean score, only waves of which anything is known."""
    about = _survey(extract, survey)
    found = {}
    for wave in about.get("waves") or []:
        row = {
            code: figures.latest("maturity_score", _periods(extract), dimension=code, survey=survey, wave=wave)[0]
            for code in dimensions(about)
        }
        if any(estimate.status != "m" for estimate in row.values()):
            found[wave] = row
    return found


def _band(about: dict[str, Any], value: float | None) -> str:
    """Label of the band of a score of the root; an edge belongs to the band below it."""
    scheme = about.get("nodes", {}).get(root(about), {}).get("bands")
    bands = about.get("bands", {}).get(scheme, [])
    if value is None:
        return "–"
    return next((b["label"] for b in bands if b["up_to"] is None or value <= b["up_to"]), "–")


def maturity_scores(extract: Extract, words: Words, figures: Indicators, survey: str) -> Block:
    """Overall score per wave: how many were assessed, mean, interval, band."""
    about, scores = _survey(extract, survey), wave_scores(extract, figures, survey)
    if not scores:
        return no_data(f"no assessment of {respondents(survey)} is on record")
    rows = []
    for wave, row in scores.items():
        overall = row.get(root(about), NOTHING)
        count = figures.latest("dma_count", _periods(extract), survey=survey, wave=wave)[0]
        mean = _mean(words, overall, count) + (" (low reliability)" if overall.status == "u" else "")
        band = _band(about, overall.value)
        rows.append([extract.label("waves", wave), words.value(count), mean, words.range(overall), band])
    note = (
        "Not all organisations come back, so different ones stand behind the waves: the differences between "
        "these means are not the effect of the support. The change below is computed on pairs."
    )
    heads = ["Assessment", "Assessed#", "Mean score (0 to 100)#", f"{words.interval}#", "Band of the mean"]
    return table(f"Digital maturity of {respondents(survey)}, overall score", heads, rows, note)


def _mean(words: Words, overall: Estimate, count: Estimate) -> str:
    """The mean; hidden behind enough respondents it would tell another one that is hidden."""
    enough = count.known and (count.value or 0) >= words.minimum
    return "not shown" if overall.status == "c" and enough else words.value(overall)


def maturity_profile(extract: Extract, words: Words, figures: Indicators, survey: str) -> Block:
    """The dimensions as dots with intervals, one dot per wave."""
    about, scores = _survey(extract, survey), wave_scores(extract, figures, survey)
    labels = dimensions(about)
    shown = {wave: row for wave, row in scores.items() if any(e.known for e in row.values())}
    if not shown:
        return no_data(f"no profile of {respondents(survey)} can be shown")
    scale = about["nodes"][root(about)].get("scale", [0, 100])
    bands = about.get("bands", {}).get(about["nodes"][root(about)].get("bands"), [])
    edges = {band["label"]: band["up_to"] if band["up_to"] is not None else scale[1] for band in bands}
    series = {extract.label("waves", wave): {labels[code]: e for code, e in row.items()} for wave, row in shown.items()}
    alt = f"Mean score by dimension. {_spoken(words, series)}"
    caption = (f"Digital maturity of {respondents(survey)} by dimension: mean scores with {words.interval}s "
               f"({listing(_bases(shown, root(about)))})")  # fmt: skip
    return draw.profile(series, edges, (scale[0], scale[1]), alt, caption)


def _bases(waves: dict[str, dict[str, Estimate]], overall: str) -> list[str]:
    return [
        f"{wave}: n = {row[overall].n}" if row[overall].n else f"{wave}: n not shown" for wave, row in waves.items()
    ]


def _spoken(words: Words, series: dict[str, dict[str, Estimate]]) -> str:
    return " ".join(
        f"{wave}: " + ", ".join(f"{label} {words.value(e)}" for label, e in row.items()) + "."
        for wave, row in series.items()
    )


def maturity_change(extract: Extract, words: Words, figures: Indicators, survey: str) -> Block:
    """The paired change, overall and by dimension."""
    about, block = _survey(extract, survey), NO_BLOCK
    waves = about.get("waves") or []
    for later in waves[1:]:
        parts = {"survey": survey, "waves": f"{waves[0]}-{later}"}
        found = {
            label: figures.get("maturity_gain", extract.so_far, dimension=code, **parts)
            for code, label in dimensions(about).items()
        }
        if any(e.status != "m" for e in found.values()):
            drawn = block == NO_BLOCK
            block += _change(words, found, f"{waves[0]} to {later}", respondents(survey), drawn)
    return no_data(f"no {respondents(survey)} were assessed twice") if block == NO_BLOCK else block


def _change(words: Words, found: dict[str, Estimate], pair: str, who: str, drawn: bool) -> Block:
    """What one pair of waves says: a sentence, the dimensions in a table and, if wanted, in a figure."""
    said = change_sentence(words, next(iter(found.values())), who)
    text = sentence(f"<strong>{esc(pair)}.</strong> {esc(said)}")
    if not any(e.known for e in found.values()):
        return text
    if drawn:
        alt = f"Mean change in points with intervals. {_spoken(words, {pair: found})}"
        caption = f"Change in digital maturity of {who} from {pair}, in points, same organisations"
        text += draw.forest(list(found.items()), alt, f"{caption} ({words.interval}s)")
    rows = [
        [label, words.value(e, sign=True), words.range(e, sign=True), "–" if e.n is None else e.n]
        for label, e in found.items()
    ]
    heads = ["Dimension", "Mean change#", f"{words.interval}#", "Pairs (n)#"]
    return text + table(f"Change from {pair}, in points", heads, rows)
