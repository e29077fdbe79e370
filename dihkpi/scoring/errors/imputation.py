"""Multiple imputation of missing answers by a hot deck, and the error that it adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.errors.estimate import Estimates
from dihkpi.scoring.nodes import compute
from dihkpi.scoring.wide import NodeScores

Matrix = npt.NDArray[np.float64]
Answers = npt.NDArray[np.int8]
Positions = npt.NDArray[np.intp]


def imputed_columns(scores: NodeScores) -> Positions:
    """Items below lowest nodes that leave missing answers out: the ones whose missing answers can be filled."""
    dropped = [bound.columns for bound in scores.tree.nodes if not bound.children and bound.node.missing == "drop"]
    if scores.tree.scoring.item_points or not len(scores.answers) or not dropped:
        return np.empty(0, dtype=np.intp)
    return np.unique(np.concatenate(dropped))


def completed(scores: NodeScores, times: int, donors: int, seed: int) -> Iterator[Matrix]:
    """Scores at every node with missing answers filled in, again and again.

    Parameters
    ----------
    scores : NodeScores
        With their answers.
    times : int
        How many completed tables.
    donors : int
        Respondents with near scores who may lend an answer to each other, at least.
    seed : int

    Yields
    ------
    numpy.ndarray, shape (rows, nodes)

    Notes
    -----
    Respondents of a wave are put in order by the score they have, and cut into classes. A missing answer becomes the
    answer of somebody of the class who answered the item. Each time the donors of a class are first drawn anew from
    themselves (approximate Bayesian bootstrap; Rubin and Schenker 1986), so that what is not known of their
    distribution counts too. Who answered nothing stays missing. Nodes where a missing answer counts 0 see the answers
    as they are.
    """
    columns = imputed_columns(scores)
    rng = np.random.default_rng([seed, times])
    some = np.any(scores.answers >= 0, axis=1, keepdims=True)
    holes = (scores.answers[:, columns] < 0) & some
    rows = np.flatnonzero(holes.any(axis=1))
    classes = _classes(scores, donors)
    width = max((len(codes) for codes in scores.tree.codes.values()), default=1)
    plans = [_plan(scores.answers[:, column], holes[:, i], classes, width) for i, column in enumerate(columns)]
    for _ in range(times):
        filled = scores.answers[rows].copy()
        for i, column in enumerate(columns):
            mine = holes[rows, i]
            if mine.any():
                filled[mine, column] = _lend(*plans[i], rng)
        value = scores.value.copy(order="F")
        value[rows] = _values(scores, scores.answers[rows], filled)
        yield value


def _classes(scores: NodeScores, donors: int) -> Positions:
    """Class of near scores of every row: of the same wave, and of at least so many rows where there are as many."""
    waves = scores.wave_codes[0]
    score = scores.value[:, scores.tree.order.index("overall")]
    order = np.lexsort((np.where(np.isnan(score), -np.inf, score), waves))
    sizes = np.bincount(waves)
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    many = np.maximum(sizes // donors, 1)
    first = np.cumsum(many) - many
    return np.asarray(first[waves] + place * many[waves] // sizes[waves], dtype=np.intp)


def _plan(
    answers: npt.NDArray[np.int8], holes: npt.NDArray[np.bool_], classes: Positions, width: int
) -> tuple[npt.NDArray[np.int64], Positions]:
    """How often each code was chosen in each class, and the class of every hole."""
    size, there = int(classes.max(initial=0)) + 1, answers >= 0
    counts = np.bincount(classes[there] * width + answers[there], minlength=size * width).reshape(size, width)
    # A class without a donor borrows from all.
    counts = np.where(counts.sum(axis=1, keepdims=True) > 0, counts, counts.sum(axis=0))
    return counts, classes[holes]


def _lend(counts: npt.NDArray[np.int64], classes: Positions, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """A code for each hole: donors drawn anew from each class, then one of them."""
    n = counts.sum(axis=1)
    if not n.any():
        return np.full(len(classes), -1, dtype=np.int8)
    drawn = rng.multinomial(n, counts / n[:, None])
    reach = np.cumsum(drawn, axis=1)[classes] / n[classes, None]
    return np.asarray((rng.random(len(classes))[:, None] >= reach).sum(axis=1), dtype=np.int8)


def _values(scores: NodeScores, answers: Answers, filled: Answers) -> Matrix:
    results = compute(scores.tree, answers, filled)
    low, high = scores.scales
    return np.column_stack([results[code].share for code in scores.tree.order]) * (high - low) + low


def pooled(tables: Iterator[Matrix], estimate: Callable[[Matrix], Estimates]) -> tuple[Estimates, Matrix, Matrix]:
    """Estimates of the completed tables put together by Rubin's rules.

    Parameters
    ----------
    tables : iterator of numpy.ndarray, shape (rows, nodes)
    estimate : callable
        Means of groups with their sampling error.

    Returns
    -------
    within : Estimates
        Mean of the values, with the mean sampling variance.
    between : numpy.ndarray, shape (groups, nodes)
        ``(1 + 1/m) B``, the variance that imputation adds.
    df : numpy.ndarray, shape (groups, nodes)
        Degrees of freedom of both together.

    Notes
    -----
    Rubin (1987): total variance ``T = W + (1 + 1/m) B``; degrees of freedom of Barnard and Rubin (1999),
    ``1 / (1/v_m + 1/v_obs)`` with ``v_m = (m - 1) / g^2``, ``v_obs = (v + 1) / (v + 3) v (1 - g)`` and
    ``g = (1 + 1/m) B / T``; v alone where nothing was filled.
    """
    found = [estimate(table) for table in tables]
    m = len(found)
    values, variances = np.stack([f.value for f in found]), np.stack([f.variance for f in found])
    within = variances.mean(axis=0)
    between = (1 + 1 / m) * values.var(axis=0, ddof=1)
    # By replications there are no degrees of freedom; what was drawn less one stands for them.
    v = np.where(np.isnan(found[0].df) & (found[0].units > 1), found[0].units - 1, found[0].df)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = between / (within + between)
        df = 1 / (g**2 / (m - 1) + 1 / ((v + 1) / (v + 3) * v * (1 - g)))
    pooled_df = np.where(between > 0, df, found[0].df)
    return replace(found[0], value=values.mean(axis=0), variance=within), between, pooled_df
