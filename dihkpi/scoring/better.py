"""Answers that could be better: what each would bring to the value of a node, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.scoring import Bands
from dihkpi.scoring.points import compute_points
from dihkpi.scoring.results import band_of
from dihkpi.scoring.score import compute
from dihkpi.scoring.tree import BoundNode, Tree

Answers = npt.NDArray[np.int8]
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
_STACKED = 100_000
"""Rows that are computed at once."""


@dataclass(frozen=True)
class Goal:
    """One node with bands, for some respondents.

    Parameters
    ----------
    tree : Tree
        Cut down to the node and what is below it.
    code : str
    bands : Bands
    items : numpy.ndarray of int
        Columns of the items that decide the value: those below, and those that knock something out.
    codes : int
        Most codes of an answer type.
    applicable : numpy.ndarray of bool, shape (items, codes)
        Whether an answer counts; one that means 'not applicable' does not.
    worth : numpy.ndarray, shape (items, codes)
        What an answer earns, summed over the nodes in which the item stands; the best answer earns most.
    effort : numpy.ndarray, shape (items,)
        Of one step up.
    """

    tree: Tree
    code: str
    bands: Bands
    items: Places
    applicable: Flags
    worth: Matrix
    effort: Vector

    @classmethod
    def of(cls, tree: Tree, code: str) -> Goal:
        """The goal of a node that has bands."""
        bands = tree.bands(code)
        assert bands is not None
        nodes = tuple(_below(tree, code))
        columns = {int(column) for node in nodes for column in node.columns}
        columns |= {tree.position(k.item, k.code)[0] for node in nodes for k in node.node.knockout}
        items = np.array(sorted(columns), dtype=np.intp)
        widest = max(len(codes) for codes in tree.codes.values())
        place = {int(column): row for row, column in enumerate(items)}
        worth, counts = np.zeros((len(items), widest)), np.zeros((len(items), widest), dtype=bool)
        for node in nodes:
            for column, points in zip(node.columns, node.points[:, :-1], strict=True):
                worth[place[int(column)]] += np.nan_to_num(points)
                counts[place[int(column)]] |= ~np.isnan(points)
        for column, code_ in (tree.position(k.item, k.code) for node in nodes for k in node.node.knockout):
            row = place[column]
            if not counts[row].any():
                counts[row, : len(tree.codes[tree.items[column].type])] = True
            worth[row, code_] = -1.0
        scoring = tree.scoring
        effort = [
            scoring.effort.get(tree.items[column].code, scoring.effort.get(tree.items[column].question, 1.0))
            for column in items
        ]
        return cls(replace(tree, nodes=nodes), code, bands, items, counts, worth, np.array(effort))

    def values(self, answers: Answers, awarded: Matrix) -> Vector:
        """Values of the node on its scale."""
        if self.tree.scoring.item_points:
            result = compute_points(self.tree, answers, awarded)[self.code]
        else:
            result = compute(self.tree, answers)[self.code]
        low, high = self.scale
        return np.asarray(low + result.share * (high - low))

    @property
    def scale(self) -> tuple[float, float]:
        """Value of the worst and of the best answers."""
        return self.tree.scoring.nodes[self.code].scale

    def position(self, values: Vector) -> Places:
        """Number of the band that values fall into, from 0."""
        codes = {code: place for place, code in enumerate(self.bands.codes)}
        return np.array([codes.get(code, -1) for code in band_of(values, self.bands)], dtype=np.intp)

    def efforts(self, now: Answers) -> Matrix:
        """Effort from each answer to every other; infinite where there is no such step.

        Returns
        -------
        numpy.ndarray, shape (respondents, items, codes)
            Steps between the two among the answers that count, 1 at least from no answer, times the effort of a step.
        """
        order = np.cumsum(self.applicable, axis=1) - 1.0
        before = np.where(now < 0, 0.0, np.take_along_axis(order, np.maximum(now, 0).T, axis=1).T)
        steps = np.abs(order[None] - before[:, :, None])
        steps = np.where((now < 0)[:, :, None], np.maximum(steps, 1.0), steps)
        possible = self.applicable[None] & self._counts(now)[:, :, None]
        return np.where(possible, steps * self.effort[None, :, None], np.inf)

    def _counts(self, now: Answers) -> Flags:
        """Whether an item is open to a better answer: not one that was answered with 'not applicable'."""
        return np.asarray((now < 0) | np.take_along_axis(self.applicable, np.maximum(now, 0).T, axis=1).T)


def _below(tree: Tree, code: str) -> Iterator[BoundNode]:
    """A node and all below it, children before parents."""
    wanted = {code}
    for bound in reversed(tree.nodes):
        if bound.code in wanted:
            wanted |= set(bound.children)
    yield from (bound for bound in tree.nodes if bound.code in wanted)


def changed(goal: Goal, answers: Answers, awarded: Matrix, columns: Places, codes: Answers) -> Vector:
    """Values after one change per row and variant, the changed answers stacked as rows.

    Parameters
    ----------
    answers, awarded : numpy.ndarray, shape (respondents, all items)
    columns : numpy.ndarray of int, shape (variants,)
        The item of the tree that each variant changes.
    codes : numpy.ndarray of int8, shape (variants, respondents)
        The new answers.

    Returns
    -------
    numpy.ndarray, shape (variants, respondents)
    """
    n = len(answers)
    result = np.empty(codes.shape)
    at_once = max(1, _STACKED // max(n, 1))
    for start in range(0, len(columns), at_once):
        part = columns[start : start + at_once]
        stacked = np.repeat(answers[None], len(part), axis=0)
        stated = np.repeat(awarded[None], len(part), axis=0)
        variants = np.arange(len(part))
        new = codes[start : start + at_once]
        stated[variants, :, part] = np.where(new == stacked[variants, :, part], stated[variants, :, part], np.nan)
        stacked[variants, :, part] = new
        flat = goal.values(stacked.reshape(-1, answers.shape[1]), stated.reshape(-1, answers.shape[1]))
        result[start : start + at_once] = flat.reshape(len(part), n)
    return result


def gains_alone(goal: Goal, answers: Answers, awarded: Matrix) -> Matrix:
    """What each answer in place of the given one would add by itself; 0 where there is no such step.

    Returns
    -------
    numpy.ndarray, shape (respondents, items, codes)
    """
    where = np.argwhere(goal.applicable)
    columns = goal.items[where[:, 0]]
    codes = np.repeat(where[:, 1].astype(np.int8)[:, None], len(answers), axis=1)
    found = np.zeros((len(answers), *goal.applicable.shape))
    values = changed(goal, answers, awarded, columns, codes)
    found[:, where[:, 0], where[:, 1]] = (values - goal.values(answers, awarded)).T
    return np.where(np.isfinite(goal.efforts(answers[:, goal.items])), found, 0.0)


@dataclass(frozen=True)
class Case:
    """Respondents below the highest band of a node.

    Parameters
    ----------
    goal : Goal
    rows : numpy.ndarray of int
        Which respondents they are.
    answers, awarded : numpy.ndarray, shape (cases, all items)
    efforts, gains : numpy.ndarray, shape (cases, items, codes)
        Of each answer in place of the given one, by itself.
    edges : numpy.ndarray, shape (cases,)
        What the value must be above.
    """

    goal: Goal
    rows: Places
    answers: Answers
    awarded: Matrix
    efforts: Matrix
    gains: Matrix
    edges: Vector

    @property
    def now(self) -> Answers:
        """Given answers to the items of the goal."""
        return self.answers[:, self.goal.items]

    def at(self, cases: Places) -> Case:
        """Some of the cases."""
        return Case(
            self.goal, self.rows[cases], self.answers[cases], self.awarded[cases], self.efforts[cases],
            self.gains[cases], self.edges[cases],
        )  # fmt: skip

    def alone(self, state: Answers) -> Matrix:
        """What the answer to each item in a state adds by itself."""
        return np.take_along_axis(self.gains, np.maximum(state, 0)[:, :, None].astype(np.intp), 2)[:, :, 0]

    def values(self, state: Answers, cases: Places | None = None) -> Vector:
        """Values with other answers to the items of the goal."""
        which = np.arange(len(self.rows)) if cases is None else cases
        answers, awarded = self.answers[which].copy(), self.awarded[which].copy()
        other = answers[:, self.goal.items] != state
        answers[:, self.goal.items] = state
        awarded[:, self.goal.items] = np.where(other, np.nan, awarded[:, self.goal.items])
        return self.goal.values(answers, awarded)

    def reached(self, state: Answers, cases: Places | None = None) -> Flags:
        """Whether the value is in a higher band."""
        edges = self.edges if cases is None else self.edges[cases]
        return np.asarray(np.round(self.values(state, cases), 9) > edges)

    def cost(self, state: Answers) -> Matrix:
        """Effort of the answers of a state, per item."""
        spent = np.take_along_axis(self.efforts, np.maximum(state, 0)[:, :, None].astype(np.intp), 2)[:, :, 0]
        return np.where(state == self.now, 0.0, spent)


def open_cases(goal: Goal, matrix: Answers, awarded: Matrix, rows: Places) -> Case:
    """Those of some respondents who have a score below the highest band."""
    values = goal.values(matrix[rows], awarded[rows])
    band = goal.position(values)
    open_ = (band >= 0) & (band < len(goal.bands.edges))
    rows, band = rows[open_], band[open_]
    given, stated = matrix[rows], awarded[rows]
    efforts = goal.efforts(given[:, goal.items])
    gains = gains_alone(goal, given, stated) if len(rows) else np.zeros(efforts.shape)
    return Case(goal, rows, given, stated, efforts, gains, np.array(goal.bands.edges)[band])
