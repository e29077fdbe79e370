"""Better answers that reach a band where gains do not add up: from all best answers back, leaving out what can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.better import Answers, Case, changed

Matrix = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def leave_out(case: Case, best: Answers, cases: Places) -> Answers:
    """From all best answers back: each item as low as the band allows, those with least gain for their effort first.

    Two orders are tried, by what a step adds to the given answers, and by what the best answers lose without it; the
    cheaper result counts.
    """
    chosen, now = best[cases], case.now[cases]
    moved = chosen != now
    spent = np.where(moved, case.cost(best)[cases], 1.0)
    alone = np.take_along_axis(case.gains[cases], np.maximum(chosen, 0)[:, :, None].astype(np.intp), 2)[:, :, 0]
    full, stated = case.answers[cases].copy(), case.awarded[cases].copy()
    full[:, case.goal.items] = chosen
    stated[:, case.goal.items] = np.where(moved, np.nan, stated[:, case.goal.items])
    without = changed(case.goal, full, stated, case.goal.items, now.T).T
    loss = np.nan_to_num(case.goal.values(full, stated)[:, None] - without, nan=np.inf)
    found = [_one_by_one(case, chosen, cases, np.where(moved, worth / spent, -np.inf)) for worth in (alone, loss)]
    costs = []
    for state in found:
        whole = case.now.copy()
        whole[cases] = state
        costs.append(case.cost(whole)[cases].sum(axis=1))
    return np.where((costs[0] <= costs[1] + 1e-12)[:, None], found[0], found[1]).astype(np.int8)


def _one_by_one(case: Case, best: Answers, cases: Places, rate: Matrix) -> Answers:
    state, now = best.copy(), case.now[cases]
    rows = np.arange(len(cases))
    order = np.lexsort((-np.arange(rate.shape[1])[None].repeat(len(rate), axis=0), rate), axis=1)
    for rank in range(rate.shape[1]):
        item = order[:, rank]
        efforts = case.efforts[cases[rows], item]
        limit = efforts[rows, np.maximum(state[rows, item], 0)]
        pending = state[rows, item] != now[rows, item]
        cheaper = np.argsort(efforts, axis=1, kind="stable")
        for attempt in range(-1, efforts.shape[1]):
            code = now[rows, item] if attempt < 0 else cheaper[:, attempt].astype(np.int8)
            price = np.zeros(len(rows)) if attempt < 0 else efforts[rows, code]
            trying = np.flatnonzero(pending & (price < limit - 1e-12))
            if not len(trying):
                continue
            trial = state[trying].copy()
            trial[np.arange(len(trying)), item[trying]] = code[trying]
            enough = trying[case.reached(trial, cases[trying])]
            state[enough, item[enough]] = code[enough]
            pending[enough] = False
    return state
