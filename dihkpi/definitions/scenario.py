"""Scenarios: a scoring definition that differs from the one in force, by version, by switches, or by a patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from dihkpi.definitions.base import Definition
from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.definitions.explain import explain, known
from dihkpi.definitions.options import apply_options, merged
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError, UsageError, hint_for


class Scenario(Definition):
    """What is otherwise than in the definition in force; exactly one of `version`, `options`, `changes`."""

    name: str
    """How results call it; unique in the file."""
    about: str = ""
    """What it asks, in a sentence."""
    survey: str | None = None
    """Survey that it is about, where the files belong to several."""
    version: str | None = None
    """Another version of the same survey."""
    options: Mapping[str, str | tuple[str, ...]] = {}
    """Switches of the scoring, and their choices or values."""
    changes: Mapping[str, Any] = {}
    """A patch of `scoring.yaml`, as in the choices of a switch: nested fields to set; `null` removes an entry."""

    @model_validator(mode="after")
    def _one_way(self) -> Scenario:
        if not self.name.strip():
            raise ValueError("the name is empty")
        given = [name for name in ("version", "options", "changes") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"a scenario says exactly one of version, options, changes; here: {found}")
        return self


@dataclass(frozen=True)
class Placed:
    """A scenario, and how messages call its place in the file."""

    scenario: Scenario
    where: str


@dataclass(frozen=True)
class Variant:
    """What a survey is scored by: a definition, and the switches that differ from their default."""

    survey: Survey
    options: Mapping[str, str]

    @property
    def scoring(self) -> Scoring:
        """The scoring with the switches applied."""
        return self.survey.scoring(self.options)


def read_scenarios(path: Path) -> tuple[Placed, ...]:
    """The scenarios of a file: one, or a list of them.

    Raises
    ------
    DefinitionError
        When the file is no strict YAML, is empty, or a scenario is wrong: all problems at once.
    """
    raw = read_yaml(path)
    if raw in (None, [], {}):
        raise DefinitionError([f"{path.name}: is empty\n      write 'name: …', and one of version, options, changes"])
    entries = raw if isinstance(raw, list) else [raw]
    placed, problems = [], []
    for number, entry in enumerate(entries, 1):
        where = path.name if not isinstance(raw, list) else f"{path.name} › {number}"
        if not isinstance(entry, dict):
            problems.append(f"{where}: must be a mapping, lines such as 'name: …'")
            continue
        try:
            placed.append(Placed(Scenario.model_validate(entry), where))
        except ValidationError as fault:
            problems += explain(fault, where)
    names = [one.scenario.name for one in placed]
    problems += [
        f"{path.name}: the name '{name}' is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if problems:
        raise DefinitionError(problems, path.name)
    return tuple(placed)


def vary(base: Variant, placed: Placed, definitions: Definitions) -> Variant:
    """The definition of a scenario, checked as a whole.

    Parameters
    ----------
    base : Variant
        The definition in force.
    placed : Placed
    definitions : Definitions
        For other versions of the survey.

    Raises
    ------
    DefinitionError
        When it names a version, switch, choice or field that is not there, or the tree it makes is wrong; the place in
        the file of the scenario stands before each problem.
    """
    scenario, survey = placed.scenario, base.survey
    if scenario.version is not None:
        versions = [version for name, version in definitions.versions if name == survey.survey]
        where = f"{placed.where} › version"
        _refuse(known(scenario.version, versions, where, f"version of {survey.survey}"), placed)
        other = definitions.survey(survey.survey, scenario.version)
        if other.raw_scoring is None:
            _refuse(iter([f"{where}: {scenario.version} has no scoring.yaml, so it has no scores"]), placed)
        return _checked(Variant(other, base.options), where, placed)
    raw = survey.raw_scoring or {}
    if scenario.options:
        where = f"{placed.where} › options"
        _refuse(_option_problems(raw, scenario, where), placed)
        chosen = {
            name: value if isinstance(value, str) else ", ".join(value) for name, value in scenario.options.items()
        }
        return _checked(Variant(survey, {**base.options, **chosen}), where, placed)
    where = f"{placed.where} › changes"
    plain = apply_options(raw, base.options)
    _refuse(_patch_problems(plain, scenario.changes, where), placed)
    patched = {**merged(plain, scenario.changes), "options": {}}  # they are applied already
    return _checked(Variant(survey.model_copy(update={"raw_scoring": patched}), {}), where, placed)


def _refuse(problems: Iterator[str], placed: Placed) -> None:
    if found := list(problems):
        raise DefinitionError(found, f"the scenario '{placed.scenario.name}'")


def _checked(variant: Variant, where: str, placed: Placed) -> Variant:
    survey = variant.survey
    try:
        scoring = Scoring.model_validate(apply_options(survey.raw_scoring or {}, variant.options))
    except UsageError as fault:
        raise DefinitionError([f"{where}: {fault}"], f"the scenario '{placed.scenario.name}'") from None
    except ValidationError as fault:
        raise DefinitionError(list(explain(fault, where)), f"the scenario '{placed.scenario.name}'") from None
    _refuse(tree_problems(survey, scoring, where), placed)
    _refuse(_unused(survey, scoring, placed.scenario.changes, where), placed)
    return variant


def _option_problems(raw: Mapping[str, Any], scenario: Scenario, where: str) -> Iterator[str]:
    options = raw.get("options") or {}
    for name, value in scenario.options.items():
        yield from known(name, options, where, "option")
        choices = (options.get(name) or {}).get("choices")
        if choices and isinstance(value, str):
            yield from known(value, choices, f"{where} › {name}", "choice")
        elif choices:
            yield f"{where} › {name}: takes one choice\n      {hint_for('', choices)}"


def _patch_problems(base: Mapping[str, Any], patch: Mapping[str, Any], where: str, depth: int = 0) -> Iterator[str]:
    """What a patch names that is not there; new entries that a model or the cross-check looks at are left to them."""
    for key, value in patch.items():
        at = f"{where} › {key}"
        if depth == 0 and key == "options":
            yield f"{at}: a patch cannot change switches\n      choose them under 'options' of a scenario of its own"
        elif value is None and key not in base:
            yield f"{at}: is not there, so it cannot be removed\n      {hint_for(key, base)}"
        elif isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            yield from _patch_problems(base[key], value, at, depth + 1)
        elif where.endswith("› nodes") and depth == 1 and key not in base and "label" not in (value or {}):
            yield from known(key, base, where, "dimension")
        elif "› points ›" in where and depth == 2 and key not in base:
            yield from known(key, base, where, "code")


def _unused(survey: Survey, scoring: Scoring, changes: Mapping[str, Any], where: str) -> Iterator[str]:
    """Tables of points and bands of a patch that nothing in the tree takes up."""
    nodes = scoring.nodes.values()
    used = {"points": {*survey.answer_types, *(node.points for node in nodes)}, "bands": {node.bands for node in nodes}}
    for field, names in used.items():
        for name, value in (changes.get(field) or {}).items():
            if value is not None and name not in names:
                yield (f"{where} › {field} › {name}: no node uses it\n"
                       f"      {hint_for(name, sorted(filter(None, names)))}")  # fmt: skip
