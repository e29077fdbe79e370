"""The numbers of a composite: from the typed rows of a form of values to one matrix, units by items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import NumericItem
from dihkpi.definitions.crosscheck_composite import unit_column
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.survey import Form
from dihkpi.errors import ScoringError

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Numbers:
    """All numbers of a composite, ordered by unit and period.

    Parameters
    ----------
    items : tuple of str
        In the order of the definition.
    matrix : numpy.ndarray, shape (rows, items)
        In natural units, after the division by the column ``per``; NaN where missing.
    units : numpy.ndarray of str, shape (rows,)
    periods : tuple of str
        In their order; empty for a form without periods.
    unit, period : numpy.ndarray of int, shape (rows,)
        Number of the unit, and of the period.
    groups : mapping of str to numpy.ndarray of int
        Column to the number of its group per row, -1 where it is not known.
    """

    items: tuple[str, ...]
    matrix: Matrix
    units: npt.NDArray[np.object_]
    periods: tuple[str, ...]
    unit: Codes
    period: Codes
    groups: Mapping[str, Codes]

    def row(self, row: int) -> str:
        """How messages call a row."""
        return str(self.units[row]) + (f" in {self.periods[self.period[row]]}" if self.periods else "")


def read_numbers(frame: pd.DataFrame, form: Form, scoring: Scoring) -> Numbers:
    """The numbers of a composite out of typed rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit and period; items are columns of numbers.
    form : Form
        The form of values.
    scoring : Scoring
        Its items and steps.

    Raises
    ------
    ScoringError
        When a column is absent or holds no numbers, a number is infinite, an item has no value at all, or a unit is
        there twice: all problems at once.
    """
    problems: list[str] = []
    keys = [unit_column(form), *filter(None, [form.wave])]
    if absent := [name for name in keys if name not in frame]:
        raise ScoringError([f"values › {name}: there is no such column" for name in absent], "the values")
    frame = frame.astype(dict.fromkeys(keys, "str")).sort_values(keys, kind="stable", ignore_index=True)
    problems += [f"values › {name}: is empty in a row\n      fill it in" for name in keys if frame[name].isna().any()]
    for _, twice in frame[frame.duplicated(keys)].head(3).iterrows():
        problems.append(f"values › {', '.join(map(str, twice[keys]))}: is there twice\n      keep one row of it")
    columns = [_item(frame, keys, code, item, problems) for code, item in scoring.items.items()]
    if problems:
        raise ScoringError(problems, "the values")
    unit = frame[keys[0]].factorize(sort=True)[0]
    periods = sorted(frame[form.wave].unique(), key=_natural) if form.wave else []
    period = frame[form.wave].map(periods.index) if form.wave else np.zeros(len(frame))
    groups = {step.by: _groups(frame, step.by) for step in scoring.steps if step.by}
    matrix = np.column_stack(columns) if columns else np.empty((len(frame), 0))
    return Numbers(
        tuple(scoring.items), matrix, frame[keys[0]].to_numpy(dtype=object), tuple(map(str, periods)),
        unit.astype(np.intp), np.asarray(period, dtype=np.intp), groups,
    )  # fmt: skip


def _item(frame: pd.DataFrame, keys: list[str], code: str, item: NumericItem, problems: list[str]) -> Matrix:
    values = _column(frame, keys, code, f"items › {code}", problems)
    if item.per is not None:
        divisor = _column(frame, keys, item.per, f"items › {code} › per", problems)
        for row in np.flatnonzero(divisor <= 0)[:1]:
            who = ", ".join(map(str, frame.loc[row, keys]))
            problems.append(
                f"scoring.yaml › items › {code} › per: '{item.per}' of {who} is {divisor[row]:g}, not above 0"
            )
        values = np.divide(values, divisor, out=np.full(len(values), np.nan), where=divisor > 0) * item.factor
    if len(values) and np.isnan(values).all() and not problems:
        problems.append(f"scoring.yaml › items › {code}: no unit has a value\n      fill it in, or take the item out")
    return values


def _column(frame: pd.DataFrame, keys: list[str], name: str, at: str, problems: list[str]) -> Matrix:
    import pandas as pd

    nothing = np.full(len(frame), np.nan)
    if name not in frame:
        problems.append(f"scoring.yaml › {at}: the values have no column '{name}'")
        return nothing
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        if column.isna().all():
            return nothing
        found = str(column.dropna().iloc[0])
        problems.append(f"scoring.yaml › {at}: the column '{name}' holds text such as '{found}', not numbers\n"
                        "      read the file through its form, or convert the column")  # fmt: skip
        return nothing
    values = column.to_numpy(dtype=float, na_value=np.nan)
    for row in np.flatnonzero(np.isinf(values))[:1]:
        who = ", ".join(map(str, frame.loc[row, keys]))
        problems.append(f"scoring.yaml › {at}: '{name}' of {who} is infinite\n      leave it empty, or correct it")
    return values


def _natural(period: str) -> list[tuple[int, str]]:
    """Order of periods as people count.

    Examples
    --------
    >>> sorted(["M18", "M6", "2020-Q2", "2019"], key=_natural)
    ['2019', '2020-Q2', 'M6', 'M18']
    """
    return [(int(part), "") if part.isdecimal() else (10**9, part) for part in re.split(r"(\d+)", period) if part]


def _groups(frame: pd.DataFrame, column: str) -> Codes:
    return np.asarray(frame[column].factorize(sort=True)[0], dtype=np.intp)
