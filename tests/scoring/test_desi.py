"""The Digital Economy and Society Index 2022 through a folder of definitions alone: every published figure."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.cli import main

SUB_WEIGHTS = {"1a": ".5", "1b": ".5", "2a": ".25", "2b": ".25", "2c": ".4", "2d": ".1", "3a": ".15", "3b": ".7",
               "3c": ".15", "4a": "1"}  # fmt: skip
SURVEY = """\
survey: desi
version: v2022
title: Digital Economy and Society Index
reference: DG CONNECT, DESI 2022
forms:
  values:
    title: Indicators of a country
    kind: values
    key: [country]
    columns:
      country: {type: text, required: true}
"""
SCORING = """\
reference: DESI 2022 methodological note
level: country
items: items.csv
nodes: nodes.csv
steps:
  - {step: normalise, method: goalposts}
"""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def desi(shared: Path) -> Path:
    return shared / "data" / "desi2022"


@pytest.fixture(scope="module")
def definitions_folder(desi: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("desi")
    folder = root / "surveys" / "desi" / "v2022"
    folder.mkdir(parents=True)
    items = rows_of(desi / "metadata.csv")
    columns = [f"      {row['indicator']}: {{type: decimal}}\n" for row in items]
    (folder / "survey.yaml").write_text(SURVEY + "".join(columns), encoding="utf-8")
    (folder / "scoring.yaml").write_text(SCORING, encoding="utf-8")
    lines = ["code,node,direction,low,high,weight,clip"]
    for row in items:
        clip = {"NO": "false", "YES": "true"}[row["winsorize"].upper()]
        cells = [row["indicator"], row["indicator"][:2], row["direction"], row["min"], row["max"], row["weight"], clip]
        lines.append(",".join(cells))
    (folder / "items.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    nodes = ["code,parent,label,weight", "overall,,DESI,"]
    nodes += [f"{dimension},overall,{dimension},1" for dimension in "1234"]
    nodes += [f"{code},{code[0]},{code},{weight}" for code, weight in SUB_WEIGHTS.items()]
    (folder / "nodes.csv").write_text("\n".join(nodes) + "\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def result(desi: Path, definitions_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    words = ["score", str(desi / "completed_values.csv"), "--survey", "desi"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr("sys.argv", ["dihkpi", *words, "--definitions", str(definitions_folder), "--out", str(out)])
        main()
    assert not end.value.code
    return out


def test_every_published_composite_of_every_country(desi: Path, result: Path) -> None:
    scores = pd.read_csv(result / "scores.csv", dtype={"dimension": str}, keep_default_na=False)
    ours = scores.assign(value=scores["value"].astype(float)).pivot(index="code", columns="dimension", values="value")
    published = rows_of(desi / "published_composites.csv")
    assert len(published) == len(ours) == 28
    compared = 0
    for row in published:
        for name, value in row.items():
            if name != "country":
                node = "overall" if name == "DESI" else name
                assert ours.loc[row["country"], node] == pytest.approx(float(value), rel=0, abs=1e-9), (row, name)
                compared += 1
    assert compared == 28 * 15
    assert set(scores["level"]) == {"country"} and set(scores["status"]) == {"ok"}
    index = scores[scores["dimension"] == "overall"]
    assert set(index["n_items"].astype(int)) == set(index["n_answered"].astype(int)) == {33}


def test_contributions_sum_to_the_score_and_the_indicators_to_the_index(result: Path) -> None:
    parts = pd.read_csv(result / "contributions.csv", dtype={"node": str, "child": str}, keep_default_na=False)
    parts["contribution"] = parts["contribution"].astype(float)
    scores = pd.read_csv(result / "scores.csv", dtype={"dimension": str}, keep_default_na=False)
    summed = parts.groupby(["code", "node"])["contribution"].sum()
    for row in scores.itertuples():
        assert summed[row.code, row.dimension] == pytest.approx(float(row.value), rel=0, abs=1e-9)
    # Down the tree: the index is the sum of what its 33 indicators add through their nodes.
    share = parts.assign(share=parts["contribution"] / parts["value"].astype(float).where(lambda v: v != 0, np.nan))
    at = share.set_index(["code", "node", "child"])
    for code in ("AT", "EL", "EU"):
        if code not in summed.index.get_level_values("code"):
            continue
        total = 0.0
        for item in parts.loc[(parts["code"] == code) & (parts["child"].str.len() == 3), "child"]:
            below = at.loc[(code, item[:2], item), "contribution"]
            total += below * at.loc[(code, item[0], item[:2]), "share"] * at.loc[(code, "overall", item[0]), "share"]
        assert total == pytest.approx(summed[code, "overall"], rel=0, abs=1e-9)


def test_parquet_holds_the_same_as_csv(result: Path) -> None:
    for name in ("scores", "contributions"):
        frame = pd.read_parquet(result / f"{name}.parquet")
        text = pd.read_csv(result / f"{name}.csv", keep_default_na=False)
        column = "value" if name == "scores" else "contribution"
        assert frame[column].tolist() == text[column].astype(float).tolist()
        assert len(frame) == 28 * {"scores": 15, "contributions": 14 + 33}[name]
