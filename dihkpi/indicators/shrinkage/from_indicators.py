"""From the table ``indicators`` of one level to shrunken estimates: each kind of figure by the model that fits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.shrinkage.table import shrink
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "mean": "mean", "score": "mean", "change": "mean", "share": "share", "complete": "share", "count": "count",
    "distinct": "count",
}  # fmt: skip
"""What an indicator measures to the kind of its figures; sums and ratios are none of these."""
_NO_MODEL = "sums and ratios have no standard error in the table indicators, so there is no model for them"
_KEPT = ["level", "code", "indicator", "period", "breakdown", "status"]


def shrink_indicators(
    indicators: pd.DataFrame,
    level: str,
    definitions: Definitions,
    *,
    errors: str = "pooled",
    exposure: Mapping[str, float] | None = None,
    covariates: pd.DataFrame | None = None,
    confidence: float | None = None,
) -> pd.DataFrame:
    """Figures of one level drawn towards each other: means, shares and counts.

    Parameters
    ----------
    indicators : pandas.DataFrame
        The table ``indicators``.
    level : str
        Such as ``hub``.
    definitions : Definitions
        They say what each indicator measures.
    errors : {"pooled", "own"}
        How far means of few respondents are known: from one spread for all units, or from the spread of each.
    exposure : mapping of str to float, optional
        Code to what counts are per, such as months of work; 1 for all when not given. Counts become rates.
    covariates : pandas.DataFrame, optional
        One row per unit, indexed by code; used for means.
    confidence : float, optional
        Level of the intervals; must be that of the table, whose intervals tell the standard errors.

    Returns
    -------
    pandas.DataFrame
        The table ``shrunken``; suppressed figures stay suppressed and do not enter a model.

    Raises
    ------
    UsageError
        Unknown level.
    """
    import pandas as pd

    if level not in set(indicators["level"]):
        raise UsageError(f"no indicators of the level '{level}'\n  {hint_for(level, sorted(set(indicators['level'])))}")
    sure = float(definitions.value("confidence_level")) if confidence is None else confidence
    rows = indicators[indicators["level"] == level]
    measures = {name: KINDS.get(indicator.measure(), "") for (_, name), indicator in definitions.indicators.items()}
    kinds = rows["indicator"].map(measures).fillna("")
    per = pd.Series(1.0, index=rows.index) if exposure is None else rows["code"].map(exposure).astype("float64")
    parts = []
    if len(means := rows[kinds == "mean"]):
        joined, names = _means(means, covariates, sure), () if covariates is None else tuple(covariates.columns)
        model = "fay_herriot" if names else "normal"
        parts.append(shrink(joined, model, definitions, covariates=names, errors=errors, confidence=sure))
    if len(shares := rows[kinds == "share"]):
        n = shares["n"].astype("float64")
        cases = shares[_KEPT].assign(cases=(shares["value"] * n / 100).round(), n=n)
        parts.append(shrink(cases, "beta_binomial", definitions, scale=100, confidence=sure))
    if len(counts := rows[kinds == "count"]):
        cases = counts[_KEPT].assign(cases=counts["value"], n=per[counts.index])
        parts.append(shrink(cases, "gamma_poisson", definitions, confidence=sure))
    if len(others := rows[kinds == ""]):
        parts.append(_without_model(others))
    return check_table(pd.concat(parts, ignore_index=True), definitions.tables["shrunken"])


def _means(rows: pd.DataFrame, covariates: pd.DataFrame | None, confidence: float) -> pd.DataFrame:
    """Means with the standard errors that Student's intervals tell: half their width over t(n - 1)."""
    from scipy.stats import t

    n = rows["n"].astype("float64")
    width = (rows["hi"] - rows["lo"]) / 2
    se = width / t.ppf((1 + confidence) / 2, np.maximum(n - 1, 1))
    joined = rows[_KEPT].assign(value=rows["value"], se=se, n=n)
    return joined if covariates is None else joined.join(covariates, on="code")


def _without_model(rows: pd.DataFrame) -> pd.DataFrame:
    none = dict.fromkeys(("raw_se", "factor", "value", "mse", "lo", "hi"), np.nan)
    status = rows["status"].where(rows["status"] == "c", "m")
    kept = rows[["level", "code", "indicator", "period", "breakdown"]]
    return kept.assign(raw=rows["value"], n=rows["n"], **none, model="none", status=status, reason=_NO_MODEL)
