"""Disclosure control: what an attacker with all published figures and all relations cannot find out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.indicators.disclosure.periods import nested_windows
from dihkpi.indicators.disclosure.protect import KEY, Structure, protect
from dihkpi.indicators.disclosure.solve import determined

LIMIT = 5
DOMINANCE = {"largest": 1, "share": 0.85, "remainder": 0.15}
WHOLE = "../2025-12-31"


def table(rows: dict[tuple[str, str, str, str], int], **more: list[float]) -> pd.DataFrame:
    """Mean scores with (level, code, period, breakdown) and base; a value that is not zero for each."""
    frame = pd.DataFrame([(*key, n) for key, n in rows.items()], columns=["level", "code", "period", "breakdown", "n"])
    numbers = {name: np.full(len(frame), np.nan) for name in ("units", "total", "largest", "top", "second")}
    return frame.assign(
        indicator="score", value=np.arange(len(frame)) + 1.0, lo=0.0, hi=99.0, unit="points", limit=LIMIT,
        **(numbers | {name: np.array(values) for name, values in more.items()}),
    )  # fmt: skip


def places(**inside: dict[str, str]) -> dict[tuple[str, str], pd.Series]:
    return {tuple(name.split("_in_")): pd.Series(codes) for name, codes in inside.items()}  # type: ignore[misc]


def hidden(rows, nested=None, period="", cumulative=(), **more):
    found, log = protect(table(rows, **more), Structure(nested or {}, set(cumulative), DOMINANCE, (period,)))
    gone = found[found["status"] == "c"]
    assert gone[["value", "lo", "hi", "n"]].isna().all(axis=None)
    assert found.loc[found["status"] == "ok", ["value", "n"]].notna().all(axis=None)
    assert sorted(log[KEY].itertuples(index=False)) == sorted(gone[KEY].itertuples(index=False))
    return {
        " ".join(filter(None, (r.code, r.period, r.breakdown))): r.reason for r in log.itertuples()
    }, log  # fmt: skip


HUBS = places(hub_in_country={"a": "HR", "b": "HR", "c": "HR"})


def of_country(**n: int) -> dict[tuple[str, str, str, str], int]:
    return {("country" if code == "HR" else "hub", code, WHOLE, ""): base for code, base in n.items()}


def test_a_total_minus_the_other_parts_tells_nothing():
    found, log = hidden(of_country(HR=40, a=3, b=17, c=20), HUBS)
    assert found == {f"a {WHOLE}": "primary", f"b {WHOLE}": "complement"}
    assert log.set_index("code")["relation"].to_dict() == {
        "a": "base of 3, at least 5 are needed", "b": "hub within country"
    }  # fmt: skip


def test_two_hidden_parts_that_have_a_base_below_the_limit_together_need_a_third():
    found, _ = hidden(of_country(HR=14, a=2, b=2, c=10), HUBS)
    assert found == {f"a {WHOLE}": "primary", f"b {WHOLE}": "primary", f"c {WHOLE}": "complement"}


def test_two_hidden_parts_that_reach_the_limit_are_enough():
    found, _ = hidden(of_country(HR=17, a=3, b=4, c=10), HUBS)
    assert set(found) == {f"a {WHOLE}", f"b {WHOLE}"}


def test_a_country_with_one_hub_is_that_hub():
    found, _ = hidden(of_country(HR=3, a=3) | {("country", "EE", WHOLE, ""): 9}, HUBS)
    assert set(found) == {f"a {WHOLE}", f"HR {WHOLE}"}


def test_those_whose_place_is_not_known_are_a_part_too():
    found, _ = hidden(of_country(HR=42, a=20, b=20), HUBS)
    assert found == {f"a {WHOLE}": "complement"}
    assert hidden(of_country(HR=45, a=20, b=20), HUBS)[0] == {}


def test_parts_that_overlap_tell_nothing():
    assert hidden(of_country(HR=20, a=3, b=12, c=12), HUBS)[0] == {f"a {WHOLE}": "primary"}


def test_a_hidden_total_is_replaced_by_its_parts():
    """all = HR + EE with both hidden, HR = a + b with b shown: all - b is a and EE, a base of 1 + 3."""
    nested = places(country_in_network={"HR": "all", "EE": "all"}, hub_in_country={"a": "HR", "b": "HR"})
    rows = {("network", "all", WHOLE, ""): 24, ("country", "HR", WHOLE, ""): 21, ("country", "EE", WHOLE, ""): 3,
            ("hub", "a", WHOLE, ""): 1, ("hub", "b", WHOLE, ""): 20,
            ("hub", "b", "2024", ""): 10, ("hub", "b", "2025", ""): 10}  # fmt: skip
    found, _ = hidden(rows, nested)
    assert {f"a {WHOLE}", f"EE {WHOLE}", f"HR {WHOLE}"} < set(found)
    assert f"b {WHOLE}" in found or f"all {WHOLE}" in found


def test_a_figure_that_follows_from_many_relations_together_is_kept_from_it():
    """Two cycles of hidden cells in a table of places by sizes, and a bridge between them: each row and each column
    hides two, but the bridge follows from all of them."""
    hubs, sizes, edges = "adef", "bcxy", {"ab", "ac", "db", "dc", "dx", "ex", "ey", "fx", "fy"}
    rows = {("hub", h, WHOLE, f"size={s}"): 3 if h + s in edges else 20 for h in hubs for s in sizes}
    rows |= {("hub", h, WHOLE, ""): sum(rows["hub", h, WHOLE, f"size={s}"] for s in sizes) for h in hubs}
    rows |= {
        ("country", "HR", WHOLE, f"size={s}"): sum(rows["hub", h, WHOLE, f"size={s}"] for h in hubs) for s in sizes
    }
    found, _ = hidden(rows, places(hub_in_country=dict.fromkeys(hubs, "HR")))
    assert len(found) > len(edges)


def in_time(**n: int) -> dict[tuple[str, str, str, str], int]:
    return {("hub", "a", {"whole": WHOLE}.get(period, period[1:]), ""): base for period, base in n.items()}


def test_everything_minus_a_year_tells_nothing():
    found, log = hidden(in_time(whole=24, y2024=3, y2025=21))
    assert found == {"a 2024": "primary", "a 2025": "differencing"}
    assert log["relation"].tolist()[-1] == f"windows within {WHOLE}"


def test_the_period_of_the_report_is_kept_where_another_figure_will_do():
    assert set(hidden(in_time(whole=24, y2024=3, y2025=21), period="2025")[0]) == {"a 2024", f"a {WHOLE}"}


def test_two_states_that_differ_by_a_few_are_not_both_shown():
    rows = in_time(whole=12, y2024=10)
    assert hidden(rows, cumulative={"score"})[0] == {"a 2024": "differencing"}
    assert hidden(in_time(whole=12, y2024=7), cumulative={"score"})[0] == {}


def test_states_that_grow_by_one_and_one_are_two_apart():
    found, _ = hidden(in_time(whole=12, y2024=11, y2023=10), cumulative={"score"})
    assert len(found) == 2


def test_a_part_by_one_key_is_hidden_with_another():
    rows = {("network", "all", WHOLE, b): n for b, n in {"": 30, "size=a": 4, "size=b": 11, "size=c": 15}.items()}
    assert hidden(rows)[0] == {f"all {WHOLE} size=a": "primary", f"all {WHOLE} size=b": "complement"}


@pytest.mark.parametrize(
    ("total", "largest", "second", "why"),
    [(100.0, 90.0, 2.0, "dominance"), (100.0, 60.0, 35.0, "dominance"), (100.0, 50.0, 20.0, None)],
    ids=["holds more than 85 %", "5 left are less than 15 % of 60", "30 left are not"],
)
def test_a_sum_that_few_make_up_is_hidden(total, largest, second, why):
    rows = {("hub", "a", WHOLE, ""): 9}
    numbers = {"units": [9], "total": [total], "largest": [largest], "top": [largest], "second": [second]}
    assert hidden(rows, **numbers)[0] == ({f"a {WHOLE}": why} if why else {})


def test_many_records_of_few_are_few():
    numbers = {"units": [4], "total": [80.0], "largest": [20.0], "top": [20.0], "second": [20.0]}
    assert hidden({("hub", "a", WHOLE, ""): 30}, **numbers)[0] == {f"a {WHOLE}": "primary"}


def test_what_is_not_about_respondents_stays():
    figures = table(of_country(HR=4, a=1, b=3)).assign(limit=0)
    found, log = protect(figures, Structure(HUBS, (), DOMINANCE))
    assert log.empty and set(found["status"]) == {"ok"} and found["n"].sum() == 8


def test_months_lie_within_everything_and_within_longer_spans():
    found = nested_windows(["M1-M18", "M19-M36", "M1-M6", WHOLE, "2025"], cumulative=False)
    pairs = {(n.inner, n.outer): n.pack for n in found}
    assert set(pairs) == {("2025", WHOLE), ("M1-M18", WHOLE), ("M19-M36", WHOLE), ("M1-M6", "M1-M18")}
    assert pairs["M1-M18", WHOLE] == pairs["M19-M36", WHOLE] != pairs["2025", WHOLE]


def test_a_bridge_between_two_cycles_is_determined():
    """Every equation has two unknowns or more; only the edge between the two cycles is known."""
    edges = {"ab": 0, "ac": 1, "db": 2, "dc": 3, "dx": 4, "ex": 5, "ey": 6, "fx": 7, "fy": 8}
    terms = [(node, edge) for name, edge in edges.items() for node in name]
    nodes = sorted({node for node, _ in terms})
    of, cell = np.array([nodes.index(node) for node, _ in terms]), np.array([edge for _, edge in terms])
    assert np.flatnonzero(determined(of, cell, np.ones(len(of)), len(edges), len(nodes))).tolist() == [edges["dx"]]


@st.composite
def networks(draw):
    """Four to eight hubs in regions in countries, two windows within everything, and a breakdown."""
    hubs = [f"h{i}" for i in range(draw(st.integers(2, 6)))]
    region = {hub: f"R{draw(st.integers(0, 2))}" for hub in hubs}
    country = {"R0": "A", "R1": draw(st.sampled_from("AB")), "R2": "B"}
    years, sizes = ["2024", "2025"], ["size=a", "size=b"]
    rows: dict[tuple[str, str, str, str], int] = {}
    for hub in hubs:
        for year in years:
            for size in sizes:
                n = draw(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 8, 12, 20]))
                at = (("hub", hub), ("nuts2", region[hub]), ("country", country[region[hub]]), ("network", "all"))
                for level, code in at:
                    for period in (year, WHOLE):
                        for breakdown in (size, ""):
                            key = (level, code, period, breakdown)
                            rows[key] = rows.get(key, 0) + n
    of_hub = pd.Series(region).map(country).to_dict()
    nested = places(
        hub_in_nuts2=region, hub_in_country=of_hub, hub_in_network=dict.fromkeys(hubs, "all"), nuts2_in_country=country,
        nuts2_in_network=dict.fromkeys(country, "all"), country_in_network={"A": "all", "B": "all"},
    )  # fmt: skip
    leaves = [(hub, year, size) for hub in hubs for year in years for size in sizes]
    return rows, nested, leaves, region, country


def holds(key, leaf, region, country) -> bool:
    """Whether the respondents of a hub, year and size are among those of a figure."""
    (level, code, period, breakdown), (hub, year, size) = key, leaf
    place = {"hub": hub, "nuts2": region[hub], "country": country[region[hub]], "network": "all"}[level]
    return place == code and period in (year, WHOLE) and breakdown in (size, "")


@settings(max_examples=50, deadline=None, derandomize=True)
@given(networks())
@pytest.mark.slow
def test_an_attacker_with_all_published_figures_finds_no_hidden_one(network):
    """The attacker solves for the smallest groups of respondents, by least squares, knowing which ones are empty."""
    rows, nested, leaves, region, country = network
    found, _ = protect(table(rows), Structure(nested, (), DOMINANCE, ("2025",)))
    keys = list(found[["level", "code", "period", "breakdown"]].itertuples(index=False, name=None))
    sums = np.array([[holds(key, leaf, region, country) for leaf in leaves] for key in keys], dtype=float)
    there = np.array([rows["hub", hub, year, size] > 0 for hub, year, size in leaves])
    base = np.array([rows["hub", hub, year, size] for hub, year, size in leaves])[there]
    sums = sums[:, there]
    status = found["status"].to_numpy()
    known, secret = sums[status == "ok"], sums[status == "c"]
    for cell in secret:
        combination, *_ = np.linalg.lstsq(known.T, cell, rcond=None)
        assert not np.allclose(known.T @ combination, cell, atol=1e-8), "a hidden figure follows from those shown"
    for one, other in combinations(known, 2):
        difference = one - other
        if difference.min() >= 0 and difference.any():
            assert difference @ base >= LIMIT, "two figures differ by a few respondents"


@settings(max_examples=10, deadline=None, derandomize=True)
@given(networks(), st.randoms(use_true_random=False))
@pytest.mark.slow
def test_the_order_of_rows_does_not_matter(network, shuffle):
    rows, nested, *_ = network
    order = list(rows)
    shuffle.shuffle(order)
    figures = table(rows).assign(value=1.0)
    again = table({key: rows[key] for key in order}).assign(value=1.0)
    first, second = (protect(frame, Structure(nested, (), DOMINANCE)) for frame in (figures, again))
    assert all(a.equals(b) for a, b in zip(first, second, strict=True))
