"""A composite of a panel through files alone: definitions, values with periods, scenarios as switches."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

from dihkpi.cli import main
from dihkpi.definitions.json_schemas import json_schemas

SURVEY = """\
survey: places
version: v1
title: Places
reference: ours
forms:
  values:
    title: Figures of a region
    kind: values
    key: [region, period]
    wave: period
    columns:
      region: {type: text, required: true}
      period: {type: period, required: true}
      kind: {type: text}
      people: {type: integer, min: 1}
      patents: {type: decimal}
      jobless: {type: percent}
      trust: {type: decimal}
"""
ITEMS = """\
code,node,direction,low,high,edges,weight,per,factor
patents,economy,1,0,2,,2/3,people,1000
jobless,economy,-1,0,20,,1/3,,
trust,society,1,,,2;4,,,
"""
SCORING = """\
reference: ours
level: nuts2
items: items.csv
nodes: nodes.csv
steps:
  - {step: screen, method: units, share: 2/3}
  - {step: impute, method: group_mean, by: kind, over: period}
  - {step: normalise, method: goalposts, items: [patents, jobless]}
  - {step: normalise, method: bands, items: trust}
options:
  scale:
    about: How items come onto one scale.
    default: anchored
    choices:
      anchored: {}
      first_year:
        steps:
          - {step: screen, method: units, share: 2/3}
          - {step: impute, method: group_mean, by: kind, over: period}
          - {step: normalise, method: min_max, over: "2024"}
      ranks:
        steps: [{step: normalise, method: percentile_rank, over: period}]
        nodes: {overall: {aggregate: copeland}}
"""
NODES = """\
code,parent,label,weight,aggregate
overall,,All,,mean
economy,overall,Economy,3,
society,overall,Society,1,
"""
VALUES = """\
region;period;kind;people;patents;jobless;trust
A;2024;city;1000;1,0;10;5
B;2024;land;2000;;4;3
C;2024;land;500;1,0;20;1
D;2024;city;1000;;;4
A;2025;city;1000;2,0;8;5
B;2025;land;2000;1,0;4;4
C;2025;land;500;1,5;12;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "definitions/surveys/places/v1"
    home.mkdir(parents=True)
    (home / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    (home / "items.csv").write_text(ITEMS, encoding="utf-8")
    (home / "nodes.csv").write_text(NODES, encoding="utf-8")
    (home / "scoring.yaml").write_text(SCORING, encoding="utf-8")
    (tmp_path / "values.csv").write_text(VALUES, encoding="utf-8")
    return tmp_path


def scored(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> pd.DataFrame:
    out = folder / "out"
    line = ["score", str(folder / "values.csv"), "--definitions", str(folder / "definitions"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["dihkpi", *line, *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    scores = pd.read_csv(out / "scores.csv", dtype={"wave": str})
    assert set(scores["level"]) == {"nuts2"}
    return scores.set_index(["code", "wave", "dimension"])


def test_a_panel_by_hand(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    scores = scored(folder, monkeypatch)
    value = scores["value"].to_dict()
    # A 2024: patents 1 per thousand of 2: 50; jobless 10 of 20, less is better: 50; trust above both edges: 100
    assert value["A", "2024", "economy"] == pytest.approx(50)
    assert value["A", "2024", "overall"] == pytest.approx((3 * 50 + 100) / 4)
    # B 2024 gets the patents of C, the other land of that year: 2 per thousand, 100; jobless 80; trust 3: 50
    assert value["B", "2024", "economy"] == pytest.approx((2 * 100 + 80) / 3)
    assert value["B", "2024", "society"] == 50
    assert scores.loc[("B", "2024", "overall"), ["n_items", "n_answered", "share_imputed"]].tolist() == pytest.approx(
        [3, 2, 1 / 3]
    )
    # D has one of three figures and is set aside; B 2025 stands on an edge, which belongs below
    assert np.isnan(value["D", "2024", "overall"]) and scores.loc[("D", "2024", "overall"), "status"] == "m"
    assert value["B", "2025", "society"] == value["C", "2025", "society"] == 50
    steps = pd.read_csv(folder / "out/steps.csv", dtype={"wave": str})
    assert steps[["item", "code", "wave", "after"]].to_numpy().tolist() == [
        ["patents", "B", "2024", 2.0],
        ["trust", "C", "2025", 4.0],
    ]
    told = capsys.readouterr().err
    assert "sets aside D in 2024" in told and "1 value lies beyond the goalposts: kept" in told


def test_scenarios_are_switches_and_say_what_moves(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = scored(folder, monkeypatch, "--option", "scale=first_year")["value"]
    assert "estimated" not in capsys.readouterr().err
    assert first["A", "2025", "economy"] == pytest.approx((2 * 100 + 100 * 12 / 16) / 3)  # 2 of 1 to 2; 8 of 20 to 4
    ranks = scored(folder, monkeypatch, "--option", "scale=ranks")["value"]
    assert "bounds are estimated in each period anew (patents, jobless, trust)" in capsys.readouterr().err
    overall = ranks.xs("overall", level="dimension").to_dict()
    assert sum(value for (_, year), value in overall.items() if year == "2025") == 0


def test_editors_accept_the_scoring_of_a_composite(folder: Path) -> None:
    path = folder / "definitions/surveys/places/v1/scoring.yaml"
    content = json.loads(json.dumps(yaml.safe_load(path.read_bytes()), default=str))
    assert list(jsonschema.Draft202012Validator(json_schemas()["scoring"]).iter_errors(content)) == []
    content["steps"][0]["method"] = "unit"
    assert list(jsonschema.Draft202012Validator(json_schemas()["scoring"]).iter_errors(content))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("node,direction", "node,directon", "patents › directon: unknown field\n      did you mean 'direction'?"),
        ("2/3,people", "2/3,peple", "items › patents › per: unknown column 'peple'\n      did you mean 'people'?"),
        ("economy,-1,", "economy,down,", "items › jobless › direction: input should be '1' or '-1', not 'down'"),
        ("trust,society", "patents,society", "places/v1/items.csv: the item 'patents' is there twice"),
        ("2;4", "4;2", "items › trust › edges: are not rising"),
        (",0,2,,2/3", ",x,2,,2/3", "items › patents › low: 'x' is not a number"),
    ],
)  # fmt: skip
def test_faults_of_the_csv_are_named(
    old: str, new: str, expected: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "definitions/surveys/places/v1/items.csv"
    assert ITEMS.count(old) == 1
    path.write_text(ITEMS.replace(old, new), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["dihkpi", "check", "--definitions", str(folder / "definitions")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert expected in capsys.readouterr().err
