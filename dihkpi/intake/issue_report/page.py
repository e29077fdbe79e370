"""Issues as one self-contained web page: a row per rule, the failing rows behind a click."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dihkpi.intake.issue_report.findings import (
    FILLS,
    SEVERITIES,
    Finding,
    RuleBrief,
    and_more,
    findings,
    headline,
    number_of,
)
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
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
_COUNTS = {"received", "accepted", "quarantined", "errors", "warnings"}
_STYLE = (
    """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2730; background: #fff; max-width: 70em;
  margin: 2em auto; padding: 0 1.5em; }
h1 { font-size: 1.6em; line-height: 1.25; margin: 0 0 .5em; }
h2 { font-size: 1.15em; margin: 2.5em 0 .5em; }
p { margin: .25em 0; } .quiet, small { color: #52606b; } small { font-size: .85em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45em .75em .45em 0; overflow-wrap: break-word; }
th { font-size: .85em; font-weight: 600; color: #52606b; border-bottom: 2px solid #c9d2d9;
  white-space: nowrap; }
td { border-bottom: 1px solid #e3e8ec; }
.rules { table-layout: fixed; }
.rules > thead th { width: 5.4em; box-sizing: border-box; } .rules > thead th:first-child { width: 8.6em; }
.rules > thead th:nth-child(2) { width: auto; }
.opens > td { border-bottom: 0; padding-bottom: 0; } .opened > td { padding-top: .1em; }
.value { overflow-wrap: anywhere; min-width: 7em; }
.message, .hint { overflow-wrap: anywhere; min-width: 11em; }
.place { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { white-space: nowrap; }
.verdict span { display: inline-block; min-width: 5.2em; padding: .05em .5em; border-radius: .25em;
  text-align: center; font-size: .85em; font-weight: 600; }
.passed { background: #d5ead8; } .not-tested { background: #eceff1; }
summary { cursor: pointer; width: max-content; margin-left: 7.3em; color: #0b5394; }
summary:focus-visible { outline: 2px solid #0b5394; outline-offset: 2px; }
details table { margin: .4em 0; font-size: .88em; background: #f7f9fa; }
details th, details td { padding-left: .6em; }
@media (max-width: 45em) {
  body { font-size: 14px; padding: 0 .75em; } summary { margin-left: 0; }
  .rules > thead th { width: 4.6em; } .rules > thead th:first-child { width: 7.6em; }
}
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 9pt; }
  .verdict span { border: 1px solid #888; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide { overflow: visible; }
  details tr { break-inside: avoid; } .opens { break-after: avoid; } thead { display: table-header-group; }
  details::details-content { content-visibility: visible; }
}
"""
    + "\n".join(f".{severity} {{ background: {FILLS[severity]}; }}" for severity in SEVERITIES)
    + "\n"
)


def issue_page(issues: pd.DataFrame, files: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> str:
    """Make the page; every text from a file is escaped, and nothing outside the page is loaded."""
    issues, columns = _for_people(issues)
    found = findings(issues, rules)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Issues: {_esc(headline(files))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_esc(headline(files))}</h1>\n<p>{_esc(_totals(issues))}</p>\n"
        f"<h2>Rules</h2>\n{_rules(found, columns)}\n"
        f"<h2>Files</h2>\n{_table(files, _FILE_COLUMNS)}\n"
        '<p class="quiet">All issues: <a href="issues.xlsx">issues.xlsx</a>, a copy of what was sent with '
        'the wrong cells marked; <a href="issues.csv">issues.csv</a>; '
        '<a href="issues.json">issues.json</a>.</p>\n'
        "</main>\n</body>\n</html>\n"
    )


def _esc(text: object, limit: int = _LONGEST) -> str:
    return html.escape(show(text, limit))


def _totals(issues: pd.DataFrame) -> str:
    """How many issues of each severity, as a sentence."""
    if issues.empty:
        return "No issues were found."
    numbers = issues["severity"].value_counts()
    noun = {"error": "error", "warning": "warning", "info": "remark"}
    found = [number_of(int(numbers[name]), noun[name]) for name in SEVERITIES if name in numbers]
    return f"{', '.join(found)}. What has an error is set aside, the rest is used."


def _for_people(issues: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Name the cell, or else the row; leave out the file and the sheet where there is only one."""
    rows = issues["row"].astype("str").radd("row ").fillna("")
    told = {name for name in ("file", "sheet") if issues[name].nunique() < 2}
    columns = {name: title for name, title in _ISSUE_COLUMNS.items() if name not in told}
    cells = issues["cell"].fillna("").astype(str)
    return issues.assign(place=cells.where(cells != "", rows)), columns


def _rules(found: Iterable[Finding], columns: Mapping[str, str]) -> str:
    head = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for name, kind in [
            ("Verdict", ""),
            ("Rule", ""),
            *((count, ' class="number"') for count in ("Tested", "Passed", "Failed")),
        ]
    )
    body = "\n".join(_rule(finding, columns) for finding in found)
    return f'<table class="rules">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>'


def _rule(finding: Finding, columns: Mapping[str, str]) -> str:
    """One rule: its verdict and counts, and below them its issues, folded."""
    verdict = f'<span class="{finding.verdict.replace(" ", "-")}">{finding.verdict}</span>'
    numbers = "".join(
        f'<td class="number">{"" if count is None else f"{count:,}"}</td>'
        for count in (finding.tested, finding.passed, finding.failed)
    )
    row = (
        f'<td class="verdict">{verdict}</td>'
        f"<td>{_esc(finding.brief)} <small>{_esc(finding.rule)}</small></td>{numbers}</tr>"
    )
    if finding.issues.empty:
        return f"<tr>{row}"
    total = len(finding.issues)
    rest = f'<p class="quiet">{and_more(total - MOST_ROWS)}</p>' if total > MOST_ROWS else ""
    return (
        f'<tr class="opens">{row}\n<tr class="opened"><td colspan="5"><details>'
        f"<summary>Show {number_of(total, 'issue')}</summary>\n"
        f"{_table(finding.issues.head(MOST_ROWS), columns)}{rest}</details></td></tr>"
    )


def _table(frame: pd.DataFrame, columns: Mapping[str, str]) -> str:
    """A table of the named columns; those that are empty throughout are left out."""
    shown = {name: frame[name].map(_esc) for name in columns}
    kept = [name for name, texts in shown.items() if texts.ne("").any()]
    head = "".join(f'<th scope="col"{_kind(name)}>{columns[name]}</th>' for name in kept)
    rows = zip(*(shown[name] for name in kept), strict=True)
    body = "\n".join(f"<tr>{''.join(map(_cell, kept, row))}</tr>" for row in rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    return f'<div class="wide">{table}</div>'


def _cell(name: str, text: Any) -> str:
    return f"<td{_kind(name)}>{text}</td>"


def _kind(name: str) -> str:
    return f' class="{"number" if name in _COUNTS else name}"'
