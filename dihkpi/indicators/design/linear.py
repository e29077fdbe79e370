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
    totals = _sums(stage, weighted)
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
    first, weights, found = sample.stages[0], sample.weights, freedom.copy()
    margins = np.zeros((len(weights), 0)) if sample.calibration is None else sample.calibration.matrix()
    root = np.sqrt(sample.design_weights)
    fit = np.linalg.pinv(root[:, None] * margins) * root
    of_margins = _sums(first, weights[:, None] * margins)
    for domain in np.flatnonzero(few):
        size = np.where(inside[:, domain], 1.0 if below is None else below, 0.0)
        parts, rows = of_margins, fit
        if below is not None and (total := weights @ size):
            left = _sums(first, (weights * size)[:, None]) - of_margins @ (fit @ size)[:, None]
            parts, rows = np.hstack([of_margins, left]), np.vstack([fit, weights / total])
        # Covariance of the totals of clusters of T e - parts rows e, T the weighted sums; no matrix of clusters x rows.
        both = _sums(first, (weights * size**2)[:, None] * rows.T) @ parts.T
        own = _sums(first, ((weights * size) ** 2)[:, None])[:, 0]
        spread = np.diag(own) - both - both.T + parts @ ((rows * size**2) @ rows.T) @ parts.T
        spread = _centred(first, _centred(first, spread).T)
        if squared := float((spread**2).sum()):
            found[domain] = min(freedom[domain], max(float(np.trace(spread)) ** 2 / squared, 1.0))
    return np.asarray(found)


def _sums(stage: Stage, values: Matrix) -> Matrix:
    """Sum over each cluster of every column."""
    found = np.zeros((len(stage.stratum), values.shape[1]))
    np.add.at(found, stage.clusters, values)
    return found


def _centred(stage: Stage, totals: Matrix) -> Matrix:
    """Totals of clusters less the mean of their stratum, such that their squares add up to the variance."""
    sums = np.zeros((len(stage.drawn), totals.shape[1]))
    np.add.at(sums, stage.stratum, totals)
    scale = (1 - stage.fraction) * stage.drawn / np.maximum(stage.drawn - 1, 1)
    return np.asarray(np.sqrt(scale)[stage.stratum, None] * (totals - (sums / stage.drawn[:, None])[stage.stratum]))


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
