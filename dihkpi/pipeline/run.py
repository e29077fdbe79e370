"""A run of a workspace: nothing where nothing changed, else all its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.pipeline.seen import Sight
from dihkpi.reports.outcome import RenderResult
from dihkpi.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is.

The stages are files, snapshot, scores, indicators and reports; ``failed`` counts reports that could not be made.
"""


@dataclass(frozen=True)
class Choice:
    """Only these reports; everything when nothing is chosen."""

    hubs: Collection[str] | None = None
    regions: Collection[str] | None = None
    network: bool | None = None


@dataclass(frozen=True)
class Asked:
    """What a run is asked for, beside the workspace.

    Parameters
    ----------
    period : str, optional
    choice : Choice
    formats : tuple of str, optional
    dask : str, optional
    workers : int, optional
    force, verify : bool
    """

    period: str | None = None
    choice: Choice = Choice()
    formats: tuple[str, ...] | None = None
    dask: str | None = None
    workers: int | None = None
    force: bool = False
    verify: bool = False


@dataclass(frozen=True)
class Counts:
    """Rows of all files, and what was found in them."""

    files: int
    received: int
    accepted: int
    quarantined: int
    errors: int
    warnings: int


@dataclass(frozen=True)
class RunResult:
    """What a run made.

    Parameters
    ----------
    index : pathlib.Path
        Page that lists the reports.
    period : str
    results : pathlib.Path
        The results folder of the run: scores, indicators, files, issues.
    counts : Counts
    lines : tuple of str
        The issues that matter most, in words.
    reports : list of RenderResult
    """

    index: Path
    period: str
    results: Path
    counts: Counts
    lines: tuple[str, ...]
    reports: list[RenderResult] = field(repr=False)

    @cached_property
    def files(self) -> pd.DataFrame:
        """The table of this name."""
        return self._table("files")

    @cached_property
    def issues(self) -> pd.DataFrame:
        """The table of this name."""
        return self._table("issues")

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        return pd.read_parquet(self.results / f"{name}.parquet")

    @property
    def has_errors(self) -> bool:
        """Whether the data has errors."""
        return self.counts.errors > 0

    @property
    def failed(self) -> list[RenderResult]:
        """Reports that could not be made."""
        return [report for report in self.reports if report.state == "failed"]


def run(
    workspace: str | Path | Workspace, *, period: str | None = None, definitions: Definitions | None = None,
    choice: Choice | None = None, formats: Sequence[str] | None = None, workers: int | None = None,
    dask: str | None = None, force: bool = False, verify: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> RunResult:  # fmt: skip
    """Take the inbox in, score, compute, and make the reports whose inputs changed.

    Where no file of the workspace, the definitions or the package changed since the last run, it only says what is
    there.

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
    dask : str, optional
        Address of a Dask scheduler, or ``local`` for one that is started for the run.
    force : bool
        Make unchanged reports again.
    verify : bool
        Read every file again, also where size and time say that it is as it was.
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
    asked = Asked(period, choice or Choice(), tuple(formats) if formats else None, dask, workers, force, verify)
    with space.lock("run"):
        sight = Sight(space, asked, definitions.roots if definitions else None)
        before = sight.before()
        if not (force or verify) and (known := sight.recall(before)):
            return known
        from dihkpi.pipeline.steps import take_steps

        result = take_steps(space, asked, definitions or space.load_definitions(), progress)
        if not result.failed:
            sight.remember(before, result)
        return result
