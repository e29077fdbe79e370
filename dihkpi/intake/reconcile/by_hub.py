"""The own lists of many hubs beside the official records, hub by hub in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_table
from dihkpi.intake.reconcile.compare import Reconciled, compare, pair
from dihkpi.intake.reconcile.organisations import Organisations, doubles, organisations
from dihkpi.intake.reconcile.own import SURVEY, customer_attributes, rows_or_none
from dihkpi.intake.reconcile.services import Services, compare_services, with_delivered

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Lists:
    """What one side holds: rows of the forms ``services`` and ``customers`` with the column ``hub``."""

    services: pd.DataFrame
    customers: pd.DataFrame


@dataclass(frozen=True)
class HubsReconciled:
    """What came of it.

    Parameters
    ----------
    customers : Reconciled
    services : Services
    counts : pandas.DataFrame
        The table ``reconciliation``.
    """

    customers: Reconciled
    services: Services
    counts: pd.DataFrame

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Title to table, each with the column ``hub``."""
        return {**self.customers.sheets(), "Services": self.services.findings()}


def reconcile_hubs(ours: Lists, official: Lists, definitions: Definitions) -> HubsReconciled:
    """Compare the lists of hubs with what is official of each.

    Only hubs with a list of their own are compared; possible doubles are told of all. Customers that are official
    without any service are missing only on lists of customers, for a list of services need not name them.
    """
    mine, theirs = (_side(lists, definitions) for lists in (ours, official))
    with_list, with_customers = set(mine.table["hub"]), set(ours.customers["hub"])
    compared = replace(theirs, table=theirs.table[theirs.table["hub"].isin(with_list)])
    pairs = pair(mine, compared, definitions)
    found = compare(mine.table, compared.table, pairs)
    told = found.only_official
    missing = told[told["hub"].isin(with_customers) | (told["services"] > 0)].reset_index(drop=True)
    twice = _concat([doubles(mine.table, "ours"), doubles(theirs.table, "official")])
    doubtful_first = found.matched.sort_values(["hub", "confidence"], kind="stable", ignore_index=True)
    customers = replace(found, matched=doubtful_first, only_official=missing, doubles=twice)
    services = _services(ours, official, mine, theirs, pairs)
    return HubsReconciled(customers, services, _counts(ours, mine, theirs, customers, services, definitions))


def services_between(ours: pd.DataFrame, official: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Findings on the services of two lists, which are taken for those of one hub.

    Parameters
    ----------
    ours, official : pandas.DataFrame
        Accepted rows of the form ``services``.
    """
    nobody = rows_or_none(None, definitions.surveys[SURVEY].forms["customers"])
    mine, theirs = (Lists(services.assign(hub=""), nobody) for services in (ours, official))
    return reconcile_hubs(mine, theirs, definitions).services.findings().drop(columns="hub")


def _side(lists: Lists, definitions: Definitions) -> Organisations:
    """Organisations of a side, with the number of their service records."""
    attributes = customer_attributes(definitions.surveys[SURVEY].forms["services"])
    columns = ["hub", "customer", "vat", *attributes]
    named = lists.customers.rename(columns={"name": "customer"})
    rows = _concat([lists.services.reindex(columns=columns), named.reindex(columns=columns)]).astype("str")
    found = organisations(rows, definitions, by_hub=True)
    served = np.bincount(found.of_row[: len(lists.services)], minlength=len(found.table))
    return replace(found, table=found.table.assign(services=served))


def _services(
    ours: Lists, official: Lists, mine: Organisations, theirs: Organisations, pairs: pd.DataFrame
) -> Services:
    """Services of the pairs, of hubs that have a list of services."""
    of_pair = []
    for side, lists, which in ((mine, ours, "ours"), (theirs, official, "official")):
        numbers = np.full(len(side.table), -1, dtype=np.intp)
        numbers[pairs[which].to_numpy(np.intp)] = np.arange(len(pairs))
        rows = numbers[side.of_row[: len(lists.services)]]
        of_pair.append(np.where(lists.services["hub"].isin(ours.services["hub"].unique()), rows, -1))
    return compare_services(with_delivered(ours.services), with_delivered(official.services), of_pair[0], of_pair[1])


def _counts(
    ours: Lists, mine: Organisations, theirs: Organisations, customers: Reconciled, services: Services,
    definitions: Definitions,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    both, twice, methods = customers.matched, customers.doubles, customers.matched["method"]
    of_customers = {
        "customers_ours": mine.table, "matched": both, "by_number": both[methods == "number"],
        "by_name": both[methods == "name"], "by_similar_name": both[methods == "similar name"],
        "only_ours": customers.only_ours, "only_official": customers.only_official,
        "differing": customers.differences.drop_duplicates(["hub", "name", "number"]),
        "without_number_ours": mine.table[mine.table["number"].isna()],
        "doubles_ours": twice[twice["side"] == "ours"].drop_duplicates(["hub", "name", "number"]),
    }  # fmt: skip
    of_services = {
        "services_matched": services.matched, "services_only_ours": services.only_ours,
        "services_only_official": services.only_official,
        "services_differing": services.differences.drop_duplicates(["hub", "pair"]),
    }  # fmt: skip
    of_all = {
        "customers_official": theirs.table, "without_number_official": theirs.table[theirs.table["number"].isna()],
        "doubles_official": twice[twice["side"] == "official"].drop_duplicates(["hub", "name", "number"]),
    }  # fmt: skip
    hubs = sorted({*mine.table["hub"], *theirs.table["hub"]})
    counts = pd.DataFrame({"hub": pd.Series(hubs, dtype="str")})
    counts["own_list"] = counts["hub"].isin(set(mine.table["hub"]))
    with_services = counts["hub"].isin(set(ours.services["hub"]))
    every = pd.Series(True, index=counts.index)
    for tables, told in ((of_customers, counts["own_list"]), (of_services, with_services), (of_all, every)):
        for name, rows in tables.items():
            number = counts["hub"].map(rows["hub"].value_counts()).fillna(0).astype("Int64")
            counts[name] = number.where(told)
    return check_table(counts, definitions.tables["reconciliation"], in_order=True)


def _concat(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(frames, ignore_index=True)
