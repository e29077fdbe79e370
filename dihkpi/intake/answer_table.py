"""The answers of a validated sheet in long form: one row per answer, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import NUMBERS, Form
from dihkpi.intake.columns import check_table
from dihkpi.intake.validate import ValidatedPart

if TYPE_CHECKING:
    import pandas as pd

_ASKED = (*NUMBERS, "text", "date", "datetime", "code", "boolean")
"""Types of columns that count as items."""
_ABOUT_THE_RESPONSE = ("response", "submitted_at", "language")


def answer_table(part: ValidatedPart, definitions: Definitions) -> pd.DataFrame:
    """The accepted answers of a sheet as the table ``answers``.

    A single choice has an empty ``option`` and its code in ``value_code``. A multiple choice item has a row for each
    option that is offered, with ``1`` or ``0``. Numbers, texts and dates that were asked beside the items are in
    ``value_num`` and ``value_text``.

    Parameters
    ----------
    part : ValidatedPart
        A sheet with a form of the kind ``answers``.
    definitions : Definitions
        Gives the definition of the table.

    Returns
    -------
    pandas.DataFrame
        Sorted by its key.
    """
    import pandas as pd

    frame, form = part.accepted, part.match.form
    base = pd.DataFrame({
        "survey": part.match.survey.survey, "version": part.match.survey.version,
        "respondent": _respondents(part), "wave": _column(frame, form.wave), "hub": _column(frame, "hub"),
        "submitted_at": _moments(frame, form), "source_file": frame["source_file"], "source_row": frame["source_row"],
    }, index=frame.index)  # fmt: skip
    blocks = [base.assign(**values) for values in _answers(part)]
    table = definitions.tables["answers"]
    if not blocks:
        blocks = [pd.DataFrame({name: pd.Series(dtype="str") for name in table.columns})]
    return check_table(pd.concat(blocks, ignore_index=True), table)


def _column(frame: pd.DataFrame, name: str | None) -> pd.Series:
    import pandas as pd

    return frame[name].astype("str") if name in frame else pd.Series(pd.NA, index=frame.index, dtype="str")


def _respondents(part: ValidatedPart) -> pd.Series:
    """Who answered; what tells the response apart where nobody is named, or where one answered more than once."""
    frame, form = part.accepted, part.match.form
    row = _column(frame, "response").fillna("row " + frame["source_row"].astype("str"))
    found = _column(frame, "respondent")
    if form.key == (form.hub,):
        found = found.fillna(_column(frame, "hub"))
    found = found.fillna(row)
    again = found.to_frame("who").assign(wave=_column(frame, form.wave)).duplicated(keep=False)
    return found.mask(again & found.ne(row), found + " (" + row + ")")


def _moments(frame: pd.DataFrame, form: Form) -> pd.Series:
    import pandas as pd

    name = "submitted_at" if "submitted_at" in frame else form.date
    return frame[name] if name in frame else pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")


def _answers(part: ValidatedPart) -> Iterator[dict[str, Any]]:
    """Of each item, option and asked column: what is put beside the rows."""
    import pandas as pd

    frame, form = part.accepted, part.match.form
    for item in form.items:
        codes = _column(frame, item.code)
        yield _row(part, item.of or item.code, item.option, (item.code, item.of), codes, value_code=codes)
    for name in _asked(form):
        values, kind = _column(frame, name), form.columns[name].type
        if kind in NUMBERS:
            yield _row(part, name, "", (name,), values, value_num=pd.to_numeric(frame[name], errors="coerce"))
        elif kind in ("code", "boolean"):
            yield _row(part, name, "", (name,), values, value_code=values.replace({"True": "1", "False": "0"}))
        else:
            if kind in ("date", "datetime"):
                values = frame[name].dt.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M:%S").astype("str")
            yield _row(part, name, "", (name,), values, value_text=values)


def _row(
    part: ValidatedPart, item: str, option: str, names: tuple[str, ...], filled: pd.Series, **values: Any
) -> dict[str, Any]:
    import pandas as pd

    nothing = pd.Series(pd.NA, index=filled.index, dtype="str")
    declined = _column(part.accepted, "source_declined")
    is_na = declined.str.split("|").map(lambda found: not set(names).isdisjoint(found), na_action="ignore").eq(True)
    status = pd.Series("answered", index=filled.index, dtype="str").mask(filled.isna(), "missing")
    row, letter = next((part.places[name] for name in names if name in part.places), (None, ""))
    place = {"source_column": letter} | ({"source_row": row} if row is not None else {})
    blank = {"value_code": nothing, "value_num": nothing.astype(float), "value_text": nothing}
    return {"item": item, "option": option, **blank, **values, "status": status.mask(is_na, "na"), **place}


def _asked(form: Form) -> list[str]:
    """Columns that were asked beside the items, and do not tell who answered or when."""
    about: set[str | None] = {*form.key, *form.key_without, form.hub, form.hub_country, form.wave, form.date}
    if form.respondent:
        about |= {getattr(form.respondent, name) for name in type(form.respondent).model_fields}
    return [
        name
        for name, column in form.columns.items()
        if column.type in _ASKED and column.personal == "no" and name not in about | set(_ABOUT_THE_RESPONSE)
    ]
