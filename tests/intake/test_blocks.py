"""A file looked at in blocks gives what it gives as a whole, and the fast reader what the careful one gives."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from dihkpi.definitions import Definitions
from dihkpi.intake.readers import csv_fast, csv_file
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.encodings import Encoding
from dihkpi.intake.sheet import Block
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, validate

from .conftest import csv_text


def in_blocks(definitions: Definitions, cells: int) -> Definitions:
    """The definitions with another size of blocks."""
    policy = {
        **definitions.policy,
        "block_cells": definitions.policy["block_cells"].model_copy(update={"value": cells}),
    }
    return replace(definitions, policy=policy)


@pytest.fixture
def short_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few rows counts as one that is too large to be held."""
    monkeypatch.setattr(csv_file, "HEAD", 3)


def told(result: Validated) -> list[list[Any]]:
    return result.issues.astype(object).where(result.issues.notna(), None).values.tolist()


def dirty(sme: list[list[Any]]) -> list[list[Any]]:
    """Faults of all phases, far from each other: cells, rows, keys, waves."""
    rows = [[*row] for row in sme]
    rows[2][4] = "9|9"
    rows += [[f"T{n % 2}", f"0{n % 9 + 1}/15/2025", f"Firm {n}", f"X{n}", *rows[1][4:]] for n in range(20, 60)]
    rows.append([*rows[8]])  # a repetition
    rows.append([*rows[12][:-1], "0" if rows[12][-1] != "0" else "10"])  # a contradiction
    rows.append(["T1", "01/01/2020", *rows[20][2:]])  # a second wave before the first
    rows.append([*rows[30], "one field too many"])
    return rows


@pytest.mark.parametrize("cells", [1, 100, 400, 10**6])
@pytest.mark.usefixtures("short_head")
def test_blocks_of_any_size_give_the_same(cells: int, files, sme, definitions: Definitions) -> None:
    path = files.csv(dirty(sme))
    whole = validate(read_submission(path, definitions), definitions)
    parts = in_blocks(definitions, cells)
    result = validate(read_submission(path, parts), parts)
    assert {"answer", "repeated_row", "duplicate_key", "wave_order", "row_width"} <= set(whole.issues["rule"])
    assert told(result) == told(whole)
    (one,), (other,) = whole.parts, result.parts
    assert (one.received, one.n_accepted) == (other.received, other.n_accepted)
    pd.testing.assert_frame_equal(one.accepted, other.accepted)
    pd.testing.assert_frame_equal(one.quarantined, other.quarantined)


@pytest.mark.parametrize("cells", [100, 10**6])
def test_what_is_not_kept_is_counted(cells: int, files, sme, definitions: Definitions) -> None:
    path = files.csv(dirty(sme))
    parts = in_blocks(definitions, cells)
    kept = validate(read_submission(path, parts), parts)
    counted = validate(read_submission(path, parts), parts, keep=False)
    assert told(counted) == told(kept)
    assert (counted.received, counted.n_accepted, counted.n_quarantined) == (
        kept.received,
        kept.n_accepted,
        kept.n_quarantined,
    )
    assert counted.accepted[("dma_sme", "assessments")].empty


FIELDS = st.one_of(
    st.sampled_from(["", " ", "a", "1.5", "Łódź", 'say "x"', "a,b", "x;y", "it's", "=1+1", "\u00a0"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)


def careful_and_fast(text: str, folder: Path) -> tuple[list[Block], list[Block]]:
    path = folder / "any.csv"
    path.write_bytes(text.encode())
    limits = Limits(10**9, 10**6, 500, 1000, 10, 10, 10.0, block_cells=8)
    table = csv_file._Table(path, Encoding("utf-8"), limits, ",", 1)
    width = max(len(row) for row in csv.reader(io.StringIO(text, newline="")))
    careful = list(table.careful(0, 1, 10**6, width))
    return careful, [block for block, _, _ in table._fast(width)]


@tries(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=1, max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_the_fast_reader_gives_what_the_careful_one_gives(rows, end, quoting, tmp_path_factory) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows(rows)
    careful, fast = careful_and_fast(stream.getvalue(), tmp_path_factory.getbasetemp())
    expected = [row for block in careful for row in block.texts().tolist()]
    lines = [line for block in careful for line in block.rows.tolist()]
    given_rows = [row for block in fast for row in block.texts().tolist()]
    assert given_rows == expected[: len(given_rows)]  # it may stop early, and the careful one goes on
    assert [line for block in fast for line in block.rows.tolist()] == lines[: len(given_rows)]


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n"x"y,1\n',  # a quote that closes inside a field
        'a,b\nx"y,1\n',  # a quote inside a field without quotes
        'a,b\n"line\nbreak",1\n',
        "a,b\r1,2\r",
        "a,b\n\n1,2\n",
        'a,b\n"open,1\n',
        "a,b\n'=1+1,2\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_careful_reader(text: str) -> None:
    piece = text.encode()
    cut = csv_fast.whole_lines(piece)
    plain = cut == len(piece) and csv_fast.is_plain(piece, ",") and not csv_fast.has_apostrophes(piece, ",")
    assert not plain


def test_quotes_around_separators_are_plain() -> None:
    piece = b'a,"b,c"\r\n"say ""x""",""\r\n'
    assert csv_fast.is_plain(piece, ",")
    block = csv_fast.read_plain(piece, ",", 2, 7)
    assert block is not None
    assert block.texts().tolist() == [["a", "b,c"], ['say "x"', ""]]
    assert block.rows.tolist() == [7, 8]


def test_a_row_with_other_fields_ends_the_fast_reading() -> None:
    assert csv_fast.read_plain(b"a,b\n1,2,3\n", ",", 2, 1) is None


def test_lines_without_end_cost_little() -> None:
    assert csv_fast.whole_lines(b'"' + b"x\n" * 200_000) == 0


def test_a_long_file_is_read_twice_for_what_concerns_all_rows(files, sme, definitions: Definitions, short_head) -> None:
    """The first and the last of 300 rows have one key, in blocks that are gone when it is found."""
    rows = [*sme, *(["T0", "01/15/2025", f"Firm {n}", f"Y{n}", *sme[1][4:]] for n in range(300))]
    rows.append([*rows[1][:-1], "0" if rows[1][-1] != "0" else "10"])
    parts = in_blocks(definitions, 500)
    path = files.raw("long.csv", csv_text(rows))
    (part,) = validate(read_submission(path, parts), parts).parts
    doubled = part.issues[part.issues["rule"] == "duplicate_key"]
    assert doubled["row"].tolist() == [2, len(rows)]
    assert doubled["related_rows"].tolist() == [str(len(rows)), "2"]
    assert part.quarantined["source_row"].tolist() == [2, len(rows)]
    assert part.quarantined.iloc[1, 1:].tolist() == [str(cell) for cell in rows[-1]]
    assert np.isclose(part.n_accepted, len(rows) - 3)
