"""Changes over time, effects with their verdicts, what programmes added, small hubs: what a run tells of impact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.indicators.cause.plan import run_plans
from dihkpi.indicators.cause.programme_table import programme_table
from dihkpi.indicators.cause.rows import EffectData
from dihkpi.indicators.change.masking import Beside, masked
from dihkpi.indicators.change.table import change_table
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.disclosure.of_indicators import paired_indicators
from dihkpi.indicators.places import nested_places
from dihkpi.indicators.shrinkage.from_indicators import shrink_indicators
from dihkpi.intake.columns import check_parts, check_table

if TYPE_CHECKING:
    import pandas as pd

SUPPORTED = "supported"
"""Column of the units that analysis plans may name: 1 for who had a delivered service between the first two waves."""
_SHRUNKEN = ("score", "change")
"""Measures of respondents whose figures of hubs are drawn towards each other."""


@dataclass(frozen=True)
class Impact:
    """Tables of what has changed, and of what that may be called.

    Parameters
    ----------
    changes, effects, programme, shrunken : pandas.DataFrame
        As the tables of these names.
    """

    changes: pd.DataFrame
    effects: pd.DataFrame
    programme: pd.DataFrame
    shrunken: pd.DataFrame


def tell_impact(inputs: Inputs, indicators: pd.DataFrame, suppressed: pd.DataFrame, last: date) -> Impact:
    """Changes, effects, programmes and shrunken figures up to a day.

    Parameters
    ----------
    inputs : Inputs
    indicators : pandas.DataFrame
        The finished table, suppressed figures hidden.
    suppressed : pandas.DataFrame
        Its log.
    last : datetime.date
        The cut-off.
    """
    definitions = inputs.definitions
    made = inputs.assessments
    keys = made.loc[~(made["date"] > np.datetime64(last)), ["respondent", "version", "wave"]]
    scores = inputs.scores.merge(keys.set_axis(["code", "version", "wave"], axis=1).drop_duplicates())
    data = EffectData(scores, indicators, units_of(inputs, last))
    period, places = f"../{last.isoformat()}", nested_places(inputs.hubs, inputs.respondents, definitions)
    beside = Beside(indicators, suppressed, period, places, paired_indicators(definitions))
    changes = change_table(inputs, definitions, cutoff=last, minimum=0)
    effects = run_plans(data, definitions)
    return Impact(
        check_table(masked(changes, beside, definitions), definitions.tables["changes"]),
        effects,
        programme_table(inputs, indicators, effects, definitions, last),
        _shrunken(indicators, definitions, period),
    )


def units_of(inputs: Inputs, last: date) -> pd.DataFrame:
    """One row per respondent for analysis plans: hub, attributes, and whether there was support.

    Parameters
    ----------
    inputs : Inputs
    last : datetime.date

    Returns
    -------
    pandas.DataFrame
        ``code``, ``hub`` (of the first assessment), kind, size, sector, country, nuts, and ``supported``: ``1`` where a
        delivered service began between the first assessment and the second, or the cut-off where there is none yet,
        ``0`` otherwise.
    """
    made = inputs.assessments.sort_values(["respondent", "date", "wave"], kind="stable")
    first = made.drop_duplicates("respondent").set_index("respondent")
    second = made[made.duplicated("respondent")].drop_duplicates("respondent").set_index("respondent")["date"]
    units = inputs.respondents[inputs.respondents["respondent"].isin(first.index)].reset_index(drop=True)
    who = units["respondent"]
    if units.empty:
        return units.rename(columns={"respondent": "code"}).assign(hub=who, **{SUPPORTED: who})
    spans = units[["respondent"]].assign(
        since=first["date"].reindex(who).to_numpy(),
        until=second.reindex(who).fillna(np.datetime64(last)).to_numpy(),
    )
    told = who.isin(_supported(inputs, spans))
    return units.rename(columns={"respondent": "code"}).assign(
        hub=first["hub"].reindex(who).array, **{SUPPORTED: np.where(told, "1", "0")}
    )


def _supported(inputs: Inputs, spans: pd.DataFrame) -> set[str]:
    """Respondents with a delivered service that began inside their span."""
    found: set[str] = set()
    for (survey, form), frame in inputs.tables.items():
        day = inputs.definitions.surveys[survey].forms[form].date
        if day is None or not {"respondent", "delivered", day} <= {*frame.columns}:
            continue
        served = frame.loc[frame["delivered"].eq(True).fillna(False), ["respondent", day]].merge(spans)
        found.update(served.loc[served[day].between(served["since"], served["until"]), "respondent"])
    return found


def _shrunken(indicators: pd.DataFrame, definitions: Definitions, period: str) -> pd.DataFrame:
    """Scores and changes of hubs up to the cut-off, overall, drawn towards each other."""
    names = {name for (_, name), i in definitions.indicators.items() if i.measure() in _SHRUNKEN}
    rows = indicators[indicators["indicator"].isin(names) & indicators["period"].eq(period)]
    rows = rows[rows["level"].eq("hub") & rows["breakdown"].str.contains("dimension=overall")]
    if rows.empty:
        return check_parts([], definitions.tables["shrunken"])
    return shrink_indicators(rows, "hub", definitions)
