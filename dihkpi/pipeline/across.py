"""What no single file shows: waves out of order, and organisations of two hubs, over everything that is recorded.

A file is checked when it comes, and what others have sent may come later. These rows are recorded already, so nothing
is set aside: each is told as a warning, and the tables of a run say what becomes of it (waves out of order are no
pair). What another hub has sent is not told, only that there is something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.survey import Form
from dihkpi.intake.between import check_constant
from dihkpi.intake.issues import Fault, IssueLog, concat_issues
from dihkpi.intake.rows import check_sequence, respondents
from dihkpi.store.places import places_of, replaced_by_others
from dihkpi.store.record import Store
from dihkpi.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class _Told:
    """A fault of one current row; ``others`` are the rows that it is held against."""

    fault: Fault
    at: int
    column: str
    others: tuple[int, ...]


def with_issues_across(
    files: pd.DataFrame, issues: pd.DataFrame, store: Store, snapshot: Snapshot, definitions: Definitions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``files`` and ``issues`` with what is wrong between rows of different files.

    Parameters
    ----------
    files, issues : pandas.DataFrame
        Of the current files.
    store : Store
        For the places of rows.
    snapshot : Snapshot
        The current rows.
    definitions : Definitions
        Rules ``sequence`` and ``constant`` of the forms.
    """
    import pandas as pd

    found = [issues]
    for survey in definitions.surveys.values():
        for name, form in survey.forms.items():
            frame = snapshot.table(survey.survey, name) if _reaches_across(form) else None
            if frame is not None:
                found += _of_form(store, definitions, survey, name, form, frame)
    found += _replaced(store, set(files["file"]))
    more = concat_issues(found[1:])
    more = more[more["file"].isin(files["file"])]
    every = concat_issues([issues, more])
    warnings = more.loc[more["severity"] == "warning", "file"].value_counts()
    first = ~files["file"].duplicated()
    added = files["file"].map(warnings).fillna(0).astype(int).where(first, 0)
    order = ["file", "sheet", "row", "column", "rule"]
    return (
        files.assign(warnings=files["warnings"] + added),
        every.sort_values(order, kind="stable", ignore_index=True) if len(more) else pd.DataFrame(issues),
    )


def _reaches_across(form: Form) -> bool:
    return any(rule.sequence or rule.constant for rule in form.rules.values())


def _of_form(
    store: Store, definitions: Definitions, survey: Survey, name: str, form: Form, frame: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    frame = frame.assign(respondent=respondents(form, frame)).reset_index(drop=True)
    waves = list(definitions.codelists[survey.waves].codes) if survey.waves else []
    told = [*_out_of_order(form, frame), *_without_earlier(form, frame, waves), *_not_constant(form, frame)]
    if not told:
        return
    at = sorted({place for found in told for place in (found.at, *found.others)})
    keys = frame["key"].to_numpy(dtype=object)
    places = places_of(store, f"{survey.survey}.{name}", [str(keys[i]) for i in at])
    logs: dict[tuple[str, str], IssueLog] = {}
    for found in told:
        own = places[str(keys[found.at])]
        if all(places[str(keys[i])].file == own.file for i in found.others) and found.others:
            continue  # told when the file came
        log = logs.setdefault((own.file, own.sheet), IssueLog(own.file, own.sheet))
        value = frame.at[found.at, found.column]
        log.add(found.fault, row=own.row, header=found.column, value=_shown(value))
    for log in logs.values():
        yield log.table()


def _out_of_order(form: Form, frame: pd.DataFrame) -> list[_Told]:
    """Waves that are not later than the one before, far from it, or without it."""
    if not form.wave or not form.date or form.wave not in frame or form.date not in frame:
        return []
    ordered = frame[["respondent", form.wave]].dropna().sort_values(["respondent", form.wave], kind="stable")
    same = ordered["respondent"].eq(ordered["respondent"].shift())
    before = dict(zip(ordered.index, np.where(same, np.roll(ordered.index, 1), -1).tolist(), strict=True))
    days = frame[form.date]
    found: list[_Told] = []

    def report(fault: Fault, at: int, columns: tuple[str, ...]) -> None:
        end = "; the two make no pair" if days.iloc[at] < days.iloc[before[at]] else ""
        told = replace(fault, severity="warning", message=fault.message + end)
        found.append(_Told(told, at, columns[0], (before[at],)))

    check_sequence(form, frame, report)
    return found


def _without_earlier(form: Form, frame: pd.DataFrame, waves: Sequence[str]) -> list[_Told]:
    """Waves of respondents who lack the one before."""
    if not form.wave or form.wave not in frame:
        return []
    pairs = set(zip(frame["respondent"], frame[form.wave], strict=True))
    earlier = dict(zip(waves[1:], waves, strict=False))
    hint = "send the earlier wave too; without it there is no change from it"
    return [
        _Told(Fault("wave_missing", f"{wave} is there, and {earlier[wave]} is not", hint, "info"), at, form.wave, ())
        for at, (who, wave) in enumerate(zip(frame["respondent"], frame[form.wave], strict=True))
        if wave in earlier and (who, earlier[wave]) not in pairs
    ]


def _not_constant(form: Form, frame: pd.DataFrame) -> list[_Told]:
    found: list[_Told] = []
    for name, rule in form.rules.items():
        first: dict[int, int] = {}

        def where(index: int, other: int, first: dict[int, int] = first) -> str:
            first[index] = other
            return "another one in another file"

        if rule.constant:
            for fault, at, columns in check_constant(name, rule, form, frame, where):
                found.append(_Told(fault, at, columns[0], (first[at],)))
    return found


def _replaced(store: Store, files: set[str]) -> Iterator[pd.DataFrame]:
    """Rows of current files that a row of another hub has replaced, since both have one key."""
    for place in replaced_by_others(store):
        if place.file in files:
            log = IssueLog(place.file, place.sheet)
            message = "another hub has sent the same organisation and wave later, and its row counts instead"
            hint = "settle whose customer it is, and have the other row removed or corrected"
            log.add(Fault("replaced", message, hint, "warning"), row=place.row)
            yield log.table()


def _shown(value: object) -> str:
    return str(value)[:10] if hasattr(value, "year") else str(value)
