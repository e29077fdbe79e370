"""What a change is made of: by hand, exact under every method of aggregation, and for whatever is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.definitions import Definitions, Survey
from dihkpi.scoring.answer_parts import answer_contributions
from dihkpi.scoring.change import change_parts, group_change_parts
from dihkpi.scoring.composite import Composite, score_values
from dihkpi.scoring.registry import METHODS
from dihkpi.scoring.score import score

CODES = ["0", "1", "2", "x"]


def tiny(**nodes: Any) -> Survey:
    items = [{"code": code, "question": "q", "type": "scale", "label": code} for code in "abcd"]
    form = {"title": "A", "kind": "answers", "key": ["respondent", "wave"], "wave": "wave",
            "columns": {"wave": {"type": "text"}}, "items": items}  # fmt: skip
    return Survey.model_validate({
        "survey": "tiny", "version": "v1", "title": "Tiny", "reference": "ours",
        "answer_types": {"scale": {"codes": {"0": "none", "1": "half", "2": "all", "x": "not applicable"}}},
        "questions": {"q": "Q"}, "forms": {"answers": form},
        "raw_scoring": {
            "reference": "ours", "points": {"scale": {"0": 0, "1": 0.5, "2": 1, "x": None}}, "nodes": nodes,
        },
    })  # fmt: skip


def answered(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Respondent, wave, and one character per item; a dot is no answer."""
    frame = pd.DataFrame([row[:2] for row in rows], columns=["respondent", "wave"]).astype("str")
    for place, code in enumerate("abcd"):
        given_ = [None if row[2][place] == "." else row[2][place] for row in rows]
        frame[code] = pd.Categorical(given_, categories=CODES)
    return frame


def parts_of(survey: Survey, frame: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    parts = change_parts(answer_contributions(frame, survey, definitions), survey, definitions, "T0", "T1")
    check(parts, score(frame, survey, definitions), "T0", "T1")
    return parts


def check(parts: pd.DataFrame, scores: pd.DataFrame, first: str, second: str) -> None:
    """The parts sum to the change, for every node that has one, in children and in items."""
    wide = scores.pivot(index=["code", "dimension"], columns="wave", values="value")
    change = (wide[second] - wide[first]).dropna()
    size = 1e-9 * np.maximum(1.0, np.abs(wide).max().max())
    for scope, expected in (("children", change), ("items", change[change.index.isin(["overall"], level=1)])):
        ours = parts[parts["scope"] == scope].groupby(["code", "node"])["part"].sum()
        assert set(ours.index) == set(expected.index)
        assert (ours - expected.rename_axis(["code", "node"])).abs().max() <= size or expected.empty
    assert np.allclose(parts["value_part"] + parts["reweighting_part"], parts["part"], rtol=1e-12, atol=1e-12)


TREE = {
    "overall": {"label": "All", "of": ["x", "y"], "weights": {"x": 3}},
    "x": {"label": "X", "items": {"code": ["a", "b"]}, "scale": [0, 10]},
    "y": {"label": "Y", "items": {"code": ["c", "d"]}},
}


def test_parts_by_hand(definitions: Definitions) -> None:
    """x: from 7.5 to 10 of 10; y: from 25 to the one item that is left, 50; overall 3/4 x + 1/4 y, in hundredths."""
    parts = parts_of(tiny(**TREE), answered(("r", "T0", "2101"), ("r", "T1", "22.1")), definitions)
    found = {(p.scope, p.node, p.child): (p.part, p.value_part, p.reweighting_part) for p in parts.itertuples()}
    assert found == {
        ("children", "overall", "x"): pytest.approx((18.75, 18.75, 0)),
        ("children", "overall", "y"): pytest.approx((6.25, 6.25, 0)),
        ("children", "x", "a"): pytest.approx((0, 0, 0)),
        ("children", "x", "b"): pytest.approx((2.5, 2.5, 0)),
        ("children", "y", "c"): pytest.approx((0, 0, 0)),
        ("children", "y", "d"): pytest.approx((25, 0, 25)),
        ("items", "overall", "a"): pytest.approx((0, 0, 0)),
        ("items", "overall", "b"): pytest.approx((18.75, 18.75, 0)),
        ("items", "overall", "c"): pytest.approx((0, 0, 0)),
        ("items", "overall", "d"): pytest.approx((6.25, 0, 6.25)),
    }
    assert parts["n"].eq(1).all() and parts["level"].eq("respondent").all()


def test_a_child_at_zero_still_has_its_share(definitions: Definitions) -> None:
    """a rises from 0 while b comes in: shares 1 and 1/2, mean 3/4 of the rise; the rest is that it counts less."""
    node = {"overall": {"label": "All", "items": {"code": ["a", "b"]}}}
    parts = parts_of(tiny(**node), answered(("r", "T0", "0..."), ("r", "T1", "20..")), definitions)
    rows = parts[parts["scope"] == "children"].set_index("child")
    assert rows.loc["a", ["part", "value_part", "reweighting_part"]].tolist() == pytest.approx([50, 75, -25])
    assert rows.loc["b", ["part", "value_part", "reweighting_part"]].tolist() == [0, 0, 0]


def test_what_a_knockout_takes_is_no_change_of_the_others(definitions: Definitions) -> None:
    """a stays at its best and b at half, but c now sets the node to a tenth: 75 less 10."""
    node = {"label": "All", "items": {"code": ["a", "b"]}, "knockout": [{"item": "c", "code": "0", "value": 0.1}]}
    parts = parts_of(tiny(overall=node), answered(("r", "T0", "212."), ("r", "T1", "210.")), definitions)
    rows = parts[parts["scope"] == "items"].set_index("child")[["part", "value_part", "reweighting_part"]]
    assert rows.T.to_dict("list") == {"a": [-50, 0, -50], "b": [-25, 0, -25], "c": pytest.approx([10, 0, 10])}


def test_a_geometric_mean_by_hand(definitions: Definitions) -> None:
    """From 1/4 x 1 (mean 1/2, in hundredths) to 1 x 1: parts of half the mean each, b = G / 2u goes from 100 to 50."""
    nodes = {"overall": {"label": "All", "of": ["x", "y"], "aggregate": "geometric"},
             "x": {"label": "X", "items": {"code": ["a", "b"]}},
             "y": {"label": "Y", "items": {"code": ["c", "d"]}}}  # fmt: skip
    parts = parts_of(tiny(**nodes), answered(("r", "T0", "1022"), ("r", "T1", "2222")), definitions)
    rows = parts[parts["node"].eq("overall") & parts["scope"].eq("children")].set_index("child")
    assert rows.loc["x", ["part", "value_part"]].tolist() == pytest.approx([25, (1 + 0.5) / 2 * 75])
    assert rows.loc["y", ["part", "value_part", "reweighting_part"]].tolist() == pytest.approx([25, 0, 25])


def test_units_with_one_wave_and_nodes_without_value_have_no_rows(definitions: Definitions) -> None:
    frame = answered(("r", "T0", "21xx"), ("r", "T1", "2211"), ("s", "T0", "1111"))
    parts = parts_of(tiny(**TREE), frame, definitions)
    assert set(parts["code"]) == {"r"} and set(parts["node"]) == {"overall", "x"}
    came = parts[(parts["scope"] == "children") & (parts["child"] == "y")].iloc[0]
    assert (came["value_part"], came["reweighting_part"]) == pytest.approx((0, came["part"]))
    nothing = change_parts(
        answer_contributions(frame, tiny(**TREE), definitions), tiny(**TREE), definitions, "T0", "T9"
    )
    assert nothing.empty and list(nothing.columns) == list(definitions.tables["change_parts"].columns)


def test_the_order_of_rows_does_not_matter(definitions: Definitions) -> None:
    frame = answered(("r", "T0", "2101"), ("r", "T1", "22.1"), ("s", "T1", "1111"), ("s", "T0", "0x00"))
    table = answer_contributions(frame, tiny(**TREE), definitions)
    keys = ["code", "scope", "node", "child"]
    one, two = (
        change_parts(rows, tiny(**TREE), definitions, "T0", "T1").sort_values(keys, ignore_index=True)
        for rows in (table, table.sample(frac=1, random_state=3))
    )
    pd.testing.assert_frame_equal(one, two)


def test_the_mean_over_the_pairs_of_a_hub_is_exact(definitions: Definitions) -> None:
    frame = answered(("r", "T0", "2101"), ("r", "T1", "22.1"), ("s", "T0", "0000"), ("s", "T1", "1111"),
                     ("t", "T0", "0000"), ("t", "T1", "2222"))  # fmt: skip
    parts = parts_of(tiny(**TREE), frame, definitions)
    groups = group_change_parts(parts, pd.Series({"r": "hub", "s": "hub"}), "hub", definitions)
    scores = score(frame, tiny(**TREE), definitions).pivot(index=["code", "dimension"], columns="wave", values="value")
    change = (scores["T1"] - scores["T0"]).unstack()
    for scope in ("children", "items"):
        ours = groups[(groups["scope"] == scope) & (groups["node"] == "overall")]
        assert ours["part"].sum() == pytest.approx(change.loc[["r", "s"], "overall"].mean(), abs=1e-12)
    assert set(groups["code"]) == {"hub"} and set(groups["level"]) == {"hub"} and groups["n"].eq(2).all()


letters = st.text(alphabet="012x.", min_size=4, max_size=4)
node_fields = st.fixed_dictionaries({
    "aggregate": st.sampled_from(["mean", "geometric", "minimum"]), "missing": st.sampled_from(["zero", "drop"]),
    "empty": st.sampled_from(["zero", "missing"]), "scale": st.sampled_from([[0, 100], [1, 5]]),
})  # fmt: skip


@given(
    waves=st.lists(st.tuples(letters, letters), min_size=1, max_size=8),
    fields=st.lists(node_fields, min_size=3, max_size=3),
    knock=st.booleans(),
    weight=st.integers(1, 3),
)
@settings(max_examples=12, deadline=None)
def test_answers_whatever_is_missing_or_knocked_out(
    waves: list[tuple[str, str]], fields: list[dict[str, Any]], knock: bool, weight: int, definitions: Definitions
) -> None:
    nodes: dict[str, Any] = {code: {**TREE[code], **own} for code, own in zip(TREE, fields, strict=True)}
    nodes["x"]["weights"] = {"a": weight}
    if knock:
        nodes["y"]["knockout"] = [
            {"item": "a", "code": "0", "value": 0.25},
            {"item": "c", "code": "2", "value": 0},
        ]
    rows = [
        (f"r{i}", wave, text) for i, pair in enumerate(waves) for wave, text in zip(("T0", "T1"), pair, strict=True)
    ]
    parts_of(tiny(**nodes), answered(*rows), definitions)


def panel(method: str, lower: str, missing: str, values: np.ndarray[Any, Any]) -> tuple[Survey, pd.DataFrame]:
    settings_: Mapping[str, Any] = {"exponent": "2"} if method == "power_mean" else {}
    nodes = {
        "overall": {"label": "All", "of": ["x", "y"], "aggregate": method, "settings": settings_, "missing": missing},
        "x": {"label": "X", "items": {"code": ["a", "b"]}, "weights": {"a": 2}, "aggregate": lower,
              "settings": {"exponent": "2"} if lower == "power_mean" else {}},
        "y": {"label": "Y", "items": {"code": ["c", "d"]}},
    }  # fmt: skip
    columns = {key: {"type": "decimal" if len(key) == 1 else "text"} for key in ("unit", "period", *"abcd")}
    form = {"title": "V", "kind": "values", "key": ["unit", "period"], "wave": "period", "columns": columns}
    survey = Survey.model_validate({
        "survey": "index", "version": "v1", "title": "Index", "reference": "ours", "forms": {"values": form},
        "raw_scoring": {"reference": "ours", "level": "country", "nodes": nodes,
                        "items": {code: {"low": "0", "high": "100"} for code in "abcd"}},
    })  # fmt: skip
    frame = pd.DataFrame(values, columns=list("abcd"))
    names = {"unit": [f"u{i // 2}" for i in range(len(frame))], "period": [f"T{i % 2}" for i in range(len(frame))]}
    return survey, frame.assign(**names)


@pytest.mark.parametrize("method", METHODS["aggregate"])
@given(seed=st.integers(0, 10_000), lower=st.sampled_from(["mean", "geometric", "power_mean", "median", "copeland"]),
       gaps=st.sampled_from([0.0, 0.3]), missing=st.sampled_from(["drop", "zero"]))  # fmt: skip
@settings(max_examples=5, deadline=None)
def test_every_method_of_the_registry(
    method: str, seed: int, lower: str, gaps: float, missing: str, definitions: Definitions
) -> None:
    if (
        method in ("geometric", "harmonic", "power_mean", "percent_of_maximum", "mazziotta_pareto")
        and lower == "copeland"
    ):
        lower = "harmonic"  # a Copeland score can be negative, and has no greatest value
    if method == "mazziotta_pareto":
        missing = "drop"
    rng = np.random.default_rng(seed)
    values = rng.choice([0.5, 1.0, 20.0, 50.0, 100.0, rng.uniform(1, 100)], (6, 4))
    values[rng.random(values.shape) < gaps] = np.nan
    values[0] = 3.0
    survey, frame = panel(method, lower, missing, values)
    found: Composite = score_values(frame, survey, definitions)
    check(change_parts(found.contributions, survey, definitions, "T0", "T1"), found.scores, "T0", "T1")


def test_the_surveys_of_the_package_down_to_their_items(definitions: Definitions) -> None:
    rng = np.random.default_rng(4)
    survey = definitions.survey("dma_sme")
    form = survey.form("assessments")
    frame = pd.DataFrame({"respondent": np.repeat(["p", "q", "r"], 2), form.wave: ["T0", "T1"] * 3}).astype("str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        picked = np.where(rng.random(6) < 0.2, -1, rng.integers(0, len(codes), 6))
        frame[item.code] = pd.Categorical.from_codes(picked, categories=codes)
    parts = change_parts(answer_contributions(frame, survey, definitions), survey, definitions, "T0", "T1")
    check(parts, score(frame, survey, definitions), "T0", "T1")
    items = parts[parts["scope"] == "items"]
    assert items.groupby("code").size().eq(len(form.items)).all()
