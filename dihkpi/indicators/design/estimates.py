"""Estimates of a survey with the errors of its design, as a tidy table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.indicators.design.linear import degrees_of_freedom, interval_freedom, variance
from dihkpi.indicators.design.sample import Matrix, Sample, Vector
from dihkpi.indicators.design.statistic import Inside, Statistic, domains, statistic
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd


def total(sample: Sample, variable: str, by: Sequence[str] = ()) -> pd.DataFrame:
    """Total of a column in the population, by domain where asked for."""
    return taylor(sample, statistic(sample, "total", variable), by)


def mean(sample: Sample, variable: str, by: Sequence[str] = ()) -> pd.DataFrame:
    """Mean of a column in the population.

    Parameters
    ----------
    sample : Sample
    variable : str
        Column; respondents without a value are outside of the domain.
    by : sequence of str
        Columns whose codes make domains. The design stays whole: rows outside count with 0.

    Returns
    -------
    pandas.DataFrame
        The table ``survey_estimates``.

    Examples
    --------
    >>> import pandas as pd
    >>> from dihkpi.definitions import load_definitions
    >>> from dihkpi.indicators.design.sample import Design, prepare
    >>> rows = pd.DataFrame({"region": ["a", "a", "b", "b"], "size": [10, 10, 4, 4], "score": [1.0, 3.0, 5.0, 7.0]})
    >>> sample = prepare(rows, Design(strata="region", population="size"), load_definitions())
    >>> mean(sample, "score")[["value", "se", "df"]].round(3).to_numpy().tolist()
    [[3.143, 0.67, 2.0]]
    """
    return taylor(sample, statistic(sample, "mean", variable), by)


def share(sample: Sample, variable: str, by: Sequence[str] = ()) -> pd.DataFrame:
    """Share in per cent of a column of yes and no; its interval on the scale of the logit, so inside 0 and 100."""
    return taylor(sample, statistic(sample, "share", variable), by)


def ratio(sample: Sample, of: str, to: str, by: Sequence[str] = (), scale: float = 1.0) -> pd.DataFrame:
    """Total of one column over that of another, times ``scale``; never a mean of ratios."""
    return taylor(sample, statistic(sample, "ratio", of, to, scale), by)


def taylor(sample: Sample, what: Statistic, by: Sequence[str]) -> pd.DataFrame:
    """Any statistic with its linearised error."""
    inside, names = domains(sample, by)
    value = what.values(sample.weights[:, None], inside)[0]
    linear = what.linearised(sample.weights, inside)
    return as_table(sample, what, inside, names, value, variance(sample, linear), linear, "taylor")


def as_table(
    sample: Sample, what: Statistic, inside: Inside, names: Sequence[str], value: Vector, var: Vector, linear: Matrix,
    method: str, note: str = "",
) -> pd.DataFrame:  # fmt: skip
    """The table ``survey_estimates`` of one statistic."""
    import pandas as pd

    known = inside & what.known[:, None]
    errors = intervals(sample, what, known, value, var)
    n, missing = known.sum(axis=0), (inside & ~what.known[:, None]).sum(axis=0)
    weights = sample.weights @ known, sample.weights**2 @ known
    status, reason = _status(sample, what, value, errors["se"], errors["df"], missing, note)
    table = pd.DataFrame({
        "measure": what.measure, "variable": what.variable, "domain": names, "method": method, "value": value,
        **errors, "n": n, "missing": missing,
        "effective_n": np.divide(weights[0] ** 2, weights[1], out=np.zeros(len(n)), where=n > 0),
        "deff": design_effect(sample, linear, known, var), "status": status, "reason": reason,
    })  # fmt: skip
    return check_table(table, sample.table, in_order=True) if sample.table else table


def intervals(sample: Sample, what: Statistic, known: Inside, value: Vector, var: Vector) -> dict[str, Vector]:
    """Standard error, degrees of freedom and interval of every domain, by their columns in the table.

    Parameters
    ----------
    known : numpy.ndarray of bool, shape (rows, domains)
        Rows of each domain with a value.
    value, var : numpy.ndarray, shape (domains,)
        Estimates and their variances.
    """
    there = np.isfinite(value) & np.isfinite(var)
    se = np.where(there, np.sqrt(np.maximum(var, 0)), np.nan)
    df = degrees_of_freedom(sample, known)
    freedom = interval_freedom(sample, known, what.below, df)
    lo, hi = interval(value, se, freedom, sample.confidence, what.scale if what.measure == "share" else 0.0)
    lo, hi = (np.where(there & (df > 0), end, np.nan) for end in (lo, hi))
    return {"se": se, "df": df, "df_interval": freedom, "lo": lo, "hi": hi}


def interval(value: Vector, se: Vector, df: Vector, confidence: float, top: float) -> tuple[Vector, Vector]:
    """Student's t interval; on the scale of the logit for a share of ``top``."""
    from scipy.stats import t

    half = t.ppf((1 + confidence) / 2, np.maximum(df, 1)) * se
    if not top:
        return value - half, value + half
    part = value / top
    inner = (part > 0) & (part < 1)
    odds = np.divide(part, 1 - part, out=np.full(len(part), np.nan), where=inner)
    step = np.exp(np.divide(half / top, part * (1 - part), out=np.full(len(part), np.nan), where=inner))
    return top * odds / (odds + step), top * odds / (odds + 1 / step)


def design_effect(sample: Sample, linear: Matrix, known: Inside, var: Vector) -> Vector:
    """Variance over that of a simple random sample of as many respondents of the domain.

    Kish (1965), Survey Sampling; without replacement where the design knows its population.
    """
    n, size = known.sum(axis=0), sample.weights @ known
    some = np.maximum(size, 1e-300)
    centre = (sample.weights @ (linear * known)) / some
    spread = sample.weights @ ((linear - centre) ** 2 * known) / some * n / np.maximum(n - 1, 1)
    left = 1 - n / some if sample.finite else np.ones(len(n))
    simple = size**2 * left * spread / np.maximum(n, 1)
    seen = (simple > 1e-12 * np.maximum(var, 1e-300)) & (n > 1)
    return np.asarray(np.divide(var, simple, out=np.full(len(n), np.nan), where=seen))


def _status(
    sample: Sample, what: Statistic, value: Vector, se: Vector, df: Vector, missing: np.ndarray, note: str
) -> tuple[np.ndarray, pd.Series]:
    """Status and reason of every row; the gravest first."""
    import pandas as pd

    absent, few = ~np.isfinite(value), df <= 0
    flat = ~absent & ~few & ~(se > 0)
    lost = (missing > 0) & (what.measure == "total")
    status = np.select([absent, few | flat | lost | bool(sample.doubt)], ["m", "u"], "ok")
    reasons = np.full(len(value), note, dtype=object)
    for where, text in (
        (np.full(len(value), bool(sample.doubt)), sample.doubt),
        (lost, "missing values count as nothing in this total"),
        (flat, "no spread is seen, which does not mean that there is no error"),
        (few, "no more clusters than strata: no degrees of freedom, no interval"),
        (absent, "no respondent with a value, or a denominator of 0"),
    ):
        reasons = np.where(where, text, reasons)
    return status, pd.Series(reasons, dtype="str").replace("", pd.NA)
