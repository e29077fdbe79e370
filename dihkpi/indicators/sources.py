"""The rows that indicators count: each with its day, its places, its respondent and the seat of its hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.expressions import nullable, parse
from dihkpi.definitions.survey import Form
from dihkpi.indicators.places import Located, locate
from dihkpi.indicators.windows import Window, project_days
from dihkpi.scoring.places import place_codes

if TYPE_CHECKING:
    import pandas as pd

Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.object_]]
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
    _windows: dict[tuple[str, str], Mask] = field(default_factory=dict)
    _values: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _pairs: dict[str, Pairs] = field(default_factory=dict)
    _things: dict[str, npt.NDArray[np.intp]] = field(default_factory=dict)

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
        key = (window.label, str(cutoff))
        if key not in self._windows:
            first, last = self._bounds(window)
            inside = (self.day >= first) & (self.day <= last) & (self.day <= cutoff)
            self._windows[key] = inside | np.isnat(self.day) if window.is_open else inside
        return self._windows[key]

    def _bounds(self, window: Window) -> tuple[Days, Days]:
        """First and last day of a window, for each row where they depend on the grant of its hub."""
        if window.months:
            starts = self.frame["hub"].map(self.hubs["grant_start"]).astype("datetime64[s]")
            first, last = project_days(starts, window.months)
            return first.to_numpy(), last.to_numpy()
        return np.array(window.first or date.min, "datetime64[s]"), np.array(window.last, "datetime64[s]")

    def values(self, text: str) -> npt.NDArray[np.float64]:
        """An amount or condition for every row, as numbers with NaN where it is not known."""
        if text not in self._values:
            self._values[text] = self._evaluated(text)
        return self._values[text]

    def _evaluated(self, text: str) -> npt.NDArray[np.float64]:
        if text in self.frame and self.frame[text].dtype.kind in "fi":
            return self.frame[text].to_numpy(dtype=np.float64, na_value=np.nan)
        expression = parse(text)
        result = expression.evaluate({name: nullable(self.frame[name]) for name in expression.names}, self.frame.index)
        return np.asarray(result.astype("Float64").astype(float), dtype=np.float64)

    def things(self, column: str) -> npt.NDArray[np.intp]:
        """A number for each different value of a column, -1 where it is missing."""
        import pandas as pd

        if column not in self._things:
            self._things[column] = pd.factorize(self.frame[column])[0]
        return self._things[column]

    def exploded(self, column: str) -> Pairs:
        """Rows and codes of a column; a cell with several codes gives several pairs.

        Returns
        -------
        at : numpy.ndarray of int
            Row of each pair.
        codes : numpy.ndarray of int
            Position of its code in ``labels``.
        labels : numpy.ndarray of object
            Codes, sorted.
        """
        if column not in self._pairs:
            self._pairs[column] = _exploded(self.frame[column])
        return self._pairs[column]


def _exploded(column: pd.Series) -> Pairs:
    """Pairs of a column; each different cell is split once."""
    import pandas as pd

    cells, texts = pd.factorize(column.astype("str"))
    split = [[part.partition("=")[0] for part in str(text).split("|")] for text in texts]
    sizes = np.array([len(parts) for parts in split], dtype=np.intp)
    codes, labels = pd.factorize(np.array([part for parts in split for part in parts], dtype=object), sort=True)
    rows = np.flatnonzero(cells >= 0)
    if not len(rows):
        return rows, rows, np.asarray(labels, dtype=object)
    counts = sizes[cells[rows]]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])[cells[rows]]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(rows, counts), codes[np.repeat(first, counts) + within], np.asarray(labels, dtype=object)


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


def with_register(frame: pd.DataFrame, form: Form, register: pd.DataFrame) -> pd.DataFrame:
    """Rows with what a register tells of them: its columns that the rows have not, such as a legal form.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows that have the columns of the register's key.
    form : Form
        The form of the register.
    register : pandas.DataFrame
        Its rows; one that names no hub tells of the customers of all.
    """
    added = [name for name in form.columns if name in register and name not in frame]
    keys = [name for name in form.key if name in frame and name in register]
    if not added or not keys:
        return frame
    told = register.sort_values([*keys, *added], kind="stable")
    exact = told.dropna(subset=keys).drop_duplicates(keys)
    result = frame[keys].merge(exact[[*keys, *added]], on=keys, how="left").set_axis(frame.index)
    others = [name for name in keys if name != "hub"]
    if "hub" in keys and others:
        anywhere = told[told["hub"].isna()].drop_duplicates(others)
        more = frame[others].merge(anywhere[[*others, *added]], on=others, how="left").set_axis(frame.index)
        result = result.fillna(more[added])
    return frame.assign(**{name: result[name] for name in added})


def hub_source(hubs: pd.DataFrame, definitions: Definitions) -> Source:
    """The hubs themselves, with the attributes of their countries."""
    countries = definitions.codelists["countries"]
    added: Mapping[str, pd.Series] = {
        f"country_{name}": hubs["country"].map(countries.attribute(name)).astype("str") for name in countries.attributes
    }
    frame = hubs.assign(**added)
    return Source(frame, np.full(len(frame), "NaT", "datetime64[s]"), hubs.set_index("hub"), definitions)
