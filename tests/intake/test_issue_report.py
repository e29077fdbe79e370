"""The issue report: the same counts in every output, nothing foreign runs, every cell is found again."""

from __future__ import annotations

import csv
import html.parser
import json
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dihkpi.intake.issue_report import RuleBrief, issue_object, summary_lines, write_issue_report
from dihkpi.intake.issue_report.copies import name_of_copy

ISSUE = [
    "file",
    "sheet",
    "row",
    "column",
    "rule",
    "severity",
    "cell",
    "value",
    "message",
    "hint",
    "related_rows",
]
FILE = [
    *["file", "sheet", "hub", "survey", "version", "form", "layout"],
    *["received", "accepted", "quarantined", "errors", "warnings"],
]
ROWS = [
    (
        "sme.xlsx",
        "It's",
        4,
        "size",
        "enum",
        "error",
        "B4",
        "hug",
        "'hug' is not a size",
        "did you mean 'huge'?",
        "",
    ),
    ("sme.xlsx", "It's", 2, "size", "enum", "error", "B2", "=1+1", "'=1+1' is not a size", "", ""),
    ("sme.xlsx", "It's", 4, "size", "short", "warning", "B4", "hug", "a short word", "", ""),
    (
        "sme.xlsx",
        "It's",
        3,
        "",
        "duplicate_key",
        "error",
        "",
        "r2",
        "the key occurs twice",
        "keep one",
        "3, 4",
    ),
    ("sme.xlsx", "", pd.NA, "extra", "unknown_column", "info", "", "", "the column is not known", "", ""),
    ("events.csv", "", 5, "start", "date", "error", "B5", "31.02.2026", "not a day", "write 2026-02-28", ""),
]
RULES = {
    "enum": RuleBrief("enum", "A size is one of the listed words.", "error", 3),
    "required": RuleBrief("required", "The hub is always named.", "error", 1200),
    "range": RuleBrief("range", "Turnover is not negative.", "error", 0),
}


def table_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=ISSUE)
    return table.astype({name: "Int64" if name == "row" else "str" for name in ISSUE})


@pytest.fixture
def issues() -> pd.DataFrame:
    return table_of(list(ROWS))


@pytest.fixture
def files() -> pd.DataFrame:
    rows = [
        ("sme.xlsx", "It's", "AT-1", "dma_sme", "v1", "answers", "long", 1200, 1197, 3, 3, 1),
        ("events.csv", "", "AT-1", "records", "v1", "events", "long", 2, 1, 1, 1, 0),
    ]
    return pd.DataFrame(rows, columns=FILE)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "It's"
    for row in [
        ["hub", "size"],
        ["AT-1", "=1+1"],
        ["AT-1", 7.5],
        ["AT-1", "hug"],
        [True, pd.Timestamp("2026-01-31")],
    ]:
        sheet.append(row)
    sheet["B2"].data_type = "s"
    sheet["C2"] = "{=2+2}"
    sheet["C3"] = "https://example.invalid"
    book.save(tmp_path / "sme.xlsx")
    (tmp_path / "events.csv").write_text('kind;start\n"two\nlines";1\n=1+1;2\nfair;31.02.2026\n', encoding="utf-8")
    return {name: tmp_path / name for name in ("sme.xlsx", "events.csv")}


class TagReader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(folder: Path) -> TagReader:
    reader = TagReader()
    reader.feed((folder / "issues.html").read_text(encoding="utf-8"))
    return reader


def test_four_files_with_the_same_counts(
    tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame, sources: dict[str, Path]
) -> None:
    written = write_issue_report(tmp_path / "out", issues, files, RULES, sources)
    assert [path.name for path in written] == ["issues.html", "issues.xlsx", "issues.json", "issues.csv"]
    told = json.loads(written[2].read_text(encoding="utf-8"))
    assert list(told) == ["received", "accepted", "quarantined", "survey", "files", "rules", "issues"]
    assert (told["received"], told["accepted"], told["quarantined"]) == (1202, 1198, 4)
    assert list(told["issues"][0]) == ISSUE
    assert told["issues"][1]["row"] is None
    assert "1,202 rows received, 1,198 accepted, 4 set aside" in page_of(tmp_path / "out").text
    with written[3].open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(told["issues"]) == 6
    assert openpyxl.load_workbook(written[1])["Issues"].max_row == 3 + 6


def test_bytes_depend_on_the_input_alone(
    tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame, sources: dict[str, Path]
) -> None:
    first = write_issue_report(tmp_path / "a", issues, files, RULES, sources)
    second = write_issue_report(tmp_path / "b", issues[::-1], files, dict(reversed(RULES.items())), sources)
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_page_has_a_verdict_for_every_rule(tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame) -> None:
    write_issue_report(tmp_path, issues, files, RULES)
    page = (tmp_path / "issues.html").read_text(encoding="utf-8")
    words = [row.split("<")[0] for row in page.split('<td class="verdict"><span class="')[1:]]
    assert [word.split(">")[1] for word in words] == [
        *["error", "error", "error", "warning", "info"],
        *["not tested", "passed"],
    ]
    row = '<th scope="row">A size is one of the listed words.<small>enum · in size</small></th>'
    assert row + '<td class="number extra">3</td><td class="number extra">1</td><td class="number">2</td>' in page
    assert page.count("<details>") == 5 and page.count("<details ") == 1
    assert "default-src &#x27;none&#x27;" not in page
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in page


def test_long_lists_are_cut_and_say_so(tmp_path: Path, files: pd.DataFrame) -> None:
    many = [("f.csv", "", row, "x", "type", "error", f"A{row}", "?", "not a number", "", "") for row in range(2, 302)]
    write_issue_report(tmp_path, table_of(many), files)
    page = page_of(tmp_path)
    assert "A201" in page.text and "A202" not in page.text
    assert "and 100 more, in issues.csv" in page.text


def test_nothing_foreign_becomes_markup(shared: Path, tmp_path: Path, files: pd.DataFrame) -> None:
    payloads = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))["html"][
        "payloads"
    ]
    assert len(payloads) > 20
    rows = [(text, text, 1, text, text, "error", text, text, text, text, text) for text in payloads]
    hostile = files.assign(file=payloads[0], sheet=payloads[1], survey=payloads[2], version=payloads[3])
    rules = {text: RuleBrief(text, text, "error", 1) for text in payloads}
    write_issue_report(tmp_path, table_of(rows), hostile, rules)
    page = page_of(tmp_path)
    assert page.tags <= {
        *[
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "h1",
            "h2",
            "p",
            "a",
            "div",
            "span",
            "small",
        ],
        *["caption", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"],
    }
    assert "<script>window.hit=1</script>" in page.text
    browser = shutil.which("chromium")
    if browser:
        # Chromium has to agree with the parser above about what is an element.
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"]
        command += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*command, (tmp_path / "issues.html").as_uri()], capture_output=True, timeout=60, check=True
        )
        shown = TagReader()
        shown.feed(done.stdout.decode())
        assert shown.tags == page.tags


def test_the_workbook_marks_the_sender_s_own_cells(
    tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame, sources: dict[str, Path]
) -> None:
    write_issue_report(tmp_path, issues, files, RULES, sources)
    book = openpyxl.load_workbook(tmp_path / "issues.xlsx")
    assert book.sheetnames == ["Issues", "events", "It's"]
    copy = book["It's"]
    assert [[cell.value for cell in row[:2]] for row in copy.iter_rows(max_row=4)] == [
        ["hub", "size"], ["AT-1", "=1+1"], ["AT-1", 7.5], ["AT-1", "hug"]
    ]  # fmt: skip
    assert (copy["A5"].value, copy["B5"].value) == (True, pd.Timestamp("2026-01-31"))
    assert copy["B4"].comment.text == "'hug' is not a size\ndid you mean 'huge'?\n\na short word"
    assert copy["B4"].fill.fgColor.rgb == copy["A3"].fill.fgColor.rgb == "FFF8CBC6"
    assert copy["A3"].comment is not None and copy["A4"].comment is None
    assert book["events"]["B5"].comment.text == "not a day\nwrite 2026-02-28"
    assert book["events"]["A2"].value == "two\nlines"
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert not any(cell.hyperlink for row in copy.iter_rows() for cell in row)


def test_the_list_leads_to_the_cells(
    tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame, sources: dict[str, Path]
) -> None:
    write_issue_report(tmp_path, issues, files, RULES, sources)
    rows = list(openpyxl.load_workbook(tmp_path / "issues.xlsx")["Issues"].iter_rows(min_row=4))
    links = [row[1].hyperlink.location if row[1].hyperlink else None for row in rows]
    assert links == ["'events'!B5", None, "'It''s'!B2", "'It''s'!A3", "'It''s'!B4", "'It''s'!B4"]


def test_a_file_that_was_not_read_stays_closed(
    tmp_path: Path, issues: pd.DataFrame, files: pd.DataFrame, sources: dict[str, Path]
) -> None:
    (tmp_path / "events.csv").unlink()
    write_issue_report(tmp_path, issues, files[files["file"] == "events.csv"], sources=sources)
    assert openpyxl.load_workbook(tmp_path / "issues.xlsx").sheetnames == ["Issues"]


def test_copies_get_names_that_excel_takes() -> None:
    taken = {"issues"}
    names = []
    for wanted in ("Issues[1]", "Issues:1:", "issues", "x" * 40, "X" * 40, "'"):
        names.append(name_of_copy(wanted, taken))
        taken.add(names[-1].casefold())
    assert names == ["Issues_1_", "Issues_1_ (2)", "issues (2)", "x" * 30 + "…", "X" * 27 + " (2)", "Sheet"]


def test_the_console_shows_errors_first_and_something_of_every_rule(issues: pd.DataFrame, files: pd.DataFrame) -> None:
    assert summary_lines(issues, files, limit=3) == [
        "1,202 rows received, 1,198 accepted, 4 set aside",
        "",
        "error: date (1 time)",
        "  events.csv › B5 › start: not a day",
        "      write 2026-02-28",
        "",
        "error: duplicate_key (1 time)",
        "  sme.xlsx › It's › row 3: the key occurs twice",
        "      keep one",
        "",
        "error: enum (2 times)",
        "  sme.xlsx › It's › B2 › size: '=1+1' is not a size",
        "",
        "and 3 more, in issues.csv",
    ]


def test_no_issues_is_a_report_too(tmp_path: Path, files: pd.DataFrame, sources: dict[str, Path]) -> None:
    none = table_of([])
    write_issue_report(tmp_path, none, files, RULES, sources)
    assert "No issues were found." in page_of(tmp_path).text
    assert summary_lines(none, files) == ["1,202 rows received, 1,198 accepted, 4 set aside"]
    assert issue_object(none, files.iloc[:0]) == {
        "received": 0, "accepted": 0, "quarantined": 0, "survey": None, "files": [], "rules": [], "issues": []
    }  # fmt: skip


def test_control_characters_are_shown_by_code_point(tmp_path: Path, files: pd.DataFrame) -> None:
    odd = "\x1b[2J\u202e\0"
    (tmp_path / "events.csv").write_text("kind,start\n\x0b\x1b,1\n")
    issues = table_of([("events.csv", "", 2, odd, "date", "error", "A2", odd, odd, odd, "")])
    write_issue_report(tmp_path, issues, files, sources={"events.csv": tmp_path / "events.csv"})
    assert "<U+001B>[2J<U+202E><U+0000>" in page_of(tmp_path).text
    book = openpyxl.load_workbook(tmp_path / "issues.xlsx")
    assert book["events"]["A2"].value == "U+000BU+001B"
    assert "<U+202E>" in book["events"]["A2"].comment.text
    assert not any("\x1b" in line for line in summary_lines(issues, files))
    assert json.loads((tmp_path / "issues.json").read_text(encoding="utf-8"))["issues"][0]["message"] == odd
