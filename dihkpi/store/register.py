"""The hubs: an own register on top of the export of the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_table
from dihkpi.intake.text import code_of, normalise_header

if TYPE_CHECKING:
    import pandas as pd

_OWN = (
    "hub",
    "name",
    "title",
    "country",
    "type",
    "nuts",
    "nuts_version",
    "grant_start",
    "staff_fte",
    "website",
)
_OFFER = ("sectors", "services", "technologies")


def hubs_table(
    own: pd.DataFrame | None,
    catalogue: pd.DataFrame | None,
    submitted: Collection[str],
    definitions: Definitions,
) -> pd.DataFrame:
    """The table ``hubs``: hubs of the own register, completed by the catalogue, and the other hubs of the catalogue.

    A hub of the register and one of the catalogue are the same when name and country agree, and the type where the
    register gives one.

    Parameters
    ----------
    own, catalogue : pandas.DataFrame or None
        Rows of the forms ``hubs`` and ``catalogue`` of ``hub_register``.
    submitted : collection of str
        Hubs that sent anything but the register.
    definitions : Definitions
    """
    import pandas as pd

    own = _empty(own, _OWN)
    catalogue = _empty(catalogue, ("name", "title", "country", "type", "website", *_OFFER))
    catalogue = catalogue.assign(hub=_catalogue_ids(catalogue), same=_same(catalogue)).sort_values("hub")
    catalogue["full"] = catalogue["same"] + "\x1f" + catalogue["type"]
    by_name, by_type = (catalogue.drop_duplicates(key).set_index(key)["hub"] for key in ("same", "full"))
    own = own.assign(same=_same(own))
    found = (own["same"] + "\x1f" + own["type"]).map(by_type)
    own["same"] = found.where(own["type"].notna(), own["same"].map(by_name)).astype("str")
    offers = catalogue.set_index("hub")
    for column in (*_OFFER, "title", "website", "type"):
        found = own["same"].map(offers[column]).astype("str")
        own[column] = own[column].fillna(found) if column in own else found
    others = catalogue[~catalogue["hub"].isin(own["same"])]
    hubs = pd.concat([own, others], ignore_index=True).reindex(columns=[*_OWN, *_OFFER])
    hubs["submitted"] = hubs["hub"].isin(list(submitted))
    hubs["nuts_version"] = hubs["nuts_version"].where(hubs["nuts"].isna() | hubs["nuts_version"].notna(),
                                                      str(definitions.value("nuts_version")))  # fmt: skip
    return check_table(hubs, definitions.tables["hubs"])


def _empty(frame: pd.DataFrame | None, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    base = pd.DataFrame({name: pd.Series(dtype="str") for name in columns}) if frame is None else frame
    return base.assign(
        **{name: pd.Series(pd.NA, index=base.index, dtype="str") for name in columns if name not in base}
    )


def _same(frame: pd.DataFrame) -> pd.Series:
    return (
        frame["name"].map(normalise_header, na_action="ignore").astype("str") + "\x1f" + frame["country"].astype("str")
    )


def _catalogue_ids(frame: pd.DataFrame) -> pd.Series:
    """An id from country, name and type; names that give the same id are told apart by a hash."""
    import pandas as pd

    slugs = frame["name"].map(lambda name: code_of(name).replace("_", "-")[:36].strip("-") or "hub").astype("str")
    kinds = frame["type"].astype("str").str.replace("_", "-")
    ids = (frame["country"].astype("str") + "-" + slugs + "-" + kinds).str.slice(0, 57)
    tails = frame["name"].map(lambda name: hashlib.sha256(name.encode()).hexdigest()[:6]).astype("str")
    return pd.Series(np.where(ids.duplicated(keep=False), ids + "-" + tails, ids), index=frame.index, dtype="str")
