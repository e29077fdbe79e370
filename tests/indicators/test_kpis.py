"""Every KPI on a network of two hubs and nine services."""

from __future__ import annotations

import numpy as np
import pytest

HUBS = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-15", "EE-b,Balt,EE,EE00,2023-03-01"]
SERVICES = """\
content_id,customer,vat,customer_type,customer_country,customer_region,sector,size,category,technology,status,dates,attendees,price,aid,investment,investment_type,dep_capacities,hub,hub_country
s1,Alfa,HR1001,SME,HR,HR03,,,Test before invest,Cybersecurity;Robotics,Finalised,2024-02-01 / 2024-02-02,,1000,400,5000.25,Bank loan,Supercomputer,Adria,HR
s2,ALFA d.o.o.,HR 10-01,SME,HR,HR031,,,Training and skills development,,Completed,2024-03-01 / 2024-03-03,10,500,,,,,Adria,HR
s3,Beta,HR1002,SME,HR,HR05,,,Test before invest,Cybersecurity,Finalised,2024-04-01 /,,2000,600,0.75,Venture capital,,Adria,HR
s4,Gamma,EE1003,PSO,EE,EE00,,,Training and skills development,,Finalised,2024-05-01 / 2024-05-02,4,100,0,,,,Adria,HR
s5,Delta,HR1004,SME,HR,HR03,,,Test before invest,,Planned,2024-06-01 / 2024-06-01,50,9999,9999,99,Bank loan,,Adria,HR
s6,Alfa,HR1001,SME,HR,HR03,,,Test before invest,,Finalised,2024-07-01 / 2024-07-01,,300,150,,,,Balt,EE
s7,Echo,EE1005,PSO,EE,EE00,,,Networking and Access to Innovation Ecosystems,,Finalised,2024-08-01 / 2024-08-01,,700,,,,,Balt,EE
s8,Alfa,HR1001,SME,HR,HR03,,,Test before invest,,Finalised,2023-12-31 / 2024-02-01,,50,20,,,,Adria,HR
s9,Zeta,EE1006,SME,EE,EE00,,,Test before invest,,Finalised,2025-01-01 / 2025-01-02,,800,,,,,Balt,EE
""".splitlines()  # noqa: E501
WORK = """\
hub,id,partner_name,partner_type,partner_country,start,kind,joint_amount,infrastructure
Adria,c1,One,Cluster,EE,2024-01-01,Joint investment,10000.50,
Adria,c2,Two,University,HR,2024-02-01,Shared infrastructure,777,HPC lab
Adria,c3,Three,University,EE,2024-03-01,Shared infrastructure,,HPC lab
Balt,c1,Four,Cluster,HR,2024-04-01,Joint service,,
Balt,c2,Five,,FI,2024-05-01,Exchange of knowledge,,
Balt,c3,Six,,EE,2023-05-01,Joint investment,5,
""".splitlines()
EVENTS = """\
hub,id,title,start,kind,participants
Adria,e1,Open day,2024-01-31,Awareness,30
Adria,e2,Course,2024-12-31,Training,12
Balt,e1,Open day,2024-06-30,Awareness,
""".splitlines()


@pytest.fixture(scope="module")
def network(prepared, figures):
    files = {"hubs.csv": HUBS, "services.csv": SERVICES, "collaborations.csv": WORK, "events.csv": EVENTS}
    return figures(prepared(files), "2024")


@pytest.mark.requirement("R06")
@pytest.mark.parametrize(
    ("indicator", "adria", "balt", "both"),
    [
        ("customers_supported", 3, 2, 4),
        ("services_delivered", 4, 2, 6),
        ("services_not_delivered", 1, 0, 1),
        ("attendees", 14, 0, 14),
        ("participant_days", 38, 0, 38),
        ("service_value", 3600, 1000, 4600),
        ("aid_granted", 1000, 150, 1150),
        ("investment_triggered", 5001, 0, 5001),
        ("collaborations", 3, 2, 5),
        ("joint_investment", 10000.50, 0, 10000.50),
        ("joint_infrastructures", 1, 0, 1),
        ("events_held", 2, 1, 3),
        ("event_participants", 42, 0, 42),
    ],
)
def test_counts_and_sums_of_a_year(network, indicator, adria, balt, both):
    assert network.value("hub HR-a", indicator, "2024") == adria
    assert network.value("hub EE-b", indicator, "2024") == balt
    assert network.value("nuts2 HR03", indicator, "2024") == adria
    assert network.value("country EE", indicator, "2024") == balt
    assert network.value("network", indicator, "2024") == both
    assert np.isnan(network.row("network", indicator, "2024")["lo"])


def test_a_customer_of_two_hubs_counts_once_above_them(network):
    assert network.value("network", "customers_supported", "2024") == 4 < 3 + 2
    assert network.value("network", "customers_supported", "../2024-12-31") == 4
    assert network.value("network", "customers_supported", "2023") == 1


def test_a_service_counts_where_it_starts(network):
    assert network.value("hub HR-a", "services_delivered", "2023") == 1
    assert network.value("hub HR-a", "services_delivered", "../2024-12-31") == 5
    assert not (network.table["period"] == "2025").any()


def test_an_intensity_is_a_ratio_of_sums(network):
    assert network.value("hub HR-a", "aid_intensity", "2024") == pytest.approx(100 * 1000 / 3100)
    assert network.value("hub EE-b", "aid_intensity", "2024") == 50
    assert network.value("network", "aid_intensity", "2024") == pytest.approx(100 * 1150 / 3400)
    assert network.row("hub HR-a", "aid_intensity", "2024")["n"] == 3


@pytest.mark.requirement("R01", "R26")
@pytest.mark.parametrize(
    ("indicator", "hits", "n"),
    [
        ("dep_capacity_use", 1, 6),
        ("cross_border_services", 2, 6),
        ("cross_border_share", 4, 5),
    ],
)
def test_shares_have_their_base_and_an_interval(network, indicator, hits, n):
    row = network.row("network", indicator, "2024")
    assert (row["value"], row["n"], row["status"]) == (pytest.approx(100 * hits / n), n, "ok")
    assert 0 < row["lo"] < row["value"] < row["hi"] < 100


def test_a_share_of_fewer_than_five_is_suppressed_with_its_base(network):
    row = network.row("hub HR-a", "own_region_share", "2024")
    assert row["status"] == "c"
    assert row[["value", "lo", "hi", "n"]].isna().all()
    assert network.row("network", "own_region_share", "2024")["status"] == "c"  # six services, but four customers
    assert network.row("hub EE-b", "own_region_share", "2023")["status"] == "m"
    assert network.row("hub HR-a", "customers_supported", "2024")["status"] == "ok"


@pytest.mark.requirement("R57")
def test_customers_are_located_by_their_own_region_whoever_served_them(network):
    places = [("nuts2 HR03", 1), ("nuts2 HR05", 1), ("nuts2 EE00", 2), ("country HR", 2), ("country EE", 2)]
    for place, customers in places:
        assert network.value(place, "customers_located", "2024") == customers
    assert set(network.table.loc[network.table["indicator"] == "customers_located", "level"]) == {"nuts2", "country"}


@pytest.mark.parametrize(
    ("indicator", "parts"),
    [
        ("customers_supported", {"customer_type=pso": 2, "customer_type=sme": 2}),
        ("services_delivered", {"category=test_before_invest": 3, "category=training_and_skills_development": 2,
                                "category=networking_and_access_to_innovation_ecosystems": 1}),
        ("services_delivered", {"technology=cybersecurity": 2, "technology=robotics": 1}),
        ("service_value", {"category=test_before_invest": 3300, "category=training_and_skills_development": 600,
                           "category=networking_and_access_to_innovation_ecosystems": 700}),
        ("aid_granted", {"customer_type=pso": 0, "customer_type=sme": 1150}),
        ("investment_triggered", {"investment_type=bank_loan": 5000.25, "investment_type=venture_capital": 0.75}),
        ("collaborations", {"kind=infrastructure": 2, "kind=investment": 1, "kind=knowledge": 1, "kind=service": 1}),
        ("collaborations", {"partner_type=cluster": 2, "partner_type=university": 2}),
        ("events_held", {"kind=awareness": 2, "kind=training": 1}),
        ("event_participants", {"kind=awareness": 30, "kind=training": 12}),
    ],
)  # fmt: skip
def test_breakdowns(network, indicator, parts):
    column = next(iter(parts)).partition("=")[0]
    rows = network.table[
        (network.table["level"] == "network") & (network.table["indicator"] == indicator)
        & (network.table["period"] == "2024") & network.table["breakdown"].str.startswith(f"{column}=")
    ]  # fmt: skip
    assert dict(zip(rows["breakdown"], rows["value"], strict=True)) == parts


def test_parts_of_a_single_choice_add_up_to_the_total(network):
    table = network.table
    table = table[(table["level"] == "hub") & (table["period"] == "2024")]
    for indicator, column in (("service_value", "category"), ("events_held", "kind"), ("collaborations", "kind")):
        mine = table[table["indicator"] == indicator]
        parts = mine[mine["breakdown"].str.startswith(f"{column}=")].groupby("code")["value"].sum()
        total = mine[mine["breakdown"] == ""].set_index("code")["value"]
        assert parts.to_dict() == total.to_dict()


def test_the_table_does_not_depend_on_the_order_of_rows_and_files(network, prepared, figures):
    files = {
        "a.csv": [EVENTS[0], *EVENTS[:0:-1]], "b.csv": [WORK[0], *WORK[:0:-1]],
        "c.csv": [SERVICES[0], *SERVICES[:0:-1]], "hubs.csv": [HUBS[0], *HUBS[:0:-1]],
    }  # fmt: skip
    assert figures(prepared(files), "2024").table.equals(network.table)
