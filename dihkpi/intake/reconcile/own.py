"""Lists of a hub's own: what its own system holds of customers and services, read like any other file.

Less is asked of them than of what is reported: a list may tell neither the type of a customer nor the hub. They are
compared, not checked; so no rule is tested, and rows that contradict each other stay, to be told as possible doubles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Column, Form
from dihkpi.errors import FileRefusedError
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.submission import read_submission
from dihkpi.intake.text import show
from dihkpi.intake.validate import Validated, ValidatedPart, validate

if TYPE_CHECKING:
    import pandas as pd

SURVEY = "edih_kpi"
FORMS = ("services", "customers")
_MAY_LACK = ("hub", "customer_type")
_LAYOUTS = (
    "a list of customers has the columns name and vat; one of services customer, vat, category and dates, and what "
    "else is known of price, invoiced, aid, investment, status, content_id; exports of the KPI tool are read too"
)
FAULTS = ["hub", "file", "sheet", "row", "column", "found", "what_to_do"]


@dataclass(frozen=True)
class OwnLists:
    """What was read.

    Parameters
    ----------
    services, customers : pandas.DataFrame
        Rows of the two forms with the column ``hub``; no rows where there is no such list.
    files : pandas.DataFrame
        hub, file, sheet, row, column, found, what_to_do: what each file brought, and each of its faults; the hub is
        empty where a file is about several.
    faulty : tuple of str
        A line for each file that could not be used as a whole.
    """

    services: pd.DataFrame
    customers: pd.DataFrame
    files: pd.DataFrame
    faulty: tuple[str, ...] = ()


def customer_attributes(form: Form) -> tuple[str, ...]:
    """Columns in which a form of services describes a customer."""
    who = form.respondent
    found = (who.kind_from, who.country, who.nuts, who.sector, who.size) if who else ()
    return tuple(name for name in found if name)


def own_definitions(definitions: Definitions) -> Definitions:
    """Definitions by which own lists are read: the two forms, and of them only what cannot be done without.

    Examples
    --------
    >>> from dihkpi.definitions import load_definitions
    >>> forms = own_definitions(load_definitions()).surveys["edih_kpi"].forms
    >>> {name: [c for c, column in form.columns.items() if column.required] for name, form in forms.items()}
    {'services': ['customer', 'category', 'dates'], 'customers': ['name']}
    """
    survey = definitions.surveys[SURVEY]
    services, customers = (survey.forms[name] for name in FORMS)
    described = {name: services.columns[name] for name in ("hub", *customer_attributes(services))}
    forms = {
        "services": _eased(services, services.columns),
        "customers": _eased(customers, {**customers.columns, **described}),
    }
    own = survey.model_copy(update={"forms": forms})
    return replace(definitions, versions={(SURVEY, survey.version): own})


def _eased(form: Form, columns: Mapping[str, Column]) -> Form:
    """A form without rules and keys, in which hub and type of customer may be missing."""
    eased = {
        name: column.model_copy(update={"required": False}) if name in _MAY_LACK else column
        for name, column in columns.items()
    }
    more = set(columns) - set(form.columns)
    layouts = {  # what is asked for more in a plain table must not make a declared layout fit less
        name: layout.model_copy(update={"only": True}) if more else layout for name, layout in form.layouts.items()
    }
    changed = {
        "columns": eased,
        "hub": "hub",
        "rules": {},
        "key": tuple(columns),
        "key_without": (),
        "layouts": layouts,
    }
    return form.model_copy(update=changed)


def read_own_lists(files: Mapping[str, Path], definitions: Definitions, hubs: HubNames | None) -> OwnLists:
    """Read all own lists; a file that cannot be used is told and left out.

    Parameters
    ----------
    files : mapping of str to pathlib.Path
        Name of a file, ``<hub>/<file>`` for those in the folder of a hub, to the file.
    definitions : Definitions
    hubs : HubNames, optional
        The known hubs; without them, names of hubs are taken as they stand.
    """
    import pandas as pd

    eased = own_definitions(definitions)
    brought = [_brought(name, path, eased, hubs) for name, path in sorted(files.items())]
    tables = {
        name: [rows for one in brought for of, rows in one.rows if of == name] for name in eased.surveys[SURVEY].forms
    }
    services, customers = (
        rows_or_none(pd.concat(tables[name], ignore_index=True) if tables[name] else None, form)
        for name, form in eased.surveys[SURVEY].forms.items()
    )
    told = pd.DataFrame([row for one in brought for row in one.told], columns=FAULTS)
    return OwnLists(services, customers, told, tuple(one.fault for one in brought if one.fault))


@dataclass(frozen=True)
class _Brought:
    """What came of one file: forms and rows, rows of the table of files, and what is wrong in one line."""

    rows: list[tuple[str, pd.DataFrame]]
    told: list[dict[str, object]]
    fault: str = ""


def _brought(name: str, path: Path, definitions: Definitions, hubs: HubNames | None) -> _Brought:
    """Read a file, or say why it cannot be used."""
    hub = None
    try:
        hub = _folder(name, hubs)
        read = _read(name, path, definitions, hubs)
    except FileRefusedError as fault:
        hint = _LAYOUTS if fault.rule == "unknown_layout" else fault.hint
        told: dict[str, object] = {
            "hub": hub,
            "file": name,
            "found": f"cannot be used: {fault.message}",
            "what_to_do": hint,
        }
        return _Brought([], [told], f"crm/{show(name, 200)} cannot be used: {fault.message}\n  {hint}")
    rows = [(part.match.form_name, _rows(part, hub)) for part in read.parts if len(part.accepted)]
    unknown = sum(int(frame["hub"].isna().sum()) for _, frame in rows)
    about = sorted({one for _, frame in rows for one in frame["hub"].dropna()})
    one = hub if hub and about in ([], [hub]) else about[0] if len(about) == 1 else None
    first, *faults = _told(read, unknown)
    line = ""
    if aside := read.n_quarantined + unknown:
        why = f": {faults[0]['found']}" if faults else ""
        line = f"crm/{show(name, 200)}: {aside:,} of {read.received:,} rows cannot be used{why}"
    kept = [(form, frame[frame["hub"].notna()]) for form, frame in rows]
    return _Brought(kept, [{"hub": one, "file": name, **row} for row in (first, *faults)], line)


def _folder(name: str, hubs: HubNames | None) -> str | None:
    """The hub in whose folder a file lies."""
    folder = name.partition("/")[0] if "/" in name else None
    hub, fault = hubs.find(folder) if hubs and folder else (folder, None)
    if fault is not None:
        raise FileRefusedError(fault.rule, f"the folder of this file is no hub: {fault.message}", fault.hint)
    return hub


def _read(name: str, path: Path, definitions: Definitions, hubs: HubNames | None) -> Validated:
    """A file after it was read and typed."""
    if path.is_symlink() or not path.is_file():
        raise FileRefusedError("not_a_file", f"{path.name} is not an ordinary file", "copy the file itself into crm")
    country = hubs.country_of(name.partition("/")[0]) if hubs else None
    try:
        submission = read_submission(path, definitions, survey=SURVEY, name=name, country=country)
        return validate(submission, definitions, hubs=hubs)
    except OSError as error:
        reason = f"{path.name} cannot be opened: {error.strerror}"
        raise FileRefusedError("not_a_file", reason, "check the file and its permissions") from None


def _rows(part: ValidatedPart, hub: str | None) -> pd.DataFrame:
    """Rows of a sheet, with the hub of the folder where they name none; without a status, services are delivered."""
    rows = part.accepted.assign(hub=part.accepted["hub"].fillna(hub))
    return rows.assign(delivered=True) if "delivered" in rows and "status" not in part.places else rows


def _told(read: Validated, unknown: int) -> list[dict[str, object]]:
    """What a file brought, then each of its errors."""
    kept = read.n_accepted - unknown
    told: list[dict[str, object]] = [{"found": f"{read.received:,} rows, {kept:,} of them used"}]
    if unknown:
        told.append({
            "found": "nothing tells the hub of the row" if unknown == 1 else f"{unknown:,} rows do not tell their hub",
            "what_to_do": "put the file into a folder of crm named by the id of its hub, or fill in a column hub",
        })  # fmt: skip
    errors = read.issues[read.issues["severity"] == "error"]
    columns = {"sheet": "sheet", "row": "row", "column": "column", "message": "found", "hint": "what_to_do"}
    rows = errors[list(columns)].rename(columns=columns).astype(object)
    told += rows.where(rows.notna(), None).to_dict("records")  # type: ignore[arg-type]
    return told


def rows_or_none(frame: pd.DataFrame | None, form: Form) -> pd.DataFrame:
    """Rows of a form; a table without rows, but with all columns, where nothing was sent."""
    import pandas as pd

    if frame is not None:
        return frame
    dates = [day for column in form.columns.values() if column.type == "dates" for day in ("start", "end")]
    names = dict.fromkeys([*form.columns, *form.derived, *dates, "hub", "source_file"])
    return pd.DataFrame({name: pd.Series(dtype="str") for name in names})
