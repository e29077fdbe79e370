"""Pages as PDF: whole, numbered, tagged, the same bytes every time, and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dihkpi.errors import ReportError, UsageError
from dihkpi.reports.blocks import cards, light, sentence, table
from dihkpi.reports.drawing.figures import bars
from dihkpi.reports.page import make_page, notebook_of
from dihkpi.reports.sheets import pdf, printing
from dihkpi.reports.sheets.pdf import check_engine, make_pdf, pdf_engines
from dihkpi.reports.sheets.tree import read_page
from dihkpi.reports.wording import visible

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks" / "page"
PAYLOADS = json.loads(Path(__file__).with_name("payloads.json").read_text(encoding="utf-8"))["html"]
READY = pdf_engines()

poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils are not installed")
every_engine = pytest.mark.parametrize(
    "engine",
    [
        pytest.param(name, marks=[pytest.mark.skipif(bool(READY[name]), reason=f"{name} {READY[name]}"), *slow])
        for name, slow in {"typst": [], "weasyprint": [pytest.mark.slow], "chromium": [pytest.mark.slow]}.items()
    ],
)
typst = pytest.mark.skipif(bool(READY["typst"]), reason=f"typst {READY['typst']}")

WATCH = {"watch": {"words": "watch", "colour": "#e6a100"}}


def report_page(rows: int = 110, names: list[str] | None = None, title: str = "Hub assessment: Adria, 2026-H1") -> str:
    """A page of several sheets with everything that reports have."""
    given = names or [f"Hub number {number}" for number in range(rows)]
    heads = ["Hub", "Status", "Customers#", "Gain in maturity#"]
    body = [[name, light("watch", WATCH), f"{1000 + i:,}", f"+{i}.5"] for i, name in enumerate(given)]
    notebook = notebook_of(
        sentence("") + cards([("Customers", "63", "since the start"), ("Services", "135", "counted")]),
        f"# {'Adria Digital Hub'}",
        "## Hubs",
        table("All hubs", heads, body, "A note below."),
        "## Services",
        bars({"Test before invest": 70.0, "Training": 33.0}, "records", "Services: tests 70, training 33.", "By kind"),
        "## Last words",
        sentence("The very last sentence."),
    )
    return make_page(notebook, FOLDER, title)


@pytest.fixture(scope="module")
def page() -> str:
    return report_page()


def text_of(made: bytes, folder: Path, *options: str) -> str:
    """The text of a PDF, as poppler reads it."""
    file = folder / "made.pdf"
    file.write_bytes(made)
    return subprocess.run(["pdftotext", *options, str(file), "-"], capture_output=True, check=True).stdout.decode()


def squeezed(text: str) -> str:
    """Text without its spaces, soft breaks and hyphenation."""
    return re.sub(r"[\s\u200b\xad]", "", text)


class Cells(HTMLParser):
    """Text of every cell, heading and paragraph of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page[page.index("<main") :])

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("th", "td", "h1", "h2", "h3", "p", "dt", "dd", "caption", "figcaption", "strong", "span"):
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1] += data


@poppler
@every_engine
def test_every_sheet_has_title_and_number_and_no_text_is_lost(page: str, engine: str, tmp_path: Path) -> None:
    made = make_pdf(page, engine=engine)
    sheets = text_of(made, tmp_path, "-layout").split("\f")[:-1]
    assert len(sheets) >= 3
    for number, sheet in enumerate(sheets, start=1):
        assert "Hub assessment: Adria, 2026-H1" in sheet
        assert f"page {number} of {len(sheets)}" in " ".join(sheet.split())
    heads = [sheet for sheet in sheets if "Hub number" in sheet]
    assert len(heads) > 1 and all("Customers" in sheet and "Gain in maturity" in sheet for sheet in heads)
    shown, cells = squeezed("".join(sheets)), Cells(page).found
    assert len(cells) > 440
    assert [cell for cell in cells if squeezed(cell) not in shown] == []


@poppler
@every_engine
def test_no_row_and_no_figure_is_cut(page: str, engine: str, tmp_path: Path) -> None:
    sheets = text_of(make_pdf(page, engine=engine), tmp_path, "-layout").split("\f")
    for sheet in sheets:
        for name, gain in re.findall(r"Hub number (\d+)\s.*?\+(\d+)\.5", sheet):
            assert name == gain
    (drawn,) = [sheet for sheet in sheets if "Test before invest" in sheet]
    assert "Training" in drawn and "70" in drawn and "By kind" in drawn, "bars and their caption"
    for heading in ("Hubs", "Services", "Last words"):
        assert not any(re.search(rf"\n{heading}\s*\n\s*page \d", sheet) for sheet in sheets), "left alone at the end"


@every_engine
def test_tagged_with_title_language_and_alternative_text(page: str, engine: str) -> None:
    pikepdf = pytest.importorskip("pikepdf")
    import io

    with pikepdf.open(io.BytesIO(make_pdf(page, engine=engine))) as made:
        assert made.Root.MarkInfo.Marked and str(made.Root.Lang).startswith("en")
        assert str(made.docinfo["/Title"]) == "Hub assessment: Adria, 2026-H1"
        assert made.Root.ViewerPreferences.DisplayDocTitle
        tags, alts = [], []
        for item in made.objects:
            if isinstance(item, pikepdf.Dictionary) and "/S" in item and "/P" in item:
                tags.append(str(item.S))
                alts += [str(item.Alt)] if "/Alt" in item else []
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/TR", "/Figure"} <= set(tags)
        assert tags.count("/TD") + tags.count("/TH") >= 110 * 4 + 4
        assert "Services: tests 70, training 33." in alts
        with made.open_outline() as outline:
            assert [entry.title for entry in (outline.root[-1].children or outline.root)][-1] == "Last words"
        assert not {"/CreationDate", "/ModDate"} & set(made.docinfo) or engine == "chromium"


@typst
def test_the_standard_for_accessible_pdf_is_claimed(page: str) -> None:
    assert b"<pdfuaid:part>1</pdfuaid:part>" in make_pdf(page)


@every_engine
def test_same_bytes_in_this_process_and_in_a_fresh_one(page: str, engine: str, tmp_path: Path) -> None:
    here = make_pdf(page, engine=engine)
    assert make_pdf(page, engine=engine) == here
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    program = (
        "import sys, hashlib; from pathlib import Path; from dihkpi.reports.sheets.pdf import make_pdf; "
        f"print(hashlib.sha256(make_pdf(Path(sys.argv[1]).read_text('utf-8'), engine={engine!r})).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, env=env)
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest(), done.stderr


def test_a_worker_can_still_fork_after_a_pdf(page: str, tmp_path: Path) -> None:
    if READY["typst"] or sys.platform != "linux":
        pytest.skip("Typst on Linux only")
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from dihkpi.reports.running.child import can_fork; "
        "from dihkpi.reports.sheets.pdf import make_pdf; assert can_fork(); "
        "make_pdf(Path(sys.argv[1]).read_text('utf-8')); print(can_fork())"
    )
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, env=env)
    assert done.stdout.strip() == "True", done.stderr


@poppler
@every_engine
def test_hostile_names_are_shown_literally(engine: str, tmp_path: Path) -> None:
    typesetting = ["#panic()", "$x^2$", "\\input{/etc/passwd}", '#read("/etc/passwd")', "*a* _b_ `c` @d <e>", "= h"]
    names = [*PAYLOADS, *typesetting]
    made = make_pdf(report_page(names=names, title=f"Hub: {names[0]}"), engine=engine)
    shown = squeezed(text_of(made, tmp_path, "-raw"))
    assert [name for name in names if squeezed(visible(name)) not in shown] == []
    assert b"/JavaScript" not in made and b"/JS" not in made and b"/Launch" not in made and b"/URI" not in made


@poppler
@every_engine
def test_nothing_is_fetched(engine: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET", encoding="utf-8")
    picture = tmp_path / "secret.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">TOP-SECRET</text></svg>', encoding="utf-8")
    nested = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="90" height="90">'
        f'<image x:href="{picture.as_uri()}" width="90" height="90"/><text y="20">drawn</text></svg>'
    )
    code = base64.b64encode(nested.encode()).decode()
    page = (
        f'<html><head><title>T</title><style>@import "{secret.as_uri()}"; @import "http://127.0.0.1:9/a.css";'
        f'body {{ background: url("http://127.0.0.1:9/b.png") }}</style></head><body><h1>Start</h1>'
        f'<img src="http://127.0.0.1:9/c.png" alt="out there"><img src="{picture.as_uri()}" alt="a file">'
        f'<iframe src="{secret.as_uri()}"></iframe><object data="{secret.as_uri()}"></object>'
        f'<img src="file:///etc/passwd" alt="pw"><img src="data:image/svg+xml;base64,{code}" alt="nested">'
        "<script>document.body.textContent = 'RUN'</script><p>End</p></body></html>"
    )
    shown = text_of(make_pdf(page, engine=engine), tmp_path)
    assert "Start" in shown and "End" in shown and ("nested" in shown or "drawn" in shown or engine == "chromium")
    assert "SECRET" not in shown and "root:" not in shown and "RUN" not in shown


@typst
@poppler
def test_anything_that_a_template_may_show_is_kept(tmp_path: Path) -> None:
    frame = (
        '<table border="1"><thead><tr><th></th><th colspan="2">both</th></tr><tr><th>i</th><th>b</th><th>c</th></tr>'
        '</thead><tbody><tr><th rowspan="2">r</th><td>one</td><td>two</td></tr><tr><td>three</td><td>four</td></tr>'
        "<tr><td>short</td></tr></tbody></table>"
    )
    rest = (
        "<h2>First heading, no h1</h2><h5>deep</h5>loose text <em>soft</em> <sub>1</sub><ul><li>p<ul><li>q</li></ul>"
        "</li></ul><ol><li>n</li></ol><blockquote><p>said</p></blockquote><pre>x = 1\n  y</pre><unknown>odd</unknown>"
        "<table></table><dl></dl><figure></figure><dl class='cards'></dl>" + "<div>" * 60 + "inner" + "</div>" * 60
    )
    made = make_pdf(f"<body>{rest}{frame}</body>")
    shown = text_of(made, tmp_path)
    words = "deep loose soft p q n said y odd inner both one two three four short"
    for word in words.split():
        assert re.search(rf"\b{word}\b", shown), word


@typst
@poppler
def test_no_letter_of_a_very_long_word_runs_off_the_sheet(tmp_path: Path) -> None:
    names = ["W" * 3000, "Ж" * 900, "a" * 60]
    made = make_pdf(report_page(names=names))
    file = tmp_path / "made.pdf"
    file.write_bytes(made)
    boxes = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, check=True).stdout.decode()
    words = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<', boxes)
    assert sum(word[4].count("W") for word in words) == 3000 and sum(word[4].count("Ж") for word in words) == 900
    assert all(float(word[0]) > 40 and float(word[2]) < 555 and float(word[3]) < 830 for word in words)


@typst
def test_letters_that_no_font_has_do_not_stop_a_report() -> None:
    assert make_pdf(report_page(names=["\U000f0000 \ue000 中文 مرحبا 😀"])).startswith(b"%PDF")


@typst
def test_a_broken_template_is_named(tmp_path: Path, page: str) -> None:
    (tmp_path / "page.typ").write_text("#let x = \n#unknown()", encoding="utf-8")
    with pytest.raises(ReportError, match=r"^PDF by Typst: page\.typ: "):
        make_pdf(page, folder=tmp_path)


def test_missing_parts_are_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="unknown PDF engine 'weasy'"):
        check_engine("weasy")
    monkeypatch.setenv(printing.CHROMIUM_VARIABLE, "no-such-browser")
    with pytest.raises(ReportError, match="DIHKPI_CHROMIUM names 'no-such-browser', which is no program here"):
        check_engine("chromium")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    pdf.warm_pdf.cache_clear()
    with pytest.raises(ReportError, match=r"PDF by Typst needs a package: pip install 'dihkpi\[pdf\]'"):
        make_pdf("<p>x</p>")


@typst
def test_what_cannot_keep_the_standard_is_made_without_claiming_it(tmp_path: Path, page: str) -> None:
    (tmp_path / "page.typ").write_text("A sheet without a title.", encoding="utf-8")
    made = make_pdf(page, folder=tmp_path)
    assert made.startswith(b"%PDF") and b"pdfuaid" not in made


def test_a_missing_pango_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ReportError, match="PDF by WeasyPrint needs Pango from the system: apt-get install libpango"):
        check_engine("weasyprint")


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for the browser")
def test_a_browser_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "browser"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nsleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv(printing.CHROMIUM_VARIABLE, str(slow))
    monkeypatch.setattr(printing, "CHROMIUM_SECONDS", 0.5)
    with pytest.raises(ReportError, match="it took longer than"):
        make_pdf("<p>x</p>", engine="chromium")
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_headings_of_the_tree_never_skip_a_level() -> None:
    blocks = read_page("<body><h2>a</h2><h4>b</h4><h1>c</h1><h3>d</h3></body>")["blocks"]
    assert [block["level"] for block in blocks] == [1, 2, 1, 2]
