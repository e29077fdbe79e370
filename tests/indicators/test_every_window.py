"""Every indicator works in every window: calendar periods, months of a grant, any days, everything up to a day."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.pipeline.examples import lines

HALVES = {
    "2024": ("2024-H1", "2024-07-01/2024-12-31"),
    "M1-M36": ("M18", "M19-M36"),
    "../2024-12-31": ("2023", "2024"),
}
WINDOWS = {*HALVES, *(part for parts in HALVES.values() for part in parts)}


@pytest.fixture(scope="module", params=[0, 1], ids=["records", "other forms"])
def network(request, prepared, figures, definitions):
    """A worked example with targets in all windows, which ask for figures there."""
    example = list(definitions.survey("edih_kpi").figures.values())[request.param]
    files = {
        f"{name.replace('/', '-')}.csv": [rows.columns, *lines(rows)]
        for name, rows in example.tables.items() if not name.endswith("targets")
    }  # fmt: skip
    wanted = [f"HR-a,events_held,{period},4" for period in sorted(WINDOWS) if ".." not in period]
    return figures(prepared({**files, "targets.csv": ["hub,indicator,period,value", *wanted]}), "2024")


def asked(network, definitions, *, dated: bool = True) -> dict[str, object]:
    """Indicators that the network has figures of, in the order of the catalogue."""
    there = set(network.table.loc[network.table["n"].notna(), "indicator"])
    found = {name: i for (_, name), i in definitions.indicators.items() if name in there and i.dated == dated}
    assert found
    return found


def test_every_indicator_has_a_figure_in_every_window(network, definitions):
    for name, indicator in asked(network, definitions).items():
        table = network.table[network.table["indicator"] == name]
        for level in set(indicator.levels or definitions.levels) & {"hub", "network"}:
            given = set(table.loc[table["level"] == level, "period"])
            of_grants = {window for window in WINDOWS if window.startswith("M")}
            assert WINDOWS - (of_grants if level == "network" else set()) <= given, (name, level)


def test_what_adds_up_over_time_does(network, definitions):
    undated = ("assessments",)  # results of the official tool have no day, so that they lie in no year
    flows = [
        name for name, i in asked(network, definitions).items()
        if i.kind == "flow" and i.of not in undated and not (i.ceiling or i.once)
    ]  # fmt: skip
    assert len(flows) > 10
    for name in flows:
        table = network.table[(network.table["indicator"] == name) & (network.table["breakdown"] == "")]
        wide = table.pivot(index=["level", "code"], columns="period", values="value").astype(float)
        for whole, parts in HALVES.items():
            if whole in wide:
                apart = sum(wide[part] for part in parts)
                assert np.allclose(wide[whole].dropna(), apart[wide[whole].notna()]), (name, whole)


def test_what_is_counted_once_is_at_most_the_sum_over_time_and_hubs(network, definitions):
    for name, indicator in asked(network, definitions).items():
        if indicator.kind != "distinct":
            continue
        table = network.table[(network.table["indicator"] == name) & (network.table["breakdown"] == "")]
        wide = table.pivot(index=["level", "code"], columns="period", values="value").astype(float)
        for whole, (first, second) in HALVES.items():
            if whole in wide:
                least = np.fmax(wide[first], wide[second]).dropna()
                told = wide.loc[least.index, whole]
                assert (least <= told).all(), (name, whole)
                assert (told <= wide.loc[least.index, [first, second]].sum(axis=1)).all(), (name, whole)
        if {"hub", "network"} <= set(indicator.levels or definitions.levels):
            assert wide.loc["network", "2024"].sum() <= wide.loc["hub", "2024"].sum(), name


def test_what_has_no_date_is_given_up_to_the_last_day_only(network, definitions):
    for name in asked(network, definitions, dated=False):
        assert set(network.table.loc[network.table["indicator"] == name, "period"]) <= {"../2024-12-31"}
