"""The pieces of a page: sentences, cards of figures, tables, drawings. Every one knows how to show itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dihkpi.reports.facts import Estimate, Facts
from dihkpi.reports.wording import PERCENT, amount, esc, interval, number, plural, short_amount

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_STAY = "\N{NO-BREAK SPACE}"


class Markup(str):
    """Text that is HTML of ours already; everything else is escaped when it enters a table."""

    __slots__ = ()


@dataclass(frozen=True)
class Block:
    """A piece of a page that a notebook shows by naming it as the last line of a cell."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return "Block(…)"

    def __add__(self, other: Block) -> Block:
        return Block(self.html + "\n" + other.html)


NO_BLOCK = Block("")


def sentence(text: str, kind: str = "") -> Block:
    """A paragraph; the text may not hold foreign words that are not escaped."""
    return Block(f'<p class="{kind}">{text}</p>' if kind else f"<p>{text}</p>")


def no_data(what: str) -> Block:
    """The plain sentence that stands where there is nothing to show."""
    return sentence(f"No data: {what}.", "absent")


def _cell(content: object, tag: str, kind: str) -> str:
    text = content if isinstance(content, Markup) else esc(content)
    scope = ' scope="row"' if tag == "th" else ""
    return f'<{tag}{scope} class="{kind}">{text}</{tag}>' if kind else f"<{tag}{scope}>{text}</{tag}>"


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], note: str = "", kind: str = ""
) -> Block:
    """A table whose first column names the row; a heading that ends in ``#`` marks a column of numbers.

    Parameters
    ----------
    caption : str
        What the table shows; escaped.
    heads : sequence of str
        Headings of the columns; escaped.
    rows : iterable of sequences
        Cells; `Markup` goes in as it is, everything else is escaped.
    note : str, optional
        A line below, of our own words.
    kind : str, optional
        Class of the table.
    """
    kinds = ["number" if head.endswith("#") else "" for head in heads]
    top = "".join(
        f'<th scope="col"{f" class={k}" if k else ""}>{esc(head.rstrip("#"))}</th>'
        for head, k in zip(heads, kinds, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(_cell(c, "td" if i else "th", k) for i, (c, k) in enumerate(zip(row, kinds, strict=True)))
        + "</tr>"
        for row in rows
    )
    below = f'<p class="note">{note}</p>' if note else ""
    frame = f'<table class="{kind}">' if kind else "<table>"
    return Block(
        f'<div class="scroll">{frame}<caption>{esc(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>{below}"
    )


def cards(entries: Iterable[tuple[str, str, str]]) -> Block:
    """Large figures: label, figure, and what it rests on; all three are escaped."""
    items = "".join(
        f"<div><dt>{esc(label)}</dt><dd><strong>{esc(figure)}</strong><span>{esc(base)}</span></dd></div>"
        for label, figure, base in entries
    )
    return Block(f'<dl class="cards">{items}</dl>')


class Words:
    """How an estimate is said, given the numbers of policy of the run.

    Parameters
    ----------
    minimum : float
        Disclosure minimum: smaller bases are not shown.
    level : float
        Confidence level of the intervals.
    decimals : int
        Decimals of scores and means.
    """

    def __init__(self, minimum: float, level: float, decimals: int = 1) -> None:
        self.decimals, self.minimum = decimals, minimum
        self.fewer = f"fewer than {number(minimum)}"
        self.interval = f"{number(level * 100)}\N{NO-BREAK SPACE}% interval"

    def value(self, estimate: Estimate, unit: str = "", sign: bool = False, short: bool = False) -> str:
        """The value, or the word for why there is none."""
        if estimate.status == "c":
            return self.fewer
        if not estimate.known or estimate.value is None:
            return "no data"
        return (short_amount if short else amount)(estimate.value, estimate.unit or unit, sign, self.decimals)

    def range(self, estimate: Estimate, sign: bool = False) -> str:
        """The interval, or a dash."""
        if not estimate.certain or estimate.lo is None or estimate.hi is None:
            return "–"
        return interval(estimate.lo, estimate.hi, estimate.unit, sign, self.decimals)

    def with_range(self, estimate: Estimate, sign: bool = False) -> Markup:
        """The value with its interval below, for a cell of a table."""
        span = f"<br><small>({esc(self.range(estimate, sign))})</small>" if estimate.certain else ""
        return Markup(esc(self.value(estimate, sign=sign)) + span)

    def base(self, estimate: Estimate, noun: str = "", many: str = "") -> str:
        """What a figure rests on: its base and interval, or why there is none."""
        if estimate.status == "c":
            return "not shown: the base is too small"
        if not estimate.known:
            return f"no {noun} on record" if noun else "not known"
        sign = (estimate.lo or 0) < 0 < (estimate.hi or 0)
        parts = [f"{self.interval} {self.range(estimate, sign)}"] if estimate.certain else []
        if estimate.n is not None:
            parts.append(f"from {plural(estimate.n, noun, many)}" if noun else f"n = {number(estimate.n)}")
        if not estimate.certain:
            parts.append("complete count, no interval" if estimate.unit not in PERCENT else "no interval")
        if estimate.status == "u":
            parts.append("low reliability")
        return ", ".join(parts)


def words_of(facts: Facts) -> Words:
    """The words for a run, by its numbers of policy and the decimals of its surveys."""
    surveys = facts.dictionary.get("surveys", {}).values()
    decimals = max((int(survey.get("display_decimals", 1)) for survey in surveys), default=1)
    return Words(facts.policy("disclosure_minimum"), facts.policy("confidence_level"), decimals)


def light(name: str | None, lights: Mapping[str, Mapping[str, str]], count: str = "") -> Markup:
    """A light as a word and a colour of the policy, with a shape that survives a black-and-white print."""
    if name is None or name not in lights:
        return Markup("–")
    words, colour = (lights[name].get(key, "") for key in ("words", "colour"))
    style = f' style="--light: {colour}"' if _COLOUR.fullmatch(colour) else ""
    return Markup(f'<span class="light {esc(name)}"{style}>{count}{esc(words).replace(" ", _STAY)}</span>')


def bar(share: float, mark: float | None = None) -> Markup:
    """A bar for a share of a target, with a tick where it is expected to stand."""
    tick = f'<i style="left:{min(mark, 1) * 100:.1f}%"></i>' if mark is not None else ""
    width = min(max(share, 0), 1) * 100
    return Markup(f'<span class="bar" aria-hidden="true"><b style="width:{width:.1f}%"></b>{tick}</span>')
