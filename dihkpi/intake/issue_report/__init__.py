"""The issue report: what is wrong in a submission, for people, for spreadsheets and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.intake.issue_report.findings import RuleBrief, in_order
from dihkpi.intake.issue_report.plain import issue_object, json_pieces, summary_lines

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RuleBrief", "issue_object", "summary_lines", "write_issue_report"]

MOST_COPIES = 25
"""Sheets beyond this many make a workbook that nobody finds anything in."""


def write_issue_report(
    out: Path,
    issues: pd.DataFrame,
    files: pd.DataFrame,
    rules: Mapping[str, RuleBrief] | None = None,
    sources: Mapping[str, Path] | None = None,
) -> list[Path]:
    """Write ``issues.html``, ``issues.xlsx``, ``issues.json`` and ``issues.csv``.

    Parameters
    ----------
    out : Path
        Folder to write into; made when it is not there.
    issues, files : DataFrame
        The tables ``issues`` and ``files`` of a validation.
    rules : mapping of str to RuleBrief, optional
        What each rule says and how often it was tested; rules that nothing broke are listed too.
    sources : mapping of str to Path, optional
        The sender's own file for each name in ``files``. Only files that were read are opened again,
        so that a refused file stays closed.

    Returns
    -------
    list of Path
        The four files, in the order above.
    """
    from dihkpi.intake.issue_report.page import issue_page
    from dihkpi.intake.issue_report.workbook import write_workbook
    from dihkpi.intake.safe_csv import write_csv

    out.mkdir(parents=True, exist_ok=True)
    issues, rules = in_order(issues), rules or {}
    copied = _worth_a_copy(issues, files)
    read = {file: path for file, path in sorted((sources or {}).items()) if file in copied}
    page, workbook, machine, table = (out / f"issues.{kind}" for kind in ("html", "xlsx", "json", "csv"))
    page.write_text(issue_page(issues, files, rules), encoding="utf-8", newline="\n")
    write_workbook(workbook, issues, files, rules, read)
    with machine.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json_pieces(issues, files, rules))
    write_csv(issues, table, for_excel=True)
    return [page, workbook, machine, table]


def _worth_a_copy(issues: pd.DataFrame, files: pd.DataFrame) -> set[str]:
    """Files that get a marked copy: those with most errors, then with most warnings."""
    found = issues.assign(errors=issues["severity"] == "error", warnings=issues["severity"] == "warning")
    counts = found.groupby("file")[["errors", "warnings"]].sum()
    order = counts.sort_values(["errors", "warnings"], ascending=False, kind="stable").index
    known = dict.fromkeys(files["file"])
    return set([file for file in order if file in known][:MOST_COPIES] or list(known)[:MOST_COPIES])
