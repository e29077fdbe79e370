"""What would lift a score to the next band, cheapest first: better answers, really recomputed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.errors import UsageError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.better import Answers, Case, Goal, open_cases
from dihkpi.scoring.cheapest import exact
from dihkpi.scoring.leaving_out import leave_out
from dihkpi.scoring.points import awarded_matrix
from dihkpi.scoring.results import band_of
from dihkpi.scoring.score import answer_matrix
from dihkpi.scoring.tree import bind

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_ABOVE = 6e-10
"""How far above an edge a value must be to fall into the next band: bands round to nine decimals."""
_AT_ONCE = 1000
"""Respondents that are looked at together; results do not depend on it."""


def lifts(
    answers: pd.DataFrame, survey: Survey, definitions: Definitions, *, options: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The better answers with the least effort that reach the next band, for every respondent and node with bands.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form.
    survey : Survey
    definitions : Definitions
        For the definition of the table.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.

    Returns
    -------
    pandas.DataFrame
        The table ``lifts``. Who is in the highest band, or has no score, has no row; where the best answers do not
        reach the next band, one row says so.

    Raises
    ------
    UsageError
        For a composite of numbers, which has no answers to improve.
    """
    import pandas as pd

    if values_form(survey) is not None:
        raise UsageError(f"survey {survey.survey} scores numbers: lifts are for surveys of answers")
    tree = bind(survey, survey.scoring(options))
    form = survey.answered()
    answers = answers.sort_values(["respondent", *filter(None, [form.wave])], kind="stable", ignore_index=True)
    matrix, awarded = answer_matrix(survey, answers), awarded_matrix(tree, answers)
    tables = []
    for code in tree.order:
        if tree.bands(code) is None:
            continue
        goal = Goal.of(tree, code)
        for start in range(0, len(answers), _AT_ONCE):
            rows = np.arange(start, min(start + _AT_ONCE, len(answers)))
            case = open_cases(goal, matrix, awarded, rows)
            if len(case.rows):
                tables.append(_lifted(case))
    empty = pd.DataFrame(
        {name: pd.Series(dtype="object") for name in definitions.tables["lifts"].columns} | {"row": []}
    )
    table = pd.concat(tables, ignore_index=True) if tables else empty
    place = table["dimension"].map({code: place for place, code in enumerate(tree.order)}).astype(float)
    table = table.iloc[np.lexsort((table["order"].astype(float), place, table["row"].astype(float)))]
    row = table["row"].to_numpy(dtype=np.intp)
    waves = answers[form.wave].astype("str").to_numpy(dtype=object)[row] if form.wave else None
    table = table.assign(
        level="respondent", code=answers["respondent"].to_numpy(dtype=object)[row], survey=survey.survey,
        version=survey.version, wave=waves,
    )  # fmt: skip
    return check_table(table.reset_index(drop=True), definitions.tables["lifts"], in_order=True)


def _lifted(case: Case) -> pd.DataFrame:
    """The steps of all cases, those first that cannot reach the band."""
    import pandas as pd

    best = _best(case)
    possible = case.reached(best)
    state, certain = _cheapest(case, best, possible)
    return pd.concat([_impossible(case, best, ~possible), _steps(case, state, possible, certain)], ignore_index=True)


def _best(case: Case) -> Answers:
    """The best answer to every item, by what it earns; the given one where that is as good, or a change would harm."""
    worth = np.where(np.isfinite(case.efforts), np.nan_to_num(case.goal.worth, nan=-np.inf)[None], -np.inf)
    highest = worth.max(axis=2, keepdims=True)
    near = np.where(worth == highest, case.efforts, np.inf)
    best = near.argmin(axis=2)
    gain = case.alone(best.astype(np.int8))
    stays = ~np.isfinite(near.min(axis=2)) | (gain < -1e-12)
    return np.where(stays, case.now, best).astype(np.int8)


def _cheapest(case: Case, best: Answers, possible: Flags) -> tuple[Answers, Flags]:
    """The state with the least effort, and whether that is certain: gains that add up are solved exactly."""
    now = case.values(case.now)
    summed = np.where(best == case.now, 0.0, case.alone(best)).sum(axis=1)
    additive = possible & (np.abs(case.values(best) - now - summed) <= 1e-9 * max(1.0, *map(abs, case.goal.scale)))
    state, certain = case.now.copy(), np.zeros(len(now), dtype=bool)
    where = np.flatnonzero(possible)
    codes = exact(case.gains[where], case.efforts[where], case.edges[where] + _ABOVE - now[where])
    if codes is not None and len(where):
        state[where] = np.where(codes >= 0, codes, state[where])
        certain[where] = additive[where] & case.reached(state[where], where)
    rest = np.flatnonzero(possible & ~certain)
    if len(rest):
        state[rest] = leave_out(case.at(rest), best[rest], state[rest])
    return state, certain


def _steps(case: Case, state: Answers, possible: Flags, certain: Flags) -> pd.DataFrame:
    """The steps in their order, with the value after each."""
    import pandas as pd

    goal, now = case.goal, case.now
    moved = (state != now) & possible[:, None]
    gain = case.alone(state)
    effort = case.cost(state)
    rate = np.where(moved, np.divide(gain, effort, out=np.zeros(gain.shape), where=moved), -np.inf)
    order = np.argsort(-np.round(rate, 12), axis=1, kind="stable")
    frames, current = [], now.copy()
    for step in range(int(moved.sum(axis=1).max(initial=0))):
        item = order[:, step]
        cases = np.flatnonzero(moved[np.arange(len(moved)), item] & (step < moved.sum(axis=1)))
        at = (cases, item[cases])
        current[at] = state[at]
        value = case.values(current[cases], cases)
        items = [goal.tree.items[column] for column in goal.items]
        codes = [np.array([*goal.tree.codes[item.type], None], dtype=object) for item in items]
        frames.append(pd.DataFrame({
            "row": case.rows[cases], "dimension": goal.code, "order": step + 1,
            "item": [items[place].code for place in at[1]], "label": [items[place].label for place in at[1]],
            "answer_now": [codes[place][code] for place, code in zip(at[1], now[at], strict=True)],
            "answer_then": [codes[place][code] for place, code in zip(at[1], state[at], strict=True)],
            "gain": gain[at], "value_after": value, "effort": effort[at],
            "band_after": band_of(value, goal.bands),
            "choice": np.where(certain[cases], "exact", "near").astype(object), "reason": None,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _impossible(case: Case, best: Answers, cases: Flags) -> pd.DataFrame:
    import pandas as pd

    where = np.flatnonzero(cases)
    value = case.values(best[where], where)
    edges = case.edges[where]
    reasons = [
        f"the best answers give {reached:g}, the next band starts above {edge:g}"
        for reached, edge in zip(value, edges, strict=True)
    ]
    return pd.DataFrame({
        "row": case.rows[where], "dimension": case.goal.code, "order": 0, "item": None, "label": None,
        "answer_now": None, "answer_then": None, "gain": np.nan, "value_after": value, "effort": np.nan,
        "band_after": band_of(value, case.goal.bands), "choice": None, "reason": reasons,
    })  # fmt: skip
