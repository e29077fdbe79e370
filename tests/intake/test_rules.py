"""Rules between rows and tables: what is known beside a file, and in how many blocks it comes, must not change much."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.errors import FileRefusedError
from dihkpi.intake.between import referred_first
from dihkpi.intake.submission import read_submission
from dihkpi.intake.together import validate_together
from dihkpi.intake.validate import Validated, validate

TODAY = date(2026, 7, 1)

SURVEY = """\
survey: plan
version: v1
title: Plan
reference: a test
forms:
  firms:
    title: Firms
    kind: register
    key: [id]
    hub: hub
    columns:
      id: {type: id, required: true}
      number: {type: integer}
      hub: {type: text}
    rules:
      number_once: {brief: A number stands once., unique: [number, hub]}
  visits:
    title: Visits
    kind: records
    key: [visit]
    hub: hub
    columns:
      visit: {type: id, required: true}
      firm: {type: text}
      firm_number: {type: decimal}
      hub: {type: text}
      cost: {type: money, min: 0}
      why: {type: text, required_when: cost > 1000}
    rules:
      firm_known: {brief: Firms are known., refers: {columns: firm, to: firms, key: id}}
      number_known:
        brief: Numbers are known.
        refers: {columns: firm_number, to: firms, key: number, within: hub}
        severity: warning
  figures:
    title: Figures
    kind: records
    key: [figure, period]
    columns:
      figure: {type: text, required: true}
      period: {type: period, required: true}
      value: {type: decimal}
      total: {type: integer}
    rules:
      leap: {brief: No leap., compare: {column: value, to: previous, factor: 3, min_change: 10}}
      falls: {brief: Totals do not fall., compare: {column: total, to: previous, must_not_fall: true}}
      corrected: {brief: Corrections are small., compare: {column: value, to: recorded, factor: 2}}
"""
FIRMS = [["id", "number", "hub"], ["a", 1, "H"], ["b", 2, "H"], ["c", 1, "K"]]
VISITS = ["visit", "firm", "firm_number", "hub", "cost", "why"]
FIGURES = ["figure", "period", "value", "total"]


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Definitions:
    folder = tmp_path_factory.mktemp("plan")
    path = folder / "surveys/plan/v1/survey.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SURVEY, encoding="utf-8")
    return load_definitions(folder)


@pytest.fixture
def say(files, plan) -> Callable[..., list[tuple[str, str]]]:
    """Rule and cell of what is found in one table, or in the sheets of a workbook."""

    def check(rows: Any, **more: Any) -> list[tuple[str, str]]:
        path = files.xlsx(rows) if isinstance(rows, dict) else files.csv(rows)
        return told(validate(read_submission(path, plan, survey="plan"), plan, today=TODAY, **more))

    return check


def told(result: Validated) -> list[tuple[str, str]]:
    assert result.received == result.n_accepted + result.n_quarantined
    return list(result.issues[["rule", "cell"]].itertuples(index=False, name=None))


# Values that stand once


def test_values_that_stand_once_name_their_partners(files, plan) -> None:
    rows = [*FIRMS, ["d", 2, "H"], ["e", "", "H"], ["f", "", "H"], ["g", 2, "H"]]
    (part,) = validate(read_submission(files.csv(rows), plan, survey="plan"), plan).parts
    assert part.issues[["rule", "cell", "related_rows"]].values.tolist() == [
        ["number_once", "B3", "5, 8"], ["number_once", "B5", "3, 8"], ["number_once", "B8", "3, 5"],
    ]  # fmt: skip
    assert part.issues["message"].iloc[0] == "the same number and hub as in row 5, 8"
    assert part.accepted["source_row"].tolist() == [2, 4, 6, 7]


def test_a_doubled_row_or_key_is_not_told_twice(say) -> None:
    assert say([*FIRMS, FIRMS[1]]) == [("repeated_row", "A5")]
    assert say([*FIRMS, ["a", 1, "H"], ["a", 1, ""]]) == [
        ("duplicate_key", "A2"),
        ("duplicate_key", "A5"),
        ("duplicate_key", "A6"),
    ]


def test_a_cell_with_an_issue_is_not_compared(say) -> None:
    assert say([*FIRMS, ["d", "1.5", "H"]]) == [("number", "B5")]


def test_values_that_an_earlier_sheet_holds(say) -> None:
    found = say({"One": FIRMS, "Two": [FIRMS[0], ["x", 2, "H"], ["b", 2, "H"]]})
    assert found == [("number_once", "B2"), ("duplicate_key", "A3")]


# References


def visits(*firms: Any) -> list[list[Any]]:
    return [VISITS, *([f"v{n}", firm, "", "", "", ""] for n, firm in enumerate(firms))]


def test_without_the_other_form_a_reference_is_not_tested(say) -> None:
    assert say(visits("a", "nobody")) == []


@pytest.mark.parametrize("order", [["Firms", "Visits"], ["Visits", "Firms"]])
def test_the_other_form_may_be_another_sheet(order: list[str], files, plan) -> None:
    sheets = {"Firms": FIRMS, "Visits": visits("a", "A", "", "bb")}
    path = files.xlsx({name: sheets[name] for name in order})
    result = validate(read_submission(path, plan, survey="plan"), plan)
    assert told(result) == [("firm_known", "B5")]
    (issue,) = result.issues.itertuples()
    assert (issue.sheet, issue.message, issue.hint) == ("Visits", "'bb' is not in: Firms", "did you mean 'b'?")
    assert result.n_quarantined == 1


def test_the_other_form_may_be_recorded(say) -> None:
    known = {("plan", "firms"): pd.DataFrame({"id": ["a", "b"]})}
    assert say(visits("a", "c"), known=known) == [("firm_known", "B3")]
    assert say(visits("a", "c"), known={("plan", "firms"): pd.DataFrame({"id": []}, dtype="str")}) == []
    assert say(
        {"Firms": FIRMS, "Visits": visits("a", "z", "zz")}, known={("plan", "firms"): pd.DataFrame({"id": ["z"]})}
    ) == [("firm_known", "B4")]


def test_recorded_names_of_others_are_not_suggested(files, plan) -> None:
    known = {("plan", "firms"): pd.DataFrame({"id": ["secret-firm"]})}
    path = files.csv(visits("secret-firn"))
    (issue,) = validate(read_submission(path, plan, survey="plan"), plan, known=known).issues.itertuples()
    assert "secret-firm" not in issue.message + issue.hint


def test_a_row_with_faults_counts_as_there(say) -> None:
    firms = [FIRMS[0], ["a", "many", "H"]]
    assert say({"Firms": firms, "Visits": visits("a")}) == [("number", "B2")]


def test_numbers_are_compared_as_numbers_and_only_within_a_hub_that_is_known(say) -> None:
    rows = [VISITS, ["v1", "", "1.0", "H", "", ""], ["v2", "", "2", "K", "", ""], ["v3", "", "2", "L", "", ""]]
    assert say({"Firms": FIRMS, "Visits": rows}) == [("number_known", "C3")]


@pytest.mark.parametrize("turned", [False, True])
def test_the_other_form_may_be_another_file(turned: bool, files, plan) -> None:
    paths = [files.csv(FIRMS, "firms.csv"), files.csv(visits("a", "q"), "visits.csv")]
    opened = [read_submission(path, plan, survey="plan") for path in paths]
    results = validate_together(opened[::-1] if turned else opened, plan, keep=False)
    found = {result.submission.name: told(result) for result in results if isinstance(result, Validated)}
    assert list(found) == ["visits.csv", "firms.csv"][:: 1 if turned else -1]
    assert found == {"firms.csv": [], "visits.csv": [("firm_known", "B3")]}


@pytest.mark.slow
def test_a_file_that_is_broken_far_below_does_not_stop_the_others(files, plan) -> None:
    broken = "".join(f"v{n},a,,,,\n" for n in range(20_000)) + '"v,,,,,\n'
    tiny = small(plan, 30)
    paths = [files.raw("broken.csv", ",".join(VISITS) + "\n" + broken), files.csv(FIRMS, "firms.csv")]
    first, second = validate_together([read_submission(path, tiny, survey="plan") for path in paths], tiny)
    assert isinstance(first, FileRefusedError)
    assert first.rule == "broken_csv"
    assert isinstance(second, Validated)
    assert second.n_accepted == 3


def test_forms_come_after_those_that_they_refer_to(plan) -> None:
    assert referred_first(plan.survey("plan")) == {"firms": 0, "visits": 1, "figures": 0}


# Comparison with what was before


def figures(*rows: tuple[Any, ...]) -> list[list[Any]]:
    return [FIGURES, *([*row, *[""] * (4 - len(row))] for row in rows)]


LEAPS = {
    "three times is fine": ([("x", "2024-Q1", 10), ("x", "2024-Q2", 30)], []),
    "more is not": ([("x", "2024-Q1", 10), ("x", "2024-Q2", 31)], ["C3"]),
    "nor is less than a third": ([("x", "2024-Q1", 31), ("x", "2024-Q2", 10)], ["C3"]),
    "a small change is fine": ([("x", "2024-Q1", 1), ("x", "2024-Q2", 10.9)], []),
    "from zero": ([("x", "2024-Q1", 0), ("x", "2024-Q2", 9)], []),
    "from zero to much": ([("x", "2024-Q1", 0), ("x", "2024-Q2", 10)], ["C3"]),
    "another sign": ([("x", "2024-Q1", -20), ("x", "2024-Q2", 20)], ["C3"]),
    "another figure": ([("x", "2024-Q1", 10), ("y", "2024-Q2", 99)], []),
    "another kind of period": ([("x", "2024-Q1", 10), ("x", "2024", 99)], []),
    "rows in any order": ([("x", "2024-Q2", 31), ("x", "2024-Q1", 10)], ["C2"]),
    "a gap": ([("x", "2023-Q1", 10), ("x", "2024-Q4", 31)], ["C3"]),
    "a missing value between": ([("x", "2024-Q1", 10), ("x", "2024-Q2", ""), ("x", "2024-Q3", 31)], ["C4"]),
    "an unreadable value between": ([("x", "2024-Q1", 10), ("x", "2024-Q2", "?"), ("x", "2024-Q3", 20)], ["C3"]),
    "project months": ([("x", "M18", 10), ("x", "M36", 99)], ["C3"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAPS)
def test_a_number_after_the_one_before(name: str, say) -> None:
    rows, cells = LEAPS[name]
    assert [cell for _, cell in say(figures(*rows))] == cells


def test_a_total_must_not_fall_and_the_message_says_since_when(files, plan) -> None:
    rows = figures(("x", "2024-01", "", 1200), ("x", "2024-02", "", 1199), ("x", "2024-03", "", 1199))
    (issue,) = validate(read_submission(files.csv(rows), plan, survey="plan"), plan).issues.itertuples()
    assert (issue.cell, issue.severity) == ("D3", "warning")
    assert issue.message == "total is 1,199, and was 1,200 in 2024-01: it must not fall"


def test_the_period_before_may_be_recorded(say) -> None:
    known = {("plan", "figures"): pd.DataFrame(
        {"figure": ["x", "x"], "period": ["2024-Q1", "2024-Q2"], "value": [10.0, 1000.0], "total": [5, np.nan]}
    )}  # fmt: skip
    assert say(figures(("x", "2024-Q3", 2500, 4)), known=known) == [("falls", "D2")]
    assert say(figures(("x", "2024-Q3", 250)), known=known) == [("leap", "C2")]
    # a row that is sent again counts instead of the recorded one
    assert say(figures(("x", "2024-Q2", 30), ("x", "2024-Q3", 50)), known=known) == [("corrected", "C2")]


def test_a_correction_is_compared_with_what_it_corrects(say) -> None:
    known = {("plan", "figures"): pd.DataFrame(
        {"figure": ["X", "y", "z"], "period": ["2024", "2024", "2024"], "value": [10.0, 0.0, np.nan]}
    )}  # fmt: skip
    rows = figures(("x", "2024", 21), ("y", "2024", 5), ("z", "2024", 5), ("new", "2024", 5))
    assert say(rows, known=known) == [("corrected", "C2")]
    assert say(rows) == []


# Required under a condition


def test_required_when(say, files, plan) -> None:
    rows = [VISITS, *([f"v{n}", "", "", "", cost, why] for n, (cost, why) in enumerate(
        [(1000, ""), (1001, ""), (5000, "big"), ("", ""), ("much", "")]))]  # fmt: skip
    assert say(rows) == [("required", "F3"), ("number", "E6")]
    without = [row[:5] for row in rows]
    assert say(without) == [("missing_column", ""), ("number", "E6")]


# The same result in one block or in many


def small(definitions: Definitions, cells: int) -> Definitions:
    size = definitions.policy["block_cells"].model_copy(update={"value": cells})
    return dataclasses.replace(definitions, policy={**definitions.policy, "block_cells": size})


def same(one: Validated, other: Validated) -> None:
    assert one.received == other.received
    for a, b in zip(one.parts, other.parts, strict=True):
        assert a.issues.equals(b.issues)
        assert a.quarantined.equals(b.quarantined)
        assert (a.n_accepted, a.answers_set_aside) == (b.n_accepted, b.answers_set_aside)
        if len(b.accepted):
            pd.testing.assert_frame_equal(a.accepted, b.accepted)


def both(path: Path, definitions: Definitions, **more: Any) -> Validated:
    whole = validate(read_submission(path, definitions), definitions, today=TODAY, **more)
    for cells in (1, 40, 100):
        tiny = small(definitions, cells)
        same(whole, validate(read_submission(path, tiny), tiny, today=TODAY, **more))
        without = validate(read_submission(path, tiny), tiny, today=TODAY, keep=False, **more)
        counted = tuple(
            dataclasses.replace(part, accepted=part.accepted.iloc[:0], quarantined=part.quarantined.iloc[:0])
            for part in whole.parts
        )
        same(dataclasses.replace(whole, parts=counted), without)
    return whole


@pytest.mark.slow
def test_rules_between_rows_give_the_same_in_many_blocks(files, plan) -> None:
    rng = np.random.default_rng(4)
    rows = [
        [f"f{n}", *pair]
        for n, pair in enumerate(zip(rng.integers(0, 150, 200), rng.choice(["H", "K"], 200), strict=True))
    ]
    rows[60], rows[180] = rows[3], ["f5", 9999, "H"]
    result = both(files.csv([FIRMS[0], *rows]), plan)
    assert {"number_once", "repeated_row", "duplicate_key"} == set(result.issues["rule"])
    numbers = pd.DataFrame(rows, columns=FIRMS[0]).drop(index=[60, 180])
    expected = int(numbers.duplicated(["number", "hub"], keep=False).sum())
    assert (result.issues["rule"] == "number_once").sum() == expected > 20


def test_comparisons_give_the_same_in_many_blocks(files, plan) -> None:
    periods = [f"{year}-Q{quarter}" for year in range(2000, 2020) for quarter in range(1, 5)]
    values = np.random.default_rng(5).choice([10, 20, 40, 90], len(periods))
    rows = figures(*(("x", period, value) for period, value in zip(periods, values, strict=True)))
    expected = sum(max(a, b) > 3 * min(a, b) for a, b in pairwise(values))
    result = both(files.csv(rows), plan)
    assert (result.issues["rule"] == "leap").sum() == expected > 5
    assert result.n_accepted == len(periods)


@pytest.mark.slow
def test_references_give_the_same_in_many_blocks(files, plan) -> None:
    known = {("plan", "firms"): pd.DataFrame({"id": [f"f{n}" for n in range(0, 100, 3)]})}
    result = both(files.csv(visits(*(f"f{n}" for n in range(100)))), plan, known=known)
    assert (result.issues["rule"] == "firm_known").sum() == 66


@pytest.mark.slow
def test_answers_give_the_same_in_many_blocks(files, sme, definitions) -> None:
    rows = [*sme, *([row[0], row[1], f"{row[2]} {n}", f"AT{n}7", *row[4:]] for n in range(20) for row in sme[1:2])]
    rows += [["T1", "03/31/2024", *sme[1][2:]], ["T1", "01/01/2023", *sme[2][2:]], [*sme[3][:-1], "0"], sme[4]]
    rows[9][8] = "5|5"
    rows[11].append("x")
    result = both(files.csv(rows), definitions)
    assert set(result.issues["rule"]) == {
        "wave_order", "wave_order_gap", "duplicate_key", "repeated_row", "answer", "row_width",
    }  # fmt: skip
