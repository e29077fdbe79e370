"""What hubs tell of their own money: cost and income, funding by source, and the terms on which they give aid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dihkpi.demo.answers import LAST_DAY
from dihkpi.demo.people import Hub, World

SHARES = {
    "digital_europe_programme": 0.5, "national_public_funding": 0.2, "european_regional_development_fund": 0.15,
    "fee_for_services": 0.1, "member_fees": 0.05,
}  # fmt: skip
"""Sources of a typical hub, and their part of its funding."""


def money(world: World, hub: Hub) -> dict[str, pd.DataFrame]:
    """Rows of the files ``finances``, ``funding`` and ``aid_terms``."""
    return {name: frame.assign(hub=hub.hub) for name, frame in _money(world, hub)}


def _money(world: World, hub: Hub) -> Iterator[tuple[str, pd.DataFrame]]:
    rng = np.random.default_rng([world.seed, hub.index, 7])  # apart from the draws of the hub's other files
    starts = np.arange(hub.grant_start.astype("datetime64[M]"), LAST_DAY.astype("datetime64[M]"), 6)
    first = starts.astype("datetime64[D]")
    last = np.minimum((starts + 6).astype("datetime64[D]") - 1, LAST_DAY)
    months = (last - first).astype(int) / 30.4
    cost = (hub.staff_fte * 5_400 * months * rng.normal(1, 0.05, len(first))).round(-2)
    days = {"start": np.datetime_as_string(first), "end": np.datetime_as_string(last)}
    income = (cost * np.clip(rng.normal(0.98, 0.06, len(first)), 0.7, 1.2)).round(-2)
    yield "finances", pd.DataFrame({**days, "operating_cost": cost, "secured_income": income})
    parts = rng.dirichlet(np.array(list(SHARES.values())) * 60, len(first))
    amounts = (income[:, None] * parts).round(2)
    yield "funding", pd.DataFrame({
        "start": days["start"].repeat(len(SHARES)), "source": np.tile(list(SHARES), len(first)),
        "amount": amounts.ravel(),
    })  # fmt: skip
    terms = {"valid_from": str(hub.grant_start), "intensity": hub.aid_share, "step": 0.01}
    yield "aid_terms", pd.DataFrame([terms])
