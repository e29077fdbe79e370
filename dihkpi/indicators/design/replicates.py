"""Errors from replicate weights: the sample is taken anew without a cluster, or drawn anew, and estimated again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.estimates import as_table
from dihkpi.indicators.design.sample import Matrix, Sample, Stage, Vector
from dihkpi.indicators.design.statistic import domains, statistic

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Replicates:
    """Sets of weights, and how much the deviation of each counts.

    Parameters
    ----------
    method : str
    weights : numpy.ndarray, shape (rows, replicates)
    scale : numpy.ndarray, shape (replicates,)
        Variance = sum of scale x deviation^2.
    doubt : str
        Such as replicates whose weights could not be brought to the margins.
    """

    method: str
    weights: Matrix
    scale: Vector
    doubt: str = ""


def jackknife(sample: Sample) -> Replicates:
    """Stratified jackknife (JKn): each cluster of the first stage is left out once, the others of its stratum stand in.

    scale = (1 - f) (n - 1) / n. A stratum with one cluster adds nothing under ``certainty``; the rules ``average`` and
    ``adjust`` belong to Taylor errors.
    """
    first = sample.stages[0]
    if first.single.any() and sample.single in ("average", "adjust"):
        raise UsageError(
            f"the jackknife has no rule '{sample.single}' for strata of one cluster\n"
            "  merge them, choose certainty, or take Taylor errors"
        )
    drawn = first.drawn[first.stratum]
    left_out = np.flatnonzero(drawn > 1)
    others = drawn / np.maximum(drawn - 1, 1)
    same = first.stratum[:, None] == first.stratum[left_out]
    factors = np.where(same, others[left_out], 1.0)
    factors[left_out, np.arange(len(left_out))] = 0
    weights, doubt = _calibrated(sample, factors[first.clusters] * sample.design_weights[:, None])
    scale = (1 - first.fraction[first.stratum]) * (drawn - 1) / drawn
    return Replicates("jackknife", weights, scale[left_out], doubt)


def bootstrap(sample: Sample, replications: int, seed: int) -> Replicates:
    """Bootstrap of clusters: n - 1 of the n clusters of each stratum are drawn with replacement, weights rescaled.

    Weights are multiplied by 1 - r + r n / (n - 1) x (times drawn), r = sqrt(1 - f), so that the error of a total is
    that of the design (Rao and Wu 1988, JASA 83; Rao, Wu and Yue 1992, Survey Methodology 18).

    Parameters
    ----------
    sample : Sample
    replications : int
        200 or more for errors.
    seed : int
    """
    first = sample.stages[0]
    if first.single.any() and sample.single != "certainty":
        raise UsageError("the bootstrap has no spread for strata of one cluster\n  merge them, or choose certainty")
    if replications < 2:
        raise UsageError(f"a bootstrap needs 2 replications or more, not {replications}")
    times = _drawn_again(first, replications, np.random.default_rng(seed))
    n = first.drawn[first.stratum][:, None]
    root = np.sqrt(1 - first.fraction[first.stratum])[:, None]
    factors = np.where(n > 1, 1 - root + root * n / np.maximum(n - 1, 1) * times, 1.0)
    weights, doubt = _calibrated(sample, factors[first.clusters] * sample.design_weights[:, None])
    return Replicates("bootstrap", weights, np.full(replications, 1 / replications), doubt)


def replicated(
    sample: Sample,
    replicates: Replicates,
    measure: str,
    variable: str,
    other: str = "",
    *,
    by: Sequence[str] = (),
    scale: float = 1.0,
    centre: Literal["full", "mean"] = "full",
) -> pd.DataFrame:
    """Total, mean, share or ratio with the error that replicates give.

    Parameters
    ----------
    measure : {"total", "mean", "share", "ratio"}
    variable, other : str
        Columns, ``other`` the lower one of a ratio.
    by : sequence of str
        Columns whose codes make domains.
    scale : float
        Factor of a ratio.
    centre : {"full", "mean"}
        Deviations are from the estimate of the full sample (the larger error), or from the mean of the replicates.

    Returns
    -------
    pandas.DataFrame
        The table ``survey_estimates``; ``method`` says around what.
    """
    if centre not in ("full", "mean"):
        raise UsageError(f"unknown centre '{centre}'\n  {hint_for(centre, ['full', 'mean'])}")
    what = statistic(sample, measure, variable, other, scale)
    inside, names = domains(sample, by)
    value = what.values(sample.weights[:, None], inside)[0]
    again = what.values(replicates.weights, inside)
    seen = np.isfinite(again)
    middle = value if centre == "full" else np.nansum(again, axis=0) / np.maximum(seen.sum(axis=0), 1)
    var = (replicates.scale[:, None] * np.where(seen, again - middle, 0) ** 2).sum(axis=0)
    lost = int((~seen).any(axis=1).sum())
    note = replicates.doubt or (f"{lost} replicates have no respondent in a domain and are left out" if lost else "")
    around = "full estimate" if centre == "full" else "mean of replicates"
    linear = what.linearised(sample.weights, inside)
    return as_table(sample, what, inside, names, value, var, linear, f"{replicates.method} around {around}", note)


def _drawn_again(first: Stage, replications: int, random: np.random.Generator) -> Matrix:
    """How often each cluster is drawn, shape (clusters, replications); strata in the order of their codes."""
    times = np.zeros((len(first.stratum), replications))
    for stratum, n in enumerate(first.drawn.astype(int)):
        if n > 1:
            members = first.stratum == stratum
            times[members] = random.multinomial(n - 1, np.full(n, 1 / n), size=replications).T
    return times


def _calibrated(sample: Sample, weights: Matrix) -> tuple[Matrix, str]:
    """Replicate weights brought to the margins of the sample, each by itself."""
    if sample.calibration is None:
        return weights, ""
    fitted, _, miss = sample.calibration.fit(weights)
    off = int((np.abs(miss).max(axis=0) > 1e-4).sum())
    return fitted, f"{off} of {weights.shape[1]} replicates do not meet the margins" if off else ""
