"""Places of every level, and which place a row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_table
from dihkpi.scoring.places import NETWORK, place_codes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Located:
    """The place of every row at one level.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (rows,)
        Position of the place in ``places``, -1 where it is not known.
    places : numpy.ndarray of object
        Codes of the places, sorted.
    """

    codes: npt.NDArray[np.intp]
    places: npt.NDArray[np.object_]


def locate(codes: pd.Series) -> Located:
    """Places of rows as integers, in the order of their codes."""
    import pandas as pd

    positions, places = pd.factorize(codes.to_numpy(dtype=object), sort=True)
    return Located(positions, np.asarray(places, dtype=object))


def places_table(hubs: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """The table ``places``: every place that has a hub, with its name and its hubs."""
    import pandas as pd

    parts = []
    for name, level in definitions.levels.items():
        code = place_codes(level, hubs["hub"], hubs["nuts"], hubs["country"], definitions)
        listed = level.codes or level.members
        names = definitions.codelists[listed].labels if listed else {NETWORK: level.title}
        labels = hubs["name"] if level.source == "hub" else code.map(names)
        parts.append(pd.DataFrame({"level": name, "code": code, "label": labels.fillna(code), "hub": hubs["hub"]}))
    table = pd.concat(parts, ignore_index=True)
    return check_table(table[table["code"].notna()], definitions.tables["places"])


def nested_places(
    hubs: pd.DataFrame, respondents: pd.DataFrame, definitions: Definitions
) -> dict[tuple[str, str], pd.Series]:
    """Code of the coarser place by the code of the finer one, for every two levels of which one lies within the other.

    A place that rows put into two coarser ones lies where most of them say. Levels are not nested when that is so for
    half of the places or more. Of two levels that are the same, the first one lies within the other.

    Returns
    -------
    dict of (finer level, coarser level) to pandas.Series
    """
    import pandas as pd

    seats = pd.concat([hubs[["hub", "nuts", "country"]], respondents.reindex(columns=["nuts", "country"])])
    seats = seats.astype("str").reset_index(drop=True)
    codes = {
        name: place_codes(level, seats["hub"], seats["nuts"], seats["country"], definitions)
        for name, level in definitions.levels.items()
    }
    found: dict[tuple[str, str], pd.Series] = {}
    for fine, inner in codes.items():
        for coarse, outer in codes.items():
            if fine == coarse or (coarse, fine) in found:
                continue
            pairs = pd.DataFrame({"fine": inner, "coarse": outer}).dropna().value_counts(sort=False).reset_index()
            pairs = pairs.sort_values(["fine", "count", "coarse"], ascending=[True, False, True])
            unsure = pairs.loc[pairs["fine"].duplicated(), "fine"].nunique()
            if 2 * unsure < pairs["fine"].nunique():
                found[fine, coarse] = pairs.drop_duplicates("fine").set_index("fine")["coarse"]
    return found
