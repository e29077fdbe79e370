"""Report templates hold headings and calls only: `python tests/tools/notebooks_clean.py notebooks`."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_LINES = 6
NOT_HERE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def faults(notebook: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a notebook, one plain phrase each."""
    cells = notebook["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells tagged 'parameters' instead of one"
    if (notebook["nbformat"], notebook["nbformat_minor"]) < (4, 5):
        yield "older than nbformat 4.5"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "kernel is not python3"
    if len({cell.get("id") for cell in cells}) != len(cells):
        yield "cell ids are missing or doubled"
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            yield from (f"cell {number}: {fault}" for fault in _code_faults(cell))


def _code_faults(cell: dict[str, Any]) -> Iterator[str]:
    if cell["outputs"]:
        yield "has stored outputs"
    if cell["execution_count"] is not None:
        yield "has an execution count"
    text = "".join(cell["source"])
    if len(text.splitlines()) > MOST_LINES:
        yield f"has more than {MOST_LINES} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, NOT_HERE):
            yield f"line {node.lineno} computes ({type(node).__name__})"
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        yield from (f"imports {name}" for name in names if name.partition(".")[0] != "dihkpi")


def main(folder: str) -> int:
    """Print what is wrong; 1 when anything is, or when there is no notebook at all."""
    paths = sorted(path for path in Path(folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    found = [
        f"{path.name}: {fault}" for path in paths for fault in faults(json.loads(path.read_text(encoding="utf-8")))
    ]
    print("\n".join(found) if found else f"{len(paths)} notebook{'s' * (len(paths) != 1)} clean")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "notebooks"))
