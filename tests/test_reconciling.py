"""A run with lists of the hubs' own: workbooks, counts, the block of the report; and a run with nothing new."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dihkpi.demo import own, write_network
from dihkpi.intake.reconcile.by_hub import Lists, reconcile_hubs
from dihkpi.intake.reconcile.own import read_own_lists
from dihkpi.pipeline import run, steps
from dihkpi.pipeline.run import Choice
from dihkpi.reports import open_report
from dihkpi.workspace import Workspace, create_workspace

NO_REPORTS = Choice(hubs=(), regions=(), network=False)
PERIOD = "2025"
HUBS = """hub,name,title,country,type,nuts,nuts_version,grant_start
HR-a,Alpha,Alpha,HR,EDIH,HR03,2024,2023-01-01
HR-b,Beta,Beta,HR,EDIH,HR03,2024,2023-01-01
"""
HEAD = "content_id,customer,vat,category,dates,price,aid,status"
SERVICES = f"""{HEAD},hub,customer_type
7,Alfa,1001,test_before_invest,2025-01-01 / 2025-02-02,120,5,finalised,HR-a,sme
10,=1+1,5,test_before_invest,2025-03-01 / ,50,10,completed,HR-a,sme
10,Delta,5,test_before_invest,2025-03-01 / ,50,10,completed,HR-b,sme
11,Delta,6,test_before_invest,2025-03-01 / ,50,10,completed,HR-b,sme
"""
OWN = f"""{HEAD}
7,Alfa d.o.o.,HR1001,test_before_invest,2025-01-01 / 2025-02-02,100,5,finalised
,"=HYPERLINK(""http://x"")",,test_before_invest,2025-03-01 / ,50,10,finalised
,@SUM(1),,test_before_invest,2025-04-01 / ,50,10,finalised
"""
SHEETS = [
    "Summary", "Matched", "Only ours", "Only official", "Differences", "Possible doubles", "Services", "Own lists",
]  # fmt: skip


def make(folder: Path, **listed: str) -> Workspace:
    space = create_workspace(folder, "Test")
    (space.inbox / "hubs.csv").write_text(HUBS, encoding="utf-8")
    (space.inbox / "services.csv").write_text(SERVICES, encoding="utf-8")
    for hub, text in listed.items():
        put(space, f"HR-{hub}/list.csv", text)
    return space


def put(space: Workspace, name: str, text: str) -> None:
    path = space.crm / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def go(definitions):
    """Run a workspace without making reports."""
    return lambda space: run(space, period=PERIOD, choice=NO_REPORTS, definitions=definitions)


def books(space: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in space.reconciliation.iterdir()}


def counts(space: Workspace) -> pd.DataFrame:
    return pd.read_csv(space.reports / PERIOD / "data" / "reconciliation.csv").set_index("hub")


@pytest.fixture(scope="module")
def made(tmp_path_factory, go):
    """A workspace after its first run, what the run gave, and its workbooks."""
    space = make(tmp_path_factory.mktemp("own") / "space", a=OWN)
    put(space, "HR-q/list.csv", OWN)
    put(space, "broken.xlsx", "this is no workbook")
    result = go(space)
    return space, result, books(space)


def test_a_run_writes_workbooks_to_work_through(made):
    space, result, _ = made
    assert sorted(books(space)) == ["HR-a.xlsx", "HR-b.xlsx", "reconciliation.xlsx"]
    book = openpyxl.load_workbook(space.reconciliation / "reconciliation.xlsx")
    assert book.sheetnames == SHEETS
    assert [cell.value for cell in book["Summary"]["A"]] == ["hub", "HR-a", "HR-b"]
    assert "2 customers are on your list alone" in book["Summary"]["B2"].value
    assert book["Summary"]["B3"].value.startswith("no list of the hub's own that could be used")
    assert [[cell.value for cell in row] for row in book["Services"].iter_rows(min_row=2)] == [
        ["HR-a", "differs", "Alfa", "7", "test_before_invest", "2025-01-01", "price", "100.00", "120.00"]
    ]
    assert "no list" in result.lines[-1] or "1 of 2 hubs" in result.lines[-1]


def test_texts_of_others_stay_texts(made):
    book = openpyxl.load_workbook(made[0].reconciliation / "HR-a.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert {'=HYPERLINK("http://x")', "@SUM(1)", "=1+1"} <= {cell.value for cell in cells}
    assert not any(cell.hyperlink for cell in cells)


def test_files_that_cannot_be_used_are_lines_and_no_errors(made):
    _, result, _ = made
    told = [line for line in result.lines if line.startswith("crm/")]
    assert len(told) == 2 and "crm/HR-q/list.csv cannot be used" in told[0] and "crm/broken.xlsx" in told[1]
    assert "did you mean" in told[0] or "known hubs: Alpha" in told[0]
    assert result.counts.errors == 0


def test_the_counts_go_out_and_no_name_does(made):
    space, _, _ = made
    table = counts(space)
    assert table.loc["HR-a", ["customers_ours", "matched", "only_ours", "only_official"]].tolist() == [3, 1, 2, 1]
    assert table.loc["HR-b", "own_list"] == False and table.loc["HR-b", "doubles_official"] == 2  # noqa: E712
    assert not any("Alfa" in text for text in table.to_csv().split(","))
    assert not list(space.reports.rglob("*.xlsx"))


def test_own_lists_go_into_no_figure(made, tmp_path, go):
    without = make(tmp_path / "space")
    go(without)
    for name in ("indicators", "hubs", "files"):
        mine, theirs = (pd.read_parquet(s.results / PERIOD / f"{name}.parquet") for s in (made[0], without))
        pd.testing.assert_frame_equal(mine, theirs)
    summary = openpyxl.load_workbook(without.reconciliation / "reconciliation.xlsx")["Summary"]
    assert all("no list of the hub's own" in cell.value for cell in summary["B"][1:])
    assert openpyxl.load_workbook(without.reconciliation / "HR-b.xlsx")["Possible doubles"].max_row == 3
    assert not open_report(without.results / PERIOD, "hub", "HR-a").own_records().html


def test_the_report_has_a_block_only_where_there_is_a_list(made):
    results = made[0].results / PERIOD
    html = open_report(results, "hub", "HR-a").own_records().html
    assert "1 of 3 customers on the hub&#x27;s own list" in html and "Customers are on your list alone" in html
    assert "Alfa" not in html
    assert open_report(results, "hub", "HR-b").own_records().html == ""
    assert open_report(results, "network", "all").own_records().html == ""


def test_again_with_the_same_nothing_is_done_and_bytes_are_the_same(made, monkeypatch, go):
    space, first, before = made
    with monkeypatch.context() as patch:
        patch.setattr(steps, "take_steps", lambda *_: pytest.fail("the steps of a run were taken"))
        assert go(space).lines == first.lines
    (space.reconciliation / "HR-b.xlsx").unlink()
    go(space)
    assert books(space) == before


@pytest.mark.slow
def test_a_changed_list_is_noticed_and_only_it_is_made_again(tmp_path, monkeypatch, go):
    space = make(tmp_path / "space", a=OWN)
    go(space)
    put(space, "HR-a/list.csv", OWN.replace("100,5", "120,5"))
    put(space, "HR-b/more.csv", "name,vat\nDelta,5\n")
    monkeypatch.setattr(steps, "prepare", lambda *_: pytest.fail("scores were made again"))
    go(space)
    table = counts(space)
    assert table.loc["HR-a", "services_differing"] == 0 and table.loc["HR-b", "matched"] == 1
    assert "official" in open_report(space.results / PERIOD, "hub", "HR-b").own_records().html


def test_the_planted_differences_of_the_demo_are_found(tmp_path, definitions):
    write_network(tmp_path / "inbox", hubs=1, dirt=False, workbooks=False, crm=tmp_path / "crm")
    (listed,) = (tmp_path / "crm").rglob("*.csv")
    ours, official = (
        read_own_lists({f"HR-adria/{path.name}": path}, definitions, None)
        for path in (listed, tmp_path / "inbox" / "HR-adria" / "services.csv")
    )
    assert not ours.faulty
    sides = [Lists(side.services.assign(hub="HR-adria"), side.customers) for side in (ours, official)]
    found = reconcile_hubs(*sides, definitions)
    one = found.counts.iloc[0]
    assert one["by_similar_name"] == own.CUSTOMERS["other_order"] and found.customers.only_official.empty
    assert found.customers.only_ours["name"].tolist() == ["Planina Robotika"]
    assert one["by_name"] == own.CUSTOMERS["without_number"]
    assert one["services_only_ours"] == own.SERVICES["not_reported"] - 1  # one is of the customer above
    assert one["services_only_official"] == own.SERVICES["not_listed"]
    fields = found.services.differences["field"].value_counts()
    assert fields.to_dict() == {"price": own.SERVICES["other_price"], "start": own.SERVICES["other_day"]}
