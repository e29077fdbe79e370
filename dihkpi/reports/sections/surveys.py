"""Sections on the surveys themselves: how reliable their scales are, and which items should be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Markup, Words, cards, no_data, sentence, table
from dihkpi.reports.drawing import figures as draw
from dihkpi.reports.drawing.stacks import stacks
from dihkpi.reports.extract import Extract
from dihkpi.reports.facts import Estimate
from dihkpi.reports.wording import esc, listing, number, percent, plural

Row = Mapping[str, Any]
SCALES, ITEMS, CHARTS, BARS = 30, 60, 40, 18
"""Most scales, items and charts of a survey that are shown, and bars of one chart."""

PARTS = ("lowest answer", "between", "best answer")
# The signs of a status, with words of their own.
VERDICTS = tuple(
    Markup(f'<span class="light {sign}">{said}</span>')
    for sign, said in (("on_track", "reliable"), ("watch", "not clear"), ("behind", "not reliable"))
)


def _each(extract: Extract, show: Callable[[list[Row], list[Row]], Block]) -> Block:
    """A piece for every survey, below its title; from the rows of its scales and those of its items."""
    block = NO_BLOCK
    for entry in extract.surveys:
        rows = entry["rows"]
        scales, items = ([row for row in rows if (row["item"] is None) == whole] for whole in (True, False))
        wave = f", {extract.label('waves', rows[0]['wave'])}" if rows[0]["wave"] else ""
        block += Block(f"<h3>{esc(extract.survey(entry['survey']) + wave)}</h3>") + show(scales, items)
    return no_data("no survey was answered item by item") if block == NO_BLOCK else block


def survey_headline(extract: Extract, words: Words) -> Block:
    """Per survey one sentence and four figures."""
    limit = _limit(extract, "alpha")

    def show(scales: list[Row], items: list[Row]) -> Block:
        judged = [row for row in scales if row["status"] == "ok" and row["alpha"] is not None]
        sides = [_side(row, limit) for row in judged]
        seen = {row["item"] for row in items if row["status"] == "ok"}
        flagged = {row["item"] for row in items if row["flags"]}
        root = scales[0]
        n = next((row["respondents"] for row in scales if row["respondents"] is not None), None)
        said = _verdict(sides, limit, _limit(extract, "respondents"))
        many = f"{len(flagged)} of {plural(len(seen), 'item')} {'needs' if len(flagged) == 1 else 'need'}"
        said += f" {many if flagged else 'No item needs'} a look." if seen else ""
        return sentence(esc(said), "lead") + cards([
            ("Respondents", words.fewer if n is None else number(n), "of the first assessment, later ones left out"),
            ("Reliable scales", f"{sides.count(0)} of {len(judged)}", f"whole interval of alpha above {limit:.2f}"),
            ("Alpha of the overall score", _alpha(words, root), _range(words, root)),
            ("Items to look at", f"{len(flagged)} of {len(seen)}", "with the reason below"),
        ])  # fmt: skip

    return _each(extract, show)


def _verdict(sides: list[int], limit: float, least: float) -> str:
    if not sides:
        return f"Too few have answered to judge the scales: it takes {number(least)} respondents."
    good, open_, bad = (sides.count(side) for side in range(3))
    first = f"{good} of {plural(len(sides), 'scale')} {'is' if good == 1 else 'are'} reliable"
    rest = [f"{open_} cannot be told yet"] * (open_ > 0) + [f"{bad} {'is' if bad == 1 else 'are'} not"] * (bad > 0)
    return f"{listing([first, *rest])} (alpha above or below {limit:.2f} with its whole interval)."


def survey_scales(extract: Extract, words: Words) -> Block:
    """Alpha of every scale, drawn with its interval and as a table."""
    limit = _limit(extract, "alpha")

    def show(scales: list[Row], items: list[Row]) -> Block:
        nodes = extract.dictionary.get("surveys", {}).get(scales[0]["survey"], {}).get("nodes", {})
        place = {code: at for at, code in enumerate(nodes)}
        depth = {code: node["depth"] for code, node in nodes.items()}
        kept = [row for row in scales if (row["n_items"] or 0) > 1]
        kept = sorted(kept, key=lambda row: depth.get(row["node"], 0))[:SCALES]
        kept.sort(key=lambda row: place.get(row["node"], 0))
        drawn = [(_name(row, nodes), _estimate(row)) for row in kept if row["alpha"] is not None]
        spoken = ", ".join(f"{label} {e.value:.2f}" for label, e in drawn)
        caption = f"Cronbach's alpha of each scale with its {words.interval}; the line is at {limit:.2f}"
        figure = draw.forest(drawn, f"Alpha by scale: {spoken}.", caption, line=limit)
        heads = ["Scale", "Parts#", "n#", "Alpha#", f"{words.interval}#", "Omega#", "Things measured#", ""]
        body = [_scale(words, row, limit, _name(row, nodes)) for row in kept]
        left = len(scales) - len(kept)
        note = "A scale of one part has no alpha and is left out. " if left else ""
        kinds = sorted({row["method"] for row in kept if row["method"]})
        return figure + table("Scales", heads, body, esc(f"{note}Computed as: {'; '.join(kinds)}."), "wide")

    return _each(extract, show)


def _side(row: Row, limit: float) -> int:
    """0 where the whole interval of alpha is above a limit, 2 where it is below, 1 between."""
    return 0 if row["alpha_lo"] >= limit else 2 if row["alpha_hi"] < limit else 1


def _scale(words: Words, row: Row, limit: float, name: str) -> list[object]:
    alpha = row["alpha"]
    word = Markup("–")
    if row["status"] == "ok" and alpha is not None:
        word = VERDICTS[_side(row, limit)]
    elif row["reason"]:
        word = Markup(esc(row["reason"]))
    n = words.fewer if row["status"] == "c" else _count(row["n"])
    numbers = [_figure(row["alpha"]), _range(words, row, bare=True), _figure(row["omega"]), _count(row["factors"])]
    return [name, _count(row["n_items"]), n, *numbers, word]


def survey_issues(extract: Extract, words: Words) -> Block:
    """Items to look at, with the reason in words."""

    def show(scales: list[Row], items: list[Row]) -> Block:
        names = {row["node"]: row["label"] for row in scales}
        flagged = [row for row in items if row["flags"]]
        if not flagged:
            return sentence("No item is out of the ordinary.")
        rows = [
            [row["label"], names.get(row["node"], row["node"]), Markup("<br>".join(map(esc, row["flags"].split("; ")))),
             _count(row["n"])]
            for row in flagged[:ITEMS]
        ]  # fmt: skip
        more = len(flagged) - ITEMS
        note = f"and {plural(more, 'more item')}, in data/quality.csv" if more > 0 else ""
        return table(
            f"{plural(len(flagged), 'item')} to look at", ["Item", "Scale", "What was found", "Answers#"], rows, note
        )

    return _each(extract, show)


def survey_items(extract: Extract, words: Words) -> Block:
    """One chart per scale: lowest, between and best answers of those who answered, and who did not."""

    def show(scales: list[Row], items: list[Row]) -> Block:
        block = NO_BLOCK
        for place, (label, rows) in enumerate(_charts(scales, items)):
            if place >= CHARTS:
                return block + sentence("Further scales: see data/quality.csv.", "note")
            bars = [(row["label"], _parts(row), _unanswered(words, row)) for row in rows]
            spoken = "; ".join(
                f"{name}: best answer {percent(shares[2]) if shares else 'not shown'}, no answer {none}"
                for name, shares, none in bars
            )
            answered = [row["n"] for row in rows if row["n"] is not None]
            base = f" (n = {_span(answered)})" if answered else ""
            caption = f"Answers of those who gave one{base}; on the right the share of all who gave none"
            block += Block(f"<h4>{esc(label)}</h4>")
            block += stacks(bars, PARTS, "no answer", f"{label}. {spoken}.", caption)
        return block

    return _each(extract, show)


def _span(numbers: list[int]) -> str:
    """The least and the greatest of some numbers.

    Examples
    --------
    >>> _span([41, 41]), _span([38, 1200, 41])
    ('41', '38 to 1,200')
    """
    least, most = min(numbers), max(numbers)
    return number(least) if least == most else f"{number(least)} to {number(most)}"


def _charts(scales: list[Row], items: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Label of a scale and its items, long scales in several parts."""
    for scale in scales:
        rows = [row for row in items if row["node"] == scale["node"]]
        for start in range(0, len(rows), BARS):
            more = " (continued)" if start else ""
            yield f"{scale['label']}{more}", rows[start : start + BARS]


def _parts(row: Row) -> tuple[float, ...]:
    if row["floor"] is None or row["ceiling"] is None:
        return ()
    if row["sd"] == 0:
        return (0.0, 0.0, 1.0) if row["ceiling"] else (1.0, 0.0, 0.0) if row["floor"] else (0.0, 1.0, 0.0)
    between = round(1 - row["floor"] - row["ceiling"], 3)  # what is left by rounding is nothing
    return (row["floor"], max(between, 0.0), row["ceiling"])


def _unanswered(words: Words, row: Row) -> str:
    return words.fewer + " answers" if row["status"] == "c" else percent(row["share_missing"])


def _name(row: Row, nodes: Mapping[str, Any]) -> str:
    return f"{row['label']} (all)" if nodes.get(row["node"], {}).get("depth") == 0 else str(row["label"])


def _estimate(row: Row) -> Estimate:
    return Estimate(row["alpha"], row["alpha_lo"], row["alpha_hi"], row["n"], "", "u" if row["status"] == "u" else "ok")


def _alpha(words: Words, row: Row) -> str:
    return words.fewer if row["status"] == "c" else _figure(row["alpha"])


def _range(words: Words, row: Row, bare: bool = False) -> str:
    if row["alpha_lo"] is None or row["alpha_hi"] is None:
        return "–"
    span = f"{_figure(row['alpha_lo'])} to {_figure(row['alpha_hi'])}"
    return span if bare else f"{words.interval} {span}"


def _figure(value: float | None) -> str:
    return "–" if value is None else number(value, 2)


def _count(value: float | None) -> str:
    return "–" if value is None else number(value)


def _limit(extract: Extract, name: str) -> float:
    limits = extract.dictionary.get("item_quality", {})  # results of an earlier version have none, and no surveys
    return float(limits.get(name, "nan"))
