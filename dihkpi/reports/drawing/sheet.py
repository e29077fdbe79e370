"""A sheet on which a figure is drawn: texts, lines, boxes and dots, placed in points from the upper left corner.

There are no axes: what they do beyond this (ticks, locators, layouts that draw twice) costs a report a second. Artists
of matplotlib draw all, and its SVG writer makes the image: always the same bytes, and no screen is asked for.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from dihkpi.reports.blocks import Block
from dihkpi.reports.drawing.lettering import FONT, LINE
from dihkpi.reports.wording import esc

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

ACCENT, INK, SOFT, FAINT = "#0b4f6c", "#1f2933", "#5b6770", "#d5dbe1"
WIDTH = 403.2
SIZE, SMALL, TINY = 9.5, 8.5, 8.0
STYLE: dict[Any, Any] = {"svg.hashsalt": "dihkpi", "svg.fonttype": "none"}
_HAIR, _POINTS_PER_INCH = 0.6, 72
# Laid out with the font of matplotlib, shown with the (narrower) font of the page.
_FONTS = "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"
_NOTHING_OF_US: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_TAG = re.compile(r"<[^>]*>\s*")  # a label cannot hold a tag: its brackets are escaped
_UNSAID = re.compile(
    r' transform="rotate\(-0 [^"]*"'  # texts are level
    r"|font-family: [^;]*; |text-anchor: start; "  # said once for all; the default
    r'|(?<=<g) id="[\w.]+"'  # nothing refers to a group
    r"|\s*\n\s*|(?<=[MLQC]) (?=[-\d])"
)


@cache
def _letters(size: float) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FONT, size=size)


@cache
def _line_of_text() -> Any:
    from matplotlib.text import Text

    class Line(Text):
        """A line of text as it is: the browser lays it out, so nothing has to be measured to draw it."""

        def draw(self, renderer: Any) -> None:
            look = renderer.new_gc()
            look.set_foreground(self.get_color())
            x, y = self.get_position()
            renderer.draw_text(look, x, y, self.get_text(), self.get_fontproperties(), 0, ismath=False, mtext=self)
            look.restore()

    return Line


class Sheet:
    """An empty sheet.

    Parameters
    ----------
    height : float
        In points; the width is the same for all.
    """

    def __init__(self, height: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self._figure = Figure((WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH), _POINTS_PER_INCH)
        self._figure.patch.set_visible(False)
        self._place = Affine2D().scale(1, -1).translate(0, height)

    def _add(self, artist: Artist) -> None:
        artist.set_transform(self._place)
        self._figure.add_artist(artist)

    def text(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float = SIZE,
        colour: str = INK,
        align: Literal["left", "center", "right"] = "left",
    ) -> None:
        """Lines of text, their middle at the height given. They are never read as mathematics.

        Each line is a text of its own, so that the browser aligns it by its own font.
        """
        first = y - (len(lines) - 1) / 2 * LINE * size + 0.36 * size
        for row, line in enumerate(lines):
            place = round(x, 2), round(first + row * LINE * size, 2)
            self._add(_line_of_text()(*place, line, color=colour, ha=align, fontproperties=_letters(size)))

    def lines(
        self, ends: Iterable[tuple[float, float, float, float]], colour: str = FAINT, weight: float = _HAIR
    ) -> None:
        """Straight lines from (x, y) to (x, y)."""
        paths = [[(x, y), (to_x, to_y)] for x, y, to_x, to_y in ends]
        self._path(paths, facecolor="none", edgecolor=colour, linewidth=weight)

    def boxes(self, corners: Iterable[tuple[float, float, float, float]], colour: str = ACCENT) -> None:
        """Filled boxes between two opposite corners (x, y) and (x, y)."""
        paths = [[(x, y), (to_x, y), (to_x, to_y), (x, to_y)] for x, y, to_x, to_y in corners]
        self._path(paths, facecolor=colour, linewidth=0)

    def curve(self, places: Sequence[tuple[float, float]], colour: str = ACCENT, weight: float = 1.6) -> None:
        """One line through all the places."""
        self._path([places] if len(places) > 1 else [], facecolor="none", edgecolor=colour, linewidth=weight)

    def area(self, corners: Sequence[tuple[float, float]], colour: str) -> None:
        """A filled shape."""
        self._path([corners], facecolor=colour, linewidth=0)

    def _path(self, paths: Sequence[Sequence[tuple[float, float]]], **look: Any) -> None:
        """One path for all, which is short to write and quick to draw."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        if not paths:
            return
        corners = [(round(x, 2), round(y, 2)) for path in paths for x, y in path]
        codes = [Path.LINETO if place else Path.MOVETO for path in paths for place in range(len(path))]
        self._add(PathPatch(Path(corners, codes), **look))

    def dots(self, places: Sequence[tuple[float, float]], colour: str = ACCENT, marker: str = "o") -> None:
        """Marks with a white rim, so that they stand off the lines below them."""
        from matplotlib.lines import Line2D

        across, down = ([round(place[side], 2) for place in places] for side in (0, 1))
        self._add(
            Line2D(across, down, linestyle="none", marker=marker, color=colour, markersize=6.5,
                   markeredgecolor="white", markeredgewidth=0.8)
        )  # fmt: skip

    def block(self, alt: str, caption: str) -> Block:
        """The sheet as an image with alt text and caption; both are escaped here."""
        import matplotlib as mpl

        with mpl.rc_context(STYLE):
            return image(self._figure, alt, caption)


def image(figure: Figure, alt: str, caption: str) -> Block:
    """A figure of matplotlib as an image in a page, within the `STYLE` of all figures."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata=_NOTHING_OF_US)  # type: ignore[no-untyped-call]
    data = base64.b64encode(_tidy(buffer.getvalue()).encode("utf-8")).decode("ascii")
    width, height = (round(size * 96) for size in figure.get_size_inches())
    shown = f'<img src="data:image/svg+xml;base64,{data}" width="{width}" height="{height}" alt="{esc(alt)}">'
    return Block(f"<figure>{shown}<figcaption>{esc(caption)}</figcaption></figure>")


def _tidy(svg: str) -> str:
    """The drawing without what says nothing, and with the fonts of the page."""
    drawing = _TAG.sub(lambda tag: _UNSAID.sub("", tag[0]), svg[svg.index("<svg") :])
    return drawing.replace("<svg", f'<svg font-family="{_FONTS}"', 1)
