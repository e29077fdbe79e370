"""Weights of the children of a node: given, equal, or found in the data or among experts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import Weighting
from dihkpi.scoring.faults import UnfitError

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def given(values: Matrix, children: Sequence[str], stated: Vector, settings: Weighting) -> Vector:
    """The weights that the definition states; only their proportions matter in a mean.

    Parameters
    ----------
    values : numpy.ndarray, shape (units, children)
        Children of the node, NaN where missing.
    children : sequence of str
        Their codes.
    stated : numpy.ndarray, shape (children,)
        Weights in the definition, 1 where it states none.
    settings : Weighting

    Returns
    -------
    numpy.ndarray, shape (children,), or (units, children) where each unit has weights of its own
    """
    return stated


def equal(values: Matrix, children: Sequence[str], stated: Vector, settings: Weighting) -> Vector:
    """The same weight for every child, whatever the definition of the items states."""
    return np.ones(len(children))


def budget(values: Matrix, children: Sequence[str], stated: Vector, settings: Weighting) -> Vector:
    """Mean share of the points that experts gave to each child (budget allocation).

    Notes
    -----
    OECD/JRC Handbook (2008). Each expert counts the same, whatever the sum of the points.

    Examples
    --------
    >>> experts = {"first": {"a": "30", "b": "70"}, "second": {"a": "50", "b": "50"}}
    >>> budget(np.ones((1, 2)), ["a", "b"], np.ones(2), Weighting(method="budget", experts=experts)).tolist()
    [0.4, 0.6]
    """
    points = np.array([[expert.get(child, 0.0) for child in children] for expert in settings.experts.values()])
    return np.asarray((points / points.sum(axis=1, keepdims=True)).mean(axis=0))


def pca(values: Matrix, children: Sequence[str], stated: Vector, settings: Weighting) -> Vector:
    """Loadings of the first principal component of the correlations, scaled to sum to 1.

    The sign of a component is arbitrary: here its loadings sum to more than 0. Units with all children count; the
    weights are the same for all periods.

    Notes
    -----
    OECD/JRC Handbook (2008), where it is said too that such weights tell what moves together and not what matters.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    >>> np.round(pca(x, ["a", "b"], np.ones(2), Weighting(method="pca")), 9).tolist()
    [0.5, 0.5]
    """
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 3:
        raise UnfitError(
            None, f"{len(complete)} units have all children, pca needs 3 or more", "impute, or give weights"
        )
    deviation = complete.std(axis=0)
    for child in np.flatnonzero(deviation <= 1e-12 * np.abs(complete).max(axis=0)):
        raise UnfitError(int(child), "is the same for all units, so that pca finds no weight", "take it out")
    standardised = (complete - complete.mean(axis=0)) / deviation
    loadings = np.linalg.eigh(standardised.T @ standardised / len(complete))[1][:, -1]
    loadings = np.where(np.abs(loadings) < 1e-12, 0.0, loadings) * (1.0 if loadings.sum() >= 0 else -1.0)
    if settings.negative == "refuse":
        for child in np.flatnonzero(loadings < 0):
            what = f"pca gives the negative weight {loadings[child] / np.abs(loadings).sum():.3f}"
            raise UnfitError(int(child), what, "check its direction, or write negative: zero")
    positive = np.maximum(loadings, 0.0)
    return np.asarray(positive / positive.sum())


def benefit_of_the_doubt(values: Matrix, children: Sequence[str], stated: Vector, settings: Weighting) -> Matrix:
    """For each unit the weights that show it in the best light, by a linear programme.

    Greatest ``sum w x`` of the unit, such that no unit gets more than ``best`` by these weights, and the share of each
    child in its score lies within ``bounds``. A missing child counts as 0. All periods share one frontier.

    Notes
    -----
    Cherchye, Moesen, Rogge and Van Puyenbroeck (2007), Social Indicators Research 82. The result is a best case and
    never a ranking alone; where several sets of weights are best, one of them is shown.

    Examples
    --------
    >>> x = np.array([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]])
    >>> w = benefit_of_the_doubt(x, ["a", "b"], np.ones(2), Weighting(method="benefit_of_the_doubt"))
    >>> np.round((w * x).sum(axis=1), 9).tolist()
    [1.0, 1.0, 0.8]
    """
    for unit, child in np.argwhere(values < 0)[:1]:
        reason = f"the value {values[unit, child]:g} is negative, and benefit_of_the_doubt compares amounts"
        raise UnfitError(int(child), reason, "choose another range of the normalisation")
    filled = np.where(np.isnan(values), 0.0, values)
    known, first = np.unique(filled, axis=0, return_inverse=True)
    scale = np.where(known.max(axis=0) > 0, known.max(axis=0), 1.0)
    found = np.array([_best_light(row, known / scale, settings) for row in known / scale])
    return np.asarray(found.reshape(known.shape)[first.ravel()] / scale)


def _best_light(own: Vector, all_units: Matrix, settings: Weighting) -> Vector:
    from scipy.optimize import linprog

    low, high = settings.bounds
    used = own > 0
    result = np.zeros(len(own))
    if not used.any():
        return result
    own, frontier = own[used], all_units[:, used]
    shares = np.diag(own)
    rows, limits = [frontier], [np.full(len(frontier), settings.best)]
    if low > 0:
        rows, limits = [*rows, low * own - shares], [*limits, np.zeros(len(own))]
    if high < 1:
        rows, limits = [*rows, shares - high * own], [*limits, np.zeros(len(own))]
    done = linprog(-own, A_ub=np.vstack(rows), b_ub=np.concatenate(limits), bounds=(0, None), method="highs")
    if not done.success:
        raise UnfitError(None, f"no weights within the bounds were found ({done.message})", "widen the bounds")
    result[used] = done.x
    return result


METHODS: Mapping[str, Callable[[Matrix, Sequence[str], Vector, Weighting], Vector]] = {
    "given": given,
    "equal": equal,
    "budget": budget,
    "pca": pca,
    "benefit_of_the_doubt": benefit_of_the_doubt,
}
"""Methods by the name that a definition uses in ``weighting``."""
