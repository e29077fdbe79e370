"""Who is who: one organisation is one respondent, and nobody's name leaves the store."""

from __future__ import annotations

import csv
import itertools

import pandas as pd
import pytest

SERVICES = "customer,vat,customer_id,customer_type,customer_country,category,status,dates,hub"
DAYS = itertools.cycle(range(1, 29))
HUBS = ["hub,name,country,nuts", "HR-a,Adria,HR,HR03", "EE-b,Balt,EE,EE00"]


def service(customer: str, vat: str = "", number: str = "", kind: str = "SME", country: str = "HR") -> str:
    day = f"2025-01-{next(DAYS):02}"
    return f"{customer},{vat},{number},{kind},{country},Test before invest,Finalised,{day} / {day},Adria"


def people(office, *rows: str) -> list[str]:
    """Pseudonyms of the customers of some services, in the order of the rows."""
    office.write("hubs.csv", *HUBS)
    numbered = [f"{row},c{i}" for i, row in enumerate(rows)]
    office.write("services.csv", f"{SERVICES},content_id", *numbered)
    office.take_in()
    assert office.store.current_files()["quarantined"].sum() == 0
    table = office.prepared().tables["edih_kpi", "services"]
    return table.sort_values("content_id")["respondent"].tolist()


def same(*pseudonyms: str) -> bool:
    return len(set(pseudonyms)) == 1


def test_a_number_in_another_spelling_is_one_organisation(office):
    rows = [
        service("Alfa d.o.o.", "HR 123-456.789"),
        service("ALFA", "hr123456789"),
        service("Alfa doo", "HR123456789"),
    ]
    assert same(*people(office, *rows))


def test_a_number_without_the_letters_of_its_country_is_one_organisation(office):
    assert same(*people(office, service("Alfa d.o.o.", "HR123456789"), service("Alfa", "123456789")))


def test_the_same_digits_in_two_countries_are_two_organisations(office):
    first, second = people(office, service("Alfa", "12345678"), service("Beta", "12345678", country="EE"))
    assert first != second


def test_one_name_with_two_numbers_stays_two_organisations(office):
    first, second, third = people(office, service("Alfa", "HR1234567"), service("Alfa", "HR7654321"), service("Alfa"))
    assert first != second
    assert third not in (first, second)


def test_one_name_without_number_in_two_countries_stays_two_organisations(office):
    first, second, third = people(
        office, service("Town hall", kind="PSO"), service("Town hall", kind="PSO", country="EE"),
        service("town  HALL", kind="PSO"),
    )  # fmt: skip
    assert first != second
    assert first == third


def test_an_sme_and_a_public_body_of_one_name_are_two(office):
    first, second = people(office, service("Zagreb"), service("Zagreb", kind="PSO"))
    assert first != second


def test_an_identifier_links_rows_and_a_name_links_a_row_without_number(office):
    assert same(*people(office, service("Alfa", "HR1234567", "77"), service("Alfa d.d.", "", "77"), service("alfa")))


@pytest.fixture
def assessed(office, definitions):
    """An answers file, which knows names and numbers but no hub's id, beside services of the same organisations."""
    items = definitions.surveys["dma_sme"].form("assessments").items
    cells = {"checkbox": "1", "two_column": "1|1", "scale_0_5": "10", "no_partially_yes": "10"}
    rows = [
        ["T0", "01/15/2025", "Alfa d.o.o.", "HR-1234567", *(cells[item.type] for item in items)],
        ["T0", "01/15/2025", "Gamma j.d.o.o.", "", *(cells[item.type] for item in items)],
    ]
    head = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
    office.write("hubs.csv", *HUBS)
    path = office.inbox / "HR-a" / "SMEEuDMAdata.csv"
    path.parent.mkdir()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[*head, *(item.code for item in items)], *rows])
    office.write("services.csv", SERVICES, service("Alfa", "HR1234567"), service("GAMMA  J.D.O.O."), service("Delta"))
    office.take_in()
    return office


def test_answers_meet_the_services_of_the_same_organisation(assessed):
    inputs = assessed.prepared()
    served = set(inputs.tables["edih_kpi", "services"]["respondent"])
    assert len(served) == 3
    assert len(set(inputs.assessments["respondent"])) == 2
    assert set(inputs.assessments["respondent"]) < served
    assert set(inputs.assessments["country"]) == {"HR"}
    assert set(inputs.assessments["hub"]) == {"HR-a"}
    assert set(inputs.scores["code"]) == set(inputs.assessments["respondent"])


def test_pseudonyms_depend_on_the_key_and_tell_nothing(assessed):
    first, again, other = (assessed.prepared(key) for key in (b"key", b"key", b"other key"))
    assert set(first.respondents["respondent"]) == set(again.respondents["respondent"])
    assert not set(first.respondents["respondent"]) & set(other.respondents["respondent"])
    assert first.respondents["respondent"].str.fullmatch("r[0-9a-f]{16}").all()
    for table in (first.respondents, first.assessments, first.scores, *first.tables.values()):
        text = table.astype("str").to_csv().casefold()
        for word in ("alfa", "gamma", "delta", "1234567"):
            assert word not in text
    assert not any({"name", "customer", "vat", "customer_id"} & set(table) for table in first.tables.values())


def test_the_order_of_files_and_rows_gives_the_same_people(office, second_office):
    rows = [service(f"Firm {i % 7}", "" if i % 3 else f"HR{i % 7:07}") + f",c{i}" for i in range(20)]
    for place, lines in ((office, rows), (second_office, rows[::-1])):
        place.write("services.csv", f"{SERVICES},content_id", *lines)
        place.take_in()
    first, second = (place.prepared() for place in (office, second_office))
    pd.testing.assert_frame_equal(first.respondents, second.respondents)
    left, right = (p.tables["edih_kpi", "services"].drop(columns="source_row") for p in (first, second))
    pd.testing.assert_frame_equal(left, right)
