"""Section on the data behind the report: what was received, what was set aside, and why."""

from __future__ import annotations

import pandas as pd

from dihkpi.reports.blocks import NO_BLOCK, Block, no_data, sentence, table
from dihkpi.reports.results import Results
from dihkpi.reports.wording import esc, number, plural

RULES, FILES = 10, 20


def data_quality(results: Results, level: str, code: str) -> Block:
    """Files, received = accepted + quarantined, and the issues by rule."""
    files = results.files
    if level != "network":
        files = files[_sender(files).isin(results.members(level, code))]
    if files.empty:
        return no_data("no file names this place")
    received, accepted, aside = (int(files[name].sum()) for name in ("received", "accepted", "quarantined"))
    counts = f"{number(received)} received = {number(accepted)} accepted + {number(aside)} set aside"
    if received != accepted + aside:
        counts = counts.replace("=", "\N{NOT EQUAL TO}") + "; the counts do not add up, please report this"
    text = f"{plural(files['file'].nunique(), 'file')} brought {plural(received, 'row')}: {counts}."
    issues = _issues(results, results.issues(None if level == "network" else sorted(set(files["file"]))))
    return sentence(esc(text)) + issues + (_files(files) if level == "hub" else NO_BLOCK)


def _sender(files: pd.DataFrame) -> pd.Series:
    """The hub that sent a file; where only its rows name one, the folder in which it lay."""
    folder = files["file"].str.partition("/")[0]
    return files["hub"].where(files["hub"].fillna("") != "", folder)


def _issues(results: Results, issues: pd.DataFrame) -> Block:
    if issues.empty:
        return sentence("No issue was found.")
    groups = issues.groupby(["severity", "rule"]).agg(issues=("rule", "size"), hint=("hint", _usual)).reset_index()
    groups = groups.sort_values(["severity", "issues", "rule"], ascending=[True, False, True])
    rows = [
        [results.rule(rule), severity, number(count), hint or "–"]
        for severity, rule, count, hint in groups.head(RULES).itertuples(index=False, name=None)
    ]
    rest = groups["issues"].iloc[RULES:]
    note = f"and {plural(len(rest), 'more rule')} with {plural(int(rest.sum()), 'issue')}" if len(rest) else ""
    return table("Issues by rule", ["Rule", "Severity", "Issues#", "What to do, for example"], rows, note)


def _usual(hints: pd.Series) -> str:
    """The hint that most of the issues have."""
    counts = hints.dropna().value_counts()
    return "" if counts.empty else min(counts[counts == counts.max()].index)


def _files(files: pd.DataFrame) -> Block:
    shown = files.sort_values(["file", "sheet"]).head(FILES)
    names = ["received", "accepted", "quarantined", "errors", "warnings"]
    rows = [
        [file, *(number(count) for count in counts)]
        for file, *counts in shown[["file", *names]].itertuples(index=False, name=None)
    ]
    note = f"and {number(len(files) - FILES)} more" if len(files) > FILES else ""
    heads = ["File", "Received#", "Accepted#", "Set aside#", "Errors#", "Warnings#"]
    return table("Files", heads, rows, note)
