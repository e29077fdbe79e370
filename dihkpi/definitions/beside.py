"""CSV files beside a definition: items, points, nodes of a tree, margins of a population."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from dihkpi.definitions.codelists import read_csv_rows
from dihkpi.definitions.survey import Item
from dihkpi.errors import DefinitionError


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


class Beside:
    """Puts the rows of CSV files into the raw definitions of one survey version.

    Parameters
    ----------
    name : str
        How messages call the survey version.
    folders : list of pathlib.Path
        Where its files lie; the last one wins.
    problems : list of str
        What is wrong is added here.
    digest
        Takes the content of every file that is read.
    """

    def __init__(self, name: str, folders: list[Path], problems: list[str], digest: _Digest) -> None:
        self.name, self.folders, self.problems, self.digest = name, folders, problems, digest

    def tables(self, raw: dict[str, Any]) -> dict[str, Any]:
        """A scoring with the rows of its CSV files put in: points of answers, items, and nodes of the tree."""
        result = dict(raw)
        if isinstance(points := raw.get("item_points"), str):
            table: dict[str, dict[str, str]] = {}
            where = f"{self.name}/scoring.yaml › item_points"
            for row in self._rows(where, points, ("item", "code", "points")):
                table.setdefault(row["item"], {})[row["code"]] = row["points"]
            result["item_points"] = table
        if isinstance(nodes := raw.get("nodes"), str):
            where = f"{self.name}/scoring.yaml › nodes"
            result["nodes"] = _tree_of(self._rows(where, nodes, ("code", "parent", "label")))
        if isinstance(items := raw.get("items"), str):
            where = f"{self.name}/scoring.yaml › items"
            rows = self._rows(where, items, ("code",))
            twice = sorted({row["code"] for row in rows if sum(row["code"] == other["code"] for other in rows) > 1})
            self.problems += [f"{self.name}/{items}: the item '{code}' is there twice" for code in twice]
            result["items"] = {row["code"]: _filled(row, "code") for row in rows}
        return result

    def margins(self, raw: Any) -> Any:
        """Designs with the rows of the CSV files of their margins put in."""
        if not (isinstance(raw, dict) and isinstance(raw.get("designs"), dict)):
            return raw
        designs = dict(raw["designs"])
        for key, body in raw["designs"].items():
            margins = body.get("margins") if isinstance(body, dict) else None
            if isinstance(margins, dict) and isinstance(file := margins.get("counts"), str):
                where = f"{self.name}/design.yaml › designs › {key} › margins › counts"
                counts: dict[str, dict[str, str]] = {}
                for row in self._rows(where, file, ("margin", "class", "count")):
                    counts.setdefault(row["margin"], {})[row["class"]] = row["count"]
                designs[key] = {**body, "margins": {**margins, "counts": counts}}
        return {**raw, "designs": designs}

    def _rows(self, where: str, file: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
        """Rows of a CSV beside a definition; without it, a problem and no rows."""
        path = next((f / file for f in reversed(self.folders) if (f / file).is_file()), self.folders[-1] / file)
        try:
            self.digest.update(path.read_bytes())
            return read_csv_rows(path, f"{self.name}/{file}", columns)
        except OSError:
            self.problems.append(f"{where}: no file {file} beside it")
        except DefinitionError as fault:
            self.problems.extend(fault.problems)
        return []

    def items(self, raw: dict[str, Any]) -> Any:
        """Forms with the rows of their items CSV put in."""
        forms = raw.get("forms")
        if not isinstance(forms, dict):
            return forms
        for form, body in forms.items():
            items = body.get("items") if isinstance(body, dict) else None
            if isinstance(items, str):
                where = f"{self.name}/survey.yaml › forms › {form} › items"
                fields = [field for field, about in Item.model_fields.items() if about.is_required()]
                rows = self._rows(where, items, tuple(fields))
                body = {**body, "items": [{k: v for k, v in row.items() if k in fields} for row in rows]}
            forms = {**forms, form: body}
        return forms


def _tree_of(rows: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Nodes from rows that name their parent: a row with an item is a lowest node."""
    nodes: dict[str, dict[str, Any]] = {}
    for row in rows:
        below: dict[str, Any] = {"items": {"code": [row["item"]]}} if row.get("item") else {"of": []}
        nodes[row["code"]] = {**_filled(row, "code", "parent", "item", "weight"), **below}
    for row in rows:
        if row["parent"]:
            above = nodes.setdefault(row["parent"], {})
            above.setdefault("of", []).append(row["code"])
            if row.get("weight"):
                above.setdefault("weights", {})[row["code"]] = row["weight"]
    return nodes


def _filled(row: dict[str, str], *without: str) -> dict[str, Any]:
    """Fields of a row of a CSV that say something."""
    return {name: value for name, value in row.items() if value and name not in without}
