"""Phase four: rows that have the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.survey import Form
from dihkpi.intake.container import Cells
from dihkpi.intake.issues import Fault
from dihkpi.intake.rows import Report

if TYPE_CHECKING:
    import pandas as pd


MOST = 10
"""Rows with the same key that are named."""
_WHAT_TO_DO = "keep the right one, or correct the key"


def row_keys(form: Form, frame: pd.DataFrame) -> pd.Series:
    """The natural key of every row as one text; missing where a part of the key is missing.

    Rows whose first key column is empty are known by the columns of ``key_without``.
    """
    import pandas as pd

    keys = _joined(frame, form.key)
    if form.key_without:
        first_empty = frame[form.key[0]].isna() if form.key[0] in frame else pd.Series(True, index=frame.index)
        other = _joined(frame, form.key_without, missing="")
        keys = keys.mask(first_empty, "~" + other)
    return keys


def _joined(frame: pd.DataFrame, names: tuple[str, ...], missing: str | None = None) -> pd.Series:
    import pandas as pd

    result = pd.Series("", index=frame.index, dtype="str")
    optional = {"breakdown": "", "hub": ""}
    for number, name in enumerate(names):
        column = frame[name] if name in frame else pd.Series(pd.NA, index=frame.index, dtype="str")
        text = column.astype("str").str.casefold()
        fill = missing if missing is not None else optional.get(name)
        text = text.fillna(fill) if fill is not None else text
        result = result + ("\x1f" if number else "") + text
    return result


def _shown(form: Form) -> tuple[str, ...]:
    """Columns to point at: the key, or the name of whom it is about."""
    own = tuple(name for name in form.key if name not in ("respondent", "hub"))
    name = form.respondent.name if form.respondent else None
    return own or ((name,) if name else form.key)


def check_keys(
    form: Form, frame: pd.DataFrame, texts: Cells, rows: npt.NDArray[np.int64], report: Report
) -> npt.NDArray[np.bool_]:
    """Report doubled keys; rows that repeat another one exactly are set aside and counted once.

    Parameters
    ----------
    form : Form
    frame : pandas.DataFrame
        Typed rows with all key columns.
    texts : numpy.ndarray of object
        The raw cells, to tell a repetition from a contradiction.
    rows : numpy.ndarray of int
        Physical row numbers.
    report : callable
        Takes a fault, the position of the row and the columns.

    Returns
    -------
    numpy.ndarray of bool
        Rows that repeat an earlier row.
    """
    import pandas as pd

    keys = row_keys(form, frame)
    doubled = keys.notna() & keys.duplicated(keep=False)
    repeats = np.zeros(len(frame), dtype=bool)
    shown = _shown(form)
    for _, group in pd.Series(np.flatnonzero(doubled)).groupby(keys[doubled].to_numpy(), sort=False):
        places = group.to_numpy()
        same = np.array([bool((texts[i] == texts[places[0]]).all()) for i in places])
        if same.all():
            for i in places[1:]:
                repeats[i] = True
                message = f"the row repeats row {rows[places[0]]} and is counted once"
                first = (int(rows[places[0]]),)
                report(Fault("repeated_row", message, "remove it", "warning", related=first), int(i), shown)
            continue
        for i in places:
            others = tuple(int(rows[j]) for j in places[: MOST + 1] if j != i)[:MOST]
            where = ", ".join(map(str, others)) + (", …" if len(places) > MOST + 1 else "")
            message = f"the same {' and '.join(form.key)} with other values in row {where}"
            report(Fault("duplicate_key", message, _WHAT_TO_DO, related=others), int(i), shown)
    return repeats


def check_other_sheets(
    form: Form, frame: pd.DataFrame, sheet: str, rows: npt.NDArray[np.int64], earlier: dict[str, str], report: Report
) -> None:
    """Report keys that an earlier sheet of the same file holds; ``earlier`` gives their places, and gains these."""
    keys = row_keys(form, frame)
    for i in np.flatnonzero(keys.isin(list(earlier))):
        message = f"the same {' and '.join(form.key)} as in {earlier[keys.iloc[i]]}"
        report(Fault("duplicate_key", message, _WHAT_TO_DO), int(i), _shown(form))
    places = (f"row {row} of the sheet '{sheet}'" for row in rows)
    earlier.update({key: place for key, place in zip(keys, places, strict=True) if isinstance(key, str)})
