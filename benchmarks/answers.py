"""Questionnaires and typed answers made in memory, for benchmarks of scores from answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dihkpi.definitions import Survey

CODES = tuple("012345")


def questionnaire(sizes: Mapping[str, int], uncertainty: Mapping[str, Any] | None = None, **node: Any) -> Survey:
    """A survey whose nodes have so many items each, answered 0 to 5, and whose root is the mean of its nodes.

    Parameters
    ----------
    sizes : mapping of str to int
        Node to the number of its items.
    uncertainty : mapping, optional
        The field ``uncertainty`` of its scoring.
    **node
        Further fields of every lowest node, such as ``missing``.
    """
    items = [
        {"code": f"{name}_{i}", "question": name, "type": "scale", "label": f"{name} {i}"}
        for name, size in sizes.items()
        for i in range(size)
    ]
    form = {
        "title": "Answers", "kind": "answers", "key": ["respondent", "wave"], "wave": "wave", "items": items,
        "columns": {"wave": {"type": "text"}}, "respondent": {"kind": "sme", "name": "respondent"},
    }  # fmt: skip
    nodes: dict[str, Any] = {
        name: {"label": name, "items": {"question": [name]}, "bands": "quarters", **node} for name in sizes
    }
    nodes["overall"] = {"label": "Overall", "of": list(sizes), "bands": "quarters"}
    return Survey.model_validate({
        "survey": "made", "version": "v1", "title": "Made", "reference": "made for benchmarks",
        "answer_types": {"scale": {"codes": {code: code for code in CODES}}}, "forms": {"answers": form},
        "raw_scoring": {
            "reference": "made for benchmarks", "nodes": nodes, "uncertainty": dict(uncertainty or {}),
            "points": {"scale": {code: int(code) / 5 for code in CODES}},
            "bands": {"quarters": {"edges": [25, 50, 75], "codes": {c: c for c in ("a", "b", "c", "d")}}},
        },
    })  # fmt: skip


def typed(
    survey: Survey, respondents: npt.NDArray[np.object_], waves: npt.NDArray[np.object_], chosen: npt.NDArray[np.int8]
) -> pd.DataFrame:
    """Rows as they come from reading: text, and a categorical per item.

    Parameters
    ----------
    survey : Survey
    respondents, waves : numpy.ndarray of str, shape (rows,)
    chosen : numpy.ndarray of int8, shape (rows, items)
        Position of the answer in the codes of its type, -1 where there is none.
    """
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    kinds = {name: pd.CategoricalDtype(list(kind.codes)) for name, kind in survey.answer_types.items()}
    columns: dict[str, Any] = {"respondent": pd.array(respondents, dtype="str")}
    if form.wave:
        columns[form.wave] = pd.array(waves, dtype="str")
    for at, item in enumerate(form.items):
        columns[item.code] = pd.Categorical.from_codes(chosen[:, at], dtype=kinds[item.type])
    return pd.DataFrame(columns)
