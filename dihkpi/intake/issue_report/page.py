"""Issues as one self-contained web page: a row per rule, the failing rows behind a click."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dihkpi.intake.issue_report.findings import (
    MOST_COLUMNS,
    Finding,
    RuleBrief,
    and_more,
    counts,
    findings,
    headline,
    number_of,
    totals,
    worst,
)
from dihkpi.intake.issue_report.style import STYLE
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
"""Issues of one rule that the page shows and gives to save; all of them are in issues.csv."""
_LONGEST = 400
_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ISSUE_COLUMNS = {
    "file": "File",
    "sheet": "Sheet",
    "place": "Cell",
    "column": "Column",
    "value": "Value found",
    "message": "What is wrong",
    "hint": "What to do",
    "related_rows": "See also rows",
}
_FILE_COLUMNS = {
    "file": "File",
    "sheet": "Sheet",
    "survey": "Survey",
    "version": "Version",
    "received": "Received",
    "accepted": "Accepted",
    "quarantined": "Set aside",
    "errors": "Errors",
    "warnings": "Warnings",
}
_NUMBERS = {"received", "accepted", "quarantined", "errors", "warnings", "tested", "passed", "failed", "share"}
_RULE_COLUMNS = {
    "verdict": "Verdict",
    "rule": "Rule",
    "tested": "Tested",
    "passed": "Passed",
    "failed": "Failed",
    "share": "Share",
}
_LESS_NEEDED = {"tested", "passed"}
"""What a narrow screen leaves out."""


def issue_page(issues: pd.DataFrame, files: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> str:
    """Make the page; every text from a file is escaped, and nothing outside the page is loaded."""
    found = findings(issues, rules)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Issues: {_esc(headline(files))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_esc(headline(files))}</h1>\n{_bar(files)}<p>{_esc(_summary(issues))}</p>\n"
        '<p class="quiet">All issues: <a href="issues.xlsx">issues.xlsx</a>, a copy of what was sent with '
        'the wrong cells marked; <a href="issues.csv">issues.csv</a>; '
        '<a href="issues.json">issues.json</a>.</p>\n'
        f"{_broken([one for one in found if len(one.issues)], _columns(issues))}"
        f"{_held([one for one in found if one.issues.empty])}"
        f"<h2>Files</h2>\n{_table(files, _FILE_COLUMNS, 'Rows of each sheet')}\n"
        "</main>\n</body>\n</html>\n"
    )


def _esc(text: object, limit: int = _LONGEST) -> str:
    return html.escape(show(text, limit))


def _summary(issues: pd.DataFrame) -> str:
    if issues.empty:
        return "No issues were found."
    return f"{totals(issues)}. A row with an error is set aside until it is corrected; all others are used."


def _bar(files: pd.DataFrame) -> str:
    """Accepted beside set aside; a bar, however small the part."""
    rows = counts(files)
    if not rows["received"]:
        return ""
    aside = f'<span style="width:{100 * rows["quarantined"] / rows["received"]:.4g}%;min-width:3px"></span>'
    return (
        f'<div class="bar" role="img" aria-label="{_esc(headline(files))}">'
        f"{aside if rows['quarantined'] else ''}</div>\n"
    )


def _columns(issues: pd.DataFrame) -> dict[str, str]:
    """What is told of an issue: the file and the sheet only where there are several."""
    told = {name for name in ("file", "sheet") if issues[name].nunique() < 2}
    return {name: title for name, title in _ISSUE_COLUMNS.items() if name not in told}


def _broken(found: Sequence[Finding], columns: Mapping[str, str]) -> str:
    if not found:
        return ""
    unit = "tested, passed and failed are rows; share is failed of tested"
    caption = f"{number_of(len(found), 'rule')} broken, the worst first; {unit}"
    return f"<h2>What to correct</h2>\n{_rules(found, columns, caption)}\n"


def _held(found: Sequence[Finding]) -> str:
    if not found:
        return ""
    title = f"<h2>Rules without issues: {len(found)}</h2>"
    caption = "Rules that nothing broke, and rules for which there was nothing to test"
    return f'<details class="held"><summary>{title}</summary>\n{_rules(found, {}, caption)}\n</details>\n'


def _rules(found: Sequence[Finding], columns: Mapping[str, str], caption: str) -> str:
    head = "".join(_heading(name, title) for name, title in _RULE_COLUMNS.items())
    body = "\n".join(_rule(finding, columns) for finding in found)
    return (
        f'<table class="rules">\n<caption>{_esc(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _rule(finding: Finding, columns: Mapping[str, str]) -> str:
    """One rule: its verdict and counts, and below them its issues, folded."""
    share = "" if finding.share is None else _percent(finding.share)
    known = {"tested": finding.tested, "passed": finding.passed, "failed": finding.failed}
    texts = {name: "" if count is None else f"{count:,}" for name, count in known.items()} | {"share": share}
    row = (
        f'<td class="verdict"><span class="{finding.verdict.replace(" ", "-")}">{finding.verdict}</span></td>'
        f'<th scope="row">{_esc(finding.brief)}<small>{_concerned(finding)}</small></th>'
        + "".join(f"<td{_kind(name)}>{text}</td>" for name, text in texts.items())
    )
    if finding.issues.empty:
        return f"<tr>{row}</tr>"
    total = len(finding.issues)
    shown = worst(finding.issues, MOST_ROWS)
    rest = f'<p class="quiet">{and_more(total - MOST_ROWS)}</p>' if total > MOST_ROWS else ""
    return (
        f'<tr class="opens">{row}</tr>\n<tr class="opened"><td colspan="{len(_RULE_COLUMNS)}"><details>'
        f"<summary>Show {number_of(total, 'issue')}</summary>\n"
        f"{_table(_for_people(shown), columns, f'Issues: {finding.brief}')}{rest}{_save(finding.rule, shown)}"
        "</details></td></tr>"
    )


def _concerned(finding: Finding) -> str:
    """The id of the rule, what is counted when it is not rows, and the columns with most of its issues."""
    named = [_esc(name, 60) for name in finding.columns[:MOST_COLUMNS]]
    more = [f"{len(finding.columns) - MOST_COLUMNS} more"] if len(finding.columns) > MOST_COLUMNS else []
    unit = "" if finding.unit == "row" else f" · counted by {finding.unit}"
    where = f" · in {', '.join([*named, *more])}" if named else ""
    return f"{_esc(finding.rule)}{unit}{where}"


def _percent(share: float) -> str:
    """A share of failed units, never rounded to none or all.

    >>> [_percent(share) for share in (0, 0.00001, 0.5, 0.9999, 1)]
    ['0 %', '<0.1 %', '50.0 %', '>99.9 %', '100 %']
    """
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if not 0.001 <= share <= 0.999:
        return "<0.1 %" if share < 0.5 else ">99.9 %"
    return f"{100 * share:.1f} %"


def _save(rule: str, issues: pd.DataFrame) -> str:
    """A link that carries the shown issues as a CSV, so that it works wherever the page is sent."""
    from dihkpi.intake.safe_csv import csv_text

    content = base64.b64encode(csv_text(issues).encode("utf-8-sig")).decode()
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", rule)[:60] or "rule"
    return (
        f'<p class="save"><a download="issues_{name}.csv" href="data:text/csv;base64,{content}">'
        f"Save {'this issue' if len(issues) == 1 else f'these {len(issues)} issues'} as CSV</a></p>"
    )


def _for_people(issues: pd.DataFrame) -> pd.DataFrame:
    """Issues with their place: the cell, or else the row."""
    rows = issues["row"].astype("str").radd("row ").fillna("")
    cells = issues["cell"].fillna("").astype(str)
    return issues.assign(place=cells.where(cells != "", rows))


def _table(frame: pd.DataFrame, columns: Mapping[str, str], caption: str) -> str:
    """A table of the named columns; those that are empty throughout are left out."""
    shown = {name: frame[name].map("{:,}".format if name in _NUMBERS else _esc) for name in columns}
    kept = [name for name, texts in shown.items() if texts.ne("").any()]
    head = "".join(_heading(name, columns[name]) for name in kept)
    rows = zip(*(shown[name] for name in kept), strict=True)
    cells = ("".join(f"<td{_kind(name)}>{text}</td>" for name, text in zip(kept, row, strict=True)) for row in rows)
    body = "\n".join(f"<tr>{row}</tr>" for row in cells)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{_esc(caption)}">'
        f"<table>\n<caption>{_esc(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _heading(name: str, title: str) -> str:
    return f'<th scope="col"{_kind(name)}>{title}</th>'


def _kind(name: str) -> str:
    kinds = ["number" if name in _NUMBERS else name, *(["extra"] if name in _LESS_NEEDED else [])]
    return f' class="{" ".join(kinds)}"'
