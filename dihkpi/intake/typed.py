"""Phase one: every cell of a sheet from text to a typed value, or to an issue at that cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Column
from dihkpi.intake.cells import Convention, answer_fault, parse_texts
from dihkpi.intake.codes import CodeBook
from dihkpi.intake.container import Cells
from dihkpi.intake.headers import Header
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.recognise import Match
from dihkpi.intake.text import clean_cell, normalise_header, show

if TYPE_CHECKING:
    import pandas as pd

_NUMERIC = ("integer", "decimal", "money", "percent", "date", "dates")


@dataclass(frozen=True)
class Body:
    """The rows below the header.

    Parameters
    ----------
    cells : numpy.ndarray of object, shape (rows, columns)
    rows : numpy.ndarray of int
        Physical row numbers.
    """

    cells: Cells
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


def type_cells(body: Body, header: Header, match: Match, definitions: Definitions, log: IssueLog) -> pd.DataFrame:
    """Typed columns of a form; a cell that cannot be read is missing and has an issue.

    Returns
    -------
    pandas.DataFrame
        One row per row of the body, in its order; items as categories of codes.
    """
    import pandas as pd

    convention = Convention(match.layout.dates, match.layout.decimal)
    missing, identifiers = (tuple(definitions.value(name)) for name in ("missing_tokens", "missing_identifiers"))
    who = match.form.respondent
    registers = {who.registration} if who else set()
    columns: dict[str, Any] = {}
    for name, column in match.form.columns.items():
        if column.personal == "direct":
            continue
        position = header.positions.get(name)
        texts = body.cells[:, position] if position is not None else np.full(len(body), "", dtype=object)
        if name in match.layout.fixed:
            texts = np.full(len(body), match.layout.fixed[name], dtype=object)
        book = CodeBook.of(column, definitions)
        words = identifiers if name in registers else missing if column.type in _NUMERIC else ()
        columns |= _column(name, column, texts, convention, book, words, body, header, log)
    columns |= _answers(body, header, match, log)
    return pd.DataFrame(columns)


def distinct(texts: Cells) -> tuple[npt.NDArray[np.intp], Cells]:
    """Position of each text among the distinct cleaned texts, and these texts."""
    import pandas as pd

    codes, uniques = pd.factorize(texts)
    if "".join(uniques).isascii():
        cleaned = [text.strip() for text in uniques]
    else:
        cleaned = [clean_cell(text) for text in uniques]
    return codes, np.array(cleaned, dtype=object)


def _column(
    name: str, column: Column, texts: Cells, convention: Convention, book: CodeBook, tokens: tuple[str, ...],
    body: Body, header: Header, log: IssueLog,
) -> dict[str, Any]:  # fmt: skip
    import pandas as pd

    codes, uniques = distinct(texts)
    empty_words = {normalise_header(token) for token in (*column.missing, *tokens)}
    blank = np.array([not text or normalise_header(text) in empty_words for text in uniques], dtype=bool)
    filled = np.flatnonzero(~blank)
    parsed = parse_texts(pd.Series(uniques[filled], dtype="str"), column, convention, book)
    where = np.full(len(uniques), -1)
    where[filled] = np.arange(len(filled))
    index = where[codes] if len(uniques) else codes
    position, title = header.positions.get(name), header.titles.get(name, name)
    for at, faults in parsed.faults.items():
        for i in np.flatnonzero(index == at):
            for fault in faults:
                log.add(
                    fault,
                    row=int(body.rows[i]),
                    index=int(i),
                    position=position,
                    header=title,
                    value=texts[i],
                )
    if column.required and position is not None:
        for i in np.flatnonzero(index < 0):
            text = show(texts[i].strip())
            what = f"'{text}' is no value, but '{title}' is required" if text else f"'{title}' is empty, but required"
            fault = Fault("required", what, "fill it in")
            log.add(fault, row=int(body.rows[i]), index=int(i), position=position, header=title, value=texts[i])
    kinds = {"boolean": "boolean", "integer": "Int64"}
    result = {name: _take(parsed.values, index, kinds.get(column.type))}
    return result | {key: _take(values, index, None) for key, values in parsed.also.items()}


def _take(values: Any, index: npt.NDArray[np.intp], dtype: str | None) -> Any:
    """Values by position; a negative position is missing."""
    import pandas as pd

    series = pd.Series(values)
    if dtype == "Int64":
        series = series.astype("Int64")
    elif dtype == "boolean":
        series = series.astype("boolean")
    elif series.dtype == object:
        series = series.astype("str")
    return pd.api.extensions.take(series.array, index, allow_fill=True)


def _answers(body: Body, header: Header, match: Match, log: IssueLog) -> dict[str, Any]:
    """Item columns, all items of one answer type in one go."""
    import pandas as pd

    result: dict[str, Any] = {}
    survey = match.survey
    for name, answer_type in survey.answer_types.items():
        items = [item for item in match.form.items if item.type == name and item.code in header.positions]
        if not items:
            continue
        codes = list(answer_type.codes)
        coding = match.layout.coding.get(name) or _labels(answer_type.codes)
        lookup = {normalise_header(text): codes.index(code) for text, code in coding.items()}
        positions = [header.positions[item.code] for item in items]
        flat, uniques = distinct(body.cells[:, positions].ravel())
        values = np.array(
            [-1 if not text else lookup.get(normalise_header(text), -2) for text in uniques], dtype=np.int8
        )
        matrix = (values[flat] if len(uniques) else np.empty(0, np.int8)).reshape(len(body), len(items))
        for i, j in np.argwhere(matrix == -2):
            text = body.cells[i, positions[j]]
            fault = answer_fault(clean_cell(text), coding, answer_type.label or name)
            log.add(fault, row=int(body.rows[i]), index=int(i), position=positions[j],
                    header=header.titles[items[j].code], value=text)  # fmt: skip
        matrix = np.where(matrix == -2, -1, matrix)
        kind = pd.CategoricalDtype(codes, ordered=True)
        for j, item in enumerate(items):
            result[item.code] = pd.Categorical.from_codes(matrix[:, j], dtype=kind)
    order = [item.code for item in match.form.items if item.code in result]
    return {code: result[code] for code in order}


def _labels(codes: Any) -> dict[str, str]:
    """In a plain table an answer is written as its code or its label."""
    return {**{label: code for code, label in codes.items()}, **{code: code for code in codes}}
