"""The pages of methods: each is listed, says where its method comes from, and has a sentence that a hub may quote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "methods"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
OF_SCORES = INDEX[INDEX.index("## Scores") : INDEX.index("## Indicators and targets")]
"""Pages about how a score is made: there the formula says what is assumed."""


def test_the_index_lists_every_page_once_and_no_other():
    linked = re.findall(r"\]\((\w+)\.md\)", INDEX)
    assert len(PAGES) > 30
    assert sorted(linked) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_sentence_to_quote_and_its_assumptions(page):
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    assert re.search(r"^> |\*\*To quote\.\*\*|hub may quote", text, re.MULTILINE), "no sentence to quote"
    if f"({page}.md)" not in OF_SCORES:
        assert re.search(r"assum|taken to be", text, re.IGNORECASE), "no assumptions"
