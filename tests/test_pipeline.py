"""The run of a workspace: from files to reports, once, again, and after a correction."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
from dihkpi.errors import ReportError, UsageError, WorkspaceError
from dihkpi.pipeline import run
from dihkpi.pipeline.run import Choice
from dihkpi.reports import open_report, plan_reports
from dihkpi.reports.extracting import write_extracts
from dihkpi.workspace import create_workspace, open_workspace

SHARED = Path(os.environ.get("DIHKPI_SHARED", Path(__file__).resolve().parents[2] / "shared"))
EXPORT = SHARED / "data" / "edih_catalogue" / "export-edihs.xls"
HUB = Choice(hubs=["HR-adria"])


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """Three hubs of the demo network, and the export of the catalogue where it is at hand."""
    made = write_demo(tmp_path_factory.mktemp("work") / "space", hubs=3)
    if EXPORT.is_file():
        (made.inbox / EXPORT.name).write_bytes(EXPORT.read_bytes())
    return made


def published(space) -> dict[str, bytes]:
    """Every file of the reports but the manifest, and the manifest without its time."""
    folder = space.reports / DEMO_PERIOD
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    manifest = json.loads(found.pop("manifest.json"))
    assert manifest.pop("made_at")
    return found | {"manifest.json": json.dumps(manifest, sort_keys=True).encode()}


@pytest.fixture(scope="module")
def first(space):
    stages: dict[str, tuple[int, int]] = {}
    result = run(space, period=DEMO_PERIOD, choice=Choice(hubs=["HR-adria"], network=True), workers=2,
                 progress=lambda stage, done, total: stages.update({stage: (done, total)}))  # fmt: skip
    return result, stages, published(space)


@pytest.fixture(scope="module")
def results(space, first):
    """The results folder of the first run."""
    return space.results / DEMO_PERIOD


def test_a_run_makes_the_reports(space, first):
    result, stages, files = first
    assert [(report.level, report.code, report.state) for report in result.reports] == [
        ("hub", "HR-adria", "made"), ("network", "all", "made"), ("network", "all", "made"),
    ]  # fmt: skip
    assert result.index == space.reports / DEMO_PERIOD / "index.html"
    assert {"index.html", "manifest.json", "hub/HR-adria/index.html", "network/index.html"} <= set(files)
    assert {"network/survey_quality.html", "data/quality.csv"} <= set(files)
    assert {"data/indicators.csv", "data/hubs.csv", "data/places.csv", "data/files.csv"} <= set(files)
    assert set(stages) == {"files", "snapshot", "scores", "indicators", "reports"}
    assert all(done == total > 0 for done, total in stages.values())
    assert (space.issues / "issues.html").is_file()
    assert files["data/hubs.csv"].count(b"\n") > (457 if EXPORT.is_file() else 3)


def test_what_was_received_is_accepted_or_set_aside(space, first):
    files = first[0].files
    assert (files["received"] == files["accepted"] + files["quarantined"]).all()
    counts = json.loads(first[2]["manifest.json"])["counts"]
    assert counts["received"] == files["received"].sum() > 500


def test_the_plan_has_every_place_with_a_hub_that_submitted(space, results, definitions):
    plan = [(job.level, job.code) for job in plan_reports(results, definitions)]
    seats = pd.read_csv(space.inbox / "hubs.csv")["nuts"]
    hubs, regions = seats.size, seats.nunique() + seats.str.slice(0, 2).nunique()
    assert [sum(level == "hub" for level, _ in plan), len(plan)] == [hubs, hubs + regions + 2]


def test_no_name_number_or_address_is_in_results_or_reports(space, results):
    services = pd.concat([pd.read_excel(path, dtype=str) for path in sorted(space.inbox.glob("*/services.xlsx"))])
    assert len(services) > 100
    private = set(services["VAT"].dropna()) | set(services["Author's email"].dropna())
    private |= {name for name in services["Customer"].dropna() if len(name) > 8}
    texts = {path.name: path.read_text(encoding="utf-8") for path in (space.reports / DEMO_PERIOD / "data").iterdir()}
    tables = sorted(results.glob("*.parquet"))
    assert len(tables) >= 7
    texts |= {path.name: pd.read_parquet(path).to_csv() for path in tables}
    found = {(name, word) for name, text in texts.items() for word in private if word in text}
    assert not found


def test_a_second_run_changes_nothing(space, first):
    again = run(space, period=DEMO_PERIOD, choice=Choice(hubs=["HR-adria"], network=True))
    assert {report.state for report in again.reports} == {"unchanged"}
    assert published(space) == first[2]


@pytest.mark.slow
def test_a_forced_run_gives_the_same_bytes(space, first):
    again = run(space, period=DEMO_PERIOD, choice=HUB, force=True, workers=1)
    assert [report.state for report in again.reports] == ["made"]
    assert published(space) == first[2]


def test_unknown_places_and_periods_are_usage_errors(space, results, definitions):
    with pytest.raises(UsageError, match="did you mean 'HR-adria'"):
        plan_reports(results, definitions, hubs=["HR-adira"])
    with pytest.raises(UsageError, match="no region 'HR-adria'"):
        plan_reports(results, definitions, regions=["HR-adria"])
    with pytest.raises(UsageError, match="calendar period"):
        run(space, period="M18", choice=HUB)


def test_a_switch_of_the_settings_makes_the_reports_again(results, definitions):
    [job] = plan_reports(results, definitions, hubs=["HR-adria"])
    meta = results / "meta.json"
    text = meta.read_text(encoding="utf-8")
    meta.write_text(
        text.replace('"options": {}', '"options": {"dma_sme": {"negative_item": "ignore"}}'), encoding="utf-8"
    )
    try:
        assert meta.read_text(encoding="utf-8") != text
        write_extracts(results)
        [other] = plan_reports(results, definitions, hubs=["HR-adria"])
    finally:
        meta.write_text(text, encoding="utf-8")
        write_extracts(results)
    assert other.key != job.key


@pytest.mark.slow
def test_a_corrected_file_changes_its_report(space, first):
    path = space.inbox / "HR-adria" / "events.csv"
    text = path.read_text(encoding="utf-8-sig")
    head, row, *rest = text.splitlines()
    place = head.split(",").index("participants")
    cells = row.split(",")
    assert cells[place].isdigit()
    cells[place] = str(int(cells[place]) + 1000)
    path.write_text("\n".join([head, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    try:
        again = run(space, period=DEMO_PERIOD, choice=HUB, workers=1)
    finally:
        path.write_text(text, encoding="utf-8")
    assert [report.state for report in again.reports] == ["made"]
    after = published(space)
    assert {"hub/HR-adria/index.html", "data/indicators.csv"} <= {n for n, c in after.items() if c != first[2].get(n)}
    assert after["network/index.html"] == first[2]["network/index.html"]


def test_an_empty_workspace_and_none_at_all(tmp_path):
    with pytest.raises(WorkspaceError, match="dihkpi init"):
        open_workspace(tmp_path)
    space = create_workspace(tmp_path / "new")
    with pytest.raises(WorkspaceError, match="nothing to report"):
        run(space)
    with pytest.raises(WorkspaceError, match="not empty"):
        create_workspace(space.folder)


def test_all_wrong_settings_are_told_at_once(tmp_path):
    space = create_workspace(tmp_path / "new", 'A "quoted" \\ name')
    assert open_workspace(space.folder).settings.name == 'A "quoted" \\ name'
    wrong = 'perod = "2026"\n[reports]\nworkers = 0\nformat = ["html"]\n'
    (space.folder / "dihkpi.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(WorkspaceError) as fault:
        open_workspace(space.folder)
    lines = str(fault.value).splitlines()
    assert lines[0].endswith("has 3 wrong settings")
    assert sorted(line.strip() for line in lines[1:]) == [
        "perod: unknown setting; did you mean 'period'?",
        "reports › format: unknown setting; did you mean 'formats'?",
        "reports › workers: Input should be greater than or equal to 1",
    ]
    (space.folder / "dihkpi.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="not valid TOML"):
        open_workspace(space.folder)


def test_the_key_of_the_pseudonyms_is_made_once_and_is_private(tmp_path):
    space = create_workspace(tmp_path / "new")
    key = space.secret()
    assert len(key) == 64
    assert space.secret() == key
    assert (space.folder / "respondents.key").stat().st_mode & 0o077 == 0


def test_an_executed_notebook_finds_its_data_where_it_lies(space, first, monkeypatch):
    monkeypatch.chdir(space.reports / DEMO_PERIOD / "hub" / "HR-adria")
    assert "Adria" in open_report(DEMO_PERIOD, "hub", "HR-adria").title().html
    with pytest.raises(ReportError, match="not a results folder"):
        open_report("2031", "hub", "HR-adria")
