"""Make the reports of a plan: what has not changed is left alone, what fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, Literal

from dihkpi.errors import DihkpiError, UsageError
from dihkpi.reports.engine import FailedNotebookError, execute, surroundings
from dihkpi.reports.files import hash_of, inside, write_text
from dihkpi.reports.manifest import claim, record_reports
from dihkpi.reports.page import make_page
from dihkpi.reports.plan import ReportJob
from dihkpi.reports.wording import visible

FORMATS = ("html", "ipynb")
State = Literal["made", "unchanged", "failed"]


@dataclass(frozen=True)
class RenderResult:
    """What became of one report.

    Attributes
    ----------
    report, level, code, title : str
        Which report of which place.
    path : str
        The page, relative to the folder of the reports.
    key : str
        Key of the job.
    state : {'made', 'unchanged', 'failed'}
        What happened.
    files : mapping of str to str
        Files of the report and their SHA-256.
    message : str
        Template, cell and error of a failed report.
    """

    report: str
    level: str
    code: str
    title: str
    path: str
    key: str
    state: State
    files: Mapping[str, str]
    message: str = ""


def render_reports(
    plan: Sequence[ReportJob],
    out: str | Path,
    *,
    formats: Sequence[str] = ("html",),
    workers: int = 2,
    force: bool = False,
    progress: Callable[[RenderResult], None] | None = None,
    executor: Executor | None = None,
) -> list[RenderResult]:
    """Make the reports of a plan.

    Parameters
    ----------
    plan : sequence of ReportJob
        From `plan_reports`.
    out : path
        Folder of the reports; made when missing.
    formats : sequence of str
        ``html``, ``ipynb`` or both.
    workers : int
        Processes that work at the same time, each with kernels of its own.
    force : bool
        Make reports again that have not changed.
    progress : callable, optional
        Called with each result as it comes.
    executor : concurrent.futures.Executor, optional
        Works instead of the processes; Dask's ``Client.get_executor()`` is one.

    Returns
    -------
    list of RenderResult
        In the order of the plan.

    Raises
    ------
    WorkspaceError
        When the folder holds files that are not ours.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise UsageError(f"unknown format '{visible(unknown[0])}'\n  known: {', '.join(FORMATS)}")
    folder = Path(out).resolve()
    recorded = claim(folder)
    results: dict[int, RenderResult] = {}
    for position, result in _all(plan, folder, formats, {} if force else recorded, workers, executor):
        results[position] = result
        if progress:
            progress(result)
    ordered = [results[position] for position in range(len(plan))]
    made = [vars(result) for result in ordered if result.state != "failed"]
    record_reports(folder, made, [vars(result) for result in ordered if result.state == "failed"])
    return ordered


def _all(
    plan: Sequence[ReportJob],
    out: Path,
    formats: Sequence[str],
    recorded: Mapping[str, Mapping[str, Any]],
    workers: int,
    executor: Executor | None,
) -> Iterator[tuple[int, RenderResult]]:
    """Results with their position in the plan, as they come: first what has not changed."""
    changed = {}
    for position, job in enumerate(plan):
        files = _unchanged(job, out, formats, recorded)
        if files is None:
            changed[position] = job
        else:
            yield position, _result(job, "unchanged", files)
    if executor is not None:
        yield from _spread(changed, out, formats, executor)
    elif changed:
        # A fresh process has one thread, so it can fork; this one may have many by now.
        with surroundings(), ProcessPoolExecutor(min(workers, len(changed)), get_context("spawn")) as pool:
            yield from _spread(changed, out, formats, pool)


def _spread(
    jobs: Mapping[int, ReportJob], out: Path, formats: Sequence[str], pool: Executor
) -> Iterator[tuple[int, RenderResult]]:
    with _no_main():
        futures = {pool.submit(render_one, job, out, formats): position for position, job in jobs.items()}
    for future in as_completed(futures):
        position, error = futures[future], future.exception()
        if error is None:
            yield position, future.result()
        else:
            text = f"the process that made it ended: {visible(error)[:200]}"
            yield position, _result(jobs[position], "failed", {}, text)


@contextmanager
def _no_main() -> Iterator[None]:
    """Workers need nothing of the calling script: hide it, or each would run an unguarded one again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def render_one(job: ReportJob, out: Path, formats: Sequence[str]) -> RenderResult:
    """Make one report; every fault becomes a result."""
    try:
        page = inside(out, job.path)
        trouble = page.with_name("error.ipynb")
        try:
            notebook = execute(job)
        except FailedNotebookError as error:
            write_text(trouble, _notebook_text(error.notebook))
            where = trouble.relative_to(out).as_posix()
            return _result(job, "failed", {}, f"{error}\n  the notebook as far as it came: {where}")
        files = {}
        if "html" in formats:
            files[job.path] = write_text(page, make_page(notebook, job.page, job.title))
        if "ipynb" in formats:
            name = _name(job, "ipynb")
            files[name] = write_text(inside(out, name), _notebook_text(notebook))
        trouble.unlink(missing_ok=True)
        return _result(job, "made", files)
    except (DihkpiError, OSError) as error:
        return _result(job, "failed", {}, str(error))


def _result(job: ReportJob, state: State, files: Mapping[str, str], message: str = "") -> RenderResult:
    return RenderResult(job.report, job.level, job.code, job.title, job.path, job.key, state, files, message)


def _name(job: ReportJob, kind: str) -> str:
    return PurePosixPath(job.path).with_suffix(f".{kind}").as_posix()


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"


def _unchanged(
    job: ReportJob, out: Path, formats: Sequence[str], recorded: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, str] | None:
    """The files of a report whose key and bytes are those on record, else None."""
    before = recorded.get(job.path)
    if before is None or before["key"] != job.key:
        return None
    files: Mapping[str, str] = before["files"]
    if not {_name(job, kind) for kind in formats} <= set(files):
        return None
    same = ((inside(out, name), digest) for name, digest in files.items())
    return files if all(file.is_file() and hash_of(file) == digest for file, digest in same) else None
