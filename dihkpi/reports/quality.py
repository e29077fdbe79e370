"""Section on the data behind the report: what was received, what was set aside, and why."""

from __future__ import annotations

import pandas as pd

from dihkpi.reports.blocks import Block, no_data, sentence, table
from dihkpi.reports.results import Results
from dihkpi.reports.wording import esc, number, plural

RULES, FILES = 10, 20


def data_quality(results: Results, level: str, code: str) -> Block:
    """Files, received = accepted + quarantined, and the issues by rule."""
    files = results.files
    if level != "network":
        files = files[files["hub"].isin(results.members(level, code))]
    if files.empty:
        return no_data("no file names this place")
    received, accepted, aside = (int(files[name].sum()) for name in ("received", "accepted", "quarantined"))
    text = (f"{plural(files['file'].nunique(), 'file')} brought {plural(received, 'row')}: "
            f"{number(received)} received = {number(accepted)} accepted + {number(aside)} set aside.")  # fmt: skip
    if received != accepted + aside:
        text = f"The counts do not add up: {number(received)} received, {number(accepted)} accepted, {number(aside)} set aside."
    listed = _files(files) if level == "hub" else Block("")
    return sentence(esc(text)) + _issues(results.issues(sorted(set(files["file"])))) + listed


def _issues(issues: pd.DataFrame) -> Block:
    if issues.empty:
        return sentence("No issue was found.")
    groups = (
        issues.groupby(["severity", "rule"], dropna=False)
        .agg(count=("rule", "size"), hint=("hint", _usual))
        .reset_index()
    )
    groups = groups.sort_values(["severity", "count", "rule"], ascending=[True, False, True])
    rows = [[str(g.rule).replace("_", " "), g.severity, number(g.count_), g.hint or "–"]
            for g in groups.rename(columns={"count": "count_"}).head(RULES).itertuples()]  # fmt: skip
    rest = groups.iloc[RULES:]
    note = (
        f"and {plural(len(rest), 'more rule')} with {plural(int(rest['count'].sum()), 'issue')}"
        if len(rest)
        else ""
    )
    return table("Issues by rule", ["Rule", "Severity", "Issues#", "What to do"], rows, note)


def _usual(hints: pd.Series) -> str:
    counts = hints.dropna().value_counts()
    return "" if counts.empty else min(counts[counts == counts.max()].index)


def _files(files: pd.DataFrame) -> Block:
    shown = files.sort_values(["file", "sheet"]).head(FILES)
    names = ["received", "accepted", "quarantined", "errors", "warnings"]
    rows = [[row["file"], *(number(int(row[name])) for name in names)] for row in shown.to_dict("records")]
    note = f"and {number(len(files) - FILES)} more" if len(files) > FILES else ""
    heads = ["File", "Received#", "Accepted#", "Set aside#", "Errors#", "Warnings#"]
    return table("Files", heads, rows, note)
