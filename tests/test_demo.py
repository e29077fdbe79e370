"""The demo network: its files look like the official ones, agree with each other, hold the planted faults."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from dihkpi.definitions import load_definitions
from dihkpi.demo import planted_faults, write_network
from dihkpi.demo.names import WORDS, hub_name
from dihkpi.errors import UsageError
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import validate

HUBS = 8


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inbox")
    write_network(folder, HUBS, seed=1)
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    write_network(folder, HUBS, seed=1, dirt=False, workbooks=False)
    return folder


@cache
def rows_of(path: Path) -> list[list[object]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    book = load_workbook(path, read_only=True)
    rows = [list(row) for row in book.worksheets[0].values]
    book.close()
    return rows


def frame_of(paths) -> pd.DataFrame:
    frames = [pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig") for path in paths]
    assert frames
    return pd.concat(frames, ignore_index=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_seed_same_bytes_whatever_the_number_of_hubs(inbox, tmp_path):
    seen = []
    write_network(tmp_path, 4, seed=1, progress=seen.append)
    assert seen == [1, 2, 3, 4]
    few, many = contents(tmp_path), contents(inbox)
    shared = {name for name in few if "/" in name}
    assert len(shared) == 4 * 7
    assert all(few[name] == many[name] for name in shared)
    assert many["hubs.csv"].startswith(few["hubs.csv"])


def test_another_seed_gives_another_network(inbox, tmp_path):
    write_network(tmp_path, 1, seed=2, workbooks=False)
    name = "HR-adria/SMEEuDMAdata.csv"
    assert (tmp_path / name).read_bytes() != (inbox / name).read_bytes()


def test_answers_files_look_like_the_upload_format(inbox):
    definitions = load_definitions()
    for kind in ("sme", "pso"):
        path = inbox / "HR-adria" / f"{kind.upper()}EuDMAdata.csv"
        lines = path.read_bytes().splitlines()
        assert lines[0].startswith(b'\xef\xbb\xbf"time_point","maturity_assessment_date"')
        assert all(line.endswith(b'"') and line.count(b'","') == lines[0].count(b'","') for line in lines)
        items = [item.code for item in definitions.surveys[f"dma_{kind}"].form("assessments").items]
        assert rows_of(path)[0][4:] == items


def test_services_have_the_28_columns_and_known_labels(inbox, clean):
    header = rows_of(inbox / "HR-adria/services.xlsx")[0]
    assert len(header) == 28
    assert header[23] == "Customer  region"
    services = frame_of(clean.glob("*/services.csv"))
    assert list(services) == header
    lists = load_definitions().codelists
    assert set(services["Service category delivered"]) == set(lists["service_categories"].labels.values())
    assert set(services["Status"]) - set(lists["statuses"].labels.values()) == {"In progress"}
    technologies = set(services["Technology type used"].str.split(";").explode())
    assert technologies <= set(lists["technologies"].labels.values())
    assert set(services["Customer  region"]) <= set(lists["nuts2024"].codes)


def test_part_of_those_who_invested_say_what_they_would_have_done_without(clean):
    asked = frame_of([clean / "without_support.csv"])
    services = frame_of(clean.glob("*/services.csv"))
    invested = services[services["Amount of investment triggered"].ne("") & services["Status"].ne("In progress")]
    assert asked["content_id"].is_unique and set(asked["content_id"]) < set(invested["Content ID"])
    assert 0.5 < len(asked) / len(invested) < 0.8
    assert set(asked["without_support"]) == set(load_definitions().codelists["without_support"].codes)


def test_amounts_and_dates_are_possible(clean):
    services = frame_of(clean.glob("*/services.csv"))
    price, invoiced, aid = (pd.to_numeric(services.iloc[:, column]) for column in (5, 6, 7))
    assert price.between(500, 20_000).all()
    assert ((invoiced >= 0) & (aid >= 0) & (aid <= price - invoiced + 0.005)).all()
    dates = services["Dates"].str.extract(r"^(\d{4}-\d\d-\d\d) /(?: (\d{4}-\d\d-\d\d))?$")
    start, end = pd.to_datetime(dates[0]), pd.to_datetime(dates[1].fillna(dates[0]))
    assert start.min() >= pd.Timestamp("2023-01-01")
    assert end.max() <= pd.Timestamp("2026-06-30")
    assert (end >= start).all()


def test_most_services_stay_in_the_region_of_the_hub(clean):
    hubs = pd.read_csv(clean / "hubs.csv").set_index("name")["nuts"]
    services = frame_of(clean.glob("*/services.csv"))
    away = services["Customer  region"] != services["EDIH Name"].map(hubs)
    assert 0.05 < away.mean() < 0.2


def test_waves_follow_each_other(clean):
    answers = frame_of(clean.glob("*/SMEEuDMAdata.csv"))
    dates = pd.to_datetime(answers["maturity_assessment_date"], format="%m/%d/%Y")
    waves = answers.assign(date=dates).pivot(
        index="fiscal_registration_number_vat", columns="time_point", values="date"
    )
    assert waves["T0"].notna().all()
    assert waves.loc[waves["T2"].notna(), "T1"].notna().all()
    for gap in (waves["T1"] - waves["T0"], waves["T2"] - waves["T1"]):
        assert gap.dropna().dt.days.between(183, 548).all()
    share = waves.notna().mean()
    assert 0.4 < share["T1"] < 0.65
    assert 0.1 < share["T2"] < 0.3


def test_one_organisation_has_one_name_and_number_everywhere(clean):
    answers = frame_of(clean.glob("*/*EuDMAdata.csv"))
    services = frame_of(clean.glob("*/services.csv"))
    assert (services.groupby("VAT")[["Customer", "Customer ID"]].nunique() == 1).all(axis=None)
    names = services.drop_duplicates("VAT").set_index("VAT")["Customer"]
    assessed = answers.drop_duplicates("fiscal_registration_number_vat").set_index("fiscal_registration_number_vat")
    both = names.index.intersection(assessed.index)
    assert len(both) > 0.9 * len(assessed)
    assert (names[both] == assessed.loc[both, "enterprise_name_edih"]).all()
    results = frame_of(clean.glob("*/my-smes-dma-results-*.csv"))
    served = services.drop_duplicates("Customer ID").set_index("Customer ID")["Customer"]
    assert (results["SME name"] == results["SME ID"].map(served)).mean() > 0.9


def test_scores_of_the_results_export_agree_and_look_like_a_network(clean):
    for kind in ("smes", "psos"):
        results = frame_of(clean.glob(f"*/my-{kind}-dma-results-*.csv"))
        scores = results.iloc[:, 3:10].astype(float)
        assert scores.stack().between(0, 100).all()
        assert (scores["DMA Score"] - scores.iloc[:, 1:].mean(axis=1)).abs().max() < 0.02
        means = scores["DMA Score"].groupby(results["DMA Timing"]).mean()
        assert 30 < means["T0"] < 50
        assert 2 < means["T1"] - means["T0"] < 15


def test_registers_hold_every_customer(inbox):
    book = load_workbook(inbox / "HR-adria/export-sme-20260701.xlsx")
    assert book.sheetnames == ["Reporting of EDIH services del"]
    firms = rows_of(inbox / "HR-adria/export-sme-20260701.xlsx")[1:]
    bodies = rows_of(inbox / "HR-adria/export-pso-20260701.xlsx")[1:]
    registered = {row[1] for row in firms + bodies}
    served = {row[1] for row in rows_of(inbox / "HR-adria/services.xlsx")[1:]}
    assert served - registered <= {"error"}
    assert {row[3] for row in firms} >= {row[3] for row in rows_of(inbox / "HR-adria/SMEEuDMAdata.csv")[1:]}


def test_workbooks_hold_no_formula_and_no_link(inbox):
    paths = list(inbox.rglob("*.xlsx"))
    assert len(paths) >= 3 * HUBS
    sheet = load_workbook(paths[0]).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)


def test_targets_are_cumulative_and_above_zero(inbox):
    targets = pd.read_csv(inbox / "targets.csv").pivot(index=["hub", "indicator"], columns="period", values="value")
    assert len(targets) == 6 * HUBS
    assert (targets["M18"] > 0).all()
    assert (targets["M36"] >= targets["M18"]).all()


def test_faults_stand_where_they_are_said_to(inbox):
    faults = planted_faults(HUBS, seed=1)
    shown = {
        "impossible_date": "2024-02-30 / 2024-03-01",
        "decimal_comma": "1.250,00",
        "negative_amount": -250,
        "unknown_category": "Test befor invest",
        "error_literal": "error",
        "slash_in_columns": "1/0",
        "scale_out_of_range": "7",
        "unknown_wave": "T4",
    }
    for fault in faults.itertuples():
        rows = rows_of(inbox / fault.file)
        found = rows[fault.row - 1][rows[0].index(fault.column)]
        if fault.kind in shown:
            assert found == shown[fault.kind]
        if fault.kind == "doubled_answers":
            key = (rows[fault.row - 1][0], rows[fault.row - 1][3])
            twins = [row for row in rows[1:] if (row[0], row[3]) == key]
            assert len(twins) == 2
            assert twins[0] != twins[1]
        if fault.kind == "aid_above_price":
            assert found > rows[fault.row - 1][5]


def test_validation_finds_every_planted_fault(inbox):
    definitions = load_definitions()
    hubs = HubNames(pd.read_csv(inbox / "hubs.csv", dtype=str))
    faults = planted_faults(HUBS, seed=1)
    for name, planted in faults.groupby("file"):
        submission = read_submission(inbox / name, definitions, hub=name.split("/")[0], name=name)
        issues = validate(submission, definitions, hubs=hubs, today=date(2026, 7, 1)).issues
        errors = set(issues.loc[issues["severity"] == "error", "row"])
        odd = planted["kind"] == "aid_above_price"
        assert set(planted.loc[~odd, "row"]) <= errors
        assert set(planted.loc[odd, "row"]) <= set(issues["row"]) - errors
        cells = set(zip(issues["row"], issues["column"], strict=True))
        assert set(zip(planted["row"], planted["column"], strict=True)) <= cells


def test_half_of_the_hubs_have_every_kind_of_fault_between_them(inbox, clean):
    faults = planted_faults(HUBS, seed=1)
    assert len(set(faults["kind"])) == 12
    assert 2 <= faults["file"].str.split("/").str[0].nunique() <= HUBS - 1
    assert not faults.duplicated(["file", "row"]).any()
    rows = sum(len(rows_of(path)) for path in clean.glob("*/*.csv"))
    assert 0.002 < len(faults) / rows < 0.02


def test_without_workbooks_the_same_faults_stand_in_csv_files(tmp_path):
    write_network(tmp_path, 1, seed=1, workbooks=False)
    assert not list(tmp_path.rglob("*.xlsx"))
    planted = planted_faults(1, seed=1, workbooks=False)
    assert (planted["row"] == planted_faults(1, seed=1)["row"]).all()
    price = planted[planted["kind"] == "decimal_comma"].iloc[0]
    assert "1.250,00" in rows_of(tmp_path / price["file"])[price["row"] - 1]


def test_names_of_hubs_are_unique():
    assert len({hub_name(index) for index in range(3000)}) == 3000
    assert len(set(WORDS.split())) == len(WORDS.split())


def test_a_network_needs_a_hub(tmp_path):
    with pytest.raises(UsageError, match="at least 1"):
        write_network(tmp_path / "none", hubs=0)
    assert not (tmp_path / "none").exists()
