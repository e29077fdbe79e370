"""Quantiles of the population, with the intervals of Woodruff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.errors import UsageError
from dihkpi.indicators.design.estimates import as_table, design_effect
from dihkpi.indicators.design.linear import degrees_of_freedom, variance
from dihkpi.indicators.design.sample import Sample, Vector
from dihkpi.indicators.design.statistic import Statistic, column, domains

if TYPE_CHECKING:
    import pandas as pd

_ENDS = "the interval reaches the least or greatest value seen"


def quantile(sample: Sample, variable: str, shares: Sequence[float] = (0.5,), by: Sequence[str] = ()) -> pd.DataFrame:
    """Quantiles of a column: the least value up to which at least a share of the weights lies.

    Parameters
    ----------
    sample : Sample
    variable : str
    shares : sequence of float
        Above 0 and below 1; 0.5 is the median.
    by : sequence of str
        Columns whose codes make domains.

    Returns
    -------
    pandas.DataFrame
        The table ``survey_estimates``.

    Notes
    -----
    Woodruff (1952), JASA 47: the share of the weights up to the estimate gets its t interval, and the ends of that are
    read off as quantiles; the standard error is the width of the interval over 2 t. The share is the estimated one, not
    the one asked for, which it exceeds where a value is frequent (as in SAS and the R package survey).
    """
    import pandas as pd

    if bad := [share for share in shares if not 0 < share < 1]:
        raise UsageError(f"a quantile is of a share above 0 and below 1, not {bad[0]:g}")
    values = column(sample, variable)
    return pd.concat([_of_share(sample, variable, values, share, by) for share in shares], ignore_index=True)


def _of_share(sample: Sample, variable: str, values: Vector, share: float, by: Sequence[str]) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import t

    inside, names = domains(sample, by)
    known = inside & np.isfinite(values)[:, None]
    found = np.array([cut(values[rows], sample.weights[rows], np.array([share]))[0] for rows in known.T])
    below = Statistic("mean", variable, np.zeros(len(values)), np.ones(len(values)))
    linear = np.column_stack([
        Statistic("mean", variable, np.where(np.isfinite(values), values <= value, np.nan), below.below)
        .linearised(sample.weights, rows[:, None])[:, 0]
        for value, rows in zip(found, inside.T, strict=True)
    ])  # fmt: skip
    error, df = np.sqrt(variance(sample, linear)), degrees_of_freedom(sample, known)
    step = t.ppf((1 + sample.confidence) / 2, np.maximum(df, 1))
    # Up to a frequent value there is more than the share asked for.
    up_to = sample.weights @ (known & (values[:, None] <= found)) / np.maximum(sample.weights @ known, 1e-300)
    shares = np.column_stack([up_to - step * error, up_to + step * error])
    ends = np.array([
        cut(values[rows], sample.weights[rows], at) for rows, at in zip(known.T, shares, strict=True)
    ])  # fmt: skip
    se = (ends[:, 1] - ends[:, 0]) / (2 * step)
    what = Statistic(f"quantile {share:g}", variable, values, None)
    table = as_table(sample, what, inside, names, found, se**2, linear, "woodruff")
    there = (table["lo"].notna() & (table["status"] != "m")).to_numpy()
    table["lo"], table["hi"] = np.where(there, ends[:, 0], np.nan), np.where(there, ends[:, 1], np.nan)
    # The design effect is that of the share below the quantile.
    deff = design_effect(sample, linear, known, error**2)
    outside = pd.Series(((shares <= 0) | (shares >= 1)).any(axis=1) & there, index=table.index)
    return table.assign(deff=deff, reason=table["reason"].mask(outside & table["reason"].isna(), _ENDS))


def cut(values: Vector, weights: Vector, shares: Vector) -> Vector:
    """Least values up to which the shares of the weights lie; shares outside of 0 to 1 give the ends.

    Examples
    --------
    >>> cut(np.array([30.0, 10.0, 20.0]), np.array([1.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.8])).tolist()
    [10.0, 20.0, 30.0]
    """
    if not len(values):
        return np.full(len(shares), np.nan)
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[order])
    # Sums of weights that are equal on paper may differ in the last digits.
    at = np.searchsorted(running / running[-1], np.clip(shares, 0, 1) - 1e-12)
    return np.asarray(values[order][np.minimum(at, len(values) - 1)])
