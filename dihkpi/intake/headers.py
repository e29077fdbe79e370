"""Headers of a sheet matched to the columns of its form."""

from __future__ import annotations

from dataclasses import dataclass

from dihkpi.errors import did_you_mean
from dihkpi.intake.container import Sheet
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.recognise import Match, form_required, wanted_columns
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
    """

    positions: dict[str, int]
    titles: dict[str, str]
    usable: bool


def match_headers(sheet: Sheet, match: Match, log: IssueLog) -> Header:
    """Find the columns of the form in the header row; note what is missing, doubled or unknown."""
    titles = [str(cell).strip() for cell in sheet.cells[match.header_row]]
    row = int(sheet.rows[match.header_row])
    places: dict[str, list[int]] = {}
    for position, title in enumerate(titles):
        if title:
            places.setdefault(normalise_header(title), []).append(position)
    positions: dict[str, int] = {}
    missing: list[str] = []
    taken: set[int] = set()
    usable = True
    for column in wanted_columns(match.form, match.layout):
        source = match.layout.source(column)
        if source.position:
            if source.position <= len(titles):
                positions[column] = source.position - 1
            else:
                missing.append(column)
            continue
        found = [p for header in source.header for p in places.get(normalise_header(header), [])]
        taken.update(found)
        if not found:
            missing.append(column)
        elif len(found) > 1:
            usable = False
            _note_double(log, titles, row, found)
        else:
            positions[column] = found[0]
    unknown = [
        p for p, title in enumerate(titles) if title and p not in taken and not match.layout.source_by_position(p)
    ]
    usable = _note_missing(match, log, missing, [titles[p] for p in unknown], row) and usable
    if match.layout.extra == "warn":
        for position in unknown:
            message = f"the column '{titles[position]}' is not part of this file and was not read"
            log.add(Fault("unknown_column", message, "remove it, or correct its name", "warning"),
                    row=row, position=position, header=titles[position], value=titles[position])  # fmt: skip
    return Header(positions, {column: titles[p] for column, p in positions.items()}, usable)


def _note_double(log: IssueLog, titles: list[str], row: int, found: list[int]) -> None:
    for position in found[1:]:
        message = f"the column '{titles[position]}' is there {len(found)} times"
        log.add(Fault("duplicate_column", message, "keep one of them; no row was accepted"),
                row=row, position=position, header=titles[position], value=titles[position])  # fmt: skip


def _note_missing(match: Match, log: IssueLog, missing: list[str], unknown: list[str], row: int) -> bool:
    """Whether rows can be read without the missing columns."""
    usable = True
    for column in missing:
        must = form_required(match.form, column)
        if not must and match.layout_name == "tidy":
            continue
        if column in match.form.columns and match.form.columns[column].personal == "direct":
            continue
        header = (match.layout.source(column).header or (column,))[0]
        near = did_you_mean(header, unknown)
        severity = "error" if must else "warning"
        what = "no row was accepted" if must else "its values count as missing"
        hint = f"did you mean '{near[0]}'?" if near else f"add the column; {what}"
        log.add(Fault("missing_column", f"there is no column '{header}'", hint, severity), row=row, header=header)
        usable = usable and not must
    return usable
