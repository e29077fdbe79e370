"""The language of rules: what is refused, what does not fit together, and what comes out where values are missing."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.definitions.expression_types import Kind, type_problems
from dihkpi.definitions.expressions import Expression, parse
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError

REJECT = [
    "@pd.io.common.os.system('true')", "@os.system('true')", "n.to_csv('/tmp/x')", "__import__('os')", "n.__class__",
    "(lambda: 1)()", "[x for x in y]", "'a'*10**9", "9**9**9", "n<=value; import os", "f'{n}'",
]  # fmt: skip
TRAPS: dict[str, Any] = {
    "labels: {en: Yes, no: Nei}   # key no -> False": {"labels": {"en": "Yes", "no": "Nei"}},
    "country: NO   # -> False": {"country": "NO"},
    "id: 1.10   # -> 1.1": {"id": "1.10"},
    "id: 007   # -> 7": {"id": "007"},
    "t: 12:30:00   # -> 45000": {"t": "12:30:00"},
    "d: 2024-01-31   # -> date": {"d": "2024-01-31"},
    "n: 1_000   # -> 1000": {"n": "1_000"},
    "x: ~": {"x": None},
    "a: 1\na: 2": "line 2: the key 'a' is there twice",
    "!!python/object/apply:os.system ['true']": "line 1: the tag",
    "[[[[[ deep nesting": "not valid YAML",
    "&a [*a]": "anchors and aliases",
}


@pytest.fixture(scope="module")
def payloads(shared: Path) -> Callable[[str, str], list[str]]:
    content = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))
    return lambda group, name: content[group][name]


def test_the_lists_are_the_shared_ones(payloads) -> None:
    assert payloads("expressions", "reject") == REJECT
    assert payloads("yaml", "traps") == list(TRAPS)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_of_yaml_is_text_or_refused(trap: str, write_yaml) -> None:
    expected = TRAPS[trap]
    if isinstance(expected, dict):
        assert read_yaml(write_yaml(trap)) == expected
        return
    with pytest.raises(DefinitionError) as fault:
        read_yaml(write_yaml(trap))
    assert expected in fault.value.problems[0]


# What does not parse


@pytest.mark.parametrize("text", REJECT)
def test_what_could_do_harm_does_not_parse(text: str) -> None:
    with pytest.raises(ValueError, match="rule"):
        parse(text)


@pytest.mark.parametrize("text", REJECT)
def test_what_could_do_harm_is_a_problem_of_the_definition(text: str, folder) -> None:
    folder.edit("survey.yaml", "check: price <= 10", f"check: {json.dumps(text)}")
    (problem,) = folder.problems()
    assert problem.startswith("mini/v1/survey.yaml › forms › answers › rules › cheap › check: ")


LONG = {
    "500 characters": "a" * 501,
    "brackets": "(" * 240 + "a" + ")" * 240,
    "minus": "-" * 400 + "a",
    "not": "not " * 100 + "a",
    "sums": "+".join("a" * 200),
    "huge": "a < " + "9" * 400,
    "huge float": "a < 1e400",
    "large": "a < 10000000000000001",
    "bytes": "a == b'x'",
    "walrus": "(a := 1) > 0",
    "star": "a in (*b, 'x')",
    "NUL": "a\0b",
    "surrogate": "a == '\ud800'",
    "list as value": "a == ('x', 'y')",
    "list in the middle": "a in ('x',) in ('y',)",
    "empty list": "a in ()",
    "names in a list": "a in (b, c)",
    "None in a list": "a in ('x', None)",
}


@pytest.mark.parametrize("name", LONG)
def test_bounds_of_the_language(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="rule"):
            parse(LONG[name])


def test_what_python_thinks_of_the_style_is_not_printed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(r"a == '\d'").names == ("a",)
        assert parse("a is 'x'").names == ("a",)


# What does not fit together

KINDS: dict[str, Kind] = {
    "price": "number", "paid": "number", "wave": "text", "areas": "codes", "start": "date", "end": "date",
    "done": "condition", "anything": "unknown",
}  # fmt: skip
FITS = [
    "price > 1", "0 <= price < 1e6", "price * 2 - paid / 3 >= -1", "wave == 'T0'", "wave != None", "wave is None",
    "wave in ('T0', 'T1')", "price not in (1, 2)", "'ai' in areas", "'ai' not in wave", "start <= end",
    "start >= '2024-01-31'", "'2024-01-31' <= start < '2025-01-01'", "end - start <= 365", "done", "not done",
    "done == True", "done and price > 1 or wave == 'T0'", "anything > 3", "anything + 1 > 2", "not anything",
]  # fmt: skip
UNFIT = {
    "price > 'a'": "compares a number with a text",
    "wave == 1": "compares a text with a number",
    "wave + 1 > 2": "wave is a text, and only numbers can be calculated with",
    "-wave > 1": "only numbers can be calculated with",
    "start + 1 > end": "start is a date, and only numbers",
    "start > 20240131": "compares a date with a number",
    "start > '31.01.2024'": "compares a date with a text",
    "end - start < start": "compares a number with a date",
    "wave < 'b'": "a text has no order",
    "done > done": "a condition has no order",
    "areas == 'ai'": "write 'code' in column",
    "done == 'true'": "compares a condition with a text",
    "price and paid > 1": "price is a number, not a condition",
    "not wave": "wave is a text, not a condition",
    "price > None": "None has no order",
    "None == None": "only a column can be compared with None",
    "price is 3": "'is' only asks for None",
    "price in ('a', 'b')": "looks for a number among others",
    "wave in (1, 2)": "looks for a text among others",
    "1 in (1, 2)": "only a column can be in a list",
    "start in ('2024-01-31', '2024-02-01')": "a date cannot be looked for in a list",
    "price in areas": "only a text in quotes can be looked for in a column",
    "'a' in price": "a number holds no codes",
    "price / 0 > 1": "divides by zero",
    "price + 1": "is a number, not a condition",
    "wave": "is a text, not a condition",
}


@pytest.mark.parametrize("text", FITS)
def test_types_that_fit(text: str) -> None:
    assert type_problems(parse(text), KINDS, ["condition"]) == ("condition", [])


@pytest.mark.parametrize("text", UNFIT)
def test_types_that_do_not_fit(text: str) -> None:
    _, problems = type_problems(parse(text), KINDS, ["condition"])
    assert any(UNFIT[text] in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("check: price > 'a'", "cheap › check: price > 'a': compares a number with a text"),
        ("check: name + 1 > 2", "cheap › check: name + 1: name is a text, and only numbers can be calculated with"),
        ("check: size == 1 or a == 1", "cheap › check: size == 1: compares a text with a number"),
        ("check: prize > 1", "cheap › check: unknown column 'prize'"),
        ("unique: [nam]", "cheap › unique: unknown column 'nam'"),
        ("refers: {columns: name, to: answer, key: name}", "cheap › refers › to: unknown form 'answer'"),
        ("refers: {columns: name, to: answers, key: nme}", "cheap › refers › key: unknown column of answers 'nme'"),
        ("refers: {columns: [name, size], to: answers, key: name}", "cheap › refers: 2 columns and 1 in the key"),
        ("refers: {columns: price, to: answers, key: name}", "cheap › refers: price is a number and name a text"),
        ("compare: {column: name, to: recorded, factor: 2}", "cheap › compare › column: unknown number 'name'"),
        ("compare: {column: price, to: recorded}", "cheap › compare: needs factor, min_change or must_not_fall"),
        ("compare: {column: price, to: recorded, factor: 1}", "cheap › compare › factor: must be above 1"),
        ("compare: {column: price, to: previous, factor: 2}", "'previous' needs a column of type period in the key"),
        ("series: {of: [nam]}", "cheap › series: unknown column 'nam'"),
        ("series: {of: [name], rises: prise}", "cheap › series: unknown column 'prise'"),
        ("series: {of: [name]}", "cheap › series: needs a column of type period in the key of the form"),
        ("unanswered: true, unique: [name]", "cheap: needs exactly one of check, sequence, exclusive"),
    ],
)
def test_a_rule_that_does_not_fit_is_named_with_its_place(new: str, words: str, folder) -> None:
    folder.edit("survey.yaml", "check: price <= 10", new)
    problems = folder.problems()
    assert any(words in problem for problem in problems), problems
    assert all(problem.startswith("mini/v1/survey.yaml › forms › answers › rules › cheap") for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "{type: money, min: 0}",
            "{type: money, required_when: name > 1}",
            "price › required_when: name > 1: compares",
        ),
        ("forms:", "accept: {raised: [encodng]}\nforms:", "accept › raised: unknown rule 'encodng'"),
        ("price: {", "hub: {type: text}\n      price: {", "answers › hub: missing; without it the column 'hub'"),
    ],
)
def test_more_that_does_not_fit(old: str, new: str, words: str, folder) -> None:
    folder.edit("survey.yaml", old, new)
    assert any(words in problem for problem in folder.problems())


def test_conditions_and_amounts_of_indicators_are_checked_too(folder) -> None:
    folder.edit("indicators.yaml", "of: answers,", "of: answers, where: price,")
    assert folder.problems() == ["mini/v1/indicators.yaml › answers: price: is a number, not a condition"]


# What comes out


def columns() -> dict[str, pd.Series]:
    return {
        "price": pd.Series([1, 0, None, 9007199254740993], dtype="Int64"),
        "paid": pd.Series([0.5, 0, 2, None], dtype="Float64"),
        "wave": pd.Series(["T0", None, "T1", "T10"], dtype="string"),
        "areas": pd.Series(["ai=3|hpc", "ai_x", None, "ai"], dtype="string"),
        "start": pd.to_datetime(pd.Series(["2024-01-31", None, "2024-12-01", "2025-01-01"])).astype("datetime64[s]"),
        "end": pd.to_datetime(pd.Series(["2024-02-01", "2024-02-01", None, "2024-01-01"])).astype("datetime64[s]"),
        "done": pd.Series([True, False, None, True], dtype="boolean"),
    }


def value(text: str) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = parse(text).evaluate(columns(), pd.RangeIndex(4))
    return [None if pd.isna(item) else item for item in result]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price / paid", [2.0, None, None, None]),
        ("1 / price", [1.0, None, None, 1 / 9007199254740992]),
        ("price / 0 > 1", [None, None, None, None]),
        ("paid / 0 > 1 or done", [True, None, None, True]),
        ("0 / 0 == 1", [None] * 4),
        ("price * price > 0", [True, False, None, True]),  # 64 bits would overflow
        ("1000000000000000 * 1000000000000000 * price > price", [True, False, None, True]),
        ("0 < price <= 1", [True, False, None, False]),
        ("1 < 2 < price", [False, False, None, True]),
        ("wave not in ('T1', 'T2')", [True, None, False, True]),
        ("'ai' in areas", [True, False, None, True]),
        ("'ai' not in areas", [False, True, None, False]),
        ("end - start", [1.0, None, None, -366.0]),
        ("start >= '2024-12-01'", [False, None, True, True]),
        ("'2024-12-01' == start", [False, None, True, False]),
        ("start != None and end == None", [False, False, True, False]),
        ("not done", [False, True, None, False]),
        ("done and wave == None", [False, False, False, False]),
        ("True", [True] * 4),
        ("-price < 0", [True, False, None, True]),
    ],
)
def test_values(text: str, expected: list[Any]) -> None:
    assert value(text) == expected


numbers = st.sampled_from(["price", "paid", "1", "0", "2.5", "1000000000000000"])
amounts = st.recursive(
    numbers, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner), max_leaves=4
)
comparisons = st.one_of(
    st.builds("{} {} {}".format, amounts, st.sampled_from(["<", "<=", "==", "!=", ">"]), amounts),
    st.builds(
        "{} {} ({},)".format,
        st.sampled_from(["price", "paid"]),
        st.sampled_from(["in", "not in"]),
        st.sampled_from("12"),
    ),
    st.sampled_from(
        ["wave == 'T0'", "wave in ('T0', 'T1')", "'ai' in areas", "start < end", "done", "end - start > 3"]
    ),
    st.builds("{} {} None".format, st.sampled_from(sorted(columns())), st.sampled_from(["==", "!=", "is", "is not"])),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(conditions)
def test_what_fits_together_can_be_evaluated(text: str) -> None:
    try:
        expression: Expression = parse(text)
    except ValueError:
        return  # beyond the bounds
    kind, problems = type_problems(expression, KINDS, ["condition"])
    assert kind == "condition"
    assert all("divides by zero" in problem for problem in problems)
    assert len(value(text)) == 4


words = st.lists(
    st.sampled_from(["a", "price", "1", "'x'", "(", ")", "[", "]", ".", ",", "and", "or", "not", "in", "is", "None",
                     "lambda", "**", "*", "/", "<", "==", ":", "if", "else", "for", "@", "~", "\\", "{", "}", "=",
                     "await", "0x"]),
    max_size=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(words)
def test_any_text_is_a_rule_or_refused_with_words(parts: list[str]) -> None:
    try:
        expression = parse(" ".join(parts))
    except ValueError as fault:
        assert "rule" in str(fault)
        return
    type_problems(expression, KINDS)
