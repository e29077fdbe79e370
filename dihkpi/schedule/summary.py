"""What a call made, as one line for a monitor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from dihkpi.errors import DATA_HAS_ERRORS, FAILED, FINE
from dihkpi.schedule.due import Turn

if TYPE_CHECKING:
    from dihkpi.pipeline.run import RunResult


@dataclass
class Outcome:
    """What became of one turn.

    Parameters
    ----------
    schedule, period : str
    state : {'made', 'unchanged', 'failed', 'due'}
    attempt : int
        Which try it was.
    made, unchanged, failed : int
        Reports.
    errors : int
        Errors in the data.
    seconds : float
    exit_code : int
    message : str
        Why it failed.
    """

    schedule: str
    period: str
    state: Literal["made", "unchanged", "failed", "due"]
    attempt: int = 1
    made: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: int = 0
    seconds: float = 0.0
    exit_code: int = FINE
    message: str = ""

    @property
    def ending(self) -> Literal["made", "unchanged", "failed"]:
        """The state of a turn that was worked on."""
        return "failed" if self.state == "due" else self.state

    def take(self, result: RunResult) -> None:
        """Fill in what a run made."""
        states = [report.state for report in result.reports]
        self.made, self.unchanged, self.failed = (states.count(state) for state in ("made", "unchanged", "failed"))
        self.errors = result.counts.errors
        self.state = "failed" if self.failed else "made" if self.made else "unchanged"
        self.exit_code = FAILED if self.failed else DATA_HAS_ERRORS if self.errors else FINE
        if self.failed:
            first = next(report.message for report in result.reports if report.state == "failed")
            self.message = f"{self.failed} of {len(states)} reports could not be made; the first: {first}"


@dataclass
class Summary:
    """What a call made.

    Parameters
    ----------
    workspace : str
    now : datetime.datetime
    outcomes : list of Outcome
        In the order of the work.
    next : Turn, optional
        What falls due next.
    state : {'made', 'unchanged', 'failed', 'nothing due', 'busy', 'due'}
        ``due`` after a dry run only.
    exit_code : int
        0 fine, 1 reports are made but the data has errors, 2 wrong settings, 3 failed.
    seconds : float
    message : str
        What went wrong as a whole.
    alert : str
        What became of the command of ``on_failure``.
    """

    workspace: str
    now: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    next: Turn | None = None
    state: Literal["made", "unchanged", "failed", "nothing due", "busy", "due"] = "nothing due"
    exit_code: int = FINE
    seconds: float = 0.0
    message: str = ""
    alert: str = ""

    def close(self, seconds: float) -> None:
        """Sum up: the worst state of all and the highest exit code count."""
        self.seconds = round(seconds, 1)
        self.exit_code = max([self.exit_code, *(outcome.exit_code for outcome in self.outcomes)])
        if self.state == "nothing due":
            found = {outcome.state for outcome in self.outcomes}
            worst: list[Literal["failed", "due", "made", "unchanged"]] = ["failed", "due", "made", "unchanged"]
            self.state = next((state for state in worst if state in found), "nothing due")

    @property
    def cause(self) -> str:
        """What failed; the same text for the same failure."""
        failed = sorted(f"{o.schedule} {o.period}" for o in self.outcomes if o.state == "failed")
        return ", ".join(failed) or f"{self.state}: {self.message.splitlines()[0] if self.message else ''}"

    def as_object(self) -> dict[str, Any]:
        """Ready for JSON."""
        sums = {name: sum(getattr(o, name) for o in self.outcomes) for name in ("made", "unchanged", "failed")}
        return {
            "state": self.state,
            "exit_code": self.exit_code,
            "workspace": self.workspace,
            "now": self.now.isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "reports": sums,
            "errors": max((outcome.errors for outcome in self.outcomes), default=0),
            "runs": [vars(outcome) for outcome in self.outcomes],
            "next": self.next and {
                "schedule": self.next.schedule,
                "period": self.next.period,
                "at": self.next.at.isoformat(timespec="seconds"),
            },
            "message": self.message,
            "alert": self.alert,
        }  # fmt: skip
