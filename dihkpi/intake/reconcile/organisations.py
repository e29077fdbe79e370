"""The different organisations of a list, and which row of the list is about which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.intake.reconcile.names import plain_names, plain_numbers

if TYPE_CHECKING:
    import pandas as pd

_NO_FIELDS = {"source_file", "source_sheet", "source_row", "hub"}


@dataclass(frozen=True)
class Organisations:
    """What a list tells.

    Parameters
    ----------
    table : pandas.DataFrame
        hub, name and number in plain form, shown_name and shown_number as they are written, and the one value that each
        further column has for the organisation; sorted, with an index 0, 1, 2 ...
    of_row : numpy.ndarray of int
        Organisation of every row of the list.
    """

    table: pd.DataFrame
    of_row: npt.NDArray[Any]


def organisations(
    rows: pd.DataFrame, definitions: Definitions, name: str = "customer", number: str = "vat", by_hub: bool = False
) -> Organisations:
    """The different pairs of name and number of a list; of each hub, where lists of hubs stand in one table.

    A row without a number is about the organisation of its name that has one, if there is only one.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the columns of ``name`` and ``number``, and ``hub`` where hubs are told apart.
    """
    import pandas as pd

    rows = rows.reset_index(drop=True)
    policy = definitions.value("reconciliation")
    states = {row[key]: row["code"] for row in definitions.codelists["countries"].rows for key in ("iso", "code")}
    nothing = pd.Series(pd.NA, index=rows.index, dtype="str")
    shown = (rows[name].astype("str"), rows[number].astype("str") if number in rows else nothing)
    plain = pd.DataFrame({
        "hub": rows["hub"].astype("str") if by_hub else pd.Series("", index=rows.index, dtype="str"),
        "name": plain_names(shown[0], definitions.codelists["legal_forms"].labels.values()),
        "number": plain_numbers(shown[1], states, policy["missing"]),
        "shown_name": shown[0], "shown_number": shown[1],
    })  # fmt: skip
    plain["number"] = _with_only_numbers(plain)
    fields = [str(column) for column in rows if column not in {name, number, *_NO_FIELDS}]
    # sorted, so that which of several spellings is shown does not depend on the order of the rows
    whole = pd.concat([plain, rows[fields].astype("str")], axis=1).sort_values(["shown_name", "shown_number"])
    grouped = whole.groupby([whole[key].fillna("").rename(f"by_{key}") for key in ("hub", "name", "number")], sort=True)
    table = grouped.first().reset_index(drop=True)
    table["hub"] = table["hub"].fillna("")
    table[fields] = table[fields].mask(grouped[fields].nunique().reset_index(drop=True) > 1)
    return Organisations(table, grouped.ngroup().sort_index().to_numpy())


def _with_only_numbers(plain: pd.DataFrame) -> pd.Series:
    """Numbers, with the only number of its name where a row has none."""
    known = plain.dropna(subset=["name", "number"]).drop_duplicates(["hub", "name", "number"])
    only = known.drop_duplicates(["hub", "name"], keep=False)[["hub", "name", "number"]]
    told = plain[["hub", "name"]].merge(only, how="left", on=["hub", "name"])["number"]
    return plain["number"].fillna(told.set_axis(plain.index))


def doubles(table: pd.DataFrame, side: str) -> pd.DataFrame:
    """Organisations of one list and hub that share a number or a name: hub, side, name, number, because."""
    import pandas as pd

    found = []
    for by in ("number", "name"):
        told = table[table[by].notna()]
        twice = told[told.duplicated(["hub", by], keep=False)].sort_values(["hub", by], kind="stable")
        found.append(pd.DataFrame({
            "hub": twice["hub"], "side": side, "name": twice["shown_name"], "number": twice["shown_number"],
            "because": f"same {by}",
        }))  # fmt: skip
    return pd.concat(found, ignore_index=True).sort_values("hub", kind="stable", ignore_index=True)
