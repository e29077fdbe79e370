"""What the outputs of the issue report share: order, counts, and the verdict on each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["row", "column", "file"]

ELSEWHERE = "in issues.csv"
SEVERITIES = ("error", "warning", "info")
FILLS = {"error": "#F8CBC6", "warning": "#FBE6A2", "info": "#D6E6F5"}
EFFECTS = {
    "error": "the row is set aside until corrected",
    "warning": "the row is used; please check it",
    "info": "nothing has to be done",
}
MOST_COLUMNS = 4
"""Columns that are named beside a rule."""
_NOUNS = {"error": "error", "warning": "warning", "info": "remark"}
_VERDICTS = (*SEVERITIES, "not tested", "passed")
_PLACE = ["file", "sheet", "row", "column", "rule", "cell", "value"]
_UNITS: Mapping[Unit, list[str]] = {
    "row": ["file", "sheet", "row"],
    "column": ["file", "sheet", "row", "column"],
    "file": ["file"],
}


@dataclass(frozen=True)
class RuleBrief:
    """What a rule says, for people.

    Parameters
    ----------
    id : str
        Stable id, as in the column ``rule`` of the issues.
    brief : str
        The rule as a plain sentence.
    severity : str
        What a breach of it is: error, warning or info.
    tested : int, optional
        How many units it was tested on.
    unit : {"row", "column", "file"}
        What is counted as tested and failed.
    """

    id: str
    brief: str
    severity: str
    tested: int | None = None
    unit: Unit = "row"


@dataclass(frozen=True)
class Finding:
    """The verdict on one rule: ``verdict`` is its worst severity, 'passed' or 'not tested'.

    ``severity`` is the worst one found, or else the declared one; ``columns`` are those with issues.
    """

    rule: str
    brief: str
    verdict: str
    severity: str
    unit: Unit
    tested: int | None
    failed: int
    columns: tuple[str, ...]
    issues: pd.DataFrame

    @property
    def passed(self) -> int | None:
        """Units that kept the rule, where it is known how many were tested."""
        return None if self.tested is None else max(self.tested - self.failed, 0)

    @property
    def share(self) -> float | None:
        """Failed units of those tested, where that is known."""
        return min(self.failed / self.tested, 1) if self.tested else None


def in_order(issues: pd.DataFrame) -> pd.DataFrame:
    """Sort issues by place; those of a whole file come first."""
    return issues.sort_values(_PLACE, na_position="first", kind="stable", ignore_index=True)


def worst(issues: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many issues, errors before warnings before remarks; the order stays."""
    if len(issues) <= most:
        return issues
    ranks = issues["severity"].map(SEVERITIES.index)
    return issues.loc[ranks.sort_values(kind="stable").index[:most].sort_values()]


def findings(issues: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> list[Finding]:
    """One verdict per rule, the worst first: rules that were broken and rules that are described."""
    broken = {str(rule): rows for rule, rows in issues.groupby("rule", sort=False)}
    every = [_finding(rule, broken.get(rule, issues.iloc[:0]), rules.get(rule)) for rule in {**broken, **rules}]
    return sorted(every, key=lambda found: (_VERDICTS.index(found.verdict), -found.failed, found.rule))


def _finding(rule: str, issues: pd.DataFrame, brief: RuleBrief | None) -> Finding:
    brief = brief or RuleBrief(rule, rule.replace("_", " ").capitalize(), "error")
    worst_found = min(issues["severity"].unique(), key=SEVERITIES.index, default="")
    return Finding(
        rule=rule,
        brief=brief.brief,
        verdict=worst_found or ("not tested" if brief.tested == 0 else "passed"),
        severity=worst_found or brief.severity,
        unit=brief.unit,
        tested=brief.tested,
        failed=len(issues[_UNITS[brief.unit]].drop_duplicates()),
        columns=tuple(name for name in issues["column"].dropna().value_counts(sort=True).index if name),
        issues=issues,
    )


def counts(files: pd.DataFrame) -> dict[str, int]:
    """Rows received, accepted and quarantined, over all files."""
    return {name: int(files[name].sum()) for name in ("received", "accepted", "quarantined")}


def headline(files: pd.DataFrame) -> str:
    """The counts as a sentence."""
    rows = counts(files)
    return (
        f"{number_of(rows['received'], 'row')} received, "
        f"{rows['accepted']:,} accepted, {rows['quarantined']:,} set aside"
    )


def totals(issues: pd.DataFrame) -> str:
    """How many issues of each severity, in words."""
    numbers = issues["severity"].value_counts()
    return ", ".join(number_of(int(numbers[name]), _NOUNS[name]) for name in SEVERITIES if name in numbers)


def number_of(count: int, noun: str) -> str:
    """A number with its noun.

    >>> number_of(1, "row"), number_of(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def and_more(count: int, elsewhere: str = ELSEWHERE) -> str:
    """What stands below a list that was cut."""
    return f"and {count:,} more, {elsewhere}"
