"""Own lists of hubs beside official records: customers, services, what is read, and how similar names are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.intake.reconcile.by_hub import Lists, reconcile_hubs
from dihkpi.intake.reconcile.match import match
from dihkpi.intake.reconcile.own import read_own_lists
from dihkpi.intake.reconcile.words import in_words

HEAD = "content_id,customer,vat,category,dates,price,aid,status,hub\n"
OURS = f"""{HEAD}7,Alfa d.o.o.,HR1001,test_before_invest,2025-01-01 / 2025-02-01,100,,finalised,A
,Robotic Beta,,test_before_invest,2025-03-01 / ,50,10,finalised,A
,Robotic Beta,,test_before_invest,2025-03-01 / ,70,10,finalised,A
,Gama,,test_before_invest,2025-03-01 / ,50,10,finalised,A
,Alfa d.o.o.,,support_to_find_investment,2025-05-01 / ,10,0,completed,A
,Alfa d.o.o.,,support_to_find_investment,2025-06-01 / ,10,0,planned,A
"""
OFFICIAL = f"""{HEAD}7,Alfa,1001,test_before_invest,2025-01-01 / 2025-02-02,120,5,finalised,A
9,Beta Robotic,error,test_before_invest,2025-03-01 / ,70,10,finalised,A
8,Beta Robotic,error,test_before_invest,2025-03-01 / ,60,10,finalised,A
10,Delta,5,test_before_invest,2025-03-01 / ,50,10,completed,A
12,Alfa,1001,test_before_invest,2025-04-01 / ,50,10,completed,A
10,Delta,5,test_before_invest,2025-03-01 / ,50,10,completed,B
11,Delta,6,test_before_invest,2025-03-01 / ,50,10,completed,B
"""


def own(folder: Path, definitions, **files: str):
    """Own lists from texts; ``A__list`` is the file ``list.csv`` of the hub A."""
    paths = {}
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        paths[name.replace("__", "/") + ".csv"] = path
    return read_own_lists(paths, definitions, None)


def lists(folder: Path, definitions, text: str) -> Lists:
    read = own(folder, definitions, list=text)
    assert not read.faulty
    return Lists(read.services, read.customers)


@pytest.fixture
def compared(tmp_path, definitions):
    return reconcile_hubs(lists(tmp_path, definitions, OURS), lists(tmp_path, definitions, OFFICIAL), definitions)


def rows(table: pd.DataFrame, *columns: str) -> list[tuple]:
    return list(table[list(columns)].astype(object).where(table[list(columns)].notna(), None)
                .itertuples(index=False, name=None))  # fmt: skip


def test_customers_of_each_hub_are_compared_with_those_of_the_same_hub(compared):
    found = compared.customers
    assert rows(found.matched, "hub", "name_ours", "name_official", "method", "confidence") == [
        ("A", "Robotic Beta", "Beta Robotic", "similar name", 0.99), ("A", "Alfa d.o.o.", "Alfa", "number", 1.0),
    ]  # fmt: skip
    assert rows(found.only_ours, "hub", "name", "services") == [("A", "Gama", 1)]
    assert rows(found.only_official, "hub", "name", "services") == [("A", "Delta", 1)]  # that of B has no counterpart
    assert rows(found.doubles, "hub", "side", "name", "number", "because") == [
        ("B", "official", "Delta", "5", "same name"), ("B", "official", "Delta", "6", "same name"),
    ]  # fmt: skip


def test_services_are_paired_by_content_id_else_by_customer_category_and_day(compared):
    found = compared.services
    assert rows(found.matched, "customer", "content_id", "by") == [
        ("Alfa", "7", "content id"), ("Beta Robotic", "8", "category and start"),
        ("Beta Robotic", "9", "category and start"),
    ]  # fmt: skip
    assert rows(found.findings(), "finding", "customer", "content_id", "start", "field", "ours", "official") == [
        ("differs", "Alfa", "7", "2025-01-01", "end", "2025-02-01", "2025-02-02"),
        ("differs", "Alfa", "7", "2025-01-01", "price", "100.00", "120.00"),
        ("only official", "Alfa", "12", "2025-04-01", "price", None, "50.00"),
        ("only ours", "Alfa d.o.o.", None, "2025-05-01", "price", "10.00", None),  # the planned one does not count
        ("differs", "Beta Robotic", "8", "2025-03-01", "price", "50.00", "60.00"),  # 70 is 70: equal prices first
    ]  # fmt: skip


def test_counts_are_told_per_hub_and_not_compared_is_not_zero(compared):
    a, b = compared.counts.astype(object).where(compared.counts.notna(), None).to_dict("records")
    assert a == {
        "hub": "A", "own_list": True, "customers_ours": 3, "customers_official": 3, "matched": 2, "by_number": 1,
        "by_name": 0, "by_similar_name": 1, "only_ours": 1, "only_official": 1, "differing": 2,
        "without_number_ours": 2, "without_number_official": 1, "doubles_ours": 0, "doubles_official": 0,
        "services_matched": 3, "services_only_ours": 1, "services_only_official": 1, "services_differing": 2,
    }  # fmt: skip
    assert {name for name, value in b.items() if value is not None} == {
        "hub", "own_list", "customers_official", "without_number_official", "doubles_official"
    }  # fmt: skip
    assert in_words(b).startswith("no list of the hub's own") and "2 official customers may be doubles" in in_words(b)


def test_a_list_of_services_need_not_name_customers_without_any(tmp_path, definitions):
    register = "customer_type,name,vat,hub\nsme,Omega,77,A\nsme,Alfa,1001,A\nsme,Beta Robotic,44,A\n"
    services, customers = lists(tmp_path, definitions, OFFICIAL), lists(tmp_path, definitions, register)
    official = Lists(services.services, customers.customers)
    of_services = reconcile_hubs(lists(tmp_path, definitions, OURS), official, definitions)
    assert of_services.customers.only_official["name"].tolist() == ["Delta"]
    assert of_services.counts["without_number_official"].tolist() == [0, 0]  # Beta has one in the register
    of_customers = lists(tmp_path, definitions, "name,vat,size,hub\nALFA,,micro,A\n")
    found = reconcile_hubs(of_customers, official, definitions)
    assert found.customers.only_official["name"].tolist() == ["Beta Robotic", "Delta", "Omega"]
    assert found.counts["services_matched"].isna().all() and found.services.findings().empty


def test_attributes_of_customers_are_compared(tmp_path, definitions):
    text = "name,vat,size,customer_country,hub\nAlfa,1,Micro-size (1-9),HR,A\n"
    ours = lists(tmp_path, definitions, text.replace("Micro-size (1-9)", "micro"))
    official = lists(tmp_path, definitions, text.replace("Micro-size (1-9)", "small"))
    found = reconcile_hubs(ours, official, definitions)
    assert rows(found.customers.differences, "name", "field", "ours", "official") == [
        ("Alfa", "size", "micro", "small")
    ]


def test_what_an_own_list_may_lack_and_what_not(tmp_path, definitions):
    what = "test_before_invest"
    read = own(
        tmp_path, definitions, A__people="name,vat\nAlfa,1\nAlfa,1\n=1+1,\n", nobody="name\nBeta\n", A__x="a,b\n1,2\n",
        A__services=f"customer,category,dates\nAlfa,{what},2025-13-01 / \nAlfa,{what},2025-12-01 /\n",
    )  # fmt: skip
    assert read.customers["hub"].unique().tolist() == ["A"] and len(read.customers) == 3
    assert rows(read.services, "customer", "hub") == [("Alfa", "A")]
    told = "\n".join(read.faulty)
    assert len(read.faulty) == 3 and "crm/A/x.csv cannot be used" in told and "crm/nobody.csv: 1 of 1 rows" in told
    assert "crm/A/services.csv: 1 of 2 rows cannot be used: there is no day '2025-13-01'" in told
    assert "nothing tells the hub of the row" in told and "a list of customers has the columns name and vat" in told
    by_file = read.files.groupby("file")["found"].first()
    assert by_file["A/people.csv"] == "3 rows, 3 of them used"
    assert read.files.loc[read.files["file"] == "A/x.csv", "hub"].tolist() == ["A"]


def test_a_list_without_any_status_tells_of_delivered_services(tmp_path, definitions):
    text = "customer,vat,category,dates,hub\nAlfa,1001,test_before_invest,2025-01-09 /,A\n"
    found = reconcile_hubs(lists(tmp_path, definitions, text), lists(tmp_path, definitions, OFFICIAL), definitions)
    assert found.services.only_ours["start"].tolist() == ["2025-01-09"]
    with_status = text.replace("dates,", "dates,status,").replace("/,A", "/,planned,A")
    found = reconcile_hubs(
        lists(tmp_path, definitions, with_status), lists(tmp_path, definitions, OFFICIAL), definitions
    )
    assert found.services.only_ours.empty


@pytest.fixture(scope="module")
def read(tmp_path_factory, definitions) -> tuple[Lists, Lists]:
    """Lists in which one customer is written in several ways, and services of one day differ in little."""
    folder, body = tmp_path_factory.mktemp("order"), OURS.removeprefix(HEAD)
    same = "test_before_invest,2025-07-01 / ,5"
    more = f",ALFA,HR-1001,{same},1,finalised,A\n,alfa,,{same},2,,A\n"
    return lists(folder, definitions, OURS + more), lists(folder, definitions, OFFICIAL + body.replace("Gama", "Gamma"))


@pytest.fixture(scope="module")
def straight(read, definitions):
    return reconcile_hubs(*read, definitions)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(seed, read, straight, definitions):
    rng = np.random.default_rng(seed)
    mixed = [Lists(s.services.iloc[rng.permutation(len(s.services))], s.customers) for s in read]
    other = reconcile_hubs(*mixed, definitions)
    for title, table in straight.sheets().items():
        pd.testing.assert_frame_equal(table, other.sheets()[title], obj=title)
    pd.testing.assert_frame_equal(straight.counts, other.counts)


def side(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"number": pd.Series([None] * len(names), dtype="str"), "name": pd.Series(names, dtype="str")})


@pytest.mark.parametrize(
    ("ours", "official"),
    [("gamma robotics", "robotics gamma"), ("la rosa", "rosa"), ("the robot house", "house robot"),
     ("xamma robotics", "gamma robotics"), ("robotica", "robotika")],
)  # fmt: skip
def test_words_in_another_order_articles_and_first_letters_hide_no_pair(ours, official):
    found = match(side("zzz", ours), side(official, "qqqqqq"), 0.85, ["the", "la"])
    assert rows(found, "ours", "official", "method") == [(1, 0, "similar name")]
    assert 0.85 <= found["confidence"].item() < 1


def test_many_names_are_compared_with_many():
    """Every one of 3,000 names finds its own among 3,000 spoiled ones: 18 million comparisons."""
    rng = np.random.default_rng(5)
    letters = np.array(list("abcdefghijklmnoprstuvz"))
    plain = sorted({"".join(rng.choice(letters, 8)) + " " + "".join(rng.choice(letters, 9)) for _ in range(3000)})
    swapped = [" ".join(reversed(name.split())) for name in plain]
    order = rng.permutation(len(plain))
    found = match(side(*plain), side(*(swapped[i] for i in order)), 0.85)
    assert len(found) == len(plain)
    assert (order[found["official"].to_numpy(int)] == found["ours"].to_numpy(int)).all()
