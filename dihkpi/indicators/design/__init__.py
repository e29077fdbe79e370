"""Surveys with a design: weights, strata, clusters and finite populations; raking; non-response."""

from dihkpi.indicators.design.estimates import mean, ratio, share, total
from dihkpi.indicators.design.nonresponse import response_classes, response_weights
from dihkpi.indicators.design.quantiles import quantile
from dihkpi.indicators.design.raking import Raking, post_stratify, rake
from dihkpi.indicators.design.regression import calibrate
from dihkpi.indicators.design.replicates import Replicates, bootstrap, jackknife, replicated
from dihkpi.indicators.design.sample import Design, Sample, prepare

__all__ = [
    "Design",
    "Raking",
    "Replicates",
    "Sample",
    "bootstrap",
    "calibrate",
    "jackknife",
    "mean",
    "post_stratify",
    "prepare",
    "quantile",
    "rake",
    "ratio",
    "replicated",
    "response_classes",
    "response_weights",
    "share",
    "total",
]
