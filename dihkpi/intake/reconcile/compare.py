"""One's own list against the official one: pairs, what is missing on either side, what differs, possible doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.intake.reconcile.match import match
from dihkpi.intake.reconcile.names import plain_names, plain_numbers

if TYPE_CHECKING:
    import pandas as pd

_NO_FIELDS = {"source_file", "source_sheet", "source_row"}


@dataclass(frozen=True)
class Reconciled:
    """What came of it, as tables.

    Parameters
    ----------
    matched : pandas.DataFrame
        name_ours, name_official, number_ours, number_official, method, confidence.
    only_ours, only_official : pandas.DataFrame
        name, number.
    differences : pandas.DataFrame
        name, field, ours, official: one row per pair and field.
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
    policy = definitions.value("reconciliation")
    sides = [_organisations(frame, name, number, definitions) for frame in (ours, official)]
    pairs = match(sides[0][["number", "name"]], sides[1][["number", "name"]], float(policy["similarity"]))
    mine = sides[0].loc[pairs["ours"].to_list()].reset_index(drop=True)
    theirs = sides[1].loc[pairs["official"].to_list()].reset_index(drop=True)
    matched = pairs[["method", "confidence"]].assign(
        name_ours=mine["shown_name"], name_official=theirs["shown_name"], number_ours=mine["shown_number"],
        number_official=theirs["shown_number"],
    )[["name_ours", "name_official", "number_ours", "number_official", "method", "confidence"]]  # fmt: skip
    alone = [
        side.drop(index=pairs[which].to_list())[["shown_name", "shown_number"]].set_axis(["name", "number"], axis=1)
        for side, which in zip(sides, ("ours", "official"), strict=True)
    ]
    return Reconciled(matched, alone[0], alone[1], _differences(mine, theirs), _doubles(sides))


def _organisations(frame: pd.DataFrame, name: str, number: str, definitions: Definitions) -> pd.DataFrame:
    """Different organisations of a list, sorted, with the one value that each field has for them."""
    import pandas as pd

    nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
    states = {row[key]: row["code"] for row in definitions.codelists["countries"].rows for key in ("iso", "code")}
    shown = (frame[name].astype("str"), frame[number].astype("str") if number in frame else nothing)
    plain = pd.DataFrame({
        "name": plain_names(shown[0], definitions.codelists["legal_forms"].labels.values()),
        "number": plain_numbers(shown[1], states, definitions.value("reconciliation")["missing"]),
        "shown_name": shown[0], "shown_number": shown[1],
    })  # fmt: skip
    fields = [str(column) for column in frame if column not in {name, number, *_NO_FIELDS}]
    texts = frame[fields].astype("str")
    grouped = pd.concat([plain, texts], axis=1).groupby(
        [plain[key].fillna("").rename(f"by_{key}") for key in ("name", "number")], sort=True
    )
    first = grouped.first().reset_index(drop=True)
    several = grouped[fields].nunique().reset_index(drop=True) > 1
    first[fields] = first[fields].mask(several)
    return first


def _differences(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    found = []
    shared = [str(column) for column in mine if column in theirs and column not in ("name", "number")]
    for column in shared:
        differs = mine[column].notna() & theirs[column].notna() & (mine[column] != theirs[column])
        found.append(pd.DataFrame({
            "name": mine["shown_name"], "field": column.removeprefix("shown_"), "ours": mine[column],
            "official": theirs[column],
        })[differs])  # fmt: skip
    return pd.concat(found, ignore_index=True).sort_values(["name", "field"], kind="stable", ignore_index=True)


def _doubles(sides: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    found = []
    for side, which in zip(sides, ("ours", "official"), strict=True):
        for by in ("number", "name"):
            twice = side[side[by].notna() & side[by].duplicated(keep=False)].sort_values(by, kind="stable")
            found.append(pd.DataFrame({
                "side": which, "name": twice["shown_name"], "number": twice["shown_number"], "because": f"same {by}",
            }))  # fmt: skip
    return pd.concat(found, ignore_index=True)
