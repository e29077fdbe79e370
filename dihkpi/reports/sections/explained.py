"""Sections that explain a score: what each dimension adds to it, and which places among others the data leave open."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, no_data, sentence, table
from dihkpi.reports.drawing import figures as draw
from dihkpi.reports.explained import Part, Score, Standing
from dihkpi.reports.extract import Extract
from dihkpi.reports.sections.overview import respondents, root
from dihkpi.reports.wording import esc, number, percent, plural

_VERDICTS = {"strength": "clearly above", "weakness": "clearly below", "none": "not told apart"}


def score_parts(extract: Extract, words: Words, survey: str) -> Block:
    """What each dimension adds to the overall score, wave by wave; the parts sum to the score."""
    about, explained = extract.dictionary.get("surveys", {}).get(survey, {}), extract.explained
    node, block = root(about), NO_BLOCK
    for wave in explained.waves(survey):
        score, parts = explained.scores(survey, wave).get(node), explained.parts(survey, wave, node)
        if score and score.value is not None and parts:
            block += _parts(extract, words, survey, wave, score, parts, drawn=block == NO_BLOCK)
    return block if block != NO_BLOCK else no_data(f"no score of {respondents(survey)} can be explained")


def _parts(
    extract: Extract, words: Words, survey: str, wave: str, score: Score, parts: list[Part], *, drawn: bool
) -> Block:
    about = extract.dictionary["surveys"][survey]
    labels = {code: node["label"] for code, node in about["nodes"].items()}
    beside = extract.explained.beside(survey, wave)
    total = sum(part.weight or 0.0 for part in parts)
    when = f", {extract.label('waves', wave)}" if wave else ""
    rows: list[list[object]] = [
        [
            labels.get(part.child, part.child),
            "–" if part.value is None else number(part.value, words.decimals),
            percent(part.weight / total) if part.weight and total else "–",
            "–" if part.adds is None else number(part.adds, words.decimals),
            *([_beside(beside[part.child])] if part.child in beside else ["–"] if beside else []),
        ]
        for part in parts
    ]
    summed: list[object] = [
        Markup("<strong>Overall</strong>"),
        "",
        "",
        _strong(number(score.value or 0.0, words.decimals)),
    ]
    rows.append([*summed, ""] if beside else summed)
    heads = ["Dimension", "Mean score#", "Weight#", "Adds to the overall score#"]
    heads += ["Beside the others"] if beside else []
    caption = f"What the overall score of {respondents(survey)} is made of{when}"
    note = "The parts sum to the score; differences in the last digit come from rounding."
    if beside:
        note += (
            " Beside the others: how many standard errors a dimension lies above or below the mean of the other places "
            "of its kind; “clearly” allows for the number of comparisons."
        )
    figure = NO_BLOCK
    if drawn:
        shown = {labels.get(part.child, part.child): part.adds for part in parts if part.adds is not None}
        alt = f"Points that each dimension adds to the overall score of {number(score.value or 0.0, words.decimals)}."
        figure = draw.bars(shown, "points", alt, caption)
    return figure + table(caption, heads, rows, note)


def _strong(text: str) -> Markup:
    return Markup(f"<strong>{esc(text)}</strong>")


def _beside(found: Any) -> str:
    if found.errors is None:
        return "–"
    return f"{_VERDICTS.get(found.verdict, found.verdict)} ({number(found.errors, 1, sign=True)} errors)"


def standing(extract: Extract, words: Words, survey: str) -> Block:
    """Which places the data leave open, and the tier, wave by wave."""
    about, explained = extract.dictionary.get("surveys", {}).get(survey, {}), extract.explained
    node, block = root(about), NO_BLOCK
    for wave in explained.waves(survey):
        if found := explained.standing(survey, wave, node):
            when = extract.label("waves", wave) if wave else ""
            block += sentence(
                f"<strong>{esc(when or 'Standing')}.</strong> {esc(standing_words(extract, words, found))}"
            )
    if block == NO_BLOCK:
        return no_data(f"no standing among others by the scores of {respondents(survey)} can be given")
    note = (
        "A score of a few respondents is not exact, so neither is a place in a list. The set holds every place that "
        "the data leave open; two places whose sets overlap must not be read as better and worse."
    )
    return block + sentence(note, "note")


def standing_words(extract: Extract, words: Words, found: Standing) -> str:
    """One sentence on a set of places, and one on the tier.

    The bare rank is never said alone: where the set is one place, that place is what the data say.
    """
    kind = extract.level(extract.place["level"])
    others = plural(found.among, kind["title"].lower(), kind.get("plural", kind["title"]).lower())
    places = f"place {found.lo}" if found.lo == found.hi else f"any place from {found.lo} to {found.hi}"
    alone = f"{found.lo_single}" if found.lo_single == found.hi_single else f"{found.lo_single} to {found.hi_single}"
    said = f"Among {others} that can be compared, the data leave open {places}"
    if (found.lo, found.hi) != (found.lo_single, found.hi_single):
        said += f"; looked at alone, {alone}"
    confidence = number(100 * extract.policy("confidence_level"))
    said += f" ({confidence}\N{NO-BREAK SPACE}% sets). "
    if found.tiers == 1:
        return said + "All of them are in one tier: the data tell none from the best."
    return said + f"It is in tier {found.tier} of {found.tiers}: it cannot be told from the best of that tier."
