"""Choices of method: what each moves, what is left out, what cannot be computed, and a whole folder."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.errors import DefinitionError, ScoringError
from dihkpi.scoring.composite import score_values
from dihkpi.scoring.replicate.analysis import CompositeUncertainty, composite_uncertainty

NA = np.nan
TREE = {
    "overall": {"label": "All", "of": ["x", "y"]},
    "x": {"label": "X", "items": {"code": ["a", "b"]}},
    "y": {"label": "Y", "items": {"code": ["c"]}},
}
SCALE = {"step": "normalise", "method": "min_max", "range": [1, 100]}
FILL = {"step": "impute", "method": "mean"}
FRAME = pd.DataFrame({
    "unit": list("klmnop"), "a": [1.0, 5.0, 3.0, NA, 8.0, 2.0], "b": [4.0, 4.0, 1.0, 9.0, 2.0, 7.0],
    "c": [3.0, 1.0, 2.0, 8.0, 5.0, 30.0],
})  # fmt: skip
CHOICES = {
    "fill": {"step": 1, "alternatives": [{"method": "median"}, {"method": "none"}]},
    "scale": {"step": 2, "alternatives": [{"method": "percentile_rank"}]},
    "mean": {"nodes": ["overall", "x"], "alternatives": [{"aggregate": "geometric"}]},
}


def scoring(**more: Any) -> dict[str, Any]:
    return {"items": {"a": {}, "b": {}, "c": {"direction": "-1"}}, "nodes": TREE, "steps": [FILL, SCALE], **more}


@pytest.fixture
def analyse(definitions: Definitions, survey_of: Any) -> Any:
    def call(choices: dict[str, Any], frame: pd.DataFrame = FRAME, wave: str | None = None, **asked: Any) -> Any:
        more = {"uncertainty": {"choices": choices, **asked.pop("uncertainty", {})}, **asked.pop("more", {})}
        return composite_uncertainty(frame, survey_of(frame, scoring(**more), wave), definitions, **asked)

    return call


def of(found: CompositeUncertainty, source: str, dimension: str = "overall") -> pd.DataFrame:
    table = found.table
    return table[(table["source"] == source) & (table["dimension"] == dimension)].set_index("code")


def test_every_combination_is_the_composite_that_a_definition_of_its_own_gives(
    analyse: Any, definitions: Definitions, survey_of: Any
) -> None:
    found = analyse(CHOICES, replications=64)
    steps = [("mean", "median", "none"), ("min_max", "percentile_rank"), ("mean", "geometric")]
    scores = []
    for fill, scale, mean in product(*steps):
        nodes = {code: {**node, **({"aggregate": mean} if code != "y" else {})} for code, node in TREE.items()}
        own = scoring(nodes=nodes, steps=[{**FILL, "method": fill}, {**SCALE, "method": scale}])
        rows = score_values(FRAME, survey_of(FRAME, own), definitions).scores
        scores.append(rows[rows["dimension"] == "overall"].set_index("code")["value"])
    rows = of(found, "method")
    assert set(rows["replications"]) == {64}
    for unit in FRAME["unit"]:
        possible = [one[unit] for one in scores]
        assert min(possible) - 1e-9 <= rows.loc[unit, "lo"] <= rows.loc[unit, "hi"] <= max(possible) + 1e-9
        assert rows.loc[unit, "se"] == pytest.approx(np.std(possible), rel=0.25)
    alone = of(found, "method.mean")  # two equally likely ways, both computed once
    for unit in FRAME["unit"]:
        two = scores[0][unit], scores[1][unit]
        assert alone.loc[unit, "se"] == pytest.approx(abs(two[0] - two[1]) / 2, rel=1e-9, abs=1e-12)


def test_the_parameters_of_each_run_are_returned(analyse: Any) -> None:
    found = analyse({**CHOICES, "weights": {"nodes": "all", "noise": 0.2}}, replications=16)
    runs = found.runs
    assert len(runs) == 16 * (4 + 2) * 4 and set(runs["source"]) == {f"method.{name}" for name in (*CHOICES, "weights")}
    a = runs[(runs["matrix"] == "A") & (runs["source"] == "method.fill")]["taken"]
    assert set(a) == {"as defined", "method: median", "method: none"}
    assert sorted(a.astype(str).value_counts()) == [5, 5, 6]  # spread evenly over the alternatives
    swapped = runs[(runs["matrix"] == "AB method.fill") & (runs["source"] == "method.fill")]["taken"]
    b = runs[(runs["matrix"] == "B") & (runs["source"] == "method.fill")]["taken"]
    assert swapped.tolist() == b.tolist()
    noise = found.noise
    assert set(noise["node"]) == set(TREE) and len(noise) == 2 * 16 * 5
    assert noise["factor"].between(0.8, 1.2).all() and noise["factor"].std() == pytest.approx(0.4 / 12**0.5, rel=0.1)


def test_noise_moves_a_score_as_the_formula_says(analyse: Any) -> None:
    found = analyse({"weights": {"nodes": "overall", "noise": 0.3}}, replications=20000)
    values = found.table[found.table["source"] == "all"].pivot(index="code", columns="dimension", values="value")
    # w x / sum w of two children: d score = (x - y) / 4 (e1 - e2), variance of each e is 0.3^2 / 3
    expected = (values["x"] - values["y"]).abs() / 4 * 0.3 * (2 / 3) ** 0.5
    assert of(found, "all")["se"].to_dict() == pytest.approx(expected.to_dict(), rel=0.06)
    assert (of(found, "all", "x")["se"] == 0).all() and of(found, "all", "x")["share"].isna().all()


def test_shares_say_what_matters(analyse: Any) -> None:
    found = analyse(CHOICES, replications=512)
    rows = found.table[found.table["dimension"] == "y"]  # a node of one item: its mean cannot matter
    shares = rows.pivot(index="code", columns="source", values="share_total")
    shares = shares[shares["all"].notna()]  # the best and the worst are so under both ways to normalise
    assert len(shares) == 4 and (shares["method.mean"] == 0).all() and (shares["method.fill"] == 0).all()
    assert shares["method.scale"].dropna().to_numpy() == pytest.approx(1, abs=0.1)
    everything = found.table[found.table["source"] == "all"]
    assert everything["share"].dropna().eq(1).all()
    ranks = found.indices[found.indices["output"] == "rank"]
    assert set(ranks["source"]) == {"method.fill", "method.scale", "method.mean", "method"}
    some = found.indices.dropna(subset=["first_lo", "first"])
    assert (some["first_lo"] <= some["first"] + 1e-9).mean() > 0.95 and (
        some["total"] <= some["total_hi"]
    ).mean() > 0.95


def test_ranks_range_over_the_replications(analyse: Any) -> None:
    found = analyse(CHOICES, replications=128)
    rows = found.ranks[(found.ranks["dimension"] == "overall") & (found.ranks["source"] == "all")].set_index("code")
    assert ((rows["lo"] <= rows["median"]) & (rows["median"] <= rows["hi"])).all()
    assert sorted(rows["rank"]) == [1, 2, 3, 4, 5, 6] and (rows["hi"] > rows["lo"]).any()


def test_the_seed_and_nothing_else_decides(analyse: Any) -> None:
    choices = {**CHOICES, "weights": {"nodes": "all", "noise": 0.2}}
    first = analyse(choices, replications=32).table
    pd.testing.assert_frame_equal(first, analyse(choices, FRAME.iloc[::-1], replications=32).table)
    other = analyse(choices, replications=32, seed=7).table
    assert not first["se"].equals(other["se"])
    np.random.seed(3)  # noqa: NPY002 - a global state must play no part
    pd.testing.assert_frame_equal(other, analyse(choices, replications=32, seed=7).table)


# Leaving out


def test_leaving_out_an_item_or_node_is_the_composite_without_it(
    analyse: Any, definitions: Definitions, survey_of: Any
) -> None:
    found = of(analyse({"items": {"leave_out": "items"}}, replications=16), "method.items")
    values = [score_values(FRAME, survey_of(FRAME, scoring()), definitions).scores]
    for gone in "ab":
        nodes = {**TREE, "x": {"label": "X", "items": {"code": "b" if gone == "a" else "a"}}}
        items = {code: item for code, item in scoring()["items"].items() if code != gone}
        values.append(score_values(FRAME, survey_of(FRAME, scoring(items=items, nodes=nodes)), definitions).scores)
    without_c = {"overall": {"label": "All", "of": ["x"]}, "x": TREE["x"]}  # y has no other item, and goes with it
    own = scoring(items={"a": {}, "b": {}}, nodes=without_c)
    values.append(score_values(FRAME, survey_of(FRAME, own), definitions).scores)
    by_unit = pd.concat([one[one["dimension"] == "overall"] for one in values]).groupby("code")["value"]
    assert found["se"].to_dict() == pytest.approx(by_unit.std(ddof=0).to_dict(), rel=1e-9)


def test_leaving_out_works_on_one_period_of_a_panel_and_with_negative_items(analyse: Any) -> None:
    """Faults 13: other software loses the period, or the direction, where an element is left out."""
    panel = pd.concat([FRAME.assign(year="2020"), FRAME.assign(year="2021", a=FRAME["a"] * 2)], ignore_index=True)
    more = {"steps": [FILL | {"over": "period"}, SCALE | {"over": "period"}]}
    both = of(analyse({"nodes": {"leave_out": "nodes"}}, panel, "year", more=more), "method.nodes")
    one = of(analyse({"nodes": {"leave_out": "nodes"}}, FRAME), "method.nodes")
    for year in ("2020", "2021"):  # doubling an item changes nothing where bounds are those of the period
        assert both[both["wave"] == year]["se"].to_dict() == pytest.approx(one["se"].to_dict(), rel=1e-12)
    assert set(both["replications"]) == {3}


# What is refused, and what is told


def test_an_alternative_for_a_step_that_is_not_there_is_an_error(analyse: Any) -> None:
    """Fault 12: not ignored."""
    with pytest.raises(DefinitionError, match="choices › treat › step: there is no step 3; the scoring has the steps"):
        analyse({"treat": {"step": 3, "alternatives": [{"method": "winsorise"}]}})


def test_a_combination_that_cannot_be_computed_is_named(analyse: Any) -> None:
    choices = {"scale": {"step": 2, "alternatives": [{"method": "z_score"}]}, "mean": CHOICES["mean"]}
    with pytest.raises(ScoringError) as told:
        analyse(choices, replications=16)
    message = str(told.value)
    assert (
        "uncertainty › choices (scale = method: z_score; mean = aggregate: geometric): scoring.yaml › nodes" in message
    )
    assert "is negative under 'geometric'" in message and "choose a range of the normalisation above 0" in message


def test_a_zero_under_a_geometric_mean_is_told_with_its_combination(analyse: Any) -> None:
    """Fault 15: no silent minus infinity, and the range can be chosen."""
    choices = {"scale": {"step": 2, "alternatives": [{"range": [0, 100]}]}, "mean": CHOICES["mean"]}
    found = analyse(choices, replications=16)
    combination = "uncertainty › choices (scale = range: [0, 100]; mean = aggregate: geometric)"
    assert any(note.startswith(f"{combination}: scoring.yaml › nodes › x: a child that is 0") for note in found.notes)
    assert not any("scale = as defined" in note for note in found.notes)
    assert found.table["value"].notna().all() and np.isfinite(found.table["se"].astype(float)).all()


def test_an_option_is_a_choice(analyse: Any) -> None:
    option = {"about": "-", "default": "partly", "choices": {
        "partly": {}, "fully": {"nodes": {"overall": {"aggregate": "geometric"}}}}}  # fmt: skip
    found = analyse({"it": {"option": "compensation"}}, more={"options": {"compensation": option}}, replications=8)
    same = analyse({"it": {"nodes": "overall", "alternatives": [{"aggregate": "geometric"}]}}, replications=8)
    assert of(found, "method.it")["se"].tolist() == of(same, "method.it")["se"].tolist()
    assert set(found.runs["taken"]) == {"partly", "fully"}


def test_an_alternative_that_is_what_the_definition_says_counts_once(analyse: Any) -> None:
    twice = {"it": {"step": 1, "alternatives": [{"method": "mean"}, {"method": "median"}, {"method": "median"}]}}
    once = {"it": {"step": 1, "alternatives": [{"method": "median"}]}}
    assert of(analyse(twice), "all")["se"].tolist() == of(analyse(once), "all")["se"].tolist()


def test_a_pipeline_with_a_step_twice_is_varied_where_it_is_named(analyse: Any) -> None:
    """Fault 10."""
    steps = [FILL, {"step": "normalise", "method": "z_score"}, SCALE]
    choice = {"it": {"step": 3, "alternatives": [{"method": "percentile_rank"}]}}
    found = of(analyse(choice, more={"steps": steps}), "method.it")
    plain = of(analyse({"it": {"step": 2, "alternatives": [{"method": "percentile_rank"}]}}), "method.it")
    assert found["se"].to_dict() == pytest.approx(plain["se"].to_dict(), rel=1e-9)


# A whole pipeline through a folder


SURVEY = """\
survey: links
version: v1
title: Links
reference: ours
forms:
  values:
    title: Figures
    kind: values
    key: [unit]
    columns:
      unit: {type: text, required: true}
      region: {type: text}
      people: {type: decimal, min: 1}
      goods: {type: decimal}
      travel: {type: decimal}
      green: {type: decimal}
      poverty: {type: decimal}
      jobs: {type: decimal}
"""
ITEMS = """\
code,node,direction,per,factor
goods,physical,1,people,1000
travel,physical,1,people,1000
green,environ,1,,
poverty,social,-1,,
jobs,social,1,,
"""
SCORING = """\
reference: ours
level: country
items: items.csv
steps:
  - {step: impute, method: group_mean, by: region}
  - {step: treat, method: winsorise, points: 2, otherwise: log_shifted}
  - {step: normalise, method: min_max, range: [1, 100]}
nodes:
  overall: {label: Index, of: [connect, sustain]}
  connect: {label: Connectivity, of: [physical]}
  sustain: {label: Sustainability, of: [environ, social]}
  physical: {label: Physical}
  environ: {label: Environment}
  social: {label: Social}
uncertainty:
  replications: 64
  choices:
    imputation: {step: 1, alternatives: [{method: median}, {method: none}]}
    treatment: {step: 2, alternatives: [{points: 1}]}
    normalisation: {step: 3, alternatives: [{method: z_score, mean: 100, deviation: 10}, {method: percentile_rank}]}
    weights: {nodes: all, noise: 0.25}
    aggregation: {nodes: all, alternatives: [{aggregate: geometric}]}
    items: {leave_out: items}
"""


def test_a_whole_pipeline_with_its_sensitivity_through_a_folder(tmp_path: Path) -> None:
    home = tmp_path / "definitions/surveys/links/v1"
    home.mkdir(parents=True)
    for name, text in (("survey.yaml", SURVEY), ("items.csv", ITEMS), ("scoring.yaml", SCORING)):
        (home / name).write_text(text, encoding="utf-8")
    definitions = load_definitions(tmp_path / "definitions")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        rng.lognormal(3, 1, (20, 6)), columns=["people", "goods", "travel", "green", "poverty", "jobs"]
    )
    frame = frame.assign(unit=[f"c{i:02}" for i in range(20)], region=np.tile(["asia", "europe"], 10))
    frame.loc[[3, 8], ["goods", "jobs"]] = NA
    frame.loc[11, "travel"] = 9e5
    found = composite_uncertainty(frame, definitions.versions["links", "v1"], definitions)
    told = found.table.dropna(subset=["reason"])  # nothing imputed, and the other item left out: no value is left
    assert set(told["code"]) == {"c03", "c08"} and set(told["dimension"]) <= {"physical", "connect", "social"}
    assert told["reason"].str.fullmatch(r"no score in \d+ of \d+ replications").all()
    rows = of(found, "all")
    assert len(rows) == 20 and (rows["se"] > 0).all() and (rows["lo"] <= rows["hi"]).all()
    sources = {name for name in found.table["source"] if name.startswith("method.")}
    assert sources == {f"method.{name}" for name in (
        "imputation", "treatment", "normalisation", "weights", "aggregation", "items")}  # fmt: skip
    root = found.indices[(found.indices["dimension"] == "overall") & (found.indices["output"] == "rank")]
    assert root[["first", "total"]].notna().any().all()


def test_the_worked_example_of_the_page(analyse: Any) -> None:
    frame = pd.DataFrame({"unit": ["k"], "a": [80.0], "b": [20.0]})
    plain = {"items": {"a": {}, "b": {}}, "nodes": {"overall": {"label": "All", "items": {"code": ["a", "b"]}}}}
    choices = {
        "weights": {"nodes": "all", "noise": 0.3},
        "aggregation": {"nodes": "all", "alternatives": [{"aggregate": "geometric"}]},
    }
    found = analyse(choices, frame, more={**plain, "steps": []}, replications=4096)
    se = found.table.set_index("source")["se"].to_dict()
    share = found.table.set_index("source")["share"].to_dict()
    assert se["method.weights"] == pytest.approx(3.7, abs=0.1) and se["method.aggregation"] == pytest.approx(
        5, abs=0.01
    )
    assert share["method.aggregation"] == pytest.approx(0.67, abs=0.03)
    page = (Path(__file__).parents[2] / "docs/methods/sensitivity.md").read_text(encoding="utf-8")
    assert "So it is 60 / 4 · 0.3 · √(2/3) = 3.7 off" in page and "has 67 % of the variance" in page
