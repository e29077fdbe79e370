"""One's own list against the official one: pairs, what is missing on either side, what differs, possible doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.intake.reconcile.match import match
from dihkpi.intake.reconcile.organisations import Organisations, doubles, organisations

if TYPE_CHECKING:
    import pandas as pd

_MATCHED = ["name_ours", "name_official", "number_ours", "number_official", "method", "confidence"]
_NOT_COMPARED = {"hub", "name", "number", "services"}


@dataclass(frozen=True)
class Reconciled:
    """What came of it, as tables; each begins with ``hub`` where hubs are told apart.

    Parameters
    ----------
    matched : pandas.DataFrame
        name_ours, name_official, number_ours, number_official, method, confidence.
    only_ours, only_official : pandas.DataFrame
        name, number.
    differences : pandas.DataFrame
        name, number, field, ours, official: one row per pair and field.
    doubles : pandas.DataFrame
        side, name, number, because: rows of one side that share a number or a name.
    """

    matched: pd.DataFrame
    only_ours: pd.DataFrame
    only_official: pd.DataFrame
    differences: pd.DataFrame
    doubles: pd.DataFrame

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Title to table, in the order in which one works through them."""
        return {
            "Matched": self.matched, "Only ours": self.only_ours, "Only official": self.only_official,
            "Differences": self.differences, "Possible doubles": self.doubles,
        }  # fmt: skip


def reconcile(
    ours: pd.DataFrame, official: pd.DataFrame, definitions: Definitions, name: str = "customer", number: str = "vat"
) -> Reconciled:
    """Compare two lists of organisations.

    Organisations are the different pairs of name and number of each list. Fields are compared where both lists have
    them and both sides of a pair have one value; a value that is missing differs from none.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        Rows with the columns of ``name`` and ``number``, and any others to compare.
    """
    mine, theirs = (organisations(frame, definitions, name, number) for frame in (ours, official))
    found = compare(mine.table, theirs.table, pair(mine, theirs, definitions))
    return Reconciled(**{title: table.drop(columns="hub") for title, table in vars(found).items()})


def pair(ours: Organisations, official: Organisations, definitions: Definitions) -> pd.DataFrame:
    """Which organisation of ours is which official one; see :func:`dihkpi.intake.reconcile.match.match`."""
    policy, wanted = definitions.value("reconciliation"), ["hub", "number", "name"]
    return match(ours.table[wanted], official.table[wanted], float(policy["similarity"]), policy["articles"])


def compare(ours: pd.DataFrame, official: pd.DataFrame, pairs: pd.DataFrame) -> Reconciled:
    """What the pairs of two tables of organisations have in common, and what they have not.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        As :func:`dihkpi.intake.reconcile.organisations.organisations` gives them.
    pairs : pandas.DataFrame
        As :func:`pair` gives them.
    """
    import pandas as pd

    mine = ours.loc[pairs["ours"].to_list()].reset_index(drop=True)
    theirs = official.loc[pairs["official"].to_list()].reset_index(drop=True)
    matched = pairs[["method", "confidence"]].assign(
        hub=mine["hub"], name_ours=mine["shown_name"], name_official=theirs["shown_name"],
        number_ours=mine["shown_number"], number_official=theirs["shown_number"],
    )[["hub", *_MATCHED]]  # fmt: skip
    alone = [
        side.drop(index=pairs[which].to_list())[
            ["hub", "shown_name", "shown_number", *(["services"] if "services" in side else [])]
        ].rename(columns=lambda column: str(column).removeprefix("shown_"))
        for side, which in ((ours, "ours"), (official, "official"))
    ]
    twice = pd.concat([doubles(ours, "ours"), doubles(official, "official")], ignore_index=True)
    return Reconciled(matched, alone[0], alone[1], _differences(mine, theirs), twice)


def _differences(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    found = []
    shared = [str(column) for column in mine if column in theirs and column not in _NOT_COMPARED]
    for column in shared:
        differs = mine[column].notna() & theirs[column].notna() & (mine[column] != theirs[column])
        found.append(pd.DataFrame({
            "hub": mine["hub"], "name": mine["shown_name"], "number": mine["shown_number"],
            "field": column.removeprefix("shown_"),
            "ours": mine[column], "official": theirs[column],
        })[differs])  # fmt: skip
    order = ["hub", "name", "number", "field"]
    return pd.concat(found, ignore_index=True).sort_values(order, kind="stable", ignore_index=True)
