"""Phase one: every cell of a block from text to a typed value, or to an issue at that cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import NUMBERS, Column
from dihkpi.intake.answers import type_answers
from dihkpi.intake.cells import Convention, parse_texts, serials_to_iso
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.distinct import distinct, is_token
from dihkpi.intake.headers import Header
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.recognise import Match
from dihkpi.intake.several import declined
from dihkpi.intake.sheet import Block, Cells, Flags
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

_NUMERIC = (*NUMBERS, "date", "datetime", "dates")
WORTH_THREADS = 5_000
"""Rows from which on columns are typed by several threads."""
THREADS = 2
_DTYPES = {"boolean": "boolean", "integer": "Int64"}


@dataclass(frozen=True)
class _Reading:
    """What it takes to read the cells of one block."""

    block: Block
    header: Header
    match: Match
    definitions: Definitions
    log: IssueLog
    convention: Convention
    date1904: bool


def type_cells(
    block: Block, header: Header, match: Match, definitions: Definitions, log: IssueLog, *, date1904: bool = False
) -> pd.DataFrame:
    """Typed columns of a form; a cell that cannot be read is missing and has an issue.

    Parameters
    ----------
    block : Block
        Rows below the header.
    header : Header
        Where each column stands.
    match : Match
        The form, and the layout with its conventions.
    definitions : Definitions
        Code lists and tokens that mean 'no value'.
    log : IssueLog
        Takes the issues.
    date1904 : bool
        Whether numbers of days count from 1904 on.

    Returns
    -------
    pandas.DataFrame
        One row per row of the block, in its order; items as categories of codes, what stands beside an answer as
        ``item@facet``.
    """
    import pandas as pd

    convention = Convention(match.layout.dates, header.decimal or "dot", certain=header.decimal is not None)
    reading = _Reading(block, header, match, definitions, log, convention, date1904)
    columns: dict[str, Any] = {}
    kept = {name: column for name, column in match.form.columns.items() if column.personal != "direct"}
    for typed, noted in _in_turn(reading, kept, threads=THREADS if len(block) > WORTH_THREADS else 0):
        columns |= typed
        log.merge(noted)
    columns |= type_answers(block, header, match, log)
    for facet, column in match.form.facets.items():
        columns |= _facet(reading, facet, column)
    if block.declined is not None:
        columns["source_declined"] = declined(block, header)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(block)))


def _in_turn(
    reading: _Reading, columns: Mapping[str, Column], threads: int
) -> Iterator[tuple[dict[str, Any], IssueLog]]:
    """Every column typed, with its own log, in the order of the form; Arrow lets several threads work at once."""
    from concurrent.futures import ThreadPoolExecutor

    def one(name: str) -> tuple[dict[str, Any], IssueLog]:
        log = reading.log.another()
        return _column(replace(reading, log=log), name, columns[name]), log

    if not threads:
        yield from map(one, columns)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, columns)


def _tokens(reading: _Reading, name: str, column: Column) -> tuple[str, ...]:
    """Texts that mean 'no value' in a column."""
    who = reading.match.form.respondent
    value = reading.definitions.value
    if who and name == who.registration:
        general = tuple(value("missing_identifiers"))
    else:
        general = tuple(value("missing_tokens")) if column.type in _NUMERIC else ()
    return (*column.missing, *general, *reading.match.layout.missing)


def _column(reading: _Reading, name: str, column: Column) -> dict[str, Any]:
    block, header, layout = reading.block, reading.header, reading.match.layout
    position = header.positions.get(name)
    if name in layout.fixed or position is None:
        texts = np.full(len(block), layout.fixed.get(name, ""), dtype=object)
    else:
        texts = block.column(position)
    numbers = block.numbers[:, position] if block.numbers is not None and position is not None else None
    index, parsed = _parse(reading, name, column, texts, numbers)
    title = header.titles.get(name, name)
    for i, fault in _spread(index, parsed.faults):
        reading.log.cell(fault, block, i, position, title, layout.fixed.get(name))
    if column.required and position is not None:
        for i in np.flatnonzero(index < 0).tolist():
            text = show(block.text(i, position).strip())
            what = f"'{text}' is no value, but '{title}' is required" if text else f"'{title}' is empty, but required"
            reading.log.cell(Fault("required", what, "fill it in"), block, i, position, title)
    result = {name: _take(parsed.values, index, _DTYPES.get(column.type))}
    return result | {key: _take(values, index, None) for key, values in parsed.also.items()}


def _facet(reading: _Reading, facet: str, column: Column) -> dict[str, Any]:
    """What stands beside the answers, for all items at once."""
    positions = {
        item.code: reading.header.positions[f"{item.code}@{facet}"]
        for item in reading.match.form.items
        if f"{item.code}@{facet}" in reading.header.positions
    }
    if not positions:
        return {}
    at = list(positions.values())
    block = reading.block
    numbers = block.numbers[:, at].ravel(order="F") if block.numbers is not None else None
    index, parsed = _parse(reading, facet, column, block.stacked(at), numbers)
    for flat, fault in _spread(index, parsed.faults):
        j, i = divmod(flat, len(block))
        title = reading.header.titles[f"{list(positions)[j]}@{facet}"]
        reading.log.cell(fault, block, i, at[j], title)
    values = _take(parsed.values, index, _DTYPES.get(column.type))
    n = len(block)
    return {f"{code}@{facet}": values[j * n : (j + 1) * n] for j, code in enumerate(positions)}


def _parse(
    reading: _Reading, name: str, column: Column, texts: Any, numbers: Flags | None
) -> tuple[npt.NDArray[np.intp], Any]:
    """Position of each cell among the parsed values (negative where there is none), and these values."""
    if column.type in ("date", "datetime") and numbers is not None and numbers.any():
        texts = _days_as_text(texts, numbers, reading.date1904)
    elif column.type in NUMBERS and numbers is not None and numbers.any():
        texts = _numbers_as_text(texts, numbers, reading.convention)
    codes, uniques = distinct(texts)
    blank = is_token(uniques, _tokens(reading, name, column))
    filled = np.flatnonzero(~blank)
    book = CodeBook.of(column, reading.definitions)
    parsed = parse_texts(uniques.iloc[filled].reset_index(drop=True), column, reading.convention, book)
    where = np.full(len(uniques) + 1, -1)
    where[filled] = np.arange(len(filled))
    return where[codes], parsed


def _days_as_text(texts: Cells, numbers: Flags, date1904: bool) -> Cells:
    """The numbers of a column of dates as the days that a spreadsheet shows for them."""
    days = texts.copy()
    iso = serials_to_iso(texts[numbers].astype(float), date1904)
    days[numbers] = np.where(iso == "", texts[numbers], iso)
    return days


def _numbers_as_text(texts: Cells, numbers: Flags, convention: Convention) -> Cells:
    """Cells that are numbers, written so that the convention of the file reads the number that they are."""
    sign = "," if convention.decimal == "comma" else "."
    written = texts.copy()
    # a further zero: three digits behind the sign could be thousands
    written[numbers] = [
        text if "." not in text else text.replace(".", sign) + ("0" if text[-4:-3] == "." else "")
        for text in (f"{text}" for text in texts[numbers])
    ]
    return written


def _spread(index: npt.NDArray[np.intp], faults: Mapping[int, list[Fault]]) -> list[tuple[int, Fault]]:
    """Faults of distinct texts at every cell that has the text."""
    if not faults:
        return []
    faulty = np.zeros(int(index.max(initial=0)) + 2, dtype=bool)
    faulty[list(faults)] = True
    return [(int(i), fault) for i in np.flatnonzero(faulty[index]) for fault in faults[int(index[i])]]


def _take(values: Any, index: npt.NDArray[np.intp], dtype: str | None) -> Any:
    """Values by position; a negative position is missing."""
    import pandas as pd

    series = pd.Series(values)
    if dtype:
        series = series.astype(dtype)  # type: ignore[call-overload]
    elif series.dtype == object:
        series = series.astype("str")
    return pd.api.extensions.take(series.array, index, allow_fill=True)
