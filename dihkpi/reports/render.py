"""Make the reports of a plan: what has not changed is left alone, what fails does not stop the others."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from dihkpi.errors import ReportError, UsageError, WorkspaceError
from dihkpi.reports.engine import FailedNotebookError, execute
from dihkpi.reports.manifest import claim, record_reports
from dihkpi.reports.page import make_page
from dihkpi.reports.plan import ReportJob
from dihkpi.reports.wording import visible

FORMATS = ("html", "ipynb")


@dataclass(frozen=True)
class RenderResult:
    """What became of one report.

    Attributes
    ----------
    report, level, code : str
        Which report of which place.
    path : str
        The page, relative to the folder of the reports.
    state : {'made', 'unchanged', 'failed'}
        What happened.
    message : str
        Template, cell and error of a failed report.
    key : str
        Key of the job.
    files : dict of str to str
        Files of the report and their SHA-256.
    title : str
        Title of the page.
    """

    report: str
    level: str
    code: str
    path: str
    state: Literal["made", "unchanged", "failed"]
    message: str
    key: str
    files: dict[str, str]
    title: str


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
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UsageError(f"unknown format '{unknown[0]}'\n  known: {', '.join(FORMATS)}")
    folder = Path(out).resolve()
    recorded = {} if force else claim(folder)
    claim(folder)
    results: dict[int, RenderResult] = {}
    open_jobs: dict[int, ReportJob] = {}
    for position, job in enumerate(plan):
        if (files := _unchanged(job, folder, formats, recorded)) is None:
            open_jobs[position] = job
        else:
            results[position] = _result(job, "unchanged", files)
    for result in results.values():
        _tell(progress, result)
    for position, result in _work(open_jobs, folder, tuple(formats), workers, executor):
        results[position] = result
        _tell(progress, result)
    ordered = [results[position] for position in range(len(plan))]
    record_reports(
        folder,
        [vars(result) for result in ordered if result.state != "failed"],
        [vars(r) for r in ordered if r.state == "failed"],
    )
    return ordered


def _tell(progress: Callable[[RenderResult], None] | None, result: RenderResult) -> None:
    if progress:
        progress(result)


def _work(
    jobs: dict[int, ReportJob], out: Path, formats: tuple[str, ...], workers: int, executor: Executor | None
) -> Iterator[tuple[int, RenderResult]]:
    """Results as they come, from this process, a pool of ours or an executor that was handed in."""
    if executor is None and (workers < 2 or len(jobs) < 2):
        yield from ((position, render_one(job, out, formats)) for position, job in jobs.items())
        return
    pool = executor or ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn"))
    try:
        with _no_main():
            futures: dict[Future[RenderResult], int] = {
                pool.submit(render_one, job, out, formats): p for p, job in jobs.items()
            }
        for future in as_completed(futures):
            position = futures[future]
            error = future.exception()
            if error is None:
                yield position, future.result()
            else:
                text = f"the process that made it ended: {visible(error)[:200]}"
                yield position, _result(jobs[position], "failed", {}, text)
    finally:
        if executor is None:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _no_main() -> Iterator[None]:
    """Workers need nothing of the calling script: hide it, or each of them would run an unguarded one again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def render_one(job: ReportJob, out: Path, formats: tuple[str, ...]) -> RenderResult:
    """Make one report; every fault becomes a result."""
    page = _inside(out, job.path)
    trouble = page.with_name("error.ipynb")
    try:
        notebook = execute(job)
        files = {}
        if "html" in formats:
            files[job.path] = write_file(page, make_page(notebook, job.page, job.title))
        if "ipynb" in formats:
            name = str(Path(job.path).with_suffix(".ipynb").as_posix())
            files[name] = write_file(_inside(out, name), _notebook_text(notebook))
        trouble.unlink(missing_ok=True)
        return _result(job, "made", files)
    except FailedNotebookError as error:
        write_file(trouble, _notebook_text(error.notebook))
        return _result(
            job,
            "failed",
            {},
            f"{error}\n  the notebook as far as it came: {trouble.relative_to(out).as_posix()}",
        )
    except (ReportError, WorkspaceError, OSError) as error:
        return _result(job, "failed", {}, str(error))


def _result(
    job: ReportJob, state: Literal["made", "unchanged", "failed"], files: dict[str, str], message: str = ""
) -> RenderResult:
    return RenderResult(job.report, job.level, job.code, job.path, state, message, job.key, files, job.title)


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"


def _inside(out: Path, path: str) -> Path:
    target = (out / path).resolve()
    if not target.is_relative_to(out):
        raise ReportError(f"'{visible(path)}' would lie outside of the folder of the reports")
    return target


def write_file(path: Path, text: str) -> str:
    """Write aside, then rename: a reader never meets half a file. Gives the SHA-256 of the bytes."""
    content = text.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)
    return hashlib.sha256(content).hexdigest()


def _unchanged(
    job: ReportJob, out: Path, formats: Sequence[str], recorded: dict[str, dict[str, Any]]
) -> dict[str, str] | None:
    """The files of a report whose key and bytes are those on record, else None."""
    before = recorded.get(job.path)
    if before is None or before["key"] != job.key:
        return None
    files: dict[str, str] = before["files"]
    needed = {str(Path(job.path).with_suffix(f".{kind}").as_posix()) for kind in formats}
    if not needed <= set(files):
        return None
    for name, digest in files.items():
        file = _inside(out, name)
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return None
    return files
