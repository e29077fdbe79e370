"""State aid by the terms of a hub, exact to the cent: intensity, rounding, the value of a person-day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

Cents = npt.NDArray[np.int64]
_PARTS = 1_000_000
"""An intensity in per cent is known to the fourth decimal: millionths of the price."""
_MOST = 9_000_000_000_000
"""Prices in cents above this would overflow 64 bits when multiplied by an intensity."""


def aid_due(price: Cents, intensity: npt.NDArray[np.float64], step: Cents) -> Cents:
    """Aid of some prices: price times intensity, rounded half up to the step.

    Parameters
    ----------
    price : numpy.ndarray of int64
        In cents.
    intensity : numpy.ndarray
        In per cent, to four decimals.
    step : numpy.ndarray of int64
        In cents, such as 1, or 1,000 for tens of euros.

    Raises
    ------
    ValueError
        When a price is negative or above ninety billion euros.

    Examples
    --------
    >>> aid_due(np.array([5000]), np.array([30.0]), np.array([1000])).tolist()
    [2000]
    >>> aid_due(np.array([200000]), np.array([54.66]), np.array([1])).tolist()
    [109320]
    """
    if len(price) and (price.min() < 0 or price.max() > _MOST):
        raise ValueError("prices must be from 0 to 90,000,000,000 EUR")
    parts = np.rint(intensity * (_PARTS / 100)).astype(np.int64)
    aid: Cents = (price * parts + step * (_PARTS // 2)) // (step * _PARTS) * step
    return aid


def terms_on(terms: pd.DataFrame, hub: pd.Series, day: pd.Series) -> pd.DataFrame:
    """The terms of each row's hub on its day.

    Parameters
    ----------
    terms : pandas.DataFrame
        Rows of the form ``aid_terms``: hub, valid_from, intensity, step, person_day.
    hub, day : pandas.Series
        Of the rows, with one index.

    Returns
    -------
    pandas.DataFrame
        ``intensity``, ``step`` and ``person_day`` with that index; empty before the first terms of a hub.
    """
    import pandas as pd

    rows = pd.DataFrame({"hub": hub, "day": day.astype("datetime64[s]")}).rename_axis("at").reset_index().dropna()
    known = terms.assign(day=terms["valid_from"].astype("datetime64[s]")).sort_values("day", kind="stable")
    found = pd.merge_asof(rows.sort_values("day", kind="stable"), known.drop(columns="valid_from"), on="day", by="hub")
    return found.set_index("at")[["intensity", "step", "person_day"]].reindex(hub.index)


def aid_checks(
    services: pd.DataFrame, terms: pd.DataFrame, definitions: Definitions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``aid_checks`` and ``aid_check_counts``: services whose aid is not what the terms of their hub give.

    Parameters
    ----------
    services : pandas.DataFrame
        Accepted rows of services, with hub, start, price and aid. Where they tell the type of a customer, only those
        of the kinds that the policy ``de_minimis`` names are compared: others get no aid by these terms.
    terms : pandas.DataFrame
        Rows of the form ``aid_terms``.

    Returns
    -------
    checks : pandas.DataFrame
        The services that differ.
    counts : pandas.DataFrame
        For each hub with a service that could be compared, how many were and how many differ.
    """
    import pandas as pd

    if "customer_type" in services:
        services = services[services["customer_type"].isin(definitions.value("de_minimis")["kinds"])]
    found = terms_on(terms, services["hub"], services["start"])
    rows = services.assign(intensity=found["intensity"], step=found["step"].fillna(0.01))
    rows = rows.rename_axis("row").reset_index()[["hub", "row", "price", "intensity", "aid", "step"]].dropna()
    rows = rows[(rows["price"] >= 0) & (rows["price"] <= _MOST / 100)]
    price, aid, step = (np.rint(rows[name].to_numpy(float) * 100).astype(np.int64) for name in ("price", "aid", "step"))
    due = aid_due(price, rows["intensity"].to_numpy(float), step)
    off = aid - due
    sums = rows[["hub"]].assign(checked=1, differ=off != 0, above=np.maximum(off, 0), below=np.maximum(-off, 0))
    counts = sums.groupby("hub", as_index=False).sum()
    counts = counts.assign(above=counts["above"] / 100, below=counts["below"] / 100)
    rows = rows.assign(due=due / 100, difference=off / 100)[off != 0]
    return (
        check_table(pd.DataFrame(rows), definitions.tables["aid_checks"]),
        check_table(pd.DataFrame(counts), definitions.tables["aid_check_counts"]),
    )


def exact(amount: float) -> Decimal:
    """A euro amount as a decimal with two places; doubles hold cents exactly up to ninety thousand billion.

    Examples
    --------
    >>> exact(0.1) + exact(0.2)
    Decimal('0.30')
    """
    return Decimal(str(amount)).quantize(Decimal("0.01"))
