"""Non-response: respondents stand in for those of their class who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.sample import Vector, numbers

if TYPE_CHECKING:
    import pandas as pd


def response_classes(
    frame: pd.DataFrame,
    by: Sequence[str],
    responded: str,
    definitions: Definitions,
    *,
    weight: str | None = None,
    smallest: int | None = None,
) -> pd.DataFrame:
    """Response rate of each class, and the factor by which its respondents' weights rise.

    Parameters
    ----------
    frame : pandas.DataFrame
        Everybody who was asked.
    by : sequence of str
        Columns that make classes, known of those who did not answer too. Inside a class, answering should have nothing
        to do with what is asked.
    responded : str
        Column of yes and no (1 and 0).
    definitions : Definitions
        For the smallest class, the policy ``survey_design``.
    weight : str, optional
        Column of design weights; rates are then of the population that they stand for.
    smallest : int, optional
        Fewest respondents of a class.

    Returns
    -------
    pandas.DataFrame
        ``class``, ``asked``, ``responded``, ``rate``, ``factor`` (1 / rate), ``status``, ``reason``: ``u`` for a class
        below the smallest, ``m`` for one without respondents.

    Examples
    --------
    >>> import pandas as pd
    >>> from dihkpi.definitions import load_definitions
    >>> rows = pd.DataFrame({"size": ["s", "s", "s", "s", "m", "m"], "answered": [1, 0, 0, 1, 1, 1]})
    >>> found = response_classes(rows, ["size"], "answered", load_definitions(), smallest=2)
    >>> found[["class", "rate", "factor"]].to_numpy().tolist()
    [['size=m', 1.0, 1.0], ['size=s', 0.5, 2.0]]
    """
    import pandas as pd

    answered, names, weights = _parts(frame, by, responded, weight)
    fewest = int(definitions.value("survey_design")["smallest_class"]) if smallest is None else smallest
    rows = pd.DataFrame({"class": names, "asked": 1, "responded": answered, "w": weights, "wr": weights * answered})
    found = rows.groupby("class", sort=True, as_index=False).sum()
    rate = (found["wr"] / found["w"]).to_numpy()
    none, small = (found["responded"] == 0).to_numpy(), (found["responded"] < fewest).to_numpy()
    reason = np.select(
        [none, small],
        ["nobody answered: merge the class with another", f"fewer than {fewest} respondents: merge it with another"],
        "",
    )
    return pd.DataFrame({
        "class": found["class"], "asked": found["asked"].astype("Int64"),
        "responded": found["responded"].astype("Int64"), "rate": rate,
        "factor": np.divide(1, rate, out=np.full(len(rate), np.nan), where=rate > 0),
        "status": pd.Series(np.select([none, small], ["m", "u"], "ok"), dtype="str"),
        "reason": pd.Series(reason, dtype="str").replace("", pd.NA),
    })  # fmt: skip


def response_weights(
    frame: pd.DataFrame, by: Sequence[str], responded: str, classes: pd.DataFrame, *, weight: str | None = None
) -> Vector:
    """Weights of the respondents times the factor of their class, NaN for those who did not answer.

    Parameters
    ----------
    classes : pandas.DataFrame
        From :func:`response_classes`.

    Raises
    ------
    UsageError
        When nobody answered in a class: its part of the population would be lost.
    """
    answered, names, weights = _parts(frame, by, responded, weight)
    if empty := classes.loc[classes["status"] == "m", "class"].tolist():
        raise UsageError(f"nobody answered in the class '{empty[0]}'\n  merge it with another before weighting")
    factor = names.map(classes.set_index("class")["factor"]).to_numpy(float)
    return np.where(answered == 1, weights * factor, np.nan)


def _parts(
    frame: pd.DataFrame, by: Sequence[str], responded: str, weight: str | None
) -> tuple[Vector, pd.Series, Vector]:
    """Who answered, the class of everybody, and design weights."""
    import pandas as pd

    for name in (*by, responded, *([weight] if weight else [])):
        if name not in frame:
            raise UsageError(f"the survey has no column '{name}'\n  {hint_for(name, map(str, frame.columns))}")
        if lost := int(frame[name].isna().sum()):
            raise UsageError(f"'{name}' is not known of {lost} of {len(frame)} rows\n  classes need it of everybody")
    answered = numbers(frame[responded])
    if not np.isin(answered, (0, 1)).all():
        raise UsageError(f"'{responded}' must be yes or no (1 or 0)")
    names = pd.Series("", index=frame.index, dtype="str")
    for key in sorted(by):
        names = names + ";" + key + "=" + frame[key].astype("str")
    return answered, names.str.removeprefix(";"), numbers(frame[weight]) if weight else np.ones(len(frame))
