"""Better answers that reach a band where gains do not add up: from all best answers back, leaving out what can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.better import Answers, Case, changed

Matrix = npt.NDArray[np.float64]


def leave_out(case: Case, best: Answers, guess: Answers) -> Answers:
    """From answers that are enough back: each item as low as the band allows, the least gain for its effort first.

    Three ways are tried, and the cheapest result counts: from all best answers by what a step adds to the given ones,
    from there by what the best answers lose without it, and from a guess, where that is enough.

    Parameters
    ----------
    case : Case
    best, guess : numpy.ndarray of int8, shape (cases, items)
    """
    start = np.where(case.reached(guess)[:, None], guess, best)
    ways = [(best, case.alone(best)), (best, _losses(case, best)), (start, case.alone(start))]
    found = np.stack([_one_by_one(case, first, worth) for first, worth in ways])
    costs = np.stack([np.round(case.cost(state).sum(axis=1), 9) for state in found])
    return np.asarray(found[costs.argmin(axis=0), np.arange(len(best))])


def _losses(case: Case, best: Answers) -> Matrix:
    """What the best answers lose where one item stays as it is."""
    answers, awarded = case.answers.copy(), case.awarded.copy()
    answers[:, case.goal.items] = best
    awarded[:, case.goal.items] = np.where(best != case.now, np.nan, awarded[:, case.goal.items])
    without = changed(case.goal, answers, awarded, case.goal.items, case.now.T).T
    return np.asarray(np.nan_to_num(case.goal.values(answers, awarded)[:, None] - without, nan=np.inf))


def _one_by_one(case: Case, first: Answers, worth: Matrix) -> Answers:
    state, now = first.copy(), case.now
    rows = np.arange(len(state))
    moved = state != now
    rate = np.where(moved, worth / np.where(moved, case.cost(state), 1.0), -np.inf)
    order = np.lexsort((-np.arange(rate.shape[1])[None].repeat(len(rate), axis=0), rate), axis=1)
    for rank in range(rate.shape[1]):
        item = order[:, rank]
        efforts = case.efforts[rows, item]
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
            enough = trying[case.reached(trial, trying)]
            state[enough, item[enough]] = code[enough]
            pending[enough] = False
    return state
