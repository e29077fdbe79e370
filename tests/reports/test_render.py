"""Plan, engine and folder: which reports, safe names, failures that stay alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dihkpi.errors import ReportError, UsageError, WorkspaceError
from dihkpi.reports import ReportJob, plan_reports, render_reports
from dihkpi.reports.extracting import write_extracts
from dihkpi.reports.files import inside
from dihkpi.reports.plan import checked_id
from dihkpi.reports.render import Making
from dihkpi.reports.running.notebook import check_parameters
from dihkpi.reports.why import why

ROOT = Path(__file__).parents[2]
PAYLOADS = Path(__file__).with_name("payloads.json")


def test_plan_covers_active_hubs_their_places_and_the_network(results: Path, definitions: Any) -> None:
    plan = plan_reports(results, definitions)
    assert [job.path for job in plan if job.level == "network"] == ["network/index.html"]
    assert len([job for job in plan if job.level == "hub"]) == 11, "the twelfth hub submitted nothing"
    assert {job.code for job in plan if job.report == "region_assessment"} >= {"HR", "HR03", "EE00", "EL"}
    assert len({job.path for job in plan}) == len(plan) == len({job.key for job in plan})
    assert all(job.parameters["data"] == results.name for job in plan), "relative, so that no machine is named"


def test_plan_of_a_choice(results: Path, definitions: Any) -> None:
    chosen = plan_reports(results, definitions, hubs=["EL-minho"], regions=["HR"])
    assert [(job.level, job.code) for job in chosen] == [("hub", "EL-minho"), ("country", "HR")]
    assert [job.level for job in plan_reports(results, definitions, network=True)] == ["network"]
    assert "network" not in {job.level for job in plan_reports(results, definitions, network=False)}
    with pytest.raises(UsageError, match=r"there is no hub 'HR-adra'.*\n.*HR-adria"):
        plan_reports(results, definitions, hubs=["HR-adra"])


def test_a_second_report_of_a_place_has_its_own_name(results: Path, definitions: Any) -> None:
    definitions.reports["hub_letter"] = definitions.reports["hub_assessment"]
    try:
        plan = plan_reports(results, definitions, hubs=["HR-adria"])
    finally:
        del definitions.reports["hub_letter"]
    assert [job.path for job in plan] == ["hub/HR-adria/index.html", "hub/HR-adria/hub_letter.html"]


def test_key_follows_data_and_definitions(make_results: Callable[..., Path], definitions: Any) -> None:
    data = make_results()
    before = plan_reports(data, definitions, network=True)[0].key
    assert plan_reports(data, definitions, network=True)[0].key == before
    for name in ("definitions", "package", "period", "snapshot"):
        meta = json.loads((data / "meta.json").read_text())
        meta[name] += "0"
        (data / "meta.json").write_text(json.dumps(meta))
        after = plan_reports(data, definitions, network=True)[0].key
        assert (after == before) == (name == "snapshot"), "a snapshot also changes by rows that a report does not read"
        before = after


def test_a_correction_changes_the_keys_of_its_hub_and_of_what_holds_it(
    make_results: Callable[..., Path], definitions: Any
) -> None:
    """A figure of one hub, of its region, its country and the network: nobody else's report reads it."""
    data = make_results()
    before = {(job.level, job.code): job.key for job in plan_reports(data, definitions)}
    rows = pd.read_parquet(data / "indicators.parquet")
    holds = [("hub", "HR-adria"), ("nuts2", "HR03"), ("country", "HR"), ("network", "all")]
    ours = pd.Series(list(zip(rows["level"], rows["code"], strict=True)), index=rows.index).isin(holds)
    rows.loc[ours & (rows["indicator"] == "maturity_score"), "value"] += 0.004
    rows.to_parquet(data / "indicators.parquet")
    write_extracts(data)
    after = {(job.level, job.code): job.key for job in plan_reports(data, definitions)}
    assert {place for place, key in after.items() if key != before[place]} == set(holds)


def test_a_change_beside_that_shows_is_a_change(make_results: Callable[..., Path], definitions: Any) -> None:
    """The network's figures stand in the reports of hubs, rounded: what the reader sees decides."""
    data = make_results()
    before = plan_reports(data, definitions, hubs=["HR-adria"])[0].parts
    rows = pd.read_parquet(data / "indicators.parquet")
    rows.loc[(rows["level"] == "network") & (rows["indicator"] == "maturity_score"), "value"] += 3.0
    rows.to_parquet(data / "indicators.parquet")
    after = plan_reports(data, definitions, hubs=["HR-adria"])[0].parts
    assert [name for name in after if after[name] != before[name]] == ["data.beside"]


def test_names_of_folders_are_checked() -> None:
    refused = json.loads(PAYLOADS.read_text(encoding="utf-8"))["names_to_refuse"]
    assert len(refused) > 20
    for code in [*refused, "A" * 65, "ÄT-1"]:
        with pytest.raises(ReportError, match="cannot be the name of a folder"):
            checked_id(code)
    assert checked_id("AT-001_b") == "AT-001_b"


def test_paths_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    for path in ("../x.html", "/etc/x.html", "link/x.html"):
        with pytest.raises(ReportError, match="outside"):
            inside(tmp_path / "out", path)


def test_a_folder_of_others_is_refused(job: ReportJob, tmp_path: Path) -> None:
    other = tmp_path / "theirs"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(WorkspaceError, match="holds files but no manifest"):
        render_reports([job], other)
    (other / "manifest.json").write_text('{"name": "a browser extension"}')
    with pytest.raises(WorkspaceError):
        render_reports([job], other)
    assert sorted(path.name for path in other.iterdir()) == ["manifest.json", "thesis.txt"]


@pytest.mark.parametrize("name", ["x=1;import os;os.system('true');y", "a b", "class", "__builtins__", "print", ""])
def test_parameters_must_be_declared(template: Callable[..., Path], name: str) -> None:
    with pytest.raises(ReportError, match="is not declared in its parameters cell"):
        check_parameters(template(), {name: 1})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), float("inf"), b"x", Path("x"), {"a": {1: 2}}, (1,)])
def test_parameters_are_json(template: Callable[..., Path], value: object) -> None:
    with pytest.raises(ReportError, match="allowed: text, finite numbers"):
        check_parameters(template(), {"code": value})
    check_parameters(template(), {"code": ["x", 1, 2.5, None, True, {"a": []}]})


def test_unknown_format(job: ReportJob, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown format 'docx'"):
        render_reports([job], tmp_path / "out", making=Making(("docx",)))


def test_importing_the_reports_is_light() -> None:
    heavy = "matplotlib seaborn papermill nbconvert nbformat openpyxl pandera"
    code = f"import sys, dihkpi.reports; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


def test_reports_of_places_that_are_no_more_are_removed(job: ReportJob, tmp_path: Path) -> None:
    """Only by a run of all reports, and only what nobody has changed."""
    out = tmp_path / "out"
    plan = [replace(job, path=f"region/{code}/index.html") for code in ("HR03", "HR04", "HR05")]
    render_reports(plan, out, workers=1)
    render_reports(plan[:1], out, workers=1)
    assert (out / plan[1].path).is_file(), "a choice of reports says nothing about the others"
    (out / plan[2].path).write_text("notes of the evaluator")
    render_reports(plan[:1], out, workers=1, complete=True)
    assert not (out / "region/HR04").exists() and (out / plan[2].path).read_text() == "notes of the evaluator"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["path"] for entry in manifest["reports"]] == [plan[0].path]


def test_another_engine_of_pdf_is_a_reason(job: ReportJob, tmp_path: Path) -> None:
    told = Making().told(job)
    assert told.key == job.key, "without a PDF nothing of it counts"
    recorded = {"files": {}, "parts": {**job.parts, "pdf": "typst"}, "key": "k"}
    assert why(job, recorded, [], tmp_path) == ""
    assert why(replace(job, parts={**job.parts, "pdf": "chromium"}), recorded, [], tmp_path) == (
        "what makes the PDF changed"
    )
