"""From the text of a cell to a typed value, by the declared type and nothing else.

A parser sees the distinct texts of one column. What fits the grammar is converted in one go; only what does not fit is
looked at one by one, to say why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.survey import CellType, Column
from dihkpi.intake.cells.base import Convention, Faults, Parsed, Parser
from dihkpi.intake.cells.dates import parse_date, parse_dates, parse_datetime, serials_to_iso
from dihkpi.intake.cells.ids import id_fault, parse_id
from dihkpi.intake.cells.numbers import detect_decimal, parse_numbers
from dihkpi.intake.cells.simple import answer_fault, parse_boolean, parse_periods, parse_text, parse_url
from dihkpi.intake.codes import NEAR, CodeBook, parse_code, parse_codes, parse_rated_codes
from dihkpi.intake.issues import Fault
from dihkpi.intake.lookalikes import normalise_id

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Convention", "Faults", "Parsed", "answer_fault", "detect_decimal", "id_fault", "normalise_id", "parse_texts",
    "serials_to_iso",
]  # fmt: skip


def parse_texts(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
    """Typed values of distinct, cleaned, non-empty texts.

    Parameters
    ----------
    texts : pandas.Series of str
        Distinct texts, with a range index.
    column : Column
        The declared column.
    convention : Convention
        How the file writes dates and numbers.
    book : CodeBook
        Code lists of the column.
    """
    return _PARSERS[column.type](texts, column, convention, book)


def _by_code(parse: Callable[[str, Column, CodeBook], tuple[str | None, list[Fault]]]) -> Parser:
    def parser(texts: pd.Series, column: Column, convention: Convention, book: CodeBook) -> Parsed:
        values = np.full(len(texts), None, dtype=object)
        faults: Faults = {}
        for i, text in enumerate(texts):
            values[i], found = parse(text, column, book)
            if found:
                faults[i] = found
                if len(faults) == NEAR:
                    book = replace(book, near=False)
        return Parsed(values, faults)

    return parser


_PARSERS: Mapping[CellType, Parser] = {
    "text": parse_text,
    "hub": parse_text,
    "id": parse_id,
    "integer": parse_numbers,
    "decimal": parse_numbers,
    "money": parse_numbers,
    "percent": parse_numbers,
    "date": parse_date,
    "datetime": parse_datetime,
    "dates": parse_dates,
    "boolean": parse_boolean,
    "period": parse_periods,
    "url": parse_url,
    "code": _by_code(parse_code),
    "codes": _by_code(parse_codes),
    "rated_codes": _by_code(parse_rated_codes),
}
