"""Which survey, form and layout a sheet carries, told by its headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.layouts import Layout
from dihkpi.definitions.survey import Form
from dihkpi.errors import FileRefusedError
from dihkpi.intake.issues import Fault
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header
from dihkpi.intake.turned import matches_text, turn

NEAR = 0.5
"""Share of the headers from which a layout is taken to be meant although its signature is incomplete."""


@dataclass(frozen=True)
class Match:
    """A layout that a sheet may have, and how well it fits."""

    survey: Survey
    form_name: str
    layout_name: str
    layout: Layout
    header_row: int
    found: int
    wanted: int
    complete: bool
    notes: tuple[tuple[Fault, int | None], ...] = ()
    """What the recognition found, each at the position of a header or about the sheet."""

    @property
    def first_row(self) -> int:
        """Position of the first row below the header."""
        return self.header_row + self.layout.below

    @property
    def form(self) -> Form:
        """The form that the sheet carries."""
        return self.survey.forms[self.form_name]

    @property
    def label(self) -> str:
        """Name for messages."""
        return f"{self.survey.survey} › {self.form_name} › {self.layout_name}"


def layouts_of(form: Form) -> Iterator[tuple[str, Layout]]:
    """The declared layouts of a form, and the plain table."""
    yield from ((name, layout) for name, layout in form.layouts.items() if layout.tool is None)
    if form.tidy:
        yield "tidy", plain_layout(form)


def plain_layout(form: Form) -> Layout:
    """The plain table of a form: the names of its columns are the headers, or what else they may be called."""
    headers = {name: (name, *column.headers) for name, column in form.columns.items() if column.headers}
    title = "plain table with the column names as headers"
    return Layout(title=title, headers=headers, dates="ymd", decimal="detect")


def recognise(
    path: Path, container: str, sheets: Sequence[Sheet], definitions: Definitions, survey: str | None
) -> list[tuple[Sheet, Match]]:
    """The sheets of a file that carry a form.

    Parameters
    ----------
    path : pathlib.Path
        The file, for messages and as a last resort to choose between equal layouts.
    container : str
        Kind of file, as ``read_sheets`` tells it.
    sheets : sequence of Sheet
    definitions : Definitions
    survey : str or None
        Only layouts of this survey.

    Raises
    ------
    FileRefusedError
        When no layout fits, or several fit equally; the message names the nearest.
    """
    from dihkpi.intake.tools.find import try_tools

    surveys = [definitions.survey(survey)] if survey else list(definitions.surveys.values())
    sheets = sorted(sheets, key=_is_hidden)  # of two sheets with one key the one that is seen comes first
    candidates: list[tuple[Sheet, list[Match], dict[str, Sheet]]] = []
    for sheet in sheets:
        turned: dict[str, Sheet] = {}
        candidates.append((sheet, [m for s in surveys for m in _matches(sheet, container, s, turned)], turned))
    declared = any(m.complete and m.layout_name != "tidy" for _, matches, _ in candidates for m in matches)
    tried = None if declared else try_tools(sheets, container, surveys, definitions, bool(survey))
    if tried and tried.matches:
        best = _best(path, [match for _, match in tried.matches])
        return [found for found in tried.matches if found[1] is best]
    recognised = [found for candidate in candidates if (found := _fitting(path, *candidate, bool(survey)))]
    if recognised:
        return recognised
    if tried and tried.refusal:
        raise tried.refusal
    nearest = [match for _, matches, _ in candidates for match in matches]
    message, hint = _not_recognised(path, sheets, nearest, survey)
    if tried:
        what, what_to_do = tried.told()
        known = tried.tool or tried.questionnaire
        message, hint = f"{message}; {what}", what_to_do if known else f"{hint}; {what_to_do}"
    raise FileRefusedError("unknown_layout", message, hint)


def _is_hidden(sheet: Sheet) -> bool:
    return any(rule == "hidden_sheet" for rule, _ in sheet.notes)


def _fitting(
    path: Path, sheet: Sheet, matches: list[Match], turned: dict[str, Sheet], named: bool
) -> tuple[Sheet, Match] | None:
    """The best of the layouts that a sheet fits."""
    fitting = [m for m in matches if m.complete] or [m for m in matches if m.found >= (1 if named else NEAR * m.wanted)]
    if not fitting:
        return None
    best = _best(path, fitting)
    return turned.get(best.label, sheet), best


def _matches(sheet: Sheet, container: str, survey: Survey, turned: dict[str, Sheet]) -> Iterator[Match]:
    """Layouts that a sheet may have; ``turned`` gains the sheets that a layout turns."""
    for form_name, form in survey.forms.items():
        for name, layout in layouts_of(form):
            if not _carries(layout, container, sheet.name):
                continue
            if layout.turned:
                match = _match_turned(sheet, survey, form_name, form, name, layout, turned)
            else:
                match = _match(sheet, survey, form_name, form, name, layout)
            if match is not None:
                yield match


def _match_turned(
    sheet: Sheet, survey: Survey, form_name: str, form: Form, name: str, layout: Layout, turned: dict[str, Sheet]
) -> Match | None:
    result = turn(sheet, form, layout)
    if result is None:
        return None
    wanted = {item.code for item in form.items} or set(wanted_columns(form, layout))
    found = len(wanted & set(result.cells[0]))
    match = Match(survey, form_name, name, layout, 0, found, len(wanted), found > NEAR * len(wanted))
    turned[match.label] = result
    return match


def _carries(layout: Layout, container: str, sheet: str) -> bool:
    """Whether a layout may come in this kind of file, and in a sheet of this name; an ODS is a workbook as any."""
    workbook = container in ("xlsx", "ods")
    if container not in layout.containers and not (workbook and "xlsx" in layout.containers):
        return False
    return not (workbook and layout.sheet) or matches_text(layout.sheet, sheet)


def _match(sheet: Sheet, survey: Survey, form_name: str, form: Form, name: str, layout: Layout) -> Match | None:
    wanted = {
        column: {normalise_header(h) for name in spelled(form, layout, column) for h in layout.source(name).header}
        for column in wanted_columns(form, layout)
    }
    by_position = [c for c in wanted if layout.source(c).position]
    if by_position and len(by_position) == len(wanted):
        return Match(survey, form_name, name, layout, 0, len(wanted), len(wanted), bool(layout.sheet))
    needed = {normalise_header(h) for h in layout.signature}
    must = [wanted[c] for c in wanted if name == "tidy" and form_required(form, c)]
    known = set().union(*wanted.values())
    best: Match | None = None
    for row, present in enumerate(sheet.head):
        if not known & present or (layout.header_row and sheet.rows[row] != layout.header_row):
            continue
        found = sum(not headers.isdisjoint(present) for headers in wanted.values())
        complete = needed <= present and all(headers & present for headers in must)
        match = Match(survey, form_name, name, layout, row, found, len(wanted), complete and bool(needed or must))
        if best is None or (match.complete, match.found) > (best.complete, best.found):
            best = match
    return best


def wanted_columns(form: Form, layout: Layout) -> list[str]:
    """Columns that a layout looks for in the header."""
    if layout.only:
        names = list(layout.headers)
    else:
        offered = [facet for facet in form.facets if any(facet in block.facets for block in layout.blocks)]
        beside = (f"{item.code}@{facet}" for item in form.items for facet in offered)
        items = dict.fromkeys(item.of or item.code for item in form.items)
        names = [*form.columns, *items, *beside]
    return [name for name in names if name not in layout.fixed]


def spelled(form: Form, layout: Layout, column: str) -> list[str]:
    """A column as a layout may have it: a multiple choice item in one column, or in one for each option."""
    return [column, *(form.ticks(column).values() if column in form.multiple and not layout.only else ())]


def form_required(form: Form, column: str) -> bool:
    """Whether a column must be in every file of the form."""
    declared = form.columns.get(column)
    if declared is None:
        return "@" not in column
    return declared.required or declared.present


def _best(path: Path, matches: list[Match]) -> Match:
    """The match with most headers; equal ones are told apart by the pattern of the file name."""
    top = max(m.found / m.wanted for m in matches)
    best = [m for m in matches if m.found / m.wanted == top]
    if len(best) > 1:
        best = [m for m in best if m.layout.file and fnmatch(path.name.casefold(), m.layout.file)] or best
    if len(best) > 1:
        best = [m for m in best if m.layout_name != "tidy"] or best
    if len(best) > 1:
        names = ", ".join(m.label for m in best)
        message = f"{path.name} fits several layouts equally: {names}"
        raise FileRefusedError("ambiguous_layout", message, _how_to_tell(best))
    return best[0]


def _how_to_tell(matches: list[Match]) -> str:
    named = [match.layout.file for match in matches if match.layout.file]
    return f"name the file like one of {', '.join(named)}" if named else "say which with --survey"


def _not_recognised(path: Path, sheets: Sequence[Sheet], nearest: list[Match], survey: str | None) -> tuple[str, str]:
    of = f"survey {survey}" if survey else "any survey"
    message = f"{path.name} is not recognised as a file of {of}"
    nearest = sorted(nearest, key=lambda m: -m.found / m.wanted)[:1]
    if nearest:
        match = nearest[0]
        if match.layout.blocks:
            block = match.layout.blocks[-1]
            message += f"; nearest is {match.label} with {match.found} of {match.wanted} questions"
            headers = f"the headers '{block.id[0]}' and '{block.answer[0]}'"
            return message, f"questions are looked for in rows with {headers}, below the heading '{block.after[0]}'"
        sheet = next((s for s in sheets if match.header_row < len(s.cells)), sheets[0])
        present = {normalise_header(cell) for cell in sheet.cells[match.header_row] if cell}
        absent = [h for h in match.layout.signature or wanted_columns(match.form, match.layout)
                  if normalise_header(h) not in present]  # fmt: skip
        message += f"; nearest is {match.label} with {match.found} of {match.wanted} columns"
        return message, f"missing for it: {', '.join(absent[:5])}" + (
            f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        )
    first = [cell for cell in sheets[0].cells[0] if cell][:5]
    return message, f"its first row is: {', '.join(first)}; see `dihkpi surveys` for what is known"
