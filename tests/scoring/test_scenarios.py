"""Scenarios: the example of the page as it stands there, reasons that sum to the change, and files that are wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.definitions import Definitions, load_definitions
from dihkpi.definitions.json_schemas import json_schemas
from dihkpi.definitions.scenario import Variant, read_scenarios, vary
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError, ScoringError
from dihkpi.scoring.answer_parts import answer_contributions
from dihkpi.scoring.scenario import compare, part_changes

PAGE = (Path(__file__).parents[2] / "docs/methods/scenarios.md").read_text(encoding="utf-8")
Run = Callable[..., tuple[int, str, str]]


def written(folder: Path) -> Path:
    """The files of the page, where their first line says."""
    blocks = re.findall(r"```(?:yaml|csv)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 5
    for name, content in blocks:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return written(tmp_path)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    """The definitions of the page."""
    return load_definitions(written(tmp_path_factory.mktemp("page")) / "definitions")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", line.split())
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


LINE = "dihkpi score answers.csv --definitions definitions --scenario scenarios.yaml"


def test_the_example_of_the_page(folder: Path, run: Run) -> None:
    assert f"{LINE} --out scores" in PAGE
    code, out, err = run(f"{LINE} --out scores")
    assert code == 0, err
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert shown[1] in out
    table = pd.read_csv(folder / "scores/scenario.csv").set_index(["scenario", "code", "dimension"])
    assert table["value"].xs("overall", level="dimension").loc["equal"].tolist() == [56.25, 62.5, 43.75]
    assert table.loc[("strict", "AT2", "overall"), ["value", "value_scenario", "change"]].tolist() == [
        62.5,
        43.75,
        -18.75,
    ]
    assert table.loc[("strict", "AT2", "overall"), "why"] == "basic -18.8"
    assert table.loc[("strict", "AT2", "basic"), "why"] == "a1 -25"
    weakest = table.loc["weakest_link"].xs("overall", level="dimension")
    assert weakest["value_scenario"].tolist() == [0, 50, 25]
    assert weakest["band_scenario"].tolist() == ["low", "high", "low"]
    assert table.loc[("weakest_link", "AT3", "overall"), "rank_scenario"] == 2
    fields = pd.read_csv(folder / "scores/scenario_differences.csv").set_index("scenario")
    assert set(fields.loc["weakest_link", "path"]) == {
        "nodes › overall › aggregate", "nodes › overall › weights › basic", "bands › two › edges",
    }  # fmt: skip
    assert (folder / "scores/scenario.parquet").is_file() and (folder / "scores/scores.csv").is_file()


def test_json_tells_the_same(folder: Path, run: Run) -> None:
    code, out, err = run(f"{LINE} --json")
    assert code == 0, err
    scenarios = json.loads(out)["scenarios"]
    assert [one["name"] for one in scenarios] == ["equal", "strict", "weakest_link"]
    assert scenarios[0]["changed"]["overall"] == {"of": 3, "scores": 3, "ranks": 2, "bands": 2}
    assert scenarios[1]["changed"]["overall"] == {"of": 3, "scores": 1, "ranks": 3, "bands": 1}
    assert {"path": "nodes › basic › missing", "base": None, "scenario_value": "zero"} in scenarios[1]["differences"]


def test_an_editor_accepts_the_file_of_the_page(folder: Path) -> None:
    schema = json_schemas()["scenario"]
    content = read_yaml(folder / "scenarios.yaml")
    check = jsonschema.Draft202012Validator(schema)
    assert list(check.iter_errors(content)) == [] and list(check.iter_errors(content[0])) == []
    assert list(check.iter_errors({"name": "a", "changs": {}})) and list(check.iter_errors([]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "scenarios.yaml: is empty"),
        ("[]", "scenarios.yaml: is empty"),
        ("just words", "scenarios.yaml: must be a mapping"),
        ("- equal\n- strict", "scenarios.yaml › 1: must be a mapping"),
        ("name: a", "a scenario says exactly one of version, options, changes; here: none of them"),
        ("{name: a, version: v1, options: {unanswered: lowest}}", "here: version and options"),
        ("{name: a, version: v2}", "scenarios.yaml › version: unknown version of skills 'v2'"),
        ("{name: ' ', version: v1}", "the name is empty"),
        ("{name: a, changs: {}}", "scenarios.yaml › changs: unknown field\n      did you mean 'changes'?"),
        ("{name: a, options: {unaswered: lowest}}",
         "options: unknown option 'unaswered'\n      did you mean 'unanswered'?"),
        ("{name: a, options: {unanswered: lowst}}",
         "options › unanswered: unknown choice 'lowst'\n      did you mean 'lowest'"),
        ("{name: a, options: {unanswered: [lowest]}}", "options › unanswered: takes one choice"),
        ("{name: a, changes: {nods: {}}}", "changes › nods: unknown field\n      did you mean 'nodes'?"),
        ("{name: a, changes: {nodes: {basics: {missing: zero}}}}",
         "changes › nodes: unknown dimension 'basics'\n      did you mean 'basic'?"),
        ("{name: a, changes: {nodes: {basics: null}}}",
         "changes › nodes › basics: is not there, so it cannot be removed\n      did you mean 'basic'?"),
        ("{name: a, changes: {nodes: {basic: null}}}", "changes › nodes › overall › of: unknown dimension 'basic'"),
        ("{name: a, changes: {nodes: {basic: {agregate: minimum}}}}",
         "changes › nodes › basic › agregate: unknown field\n      did you mean 'aggregate'?"),
        ("{name: a, changes: {nodes: {basic: {aggregate: minimun}}}}",
         "changes › nodes › basic › aggregate: unknown method 'minimun'\n      did you mean 'minimum'"),
        ("{name: a, changes: {nodes: {overall: {weights: {basic: -1}}}}}",
         "changes › nodes › overall › weights › basic: -1 is negative"),
        ("{name: a, changes: {nodes: {overall: {weights: {basik: 1}}}}}",
         "weights: unknown child 'basik'\n      did you mean 'basic'?"),
        ("{name: a, changes: {nodes: {overall: {of: [overall]}}}}", "stand in a circle"),
        ("{name: a, changes: {points: {level: {hihg: 1}}}}",
         "points › level: unknown code 'hihg'\n      did you mean 'high'?"),
        ("{name: a, changes: {points: {levels: {low: 1}}}}",
         "changes › points › levels: no node uses it\n      did you mean 'level'?"),
        ("{name: a, changes: {points: {level: {high: 2}}}}", "points › level › high: 2 is not between 0 and 1"),
        ("{name: a, changes: {options: {unanswered: null}}}", "changes › options: a patch cannot change switches"),
        ("{name: a, changes: {bands: {two: {edges: [60, 50]}}}}", "changes › bands › two: needs rising edges"),
        ("- {name: a, version: v1}\n- {name: a, version: v1}", "the name 'a' is there twice"),
        ("name: &x a\nversion: *x", "anchors and aliases"),
        ("name: !!python/object:os.system a", "not allowed"),
        ("name: a\nname: b", "the key 'name' is there twice"),
        ("name: [", "not valid YAML"),
        ("[" * 60 + "]" * 60, "nested more than"),
    ],
)  # fmt: skip
def test_files_that_are_wrong(text: str, told: str, page: Definitions, tmp_path: Path) -> None:
    file = tmp_path / "scenarios.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as fault:
        for placed in read_scenarios(file):
            vary(Variant(page.survey("skills"), {}), placed, page)
    assert told in "\n".join(fault.value.problems)


def test_the_command_names_the_place_and_stops(folder: Path, run: Run) -> None:
    (folder / "scenarios.yaml").write_text("{name: a, survey: skils, version: v1}", encoding="utf-8")
    code, out, err = run(f"{LINE} --out scores")
    assert (code, out) == (1, "") and not (folder / "scores").exists()
    assert "scenarios.yaml › survey: unknown survey of these files 'skils'\n      did you mean 'skills'?" in err


def test_the_problems_of_all_scenarios_come_at_once(page: Definitions, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "- {name: a, version: v7}\n- {name: b, version: v1}\n- {name: c, options: {x: y}}", encoding="utf-8"
    )
    with pytest.raises(DefinitionError) as fault:
        compare(pd.DataFrame(), page.survey("skills"), page, read_scenarios(file))
    assert [problem.split(":")[0] for problem in fault.value.problems] == [
        "s.yaml › 1 › version",
        "s.yaml › 3 › options",
    ]


def test_a_file_that_is_not_there(folder: Path, run: Run) -> None:
    assert run(LINE.replace("scenarios.yaml", "none.yaml"))[0] == 2


def test_a_scenario_that_changes_nothing_says_so(folder: Path, run: Run) -> None:
    (folder / "scenarios.yaml").write_text("{name: same, changes: {nodes: {overall: {weights: {basic: 3.0}}}}}")
    code, out, _ = run(LINE)
    assert code == 0 and "changes nothing: its definition is the one in force" in out
    assert "overall: of 3 scores 0 change, 0 ranks, 0 bands" in out


def test_another_version_tells_what_only_one_of_them_asks(folder: Path, run: Run) -> None:
    old, new = folder / "definitions/surveys/skills/v1", folder / "definitions/surveys/skills/v2"
    new.mkdir()
    items = (old / "items.csv").read_text(encoding="utf-8").replace("a2,basic", "a3,basic")
    (new / "items.csv").write_text(items, encoding="utf-8")
    survey = (old / "survey.yaml").read_text(encoding="utf-8").replace("version: v1", "version: v2")
    (new / "survey.yaml").write_text(survey.replace("middle: middle, ", ""), encoding="utf-8")
    scoring = (old / "scoring.yaml").read_text(encoding="utf-8").replace("middle: 1/2, ", "")
    (new / "scoring.yaml").write_text(scoring, encoding="utf-8")
    loaded = load_definitions(folder / "definitions")
    (folder / "scenarios.yaml").write_text("{name: new, version: v2}", encoding="utf-8")
    frame = pd.DataFrame({"respondent": pd.array(["r", "s"], dtype="str")})
    for item, answers in {"a1": ["high", "middle"], "a2": ["low", "high"], "b1": ["high", "low"]}.items():
        frame[item] = pd.Categorical(answers, categories=["low", "middle", "high"])
    found = compare(frame, loaded.survey("skills", "v1"), loaded, read_scenarios(folder / "scenarios.yaml"))[0]
    assert found.notes == (
        "1 of 3 items are in version v1 only: a2", "1 of 3 items are in version v2 only: a3",
        "1 answers are not offered by version v2, in a1",
    )  # fmt: skip
    rows = found.scenario.set_index(["code", "dimension"])
    assert rows.loc[("r", "basic"), ["value", "value_scenario"]].tolist() == [50, 100]
    assert rows.loc[("r", "basic"), "why"] == "a1 +50"
    assert rows.loc[("s", "basic"), "why"] == "no score in the scenario"
    assert set(found.scenario["version"]) == {"v1"}
    paths = found.differences.set_index("path")["base"].to_dict()
    assert paths["survey › items › a2"] == "basic, level" and pd.isna(paths["survey › items › a3"])
    assert paths["points › level › middle"] == "0.5"


def test_reasons_sum_to_the_change_and_nodes_of_one_tree_are_told(definitions: Definitions, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    survey = definitions.survey("dma_sme")
    form = survey.form("assessments")
    frame = pd.DataFrame({"respondent": [f"r{i}" for i in range(8)], form.wave: ["T0", "T1"] * 4}).astype("str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        picked = np.where(rng.random(8) < 0.2, -1, rng.integers(0, len(codes), 8))
        frame[item.code] = pd.Categorical.from_codes(picked, categories=codes)
    file = tmp_path / "s.yaml"
    file.write_text("{name: graded, options: {two_column_mode: graded, unanswered_row: drop}}", encoding="utf-8")
    found = compare(frame, survey, definitions, read_scenarios(file))[0]
    options = {"two_column_mode": "graded", "unanswered_row": "drop"}
    parts = part_changes(
        answer_contributions(frame, survey, definitions),
        answer_contributions(frame, survey, definitions, options=options),
    )
    change = found.scenario.set_index(["code", "wave", "dimension"])["change"].dropna()
    summed = (
        parts.groupby(["code", "wave", "node"])["change"]
        .sum()
        .reindex(change.index.set_names(["code", "wave", "node"]))
    )
    assert len(change) == 8 * 17 and summed.to_numpy() == pytest.approx(change.to_numpy(), abs=1e-9)
    why = found.scenario.set_index(["code", "dimension"])["why"]
    assert why["r0", "q1_done"] == "not in the tree of the scenario"
    assert why["r0", "q1"] == "only in the tree of the scenario"
    ranks = found.scenario[found.scenario["dimension"] == "overall"].groupby("wave")["rank"].apply(sorted)
    assert ranks["T0"] == [1, 2, 3, 4] and ranks["T1"] == [1, 2, 3, 4]


def test_reasons_that_would_be_too_many_rows_are_left_out_and_that_is_told(page: Definitions, tmp_path: Path) -> None:
    few = page.policy["contribution_rows"].model_copy(update={"value": 4})
    small = replace(page, policy={**page.policy, "contribution_rows": few})
    frame = pd.DataFrame({"respondent": pd.array(["r"], dtype="str")})
    for item in ("a1", "a2", "b1"):
        frame[item] = pd.Categorical(["high" if item == "b1" else "low"], categories=["low", "middle", "high"])
    (tmp_path / "s.yaml").write_text("{name: equal, changes: {nodes: {overall: {weights: null}}}}", encoding="utf-8")
    found = compare(frame, small.survey("skills"), small, read_scenarios(tmp_path / "s.yaml"))[0]
    assert (
        found.scenario.loc[0, ["value", "value_scenario"]].tolist() == [25, 50] and found.scenario["why"].isna().all()
    )
    assert found.notes == ("no reasons: contributions would have more rows than contribution_rows allows, 4",)


VALUES = {"unit": ["A", "B", "C"], "p": [1.0, 2.0, 4.0], "q": [9.0, 3.0, 3.0]}


def composite(tmp_path: Path, patch: str) -> Any:
    home = tmp_path / "definitions/surveys/index/v1"
    home.mkdir(parents=True)
    (home / "survey.yaml").write_text(
        "survey: index\nversion: v1\ntitle: Index\nreference: ours\nforms:\n  values:\n    title: V\n    kind: values\n"
        "    key: [unit]\n    columns: {unit: {type: text, required: true}, p: {type: decimal}, q: {type: decimal}}\n",
        encoding="utf-8",
    )
    (home / "scoring.yaml").write_text(
        "reference: ours\nlevel: country\nitems: {p: {low: 0, high: 10}, q: {low: 0, high: 10}}\n"
        "steps: [{step: normalise, method: goalposts}]\nnodes: {overall: {label: All, items: {code: [p, q]}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "s.yaml").write_text(f"{{name: other, changes: {patch}}}", encoding="utf-8")
    loaded = load_definitions(tmp_path / "definitions")
    frame = pd.DataFrame(VALUES).astype({"unit": "str"})
    return compare(frame, loaded.survey("index"), loaded, read_scenarios(tmp_path / "s.yaml"))[0]


def test_a_composite_of_numbers(tmp_path: Path) -> None:
    """A: 10 and 90, weights 1 and 3: from 50 to 70; B: 20 and 30: from 25 to 27.5; C: 40 and 30, from 35 to 32.5."""
    rows = composite(tmp_path, "{nodes: {overall: {weights: {q: 3}}}}").scenario
    assert rows["value"].tolist() == pytest.approx([50, 25, 35])
    assert rows["value_scenario"].tolist() == pytest.approx([70, 27.5, 32.5])
    assert rows["why"].tolist() == ["q +22.5, p -2.5", "q +7.5, p -5", "p -10, q +7.5"]
    assert set(rows["level"]) == {"country"}


def test_steps_of_a_composite_are_replaced_as_a_list_and_told(tmp_path: Path) -> None:
    found = composite(tmp_path, "{steps: [{step: normalise, method: min_max}]}")
    assert found.differences[["path", "base", "scenario_value"]].to_numpy().tolist() == [
        ["steps › 1 › method", "goalposts", "min_max"]
    ]
    assert found.scenario["value_scenario"].tolist() == pytest.approx([50, 100 / 6, 50])
    assert found.scenario["rank_scenario"].tolist() == [1, 3, 1]


@pytest.mark.parametrize(
    ("patch", "kind", "told"),
    [
        ("{items: {p: {low: 20}}}", DefinitionError, "s.yaml › changes › items › p: low 20 is above high 10"),
        ("{items: {r: {low: 0}}}", DefinitionError, "s.yaml › changes › items › r: unknown column 'r'"),
        ("{steps: [{step: normalise, method: z_score}], nodes: {overall: {aggregate: geometric}}}", ScoringError,
         "1 problem in the scenario 'other'"),
    ],
)  # fmt: skip
def test_wrong_patches_of_a_composite(patch: str, kind: type[Exception], told: str, tmp_path: Path) -> None:
    with pytest.raises(kind, match=re.escape(told)):
        composite(tmp_path, patch)
