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
