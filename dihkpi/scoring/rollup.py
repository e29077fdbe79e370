"""From normalised items up the tree to the root: weights, aggregation, and what each child contributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.crosscheck_composite import children_of
from dihkpi.definitions.scoring import Scoring
from dihkpi.scoring.aggregate import NUMERIC
from dihkpi.scoring.contribute import METHODS as CONTRIBUTIONS
from dihkpi.scoring.faults import UnfitError
from dihkpi.scoring.state import Flags, Matrix, State
from dihkpi.scoring.weight import METHODS as WEIGHTS

Vector = npt.NDArray[np.float64]
EXACT = 1e-9
"""How exactly contributions sum to the score, relative to its size."""
_NOT_NEGATIVE = ("geometric", "harmonic", "power_mean")
_KEEPS_THE_SCALE = ("mean", "geometric", "harmonic", "power_mean", "minimum", "median", "sum")


@dataclass(frozen=True)
class Rolled:
    """One node for all rows.

    Parameters
    ----------
    children : tuple of str
        Nodes or items directly below.
    below : frozenset of str
        All items below.
    values : numpy.ndarray, shape (rows,)
        NaN where there is no value.
    inputs, parts : numpy.ndarray, shape (rows, children)
        Values of the children, and what each adds to the value.
    weights : numpy.ndarray, shape (children,) or (rows, children)
    """

    children: tuple[str, ...]
    below: frozenset[str]
    values: Vector
    inputs: Matrix
    parts: Matrix
    weights: Matrix


def roll_up(state: State, scoring: Scoring) -> dict[str, Rolled]:
    """Values of all nodes, children before parents.

    Raises
    ------
    ScoringError
        When a method cannot work with the values of its children; the message names node and child.
    """
    columns = {name: state.values[:, place] for place, name in enumerate(state.numbers.items)}
    most = {name: _most_of_item(state, scoring, name) for name in state.numbers.items}
    below = {name: frozenset([name]) for name in state.numbers.items}
    rolled: dict[str, Rolled] = {}
    for code in _bottom_up(scoring, "overall"):
        children = children_of(scoring, code)
        place = f"scoring.yaml › nodes › {code}"
        inputs = np.column_stack([columns[child] for child in children])
        try:
            node = _Node(scoring, code, children, inputs, state, [most[child] for child in children])
            values, parts, weights = node.value()
        except UnfitError as fault:
            raise fault.at(place, children) from None
        columns[code], most[code] = values, node.most_of_all(weights)
        below[code] = frozenset().union(*(below[child] for child in children))
        rolled[code] = Rolled(children, below[code], values, inputs, parts, weights)
    return rolled


def _bottom_up(scoring: Scoring, code: str) -> list[str]:
    return [*(below for child in scoring.nodes[code].of for below in _bottom_up(scoring, child)), code]


def _most_of_item(state: State, scoring: Scoring, name: str) -> float | None:
    """The greatest value an item can have: the top of the last normalisation, or its higher goalpost."""
    if state.normalised[:, state.numbers.items.index(name)].any():
        steps = [s for s in scoring.steps if s.step == "normalise" and (not s.items or name in s.items)]
        return None if steps[-1].method in ("z_score", "rank") else steps[-1].range[1]
    return scoring.items[name].high


class _Node:
    """The computation of one node."""

    def __init__(
        self, scoring: Scoring, code: str, children: tuple[str, ...], inputs: Matrix, state: State,
        most: list[float | None],
    ) -> None:  # fmt: skip
        self.scoring, self.node, self.children, self.inputs = scoring, scoring.nodes[code], children, inputs
        self.state, self.most, self.code = state, most, code

    def value(self) -> tuple[Vector, Matrix, Matrix]:
        """Values, parts and weights."""
        node, state = self.node, self.state
        missing = np.isnan(self.inputs)
        used = np.where(missing & ~state.aside[:, None], 0.0, self.inputs) if node.missing == "zero" else self.inputs
        self._check_signs(used)
        weights = self._weights(used)
        settings = self._settings()
        with np.errstate(divide="ignore", invalid="ignore"):
            values = NUMERIC[node.aggregate](used, weights, **settings)
            parts = CONTRIBUTIONS[node.aggregate](used, weights, values, **settings)
        refused = self._refused(missing, weights) | state.aside
        nothing = missing.all(axis=1) & ~state.aside
        values = np.where(refused, np.nan, np.where(nothing, 0.0 if node.empty == "zero" else np.nan, values))
        parts = np.where(np.isnan(values)[:, None], np.nan, np.where(nothing[:, None], 0.0, parts))
        self._check_result(values, parts, missing, refused, weights)
        return values, parts, weights

    def _refused(self, missing: Flags, weights: Matrix) -> Flags:
        """Rows without value, as too many children are missing."""
        counts = np.broadcast_to(weights != 0, missing.shape) if weights.ndim == 1 else np.ones_like(missing)
        share = (counts & ~missing).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
        refused = np.asarray(share < self.node.available - 1e-12)
        return refused | missing.any(axis=1) if self.node.missing == "refuse" else refused

    def _weights(self, used: Matrix) -> Matrix:
        own = self.scoring.items
        stated = [self.node.weights.get(c, own[c].weight if c in own else None) for c in self.children]
        vector = np.array([1.0 if weight is None else weight for weight in stated])
        weighting = self.node.weighting
        result = np.asarray(WEIGHTS[weighting.method](used, self.children, vector, weighting), dtype=float)
        if weighting.method == "pca":
            dropped = [child for child, weight in zip(self.children, result, strict=True) if weight == 0]
            self._note(f"pca gives no weight to {', '.join(dropped)}" if dropped else "")
        if weighting.method in ("pca", "benefit_of_the_doubt") and len(self.state.numbers.periods) > 1:
            self._note(f"weights by {weighting.method} are found over all periods and move with the data")
        return result

    def _note(self, text: str) -> None:
        if text:
            self.state.notes.append(f"scoring.yaml › nodes › {self.code}: {text}")

    def _settings(self) -> dict[str, Any]:
        own, method = self.node.settings, self.node.aggregate
        if method == "power_mean":
            return {"exponent": own.exponent}
        if method == "mazziotta_pareto":
            return {"penalty": int(own.penalty), "freedom": int(own.freedom)}
        if method == "copeland":
            return {"periods": self.state.numbers.period, "count": own.count}
        if method == "percent_of_maximum":
            for child, most in enumerate(self.most):
                if most is None or most <= 0:
                    raise UnfitError(
                        child, "nothing tells its greatest value, above 0", "give its 'high', or normalise it"
                    )
            return {"most": np.array(self.most, dtype=float)}
        return {}

    def _check_signs(self, used: Matrix) -> None:
        method = self.node.aggregate
        if method in _NOT_NEGATIVE and (used < 0).any():
            row, child = np.argwhere(used < 0)[0]
            what = f"the value {used[row, child]:g} of {self.state.numbers.row(int(row))} is negative under '{method}'"
            raise UnfitError(int(child), what, "choose a range of the normalisation above 0, or another method")

    def _check_result(self, values: Vector, parts: Matrix, missing: Flags, refused: Flags, weights: Matrix) -> None:
        """No value is lost without a reason, and the parts sum to it."""
        counts = ~missing & (weights != 0)
        lost = ~np.isfinite(values) & counts.any(axis=1) & ~refused
        if lost.any():
            row = int(np.flatnonzero(lost)[0])
            what = f"'{self.node.aggregate}' has no result for {self.state.numbers.row(row)}"
            raise UnfitError(None, what, "its children sum to 0; choose another range of the normalisation")
        there = np.isfinite(values)
        gap = np.abs(parts[there].sum(axis=1) - values[there]) > EXACT * np.maximum(
            1.0, np.abs(parts[there]).sum(axis=1)
        )
        if gap.any():
            raise AssertionError(f"the contributions to {self.code} do not sum to it: a fault of the program")

    def most_of_all(self, weights: Matrix) -> float | None:
        """The greatest value that the node can have, where that is known."""
        if self.node.aggregate == "percent_of_maximum":
            return 100.0
        if self.node.aggregate not in _KEEPS_THE_SCALE or weights.ndim > 1 or None in self.most:
            return None
        row = np.array([self.most], dtype=float)
        if (row < 0).any():
            return None
        return float(NUMERIC[self.node.aggregate](row, weights, **self._settings())[0])
