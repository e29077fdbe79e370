"""Figures that are worth a word, and sums up to a ceiling."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from pydantic import ValidationError

from dihkpi.definitions.indicators import Flag
from dihkpi.indicators.flags import flags
from dihkpi.indicators.outlook import forecasts

NAN = float("nan")
COLUMNS = ["level", "code", "indicator", "period", "breakdown", "value", "status"]


def told(definitions, *rows: tuple) -> list[tuple]:
    table = flags(pd.DataFrame(rows, columns=COLUMNS), definitions)
    return list(table[["level", "indicator", "value"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("indicator", "kept", "flagged"),
    [
        pytest.param("cross_border_income", 0.01, 0.0, marks=pytest.mark.requirement("R11")),
        pytest.param("collaboration_eu_share", 79.9, 80.0, marks=pytest.mark.requirement("R29")),
        pytest.param("technology_sales_share", 20.0, 20.1, marks=pytest.mark.requirement("R38")),
        pytest.param("co_funding_rate", 50.0, 50.1, marks=pytest.mark.requirement("R77")),
    ],
)
def test_the_limit_of_a_flag(definitions, indicator, kept, flagged):
    rows = [("hub", code, indicator, "2024", "", value, "ok") for code, value in (("a", kept), ("b", flagged))]
    assert told(definitions, *rows) == [("hub", indicator, flagged)]


@pytest.mark.requirement("R81")
def test_a_network_that_does_little_for_the_public_sector_is_flagged_and_never_one_of_its_countries(definitions):
    rows = [(level, "x", "public_sector_share", "../2024-12-31", "", 30.0, "ok") for level in ("country", "network")]
    assert told(definitions, *rows) == [("network", "public_sector_share", 30.0)]


def test_what_is_suppressed_missing_or_a_part_is_not_flagged(definitions):
    assert told(
        definitions,
        ("hub", "a", "collaboration_eu_share", "2024", "", 90.0, "c"),
        ("hub", "b", "collaboration_eu_share", "2024", "", NAN, "m"),
        ("hub", "c", "collaboration_eu_share", "2024", "source=x", 90.0, "ok"),
    ) == []  # fmt: skip


@pytest.mark.parametrize("limits", [{}, {"above": 1, "below": 0}])
def test_a_flag_has_one_limit(limits):
    with pytest.raises(ValidationError, match="exactly one of at_least"):
        Flag.model_validate({"says": "too much", **limits})


HUBS = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-15", "HR-b,Balt,HR,HR05,2023-03-01"]
FILES = {
    "hubs.csv": HUBS,
    "funding.csv": [
        "hub,start,source,amount,recurrent",
        "Adria,2024-01-01,Member fees,200000,",
        "Adria,2024-02-01,Fee for services,200000.50,",
        "Adria,2024-02-01,Sponsors,999999,",
        "Balt,2024-01-01,Member fees,5000.25,",
        "Adria,2023-01-01,Horizon 2020,30,yes",
        "Adria,2023-01-01,National public funding,60,yes",
        "Adria,2023-01-01,Sponsors,10,no",
        "Adria,2023-01-01,Other,500,yes",
        "Adria,2023-02-01,National public funding,500,",
    ],
    "costs.csv": ["hub,technology,day,baseline_cost,cost", "Adria,Robotics,2024-06-01,1000,750"],
    "targets.csv": ["hub,indicator,period,value", "HR-a,technology_cost_reduction,2024,20"],
}


@pytest.fixture(scope="module")
def inputs(prepared):
    return prepared(FILES)


@pytest.mark.parametrize(
    ("ceiling", "adria", "network"),
    [(300_000, 300_000, 305_000.25), (1_000_000, 400_000.50, 405_000.75), (0, 0, 0)],
)
def test_fees_are_matched_up_to_the_ceiling_of_each_hub(inputs, figures, definitions, ceiling, adria, network):
    limit = definitions.policy["fee_match"].model_copy(update={"value": ceiling})
    changed = replace(definitions, policy={**definitions.policy, "fee_match": limit})
    found = figures(replace(inputs, definitions=changed, _sources={}), "2024")
    assert found.value("hub HR-a", "fees_matched", "2024") == adria
    assert found.value("nuts2 HR05", "fees_matched", "2024") == min(5000.25, ceiling)
    for place in ("country HR", "network"):
        assert found.value(place, "fees_matched", "2024") == network


def test_a_source_of_which_the_level_is_not_known_is_left_out_of_a_share(inputs, figures):
    row = figures(inputs, "2023").row("hub HR-a", "recurrent_own_funding", "2023")
    assert (row["value"], row["n"]) == (60, 3)  # 60 of 30 + 60 + 10


@pytest.mark.parametrize("targets", [True, False])
def test_a_goal_stands_where_the_targets_have_nothing(inputs, figures, targets):
    tables = {key: table for key, table in inputs.tables.items() if targets or key[1] != "targets"}
    found = figures(replace(inputs, tables=tables, _sources={}), "2024")
    goal = found.row("network", "technology_cost_reduction", "2024")
    assert (goal["value"], goal["target"], goal["attainment"]) == (25, 50, 0.5)
    assert pd.isna(goal["light"])
    own = found.row("hub HR-a", "technology_cost_reduction", "2024")
    assert own["target"] == 20 if targets else pd.isna(own["target"])
    assert found.table.loc[found.table["breakdown"] != "", "target"].isna().all()


def test_a_goal_without_a_last_day_has_no_forecast(inputs, figures, definitions):
    found = forecasts(inputs, figures(inputs, "2024").table, definitions, "2024")
    assert found[["level", "indicator", "target"]].to_numpy().tolist() == [["hub", "technology_cost_reduction", 20]]
