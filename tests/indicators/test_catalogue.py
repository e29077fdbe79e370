"""Totals of the real export of the EDIH catalogue."""

from __future__ import annotations

import pytest

ALL = "../2025-12-31"


@pytest.fixture(scope="module")
def catalogue(prepared, figures, shared):
    export = shared / "data" / "edih_catalogue" / "export-edihs.xls"
    if not export.is_file():
        pytest.skip("no export of the catalogue in the shared folder")
    return figures(prepared({"export-edihs.xls": export}), "2025")


@pytest.mark.requirement("R57", "R62", "R71", "R81")
@pytest.mark.parametrize(
    ("indicator", "breakdown", "value"),
    [
        ("hubs", "", 457),
        ("hubs", "type=edih", 168),
        ("hubs", "type=seal_of_excellence", 83),
        ("hubs", "type=dih", 206),
        ("countries_with_hub", "", 38),
        ("eu_states_with_edih", "", 27),
        ("edihs_offering_ai", "", 153),
        ("edihs_offering_cybersecurity", "", 112),
        ("edihs_offering_hpc", "", 95),
        ("edihs_offering_all_three", "", 73),
        ("edihs_public_sector", "", 110),
    ],
)
def test_totals_of_the_catalogue(catalogue, indicator, breakdown, value):
    assert catalogue.value("network", indicator, ALL, breakdown) == value


def test_shares_are_of_the_hubs_with_a_filled_list(catalogue):
    row = catalogue.row("network", "public_sector_share", ALL)
    assert row["value"] == pytest.approx(100 * 110 / row["n"])
    assert 110 < row["n"] <= 168


def test_the_register_is_given_once_up_to_the_last_day(catalogue):
    table = catalogue.table[catalogue.table["indicator"] == "hubs"]
    assert set(table["period"]) == {ALL}
    countries = table[(table["level"] == "country") & (table["breakdown"] == "")]
    assert (len(countries), countries["value"].sum()) == (38, 457)
