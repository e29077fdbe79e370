"""What holds for every file: no row is lost, a fault is found where it is, and the order of rows does not matter."""

from __future__ import annotations

import copy
import dataclasses
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

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


def in_blocks(definitions: Any, cells: int) -> Any:
    size = definitions.policy["block_cells"].model_copy(update={"value": cells})
    return dataclasses.replace(definitions, policy={**definitions.policy, "block_cells": size})


def assert_nothing_lost(path: Path, definitions: Any, sent: int, cells: int) -> None:
    """Every row is accepted or set aside, set aside for a reason, and all this in whatever blocks."""
    result = checked(path, definitions)
    (part,) = result.parts
    assert result.received == sent == result.n_accepted + result.n_quarantined
    places = sorted([*part.accepted["source_row"], *part.quarantined["source_row"]])
    assert len(set(places)) == sent
    with_error = set(part.issues.loc[part.issues["severity"] == "error", "row"])
    repeated = set(part.issues.loc[part.issues["rule"] == "repeated_row", "row"])
    if part.issues["row"].notna().all() and not set(part.issues["rule"]) & {"missing_column", "duplicate_column"}:
        assert set(part.quarantined["source_row"]) == with_error | repeated
    again = validate(read_submission(path, in_blocks(definitions, cells)), in_blocks(definitions, cells), today=TODAY)
    assert again.issues.equals(result.issues)
    assert again.parts[0].accepted.equals(part.accepted)
    assert again.parts[0].quarantined.equals(part.quarantined)


@pytest.mark.slow
@tries(40)
@given(
    changes=changes,
    again=st.lists(st.integers(1, 5), max_size=3),
    torn=st.lists(st.integers(1, 5), max_size=2),
    cells=st.sampled_from([1, 40, 200]),
)
def test_no_row_is_lost_whatever_the_dirt(changes, again, torn, cells, files, sme, definitions) -> None:
    rows = copy.deepcopy(sme)
    for row, column, text in changes:
        rows[row][column] = text.replace("\0", "").encode("utf-8", "replace").decode()
    rows += [list(rows[row]) for row in again]
    for row in torn:
        del rows[row][-1:]
    sent = sum(any(cell.strip() for cell in row) for row in rows[1:])
    assert_nothing_lost(files.csv(rows), definitions, sent, cells)


@pytest.mark.slow
@tries(25)
@given(
    changes=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 27), dirt), max_size=8),
    again=st.lists(st.integers(1, 4), max_size=2),
    cells=st.sampled_from([1, 40, 200]),
)
def test_no_row_of_a_workbook_is_lost_either(changes, again, cells, files, services, definitions) -> None:
    rows = copy.deepcopy(services)
    for row, column, text in changes:
        rows[row][column] = ILLEGAL_CHARACTERS_RE.sub("", text.encode("utf-8", "replace").decode())
    rows += [list(rows[row]) for row in again]
    assert_nothing_lost(files.xlsx(rows), definitions, len(rows) - 1, cells)


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


MUTATIONS: dict[str, list[tuple[str, str, Any]]] = {
    "services": [
        ("price", "decimal_sign", "1.250,00"),
        ("price", "currency", "$ 1000"),
        ("invoiced", "min", -1),
        ("invoiced", "invoiced_within_price", 1001),
        ("aid", "number", "much"),
        ("aid", "ambiguous_number", "1.000"),
        ("attendees", "number", "2.5"),
        ("category", "unknown_code", "Test"),
        ("dates", "impossible_date", "2024-02-30"),
        ("dates", "end_before_start", "2024-03-01 / 2024-02-01"),
        ("dates", "date", "spring"),
        ("customer", "required", ""),
        ("hub", "required", ""),
        ("status", "status_known", ""),
        ("customer_country", "unknown_code", "Atlantis"),
        ("customer_region", "region_in_country", "DE21"),
        ("customer_type", "unknown_code", "NGO"),
        ("technology", "unknown_code", "Alchemy"),
    ],
    "customers": [
        ("customer_type", "unknown_code", "ngo"),
        ("customer_type", "required", ""),
        ("name", "required", " "),
    ],
    "targets": [
        ("period", "period", "2026-Q5"),
        ("period", "required", ""),
        ("indicator", "unknown_code", "happiness"),
        ("value", "number", "ten"),
        ("value", "target_above_zero", "0"),
        ("value", "number", "1e5"),
    ],
    "assessments": [
        ("wave", "unknown_code", "T7"),
        ("wave", "required", ""),
        ("date", "impossible_date", "02/30/2024"),
        ("date", "date", "2024"),
        ("date", "date_in_future", "01/31/2999"),
    ],
}
"""Form to column, rule and the value that breaks it."""


@pytest.fixture
def clean(services, sme, definitions) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """Form to its columns, and clean rows below a header."""
    kpi = definitions.survey("edih_kpi")
    customers = [["customer_type", "name", "vat"], *(["sme", f"Firm {n}", f"AT{n}"] for n in range(1, 5))]
    targets = [["hub", "indicator", "period", "breakdown", "value", "reference"]]
    targets += [["Hub One", "customers_supported", period, "", 10, ""] for period in ("2025", "2026", "M18", "M36")]
    assessments = ["wave", "date", "name", "registration", *sme[0][4:]]
    return {
        "services": (list(kpi.form("services").columns), services), "customers": (customers[0], customers),
        "targets": (targets[0], targets), "assessments": (assessments, sme),
    }  # fmt: skip


def test_many_classes_of_faults_are_planted() -> None:
    rules = {(form, rule) for form, faults in MUTATIONS.items() for _, rule, _ in faults}
    assert len({rule for _, rule in rules}) >= 15
    assert all(len(faults) >= 3 for faults in MUTATIONS.values())


@pytest.mark.parametrize("workbook", [False, True], ids=["csv", "xlsx"])
@pytest.mark.parametrize(
    ("form", "column", "rule", "value"),
    [(form, *fault) for form, faults in MUTATIONS.items() for fault in faults],
    ids=lambda value: str(value),
)
def test_one_fault_is_one_issue(form, column, rule, value, workbook: bool, files, clean, definitions) -> None:
    from dihkpi.intake.sheet import column_letter

    columns, rows = clean[form]
    if workbook and form == "assessments":
        pytest.skip("the upload file of assessments is a CSV")
    survey = "dma_sme" if form == "assessments" else "edih_kpi"
    at = columns.index(column)
    for row in (1, len(rows) - 1):
        dirty = copy.deepcopy(rows)
        before = dirty[row][at]
        for content, expected in ((value, [[rule, f"{column_letter(at)}{row + 1}"]]), (before, [])):
            dirty[row][at] = content
            path = files.xlsx(dirty) if workbook else files.csv(dirty)
            result = validate(read_submission(path, definitions, survey=survey), definitions, today=TODAY)
            (part,) = result.parts
            assert part.match.form_name == form
            assert part.issues[["rule", "cell"]].values.tolist() == expected
            is_error = (part.issues["severity"] == "error").any()
            assert part.quarantined["source_row"].tolist() == ([row + 1] if is_error else [])
            assert len(part.accepted) == len(rows) - 1 - is_error


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
