"""Declared programmes: from the gross figure of an indicator to what the programme added, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.plan import VERDICTS
from dihkpi.definitions.programme import Programme
from dihkpi.errors import hint_for
from dihkpi.indicators.cause.programme import Net, deadweight_from_answers, net_additional
from dihkpi.indicators.cause.result import ANSWERS, NAN, Effect, no_effect

if TYPE_CHECKING:
    import pandas as pd


def net_of(
    programme: Programme,
    gross: Effect,
    level: float,
    *,
    records: pd.DataFrame | None = None,
    effects: pd.DataFrame | None = None,
    cluster: str | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> Net:
    """A programme of an ``analysis.yaml``, from its gross figure to what it added.

    Deadweight is taken off once: where question and analysis are both given, by the one that ``net_of`` names.

    Parameters
    ----------
    programme : Programme
    gross : Effect
        The gross figure of its indicator; exact where it is a complete count.
    level : float
    records : pandas.DataFrame, optional
        Rows behind the gross figure, with the column of the counterfactual question; needed for ``question``.
    effects : pandas.DataFrame, optional
        The table ``effects`` of the plan; needed for ``analysis``.
    cluster : str, optional
        Column of the records whose equal values hang together, such as the customer.
    draws, seed : int
    """
    deadweight = deadweights(programme, level, records=records, effects=effects, cluster=cluster)
    taken = deadweight[programme.deadweight()]
    return net_additional(gross, {"deadweight": taken, **programme.declared()}, level, draws=draws, seed=seed)


def deadweights(
    programme: Programme,
    level: float,
    *,
    records: pd.DataFrame | None = None,
    effects: pd.DataFrame | None = None,
    cluster: str | None = None,
) -> dict[str, Effect]:
    """The share that would have come anyway, by each way that the programme names: ``question``, ``analysis``."""
    found = {}
    if programme.question is not None:
        found["question"] = _asked(programme, records, level, cluster)
    if programme.analysis is not None:
        found["analysis"] = _modelled(programme, effects)
    return found


def _asked(programme: Programme, records: pd.DataFrame | None, level: float, cluster: str | None) -> Effect:
    question = programme.question
    assert question is not None
    if records is None:
        return no_effect("deadweight", "no records with the counterfactual question")
    for name in (question.column, question.amount, cluster):
        if name is not None and name not in records:
            hint = hint_for(name, list(records.columns))
            return no_effect("deadweight", f"the records have no column '{name}' ({hint})")
    answers = records[question.column].astype(object)
    return deadweight_from_answers(
        answers.where(answers.notna(), None),
        question.weights,
        level,
        amounts=records[question.amount].to_numpy(dtype=float, na_value=NAN) if question.amount else None,
        clusters=records[cluster] if cluster else None,
    )


def _modelled(programme: Programme, effects: pd.DataFrame | None) -> Effect:
    """The row ``deadweight`` of an analysis, unless it lacks a comparison."""
    found = None if effects is None else effects[effects["analysis"] == programme.analysis]
    rows = found[found["term"] == "deadweight"] if found is not None else None
    if found is None or rows is None or rows.empty:
        return no_effect("deadweight", f"the analysis '{programme.analysis}' gives no effect against a comparison")
    row = rows.iloc[0]
    if row["status"] not in ("ok", "u"):
        return no_effect("deadweight", str(row["reason"]))
    answer = Effect("deadweight", row["estimate"], row["se"], row["df"], row["lo"], row["hi"], method=row["method"])
    for caveat in _caveats(found, float(row["estimate"])):
        answer = answer.warned(caveat)
    return answer


def _caveats(analysis: pd.DataFrame, deadweight: float) -> Iterator[str]:
    """What a reader must know of a deadweight that a model gives: it is as good as the effect behind it."""
    effect = analysis[analysis["term"].isin(ANSWERS)]
    if len(effect) and effect["verdict"].iloc[0] != VERDICTS[-1]:
        yield f"the effect behind it is {effect['verdict'].iloc[0]}"
    if len(effect) and effect["status"].iloc[0] == "u":
        yield str(effect["reason"].iloc[0])
    if not 0 <= deadweight <= 1:
        yield f"{deadweight:.2f} lies outside of 0 to 1, and no less than nothing and no more than all can be taken off"


def steps(net: Net) -> pd.DataFrame:
    """Every factor of a net figure as a row, the net figure last with its status and reason."""
    import pandas as pd

    names = ["step", "value", "lo", "hi", "left", "source"]
    rows = [(step.name, step.value, step.lo, step.hi, step.left, step.source) for step in net.factors]
    if not rows:
        rows = [("net", NAN, NAN, NAN, NAN, "")]
    last = rows[-1][0]
    frame = pd.DataFrame(rows, columns=names)
    frame["status"] = np.where(frame["step"] == last, net.net.status, "ok")
    frame["reason"] = np.where(frame["step"] == last, net.net.reason, "")
    return frame
