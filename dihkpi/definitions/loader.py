"""Reads every definition of one or more folders and reports all problems at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dihkpi.definitions.base import Definition
from dihkpi.definitions.beside import Beside
from dihkpi.definitions.codelists import CodeList, read_code_list
from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.explain import explain, known
from dihkpi.definitions.indicators import (
    Level,
    PolicyValue,
    ReportDefinition,
    TableDefinition,
)
from dihkpi.definitions.layouts import LayoutFile
from dihkpi.definitions.locate import FOLDERS, bundled_root, misplaced
from dihkpi.definitions.multiple import spread
from dihkpi.definitions.options import apply_options
from dihkpi.definitions.plan import Design
from dihkpi.definitions.scoring import Option, Scoring
from dihkpi.definitions.survey import SurveyText
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError, UsageError, hint_for

Model = TypeVar("Model", bound=BaseModel)


def load_definitions(folder: str | Path | None = None) -> Definitions:
    """Load the bundled definitions and, on top of them, those of a folder.

    The folder may hold any of ``surveys/``, ``schemas/`` and ``notebooks/``. What it names anew is added; a survey
    version, code list, table or template of the same name replaces the bundled one; entries of ``indicators.yaml``,
    ``levels.yaml``, ``policy.yaml`` and ``reports.yaml`` are merged by their id.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        A folder of your own definitions.

    Raises
    ------
    UsageError
        When the folder does not exist or holds no definitions.
    DefinitionError
        When anything in it is wrong: all problems at once.

    Examples
    --------
    >>> definitions = load_definitions()
    >>> len(definitions.survey("dma_sme").form("assessments").items)
    86
    """
    roots = [bundled_root()]
    strays: list[str] = []
    if folder is not None:
        extra = Path(folder)
        if not extra.is_dir():
            raise UsageError(f"no such folder of definitions: {extra}")
        strays = list(misplaced(extra))
        if not strays and not any((extra / name).is_dir() for name in FOLDERS):
            raise UsageError(f"{extra} holds no definitions\n  expected at least one of: {', '.join(FOLDERS)}")
        roots.append(extra)
    return _Loader(tuple(roots), strays).load()


class _Switches(Definition):
    options: Mapping[str, Option] = {}


class _Loader:
    """Collects the problems of all files before it raises."""

    def __init__(self, roots: tuple[Path, ...], problems: list[str]) -> None:
        self.roots, self.problems = roots, problems
        self.digest = hashlib.sha256()
        self.layouts: dict[str, tuple[LayoutFile, dict[str, Any]]] = {}

    def load(self) -> Definitions:
        lists = self._code_lists()
        self.layouts = self._layout_files()
        raw = self._raw_surveys()
        self._check_layout_files(raw)
        entries = [entry for files in raw.values() for entry in (files.get("indicators.yaml") or {}).items()]
        units = {name: entry.get("unit", "") for name, entry in entries if isinstance(entry, dict)}
        rows = tuple({"code": code, "label": code, "unit": str(units[code])} for code in sorted(units))
        lists["indicators"] = CodeList("indicators", rows)
        versions = {key: survey for key, files in raw.items() if (survey := self._survey(key, files))}
        definitions = Definitions(
            roots=self.roots,
            versions=versions,
            codelists=lists,
            levels=self._entries("schemas/levels.yaml", Level),
            policy=self._entries("schemas/policy.yaml", PolicyValue),
            tables=self._tables(),
            reports=self._entries("notebooks/reports.yaml", ReportDefinition),
            rules=self._briefs(),
            designs=self._entries("schemas/designs.yaml", Design),
            fingerprint=self.digest.hexdigest()[:16],
        )
        from dihkpi.definitions.crosscheck import cross_check

        if not self.problems:
            self.problems.extend(cross_check(definitions))
        if self.problems:
            raise DefinitionError(self.problems, str(self.roots[-1].name) if len(self.roots) > 1 else "the definitions")
        return definitions

    def _files(self, pattern: str) -> Iterator[Path]:
        for root in self.roots:
            yield from sorted(root.glob(pattern))

    def _read(self, path: Path, name: str) -> Any:
        self.digest.update(path.read_bytes())
        try:
            return read_yaml(path, name)
        except DefinitionError as fault:
            self.problems.extend(fault.problems)
            return None

    def _mapping(self, path: Path, name: str) -> dict[str, Any]:
        content = self._read(path, name)
        if content is None or isinstance(content, dict):
            return content or {}
        self.problems.append(f"{name}: must be a mapping, lines such as 'name: …'")
        return {}

    def _code_lists(self) -> dict[str, CodeList]:
        lists: dict[str, CodeList] = {}
        for path in self._files("schemas/codelists/*.csv"):
            self.digest.update(path.read_bytes())
            try:
                lists[path.stem] = read_code_list(path)
            except DefinitionError as fault:
                self.problems.extend(fault.problems)
        return lists

    def _layout_files(self) -> dict[str, tuple[LayoutFile, dict[str, Any]]]:
        """Layouts by the name of their file, as they are written too."""
        found = {}
        for path in self._files("schemas/layouts/*.yaml"):
            raw = self._mapping(path, f"layouts/{path.name}")
            layout = self._build(LayoutFile, raw, f"layouts/{path.name}")
            if layout is not None:
                found[path.stem] = (layout, raw)
        return found

    def _check_layout_files(self, raw: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        """Every layout must belong to a form that is there."""
        for name, (layout, _) in self.layouts.items():
            where = f"layouts/{name}.yaml"
            surveys = {key[0] for key in raw}
            versions = {key[1] for key in raw if key[0] == layout.survey}
            self.problems += known(layout.survey, surveys, f"{where} › survey", "survey")
            if layout.version and versions:
                self.problems += known(layout.version, versions, f"{where} › version", "version")
            for key, files in raw.items():
                if layout.belongs_to(*key):
                    forms = (files.get("survey.yaml") or {}).get("forms") or {}
                    self.problems += known(layout.form, forms, f"{where} › form", "form")

    def _with_layouts(self, key: tuple[str, str], forms: Any) -> Any:
        """Forms with the layouts of their files put in."""
        for name, (layout, raw) in self.layouts.items():
            if layout.belongs_to(*key) and isinstance(forms, dict) and isinstance(forms.get(layout.form), dict):
                body = {field: value for field, value in raw.items() if field not in ("survey", "form", "version")}
                form = forms[layout.form]
                forms = {**forms, layout.form: {**form, "layouts": {**form.get("layouts", {}), name: body}}}
        return forms

    def _entries(self, pattern: str, model: type[Model]) -> dict[str, Model]:
        merged: dict[str, Model] = {}
        for path in self._files(pattern):
            name = path.name
            for key, raw in self._mapping(path, name).items():
                entry = self._build(model, raw, f"{name} › {key}")
                if entry is not None:
                    merged[key] = entry
        return merged

    def _briefs(self) -> dict[str, str]:
        merged: dict[str, str] = {}
        for path in self._files("schemas/rules.yaml"):
            merged |= self._mapping(path, path.name)
        return merged

    def _tables(self) -> dict[str, TableDefinition]:
        tables = {}
        for path in self._files("schemas/tables/*.yaml"):
            table = self._build(TableDefinition, self._read(path, path.name), f"tables/{path.name}")
            if table is not None:
                tables[table.table] = table
        return tables

    def _raw_surveys(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Raw content per survey version; a file of a later root replaces, indicators merge."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for path in self._files("surveys/*/*/*.yaml"):
            key = (path.parent.parent.name, path.parent.name)
            files = found.setdefault(key, {})
            name = f"{key[0]}/{key[1]}/{path.name}"
            content: Any = self._read(path, name) if path.name == "examples.yaml" else self._mapping(path, name)
            if path.name == "indicators.yaml":
                content = {**files.get(path.name, {}), **content}
            files[path.name] = content
            files.setdefault("folders", [])
            if path.parent not in files["folders"]:
                files["folders"].append(path.parent)
        return found

    def _survey(self, key: tuple[str, str], files: dict[str, Any]) -> Survey | None:
        name = "/".join(key)
        raw = files.get("survey.yaml")
        if not raw:
            if not any(problem.startswith(f"{name}/survey.yaml") for problem in self.problems):
                self.problems.append(f"{name}: no survey.yaml with the fields {', '.join(SurveyText.model_fields)}")
            return None
        if (raw.get("survey"), raw.get("version")) != key:
            self.problems.append(
                f"{name}/survey.yaml: survey and version must be those of the folder, {key[0]} and {key[1]}"
            )
        beside = Beside(name, files["folders"], self.problems, self.digest)
        raw = {**raw, "forms": self._with_layouts(key, beside.items(raw))}
        raw = spread(raw)
        scoring = files.get("scoring.yaml") or None
        if scoring is not None:
            scoring = beside.tables(scoring)
            self._check_scoring(name, scoring)
        fields = set(SurveyText.model_fields)
        body = {
            **{k: v for k, v in raw.items() if k in fields},
            "indicators": files.get("indicators.yaml") or {},
            "examples": files.get("examples.yaml") or (),
            "figures": files.get("figures.yaml") or {},
            "raw_scoring": scoring,
            "analysis": files.get("analysis.yaml") or None,
            "design": beside.margins(files.get("design.yaml") or None),
            "fingerprint": hashlib.sha256(repr(raw).encode()).hexdigest()[:16],
        }
        for unknown in sorted(set(raw) - fields):
            self.problems.append(
                f"{name}/survey.yaml › {unknown}: unknown field\n      {hint_for(unknown, fields, 'fields')}"
            )
        return self._build(Survey, body, f"{name}/survey.yaml")

    def _check_scoring(self, name: str, raw: Mapping[str, Any]) -> None:
        """Every choice of every switch must give a valid definition."""
        where = f"{name}/scoring.yaml"
        switches = self._build(_Switches, {"options": raw.get("options") or {}}, where)
        if switches is None:
            return
        chosen: list[dict[str, str]] = [{}, *({o: c} for o, option in switches.options.items() for c in option.choices)]
        for choice in chosen:
            try:
                body = apply_options(raw, choice)
            except UsageError as fault:
                self.problems.append(f"{where} › options: {fault}")
                return
            if self._build(Scoring, body, where if not choice else f"{where} › options › {choice}") is None:
                return

    def _build(self, model: type[Model], raw: Any, where: str) -> Model | None:
        try:
            return model.model_validate(raw)
        except ValidationError as fault:
            self.problems.extend(explain(fault, where))
            return None
