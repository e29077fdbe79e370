"""What children add to the means of groups: exact, by wave, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.scoring.group_parts import group_contributions
from dihkpi.scoring.score import score


@pytest.fixture(scope="module")
def people(definitions: Definitions) -> pd.DataFrame:
    """Forty firms with random answers, every third one twice, a tenth of the answers missing."""
    survey = definitions.surveys["dma_sme"]
    rng = np.random.default_rng(5)
    firms = [(f"f{i:02}", "T0") for i in range(40)] + [(f"f{i:02}", "T1") for i in range(0, 40, 3)]
    columns: dict[str, object] = {"respondent": [f for f, _ in firms], "wave": [w for _, w in firms]}
    for item in survey.forms["assessments"].items:
        codes = list(survey.answer_types[item.type].codes)
        drawn = rng.integers(0, len(codes), len(firms))
        taken = np.where(rng.random(len(firms)) < 0.1, -1, drawn)
        columns[item.code] = pd.Categorical.from_codes(taken, categories=codes)
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def groups(people: pd.DataFrame) -> pd.DataFrame:
    firms = sorted(set(people["respondent"]))
    hubs = [None if i == 7 else f"HR-{i % 3}" for i in range(len(firms))]
    return pd.DataFrame({"respondent": firms, "hub": hubs, "network": "all"})


def test_parts_sum_to_the_mean_score_of_the_group(
    people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions
) -> None:
    survey = definitions.surveys["dma_sme"]
    found = group_contributions(people, groups, survey, definitions)
    scores = score(people, survey, definitions).merge(groups, left_on="code", right_on="respondent")
    for level in ("hub", "network"):
        means = scores.groupby([level, "wave", "dimension"])["value"].mean()
        rows = found[found["level"] == level]
        sums = rows.groupby(["code", "wave", "node"])["contribution"].sum()
        assert len(sums) == len(means)
        pd.testing.assert_series_equal(sums, means, check_names=False, check_dtype=False, rtol=0, atol=1e-9)


def test_one_firm_counts_once_and_by_hand(people: pd.DataFrame, definitions: Definitions) -> None:
    survey = definitions.surveys["dma_sme"]
    alone = pd.DataFrame({"respondent": ["f03"], "hub": ["HR-1"]})
    found = group_contributions(people, alone, survey, definitions, nodes=["overall"])
    mine = score(people[people["respondent"] == "f03"], survey, definitions)
    own = mine[mine["dimension"].isin(found["child"])].set_index(["wave", "dimension"])["value"]
    added = found.set_index(["wave", "child"])["contribution"]
    np.testing.assert_allclose(added.sort_index(), (own / 6).sort_index(), atol=1e-9)  # six dimensions of one weight


def test_order_of_rows_does_not_matter(people: pd.DataFrame, groups: pd.DataFrame, definitions: Definitions) -> None:
    survey = definitions.surveys["dma_sme"]
    shuffled = people.sample(frac=1, random_state=1)
    first, second = (group_contributions(p, groups, survey, definitions) for p in (people, shuffled))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
