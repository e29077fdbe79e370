"""The accept policy: which rows go on when some have errors."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Accept
from dihkpi.intake.submission import read_submission
from dihkpi.intake.validate import Validated, ValidatedPart, validate

TODAY = date(2026, 7, 1)
PRICE, INVOICED, HUB = 5, 6, 20


def accepting(definitions: Definitions, survey: str, cells: int | None = None, **accept: Any) -> Definitions:
    """The definitions with another accept policy for a survey."""
    (key,) = (key for key in definitions.versions if key[0] == survey)
    changed = definitions.versions[key].model_copy(update={"accept": Accept.model_validate(accept)})
    policy = dict(definitions.policy)
    if cells:
        policy["block_cells"] = policy["block_cells"].model_copy(update={"value": cells})
    return dataclasses.replace(definitions, versions={**definitions.versions, key: changed}, policy=policy)


@pytest.fixture(params=[None, 1, 60], ids=["one block", "a row a block", "small blocks"])
def check(request, files, definitions) -> Callable[..., Validated]:
    """Validates rows under a policy, in one block and in many."""

    def run(rows: Any, survey: str = "edih_kpi", keep: bool = True, **accept: Any) -> Validated:
        changed = accepting(definitions, survey, request.param, **accept)
        path = files.xlsx(rows) if isinstance(rows, dict) else files.csv(rows)
        result = validate(read_submission(path, changed), changed, today=TODAY, keep=keep)
        assert result.received == result.n_accepted + result.n_quarantined
        table = result.files()
        assert table["received"].sum() == table["accepted"].sum() + table["quarantined"].sum()
        return result

    return run


def rules(result: Validated) -> list[str]:
    return result.issues["rule"].tolist()


def texts(part: ValidatedPart) -> list[list[str]]:
    return part.quarantined.iloc[:, 1:].to_numpy().tolist()


# All rows or none


def test_strict_takes_all_rows_of_a_clean_file(check, services) -> None:
    result = check(services, policy="strict")
    assert (result.n_accepted, rules(result)) == (4, [])


@pytest.mark.parametrize("keep", [True, False])
def test_strict_sets_every_row_aside_as_it_was_sent(check, services, keep: bool) -> None:
    services[3][INVOICED] = "-1"
    result = check(services, policy="strict", keep=keep)
    (part,) = result.parts
    assert rules(result) == ["strict", "min"]
    assert (
        result.issues["message"].iloc[0] == "1 of 4 rows have errors; this survey takes a file as a whole or not at all"
    )
    assert result.files()[["received", "accepted", "quarantined", "errors"]].values.tolist() == [[4, 0, 4, 2]]
    rows = services[1:] if keep else []  # rows that are not kept are counted
    assert part.quarantined["source_row"].tolist() == [2, 3, 4, 5][: len(rows)]
    assert texts(part) == [[str(cell) for cell in row] for row in rows]
    assert result.n_quarantined == 4
    assert part.accepted.empty
    assert "price" in part.accepted


def test_strict_does_not_mind_warnings(check, services) -> None:
    services[3][10] = "No such status"
    result = check(services, policy="strict")
    assert (result.n_accepted, rules(result)) == (4, ["unknown_code"])


def test_strict_with_a_fault_between_rows(check, services) -> None:
    services[4][0] = services[1][0]
    result = check(services, policy="strict")
    assert sorted(rules(result)) == ["duplicate_key", "duplicate_key", "strict"]
    assert result.parts[0].quarantined["source_row"].tolist() == [2, 3, 4, 5]


def test_strict_holds_for_all_sheets_of_a_file(check, services) -> None:
    events = [["hub", "id", "title", "start", "kind"], ["Hub One", "e1", "Open day", "2024-02-01", "nothing"]]
    result = check({"Services": services, "Events": events}, policy="strict")
    assert [part.n_accepted for part in result.parts] == [0, 0]
    strict = result.issues[result.issues["rule"] == "strict"]
    assert strict[["sheet", "message"]].values.tolist() == [
        ["Services", "the file has errors elsewhere; this survey takes a file as a whole or not at all"]
    ]
    assert [part.n_accepted for part in check({"Services": services, "Events": events}).parts] == [4, 0]


def test_strict_when_no_row_is_left_says_nothing_more(check, services) -> None:
    rows = [row[:5] + row[6:] if n == 0 else row for n, row in enumerate(services)]
    rows = [[cell for j, cell in enumerate(row) if j != 14] for row in services]  # no dates
    assert rules(check(rows, policy="strict")) == ["missing_column"]


# Too many


@pytest.mark.parametrize(("wrong", "refused"), [(1, False), (2, False), (3, True)])
def test_more_faulty_rows_than_the_limit(check, services, wrong: int, refused: bool) -> None:
    for row in services[1 : 1 + wrong]:
        row[PRICE] = "much"
    result = check(services, max_error_share=0.5)
    assert result.n_accepted == (0 if refused else 4 - wrong)
    assert rules(result) == ["too_many_errors"] * refused + ["number"] * wrong
    if refused:
        assert result.issues["message"].iloc[0] == "3 of 4 rows have errors, more than 50%: the whole table is doubtful"
        assert texts(result.parts[0])[3] == [str(cell) for cell in services[4]]


def test_repeated_rows_are_no_errors(check, services) -> None:
    rows = [*services, *services[1:], *services[1:]]
    result = check(rows, max_error_share=0.1)
    assert (result.received, result.n_accepted) == (12, 4)
    assert set(rules(result)) == {"repeated_row"}


def test_faults_between_rows_count(check, services) -> None:
    rows = copy.deepcopy(services)
    rows[2][0] = rows[3][0] = rows[1][0]
    assert "too_many_errors" in rules(check(rows, max_error_share=0.5))
    assert "too_many_errors" not in rules(check(rows, max_error_share=0.75))


# The answer instead of the row


def test_an_answer_with_an_error_is_set_aside_alone(check, sme) -> None:
    sme[2][4], sme[2][7], sme[4][30] = "9|9", "x", "17"
    result = check(sme, "dma_sme", unit="answer")
    (part,) = result.parts
    assert rules(result) == ["answer"] * 3
    assert (result.n_accepted, part.answers_set_aside) == (5, 3)
    assert result.files()["answers_set_aside"].tolist() == [3]
    assert part.accepted[sme[0][4]].isna().tolist() == [False, True, False, False, False]
    assert part.accepted[sme[0][30]].isna().tolist() == [False, False, False, True, False]
    assert sorted(result.issues["value"]) == ["17", "9|9", "x"]


@pytest.mark.parametrize(("column", "value"), [(0, "T9"), (3, ""), (0, "")])
def test_an_error_in_a_key_takes_its_row(check, sme, column: int, value: str) -> None:
    sme[2][column] = value
    sme[2][2] = "" if column == 3 else sme[2][2]
    sme[2][4] = "9|9"
    result = check(sme, "dma_sme", unit="answer")
    (part,) = result.parts
    assert part.quarantined["source_row"].tolist() == [3]
    assert (result.n_accepted, part.answers_set_aside) == (4, 0)


def test_a_value_that_breaks_a_rule_does_not_stay_in_its_row(check, services) -> None:
    services[2][INVOICED], services[3][4], services[4][PRICE] = "-5", "much", "much"  # the price is part of a key
    result = check(services, unit="answer")
    (part,) = result.parts
    assert rules(result) == ["min", "number", "number"]
    assert part.accepted["source_row"].tolist() == [2, 3, 4]
    assert part.accepted["invoiced"].isna().tolist() == [False, True, False]
    assert part.accepted["attendees"].isna().tolist() == [False, False, True]
    assert part.answers_set_aside == 2


def test_what_is_derived_from_an_answer_goes_with_it(check, services) -> None:
    services[2][22] = "Atlantis"
    services[3][10] = "No such status"
    result = check(services, unit="answer", raised=["unknown_code"])
    frame = result.parts[0].accepted
    assert frame["cross_border"].isna().tolist() == [False, True, False, False]
    assert frame["delivered"].isna().tolist() == [False, False, True, False]


def test_rows_of_another_width_and_doubled_keys_are_rows(check, sme) -> None:
    sme[2].append("x")
    sme.append([*sme[4][:-1], "0"])
    result = check(sme, "dma_sme", unit="answer")
    assert result.parts[0].quarantined["source_row"].tolist() == [3, 5, 7]
    assert result.n_accepted == 3


def test_strict_counts_no_answers_of_rows_that_are_gone(check, sme) -> None:
    sme[2][4] = "9|9"
    result = check(sme, "dma_sme", unit="answer", policy="strict")
    assert (result.n_accepted, result.parts[0].answers_set_aside) == (0, 0)
    assert rules(result) == ["strict", "answer"]
    assert texts(result.parts[0]) == sme[1:]


# Warnings raised to errors


def test_a_warning_may_be_raised(check, services) -> None:
    services[3][10] = "No such status"
    services[2][INVOICED] = 2000
    assert check(services).n_accepted == 4
    result = check(services, raised=["unknown_code", "invoiced_within_price"])
    assert result.issues[["rule", "severity", "row"]].values.tolist() == [
        ["invoiced_within_price", "error", 3],
        ["unknown_code", "error", 4],
    ]
    assert result.parts[0].quarantined["source_row"].tolist() == [3, 4]


def test_a_raised_warning_of_the_whole_file_is_an_error(check, services) -> None:
    result = check({"Services": services, "Old": services[:2]}, raised=["duplicate_key", "repeated_row"])
    assert "error" in set(result.issues["severity"])


def test_the_command_ends_with_1(definitions, files, services, ask, monkeypatch) -> None:
    changed = accepting(definitions, "edih_kpi", policy="strict")
    monkeypatch.setattr("dihkpi.definitions.load_definitions", lambda folder=None: changed)
    told = ask(files.csv(services))
    assert (told.code, told.counts) == (0, (4, 4, 0))
    services[1][PRICE] = "much"
    told = ask(files.csv(services))
    assert (told.code, told.counts) == (1, (4, 0, 4))
    assert told.found == [("strict", "file"), ("number", "F2")]


def test_a_clean_file_is_the_same_under_every_policy(check, services) -> None:
    frames = [
        check(services, **accept).parts[0].accepted
        for accept in ({}, {"policy": "strict"}, {"unit": "answer"}, {"max_error_share": 0})
    ]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])
