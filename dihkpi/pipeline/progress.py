"""How hubs get on: forecasts of their targets, who lacks which wave, and room for aid."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dihkpi.indicators.completeness import completeness, completeness_counts
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.de_minimis import de_minimis
from dihkpi.indicators.money import aid_checks
from dihkpi.indicators.outlook import badges, forecasts_and_courses

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
        ``forecasts``, ``courses`` and ``badges``; ``completeness`` and its counts; ``de_minimis`` where services tell
        of aid, ``aid_checks`` and their counts where hubs tell their terms of it. Those with a respondent or a service
        in a row are for the hubs and stay in the workspace.
    """
    definitions = inputs.definitions
    services = _services(inputs)
    waiting = completeness(inputs.assessments, services, definitions, last)
    told, months = forecasts_and_courses(inputs, indicators, definitions, period)
    found = {
        "forecasts": told,
        "courses": months,
        "badges": badges(indicators, definitions, f"../{last.isoformat()}"),
        "completeness": waiting,
        "completeness_counts": completeness_counts(waiting, definitions, last),
    }
    if services is not None and "aid" in services:
        found["de_minimis"] = de_minimis(services, inputs.hubs, inputs.respondents, definitions, last)
        if (terms := _terms(inputs)) is not None and "price" in services:
            found["aid_checks"], found["aid_check_counts"] = aid_checks(services, terms, definitions)
    return found


def _terms(inputs: Inputs) -> pd.DataFrame | None:
    """What hubs tell of their terms of aid."""
    needed = {"hub", "valid_from", "intensity", "step"}
    return next((frame for frame in inputs.tables.values() if needed <= {*frame.columns} and len(frame)), None)


def _services(inputs: Inputs) -> pd.DataFrame | None:
    """Records that say of a customer whether something was delivered, with what registers tell of them."""
    for (survey, form), frame in inputs.tables.items():
        if {"hub", "respondent", "start", "delivered"} <= {*frame.columns} and len(frame):
            return inputs.rows(survey, form)
    return None
