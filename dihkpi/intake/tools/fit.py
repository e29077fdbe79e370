"""The columns of an export matched to the columns and items of a form: by code first, by text last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dihkpi.definitions import Survey
from dihkpi.definitions.layouts import Layout, Source
from dihkpi.definitions.survey import AnswerType
from dihkpi.errors import FileRefusedError
from dihkpi.intake.issues import Fault
from dihkpi.intake.known_answers import known_texts
from dihkpi.intake.recognise import Match, form_required
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header, show
from dihkpi.intake.tools.edit import with_lower_case, with_response, without
from dihkpi.intake.tools.export import RESERVED, Export, Heading, column, plain
from dihkpi.intake.tools.targets import Targets

_PERSONAL = re.compile(
    r"[^@\s]+@[^@\s]+\.[^@\s]+|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}"
)
_LONGEST_ADDRESS = 320
_NOBODY = {"anonymous", ""}
_MERGED = ("dates", "decimal", "missing", "joined", "empty_multi", "apart", "fixed", "until")
"""Fields of a declared layout that are put over what a file tells."""


@dataclass
class _Fitted:
    """Headings by the column or item that each of them is."""

    found: dict[str, Heading] = field(default_factory=dict)
    notes: list[tuple[Fault, int | None]] = field(default_factory=list)
    left: list[Heading] = field(default_factory=list)


def fit(export: Export, survey: Survey, form_name: str) -> tuple[Sheet, Match] | None:
    """How an export carries a form, or ``None`` when nothing of the form is in it.

    Raises
    ------
    FileRefusedError
        When EUSurvey split multiple choice items, which loses answers.
    """
    form = survey.forms[form_name]
    declared = next((layout for layout in form.layouts.values() if layout.tool == export.tool), None)
    targets = Targets(survey, form, declared)
    fitted = _assigned(export, targets)
    wanted = targets.wanted
    there = [name for name in wanted if name in fitted.found or _any_tick(targets, name, fitted)]
    if not there:
        return None
    if export.tool == "eusurvey":
        _refuse_split(export, targets, fitted)
    sheet = without(export.sheet, _note_left(export, fitted), export.header_row + export.below)
    sheet, headers = _headers(export, targets, sheet, fitted)
    absent = [name for name in wanted if name not in there]
    for code in form.multiple:
        ticks = [name for name in form.ticks(code).values() if name not in fitted.found]
        absent += ticks if code in there and code not in fitted.found else []
    headers |= {name: Source(header=(name,)) for name in absent}
    layout = _layout(export, targets, headers, fitted)
    complete = all(name in there for name in wanted if form_required(form, name))
    match = Match(
        survey, form_name, export.tool, layout, export.header_row, len(there), len(wanted), complete,
        tuple(fitted.notes),
    )  # fmt: skip
    return sheet, match


def _headers(export: Export, targets: Targets, sheet: Sheet, fitted: _Fitted) -> tuple[Sheet, dict[str, Source]]:
    """Where each column stands, what the tool says of a response included, and the sheet with what that takes."""
    columns = targets.form.columns
    for heading in export.headings:
        if heading.role in RESERVED and heading.role in columns:
            fitted.found.setdefault(heading.role, heading)
    headers = {name: Source(position=heading.position + 1) for name, heading in fitted.found.items()}
    if "response" in columns and "response" not in headers:
        headers["response"] = Source(position=sheet.cells.shape[1] + 1)
        sheet = with_response(sheet)
    if "language" in headers:
        sheet = with_lower_case(sheet, fitted.found["language"].position)
    return sheet, headers


def _any_tick(targets: Targets, name: str, fitted: _Fitted) -> bool:
    return name in targets.form.multiple and any(tick in fitted.found for tick in targets.form.ticks(name).values())


def _assigned(export: Export, targets: Targets) -> _Fitted:
    """Each heading to its name, in the order of certainty; a surer way leaves nothing to a less sure one."""
    fitted = _Fitted()
    waiting = [heading for heading in export.headings if heading.role not in RESERVED]
    for way in (_by_header, _by_code, _by_end, _by_text):
        claimed = set(fitted.found)
        still: list[Heading] = []
        for heading in waiting:
            names = way(targets, heading) if not heading.role or way in (_by_header, _by_code) else []
            if heading.role == "system" and way is _by_code:  # a name of the tool's own, unless it is an item
                names = [name for name in names if name not in targets.form.columns]
            if way is _by_end and claimed.issuperset(names):
                names = []
            if names:
                _claim(export, fitted, heading, names, "error" if way is _by_code else "warning")
            else:
                still.append(heading)
        waiting = still
    fitted.left = [heading for heading in waiting if heading.role != "system"]
    return fitted


def _claim(export: Export, fitted: _Fitted, heading: Heading, names: list[str], severity: str) -> None:
    """Give a name to its heading, or note why it has none."""
    title = show(heading.title)
    if len(names) > 1:
        message = f"the column '{title}' may be {' or '.join(names)}"
        hint = f"name it in a layout with 'tool: {export.tool}' of the survey"
        fitted.notes.append((Fault("ambiguous_column", message, hint, severity), heading.position))
    elif names[0] in fitted.found:
        other = show(fitted.found[names[0]].title)
        message = f"the columns '{other}' and '{title}' are both {names[0]}"
        fault = Fault("duplicate_column", message, "keep one of them; no row was accepted")
        fitted.notes.append((fault, heading.position))
    else:
        fitted.found[names[0]] = heading


def _by_header(targets: Targets, heading: Heading) -> list[str]:
    known = targets.by_header
    for text in (heading.title, *heading.codes):
        if normalise_header(text) in known:
            return [known[normalise_header(text)]]
    return []


def _by_code(targets: Targets, heading: Heading) -> list[str]:
    names = [targets.by_code[key] for code in heading.codes if (key := normalise_header(code)) in targets.by_code]
    names = list(dict.fromkeys(names))
    return names if heading.alternatives else names[:1]


def _by_end(targets: Targets, heading: Heading) -> list[str]:
    names = [name for code in heading.codes for name in targets.by_end.get(normalise_header(code), ())]
    return list(dict.fromkeys(names))


def _by_text(targets: Targets, heading: Heading) -> list[str]:
    for text in heading.texts:
        if names := targets.by_text.get(plain(text)):
            return names
    return []


def _note_left(export: Export, fitted: _Fitted) -> list[int]:
    """What is not read: personal columns in one note, the others one by one unless they are empty.

    Gives the positions of the personal columns.
    """
    first = export.header_row + export.below
    personal: dict[int, str] = {}
    for heading in fitted.left:
        texts = column(export.sheet, heading.position, first)
        filled = {text.strip().casefold() for text in texts} - _NOBODY
        if heading.role or (filled and all(map(_is_address, texts))):
            if filled or export.sheet.whole:
                personal[heading.position] = heading.title
        elif filled or export.sheet.whole:
            message = f"the column '{show(heading.title)}' is not part of this survey and was not read"
            hint = "remove it, or correct its name"
            fitted.notes.append((Fault("unknown_column", message, hint, "warning"), heading.position))
    if personal:
        message = f"columns about persons were dropped: {', '.join(map(show, personal.values()))}"
        fitted.notes.append((Fault("personal_dropped", message, "leave them out of the export", "info"), None))
    return list(personal)


def _is_address(text: str) -> bool:
    return len(text) <= _LONGEST_ADDRESS and _PERSONAL.fullmatch(text.strip()) is not None


def _refuse_split(export: Export, targets: Targets, fitted: _Fitted) -> None:
    """An empty column, then columns headed by its options that say Yes or No."""
    by_position = {heading.position: heading for heading in export.headings}
    for name, item in targets.form.multiple.items():
        heading = fitted.found.get(name)
        following = by_position.get(heading.position + 1) if heading else None
        if heading is None or following is None or following not in fitted.left:
            continue
        options = {plain(label) for label in targets.survey.answer_types[item.type].codes.values()}
        first = export.header_row + export.below
        says = set(column(export.sheet, following.position, first))
        if (
            plain(following.title) in options
            and says <= {"Yes", "No"}
            and not column(export.sheet, heading.position, first)
        ):
            raise FileRefusedError(
                "split_choices",
                f"the answers to '{show(heading.title)}' were split into columns of Yes and No, "
                "which EUSurvey fills wrongly",
                "export again without 'split multiple choice', or as XML",
            )


def _layout(export: Export, targets: Targets, headers: Mapping[str, Source], fitted: _Fitted) -> Layout:
    """What the file tells of itself, with what the survey declares for the tool put over it."""
    fields: dict[str, Any] = {
        "title": f"results of {export.tool}", "tool": export.tool, "headers": dict(headers), "only": True,
        "below": export.below, "extra": "keep", **export.layout, "coding": _coding(export, targets, fitted),
    }  # fmt: skip
    if targets.declared is not None:
        given = targets.declared.model_fields_set
        fields |= {name: getattr(targets.declared, name) for name in _MERGED if name in given}
        fields["coding"] |= targets.declared.coding
    return Layout(**fields)


def _coding(export: Export, targets: Targets, fitted: _Fitted) -> dict[str, Mapping[str, str]]:
    """Texts of the answer types where they are not the codes and labels of the survey."""
    coding: dict[str, Mapping[str, str]] = {}
    for name, answer_type in targets.survey.answer_types.items():
        texts = dict(export.coding(answer_type)) if export.coding else {}
        labelled = _labelled(export, targets, fitted, name, answer_type)
        if texts or labelled:
            coding[name] = {**known_texts(answer_type), **texts, **labelled}
    return coding


def _labelled(
    export: Export, targets: Targets, fitted: _Fitted, name: str, answer_type: AnswerType
) -> dict[str, str]:  # fmt: skip
    """Codes of the file by the labels that it gives them."""
    if export.sheet.labels is None:
        return {}
    known = {plain(text): code for text, code in known_texts(answer_type).items()}
    found: dict[str, str] = {}
    items = [item.code for item in (*targets.form.items, *targets.form.multiple.values()) if item.type == name]
    for item in items:
        heading = fitted.found.get(item)
        values = export.sheet.labels.values.get(heading.title, {}) if heading else {}
        for text, same in values.items():
            code = next((known[plain(label)] for label in same if plain(label) in known), None)
            if code is not None and found.setdefault(text, code) != code and heading:
                message = f"'{text}' means {code} here and {found[text]} in another column of the type {name}"
                fitted.notes.append((Fault("ambiguous_code", message, "use the same codes"), heading.position))
    return found
