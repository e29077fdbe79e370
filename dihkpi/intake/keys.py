"""Phase four: rows that have the same key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.survey import Form
from dihkpi.intake.issues import Fault
from dihkpi.intake.rows import Report
from dihkpi.intake.sheet import Cells

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

    keys = key_text(frame, form.key)
    if form.key_without:
        first_empty = frame[form.key[0]].isna() if form.key[0] in frame else pd.Series(True, index=frame.index)
        other = key_text(frame, form.key_without, missing="")
        keys = keys.mask(first_empty, "~" + other)
    return keys


def key_text(frame: pd.DataFrame, names: tuple[str, ...], missing: str | None = None) -> pd.Series:
    """Columns as one text; missing where one is missing that may not be, unless a text stands for it."""
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


def doubled_rows(form: Form, frame: pd.DataFrame) -> list[list[int]]:
    """Positions of the rows that share a key, by key."""
    import pandas as pd

    keys = row_keys(form, frame).reset_index(drop=True)
    doubled = keys.notna() & keys.duplicated(keep=False)
    places = pd.Series(np.flatnonzero(doubled))
    return [group.tolist() for _, group in places.groupby(keys[doubled].to_numpy(), sort=False)]


def note_doubled(form: Form, rows: list[tuple[int, int, Cells]]) -> Iterator[tuple[Fault, int, tuple[str, ...]]]:
    """What to say of rows with the same key: repetitions are counted once, contradictions are errors on all of them.

    Parameters
    ----------
    form : Form
    rows : list of (int, int, numpy.ndarray of object)
        Position, row number and raw cells of each row.
    """
    shown = _shown(form)
    _, first, cells = rows[0]
    if all(_filled(cells) == _filled(other) for _, _, other in rows[1:]):
        for index, _, _ in rows[1:]:
            message = f"the row repeats row {first} and is counted once"
            yield Fault("repeated_row", message, "remove it", "warning", related=(first,)), index, shown
        return
    for index, _, _ in rows:
        others = tuple(number for other, number, _ in rows[: MOST + 1] if other != index)[:MOST]
        where = ", ".join(map(str, others)) + (", …" if len(rows) > MOST + 1 else "")
        message = f"the same {' and '.join(form.key)} with other values in row {where}"
        yield Fault("duplicate_key", message, _WHAT_TO_DO, related=others), index, shown


def _filled(cells: Cells) -> list[str]:
    """The cells of a row up to the last that holds anything; how far a block is padded says nothing."""
    texts: list[str] = cells.tolist()
    while texts and not texts[-1]:
        texts.pop()
    return texts


def check_other_sheets(
    form: Form, frame: pd.DataFrame, sheet: str, rows: npt.NDArray[np.int64], earlier: dict[str, str], report: Report
) -> None:
    """Report keys that an earlier sheet of the same file holds; ``earlier`` gives their places, and gains these."""
    keys = row_keys(form, frame)
    for i, place in placed_before(keys, sheet, rows, earlier):
        message = f"the same {' and '.join(form.key)} as in {place}"
        report(Fault("duplicate_key", message, _WHAT_TO_DO), i, _shown(form))


def placed_before(
    keys: pd.Series, sheet: str, rows: npt.NDArray[np.int64], earlier: dict[str, str]
) -> list[tuple[int, str]]:
    """Positions of keys that an earlier sheet holds, with their places there; ``earlier`` gains those of this sheet."""
    found = [(int(i), earlier[keys.iloc[i]]) for i in np.flatnonzero(keys.isin(list(earlier)))]
    places = (f"row {row} of the sheet '{sheet}'" for row in rows)
    for key, place in zip(keys, places, strict=True):
        if isinstance(key, str):
            earlier.setdefault(key, place)
    return found
