"""Lists of their own that a few hubs of the demo keep beside the official records, with planted differences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dihkpi.demo.files import Table
from dihkpi.demo.people import Hub, World
from dihkpi.demo.records import AID, PRICE

HUBS = (0, 5, 10)
"""Numbers of the hubs that keep one."""
CUSTOMERS = {"without_form": 6, "other_order": 3, "without_number": 8}
"""Customers of whom the list tells a name without legal form, the words of it in another order, or no number."""
SERVICES = {"not_reported": 4, "not_listed": 3, "other_price": 5, "other_day": 2}
"""Services that are on the own list alone, on the official one alone, or on both with another price or first day."""
_COLUMNS = {
    "Content ID": "content_id", "Customer": "customer", "VAT": "vat", "Service category delivered": "category",
    PRICE: "price", "Price invoiced to customer": "invoiced", AID: "aid", "Status": "status", "Dates": "dates",
    "Amount of investment triggered": "investment", "Customer staff size": "size", "Customer type": "customer_type",
}  # fmt: skip
_NEWCOMER = "Planina Robotika"


def own_list(world: World, hub: Hub, services: pd.DataFrame) -> Table:
    """The services of a hub as its own system has them; ``services`` has the columns of the official workbook."""
    rng = np.random.default_rng([world.seed, hub.index, 2])
    rows = services[list(_COLUMNS)].rename(columns=_COLUMNS).copy()
    firms = rows["customer_type"] == world.label("customer_types", "sme")
    people = rows.loc[firms, "customer"].drop_duplicates().to_numpy(object)
    chosen = rng.permutation(len(people))[: sum(CUSTOMERS.values())]
    kinds = dict(zip(people[chosen], np.repeat(list(CUSTOMERS), list(CUSTOMERS.values())), strict=False))
    kind = rows["customer"].map(kinds)
    rows["vat"] = rows["vat"].where(~kind.isin(["other_order", "without_number"]), "")
    renamed = {name: _spelled(name, how) for name, how in kinds.items()}
    rows["customer"] = rows["customer"].replace(renamed)
    rows["content_id"] = rows["content_id"].where(rng.random(len(rows)) < 0.6, "")  # its system knows no other half
    return Table(f"{hub.hub}/services of our own.csv", _differing(rng, rows).sort_values(["dates", "customer"]))


def _spelled(name: str, how: str) -> str:
    words = name.split(" ")
    if how == "without_form" and len(words) > 2:
        return " ".join(words[:-1]).upper()
    return " ".join([*words[1:], words[0]]) if how == "other_order" else name


def _differing(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """The list with other services and other figures than the official one."""
    done = rng.permutation(np.flatnonzero(rows["status"].isin(["Finalised", "Completed"]) & rows["content_id"].ne("")))
    at = np.split(done[: sum(SERVICES.values())], np.cumsum(list(SERVICES.values()))[:-1])
    more, less, price, day = at
    new = rows.iloc[more].assign(content_id="", dates="2026-06-01 / 2026-06-02")
    new.loc[new.index[0], ["customer", "vat"]] = [_NEWCOMER, ""]
    amounts, dates = rows["price"].to_numpy(copy=True), rows["dates"].to_numpy(object).copy()
    amounts[price] += 500
    dates[day] = [f"{text[:7]}-01{text[10:]}" for text in dates[day]]
    changed = rows.assign(price=amounts, dates=dates)
    return pd.concat([changed.drop(index=rows.index[less]), new], ignore_index=True)
