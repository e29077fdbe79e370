"""Records: JSON, Parquet, SPSS and the XML of EUSurvey."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits, read_sheets
from dihkpi.intake.readers.eusurvey_xml import EusurveyXml, read_eusurvey_xml
from dihkpi.intake.readers.json_file import read_json
from dihkpi.intake.readers.parquet_file import iter_parquet, read_parquet
from dihkpi.intake.readers.spss_file import read_sav

LIMITS = Limits(
    file_bytes=10_000_000, rows=9, columns=6, characters=50, entries=50, unpacked_bytes=1_000_000, ratio=100
)


def refusal(read: Callable[[Path, Limits], Any], path: Path, limits: Limits = LIMITS) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as fault:
        read(path, limits)
    assert fault.value.hint
    return fault.value


# JSON

RECORDS: dict[str, tuple[str, list[list[str]], list[int]]] = {
    "numbers as written": (
        '[{"a": 1.10, "b": 9007199254740993, "c": -0.50, "d": 1e400}]',
        [["a", "b", "c", "d"], ["1.10", "9007199254740993", "-0.50", "1e400"]],
        [1, 2],
    ),
    "words": ('[{"a": true, "b": false, "c": null, "d": "null"}]', [[*"abcd"], ["TRUE", "FALSE", "", "null"]], [1, 2]),
    "columns by first appearance": (
        '[{"b": "1"}, {"a": "2", "b": "3"}, {"c": "4"}]',
        [["b", "a", "c"], ["1", "", ""], ["3", "2", ""], ["", "", "4"]],
        [1, 2, 3, 4],
    ),
    "blank records are counted": ('[{"a": ""}, {}, {"a": null}, {"a": 7}]', [["a"], ["7"]], [1, 5]),
    "escapes": (r'[{"a": "x\ny \u00e9 \ud83d\ude00 \" \\ \/"}]', [["a"], ['x\ny é 😀 " \\ /']], [1, 2]),
    "letters": ('[{"é": "Αθήνα, {[\\"]}"}]', [["é"], ['Αθήνα, {["]}']], [1, 2]),
    "an object with a list": ('{"n": 2, "rows": [{"a": 1}, {"a": 2}], "by": "x"}', [["a"], ["1"], ["2"]], [1, 2, 3]),
    "lines": ('{"a": 1}\n{"a": 2}\r\n\n{"a": 3}\n', [["a"], ["1"], ["2"], ["3"]], [1, 2, 3, 4]),
    "one record": ('{"a": 1}', [["a"], ["1"]], [1, 2]),
    "white space": (' \n[\t{ "a" :\r\n"1" } \n ,{"a":2}] \n', [["a"], ["1"], ["2"]], [1, 2, 3]),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_records(name: str, mark: str, files) -> None:
    text, cells, rows = RECORDS[name]
    container, (sheet,) = read_sheets(files.raw("a.txt", mark + text), LIMITS)
    assert container == "json"
    assert (sheet.cells.tolist(), sheet.rows.tolist()) == (cells, rows)


NO_RECORDS: dict[str, tuple[str | bytes, str, str]] = {
    "nested list": ('[{"a": 1}, {"b": [1, 2]}]', "plain_values", "record 2 › b is a list or an object"),
    "nested object": ('{"rows": [{"a": {"b": 1}}]}', "plain_values", "record 1 › a is a list"),
    "list of lists": ("[[1, 2]]", "plain_values", "record 1 is not an object"),
    "list of words": ('["a"]', "plain_values", "record 1 is not an object"),
    "deep lists": ("[" * 1_000_000, "plain_values", "record 1"),
    "deep objects": ('{"a":' * 1_000_000, "plain_values", "record 1 › a"),
    "two lists": ('{"a": [{"x": 1}], "b": [{"x": 2}]}', "broken_file", "a second list of records, 'b'"),
    "name twice": ('[{"a": 1, "b": 2, "a": 3}]', "duplicate_column", "record 1: the name 'a' is there twice"),
    "name twice, spelt apart": (r'[{"a": 1, "\u0061": 3}]', "duplicate_column", "is there twice"),
    "not a number": ('[{"a": 1},\n {"a": NaN}]', "broken_file", "line 2, character 8: 'NaN}]' is no JSON value"),
    "infinite": ('[{"a": -Infinity}]', "broken_file", "is no JSON value"),
    "leading zero": ('[{"a": 007}]', "broken_file", "is no JSON value"),
    "plus": ('[{"a": +7}]', "broken_file", "is no JSON value"),
    "other digits": ('[{"a": ١٢}]', "broken_file", "is no JSON value"),
    "single quotes": ("""[{"a": 'x'}]""", "broken_file", "is no JSON value"),
    "line break in a text": ('[{"a": "x\ny"}]', "broken_file", "is no JSON value"),
    "unknown escape": (r'[{"a": "\x"}]', "broken_file", "is no JSON value"),
    "half a character": (r'[{"a": "\ud83d"}]', "broken_file", "half a character"),
    "comma at the end": ('[{"a": 1},]', "broken_file", "no record"),
    "comma in the record": ('[{"a": 1,}]', "broken_file", "no name in quotes"),
    "no comma": ('[{"a": 1} {"a": 2}]', "broken_file", "'{' where ',' belongs"),
    "cut off": ('[{"a": 1}, {"a"', "broken_file", "no name in quotes"),
    "more after the end": ('[{"a": 1}] x', "broken_file", "more after the end"),
    "cut off in a text": ('[{"a": "xyz', "broken_file", "is no JSON value"),
    "no record": ("[]", "empty_file", "no records"),
    "empty records": ("[{}, {}]", "empty_file", "no records"),
    "UTF-16": ('[{"a": 1}]'.encode("utf-16"), "encoding", "not UTF-8"),
    "Latin": ('[{"a": "é"}]'.encode("latin-1"), "encoding", "not UTF-8"),
    "many records": ('{"a": 1}\n' * 10, "too_many_rows", "more than 9 rows"),
    "many empty records": ("[" + "{}," * 1_000_000, "too_many_rows", "more than 9 rows"),
    "many names": (json.dumps([dict.fromkeys("abcdefg", 1)]), "too_many_columns", "more than 6 columns"),
    "many names in all": (json.dumps([{letter: 1} for letter in "abcdefg"]), "too_many_columns", "record 7"),
    "long text": (json.dumps([{"a": "x" * 51}]), "cell_too_long", "record 1 › a: a text has more than 50 characters"),
    "long number": (json.dumps([{"a": 10**51}]), "cell_too_long", "record 1 › a"),
    "long name": (json.dumps([{"x" * 51: 1}]), "cell_too_long", "record 1"),
    "text of ten megabytes": (json.dumps([{"a": "x" * 9_999_000}]), "cell_too_long", "record 1 › a"),
}


@pytest.mark.parametrize("name", NO_RECORDS)
def test_what_is_no_table_of_records(name: str, files) -> None:
    content, rule, words = NO_RECORDS[name]
    fault = refusal(read_json, files.raw("a.json", content))
    assert fault.rule == rule
    assert words in fault.message


def test_what_json_of_the_standard_library_reads_is_read_alike(files) -> None:
    rng = np.random.default_rng(1)
    letters = [*'ab"\\/\n\t\x00\x1f é€😀{}[],:', "\u2028"]
    records = [
        {"".join(rng.choice(letters, 5)) + str(k): "".join(rng.choice(letters, 9)) for k in range(5)} for _ in range(50)
    ]
    limits = replace(LIMITS, rows=100, columns=1000)
    for ascii_only in (True, False):
        path = files.raw("a.json", json.dumps(records, ensure_ascii=ascii_only, indent=2))
        (sheet,) = read_json(path, limits)
        found = [
            {name: text for name, text in zip(sheet.cells[0], row, strict=True) if text} for row in sheet.cells[1:]
        ]
        assert found == records


# Parquet


def parquet(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "a.parquet", **options)
    return folder / "a.parquet"


DAY, MOMENT = dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 9, 5)
COLUMNS: dict[str, tuple[Any, list[str]]] = {
    "text": (["007", None, "NA"], ["007", "", "NA"]),
    "large text": (pa.array(["a", None, "é"], pa.large_string()), ["a", "", "é"]),
    "text view": (pa.array(["a", None, "b" * 20], pa.string_view()), ["a", "", "b" * 20]),
    "categories": (pa.array(["a", None, "a"]).dictionary_encode(), ["a", "", "a"]),
    "categories of numbers": (pa.array([1.5, None, 1.5]).dictionary_encode(), ["1.5", "", "1.5"]),
    "whole": ([1, None, 9007199254740993], ["1", "", "9007199254740993"]),
    "unsigned": (pa.array([1, None, 2**64 - 1], pa.uint64()), ["1", "", "18446744073709551615"]),
    "floats": ([1.0, None, 0.1], ["1", "", "0.1"]),
    "far floats": ([1e-7, float("nan"), 1e20], ["0.0000001", "", "1" + "0" * 20]),
    "sums": ([0.1 + 0.2, 1e15, -0.5], ["0.3", "1000000000000000", "-0.5"]),
    "short floats": (pa.array([0.1, None, 2.5], pa.float32()), ["0.1", "", "2.5"]),
    "decimals": (pa.array([Decimal("1.10000000"), None, Decimal("1E-8")]), ["1.10000000", "", "0.00000001"]),
    "truth": ([True, None, False], ["TRUE", "", "FALSE"]),
    "days": ([DAY, None, DAY], ["2024-01-31", "", "2024-01-31"]),
    "days in milliseconds": (pa.array([DAY, None, DAY], pa.date64()), ["2024-01-31", "", "2024-01-31"]),
    "moments": ([MOMENT, None, dt.datetime(2024, 1, 31)], ["2024-01-31 09:05:00", "", "2024-01-31"]),
    "nanoseconds": (pa.array([MOMENT, None, None], pa.timestamp("ns")), ["2024-01-31 09:05:00", "", ""]),
    "moments of a zone": (
        pa.array([MOMENT, None, None], pa.timestamp("us", "Europe/Vienna")),
        ["2024-01-31 10:05:00+01:00", "", ""],
    ),
    "times": ([dt.time(9, 5), None, None], ["09:05:00", "", ""]),
    "nothing": (pa.nulls(3), ["", "", ""]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_parquet_as_text(name: str, tmp_path: Path) -> None:
    values, expected = COLUMNS[name]
    (sheet,) = read_parquet(parquet(tmp_path, {"k": ["1", "2", "3"], "c": values}, row_group_size=2), LIMITS)
    assert sheet.cells.tolist() == [["k", "c"], *([str(n), text] for n, text in enumerate(expected, 1))]
    assert sheet.rows.tolist() == [1, 2, 3, 4]


def test_blocks_of_a_parquet_file_make_up_the_whole(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"a": ["1", "", "3", None, "5"], "b": [1, None, 3, None, 5]}, row_group_size=3)
    blocks = list(iter_parquet(path, LIMITS, 2))
    (whole,) = read_parquet(path, LIMITS)
    assert len(blocks) > 1
    assert blocks[0].cells.tolist()[:1] == [["a", "b"]]
    assert np.concatenate([block.cells for block in blocks]).tolist() == whole.cells.tolist()
    assert np.concatenate([block.rows for block in blocks]).tolist() == whole.rows.tolist() == [1, 2, 4, 6]
    assert whole.cells.tolist() == [["a", "b"], ["1", "1"], ["3", "3"], ["5", "5"]]


def test_a_parquet_file_without_rows_has_its_header(tmp_path: Path) -> None:
    (sheet,) = read_parquet(parquet(tmp_path, {"a": pa.array([], pa.string()), "b": pa.array([], pa.int8())}), LIMITS)
    assert (sheet.cells.tolist(), sheet.rows.tolist()) == ([["a", "b"]], [1])


BAD_COLUMNS: dict[str, tuple[dict[str, Any], str, str]] = {
    "lists": ({"a": [[1]], "b": [{"x": 1}], "c": ["x"]}, "plain_values", "'a' (list<element: int64>), 'b' (struct"),
    "bytes": ({"a": [b"x"]}, "plain_values", "'a' (binary)"),
    "rows": ({"a": list(range(10))}, "too_many_rows", "more than 9 rows"),
    "columns": ({letter: [1] for letter in "abcdefg"}, "too_many_columns", "7 columns"),
    "long text": ({"a": ["x", "x" * 51]}, "cell_too_long", "column 'a': a text has more than 50"),
    "long name": ({"a" * 51: ["x"]}, "cell_too_long", "header"),
    "text that unpacks": ({"a": ["x" * 2_000_000]}, "too_large", "unpacks to 2 MB"),
    "no columns": ({}, "empty_file", "no columns"),
}


@pytest.mark.parametrize("name", BAD_COLUMNS)
def test_a_parquet_file_that_is_refused(name: str, tmp_path: Path) -> None:
    columns, rule, words = BAD_COLUMNS[name]
    fault = refusal(read_parquet, parquet(tmp_path, columns))
    assert fault.rule == rule
    assert words in fault.message


def test_a_small_file_of_a_million_cells_is_refused_by_its_metadata(tmp_path: Path) -> None:
    path = parquet(tmp_path, {name: np.zeros(40_000, dtype="int8") for name in "abcd"})
    assert path.stat().st_size < 10_000
    assert refusal(read_parquet, path, replace(LIMITS, rows=50_000)).rule == "too_large"


@pytest.mark.parametrize("keep", [4, 20, 0.5, -1, -9])
def test_a_damaged_parquet_file(keep: float, tmp_path: Path) -> None:
    path = parquet(tmp_path, {"a": ["x", "y"]})
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep) if isinstance(keep, float) else keep])
    assert refusal(read_parquet, path).rule == "broken_file"


def test_a_parquet_file_with_damaged_pages(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"a": [f"text {n}" for n in range(9)]}, use_dictionary=False, compression="none")
    raw = bytearray(path.read_bytes())
    raw[4:60] = b"\xff" * 56
    path.write_bytes(raw)
    assert refusal(read_parquet, path).rule == "broken_file"


# SPSS

SAV_LIMITS = replace(LIMITS, rows=100, columns=20, characters=1000)


@pytest.fixture
def sav(tmp_path: Path) -> Callable[..., Path]:
    pyreadstat = pytest.importorskip("pyreadstat")

    def write(columns: dict[str, Sequence[Any]], name: str = "a.sav", **more: Any) -> Path:
        pyreadstat.write_sav(pd.DataFrame(columns), tmp_path / name, **more)
        return tmp_path / name

    return write


def test_the_spss_file_of_the_fixtures(shared: Path) -> None:
    pytest.importorskip("pyreadstat")
    found = read_sav(shared / "survey_fixtures" / "spss.sav", SAV_LIMITS)
    assert found.sheet.cells.tolist() == [
        ["hub", "q1", "q2_tbi", "q2_skills", "q2_fund", "q3", "q4", "q5_a", "q5_b"],
        ["AT-001", "3", "1", "1", "0", "12.5", 'He said "fine"; ok, yes', "2", "3"],
        ["DE-002", "0", "0", "0", "0", "0", "line one\nline two", "0", ""],
        ["FR-003", "2", "0", "0", "1", "1234.56", '=HYPERLINK("http://x","y")', "1", "1"],
        ["EL-004", "1", "1", "1", "1", "", "Αθήνα <b>bold</b> & more", "3", "0"],
        ["PL-005", "", "", "", "", "7", "", "", ""],
    ]
    assert found.sheet.rows.tolist() == [1, 2, 3, 4, 5, 6]
    assert found.variable_labels == {"q1": "Digital strategy in place?", "q3": "SMEs served (thousand)"}
    assert found.value_labels["q1"] == {"0": "Not started", "1": "Planned", "2": "Pilot", "3": "In use"}
    assert found.value_labels["q2_tbi"] == {"0": "No", "1": "Yes"}
    assert not found.missing.any()
    assert read_sheets(shared / "survey_fixtures" / "spss.sav", SAV_LIMITS)[0] == "sav"


def test_declared_missing_codes_are_empty_and_marked(sav) -> None:
    path = sav(
        {"a": [1.0, 98.0, 99.0, None], "b": ["x", "NA", "", "y"], "c": [5.0, -1.0, -7.5, 0.0]},
        missing_ranges={"a": [99], "b": ["NA"], "c": [{"lo": -10, "hi": -1}]},
    )
    found = read_sav(path, SAV_LIMITS)
    assert found.sheet.cells.tolist() == [
        ["a", "b", "c"], ["1", "x", "5"], ["98", "", ""], ["", "", ""], ["", "y", "0"],
    ]  # fmt: skip
    assert np.argwhere(found.missing).tolist() == [[2, 1], [2, 2], [3, 0], [3, 2]]


def test_dates_times_and_numbers_of_spss(sav) -> None:
    columns: dict[str, Sequence[Any]] = {
        "day": [DAY, None, dt.date(1960, 12, 1)],
        "moment": [MOMENT, None, dt.datetime(2024, 1, 31)],
        "time": [dt.time(9, 5, 7), None, None],
        "n": [3.0, 0.1, 1e6],
        "s": ["pad ", "  x", "é"],
    }
    (_, *rows) = read_sav(sav(columns), SAV_LIMITS).sheet.cells.tolist()
    assert rows == [
        ["2024-01-31", "2024-01-31 09:05:00", "09:05:07", "3", "pad"],
        ["", "", "", "0.1", "  x"],
        ["1960-12-01", "2024-01-31", "", "1000000", "é"],
    ]


def test_a_compressed_spss_file_and_blank_cases(sav) -> None:
    path = sav({"a": [1.0, None, 3.0]}, "a.zsav", compress=True)
    assert path.read_bytes()[:4] == b"$FL3"
    container, (sheet,) = read_sheets(path, SAV_LIMITS)
    assert (container, sheet.cells.tolist(), sheet.rows.tolist()) == ("sav", [["a"], ["1"], ["3"]], [1, 2, 4])


def test_an_spss_file_beyond_the_limits(sav) -> None:
    path = sav({"a": ["x" * 20] * 50, "b": [1.0] * 50, "c": [1.0] * 50})
    for limit, rule in {
        "rows": ("too_many_rows"), "columns": ("too_many_columns"), "unpacked_bytes": ("too_large"),
        "characters": ("cell_too_long"),
    }.items():  # fmt: skip
        assert refusal(read_sav, path, replace(SAV_LIMITS, **{limit: 2})).rule == rule


def test_a_damaged_spss_file(sav) -> None:
    path = sav({"a": ["x", "y"], "b": [1.0, 2.0]})
    raw = path.read_bytes()
    for size in (4, 100, 300):
        path.write_bytes(raw[:size])
        assert refusal(read_sav, path).rule == "broken_file"


def test_a_file_that_ends_the_process_of_pyreadstat_is_refused(shared: Path, files) -> None:
    """One byte of a count of value labels is enough for version 1.3.7."""
    pytest.importorskip("pyreadstat")
    raw = bytearray((shared / "survey_fixtures" / "spss.sav").read_bytes())
    raw[959] = 255
    assert refusal(read_sav, files.raw("a.sav", bytes(raw)), SAV_LIMITS).rule == "broken_file"


def test_a_reader_of_spss_that_stops_is_a_refusal(sav, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sav({"a": [1.0]})
    monkeypatch.setattr(sys, "executable", shutil.which("false") or "no such program")
    fault = refusal(read_sav, path, SAV_LIMITS)
    assert fault.rule == "broken_file"
    assert "in its reader" in fault.message


def test_spss_without_the_extra_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch, files) -> None:
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    fault = refusal(read_sav, files.raw("a.sav", b"$FL2"))
    assert (fault.rule, fault.hint) == ("missing_reader", "pip install dihkpi[spss]")


# EUSurvey

XML_LIMITS = replace(LIMITS, rows=100, columns=30, characters=200)


def results(elements: str, answers: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<Results create="2024-07-01_09-00-00">'
        f'<Survey id="1" uid="u" alias="a">{elements}</Survey><Answers>{answers}</Answers></Results>'
    )


def in_language(language: str, elements: str) -> str:
    return f'<Elements lang="{language}">{elements}</Elements>'


def answer_set(answers: str, number: int = 1, **given: str) -> str:
    given = {"id": f"c{number}", "list": str(number), "lang": "EN", **given}
    attributes = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<AnswerSet {attributes}>{answers}</AnswerSet>"


def picked(question: str, option: str) -> str:
    return f'<Answer qid="{question}" aid="{option}"/>'


def written(question: str, text: str, option: str = "") -> str:
    chosen = f' aid="{option}"' if option else ""
    return f'<Answer qid="{question}"{chosen}>{text}</Answer>'


@pytest.fixture
def xml(files) -> Callable[..., EusurveyXml]:
    def read(elements: str, answers: str, limits: Limits = XML_LIMITS) -> EusurveyXml:
        return read_eusurvey_xml(files.raw("a.xml", results(elements, answers)), limits)

    return read


def test_the_eusurvey_file_of_the_fixtures(shared: Path) -> None:
    path = shared / "survey_fixtures" / "eusurvey_results.xml"
    found, time = read_eusurvey_xml(path, XML_LIMITS), "2024-07-01 09:00:00"
    key = "00000000-0000-4000-8000-00000000000"
    assert found.sheet.cells.tolist() == [
        ["contribution", "created", "updated", "language", "hub", "q1", "q2.tbi", "q2.skills", "q2.fund", "q3", "q4",
         "d1", "m.a", "m.b"],
        [key + "0", time, time, "de", "AT-001", "l3", "1", "1", "0", "12.5", 'He said "fine"; ok, yes', "31/01/2024",
         "l2", "l3"],
        [key + "1", time, time, "en", "DE-002", "l0", "", "", "", "0", "line one\nline two", "04/03/2024", "l0", ""],
        [key + "2", time, time, "fr", "FR-003", "l2", "0", "0", "1", "1234.56", '=HYPERLINK("http://x","y")', "",
         "l1", "l1"],
        [key + "3", time, time, "el", "EL-004", "l1", "1", "1", "1", "", "Αθήνα <b>bold</b> & more", "12/12/2024",
         "l3", "l0"],
        [key + "4", time, time, "pl", "PL-005", "", "", "", "", "7", "", "01/06/2024", "", ""],
    ]  # fmt: skip
    assert found.sheet.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.titles["uid-q1"] == {"en": "Digital strategy in place?"}
    assert found.titles["uid-ma-3"] == {"en": "In use"}
    assert read_sheets(path, XML_LIMITS)[0] == "eusurvey_xml"


def test_without_shortnames_uids_and_titles_in_the_language_of_the_answer(xml) -> None:
    elements = in_language(
        "EN",
        '<Question id="q" type="Single Choice">Ready&lt;b&gt;?&lt;/b&gt;</Question>'
        '<Answer id="y">Yes &amp;amp; so</Answer>'
        '<MatrixTitle id="m" type="Matrix">M</MatrixTitle>'
        '<MatrixQuestion id="r1" type="Single Choice Matrix Question">R1</MatrixQuestion>'
        '<MatrixQuestion id="r2" type="Multiple Choice Matrix Question">R2</MatrixQuestion>'
        '<MatrixAnswer id="lo">low</MatrixAnswer><MatrixAnswer id="hi">high</MatrixAnswer>',
    ) + in_language(
        "DE",
        '<Question id="q" type="Single Choice">Bereit?</Question><Answer id="y">Ja</Answer>'
        '<MatrixTitle id="m"/><MatrixQuestion id="r1"/><MatrixQuestion id="r2"/>'
        '<MatrixAnswer id="lo">niedrig</MatrixAnswer>',
    )
    answers = (
        answer_set(picked("q", "y") + picked("r1", "lo") + picked("r2", "hi"), 1, lang="DE")
        + answer_set(picked("q", "y") + picked("r1", "lo") + picked("r2", ""), 2, lang="EN")
        + answer_set(picked("q", "y") + picked("r1", "hi") + picked("r2", "lo") + picked("r2", "hi"), 3, lang="FR")
    )
    found = xml(elements, answers)
    assert found.sheet.cells[:, 3:].tolist() == [
        ["language", "q", "r1", "r2.lo", "r2.hi"],
        ["de", "Ja", "niedrig", "0", "1"],
        ["en", "Yes & so", "low", "", ""],
        ["fr", "Yes & so", "high", "1", "1"],
    ]
    assert found.titles["q"] == {"en": "Ready ?", "de": "Bereit?"}


def test_tables_ratings_rankings_and_what_the_questionnaire_no_longer_has(xml) -> None:
    elements = in_language(
        "EN",
        '<TableTitle id="t" type="Table" bid="t">T</TableTitle><TableQuestion id="tr" type="Table Question" bid="r"/>'
        '<TableAnswer id="ta" bid="a"/><TableAnswer id="tb" bid="b"/>'
        '<Question id="g" type="Rating" bid="g">Rate</Question><RatingQuestion id="g1" type="Rating" bid="one"/>'
        '<Question id="k" type="Ranking" bid="k">Rank</Question><RankingItem id="k1" bid="x"/>'
        '<RankingItem id="k2" bid="y"/>'
        '<ComplexTableTitle id="ct" type="Complex Table" bid="ct"/><Cell id="c1" type="MultipleChoice" bid="m">'
        "<CellTitle>Which?</CellTitle><ResultText>C</ResultText>"
        '<Answer id="c1a" bid="p"/><Answer id="c1b" bid="q"/></Cell><Cell id="c2" type="StaticText" bid="s"/>'
        '<Text id="x" type="Text" bid="x">Read this</Text>'
        '<Question id="d" type="File Download" bid="d">Guide</Question>',
    )
    answers = answer_set(
        written("tr", "1", "ta") + written("tr", "", "tb") + written("g1", "7/10") + written("k", "k2;k1")
        + picked("c1", "c1b") + picked("c1", "old") + written("gone", "kept")
        + "<Explanation qid='g1'><ExplanationText>no</ExplanationText></Explanation>"
    )  # fmt: skip
    found = xml(elements, answers)
    assert found.sheet.cells[:, 4:].tolist() == [
        ["t.r.a", "t.r.b", "g.one", "k", "ct.m.p", "ct.m.q", "ct.m.old", "gone"],
        ["1", "", "7/10", "y;x", "0", "1", "1", "kept"],
    ]
    assert found.titles["c1"] == {"en": "Which?"}


def test_anonymous_contributions_are_told_apart_by_their_place_in_the_list(xml) -> None:
    question = in_language("EN", '<Question id="q" type="Free Text" bid="q"/>')
    same = "".join(
        answer_set(written("q", "x"), n, id="Anonymous", create="2024-07-01_09-00-0" + str(n)) for n in (7, 8)
    )
    assert xml(question, same).sheet.cells[1:, :2].tolist() == [
        ["7", "2024-07-01 09:00:07"],
        ["8", "2024-07-01 09:00:08"],
    ]
    assert xml(question, answer_set("", 3)).sheet.cells[1, 0] == "c3"
    assert xml(question, answer_set("", 3, id="Anonymous")).sheet.cells[1, 0] == "3"


QUESTION = in_language("EN", '<Question id="q" type="Free Text" bid="q">Q</Question>')
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
BAD_XML: dict[str, tuple[str, str, str]] = {
    "document type": (results(QUESTION, answer_set(""), "<!DOCTYPE Results>"), "broken_file", "document type"),
    "laughs": (results(QUESTION, answer_set(written("q", "&b;")), LAUGHS), "broken_file", "document type"),
    "outside": (results("", "", '<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "broken_file", "document type"),
    "cut off": (results(QUESTION, answer_set(""))[:-20], "broken_file", "cannot be read"),
    "unknown entity": (results(QUESTION, answer_set(written("q", "&x;"))), "broken_file", "cannot be read"),
    "deep": (results(QUESTION, answer_set("<a>" * 200 + "</a>" * 200)), "broken_file", "deeper than"),
    "long text": (results(QUESTION, answer_set(written("q", "x" * 201))), "cell_too_long", "answer set 1"),
    "ten megabytes": (results(QUESTION, answer_set(written("q", "x" * 10_000_000))), "cell_too_long", "answer set 1"),
    "long title": (
        results(in_language("EN", f'<Question id="q">{"x" * 201}</Question>'), ""),
        "cell_too_long",
        "questi",
    ),
    "many answers": (results(QUESTION, answer_set("") * 101), "too_many_rows", "100 answer sets"),
    "many options": (
        results(in_language("EN", "".join(f'<Answer id="{n}"/>' for n in range(101))), ""),
        *("too_many_rows", "100 questions and options"),
    ),
    "many columns": (
        results(in_language("EN", "".join(f'<Question id="{n}"/>' for n in range(27))), answer_set("")),
        *("too_many_columns", "31 columns"),
    ),
    "no answers": (results(QUESTION, ""), "empty_file", "no answers"),
    "another root": ("<rows/>", "wrong_container", "no result file"),
}


@pytest.mark.parametrize("name", BAD_XML)
def test_an_xml_file_that_is_refused(name: str, files) -> None:
    content, rule, words = BAD_XML[name]
    fault = refusal(read_eusurvey_xml, files.raw("a.xml", content), XML_LIMITS)
    assert fault.rule == rule
    assert words in fault.message


def test_an_xml_file_with_a_document_type_never_reaches_a_reader(files, ask) -> None:
    told = ask(files.raw("a.xml", results(QUESTION, answer_set(""), LAUGHS)))
    assert told.found == [("wrong_container", "file")]


def test_a_report_on_an_eusurvey_file_that_fits_no_layout(files, ask) -> None:
    told = ask(files.raw("a.xml", results(QUESTION, answer_set(written("q", "x")))), "--report", files.folder / "out")
    assert told.found == [("unknown_layout", "file")]
    assert (files.folder / "out" / "issues.xlsx").is_file()
