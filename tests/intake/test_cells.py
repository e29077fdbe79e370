"""From text to value by the declared type: numbers, dates, periods, identifiers, codes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.definitions.survey import Column
from dihkpi.intake.cells import Convention, detect_decimal, parse_texts, serials_to_iso
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


# Numbers


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
        ("31-01-2024", "dmy", "2024-01-31"),
        ("03/04/2024", "ymd", "error: ambiguous_date"),
        ("04/04/2024", "ymd", "error: date"),
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
        ("2024-01-31T23:59:59-11:00", "ymd", "2024-01-31"),
        ("2024-01-31 09:15:00", "ymd", "2024-01-31"),
        ("2024-07-01T09:00:00.000+02:00", "ymd", "2024-07-01"),
        ("2024/07/01 9:00:00 AM GMT+2", "ymd", "2024-07-01"),
        ("7/1/2024 8:50", "mdy", "2024-07-01"),
        ("2024-01-31T24:00:00", "ymd", "error: date"),
        ("2024-01-31 13:00 PM", "ymd", "error: impossible_date"),
        ("2024-01-31\n", "ymd", "2024-01-31"),
        ("2024-01-31 x", "ymd", "error: date"),
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


@pytest.mark.parametrize(
    "text", ["\uff12\uff10\uff12\uff14", "\u0662\u0660\u0662\u0664", "2024-02-30/2024-03-01", "M36-M18"]
)
def test_more_that_is_no_period(text: str) -> None:
    assert read(text, "period") == "error: period"


# Identifiers


def test_the_letters_that_an_identifier_must_not_hold_are_named() -> None:
    texts = pd.Series(["\u0410T-001", "CON", "x" * 65], dtype="str")
    faults = parse_texts(texts, Column(type="id"), Convention(), CodeBook(())).faults
    assert "'А' (U+0410, Cyrillic), which looks like 'A'" in faults[0][0].message
    assert "Latin letters" in faults[0][0].hint
    assert "reserved, too long" in faults[1][0].message
    assert set(faults) == {0, 1, 2}


def test_the_list_of_lookalikes_is_one_of_single_letters(definitions) -> None:
    import unicodedata

    rows = definitions.codelists["confusables"].rows
    assert len(rows) > 80
    for row in rows:
        character = chr(int(row["code"].removeprefix("U+"), 16))
        assert unicodedata.name(character).lower() == row["label"]
        assert row["label"].startswith(row["script"].lower())
        assert row["looks_like"].isascii()
        assert row["looks_like"].isalnum()
        assert len(row["looks_like"]) == 1
        fault = fault_of(f"x{character}x", "id")
        # compatibility forms are made plain before: what is named is then the plain one
        assert "which looks like" in fault.message or unicodedata.normalize("NFKC", character) != character


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


# Units, conventions, days of spreadsheets


def fault_of(text: str, kind: str, **convention: Any) -> Any:
    parsed = parse_texts(pd.Series([text], dtype="str"), Column(type=kind), Convention(**convention), CodeBook(()))
    [[fault]] = parsed.faults.values()
    return fault


@pytest.mark.parametrize(
    ("text", "kind", "rule", "words"),
    [
        ("45 %", "decimal", "unit", "holds the unit %"),
        ("45%", "integer", "unit", "column of whole numbers"),
        ("45 %", "money", "unit", "column of amounts"),
        ("7 €", "decimal", "unit", "holds the unit €"),
        ("EUR 7", "percent", "unit", "column of percentages"),
        ("7 $", "money", "currency", "another currency ($); amounts here are in EUR"),
        ("USD 7", "money", "currency", "(USD)"),
        ("usd 1,234.50", "money", "currency", "(usd)"),
        ("7\u00a0zł", "money", "currency", "(zł)"),
        ("£7", "money", "currency", "(£)"),
        ("7 persons", "decimal", "number", "is not a number"),
        ("% 7 %", "percent", "unit", "holds the unit %"),
        ("€", "money", "number", "is not an amount"),
    ],
)
def test_units_that_do_not_belong_here(text: str, kind: str, rule: str, words: str) -> None:
    fault = fault_of(text, kind)
    assert fault.rule == rule
    assert words in fault.message
    assert fault.hint


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7 €", "money", 7), ("€7.25", "money", 7.25), ("7\u202feur", "money", 7), ("-7 euros", "money", -7),
        ("45 %", "percent", 45), ("45\u00a0%", "percent", 45), ("1,234.5 %", "percent", 1234.5), ("+5", "decimal", 5),
    ],
)  # fmt: skip
def test_units_that_belong_here(text: str, kind: str, value: float) -> None:
    assert read(text, kind) == value


def test_amounts_may_be_declared_in_another_currency() -> None:
    assert read("7 zł", "money", currency="PLN") == 7
    assert fault_of("7 €", "money", currency="PLN").message.endswith("amounts here are in PLN")


@pytest.mark.parametrize(
    ("text", "column", "doubtful"),
    [
        ("0.45", {}, True), ("1", {}, True), ("0", {}, False), ("1.5", {}, False), ("-0.5", {}, False),
        ("0.45 %", {}, False), ("0.45", {"max": 1}, False), ("0.45", {"max": 100}, True),
    ],
)  # fmt: skip
def test_a_share_in_a_column_of_percentages_is_a_warning(text: str, column: dict[str, Any], doubtful: bool) -> None:
    declared = Column.model_validate({"type": "percent", **column})
    parsed = parse_texts(pd.Series([text], dtype="str"), declared, Convention(), CodeBook(()))
    assert parsed.values[0] == float(text.removesuffix(" %"))
    faults = [(fault.rule, fault.severity) for found in parsed.faults.values() for fault in found]
    assert faults == ([("percent_as_share", "warning")] if doubtful else [])


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["1234,5"], "comma"), (["1.234,56", "1.000"], "comma"), (["7,5 %", "12"], "comma"), (["€ 0,50"], "comma"),
        (["1'234.50"], "dot"), (["0.123"], "dot"), (["1,234,567", "2.5"], "dot"), (["\u22122.5"], "dot"),
        (["1.000", "2,000"], None), ([], None), (["12", "n/a", "31.01.2024", "1.5.2"], None), (["1,5", "1.5"], None),
    ],
)  # fmt: skip
def test_the_convention_of_a_file_is_told_by_what_only_one_can_read(texts: list[str], decimal: str | None) -> None:
    assert detect_decimal(texts) == detect_decimal(reversed(texts)) == decimal


@pytest.mark.parametrize("text", ["0.123", "000.123", "1.0000", "1.00", ".5", "5.", "1..000", "1.000.00"])
def test_a_thousand_begins_with_its_first_digit(text: str) -> None:
    assert str(read(text, "decimal", decimal="comma")).startswith(ERROR)


@pytest.mark.parametrize(
    ("text", "order", "rule", "hint"),
    [
        ("45322", "ymd", "date", "spreadsheet's day number (2024-01-31)"),
        ("45322.75", "dmy", "date", "spreadsheet's day number (2024-01-31)"),
        ("60", "ymd", "date", "write it as YYYY-MM-DD"),
        ("31.1.24", "dmy", "date", "four digits, as DD.MM.YYYY"),
        ("Jan 2024", "ymd", "date", "a month alone is no day"),
        ("2024-01", "ymd", "date", "a month alone is no day"),
        ("31.01.2024", "ymd", "date", "write 2024-01-31, if that is meant"),
        ("03/04/2024", "ymd", "ambiguous_date", "write 2024-03-04 or 2024-04-03"),
        ("1899-12-31", "ymd", "impossible_date", "correct the year"),
        ("2024-02-30 10:00", "ymd", "impossible_date", "correct the day"),
        ("01/31/2024", "dmy", "impossible_date", "correct the day"),
    ],
)
def test_what_to_do_about_a_date(text: str, order: str, rule: str, hint: str) -> None:
    fault = fault_of(text, "date", dates=order)
    assert fault.rule == rule
    assert hint in fault.hint


def test_days_of_spreadsheets_are_those_of_the_calendar() -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

    numbers = np.array([1, 59, 61, 62, 366, 45322, 2958465, 45322.999])
    assert serials_to_iso(numbers).tolist() == [from_excel(float(n)).date().isoformat() for n in np.floor(numbers)]
    assert serials_to_iso(np.array([1, 43860, 2957003.0]), date1904=True).tolist() == [
        from_excel(n, CALENDAR_MAC_1904).date().isoformat() for n in (1, 43860, 2957003)
    ]
    odd = np.array([np.nan, np.inf, -np.inf, -1, 0, 0.5, 60, 60.5, 2958466, 1e300])
    assert set(serials_to_iso(odd).tolist()) == {""}
    assert serials_to_iso(np.array([2957004.0]), date1904=True).tolist() == [""]
    assert serials_to_iso(np.array([])).tolist() == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", "2024-01-31T00:00:00"),
        ("2024-01-31 09:15:07", "2024-01-31T09:15:07"),
        ("2024-01-31T09:15:07.250+02:00", "2024-01-31T09:15:07"),
        ("2024/07/01 12:05:00 AM GMT+2", "2024-07-01T00:05:00"),
        ("2024/07/01 9:00 pm", "2024-07-01T21:00:00"),
        ("2024-01-31 09:60", "error: date"),
    ],
)
def test_times_are_those_of_the_place(text: str, value: str) -> None:
    assert str(read(text, "datetime")) == value


# Properties


plain = settings(max_examples=300, deadline=None, derandomize=True, database=None)
SIGNS = {"dot": (".", ","), "comma": (",", ".")}


@plain
@given(
    number=st.decimals(-(10**11), 10**11, places=3),
    decimal=st.sampled_from(["dot", "comma"]),
    group=st.sampled_from(["", "sign", " ", "\u00a0", "\u202f", "'"]),
)
def test_a_number_written_in_a_convention_is_read_as_that_number(number: Decimal, decimal: str, group: str) -> None:
    sign, thousands = SIGNS[decimal]
    mark = thousands if group == "sign" else group
    text = f"{number:,.3f}".replace(",", "\0").replace(".", sign).replace("\0", mark)
    assert read(text, "decimal", decimal=decimal) == float(number)
    assert read(text.split(sign)[0], "integer", decimal=decimal) == int(number)


@plain
@given(number=st.floats(allow_nan=False, allow_infinity=False, max_value=9e15, min_value=-9e15))
def test_what_is_printed_is_read_back_exactly(number: float) -> None:
    assert read(f"{Decimal(number):f}", "decimal") == number


@plain
@given(
    text=st.text(st.sampled_from("0123456789.,'+-−  \u00a0%€eE_x١½１()"), min_size=1, max_size=9),
    decimal=st.sampled_from(["dot", "comma"]),
)
def test_no_text_outside_the_grammar_is_a_number(text: str, decimal: str) -> None:
    """The grammar, written once more and in another way: by its parts."""
    value = read(text, "decimal", decimal=decimal)
    sign, group = SIGNS[decimal]
    body = (
        clean_cell(text).replace("\u2212", "-").removeprefix("-") if clean_cell(text)[:1] in "-−" else clean_cell(text)
    )
    body = body.removeprefix("+") if not clean_cell(text).startswith(("-", "−")) else body
    whole, found, decimals = body.partition(sign)
    parts = whole.split(group) if group in whole else re.split("[ \u00a0']", whole)
    digits = [part.isascii() and part.isdigit() for part in (*parts, *([decimals] if found else []))]
    grouped = len(parts) == 1 or (parts[0][:1] != "0" and len(parts[0]) <= 3 and all(len(p) == 3 for p in parts[1:]))
    assert isinstance(value, float) == (bool(whole) and all(digits) and grouped)


@plain
@given(day=st.dates(date(1900, 1, 1)), order=st.sampled_from(["ymd", "dmy", "mdy"]), data=st.data())
def test_a_day_written_in_the_declared_order_is_that_day(day: date, order: str, data: Any) -> None:
    form = {"ymd": ["{0:%Y-%m-%d}"], "dmy": ["{0:%d.%m.%Y}", "{0.day}/{0.month}/{0.year}"], "mdy": ["{0:%m/%d/%Y}"]}
    time = data.draw(st.sampled_from(["", " 23:59", "T00:00:00Z", " 1:05:09 pm GMT-11"]))
    assert str(read(data.draw(st.sampled_from(form[order])).format(day) + time, "date", dates=order))[:10] == str(day)
    assert str(read(day.isoformat() + time, "date", dates=order))[:10] == str(day)


@plain
@given(year=st.integers(0, 9999), month=st.integers(0, 99), day=st.integers(0, 99))
def test_only_days_of_the_calendar_are_days(year: int, month: int, day: int) -> None:
    try:
        expected = str(date(year, month, day)) if year >= 1900 else "error: impossible_date"
    except ValueError:
        expected = "error: impossible_date"
    value = read(f"{year:04d}-{month:02d}-{day:02d}", "date")
    assert (value if isinstance(value, str) else str(value)[:10]) == expected


# What means 'no value'


def test_words_for_no_value_are_words_where_they_are_words(tmp_path: Path) -> None:
    from dihkpi.definitions import load_definitions
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    survey = tmp_path / "own" / "surveys" / "na" / "v1"
    survey.mkdir(parents=True)
    (tmp_path / "own" / "schemas" / "codelists").mkdir(parents=True)
    (tmp_path / "own" / "schemas" / "codelists" / "opts.csv").write_text(
        "code,label\nn,None\nna,NA\n", encoding="utf-8"
    )
    (survey / "survey.yaml").write_text(
        "survey: na\nversion: v1\ntitle: NA\nreference: ours\nforms:\n  rows:\n    title: Rows\n    kind: records\n"
        "    key: [record]\n    columns:\n      record: {type: id, required: true}\n"
        "      country: {type: code, codes: countries}\n      choice: {type: code, codes: opts}\n"
        "      remark: {type: text}\n      word: {type: text, missing: [NA]}\n      amount: {type: money}\n"
        '      share: {type: percent, missing: ["999"]}\n      day: {type: date}\n      seen: {type: datetime}\n',
        encoding="utf-8",
    )
    definitions = load_definitions(tmp_path / "own")
    lines = ["record,country,choice,remark,word,amount,share,day,seen", "007,NO,None,nan,NA,n/a,999,-,",
             "null,NO,NA,None,None,-,n.a.,N/A,", "nan,NO,n,NULL,nan,1,50,2024-01-31,2024-01-31 09:15:00"]  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (part,) = validate(read_submission(path, definitions), definitions).parts
    assert part.issues[["rule", "cell"]].values.tolist() == []
    got = part.accepted
    assert got["record"].tolist() == ["007", "null", "nan"]
    assert got["country"].tolist() == ["NO"] * 3
    assert got["choice"].tolist() == ["n", "na", "n"]
    assert got["remark"].tolist() == ["nan", "None", "NULL"]
    assert got["word"].isna().tolist() == [True, False, False]
    assert got["word"].tolist()[1:] == ["None", "nan"]
    assert got["amount"].isna().tolist() == got["share"].isna().tolist() == [True, True, False]
    assert got["day"].isna().tolist() == [True, True, False]
    assert str(got["seen"].iloc[2]) == "2024-01-31 09:15:00"
