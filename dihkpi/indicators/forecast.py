"""What a record of months lets expect of the months to come: predictive draws, their interval, and their limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """A forecast of one total.

    Parameters
    ----------
    median, lo, hi : float
        Of the predictive distribution of the total at the end.
    p_reach : float
        Share of the draws that reach the target.
    """

    median: float
    lo: float
    hi: float
    p_reach: float


def predict(value: float, target: float, draws: Vector, confidence: float, *, at_most: bool = False) -> Prediction:
    """Total at the end from what is there and draws of what is to come.

    Parameters
    ----------
    value, target : float
    draws : numpy.ndarray
        What the time to come may add.
    confidence : float
        Of the prediction interval, such as 0.95.
    at_most : bool
        Less is better: the target is reached by not exceeding it.

    Examples
    --------
    >>> found = predict(10, 13, np.array([1.0, 2, 3, 4, 5]), 0.6)
    >>> found.median, found.lo, found.hi, found.p_reach
    (13.0, 11.0, 14.0, 0.6)
    """
    total = value + draws
    edges = (0.5, (1 - confidence) / 2, (1 + confidence) / 2)
    median, lo, hi = np.quantile(total, edges, method="inverted_cdf")
    reached = total <= target if at_most else total >= target
    return Prediction(float(median), float(lo), float(hi), float(reached.mean()))


def count_draws(record: Vector, ahead: float, draws: int, rng: np.random.Generator) -> Vector:
    """Draws of a count over the months to come, by a gamma-Poisson model.

    With S events in m months the rate is Gamma(S + 1/2, m) (Jeffreys); a count over r months is Poisson of it. Where
    months vary more than Poisson counts would, by the factor f = sum((y - mean)^2) / (mean (m - 1)) > 1, rate and count
    have f times the variance; the error of f itself is in the draws, f (m - 1) / chi2(m - 1), never below 1.

    Parameters
    ----------
    record : numpy.ndarray, shape (months,)
        Counts of full months.
    ahead : float
        Months to come.
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (draws,)
    """
    months, total = len(record), float(record.sum())
    mean = total / months
    spread = float(((record - mean) ** 2).sum()) / mean if mean > 0 else 0.0
    factor = np.maximum(spread / rng.chisquare(months - 1, draws), 1.0)
    rate = rng.gamma((total + 0.5) / factor, factor / months)
    expected = rate * ahead
    excess = np.maximum(factor - 1, 1e-9)
    mixed = np.where(factor > 1 + 1e-9, rng.gamma(np.maximum(expected, 1e-12) / excess, excess), expected)
    return rng.poisson(mixed).astype(float)


def amount_draws(record: Vector, ahead: float, draws: int, rng: np.random.Generator) -> Vector:
    """Draws of an amount over the months to come: monthly sums drawn anew from the record.

    Each draw first weights the months of the record at random (Bayesian bootstrap, Rubin 1981), for the error of the
    record, then draws the months to come from them, for their own. Deviations from the mean are stretched by
    sqrt((m + 1) / (m - 1)), so that both variances are those of the sample, and for the error of that variance by
    sqrt((m - 1) / chi2(m - 1)), as Student's t has it.

    Parameters
    ----------
    record, ahead, draws, rng
        As in :func:`count_draws`, with sums in place of counts.
    """
    months, mean = len(record), record.mean()
    stretched = mean + (record - mean) * np.sqrt((months + 1) / (months - 1))
    weights = rng.dirichlet(np.ones(months), draws)
    whole, part = divmod(ahead, 1)
    to_come = rng.multinomial(int(whole), weights) @ stretched + part * (rng.multinomial(1, weights) @ stretched)
    wider = np.sqrt((months - 1) / rng.chisquare(months - 1, draws))
    result: Vector = np.maximum(mean * ahead + (to_come - mean * ahead) * wider, 0.0)
    return result


def drift(record: Vector) -> float:
    """p-value of the difference between the two halves of a record (t test with one variance).

    Examples
    --------
    >>> drift(np.array([1.0, 2, 1, 9, 8, 9])) < 0.01
    True
    >>> drift(np.array([3.0, 3, 3, 3]))
    1.0
    """
    from scipy.stats import t

    half = len(record) // 2
    early, late = record[:half], record[half:]
    degrees = len(record) - 2
    variance = (((early - early.mean()) ** 2).sum() + ((late - late.mean()) ** 2).sum()) / degrees
    gap = abs(float(late.mean() - early.mean()))
    error = float(np.sqrt(variance * (1 / len(early) + 1 / len(late))))
    if error == 0:
        return 1.0 if gap == 0 else 0.0
    return float(2 * t.sf(gap / error, degrees))
