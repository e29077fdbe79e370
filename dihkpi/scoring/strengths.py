"""Strengths and weaknesses: how far a unit lies from its peers, counted in errors of the gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, hint_for
from dihkpi.intake.columns import check_parts
from dihkpi.scoring.ranks.table import with_freedom

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
_LIST = ["level", "survey", "version", "wave"]


def strengths(
    scores: pd.DataFrame, definitions: Definitions, *, uncertainty: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every unit beside the mean of the others of its level, at every node.

    Parameters
    ----------
    scores : pandas.DataFrame
        Rows of the table ``scores``; those without value or that may not be shown are nobody's peers.
    definitions : Definitions
        For the confidence level and the table.
    uncertainty : pandas.DataFrame, optional
        The table of this name, for the degrees of freedom of the errors.

    Returns
    -------
    pandas.DataFrame
        The table ``strengths``.

    Notes
    -----
    With n units the gap of unit i is x_i - mean of the others, with the variance s_i^2 + sum of the others' s_k^2 over
    (n - 1)^2. It is a strength or weakness where Student's t with the degrees of freedom of the unit says so for all
    nodes of the unit together (Holm). Units with exact scores have gaps and spreads, and the verdict ``unknown``.
    """
    level = 1 - float(definitions.value("confidence_level"))
    rows = scores[scores["value"].notna() & scores["status"].isin(["ok", "u"])]
    rows = with_freedom(rows, uncertainty)
    found = []
    for _, units in rows.groupby(_LIST, dropna=False, sort=False):
        wide = {name: units.pivot(index="code", columns="dimension", values=name) for name in ("value", "se", "df")}
        order = list(dict.fromkeys(units["dimension"]))
        value, se, df = (wide[name][order].to_numpy(float) for name in ("value", "se", "df"))
        if len(value) > 1:
            found.append(_rows(units, wide["value"].index, order, value, se, df, level))
    return check_parts(found, definitions.tables["strengths"], in_order=True)


def _rows(
    units: pd.DataFrame, codes: pd.Index, order: list[str], value: Matrix, se: Matrix, df: Matrix, level: float
) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import rankdata, t

    there = ~np.isnan(value)
    peers = there.sum(axis=0) - there
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (np.nansum(value, axis=0) - np.nan_to_num(value)) / peers
        squares = np.nansum(value**2, axis=0) - np.nan_to_num(value) ** 2
        spread = np.sqrt(np.maximum(squares - peers * mean**2, 0) / (peers - 1))
        error = np.sqrt(se**2 + (np.where(there, se**2, 0.0).sum(axis=0) - se**2) / peers**2)
        gap = value - mean
        errors, spreads = gap / error, gap / spread
    two_sided = 2 * t.sf(np.abs(errors), np.where(np.isnan(df), np.inf, df))
    p = _holm(np.where(np.isfinite(errors), two_sided, np.nan))
    verdict = np.select([np.isnan(p), p > level, gap > 0], ["unknown", "none", "strength"], "weakness")
    n, width = value.shape
    table = pd.DataFrame({
        "code": codes.to_numpy(object).repeat(width), "dimension": np.tile(np.array(order, dtype=object), n),
        "value": value.ravel(), "peers": peers.ravel(), "mean": mean.ravel(),
        "median": _median_of_others(value).ravel(), "gap": gap.ravel(), "se": error.ravel(),
        "errors": np.where(np.isfinite(errors), errors, np.nan).ravel(),
        "spreads": np.where(np.isfinite(spreads), spreads, np.nan).ravel(),
        "rank": rankdata(np.where(there, -value, np.inf), method="min", axis=0).astype(int).ravel(),
        "p_adjusted": p.ravel(), "verdict": verdict.ravel().astype(object),
    }).assign(**units[_LIST].iloc[0])  # fmt: skip
    compared: pd.DataFrame = table[there.ravel() & (peers.ravel() > 0)]
    return compared


def _median_of_others(value: Matrix) -> Matrix:
    """Median of the others of each column: from the sorted column, without the unit itself."""
    order = np.sort(value, axis=0)  # NaN last
    n = (~np.isnan(value)).sum(axis=0)
    left = np.array([np.searchsorted(order[: n[j], j], value[:, j]) for j in range(value.shape[1])]).T
    columns = np.arange(value.shape[1])

    def at(place: npt.NDArray[np.intp]) -> Matrix:
        return order[np.clip(place + (place >= left), 0, len(value) - 1), columns]

    return (at(np.broadcast_to((n - 2) // 2, value.shape)) + at(np.broadcast_to((n - 1) // 2, value.shape))) / 2


def _holm(p: Matrix) -> Matrix:
    """Probabilities adjusted for all entries of their row together; NaN stays and does not count."""
    order = np.argsort(p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1)
    many = (~np.isnan(p)).sum(axis=1, keepdims=True) - np.arange(p.shape[1])
    adjusted = np.minimum(np.maximum.accumulate(ranked * np.maximum(many, 1), axis=1), 1)
    result = np.empty_like(p)
    np.put_along_axis(result, order, np.where(np.isnan(ranked), np.nan, adjusted), axis=1)
    return result


def extremes(table: pd.DataFrame, codes: str | Sequence[str], count: int, *, weakest: bool = True) -> pd.DataFrame:
    """The dimensions in which units are weakest, or strongest, beside their peers.

    Parameters
    ----------
    table : pandas.DataFrame
        The table ``strengths``.
    codes : str or sequence of str
        One unit or several.
    count : int
        How many of each unit; all where there are fewer.
    weakest : bool
        The strongest otherwise.

    Raises
    ------
    UsageError
        When a unit is unknown.

    Notes
    -----
    The order is that of the gap in errors, else in spreads. A unit that is last in a dimension is not left out.
    """
    wanted = [codes] if isinstance(codes, str) else list(codes)
    known = list(dict.fromkeys(table["code"]))
    if unknown := [code for code in wanted if code not in known]:
        raise UsageError(f"no unit '{unknown[0]}' in the table\n  {hint_for(unknown[0], known)}")
    rows = table[table["code"].isin(wanted)]
    by = rows["errors"].fillna(rows["spreads"]) * (1 if weakest else -1)
    rows = rows.assign(by=by).sort_values(["by", "dimension"], kind="stable")
    return rows.groupby("code", sort=False).head(count).drop(columns="by").sort_values("code", kind="stable")
