"""CSV that no spreadsheet runs, and that comes back as it went."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.intake.safe_csv import escape_text, unescape_text, write_csv

LIVE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\ufeff=1",
    "\0=1",
    "＝1",
    "-2+3+cmd|' /C'!A0",
]
PLAIN = [
    "-5",
    "-5,3",
    "+43 1 234567",
    "- first bullet",
    "-",
    "@home lab",
    "=",
    "1-2",
    "a=b",
    "",
    "'s-Hertogenbosch",
]


def read_back(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [[unescape_text(text) for text in row] for row in csv.reader(stream, strict=True)]


@pytest.mark.parametrize("text", LIVE)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert escape_text(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_harmless_shapes_stay_plain(text: str) -> None:
    assert escape_text(text) == text


def test_every_text_comes_back_even_one_that_looks_like_ours(tmp_path: Path) -> None:
    texts = [quotes + text for text in [*LIVE, *PLAIN] for quotes in ("", "'", "''")]
    path = write_csv(pd.DataFrame({"=text": texts, "number": -5}), tmp_path / "t.csv")
    header, *rows = read_back(path)
    assert header == ["=text", "number"]
    assert rows == [[text, "-5"] for text in texts]


def test_the_shared_payloads_come_back(shared: Path, tmp_path: Path) -> None:
    group = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))["csv_formula"]
    assert [escape_text(text) for text in group["must_stay_plain"]] == group["must_stay_plain"]
    texts = group["payloads"] + group["must_stay_plain"]
    assert len(texts) > 30
    rows = read_back(write_csv(pd.DataFrame({"text": texts}), tmp_path / "t.csv"))[1:]
    assert [row[0] for row in rows] == texts


def test_bytes_types_and_missing_values(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([-1, None], dtype="Int64"),
            "kind": pd.Categorical(["=a", "b"]),
            "text": ["ü", None],
        }
    )
    raw = write_csv(table, tmp_path / "t.csv", for_excel=True).read_bytes()
    assert raw == "\ufeffn,kind,text\r\n-1,'=a,ü\r\n,b,\r\n".encode()
