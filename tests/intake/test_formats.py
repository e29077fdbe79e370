"""Every kind of file that hubs have: recognised by its content and read completely."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.definitions.survey import Form
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, ValidatedPart, validate


def checked(path: Path, definitions: Definitions, **more: Any) -> Validated:
    return validate(read_submission(path, definitions, **more), definitions)


def only_part(path: Path, definitions: Definitions, **more: Any) -> ValidatedPart:
    (part,) = checked(path, definitions, **more).parts
    return part


# The upload files of the assessment


@pytest.mark.parametrize(
    ("kind", "items", "first"),
    [("sme", 86, "product_service_design_m2_1_1"), ("pso", 97, "digitalisation_needs_are_identified_m2_1_1")],
)
def test_the_upload_file(kind: str, items: int, first: str, files, definitions) -> None:
    survey = definitions.survey(f"dma_{kind}")
    coding = survey.form("assessments").layouts["official_upload"].coding
    listed = survey.form("assessments").items
    head = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
    lowest = [next(iter(coding[item.type])) for item in listed]
    highest = [list(coding[item.type])[-1] for item in listed]
    rows = [["T0", "01/31/2024", "A", "1", *lowest], ["T1", "12/01/2024", "A", "1", *highest]]
    text = "\ufeff" + "\n".join(
        ",".join(f'"{cell}"' for cell in row) for row in [[*head, *(i.code for i in listed)], *rows]
    )
    part = only_part(files.raw("anything.csv", text), definitions)
    assert (part.match.survey.survey, part.match.form_name, part.match.layout_name) == (
        *(f"dma_{kind}", "assessments"), "official_upload",
    )  # fmt: skip
    assert not (part.issues["severity"] == "error").any()
    assert part.accepted[["wave", "respondent"]].values.tolist() == [["T0", "1"], ["T1", "1"]]
    answers = part.accepted[[item.code for item in listed]]
    assert answers.shape == (2, items)
    assert answers.columns[0] == first
    assert set(answers.iloc[0]) <= {"0", "none", "no"}
    assert set(answers.iloc[1]) <= {"1", "both", "5", "yes"}


def test_a_wave_without_start_and_a_wave_out_of_order(files, sme, definitions) -> None:
    sme[2][:4] = ["T1", "01/30/2024", "Firm 1", "AT00000001"]
    sme[3][:4] = ["T1", "03/31/2024", "Firm 4", "AT00000004"]
    issues = only_part(files.csv(sme), definitions).issues
    assert issues[["rule", "severity", "cell"]].values.tolist() == [
        ["wave_order", "error", "B3"],
        ["wave_order_gap", "warning", "B4"],
    ]


# Results exports


SME_DIMENSIONS = [
    *("Digital Business Strategy", "Digital Readiness", "Human-Centric Digitalisation", "Data Governance"),
    *("Automation & Artificial Intelligence", "Green Digitalisation"),
]
PSO_DIMENSIONS = [
    *("Digital Strategy and Investments", "Digital Readiness", "Human-Centric Digitalisation"),
    *("Data Management and Security", "Interoperability", "Green Digitalisation"),
]


@pytest.mark.parametrize(("kind", "dimensions"), [("SME", SME_DIMENSIONS), ("PSO", PSO_DIMENSIONS)])
@pytest.mark.parametrize("odd", [False, True])
def test_the_results_workbook(kind: str, dimensions: list[str], odd: bool, files, definitions) -> None:
    head = [f"{kind} name", f"{kind} ID", "DMA Timing", "DMA Score", *dimensions, "EDIH Name"]
    if odd:
        head = [f'\u00a0"{title}"  '.replace(" and ", " &\u00a0 ").replace("DMA T", "DMA  T") for title in head]
        head[7] = {"SME": "Data Management", "PSO": "Data Governance & Security"}[kind]
    rows = [["A", "1", "T0", 35, 10, 20, 30, 40, 50, 60, "Hub"], ["A", "1", "T1", 45.5, 20, 30, 40, 50, 60, 70, "Hub"]]
    part = only_part(files.xlsx({f"My {kind}s DMA Results": [head, *rows]}), definitions)
    assert (part.match.survey.survey, part.match.form_name) == (f"dma_{kind.lower()}", "results")
    assert (len(part.accepted), part.issues["rule"].tolist()) == (2, [])
    assert part.accepted["overall"].tolist() == [35, 45.5]
    assert part.accepted.loc[0, ["strategy", "green"]].tolist() == [10, 60]


def test_scores_outside_their_range_and_an_overall_that_is_no_mean(files, definitions) -> None:
    head = ["SME name", "SME ID", "DMA Timing", "DMA Score", *SME_DIMENSIONS, "EDIH Name"]
    rows = [["A", "1", "T0", 35, 10, 20, 30, 40, 50, 101, "Hub"], ["B", "2", "T0", 99, 10, 20, 30, 40, 50, 60, "Hub"]]
    issues = only_part(files.xlsx({"My SMEs DMA Results": [head, *rows]}), definitions).issues
    assert {("max", "error", "J2"), ("overall_is_mean", "warning", "D3")} <= set(
        issues[["rule", "severity", "cell"]].itertuples(index=False, name=None)
    )


# The KPI tool


@pytest.mark.requirement("R74")
def test_the_28_columns_of_the_service_records(files, services, definitions) -> None:
    services[1][15] = "HPC centre"
    assert len(services[0]) == 28
    part = only_part(files.xlsx(services), definitions)
    assert (part.match.form_name, part.match.layout_name, len(part.accepted)) == ("services", "official_services", 4)
    assert part.issues.empty
    row = part.accepted.iloc[0]
    assert (row["price"], row["aid"], row["attendees"], row["days"]) == (1000, 400, 3, 2)
    assert (row["category"], row["customer_type"], row["customer_region"]) == ("test_before_invest", "sme", "AT13")
    assert row["dep_capacities"] == "HPC centre"
    assert bool(row["delivered"])
    assert "author_email" not in part.accepted  # personal data is dropped


ODD_HEADERS = {
    "no-break space": (23, "Customer\u00a0 region"),
    "one blank": (23, "Customer region"),
    "many blanks": (7, "Amount of the  service price to be reported as Aid of national or\nregional public nature, € "),
    "quotes": (1, '"Customer"'),
    "curly quotes": (27, "Author’s email"),
    "euro": (5, "Service price, €"),
    "capitals": (14, "DATES"),
}


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_headers_as_they_are_found(name: str, files, services, ask) -> None:
    position, title = ODD_HEADERS[name]
    services[0][position] = title
    assert ask(files.xlsx(services)).issues == []


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("2024-01-31 / 2024-02-01", "2024-01-31", "2024-02-01"),
        ("2024-01-31 /", "2024-01-31", "2024-01-31"),
        ("2024-01-31 / ", "2024-01-31", "2024-01-31"),
        ("2024-01-31", "2024-01-31", "2024-01-31"),
    ],
)
def test_an_empty_end_is_the_start(typed: str, start: str, end: str, files, services, definitions) -> None:
    services[1][14] = typed
    row = only_part(files.xlsx(services), definitions).accepted.iloc[0]
    assert (str(row["start"].date()), str(row["end"].date())) == (start, end)


def test_own_columns_and_a_missing_vat_column_do_no_harm(files, services, ask) -> None:
    for row in services:
        row.append("latitude" if row is services[0] else 48.2)
        del row[2]
    told = ask(files.xlsx(services))
    assert told.counts == (4, 4, 0)
    assert [(i["rule"], i["severity"]) for i in told.issues] == [("missing_column", "warning")]


def test_wildcards_and_lists_of_others(files, services, ask, definitions) -> None:
    services[1][9] = "All technologies"
    services[2][24] = "All sectors"
    services[3][24] = definitions.codelists["catalogue_sectors"].labels["energy"]
    services[4][10] = "Waiting"
    told = ask(files.xlsx(services))
    assert told.counts == (4, 4, 0)
    assert [(i["rule"], i["severity"], i["cell"]) for i in told.issues] == [
        *[("other_list", "warning", "Y4"), ("unknown_code", "warning", "K5")],
    ]


def test_new_rows_have_no_content_id_and_are_told_apart_by_the_rest(files, services, ask) -> None:
    for row in services[1:]:
        row[0] = ""
    services.append(list(services[1]))
    told = ask(files.xlsx(services))
    assert told.found == [("repeated_row", "A6")]
    assert told.counts == (5, 4, 1)


@pytest.mark.parametrize(("kind", "vat"), [("sme", "FR1"), ("pso", None)])
def test_a_register_of_customers_is_read_by_position(kind: str, vat: str | None, files, definitions) -> None:
    rows = [["some ID", "some name", "some country", "some VAT"], ["77", "Firm", "France", "FR1"]]
    path = files.xlsx({"Reporting of EDIH services del": rows}, f"export-{kind}-20260701.xlsx")
    part = only_part(path, definitions)
    assert part.match.layout_name == f"{kind}_register"
    row = part.accepted.iloc[0]
    assert (row["name"], row["customer_type"]) == ("Firm", kind)
    assert row["vat"] == vat or vat is None


# Plain tables of every form


def plain_row(form: Form, definitions: Definitions, survey: str) -> dict[str, str]:
    """One row that a careful person would type, by the types of the columns alone."""
    cells = {
        "text": "some text", "id": "A-1", "integer": "3", "decimal": "2.5", "money": "1000", "percent": "40",
        "date": "2024-01-31", "dates": "2024-01-31 / 2024-02-01", "boolean": "yes", "period": "M18",
        "url": "https://example.org", "hub": "Hub",
    }  # fmt: skip
    row = {}
    for name, column in form.columns.items():
        if column.type in ("code", "codes", "rated_codes"):
            code = definitions.codelists[column.codes[0]].codes[0]
            row[name] = f"{definitions.codelists[column.codes[0]].labels[code]} - 3" if "rated" in column.type else code
        else:
            row[name] = cells[column.type]
    for item in form.items:
        row[item.code] = next(iter(definitions.survey(survey).answer_types[item.type].codes.values()))
    if "nuts" in row:
        row |= {"country": "AT", "nuts": "AT13"}
    if "customer_region" in row:
        row |= {"customer_country": "AT", "customer_region": "AT13"}
    return row


FORMS = [(s, f) for s, survey in load_definitions().surveys.items() for f, form in survey.forms.items() if form.tidy]


@pytest.mark.parametrize("container", ["csv", "xlsx"])
@pytest.mark.parametrize(("survey", "form"), FORMS)
def test_a_plain_table_of_every_form(survey: str, form: str, container: str, files, definitions) -> None:
    row = plain_row(definitions.survey(survey).form(form), definitions, survey)
    rows = [list(row), list(row.values())]
    path = files.csv(rows) if container == "csv" else files.xlsx(rows)
    part = only_part(path, definitions)
    assert (part.match.survey.survey, part.match.form_name, part.match.layout_name) == (survey, form, "tidy")
    assert not (part.issues["severity"] == "error").any(), part.issues.to_string()
    assert len(part.accepted) == 1


def test_several_forms_in_one_workbook(files, services, definitions) -> None:
    forms = ("collaborations", "events", "targets")
    rows = {name: plain_row(definitions.survey("edih_kpi").form(name), definitions, "edih_kpi") for name in forms}
    book = {name: [list(row), list(row.values())] for name, row in rows.items()}
    found = checked(files.xlsx({"Services": services, **book, "Notes": [["hello"], ["world"]]}), definitions)
    assert [part.match.form_name for part in found.parts] == ["services", *forms]
    assert (found.received, found.n_accepted) == (7, 7)


# The catalogue of hubs


@pytest.fixture(scope="module")
def export(shared: Path) -> Path:
    return shared / "data" / "edih_catalogue" / "export-edihs.xls"


@pytest.fixture(scope="module")
def told(export: Path) -> dict[str, Any]:
    """What the command line says about the real export."""
    result = subprocess.run(
        [sys.executable, "-m", "dihkpi", "validate", "--json", str(export)],
        **{"capture_output": True, "encoding": "utf-8", "timeout": 120},
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    return json.loads(result.stdout)


@pytest.mark.requirement("R62")
def test_totals_of_the_catalogue(told: dict[str, Any]) -> None:
    assert (told["survey"], told["received"], told["accepted"], told["quarantined"]) == ("hub_register", 457, 457, 0)
    (profile,) = told["profile"]
    columns = profile["columns"]
    assert columns["type"]["counts"] == {"edih": 168, "seal_of_excellence": 83, "dih": 206}
    assert columns["country"]["distinct"] == 38
    assert [columns[name]["distinct"] for name in ("sectors", "services", "technologies")] == [42, 15, 33]
    assert not {"contact_name", "contact_location"} & set(columns)


@pytest.mark.requirement("R62")
def test_what_is_odd_in_the_catalogue_is_named_with_its_cell(told: dict[str, Any], export: Path) -> None:
    import openpyxl

    with export.open("rb") as handle:
        sheet = openpyxl.load_workbook(handle).worksheets[0]
    issues = told["issues"]
    assert {issue["severity"] for issue in issues} == {"warning"}
    assert {issue["rule"] for issue in issues} == {"unknown_code", "duplicate_code", "url"}

    stray = [issue for issue in issues if issue["rule"] == "unknown_code"]
    assert {issue["value"] for issue in stray} == {"data"}
    with_data = [cell.coordinate for cell in sheet["I"] if ", data - " in f", {cell.value}"]
    assert sorted(issue["cell"] for issue in stray) == sorted(with_data)

    twice = [issue for issue in issues if issue["rule"] == "duplicate_code"]
    assert twice
    assert all(sheet[issue["cell"]].value.count(f"{issue['value']} - ") >= 2 for issue in twice)

    no_address = {issue["cell"] for issue in issues if issue["rule"] == "url"}
    literal = {cell.coordinate for cell in sheet["F"] if cell.value == "Website" and cell.row > 1}
    assert literal
    assert literal <= no_address
    assert all(sheet[cell].value.endswith("…") for cell in no_address - literal)


@pytest.mark.requirement("R62")
def test_offers_of_the_hubs_in_the_catalogue(export: Path, definitions) -> None:
    hubs = only_part(export, definitions).accepted
    edih = hubs[hubs["type"] == "edih"]
    offers = edih["technologies"].fillna("")
    ai, cyber, hpc = (
        offers.str.contains(rf"(?:^|\|){code}=")
        for code in (
            "artificial_intelligence_and_decision_support",
            "cybersecurity",
            "high_performance_computing",
        )
    )
    assert [int(flag.sum()) for flag in (ai, cyber, hpc, ai & cyber & hpc)] == [153, 112, 95, 73]
    innovation = edih["services"].fillna("").str.contains(r"(?:^|\|)public_sector_innovation=")
    administration = edih["sectors"].fillna("").str.contains(r"(?:^|\|)public_administration=")
    assert int((innovation | administration).sum()) == 110
    assert {"XK", "TR", "EL"} <= set(hubs["country"])
    members = definitions.codelists["countries"].attribute("eu_member")
    assert len({country for country in edih["country"] if members.get(country) == "true"}) == 27


@pytest.mark.requirement("R62")
def test_the_catalogue_agrees_with_an_independent_reading_of_it(shared: Path, export: Path, definitions) -> None:
    import pandas as pd

    other = pd.read_csv(
        shared / "data" / "edih_catalogue" / "edih_catalogue_2025-05.csv", dtype=str, keep_default_na=False
    )
    hubs = only_part(export, definitions).accepted
    labels = definitions.codelists["countries"].labels
    assert sorted(zip(hubs["name"], hubs["country"].map(labels), strict=True)) == sorted(
        zip(other["name"].str.strip(), other["country"], strict=True)
    )
    levels = hubs["technologies"].dropna().str.split("|").explode().str.partition("=")
    counted = levels[0].map(definitions.codelists["technologies"].labels).value_counts()
    listed = other["technologies"][other["technologies"] != ""].str.split(";").map(
        lambda entries: {entry.partition("=")[0].strip() for entry in entries}
    )  # fmt: skip
    expected = listed.explode().value_counts().drop("data", errors="ignore")
    assert counted.sort_index().to_dict() == expected.sort_index().to_dict()


HEADED = [(s, f) for s, f in FORMS if any(c.headers for c in load_definitions().survey(s).form(f).columns.values())]


@pytest.mark.parametrize(("survey", "form"), HEADED)
def test_a_plain_table_may_have_the_headers_that_people_write(survey: str, form: str, files, definitions) -> None:
    declared = definitions.survey(survey).form(form)
    row = plain_row(declared, definitions, survey)
    heads = [column.headers[-1] if column.headers else name for name, column in declared.columns.items()]
    path = files.xlsx([heads, [row[name] for name in declared.columns]])
    part = only_part(path, definitions)
    assert (part.match.survey.survey, part.match.form_name, len(part.accepted)) == (survey, form, 1)
    read = [name for name, column in declared.columns.items() if column.headers]
    assert part.accepted[read].notna().all(axis=None)
    assert set(part.issues["rule"]) <= {"parts_within_participants"}, part.issues.to_string()
