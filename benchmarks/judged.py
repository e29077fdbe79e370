"""Shares that simulations found, judged with the error of the simulation: what the pages on coverage have in common."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

GOAL = (0.93, 0.97)
NULL = (0.04, 0.06)
SEED = 20260101
SURE = 1.96
"""Errors of the simulation that a share must lie outside of its goal by before it is called so."""


@dataclass(frozen=True)
class Row:
    """How often intervals held the truth.

    Attributes
    ----------
    what, where : str
        Interval, and data.
    held, error : float
        Share of the intervals that held the truth, and the standard error of the simulation.
    runs : int
    width : float
        Mean width, where it is told.
    known : str
        Why a row below the goal is no surprise, such as a mark that the tables of results carry too.
    """

    what: str
    where: str
    held: float
    error: float
    runs: int
    width: float = np.nan
    known: str = ""

    @classmethod
    def of(cls, what: str, where: str, held: npt.ArrayLike, width: float = np.nan, known: str = "") -> Row:
        """From what each run found: a truth value, or a share of several intervals; NaN where there was none."""
        found = np.asarray(held, dtype=float)
        found = found[np.isfinite(found)]
        error = float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else np.nan
        return cls(what, where, float(found.mean()), error, len(found), width, known)

    @property
    def below(self) -> bool:
        """Surely too seldom."""
        return self.held + SURE * self.error < GOAL[0]

    @property
    def above(self) -> bool:
        """Surely too often: wider than needed."""
        return self.held - SURE * self.error > GOAL[1]

    @property
    def verdict(self) -> str:
        """In words."""
        if self.below:
            return f"BELOW: {self.known}" if self.known else "BELOW"
        if self.above:
            return "above: cautious"
        return "inside" if GOAL[0] <= self.held <= GOAL[1] else "inside by its error"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Lines of Markdown."""
    wide = any(np.isfinite(row.width) for row in rows)
    names = ["interval", "where", "held", "runs", *(["mean width"] if wide else []), "93 to 97 %"]
    yield f"| {' | '.join(names)} |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        share = f"{row.held:.1%} (± {row.error:.1%})"
        width = [f"{row.width:.2f}" if np.isfinite(row.width) else "–"] if wide else []
        yield f"| {' | '.join([row.what, row.where, share, f'{row.runs:,}', *width, row.verdict])} |"


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """What holds and what does not, in a few lines of Markdown."""
    below, above = [row for row in rows if row.below], [row for row in rows if row.above]
    inside = len(rows) - len(below) - len(above)
    yield f"Of {len(rows)} rows {inside} hold 93 to 97 %, {len(above)} hold more (cautious), {len(below)} less."
    yield ""
    open_ = [row for row in below if not row.known]
    if open_:
        yield "- Below without a reason: " + "; ".join(f"{r.what}, {r.where} ({r.held:.1%})" for r in open_) + "."
    else:
        yield "- Below without a reason that is said here: nothing."
    for known, some in grouped((row for row in below if row.known), lambda row: row.known):
        yield f"- Below, {known}: {counts(some, rows)}."
    if above:
        yield f"- Above: {counts(above, rows)}."


def counts(some: Sequence[Row], rows: Sequence[Row]) -> str:
    """How many rows of each interval, and their shares."""
    parts = []
    for what, mine in grouped(some, lambda row: row.what):
        all_ = sum(row.what == what for row in rows)
        low, high = min(row.held for row in mine), max(row.held for row in mine)
        share = f"{low:.1%}" if len(mine) == 1 else f"{low:.1%} to {high:.1%}"
        parts.append(f"{what} in {len(mine)} of {all_} rows ({share})")
    return ", ".join(parts)


def grouped(rows: Iterator[Row] | Sequence[Row], key: Callable[[Row], str]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of each key, keys in order."""
    for name, some in groupby(sorted(rows, key=key), key=key):
        yield name, list(some)


def head(title: str, script: str, runs: str) -> list[str]:
    """First lines of a page."""
    return [
        f"# {title}",
        "",
        f"`python benchmarks/{script}.py --out docs/{script}.md`; seed {SEED}; {runs}.",
        "In brackets the standard error of the simulation: a row counts as outside of its goal only where it is so by",
        f"more than {SURE} of them.",
        "",
    ]


def arguments(about: str | None, **numbers: tuple[int, str]) -> Namespace:
    """Numbers of runs, and where the page goes."""
    parser = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    for name, (default, told) in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{told}; {default:,}")
    parser.add_argument("--out", type=Path, help="file of the page; printed when not given")
    return parser.parse_args()


def deliver(lines: Sequence[str], out: Path | None) -> None:
    """Write or print a page."""
    text = "\n".join(lines) + "\n"
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        print(text)
