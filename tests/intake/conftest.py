"""Clean files of two kinds, small enough to count, and a way to hear what validation says about a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dihkpi.cli import main
from dihkpi.definitions import Definitions

Rows = list[list[Any]]

CELLS = {
    "checkbox": ("0", "1"),
    "two_column": ("1|0", "0|1"),
    "scale_0_5": ("4", "8"),
    "no_partially_yes": ("5", "10"),
}
HEAD = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
ALONE = "data_is_not_collected_digitally_m2_4_7"
"""The item that excludes a tick on any other of its question."""


@dataclass(frozen=True)
class Told:
    """What `dihkpi validate --json` said."""

    code: int
    out: dict[str, Any]
    err: str

    @property
    def issues(self) -> list[dict[str, Any]]:
        issues: list[dict[str, Any]] = self.out["issues"]
        return issues

    @property
    def found(self) -> list[tuple[str, str]]:
        """Rule and place of each issue: its cell, or its row, or the file as a whole."""
        return [(i["rule"], i["cell"] or (f"row {i['row']}" if i["row"] else "file")) for i in self.issues]

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.out["received"], self.out["accepted"], self.out["quarantined"]


def csv_text(rows: Iterable[Sequence[Any]], separator: str = ",", end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue()


class Files:
    """Writes files into a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def raw(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def csv(self, rows: Rows, name: str = "a.csv") -> Path:
        return self.raw(name, csv_text(rows))

    def xlsx(self, sheets: Rows | dict[str, Rows], name: str = "a.xlsx", hidden: Sequence[str] = ()) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in (sheets if isinstance(sheets, dict) else {"Sheet1": sheets}).items():
            sheet = book.create_sheet(title)
            sheet.sheet_state = "hidden" if title in hidden else "visible"
            for row in rows:
                sheet.append([None if cell == "" else cell for cell in row])
        stream = io.BytesIO()
        book.save(stream)
        return self.raw(name, stream.getvalue())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def sme(definitions: Definitions) -> Rows:
    """Header and five clean rows of the official upload file for SMEs."""
    items = definitions.survey("dma_sme").form("assessments").items
    answers = ["0" if item.code == ALONE else CELLS[item.type][k % 2] for k, item in enumerate(items)]
    rows = [["T0", "01/31/2024", f"Firm {n}", f"AT0000000{n}", *answers] for n in range(1, 6)]
    return [[*HEAD, *(item.code for item in items)], *rows]


@pytest.fixture
def services(definitions: Definitions) -> Rows:
    """Header and four clean rows of the 28 columns of the KPI tool."""
    form = definitions.survey("edih_kpi").form("services")

    def label(name: str, position: int = 0) -> str:
        return list(definitions.codelists[name].labels.values())[position]

    values = {
        "category": label("service_categories"), "attendees": 3, "price": 1000, "invoiced": 0, "aid": 400,
        "technology": f"{label('technologies')};{label('technologies', 1)}", "status": label("statuses"),
        "description": "Advice", "investment": 0, "dates": "2024-01-31 / 2024-02-01", "hub": "Hub One",
        "hub_country": "Austria", "customer_country": "Austria", "customer_region": "AT13",
        "sector": label("dma_sectors_sme"), "size": label("staff_size_sme"), "customer_type": "SME",
        "author_email": "someone@example.org",
    }  # fmt: skip
    header = [form.layouts["official_services"].source(column).header[0] for column in form.columns]
    own = [{"content_id": f"c{n}", "customer": f"Firm {n}", "vat": f"AT{n:08}", "customer_id": f"i{n}"}
           for n in range(1, 5)]  # fmt: skip
    return [header, *([{**values, **who}.get(column, "") for column in form.columns] for who in own)]


@pytest.fixture
def ask(
    definitions: Definitions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """`dihkpi validate --json` on files; the definitions are read once for all tests."""
    monkeypatch.setattr("dihkpi.definitions.load_definitions", lambda folder=None: definitions)

    def run(*arguments: Path | str) -> Told:
        monkeypatch.setattr("sys.argv", ["dihkpi", "validate", "--json", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        told = Told(int(end.value.code or 0), json.loads(out), err)
        received, accepted, quarantined = told.counts
        assert received == accepted + quarantined
        assert told.code == int(any(issue["severity"] == "error" for issue in told.issues))
        assert all(issue["message"] and issue["hint"] and issue["file"] for issue in told.issues)
        return told

    return run
