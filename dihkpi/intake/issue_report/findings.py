"""What the outputs of the issue report share: order, counts, and the verdict on each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ELSEWHERE = "in issues.csv"
SEVERITIES = ("error", "warning", "info")
FILLS = {"error": "#F8CBC6", "warning": "#FBE6A2", "info": "#D6E6F5"}
_VERDICTS = (*SEVERITIES, "not tested", "passed")
_PLACE = ["file", "sheet", "row", "column", "rule", "cell", "value"]


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
        How many units (cells, rows, files) it was tested on.
    """

    id: str
    brief: str
    severity: str
    tested: int | None = None


@dataclass(frozen=True)
class Finding:
    """The verdict on one rule: ``verdict`` is its worst severity, 'passed' or 'not tested'."""

    rule: str
    brief: str
    verdict: str
    tested: int | None
    failed: int
    issues: pd.DataFrame

    @property
    def passed(self) -> int | None:
        """Units that kept the rule, where it is known how many were tested."""
        return None if self.tested is None else max(self.tested - self.failed, 0)


def in_order(issues: pd.DataFrame) -> pd.DataFrame:
    """Sort issues by place; those of a whole file come first."""
    return issues.sort_values(_PLACE, na_position="first", kind="stable", ignore_index=True)


def findings(issues: pd.DataFrame, rules: Mapping[str, RuleBrief]) -> list[Finding]:
    """One verdict per rule, the worst first: rules that were broken and rules that are described."""
    broken = {str(rule): rows for rule, rows in issues.groupby("rule", sort=False)}
    every = [_finding(rule, broken.get(rule, issues.iloc[:0]), rules.get(rule)) for rule in {**broken, **rules}]
    return sorted(every, key=lambda found: (_VERDICTS.index(found.verdict), -found.failed, found.rule))


def _finding(rule: str, issues: pd.DataFrame, brief: RuleBrief | None) -> Finding:
    tested = brief.tested if brief else None
    unbroken = "not tested" if tested == 0 else "passed"
    return Finding(
        rule=rule,
        brief=brief.brief if brief else rule.replace("_", " ").capitalize(),
        verdict=min(issues["severity"], key=SEVERITIES.index, default=unbroken),
        tested=tested,
        failed=len(issues[["file", "sheet", "row", "column"]].drop_duplicates()),
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


def number_of(count: int, noun: str) -> str:
    """A number with its noun.

    >>> number_of(1, "row"), number_of(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def and_more(count: int, elsewhere: str = ELSEWHERE) -> str:
    """What stands below a list that was cut."""
    return f"and {count:,} more, {elsewhere}"
