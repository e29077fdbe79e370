"""The whole run on one screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, WorkspaceError
from dihkpi.indicators.compute import Inputs, compute_indicators
from dihkpi.indicators.windows import parse_period
from dihkpi.intake.briefs import rule_briefs
from dihkpi.intake.issue_report import write_issue_report
from dihkpi.pipeline.inbox import all_issues, take_in
from dihkpi.pipeline.results import About, publish, write_results
from dihkpi.pipeline.tables import prepare
from dihkpi.reports.index import write_index
from dihkpi.reports.manifest import write_manifest
from dihkpi.reports.plan import plan_reports
from dihkpi.reports.render import Making, render_reports
from dihkpi.store.snapshot import take_snapshot
from dihkpi.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.reports.render import RenderResult

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Choice:
    """Only these reports; everything when nothing is chosen."""

    hubs: Collection[str] | None = None
    regions: Collection[str] | None = None
    network: bool | None = None


@dataclass(frozen=True)
class RunResult:
    """What a run made.

    Parameters
    ----------
    index : pathlib.Path
        Page that lists the reports.
    period : str
    files, issues : pandas.DataFrame
        As the tables of these names.
    reports : list of RenderResult
    """

    index: Path
    period: str
    files: pd.DataFrame = field(repr=False)
    issues: pd.DataFrame = field(repr=False)
    reports: list[RenderResult] = field(repr=False)

    @property
    def has_errors(self) -> bool:
        """Whether the data has errors."""
        return bool((self.issues["severity"] == "error").any())

    @property
    def failed(self) -> list[RenderResult]:
        """Reports that could not be made."""
        return [report for report in self.reports if report.state == "failed"]


def run(
    workspace: str | Path | Workspace, *, period: str | None = None, definitions: Definitions | None = None,
    choice: Choice | None = None, formats: Sequence[str] | None = None, workers: int | None = None, force: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> RunResult:  # fmt: skip
    """Take the inbox in, score, compute, and make the reports whose inputs changed.

    Parameters
    ----------
    workspace : path or Workspace
    period : str, optional
        A calendar period; its last day is the cut-off. By default that of the settings, else the year of the newest
        record.
    definitions : Definitions, optional
        Those of the workspace by default.
    choice : Choice, optional
        Which reports.
    formats, workers : optional
        Those of the settings by default.
    force : bool
        Make unchanged reports again.
    progress : callable

    Raises
    ------
    WorkspaceError
        When the folder is not a workspace or nothing was ever submitted.
    UsageError
        When the period, a hub or a region is unknown.
    BusyError
        When another process works in the workspace.
    """
    space = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    with space.lock("run"):
        return _run(space, period, definitions, choice, formats, workers, force, progress)


def _run(
    space: Workspace, period: str | None, definitions: Definitions | None, choice: Choice | None,
    formats: Sequence[str] | None, workers: int | None, force: bool, progress: Progress,
) -> RunResult:  # fmt: skip
    definitions = definitions or space.load_definitions()
    options = _options(space.settings.scoring, definitions)
    store = space.open_store()
    try:
        intake = take_in(space.inbox, store, definitions, lambda done, total: progress("files", done, total))
        files, issues = all_issues(store, intake)
        if intake.recorded or intake.refused or not space.issues.is_dir():
            write_issue_report(space.issues, issues, files, rule_briefs(issues, files, definitions), intake.sources)
        if files.empty:
            raise WorkspaceError(f"there is nothing to report: no file of {space.inbox} could be read")
        progress("snapshot", 0, 1)
        snapshot = take_snapshot(store, definitions, space.snapshots)
        progress("snapshot", 1, 1)
    finally:
        store.close()
    progress("scores", 0, 1)
    inputs = prepare(snapshot, definitions, space.secret(), options)
    progress("scores", 1, 1)
    window = parse_period(period or space.settings.period or latest_year(inputs))
    if window.last is None:
        raise UsageError(f"the period of a run is a calendar period such as 2026 or 2026-Q3, not {window.label}")
    progress("indicators", 0, 1)
    indicators = compute_indicators(inputs, definitions, window.label)
    progress("indicators", 1, 1)
    name = window.label.replace("/", "_")
    about = About(space.settings.name, window, snapshot.id, options)
    results = write_results(space.results / name, inputs, indicators, files, issues, about)
    return _report(space, results, name, definitions, RunResult(Path(), window.label, files, issues, []),
                   choice or Choice(), formats, workers, force, progress)  # fmt: skip


def _report(
    space: Workspace, results: Path, name: str, definitions: Definitions, made: RunResult, choice: Choice,
    formats: Sequence[str] | None, workers: int | None, force: bool, progress: Progress,
) -> RunResult:  # fmt: skip
    out = space.reports / name
    plan = plan_reports(results, definitions, hubs=choice.hubs, regions=choice.regions, network=choice.network)
    done: list[RenderResult] = []

    def note(result: RenderResult) -> None:
        done.append(result)
        progress("reports", len(done), len(plan))

    progress("reports", 0, len(plan))
    making = Making(tuple(formats or space.settings.reports.formats))
    reports = render_reports(plan, out, making=making, workers=workers or space.settings.reports.workers, force=force,
                             progress=note)  # fmt: skip
    publish(results, out / "data")
    index = write_index(out, results, definitions)
    write_manifest(out, results, made_at=datetime.now(UTC).isoformat(timespec="seconds"))
    return RunResult(index, made.period, made.files, made.issues, reports)


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
