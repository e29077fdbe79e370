"""The page around the pieces: they stand in it as they were made, and in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from dihkpi.definitions import Definitions
from dihkpi.reports.blocks import Block, sentence
from dihkpi.reports.page import make_page, notebook_of, warm_page


@pytest.fixture(scope="module")
def folder(definitions: Definitions) -> Path:
    return Path(definitions.file("notebooks", "page"))


def test_blocks_stand_in_the_page_as_they_are(folder: Path) -> None:
    blocks = [Block("<p class=\"a\" id='b'>1 &lt; 2 &quot;é&quot; <br><i></i></p>"), sentence("second")]
    page = make_page(notebook_of(blocks[0], "## A *heading*", blocks[1]), folder, "title")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    places = [page.index(piece) for piece in (blocks[0].html, "<h2", "<em>heading</em>", blocks[1].html, "</main>")]
    assert places == sorted(places)


def test_title_and_script_are_where_they_may_be(folder: Path) -> None:
    page = make_page(notebook_of("text"), folder, "<script>a</script>\x00", "console.log(1)")
    assert "<title>&lt;script&gt;a&lt;/script&gt;‹U+0000›</title>" in page
    assert page.count("<script>") == 1 and "<script>console.log(1)</script>" in page
    assert "script-src 'sha256-" in page and "script-src" not in make_page(notebook_of("text"), folder, "title")


def test_a_notebook_is_left_as_it_was_and_a_page_is_always_the_same(folder: Path) -> None:
    notebook = notebook_of("## A", sentence("b"))
    before = notebook.copy(), str(notebook)
    warm_page(folder)
    pages = {make_page(notebook, folder, "title") for _ in range(2)}
    assert len(pages) == 1 and (notebook, str(notebook)) == before
