"""Answers as the scoring takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd
import pytest

from dihkpi.definitions import Survey

Answers = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def answers() -> Answers:
    """Make accepted rows of the answers form of a survey: one mapping of item to code per respondent."""

    def make(survey: Survey, people: Iterable[Mapping[str, str | None]]) -> pd.DataFrame:
        people = list(people)
        form = next(form for form in survey.forms.values() if form.kind == "answers")
        columns: dict[str, object] = {"respondent": pd.array([f"r{i:03}" for i in range(len(people))], dtype="str")}
        if form.wave:
            columns[form.wave] = pd.array(["T0"] * len(people), dtype="str")
        for item in form.items:
            codes = list(survey.answer_types[item.type].codes)
            columns[item.code] = pd.Categorical([person.get(item.code) for person in people], categories=codes)
        return pd.DataFrame(columns)

    return make
