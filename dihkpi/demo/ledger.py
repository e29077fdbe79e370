"""What the hubs of the demo know beside the official exports: advisers and legal forms, terms of aid, money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dihkpi.demo.answers import LAST_DAY
from dihkpi.demo.files import Table
from dihkpi.demo.people import Hub, World, favour

FORMS = ("limited company", "sole trader", "cooperative", "public limited company")
SOURCES = {
    "digital_europe_programme": 0.42,
    "national_public_funding": 0.30,
    "regional_public_funding": 0.08,
    "fee_for_services": 0.15,
    "member_fees": 0.05,
}
"""Usual shares in the funding of a hub."""


def ledger(world: World, hub: Hub, customers: pd.DataFrame) -> list[Table]:
    """Files of the hub's own; they draw from a stream of their own, so that all others stay as they are."""
    rng = np.random.default_rng([world.seed, hub.index, 2])
    tables = {
        "customer_details": _details(hub, rng, customers),
        "aid_terms": pd.DataFrame({"hub": [hub.hub], "valid_from": [str(hub.grant_start)],
                                   "intensity": [hub.aid_share], "step": [0.01]}),
        **_money(hub, rng),
    }  # fmt: skip
    return [Table(f"{hub.hub}/{name}.csv", frame) for name, frame in tables.items()]


def _details(hub: Hub, rng: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """Legal form and adviser of the customers; some have no adviser."""
    advisers = np.array(["adviser-a", "adviser-b", "adviser-c", ""], dtype=object)
    return pd.DataFrame({
        "hub": hub.hub,
        "kind": customers["kind"],
        "registered_name": customers["name"],
        "vat_number": customers["vat"],
        "legal_form": np.where(customers["kind"] == "sme", favour(rng, np.array(FORMS, object), len(customers), 0.4),
                               "public body"),
        "adviser": favour(rng, advisers, len(customers), 0.7),
    })  # fmt: skip


def _money(hub: Hub, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Cost, income and funding of every half year of the grant so far."""
    months = np.arange(hub.grant_start.astype("datetime64[M]"), LAST_DAY.astype("datetime64[M]") + 1, 6)
    start = months.astype("datetime64[D]")
    end = np.minimum((months + 6).astype("datetime64[D]") - 1, LAST_DAY)
    cost = (28_000 * hub.staff_fte * rng.uniform(0.9, 1.1, len(start))).round(-2)
    shares = rng.dirichlet(40 * np.array(list(SOURCES.values())))
    income = cost * rng.uniform(0.85, 1.05, len(start))
    days = np.datetime_as_string(start).astype(object)
    finances = {"hub": hub.hub, "start": days, "end": np.datetime_as_string(end).astype(object),
                "operating_cost": cost, "secured_income": income.round(-2)}  # fmt: skip
    funding = {"hub": hub.hub, "start": days.repeat(len(SOURCES)), "source": list(SOURCES) * len(days),
               "amount": np.outer(income, shares).round(-2).ravel()}  # fmt: skip
    return {"finances": pd.DataFrame(finances), "funding": pd.DataFrame(funding)}
