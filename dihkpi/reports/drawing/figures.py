"""Drawings: one calm style, drawn without a screen, and handed over as SVG images, always the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block
from dihkpi.reports.drawing.lettering import LINE, fitted, width
from dihkpi.reports.drawing.scale import Scale, marks
from dihkpi.reports.drawing.sheet import ACCENT, FAINT, INK, SIZE, SMALL, SOFT, STYLE, TINY, WIDTH, Sheet, image
from dihkpi.reports.facts import Estimate
from dihkpi.reports.wording import amount, compact

# One hue from light to dark and a shape each: the order survives colour blindness and a grey print.
WAVES = (("#8fb8c9", "o"), ("#3c87a6", "D"), ("#0b4f6c", "s"), ("#12232e", "^"))
# In points: heights of rows, of the bar in a row, of the numbers of a scale, of a line of a legend; widths; columns.
ROW, WAVE_ROW, BAR, FOOT, KEY = 26, 39, 16, 20, 16
LABELS, GAP, EDGE = 160, 8, 1
COLUMNS, STEP, PANEL_GAP = 72, 56, 10


def bars(values: Mapping[str, float], unit: str, alt: str, caption: str) -> Block:
    """Horizontal bars in the order given, each with its figure at the end.

    Parameters
    ----------
    values : mapping of str to float
        Label to value.
    unit : str
        Unit of the values.
    alt, caption : str
        What the figure says, for those who do not see it; and its title.
    """
    if not values:
        return NO_BLOCK
    sheet = Sheet(ROW * len(values) + 2 * EDGE)
    left, rows = name_rows(sheet, values, EDGE, ROW)
    texts = [amount(value, unit) for value in values.values()]
    room = max(width(text, SIZE) for text in texts) + 2 * GAP
    below = room if min(values.values()) < 0 else 0
    scale = Scale(*_with_zero(values.values()), left + below, WIDTH - room)
    start, ends = scale(0), [scale(value) for value in values.values()]
    sheet.boxes((start, y - BAR / 2, end, y + BAR / 2) for y, end in zip(rows, ends, strict=True))
    for y, end, text in zip(rows, ends, texts, strict=True):
        sheet.text(end - 4 if end < start else end + 4, y, [text], align="right" if end < start else "left")
    return sheet.block(alt, caption)


def _with_zero(values: Iterable[float]) -> tuple[float, float]:
    """The smallest and the largest value, of which zero is one; some distance apart."""
    given = [0.0, *values]
    low, high = min(given), max(given)
    return low, high if high > low else 1.0


def name_rows(sheet: Sheet, labels: Iterable[str], top: float, height: float) -> tuple[float, list[float]]:
    """Write the labels of the rows, first row on top; where the plot may begin, and the middle of each row.

    They stand flush left, so that every font of a browser keeps them in line.
    """
    names = [fitted(label, LABELS, SIZE) for label in labels]
    middles = [top + (place + 0.5) * height for place in range(len(names))]
    for middle, name in zip(middles, names, strict=True):
        sheet.text(0, middle, name)
    return max(width(line, SIZE) for name in names for line in name) + GAP, middles


def columns(panels: Mapping[str, Mapping[str, Estimate]], alt: str, caption: str) -> Block:
    """Small panels side by side, one column per year; a year without value stays empty.

    Panels that would be too narrow for their texts stand in several rows.
    """
    if not panels:
        return NO_BLOCK
    abreast = _abreast(panels)
    space = (WIDTH - (abreast - 1) * PANEL_GAP) / abreast
    titles = {title: fitted(title, space, SIZE) for title in panels}
    head = max(map(len, titles.values())) * LINE * SIZE + LINE * SIZE + 6
    tall = head + COLUMNS + 2.6 * LINE * SIZE
    sheet = Sheet(tall * -(-len(panels) // abreast) + 2 * EDGE)
    for place, (title, years) in enumerate(panels.items()):
        left, top = place % abreast * (space + PANEL_GAP), EDGE + place // abreast * tall
        sheet.text(left, top + len(titles[title]) * LINE * SIZE / 2, titles[title])
        _panel(sheet, years, left, top + head, space)
    return sheet.block(alt, caption)


def _abreast(panels: Mapping[str, Mapping[str, Estimate]]) -> int:
    """How many panels stand in a row so that the texts of neighbouring columns keep apart."""
    needed = max(
        len(years) * width(text, SMALL)
        for years in panels.values()
        for year, e in years.items()
        for text in (_column_text(e), *year.split(" ", 1))
    )
    return max(1, min(len(panels), int((WIDTH + PANEL_GAP) / (needed + PANEL_GAP))))


def _panel(sheet: Sheet, years: Mapping[str, Estimate], left: float, top: float, space: float) -> None:
    """One panel: the columns, their figures, and the years below."""
    heights = [e.value if e.known and e.value is not None else 0.0 for e in years.values()]
    step, text_room = min(space / len(years), STEP), LINE * SMALL
    scale = Scale(*_with_zero(heights), top + COLUMNS - (text_room if min(heights) < 0 else 0), top)
    ground, foot = scale(0), top + COLUMNS + 4
    middles = [left + (place + 0.5) * step for place in range(len(years))]
    sheet.boxes((x - 0.3 * step, ground, x + 0.3 * step, scale(h)) for x, h in zip(middles, heights, strict=True) if h)
    sheet.lines([(left, ground, left + step * len(years), ground)], weight=0.8)
    for x, height, (year, estimate) in zip(middles, heights, years.items(), strict=True):
        beyond = text_room / 2 + 1.5
        sheet.text(x, scale(height) + (beyond if height < 0 else -beyond), [_column_text(estimate)], SMALL,
                   align="center")  # fmt: skip
        words = year.split(" ", 1)
        sheet.text(x, foot + len(words) * LINE * SMALL / 2, words, SMALL, align="center")


def _column_text(estimate: Estimate) -> str:
    if not estimate.known or estimate.value is None:
        return "–"
    return compact(estimate.value, estimate.unit)


def profile(
    series: Mapping[str, Mapping[str, Estimate]],
    edges: Mapping[str, float],
    scale: tuple[float, float],
    alt: str,
    caption: str,
) -> Block:
    """Dots on lines: one row per dimension, one dot with its interval per wave.

    Parameters
    ----------
    series : mapping of str to mapping of str to Estimate
        Wave to dimension label to estimate; waves in time order.
    edges : mapping of str to float
        Band label to the upper edge of the band.
    scale : tuple of float
        Ends of the scale.
    alt, caption : str
        As for `bars`.
    """
    labels = list(next(iter(series.values()), {}))
    if not labels:
        return NO_BLOCK
    legend = _legend(list(series))
    top, plot = EDGE + (2.4 * TINY if edges else 0), WAVE_ROW * len(labels)
    sheet = Sheet(top + plot + FOOT + KEY * len(legend) + EDGE)
    left, rows = name_rows(sheet, labels, top, WAVE_ROW)
    last = max((width(text, SIZE) for text in marks(*scale).values()), default=0)
    across = Scale(*scale, left, WIDTH - last / 2)
    _bands(sheet, edges, across, top, plot)
    sheet.lines((across.start, y + WAVE_ROW / 2, across.end, y + WAVE_ROW / 2) for y in rows[:-1])
    _ground(sheet, across, top + plot)
    gap = 0.66 * WAVE_ROW / max(len(series), 2)
    for order, (estimates, look) in enumerate(zip(series.values(), WAVES, strict=False)):
        shift = (order - (len(series) - 1) / 2) * gap
        _dots(sheet, [(y + shift, estimates.get(name)) for y, name in zip(rows, labels, strict=True)], across, *look)
    _write_legend(sheet, legend, top + plot + FOOT)
    return sheet.block(alt, caption)


def _bands(sheet: Sheet, edges: Mapping[str, float], across: Scale, top: float, height: float) -> None:
    """The edges of the bands as lines, and above each band its label."""
    sheet.lines([(across(edge), top, across(edge), top + height) for edge in edges.values()], weight=0.8)
    starts = [across.start, *map(across, edges.values())]
    for start, (band, edge) in zip(starts, edges.items(), strict=False):
        name = fitted(band, across(edge) - start - 4, TINY)
        sheet.text((start + across(edge)) / 2, top - 2 - len(name) * LINE * TINY / 2, name, TINY, SOFT, "center")


def _legend(names: Sequence[str]) -> list[list[tuple[str, float, tuple[str, str]]]]:
    """Lines of entries, as many in a line as fit: what it says, how much room it takes, its colour and shape."""
    lines: list[list[tuple[str, float, tuple[str, str]]]] = [[]]
    for name, look in zip(names, WAVES, strict=False):
        (text,) = fitted(name, WIDTH - 4 * GAP, SIZE, lines=1)
        room = width(text, SIZE) + 4 * GAP
        if lines[-1] and sum(taken for _, taken, _ in lines[-1]) + room > WIDTH:
            lines.append([])
        lines[-1].append((text, room, look))
    return lines


def _write_legend(sheet: Sheet, lines: Sequence[Sequence[tuple[str, float, tuple[str, str]]]], top: float) -> None:
    for row, line in enumerate(lines):
        y = top + (row + 0.5) * KEY
        x = (WIDTH - sum(room for _, room, _ in line)) / 2 + GAP
        for text, room, look in line:
            sheet.dots([(x, y)], *look)
            sheet.text(x + GAP, y, [text])
            x += room


def forest(rows: Sequence[tuple[str, Estimate]], alt: str, caption: str, line: float = 0.0) -> Block:
    """One row per label: a value and its interval, with a line at zero, or where it is wanted.

    Parameters
    ----------
    rows : sequence of (str, Estimate)
        Label and value, in the order in which they are drawn.
    alt, caption : str
        As for `bars`.
    line : float
        What the values are to be compared with.
    """
    if not rows:
        return NO_BLOCK
    plot = ROW * len(rows)
    sheet = Sheet(plot + FOOT + 2 * EDGE)
    left, middles = name_rows(sheet, [label for label, _ in rows], EDGE, ROW)
    ends = [end for _, e in rows if e.known for end in (e.value, e.lo, e.hi) if end is not None]
    low, high = _with_zero([line, *ends])
    margin = 0.05 * (high - low)
    across = Scale(low - margin, high + margin, left, WIDTH - 6)
    sheet.lines((across(mark), EDGE, across(mark), EDGE + plot) for mark in marks(across.low, across.high))
    sheet.lines([(across(line), EDGE, across(line), EDGE + plot)], INK, 0.9)
    _ground(sheet, across, EDGE + plot)
    _dots(sheet, [(y, e) for y, (_, e) in zip(middles, rows, strict=True)], across, ACCENT, "o")
    return sheet.block(alt, caption)


def _ground(sheet: Sheet, across: Scale, y: float) -> None:
    """The line below a plot, and the numbers of its scale."""
    sheet.lines([(across.start, y, across.end, y)], weight=0.8)
    for mark, text in marks(across.low, across.high).items():
        sheet.text(across(mark), y + 11, [text], align="center")


def _dots(sheet: Sheet, rows: Sequence[tuple[float, Estimate | None]], across: Scale, colour: str, marker: str) -> None:
    """What is known of each row; an interval ends where the scale ends."""
    known = [(y, e.value, e.lo, e.hi) for y, e in rows if e and e.known and e.value is not None]
    sheet.lines(
        [(across.inside(lo), y, across.inside(hi), y) for y, _, lo, hi in known if lo is not None and hi is not None],
        colour, 1.8,
    )  # fmt: skip
    sheet.dots([(across.inside(value), y) for y, value, *_ in known], colour, marker)


def spread(values: Sequence[float], alt: str, caption: str, xlabel: str) -> Block:
    """How the values of many places are spread, without naming one."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.figure import Figure

    look: dict[Any, Any] = {**dict.fromkeys(("axes.edgecolor", "grid.color"), FAINT), "axes.labelcolor": INK}
    with mpl.rc_context({**STYLE, **look, "axes.facecolor": "none", "font.size": SIZE, "text.parse_math": False}):
        figure = Figure((WIDTH / 72, 2.2), 72, layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.subplots()
        sns.histplot(x=list(values), ax=axes, color=ACCENT, edgecolor="white", alpha=1)
        axes.set(xlabel=xlabel, ylabel="")
        axes.tick_params(length=0, labelcolor=INK)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_axisbelow(True)
        sns.despine(ax=axes, left=True)
        return image(figure, alt, caption)


def warm(spreads: bool = False) -> None:
    """Draw one of each figure, so that the first report finds all loaded.

    Parameters
    ----------
    spreads : bool
        Also `spread`, which loads seaborn for more than a second; only places with many hubs are drawn by it.
    """
    known = Estimate(2.0, 1.0, 3.0, unit="points", status="ok")
    bars({"".join(map(chr, range(32, 127))): 1.0}, "percent", "", "")
    columns({"warm": {"2026": known}}, "", "")
    profile({"warm": {"warm": known}}, {"warm": 2.0}, (0.0, 4.0), "", "")
    forest([("warm", known)], "", "")
    if spreads:
        spread([1.0, 2.0, 3.0], "", "", "")
