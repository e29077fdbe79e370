"""Step *normalise*: items in different units onto one scale.

Every method sees more as better: the sign of an item, and of its goalposts, is turned once and before
(:meth:`~dihkpi.scoring.posts.Posts.turned`). So no method can lose the direction, and goalposts have natural units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import Step
from dihkpi.scoring.faults import UnfitError
from dihkpi.scoring.posts import Posts

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Method = Callable[[Matrix, Matrix, Posts, Step], Matrix]


def min_max(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Distance from the least towards the greatest value that was seen: ``(x - min) / (max - min)``, onto ``range``.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, items) or (replications, units, items)
        More is better; NaN where missing, and so is the result.
    basis : numpy.ndarray, shape (other units, items) or (replications, other units, items)
        Rows from which the bounds are estimated.
    posts : Posts
        Not used: these bounds are estimated. For given ones see :func:`goalposts`.
    step : Step
        ``range``.

    Returns
    -------
    numpy.ndarray, of the shape of ``values``

    Notes
    -----
    OECD/JRC Handbook (2008). The bounds move with the data: for comparisons over time take goalposts.

    Examples
    --------
    >>> x = np.array([[2.0], [3.0], [6.0]])
    >>> min_max(x, x, Posts.single(), Step(step="normalise", method="min_max")).ravel().tolist()
    [0.0, 25.0, 100.0]
    """
    low, high = _bounds(basis)
    return _onto(step, (values - low) / (high - low))


def goalposts(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Distance from the lower towards the higher of given goalposts: ``(x - low) / (high - low)``, onto ``range``.

    Notes
    -----
    Anchored min-max, as in the Human Development Index. Values beyond a goalpost count as the goalpost where the item
    says ``clip``; otherwise they are kept, and may lie outside of the range.

    Examples
    --------
    >>> posts = Posts.single(low="0", high="8")
    >>> x = np.array([[2.0], [10.0]])
    >>> goalposts(x, x, posts, Step(step="normalise", method="goalposts")).ravel().tolist()
    [25.0, 125.0]
    """
    return _onto(step, _clipped((values - posts.low) / (posts.high - posts.low), posts.clip))


def z_score(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Distance from the mean in standard deviations (over n - 1), with the mean and deviation that the step names.

    Notes
    -----
    OECD/JRC Handbook (2008). Half of the results are negative unless another ``mean`` is chosen.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> step = Step(step="normalise", method="z_score", mean="100", deviation="10")
    >>> z_score(x, x, Posts.single(), step).ravel().tolist()
    [90.0, 100.0, 110.0]
    """
    _bounds(basis)
    there = ~np.isnan(basis)
    n = there.sum(axis=-2, keepdims=True)
    centre = np.where(there, basis, 0.0).sum(axis=-2, keepdims=True) / n
    squares = np.where(there, basis - centre, 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=-2, keepdims=True) / (n - 1))
    return np.asarray((values - centre) / deviation * step.deviation + step.mean)


def distance_to_target(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """How much of the way to the target is made: ``1 - (target - x) / (target - low)``, onto ``range``.

    The way starts at the item's worse goalpost where it has one, otherwise at the worst value seen.

    Examples
    --------
    >>> posts = Posts.single(low="0", target="8")
    >>> x = np.array([[2.0], [10.0]])
    >>> distance_to_target(x, x, posts, Step(step="normalise", method="distance_to_target")).ravel().tolist()
    [25.0, 125.0]
    """
    return _way(values, basis, posts, step, posts.target, "target")


def distance_to_reference(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """How a value compares with a reference: ``1 - (reference - x) / (reference - low)``, onto ``range``.

    The reference is a number of the item, or the value of the ``unit`` that the step names; with a lower goalpost of 0
    the result is the plain ratio to it.

    Examples
    --------
    >>> posts = Posts.single(low="0", reference="4")
    >>> x = np.array([[2.0], [10.0]])
    >>> distance_to_reference(x, x, posts, Step(step="normalise", method="distance_to_reference")).ravel().tolist()
    [50.0, 250.0]
    """
    return _way(values, basis, posts, step, posts.reference, "reference")


def distance_to_leader(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """How much of the way to the best unit is made: ``1 - (best - x) / (best - low)``, onto ``range``.

    Examples
    --------
    >>> posts = Posts.single(low="0")
    >>> x = np.array([[2.0], [8.0]])
    >>> distance_to_leader(x, x, posts, Step(step="normalise", method="distance_to_leader")).ravel().tolist()
    [25.0, 100.0]
    """
    return _way(values, basis, posts, step, np.fmax.reduce(basis, axis=-2, keepdims=True), "best value")


def percentile_rank(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Share of the other units that a unit is above: ``(rank - 1) / (n - 1)``, onto ``range``.

    Examples
    --------
    >>> x = np.array([[10.0], [30.0], [20.0]])
    >>> step = Step(step="normalise", method="percentile_rank")
    >>> percentile_rank(x, x, Posts.single(), step).ravel().tolist()
    [0.0, 100.0, 50.0]
    """
    _bounds(basis)
    others = (~np.isnan(basis)).sum(axis=-2, keepdims=True) - 1
    return _onto(step, np.minimum((rank(values, basis, posts, step) - 1) / others, 1.0))


def rank(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Place from the bottom: 1 for the worst unit, n for the best; ``ties`` says what equal ones get.

    Examples
    --------
    >>> x = np.array([[10.0], [30.0], [20.0], [20.0]])
    >>> rank(x, x, Posts.single(), Step(step="normalise", method="rank")).ravel().tolist()
    [1.0, 4.0, 2.5, 2.5]
    """
    if values is basis:
        return _own_rank(values, step)
    if values.ndim > 2:
        return _each(rank, values, basis, posts, step)
    result = np.full(values.shape, np.nan)
    for item in range(values.shape[1]):
        column = np.sort(basis[~np.isnan(basis[:, item]), item])
        x = values[:, item]
        below, upto = np.searchsorted(column, x, side="left"), np.searchsorted(column, x, side="right")
        equal = np.maximum(upto - below - 1, 0)
        place = 1.0 + below + {"min": 0.0, "average": 0.5, "max": 1.0}[step.ties] * equal
        result[:, item] = np.where(np.isnan(x), np.nan, place)
    return result


def bands(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Which of the bands between ``edges`` a value falls into, as equal steps of ``range``; an edge belongs below.

    Edges are those of the item, or the values that the named ``shares`` of the units lie below.

    Examples
    --------
    >>> posts = Posts.single(edges="10;20")
    >>> x = np.array([[5.0], [10.0], [11.0], [99.0]])
    >>> bands(x, x, posts, Step(step="normalise", method="bands")).ravel().tolist()
    [0.0, 0.0, 50.0, 100.0]
    """
    if values.ndim > 2:
        return _each(bands, values, basis, posts, step)
    result = np.full(values.shape, np.nan)
    for item in range(values.shape[1]):
        own = posts.edges[item]
        edges = own if len(own) else np.nanquantile(basis[:, item], step.shares)
        x = values[:, item]
        result[:, item] = np.where(np.isnan(x), np.nan, np.searchsorted(edges, x, side="left") / len(edges))
    return _onto(step, result)


def adjusted_mazziotta_pareto(values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """Distance from the reference over the width of the goalposts, with the reference in the middle of ``range``.

    ``(x - reference) / (high - low)``; goalposts that are not given are the least and greatest value seen.

    Notes
    -----
    Mazziotta and Pareto (2016), Social Indicators Research 127, where the range is 70 to 130: the reference gets 100.

    Examples
    --------
    >>> posts = Posts.single(low="0", high="10", reference="4")
    >>> step = Step(step="normalise", method="adjusted_mazziotta_pareto", range=("70", "130"))
    >>> x = np.array([[4.0], [9.0]])
    >>> adjusted_mazziotta_pareto(x, x, posts, step).ravel().tolist()
    [100.0, 130.0]
    """
    low, high = posts.low, posts.high
    if np.isnan([low, high]).any():
        seen_low, seen_high = _bounds(basis)
        low, high = np.where(np.isnan(low), seen_low, low), np.where(np.isnan(high), seen_high, high)
    return _onto(step, 0.5 + (values - posts.reference) / (high - low))


def _own_rank(values: Matrix, step: Step) -> Matrix:
    """Place from the bottom among the same rows, for all replications at once."""
    from scipy.stats import rankdata

    missing = np.isnan(values)
    places = rankdata(np.where(missing, np.inf, values), method=step.ties, axis=-2)
    return np.where(missing, np.nan, places)


def _each(method: Method, values: Matrix, basis: Matrix, posts: Posts, step: Step) -> Matrix:
    """A method that works on one table, for one replication after the other."""
    return np.stack([method(*one, posts, step) for one in zip(values, basis, strict=True)])


def _way(values: Matrix, basis: Matrix, posts: Posts, step: Step, end: Vector, noun: str) -> Matrix:
    start = np.where(np.isnan(posts.low), np.fmin.reduce(basis, axis=-2, keepdims=True), posts.low)
    end = np.broadcast_to(end, start.shape)
    empty = np.isnan(basis).all(axis=-2, keepdims=True)
    for place in np.argwhere(~(end > start) & ~empty)[:1]:
        what = "is missing" if np.isnan(end[tuple(place)]) else "is not better than the worst value"
        raise UnfitError(
            int(place[-1]), f"the {noun} {what}, so that there is no way to it", "give a goalpost or leave it out"
        )
    return _onto(step, _clipped(1 - (end - values) / (end - start), posts.clip))


def _bounds(basis: Matrix) -> tuple[Vector, Vector]:
    """Least and greatest value of each item; an item without spread has none to speak of."""
    low, high = (side.reduce(basis, axis=-2, keepdims=True) for side in (np.fmin, np.fmax))
    for *replication, _, item in np.argwhere(low == high)[:1]:
        n = int((~np.isnan(basis[(*replication, slice(None), item)])).sum())
        who = "one unit alone has a value" if n == 1 else f"all {n} units have the same value"
        hint = "normalise it by goalposts, or leave it out"
        raise UnfitError(int(item), f"{who}, so that there is no spread to measure by", hint)
    return low, high


def _clipped(shares: Matrix, clip: npt.NDArray[np.bool_]) -> Matrix:
    return np.where(clip, np.clip(shares, 0.0, 1.0), shares)


def _onto(step: Step, shares: Matrix) -> Matrix:
    low, high = step.range
    return np.asarray(low + (high - low) * shares)


METHODS: Mapping[str, Method] = {
    "min_max": min_max,
    "goalposts": goalposts,
    "z_score": z_score,
    "distance_to_target": distance_to_target,
    "distance_to_reference": distance_to_reference,
    "distance_to_leader": distance_to_leader,
    "percentile_rank": percentile_rank,
    "rank": rank,
    "bands": bands,
    "adjusted_mazziotta_pareto": adjusted_mazziotta_pareto,
}
"""Methods by the name that a definition uses."""
