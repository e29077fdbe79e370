"""Two lists of organisations: which row is which."""

from __future__ import annotations

import openpyxl
import pandas as pd

from dihkpi.intake.reconcile.compare import reconcile
from dihkpi.intake.reconcile.match import match
from dihkpi.intake.reconcile.names import plain_names, plain_numbers
from dihkpi.intake.reconcile.workbook import write_reconciliation

FORMS = ["d.o.o.", "OÜ", "S.A."]


def side(rows: list[tuple[str | None, str]]) -> pd.DataFrame:
    numbers, names = zip(*rows, strict=True)
    return pd.DataFrame({
        "number": plain_numbers(pd.Series(numbers, dtype="str"), {"HR": "HR"}, ["error"]),
        "name": plain_names(pd.Series(names, dtype="str"), FORMS),
    })  # fmt: skip


def pairs(ours, official) -> list[tuple[int, int, str]]:
    found = match(side(ours), side(official), 0.85)
    return list(found[["ours", "official", "method"]].itertuples(index=False, name=None))


def test_a_number_wins_over_a_name_and_a_legal_form_is_no_name():
    ours = [("HR 10-01", "Alfa"), ("error", "Beta d.o.o."), (None, "Gamma Robotics")]
    official = [(None, "Beta"), ("1001", "Alfa Grupa"), (None, "Gamma Robotiks OÜ")]
    assert pairs(ours, official) == [(0, 1, "number"), (1, 0, "name"), (2, 2, "similar name")]


def test_other_numbers_are_other_organisations_whatever_the_name():
    assert pairs([("1001", "Alfa")], [("1002", "Alfa")]) == []
    assert pairs([("1001", "Alfa Robotics")], [("1002", "Alfa Robotiks")]) == []


def test_the_best_assignment_is_not_the_greedy_one():
    found = match(side([(None, "robotica abcd"), (None, "robotica abce")]),
                  side([(None, "robotica abcf"), (None, "robotica abcd")]), 0.85)  # fmt: skip
    assert found[["ours", "official"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert found["confidence"].tolist()[0] == 1 and found["confidence"].tolist()[1] < 1


def test_a_row_is_in_one_pair_at_most():
    assert pairs([("1", "Alfa"), ("1", "Alfa")], [("1", "Alfa")]) == [(0, 0, "number")]


def test_nothing_on_one_side():
    empty = side([("error", "x")]).iloc[:0]
    assert match(empty, side([("1", "Alfa")]), 0.85).empty


def test_what_is_missing_what_differs_and_what_is_double(definitions, tmp_path):
    ours = pd.DataFrame({
        "customer": ["Alfa d.o.o.", "=1+1", "Beta", "Delta", "Delta"], "vat": ["HR1001", "error", "7", "8", "9"],
        "size": ["micro", "small", "small", "small", "small"], "nuts": "HR03",
    })  # fmt: skip
    official = pd.DataFrame({"customer": ["Alfa", "Omega"], "vat": ["1001", "5"], "size": ["small", "micro"]})
    found = reconcile(ours, official, definitions)
    assert found.matched[["name_ours", "name_official", "method"]].to_numpy().tolist() == [
        ["Alfa d.o.o.", "Alfa", "number"]
    ]
    assert found.only_ours["name"].tolist() == ["=1+1", "Beta", "Delta", "Delta"]
    assert found.only_official["name"].tolist() == ["Omega"]
    told = found.differences[["field", "ours", "official"]].to_numpy().tolist()
    assert told == [["name", "Alfa d.o.o.", "Alfa"], ["number", "HR1001", "1001"], ["size", "micro", "small"]]
    assert found.doubles[["side", "name", "because"]].drop_duplicates().to_numpy().tolist() == [
        ["ours", "Delta", "same name"]
    ]
    book = openpyxl.load_workbook(write_reconciliation(tmp_path / "r.xlsx", found))
    assert book.sheetnames == [
        "Summary", "Matched", "Only ours", "Only official", "Differences", "Possible doubles"
    ]  # fmt: skip
    assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line)
    assert [cell.value for cell in book["Only ours"]["A"]][1] == "=1+1"
