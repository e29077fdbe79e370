"""Run one notebook: `execute` is the only place that knows how; a faster way can be put in its stead."""

from __future__ import annotations

import ast
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dihkpi.errors import ReportError
from dihkpi.reports.child import can_fork, in_child, warm_up
from dihkpi.reports.plan import ReportJob
from dihkpi.reports.wording import visible

REPORT_SECONDS = 300
_ERROR_TAG = "papermill-error-cell-tag"
ENVIRONMENT = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a thread of Arrow's allocator, unwelcome at a fork
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class FailedNotebookError(ReportError):
    """A notebook stopped; ``notebook`` holds it as far as it came."""

    def __init__(self, message: str, notebook: Any) -> None:
        self.notebook = notebook
        super().__init__(message)


def execute(job: ReportJob) -> Any:
    """Run the template of a job in a process of its own.

    Where it is safe, the process is a child of this one that inherits all imports and runs the cells in a shell;
    elsewhere it is an ordinary kernel. Both give the same notebook.

    Returns
    -------
    nbformat.NotebookNode
        The executed notebook, without timings, paths and random ids.

    Raises
    ------
    FailedNotebookError
        When a cell fails, ends its process or takes too long; names template, cell and error.
    """
    import nbformat

    check_parameters(job.template, job.parameters)
    with tempfile.TemporaryDirectory() as scratch, surroundings():
        target = Path(scratch) / "report.ipynb"
        reason = _run_forked(job, target) if can_fork() else _run(job, target, None)
        if not target.is_file():
            raise ReportError(f"{job.template.name} could not be started\n  {visible(reason)[:300]}")
        notebook = nbformat.read(target, as_version=4)
    position = _stopped_at(notebook, reason)
    if reason or position is not None:
        raise FailedNotebookError(_message(job, notebook, position, reason), _clean(notebook))
    return _clean(notebook)


def _run_forked(job: ReportJob, target: Path) -> str:
    """Run the cells in a child of this process; the error that stopped them, if any."""
    warm_up()

    def work() -> str:
        from dihkpi.reports.shell import register

        return _run(job, target, register())

    return in_child(work, REPORT_SECONDS)


def _run(job: ReportJob, target: Path, engine: str | None) -> str:
    """Run the cells by papermill into a file; the error that stopped them, if any."""
    import papermill

    try:
        papermill.execute_notebook(
            str(job.template),
            str(target),
            parameters=dict(job.parameters),
            cwd=str(job.folder),
            engine_name=engine,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            execution_timeout=REPORT_SECONDS,
            extra_arguments=["--log-level=50"],
        )
    except papermill.PapermillExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    except Exception as error:  # the kernel died or was too slow; whatever it was, other reports go on
        return f"{type(error).__name__}: {str(error).strip() or 'the kernel stopped'}"
    return ""


def check_parameters(template: Path, parameters: Mapping[str, Any]) -> None:
    """Parameters must be declared in the cell tagged ``parameters`` and hold JSON values only."""
    cells = json.loads(template.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(f"{template.name} has {len(tagged)} cells tagged 'parameters'; a template has exactly one")
    body = ast.parse("".join(tagged[0]["source"])).body
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
def surroundings() -> Iterator[None]:
    """A quiet log and a fixed environment for the processes that run cells; both as before afterwards."""
    loggers = [logging.getLogger(name) for name in ("papermill", "traitlets", "nbclient")]
    levels, before = [logger.level for logger in loggers], dict(os.environ)
    os.environ.update(ENVIRONMENT)
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        os.environ.clear()
        os.environ.update(before)


def _stopped_at(notebook: Any, reason: str) -> int | None:
    """Position of the cell that failed, took the kernel along, or ended it quietly; None when all ran."""
    code = [(position, cell) for position, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    failed = [p for p, cell in code if any(output.output_type == "error" for output in cell.outputs)]
    # A cell that took the kernel along may count as completed; only its start is certain.
    started = [p for p, cell in code if reason and cell.metadata.get("papermill", {}).get("start_time")]
    silent = [p for p, cell in code if cell.execution_count is None and cell.source.strip()]
    return next(iter([*failed, *started[-1:], *silent]), None)


def _message(job: ReportJob, notebook: Any, position: int | None, reason: str) -> str:
    """Template, cell and error in plain words; a cell is known by its number, heading and first line."""
    said = visible(reason)[:300] or "the cell ended the kernel without an error"
    if position is None:
        return f"{job.template.name}: {said}"
    before = [cell for cell in notebook.cells[: position + 1] if not _ours(cell)]
    headings = [cell.source.strip("# \n") for cell in before if cell.cell_type == "markdown"]
    under = f" under '{visible(headings[-1])[:60]}'" if headings else ""
    line = notebook.cells[position].source.strip().splitlines()[0]
    return f"{job.template.name}, cell {len(before)}{under}: {said}\n  {line}"


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
