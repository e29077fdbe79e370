"""Shares of a variance: which input of a computation moves its result, by itself and with all it takes part in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Indices(NamedTuple):
    """Shares of the variance, shape (factors, ...); NaN where nothing varies.

    Parameters
    ----------
    first : numpy.ndarray
        What a factor explains by itself.
    total : numpy.ndarray
        The same with all interactions it takes part in.
    """

    first: Array
    total: Array


def sobol_indices(f_a: Array, f_b: Array, f_ab: Array) -> Indices:
    """First and total order shares out of a Saltelli design.

    Parameters
    ----------
    f_a, f_b : numpy.ndarray, shape (n, ...)
        Results for two independent samples A and B of all factors.
    f_ab : numpy.ndarray, shape (factors, n, ...)
        Results for A with one factor (or group of factors) taken from B.

    Returns
    -------
    Indices
        ``S = mean(f_B (f_AB - f_A)) / V`` and ``T = mean((f_A - f_AB)^2) / (2 V)``, with V the variance over A and B
        together. Results are centred before, which changes nothing but the error of the estimate.

    Notes
    -----
    Saltelli, Annoni, Azzini, Campolongo, Ratto and Tarantola (2010), Computer Physics Communications 181, and Jansen
    (1999) for the total order. Estimates may lie a little outside of 0 to 1. ``scipy.stats.sobol_indices`` gives the
    same numbers for continuous factors.

    Examples
    --------
    >>> a, b = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> sobol_indices(a, b, np.array([b, a])).total.tolist()  # the first factor is everything, the second nothing
    [1.0, 0.0]
    """
    centre = (f_a.mean(axis=0) + f_b.mean(axis=0)) / 2.0
    variance = _or_nan((((f_a - centre) ** 2).mean(axis=0) + ((f_b - centre) ** 2).mean(axis=0)) / 2.0, centre)
    first = ((f_b - centre) * (f_ab - f_a)).mean(axis=1) / variance
    total = ((f_ab - f_a) ** 2).mean(axis=1) / (2.0 * variance)
    return Indices(first, total)


def bootstrap(f_a: Array, f_b: Array, f_ab: Array, counts: Array) -> Indices:
    """The shares again, with runs drawn anew: all columns together, and the variance computed again for each draw.

    Parameters
    ----------
    f_a, f_b : numpy.ndarray, shape (n, outputs)
    f_ab : numpy.ndarray, shape (factors, n, outputs)
    counts : numpy.ndarray, shape (draws, n)
        How often each run is drawn; see :func:`drawn_anew`.

    Returns
    -------
    Indices
        Of shape (draws, factors, outputs).
    """
    n = len(f_a)
    shares = counts / n
    mid = (f_a.mean(axis=0) + f_b.mean(axis=0)) / 2.0
    f_a, f_b, f_ab = f_a - mid, f_b - mid, f_ab - mid  # small numbers lose less in the sums below
    centre = (shares @ f_a + shares @ f_b) / 2.0
    variance = _or_nan((shares @ f_a**2 + shares @ f_b**2) / 2.0 - centre**2, mid)
    step = f_ab - f_a
    first = np.stack([shares @ (f_b * one) - centre * (shares @ one) for one in step], axis=1) / variance[:, None]
    total = np.stack([shares @ one**2 for one in step], axis=1) / (2.0 * variance[:, None])
    return Indices(first, total)


def drawn_anew(n: int, draws: int, rng: np.random.Generator) -> Array:
    """How often each of n runs is drawn in bootstraps, shape (draws, n)."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(float)


def _or_nan(variance: Array, size: Array) -> Array:
    """A variance, NaN where it is nothing but rounding."""
    return np.where(variance > (1e-12 * np.maximum(np.abs(size), 1e-300)) ** 2, variance, np.nan)
