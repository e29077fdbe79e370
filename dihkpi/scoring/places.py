"""The place of a respondent or hub at every level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Level

if TYPE_CHECKING:
    import pandas as pd

NETWORK = "all"


def place_codes(
    level: Level, hub: pd.Series, nuts: pd.Series, country: pd.Series, definitions: Definitions
) -> pd.Series:
    """Code of the place at a level, from a hub's id, a NUTS code and a country code.

    The country of a NUTS code stands in when the country is not given.
    """
    import pandas as pd

    if level.source == "hub":
        return hub
    if level.source == "all":
        return pd.Series(NETWORK, index=hub.index, dtype="str")
    if level.source == "nuts":
        place = nuts.where(nuts.str.len() >= (level.length or 0)).str.slice(0, level.length)
    else:
        place = country.fillna(nuts.str.slice(0, 2))
    if level.members:
        place = place.map(members_of(definitions, level.members))
    return place.astype("str")


def members_of(definitions: Definitions, name: str) -> Mapping[str, str]:
    """Member to place, from a code list whose ``members`` are joined by a vertical bar."""
    rows = definitions.codelists[name].rows
    return {member: row["code"] for row in rows for member in row.get("members", "").split("|") if member}
