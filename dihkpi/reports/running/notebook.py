"""Run the template of one report, and say in plain words what went wrong in it."""

from __future__ import annotations

import ast
import json
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from dihkpi.errors import ReportError
from dihkpi.reports.extract import extract_path
from dihkpi.reports.running.child import Limits, can_fork
from dihkpi.reports.wording import visible

Way = Literal["child", "process", "kernel"]
"""A child of this process; this process itself; a kernel as papermill starts it."""
WAYS: Mapping[Way, str] = {
    "child": "each report in a child of a warm process",
    "process": "one report after the other in a warm process, because this system cannot fork safely",
    "kernel": "each report in a kernel of its own",
}
NAME = "dihkpi"
"""Name of the engine behind papermill."""
STOPPED = "Stopped"
"""Name of the error of a cell that did not come to its end: the child was too slow, too greedy, or is gone."""
_ERROR_TAG = "papermill-error-cell-tag"


class FailedNotebookError(ReportError):
    """A notebook stopped; ``notebook`` holds it as far as it came."""

    def __init__(self, message: str, notebook: Any) -> None:
        self.notebook = notebook
        super().__init__(message)


def execute(
    template: Path, parameters: Mapping[str, Any], folder: Path, *, limits: Limits | None = None, way: Way | None = None
) -> Any:
    """Run a template.

    Parameters
    ----------
    template : Path
        The notebook.
    parameters : mapping
        Values of its parameters; JSON types only.
    folder : Path
        Working directory of the cells. They may read the extract of their place in it; where there is none, all of it.
    limits : Limits, optional
        What the notebook may take.
    way : {'child', 'process', 'kernel'}, optional
        How the cells are run. All ways give the same notebook. By default a child where that is safe, else a kernel.

    Returns
    -------
    nbformat.NotebookNode
        The executed notebook, without timings, paths and random ids.

    Raises
    ------
    FailedNotebookError
        When a cell fails, ends its process or takes too much; names template, cell and error.
    """
    check_parameters(template, parameters)
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        way = way or ("child" if can_fork() else "kernel")
        arguments = {"parameters": dict(parameters), "cwd": str(folder), "kernel_name": "python3"}
        run = _in_kernel if way == "kernel" else _warm
        notebook, reason = run(template, arguments, Path(scratch), limits or Limits(), way == "process")
    if notebook is None:
        raise ReportError(f"{template.name} could not be started\n  {visible(reason)[:300]}")
    position = _stopped_at(notebook, reason)
    if reason or position is not None:
        said = reason or _error_of(notebook.cells[position]) or "the cell ended the kernel without an error"
        raise FailedNotebookError(_message(template.name, notebook, position, said), _clean(notebook))
    return _clean(notebook)


def _warm(template: Path, arguments: Mapping[str, Any], scratch: Path, limits: Limits, here: bool) -> tuple[Any, str]:
    """Run the cells by the engine of this package; the notebook stays in memory, because papermill writes often."""
    from dihkpi.reports.engine import register

    kept: list[Any] = []
    folders = (_readable(Path(arguments["cwd"]).resolve(), arguments["parameters"]), str(scratch))
    more = {"limits": limits, "folders": folders, "in_this_process": here, "kept": kept}
    notebook = _loaded(template, template.stat().st_mtime_ns)
    reason = _run(notebook, None, {**arguments, **more, "engine_name": register()})
    return (kept[0] if kept else None), reason


def _readable(folder: Path, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """What the cells may read: the extract of their place and the names of codes, because their key knows no more."""
    data, level, code = (str(parameters.get(name, "")) for name in ("data", "level", "code"))
    extract = folder / data / extract_path(level, code)
    return (str(extract), str(folder / data / "dictionary.json")) if extract.is_file() else (str(folder),)


@lru_cache(maxsize=8)
def _read(template: Path, changed: int) -> Any:
    import nbformat

    return nbformat.read(template, as_version=4)


def _loaded(template: Path, changed: int) -> Any:
    """A template in memory, read once per process; papermill changes what it gets. ``changed`` makes it a new entry."""
    from copy import deepcopy

    return deepcopy(_read(template, changed))


def _in_kernel(
    template: Path, arguments: Mapping[str, Any], scratch: Path, limits: Limits, here: bool
) -> tuple[Any, str]:
    """Run the cells in a kernel as papermill starts it."""
    import nbformat

    target = scratch / "report.ipynb"
    more = {"execution_timeout": int(limits.seconds), "extra_arguments": ["--log-level=50"]}
    reason = _run(template, str(target), {**arguments, **more})
    return (nbformat.read(target, as_version=4) if target.is_file() else None), reason


def _run(template: Any, target: str | None, arguments: Mapping[str, Any]) -> str:
    """Run the cells by papermill; what stopped them, unless a cell tells it itself."""
    import papermill

    try:
        papermill.execute_notebook(template, target, progress_bar=False, log_output=False, **arguments)
    except papermill.PapermillExecutionError:
        return ""
    except Exception as error:  # the kernel died or was too slow; whatever it was, other reports go on
        return f"{type(error).__name__}: {str(error).strip() or 'the kernel stopped'}"
    return ""


def check_parameters(template: Path, parameters: Mapping[str, Any]) -> None:
    """Parameters must be declared in the cell tagged ``parameters`` and hold JSON values only."""
    try:
        cells = [dict(cell) for cell in json.loads(template.read_text(encoding="utf-8"))["cells"]]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ReportError(f"{template.name} is not a notebook: {visible(fault)[:200]}") from None
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(f"{template.name} has {len(tagged)} cells tagged 'parameters'; a template has exactly one")
    try:
        body = ast.parse("".join(tagged[0]["source"])).body
    except SyntaxError as fault:
        raise ReportError(f"{template.name}: its parameters cell is not Python: {fault.msg}") from None
    targets = [target for line in body if isinstance(line, ast.Assign) for target in line.targets]
    declared = sorted(target.id for target in targets if isinstance(target, ast.Name))
    for name, value in parameters.items():
        if name not in declared:
            raise ReportError(
                f"{template.name}: parameter '{visible(name)}' is not declared in its parameters cell\n"
                f"  declared: {', '.join(declared) or 'none'}"
            )
        if not _is_json(value):
            raise ReportError(
                f"{template.name}: parameter '{name}' is of type {type(value).__name__}\n"
                "  allowed: text, finite numbers, true and false, none, lists and mappings of these"
            )


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    return value is None or type(value) in (str, bool, int) or (type(value) is float and abs(value) < float("inf"))


@contextmanager
def _quiet() -> Iterator[None]:
    """No log of the libraries that run cells; as before afterwards."""
    loggers = [logging.getLogger(name) for name in ("papermill", "traitlets", "nbclient")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _stopped_at(notebook: Any, reason: str) -> int | None:
    """Position of the cell that failed, took the kernel along, or ended it quietly; None when all ran."""
    code = [(position, cell) for position, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    failed = [p for p, cell in code if _failed(cell)]
    # A cell that took the kernel along may count as completed; only its start is certain.
    started = [p for p, cell in code if reason and cell.metadata.get("papermill", {}).get("start_time")]
    silent = [p for p, cell in code if cell.execution_count is None and cell.source.strip()]
    return next(iter([*failed, *started[-1:], *silent]), None)


def _failed(cell: Any) -> bool:
    return bool(_error_of(cell)) and "raises-exception" not in cell.metadata.get("tags", [])


def _error_of(cell: Any) -> str:
    """The error that a cell ended with, if any."""
    errors = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
    if not errors:
        return ""
    name, said = str(errors[0].ename), str(errors[0].evalue)
    return said if name == STOPPED else f"{name}: {said}" if said else name


def _message(template: str, notebook: Any, position: int | None, reason: str) -> str:
    """Template, cell and error in plain words; a cell is known by its number, heading and first line."""
    said = visible(reason)[:300]
    if position is None:
        return f"{template}: {said}"
    before = [cell for cell in notebook.cells[: position + 1] if not _ours(cell)]
    headings = [cell.source.strip("# \n") for cell in before if cell.cell_type == "markdown"]
    under = f" under '{visible(headings[-1])[:60]}'" if headings else ""
    line = notebook.cells[position].source.strip().splitlines()[0]
    return f"{template}, cell {len(before)}{under}: {said}\n  {line}"


def _ours(cell: Any) -> bool:
    """A cell that papermill put in."""
    return bool({"injected-parameters", _ERROR_TAG} & set(cell.metadata.get("tags", [])))


def _clean(notebook: Any) -> Any:
    """The notebook without what changes from run to run: timings, paths, random ids, logs."""
    notebook.cells = [cell for cell in notebook.cells if _ERROR_TAG not in cell.metadata.get("tags", [])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for position, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{position:02d}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
    return notebook
