"""How often 95 % intervals of changes hold the true value, in simulated networks.

python benchmarks/coverage_change.py --out docs/coverage_change.md     # on one core half a minute
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from judged import SEED, Row, arguments, deliver, head, summary, table

from dihkpi.indicators.change import paired
from dihkpi.indicators.change.attrition import Weights, staying_weights, weighted_change
from dihkpi.indicators.change.bootstrap import bca, bootstrap_t
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.paired import Moments, cluster_error
from dihkpi.indicators.change.signed_ranks import hodges_lehmann

Array = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]

LEVEL, DRAWS = 0.95, 2000
SIZES = (10, 20, 30, 50, 100)
FEW = 30
"""The policy: a bootstrap of fewer is marked."""
GAIN = 5.0
MARKED = "marked `u` in the table"
TRAP = "the trap that the row beside it avoids"
SAID = "few and very skewed: the row `mean_boot_t` beside it holds"
READING = """
What follows from it:

- The t interval holds what it says from ten pairs on, also for scores in steps with floor and ceiling; with ten to
  twenty pairs of very skewed changes it is slightly too short. The bootstrap-t beside it is not.
- The BCa bootstrap is too short below thirty pairs or clusters, as is known of it; the table `changes` marks it there.
- Above hubs, pairs taken as independent are wrong (an eighth of the variance between hubs is enough); clusters with
  t(G − 1) are right from eight hubs on.
- Who stayed is not who started: unweighted, the interval misses; weighted by classes of the chance to stay, it holds.
- The interval of the median of pair means is on the safe side where scores come in steps, that of d_z where changes are
  skewed.
"""


def main() -> None:
    """Simulate and write the page."""
    given = arguments(__doc__, runs=(5000, "runs of each row"))
    deliver(page(given.runs), given.out)


def page(runs: int) -> list[str]:
    """The page of the documentation."""
    rows = [*pairs(runs), *clusters(runs), *attrition(runs)]
    told = f"{runs:,} runs a row, {DRAWS:,} draws of each bootstrap"
    first = head("Coverage of the intervals of changes", "coverage_change", told)
    return [*first, *summary(rows), *READING.splitlines(), "", *table(rows)]


def _normal(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    return generator.normal(GAIN, 10, shape)


def _skewed(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Most change little, few change much: gamma with a skewness of 1.4."""
    return generator.gamma(2, 6, shape) - 12 + GAIN


def _scores(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Differences of two scores in steps of 2.5 between 0 and 100, many of them equal."""
    first = generator.normal(40, 18, shape)
    second = 40 + 0.6 * (first - 40) + GAIN + generator.normal(0, 12, shape)
    return np.asarray(np.subtract(*(np.round(np.clip(x, 0, 100) / 2.5) * 2.5 for x in (second, first))))


DATA: dict[str, Draw] = {"normal": _normal, "skewed": _skewed, "scores in steps, floor and ceiling": _scores}


def pairs(runs: int, sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    """Intervals of the mean, of the median of pair means and of d_z; every run is a cell."""
    for place, (name, draw) in enumerate(DATA.items()):
        many = draw(np.random.default_rng([SEED, place]), (2000, 2000))
        halves = (many[:, :1000] + many[:, 1000:]) / 2
        truth = {"mean": many.mean(), "median": float(np.median(halves)), "d_z": many.mean() / many.std()}
        for n in sizes:
            cells = cells_of(draw(np.random.default_rng([SEED, place, n]), (runs, n)))
            moments, where = Moments(cells, LEVEL), f"{name}, n = {n}"
            figure = paired.mean_change(moments)
            yield _row("mean, t", where, (figure.lo, figure.hi), truth["mean"], SAID if n < FEW else "")
            yield from _drawn((cells.cell, cells.change, np.ones(len(cells.cell))), runs, where, n, truth["mean"])
            yield _row("median of pair means", where, hodges_lehmann(cells, LEVEL)[1:], truth["median"])
            size = next(iter(paired.effect_sizes(moments)))
            yield _row("d_z, noncentral t", where, (size.lo, size.hi), truth["d_z"])


def clusters(runs: int, hubs: tuple[int, ...] = (8, 12, 20, 40)) -> Iterator[Row]:
    """Pairs of one hub resemble each other: an eighth of the variance lies between hubs of unequal size."""
    for groups in hubs:
        generator = np.random.default_rng([SEED, groups])
        sizes = 4 + np.arange(groups) % 5 * 4
        hub = np.repeat(np.arange(groups), sizes)
        shared = generator.normal(0, np.sqrt(100 / 8), (runs, groups))[:, hub]
        cells = cells_of(GAIN + shared + generator.normal(0, np.sqrt(100 * 7 / 8), (runs, len(hub))))
        moments = Moments(cells, LEVEL)
        plain, where = paired.mean_change(moments), f"{groups} hubs of 4 to 20 pairs"
        yield _row("mean, t, pairs taken as independent", where, (plain.lo, plain.hi), GAIN, TRAP)
        parts = cells.clusters(np.tile(hub, runs))
        figure = paired.clustered_change(moments, *cluster_error(*parts, moments.mean), "hub", few=0)
        yield _row("mean, clusters, t(G − 1)", where, (figure.lo, figure.hi), GAIN)
        yield from _drawn(parts, runs, where, groups, GAIN)


def _drawn(
    parts: tuple[npt.NDArray[np.intp], Array, Array], runs: int, where: str, n: int, truth: float
) -> Iterator[Row]:
    """Bootstraps: BCa, and with few to draw from the studentised one."""
    how = {"confidence": LEVEL, "draws": DRAWS, "seed": SEED}
    yield _row("mean, BCa", where, bca(*parts, runs, **how), truth, MARKED if n < FEW else "")
    if n < FEW:
        yield _row("mean, bootstrap-t", where, bootstrap_t(*parts, runs, **how, below=FEW), truth)


def attrition(runs: int, sizes: tuple[int, ...] = (100, 300, 1000)) -> Iterator[Row]:
    """Who starts low leaves more often and would have gained more; four in ten leave."""
    for n in sizes:
        generator = np.random.default_rng([SEED, n])
        first = generator.normal(45, 15, (runs, n))
        change = GAIN - 0.4 * (first - 45) + generator.normal(0, 10, first.shape)
        stayed = generator.random(first.shape) < 1 / (1 + np.exp(-0.4 - 0.06 * (first - 45)))
        chosen = [staying_weights(first[run][:, None], stayed[run], 5) for run in range(runs)]
        weight = np.array([weights.weight for weights in chosen])
        cells = Cells.of(np.nonzero(stayed)[0], np.zeros((stayed.sum(), 1)), change[stayed][:, None], runs)
        plain, where = paired.mean_change(Moments(cells, LEVEL)), f"who starts low leaves, n = {n:,}"
        yield _row("mean of who stayed, t", where, (plain.lo, plain.hi), GAIN, TRAP)
        figure = weighted_change(cells, weight[stayed], Weights(weight[0], "", ""), LEVEL)
        yield _row("weighted by the chance to stay", where, (figure.lo, figure.hi), GAIN)


def cells_of(change: Array) -> Cells:
    """Each row of changes as one cell."""
    runs, n = change.shape
    return Cells.of(np.repeat(np.arange(runs), n), np.zeros((runs * n, 1)), change.reshape(-1, 1), runs)


def _row(what: str, where: str, ends: tuple[Array, Array], truth: float, known: str = "") -> Row:
    """How often the intervals hold the truth, and their mean width."""
    lo, hi = ends
    held = np.where(np.isnan(lo), np.nan, (lo <= truth) & (truth <= hi))
    return Row.of(what, where, held, float(np.nanmean(hi - lo)), known)


if __name__ == "__main__":
    main()
