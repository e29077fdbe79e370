"""Several answers in one cell, cut against the texts that are known."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dihkpi.definitions.codelists import CodeList
from dihkpi.definitions.survey import Column
from dihkpi.intake.codes import CodeBook, parse_codes, parse_rated_codes
from dihkpi.intake.splitting import Splitter, split_known
from dihkpi.intake.text import normalise_header

KNOWN = {
    "Test before invest": "tbi",
    "Skills and training": "skills",
    "He said; ok": "said",
    "Retail, wholesale or distribution": "retail",
    "Retail": "shop",
    "Straße": "road",
    "None": "none",
}


@pytest.mark.parametrize(
    ("text", "codes", "left"),
    [
        ("Test before invest;Skills and training;", ["tbi", "skills"], []),
        ("Test before invest, Skills and training", ["tbi", "skills"], []),
        ("He said; ok", ["said"], []),
        ("He said; ok;Retail", ["said", "shop"], []),
        ("Retail, wholesale or distribution, Retail", ["retail", "shop"], []),
        ("Retail; wholesale", ["shop"], ["wholesale"]),
        ("Retail, wholesle or distribution", ["shop"], ["wholesle or distribution"]),
        ("Retial, wholesale or distribution", [], ["Retial, wholesale or distribution"]),
        ("Retailer; None", ["none"], ["Retailer"]),
        (' "Retail" ; \u201eNone\u201c', ["shop", "none"], []),
        ("STRASSE, stra\u00dfe; x\u00df\u00df, None", ["road", "road", "none"], ["x\u00df\u00df"]),
        ("Test\u00a0before  invest\u200b;none", ["tbi", "none"], []),
        ("Test before\ninvest", ["tbi"], []),
        (";, ;", [], []),
        ("", [], []),
    ],
)
def test_cells_are_cut_where_known_texts_end(text: str, codes: list[str], left: list[str]) -> None:
    assert split_known(text, KNOWN, ",;") == (codes, left)


@pytest.mark.parametrize(
    ("text", "separators", "codes", "left"),
    [
        ("tbi skills fund", " ", ["1", "2"], ["fund"]),
        ("tbi\n skills\ttbi", " ", ["1", "2", "1"], []),
        ("tbi\nskills", "\n", ["1", "2"], []),
        ("a\nb\ntbi\n", "\n", ["3", "1"], []),
        ("tbi|skills", "|", ["1", "2"], []),
        ("tbi, skills", ", ", ["1", "2"], []),
        ("tbi]skills", "]^", ["1", "2"], []),
        ("tbi; skills", ",", [], ["tbi; skills"]),
    ],
)
def test_the_separator_is_that_of_the_column(text: str, separators: str, codes: list[str], left: list[str]) -> None:
    assert split_known(text, {"tbi": "1", "skills": "2", "a b": "3"}, separators) == (codes, left)


words = st.text(st.sampled_from("abß; ,é-("), min_size=1, max_size=8)
labels = st.lists(words, min_size=1, max_size=6, unique_by=normalise_header)


def _clear(known: list[str]) -> bool:
    """Whether no label begins with another one and a separator: the longest one could swallow the next."""
    plain = [normalise_header(label) for label in known]
    return all(text and text[0] not in ";," and text[-1] not in ";," for text in plain) and not any(
        a != b and b.startswith((a + ";", a + " ;")) for a in plain for b in plain
    )


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(known=labels.filter(_clear), data=st.data(), mark=st.sampled_from([";", " ; ", ";\n"]))
def test_joined_labels_are_taken_apart(known: list[str], data: Any, mark: str) -> None:
    chosen = data.draw(st.lists(st.sampled_from(known), max_size=8))
    codes, left = split_known(mark.join(chosen), {label: label for label in known}, ";")
    assert (codes, left) == (chosen, [])


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(text=st.text(max_size=60), separators=st.sampled_from([";", ",;", " ", "\n", "|"]))
@example(text="\u0130;\u0130 ,x", separators=",;")
def test_every_letter_of_any_text_is_in_a_piece(text: str, separators: str) -> None:
    known = {"a, b": "1", "x": "2", "0": "3"}
    pieces = Splitter(known, separators).pieces(text)
    for piece, code in pieces:
        assert piece
        assert code == {normalise_header(label): code for label, code in known.items()}.get(normalise_header(piece))
    letters = [c for c in normalise_header(text) if c.isalnum()]
    assert letters == [c for piece, _ in pieces for c in normalise_header(piece) if c.isalnum()]


@pytest.fixture
def book() -> CodeBook:
    rows = [{"code": code, "label": label} for label, code in KNOWN.items()]
    rows += [{"code": f"more_{n}", "label": f"More, {n}"} for n in range(90)]
    return CodeBook((CodeList("options", tuple(rows)),))


def test_what_is_left_over_is_told_once_with_the_near_miss(book: CodeBook) -> None:
    column = Column(type="codes", codes=("options",), separator=",;")
    value, faults = parse_codes("Retial, wholesale or distribution;None;Nun;none; Nun", column, book)
    assert value == "none"
    assert [(fault.rule, fault.value) for fault in faults] == [
        ("unknown_code", "Retial, wholesale or distribution"),
        ("unknown_code", "Nun"),
    ]
    assert faults[0].hint.startswith("did you mean 'Retail, wholesale or distribution'")


def test_codes_that_share_a_label_are_told() -> None:
    rows = ({"code": "a", "label": "Other, please say"}, {"code": "b", "label": "Other, please say"})
    book = CodeBook((CodeList("options", rows),))
    value, [fault] = parse_codes("b, Other, please say", Column(type="codes", separator=","), book)
    assert value == "b"
    assert (fault.rule, fault.value) == ("ambiguous_code", "Other, please say")


@pytest.mark.parametrize(
    "text",
    ["a," * 16383, "More, 1, " * 3640, "More, " * 5461, '"' * 32767, "\u00df," * 16383, "More, 1" + " " * 32000 + "x",
     ",".join(map(str, range(6000))), "Retail" * 5461],
    ids=range(8),
)  # fmt: skip
def test_a_hostile_cell_takes_no_time(text: str, book: CodeBook) -> None:
    column = Column(type="codes", codes=("options",), separator=",;", min=0, max=5)
    start = time.process_time()
    _, faults = parse_codes(text, column, book)
    parse_rated_codes(text, column, book)
    parse_rated_codes(text.replace(",", " - 1,"), column, book)
    assert time.process_time() - start < 3
    assert len(faults) <= 6


def test_near_misses_are_looked_for_in_the_first_texts_only(book: CodeBook) -> None:
    import pandas as pd

    from dihkpi.intake.cells import Convention, parse_texts

    texts = pd.Series([f"Retial {n}" for n in range(600)], dtype="str")
    faults = parse_texts(texts, Column(type="code", codes=("options",)), Convention(), book).faults
    assert len(faults) == 600
    assert "did you mean 'Retail'" in faults[0][0].hint
    assert faults[599][0].hint == "write a code of schemas/codelists/options.csv"


def test_a_level_of_many_digits_is_no_level(book: CodeBook) -> None:
    column = Column(type="rated_codes", codes=("options",), min=0, max=5)
    assert parse_rated_codes("Retail - " + "1" * 5000, column, book)[1][0].rule == "format"
    assert parse_rated_codes("Retail - \u0663", column, book)[1][0].rule == "format"
