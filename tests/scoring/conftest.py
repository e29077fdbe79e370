"""Answers as the scoring takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import pytest

from dihkpi.definitions import Definitions, Survey
from dihkpi.scoring.composite import Composite, score_values

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


Score = Callable[..., Composite]


@pytest.fixture(scope="session")
def compose(definitions: Definitions) -> Score:
    """Score a frame of numbers; a tree of one node over all items unless nodes are given."""

    def call(
        frame: pd.DataFrame | Mapping[str, Any],
        steps: Iterable[Mapping[str, Any]] = (),
        items: Mapping[str, Mapping[str, Any]] | None = None,
        nodes: Mapping[str, Any] | None = None,
        wave: str | None = None,
        options: Mapping[str, str] | None = None,
        types: Mapping[str, str] | None = None,
        **scoring: Any,
    ) -> Composite:
        frame = pd.DataFrame(frame)
        if "unit" not in frame:
            frame = frame.assign(unit=[f"u{i:02}" for i in range(len(frame))])
        keys = ["unit", *filter(None, [wave])]
        items = items or {name: {} for name in frame.columns if name not in keys}
        nodes = nodes or {"overall": {"label": "All", "items": {"code": list(items)}}}
        columns = {name: {"type": (types or {}).get(name, "decimal")} for name in {**frame, **items}}
        form = {"title": "Values", "kind": "values", "key": keys, "wave": wave,
                "columns": columns | {key: {"type": "text"} for key in keys}}  # fmt: skip
        raw = {"reference": "ours", "level": "country", "items": items, "steps": list(steps), "nodes": nodes, **scoring}
        survey = Survey.model_validate({
            "survey": "index", "version": "v1", "title": "Index", "reference": "ours", "forms": {"values": form},
            "raw_scoring": raw,
        })  # fmt: skip
        return score_values(frame, survey, definitions, options=options)

    return call


@pytest.fixture(scope="session")
def root() -> Callable[..., dict[str, float]]:
    """Unit to the value of a node."""

    def call(found: Composite, dimension: str = "overall") -> dict[str, float]:
        rows = found.scores[found.scores["dimension"] == dimension]
        return dict(zip(rows["code"], rows["value"], strict=True))

    return call


@pytest.fixture(scope="session")
def survey_of() -> Callable[..., Survey]:
    """A survey with one form of values, whose columns are those of a frame."""

    def make(
        frame: pd.DataFrame, scoring: Mapping[str, Any], wave: str | None = None, key: Iterable[str] = ()
    ) -> Survey:
        keys = ["unit", *filter(None, [wave]), *key]
        text = {name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])}
        columns = {name: {"type": "text" if name in text else "decimal"} for name in frame}
        form = {"title": "Values", "kind": "values", "key": keys, "wave": wave, "columns": columns}
        return Survey.model_validate({
            "survey": "index", "version": "v1", "title": "Index", "reference": "ours", "forms": {"values": form},
            "raw_scoring": {"reference": "ours", "level": "country", **scoring},
        })  # fmt: skip

    return make
