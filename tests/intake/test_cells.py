"""From text to value by the declared type: numbers, dates, periods, identifiers, codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.survey import Column
from dihkpi.intake.cells import Convention, parse_texts
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.text import clean_cell

ERROR = "error"


def read(
    text: str, kind: str, *, book: CodeBook | None = None, column: dict[str, Any] | None = None, **convention: Any
) -> Any:
    """The value of one cell, or the rule that it breaks as `error: rule`."""
    declared = Column.model_validate({"type": kind, **(column or {})})
    texts = pd.Series([clean_cell(text)], dtype="str")
    parsed = parse_texts(texts, declared, Convention(**convention), book or CodeBook(()))
    if parsed.faults:
        assert all(fault.message and fault.hint for fault in parsed.faults[0])
        return f"{ERROR}: {parsed.faults[0][0].rule}"
    return parsed.values[0]


def payloads(shared: Path, group: str) -> Any:
    return json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))[group]


# Numbers


@pytest.mark.parametrize("decimal", ["dot", "comma"])
def test_numbers_of_the_shared_list(shared: Path, decimal: str) -> None:
    cases = payloads(shared, "numbers")["cases"]
    assert len(cases) > 30
    for case in cases:
        expected = case[decimal]
        if expected == "missing":
            continue  # decided before a cell is parsed: see below
        kind = {"unit:percent 45": "percent", "unit:EUR 7": "money"}.get(expected, "decimal")
        value = read(case["in"], kind, decimal=decimal)
        if isinstance(expected, str) and "error" in expected:
            assert str(value).startswith(ERROR), case
        else:
            assert value == {"unit:percent 45": 45, "unit:EUR 7": 7}.get(expected, expected), case


@pytest.mark.parametrize("kind", ["integer", "decimal", "money", "percent"])
@pytest.mark.parametrize("text", ["9007199254740993", "-9007199254740993", "1" * 400, "9" * 20])
def test_numbers_too_large_to_be_exact_are_errors(text: str, kind: str) -> None:
    assert read(text, kind) == "error: number"


def test_the_largest_exact_number_is_read() -> None:
    assert read("9007199254740991", "integer") == 9007199254740991


@pytest.mark.parametrize(
    ("text", "rule"), [("1,5", "decimal_sign"), ("1.5.2", "number"), ("1 5", "number"), ("--1", "number")]
)
def test_what_is_wrong_with_a_number_is_said(text: str, rule: str) -> None:
    assert read(text, "decimal") == f"error: {rule}"


@pytest.mark.parametrize("token", ["", " ", "-", "n/a", "N/A", "n.a.", "\u200b"])
def test_tokens_for_no_value(token: str, files, services, definitions) -> None:
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    services[1][5] = services[2][11] = token
    (part,) = validate(read_submission(files.csv(services), definitions), definitions).parts
    assert part.issues.empty
    assert np.isnan(part.accepted["price"].iloc[0])
    text = part.accepted["description"].iloc[1]
    assert pd.isna(text) if not clean_cell(token) else text == token


@pytest.mark.parametrize("text", ["NA", "None", "nan", "NULL", "null", "NaN"])
def test_texts_that_look_like_no_value_stay_texts(text: str, files, services, definitions) -> None:
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    services[1][1] = services[1][11] = text
    for path in (files.csv(services), files.xlsx(services)):
        (part,) = validate(read_submission(path, definitions), definitions).parts
        assert part.issues.empty
        assert part.accepted.loc[0, ["customer", "description"]].tolist() == [text, text]


# Dates and periods


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("2024-01-31", "ymd", "2024-01-31"),
        ("2024-01-31", "dmy", "2024-01-31"),
        ("2024-1-5", "ymd", "2024-01-05"),
        ("31.01.2024", "dmy", "2024-01-31"),
        ("31/01/2024", "dmy", "2024-01-31"),
        ("01/31/2024", "mdy", "2024-01-31"),
        ("03/04/2024", "dmy", "2024-04-03"),
        ("03/04/2024", "mdy", "2024-03-04"),
        ("03/04/2024", "ymd", "error: date"),
        ("2024-02-29", "ymd", "2024-02-29"),
        ("2023-02-29", "ymd", "error: impossible_date"),
        ("2024-02-30", "ymd", "error: impossible_date"),
        ("02/30/2024", "mdy", "error: impossible_date"),
        ("0024-01-31", "ymd", "error: impossible_date"),
        ("1899-12-31", "ymd", "error: impossible_date"),
        ("9999-12-31", "ymd", "9999-12-31"),
        ("31.1.24", "dmy", "error: date"),
        ("45322", "ymd", "error: date"),
        ("60", "ymd", "error: date"),
        ("Jan 2024", "ymd", "error: date"),
        ("2024-01-31 00:00:00", "ymd", "2024-01-31"),
        ("2024-01-31T00:00:00+02:00", "ymd", "2024-01-31"),
        ("2024-01-31T10:15:00", "ymd", "error: date"),
        ("\u0662\u0660\u0662\u0664-01-31", "ymd", "error: date"),
        ("2024-01-31; 2024-02-01", "ymd", "error: date"),
    ],
)
def test_dates(text: str, order: str, value: str) -> None:
    result = read(text, "date", dates=order)
    assert (result if isinstance(result, str) else str(result)[:10]) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31 / 2024-02-01", "2024-01-31/2024-02-01"),
        ("2024-01-31/2024-02-01", "2024-01-31/2024-02-01"),
        ("2024-01-31 /", "2024-01-31/2024-01-31"),
        ("2024-01-31", "2024-01-31/2024-01-31"),
        ("2024-01-31 / 2024-01-30", "error: end_before_start"),
        ("2024-02-30 / 2024-03-01", "error: impossible_date"),
        ("2024-02-01 / soon", "error: date"),
        ("/ 2024-02-01", "error: date"),
        ("2024-01-31 / 2024-02-01 / 2024-02-02", "error: date"),
    ],
)
def test_ranges_of_dates(text: str, value: str) -> None:
    assert read(text, "dates") == value


def test_a_date_of_a_1904_workbook_is_the_day_that_is_shown(files, services, definitions) -> None:
    import datetime as dt

    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    services[1][14] = dt.date(2024, 1, 31)
    for row in services:
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(files.folder / "mac.xlsx")
    (part,) = validate(read_submission(files.folder / "mac.xlsx", definitions), definitions).parts
    assert part.accepted["dates"].iloc[0] == "2024-01-31/2024-01-31"


def test_periods_of_the_shared_list(shared: Path) -> None:
    periods = payloads(shared, "periods")
    assert len(periods["ok"]) + len(periods["bad"]) == 20
    assert [read(text, "period") for text in periods["ok"]] == periods["ok"]
    assert {read(text, "period") for text in periods["bad"]} == {"error: period"}


@pytest.mark.parametrize(
    "text", ["\uff12\uff10\uff12\uff14", "\u0662\u0660\u0662\u0664", "2024-02-30/2024-03-01", "M36-M18"]
)
def test_more_that_is_no_period(text: str) -> None:
    assert read(text, "period") == "error: period"


# Identifiers


def test_identifiers_of_the_shared_list(shared: Path) -> None:
    ids = payloads(shared, "ids_and_paths")
    assert len(ids["reject"]) > 30
    # a blank at the end is taken off like everywhere; letters of other alphabets are named
    refused = [text for text in ids["reject"] if text.strip() == text and text]
    assert {read(text, "id") for text in refused} == {"error: id"}
    assert {read(text, "id").upper() for text in ids["normalise_to"]["AT-001"]} == {"AT-001"}
    assert [read(text, "id") for text in ids["confusable_reject_or_flag"][:2]] == ["error: id"] * 2


def test_the_letters_that_an_identifier_must_not_hold_are_named() -> None:
    texts = pd.Series(["\u0410T-001", "CON", "x" * 65], dtype="str")
    faults = parse_texts(texts, Column(type="id"), Convention(), CodeBook(())).faults
    assert "А (U+0410)" in faults[0][0].message
    assert "reserved, too long" in faults[1][0].message
    assert set(faults) == {0, 1, 2}


# Yes and no, addresses, codes


@pytest.mark.parametrize(
    ("text", "value"), [("Yes", True), ("no", False), ("TRUE", True), ("0", False), ("maybe", "error: boolean")]
)
def test_yes_and_no(text: str, value: Any) -> None:
    assert read(text, "boolean") == value


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://example.org/a", True),
        ("www.example.org", True),
        ("HTTP://EXAMPLE.ORG", True),
        ("Website", False),
        ("https://example.org/cut…", False),
        ("https://example.org/cut...", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://a b", False),
    ],
)
def test_addresses(text: str, good: bool) -> None:
    assert read(text, "url") == (text if good else "error: url")


@pytest.fixture
def technologies(definitions) -> CodeBook:
    return CodeBook.of(Column(type="codes", codes=("technologies",)), definitions)


def test_a_code_is_found_by_code_label_or_in_capitals(technologies: CodeBook) -> None:
    label = technologies.lists[0].labels["big_data"]
    for text in ("big_data", label, label.upper(), f" {label} ", f'"{label}"', label.replace(" ", "\u00a0")):
        assert read(text, "code", book=technologies) == "big_data"


def test_a_near_miss_is_named_and_not_taken(technologies: CodeBook) -> None:
    code, fault = technologies.find("Big dta")
    assert code is None
    assert fault is not None
    assert fault.hint.startswith("did you mean 'Big data'")


def test_several_codes_in_a_cell_count_once(technologies: CodeBook) -> None:
    assert read("Big data;;Robotics; big_data ", "codes", book=technologies) == "big_data|robotics"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Energy - 4, Education - 5", "energy=4|education=5"),
        ("Retail, wholesale or distribution - 3", "retail_wholesale_or_distribution=3"),
        (
            "New technologies for Audio-Visual sector - Media - 2, Chemical engineering (plants, products) - 1",
            "new_technologies_for_audio_visual_sector_media=2|chemical_engineering_plants_products=1",
        ),
        ("Energy - 9", "error: level"),
        ("Energy", "error: format"),
        ("Energy - 4, Education", "error: format"),
        ("Energy - 4, Energy - 2", "error: duplicate_code"),
    ],
)
def test_codes_with_levels(text: str, value: str, definitions) -> None:
    column = {"codes": ["catalogue_sectors", "technologies"], "min": 1, "max": 5}
    book = CodeBook.of(Column.model_validate({"type": "rated_codes", **column}), definitions)
    assert str(read(text, "rated_codes", book=book, column=column)).endswith(value)


@pytest.mark.parametrize(
    ("typed", "rule"),
    [("3.500", "ambiguous_number"), ("3.500 €", "ambiguous_number"), ("EUR 1.250,00", "decimal_sign")],
)
def test_an_amount_of_another_convention_is_told_as_such_with_its_unit_too(typed: str, rule: str) -> None:
    texts = pd.Series([typed], dtype="str")
    parsed = parse_texts(texts, Column(type="money"), Convention(), CodeBook(()))
    [[fault]] = parsed.faults.values()
    assert fault.rule == rule
    assert typed in fault.message
