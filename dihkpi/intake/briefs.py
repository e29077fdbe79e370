"""What every rule says, in one plain sentence, and how many rows it was tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.intake.issue_report.findings import RuleBrief

if TYPE_CHECKING:
    import pandas as pd


def rule_briefs(issues: pd.DataFrame, files: pd.DataFrame, definitions: Definitions) -> dict[str, RuleBrief]:
    """Briefs of the rules of the forms that were submitted, and of the built-in rules that something broke.

    Parameters
    ----------
    issues, files : pandas.DataFrame
        The tables of these names.
    definitions : Definitions
    """
    briefs = {
        name: RuleBrief(name, definitions.rules[name], "error", None)
        for name in sorted(set(issues["rule"]))
        if name in definitions.rules
    }
    tested: dict[str, int] = {}
    received = files.groupby(["survey", "form"], as_index=False)["received"].sum()
    for survey, form, rows in received.itertuples(index=False):
        for name, rule in definitions.surveys[survey].forms[form].rules.items():
            tested[name] = tested.get(name, 0) + int(rows)
            briefs[name] = RuleBrief(name, rule.brief, rule.severity, tested[name])
    return briefs
