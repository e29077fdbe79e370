"""Room for de-minimis aid: aid of three years per single undertaking and Member State against a dated ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_parts, check_table

if TYPE_CHECKING:
    import pandas as pd

Days = npt.NDArray[np.datetime64]
Vector = npt.NDArray[np.float64]


def de_minimis(
    services: pd.DataFrame, hubs: pd.DataFrame, respondents: pd.DataFrame, definitions: Definitions, day: date
) -> pd.DataFrame:
    """The table ``de_minimis``: what aid each customer of a hub may still get on a day.

    Aid counts on the day of the legal right (``aid_day``, else the start of the service) for the three years that end
    with each day, over all hubs of the Member State and all customers with the same ``undertaking``. It counts when
    the service is delivered, or when a day of the legal right is told, since the right does not wait for delivery.

    Parameters
    ----------
    services : pandas.DataFrame
        Accepted rows: hub, respondent, start, aid, delivered; aid_day, undertaking and sector where they are told.
    hubs, respondents : pandas.DataFrame
        As the tables of these names.
    day : datetime.date
        Aid after it does not count.

    Returns
    -------
    pandas.DataFrame
        For the hubs alone: what one hub sees holds aid that others granted.
    """
    import pandas as pd

    rule: Mapping[str, Any] = definitions.value("de_minimis")
    aid = _aid(services, hubs, respondents, rule, np.datetime64(day, "D"))
    years = int(rule["years"])
    if aid.empty:
        return check_parts([], definitions.tables["de_minimis"])
    first_over = _first_over(aid, rule, years).reset_index()
    since = np.datetime64((pd.Timestamp(day) - pd.DateOffset(years=years)).date(), "D")
    aid = aid.assign(recent=np.where(aid["day"].to_numpy("datetime64[D]") > since, aid["cents"], 0))
    whole = aid.groupby(["customer", "country"])["recent"].sum().rename("all").reset_index()
    rows = aid.groupby(["customer", "hub"], as_index=False).agg(
        country=("country", "first"), here=("recent", "sum"), last_aid=("day", "max"), excluded=("excluded", "max")
    )
    where = ["customer", "country"]
    rows = rows.merge(whole, on=where).merge(first_over, on=where, how="left")
    ceiling = _ceiling(rule, np.array([day], "datetime64[D]"))[0]
    headroom = ceiling - rows["all"] / 100
    status = np.select(
        [rows["excluded"], headroom < 0, headroom <= float(rule["warning"])], ["sector", "over", "low"], "ok"
    )
    table = rows.assign(
        aid=rows["all"] / 100, aid_here=rows["here"] / 100, ceiling=ceiling, day=np.datetime64(day, "s"), status=status,
        headroom=headroom.where(~rows["excluded"]), country=rows["country"].replace("", pd.NA),
    )  # fmt: skip
    return check_table(table, definitions.tables["de_minimis"])


def _aid(
    services: pd.DataFrame, hubs: pd.DataFrame, respondents: pd.DataFrame, rule: Mapping[str, Any], day: np.datetime64
) -> pd.DataFrame:
    """Aid that counts: customer, hub, country, day, cents, and whether the sector may be excluded; in order of days."""
    import pandas as pd

    nothing = pd.Series(pd.NA, index=services.index, dtype="str")
    told = services["aid_day"] if "aid_day" in services else pd.Series(pd.NaT, index=services.index)
    known = respondents.set_index("respondent")
    who = services["respondent"]
    sector = services.get("sector", nothing)
    when = told.fillna(services["start"]).astype("datetime64[s]")
    frame = pd.DataFrame({
        "customer": _undertakings(who, services.get("undertaking", nothing)), "hub": services["hub"],
        "country": services["hub"].map(hubs.set_index("hub")["country"]).fillna("").astype("str"), "day": when,
        "cents": np.rint(services["aid"].astype(float).fillna(0) * 100),
        "excluded": sector.fillna(who.map(known["sector"]).astype("str")).isin(list(rule["excluded"])),
    })  # fmt: skip
    counts = services["delivered"].astype("boolean").fillna(False).astype(bool) | told.notna()
    kind = who.map(known["kind"]).isin(list(rule["kinds"]))
    kept = frame[counts & kind & (frame["cents"] > 0) & (when <= day) & frame["hub"].notna()]
    kept = kept.assign(excluded=kept.groupby("customer")["excluded"].transform("max"))
    return kept.sort_values(["customer", "country", "day"], kind="stable", ignore_index=True)


def _undertakings(who: pd.Series, undertaking: pd.Series) -> pd.Series:
    """Customers that are linked under the first of their pseudonyms."""
    linked = who.groupby(undertaking.str.strip().str.casefold()).transform("min")
    return linked.fillna(who).groupby(who).transform("min")


def _ceiling(rule: Mapping[str, Any], days: Days) -> Vector:
    """The ceiling on each day; NaN before the first one."""
    steps = sorted((np.datetime64(str(since), "D"), float(amount)) for since, amount in rule["ceilings"].items())
    starts = np.array([since for since, _ in steps], "datetime64[D]")
    amounts = np.array([np.nan, *(amount for _, amount in steps)])
    return amounts[np.searchsorted(starts, days, side="right")]


def _first_over(aid: pd.DataFrame, rule: Mapping[str, Any], years: int) -> pd.Series:
    """First day on which the aid of the years that end with it was above the ceiling, by customer and country."""
    import pandas as pd

    days = aid["day"].to_numpy("datetime64[D]")
    since = (aid["day"] - pd.DateOffset(years=years)).to_numpy("datetime64[D]")
    group = aid.groupby(["customer", "country"], sort=True).ngroup().to_numpy(np.int64)
    width = np.int64(10_000_000)  # more than there are days in any calendar used here
    place = group * width + days.astype(np.int64) + width // 2
    left = np.searchsorted(place, group * width + since.astype(np.int64) + width // 2, side="right")
    right = np.searchsorted(place, place, side="right")
    running = np.concatenate([[0.0], np.cumsum(aid["cents"].to_numpy(float))])
    over = (running[right] - running[left]) / 100 > _ceiling(rule, days)
    first: pd.Series = aid[over].groupby(["customer", "country"])["day"].min().rename("first_over")
    return first
