"""Small questionnaires, their answers, and who belongs where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Survey

Make = Callable[..., Survey]


@pytest.fixture(scope="session")
def questions() -> Make:
    """A survey of nodes with so many items each, answered 0 to 5; fields of the nodes by their code."""

    def make(
        sizes: Mapping[str, int], uncertainty: Mapping[str, Any] | None = None, most: int = 5, wave: bool = True,
        **fields: Mapping[str, Any],
    ) -> Survey:  # fmt: skip
        items = [
            {"code": f"{node}{i}", "question": node, "type": "scale", "label": node}
            for node, size in sizes.items()
            for i in range(size)
        ]
        codes = {str(code): str(code) for code in range(most + 1)}
        nodes = {node: {"label": node, "items": {"question": [node]}} | fields.get(node, {}) for node in sizes}
        overall = {"label": "all", "of": list(sizes), "bands": "halves"} | fields.get("overall", {})
        form = {"title": "Answers", "kind": "answers", "key": ["respondent"], "items": items,
                "columns": {"wave": {"type": "text"}}, "wave": "wave" if wave else None,
                "respondent": {"kind": "sme", "name": "respondent"}}  # fmt: skip
        return Survey.model_validate({
            "survey": "small", "version": "v1", "title": "Small", "reference": "made for a test",
            "answer_types": {"scale": {"codes": codes}}, "forms": {"answers": form},
            "raw_scoring": {
                "reference": "made for a test", "nodes": {**nodes, "overall": overall},
                "points": {"scale": {code: int(code) / most for code in codes}},
                "bands": {"halves": {"edges": [50], "codes": {"low": "low", "high": "high"}}},
                "uncertainty": uncertainty or {},
            },
        })  # fmt: skip

    return make


@pytest.fixture(scope="session")
def given() -> Callable[..., pd.DataFrame]:
    """Typed answers: one row of codes per respondent, -1 where there is none; several waves below one another."""

    def make(survey: Survey, codes: Sequence[Sequence[int]], waves: Sequence[str] = ("T0",)) -> pd.DataFrame:
        matrix = np.asarray(codes)
        people = len(matrix) // len(waves)
        names = [f"r{i:04}" for i in range(people)] * len(waves)
        form = survey.forms["answers"]
        columns: dict[str, Any] = {"respondent": pd.array(names, dtype="str")}
        if form.wave:
            columns["wave"] = pd.array(np.repeat(waves, people), dtype="str")
        kind = pd.CategoricalDtype(list(survey.answer_types["scale"].codes))
        for at, item in enumerate(form.items):
            columns[item.code] = pd.Categorical.from_codes(matrix[:, at], dtype=kind)
        return pd.DataFrame(columns)

    return make


@pytest.fixture(scope="session")
def belong() -> Callable[..., pd.DataFrame]:
    """The groups of respondents: a hub each, and further columns."""

    def make(hubs: Sequence[str | None], **columns: Sequence[Any]) -> pd.DataFrame:
        names = [f"r{i:04}" for i in range(len(hubs))]
        return pd.DataFrame({
            "respondent": pd.array(names, dtype="str"), "hub": pd.array(hubs, dtype="str"), **columns,
        })  # fmt: skip

    return make


@pytest.fixture(scope="session")
def pick() -> Callable[..., pd.Series]:
    """The one row of a table with these values in its columns."""

    def find(table: pd.DataFrame, **where: Any) -> pd.Series:
        rows = table
        for column, value in where.items():
            rows = rows[rows[column] == value]
        assert len(rows) == 1, f"{len(rows)} rows with {where}"
        return rows.iloc[0]

    return find
