"""Plan, engine and folder: which reports, safe names, failures that stay alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dihkpi.errors import ReportError, UsageError, WorkspaceError
from dihkpi.reports import ReportJob, plan_reports, render_reports
from dihkpi.reports.engine import check_parameters
from dihkpi.reports.files import inside
from dihkpi.reports.plan import checked_id

ROOT = Path(__file__).parents[2]
PAYLOADS = Path(__file__).with_name("payloads.json")


def template(folder: Path, *cells: str, name: str = "own.ipynb") -> Path:
    """A notebook with a parameters cell, a heading and some code cells."""
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    declared = {
        "id": "declared",
        "metadata": {"tags": ["parameters"]},
        "source": "data = ''\nlevel = ''\ncode = ''",
    }
    heading = {"cell_type": "markdown", "id": "heading", "metadata": {}, "source": "## Findings"}
    rest = [{**code, "id": f"cell-{i}", "source": text} for i, text in enumerate(cells)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {
        "cells": [{**code, **declared}, heading, *rest],
        "metadata": kernel,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture
def job(results: Path, definitions: Any, tmp_path: Path) -> ReportJob:
    """A job whose template does next to nothing."""
    (first,) = plan_reports(results, definitions, hubs=["HR-adria"])
    return replace(first, template=template(tmp_path, "len(code)"))


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
    for name in ("snapshot", "definitions", "package", "period"):
        meta = json.loads((data / "meta.json").read_text())
        meta[name] += "0"
        (data / "meta.json").write_text(json.dumps(meta))
        after = plan_reports(data, definitions, network=True)[0].key
        assert after != before, name
        before = after


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
def test_parameters_must_be_declared(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportError, match="is not declared in its parameters cell"):
        check_parameters(template(tmp_path), {name: 1})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), float("inf"), b"x", Path("x"), {"a": {1: 2}}, (1,)])
def test_parameters_are_json(tmp_path: Path, value: object) -> None:
    with pytest.raises(ReportError, match="allowed: text, finite numbers"):
        check_parameters(template(tmp_path), {"code": value})
    check_parameters(template(tmp_path), {"code": ["x", 1, 2.5, None, True, {"a": []}]})


def test_unknown_format(job: ReportJob, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown format 'docx'"):
        render_reports([job], tmp_path / "out", formats=["docx"])


def test_failures_stay_alone_and_name_template_cell_and_error(job: ReportJob, tmp_path: Path) -> None:
    """One that raises, one that kills its kernel, one with an undeclared parameter; the good one is made."""
    bad = template(tmp_path, "len(code)", "1 / 0", "len(data)", name="bad.ipynb")
    killed = template(tmp_path, "import os\nos._exit(3)", "len(code)", name="killed.ipynb")
    plan = [
        replace(job, template=bad, path="hub/bad/index.html"),
        replace(job, template=killed, path="hub/killed/index.html"),
        replace(job, parameters={"colour": "red"}, path="hub/undeclared/index.html"),
        replace(job, path="hub/good/index.html"),
    ]
    seen: list[str] = []
    out = tmp_path / "out"
    results = render_reports(plan, out, progress=lambda result: seen.append(result.path))
    assert [result.state for result in results] == ["failed", "failed", "failed", "made"]
    assert results[0].message.startswith("bad.ipynb, cell 4 under 'Findings': ZeroDivisionError: division by zero")
    assert "1 / 0" in results[0].message and "hub/bad/error.ipynb" in results[0].message
    assert (out / "hub/bad/error.ipynb").is_file() and not (out / "hub/bad/index.html").exists()
    assert "killed.ipynb, cell 3 under 'Findings': its process ended itself with code 3" in results[1].message
    assert "'colour' is not declared" in results[2].message
    assert sorted(seen) == sorted(job.path for job in plan)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["path"] for entry in manifest["reports"]] == ["hub/good/index.html"]
    assert len(manifest["failed"]) == 3


def test_a_cell_that_ends_the_kernel_quietly_is_a_failure(job: ReportJob, tmp_path: Path) -> None:
    quiet = replace(job, template=template(tmp_path, "import sys\nsys.exit()", "len(code)", name="quiet.ipynb"))
    (result,) = render_reports([quiet], tmp_path / "out")
    assert result.state == "failed" and "quiet.ipynb, cell 3" in result.message


def test_importing_the_reports_is_light() -> None:
    heavy = "matplotlib seaborn papermill nbconvert nbformat openpyxl pandera"
    code = f"import sys, dihkpi.reports; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
