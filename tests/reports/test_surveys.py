"""The report on the surveys themselves: what it says of scales and items, and what it keeps to itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dihkpi.definitions import load_definitions
from dihkpi.reports import Report, open_report, plan_reports
from dihkpi.reports.extracting import write_extracts

SCALE = {"n": 80, "respondents": 90, "n_items": 2, "method": "alpha, pairwise", "omega": 0.8, "factors": 1}
ITEM = {"n": 80, "respondents": 90, "share_missing": 0.1, "mean": 0.5, "sd": 0.4, "floor": 0.25, "ceiling": 0.5}
ROWS: list[dict[str, Any]] = [
    SCALE | {"node": "overall", "label": "Overall", "alpha": 0.8, "alpha_lo": 0.75, "alpha_hi": 0.85},
    SCALE | {"node": "strategy", "label": "Strategy <b>", "alpha": 0.6, "alpha_lo": 0.5, "alpha_hi": 0.69},
    ITEM | {"node": "strategy", "item": "s1", "label": "<i>Plan", "flags": "12 % gave no answer; goes <b> less"},
    ITEM | {"node": "strategy", "item": "s2", "label": "Money"},
    SCALE | {"node": "data", "label": "Data", "alpha": 0.71, "alpha_lo": 0.6, "alpha_hi": 0.8},
    ITEM | {"node": "data", "item": "d1", "label": "Keeps data", "floor": 1.0, "ceiling": 0.0, "sd": 0.0},
    {"node": "data", "item": "d2", "label": "Sells data", "status": "c", "reason": "fewer than 5 respondents"},
    SCALE | {"node": "green", "label": "Green", "n_items": 1, "status": "m", "reason": "one item only"},
]


def write(data: Path, rows: list[dict[str, Any]]) -> None:
    columns = list(load_definitions().tables["quality"].columns)
    base = {"survey": "dma_sme", "version": "v1", "wave": "T0", "status": "ok"}
    table = pd.DataFrame([base | row for row in rows], columns=columns)
    table.to_parquet(data / "quality.parquet")
    dictionary = json.loads((data / "dictionary.json").read_text(encoding="utf-8"))
    dictionary["item_quality"] = {"alpha": 0.7, "respondents": 20}
    (data / "dictionary.json").write_text(json.dumps(dictionary), encoding="utf-8")
    if (data / "extracts.json").exists():
        write_extracts(data)


@pytest.fixture
def data(tmp_path: Path, results: Path) -> Path:
    return Path(shutil.copytree(results, tmp_path / "results"))


@pytest.fixture
def report(data: Path) -> Report:
    write(data, ROWS)
    return open_report(data, "network", "all")


def test_the_headline_counts_scales_and_items(report: Report) -> None:
    said = report.survey_headline().html
    assert "1 of 3 scales is reliable, 1 cannot be told yet and 1 is not" in said
    assert "1 of 3 items needs a look" in said  # the withheld one was not looked at
    assert "<strong>90</strong>" in said
    assert "0.75 to 0.85" in said


def test_scales_are_judged_by_their_whole_interval(report: Report) -> None:
    html = report.survey_scales().html
    rows = {row.split("</th>")[0].split(">")[-1]: row for row in html.split("<tr>")[2:]}
    assert 'class="light on_track">reliable<' in rows["Overall (all)"]
    assert 'class="light behind">not reliable<' in rows["Strategy &lt;b&gt;"]
    assert 'class="light watch">not clear<' in rows["Data"]
    assert "Green" not in rows
    assert "A scale of one part has no alpha and is left out." in html
    assert "<img" in html and "Alpha by scale: Overall (all) 0.80" in html


def test_flags_stand_beside_their_item_and_foreign_text_stays_text(report: Report) -> None:
    html = report.survey_issues().html
    assert "1 item to look at" in html
    assert "&lt;i&gt;Plan" in html
    assert "12 % gave no answer<br>goes &lt;b&gt; less" in html
    assert "Money" not in html


def test_answers_of_few_are_not_shown(report: Report) -> None:
    html = report.survey_items().html
    assert "Sells data: best answer not shown, no answer fewer than 5 answers" in html
    assert "<h4>Strategy &lt;b&gt;</h4>" in html
    assert "Keeps data: best answer 0" in html


def test_too_few_are_said_to_be_too_few(data: Path) -> None:
    few = [row | {"status": "u", "reason": "12 respondents, fewer than the 20 that it takes to judge"} for row in ROWS]
    write(data, few)
    report = open_report(data, "network", "all")
    assert "Too few have answered to judge the scales: it takes 20 respondents." in report.survey_headline().html
    assert "12 respondents, fewer than the 20" in report.survey_scales().html


def test_without_answers_there_is_no_such_report(data: Path, definitions: Any) -> None:
    assert [job.report for job in plan_reports(data, definitions, network=True)] == ["network_overview"]
    assert "No data: no survey was answered item by item." in open_report(data, "network", "all").survey_scales().html
    write(data, ROWS)
    plan = plan_reports(data, definitions, network=True)
    assert [job.path for job in plan] == ["network/index.html", "network/survey_quality.html"]


def test_only_the_network_changes_with_the_quality(data: Path, definitions: Any) -> None:
    def keys() -> dict[str, str]:
        return {job.path: job.key for job in plan_reports(data, definitions, hubs=["HR-adria"], network=True)}

    write(data, ROWS)
    before = keys()
    write(data, [*ROWS[:-1], ROWS[-1] | {"reason": "another"}])
    changed = {path for path, key in keys().items() if before[path] != key}
    assert changed == {"network/index.html", "network/survey_quality.html"}
