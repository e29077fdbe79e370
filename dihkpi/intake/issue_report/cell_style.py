"""Fonts, fills, borders and number formats: as openpyxl reads them, in the words of XlsxWriter."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping, Sequence
from typing import Any

Style = tuple[tuple[str, Any], ...]
"""Properties of a cell, in an order, so that equal ones are one."""

_THEME_ORDER = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6")
_BORDERS = {
    name: number
    for number, name in enumerate(
        (
            *("none", "thin", "medium", "dashed", "dotted", "thick", "double", "hair", "mediumDashed"),
            *("dashDot", "mediumDashDot", "dashDotDot", "mediumDashDotDot", "slantDashDot"),
        )
    )
}
_HORIZONTAL = {
    "left": "left",
    "center": "center",
    "right": "right",
    "fill": "fill",
    "justify": "justify",
    "centerContinuous": "center_across",
    "distributed": "distributed",
}
_VERTICAL = {"top": "top", "center": "vcenter", "justify": "vjustify", "distributed": "vdistributed"}
_UNDERLINES = {"single": 1, "double": 2, "singleAccounting": 33, "doubleAccounting": 34}
_RGB = re.compile("(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")
_FONT = re.compile(r"[\w .-]{1,31}")
_LONGEST_FORMAT = 255


def style_of(cell: Any, theme: Sequence[str]) -> Style:
    """The look of a cell of openpyxl; links, protection and anything that acts are left out.

    Parameters
    ----------
    cell : openpyxl cell
        A cell with a style.
    theme : sequence of str
        Colours of the theme as ``RRGGBB``.
    """
    found: dict[str, Any] = {**_font(cell.font, theme), **_border(cell.border, theme), **_alignment(cell.alignment)}
    if cell.fill.fill_type == "solid" and (colour := _colour(cell.fill.fgColor, theme)):
        found |= {"pattern": 1, "bg_color": colour}
    if cell.number_format and cell.number_format != "General":
        found["num_format"] = cell.number_format[:_LONGEST_FORMAT]
    return tuple(sorted(found.items()))


def theme_colours(xml: bytes | None) -> tuple[str, ...]:
    """The colours that a workbook calls by number; none where its theme cannot be read."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(xml or b"", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return ()
    colours: dict[str, str] = {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in _THEME_ORDER and len(element):
            colours.setdefault(name, element[0].get("lastClr") or element[0].get("val") or "")
    return tuple(colours.get(name, "") for name in _THEME_ORDER)


def _font(font: Any, theme: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"bold": bool(font.b), "italic": bool(font.i), "font_strikeout": bool(font.strike)}
    found["underline"] = _UNDERLINES.get(font.u, 0)
    found["font_color"] = _colour(font.color, theme)
    if font.sz and 1 <= font.sz <= 409:
        found["font_size"] = font.sz
    if font.name and _FONT.fullmatch(font.name):
        found["font_name"] = font.name
    return {name: value for name, value in found.items() if value}


def _border(border: Any, theme: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for side in ("left", "right", "top", "bottom"):
        line = getattr(border, side)
        if line is not None and (number := _BORDERS.get(line.style or "none", 0)):
            found[side] = number
            if colour := _colour(line.color, theme):
                found[f"{side}_color"] = colour
    return found


def _alignment(alignment: Any) -> dict[str, Any]:
    found = {
        "align": _HORIZONTAL.get(alignment.horizontal),
        "valign": _VERTICAL.get(alignment.vertical),
        "text_wrap": bool(alignment.wrap_text),
        "shrink": bool(alignment.shrink_to_fit),
        "indent": min(int(alignment.indent or 0), 15),
        "rotation": _rotation(int(alignment.text_rotation or 0)),
    }
    return {name: value for name, value in found.items() if value}


def _rotation(stored: int) -> int:
    """Degrees; a file has 91 to 180 for text that goes down, and 255 for letters that stand below each other.

    >>> [_rotation(stored) for stored in (45, 135, 255, 999)]
    [45, -45, 270, 0]
    """
    if stored == 255:
        return 270
    return stored if 0 <= stored <= 90 else 90 - stored if stored <= 180 else 0


def _colour(colour: Any, theme: Sequence[str]) -> str:
    """``#RRGGBB``, or nothing for an automatic or unknown colour."""
    from openpyxl.styles.colors import COLOR_INDEX

    if colour is None or colour.type == "auto":
        return ""
    palettes: Mapping[str, Sequence[str]] = {"theme": theme, "indexed": COLOR_INDEX[:64]}
    if colour.type in palettes:
        number = int(getattr(colour, colour.type))
        text = palettes[colour.type][number] if 0 <= number < len(palettes[colour.type]) else ""
    else:
        text = str(colour.rgb)
    match = _RGB.fullmatch(text)
    return "#" + _tinted(match[1], float(colour.tint or 0)).upper() if match else ""


def _tinted(colour: str, tint: float) -> str:
    """A colour made lighter (towards 1) or darker (towards -1) as a theme says.

    >>> _tinted("4472C4", 0.0), _tinted("000000", 0.5), _tinted("FFFFFF", -0.5)
    ('4472C4', '808080', '808080')
    """
    if not tint:
        return colour
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + tint) if tint < 0 else light + (1 - light) * tint
    mixed = colorsys.hls_to_rgb(hue, min(max(light, 0), 1), saturation)
    return "".join(f"{round(part * 255):02X}" for part in mixed)
