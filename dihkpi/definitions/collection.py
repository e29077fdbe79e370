"""The definitions as the rest of the package sees them: surveys, code lists, levels, policy, tables, reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dihkpi.definitions.codelists import CodeList
from dihkpi.definitions.design import Designs
from dihkpi.definitions.explain import explain
from dihkpi.definitions.indicators import (
    Example,
    FiguresExample,
    Indicator,
    Level,
    PolicyValue,
    ReportDefinition,
    TableDefinition,
)
from dihkpi.definitions.options import apply_options
from dihkpi.definitions.plan import Design, Plan
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.survey import Form, SurveyText
from dihkpi.errors import DefinitionError, UsageError, hint_for


class Survey(SurveyText):
    """A survey with its scoring, indicators and worked examples."""

    indicators: Mapping[str, Indicator] = {}
    examples: tuple[Example, ...] = ()
    figures: Mapping[str, FiguresExample] = {}
    """Worked examples of indicators."""
    raw_scoring: Mapping[str, Any] | None = None
    analysis: Plan | None = None
    design: Designs | None = None
    """How respondents were drawn, where they are a sample of a population."""
    fingerprint: str = ""
    """Hash of the files that decide how a submission is read and checked."""

    def form(self, name: str) -> Form:
        """One form of the survey."""
        if name not in self.forms:
            raise UsageError(f"survey {self.survey} has no form '{name}'\n  {hint_for(name, self.forms)}")
        return self.forms[name]

    def answered(self) -> Form:
        """The form of answers.

        Raises
        ------
        UsageError
            When it has none, so that nothing can be scored by respondent.
        """
        for form in self.forms.values():
            if form.kind == "answers":
                return form
        raise UsageError(f"survey {self.survey} has no form of answers, so that nothing can be scored by respondent")

    def scoring(self, options: Mapping[str, str] | None = None) -> Scoring:
        """The scoring tree with the given switches.

        Raises
        ------
        UsageError
            When the survey is not scored, or a switch is unknown or has an impossible value.
        """
        if self.raw_scoring is None:
            raise UsageError(f"survey {self.survey} has no scoring.yaml, so it has no scores")
        try:
            return Scoring.model_validate(apply_options(self.raw_scoring, options or {}))
        except ValidationError as fault:
            raise UsageError("\n".join(explain(fault, "scoring.yaml"))) from None


@dataclass(frozen=True)
class Definitions:
    """Everything the package knows about surveys, indicators, places, tables and reports.

    Build it with :func:`load_definitions`.
    """

    roots: tuple[Path, ...]
    versions: Mapping[tuple[str, str], Survey] = field(repr=False)
    codelists: Mapping[str, CodeList] = field(repr=False)
    levels: Mapping[str, Level] = field(repr=False)
    policy: Mapping[str, PolicyValue] = field(repr=False)
    tables: Mapping[str, TableDefinition] = field(repr=False)
    reports: Mapping[str, ReportDefinition] = field(repr=False)
    rules: Mapping[str, str] = field(repr=False)
    """Built-in rule to what it says."""
    designs: Mapping[str, Design] = field(default_factory=dict, repr=False)
    """Designs of evaluation, and what each needs."""
    fingerprint: str = ""

    @cached_property
    def surveys(self) -> Mapping[str, Survey]:
        """The newest version of each survey."""
        ordered = sorted(self.versions.items(), key=lambda entry: (entry[0][0], _natural(entry[0][1])))
        return {name: survey for (name, _), survey in ordered}

    def survey(self, name: str, version: str | None = None) -> Survey:
        """One survey, the newest version unless another is asked for.

        Raises
        ------
        UsageError
            When there is no such survey; the message names near misses.
        """
        if name not in self.surveys:
            raise UsageError(f"unknown survey '{name}'\n  {hint_for(name, self.surveys)}")
        if version is None:
            return self.surveys[name]
        if (name, version) not in self.versions:
            known = [v for s, v in self.versions if s == name]
            raise UsageError(f"survey {name} has no version '{version}'\n  {hint_for(version, known)}")
        return self.versions[name, version]

    @cached_property
    def indicators(self) -> Mapping[tuple[str, str], Indicator]:
        """Indicators of the newest versions by (survey, id)."""
        return {(s, i): item for s, survey in self.surveys.items() for i, item in survey.indicators.items()}

    def value(self, name: str) -> Any:
        """A number of policy."""
        return self.policy[name].value

    def file(self, kind: str, name: str) -> Path:
        """Path of a definition file; the user's folder wins over the bundled one."""
        for root in reversed(self.roots):
            path = root / kind / name
            if path.exists():
                return path
        raise DefinitionError([f"{kind}/{name}: no such file"], " and ".join(root.name for root in self.roots))


def _natural(version: str) -> list[tuple[int, str]]:
    """Order of versions as people count: v9 before v10.

    Examples
    --------
    >>> sorted(["v10", "v9"], key=_natural)
    ['v9', 'v10']
    """
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", version) if part]
