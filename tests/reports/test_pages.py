"""Pages as they are published: made once, read by a parser and, if there is one, a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import Executor, Future
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dihkpi.reports import RenderResult, open_report, plan_reports, render_reports, write_index, write_manifest
from dihkpi.reports.render import Making
from dihkpi.reports.results import Results
from dihkpi.reports.wording import visible

PAYLOADS = Path(__file__).with_name("payloads.json")
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "script", "form", "label", "input", "select"),
    *(
        "option",
        "output",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "table",
        "caption",
        "a",
    ),
    *(
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "img",
        "figcaption",
        "strong",
        "span",
        "br",
        "small",
        "b",
    ),
    *("i", "code"),
}


def hostile_names() -> list[str]:
    """Names of hubs that try to become markup."""
    return list(json.loads(PAYLOADS.read_text(encoding="utf-8"))["html"])


class Published(NamedTuple):
    data: Path
    out: Path
    plan: list[Any]
    results: list[RenderResult]


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.cells: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in ("th", "h1", "a"):
            self._inside = tag
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


BOTH = Making(("html", "ipynb"))


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, definitions: Any, build_results: Callable[..., Path]
) -> Published:
    """All pages of a network of hostile names that the tests below read."""
    folder = tmp_path_factory.mktemp("published")
    names = dict(enumerate(hostile_names()))
    data = build_results(folder / "results", hubs=len(names), names=names)
    plan = plan_reports(data, definitions, hubs=["HR-adria"], regions=["HR03"], network=True)
    results = render_reports(plan, folder / "out", making=BOTH)
    (folder / "out" / "data").mkdir()
    (folder / "out" / "data" / "indicators.csv").write_text("level,code\n", encoding="utf-8")
    write_index(folder / "out", data, definitions)
    write_manifest(folder / "out", data, made_at="2026-07-01T06:00:00Z")
    return Published(data, folder / "out", plan, results)


def pages(published: Published) -> dict[str, str]:
    found = {path.relative_to(published.out).as_posix(): path for path in published.out.rglob("*.html")}
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(found.items())}


def test_all_are_made(published: Published) -> None:
    assert [result.message for result in published.results] == ["", "", ""]
    assert [result.state for result in published.results] == ["made"] * 3
    assert sorted(pages(published)) == [
        "hub/HR-adria/index.html",
        "index.html",
        "network/index.html",
        "region/HR03/index.html",
    ]


def test_pages_call_nobody_and_hold_no_path_of_the_machine(published: Published) -> None:
    for name, page in pages(published).items():
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:" in page, name
        read = Reader(page)
        assert set(read.tags) <= TAGS, name
        for tag, attribute, value in read.attributes:
            assert not attribute.startswith("on") and attribute not in ("srcset", "srcdoc", "action"), (
                name,
                tag,
            )
            if attribute in ("src", "href"):
                assert re.match(r"data:image/svg\+xml;base64,|#main$|[\w/-]+\.(html|csv)$", value), (
                    name,
                    value[:80],
                )
            if tag == "meta" and attribute == "http-equiv":
                assert value == "Content-Security-Policy"
        assert str(published.out.parent) not in page and "/site-packages/" not in page


def test_hostile_names_are_shown_literally(published: Published) -> None:
    for name in ("index.html", "network/index.html"):
        cells = {" ".join(cell.removesuffix(" no report").split()) for cell in Reader(pages(published)[name]).cells}
        listed = hostile_names()[:-1]  # the last hub sent nothing
        assert {visible(payload) for payload in listed} <= cells, name
    title = Reader(pages(published)["hub/HR-adria/index.html"]).cells[1]
    assert title == visible(hostile_names()[0])


def test_every_figure_has_an_alternative_text_and_a_caption(published: Published) -> None:
    for name, page in pages(published).items():
        figures = re.findall(r"<figure>.*?</figure>", page, flags=re.S)
        assert name == "index.html" or len(figures) >= 4
        for figure in figures:
            assert re.search(r'alt="[^"]{20,}"', figure) and re.search("<figcaption>[^<]{5,}</figcaption>", figure)


def test_headings_descend_in_order(published: Published) -> None:
    for name, page in pages(published).items():
        levels = [int(tag[1]) for tag in Reader(page).tags if tag in ("h1", "h2", "h3")]
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium here")
def test_nothing_runs_in_a_browser_even_without_the_policy(published: Published, tmp_path: Path) -> None:
    """The policy is taken out of a copy, so that only the escaping protects; then the page is asked."""
    for number, page in enumerate(pages(published).values()):
        bare = re.sub(r"<meta [^>]*Content-Security-Policy[^>]*>", "", page)
        rows = "document.querySelectorAll('tr').length"
        asked = f"<script>document.title = 'hit: ' + window.hit + '; rows: ' + {rows}</script>"
        copy = tmp_path / f"page{number}.html"
        copy.write_text(bare.replace("</body>", asked + "</body>"), encoding="utf-8")
        command = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            copy.as_uri(),
        ]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
        assert re.search(r"<title>hit: undefined; rows: [1-9]\d+</title>", shown)


def test_a_second_run_makes_nothing_and_a_forced_one_the_same_bytes(published: Published) -> None:
    again = render_reports(published.plan, published.out, making=BOTH)
    assert {result.state for result in again} == {"unchanged"}
    hub = next(job for job in published.plan if job.level == "hub")
    (forced,) = render_reports([hub], published.out, making=BOTH, workers=1, force=True)
    first = next(result for result in published.results if result.path == hub.path)
    assert forced.state == "made" and forced.files == first.files


def test_a_page_that_was_touched_is_made_again(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = next(job for job in published.plan if job.level == "hub")
    page = published.out / hub.path
    before = page.read_bytes()
    page.write_bytes(before + b" ")
    made: list[str] = []
    monkeypatch.setattr("dihkpi.reports.render.make_here", lambda job: made.append(job["parameters"]["code"]) or STOP)
    (result,) = render_reports([hub], published.out, executor=Here())
    page.write_bytes(before)
    assert made == ["HR-adria"] and result.state == "failed" and "stopped by the test" in result.message
    assert result.why == "hub/HR-adria/index.html was changed or removed since"


STOP = {"error": "stopped by the test", "notebook": "", "files": {}, "seconds": 0.0, "way": ""}


class Here(Executor):
    """Works in this process, where the test has put something in the place of the engine."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_executed_notebooks_hold_no_timings_and_no_paths(published: Published) -> None:
    files = sorted(published.out.rglob("*.ipynb"))
    assert len(files) == 3
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'"(papermill|start_time|execution|duration)"', text)
        assert str(published.out.parent) not in text


def test_manifest_has_the_only_timestamp(published: Published) -> None:
    manifest = json.loads((published.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["made_at"] == "2026-07-01T06:00:00Z"
    assert manifest["rows"]["hubs"] == len(hostile_names()) and manifest["counts"]["received"] > 0
    assert set(manifest["files"]) == {"index.html", "data/indicators.csv"}
    assert all("2026-07-01" not in page for page in pages(published).values())


def test_index_offers_filters_and_downloads(published: Published) -> None:
    page = pages(published)["index.html"]
    assert 'href="data/indicators.csv"' in page and 'id="search"' in page and "script-src 'sha256-" in page
    (form,) = re.findall("<form [^>]*>", page)
    assert " hidden" in form, "controls that need the script wait for it"


def test_pages_of_hostile_regions_in_process(published: Published) -> None:
    """Each region draws its hubs by name: nothing of a name becomes markup or mathematics."""
    codes = sorted(set(Results(published.data).places.query("level == 'nuts2'")["code"]))
    assert len(codes) > 3
    for code in codes:
        read = Reader(open_report(published.data, "nuts2", code).hubs().html)
        assert set(read.tags) <= TAGS and "script" not in read.tags
