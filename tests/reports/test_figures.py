"""Drawings, read back from their SVG: all is there and inside, nothing stands on a text, numbers are to scale."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from dihkpi.reports.blocks import NO_BLOCK, Block
from dihkpi.reports.drawing import figures
from dihkpi.reports.drawing.lettering import fitted, width
from dihkpi.reports.drawing.sheet import ACCENT, INK
from dihkpi.reports.facts import Estimate
from dihkpi.reports.wording import visible

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Robotics, autonomous systems and digitally enabled machines (RAS+)"
CJK, RTL = "人工知能とデータ分析のための非常に長いラベルの例です。それは続く", "الذكاء الاصطناعي والبيانات الضخمة"
HOSTILE = "$x^2$ <b>&amp; font-family: a; text-anchor: start; \\frac{1}{2}"
LABELS = [LONG, "Künstliche Intelligenz", CJK, RTL, "a\x00b\u202ec\uffff", HOSTILE, "W" * 60, "😀 emoji 𓀀", "one"]
BANDS = {"None": 25.0, "Basic": 50.0, "Moderately advanced": 75.0, "Fully digital": 100.0}


def known(value: float, lo: float | None = None, hi: float | None = None, unit: str = "points") -> Estimate:
    return Estimate(value, lo, hi, 9, unit, "ok")


def years(*values: float | None, unit: str = "") -> dict[str, Estimate]:
    """Estimates of years, the last of which is not over."""
    names = [str(2020 + place) for place in range(len(values) - 1)] + [f"{2019 + len(values)} so far"]
    return {n: Estimate() if v is None else known(v, unit=unit) for n, v in zip(names, values, strict=True)}


def profile_of(*labels: str, waves: int = 1, bands: dict[str, float] = BANDS) -> Block:
    series = {f"{'T' * wave}{wave} (of an organisation)": {label: known(40, -20, 120) for label in labels}
              for wave in range(waves)}  # fmt: skip
    return figures.profile(series, bands, (0.0, 100.0), "alt", "caption")


CASES: dict[str, Callable[[], Block]] = {
    "bars": lambda: figures.bars({label: 3.0**place for place, label in enumerate(LABELS)}, "", "alt", "caption"),
    "bars, one row of nothing": lambda: figures.bars({"one": 0.0}, "percent", "alt", "caption"),
    "bars, large amounts": lambda: figures.bars({"a": 2.0, LONG: 99_999_999_999.0}, "EUR", "alt", "caption"),
    "bars, negative": lambda: figures.bars({"up": 4.0, "down": -1234.5}, "points", "alt", "caption"),
    "bars, 24 rows": lambda: figures.bars({f"Row {i} " + "x y " * i: float(i) for i in range(24)}, "", "alt", "cap"),
    "forest": lambda: figures.forest([(label, known(i, i - 1, i + 2)) for i, label in enumerate(LABELS)], "alt", "cap"),
    "forest, below zero": lambda: figures.forest([("down", known(-9, -12, -7)), ("?", Estimate())], "alt", "cap"),
    "forest, one wide interval": lambda: figures.forest([("a", known(1, 0, 2)), ("b", known(5, -2e5, 3e5))], "a", "c"),
    "forest, all zero": lambda: figures.forest([("zero", known(0, 0, 0))], "alt", "caption"),
    "forest, 24 rows": lambda: figures.forest([(f"Hub {i}", known(i / 3, i - 9, i)) for i in range(24)], "alt", "cap"),
    "profile": lambda: profile_of(*LABELS, waves=3),
    "profile, four waves": lambda: profile_of("one", waves=4),
    "profile, no bands": lambda: figures.profile({"T0": {"one": known(4, 3, 5)}}, {}, (1.0, 5.0), "alt", "caption"),
    "columns": lambda: figures.columns({"Customers": years(1, None, 30, 9), LONG: years(1e6, 2e9, unit="EUR"),
                                        CJK: years(None, 99, unit="percent")}, "alt", "caption"),
    "columns, one panel": lambda: figures.columns({"Customers": years(1, 2)}, "alt", "caption"),
    "columns, many": lambda: figures.columns({f"P{i}": years(*range(1000, 7000, 999)) for i in range(5)}, "alt", "cap"),
    "columns, negative": lambda: figures.columns({"Gain": years(-3, 2), "Loss": years(-3, -2)}, "alt", "caption"),
    "spread": lambda: figures.spread([i**1.5 / 3 - 9 for i in range(40)], "alt", "caption", "points"),
}  # fmt: skip
each_case = pytest.mark.parametrize("name", CASES)


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    what: str = ""

    def touches(self, other: Box) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.5 and down > 0.5


def drawn(block: Block) -> Element:
    """The image of a figure; parsing fails when it is not well-formed."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', block.html)
    assert found
    return fromstring(base64.b64decode(found[1]))


def texts(image: Element) -> list[Box]:
    """Every text with the room that it takes in the widest font."""
    boxes = []
    for text in image.iter(f"{SVG}text"):
        style = dict(part.split(": ") for part in text.attrib["style"].split("; "))
        size, said = float(style["font-size"].removesuffix("px")), text.text or ""
        room, y = width(said, size), float(text.attrib["y"])
        left = float(text.attrib["x"]) - {"middle": room / 2, "end": room}.get(style.get("text-anchor", ""), 0)
        boxes.append(Box(left, y - 0.73 * size, left + room, y + 0.22 * size, said))
    return boxes


def shapes(image: Element, colour: str = "") -> list[Box]:
    """The boxes and lines that are drawn, one for each part of a path."""
    boxes = []
    for path in image.iter(f"{SVG}path"):
        if "style" not in path.attrib or "id" in path.attrib or colour not in path.attrib["style"]:
            continue
        for part in filter(None, path.attrib["d"].split("M")):
            numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", part)]
            across, down = numbers[::2], numbers[1::2]
            boxes.append(Box(min(across), min(down), max(across), max(down)))
    return boxes


def dots(image: Element) -> list[tuple[float, float]]:
    return [(float(use.attrib["x"]), float(use.attrib["y"])) for use in image.iter(f"{SVG}use")]


@each_case
def test_nothing_lies_outside_of_the_image(name: str) -> None:
    image = drawn(CASES[name]())
    width_of, height_of = map(float, image.attrib["viewBox"].split()[2:])
    around = [Box(x - 3.7, y - 3.7, x + 3.7, y + 3.7, "dot") for x, y in dots(image)]
    for box in texts(image) + shapes(image) + (around if name != "spread" else []):
        assert min(box.left, box.top) > -0.1 and box.right <= width_of + 0.1, box
        assert box.bottom <= height_of + 0.1, box


@each_case
def test_no_text_stands_on_another(name: str) -> None:
    boxes = texts(drawn(CASES[name]()))
    assert [(a.what, b.what) for a, b in combinations(boxes, 2) if a.touches(b)] == []


@pytest.mark.parametrize("name", ["bars", "bars, negative", "columns", "columns, negative"])
def test_no_text_stands_on_a_bar(name: str) -> None:
    image = drawn(CASES[name]())
    bars = [box for box in shapes(image, f"fill: {ACCENT}") if box.right - box.left > 1 and box.bottom - box.top > 1]
    assert bars
    assert [text.what for text in texts(image) for bar in bars if text.touches(bar)] == []


@each_case
def test_a_figure_is_always_the_same_and_leaves_nothing_behind(name: str) -> None:
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    first = CASES[name]()
    assert CASES[name]() == first
    assert dict(mpl.rcParams) == before and plt.get_fignums() == []
    assert 'alt="a' in first.html and "<figcaption>c" in first.html


@pytest.mark.parametrize("name", ["bars", "forest", "profile"])
def test_every_label_is_shown_literally(name: str) -> None:
    said = " ".join(text.what for text in texts(drawn(CASES[name]())))
    squeezed = said.replace(" ", "")
    for label in LABELS:
        lines = fitted(label, figures.LABELS, 9.5)
        assert "".join(lines).replace(" ", "") in squeezed
        assert lines[-1].endswith("…") or "".join(lines).replace(" ", "") == visible(label).replace(" ", "")
    assert "‹U+0000›" in squeezed and "‹U+202E›" in squeezed and "‹U+FFFF›" in squeezed
    assert HOSTILE.split()[0] in said and "<b>&amp;" in said and "font-family: a;" in said


def test_only_the_font_of_the_page_is_named() -> None:
    image = drawn(CASES["columns"]())
    assert image.attrib["font-family"].startswith("'Helvetica Neue'")
    assert not any("font-family" in text.attrib["style"] for text in image.iter(f"{SVG}text"))


def test_bars_are_as_long_as_their_values() -> None:
    image = drawn(figures.bars({"a": 10.0, "b": 5.0, "c": -20.0}, "", "alt", "caption"))
    (a, b, c) = shapes(image, f"fill: {ACCENT}")
    assert a.right - a.left == pytest.approx(2 * (b.right - b.left), abs=0.05)
    assert c.right - c.left == pytest.approx(2 * (a.right - a.left), abs=0.05)
    assert a.left == b.left == c.right
    assert [text.what for text in texts(image)][3:] == ["10", "5", "−20"]


def test_columns_are_as_high_as_their_values_and_a_gap_stays_a_gap() -> None:
    image = drawn(figures.columns({"Customers": years(30, None, 60, -15)}, "alt", "caption"))
    first, last, below = shapes(image, f"fill: {ACCENT}")
    assert last.bottom - last.top == pytest.approx(2 * (first.bottom - first.top), abs=0.05)
    assert first.bottom == last.bottom == below.top
    assert below.bottom - below.top == pytest.approx((first.bottom - first.top) / 2, abs=0.05)
    said = [text.what for text in texts(image)]
    assert said.count("–") == 1 and "30" in said and "so far" in said


def test_too_many_columns_stand_in_several_rows() -> None:
    few = drawn(figures.columns({f"P{i}": years(1, 2, 3) for i in range(3)}, "alt", "caption"))
    many = drawn(CASES["columns, many"]())
    tops = [{box.top for box in texts(image) if box.what.startswith("P")} for image in (few, many)]
    assert len(tops[0]) == 1 and len(tops[1]) > 1


def test_a_forest_is_to_scale() -> None:
    rows = [("a", known(-2, -4, 0)), ("b", known(4, 2, 6)), ("c", Estimate())]
    image = drawn(figures.forest(rows, "alt", "caption"))
    (zero,) = shapes(image, f"stroke: {INK}")
    a, b = shapes(image, f"stroke: {ACCENT}")
    (dot_a, _), (dot_b, _) = dots(image)
    step = (b.right - b.left) / 4
    found = [a.left, dot_a, a.right, b.left, dot_b, b.right]
    assert found == pytest.approx([zero.left + step * value for value in (-4, -2, 0, 2, 4, 6)], abs=0.05)
    named = {text.what: (text.left + text.right) / 2 for text in texts(image)}
    assert named["2"] - named["−2"] == pytest.approx(4 * step, abs=0.05)


def test_an_interval_ends_where_the_scale_ends() -> None:
    image = drawn(profile_of("one", "two"))
    ends = {(box.left, box.right) for box in shapes(image, "stroke-width: 1.8")}
    ((left, right),) = ends
    marks = {text.what: (text.left + text.right) / 2 for text in texts(image)}
    assert (left, right) == pytest.approx((marks["0"], marks["100"]), abs=0.05)
    assert dots(image)[0][0] == pytest.approx(left + 0.4 * (right - left), abs=0.05)


def test_waves_are_told_apart_by_shape_and_named() -> None:
    image = drawn(profile_of("one", "two", waves=4))
    marks = {use.attrib["{http://www.w3.org/1999/xlink}href"] for use in image.iter(f"{SVG}use")}
    assert len(marks) == 4 and len(dots(image)) == 4 * 2 + 4
    said = [text.what for text in texts(image)]
    assert all(f"{'T' * wave}{wave} (of an organisation)" in said for wave in range(4))
    assert set(BANDS) <= set(said)


def test_a_dimension_that_a_wave_lacks_stays_empty() -> None:
    series = {"T0": {"a": known(1), "b": known(2)}, "T1": {"b": known(3)}}
    places = dots(drawn(figures.profile(series, {}, (0.0, 4.0), "alt", "caption")))
    assert len(places) == 3 + 2


def test_nothing_is_drawn_of_nothing() -> None:
    assert figures.bars({}, "", "a", "c") == figures.columns({}, "a", "c") == NO_BLOCK
    assert figures.forest([], "a", "c") == figures.profile({}, {}, (0, 1), "a", "c") == NO_BLOCK


def test_a_spread_counts_all_values() -> None:
    image = drawn(figures.spread([0, 0, 0, 10, 10, 20], "alt", "caption", "points"))
    heights = [box.bottom - box.top for box in shapes(image, f"fill: {ACCENT}")]
    assert sum(heights) == pytest.approx(2 * max(heights), rel=0.01)


def test_foreign_words_cannot_leave_the_attribute_and_the_caption() -> None:
    html = figures.bars({"a": 1.0}, "", '"><script>', "<script>").html
    assert "<script" not in html and html.count("&lt;script&gt;") == 2


def test_getting_warm_loads_neither_seaborn_nor_pyplot() -> None:
    code = (
        "import sys; from dihkpi.reports.drawing import figures; figures.warm();"
        "print(sorted({'seaborn', 'matplotlib.pyplot', 'matplotlib.font_manager'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.strip() == "['matplotlib.font_manager']"


def test_widths_do_not_depend_on_what_was_drawn_before() -> None:
    from matplotlib import font_manager

    before = width("Wimmm", 9)
    font_manager.get_font(font_manager.findfont("DejaVu Sans")).set_size(40, 72)
    from dihkpi.reports.drawing.lettering import _advance

    _advance.cache_clear()
    assert width("Wimmm", 9) == before
    assert width("人", 10) == 10 and width("e\u0301", 10) == width("e", 10)


def test_a_text_is_broken_only_where_it_must_be() -> None:
    assert fitted("one two", 1000, 9) == ["one two"] and fitted("", 50, 9) == [""]
    assert fitted(LONG, 160, 9.5) == ["Robotics, autonomous systems", "and digitally enabled …"]
    lines = fitted("W" * 60, 160, 9.5)
    assert len(lines) == 2 and lines[1].endswith("W…")
    assert all(width(line, 9.5) <= 160 for label in LABELS for line in fitted(label, 160, 9.5))
    assert fitted("abc", 0.1, 9, lines=1) == ["a…"]
