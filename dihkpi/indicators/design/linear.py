"""Variances by Taylor linearisation: every estimate as a total of one variable per row, and the variance of totals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.design.sample import Matrix, Sample, Stage, Vector


def variance(sample: Sample, linearised: Matrix) -> Vector:
    """Variance of weighted totals under the design.

    Parameters
    ----------
    sample : Sample
    linearised : numpy.ndarray, shape (rows, estimates)
        Not weighted, 0 outside of a domain.

    Returns
    -------
    numpy.ndarray, shape (estimates,)
        Sum over strata of (1 - f) n / (n - 1) sum (z_c - mean z)^2 with the weighted totals z_c of clusters; later
        stages times the fractions before them.

    Notes
    -----
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, ch. 4 and 5.
    """
    weighted = sample.weights[:, None] * residuals(sample, linearised)
    return np.asarray(sum((_of_stage(stage, weighted, sample.single) for stage in sample.stages), np.zeros(1)))


def residuals(sample: Sample, linearised: Matrix) -> Matrix:
    """What the margins of a calibration do not explain, by regression with the *design* weights.

    Notes
    -----
    Deville and Särndal (1992), JASA 87; with the calibrated weights in the regression the error would be wrong.
    """
    if sample.calibration is None:
        return linearised
    margins = sample.calibration.matrix()
    root = np.sqrt(sample.design_weights)[:, None]
    # Margins overlap, as each sums to the population: the solution of least norm gives the same residuals.
    beta = np.linalg.lstsq(root * margins, root * linearised, rcond=None)[0]
    return np.asarray(linearised - margins @ beta)


def _of_stage(stage: Stage, weighted: Matrix, single: str) -> Vector:
    totals = np.zeros((len(stage.stratum), weighted.shape[1]))
    np.add.at(totals, stage.clusters, weighted)
    sums = np.zeros((len(stage.drawn), weighted.shape[1]))
    np.add.at(sums, stage.stratum, totals)
    centre = (sums / stage.drawn[:, None])[stage.stratum]
    alone = stage.single
    scale = stage.share * (1 - stage.fraction) * stage.drawn / np.maximum(stage.drawn - 1, 1)
    if alone.any() and single == "adjust":
        centre[alone[stage.stratum]] = totals.mean(axis=0)
    found = (scale[stage.stratum][:, None] * (totals - centre) ** 2).sum(axis=0)
    if alone.any() and single == "average":
        seen = len(alone) - int(alone.sum())
        return np.asarray(found * len(alone) / seen if seen else np.full(len(found), np.nan))
    return np.asarray(found)


def interval_freedom(sample: Sample, inside: npt.NDArray[np.bool_], below: Vector | None, freedom: Vector) -> Vector:
    """Degrees of freedom of intervals: clusters less strata, or fewer where these are few and count unequally.

    Parameters
    ----------
    inside : numpy.ndarray of bool, shape (rows, domains)
        Rows of each domain whose value is known.
    below : numpy.ndarray, shape (rows,), or None
        The lower column of a ratio, ones for a mean, None for a total.
    freedom : numpy.ndarray, shape (domains,)
        Clusters less strata; taken as they are from ``sample.few_freedom`` on.

    Notes
    -----
    Satterthwaite's approximation for the linearised variance, a quadratic form e'L'Le of the errors of rows:
    tr(M)^2 / tr(M^2) with M = L cov(e) L'. L has the centring of strata, the residuals of the margins and those of the
    estimate, whose share falls on the largest clusters. As working model errors of rows are independent, with a
    standard deviation that goes with the lower column. Equal clusters of equal weight give clusters less strata.
    Bell and McCaffrey (2002), Survey Methodology 28; Valliant and Rust (2010), Journal of Official Statistics 26.
    """
    few = (freedom > 0) & (freedom < sample.few_freedom)
    if not few.any():
        return freedom
    common, found = _residual_totals(sample), freedom.copy()
    for domain in np.flatnonzero(few):
        size = np.where(inside[:, domain], 1.0 if below is None else below, 0.0)
        form = common
        if below is not None and (total := sample.weights @ size):
            form = common - np.outer(common @ size, sample.weights / total)
        form = form * np.abs(size)
        spread = form @ form.T
        squared = float((spread**2).sum())
        if squared > 0:
            found[domain] = min(freedom[domain], max(float(np.trace(spread)) ** 2 / squared, 1.0))
    return np.asarray(found)


def _residual_totals(sample: Sample) -> Matrix:
    """Matrix from a variable of rows to what the variance of the first stage is the sum of squares of."""
    first = sample.stages[0]
    totals = np.zeros((len(first.stratum), len(sample.weights)))
    totals[first.clusters, np.arange(len(sample.weights))] = sample.weights
    sums = np.zeros((len(first.drawn), totals.shape[1]))
    np.add.at(sums, first.stratum, totals)
    scale = (1 - first.fraction) * first.drawn / np.maximum(first.drawn - 1, 1)
    centred = np.sqrt(scale)[first.stratum, None] * (totals - (sums / first.drawn[:, None])[first.stratum])
    if sample.calibration is None:
        return np.asarray(centred)
    margins, root = sample.calibration.matrix(), np.sqrt(sample.design_weights)
    return np.asarray(centred - (centred @ margins) @ (np.linalg.pinv(root[:, None] * margins) * root))


def degrees_of_freedom(sample: Sample, inside: npt.NDArray[np.bool_]) -> Vector:
    """Clusters less strata, among those with a row in each domain.

    Parameters
    ----------
    inside : numpy.ndarray of bool, shape (rows, domains)
    """
    first = sample.stages[0]
    clusters = np.zeros((len(first.stratum), inside.shape[1]), bool)
    np.logical_or.at(clusters, first.clusters, inside)
    strata = np.zeros((len(first.drawn), inside.shape[1]), bool)
    np.logical_or.at(strata, first.stratum, clusters)
    return np.asarray((clusters.sum(axis=0) - strata.sum(axis=0)).astype(float))
