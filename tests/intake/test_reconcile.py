"""Two lists of organisations: which row is which."""

from __future__ import annotations

import pandas as pd

from dihkpi.intake.reconcile.match import match
from dihkpi.intake.reconcile.names import plain_names, plain_numbers

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
