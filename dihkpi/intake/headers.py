"""Headers of a sheet matched to the columns of its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dihkpi.definitions.rules import Severity
from dihkpi.definitions.survey import NUMBERS
from dihkpi.errors import did_you_mean
from dihkpi.intake.cells import detect_decimal
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.recognise import Match, form_required, spelled, wanted_columns
from dihkpi.intake.sheet import Sheet, column_letter
from dihkpi.intake.text import normalise_header


@dataclass(frozen=True)
class Header:
    """Where each column of the form stands.

    Parameters
    ----------
    positions : dict of str to int
        Column to position in the sheet.
    titles : dict of str to str
        Column to its header as it stands in the file.
    usable : bool
        Whether rows can be read at all.
    decimal : {"dot", "comma"}, optional
        Decimal sign of the file; none where nothing tells.
    """

    positions: dict[str, int]
    titles: dict[str, str]
    usable: bool
    decimal: Literal["dot", "comma"] | None = None


def match_headers(sheet: Sheet, match: Match, log: IssueLog, agreement: float = 1.0) -> Header:
    """Find the columns of the form in the header row; note what is missing, doubled or unknown."""
    cells = [str(cell).strip() for cell in sheet.cells[match.header_row]]
    titles = list(sheet.titles or cells)
    places: dict[str, list[int]] = {}
    for position, title in enumerate(cells):
        if title:
            places.setdefault(normalise_header(title), []).append(position)
    row = _HeaderRow(sheet, match, titles, log)
    positions: dict[str, int] = {}
    missing: list[str] = []
    taken: set[int] = set()
    usable = row.note_recognised()
    for column in wanted_columns(match.form, match.layout):
        found = {name: _found(match, name, places, len(cells)) for name in spelled(match.form, match.layout, column)}
        taken.update(position for at in found.values() for position in at)
        for name, at in found.items():
            if len(at) > 1:
                alone = match.layout.turned
                usable = usable and alone
                if "@" not in name:  # what stands beside a doubled answer is doubled with it
                    row.note_double(at, "the first counts" if alone else "no row was accepted")
            if at and (len(at) == 1 or match.layout.turned):
                positions[name] = at[0]
        absent = [name for name, at in found.items() if not at]
        if column in absent:  # of a multiple choice item either the one column or those of its options are enough
            missing += [column] if len(absent) == len(found) else absent[1:]
    unknown = [p for p, title in enumerate(cells) if title and p not in taken]
    usable = row.note_missing(missing, [titles[p] for p in unknown]) and usable
    if match.layout.extra == "warn":
        row.note_unknown(unknown)
    row.note_untitled([p for p, title in enumerate(cells) if not title and p not in taken])
    decimal = _decimal(sheet, match, positions, agreement)
    return Header(positions, {column: titles[p] for column, p in positions.items()}, usable, decimal)


def _found(match: Match, column: str, places: dict[str, list[int]], width: int) -> list[int]:
    """Positions at which a column stands."""
    source = match.layout.source(column)
    if source.position:
        return [source.position - 1] if source.position <= width else []
    return [p for header in source.header for p in places.get(normalise_header(header), [])]


def _decimal(sheet: Sheet, match: Match, positions: dict[str, int], agreement: float) -> Literal["dot", "comma"] | None:
    """The decimal sign of the layout, or the one that the numbers of the first rows show."""
    if match.layout.decimal != "detect":
        return match.layout.decimal
    columns = [p for name, p in positions.items() if match.form.column_type(name) in NUMBERS]
    texts = sheet.cells[match.first_row :, columns]
    if sheet.numbers is not None:  # a cell that is a number has no sign
        texts = texts[~sheet.numbers[match.first_row :, columns]]
    return detect_decimal((text for text in texts.ravel() if text), agreement)


MOST_NAMED = 10
"""Missing questions that are named."""


@dataclass(frozen=True)
class _HeaderRow:
    """Notes what is wrong with the headers, each at its cell."""

    sheet: Sheet
    match: Match
    titles: list[str]
    log: IssueLog

    @property
    def noun(self) -> str:
        """What a header names."""
        return "question" if self.match.layout.turned else "column"

    def _note(self, fault: Fault, position: int) -> None:
        row, column = self.sheet.block.place(self.match.header_row, position)
        title = self.titles[position]
        sheet = self.sheet.block.sheet_of(position)
        self.log.add(fault, row=row, position=column, header=title, value=title, sheet=sheet)

    def note_recognised(self) -> bool:
        """Whether rows can be read in spite of what was noted when the sheet was recognised."""
        for fault, position in self.match.notes:
            if position is None:
                self.log.add(fault, row=int(self.sheet.rows[self.match.header_row]))
            else:
                self._note(fault, position)
        return all(fault.severity != "error" for fault, _ in self.match.notes)

    def note_double(self, found: list[int], what: str) -> None:
        for position in found[1:]:
            message = f"the {self.noun} '{self.titles[position]}' is there {len(found)} times"
            self._note(Fault("duplicate_column", message, f"keep one of them; {what}"), position)

    def note_unknown(self, unknown: list[int]) -> None:
        for position in unknown:
            message = f"the {self.noun} '{self.titles[position]}' is not part of this file and was not read"
            hint = "remove it, or correct its name"
            self._note(Fault("unknown_column", message, hint, "warning"), position)

    def note_untitled(self, empty: list[int]) -> None:
        """Columns between others that hold something and have no header."""
        filled = [position for position, title in enumerate(self.titles) if title]
        below = self.sheet.cells[self.match.first_row :]
        for position in empty:
            if position < max(filled, default=0) and any(str(text).strip() for text in below[:, position]):
                letter = column_letter(position)
                message = f"column {letter} holds something but has no header, and was not read"
                self._note(Fault("unknown_column", message, "give it its header, or empty it", "warning"), position)

    def note_missing(self, missing: list[str], unknown: list[str]) -> bool:
        """Whether rows can be read without the missing columns."""
        form, layout = self.match.form, self.match.layout
        usable = True
        if layout.turned:
            self._note_questions([column for column in missing if "@" not in column and column not in form.columns])
            missing = [column for column in missing if column in form.columns]
        for column in missing:
            alone = self.match.survey.accept.unit == "answer" and column not in form.columns
            must = form_required(form, column) and not alone
            asked = column in form.columns and form.columns[column].required_when
            if not must and not asked and self.match.layout_name == "tidy":
                continue
            if column in form.columns and form.columns[column].personal == "direct":
                continue
            header = (layout.source(column).header or (column,))[0]
            near = did_you_mean(header, unknown)
            severity: Severity = "error" if must else "warning"
            what = "no row was accepted" if must else "its values count as missing"
            hint = f"did you mean '{near[0]}'?" if near else f"add the column; {what}"
            fault = Fault("missing_column", f"there is no column '{header}'", hint, severity)
            self.log.add(
                fault, row=None if layout.turned else int(self.sheet.rows[self.match.header_row]), header=header
            )
            usable = usable and not must
        return usable

    def _note_questions(self, missing: list[str]) -> None:
        """Questions that a sheet for one respondent lacks, in one issue."""
        if missing:
            named = ", ".join(missing[:MOST_NAMED]) + (", …" if len(missing) > MOST_NAMED else "")
            message = f"{len(missing)} of {len(self.match.form.items)} questions are not in the sheet: {named}"
            fault = Fault("missing_question", message, "check the numbers of the questions and the headings", "warning")
            self.log.add(fault)
