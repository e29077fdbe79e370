"""Small panels of targets: the record so far, what was expected, and the fan of what the forecast leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dihkpi.reports.blocks import NO_BLOCK, Block
from dihkpi.reports.drawing.figures import EDGE, PANEL_GAP
from dihkpi.reports.drawing.lettering import LINE, fitted
from dihkpi.reports.drawing.scale import Scale
from dihkpi.reports.drawing.sheet import ACCENT, FAINT, SIZE, SMALL, SOFT, WIDTH, Sheet
from dihkpi.reports.wording import compact

# Panels abreast; height of a plot and room at the right edge in points; lines above and below a plot; room on its top.
ABREAST, PLOT, RIM, HEAD, FOOT, ROOM = 3, 66, 5, 0.9, 1.3, 0.08
FAN = "#bcd9e4"


class Course(NamedTuple):
    """One panel.

    Parameters
    ----------
    title, unit : str
    target : float
    record : sequence of float
        Value at the end of each full month.
    expected : sequence of float
        What was or is expected at the end of each month of the period.
    passed : float
        Part of the period that has passed, 0 to 1.
    value : float
        Where the target stands now.
    fan : tuple of float, optional
        Lower end, middle and upper end of the forecast; none where the period is over.
    """

    title: str
    unit: str
    target: float
    record: Sequence[float]
    expected: Sequence[float]
    passed: float
    value: float
    fan: tuple[float, float, float] | None


def courses(panels: Sequence[Course], ends: tuple[str, str], alt: str, caption: str) -> Block:
    """Panels side by side, all from the start of the period to its end.

    Parameters
    ----------
    panels : sequence of Course
    ends : tuple of str
        What to call the two ends of the period.
    alt, caption : str
        What the figure says, for those who do not see it; and its title.
    """
    if not panels:
        return NO_BLOCK
    space = (WIDTH - RIM - (ABREAST - 1) * 2 * PANEL_GAP) / ABREAST
    titles = [fitted(panel.title, space, SIZE) for panel in panels]
    head = (max(map(len, titles)) + HEAD) * LINE * SIZE
    rows, tall = -(-len(panels) // ABREAST), head + PLOT + FOOT * LINE * SMALL
    sheet = Sheet(tall * rows + (rows - 1) * PANEL_GAP + 2 * EDGE)
    for place, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        left, top = place % ABREAST * (space + 2 * PANEL_GAP), EDGE + place // ABREAST * (tall + PANEL_GAP)
        sheet.text(left, top + len(title) * LINE * SIZE / 2, title)
        _plot(sheet, panel, left, top + head, space)
        foot = top + head + PLOT + 0.8 * LINE * SMALL
        sheet.text(left, foot, [ends[0]], SMALL, SOFT)
        sheet.text(left + space, foot, [ends[1]], SMALL, SOFT, "right")
    return sheet.block(alt, caption)


def _plot(sheet: Sheet, panel: Course, left: float, top: float, space: float) -> None:
    highest = max(panel.target, panel.value, *panel.record, *(panel.fan or ()), 0.0) or 1.0
    up = Scale(0.0, highest * (1 + ROOM), top + PLOT, top)
    across = Scale(0.0, 1.0, left, left + space)
    months = len(panel.expected)
    sheet.lines([(left, up(panel.target), left + space, up(panel.target))], FAINT, 0.9)
    now = (across(panel.passed), up(panel.value))
    if panel.fan:
        low, middle, high = map(up, panel.fan)
        sheet.area([now, (across(1), low), (across(1), high)], FAN)
        sheet.curve([now, (across(1), middle)], ACCENT, 0.9)
    steps = [(across((month + 1) / months), up(value)) for month, value in enumerate(panel.expected)]
    sheet.curve([(left, up(0)), *steps], SOFT, 0.8)
    told = [(across((month + 1) / months), up(value)) for month, value in enumerate(panel.record)]
    sheet.curve([(left, up(0)), *(place for place in told if place[0] <= now[0]), now], ACCENT, 1.8)
    sheet.dots([now])
    sheet.lines([(left, top + PLOT, left + space, top + PLOT)], weight=0.8)
    sheet.text(
        left, up(panel.target) - 0.55 * LINE * SMALL, [f"target {compact(panel.target, panel.unit)}"], SMALL, SOFT
    )
