"""What holds for every file: no row is lost, a fault is found where it is, and the order of rows does not matter."""

from __future__ import annotations

import copy
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, validate

TODAY = date(2026, 7, 1)


def tries(number: int) -> settings:
    """The same examples on every run."""
    unneeded = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=None, derandomize=True, database=None, suppress_health_check=unneeded)


def checked(path: Path, definitions: Any) -> Validated:
    return validate(read_submission(path, definitions), definitions, today=TODAY)


# Conservation


dirt = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "-", "n/a", "=1+1", "'=1", "1e5", "inf", "NaN", "١٢", "1.250,00", "2024-02-30", "#REF!"]),
    st.sampled_from(["\u202e", "a\nb", 'a"b', "a,b", "a;b", "\ufeff", "0|1", "<script>", "{{7*7}}", "../x", "T0"]),
)
changes = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 89), dirt), max_size=12)


@tries(40)
@given(changes=changes, again=st.lists(st.integers(1, 5), max_size=3), torn=st.lists(st.integers(1, 5), max_size=2))
def test_no_row_is_lost_whatever_the_dirt(changes, again, torn, files, sme, definitions) -> None:
    rows = copy.deepcopy(sme)
    for row, column, text in changes:
        rows[row][column] = text.replace("\0", "").encode("utf-8", "replace").decode()
    rows += [list(rows[row]) for row in again]
    for row in torn:
        del rows[row][-1:]
    sent = sum(any(cell.strip() for cell in row) for row in rows[1:])
    result = checked(files.csv(rows), definitions)
    (part,) = result.parts
    assert result.received == sent == result.n_accepted + result.n_quarantined
    places = sorted([*part.accepted["source_row"], *part.quarantined["source_row"]])
    assert len(set(places)) == sent
    with_error = set(part.issues.loc[part.issues["severity"] == "error", "row"])
    repeated = set(part.issues.loc[part.issues["rule"] == "repeated_row", "row"])
    assert set(part.quarantined["source_row"]) == with_error | repeated


@tries(100)
@given(raw=st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused_with_words(raw: bytes, files, definitions) -> None:
    from dihkpi.errors import FileRefusedError

    try:
        checked(files.raw("any.csv", raw), definitions)
    except FileRefusedError as fault:
        assert fault.rule in definitions.rules
        assert fault.message
        assert fault.hint


@tries(40)
@given(cut=st.integers(0, 20_000), noise=st.binary(min_size=1, max_size=6))
def test_a_damaged_workbook_is_read_or_refused_with_words(cut: int, noise: bytes, files, services, definitions) -> None:
    from dihkpi.errors import FileRefusedError

    path = files.xlsx(services)
    whole = path.read_bytes()
    at = cut % len(whole)
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        result = checked(path, definitions)
        assert result.received == result.n_accepted + result.n_quarantined
    except FileRefusedError as fault:
        assert fault.rule in definitions.rules


# Mutation: one fault of a known class gives that issue at that cell, and nothing else


MUTATIONS: dict[str, tuple[str, Any]] = {
    "price": ("decimal_sign", "1.250,00"),
    "invoiced": ("min", -1),
    "aid": ("number", "much"),
    "attendees": ("number", "2.5"),
    "category": ("unknown_code", "Test"),
    "dates": ("impossible_date", "2024-02-30"),
    "customer": ("required", ""),
    "hub": ("required", ""),
    "customer_country": ("unknown_code", "Atlantis"),
    "customer_type": ("unknown_code", "NGO"),
}


@tries(40)
@given(row=st.integers(1, 4), column=st.sampled_from(sorted(MUTATIONS)), workbook=st.booleans())
def test_one_fault_is_one_issue(row: int, column: str, workbook: bool, files, services, definitions) -> None:
    from dihkpi.intake.sheet import column_letter

    columns = list(definitions.survey("edih_kpi").form("services").columns)
    rule, value = MUTATIONS[column]
    rows = copy.deepcopy(services)
    rows[row][columns.index(column)] = value
    (part,) = checked(files.xlsx(rows) if workbook else files.csv(rows), definitions).parts
    assert part.issues[["rule", "cell"]].values.tolist() == [[rule, f"{column_letter(columns.index(column))}{row + 1}"]]
    assert part.quarantined["source_row"].tolist() == [row + 1]
    assert len(part.accepted) == 3


@tries(40)
@given(row=st.integers(1, 5), column=st.integers(4, 89))
def test_one_answer_that_is_none(row: int, column: int, files, sme, definitions) -> None:
    from dihkpi.intake.sheet import column_letter

    rows = copy.deepcopy(sme)
    rows[row][column] = "7"
    (part,) = checked(files.csv(rows), definitions).parts
    assert part.issues[["rule", "cell"]].values.tolist() == [["answer", f"{column_letter(column)}{row + 1}"]]


# Order


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_rows_does_not_matter(seed: int, files, sme, definitions) -> None:
    rows = copy.deepcopy(sme)
    rows[2][4] = "9|9"  # one error
    rows.append(list(rows[1]))  # one repetition
    rows.append([*rows[3][:-1], "0" if rows[3][-1] != "0" else "10"])  # one contradiction
    body = rows[1:]
    before = checked(files.csv(rows), definitions)
    random.Random(seed).shuffle(body)
    after = checked(files.csv([rows[0], *body]), definitions)

    def accepted(result: Validated) -> list[list[Any]]:
        frame = result.parts[0].accepted.drop(columns="source_row").astype(str)
        return sorted(frame.values.tolist())

    assert accepted(after) == accepted(before)
    assert len(accepted(before)) == 3
    assert sorted(after.issues["rule"]) == sorted(before.issues["rule"])
