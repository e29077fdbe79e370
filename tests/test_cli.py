"""The command line: results on stdout, messages on stderr, exit codes 0 to 3."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.cli import main

EVENTS = "hub,id,title,start,kind,participants"
GOOD = "Adria,e1,Day,2025-05-01,awareness,30"
BAD = "Adria,e2,Day,2025-13-01,awareness,many"
HUBS = "hub,name,country,nuts,grant_start\nHR-a,Adria,HR,HR03,2024-01-15\n"


@pytest.fixture
def dihkpi(monkeypatch, capsys):
    """Run a command as the program does: exit code, stdout, stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dihkpi", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
            sys.exit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return call


def strict_json(text: str):
    """JSON and nothing else, without the numbers that JSON does not know."""

    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def inbox(tmp_path) -> Path:
    (tmp_path / "hubs.csv").write_text(HUBS, encoding="utf-8")
    (tmp_path / "good.csv").write_text(f"{EVENTS}\n{GOOD}\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text(f"{EVENTS}\n{GOOD}\n{BAD}\n", encoding="utf-8")
    return tmp_path


def test_help_loads_no_heavy_library():
    code = (
        "import sys; sys.argv = ['dihkpi', '--help']\n"
        "from dihkpi.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code\n"
        "heavy = 'numpy pandas scipy pandera sqlalchemy matplotlib papermill nbconvert openpyxl pydantic'\n"
        "print(sorted(set(heavy.split()) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
    assert all(
        name in done.stdout for name in ("demo", "init", "check", "validate", "submit", "score", "run", "status")
    )


def test_help_of_every_command_and_the_version(dihkpi):
    for command in ("demo", "init", "submit", "run", "report", "status", "validate", "score", "check", "surveys"):
        code, out, _ = dihkpi(command, "--help")
        assert code == 0
        assert command in out
    assert dihkpi("--version")[1].startswith("dihkpi ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command"),
        (["run", "--workers", "0"], "greater than"),
        (["score", "x.csv", "--survey", "dma_sm"], "did you mean 'dma_sme'"),
        (["score", "x.csv", "--option", "negative_item"], "NAME=VALUE"),
        (["check", "--definitions", "nowhere"], "no such folder"),
        (["run", "nowhere"], "dihkpi init nowhere"),
        (["status", "nowhere"], "not a workspace"),
        (["validate", "no_such_file.csv"], "'no_such_file.csv' does not exist"),
        (["report", "nowhere"], "--hub H"),
        (["submit", "x.csv", "-w", "nowhere"], "not a workspace"),
    ],
)
def test_wrong_usage_is_exit_code_2(dihkpi, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, err = dihkpi(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_errors_in_the_data_are_exit_code_1_and_warnings_are_0(dihkpi, inbox):
    code, out, err = dihkpi("validate", inbox / "bad.csv")
    assert (code, out) == (1, "")
    assert "2 rows received, 1 accepted, 1 set aside" in err.replace("\n", " ")
    assert dihkpi("validate", inbox / "good.csv")[0] == 0


def test_what_the_disk_refuses_is_exit_code_3(dihkpi, tmp_path, definitions):
    items = definitions.surveys["dma_sme"].form("assessments").items
    cells = {"checkbox": "1", "two_column": "1|1", "scale_0_5": "10", "no_partially_yes": "10"}
    head = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
    lines = [[*head, *(i.code for i in items)], ["T0", "03/01/2024", "Firm", "HR1", *(cells[i.type] for i in items)]]
    (tmp_path / "answers.csv").write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    code, out, err = dihkpi("score", tmp_path / "answers.csv", "--out", tmp_path / "taken")
    assert (code, out) == (3, "")
    assert "taken" in err
    assert "Traceback" not in err
    code, out, err = dihkpi("score", tmp_path / "answers.csv", "--option", "negative_item=ignore", "--json")
    scored = strict_json(out)
    assert (code, err) == (0, "")
    assert {row["dimension"]: row["value"] for row in scored["scores"]}["overall"] == pytest.approx(100)
    assert (scored["received"], scored["accepted"], scored["quarantined"]) == (1, 1, 0)
    code, out, err = dihkpi("score", tmp_path / "answers.csv", "--option", "negative_item=ignor")
    assert (code, out) == (2, "")
    assert "did you mean 'ignore'" in err


@pytest.mark.slow
def test_json_stands_alone_on_stdout(dihkpi, inbox):
    code, out, err = dihkpi("validate", inbox / "bad.csv", "--json")
    told = strict_json(out)
    assert (code, err) == (1, "")
    assert (told["received"], told["accepted"], told["quarantined"], told["survey"]) == (2, 1, 1, "edih_kpi")
    assert {issue["cell"] for issue in told["issues"]} == {"D3", "F3"}
    code, out, err = dihkpi("surveys", "--json")
    assert (code, err) == (0, "")
    assert {"dma_sme", "dma_pso"} <= {survey["survey"] for survey in strict_json(out)}
    code, out, err = dihkpi("check", "--json")
    assert (code, err) == (0, "")
    checked = strict_json(out)
    assert checked["problems"] == []
    assert checked["examples"] >= 24


def test_init_submit_twice_and_status(dihkpi, inbox):
    space = inbox / "space"
    assert dihkpi("init", space, "--name", "Test")[0] == 0
    assert dihkpi("init", space)[0] == 2
    assert (space / "dihkpi.toml").is_file()
    code, out, err = dihkpi("submit", inbox / "hubs.csv", inbox / "good.csv", "-w", space)
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == "recorded"
    code, _, err = dihkpi("submit", inbox / "hubs.csv", inbox / "good.csv", "-w", space)
    assert code == 0
    assert err.splitlines()[-1] == "already recorded, nothing to do"
    code, out, err = dihkpi("submit", inbox / "bad.csv", "-w", space, "--json")
    assert (code, err) == (1, "")
    assert strict_json(out)["quarantined"] == 1
    code, out, err = dihkpi("status", space)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["file", "hubs.csv", "good.csv", "bad.csv"]
    assert "4 rows received, 3 accepted, 1 set aside" in err
    code, out, err = dihkpi("status", space, "--json")
    assert (code, err) == (0, "")
    assert strict_json(out)["received"] == 4


def test_files_of_one_name_from_two_hubs_are_two_files(dihkpi, inbox):
    space = inbox / "space"
    dihkpi("init", space)
    for hub in ("HR-a", "EE-b"):
        (inbox / hub).mkdir()
        (inbox / hub / "events.csv").write_text(f"{EVENTS}\n{GOOD.replace('e1', hub)}\n", encoding="utf-8")
        dihkpi("submit", inbox / hub / "events.csv", "-w", space, "--hub", hub)
    told = strict_json(dihkpi("status", space, "--json")[1])
    assert told["received"] == 2


OWN = {
    "surveys/skills/v1/survey.yaml": """\
survey: skills
version: v1
title: Skills of staff
reference: made for a test
answer_types: {level: {label: level, codes: {low: low, middle: middle, high: high}}}
questions: {a: Basic skills, b: Advanced skills}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent]
    date: day
    respondent: {kind: sme, registration: vat, name: firm}
    columns:
      firm: {type: text, required: true, personal: indirect}
      vat: {type: text, personal: indirect}
      day: {type: date, required: true}
    items: items.csv
""",
    "surveys/skills/v1/items.csv": "code,question,type,label\na1,a,level,One\na2,a,level,Two\nb1,b,level,Three\n",
    "surveys/skills/v1/scoring.yaml": """\
reference: made for a test
points: {level: {low: 0, middle: 1/2, high: 1}}
nodes:
  overall: {label: Overall, of: [a, b], weights: {a: 3}}
  a: {label: Basic, items: {question: a}}
  b: {label: Advanced, items: {question: b}}
""",
    "surveys/skills/v1/indicators.yaml": """\
skills_score:
  name: Skills
  definition: Mean score.
  unit: points
  kind: index
  of: scores
  score: [overall, a]
  minimum_base: 1
""",
    "surveys/edih_kpi/v1/indicators.yaml": """\
awareness_reach:
  name: Reached by awareness
  definition: Participants of awareness events.
  unit: persons
  kind: flow
  of: events
  where: kind == 'awareness'
  sum: participants
""",
    "schemas/levels.yaml": """\
basin:
  title: River basin
  plural: River basins
  source: country
  members: basins
""",
    "schemas/codelists/basins.csv": "code,label,members\nDANUBE,Danube,HR|HU|AT\nELBE,Elbe,CZ|DE\n",
    "notebooks/reports.yaml": """\
region_assessment:
  title: Regional assessment
  template: region_assessment.ipynb
  levels: [nuts2, country, basin]
""",
}


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """A new survey, a new KPI, a new kind of region: YAML and CSV only."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in OWN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


ANSWERS = "firm,vat,day,a1,a2,b1\nAlfa,HR1,2025-03-01,high,middle,low\nBeta,HR2,2025-04-01,low,low,high\n"


@pytest.mark.slow
def test_an_own_survey_is_checked_and_scored(dihkpi, own, tmp_path):
    code, _, err = dihkpi("check", "--definitions", own)
    assert code == 0, err
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    code, out, err = dihkpi("score", tmp_path / "answers.csv", "--definitions", own, "--out", tmp_path / "out")
    assert (code, out) == (0, ""), err
    scores = pd.read_csv(tmp_path / "out" / "scores.csv").pivot(index="code", columns="dimension", values="value")
    assert scores.to_dict("index") == {
        "HR1": {"a": 75, "b": 0, "overall": 56.25}, "HR2": {"a": 0, "b": 100, "overall": 25},
    }  # fmt: skip


@pytest.mark.slow
def test_an_own_survey_kpi_and_kind_of_region_reach_the_reports(dihkpi, own, inbox):
    space = inbox / "space"
    dihkpi("init", space)
    (space / "inbox" / "HR-a").mkdir()
    for name, text in (("hubs.csv", HUBS), ("events.csv", f"{EVENTS}\n{GOOD}\n"), ("HR-a/answers.csv", ANSWERS)):
        (space / "inbox" / name).write_text(text, encoding="utf-8")
    code, out, err = dihkpi("report", space, "--region", "DANUBE", "--definitions", own, "--json")
    assert (code, err) == (0, "")
    told = strict_json(out)
    assert [(r["level"], r["code"], r["state"]) for r in told["reports"]] == [("basin", "DANUBE", "made")]
    page = (Path(told["index"]).parent / told["reports"][0]["path"]).read_text(encoding="utf-8")
    assert "Danube" in page
    table = pd.read_csv(Path(told["index"]).parent / "data" / "indicators.csv", keep_default_na=False)
    table = table[(table["level"] == "basin") & (table["period"] == "2025")].set_index(["indicator", "breakdown"])
    assert set(table["code"]) == {"DANUBE"}
    assert float(table.loc[("awareness_reach", ""), "value"]) == 30
    assert float(table.loc[("skills_score", "dimension=overall;survey=skills"), "value"]) == (56.25 + 25) / 2
    code, out, err = dihkpi("report", space, "--region", "DANUB", "--definitions", own)
    assert (code, out) == (2, "")
    assert "did you mean 'DANUBE'?" in err
