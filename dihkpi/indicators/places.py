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
