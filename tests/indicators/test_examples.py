"""Worked examples of indicators: all are right, all indicators of records have one, a wrong one is told."""

from __future__ import annotations

import pytest

from dihkpi.definitions.indicators import FiguresExample
from dihkpi.pipeline.examples import run_figures


@pytest.fixture(scope="module")
def survey(definitions):
    return definitions.survey("edih_kpi")


@pytest.mark.requirement("R06", "R62")
def test_every_worked_example_comes_out(survey, definitions):
    found = dict(run_figures(survey, definitions))
    assert len(found) >= 4
    assert not any(found.values()), found


def test_every_indicator_of_records_has_a_worked_example(survey):
    tried = {
        figure.split(" ")[0]
        for example in survey.figures.values() for figures in example.expect.values() for figure in figures
    }  # fmt: skip
    # suppressed in so small a network, and tried elsewhere: own_region_share, cross_border_services, staff_fte
    assert set(survey.indicators) - tried == {"own_region_share", "cross_border_services", "staff_fte"}


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
