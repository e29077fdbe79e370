"""Weights as they work: how much of the spread of a score each child accounts for, beside the weight it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
_LIST = ["level", "survey", "version", "wave", "node"]
_DEGREE = 3
"""A curve with one bend each way; more would follow the noise of a few dozen units."""


def effective_weights(contributions: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Nominal weights of children beside their effective ones.

    Parameters
    ----------
    contributions : pandas.DataFrame
        The table of this name; the parts of a node are its score.
    definitions : Definitions
        For the table.

    Returns
    -------
    pandas.DataFrame
        The table ``weights``.

    Notes
    -----
    With y the score of the node, x_i the value of a child and c_i what it adds: ``importance`` is
    Var(E[y | x_i]) / Var(y), the first-order effect of Paruolo, Saisana and Saltelli (2013), from a cubic curve with
    the adjusted share of explained variance; for jointly normal values it is the squared correlation.
    ``variance_share`` is Cov(c_i, y) / Var(y); as the parts sum to the score, these shares sum to 1, and one can be
    negative.
    """
    import pandas as pd

    found = []
    for key, part in contributions.groupby(_LIST, dropna=False, sort=False):
        wide = {
            name: part.pivot(index="code", columns="child", values=name) for name in ("value", "weight", "contribution")
        }
        children = list(dict.fromkeys(part["child"]))
        added = wide["contribution"][children].to_numpy(float)
        score = added.sum(axis=1)  # NaN where the node has none
        weight = wide["weight"][children].to_numpy(float)
        nominal = np.nanmean(weight / np.nansum(weight, axis=1, keepdims=True), axis=0)
        values = wide["value"][children].to_numpy(float)
        heads = dict(zip(_LIST, key, strict=True))
        for place, child in enumerate(children):
            told = _told(score, values[:, place], added[:, place])
            found.append({**heads, "child": child, "nominal": nominal[place], **told})
    return check_parts([pd.DataFrame(found)] if found else [], definitions.tables["weights"], in_order=True)


def _told(score: Vector, value: Vector, added: Vector) -> dict[str, Any]:
    both = ~np.isnan(score) & ~np.isnan(value)
    n, nothing = int(both.sum()), {"correlation": np.nan, "importance": np.nan, "variance_share": np.nan}
    there = ~np.isnan(score)
    if there.sum() < 2:
        return {**nothing, "units": n, "reason": "fewer than two units have a score"}
    spread = float(np.var(score[there]))
    if spread <= np.finfo(float).eps * max(1.0, float(np.abs(score[there]).max())) ** 2:
        return {**nothing, "units": n, "reason": "all units have the same score"}
    share = float(np.mean((added[there] - added[there].mean()) * (score[there] - score[there].mean())) / spread)
    if n < 3 or np.ptp(value[both]) == 0:
        why = "fewer than three units have a value" if n < 3 else "all units have the same value"
        return {**nothing, "units": n, "variance_share": share, "reason": why}
    correlation = float(np.corrcoef(value[both], score[both])[0, 1]) if np.ptp(score[both]) else np.nan
    return {
        "units": n, "correlation": correlation, "importance": first_order(value[both], score[both]),
        "variance_share": share, "reason": None,
    }  # fmt: skip


def first_order(x: Vector, y: Vector) -> float:
    """Share of the variance of y that its mean for a given x explains, between 0 and 1.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)
    >>> round(first_order(x, x**3 - x), 3), round(first_order(x, np.where(np.arange(50) % 2, 1.0, -1.0)), 2)
    (1.0, 0.0)
    """
    degree = min(_DEGREE, len(np.unique(x)) - 1, len(x) - 2)
    if degree < 1 or np.ptp(y) == 0:
        return np.nan
    curve = np.polynomial.Polynomial.fit(x, y, degree)
    left, whole = float(((y - curve(x)) ** 2).sum()), float(((y - y.mean()) ** 2).sum())
    return float(np.clip(1 - (left / (len(y) - degree - 1)) / (whole / (len(y) - 1)), 0, 1))
