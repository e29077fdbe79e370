"""Services of customers on both lists: which record is which, what is missing on either side, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

AMOUNTS = ("price", "invoiced", "aid", "investment")
COMPARED = ("category", "start", "end", "status", *AMOUNTS)
NO_STATUS = "no known status"
_STEPS = (("content_id",), ("category", "start", "price"), ("category", "start"))
"""What two records of one customer have in common, in the order in which it is looked for."""
_ABOUT = ["hub", "customer", "content_id", "category", "start"]


@dataclass(frozen=True)
class Services:
    """What came of it, as tables; a record counts here if it is delivered on one side at least.

    Parameters
    ----------
    matched : pandas.DataFrame
        hub, customer, content_id, category, start, by (content_id, or category and start): one row per pair.
    only_ours, only_official : pandas.DataFrame
        hub, customer, content_id, category, start, price: delivered records that the other side lacks.
    differences : pandas.DataFrame
        hub, customer, content_id, category, start, pair, field, ours, official: one row per pair and field.
    """

    matched: pd.DataFrame
    only_ours: pd.DataFrame
    only_official: pd.DataFrame
    differences: pd.DataFrame

    def findings(self) -> pd.DataFrame:
        """All that there is to do, as one table: hub, finding, customer, ..., field, ours, official."""
        import pandas as pd

        parts = [self.differences.assign(finding="differs")]
        for side, rows in (("ours", self.only_ours), ("official", self.only_official)):
            told = rows.rename(columns={"price": side}).assign(finding=f"only {side}", field="price")
            parts.append(told)
        columns = ["hub", "finding", *_ABOUT[1:], "field", "ours", "official"]
        whole = pd.concat([part.reindex(columns=columns).astype("str") for part in parts], ignore_index=True)
        return whole.sort_values(["hub", "customer", "start", "category", "content_id", "finding", "field"],
                                 kind="stable", ignore_index=True)  # fmt: skip


def compare_services(
    ours: pd.DataFrame, official: pd.DataFrame, of_ours: npt.NDArray[np.intp], of_official: npt.NDArray[np.intp]
) -> Services:
    """Compare the services of customers that are on both lists.

    Two records of one customer are a pair when they have the same Content ID; where one of them has none, when they
    have the same category and first day, those with the same price before others. A record is in one pair at most. A
    field differs where both records have a value, and a Content ID never does.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        Accepted rows of the form ``services``.
    of_ours, of_official : numpy.ndarray of int
        Number of the pair of customers that each row is about; negative where the customer has no counterpart.
    """
    sides = [_told(ours, of_ours), _told(official, of_official)]
    pairs = _pairs(*sides)
    mine, theirs = (
        side.loc[pairs[which].to_list()].reset_index(drop=True)
        for side, which in zip(sides, ("ours", "official"), strict=True)
    )
    counts = (mine["delivered"] | theirs["delivered"]).to_numpy(bool)
    mine, theirs, by = mine[counts], theirs[counts], pairs["by"][counts]
    alone = [
        side.drop(index=pairs[which].to_list()).query("delivered")[[*_ABOUT, "price"]].reset_index(drop=True)
        for side, which in zip(sides, ("ours", "official"), strict=True)
    ]
    matched = theirs[_ABOUT].assign(by=by.to_numpy(object)).astype("str").reset_index(drop=True)
    return Services(matched, alone[0], alone[1], _differences(mine, theirs))


def with_delivered(services: pd.DataFrame) -> pd.DataFrame:
    """Services with yes or no in ``delivered``, and words for a status that is not known."""
    unknown = services["status"].isna() & services["delivered"].isna()
    delivered = services["delivered"].astype("boolean").fillna(False).astype(bool)
    return services.assign(delivered=delivered, status=services["status"].mask(unknown, NO_STATUS))


def _told(services: pd.DataFrame, of_pair: npt.NDArray[np.intp]) -> pd.DataFrame:
    """What is compared of the services of matched customers, as texts, in an order of their own."""
    rows = services.assign(pair=of_pair)[of_pair >= 0]
    told = rows[["hub", "customer", "pair", "delivered", "status"]].copy()
    told["content_id"] = rows["content_id"].astype("str").str.strip()
    told["category"] = rows["category"].astype("str")
    for day in ("start", "end"):
        told[day] = rows[day].astype("datetime64[s]").dt.strftime("%Y-%m-%d").astype("str")
    for amount in AMOUNTS:
        told[amount] = rows[amount].map("{:.2f}".format, na_action="ignore").astype("str")
    order = ["pair", "start", "category", "content_id", "price", *COMPARED, "customer"]
    return told.sort_values(list(dict.fromkeys(order)), ignore_index=True)


def _pairs(ours: pd.DataFrame, official: pd.DataFrame) -> pd.DataFrame:
    """Which record is which: ours, official and by, in the order of ours."""
    import pandas as pd

    found = []
    for step in _STEPS:
        if step == ("content_id",):
            sides = [(ours[ours["content_id"].notna()], official[official["content_id"].notna()])]
        else:  # one of the two has no Content ID
            sides = [(ours[ours["content_id"].isna()], official), (ours, official[official["content_id"].isna()])]
        for mine, theirs in sides:
            here = [frame[frame.index.isin(side.index)] for frame, side in ((mine, ours), (theirs, official))]
            pairs = _equal(here[0], here[1], ["pair", *step]).assign(by=" and ".join(step[:2]).replace("_", " "))
            ours = ours.drop(index=pairs["ours"].to_list())
            official = official.drop(index=pairs["official"].to_list())
            found.append(pairs)
    return pd.concat(found, ignore_index=True).sort_values("ours", ignore_index=True)


def _equal(ours: pd.DataFrame, official: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Of several equal records the first with the first, the second with the second."""
    sides = []
    for side, name in ((ours, "ours"), (official, "official")):
        told = side.dropna(subset=by).reset_index(names=name)[[name, *by]]
        sides.append(told.assign(turn=told.groupby(by).cumcount()))
    return sides[0].merge(sides[1], on=[*by, "turn"])[["ours", "official"]]


def _differences(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    content_id = theirs["content_id"].fillna(mine["content_id"])
    about = theirs[_ABOUT].assign(content_id=content_id, pair=theirs.index)
    found = []
    for field in COMPARED:
        differs = mine[field].notna() & theirs[field].notna() & (mine[field] != theirs[field])
        found.append(about.assign(field=field, ours=mine[field], official=theirs[field])[differs])
    return pd.concat(found, ignore_index=True)
