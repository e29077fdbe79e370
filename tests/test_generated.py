"""What is generated from the definitions is up to date."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from dihkpi.definitions.dictionary import pages
from dihkpi.definitions.json_schemas import json_schemas

TOP = Path(__file__).parent.parent


def test_json_schemas_are_those_of_the_models() -> None:
    for name, schema in json_schemas().items():
        written = json.loads((TOP / f"schemas/json/{name}.schema.json").read_text(encoding="utf-8"))
        assert written == json.loads(json.dumps(schema)), f"run python -m dihkpi.definitions.json_schemas: {name}"


def test_pages_are_those_of_the_definitions() -> None:
    for name, text in pages().items():
        assert (TOP / "docs" / name).read_text(encoding="utf-8") == text, (
            f"run python -m dihkpi.definitions.dictionary: {name}"
        )


FOLDERS = ("surveys/*/*", "schemas", "schemas/tables", "schemas/layouts")
FILES = sorted(path for folder in FOLDERS for path in TOP.glob(f"{folder}/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_an_editor_accepts_every_bundled_file(path: Path) -> None:
    kind = {"tables": "table", "layouts": "layout"}.get(path.parent.name, path.stem)
    schema = json.loads((TOP / f"schemas/json/{kind}.schema.json").read_text(encoding="utf-8"))
    content = json.loads(json.dumps(yaml.safe_load(path.read_bytes()), default=str))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(content)) == []


def test_there_are_files_to_accept() -> None:
    assert len(FILES) > 20
