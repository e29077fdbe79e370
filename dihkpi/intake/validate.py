"""Validation: a recognised file becomes accepted rows, quarantined rows and issues.

Received = accepted + quarantined, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Form, Severity
from dihkpi.intake.columns import check_columns
from dihkpi.intake.container import Sheet
from dihkpi.intake.headers import Header, match_headers
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.issues import Fault, IssueLog, concat_issues
from dihkpi.intake.keys import check_keys, check_other_sheets
from dihkpi.intake.recognise import Match
from dihkpi.intake.rows import check_rows, derive, respondents
from dihkpi.intake.submission import Part, Submission
from dihkpi.intake.text import show
from dihkpi.intake.typed import Body, type_cells

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ValidatedPart:
    """One sheet after validation.

    Parameters
    ----------
    match : Match
        Survey, form and layout of the sheet.
    sheet : str
        Its name.
    accepted : pandas.DataFrame
        Typed rows, with ``source_file``, ``source_sheet`` and ``source_row``.
    quarantined : pandas.DataFrame
        Rows set aside: their physical row and their cells as text.
    issues : pandas.DataFrame
    received : int
        Rows found in the sheet.
    """

    match: Match
    sheet: str
    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    issues: pd.DataFrame
    received: int


@dataclass(frozen=True)
class Validated:
    """A file after validation."""

    submission: Submission
    parts: tuple[ValidatedPart, ...] = field(repr=False)

    @property
    def accepted(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        """(survey, form) to the typed rows that go on."""
        import pandas as pd

        tables: dict[tuple[str, str], list[pd.DataFrame]] = {}
        for part in self.parts:
            tables.setdefault((part.match.survey.survey, part.match.form_name), []).append(part.accepted)
        return {
            key: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
            for key, frames in tables.items()
        }

    @property
    def issues(self) -> pd.DataFrame:
        """All issues, in the order of the file."""
        return concat_issues(part.issues for part in self.parts)

    @property
    def received(self) -> int:
        """Rows found."""
        return sum(part.received for part in self.parts)

    @property
    def n_accepted(self) -> int:
        """Rows that go on."""
        return sum(len(part.accepted) for part in self.parts)

    @property
    def n_quarantined(self) -> int:
        """Rows set aside."""
        return sum(len(part.quarantined) for part in self.parts)

    def files(self) -> pd.DataFrame:
        """One row per sheet with its counts, as the table ``files``."""
        import pandas as pd

        rows = []
        for part in self.parts:
            severity = part.issues["severity"]
            rows.append({
                "file": self.submission.name, "sheet": part.sheet, "hub": self.submission.hub,
                "survey": part.match.survey.survey, "version": part.match.survey.version, "form": part.match.form_name,
                "layout": part.match.layout_name, "received": part.received, "accepted": len(part.accepted),
                "quarantined": len(part.quarantined), "errors": int((severity == "error").sum()),
                "warnings": int((severity == "warning").sum()),
            })  # fmt: skip
        return pd.DataFrame(rows)


def validate(
    submission: Submission,
    definitions: Definitions,
    *,
    hubs: HubNames | None = None,
    today: date | None = None,
) -> Validated:
    """Check every cell, column, row and key of a submission.

    Parameters
    ----------
    submission : Submission
        A recognised file.
    definitions : Definitions
        Surveys, code lists and rules.
    hubs : HubNames, optional
        The known hubs. Without them, names of hubs are taken as they stand.
    today : datetime.date, optional
        Day that rules call ``today``; the present day by default.

    Returns
    -------
    Validated
        ``received == accepted + quarantined``, always.
    """
    earlier: dict[tuple[str, str], dict[str, str]] = {}
    parts = tuple(
        _validate_part(part, submission, definitions, hubs, today or date.today(), earlier) for part in submission.parts
    )
    return Validated(submission, parts)


def _validate_part(
    part: Part, submission: Submission, definitions: Definitions, hubs: HubNames | None, today: date,
    earlier: dict[tuple[str, str], dict[str, str]],
) -> ValidatedPart:  # fmt: skip
    sheet, match = part.sheet, part.match
    log = IssueLog(submission.name, sheet.name)
    for rule, message in sheet.notes:
        hint = "save the file as UTF-8" if rule == "encoding" else "check that it belongs here"
        log.add(Fault(rule, message, hint, "warning"))
    header = match_headers(sheet, match, log)
    below = slice(match.header_row + 1, None)
    whole = Body(sheet.cells[below], sheet.rows[below])
    fits = _fitting(sheet, match.header_row, whole, log)
    body = whole if fits.all() else Body(whole.cells[fits], whole.rows[fits])
    if not len(whole):
        severity: Severity = "error" if len(submission.parts) == 1 else "warning"
        log.add(Fault("no_rows", "there is no row below the header", "fill it in, or leave it out", severity),
                row=int(sheet.rows[match.header_row]))  # fmt: skip
    if not header.usable:
        log.bad_rows.update(range(len(body)))
    _note_unread(sheet, match, header, body, log)
    frame = type_cells(body, header, match, definitions, log)
    frame = _with_hub(frame, match.form, submission, hubs, body, header, log)
    frame = frame.assign(respondent=respondents(match.form, frame))
    frame = derive(match.form, frame, definitions)
    several = len(submission.parts) > 1
    known = earlier.setdefault((match.survey.survey, match.form_name), {}) if several else None
    good = np.ones(len(body), dtype=bool)
    if header.usable:
        good = ~_check_typed(frame, match, body, header, today, log, known)
    good[sorted(log.bad_rows)] = False
    fits[fits] = good
    return _partition(frame[good], fits, whole, sheet, submission, match, log)


def _fitting(sheet: Sheet, header_row: int, body: Body, log: IssueLog) -> npt.NDArray[np.bool_]:
    """Rows with as many fields as the header; of the others nobody knows which field belongs where."""
    fits = np.ones(len(body), dtype=bool)
    if sheet.fields is None:
        return fits
    width = 1 + max(position for position, title in enumerate(sheet.cells[header_row]) if title.strip())
    fields = sheet.fields[header_row + 1 :]
    for i in np.flatnonzero(fields != width):
        if fields[i] < width or any(map(str.strip, body.cells[i, width:])):
            fits[i] = False
            message = f"the row has {fields[i]} fields, the header {width}"
            fault = Fault("row_width", message, "look for a stray or missing separator")
            log.add(fault, row=int(body.rows[i]))
    return fits


def _note_unread(sheet: Sheet, match: Match, header: Header, body: Body, log: IssueLog) -> None:
    """Cells of a workbook that hold a formula without a value, or an error."""
    for column, position in header.positions.items():
        if column in match.form.columns and match.form.columns[column].personal == "direct":
            continue
        for i in (i for i, at in sheet.unread if at == position and i > match.header_row):
            index = i - match.header_row - 1
            text = body.cells[index, position]
            what = "a formula that was never computed" if text.startswith("=") else "an error"
            fault = Fault("formula", f"'{show(text)}' is {what}", "open the file in a spreadsheet, correct and save it")
            log.add(fault, row=int(body.rows[index]), index=index, position=position,
                    header=header.titles[column], value=text)  # fmt: skip
            log.settled.add((index, position))


def _check_typed(
    frame: pd.DataFrame, match: Match, body: Body, header: Header, today: date, log: IssueLog,
    earlier: dict[str, str] | None,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Columns, rows and keys of the typed frame; returns the rows that only repeat another."""
    form = match.form

    def report(fault: Fault, index: int, columns: tuple[str, ...]) -> None:
        for number, column in enumerate(columns or ("",)):
            source = _source_column(form, column)
            position = header.positions.get(source)
            if position is None and number:
                continue
            text = body.cells[index, position] if position is not None else ""
            log.add(fault, row=int(body.rows[index]), index=index, position=position,
                    header=header.titles.get(source, ""), value=str(text))  # fmt: skip
            return  # one cause, one issue: it points at the first of its cells

    def report_rule(fault: Fault, index: int, columns: tuple[str, ...]) -> None:
        places = {(index, header.positions.get(_source_column(form, column))) for column in columns}
        if not places & told:  # one cause, one issue: a cell that has one breaks no rule
            report(fault, index, columns)

    for index, column, rule, message, hint in check_columns(form, frame):
        report(Fault(rule, message, hint), index, (column,))
    told = frozenset(log.told)
    check_rows(match.survey, form, frame, today, report_rule)
    if earlier is not None:
        check_other_sheets(form, frame, log.sheet, body.rows, earlier, report)
    return check_keys(form, frame, body.cells, body.rows, report)


def _source_column(form: Form, column: str) -> str:
    """The column of the file that a typed or derived column comes from."""
    if column in ("start", "end") and column not in form.columns:
        return next((name for name, c in form.columns.items() if c.type == "dates"), column)
    if column in form.derived and form.derived[column].attribute:
        return str(form.derived[column].attribute).partition(".")[0]
    return column


def _with_hub(
    frame: pd.DataFrame,
    form: Form,
    submission: Submission,
    hubs: HubNames | None,
    body: Body,
    header: Header,
    log: IssueLog,
) -> pd.DataFrame:
    """The frame with the id of the hub in the column ``hub``."""
    import pandas as pd

    if form.kind in ("hubs", "catalogue"):
        return frame
    if not form.hub:
        if submission.hub is None and hubs is not None and form.kind == "answers":
            message = "nothing tells which hub these rows belong to"
            log.add(Fault("no_hub", message, "put the file into a folder named by the id of its hub", "warning"))
        return frame.assign(hub=pd.Series(submission.hub, index=frame.index, dtype="str"))
    if hubs is None:
        return frame.rename(columns={form.hub: "hub"})
    countries = (
        frame[form.hub_country] if form.hub_country in frame else pd.Series(pd.NA, index=frame.index, dtype="str")
    )
    plain = pd.DataFrame({"text": frame[form.hub], "country": countries}).astype(object)
    pairs = list(plain.where(plain.notna(), None).itertuples(index=False, name=None))
    found = {pair: hubs.find(*pair) if pair[0] else (None, None) for pair in dict.fromkeys(pairs)}
    position, title = header.positions.get(form.hub), header.titles.get(form.hub, form.hub)
    for i, pair in enumerate(pairs):
        if fault := found[pair][1]:
            log.add(fault, row=int(body.rows[i]), index=i, position=position, header=title, value=pair[0])
    ids = pd.Series([found[pair][0] for pair in pairs], index=frame.index, dtype="str")
    return frame.drop(columns=form.hub).assign(hub=ids)


def _partition(
    frame: pd.DataFrame,
    good: npt.NDArray[np.bool_],
    body: Body,
    sheet: Sheet,
    submission: Submission,
    match: Match,
    log: IssueLog,
) -> ValidatedPart:
    import pandas as pd

    accepted = frame.assign(source_file=submission.name, source_sheet=sheet.name, source_row=body.rows[good])
    titles = [str(title) or f"column {i + 1}" for i, title in enumerate(sheet.cells[match.header_row])]
    quarantined = pd.DataFrame(body.cells[~good], columns=pd.Index(titles), dtype="str")
    quarantined.insert(0, "source_row", body.rows[~good], allow_duplicates=True)
    if len(accepted) + len(quarantined) != len(body):
        raise AssertionError("received is not accepted + quarantined: a fault of the program")
    return ValidatedPart(match, sheet.name, accepted.reset_index(drop=True), quarantined, log.table(), len(body))
