"""Distinct customers: known by identifier, by VAT number or by name, and counted once above the hubs."""

from __future__ import annotations

import pytest

HUBS = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-15", "HR-b,Balt,HR,HR05,2023-03-01"]
HEAD = "content_id,customer_id,vat,customer,customer_type,customer_country,customer_region,category,status,dates,hub"
ONE = {
    "by identifier, under two names": ("7,,Alfa", "7,,Alfa Group"),
    "by identifier, with two numbers": ("8,HR108,Ants", "8,HR208,Ants Group"),
    "by VAT, written in two ways, under two names": (",HR 10-02,Beta", ",hr1002,Beta d.o.o."),
    "by VAT, where one hub has no identifier": ("9,HR1009,Epsilon", ",HR 1009,Epsilon Works"),
    "by name, in two spellings": (",,Gamma  Works", ",,GAMMA WORKS"),
    "by name, where one hub has no number": (",HR1003,Zeta", ",,zeta"),
}
TWO = {
    "two names": (",,Eta", ",,Theta"),
    "one name with two numbers": (",HR1101,Delta", ",HR1102,Delta"),
    "one name with two identifiers": ("21,,Iota", "22,,Iota"),
}
MONTHS = {pair: f"2024-{month:02}" for month, pair in enumerate((*ONE, *TWO), 1)}


@pytest.fixture(scope="module")
def network(prepared, figures):
    """Each pair has a month: a customer of each hub, in the region of the hub, with two services."""
    rows = [
        f"{hub}{month}{n},{who},SME,HR,{region},Test before invest,Finalised,{month}-1{n} /,{hub}"
        for pair, month in MONTHS.items()
        for hub, region, who in zip(("Adria", "Balt"), ("HR03", "HR05"), {**ONE, **TWO}[pair], strict=True)
        for n in range(2)
    ]
    targets = [
        "hub,indicator,period,value", *(f"HR-a,customers_supported,{month},1" for month in MONTHS.values()),
        "HR-a,customers_supported,2024-H1,1",
    ]  # fmt: skip
    return figures(prepared({"hubs.csv": HUBS, "services.csv": [HEAD, *rows], "targets.csv": targets}), "2024")


@pytest.mark.parametrize("pair", MONTHS)
def test_a_customer_of_two_hubs_counts_once_above_them(network, pair):
    month, customers = MONTHS[pair], 1 if pair in ONE else 2
    for place in ("hub HR-a", "hub HR-b", "nuts2 HR03", "nuts2 HR05"):
        assert network.value(place, "customers_supported", month) == 1
    for place in ("country HR", "network"):
        assert network.value(place, "customers_supported", month) == customers
        assert network.value(place, "services_delivered", month) == 4


@pytest.mark.parametrize("period", ["2024", "../2024-12-31"])
def test_hubs_are_never_added_up(network, period):
    assert [network.value(f"hub HR-{hub}", "customers_supported", period) for hub in "ab"] == [9, 9]
    assert network.value("network", "customers_supported", period) == len(ONE) + 2 * len(TWO) == 12
    assert network.value("network", "customers_supported", "2024-H1") == 6


def test_a_customer_lies_in_one_region_whatever_two_hubs_tell(network):
    located = network.table[(network.table["indicator"] == "customers_located") & (network.table["period"] == "2024")]
    assert located.groupby("level")["value"].sum().to_dict() == {"country": 12, "nuts2": 12}
