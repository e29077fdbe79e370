"""The hubs: an own register completed by the catalogue."""

from __future__ import annotations

CATALOGUE = "EDIH Name,EDIH Title,Country,EDIH/SoE,Website,Formatted sectors,Formatted services,Formatted technologies"


def test_a_hub_of_both_is_one_hub_with_the_offer_of_the_catalogue(office):
    office.write("hubs.csv", "hub,name,country,nuts", "HR-a,Adria,HR,HR03")
    office.write(
        "catalogue.csv", CATALOGUE, "ADRIA,Adria Hub,Croatia,EDIH,,,,Cybersecurity - 4", "Balt,,Estonia,DIH,,,,"
    )
    office.take_in()
    hubs = office.prepared().hubs.set_index("hub")
    assert list(hubs.index) == ["EE-balt-dih", "HR-a"]
    assert hubs.loc["HR-a", ["title", "type", "technologies", "nuts"]].tolist() == [
        "Adria Hub", "edih", "cybersecurity=4", "HR03",
    ]  # fmt: skip
    assert hubs["submitted"].tolist() == [False, False]


def test_two_hubs_of_one_name_are_told_apart_by_their_type(office):
    office.write("hubs.csv", "hub,name,country,type,nuts", "HR-a,Adria,HR,edih,HR03")
    office.write("catalogue.csv", CATALOGUE, "Adria,As a DIH,Croatia,DIH,,,,", "Adria,As an EDIH,Croatia,EDIH,,,,")
    office.take_in()
    hubs = office.prepared().hubs.set_index("hub")
    assert hubs["title"].to_dict() == {"HR-a": "As an EDIH", "HR-adria-dih": "As a DIH"}
