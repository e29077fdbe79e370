"""Drawings: one calm style, drawn without a screen, and handed over as SVG images, always the same bytes."""

from __future__ import annotations

import base64
import io
import re
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dihkpi.reports.blocks import NO_BLOCK, Block
from dihkpi.reports.results import Estimate
from dihkpi.reports.wording import amount, esc, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT, INK, SOFT, FAINT = "#0b4f6c", "#1f2933", "#5b6770", "#d5dbe1"
# One hue from light to dark and a shape each: the order survives colour blindness and a grey print.
WAVES = (("#8fb8c9", "o"), ("#3c87a6", "D"), ("#0b4f6c", "s"), ("#12232e", "^"))
WIDTH, ROW = 5.6, 0.34
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "dihkpi",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9.5,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("axes.edgecolor", "grid.color"), FAINT),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "axes.spines.left"), False),
    **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 0),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
    "axes.axisbelow": True,
    "grid.linewidth": 0.6,
}
# Laid out with the font of matplotlib, shown with the (narrower) font of the page.
_FONTS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def _canvas(height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure without pyplot, so that nothing stays behind, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0, h_pad=0.03))
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, columns, squeeze=False)
    return figure, list(axes[0])


def _block(figure: Figure, alt: str, caption: str) -> Block:
    """The figure as an image with alt text and caption; both are escaped here."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn by the browser
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = re.sub(r"(?<=px; )font-family: [^;]*;", f"font-family: {_FONTS};", buffer.getvalue())
    data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    width, height = (round(size * 96) for size in figure.get_size_inches())
    image = f'<img src="data:image/svg+xml;base64,{data}" width="{width}" height="{height}" alt="{esc(alt)}">'
    return Block(f"<figure>{image}<figcaption>{esc(caption)}</figcaption></figure>")


def _style() -> Any:
    import matplotlib as mpl

    return mpl.rc_context(_STYLE)


def _wrapped(labels: Iterable[str], width: int = 30) -> list[str]:
    return [textwrap.fill(textwrap.shorten(visible(label), 2 * width, placeholder=" …"), width) for label in labels]


def _name_rows(figure: Figure, axes: Axes, labels: Iterable[str]) -> None:
    """Labels of the rows, first row on top, flush left so that every font of a browser keeps them in line."""
    texts = _wrapped(labels)
    drawn = axes.set_yticks(range(len(texts)), texts, ha="left")
    canvas = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    names = axes.get_yticklabels()
    width = max(name.get_window_extent(canvas).width for name in names) / figure.dpi * 72
    axes.tick_params(axis="y", pad=width + 6)
    axes.set(ylabel="", ylim=(len(drawn) - 0.4, -0.6))


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
    import seaborn as sns

    labels = _wrapped(list(values))
    with _style():
        figure, (axes,) = _canvas(0.35 + ROW * len(values))
        sns.barplot(x=list(values.values()), y=labels, ax=axes, color=ACCENT, saturation=1, width=0.62, orient="h")
        for place, value in enumerate(values.values()):
            axes.annotate(amount(value, unit), (value, place), (4, 0), textcoords="offset points", va="center")
        _name_rows(figure, axes, values)
        axes.set(xlabel="", xticks=[], xlim=(0, max(max(values.values()), 1e-9) * 1.16))
        axes.spines["bottom"].set_visible(False)
        return _block(figure, alt, caption)


def columns(panels: Mapping[str, Mapping[str, Estimate]], alt: str, caption: str) -> Block:
    """Small panels side by side, one column per year; a year without value stays empty."""
    if not panels:
        return NO_BLOCK
    import seaborn as sns

    with _style():
        figure, every = _canvas(1.9, len(panels))
        for axes, (title, years) in zip(every, panels.items(), strict=True):
            heights = [e.value if e.known and e.value is not None else 0.0 for e in years.values()]
            names = [year.replace(" ", "\n", 1) for year in years]
            sns.barplot(x=names, y=heights, ax=axes, color=ACCENT, saturation=1, width=0.6)
            for place, (estimate, height) in enumerate(zip(years.values(), heights, strict=True)):
                text = _compact(height, estimate.unit) if estimate.known else "–"
                axes.annotate(text, (place, height), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
            axes.set_title("\n".join(_wrapped([title], 20)), fontsize=9.5, loc="left")
            axes.set(xlabel="", ylabel="", yticks=[], ylim=(0, max([*heights, 1e-9]) * 1.18))
        return _block(figure, alt, caption)


def _compact(value: float, unit: str) -> str:
    if unit == "EUR" and abs(value) >= 1000:
        size, word = (1e6, "m") if abs(value) >= 1e6 else (1e3, "k")
        return f"€{value / size:.1f}{word}" if word == "m" else f"€{value / size:.0f}{word}"
    return amount(value, unit)


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
    gap = 0.66 / max(len(series), 2)
    with _style():
        figure, (axes,) = _canvas(0.95 + 0.52 * len(labels))
        for order, ((wave, estimates), (colour, marker)) in enumerate(zip(series.items(), WAVES, strict=False)):
            shift = (order - (len(series) - 1) / 2) * gap
            _dots(axes, list(estimates.values()), shift, colour, marker, wave)
        _name_rows(figure, axes, labels)
        axes.set(xlim=scale)
        axes.hlines([i + 0.5 for i in range(len(labels) - 1)], *scale, color=FAINT, linewidth=0.6, zorder=0)
        start = scale[0]
        for band, edge in edges.items():
            axes.axvline(edge, color=FAINT, linewidth=0.8, zorder=0)
            axes.annotate(band, ((start + edge) / 2, 1), (0, 4), xycoords=("data", "axes fraction"),
                          textcoords="offset points", ha="center", fontsize=8, color=SOFT)  # fmt: skip
            start = edge
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        return _block(figure, alt, caption)


def forest(rows: Sequence[tuple[str, Estimate]], alt: str, caption: str) -> Block:
    """One row per label: a change and its interval, with a line at zero.

    Parameters
    ----------
    rows : sequence of (str, Estimate)
        Label and change, in the order in which they are drawn.
    alt, caption : str
        As for `bars`.
    """
    with _style():
        figure, (axes,) = _canvas(0.5 + ROW * len(rows))
        _dots(axes, [estimate for _, estimate in rows], 0.0, ACCENT, "o", "")
        _name_rows(figure, axes, [label for label, _ in rows])
        axes.grid(axis="x")
        axes.axvline(0, color=INK, linewidth=0.9, zorder=1)
        return _block(figure, alt, caption)


def _dots(axes: Axes, estimates: Sequence[Estimate], shift: float, colour: str, marker: str, label: str) -> None:
    rows = [(place + shift, e) for place, e in enumerate(estimates) if e.known]
    values = [e.value for _, e in rows if e.value is not None]
    spans = [(y, e.lo, e.hi) for y, e in rows if e.lo is not None and e.hi is not None]
    axes.hlines(
        [y for y, *_ in spans],
        [lo for _, lo, _ in spans],
        [hi for *_, hi in spans],
        color=colour,
        linewidth=1.8,
    )
    axes.plot(values, [y for y, _ in rows], marker, color=colour, markersize=6.5,
              markeredgecolor="white", markeredgewidth=0.8, label=label or None)  # fmt: skip


def spread(values: Sequence[float], alt: str, caption: str, xlabel: str) -> Block:
    """How the values of many places are spread, without naming one."""
    import seaborn as sns

    with _style():
        figure, (axes,) = _canvas(2.2)
        sns.histplot(x=list(values), ax=axes, color=ACCENT, edgecolor="white", alpha=1)
        axes.set(xlabel=xlabel, ylabel="")
        axes.grid(axis="y")
        return _block(figure, alt, caption)
