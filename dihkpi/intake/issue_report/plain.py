"""Issues as lines for the console and as an object for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dihkpi.intake.issue_report.findings import ELSEWHERE, SEVERITIES, and_more, counts, headline, in_order, number_of
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 400


def issue_object(issues: pd.DataFrame, files: pd.DataFrame) -> dict[str, Any]:
    """Counts, files and issues as an object for JSON; what is missing is null.

    Parameters
    ----------
    issues, files : DataFrame
        The tables of the same names.

    Returns
    -------
    dict
        ``received``, ``accepted``, ``quarantined``, ``files``, ``issues``.
    """
    return {**counts(files), "files": _records(files), "issues": _records(in_order(issues))}


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


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    known = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in record.items()} for record in known.to_dict("records")]
