"""Shrunken estimates as a table: every group of units by itself, raw and shrunken values side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.shrinkage.conjugate import BetaBinomial, GammaPoisson, shrink_cases
from dihkpi.indicators.shrinkage.normal import fay_herriot, james_stein
from dihkpi.indicators.shrinkage.result import Shrunken, unfitted
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
UNIT = "code"
GROUP = ["level", "indicator", "period", "breakdown"]
"""Columns that together name one set of units that are shrunken together."""
_NEEDS = {
    "james_stein": ("value", "se", "n"),
    "normal": ("value", "se", "n"),
    "fay_herriot": ("value", "se", "n"),
    "beta_binomial": ("cases", "n"),
    "gamma_poisson": ("cases", "n"),
}
_SAME = 1e-6
"""Relative difference of standard errors that counts as none."""
_FAMILIES = {"beta_binomial": BetaBinomial, "gamma_poisson": GammaPoisson}


def shrink(
    estimates: pd.DataFrame,
    model: str,
    definitions: Definitions,
    *,
    covariates: Sequence[str] = (),
    errors: str = "own",
    scale: float = 1.0,
    confidence: float | None = None,
) -> pd.DataFrame:
    """Estimates of small units drawn towards each other, as the table ``shrunken``.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``level``, ``code``, ``indicator``, ``period``, ``breakdown`` and, for means, ``value``, ``se``, ``n``; for
        shares and counts ``cases`` and ``n`` (respondents, or exposure). Rows with a ``status`` other than ``ok``
        stay out of the model and get no value.
    model : str
        ``james_stein``, ``normal``, ``fay_herriot`` (with covariates), ``beta_binomial`` or ``gamma_poisson``.
    definitions : Definitions
        For the table, and the level of confidence where none is given.
    covariates : sequence of str
        Columns of ``estimates``; text becomes one indicator per code but the first.
    errors : {"own", "pooled"}
        ``pooled`` takes one spread of respondents for all units, s^2 / n: for units so small that their own spread is
        a guess.
    scale : float
        Factor of shares and rates; 100 gives per cent.

    Returns
    -------
    pandas.DataFrame
        The table ``shrunken``. Never a value without a status.

    Raises
    ------
    UsageError
        Unknown model, columns that are missing, covariates with a model that takes none.
    """

    _check(estimates, model, covariates, errors)
    level = float(definitions.value("confidence_level")) if confidence is None else confidence
    parts = [
        _group(rows.reset_index(drop=True), model, covariates, errors, scale, level)
        for _, rows in estimates.sort_values([*GROUP, UNIT], kind="stable").groupby(GROUP, sort=True, dropna=False)
    ]
    return check_parts(parts, definitions.tables["shrunken"])


def pooled_errors(errors: Vector, n: Vector) -> Vector:
    """Standard errors of means from one spread of respondents in all units: sqrt(s^2 / n).

    s^2 is the mean of the units' variances, weighted by n - 1; units of one respondent get an error too.

    Examples
    --------
    >>> pooled_errors(np.array([1.0, 3.0, np.nan]), np.array([4.0, 4.0, 1.0])).round(3).tolist()
    [2.236, 2.236, 4.472]
    """
    there = np.isfinite(errors) & (n > 1)
    freedom = np.where(there, n - 1, 0.0)
    if not freedom.sum():
        return np.full(len(errors), np.nan)
    variance = np.sum(freedom * np.where(there, n * errors**2, 0)) / freedom.sum()
    return np.asarray(np.sqrt(variance / np.where(n > 0, n, np.nan)))


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Units of one model in the order of their shrunken values, best first, with ``rank``.

    Raises
    ------
    UsageError
        When the rows come from more than one model or group: their values were drawn towards different means by
        different amounts, so an order of them says nothing.
    """
    apart = [name for name in ("model", *GROUP) if table[name].nunique(dropna=False) > 1]
    if apart:
        found = "; ".join(f"{name}: {', '.join(map(str, sorted(table[name].unique())[:4]))}" for name in apart)
        raise UsageError(
            f"shrunken values of different models cannot be ranked together\n  found {found}\n"
            "  rank each group by itself, or fit one model to all of them, with the group as a covariate"
        )
    there = table[table["value"].notna()]
    placed = there.assign(rank=there["value"].rank(ascending=False, method="min").astype("Int64"))
    return placed.sort_values(["rank", UNIT], kind="stable", ignore_index=True)


def _check(estimates: pd.DataFrame, model: str, covariates: Sequence[str], errors: str) -> None:
    if model not in _NEEDS:
        raise UsageError(f"unknown model '{model}'\n  {hint_for(model, _NEEDS)}")
    if errors not in ("own", "pooled"):
        raise UsageError(f"unknown errors '{errors}'\n  {hint_for(errors, ['own', 'pooled'])}")
    needed = [*GROUP, UNIT, *_NEEDS[model], *covariates]
    if absent := [name for name in needed if name not in estimates]:
        raise UsageError(
            f"the model {model} needs the columns {', '.join(absent)}\n  {hint_for(absent[0], estimates.columns)}"
        )
    if covariates and model != "fay_herriot":
        raise UsageError(f"the model {model} takes no covariates\n  use fay_herriot")
    if not covariates and model == "fay_herriot":
        raise UsageError("the model fay_herriot needs covariates\n  use normal for a common mean")
    twice = estimates.duplicated([*GROUP, UNIT])
    if twice.any():
        row = estimates.loc[twice, [*GROUP, UNIT]].iloc[0]
        raise UsageError(f"more than one estimate of {dict(row)}\n  give one row per unit and group")


def _group(
    rows: pd.DataFrame, model: str, covariates: Sequence[str], errors: str, scale: float, confidence: float
) -> pd.DataFrame:
    """Rows of ``shrunken`` of one group of units."""
    number = {name: _numbers(rows[name]) for name in _NEEDS[model]}
    usable = rows[list(covariates)].notna().all(axis=1).to_numpy(copy=True)
    if "status" in rows:
        usable &= rows["status"].fillna("m").eq("ok").to_numpy()
    if model in _FAMILIES:
        raw, raw_se = _raw_cases(number["cases"], number["n"], model, scale)
    else:
        scale, raw, raw_se = 1.0, number["value"], number["se"]
        if errors == "pooled":
            raw_se = pooled_errors(np.where(usable, raw_se, np.nan), number["n"])
        usable &= np.isfinite(raw_se) & (raw_se > 0)
    usable &= np.isfinite(raw) & np.isfinite(number["n"])
    found = _fit(model, rows[usable], {k: v[usable] for k, v in number.items()}, raw_se[usable], covariates, confidence)
    table = rows[["level", "code", "indicator", "period", "breakdown"]].assign(
        raw=raw, raw_se=raw_se, n=number["n"], model=_label(model, covariates, errors)
    )
    for name, power in (("factor", 0), ("value", 1), ("mse", 2), ("lo", 1), ("hi", 1)):
        column = np.full(len(rows), np.nan)
        column[usable] = getattr(found, name) * scale**power
        table[name] = column
    return _with_status(table, rows, usable, found)


def _with_status(
    table: pd.DataFrame, rows: pd.DataFrame, usable: npt.NDArray[np.bool_], found: Shrunken
) -> pd.DataFrame:
    import pandas as pd

    hidden = rows["status"].eq("c").fillna(False).to_numpy(bool) if "status" in rows else np.zeros(len(rows), bool)
    table["status"] = np.select([hidden, usable & found.fitted], ["c", "ok"], "m")
    left_out = "no estimate with a standard error above 0 and all covariates, so the unit is not in the model"
    reason = np.select([hidden, ~usable], ["the raw value is suppressed", left_out], found.reason)
    table["reason"] = pd.Series(reason, index=table.index, dtype="str").replace("", pd.NA)
    table.loc[hidden, ["raw", "raw_se", "n"]] = np.nan
    return table


def _fit(
    model: str,
    rows: pd.DataFrame,
    number: Mapping[str, Vector],
    errors: Vector,
    covariates: Sequence[str],
    level: float,
) -> Shrunken:
    if model in _FAMILIES:
        return shrink_cases(_FAMILIES[model](), number["cases"], number["n"], level)
    if model == "james_stein":
        if len(errors) and np.ptp(errors) > _SAME * errors.max():
            reason = f"one standard error for all is needed, not {errors.min():.3g} to {errors.max():.3g}: use normal"
            return unfitted(model, len(errors), reason)
        return james_stein(number["value"], float(errors.max(initial=0)), level)
    return fay_herriot(number["value"], errors, _columns(rows, covariates) if covariates else None, level)


def _columns(rows: pd.DataFrame, covariates: Sequence[str]) -> npt.NDArray[np.float64]:
    """Numbers as they are, codes as one indicator each but the first in the order of the codes."""
    import pandas as pd

    numeric = [name for name in covariates if pd.api.types.is_numeric_dtype(rows[name])]
    wide = pd.get_dummies(rows[list(covariates)], columns=[c for c in covariates if c not in numeric], drop_first=True)
    return np.asarray(wide.to_numpy(dtype=np.float64))


def _raw_cases(cases: Vector, n: Vector, model: str, scale: float) -> tuple[Vector, Vector]:
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(n > 0, cases / n, np.nan)
        variance = raw * (1 - raw) / n if model == "beta_binomial" else raw / n
        return scale * raw, scale * np.sqrt(np.maximum(variance, 0))


def _label(model: str, covariates: Sequence[str], errors: str) -> str:
    inside = [*covariates, *(["pooled errors"] if errors == "pooled" and model not in _FAMILIES else [])]
    return f"{model} ({', '.join(inside)})" if inside else model


def _numbers(column: pd.Series) -> Vector:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
