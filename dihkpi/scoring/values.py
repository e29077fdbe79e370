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
from dihkpi.definitions.uncertainty import Repeats
from dihkpi.errors import ScoringError

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Repeated:
    """Several rows of each unit (and period), before they are averaged.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (all rows, items)
    of : numpy.ndarray of int, shape (all rows,)
        Row of :class:`Numbers` that each is a part of, rising.
    cluster : numpy.ndarray of int, shape (all rows,)
        Rows of one unit with the same number belong together.
    """

    matrix: Matrix
    of: Codes
    cluster: Codes


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
    errors : numpy.ndarray, shape (rows, items)
        Standard errors that came with the numbers, in the same units; 0 where an item declares none, NaN where it
        declares one and the row has a value without it.
    repeated : Repeated or None
        The rows whose means the numbers are, where a unit has several.
    """

    items: tuple[str, ...]
    matrix: Matrix
    units: npt.NDArray[np.object_]
    periods: tuple[str, ...]
    unit: Codes
    period: Codes
    groups: Mapping[str, Codes]
    errors: Matrix
    repeated: Repeated | None = None

    def row(self, row: int) -> str:
        """How messages call a row."""
        return str(self.units[row]) + (f" in {self.periods[self.period[row]]}" if self.periods else "")


def read_numbers(frame: pd.DataFrame, form: Form, scoring: Scoring) -> Numbers:
    """The numbers of a composite out of typed rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit and period, or several where the scoring has ``repeats``; items are columns of numbers.
    form : Form
        The form of values.
    scoring : Scoring
        Its items and steps.

    Raises
    ------
    ScoringError
        When a column is absent or holds no numbers, a number is infinite, an item has no value at all, a standard
        error is negative, or a unit is there twice: all problems at once.
    """
    problems: list[str] = []
    own = [unit_column(form), *filter(None, [form.wave])]
    repeats = scoring.repeats
    keys = [*own, *([repeats.column] if repeats else [])]
    if absent := [name for name in keys if name not in frame]:
        raise ScoringError([f"values › {name}: there is no such column" for name in absent], "the values")
    frame = frame.astype(dict.fromkeys(keys, "str")).sort_values(keys, kind="stable", ignore_index=True)
    problems += [f"values › {name}: is empty in a row\n      fill it in" for name in keys if frame[name].isna().any()]
    for _, twice in frame[frame.duplicated(keys)].head(3).iterrows():
        problems.append(f"values › {', '.join(map(str, twice[keys]))}: is there twice\n      keep one row of it")
    found = [_item(frame, keys, code, item, problems) for code, item in scoring.items.items()]
    if repeats and repeats.cluster and repeats.cluster not in frame:
        problems.append(f"scoring.yaml › repeats › cluster: the values have no column '{repeats.cluster}'")
    if problems:
        raise ScoringError(problems, "the values")
    nothing = [np.empty((len(frame), 0))] * 2
    matrix, errors = map(np.column_stack, zip(*found, strict=True)) if found else nothing
    repeated = _repeated(frame, own, matrix, repeats) if repeats else None
    if repeated:
        first = np.flatnonzero(np.r_[True, np.diff(repeated.of) > 0])[: len(frame)]
        matrix, errors = averaged(repeated.matrix, repeated.of), _error_of_mean(errors, matrix, repeated.of)
        frame = frame.iloc[first].reset_index(drop=True)
    unit = frame[keys[0]].factorize(sort=True)[0]
    periods = sorted(frame[form.wave].unique(), key=_natural) if form.wave else []
    period = frame[form.wave].map(periods.index) if form.wave else np.zeros(len(frame))
    groups = {step.by: _groups(frame, step.by) for step in scoring.steps if step.by}
    return Numbers(
        tuple(scoring.items), matrix, frame[keys[0]].to_numpy(dtype=object), tuple(map(str, periods)),
        unit.astype(np.intp), np.asarray(period, dtype=np.intp), groups, errors, repeated,
    )  # fmt: skip


def _repeated(frame: pd.DataFrame, own: list[str], matrix: Matrix, repeats: Repeats) -> Repeated:
    of = np.asarray(frame.groupby(own, sort=False).ngroup(), dtype=np.intp)  # rising, as the frame is sorted by them
    if repeats.cluster is None:
        return Repeated(matrix, of, np.arange(len(frame)))
    cluster = frame[repeats.cluster].astype("str").factorize(sort=True)[0]
    alone = cluster < 0  # a row whose cluster is not told stands for itself
    return Repeated(matrix, of, np.where(alone, cluster.max(initial=0) + 1 + np.arange(len(frame)), cluster))


def averaged(matrix: Matrix, of: Codes) -> Matrix:
    """Means of the rows of each unit, of the values that are there.

    Examples
    --------
    >>> averaged(np.array([[1.0], [3.0], [np.nan], [5.0]]), np.array([0, 0, 1, 1])).ravel().tolist()
    [2.0, 5.0]
    """
    there = ~np.isnan(matrix)
    n = _sums(there.astype(float), of)
    return np.asarray(_sums(np.where(there, matrix, 0.0), of) / np.where(n > 0, n, np.nan))


def _error_of_mean(errors: Matrix, matrix: Matrix, of: Codes) -> Matrix:
    """Standard error of the means, of rows whose errors are independent."""
    there = ~np.isnan(matrix)
    n = _sums(there.astype(float), of)
    return np.asarray(np.sqrt(_sums(np.where(there, errors, 0.0) ** 2, of)) / np.maximum(n, 1))


def _sums(matrix: Matrix, of: Codes) -> Matrix:
    if not len(of):
        return matrix
    return np.asarray(np.add.reduceat(matrix, np.flatnonzero(np.r_[True, np.diff(of) > 0]), axis=0))


def _item(
    frame: pd.DataFrame, keys: list[str], code: str, item: NumericItem, problems: list[str]
) -> tuple[Matrix, Matrix]:
    """Values of an item and their standard errors."""
    values = _column(frame, keys, code, f"items › {code}", problems)
    errors = np.zeros(len(values))
    if item.error is not None:
        errors = _column(frame, keys, item.error, f"items › {code} › error", problems)
        for row in np.flatnonzero(errors < 0)[:1]:
            who = ", ".join(map(str, frame.loc[row, keys]))
            problems.append(f"scoring.yaml › items › {code} › error: '{item.error}' of {who} is {errors[row]:g}, "
                            "below 0\n      a standard error is 0 or more")  # fmt: skip
        errors = np.where(np.isnan(values), 0.0, errors)
    if item.per is not None:
        divisor = _column(frame, keys, item.per, f"items › {code} › per", problems)
        for row in np.flatnonzero(divisor <= 0)[:1]:
            who = ", ".join(map(str, frame.loc[row, keys]))
            problems.append(
                f"scoring.yaml › items › {code} › per: '{item.per}' of {who} is {divisor[row]:g}, not above 0"
            )
        values, errors = (
            np.divide(side, divisor, out=np.full(len(side), np.nan), where=divisor > 0) * item.factor
            for side in (values, errors)
        )
    if len(values) and np.isnan(values).all() and not problems:
        problems.append(f"scoring.yaml › items › {code}: no unit has a value\n      fill it in, or take the item out")
    return values, errors


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
