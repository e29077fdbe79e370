"""Worked examples beside the definitions: answers, and the scores that must come out of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import unit_column, values_form
from dihkpi.definitions.indicators import Example
from dihkpi.definitions.survey import NUMBERS, Form
from dihkpi.errors import ScoringWarning
from dihkpi.scoring.score import score

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-9


def run_examples(survey: Survey, definitions: Definitions) -> Iterator[tuple[str, list[str]]]:
    """Score every worked example of a survey.

    Yields
    ------
    name : str
    problems : list of str
        What differs from the expectation; empty when all is well.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Example]] = {}
    for example in survey.examples:
        groups.setdefault(tuple(sorted(example.options.items())), []).append(example)
    for options, examples in groups.items():
        frame = _answers(survey, examples)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoringWarning)  # of a few made-up rows
            scores = score(frame, survey, definitions, options=dict(options))
        for number, example in enumerate(examples):
            rows = scores[scores["code"] == f"{number:06d}"].set_index("dimension")
            yield example.name, list(_differences(rows, example))


def _answers(survey: Survey, examples: list[Example]) -> pd.DataFrame:
    import pandas as pd

    if (numbers := values_form(survey)) is not None:
        return _numbers(numbers, examples)
    form = survey.answered()
    columns: dict[str, object] = {"respondent": pd.array([f"{i:06d}" for i in range(len(examples))], dtype="str")}
    if form.wave:
        columns[form.wave] = pd.array(["T0"] * len(examples), dtype="str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        answers = [_answer(example, item.code, item.question, item.type) for example in examples]
        columns[item.code] = pd.Categorical(answers, categories=codes)
    return pd.DataFrame(columns)


def _numbers(form: Form, examples: list[Example]) -> pd.DataFrame:
    """One unit per example; those with the same switches are the units of one table."""
    import pandas as pd

    columns: dict[str, object] = {unit_column(form): [f"{i:06d}" for i in range(len(examples))]}
    if form.wave:
        columns[form.wave] = ["T0"] * len(examples)
    for name, column in form.columns.items():
        texts = [example.items.get(name) for example in examples]
        if name not in columns:
            kind = float if column.type in NUMBERS else str
            columns[name] = pd.Series([None if text is None else kind(text) for text in texts], dtype=kind)
    return pd.DataFrame(columns)


def _answer(example: Example, item: str, question: str, answer_type: str) -> str | None:
    by_item: Mapping[str, str | None] = example.items
    if item in by_item:
        return by_item[item]
    return example.questions.get(question, example.fill.get(answer_type))


def _differences(rows: pd.DataFrame, example: Example) -> Iterator[str]:
    values, bands = rows["value"].to_dict(), rows["band"].to_dict()
    for node, expected in example.expect.items():
        value = float(values[node])
        wanted = np.nan if expected is None else expected
        if not np.isclose(value, wanted, rtol=0, atol=TOLERANCE, equal_nan=True):
            yield f"{node}: {value!r} instead of {wanted!r}"
    for node, band in example.bands.items():
        if bands[node] != band:
            yield f"{node}: band {bands[node]} instead of {band}"
