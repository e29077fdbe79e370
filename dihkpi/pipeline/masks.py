"""One mask for all tables of a run: what the indicators hide is hidden in the scores of places too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.scoring import Scoring

if TYPE_CHECKING:
    import pandas as pd

_PART = r"(?:^|;){}=([^;]*)"
PLACE = ["level", "code", "survey", "version", "wave"]
_TOLD = ["level", "code", "survey", "wave", "dimension"]


def told_means(indicators: pd.DataFrame, definitions: Definitions, last: date) -> pd.DataFrame:
    """Mean scores of places up to a day, as the indicators tell them.

    Parameters
    ----------
    indicators : pandas.DataFrame
        The finished table.
    definitions : Definitions
    last : datetime.date
        The cut-off.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``code``, ``survey``, ``wave``, ``dimension``, and the base and status of the figure.
    """
    names = {name for (_, name), indicator in definitions.indicators.items() if indicator.score}
    rows = indicators[indicators["indicator"].isin(names) & indicators["period"].eq(f"../{last.isoformat()}")]
    told = {name: rows["breakdown"].str.extract(_PART.format(name))[0] for name in ("survey", "wave", "dimension")}
    return rows[["level", "code"]].assign(**told, told=rows["n"], status=rows["status"])


def hidden_nodes(
    uncertainty: pd.DataFrame, told: pd.DataFrame, scoring: Scoring, definitions: Definitions
) -> pd.DataFrame:
    """Scores of places that may not be shown.

    They are those that the indicators hide, that rest on too few respondents or on a few less than the indicators, such
    as the current version alone, or that all of a small group have in common; then all that such a node is made of, and
    the other parts of a node of which one is hidden.

    Parameters
    ----------
    uncertainty : pandas.DataFrame
        The table of this name; its rows of sampling tell base and spread.
    told : pandas.DataFrame
        As :func:`told_means` gives it.
    scoring : Scoring
        The tree of nodes.

    Returns
    -------
    pandas.DataFrame
        Level, code, survey, version, wave and dimension.
    """
    minimum, policy = int(definitions.value("disclosure_minimum")), definitions.value("disclosure_uniform")
    rows = uncertainty[uncertainty["source"] == "sampling"].astype({"wave": object})
    rows = rows.merge(told.astype({"wave": object}), how="left", on=_TOLD)
    n, se = rows["n"].astype("float64"), rows["se"].astype("float64")
    apart = rows["told"].astype("float64") - n
    alike = (n < float(policy["base"])) & ~(se > 1e-9) & ("score" in policy["measures"])
    hide = (n > 0) & ((n < minimum) | alike) | rows["status"].eq("c") | ((apart > 0) & (apart < minimum))
    keys = rows[[*PLACE, "dimension"]]
    found = keys.assign(hide=hide).pivot_table(
        index=PLACE, columns="dimension", values="hide", aggfunc="max", dropna=False, observed=True
    )
    found = found.reindex(columns=list(scoring.nodes)).eq(True)
    for node in _from_the_root(scoring):
        parts = [part for part in scoring.nodes[node].of if part in found]
        down = found[node] | found[parts].any(axis=1)
        found[parts] = found[parts].to_numpy() | down.to_numpy()[:, None]
    long = found.melt(ignore_index=False, var_name="dimension", value_name="hidden").reset_index()
    return long.loc[long["hidden"].to_numpy(bool), [*PLACE, "dimension"]]


def _from_the_root(scoring: Scoring) -> list[str]:
    """Nodes that are made of others, each before its parts."""
    order = ["overall"]
    for node in order:
        order += [part for part in scoring.nodes[node].of if part in scoring.nodes]
    return [node for node in order if scoring.nodes[node].of]


def marked(table: pd.DataFrame, places: pd.DataFrame) -> np.ndarray:
    """Rows of a table that belong to what is hidden, matched by the columns of this."""
    keys = list(places.columns)
    found = table[keys].astype(object).merge(places.astype(object).drop_duplicates().assign(hidden=True), how="left")
    return np.asarray(found["hidden"].notna())
