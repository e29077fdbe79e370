"""From files to the tables that hubs get beside their indicators."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dihkpi.indicators.completeness import completeness, completeness_counts
from dihkpi.indicators.de_minimis import de_minimis
from dihkpi.indicators.money import aid_checks

FILES = {
    "hubs.csv": ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-15", "HR-b,Balt,HR,HR03,2023-03-01"],
    "services.csv": [
        "content_id,customer,vat,customer_type,category,status,dates,price,aid,hub",
        "s1,Alfa,HR1001,SME,Test before invest,Finalised,2024-02-01 /,1000,400,Adria",
        "s2,Alfa,HR1001,SME,Test before invest,Finalised,2024-03-01 /,295600,295600,Balt",
        "s3,Beta,HR1002,SME,Test before invest,Planned,2024-03-01 /,100,50,Adria",
    ],
    "customer_details.csv": [
        "hub,kind,registered_name,vat_number,legal_form,undertaking,adviser",
        "Adria,SME,Alfa,HR1001,limited,,ann",
    ],
    "aid_days.csv": ["hub,content_id,aid_day", "Adria,s3,2024-01-15"],
    "aid_terms.csv": ["hub,valid_from,intensity,step,person_day", "Adria,2023-01-01,50,,1000"],
}


@pytest.fixture(scope="module")
def inputs(prepared):
    return prepared(FILES)


def test_room_for_aid_and_aid_that_is_not_due(inputs, definitions):
    services = inputs.rows("edih_kpi", "services")
    found = de_minimis(services, inputs.hubs, inputs.respondents, definitions, date(2024, 12, 31))
    assert found.sort_values(["hub", "aid"])[["hub", "aid", "aid_here", "headroom", "status"]].to_numpy().tolist() == [
        ["HR-a", 50, 50, 299_950, "ok"], ["HR-a", 296_000, 400, 4_000, "low"], ["HR-b", 296_000, 295_600, 4_000, "low"],
    ]  # fmt: skip
    checks, counts = aid_checks(services, inputs.tables["edih_kpi", "aid_terms"], definitions)
    assert checks[["hub", "aid", "due", "difference"]].to_numpy().tolist() == [["HR-a", 400, 500, -100]]
    assert counts.to_numpy().tolist() == [["HR-a", 2, 1, 0, 100]], "the other hub has told no terms"
    bodies = services.assign(customer_type="pso")
    assert aid_checks(bodies, inputs.tables["edih_kpi", "aid_terms"], definitions)[1].empty, "they get no aid by them"


def test_who_is_to_be_assessed(inputs, definitions):
    services = inputs.rows("edih_kpi", "services")
    found = completeness(inputs.assessments, services, definitions, date(2024, 2, 11))
    assert found[["hub", "adviser", "next_wave", "due", "overdue_days"]].to_numpy().tolist() == [
        ["HR-a", "ann", "T0", pd.Timestamp("2024-02-01"), 10]
    ]
    counts = completeness_counts(found, definitions, date(2024, 2, 11))
    assert counts["overdue"].tolist() == [1, 0, 0, 1, 0, 0] and not counts["soon"].any()
    early = completeness(inputs.assessments, services, definitions, date(2024, 2, 1))
    for day, soon in ((date(2024, 2, 1), 1), (date(2023, 10, 31), 0)):
        assert completeness_counts(early, definitions, day)["soon"].sum() == 2 * soon, "by hub and by adviser"
