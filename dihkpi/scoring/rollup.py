"""From normalised items up the tree to the root: weights, aggregation, and what each child contributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    below = {name: frozenset([name]) for name in state.numbers.items}
    rolled: dict[str, Rolled] = {}
    for code, node in _nodes_of(state, scoring, Variation()):
        below[code] = frozenset().union(*(below[child] for child in node.children))
        parts = node.parts()
        rolled[code] = Rolled(node.children, below[code], node.values, node.inputs, parts, node.weights)
    return rolled


@dataclass(frozen=True)
class Variation:
    """In what a tree differs from its definition.

    Parameters
    ----------
    without : frozenset of (str, str)
        Node, and a child of it that is left out.
    noise : mapping of str to numpy.ndarray, shape (replications, children)
        Node to factors of its weights; children that are left out have a factor too.
    """

    without: frozenset[tuple[str, str]] = frozenset()
    noise: Mapping[str, Matrix] = field(default_factory=dict)


def node_values(state: State, scoring: Scoring, variation: Variation) -> dict[str, Vector]:
    """Values of all nodes and nothing else, for a table or for a stack of replications.

    Returns
    -------
    dict of str to numpy.ndarray, shape (rows,) or (replications, rows)

    Raises
    ------
    ScoringError
        As :func:`roll_up`.
    """
    return {code: node.values for code, node in _nodes_of(state, scoring, variation)}


def _nodes_of(state: State, scoring: Scoring, variation: Variation) -> Iterator[tuple[str, _Node]]:
    columns = {name: state.values[..., place] for place, name in enumerate(state.numbers.items)}
    most = {name: _most_of_item(state, scoring, name) for name in state.numbers.items}
    for code in _bottom_up(scoring, "overall"):
        whole = children_of(scoring, code)
        kept = [place for place, child in enumerate(whole) if (code, child) not in variation.without]
        children = tuple(whole[place] for place in kept)
        inputs = np.stack([columns[child] for child in children], axis=-1)
        noise = variation.noise.get(code)
        try:
            node = _Node(scoring, code, children, inputs, state, [most[child] for child in children],
                         None if noise is None else noise[:, None, kept])  # fmt: skip
        except UnfitError as fault:
            raise fault.at(f"scoring.yaml › nodes › {code}", children) from None
        columns[code], most[code] = node.values, node.most_of_all()
        yield code, node


def _bottom_up(scoring: Scoring, code: str) -> list[str]:
    return [*(below for child in scoring.nodes[code].of for below in _bottom_up(scoring, child)), code]


def _most_of_item(state: State, scoring: Scoring, name: str) -> Vector | None:
    """The greatest value an item can have: the top of the last normalisation, or its higher goalpost."""
    most = scoring.items[name].high
    if state.normalised[:, state.numbers.items.index(name)].any():
        steps = [s for s in scoring.steps if s.step == "normalise" and (not s.items or name in s.items)]
        most = None if steps[-1].method in ("z_score", "rank") else steps[-1].range[1]
    return None if most is None else np.array([most])


class _Node:
    """The computation of one node: its values, shape (..., rows), and its weights."""

    def __init__(
        self, scoring: Scoring, code: str, children: tuple[str, ...], inputs: Matrix, state: State,
        most: list[Vector | None], noise: Matrix | None,
    ) -> None:  # fmt: skip
        self.scoring, self.node, self.children, self.inputs = scoring, scoring.nodes[code], children, inputs
        self.state, self.most, self.code = state, most, code
        node = self.node
        missing = np.isnan(inputs)
        self._used = np.where(missing & ~state.aside[:, None], 0.0, inputs) if node.missing == "zero" else inputs
        self._check_signs(self._used)
        self.weights = self._weights(self._used) if noise is None else self._noisy(self._weights(self._used), noise)
        self._settings = self._own_settings()
        with np.errstate(divide="ignore", invalid="ignore"):
            values = NUMERIC[node.aggregate](self._used, self.weights, **self._settings)
        refused = self._refused(missing) | state.aside if missing.any() else state.aside
        self._nothing = missing.all(axis=-1) & ~state.aside
        if not np.isfinite(values).all():
            self._check_lost(values, ~missing & (self.weights != 0), refused | self._nothing)
        empty = 0.0 if node.empty == "zero" else np.nan
        self.values = np.where(refused, np.nan, np.where(self._nothing, empty, values))
        self._plain = values

    def parts(self) -> Matrix:
        """What each child adds, so that the parts sum to the value."""
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = CONTRIBUTIONS[self.node.aggregate](self._used, self.weights, self._plain, **self._settings)
        parts = np.where(np.isnan(self.values)[:, None], np.nan, np.where(self._nothing[:, None], 0.0, parts))
        there = np.isfinite(self.values)
        gap = np.abs(parts[there].sum(axis=1) - self.values[there]) > EXACT * np.maximum(
            1.0, np.abs(parts[there]).sum(axis=1)
        )
        if gap.any():
            raise AssertionError(f"the contributions to {self.code} do not sum to it: a fault of the program")
        return parts

    def _refused(self, missing: Flags) -> Flags:
        """Rows without value, as too many children are missing."""
        own_of_units = self.node.weighting.method == "benefit_of_the_doubt"
        counts = np.ones_like(missing) if own_of_units else np.broadcast_to(self.weights != 0, missing.shape)
        share = (counts & ~missing).sum(axis=-1) / np.maximum(counts.sum(axis=-1), 1)
        refused = np.asarray(share < self.node.available - 1e-12)
        return refused | missing.any(axis=-1) if self.node.missing == "refuse" else refused

    def _noisy(self, weights: Matrix, noise: Matrix) -> Matrix:
        """Weights times their factors, with the sum they had."""
        noisy = weights * noise
        return np.asarray(noisy * (weights.sum(axis=-1, keepdims=True) / noisy.sum(axis=-1, keepdims=True)))

    def _weights(self, used: Matrix) -> Matrix:
        own = self.scoring.items
        stated = [self.node.weights.get(c, own[c].weight if c in own else None) for c in self.children]
        vector = np.array([1.0 if weight is None else weight for weight in stated])
        weighting = self.node.weighting
        method = WEIGHTS[weighting.method]
        found_in_data = weighting.method in ("pca", "benefit_of_the_doubt")
        if used.ndim > 2 and found_in_data:  # one replication after the other
            found = np.stack([method(one, self.children, vector, weighting) for one in used])
            return found if found.ndim > 2 else found[:, None, :]
        result = np.asarray(method(used, self.children, vector, weighting), dtype=float)
        if weighting.method == "pca":
            dropped = [child for child, weight in zip(self.children, result, strict=True) if weight == 0]
            self._note(f"pca gives no weight to {', '.join(dropped)}" if dropped else "")
        if found_in_data and len(self.state.numbers.periods) > 1:
            self._note(f"weights by {weighting.method} are found over all periods and move with the data")
        return result

    def _note(self, text: str) -> None:
        if text and not self.state.stacked:
            self.state.notes.append(f"scoring.yaml › nodes › {self.code}: {text}")

    def _own_settings(self) -> dict[str, Any]:
        own, method = self.node.settings, self.node.aggregate
        if method == "power_mean":
            return {"exponent": own.exponent}
        if method == "mazziotta_pareto":
            return {"penalty": int(own.penalty), "freedom": int(own.freedom)}
        if method == "copeland":
            return {"periods": self.state.numbers.period, "count": own.count}
        if method == "percent_of_maximum":
            for child, most in enumerate(self.most):
                if most is None or (most <= 0).any():
                    raise UnfitError(
                        child, "nothing tells its greatest value, above 0", "give its 'high', or normalise it"
                    )
            return {"most": _side_by_side(self.most)}
        return {}

    def _check_signs(self, used: Matrix) -> None:
        method = self.node.aggregate
        if method in _NOT_NEGATIVE and (used < 0).any():
            place = np.argwhere(used < 0)[0]
            row, child = place[-2:]
            what = (
                f"the value {used[tuple(place)]:g} of {self.state.numbers.row(int(row))} is negative under '{method}'"
            )
            raise UnfitError(int(child), what, "choose a range of the normalisation above 0, or another method")

    def _check_lost(self, values: Vector, counts: Flags, without: Flags) -> None:
        """No value is lost without a reason."""
        lost = ~np.isfinite(values) & counts.any(axis=-1) & ~without
        if lost.any():
            row = int(np.argwhere(lost)[0][-1])
            what = f"'{self.node.aggregate}' has no result for {self.state.numbers.row(row)}"
            raise UnfitError(None, what, "its children sum to 0; choose another range of the normalisation")

    def most_of_all(self) -> Vector | None:
        """The greatest value that the node can have, where that is known."""
        if self.node.aggregate == "percent_of_maximum":
            return np.array([100.0])
        own_of_units = self.node.weighting.method == "benefit_of_the_doubt"
        if self.node.aggregate not in _KEEPS_THE_SCALE or own_of_units or any(most is None for most in self.most):
            return None
        row = _side_by_side(self.most)
        return None if (row < 0).any() else NUMERIC[self.node.aggregate](row, self.weights, **self._settings)


def _side_by_side(most: list[Vector | None]) -> Matrix:
    """The greatest values of all children, shape (..., 1, children)."""
    return np.stack(np.broadcast_arrays(*(value for value in most if value is not None)), axis=-1)
