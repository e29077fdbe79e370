"""SPSS: a .sav or .zsav file through pyreadstat, an optional extra, with its labels and declared missing codes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.errors import FileRefusedError
from dihkpi.intake.container import Limits
from dihkpi.intake.rectangle import POINTER, check_length
from dihkpi.intake.sheet import Cells, Labels, Sheet
from dihkpi.intake.xlsx_file import as_text

if TYPE_CHECKING:
    import pandas as pd

_EPOCH = dt.datetime(1582, 10, 14)
"""SPSS counts the seconds from here."""
_FORMAT = re.compile("[A-Z]+")
_DATES = frozenset({"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR", "DATETIME", "YMDHMS"})
_TIMES = frozenset({"TIME", "DTIME", "MTIME"})


@dataclass(frozen=True)
class SavFile:
    """What a file of SPSS holds.

    Parameters
    ----------
    sheet : Sheet
        Names of the variables in row 1, then the cases; codes as text, ``3`` and not ``3.0``.
    variable_labels : mapping
        Text of a variable, where it has one.
    value_labels : mapping
        Per variable: code, as it stands in the sheet, to its text.
    missing : numpy.ndarray of bool, shape of ``sheet.cells``
        Cells that hold a code which the file declares as missing ("not applicable", "refused"); they are empty in the
        sheet, and so are those without any value, which are not marked here.
    """

    sheet: Sheet
    variable_labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[str, str]]
    missing: npt.NDArray[np.bool_]

    def labelled(self) -> Sheet:
        """The sheet with all that the file tells of it."""
        values = {name: {code: (text,) for code, text in labels.items()} for name, labels in self.value_labels.items()}
        columns = {name: (text,) for name, text in self.variable_labels.items()}
        return replace(self.sheet, labels=Labels(columns, values), declined=self.missing)


def read_sav(path: Path, limits: Limits) -> SavFile:
    """Read a .sav or .zsav file with its labels.

    Raises
    ------
    FileRefusedError
        When pyreadstat is not installed, or the file is damaged or beyond the limits.
    """
    try:
        import pyreadstat
    except ImportError:
        raise FileRefusedError(
            "missing_reader", f"{path.name} is an SPSS file, which needs pyreadstat", "pip install dihkpi[spss]"
        ) from None
    try:
        _, told = pyreadstat.read_sav(path, metadataonly=True)
        _check(path, told, limits)
        frame, told = pyreadstat.read_sav(
            path, user_missing=True, disable_datetime_conversion=True, row_limit=limits.rows + 1
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError) as fault:
        message = f"{path.name} cannot be read as an SPSS file ({' '.join(str(fault).split())[:80]})"
        raise FileRefusedError("broken_file", message, "save it again from SPSS, in Unicode") from None
    if len(frame) > limits.rows:
        raise _too_many(path, limits)
    return _sav_file(path, frame, told, limits)


def _check(path: Path, told: Any, limits: Limits) -> None:
    """Refuse by what the file says of itself, before its cases are unpacked."""
    if told.number_columns > limits.columns:
        message = f"{path.name} has {told.number_columns:,} variables; at most {limits.columns} are read"
        raise FileRefusedError("too_many_columns", message, "export fewer variables")
    if not told.number_columns:
        raise FileRefusedError("empty_file", f"{path.name} has no variables", "export it again")
    rows = told.number_rows or 0
    if rows > limits.rows:
        raise _too_many(path, limits)
    size = rows * sum(max(POINTER, width) for width in told.variable_storage_width.values())
    if size > limits.unpacked_bytes:
        raise FileRefusedError("too_large", f"{path.name} unpacks to {size / 1e6:,.0f} MB", "split it")


def _too_many(path: Path, limits: Limits) -> FileRefusedError:
    return FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} cases", "split it")


def _sav_file(path: Path, frame: pd.DataFrame, told: Any, limits: Limits) -> SavFile:
    names = list(frame.columns)
    shape = (len(frame) + 1, len(names))
    cells, missing = np.full(shape, "", dtype=object), np.zeros(shape, dtype=bool)
    cells[0] = names
    for position, name in enumerate(names):
        kind = _kind(told.original_variable_types.get(name))
        column = frame.iloc[:, position]
        missing[1:, position] = _declared(column, told.missing_ranges.get(name, ()))
        cells[1:, position] = _texts(path, name, column, kind, limits)
    cells[missing] = ""
    filled = (cells != "").any(axis=1) | missing.any(axis=1)
    return SavFile(
        sheet=Sheet("", cells[filled], np.flatnonzero(filled) + 1),
        variable_labels={name: text for name, text in told.column_names_to_labels.items() if text},
        value_labels={
            name: {_text(code, _kind(told.original_variable_types.get(name))): text for code, text in labels.items()}
            for name, labels in told.variable_value_labels.items()
        },
        missing=missing[filled],
    )


def _kind(given: str | None) -> str:
    """The kind of a format such as ``DATE11`` or ``F8.2``."""
    match = _FORMAT.match(given or "")
    return match[0] if match else ""


def _declared(column: pd.Series[Any], ranges: Any) -> npt.NDArray[np.bool_]:
    """Rows whose value the file declares as missing."""
    found = np.zeros(len(column), dtype=bool)
    for bounds in ranges:
        low, high = bounds["lo"], bounds["hi"]
        if isinstance(low, str):
            found |= column.astype("str").str.rstrip().eq(low.rstrip()).fillna(False).to_numpy(dtype=bool)
        else:
            found |= column.between(low, high).to_numpy(dtype=bool)
    return found


def _texts(path: Path, name: str, column: pd.Series[Any], kind: str, limits: Limits) -> Cells:
    """One variable as text; each distinct value is put into words once."""
    import pandas as pd

    codes, values = pd.factorize(column)
    words = [check_length(path, f"variable {name}", _text(value, kind), limits) for value in values]
    texts: Cells = np.array([*words, ""], dtype=object)[codes]
    return texts


def _text(value: Any, kind: str) -> str:
    """A value as a person would type it, dates by the format of their variable."""
    if isinstance(value, str):
        return value.rstrip(" ")
    number = float(value)
    try:
        if kind in _DATES:
            return as_text(_EPOCH + dt.timedelta(seconds=number))
        if kind in _TIMES:
            minutes, seconds = divmod(round(number), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    except (OverflowError, ValueError):
        pass
    return as_text(number)
