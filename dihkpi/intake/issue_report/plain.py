"""Issues as lines for the console and as an object for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dihkpi.intake.issue_report.findings import (
    ELSEWHERE,
    SEVERITIES,
    RuleBrief,
    and_more,
    counts,
    findings,
    headline,
    in_order,
    number_of,
)
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 400
_AT_ONCE = 20_000


def issue_object(
    issues: pd.DataFrame, files: pd.DataFrame, rules: Mapping[str, RuleBrief] | None = None
) -> dict[str, Any]:
    """Counts, files, rules and issues as an object for JSON; what is missing is null.

    Its shape is fixed by ``schemas/json/issues.schema.json``.

    Parameters
    ----------
    issues, files : DataFrame
        The tables of the same names.
    rules : mapping of str to RuleBrief, optional
        What each rule says; those that nothing broke are listed too.

    Returns
    -------
    dict
        ``received``, ``accepted``, ``quarantined``, ``survey``, ``files``, ``rules``, ``issues``.
    """
    return {**_about(issues, files, rules or {}), "issues": records(in_order(issues))}


def json_pieces(issues: pd.DataFrame, files: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> Iterator[str]:
    """The same object as text, piece by piece: an issue is a line, and not all of them are in memory."""
    about = json.dumps(_about(issues, files, rules), ensure_ascii=False, indent=1)
    yield about.removesuffix("\n}") + ',\n "issues": ['
    ordered, separator = in_order(issues), "\n"
    for start in range(0, len(ordered), _AT_ONCE):
        for record in records(ordered.iloc[start : start + _AT_ONCE]):
            yield separator + "  " + json.dumps(record, ensure_ascii=False)
            separator = ",\n"
    yield "\n ]\n}\n"


def _about(issues: pd.DataFrame, files: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> dict[str, Any]:
    """All but the issues themselves."""
    surveys = sorted(set(files["survey"]))
    told = [
        {
            "id": found.rule,
            "brief": found.brief,
            "severity": found.severity,
            "unit": found.unit,
            "tested": found.tested,
            "failed": found.failed,
            "issues": len(found.issues),
        }
        for found in findings(issues, rules)
    ]
    survey = surveys[0] if len(surveys) == 1 else surveys or None
    return {**counts(files), "survey": survey, "files": records(files), "rules": told}


def summary_lines(issues: pd.DataFrame, files: pd.DataFrame, limit: int = 10, elsewhere: str = ELSEWHERE) -> list[str]:
    """The issues that matter most, by rule, as plain text: errors first, and something of every rule.

    Parameters
    ----------
    issues, files : DataFrame
        The tables of the same names.
    limit : int
        How many issues to show at most.
    elsewhere : str
        Where all of them are.

    Returns
    -------
    list of str
        Lines without markup, safe to print; square brackets in them are the sender's.
    """
    lines = [headline(files)]
    totals = issues.groupby(["severity", "rule"]).size().to_dict()
    for group, rows in _that_matter(issues, limit).groupby(["severity", "rule"], sort=False):
        severity, rule = group
        lines += ["", f"{severity}: {show(rule)} ({number_of(totals[group], 'time')})"]
        told = ""
        for issue in rows.itertuples():
            lines.append(f"  {_place(issue)}: {show(issue.message, _LONGEST)}")
            hint = show(issue.hint, _LONGEST)
            lines += [f"      {hint}"] if hint not in ("", told) else []
            told = hint
    if len(issues) > limit:
        lines += ["", and_more(len(issues) - limit, elsewhere)]
    return lines


def _that_matter(issues: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Errors before warnings; within a severity the first of every rule, then the second, and so on."""
    ranked = in_order(issues).assign(
        rank=lambda frame: frame["severity"].map(SEVERITIES.index),
        turn=lambda frame: frame.groupby(["severity", "rule"]).cumcount(),
    )
    chosen = ranked.sort_values(["rank", "turn"], kind="stable").head(limit)
    return chosen.sort_values(["rank", "rule", "turn"], kind="stable")


def _place(issue: Any) -> str:
    """Name the place as a person would look for it: file, sheet, then cell or row, then column."""
    row = f"row {issue.row}" if show(issue.row) else ""
    places = [issue.file, issue.sheet, show(issue.cell) or row, issue.column]
    return " › ".join(text for text in map(show, places) if text)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values; what is missing is None."""
    known = (frame[name].astype(object) for name in frame)
    columns = [column.where(column.notna(), None).tolist() for column in known]
    return [dict(zip(map(str, frame), row, strict=True)) for row in zip(*columns, strict=True)]
