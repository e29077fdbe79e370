"""How hubs get on: forecasts of their targets, who lacks which wave, and room for aid."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.indicators.completeness import completeness, completeness_counts
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.de_minimis import de_minimis
from dihkpi.indicators.money import aid_checks
from dihkpi.indicators.outlook import badges, forecasts
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

_SERVED = {"hub", "respondent", "start", "delivered"}
"""Columns of records that say of a customer whether something was delivered."""
_TERMS = {"hub", "valid_from", "intensity", "step"}
"""Columns of the terms on which a hub gives aid."""


def tell_progress(inputs: Inputs, indicators: pd.DataFrame, period: str, last: date) -> dict[str, pd.DataFrame]:
    """Tables of progress by the names of their files.

    Parameters
    ----------
    inputs : Inputs
    indicators : pandas.DataFrame
        The finished table.
    period : str
        The period of the run.
    last : datetime.date
        Its last day.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``forecasts`` and ``badges``; ``completeness`` and its counts; ``de_minimis`` and ``aid_checks``. Those with a
        respondent or a service in a row are for the hubs and stay in the workspace.
    """
    definitions = inputs.definitions
    services = _rows_with(inputs, _SERVED)
    waiting = completeness(inputs.assessments, services, definitions, last)
    found = {
        "forecasts": forecasts(inputs, indicators, definitions, period),
        "badges": badges(indicators, definitions, f"../{last.isoformat()}"),
        "completeness": waiting,
        "completeness_counts": completeness_counts(waiting, definitions),
    }
    return found | _aid(inputs, services, last)


def _aid(inputs: Inputs, services: pd.DataFrame | None, last: date) -> dict[str, pd.DataFrame]:
    """Room for aid, and services whose aid is not what the terms of the hub give; without rows where nothing tells."""
    definitions = inputs.definitions
    room, checks = [], []
    if services is not None and "aid" in services:
        room.append(de_minimis(services, inputs.hubs, inputs.respondents, definitions, last))
        if (terms := _rows_with(inputs, _TERMS)) is not None:
            kind = services["respondent"].map(inputs.respondents.set_index("respondent")["kind"])
            firms = kind.isin(definitions.value("de_minimis")["kinds"]) & (services["start"] <= np.datetime64(last))
            checks.append(aid_checks(services[firms], terms, definitions))
    tables = definitions.tables
    return {
        "de_minimis": check_parts(room, tables["de_minimis"]),
        "aid_checks": check_parts(checks, tables["aid_checks"]),
    }


def _rows_with(inputs: Inputs, columns: set[str]) -> pd.DataFrame | None:
    """Rows of the first table that has these columns, with what registers tell of them; None where none has rows."""
    for (survey, form), frame in inputs.tables.items():
        if columns <= {*frame.columns} and len(frame):
            return inputs.rows(survey, form)
    return None
