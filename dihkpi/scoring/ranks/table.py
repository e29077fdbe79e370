"""The table of ranks: who can be compared, and with which errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_parts
from dihkpi.scoring.ranks.errors import Errors
from dihkpi.scoring.ranks.sets import RankSets, rank_sets

if TYPE_CHECKING:
    import pandas as pd

_LIST = ["level", "survey", "version", "wave", "dimension"]


def ranks_table(
    scores: pd.DataFrame,
    definitions: Definitions,
    *,
    uncertainty: pd.DataFrame | None = None,
    draws: Mapping[tuple[str | None, str], pd.DataFrame] | None = None,
    dimensions: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Ranks of the units of every level, wave and node.

    Parameters
    ----------
    scores : pandas.DataFrame
        Rows of the table ``scores``; those that may not be shown, or have no value, are not ranked.
    definitions : Definitions
        For the policy ``ranks`` and the table.
    uncertainty : pandas.DataFrame, optional
        The table of this name, for the degrees of freedom of the errors of the data.
    draws : mapping of (wave, dimension) to pandas.DataFrame, optional
        Scores of all units drawn together, one column per unit, where their errors depend on each other.
    dimensions : iterable of str, optional
        Only these nodes; all by default.

    Returns
    -------
    pandas.DataFrame
        The table ``ranks``. Where no unit has an error the scores are taken as exact, each set is one place, and the
        basis says ``none``. Where some have, units without are left out: nothing tells which places are open to them.
    """
    policy, seed = definitions.value("ranks"), int(definitions.value("uncertainty")["seed"])
    confidence = float(definitions.value("confidence_level"))
    rows = scores[scores["value"].notna() & scores["status"].isin(["ok", "u"])]
    if dimensions is not None:
        rows = rows[rows["dimension"].isin(list(dimensions))]
    rows = with_freedom(rows, uncertainty)
    found = []
    for key, units in rows.groupby(_LIST, dropna=False, sort=False):
        wave, node = (str(key[3]) if isinstance(key[3], str) else None), str(key[4])
        units = units.sort_values("code", kind="stable")
        together = None if draws is None else draws.get((wave, node))
        errors, kept, how = _errors(units, together, int(policy["draws"]), seed)
        if not len(kept):
            continue
        estimates = kept["value"].to_numpy(float)
        sets = rank_sets(estimates, errors, confidence=confidence, top=int(policy["top"]), exact=int(policy["exact"]))
        found.append(_rows(kept, sets, int(policy["top"]), how))
    return check_parts(found, definitions.tables["ranks"], in_order=True)


def with_freedom(scores: pd.DataFrame, uncertainty: pd.DataFrame | None) -> pd.DataFrame:
    """Scores with the degrees of freedom of the errors of their data, as ``df``; NaN where they are not told."""
    if uncertainty is None:
        return scores.assign(df=np.nan)
    keys = ["level", "code", "survey", "version", "wave", "dimension"]
    told = uncertainty.loc[uncertainty["source"] == "data", [*keys, "df"]]
    return scores.merge(told, how="left", on=keys)


def _errors(units: pd.DataFrame, drawn: pd.DataFrame | None, draws: int, seed: int) -> tuple[Errors, pd.DataFrame, str]:
    """Errors of the units that can be compared, these units, and what the errors are."""
    if drawn is not None:
        kept = units[units["code"].isin(drawn.columns)]
        return Errors.drawn(drawn[list(kept["code"])].to_numpy(float)), kept, "data"
    se = units["se"].to_numpy(float)
    if np.isnan(se).all():
        return Errors.independent(np.zeros(len(units)), None, 1, seed), units, "none"
    kept = units[~np.isnan(se)]
    return Errors.independent(se[~np.isnan(se)], kept["df"].to_numpy(float), draws, seed), kept, "data"


def _rows(units: pd.DataFrame, sets: RankSets, top: int, basis: str) -> pd.DataFrame:
    columns: dict[str, Any] = {
        name: getattr(sets, name) for name in ("rank", "lo", "hi", "lo_single", "hi_single", "tier", "p_top")
    }
    keys = ["level", "code", "survey", "version", "wave", "dimension", "value"]
    return units[keys].assign(**columns, top=top, basis=basis)
