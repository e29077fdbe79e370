"""Commands on a workspace: demo, init, submit, run, report, status."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihkpi.cli import DATA_HAS_ERRORS, FAILED
from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.files import Files, SurveyId
from dihkpi.cli.messages import counts_line, give, say, table
from dihkpi.cli.progress import Show, progress_bar, resources

if TYPE_CHECKING:
    from dihkpi.pipeline import RunResult
    from dihkpi.pipeline.run import Choice

Dir = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]
Period = Annotated[
    str | None,
    typer.Option("--period", help="2026, 2026-H1, 2026-Q3 or 2026-09; its last day is the cut-off."),
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, max=64, help="Reports made at the same time.")]
Formats = Annotated[str | None, typer.Option("--format", help="Of html, pdf and ipynb, separated by commas.")]
Force = Annotated[bool, typer.Option("--force", help="Make unchanged reports again.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait while another process works here.")]
Dask = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="A Dask scheduler, tcp://host:8786, or local.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Read every file again, whatever its size and time say.")]
Why = Annotated[bool, typer.Option("--why", help="Say of every report why it is made.")]
Shown = Annotated[Show, typer.Option("--progress", help="How progress is shown.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (demo, init, submit, run, report, status):
        app.command()(command)


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new or empty folder, or the demo made there before.")
    ] = Path("demo"),
    hubs: Annotated[int, typer.Option("--hubs", min=1, max=5000, help="Hubs of the network.")] = 12,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same network.")] = 1,
    workers: Workers = None,
    definitions: Folder = None,
    quiet: Quiet = False,
) -> None:
    """Make a workspace with a synthetic network, and run everything."""
    from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
    from dihkpi.pipeline import run as run_workspace

    with progress_bar(quiet) as progress:
        space = write_demo(folder, hubs=hubs, seed=seed, progress=lambda done: progress("demo", done, hubs))
        result = run_workspace(space, period=DEMO_PERIOD, workers=workers, progress=progress,
                               definitions=space.load_definitions(definitions))  # fmt: skip
    say(f"{result.lines[0]}: the faults are planted, to show how they are told")
    say(f"every fault with its cell: {folder / 'issues' / 'issues.html'}")
    say(f"own lists of hubs beside the official ones: {space.reconciliation / 'reconciliation.xlsx'}")
    _tell_reports(result)
    if result.failed:
        raise typer.Exit(FAILED)
    print(result.index)


def init(
    folder: Dir,
    name: Annotated[str | None, typer.Option("--name", help="How reports call the network.")] = None,
) -> None:
    """Make an empty workspace."""
    from dihkpi.workspace import create_workspace

    space = create_workspace(folder, name)
    say(f"a workspace: put files into {space.inbox}, those of a hub into {space.inbox / '<hub>'}")
    say(f"lists of a hub's own, to be compared with these, into {space.crm / '<hub>'}")
    say(f"then: dihkpi run {folder}")


def submit(
    files: Files,
    workspace: Annotated[Path, typer.Option("-w", "--workspace", metavar="DIR", help="The workspace.")] = Path(),
    survey: SurveyId = None,
    hub: Annotated[str | None, typer.Option("--hub", help="The hub that sent the files.")] = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Check files and record them in the store; recording the same content again changes nothing."""
    from dihkpi.pipeline.inbox import all_issues, take_in
    from dihkpi.workspace import open_workspace

    space = open_workspace(workspace)
    with space.lock("submit", wait), closing(space.open_store()) as store:
        intake = take_in(space.inbox, store, space.load_definitions(), files=files, hub=hub, survey=survey)
        known, issues = all_issues(store, intake)
    known, issues = known[known["file"].isin(intake.sources)], issues[issues["file"].isin(intake.sources)]
    _tell_files(known, issues, as_json)
    if not as_json:
        say("recorded" if intake.recorded else "already recorded, nothing to do")
    if (issues["severity"] == "error").any():
        raise typer.Exit(DATA_HAS_ERRORS)


def run(
    folder: Dir = Path(),
    period: Period = None,
    workers: Workers = None,
    format_: Formats = None,
    definitions: Folder = None,
    dask: Dask = None,
    force: Force = False,
    verify: Verify = False,
    why: Why = False,
    wait: Wait = 0,
    show: Shown = Show.auto,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """From the inbox to the reports whose inputs changed."""
    asked = {"period": period, "workers": workers, "dask": dask, "force": force, "verify": verify}
    _run(folder, None, asked, format_, definitions, wait, Tell(quiet, show, why, as_json))


def report(
    folder: Dir = Path(),
    hub: Annotated[list[str] | None, typer.Option("--hub", help="A hub, by its id.")] = None,
    region: Annotated[list[str] | None, typer.Option("--region", help="A region or country, by its code.")] = None,
    network: Annotated[bool, typer.Option("--network", help="The network.")] = False,
    period: Period = None,
    workers: Workers = None,
    format_: Formats = None,
    definitions: Folder = None,
    dask: Dask = None,
    force: Force = False,
    verify: Verify = False,
    why: Why = False,
    wait: Wait = 0,
    show: Shown = Show.auto,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make the named reports."""
    from dihkpi.errors import UsageError
    from dihkpi.pipeline.run import Choice

    if not (hub or region or network):
        raise UsageError("say which reports: --hub H, --region R or --network\n  all of them: dihkpi run")
    choice = Choice(hubs=hub or (), regions=region or (), network=network)
    asked = {"period": period, "workers": workers, "dask": dask, "force": force, "verify": verify}
    _run(folder, choice, asked, format_, definitions, wait, Tell(quiet, show, why, as_json))


def status(folder: Dir = Path(), as_json: AsJson = False) -> None:
    """What is in: every file with its counts."""
    from dihkpi.pipeline.inbox import Intake, all_issues
    from dihkpi.workspace import open_workspace

    store = open_workspace(folder).open_store()
    try:
        files, issues = all_issues(store, Intake({}))
    finally:
        store.close()
    if as_json:
        _tell_files(files, issues, True)
        return
    shown = files[["file", "survey", "form", "received", "accepted", "quarantined", "errors", "warnings"]]
    table(list(shown.columns), shown.astype(str).to_numpy().tolist())
    say(counts_line(files))


@dataclass(frozen=True)
class Tell:
    """How a run is told."""

    quiet: bool
    show: Show
    why: bool
    as_json: bool


def _run(
    folder: Path, choice: Choice | None, asked: dict[str, Any], formats: str | None, definitions: Path | None,
    wait: float, tell: Tell,
) -> None:  # fmt: skip
    from dihkpi.pipeline.run import run as run_workspace
    from dihkpi.workspace import open_workspace

    begun, space = time.monotonic(), open_workspace(folder)
    chosen = [part.strip() for part in formats.split(",")] if formats else None
    progress = progress_bar(tell.quiet or (tell.as_json and tell.show is Show.auto), tell.show)
    with space.lock("run" if choice is None else "report", wait), progress as note:
        result = run_workspace(
            space, formats=chosen, choice=choice, progress=note, **asked,
            definitions=space.load_definitions(definitions) if definitions else None,
        )  # fmt: skip
    if tell.as_json:
        give(_run_object(result))
    else:
        _tell(result, folder, tell)
        if any(report.state == "made" for report in result.reports) and not tell.quiet:
            say(resources(time.monotonic() - begun))
        print(result.index)
    if result.failed:
        raise typer.Exit(FAILED)
    if result.has_errors:
        raise typer.Exit(DATA_HAS_ERRORS)


def _tell(result: RunResult, folder: Path, tell: Tell) -> None:
    say("\n".join(result.lines))
    if result.counts.errors or result.counts.warnings:
        say(f"every issue with its cell: {folder / 'issues' / 'issues.html'}")
    if tell.why:
        for report in (report for report in result.reports if report.why):
            say(f"{report.path}: {report.why}")
    _tell_reports(result)


def _tell_reports(result: RunResult) -> None:
    made = [report for report in result.reports if report.state == "made"]
    same = sum(report.state == "unchanged" for report in result.reports)
    say(f"reports: {len(made)} made, {same} unchanged, {len(result.failed)} failed")
    ways = {report.way for report in made} - {"child", ""}
    if ways:
        from dihkpi.reports.running.notebook import WAYS

        say("slower than usual: " + "; ".join(words for way, words in WAYS.items() if way in ways))
    for failed in result.failed[:10]:
        say(f"  {failed.message}")
    if len(result.failed) > 10:
        say(f"  and {len(result.failed) - 10} more, in {result.index.with_name('manifest.json')}")


def _tell_files(files: Any, issues: Any, as_json: bool) -> None:
    from dihkpi.intake.issue_report import issue_object, summary_lines

    if as_json:
        give(issue_object(issues, files))
    else:
        say("\n".join(summary_lines(issues, files)))


def _run_object(result: RunResult) -> dict[str, Any]:
    return {
        "period": result.period,
        "index": str(result.index),
        "counts": {name: getattr(result.counts, name) for name in ("received", "accepted", "quarantined")},
        "errors": result.counts.errors,
        "reports": [
            {
                "report": r.report,
                "level": r.level,
                "code": r.code,
                "path": r.path,
                "state": r.state,
                "message": r.message,
                "why": r.why,
                "seconds": r.seconds,
            }
            for r in result.reports
        ],
    }
