"""SPSS: a .sav or .zsav file through pyreadstat, an optional extra, with its labels and declared missing codes."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers import spss_child
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.rectangle import check_length
from dihkpi.intake.readers.xlsx_file import as_text
from dihkpi.intake.sheet import Cells, Labels, Sheet

if TYPE_CHECKING:
    import pandas as pd

_EPOCH = dt.datetime(1582, 10, 14)
"""SPSS counts the seconds from here."""
_PATIENCE = 600
"""Seconds for a file; the largest that is read takes a tenth of it."""
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
    if importlib.util.find_spec("pyreadstat") is None:
        raise FileRefusedError(
            "missing_reader", f"{path.name} is an SPSS file, which needs pyreadstat", "pip install dihkpi[spss]"
        )
    frame, told = _from_child(path, limits)
    names = list(frame.columns)
    shape = (len(frame) + 1, len(names))
    cells, missing = np.full(shape, "", dtype=object), np.zeros(shape, dtype=bool)
    cells[0] = names
    kinds = {name: _kind(told["formats"].get(name)) for name in names}
    for position, name in enumerate(names):
        column = frame.iloc[:, position]
        missing[1:, position] = _declared(column, told["missing"].get(name, ()))
        cells[1:, position] = _texts(path, name, column, kinds[name], limits)
    cells[missing] = ""
    filled = (cells != "").any(axis=1) | missing.any(axis=1)
    return SavFile(
        sheet=Sheet("", cells[filled], np.flatnonzero(filled) + 1),
        variable_labels={name: text for name, text in told["labels"].items() if text},
        value_labels={
            name: {_text(code, kinds.get(name, "")): text for code, text in labels}
            for name, labels in told["codes"].items()
        },
        missing=missing[filled],
    )


def _from_child(path: Path, limits: Limits) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Values and description of a file, read by a process that may die of it."""
    import pandas as pd

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-P", "-m", spss_child.__name__, str(path), name, json.dumps(asdict(limits))]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_PATIENCE)
            told = json.loads((folder / spss_child.TOLD).read_text(encoding="utf-8"))
            frame = pd.DataFrame() if "refused" in told else pd.read_feather(folder / spss_child.FRAME)
        except (subprocess.SubprocessError, OSError, ValueError) as fault:
            message = f"{path.name} cannot be read as an SPSS file ({type(fault).__name__} in its reader)"
            raise FileRefusedError("broken_file", message, "save it again from SPSS, in Unicode") from None
    if "refused" in told:
        raise FileRefusedError(*told["refused"])
    return frame, told


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
