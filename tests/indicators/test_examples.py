"""Worked examples of indicators: all are right, all indicators of records have one, a wrong one is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dihkpi.definitions.cards import card
from dihkpi.definitions.indicators import FiguresExample
from dihkpi.pipeline.examples import run_figures

PAGE = Path(__file__).parents[2] / "docs" / "requirements.md"


@pytest.fixture(scope="module")
def survey(definitions):
    return definitions.survey("edih_kpi")


@pytest.fixture(scope="module")
def known(survey) -> dict[str, list[float | None]]:
    """Every indicator that a worked example has a figure of, with these figures."""
    found: dict[str, list[float | None]] = {}
    for example in survey.figures.values():
        for figures in example.expect.values():
            for figure, value in figures.items():
                found.setdefault(figure.split(" ")[0], []).append(value)
    return found


@pytest.fixture(scope="module")
def came_out(survey, definitions) -> dict[str, list[str]]:
    return dict(run_figures(survey, definitions))


@pytest.mark.requirement("R06", "R62")
@pytest.mark.slow
def test_every_worked_example_comes_out(came_out):
    assert len(came_out) >= 3
    assert not any(came_out.values()), came_out


def test_every_indicator_has_a_worked_example_with_a_value(definitions, known):
    without = {name for _, name in definitions.indicators if not any(known.get(name, []))}
    assert without == {"dma_completeness"}  # its value is none of five, which is no accident
    assert known["dma_completeness"] == [0]


ANSWERED = {
    "R02": "smes_supported services_delivered years_serving_smes",
    "R03": "stakeholder_agreements",
    "R04": "jobs_created turnover_gained investment_triggered emissions_avoided",
    "R05": "member_experience",
    "R07": "events_held event_participants",
    "R08": "facilities_open",
    "R09": "items_shared",
    "R10": "use_cases_exchanged",
    "R12": "trainer_sessions trainers_trained",
    "R14": "multipliers multiplier_leads",
    "R19": "hubs_with_cluster",
    "R21": "awareness_programmes",
    "R24": "trust_of_partners",
    "R26": "collaborations collaboration_partners collaboration_countries collaboration_regions joint_services"
    " joint_investment joint_infrastructures transfer_cases cross_border_share",
    "R27": "members_due members_served member_retention",
    "R28": "operating_cost_coverage funding_gap fees_matched",
    "R31": "voucher_amount vouchers demand_side_share",
    "R50": "technology_cost_reduction",
    "R51": "solved_locally referred_to_hubs large_firms_supported",
    "R53": "hubs years_serving_smes",
    "R60": "people_trained participant_days",
    "R65": "spin_offs new_markets new_partners new_products",
    "R67": "investor_links",
    "R68": "success_stories story_completeness",
    "R75": "feedback_passed_on",
    "R86": "investment_needed investment_foreseen investment_gap",
    "R87": "trained_organisations",
}
"""Requirement to the indicators that answer it; those that are answered in part only are not here."""


@pytest.mark.parametrize(
    ("requirement", "indicators"),
    [pytest.param(r, found.split(), marks=pytest.mark.requirement(r), id=r) for r, found in ANSWERED.items()],
)
def test_a_requirement_is_answered_by_figures_that_one_can_add_up(
    requirement, indicators, known, came_out, definitions
):
    named = {name: i for (_, name), i in definitions.indicators.items()}
    assert any(requirement in named[name].requirements for name in indicators)
    assert [name for name in indicators if not any(known[name])] == []
    assert not any(came_out.values())


def test_a_wrong_example_is_told(survey, definitions):
    rows = {"columns": "hub,id,title,start,kind", "rows": ["3 * Adria,e%,Day,2024-01-31,awareness"]}
    hubs = {"columns": "hub,name,country,nuts,grant_start", "rows": ["HR-a,Adria,HR,HR03,2023-01-01"]}
    example = FiguresExample.model_validate({
        "period": "2024", "tables": {"events": rows, "hub_register/hubs": hubs},
        "expect": {"hub HR-a": {"events_held": 4, "events_held kind=awareness": 3, "collaborations": None}},
    })  # fmt: skip
    wrong = survey.model_copy(update={"figures": {"three days": example}})
    assert dict(run_figures(wrong, definitions)) == {"three days": ["hub HR-a › events_held: 3.0 instead of 4.0"]}


def test_a_table_that_cannot_be_read_is_told(survey, definitions):
    example = FiguresExample.model_validate({
        "period": "2024", "tables": {"events": {"columns": "a,b", "rows": ["1,2"]}}, "expect": {}
    })  # fmt: skip
    wrong = survey.model_copy(update={"figures": {"no events": example}})
    assert "events.csv" in dict(run_figures(wrong, definitions))["no events"][0]


def test_the_page_of_requirements_names_what_there_is(definitions):
    rows = [
        line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| R"
    ]
    assert [row[0] for row in rows] == [f"R{number:02}" for number in range(1, 89)]
    answered = {row[0] for row in rows if row[2] == "answered"}
    assert set(ANSWERED) <= answered
    forms = {name for survey in definitions.surveys.values() for name in survey.forms}
    columns = {c for s in definitions.surveys.values() for form in s.forms.values() for c in form.columns}
    known = (
        forms | columns | {name for _, name in definitions.indicators} | {*definitions.codelists, *definitions.policy}
    )
    assert {name for row in rows for name in re.findall("`([^`]+)`", row[3])} - known == set()
    for state in ("answered", "in part", "later", "not a number"):
        assert f"{sum(row[2] == state for row in rows)} {state}" in PAGE.read_text(encoding="utf-8")


CARD = (
    "unit",
    "kind",
    "numerator",
    "denominator",
    "breakdowns",
    "direction",
    "source",
    "owner",
    "roll-up",
    "minimum base",
)


def test_every_card_tells_all_that_one_must_know(definitions):
    for (survey, name), indicator in definitions.indicators.items():
        facts = card(survey, indicator, definitions)
        assert [field for field in CARD if not facts[field]] == [], name
        assert indicator.definition, name
        assert indicator.reference, name
