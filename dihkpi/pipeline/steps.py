"""The whole run on one screen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, WorkspaceError
from dihkpi.indicators.compute import Inputs, indicators_and_log
from dihkpi.indicators.design.declared import run_designs
from dihkpi.indicators.flags import flags
from dihkpi.indicators.windows import parse_period
from dihkpi.intake.briefs import rule_briefs
from dihkpi.intake.issue_report import summary_lines, write_issue_report
from dihkpi.pipeline.across import with_issues_across
from dihkpi.pipeline.explaining import explain
from dihkpi.pipeline.impact import tell_impact
from dihkpi.pipeline.inbox import all_issues, take_in
from dihkpi.pipeline.progress import tell_progress
from dihkpi.pipeline.reconciling import Told, reconcile_workspace
from dihkpi.pipeline.results import About, publish, renew_reconciliation, write_results
from dihkpi.pipeline.run import Asked, Choice, Counts, Progress, RunResult
from dihkpi.pipeline.tables import prepare
from dihkpi.reports.files import reason_of
from dihkpi.reports.index import write_index
from dihkpi.reports.manifest import write_manifest
from dihkpi.reports.outcome import RenderResult
from dihkpi.reports.plan import plan_reports
from dihkpi.reports.render import Making, render_reports
from dihkpi.reports.running.child import Limits
from dihkpi.store.snapshot import Snapshot, take_snapshot
from dihkpi.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def take_steps(space: Workspace, asked: Asked, definitions: Definitions, progress: Progress) -> RunResult:
    """From the inbox to the reports; see :func:`dihkpi.pipeline.run.run`."""
    making = _making(space, asked)  # what is missing for it is told before anything is done
    files, issues, snapshot = _intake(space, definitions, progress)
    own = reconcile_workspace(space, snapshot, definitions, code_hash(), asked.force or asked.verify)
    results = _results(space, asked, definitions, snapshot, files, issues, own, progress)
    try:
        index, reports = _report(space, results, definitions, asked, making, progress)
    except OSError as fault:
        raise WorkspaceError(f"{space.reports / results.name} cannot be written: {reason_of(fault)}") from None
    notes = json.loads((results / "meta.json").read_bytes()).get("notes", [])
    lines = (*summary_lines(issues, files), *(f"\nnot scored: {note}" for note in notes), *own.lines)
    return RunResult(index, results.name.replace("_", "/"), results, _counts(files, issues), lines, reports)


def _intake(
    space: Workspace, definitions: Definitions, progress: Progress
) -> tuple[pd.DataFrame, pd.DataFrame, Snapshot]:
    store = space.open_store()
    try:
        intake = take_in(space.inbox, store, definitions, lambda done, total: progress("files", done, total))
        files, issues = all_issues(store, intake)
        progress("snapshot", 0, 1)
        snapshot = take_snapshot(store, definitions, space.snapshots)
        progress("snapshot", 1, 1)
        files, issues = with_issues_across(files, issues, store, snapshot, definitions)
        if intake.recorded or intake.refused or not space.issues.is_dir():
            write_issue_report(space.issues, issues, files, rule_briefs(issues, files, definitions), intake.sources)
        if files.empty:
            raise WorkspaceError(f"there is nothing to report: no file of {space.inbox} could be read")
        return files, issues, snapshot
    finally:
        store.close()


def _results(
    space: Workspace, asked: Asked, definitions: Definitions, snapshot: Snapshot, files: pd.DataFrame,
    issues: pd.DataFrame, own: Told, progress: Progress,
) -> Path:  # fmt: skip
    """The results folder: the one of the last run where it was made of the same, else a new one."""
    options = _options(space.settings.scoring, definitions)
    wanted = asked.period or space.settings.period
    made_of = _made_of(snapshot, definitions, options, wanted, space, files, issues)
    if not (asked.force or asked.verify) and (folder := _already(space.results, made_of)) is not None:
        renew_reconciliation(folder, own.counts, own.made_of)
        return folder
    progress("scores", 0, 1)
    inputs = prepare(snapshot, definitions, space.secret(), options)
    progress("scores", 1, 1)
    window = parse_period(wanted or latest_year(inputs))
    if window.last is None:
        raise UsageError(f"the period of a run is a calendar period such as 2026 or 2026-Q3, not {window.label}")
    progress("indicators", 0, 1)
    indicators, suppressed = indicators_and_log(inputs, definitions, window.label)
    explained = explain(inputs, indicators, options, window.last)
    made = {
        "indicators": indicators, "suppressed": suppressed, **explained.tables(),
        **vars(tell_impact(inputs, indicators, suppressed, window.last)),
        **tell_progress(inputs, indicators, window.label, window.last),
        "survey_estimates": run_designs(inputs, window.last), "reconciliation": own.counts,
        "flags": flags(indicators, definitions),
    }  # fmt: skip
    progress("indicators", 1, 1)
    about = About(space.settings.name, window, snapshot.id, options, made_of, own.made_of, explained.notes)
    return write_results(space.results / window.label.replace("/", "_"), inputs, made, files, issues, about)


def _made_of(
    snapshot: Snapshot, definitions: Definitions, options: Mapping[str, Mapping[str, str]], period: str | None,
    space: Workspace, files: pd.DataFrame, issues: pd.DataFrame,
) -> str:  # fmt: skip
    """Hash of everything that decides the results; without a period, the day decides which year is the latest."""
    day = period or datetime.now(UTC).date().isoformat()
    parts = [snapshot.id, definitions.fingerprint, options, day, space.settings.name, code_hash()]
    total = hashlib.sha256(json.dumps(parts, sort_keys=True).encode() + space.secret())
    for table in (files, issues):
        total.update(table.to_csv(index=False).encode())
    return total.hexdigest()


def code_hash() -> str:
    """Hash of the modules that compute: results of other code are other results."""
    package, total = Path(__file__).parent.parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _already(results: Path, made_of: str) -> Path | None:
    """The results folder that was made of the same, if there is one."""
    for meta in sorted(results.glob("*/meta.json")):
        if json.loads(meta.read_bytes()).get("made_of") == made_of:
            return meta.parent
    return None


def _report(
    space: Workspace, results: Path, definitions: Definitions, asked: Asked, making: Making, progress: Progress
) -> tuple[Path, list[RenderResult]]:
    out, choice = space.reports / results.name, asked.choice
    plan = plan_reports(results, definitions, hubs=choice.hubs, regions=choice.regions, network=choice.network)
    states: list[str] = []

    def note(result: RenderResult) -> None:
        states.append(result.state)
        if result.state == "failed":
            progress("failed", states.count("failed"), len(plan))
        progress("reports", len(states), len(plan))

    progress("reports", 0, len(plan))
    settings = space.settings.reports
    workers = asked.workers or settings.workers
    with _executor(asked.dask or settings.dask, workers, settings.shared) as executor:
        reports = render_reports(plan, out, making=making, workers=workers, force=asked.force, progress=note,
                                 complete=choice == Choice(), executor=executor)  # fmt: skip
    publish(results, out / "data")
    index = write_index(out, results, definitions)
    write_manifest(out, results, made_at=datetime.now(UTC).isoformat(timespec="seconds"))
    return index, reports


def _making(space: Workspace, asked: Asked) -> Making:
    settings = space.settings.reports
    limits = Limits(settings.seconds, settings.memory_mb, settings.output_mb)
    return Making(tuple(asked.formats or settings.formats), limits, settings.engine, settings.pdf_engine)


def _executor(dask: str | None, workers: int, shared: str) -> AbstractContextManager[Executor | None]:
    if dask is None:
        return nullcontext()
    from dihkpi.reports.cluster.executors import open_executor

    return open_executor(dask, workers, shared=shared)


def _counts(files: pd.DataFrame, issues: pd.DataFrame) -> Counts:
    rows = {name: int(files[name].sum()) for name in ("received", "accepted", "quarantined")}
    found = {f"{severity}s": int((issues["severity"] == severity).sum()) for severity in ("error", "warning")}
    return Counts(files=int(files["file"].nunique()), **rows, **found)


def _options(chosen: Mapping[str, Mapping[str, str]], definitions: Definitions) -> dict[str, dict[str, str]]:
    """Switches of the settings, checked against the surveys."""
    for survey, options in chosen.items():
        definitions.survey(survey).scoring(options)
    return {survey: dict(options) for survey, options in chosen.items()}


def latest_year(inputs: Inputs) -> str:
    """The calendar year of the newest record or assessment that is not in the future."""
    newest = max(inputs.newest(datetime.now(UTC).date()).values(), default=None)
    if newest is None:
        raise UsageError("no record has a date, so there is no period to report on\n  name one with --period 2026")
    return str(newest.year)
