"""Seventeen faults of seventeen kinds in a workbook of a hub: each is told once, at its cell, in all four forms."""

from __future__ import annotations

import base64
import csv
import html.parser
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as ElementTree
import jsonschema
import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Alignment, Font, PatternFill

from dihkpi.definitions import Definitions
from dihkpi.intake.briefs import rule_briefs
from dihkpi.intake.issue_report import summary_lines, write_issue_report
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import validate

SERVICES = {  # cell: rule, column of the form, what is written there
    "O2": ("impossible_date", "dates", "2024-02-30 / 2024-03-01"),
    "O3": ("date", "dates", "31.01.2024"),
    "F4": ("decimal_sign", "price", "1000,5"),
    "F5": ("ambiguous_number", "price", "1.000"),
    "E6": ("number", "attendees", "three"),
    "F7": ("min", "price", -5),
    "H8": ("aid_within_price", "aid", 1500),
    "D9": ("unknown_code", "category", "Test before you invest"),
    "B10": ("required", "customer", ""),
    "F11": ("formula", "price", "=500+500"),
    "O12": ("end_before_start", "dates", "2024-02-01 / 2024-01-31"),
    "K15": ("status_known", "status", ""),
    "N16": ("investment_has_type", "investment", 5000),
    "X17": ("region_in_country", "customer_region", "HR03"),
}
REPEATED = 14
"""Row of the services that repeats the one above it."""
COLLABORATIONS = {"A2": "id", "L4": "boolean"}
WARNINGS = {"aid_within_price", "repeated_row", "status_known", "investment_has_type", "region_in_country"}
EXPECTED = sorted(
    [("Services", cell, rule) for cell, (rule, *_) in SERVICES.items()]
    + [("Services", f"A{REPEATED}", "repeated_row")]
    + [("Collaborations", cell, rule) for cell, rule in COLLABORATIONS.items()]
)
FILLS = {"error": "F8CBC6", "warning": "FBE6A2"}


@pytest.fixture
def planted(definitions: Definitions, files: Any, services: list[list[Any]]) -> Path:
    """The official workbook of services beside a sheet of collaborations, with 17 faults."""
    form = definitions.survey("edih_kpi").form("services")
    columns = list(form.columns)
    rows = [services[0], *([f"c{n}", f"Firm {n}", f"AT{n:08}", *services[1][3:]] for n in range(2, 19))]
    for cell, (_, column, value) in SERVICES.items():
        rows[int(re.sub("[A-Z]", "", cell)) - 1][columns.index(column)] = value
    rows[REPEATED - 1] = list(rows[REPEATED - 2])
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Services"
    for row in rows:
        sheet.append([None if value == "" else value for value in row])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F4E78")
        cell.alignment = Alignment(wrap_text=True)
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["B"].width = 33.5
    other = book.create_sheet("Collaborations")
    other.append([*definitions.survey("edih_kpi").form("collaborations").columns])
    for name, transfer in (("col 1", "yes"), ("col2", "no"), ("col3", "maybe")):
        row = [name, "Hub One", "Partner", "", "Austria", "", "2024-01-31", "", "service", "", "", transfer, "yes", ""]
        other.append([value or None for value in row])
    path: Path = files.folder / "hub.xlsx"
    book.save(path)
    return path


@pytest.fixture
def report(planted: Path, definitions: Definitions, tmp_path: Path) -> Path:
    """The folder of its issue report."""
    checked = validate(read_submission(planted, definitions), definitions)
    briefs = rule_briefs(checked.issues, checked.files(), definitions)
    write_issue_report(tmp_path / "report", checked.issues, checked.files(), briefs, {"hub.xlsx": planted})
    return tmp_path / "report"


def told(report: Path) -> dict[str, Any]:
    """What issues.json says."""
    found: dict[str, Any] = json.loads((report / "issues.json").read_text(encoding="utf-8"))
    return found


class Page(html.parser.HTMLParser):
    """The rows of the page's tables, each as the texts of its cells, and all tags with their attributes."""

    def __init__(self, report: Path) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[list[str]] = []
        self.feed((report / "issues.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self._open.append([])
        elif tag in ("td", "th"):
            self._open[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self.rows.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open and self._open[-1]:
            self._open[-1][-1] += data


def test_each_is_told_once_at_its_cell(report: Path) -> None:
    assert len(EXPECTED) == len({rule for *_, rule in EXPECTED}) == 17
    found = told(report)
    assert sorted((i["sheet"], i["cell"], i["rule"]) for i in found["issues"]) == EXPECTED
    assert {i["rule"] for i in found["issues"] if i["severity"] == "warning"} == WARNINGS
    # of 20 rows, 12 have an error and one is there twice
    assert (found["received"], found["accepted"], found["quarantined"]) == (20, 7, 13)


def test_the_table_for_spreadsheets_names_the_same_cells(report: Path) -> None:
    with (report / "issues.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert sorted((i["sheet"], i["cell"], i["rule"]) for i in csv.DictReader(stream)) == EXPECTED


def test_the_page_has_a_row_for_each(report: Path, definitions: Definitions) -> None:
    page = Page(report)
    assert "20 rows received, 7 accepted, 13 set aside" in page.text
    for sheet, cell, _ in EXPECTED:
        assert len([row for row in page.rows if row[:2] == [sheet, cell]]) == 1, cell
    broken = {row[1].partition("·")[0]: row for row in page.rows if row[0] in ("error", "warning")}
    brief = definitions.rules["impossible_date"] + "impossible_date "
    assert broken[brief][2:] == ["20", "19", "1", "5.0 %"]  # dates stand in both sheets
    assert broken["Every service has a status; without one it does not count as delivered.status_known "][2] == "17"
    assert len(broken) == 17


def test_the_copy_has_a_comment_on_each(report: Path, planted: Path) -> None:
    book = openpyxl.load_workbook(report / "issues.xlsx")
    assert book.sheetnames == ["Issues", "Services", "Collaborations"]
    marked = [
        (sheet.title, cell.coordinate, cell.comment.text, cell.fill.fgColor.rgb)
        for sheet in book.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    ]
    issues = told(report)["issues"]
    texts = [(i["sheet"], i["cell"], f"{i['message']}\n{i['hint']}", "FF" + FILLS[i["severity"]]) for i in issues]
    assert sorted(marked) == sorted(texts)
    links = {cell.hyperlink.location for (cell,) in book["Issues"]["B4:B20"]}
    assert links == {f"'{sheet}'!{cell}" for sheet, cell, _ in EXPECTED}


def test_all_forms_have_the_same_counts(report: Path) -> None:
    found, page = told(report), Page(report)
    files = found["files"]
    issues = pd.DataFrame(found["issues"]).astype({"row": "Int64"})
    console = summary_lines(issues, pd.DataFrame(files), limit=100)
    headline = "20 rows received, 7 accepted, 13 set aside"
    assert console[0] == headline
    assert [sum(line.startswith(word) for line in console) for word in ("error: ", "warning: ")] == [12, 5]
    assert f"{headline}: 12 errors, 5 warnings" == openpyxl.load_workbook(report / "issues.xlsx")["Issues"]["A1"].value
    assert headline in page.text and "12 errors, 5 warnings" in page.text
    assert sum(rule["issues"] for rule in found["rules"]) == len(found["issues"]) == 17
    assert sum(file["errors"] for file in files) == 12 and sum(file["warnings"] for file in files) == 5
    failed = {rule["id"]: rule["failed"] for rule in found["rules"] if rule["issues"]}
    assert set(failed.values()) == {1}


def test_json_keeps_to_its_schema(report: Path, planted: Path, ask: Callable[..., Any]) -> None:
    path = Path(__file__).parents[2] / "schemas/json/issues.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    found = told(report)
    assert list(check.iter_errors(found)) == []
    printed = ask(planted).out
    assert list(check.iter_errors(printed)) == []
    assert {name: printed[name] for name in found} == found
    for spoilt in ({**found, "received": -1}, {**found, "issues": [{**found["issues"][0], "severity": "fatal"}]}):
        assert list(check.iter_errors(spoilt))
    assert list(check.iter_errors({name: found[name] for name in found if name != "survey"}))


def test_the_page_can_be_used_by_everybody(report: Path) -> None:
    page = Page(report)
    tags = [tag for tag, _ in page.tags]
    assert page.tags[0] == ("html", {"lang": "en"}) and "script" not in tags
    assert [tag for tag in tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2", "h2"]
    assert tags.count("caption") == tags.count("table") and tags.count("summary") == tags.count("details") == 18
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    style = (report / "issues.html").read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]
    assert ":focus-visible" in style and "outline: none" not in style and "@media print" in style
    grounds = [*re.findall(r"background: (#\w+)", style)]
    bar = ("#5f9e6e", "#c8453a")  # it holds no text
    inks = ["#1c2730", "#4a5761", "#0b5394"]
    assert all(f"color: {ink}" in style for ink in inks) and len(grounds) > 5
    assert min(contrast("#1c2730", ground) for ground in grounds if ground not in bar) > 4.5
    assert min(contrast(ink, ground) for ink in inks for ground in ("#ffffff", "#f7f9fa")) > 4.5


def contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2 computes it."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_rows_of_a_rule_can_be_saved_from_the_page(report: Path) -> None:
    saved = [a for tag, a in Page(report).tags if tag == "a" and str(a["href"]).startswith("data:text/csv;base64,")]
    assert len(saved) == 17
    (one,) = (a for a in saved if a["download"] == "issues_formula.csv")
    text = base64.b64decode(str(one["href"]).partition(",")[2]).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["cell"], row["value"]) == ("F11", "'=500+500")  # with an apostrophe no spreadsheet computes it


NAMES = {
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def name_of(qualified: str) -> str:
    prefix, _, name = qualified.partition(":")
    return f"{{{NAMES[prefix]}}}{name}"


def opened_by_libreoffice(path: Path, folder: Path) -> Any:
    """The workbook as LibreOffice understands it: the XML of a flat OpenDocument file."""
    soffice = shutil.which("soffice")
    if not soffice:
        pytest.skip("no LibreOffice here")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--norestore", "--convert-to", "fods", "--outdir", str(folder)]
    subprocess.run([*command, str(path)], capture_output=True, timeout=240, check=True)
    return ElementTree.parse(folder / "issues.fods").getroot()


def text_of(element: Any) -> str:
    """Text of a paragraph; several blanks in a row are written as an element."""
    parts = [element.text or ""]
    for child in element:
        blanks = " " * int(child.get(name_of("text:c"), 1)) if child.tag == name_of("text:s") else text_of(child)
        parts += [blanks, child.tail or ""]
    return "".join(parts)


def cells_of(root: Any) -> dict[tuple[str, str], Any]:
    """The cells of all sheets by sheet and address; repeated rows and columns are counted."""
    found = {}
    for table in root.iter(name_of("table:table")):
        y = 0
        for row in table.iter(name_of("table:table-row")):
            x = 0
            for cell in row:
                if cell.tag in (name_of("table:table-cell"), name_of("table:covered-table-cell")):
                    if len(cell):
                        found[table.get(name_of("table:name")), f"{openpyxl.utils.get_column_letter(x + 1)}{y + 1}"] = (
                            cell
                        )
                    x += int(cell.get(name_of("table:number-columns-repeated"), 1))
            y += int(row.get(name_of("table:number-rows-repeated"), 1))
    return found


@pytest.mark.slow
def test_libreoffice_has_every_comment_on_the_right_cell(report: Path, tmp_path: Path) -> None:
    root = opened_by_libreoffice(report / "issues.xlsx", tmp_path)
    fills = {}
    for style in root.iter(name_of("style:style")):
        for properties in style.iter(name_of("style:table-cell-properties")):
            fills[style.get(name_of("style:name"))] = properties.get(name_of("fo:background-color"), "")
    comments = {}
    for place, cell in cells_of(root).items():
        for note in cell.iter(name_of("office:annotation")):
            text = "\n".join(text_of(line) for line in note.iter(name_of("text:p")))
            comments[place] = text, fills[cell.get(name_of("table:style-name"))].upper()
    issues = told(report)["issues"]
    assert len(issues) == 17
    assert comments == {
        (i["sheet"], i["cell"]): (f"{i['message']}\n{i['hint']}", "#" + FILLS[i["severity"]]) for i in issues
    }
    assert not [cell for cell in root.iter() if cell.get(name_of("table:formula"))]
