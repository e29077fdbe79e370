"""How hubs get on: forecasts of their targets, who lacks which wave, and room for aid."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dihkpi.indicators.completeness import completeness, completeness_counts
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.de_minimis import de_minimis
from dihkpi.indicators.outlook import badges, forecasts

if TYPE_CHECKING:
    import pandas as pd


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
        ``forecasts`` and ``badges``; ``completeness`` and its counts; ``de_minimis`` where services tell of aid. Those
        with a respondent in a row are for the hubs and stay in the workspace.
    """
    definitions = inputs.definitions
    services = _services(inputs)
    waiting = completeness(inputs.assessments, services, definitions, last)
    found = {
        "forecasts": forecasts(inputs, indicators, definitions, period),
        "badges": badges(indicators, definitions, f"../{last.isoformat()}"),
        "completeness": waiting,
        "completeness_counts": completeness_counts(waiting, definitions),
    }
    if services is not None and "aid" in services:
        found["de_minimis"] = de_minimis(services, inputs.hubs, inputs.respondents, definitions, last)
    return found


def _services(inputs: Inputs) -> pd.DataFrame | None:
    """Records that say of a customer whether something was delivered, with what registers tell of them."""
    for (survey, form), frame in inputs.tables.items():
        if {"hub", "respondent", "start", "delivered"} <= {*frame.columns} and len(frame):
            return inputs.rows(survey, form)
    return None
