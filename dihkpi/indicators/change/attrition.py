"""Who left between two waves: differences at the first, weights for staying, and what leavers could change."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.change.cells import Cells, Matrix
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.change.paired import ONE_PAIR, cluster_error, two_sided
from dihkpi.indicators.measures import Groups, Vector

Flags = npt.NDArray[np.bool_]
NOBODY_LEFT = "nobody left"
_NO_SOLUTION = "the model of staying has no single solution: covariates tell the same, or exactly who left"
ONE_SIDE = "all stayed or all left"
NO_SPREAD_AT_FIRST = "too few respondents or no spread at the earlier wave"


@dataclass(frozen=True)
class Weights:
    """Weights of everybody at the first wave, such that those who stayed stand for all.

    Parameters
    ----------
    weight : numpy.ndarray, shape (respondents,)
        1 / share that stayed in the class; 1 for all where no model could be fitted.
    reason : str
        Why they are 1, else empty.
    method : str
    """

    weight: Vector
    reason: str
    method: str


def staying_weights(covariates: Matrix, stayed: Flags, classes: int) -> Weights:
    """Inverse probabilities of staying in classes of a logit.

    Respondents are put into classes of equal size by their fitted probability; the weight of a class is one over the
    share of it that stayed. Classes in which nobody stayed are joined by taking fewer classes.

    Parameters
    ----------
    covariates : numpy.ndarray, shape (respondents, covariates)
        What is known of everybody at the first wave, without gaps and without a constant.
    stayed : numpy.ndarray of bool
    classes : int
        Number of classes; five remove most of a bias (Cochran 1968, *Biometrics* 24).

    Examples
    --------
    >>> staying_weights(np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([False, False, True, True]), 2).reason
    'perfect separation: what is known of them tells exactly who left; not weighted'
    """
    ones = np.ones(len(stayed))
    if stayed.all() or not stayed.any():
        return Weights(ones, NOBODY_LEFT if len(stayed) and stayed.all() else "nobody stayed", "not weighted")
    chance, fault = _fitted(covariates, stayed)
    if chance is None:
        return Weights(ones, f"{fault}; not weighted", "not weighted")
    for many in range(classes, 0, -1):
        which = _class_of(chance, many)
        all_, kept = np.bincount(which), np.bincount(which, weights=stayed)
        if (kept[all_ > 0] > 0).all():
            break
    share = np.divide(all_, kept, out=np.ones(len(kept)), where=kept > 0)
    return Weights(share[which], "", f"inverse probability of staying, logit, {many} classes")


def _class_of(chance: Vector, many: int) -> npt.NDArray[np.intp]:
    """Class of each, of equal size but for equal chances, which fall into one class."""
    edges = np.sort(chance)[(np.arange(1, many) * len(chance)) // many]
    return np.searchsorted(edges, chance, side="right")


def _fitted(covariates: Matrix, stayed: Flags) -> tuple[Vector | None, str]:
    """Fitted probabilities of staying, or why there are none."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, HessianInversionWarning, PerfectSeparationWarning

    spread = covariates.std(axis=0)
    varied = covariates[:, spread > 0]
    if not varied.shape[1]:
        return None, "nothing that is known of them differs"
    scaled = (varied - varied.mean(axis=0)) / spread[spread > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for kind in (ConvergenceWarning, HessianInversionWarning, PerfectSeparationWarning):
            warnings.simplefilter("error", kind)
        try:
            fit = sm.Logit(stayed.astype(float), sm.add_constant(scaled, has_constant="add")).fit(disp=0, maxiter=100)
        except PerfectSeparationWarning:
            return None, "perfect separation: what is known of them tells exactly who left"
        except (ConvergenceWarning, HessianInversionWarning):
            return None, "the model of staying did not converge"
        except np.linalg.LinAlgError:
            return None, _NO_SOLUTION
    return np.asarray(fit.predict(), dtype=float), ""


def weighted_change(
    cells: Cells, weight: Vector, weights: Weights, confidence: float, clusters: tuple[str, Groups] | None = None
) -> Figure:
    """Mean change of those who stayed, weighted to all of the first wave.

    Σ w d / Σ w with the linearised error sqrt(n / (n - 1) Σ w² (d - m)²) / Σ w and t(n - 1), or the same over the
    sums of clusters; weights are taken as known, which makes the interval rather too wide than too narrow.

    Parameters
    ----------
    weight : numpy.ndarray, shape (pairs,)
    weights : Weights
        Where they come from.
    clusters : (str, numpy.ndarray of int), optional
        What clusters are, and the one of each pair.
    """
    from scipy.stats import t as student

    n, (name, codes) = cells.n, clusters or ("pairs", None)
    cell, total, count = cells.clusters(codes, weight)
    sums = [np.bincount(cell, weights=part, minlength=cells.size) for part in (total, count)]
    mean = np.divide(sums[0], sums[1], out=np.full(cells.size, np.nan), where=n > 0)
    se, entries = cluster_error(cell, total, count, mean)
    half = student.ppf((1 + confidence) / 2, np.maximum(entries - 1, 1)) * se
    ends = {"lo": mean - half, "hi": mean + half, "p": two_sided(mean / se, entries - 1)}
    figure = Figure.of("mean_weighted", mean, n, f"{weights.method}; {name} independent", **ends)
    figure = figure.without(n == 1, ONE_PAIR, interval_only=True)
    figure = figure.without((n > 1) & np.isnan(se), "one cluster or no spread, so no interval", interval_only=True)
    return figure.doubtful(np.full(len(n), weights.reason not in ("", NOBODY_LEFT)), weights.reason)


def stayers_and_leavers(stayers: Cells, leavers: Cells, weight: Vector, confidence: float) -> Iterator[Figure]:
    """Means at the first wave of who stayed and who left, and their standardised difference.

    (mean of stayers - mean of leavers) / sqrt((s_stayers² + s_leavers²) / 2); above 0.1 in size it is worth a look
    (Austin 2009). ``t0_balance`` is what the weights leave of it: (weighted mean of stayers - mean of all) / s of all.

    Parameters
    ----------
    stayers, leavers : Cells
        Their ``before`` is the score at the first wave.
    weight : numpy.ndarray
        Weight of each pair of ``stayers``.
    """
    from scipy.stats import norm

    parts = [(c.means(c.before), c.spread(c.before), c.n) for c in (stayers, leavers)]
    for name, (mean, sd, n), nothing in zip(
        ("t0_stayers", "t0_leavers"), parts, ("nobody stayed", NOBODY_LEFT), strict=True
    ):
        half = norm.ppf((1 + confidence) / 2) * sd / np.sqrt(np.maximum(n, 1))
        yield Figure.of(name, mean, n, "normal", lo=mean - half, hi=mean + half, nothing=nothing)
    (m1, s1, n1), (m0, s0, n0) = parts
    with np.errstate(divide="ignore", invalid="ignore"):
        d = (m1 - m0) / np.sqrt((s1**2 + s0**2) / 2)
        half = norm.ppf((1 + confidence) / 2) * np.sqrt(1 / n1 + 1 / n0 + d**2 / (2 * (n1 + n0)))
        w = weight[stayers.pair]
        mean, sd = _mean_of_all(stayers, leavers)
        left = (stayers.sums(w * stayers.before) / stayers.sums(w) - mean) / sd
    least = np.minimum(n1, n0)
    figure = Figure.of("t0_difference", d, least, "standardised, normal", lo=d - half, hi=d + half, nothing=ONE_SIDE)
    yield figure.without(np.isnan(d), NO_SPREAD_AT_FIRST)
    left = np.where(n0 > 0, left, np.nan)
    balance = Figure.of("t0_balance", left, least, "weighted stayers against all", nothing=ONE_SIDE)
    yield balance.without(np.isnan(balance.value), NO_SPREAD_AT_FIRST)


def _mean_of_all(stayers: Cells, leavers: Cells) -> tuple[Vector, Vector]:
    """Mean and standard deviation at the first wave of both together."""
    cell = np.concatenate([stayers.cell, leavers.cell])
    before = np.concatenate([stayers.before, leavers.before])
    order = np.argsort(cell, kind="stable")
    both = Cells(cell[order], np.arange(len(cell)), before[order], before[order], stayers.size)
    return both.means(both.before), both.spread(both.before)
