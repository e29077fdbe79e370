"""Means of small units: James-Stein, and Fay-Herriot with or without covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.shrinkage.reml import Model, Solved, between_units, solve
from dihkpi.indicators.shrinkage.result import ALIKE, Shrunken, too_few, unfitted

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

_TINY = 1e-150
"""Errors below it, or above its inverse, have no variance that a floating-point number can hold."""


def james_stein(values: Vector, error: float, confidence: float) -> Shrunken:
    """Values of one common standard error, drawn towards their mean.

    Parameters
    ----------
    values : numpy.ndarray, shape (units,)
        At least four.
    error : float
        Standard error of every value.
    confidence : float
        Level of the intervals, such as 0.95.

    Returns
    -------
    Shrunken
        m + c (x - m) with c = max(0, 1 - (k - 3) s^2 / sum (x - m)^2), given as the parameters ``mean`` and ``c``; the
        factor is 1 - c.

    Notes
    -----
    Efron and Morris (1977), Scientific American 236; mean squared error of Morris (1983), JASA 78, with B = 1 - c:
    s^2 (1 - B (k - 1) / k) + 2 B^2 (x - m)^2 / (k - 3). Intervals: :func:`credible`.

    Examples
    --------
    >>> found = james_stein(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 1.0, 0.95)
    >>> round(found.parameters["c"], 3), found.value.round(2).tolist()
    (0.8, [1.4, 2.2, 3.0, 3.8, 4.6])
    """
    k = len(values)
    if reason := too_few(k, 1) or _unknown(values, np.array([error])):
        return unfitted("james_stein", k, reason)
    mean = float(values.mean())
    spread = float(np.sum((values - mean) ** 2))
    c = max(0.0, 1 - (k - 3) * error**2 / spread) if spread > 0 else 0.0
    value = mean + c * (values - mean)
    mse = error**2 * (1 - (1 - c) * (k - 1) / k) + 2 * (1 - c) ** 2 * (values - mean) ** 2 / (k - 3)
    lo, hi = credible(Model(values, np.full(k, error**2), np.ones((k, 1))), confidence)
    found = {"mean": mean, "c": c}
    return Shrunken("james_stein", value, np.full(k, 1 - c), mse, lo, hi, found, ALIKE if c == 0 else "")


def fay_herriot(values: Vector, errors: Vector, covariates: Matrix | None, confidence: float) -> Shrunken:
    """Values with standard errors of their own, drawn towards what covariates say (towards a mean without).

    Parameters
    ----------
    values, errors : numpy.ndarray, shape (units,)
        Direct estimates and their standard errors, taken as known.
    covariates : numpy.ndarray, shape (units, covariates), or None
        Without the constant, which is added.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Shrunken
        With the parameters ``between`` (variance A between units), ``beta`` and ``beta_se`` (the constant first).

    Notes
    -----
    Fay and Herriot (1979), JASA 74: B = s^2 / (A + s^2), value = z'b + (1 - B)(x - z'b), A by restricted maximum
    likelihood. Mean squared error g1 + g2 + 2 g3 of Prasad and Rao (1990), JASA 85, in the form of Datta and Lahiri
    (2000), Statistica Sinica 10. Intervals: :func:`credible`.

    Examples
    --------
    >>> found = fay_herriot(np.array([1.0, 2.0, 8.0, 9.0]), np.array([1.0, 1.0, 1.0, 2.0]), None, 0.95)
    >>> found.factor.round(3).tolist()
    [0.064, 0.064, 0.064, 0.215]
    """
    k = len(values)
    x = np.column_stack([np.ones(k), covariates]) if covariates is not None else np.ones((k, 1))
    name = "normal" if covariates is None else "fay_herriot"
    reason = too_few(k, x.shape[1]) or _unknown(values, errors)
    if not reason and np.linalg.matrix_rank(x / np.maximum(np.abs(x).max(axis=0), 1e-300)) < x.shape[1]:
        reason = "covariates are constant or say the same twice: leave one of them out"
    if reason:
        return unfitted(name, k, reason)
    model = Model(values, errors**2, x)
    try:
        between = between_units(model)
    except ArithmeticError as fault:
        return unfitted(name, k, str(fault))
    return _predicted(name, model, between, confidence)


def _predicted(name: str, model: Model, between: float, confidence: float) -> Shrunken:
    at = solve(model, np.array([between]))
    factor = model.variances * at.weights[0]
    lo, hi = credible(model, confidence)
    return Shrunken(
        name,
        value=model.values - factor * at.residuals[0],
        factor=factor,
        mse=mean_squared_error(model, at, between),
        lo=lo,
        hi=hi,
        parameters={"between": between, "beta": at.beta[0], "beta_se": np.sqrt(np.diag(at.inverse[0]))},
        reason="" if between > 0 else ALIKE,
    )


def credible(model: Model, confidence: float) -> tuple[Vector, Vector]:
    """Intervals over all variances between units that the values allow, each as likely beforehand as any other.

    The value plus and minus 1.96 roots of its mean squared error misses too often where the estimate of A is small or
    0, most of all for the units with the largest errors. Mean and variance of each unit are therefore averaged over A,
    with the restricted likelihood as weight (Morris and Tang 2011, Statistical Science 26: a flat prior of A, proper
    from three units beyond the coefficients on).
    """
    from scipy.stats import norm

    between, at = model.grid, model.on_grid
    factor = model.variances * at.weights
    value = model.values - factor * at.residuals
    variance = between[:, None] * factor + factor**2 * (at.inverse.reshape(len(between), -1) @ model.products.T)
    # Each point of the grid stands for the variances around it, all as likely beforehand.
    likely = np.exp(at.log_likelihood - at.log_likelihood.max()) * np.gradient(between)
    likely /= likely.sum()
    mean = likely @ value
    half = norm.ppf((1 + confidence) / 2) * np.sqrt(likely @ (variance + (value - mean) ** 2))
    return mean - half, mean + half


def mean_squared_error(model: Model, at: Solved, between: float) -> Vector:
    """g1 + g2 + 2 g3: of the prediction, of the coefficients, and twice that of A by restricted likelihood."""
    weights = at.weights[0]
    factor = model.variances * weights
    of_coefficients = factor**2 * (model.products @ at.inverse[0].ravel())
    of_between = model.variances**2 * weights**3 * 2 / np.sum(weights**2)
    return np.asarray(between * factor + of_coefficients + 2 * of_between)


def _unknown(values: Vector, errors: Vector) -> str:
    """Why values or errors cannot be used; errors whose variance is no number of the computer are no errors."""
    bad = ~np.isfinite(values)
    if bad.any():
        return f"values must be known, which {int(bad.sum())} of {len(values)} are not"
    bad = ~((errors > _TINY) & (errors < 1 / _TINY))
    if bad.any():
        return f"standard errors must be above 0 and known, which {int(bad.sum())} of {len(errors)} are not"
    return ""
