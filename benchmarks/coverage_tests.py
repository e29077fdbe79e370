"""A planted effect is found, and one that is not there is found in 5 of 100 runs: all tests in one table.

python benchmarks/coverage_tests.py --out docs/coverage_tests.md     # on one core four minutes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from coverage_cause import OTHERS, SIZES, TITLES, World, outside, rejected
from coverage_change import GAIN, LEVEL, Array, cells_of
from judged import NULL, SEED, SURE, arguments, deliver, head

from dihkpi.indicators.change import paired
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.paired import Moments, cluster_error, clustered_change
from dihkpi.indicators.change.signed_ranks import exact_signs, wilcoxon

Flags = npt.NDArray[np.bool_]
PLANTED = 2.0
"""Planted effect of a comparison: twice the spread between hubs; a quarter of it where there are many firms."""
WORLDS = (
    *(World("equal, half supported", hubs, hubs // 2) for hubs in (8, 12, 20, 40)),
    *(World("of 5 to 60 firms, half supported", hubs, hubs // 2, (5, 60)) for hubs in (8, 12, 20, 40)),
)


@dataclass(frozen=True)
class Tested:
    """How often a test rejected.

    Attributes
    ----------
    what, where, planted : str
        Test, data, and the effect that was planted.
    false, true : float
        Share of rejections where the null holds, and where the effect is there.
    runs : int
    """

    what: str
    where: str
    planted: str
    false: float
    true: float
    runs: int

    @property
    def error(self) -> float:
        """Standard error of the share of false rejections."""
        return float(np.sqrt(self.false * (1 - self.false) / self.runs))

    @property
    def verdict(self) -> str:
        """In words."""
        if self.false - SURE * self.error > NULL[1]:
            return "TOO OFTEN"
        if self.false + SURE * self.error < NULL[0]:
            return "more seldom: cautious"
        return "5 ± 1" if NULL[0] <= self.false <= NULL[1] else "5 ± 1 by its error"

    def line(self) -> str:
        """In Markdown."""
        shares = f"{self.false:.1%} (± {self.error:.1%})", self.verdict, self.planted, f"{self.true:.1%}"
        return f"| {' | '.join([self.what, self.where, f'{self.runs:,}', *shares])} |"


def of_changes(runs: int, sizes: Sequence[int] = (12, 20, 50)) -> Iterator[Tested]:
    """Tests of a change, of none and of half a standard deviation; and of equivalence within as much."""
    for n in sizes:
        noise = np.random.default_rng([SEED, 7, n]).normal(0, 10, (runs, n))
        none, planted = (p_values(cells_of(noise + gain)) for gain in (0.0, GAIN))
        for test in none:
            alike = test == "equivalence"
            shares = [float((p[test] < 1 - LEVEL).mean()) for p in ((planted, none) if alike else (none, planted))]
            if not np.isnan(none[test]).all():
                yield Tested(test, f"{n} pairs", "no change" if alike else "0.5 sd", *shares, runs)


def p_values(cells: Cells) -> dict[str, Array]:
    """P-values of every cell by each test."""
    moments = Moments(cells, LEVEL)
    return {
        "paired t": paired.mean_change(moments).p,
        "signed ranks, normal": wilcoxon(cells, "wilcox")[1],
        "signed ranks, all signs": exact_signs(cells, "wilcox", 12),
        "equivalence": paired.equivalence(moments, np.full(cells.size, GAIN)).p,
    }


def of_clustered_changes(runs: int, sizes: Sequence[int] = (8, 12, 40)) -> Iterator[Tested]:
    """Mean change above hubs: an eighth of the variance lies between hubs of unequal size."""
    for hubs in sizes:
        generator = np.random.default_rng([SEED, 8, hubs])
        hub = np.repeat(np.arange(hubs), 4 + np.arange(hubs) % 5 * 4)
        noise = generator.normal(0, np.sqrt(100 / 8), (runs, hubs))[:, hub]
        noise = noise + generator.normal(0, np.sqrt(100 * 7 / 8), noise.shape)
        shares = []
        for gain in (0.0, GAIN):
            cells = cells_of(noise + gain)
            moments = Moments(cells, LEVEL)
            error = cluster_error(*cells.clusters(np.tile(hub, runs)), moments.mean)
            shares.append(float((clustered_change(moments, *error, "hub", few=0).p < 1 - LEVEL).mean()))
        yield Tested("mean change, clusters, t(G − 1)", f"{hubs} hubs of 4 to 20 pairs", "0.5 sd", *shares, runs)


def of_effects(runs: int, worlds: Sequence[World] = WORLDS) -> Iterator[Tested]:
    """Difference in differences: the default and the wild bootstrap."""
    for number, world in enumerate(worlds):
        shares = rejected(world, PLANTED, runs, SEED + 10**8 + number * 10**6).mean(axis=0)
        for at, (name, title) in enumerate(TITLES.items()):
            if name != "cluster":
                where = f"{world.hubs} hubs {world.name}"
                yield Tested(f"did, {title}", where, f"{PLANTED:g}", *map(float, shares[:, at]), runs)


def of_others(runs: int, sizes: Sequence[int] = SIZES) -> Iterator[Tested]:
    """Staggered starts and weights."""
    for what in OTHERS:
        gain = PLANTED if "staggered" in what else PLANTED / 4
        for hubs in sizes:
            shares = outside(what, hubs, gain, runs, SEED + 1).mean(axis=0)
            yield Tested(what, f"{hubs} hubs", f"{gain:g}", *map(float, shares), runs)


def page(runs: int) -> list[str]:
    """The page of the documentation."""
    rows = [*of_changes(runs), *of_clustered_changes(runs), *of_effects(runs), *of_others(runs)]
    off = [row for row in rows if not row.verdict.startswith("5")]
    lines = [
        *head("What tests find: a planted effect, and none", "coverage_tests", f"{runs:,} runs a row"),
        f"Of {len(rows)} rows {len(rows) - len(off)} reject a null in 4 to 6 % of the runs.",
        "",
        *(f"- {row.what}, {row.where}: {row.false:.1%}, {row.verdict}." for row in off),
        "",
        "All tests are at 5 %. In comparisons the null is the claim of the effect in truth: as the methods shift with",
        "the outcome, that is the test of none where there is none. For equivalence the null is a change as large as",
        "the margin, half a standard deviation, and no change at all is what is to be found.",
        "",
        "| test | where | runs | null rejected | 4 to 6 % | planted | found |",
        "|" + " --- |" * 7,
    ]
    return [*lines, *(row.line() for row in rows)]


def main() -> None:
    """Simulate and write the page."""
    given = arguments(__doc__, runs=(2000, "runs of each row"))
    deliver(page(given.runs), given.out)


if __name__ == "__main__":
    main()
