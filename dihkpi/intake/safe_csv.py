"""CSV that no spreadsheet takes for a formula, and that comes back unchanged.

A text that a spreadsheet would run gets an apostrophe in front. So does a text that begins with apostrophes
and would look like one of ours, which makes the way back exact for every text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_APOSTROPHE = "'"
_LINE_END = "\r\n"
"""As RFC 4180 has it; a lone CR is quoted only with it."""
_TRIGGER = re.compile("'*[ \u00a0\ufeff\0]*[=+\\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(
    r"""[=+\-@]                                  # a lone sign
      | [+-]\d+([.,]\d+)?                        # a number
      | \+\d+([ ]\d+)+                           # a phone number
      | -([ ][^\W\d_]+)+[.,!?]?                  # the hyphen of a list, then words
      | @[^\W\d_]+([ ][^\W\d_]+)*                # a handle
    """,
    re.VERBOSE,
)


def escape_text(value: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run.

    >>> [escape_text(text) for text in ["=1+1", "-5", "+43 1 234567", "'=1+1"]]
    ["'=1+1", '-5', '+43 1 234567', "''=1+1"]
    """
    return _APOSTROPHE + value if _is_live(value) else value


def unescape_text(value: str) -> str:
    """Take the apostrophe of :func:`escape_text` (and of LimeSurvey, which writes the same) off again.

    >>> [unescape_text(text) for text in ["'=1+1", "''=1+1", "'s-Hertogenbosch"]]
    ['=1+1', "'=1+1", "'s-Hertogenbosch"]
    """
    return value[1:] if value.startswith(_APOSTROPHE) and _is_live(value) else value


def write_csv(frame: pd.DataFrame, path: Path, *, for_excel: bool = False) -> Path:
    """Write a table without its index: UTF-8, comma, CRLF as RFC 4180 has it; numbers stay numbers.

    Parameters
    ----------
    frame : DataFrame
        Any table; text in cells and headers is escaped.
    path : Path
        File to write; an existing one is replaced.
    for_excel : bool
        With byte order mark, so that a double click shows every letter right; programs prefer it without.

    Returns
    -------
    Path
        The same path.
    """
    encoding = "utf-8-sig" if for_excel else "utf-8"
    _escaped(frame).to_csv(path, index=False, encoding=encoding, lineterminator=_LINE_END)
    return path


def csv_text(frame: pd.DataFrame) -> str:
    """The text of the file that :func:`write_csv` writes."""
    return str(_escaped(frame).to_csv(index=False, lineterminator=_LINE_END))


def _escaped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(_escape_column).rename(columns=lambda name: escape_text(str(name)))


def _is_live(text: str) -> bool:
    return bool(_TRIGGER.match(text)) and not _HARMLESS.fullmatch(text.lstrip("' \u00a0\ufeff\0"))


def _escape_column(column: pd.Series[Any]) -> pd.Series[Any]:
    """Escape the texts of a column; one without live texts, as most are, passes untouched."""
    if column.dtype.kind in "biufcmM":
        return column
    live = {text: escape_text(text) for text in column.unique() if isinstance(text, str) and _is_live(text)}
    return column.astype(object).map(lambda value: live.get(value, value)) if live else column
