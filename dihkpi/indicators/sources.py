"""The rows that indicators count: each with its day, its places, its respondent and the seat of its hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.expressions import nullable, parse
from dihkpi.definitions.survey import Form
from dihkpi.indicators.places import Located, locate, place_codes
from dihkpi.indicators.windows import Window, project_days

if TYPE_CHECKING:
    import pandas as pd

Mask = npt.NDArray[np.bool_]
_RESPONDENT = ("kind", "size", "sector", "country", "nuts")


@dataclass
class Source:
    """Rows of one kind, ready to be filtered, placed and grouped.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with ``hub``, and ``respondent`` where they have one.
    day : numpy.ndarray of datetime64
        Day of every row, NaT where it has none.
    hubs : pandas.DataFrame
        The table of hubs, indexed by hub.
    """

    frame: pd.DataFrame
    day: npt.NDArray[np.datetime64]
    hubs: pd.DataFrame
    definitions: Definitions
    _places: dict[tuple[str, str], Located] = field(default_factory=dict)
    _windows: dict[str, Mask] = field(default_factory=dict)

    def located(self, level: str, place: str) -> Located:
        """Places of the rows at a level, by the seat of the hub or by the respondent."""
        if (level, place) not in self._places:
            declared = self.definitions.levels[level]
            by_hub = place == "hub" or declared.source == "hub"
            nuts = self.frame["hub"].map(self.hubs["nuts"]) if by_hub else self.frame["nuts"]
            country = self.frame["hub"].map(self.hubs["country"]) if by_hub else self.frame["country"]
            hub = self.frame["hub"].where(self.frame["hub"].isin(self.hubs.index))
            codes = place_codes(declared, hub, nuts.astype("str"), country.astype("str"), self.definitions)
            self._places[level, place] = locate(codes)
        return self._places[level, place]

    def inside(self, window: Window, cutoff: np.datetime64) -> Mask:
        """Rows with their day in a window, not after the cut-off; those without a day count only in an open window."""
        if window.label not in self._windows:
            if window.months:
                first, last = project_days(
                    self.frame["hub"].map(self.hubs["grant_start"]).astype("datetime64[s]"), window.months
                )
                inside = (self.day >= first.to_numpy()) & (self.day <= last.to_numpy()) & (self.day <= cutoff)
            else:
                inside = np.isnat(self.day) if window.is_open else self.day >= np.datetime64(window.first)
                inside = inside | (self.day <= np.datetime64(window.last)) if window.is_open else (
                    inside & (self.day <= np.datetime64(window.last)))  # fmt: skip
            self._windows[window.label] = inside
        return self._windows[window.label]

    def values(self, text: str) -> npt.NDArray[np.float64]:
        """An amount or condition for every row, as numbers with NaN where it is not known."""
        if text in self.frame and self.frame[text].dtype.kind in "fi":
            return self.frame[text].to_numpy(dtype=np.float64, na_value=np.nan)
        expression = parse(text)
        result = expression.evaluate({name: nullable(self.frame[name]) for name in expression.names}, self.frame.index)
        return np.asarray(result.astype("Float64").astype(float), dtype=np.float64)


def form_source(
    form: Form, frame: pd.DataFrame, hubs: pd.DataFrame, respondents: pd.DataFrame, definitions: Definitions
) -> Source:
    """Rows of a form with what is known of their respondents and of the seats of their hubs."""
    import pandas as pd

    seats = hubs.set_index("hub")
    known = respondents.set_index("respondent")
    joined: dict[str, pd.Series] = {}
    nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
    for name in _RESPONDENT:
        if name not in frame:
            joined[name] = frame["respondent"].map(known[name]).astype("str") if "respondent" in frame else nothing
    frame = frame.assign(**joined)
    seat = frame["hub"].map(seats["nuts"]).astype("str")
    frame = frame.assign(
        nuts2=frame["nuts"].where(frame["nuts"].str.len() >= 4).str.slice(0, 4),
        seat_nuts2=seat.where(seat.str.len() >= 4).str.slice(0, 4),
        seat_country=frame["hub"].map(seats["country"]).astype("str"),
    )
    day = (
        frame[form.date].to_numpy("datetime64[s]")
        if form.date in frame
        else np.full(len(frame), "NaT", "datetime64[s]")
    )
    return Source(frame, day, seats, definitions)


def hub_source(hubs: pd.DataFrame, definitions: Definitions) -> Source:
    """The hubs themselves, with the attributes of their countries."""
    countries = definitions.codelists["countries"]
    added: Mapping[str, pd.Series] = {
        f"country_{name}": hubs["country"].map(countries.attribute(name)).astype("str") for name in countries.attributes
    }
    frame = hubs.assign(**added)
    return Source(frame, np.full(len(frame), "NaT", "datetime64[s]"), hubs.set_index("hub"), definitions)
