"""Sections that explain a score: what each dimension adds to it, and which places among others the data leave open."""

from __future__ import annotations

from collections.abc import Mapping

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, no_data, sentence, table
from dihkpi.reports.explained import Part, Score
from dihkpi.reports.extract import Extract
from dihkpi.reports.sections.overview import respondents, root
from dihkpi.reports.wording import capital, esc, listing, number, percent


def score_parts(extract: Extract, words: Words, survey: str) -> Block:
    """What each dimension adds to the overall score, one column per wave, and where the place stands out."""
    about, explained = extract.dictionary.get("surveys", {}).get(survey, {}), extract.explained
    node = root(about)
    waves = [wave for wave in explained.waves(survey) if _shown(explained.scores(survey, wave).get(node))]
    parts = {wave: found for wave in waves if (found := explained.parts(survey, wave, node))}
    if not parts:
        return no_data(f"no score of {respondents(survey)} can be explained")
    labels = {code: entry["label"] for code, entry in about["nodes"].items()}
    heads = ["Dimension", "Weight#", *(f"Adds at {extract.label('waves', w)}#" if w else "Adds#" for w in parts)]
    rows = [
        [labels.get(child, child), weight, *(_points(words, row[at].adds) for row in parts.values())]
        for at, (child, weight) in enumerate(_weights(next(iter(parts.values()))))
    ]
    sums = [explained.scores(survey, wave)[node].value for wave in parts]
    rows.append([_strong("Overall score"), "", *(_strong(_points(words, value)) for value in sums)])
    caption = f"What the overall score of {respondents(survey)} is made of, in points"
    note = "Each column sums to the score; differences in the last digit come from rounding."
    shown = table(caption, heads, rows, note)
    return shown + _standing_out(extract, words, survey, list(parts), labels)


def _shown(score: Score | None) -> bool:
    return score is not None and score.value is not None


def _weights(parts: list[Part]) -> list[tuple[str, str]]:
    total = sum(part.weight or 0.0 for part in parts)
    return [(part.child, percent(part.weight / total) if part.weight and total else "–") for part in parts]


def _points(words: Words, value: float | None) -> str:
    return "–" if value is None else number(value, words.decimals)


def _strong(text: str) -> Markup:
    return Markup(f"<strong>{esc(text)}</strong>")


def _standing_out(extract: Extract, words: Words, survey: str, waves: list[str], labels: Mapping[str, str]) -> Block:
    """In which dimensions the place is clearly above or below others of its kind, in a sentence per wave."""
    kind = str(extract.level(extract.place["level"]).get("plural", "places")).lower()
    said: dict[str, list[str]] = {}
    for wave in waves:
        beside = extract.explained.beside(survey, wave)
        told = [
            f"{labels.get(code, code)} {'above' if found.verdict == 'strength' else 'below'} by "
            f"{number(abs(found.gap or 0), words.decimals)} points "
            f"({number(abs(found.errors or 0), 1)} standard errors)"
            for code, found in beside.items()
            if found.verdict in ("strength", "weakness")
        ]
        if beside:
            what = f"clearly apart from the mean of the other {kind}: {listing(told)}" if told else ""
            label = extract.label("waves", wave) if wave else "Beside others"
            said.setdefault(what or f"no dimension can be told apart from the mean of the other {kind}", []).append(
                label
            )
    block = NO_BLOCK
    for what, when in said.items():
        block += sentence(f"<strong>{esc(listing(when))}.</strong> {esc(capital(what))}.")
    return block


def standing(extract: Extract, words: Words, survey: str) -> Block:
    """Which places among others the data leave open, and the tier, one row per wave; a bare rank is never shown."""
    about, explained = extract.dictionary.get("surveys", {}).get(survey, {}), extract.explained
    found = {wave: explained.standing(survey, wave, root(about)) for wave in explained.waves(survey)}
    rows = [
        [extract.label("waves", wave) if wave else "–", s.among, _places(s.lo, s.hi), _places(s.lo_single, s.hi_single),
         f"{s.tier} of {s.tiers}"]
        for wave, s in found.items() if s and s.among > 1
    ]  # fmt: skip
    if not rows:
        return no_data(f"no standing among others by the scores of {respondents(survey)} can be given")
    kind = extract.level(extract.place["level"])
    many = str(kind.get("plural", kind["title"])).lower()
    sure = f"{number(100 * extract.policy('confidence_level'))}\N{NO-BREAK SPACE}%"
    note = (
        f"A score of some respondents is not exact, so neither is a place in a list: a range holds every place that "
        f"the data leave open, with {sure} confidence. Read as a whole table, take the wide range; for one alone, the "
        f"narrow one. A tier has all that cannot be told from the best of it; tier 1 is the highest."
    )
    heads = ["Assessment", f"{capital(many)} compared#", "Places left open", "Looked at alone", "Tier"]
    return table(f"Standing among {many} by the overall score of {respondents(survey)}", heads, rows, esc(note))


def _places(best: int, worst: int) -> str:
    return f"{best}" if best == worst else f"{best} to {worst}"
