"""Bars of one length, each split into the same parts: how answers are spread over the items of a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dihkpi.reports.blocks import NO_BLOCK, Block
from dihkpi.reports.drawing.figures import BAR, EDGE, GAP, KEY, ROW, name_rows
from dihkpi.reports.drawing.lettering import width
from dihkpi.reports.drawing.scale import Scale
from dihkpi.reports.drawing.sheet import ACCENT, SMALL, WIDTH, Sheet

# From light to dark, so that the order survives a grey print.
PARTS = ("#c9d3da", "#7fb0c4", ACCENT)


def stacks(
    rows: Sequence[tuple[str, Sequence[float], str]], legend: Sequence[str], head: str, alt: str, caption: str
) -> Block:
    """One bar per row.

    Parameters
    ----------
    rows : sequence of (str, sequence of float, str)
        Label, shares of the parts (they sum to 1; none for a bar that is not shown), and the text beside the bar.
    legend : sequence of str
        What the parts are.
    head : str
        What the texts beside the bars are.
    alt, caption : str
        What the figure says, for those who do not see it; and its title.
    """
    if not rows:
        return NO_BLOCK
    top = EDGE + KEY + GAP / 2
    sheet = Sheet(top + ROW * len(rows) + EDGE)
    left, middles = name_rows(sheet, [label for label, *_ in rows], top, ROW)
    room = max(width(text, SMALL) for text in (head, *(text for *_, text in rows))) + GAP
    across = Scale(0.0, 1.0, left, WIDTH - room)
    parts: Mapping[int, list[tuple[float, float, float, float]]] = {part: [] for part in range(len(legend))}
    for y, (_, shares, text) in zip(middles, rows, strict=True):
        start = 0.0
        for part, share in enumerate(shares):
            if share > 0:
                parts[part].append((across(start), y - BAR / 2, across(min(start + share, 1.0)), y + BAR / 2))
            start += share
        sheet.text(WIDTH, y, [text], SMALL, align="right")
    x = 0.0
    for part, name in enumerate(legend):
        if not parts[part]:
            continue
        sheet.boxes(parts[part], PARTS[part])
        sheet.boxes([(x, EDGE + 4, x + 8, EDGE + 12)], PARTS[part])
        sheet.text(x + 12, EDGE + 8, [name], SMALL)
        x += 12 + width(name, SMALL) + 2 * GAP
    sheet.text(WIDTH, EDGE + 8, [head], SMALL, align="right")
    return sheet.block(alt, caption)
