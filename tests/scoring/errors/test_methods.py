"""What other choices of method make of the scores of groups: against scoring by each definition alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.scoring.errors.methods import method_errors
from dihkpi.scoring.score import score


def survey_with(definitions: Definitions, choices: dict[str, Any], **raw: Any) -> Survey:
    sme = definitions.surveys["dma_sme"]
    own = {**sme.raw_scoring, "uncertainty": {"replications": 60, "seed": 4, "choices": choices}, **raw}  # type: ignore[dict-item]
    return sme.model_copy(update={"raw_scoring": own})


@pytest.fixture(scope="module")
def people(definitions: Definitions) -> pd.DataFrame:
    """Fourteen firms of two hubs with random answers."""
    sme, rng = definitions.surveys["dma_sme"], np.random.default_rng(8)
    columns: dict[str, object] = {"respondent": [f"f{i:02}" for i in range(14)], "wave": ["T0"] * 14}
    for item in sme.forms["assessments"].items:
        codes = list(sme.answer_types[item.type].codes)
        columns[item.code] = pd.Categorical.from_codes(rng.integers(0, len(codes), 14), categories=codes)
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def groups(people: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"respondent": people["respondent"], "hub": ["a", "b"] * 7})


def means(people: pd.DataFrame, survey: Survey, definitions: Definitions, **options: str) -> pd.Series:
    scores = score(people, survey, definitions, options=options)
    rows = scores[scores["dimension"] == "overall"].reset_index()
    return rows.groupby(rows["code"].str[1:].astype(int) % 2)["value"].mean()


def test_alternatives_and_switches_alone_and_together(
    people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions
) -> None:
    survey = survey_with(definitions, {
        "aggregation": {"nodes": ["overall"], "alternatives": [{"aggregate": "geometric"}]},
        "negative": {"option": "negative_item"},
    })  # fmt: skip
    found = method_errors(people, groups, survey, definitions)
    rows = found[(found["level"] == "hub") & (found["dimension"] == "overall")].set_index(["source", "code"])
    nodes = survey.raw_scoring["nodes"]  # type: ignore[index]
    geometric = survey_with(definitions, {}, nodes={**nodes, "overall": {**nodes["overall"], "aggregate": "geometric"}})
    all_means = {
        (how, choice): means(people, one, definitions, negative_item=choice)
        for how, one in (("mean", survey), ("geometric", geometric))
        for choice in ("count", "ignore", "zero")
    }
    for place, hub in enumerate("ab"):
        table = {key: value[place] for key, value in all_means.items()}
        base = table["mean", "count"]
        assert rows.loc[("method", hub), "value"] == pytest.approx(base, abs=1e-9)
        alone = {
            "method.aggregation": [base, table["geometric", "count"]],
            "method.negative": [table["mean", choice] for choice in ("count", "ignore", "zero")],
            "method": list(table.values()),
        }
        for source, values in alone.items():
            assert rows.loc[(source, hub), "se"] == pytest.approx(np.std(values), abs=1e-9), source
            assert rows.loc[(source, hub), "replications"] == len(values)
        by_way = [np.mean([table[how, c] for c in ("count", "ignore", "zero")]) for how in ("mean", "geometric")]
        share = np.var(by_way) / np.var(list(table.values()))
        assert rows.loc[("method.aggregation", hub), "share"] == pytest.approx(share, abs=1e-9)


@pytest.mark.slow
def test_weights_move_within_their_noise(people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions) -> None:
    survey = survey_with(definitions, {"weights": {"nodes": ["overall"], "noise": 0.25}})
    found = method_errors(people, groups, survey, definitions)
    rows = found[(found["level"] == "network") & (found["source"] == "method.weights")].set_index("dimension")
    scores = score(people, survey, definitions)
    parts = scores.groupby("dimension")["value"].mean()[list(survey.raw_scoring["nodes"]["overall"]["of"])]  # type: ignore[index]
    # the derivative of a weighted mean by a weight, times the spread of an even draw
    expected = np.sqrt((((parts - parts.mean()) / 6) ** 2).sum()) * 0.25 / np.sqrt(3)
    assert rows.loc["overall", "se"] == pytest.approx(expected, rel=0.25), "60 draws"
    assert (rows.drop("overall")["se"] == 0).all(), "nothing else has other weights"
    again = method_errors(people.sample(frac=1, random_state=2), groups, survey, definitions)
    pd.testing.assert_frame_equal(found, again)


def test_leaving_out_a_dimension(people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions) -> None:
    survey = survey_with(definitions, {"without": {"leave_out": "nodes"}})
    found = method_errors(people, groups, survey, definitions)
    row = found[(found["level"] == "network") & (found["source"] == "method") & (found["dimension"] == "overall")]
    scores = score(people, survey, definitions)
    parts = scores.groupby("dimension")["value"].mean()[list(survey.raw_scoring["nodes"]["overall"]["of"])].to_numpy()  # type: ignore[index]
    wanted = [parts.mean(), *((parts.sum() - part) / 5 for part in parts)]
    assert row["se"].item() == pytest.approx(np.std(wanted), abs=1e-9)
    assert row["replications"].item() == 7


def test_without_choices_there_is_nothing(people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions) -> None:
    assert method_errors(people, groups, definitions.surveys["dma_sme"], definitions).empty


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"step": 1, "alternatives": [{"method": "median"}]}, "step: is for composites of numbers"),
        ({"leave_out": "items"}, "leave_out: is for composites of numbers"),
        ({"nodes": ["overal"], "noise": 0.2}, "did you mean 'overall'"),
        ({"nodes": ["overall"], "alternatives": [{"aggregate": "median"}]}, "unknown method 'median'"),
        ({"option": "negative_items"}, "did you mean 'negative_item'"),
        ({"nodes": ["overall"], "noise": 2}, "not a share above 0, up to 1"),
        ({}, "needs exactly one of step, nodes, option, leave_out"),
    ],
)
def test_wrong_choices_are_told_with_their_place(choice: dict[str, Any], said: str, definitions: Definitions) -> None:
    survey = survey_with(definitions, {"wrong": choice})
    problems = list(tree_problems(survey, survey.scoring(), "scoring.yaml"))
    assert any("scoring.yaml › uncertainty › choices › wrong" in problem and said in problem for problem in problems), (
        problems
    )
