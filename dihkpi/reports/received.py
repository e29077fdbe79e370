"""What was received from whom, and what is wrong in it, by place."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import pandas as pd

from dihkpi.reports.results import Results

_FILE = ("file", "sheet", "received", "accepted", "quarantined", "errors", "warnings")
_COUNTS = ("received", "accepted", "quarantined")


class Received:
    """The files of a run and their issues.

    Parameters
    ----------
    results : Results
        The whole network.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def of(self, place: tuple[str, str], members: list[str]) -> dict[str, Any]:
        """What was received from the hubs of a place, and the issues by rule.

        Parameters
        ----------
        place : tuple of str
            Level and code.
        members : list of str
            Its hubs.
        """
        senders = list(self._files) if place[0] == "network" else members
        rows = sorted((row for hub in senders for row in self._files.get(hub, [])), key=lambda row: row[:2])
        names = {row[0] for row in rows}
        issues: Counter[tuple[str, str, str]] = Counter()
        for name in {*names, ""} if place[0] != "network" else self._issues:
            issues.update(self._issues.get(name, {}))
        found: dict[str, Any] = {"files": len(names), "rules": _by_rule(issues)}
        found |= {name: sum(row[_FILE.index(name)] for row in rows) for name in _COUNTS}
        return found | ({"listed": rows} if place[0] == "hub" else {})

    @cached_property
    def _files(self) -> dict[str, list[list[Any]]]:
        """Hub to what its files brought; a file whose rows name no hub belongs to the hub of its folder."""
        files = self._results.files
        sender = files["hub"].where(files["hub"].fillna("") != "", files["file"].str.partition("/")[0])
        files = files[list(_FILE)].assign(sheet=files["sheet"].fillna(""))
        found: dict[str, list[list[Any]]] = {}
        for hub, row in zip(sender, files.itertuples(index=False, name=None), strict=True):
            found.setdefault(hub, []).append([plain(value) for value in row])
        return found

    @cached_property
    def _issues(self) -> dict[str, dict[tuple[str, str, str], int]]:
        """File to the number of its issues by severity, rule and hint."""
        rows = self._results.issues[["file", "severity", "rule", "hint"]].fillna("")
        counted = rows.value_counts().reset_index()
        found: dict[str, dict[tuple[str, str, str], int]] = {}
        for file, severity, rule, hint, n in counted.itertuples(index=False, name=None):
            found.setdefault(file, {})[severity, rule, hint] = n
        return found


def _by_rule(issues: Counter[tuple[str, str, str]]) -> list[list[Any]]:
    """Severity, rule, number of issues and the hint that most of them have; errors first, then the most frequent."""
    totals: Counter[tuple[str, str]] = Counter()
    hints: dict[tuple[str, str], tuple[int, str]] = {}
    for (severity, rule, hint), n in sorted(issues.items()):
        totals[severity, rule] += n
        if hint and n > hints.get((severity, rule), (0, ""))[0]:
            hints[severity, rule] = (n, hint)
    rows = [[*key, n, hints.get(key, (0, ""))[1]] for key, n in totals.items()]
    return sorted(rows, key=lambda row: (row[0], -row[2], row[1]))


def plain(value: Any) -> Any:
    """A value that JSON can hold; None for what is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value
