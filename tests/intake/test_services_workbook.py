"""What we write as the official workbook, our own intake reads without an issue."""

from __future__ import annotations

import openpyxl
import pandas as pd

from dihkpi.demo import write_network
from dihkpi.intake.reconcile.services_workbook import write_services
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import validate

SERVICES = ("edih_kpi", "services")


def test_the_way_there_and_back(tmp_path, definitions):
    write_network(tmp_path, hubs=1, dirt=False, workbooks=False)
    first = validate(read_submission(tmp_path / "HR-adria" / "services.csv", definitions), definitions)
    rows = first.accepted[SERVICES].head(60)
    rows = rows.assign(description=["=1+1", *rows["description"][1:]])
    path = write_services(tmp_path / "services.xlsx", rows, definitions)
    again = validate(read_submission(path, definitions), definitions)
    assert again.issues[again.issues["severity"] == "error"].empty
    back = again.accepted[SERVICES]
    shared = [name for name in rows if not name.startswith("source_") and name in back and name != "author_email"]
    assert {"customer", "category", "technology", "start", "end", "price", "customer_region"} <= set(shared)
    pd.testing.assert_frame_equal(rows[shared].reset_index(drop=True), back[shared], check_dtype=False)


def test_headers_and_sheet_are_the_official_ones(tmp_path, definitions):
    rows = pd.DataFrame({
        "customer": ["Alfa"], "start": pd.to_datetime(["2024-02-01"]), "end": pd.to_datetime(["2024-02-03"]),
        "technology": ["robotics|cybersecurity"],
    })  # fmt: skip
    book = openpyxl.load_workbook(write_services(tmp_path / "s.xlsx", rows, definitions))
    assert book.sheetnames == ["Sheet1"]
    header, row = ([cell.value for cell in line] for line in book["Sheet1"].iter_rows())
    assert (len(header), header[0], header[23], header[27]) == (28, "Content ID", "Customer  region", "Author's email")
    assert row[0] is None and row[14] == "2024-02-01 / 2024-02-03"
    assert row[9] == "Robotics;Cybersecurity"
