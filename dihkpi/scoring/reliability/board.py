"""The values of a survey laid out for its quality card: a column per item of each lowest node, and one per node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import values_form
from dihkpi.definitions.scoring import Scoring
from dihkpi.errors import UsageError, hint_for
from dihkpi.scoring.points import awarded_matrix, compute_points
from dihkpi.scoring.reliability.moments import Matrix, Vector
from dihkpi.scoring.rollup import roll_up
from dihkpi.scoring.score import answer_matrix, compute
from dihkpi.scoring.steps import apply_steps
from dihkpi.scoring.tree import bind
from dihkpi.scoring.values import read_numbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Board:
    """What is known of every respondent of one wave.

    Parameters
    ----------
    wave : str or None
    scoring : Scoring
    children : mapping of str to tuple of str
        Node to the items or nodes directly below it.
    columns : tuple of (str, str)
        Node and item of each of the first columns; an item of two nodes has two. Then follow the nodes, with ``""``.
    values : numpy.ndarray, shape (respondents, columns)
        NaN where there is none; observed values only, never those that were imputed.
    absent, apart : numpy.ndarray, shape (items of nodes,)
        Shares of all respondents without an answer, and with the answer that the item does not apply.
    low, high : numpy.ndarray, shape (items of nodes,)
        The lowest and the highest value that an item can have; what it has where it is a number.
    best : numpy.ndarray, shape (items of nodes,)
        What means are shares of; 1 where they are shown as they are.
    units : tuple of str
        Unit of each column.
    labels : mapping of str to str
        Of the items.
    """

    wave: str | None
    scoring: Scoring
    children: Mapping[str, tuple[str, ...]]
    columns: tuple[tuple[str, str], ...]
    values: Matrix
    absent: Vector
    apart: Vector
    low: Vector
    high: Vector
    best: Vector
    units: tuple[str, ...]
    labels: Mapping[str, str]

    def below(self, node: str) -> list[int]:
        """Columns of what stands directly below a node."""
        place = {column: at for at, column in enumerate(self.columns)}
        inner = self.inner(node)
        return [place[(child, "") if inner else (node, child)] for child in self.children[node]]

    def items_below(self, node: str) -> frozenset[str]:
        """All items below a node."""
        if not self.inner(node):
            return frozenset(self.children[node])
        return frozenset().union(*(self.items_below(child) for child in self.children[node]))

    def inner(self, node: str) -> bool:
        """Whether nodes stand below it; a node of one item may have the code of its item."""
        return bool(self.scoring.nodes[node].of)

    def label(self, code: str, *, node: bool) -> str:
        """Label of a node or an item."""
        return self.scoring.nodes[code].label if node else self.labels.get(code) or code


def lay_out(
    answers: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    options: Mapping[str, str] | None = None,
    wave: str | None = None,
) -> Board:
    """The board of one wave of a survey, by default of the first that has rows.

    Raises
    ------
    UsageError
        When nobody has answered in the wave.
    """
    form = values_form(survey)
    if form is not None:
        return _of_numbers(answers, survey, definitions, options, wave)
    form = survey.answered()
    order = list(definitions.codelists[survey.waves].codes) if survey.waves else []
    if form.wave:
        wave = _wave(wave, answers[form.wave].dropna().astype("str").unique().tolist(), order)
        answers = answers[answers[form.wave].astype("str") == wave] if wave is not None else answers
    answers = answers.sort_values("respondent", kind="stable", ignore_index=True)  # sums in one order only
    return _of_answers(answers, survey, options, wave if form.wave else None)


def _wave(wanted: str | None, there: list[str], order: list[str]) -> str | None:
    known = sorted(there, key=lambda name: (order.index(name) if name in order else len(order), name))
    if wanted is None:
        return known[0] if known else None
    if wanted not in known:
        raise UsageError(f"nobody has answered in the wave '{wanted}'\n  {hint_for(wanted, known, 'waves')}")
    return wanted


def _of_answers(answers: pd.DataFrame, survey: Survey, options: Mapping[str, str] | None, wave: str | None) -> Board:
    tree = bind(survey, survey.scoring(options))
    in_points = bool(tree.scoring.item_points)
    chosen, awarded = answer_matrix(survey, answers), awarded_matrix(tree, answers)
    results = compute_points(tree, chosen, awarded) if in_points else compute(tree, chosen)
    lowest = [bound for bound in tree.nodes if not bound.children]
    columns, values, ranges, absent, apart = [], [], [], [], []
    for bound in lowest:
        codes, stated = chosen[:, bound.columns], awarded[:, bound.columns]
        earned = bound.points[np.arange(len(bound.columns)), codes]  # -1 picks the last entry, which is NaN
        earned = np.where(np.isnan(stated), earned, stated)
        columns += [(bound.code, tree.items[column].code) for column in bound.columns]
        values.append(earned)
        possible = bound.points[:, :-1]
        there = ~np.isnan(possible)
        ranges.append(np.column_stack([
            np.where(there, possible, np.inf).min(axis=1), np.where(there, possible, -np.inf).max(axis=1),
        ]))  # fmt: skip
        gone = np.isnan(earned)
        absent.append(_share(gone & (codes < 0)))
        apart.append(_share(gone & (codes >= 0)))
    nodes = [results[code].points if in_points else results[code].share for code in tree.order]
    low, high = np.vstack(ranges).T
    return Board(
        wave, tree.scoring, {b.code: b.children or tuple(tree.items[c].code for c in b.columns) for b in tree.nodes},
        (*columns, *((code, "") for code in tree.order)), np.column_stack([*values, *nodes]),
        np.concatenate(absent), np.concatenate(apart), low, high,
        high if in_points else np.ones(len(high)), ("",) * (len(columns) + len(nodes)),
        {item.code: item.label for item in tree.items},
    )  # fmt: skip


def _share(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Vector:
    return np.asarray(flags.mean(axis=0)) if len(flags) else np.full(flags.shape[1], np.nan)


def _of_numbers(
    values: pd.DataFrame, survey: Survey, definitions: Definitions, options: Mapping[str, str] | None,
    wave: str | None,
) -> Board:  # fmt: skip
    """A composite after its last step: normalised values, of units and items that no screen has set aside."""
    scoring, form = survey.scoring(options), values_form(survey)
    assert form is not None
    numbers = read_numbers(values, form, scoring)
    state = apply_steps(numbers, scoring, definitions.value("outliers"))
    rolled = roll_up(state, scoring)
    rows = np.ones(len(numbers.unit), dtype=bool)
    if numbers.periods:
        wave = _wave(wave, list(numbers.periods), list(numbers.periods))
        rows = numbers.period == numbers.periods.index(str(wave))
    table = np.where(state.imputed, np.nan, state.values)[rows]
    columns = [(code, c) for code in scoring.nodes if not scoring.nodes[code].of for c in rolled[code].children]
    items = table[:, [numbers.items.index(item) for _, item in columns]]
    nodes = np.column_stack([rolled[code].values[rows] for code in scoring.nodes])
    there = ~np.isnan(items)
    # No unit has an item that does not apply, so whatever is not there is missing.
    return Board(
        wave if numbers.periods else None, scoring, {code: rolled[code].children for code in scoring.nodes},
        (*columns, *((code, "") for code in scoring.nodes)), np.column_stack([items, nodes]),
        1 - there.mean(axis=0), np.zeros(len(columns)), np.where(there, items, np.inf).min(axis=0, initial=np.inf),
        np.where(there, items, -np.inf).max(axis=0, initial=-np.inf), np.ones(len(columns)),
        (*(_unit(scoring, item) for _, item in columns), *("" for _ in scoring.nodes)),
        {name: item.label or name for name, item in scoring.items.items()},
    )  # fmt: skip


def _unit(scoring: Scoring, item: str) -> str:
    """What a number is after the last step: items that the same normalisations have made have one unit."""
    done = [step for step in scoring.steps if step.step == "normalise" and (not step.items or item in step.items)]
    return "; ".join(f"{s.method} {s.range} {s.mean} {s.deviation}" for s in done) or item
