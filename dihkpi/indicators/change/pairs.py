"""Which assessments make a pair, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("paired", "left", "only_later", "other_version", "reversed", "not_due")
"""What a respondent with one of the two waves can be, on one version of a questionnaire."""
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Pairing:
    """Respondents with at least one of two waves, one entry per respondent and version, in the order of both.

    Parameters
    ----------
    respondent, version : numpy.ndarray of object
    first, second : numpy.ndarray of int
        Row of the earlier and of the later assessment; -1 where there is none.
    outcome : numpy.ndarray of object
        One of :data:`OUTCOMES`.
    """

    respondent: npt.NDArray[np.object_]
    version: npt.NDArray[np.object_]
    first: Positions
    second: Positions
    outcome: npt.NDArray[np.object_]

    def of(self, version: str) -> Pairing:
        """The entries of one version."""
        kept = self.version == version
        parts = (self.respondent, self.version, self.first, self.second, self.outcome)
        return Pairing(*(part[kept] for part in parts))

    @property
    def row(self) -> Positions:
        """Row that tells the place: the later assessment of a pair, as for indicators, otherwise the only one."""
        return np.where(self.second >= 0, self.second, self.first)


def pairing(
    assessments: pd.DataFrame, first: str, second: str, *, cutoff: date | None = None, months: int | None = None
) -> Pairing:
    """Pair the assessments of two waves by respondent and version of the questionnaire.

    Parameters
    ----------
    assessments : pandas.DataFrame
        Rows of one survey of the table ``assessments``: respondent, version, wave, date.
    first, second : str
        Earlier and later wave.
    cutoff : datetime.date, optional
        Assessments after this day are as if they were not there.
    months : int, optional
        Who has the first wave less than this before the cut-off has not left: the second is not due yet.

    Returns
    -------
    Pairing
        ``paired``: both waves. ``left``: the first alone. ``only_later``: the second alone. ``other_version``: both
        waves, but on versions that are not comparable. ``reversed``: the second is dated before the first; it is no
        pair, since one of the dates or waves is wrong. ``not_due``: the first alone, and too young to have left.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pairing(pd.DataFrame({
    ...     "respondent": ["a", "a", "b", "c", "c"], "version": ["v1"] * 4 + ["v2"],
    ...     "wave": ["T0", "T1", "T0", "T0", "T1"], "date": pd.to_datetime(["2023-01-01", "2024-01-01"] + [None] * 3)}),
    ...     "T0", "T1")
    >>> list(zip(found.respondent.tolist(), found.outcome.tolist()))
    [('a', 'paired'), ('b', 'left'), ('c', 'other_version'), ('c', 'other_version')]
    """
    day = assessments["date"].to_numpy("datetime64[s]")
    seen = np.ones(len(day), bool) if cutoff is None else ~(day > np.datetime64(cutoff, "s"))
    frame = assessments.assign(at=np.arange(len(day)))[["respondent", "version", "wave", "at"]][seen]
    keys = ["respondent", "version"]
    sides = [frame[frame["wave"] == wave].drop_duplicates(keys)[[*keys, "at"]] for wave in (first, second)]
    both = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_first", "_second")).sort_values(keys)
    a, b = (both[f"at_{side}"].fillna(-1).to_numpy(np.intp) for side in ("first", "second"))
    respondent, version = (both[key].to_numpy(dtype=object) for key in keys)
    outcome = _outcome(respondent, a, b, day)
    if cutoff is not None and months is not None:
        due = np.where(a >= 0, day[a], np.datetime64("NaT")) if len(day) else day[:0]
        young = due.astype("datetime64[M]") + np.timedelta64(months, "M") > np.datetime64(cutoff, "M")
        outcome[(outcome == "left") & young] = "not_due"
    return Pairing(respondent, version, a, b, outcome)


def _outcome(respondent: npt.NDArray[np.object_], a: Positions, b: Positions, day: np.ndarray) -> np.ndarray:
    import pandas as pd

    has_first, has_second = a >= 0, b >= 0
    if not len(a):
        return np.empty(0, dtype=object)
    backwards = has_first & has_second & (day[b] < day[a])
    people = pd.DataFrame({"who": respondent, "first": has_first, "second": has_second})
    elsewhere = people.groupby("who")[["first", "second"]].transform("any").all(axis=1).to_numpy()
    kinds = [backwards, has_first & has_second, elsewhere, has_first]
    return np.select(kinds, ["reversed", "paired", "other_version", "left"], "only_later").astype(object)
