"""One block of rows from text to checked, typed rows: phases one to three of the validation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Form
from dihkpi.intake.columns import check_columns
from dihkpi.intake.headers import Header
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.recognise import Match
from dihkpi.intake.rows import check_required, check_rows, derive, respondents
from dihkpi.intake.sheet import Block, Flags, Sheet
from dihkpi.intake.text import normalise_header, show
from dihkpi.intake.typed import type_cells

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Context:
    """What all blocks of a sheet are checked against.

    Parameters
    ----------
    sheet : Sheet
    match : Match
        Survey, form and layout of the sheet.
    header : Header
    definitions : Definitions
    file : str
        How issues call the file.
    hub : str, optional
        The hub that sent it.
    hubs : HubNames, optional
        The known hubs.
    today : datetime.date
        The day that rules call ``today``.
    several : bool
        Whether the file has further sheets that carry a form.
    """

    sheet: Sheet
    match: Match
    header: Header
    definitions: Definitions
    file: str
    hub: str | None
    hubs: HubNames | None
    today: date
    several: bool = False


@dataclass(frozen=True)
class Checked:
    """A block after its check.

    Parameters
    ----------
    block : Block
        All its rows.
    frame : pandas.DataFrame
        The typed rows that fit the header, indexed by their position in the block.
    bad : numpy.ndarray of bool
        Rows of the block that are set aside.
    log : IssueLog
    faulty : numpy.ndarray of bool
        Rows of the block with an error.
    faulty_cells : int
        Answers with an error, where the answer alone is set aside.
    """

    block: Block
    frame: pd.DataFrame
    bad: Flags
    faulty: Flags
    log: IssueLog = field(repr=False)
    faulty_cells: int = 0


def prepared(context: Context, size: int) -> Iterator[Block]:
    """Blocks of the rows below the header: filled down, and cut where the layout says that they end."""
    layout, positions = context.match.layout, context.header.positions
    ends = {normalise_header(text) for text in layout.until}
    filled = [positions[name] for name in layout.fill_down if name in positions]
    above = dict.fromkeys(filled, "")
    for block in context.sheet.blocks(context.match.first_row, size):
        end = len(block)
        if ends:
            firsts = (next((text for text in row if text.strip()), "") for row in block.texts())
            end = next((i for i, text in enumerate(firsts) if normalise_header(text) in ends), end)
        kept = block if end == len(block) else block.part(slice(0, end))
        if filled:
            kept = replace(kept, cells=kept.texts())
        for position in filled:
            above[position] = _fill_down(kept, position, above[position])
        yield kept
        if end < len(block):
            return


def _fill_down(block: Block, position: int, above: str) -> str:
    """Put the value above into the empty cells of a column; returns the last value."""
    texts = block.column(position)
    there = np.array([bool(text.strip()) for text in texts])
    last = np.maximum.accumulate(np.where(there, np.arange(len(texts)), -1))
    texts[:] = np.where(last < 0, above, texts[last])
    return str(texts[-1]) if len(texts) else above


def check_block(block: Block, context: Context) -> Checked:
    """Type a block and check its cells, columns and rows."""
    log = IssueLog(context.file, context.sheet.name, raised=frozenset(context.match.survey.accept.raised))
    fits = _fitting(block, context, log)
    kept_apart = _apart(block, context, log)
    places = np.flatnonzero(fits & ~kept_apart)
    body = block if len(places) == len(block) else block.part(fits & ~kept_apart)
    if not context.header.usable:
        log.bad_rows.update(range(len(body)))
    _note_unread(body, context, log)
    form = context.match.form
    frame = type_cells(body, context.header, context.match, context.definitions, log, date1904=context.sheet.date1904)
    frame = _with_hub(frame, body, context, log)
    frame = frame.assign(respondent=respondents(form, frame))
    if context.match.layout.turned:
        frame = _with_respondent(frame, body, context, log)
    frame = derive(form, frame, context.definitions)
    if context.header.usable:
        _check_typed(frame, body, context, log)
    faulty = ~fits
    faulty[places[sorted(log.bad_rows)]] = True
    cells = _keep_rows(context, log)
    frame = _without(cells, frame, context)
    bad = ~fits | kept_apart
    bad[places[sorted(log.bad_rows)]] = True
    log.told = {(int(places[i]), position) for i, position in log.told}
    return Checked(block, frame.set_axis(places, axis=0), bad, faulty, log, len(cells))


def _fitting(block: Block, context: Context, log: IssueLog) -> Flags:
    """Rows with as many fields as the header; of the others nobody knows which field belongs where."""
    fits = np.ones(len(block), dtype=bool)
    if block.fields is None:
        return fits
    head = context.sheet.cells[context.match.header_row]
    width = 1 + max(position for position, title in enumerate(head) if title.strip())
    for i in np.flatnonzero(block.fields != width):
        if block.fields[i] < width or any(map(str.strip, block.texts(np.array([i]))[0, width:])):
            fits[i] = False
            message = f"the row has {block.fields[i]} fields, the header {width}"
            fault = Fault("row_width", message, "look for a stray or missing separator")
            log.add(fault, row=int(block.rows[i]))
    return fits


def _apart(block: Block, context: Context, log: IssueLog) -> Flags:
    """Rows that are counted but kept apart, such as incomplete responses."""
    apart = np.zeros(len(block), dtype=bool)
    titles = {normalise_header(title): j for j, title in enumerate(context.sheet.cells[context.match.header_row])}
    for header, texts in context.match.layout.apart.items():
        position = titles.get(normalise_header(header))
        if position is None:
            continue
        words = {normalise_header(text) for text in texts}
        for i, text in enumerate(np.asarray(block.column(position))):
            if not apart[i] and normalise_header(text) in words:
                apart[i] = True
                what = f"'{show(text.strip())}'" if text.strip() else "empty"
                fault = Fault("kept_apart", f"'{header}' is {what}: the response is counted, but not used",
                              "complete it, or leave it out of the export", "warning")  # fmt: skip
                log.cell(fault, block, i, position, header)
    for noted in (log.told, log.errors, log.bad_rows):  # these rows are gone before the others are counted anew
        noted.clear()
    return apart


def _note_unread(body: Block, context: Context, log: IssueLog) -> None:
    """Cells of a workbook that hold a formula without a value, or an error."""
    if not body.unread:
        return
    columns = context.match.form.columns
    for column, position in context.header.positions.items():
        if column in columns and columns[column].personal == "direct":
            continue
        for index in sorted(i for i, at in body.unread if at == position):
            text = body.text(index, position)
            what = "a formula that was never computed" if text.startswith("=") else "an error"
            fault = Fault("formula", f"'{show(text)}' is {what}", "open the file in a spreadsheet, correct and save it")
            log.cell(fault, body, index, position, context.header.titles[column])
            log.settled.add((index, position))


def _with_respondent(frame: pd.DataFrame, body: Block, context: Context, log: IssueLog) -> pd.DataFrame:
    """Who answered a sheet with one respondent: where it does not say, the name of its file or sheet."""
    items = [item.code for item in context.match.form.items if item.code in frame]
    if items and frame[items].isna().all(axis=None):
        log.cell(
            Fault("no_answers", "no question is answered", "fill it in, or leave it out", "warning"), body, 0, None, ""
        )
    if frame["respondent"].notna().all():
        return frame.assign(respondent=frame["respondent"].str.split().str.join(" "))
    name = context.sheet.name if context.several else Path(context.file).stem
    message = f"the sheet does not say who answered; it goes by the name '{show(name)}'"
    log.cell(Fault("no_respondent", message, "fill in who answers", "warning"), body, 0, None, "")
    return frame.assign(respondent=frame["respondent"].fillna(name))


def _check_typed(frame: pd.DataFrame, body: Block, context: Context, log: IssueLog) -> None:
    """Columns and rows of the typed frame."""
    form, header = context.match.form, context.header

    def report(fault: Fault, index: int, columns: tuple[str, ...]) -> None:
        position, title = shown_at(form, header, columns)
        log.cell(fault, body, index, position, title)

    def report_rule(fault: Fault, index: int, columns: tuple[str, ...]) -> None:
        places = {(index, header.positions.get(source_column(form, column))) for column in columns}
        if not places & told:  # one cause, one issue: a cell that has one breaks no rule
            report(fault, index, columns)

    for index, column, rule, message, hint in check_columns(form, frame):
        report(Fault(rule, message, hint), index, (column,))
    told = frozenset(log.told)
    check_required(form, frame, context.today, header.titles, report_rule)
    told = frozenset(log.told)
    check_rows(context.match.survey, form, frame, context.today, report_rule)


def shown_at(form: Form, header: Header, columns: tuple[str, ...]) -> tuple[int | None, str]:
    """Position and title of the cell that an issue about several columns points at: the first that is in the file."""
    sources = [source_column(form, column) for column in columns or ("",)]
    there = [source for source in sources[1:] if source in header.positions]
    source = sources[0] if sources[0] in header.positions or not there else there[0]
    return header.positions.get(source), header.titles.get(source, "")


def source_column(form: Form, column: str) -> str:
    """The column of the file that a typed or derived column comes from."""
    if column in ("start", "end") and column not in form.columns:
        return next((name for name, c in form.columns.items() if c.type == "dates"), column)
    if column in form.derived and form.derived[column].attribute:
        return str(form.derived[column].attribute).partition(".")[0]
    return column


def _keep_rows(context: Context, log: IssueLog) -> set[tuple[int, int]]:
    """Where an error sets aside the answer alone, keep its row unless a key is wrong; gives the answers set aside."""
    if context.match.survey.accept.unit == "row" or not context.header.usable:
        return set()
    form = context.match.form
    names = {*form.key, *form.key_without, form.wave, form.hub}
    if form.respondent:
        names |= {form.respondent.id, form.respondent.registration, form.respondent.name}
    keys = {context.header.positions.get(source_column(form, name)) for name in names if name} - {None}
    log.bad_rows.intersection_update({i for i, j in log.errors if j is None or j in keys})
    return {(i, j) for i, j in log.errors if j is not None and i not in log.bad_rows}


def _without(cells: set[tuple[int, int]], frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The frame without the answers that are set aside, and without what was derived from them."""
    if not cells:
        return frame
    form, positions = context.match.form, context.header.positions
    frame = frame.drop(columns=list(form.derived), errors="ignore")
    for name in frame.columns:
        at = positions.get(source_column(form, str(name)))
        if rows := [i for i, j in cells if j == at]:
            frame[name] = frame[name].mask(np.isin(np.arange(len(frame)), rows))
    return derive(form, frame, context.definitions)


def _with_hub(frame: pd.DataFrame, body: Block, context: Context, log: IssueLog) -> pd.DataFrame:
    """The frame with the id of the hub in the column ``hub``."""
    import pandas as pd

    form, header, hubs = context.match.form, context.header, context.hubs
    if form.kind in ("hubs", "catalogue"):
        return frame
    if not form.hub:
        return frame.assign(hub=pd.Series(context.hub, index=frame.index, dtype="str"))
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
            log.cell(fault, body, i, position, title, pair[0])
    ids = pd.Series([found[pair][0] for pair in pairs], index=frame.index, dtype="str")
    return frame.drop(columns=form.hub).assign(hub=ids)
