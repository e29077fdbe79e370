"""Sections on how sure a change is: other intervals, who left, chance alone, and what may be said of its cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, no_data, sentence, table
from dihkpi.reports.explained import Effect, Measured
from dihkpi.reports.extract import Extract
from dihkpi.reports.sections.overview import respondents
from dihkpi.reports.wording import capital, esc, interval, number, percent, plural

_ROWS = (
    ("mean", "Mean change, same organisations", "points"),
    ("mean_cluster", "The same, hubs taken as the units", "points"),
    ("mean_bca", "The same, interval by bootstrap", "points"),
    ("mean_boot_t", "The same, interval by a bootstrap for few", "points"),
    ("mean_weighted", "The same, weighted for those who did not come back", "points"),
    ("bounds", "If all who did not come back had changed for the worst, or the best", "points"),
    ("improved", "Share that improved by more than the smallest change that matters", "percent"),
    ("worse", "Share that got worse by as much", "percent"),
    ("smallest_detectable", "Smallest mean change that so many pairs can show", "points"),
)
_MET = ", met"


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
    return table(caption, heads, rows, note) + _verdict(extract, words, survey, found["mean"])


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


def _verdict(extract: Extract, words: Words, survey: str, change: Measured) -> Block:
    """What may be said of the cause; never the word impact.

    The effect is that of all hubs together and stands in their report alone: with it in every page, one corrected
    answer would change the pages of all hubs.
    """
    told = extract.explained.effects(survey)
    if told:
        return _effects(extract, words, survey, told)
    return sentence(
        f"<strong>Verdict: descriptive.</strong> You may say: {_may_say(words, survey, change)}. You may not say: "
        "because of the support. For that it takes organisations like these that were assessed twice without support "
        "in between, and better still two assessments of everybody before the support began. The report on the network "
        "makes this comparison for all hubs together, as far as their data allow."
    )


def _may_say(words: Words, survey: str, change: Measured) -> str:
    """What the change alone lets one say, with its interval."""
    value, who = change.value or 0.0, f"{respondents(survey)} assessed twice"
    size = number(abs(value), words.decimals)
    if change.lo is None or change.hi is None:
        return f"{who} changed by {number(value, words.decimals, sign=True)} points"
    span = f"({words.interval} of the change {interval(change.lo, change.hi, 'points', True, words.decimals)})"
    if change.lo < 0 < change.hi:
        return f"the mean change of {who} cannot be told from none {span}"
    return f"{who} {'gained' if value > 0 else 'lost'} {size} points on average {span}"


def _effects(extract: Extract, words: Words, survey: str, told: Sequence[Effect]) -> Block:
    """The declared questions with their answers, what the main one may be called, and what each design needs."""
    about = extract.dictionary.get("surveys", {}).get(survey, {})
    rows = [
        [_question(extract, about, e), _number(words, e.estimate), _span(words, e), _p(e.p_adjusted),
         "–" if e.n is None else number(e.n), capital(e.verdict if e.verdict != "none" else "no number")]
        for e in told
    ]  # fmt: skip
    heads = ["Question", "Effect#", f"{words.interval}#", "p, adjusted#", "n#", "May be called"]
    note = (
        "Effects are in points. p is the chance of so large a difference if there were no effect, adjusted for the "
        "number of questions asked together; the intervals are each for one question alone. The questions were "
        "declared before looking."
    )
    main = told[0]
    said = re.sub(r"-(?=\d)", "\N{MINUS SIGN}", main.said)
    lead = sentence(
        "<strong>Cause.</strong> The change alone does not tell what the support did. The declared analysis of all "
        f"hubs together gives for the main question: {esc(said)}. {esc(_unclear(main))}"
    )
    shown = table(
        f"Declared questions on the effect of the support on {respondents(survey)}", heads, rows, note, "wide"
    )
    return lead + shown + _needs(extract, told)


def _question(extract: Extract, about: Mapping[str, Any], e: Effect) -> Markup:
    """The question in the words of the plan, with its outcome and design."""
    asked = about.get("questions", {}).get(e.analysis, capital(e.analysis.replace("_", " ")))
    node = about.get("nodes", {}).get(e.outcome)
    outcome = node["label"] if node else extract.indicator(e.outcome)["name"]
    return Markup(f"{esc(asked)}<br><small>{esc(outcome)}; {esc(_design(extract, e))}</small>")


def _design(extract: Extract, e: Effect) -> str:
    return str(extract.dictionary.get("designs", {}).get(e.design, e.design.replace("_", " "))).lower()


def _number(words: Words, value: float | None) -> str:
    return "–" if value is None else number(value, words.decimals, sign=True)


def _span(words: Words, e: Effect) -> str:
    if e.lo is None or e.hi is None:
        return "–"
    return interval(e.lo, e.hi, "points", sign=True, decimals=words.decimals)


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "under 0.001" if value < 0.001 else number(value, 3 if value < 0.1 else 2)


def _unclear(e: Effect) -> str:
    """What an interval that holds zero means."""
    if e.lo is None or e.hi is None or not e.lo < 0 < e.hi:
        return ""
    return "The interval holds zero: the data are compatible with no effect, and with effects up to its ends."


def _needs(extract: Extract, told: Sequence[Effect]) -> Block:
    """What each design needs and whether the data meet it; the same needs are told once."""
    found: dict[tuple[str, str], list[Effect]] = {}
    for e in told:
        if e.needs:
            found.setdefault((_design(extract, e), e.needs), []).append(e)
    block = NO_BLOCK
    for (design, needs), effects in found.items():
        parts = needs.split("; ")
        lacking = [part for part in parts if not part.endswith(_MET)]
        met = [part.removesuffix(_MET) for part in parts if part.endswith(_MET)]
        text = f"Met: {'; '.join(met)}." if met else ""
        text += f" Not met or not known: {'; '.join(lacking)}." if lacking else ""
        which = "" if len(effects) == len(told) else f" ({plural(len(effects), 'question')})"
        assumed = next((e.assumption for e in effects if e.assumption), None)
        text += f" Besides, no data can show this: {assumed}." if assumed else ""
        block += sentence(f"<strong>What “{esc(design)}” needs{which}.</strong> {esc(text)}", "note")
    return block
