"""How many things a scale measures: Horn's parallel analysis."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dihkpi.scoring.reliability.moments import Matrix, Vector


@dataclass(frozen=True)
class Parallel:
    """Eigenvalues of a correlation matrix beside those of random ones.

    Parameters
    ----------
    factors : int
        How many of the first eigenvalues are above what randomness reaches.
    first_share : float
        Share of the first eigenvalue in the sum of all.
    eigenvalues, random : numpy.ndarray, shape (items,)
        Falling; and the percentile of those of random matrices.
    """

    factors: int
    first_share: float
    eigenvalues: Vector = field(repr=False)
    random: Vector = field(repr=False)


def parallel_analysis(
    correlation: Matrix, n: int, *, seed: int, replications: int = 200, percentile: float = 0.95
) -> Parallel:
    """Compare eigenvalues with those of as many unrelated normal items and as many respondents.

    Parameters
    ----------
    correlation : numpy.ndarray, shape (items, items)
        Without NaN.
    n : int
        Respondents.
    seed, replications : int
    percentile : float
        Of the random eigenvalues, as a share.

    Notes
    -----
    Horn, J. L. (1965), *Psychometrika* 30, 179-185; the 95th percentile in place of the mean: Glorfeld, L. W. (1995),
    *Educational and Psychological Measurement* 55, 377-393. Random covariance matrices are drawn as such (Wishart, by
    Bartlett's decomposition), so that the cost does not depend on the number of respondents.
    """
    found = np.linalg.eigvalsh(correlation)[::-1].astype(np.float64)
    drawn = _random_correlations(len(correlation), n, replications, np.random.default_rng(seed))
    random = np.quantile(np.linalg.eigvalsh(drawn)[:, ::-1], percentile, axis=0).astype(np.float64)
    above = found > random
    factors = len(found) if above.all() else int(np.argmin(above))
    return Parallel(factors, float(found[0] / np.trace(correlation)), found, random)


def _random_correlations(k: int, n: int, replications: int, rng: np.random.Generator) -> Matrix:
    """Correlation matrices of k unrelated normal items of n respondents, shape (replications, k, k)."""
    if n - 1 >= k:
        root = np.tril(rng.standard_normal((replications, k, k)), -1)
        root[:, np.arange(k), np.arange(k)] = np.sqrt(rng.chisquare(n - 1 - np.arange(k), (replications, k)))
    else:
        items = rng.standard_normal((replications, k, n))
        root = items - items.mean(axis=2, keepdims=True)
    root /= np.linalg.norm(root, axis=2, keepdims=True)
    return np.asarray(root @ root.transpose(0, 2, 1))
