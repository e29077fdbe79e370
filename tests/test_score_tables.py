"""Every table that `dihkpi score --out` writes, and a composite in a run: shapes, sums, and what they say together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.definitions import load_definitions
from dihkpi.pipeline import run
from dihkpi.workspace import create_workspace

SURVEY = """
survey: skills
version: v1
title: Skills
reference: ours
waves: waves
answer_types:
  level: {label: level, codes: {"0": none, "1": some, "2": much}}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent, wave]
    wave: wave
    hub: hub
    respondent: {kind: sme, id: firm}
    columns:
      firm: {type: text, required: true}
      wave: {type: code, codes: waves, required: true}
      hub: {type: text}
    items: items.csv
"""
SCORING = """
reference: ours
points: {level: {"0": 0, "1": 1/2, "2": 1}}
nodes:
  overall: {label: Overall, of: [people, tools], bands: two, weights: {people: 2}}
  people: {label: People, items: {code: [a, b, c]}}
  tools: {label: Tools, items: {code: [d, e]}}
bands: {two: {edges: [50], codes: {low: Low, high: High}}}
uncertainty:
  choices:
    combining: {nodes: [overall], alternatives: [{aggregate: geometric}, {aggregate: minimum}]}
"""
ITEMS = "code,label,question,type\n" + "".join(f"{code},Item {code},q,level\n" for code in "abcde")
INDEX = """
survey: index
version: v1
title: An index
reference: ours
forms:
  values:
    title: Values
    kind: values
    key: [place]
    columns: {place: {type: text, required: true}, x: {type: decimal}, y: {type: decimal}, ey: {type: decimal}}
"""
INDEX_SCORING = """
reference: ours
level: country
items: {x: {node: overall}, y: {node: overall, error: ey}}
steps: [{step: normalise, method: min_max}]
nodes: {overall: {label: Overall}}
"""


@pytest.fixture(scope="module")
def definitions_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("own")
    files = {"skills": {"survey.yaml": SURVEY, "scoring.yaml": SCORING, "items.csv": ITEMS},
             "index": {"survey.yaml": INDEX, "scoring.yaml": INDEX_SCORING}}  # fmt: skip
    for survey, content in files.items():
        folder = root / "surveys" / survey / "v1"
        folder.mkdir(parents=True)
        for name, text in content.items():
            (folder / name).write_text(text.lstrip(), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, definitions_folder: Path) -> dict[str, pd.DataFrame]:
    """Thirty firms of three hubs, asked twice; hub c is far above the others."""
    folder, rng = tmp_path_factory.mktemp("scored"), np.random.default_rng(3)
    rows = []
    for i in range(30):
        hub = "abc"[i % 3]
        for wave in ("T0", "T1"):
            most = [0.1, 0.1, 0.8] if hub == "c" else [0.45, 0.4, 0.15]
            answers = rng.choice([0, 1, 2], 5, p=most)
            rows.append([f"f{i:02}", wave, hub, *answers])
    pd.DataFrame(rows, columns=["firm", "wave", "hub", *"abcde"]).to_csv(folder / "answers.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        words = ["score", folder / "answers.csv", "--definitions", definitions_folder, "--out", folder / "out"]
        patch.setattr("sys.argv", ["dihkpi", *map(str, words), "--level", "hub"])
        with pytest.raises(SystemExit) as end:
            main()
    assert not end.value.code
    found = {path.stem: pd.read_csv(path) for path in (folder / "out").glob("*.csv")}
    for name, table in found.items():
        if name != "issues":
            assert len(pd.read_parquet(folder / "out" / f"{name}.parquet")) == len(table), name
    return found


def test_every_table_is_there_with_its_columns(tables: dict[str, pd.DataFrame]) -> None:
    declared = load_definitions().tables
    names = {
        "scores",
        "ranks",
        "contributions",
        "uncertainty",
        "quality",
        "strengths",
        "weights",
        "change_parts",
        "lifts",
    }
    assert names <= set(tables)
    for name in names:
        wanted = [column for column, about in declared[name].columns.items() if not about.optional]
        assert [column for column in tables[name] if column in wanted] == wanted, name
        assert len(tables[name]), name


def test_respondents_stand_in_the_scores_and_hubs_only_when_asked_for(tables: dict[str, pd.DataFrame]) -> None:
    scores = tables["scores"]
    assert (scores["level"] == "respondent").sum() == 30 * 2 * 3
    assert (scores["level"] == "hub").sum() == 3 * 2 * 3 and set(scores["level"]) == {"respondent", "hub"}


def test_a_hub_is_the_mean_of_its_firms_with_the_error_of_a_mean(tables: dict[str, pd.DataFrame]) -> None:
    scores = tables["scores"]
    people = scores[scores["level"] == "respondent"].assign(hub=lambda t: ["abc"[int(c[1:]) % 3] for c in t["code"]])
    means = people.groupby(["hub", "wave", "dimension"])["value"].agg(["mean", "sem"])
    hubs = scores[scores["level"] == "hub"].set_index(["code", "wave", "dimension"]).sort_index()
    np.testing.assert_allclose(hubs["value"], means["mean"], atol=1e-9)
    np.testing.assert_allclose(hubs["se"], means["sem"], atol=1e-9)
    table = tables["uncertainty"].set_index(["level", "source", "code", "wave", "dimension"]).sort_index()
    np.testing.assert_allclose(table.loc[("hub", "data"), "se"], hubs["se"], atol=1e-9)
    assert (table.loc[("hub", "method.combining", slice(None), slice(None), "overall"), "se"] > 0).all()
    assert (table.loc[("hub", "method.combining", slice(None), slice(None), "people"), "se"] == 0).all()


def test_parts_sum_to_scores_and_changes(tables: dict[str, pd.DataFrame]) -> None:
    values = (
        tables["scores"].query("level == 'respondent'").set_index(["code", "wave", "dimension"])["value"].sort_index()
    )
    sums = tables["contributions"].groupby(["code", "wave", "node"])["contribution"].sum().sort_index()
    np.testing.assert_allclose(sums, values, atol=1e-9)
    changes = values.xs("T1", level="wave") - values.xs("T0", level="wave")
    parts = tables["change_parts"]
    for scope, nodes in (("children", ["overall", "people", "tools"]), ("items", ["overall"])):
        summed = parts[parts["scope"] == scope].groupby(["code", "node"])["part"].sum()
        wanted = changes[changes.index.get_level_values("dimension").isin(nodes)].sort_index()
        np.testing.assert_allclose(summed.sort_index(), wanted, atol=1e-9)


def test_the_hub_that_is_far_above_has_a_place_of_its_own(tables: dict[str, pd.DataFrame]) -> None:
    ranks = tables["ranks"].query("dimension == 'overall' and wave == 'T0'").set_index("code")
    assert ranks.loc["c", ["rank", "lo", "hi", "tier"]].tolist() == [1, 1, 1, 1]
    assert ranks.loc["a", ["lo", "hi", "tier"]].tolist() == ranks.loc["b", ["lo", "hi", "tier"]].tolist() == [2, 3, 2]
    verdicts = tables["strengths"].query("dimension == 'overall' and wave == 'T0'").set_index("code")["verdict"]
    assert verdicts["c"] == "strength" and verdicts["a"] == "weakness"


def test_lifts_reach_the_band_they_name(tables: dict[str, pd.DataFrame]) -> None:
    lifts = tables["lifts"].query("dimension == 'overall'")
    last = lifts.sort_values("order").groupby(["code", "wave"]).tail(1)
    assert len(last) and (last["value_after"] > 50).all() and (last["band_after"] == "high").all()
    low = tables["scores"].query("level == 'respondent' and dimension == 'overall' and band == 'low'")
    assert len(last) == len(low), "everybody below the edge, and nobody else"


@pytest.mark.slow
def test_a_composite_is_scored_in_a_run(definitions_folder: Path, tmp_path: Path) -> None:
    space = create_workspace(tmp_path / "space")
    (space.inbox / "index.csv").write_text("place,x,y,ey\nAA,1,5,0.1\nBB,3,9,0.1\nCC,2,1,0.1\n", encoding="utf-8")
    result = run(space, definitions=load_definitions(definitions_folder), period="2026")
    scores = pd.read_csv(space.reports / "2026" / "data" / "scores.csv").set_index("code")
    assert scores["value"].to_dict() == pytest.approx({"AA": 25.0, "BB": 100.0, "CC": 25.0})
    ranks = pd.read_csv(space.reports / "2026" / "data" / "ranks.csv").set_index("code")
    assert (ranks["basis"] == "data").all() and ranks.loc["BB", ["lo", "hi"]].tolist() == [1, 1]
    assert ranks.loc["AA", ["lo", "hi"]].tolist() == [2, 3]
    assert json.loads((result.results / "meta.json").read_text())["notes"] == []


@pytest.mark.slow
def test_a_composite_that_the_data_do_not_bear_costs_no_report(definitions_folder: Path, tmp_path: Path) -> None:
    space = create_workspace(tmp_path / "space")
    (space.inbox / "index.csv").write_text("place,x,y,ey\nAA,1,5,0.1\n", encoding="utf-8")
    result = run(space, definitions=load_definitions(definitions_folder), period="2026")
    assert all(report.state == "made" for report in result.reports)
    assert any("not scored: index has no scores" in line and "steps › 1" in line for line in result.lines)
