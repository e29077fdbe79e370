"""Make the reports of a plan: what has not changed is left alone, what fails does not stop the others."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from dihkpi.errors import DihkpiError, UsageError, hint_for
from dihkpi.reports.files import inside, reason_of, write_bytes
from dihkpi.reports.manifest import Journal, claim, record_reports
from dihkpi.reports.outcome import RenderResult, State
from dihkpi.reports.plan import ReportJob
from dihkpi.reports.running.child import Limits
from dihkpi.reports.running.notebook import Way
from dihkpi.reports.running.pool import WarmPool, make_here
from dihkpi.reports.running.worker import answer
from dihkpi.reports.why import why
from dihkpi.reports.wording import visible

FORMATS = ("html", "ipynb", "pdf")


@dataclass(frozen=True)
class Making:
    """How reports are made.

    Attributes
    ----------
    formats : tuple of str
        Of ``html``, ``ipynb`` and ``pdf``.
    limits : Limits
        What one report may take.
    way : {'child', 'process', 'kernel'}, optional
        How the cells are run; by default as it is safe on this system.
    pdf_engine : str
        What makes a PDF of a page.
    """

    formats: tuple[str, ...] = ("html",)
    limits: Limits = field(default_factory=Limits)
    way: Way | None = None
    pdf_engine: str = "typst"

    def told(self, job: ReportJob) -> ReportJob:
        """A job with what its making adds to its key."""
        return replace(job, parts={**job.parts, "pdf": self.pdf_engine}) if "pdf" in self.formats else job

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.formats) - set(FORMATS)):
            raise UsageError(f"unknown format '{visible(unknown[0])}'\n  {hint_for(unknown[0], FORMATS)}")
        if "pdf" in self.formats:
            from dihkpi.reports.sheets.pdf import check_engine

            check_engine(self.pdf_engine)


def render_reports(
    plan: Sequence[ReportJob],
    out: str | Path,
    *,
    making: Making | None = None,
    workers: int = 2,
    force: bool = False,
    complete: bool = False,
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
    making : Making, optional
        Formats and limits.
    workers : int
        Reports that are made at the same time, each in a warm process of its own; 0 makes them in this very process,
        one after the other.
    force : bool
        Make reports again that have not changed.
    complete : bool
        Whether the plan holds every report of the folder: those of earlier runs that it does not name are removed.
    progress : callable, optional
        Called with each result as it comes.
    executor : concurrent.futures.Executor, optional
        Asks for the reports instead of threads of this process; Dask's ``Client.get_executor()`` is one.

    Returns
    -------
    list of RenderResult
        In the order of the plan.

    Raises
    ------
    WorkspaceError
        When the folder holds files that are not ours.
    """
    making, folder = making or Making(), Path(out).resolve()
    plan = [making.told(job) for job in plan]
    recorded = claim(folder)
    results: dict[int, RenderResult] = {}
    with Journal(folder) as journal:
        for position, result in _all(plan, folder, making, recorded, force, workers, executor):
            results[position] = result
            if result.state == "made":
                journal.note(asdict(result))
            if progress:
                progress(result)
    ordered = [results[position] for position in range(len(plan))]
    made = [vars(result) for result in ordered if result.state != "failed"]
    failed = [vars(result) for result in ordered if result.state == "failed"]
    record_reports(folder, made, failed, {job.path for job in plan} if complete else None)
    return ordered


def _all(
    plan: Sequence[ReportJob], out: Path, making: Making, recorded: Mapping[str, Mapping[str, Any]], force: bool,
    workers: int, executor: Executor | None,
) -> Iterator[tuple[int, RenderResult]]:  # fmt: skip
    """Results with their position in the plan, as they come: first what has not changed."""
    changed: dict[int, tuple[ReportJob, str]] = {}
    for position, job in enumerate(plan):
        before = recorded.get(job.path)
        reason = why(job, before, [_name(job, kind) for kind in making.formats], out)
        if reason or force or before is None:
            changed[position] = (job, reason or "asked for")
        else:
            yield position, replace(_result(job, "unchanged"), files=before["files"])
    if not changed:
        return
    if executor is not None:
        yield from _spread(changed, out, making, executor, make_here)
        return
    if workers == 0:
        for position, (job, reason) in changed.items():
            yield position, replace(_take_down(job, answer(_request(job, making)), out), why=reason)
        return
    with closing(WarmPool()) as pool, ThreadPoolExecutor(min(workers, len(changed))) as threads:
        yield from _spread(changed, out, making, threads, pool.make)


def _spread(
    changed: Mapping[int, tuple[ReportJob, str]], out: Path, making: Making, executor: Executor,
    make: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Iterator[tuple[int, RenderResult]]:  # fmt: skip
    futures = {executor.submit(make, _request(job, making)): position for position, (job, _) in changed.items()}
    try:
        for future in as_completed(futures):
            position = futures.pop(future)  # and with it the pages that it holds
            job, reason = changed[position]
            error = future.exception()
            if error is None:
                result = _take_down(job, future.result(), out)
            else:
                result = _result(job, "failed", message=f"it could not be made: {visible(error)[:200]}")
            yield position, replace(result, why=reason)
    finally:
        for future in futures:
            future.cancel()


def _request(job: ReportJob, making: Making) -> dict[str, Any]:
    """A job in words that travel."""
    return {
        "title": job.title,
        "template": str(job.template.resolve()),
        "page": str(job.page.resolve()),
        "parameters": dict(job.parameters),
        "folder": str(job.folder.resolve()),
        "formats": list(making.formats),
        "limits": asdict(making.limits),
        "way": making.way,
        "pdf_engine": making.pdf_engine,
    }


def _take_down(job: ReportJob, answered: Mapping[str, Any], out: Path) -> RenderResult:
    """Write the files of an answer; every fault becomes a result."""
    about = {"seconds": answered["seconds"], "way": answered["way"]}
    try:
        trouble = inside(out, _name(job, "error.ipynb"))
        if answered["error"]:
            message = str(answered["error"])
            if answered["notebook"]:
                write_bytes(trouble, answered["notebook"].encode())
                message += f"\n  the notebook as far as it came: {trouble.relative_to(out).as_posix()}"
            return _result(job, "failed", message=message, **about)
        files = {}
        for kind, content in answered["files"].items():
            name = _name(job, kind)
            files[name] = write_bytes(
                inside(out, name), base64.b64decode(content) if kind == "pdf" else content.encode()
            )
        trouble.unlink(missing_ok=True)
        return _result(job, "made", files=files, **about)
    except DihkpiError as error:
        return _result(job, "failed", message=str(error), **about)
    except OSError as error:
        return _result(job, "failed", message=f"{job.path} could not be written: {reason_of(error)}", **about)


def _result(job: ReportJob, state: State, **more: Any) -> RenderResult:
    given: dict[str, Any] = {"files": {}, **more}
    return RenderResult(job.report, job.level, job.code, job.title, job.path, job.key, job.parts, state, **given)


def _name(job: ReportJob, kind: str) -> str:
    return PurePosixPath(job.path).with_suffix(f".{kind}").as_posix()
