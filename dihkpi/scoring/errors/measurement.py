"""Standard error of measurement: the error of one respondent's score, told by how well the items agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.scoring.points import item_points
from dihkpi.scoring.results import Vector
from dihkpi.scoring.tree import BoundNode
from dihkpi.scoring.wide import NodeScores

Matrix = npt.NDArray[np.float64]
Rows = slice | npt.NDArray[np.intp]


@dataclass(frozen=True)
class Measurement:
    """One number per node and version of a survey.

    Parameters
    ----------
    se : numpy.ndarray, shape (nodes,)
        Standard error of measurement on the scale of the node, NaN where there is none.
    alpha : numpy.ndarray, shape (nodes,)
        Cronbach's alpha where the error comes from it; NaN where it comes from the nodes below.
    n : numpy.ndarray of int, shape (nodes,)
        Respondents with all items, or with all nodes below.
    reasons : tuple of str
        Why there is none; empty where there is one.
    """

    se: Vector
    alpha: Vector
    n: npt.NDArray[np.intp]
    reasons: tuple[str, ...]


def measurement_errors(scores: NodeScores, definitions: Definitions) -> Measurement:
    """Standard error of measurement of every node, from the respondents of the first wave.

    Parameters
    ----------
    scores : NodeScores
        With their answers.
    definitions : Definitions
        For the policy ``item_quality``: how many respondents it takes.

    Returns
    -------
    Measurement

    Notes
    -----
    ``SEM = s sqrt(1 - alpha)`` with the standard deviation s of the node over the respondents who have all its items
    (Lord and Novick 1968), weights included. A node that is the arithmetic mean of nodes with an error has
    ``sqrt(sum v_c^2 SEM_c^2)``, v the shares of weight (Mosier 1943, stratified alpha); any other node has its own
    alpha over its children.
    """
    tree, policy = scores.tree, definitions.policy.get("item_quality")
    if policy is None:
        return _nothing(len(tree.order), "schemas/policy.yaml has no item_quality, which says how many it takes")
    if not len(scores.answers):
        return _nothing(len(tree.order), "the answers are not known, only their scores")
    least = int(policy.value["respondents"])
    width = {code: (high - low) for code, (low, high) in ((c, tree.scoring.nodes[c].scale) for c in tree.order)}
    at_wave = scores.wave_codes[0]
    first = slice(None) if not at_wave.any() else np.flatnonzero(at_wave == 0)
    found: dict[str, tuple[float, float, int, str]] = {}
    for bound in tree.nodes:
        below = [found[child][0] / width[child] for child in bound.children]
        weights = _nominal(scores, bound)
        means = bound.node.aggregate == "mean" or bool(tree.scoring.item_points)
        if bound.children and means and not np.isnan([*below]).any():
            share = weights / weights.sum()
            n = int(np.count_nonzero(~np.isnan(scores.value[first, tree.order.index(bound.code)])))
            found[bound.code] = (width[bound.code] * float(np.sqrt(((share * below) ** 2).sum())), np.nan, n, "")
            continue
        parts = _children(scores, bound, first)
        if (weights != 1).any():
            parts = parts[:, weights > 0] * weights[weights > 0]
        at = tree.order.index(bound.code)
        se, alpha, n, reason = _from_alpha(parts, scores.value[first, at], least, bool(bound.children))
        found[bound.code] = (se, alpha, n, reason)
    columns: Sequence[tuple[float, float, int, str]] = [found[code] for code in tree.order]
    return Measurement(
        np.array([c[0] for c in columns]), np.array([c[1] for c in columns]),
        np.array([c[2] for c in columns], dtype=np.intp), tuple(c[3] for c in columns),
    )  # fmt: skip


def _nothing(nodes: int, reason: str) -> Measurement:
    none = np.full(nodes, np.nan)
    return Measurement(none, none, np.zeros(nodes, dtype=np.intp), (reason,) * nodes)


def _from_alpha(parts: Matrix, node: Vector, least: int, of_nodes: bool) -> tuple[float, float, int, str]:
    """Error, alpha, respondents, and why there is none."""
    what = "node below it" if of_nodes else "item"
    complete = ~np.isnan(parts).any(axis=1) & ~np.isnan(node)
    n = int(np.count_nonzero(complete))
    if parts.shape[1] < 2:
        return np.nan, np.nan, n, f"one {what} only, whose error cannot be told from differences between respondents"
    if n < least:
        return np.nan, np.nan, n, f"{n} respondents have every {what}; it takes {least}"
    whole = n == len(parts)
    alpha = cronbach_alpha(parts if whole else parts[complete])
    if np.isnan(alpha):
        return np.nan, np.nan, n, f"no spread: all {n} respondents have the same value"
    if alpha <= 0:
        return np.nan, alpha, n, f"Cronbach's alpha is {alpha:.2f}: what is below it does not measure one thing"
    return float(np.std(node if whole else node[complete], ddof=1) * np.sqrt(1.0 - alpha)), alpha, n, ""


def cronbach_alpha(matrix: Matrix) -> float:
    """``k / (k - 1) (1 - sum s_i^2 / s_T^2)`` of complete rows; NaN without spread (Cronbach 1951).

    Examples
    --------
    >>> cronbach_alpha(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    1.0
    """
    k, total = matrix.shape[1], matrix.sum(axis=1).var(ddof=1)
    spread = sum(float(column.var(ddof=1)) for column in matrix.T)
    return float(k / (k - 1) * (1.0 - spread / total)) if total > 1e-15 else float("nan")


def _nominal(scores: NodeScores, bound: BoundNode) -> Vector:
    """Weights of what is below a node; the most possible points where a survey is scored in points."""
    if not scores.tree.scoring.item_points:
        return bound.weights
    if not bound.children:
        return np.ones(len(bound.columns))
    return np.array([scores.most[:, scores.tree.order.index(child)].max(initial=0.0) for child in bound.children])


def _children(scores: NodeScores, bound: BoundNode, rows: Rows) -> Matrix:
    """What is below a node for each respondent: shares of the best answer or points, NaN where it does not count."""
    if bound.children:
        at = [scores.tree.order.index(child) for child in bound.children]
        low, high = scores.scales
        return np.asarray((scores.value[rows][:, at] - low[at]) / (high - low)[at])
    if scores.tree.scoring.item_points:
        chosen = scores.answers[rows][:, bound.columns]
        earned, most = item_points(bound, chosen, scores.awarded[rows][:, bound.columns])
        return np.where(most > 0, earned, np.nan)
    points = bound.points
    if bound.node.missing == "zero":
        points = np.where(np.arange(points.shape[1]) == points.shape[1] - 1, 0.0, points)
    columns = [table[scores.answers[rows, at]] for table, at in zip(points, bound.columns, strict=True)]
    return np.stack(columns).T
