"""JSON Schemas of the definition files, so that an editor completes and checks them while one types.

Written by ``python -m dihkpi.definitions.json_schemas schemas/json``; a test holds them against the models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dihkpi.definitions.design import Designs
from dihkpi.definitions.indicators import (
    Example,
    FiguresExample,
    Indicator,
    Level,
    PolicyValue,
    ReportDefinition,
    TableDefinition,
)
from dihkpi.definitions.layouts import LayoutFile
from dihkpi.definitions.plan import Design, Plan
from dihkpi.definitions.scenario import Scenario
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.survey import SurveyText

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BESIDE = {"type": "string", "description": "a CSV beside the file"}


def json_schemas() -> dict[str, dict[str, Any]]:
    """File name to JSON Schema, one for each kind of definition file."""
    survey = _schema(SurveyText)
    survey["$defs"]["Form"]["properties"]["items"] = _BESIDE
    del survey["$defs"]["Form"]["properties"]["multiple"]
    scoring = _schema(Scoring)
    for name in ("nodes", "item_points", "items"):
        told = scoring["properties"][name].pop("description", None)
        either = {"anyOf": [_BESIDE, scoring["properties"][name]]}
        scoring["properties"][name] = either | ({"description": told} if told else {})
    design = _schema(Designs)
    counts = design["$defs"]["Margins"]["properties"]["counts"]
    design["$defs"]["Margins"]["properties"]["counts"] = {"anyOf": [_BESIDE, counts]}
    return {
        "survey": survey,
        "layout": _schema(LayoutFile),
        "scoring": scoring,
        "indicators": _entries(Indicator),
        "levels": _entries(Level),
        "policy": _entries(PolicyValue),
        "reports": _entries(ReportDefinition),
        "table": _schema(TableDefinition),
        "rules": {"$schema": DIALECT, "type": "object", "additionalProperties": {"type": "string"}},
        "examples": _listed(Example),
        "scenario": _one_or_more(Scenario),
        "analysis": _schema(Plan),
        "designs": _entries(Design),
        "design": design,
        "figures": _entries(FiguresExample),
    }


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, **model.model_json_schema()}


def _entries(model: type[BaseModel]) -> dict[str, Any]:
    """A file that maps ids to entries of a model."""
    return _around(model, {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{model.__name__}"}})


def _listed(model: type[BaseModel]) -> dict[str, Any]:
    return _around(model, {"type": "array", "items": {"$ref": f"#/$defs/{model.__name__}"}})


def _one_or_more(model: type[BaseModel]) -> dict[str, Any]:
    one = {"$ref": f"#/$defs/{model.__name__}"}
    return _around(model, {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})


def _around(model: type[BaseModel], outer: Mapping[str, Any]) -> dict[str, Any]:
    body = model.model_json_schema()
    parts = body.pop("$defs", {})
    return {"$schema": DIALECT, **outer, "$defs": {**parts, model.__name__: body}}


def write_json_schemas(folder: Path) -> list[Path]:
    """Write all schemas into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in json_schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write_json_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "schemas/json")):
        print(path)
