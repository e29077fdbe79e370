"""What every rule says, in one plain sentence, and how many rows it was tried on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.intake.issue_report.findings import RuleBrief

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions.survey import Form

_NUMBERS = ("integer", "decimal", "money", "percent")
_CODES = ("code", "codes", "rated_codes")
_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    "number": _NUMBERS,
    "ambiguous_number": _NUMBERS,
    "decimal_sign": _NUMBERS,
    "date": ("date", "dates"),
    "impossible_date": ("date", "dates"),
    "end_before_start": ("dates",),
    "boolean": ("boolean",),
    "period": ("period",),
    "url": ("url",),
    "id": ("id",),
    "unknown_code": _CODES,
    "ambiguous_code": _CODES,
    "level": ("rated_codes",),
    "duplicate_code": ("rated_codes",),
    "format": ("rated_codes",),
}
"""Types of the columns that a built-in rule is about."""
_OF_COLUMNS = frozenset({"missing_column", "unknown_column", "duplicate_column"})
"""Rules about headers: the rows below them were not tested."""


def rule_briefs(issues: pd.DataFrame, files: pd.DataFrame, definitions: Definitions) -> dict[str, RuleBrief]:
    """Briefs of the rules that the submitted forms are held against, and of all rules that something broke.

    Parameters
    ----------
    issues, files : pandas.DataFrame
        The tables of these names.
    definitions : Definitions

    Notes
    -----
    A rule is tested on the rows of the forms that have a column of its kind; what is wrong with a whole file, on files.
    """
    received = files.groupby(["survey", "form"], as_index=False)["received"].sum()
    forms = [
        (definitions.surveys[survey].forms[form], int(rows))
        for survey, form, rows in received.itertuples(index=False)
        if survey in definitions.surveys and form in definitions.surveys[survey].forms
    ]
    of_files = _of_files(issues)
    n_files = len({*files["file"], *issues["file"]})
    broken = set(issues["rule"])
    briefs = {}
    for name, brief in sorted(definitions.rules.items()):
        if name in of_files:
            briefs[name] = RuleBrief(name, brief, "error", n_files, "file")
        elif name in _OF_COLUMNS & broken:
            briefs[name] = RuleBrief(name, brief, "error", None, "column")
        elif name in broken or any(_has(form, name) for form, _ in forms):
            fitting = sum(rows for form, rows in forms if name not in _OF_TYPES or _has(form, name))
            briefs[name] = RuleBrief(name, brief, "error", fitting)
    return briefs | _of_forms(forms)


def _of_files(issues: pd.DataFrame) -> set[str]:
    """Rules whose issues name no row: they are about a file as a whole."""
    no_row = issues["row"].isna().groupby(issues["rule"]).all()
    return set(no_row.index[no_row.to_numpy(dtype=bool)])


def _has(form: Form, rule: str) -> bool:
    """Whether a form has a column that a built-in rule is about."""
    if rule == "required":
        return any(column.required or column.required_when for column in form.columns.values())
    if rule == "answer":
        return bool(form.items)
    return any(column.type in _OF_TYPES.get(rule, ()) for column in form.columns.values())


def _of_forms(forms: list[tuple[Form, int]]) -> dict[str, RuleBrief]:
    """The rules that the forms state themselves; one that several forms have is one rule."""
    briefs: dict[str, RuleBrief] = {}
    for form, rows in forms:
        for name, rule in form.rules.items():
            before = briefs[name].tested or 0 if name in briefs else 0
            briefs[name] = RuleBrief(name, rule.brief, rule.severity, before + rows)
    return briefs
