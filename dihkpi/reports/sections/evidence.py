"""Sections on how sure a change is: other intervals, who left, chance alone, and what may be said of its cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dihkpi.reports.blocks import Block, Words, no_data, sentence, table
from dihkpi.reports.explained import Measured
from dihkpi.reports.extract import Extract
from dihkpi.reports.sections.overview import respondents
from dihkpi.reports.wording import capital, esc, interval, number, percent

_ROWS = (
    ("mean", "Mean change, same organisations", "points"),
    ("mean_cluster", "The same, hubs taken as the units", "points"),
    ("mean_bca", "The same, interval by bootstrap", "points"),
    ("mean_weighted", "The same, weighted for those who did not come back", "points"),
    ("bounds", "If all who did not come back had changed for the worst, or the best", "points"),
    ("improved", "Share that improved by more than the smallest change that matters", "percent"),
    ("worse", "Share that got worse by as much", "percent"),
    ("smallest_detectable", "Smallest mean change that so many pairs can show", "points"),
)


def change_evidence(extract: Extract, words: Words, survey: str) -> Block:
    """What stands behind the change from the first wave to the second, and the verdict on its cause."""
    about, explained = extract.dictionary.get("surveys", {}).get(survey, {}), extract.explained
    waves = about.get("waves") or []
    pair = f"{waves[0]}-{waves[1]}" if len(waves) > 1 else ""
    found = explained.changes(survey, pair)
    rows = list(_rows(words, found))
    if not rows or found["mean"].value is None:
        return no_data(f"too few {respondents(survey)} were assessed twice to say how sure a change is")
    rows += _without_effect(words, explained.changes(survey, pair, "tercile=1"))
    heads = ["Figure", "Value#", f"{words.interval}#", "n#"]
    caption = f"How sure the change of {respondents(survey)} from {waves[0]} to {waves[1]} is, overall score"
    note = (
        "Who starts low rises on average without any support, because a low score is partly chance: the last rows show "
        "how much. The bounds hold whatever happened to those who did not come back."
    )
    return table(caption, heads, rows, note) + _verdict(extract, survey)


def _rows(words: Words, found: Mapping[str, Measured]) -> Iterator[list[object]]:
    for measure, label, unit in _ROWS:
        figure = found.get(measure)
        if figure is not None and (figure.value is not None or figure.lo is not None):
            yield [label, *_cells(words, figure, unit)]


def _without_effect(words: Words, lowest: Mapping[str, Measured]) -> list[list[object]]:
    """The third that started lowest: what was seen, and what chance alone explains."""
    labels = {"mean": "The third that started lowest: change",
              "expected_no_effect": "The third that started lowest: expected without any effect"}  # fmt: skip
    return [
        [label, *_cells(words, lowest[measure], "points")]
        for measure, label in labels.items()
        if measure in lowest and lowest[measure].value is not None and lowest["mean"].value is not None
    ]


def _cells(words: Words, figure: Measured, unit: str) -> list[object]:
    sign = unit == "points"
    if unit == "percent":
        value = "–" if figure.value is None else percent(figure.value / 100)
    else:
        value = "–" if figure.value is None else number(figure.value, words.decimals, sign)
    known = figure.lo is not None and figure.hi is not None
    span = interval(figure.lo or 0.0, figure.hi or 0.0, unit, sign, words.decimals) if known else "–"
    return [value, span, "–" if figure.n is None else figure.n]


def _verdict(extract: Extract, survey: str) -> Block:
    """What may be said of the cause; never the word impact.

    The effect is that of all hubs together and stands in their report alone: with it in every page, one corrected
    answer would change the pages of all hubs.
    """
    told = extract.explained.effects(survey)
    if not told:
        return sentence(
            "<strong>Verdict: descriptive.</strong> The change is a description: nothing here tells what would have "
            "happened without the support. The report on the network says what the declared analysis finds."
        )
    analysis, said = told[0]
    said = re.sub(r"-(?=\d)", "\N{MINUS SIGN}", said)
    text = (
        f"<strong>Cause.</strong> The change alone does not tell what the support did. The declared analysis of all "
        f"hubs together ({esc(analysis.replace('_', ' '))}) gives: {esc(said)}."
    )
    return sentence(capital(text))
