"""How often 95 % intervals of changes hold the true value, in simulated networks.

python benchmarks/coverage_change.py                  # 4,000 runs of each row, as in docs/coverage_change.md
python benchmarks/coverage_change.py --runs 400
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.change import paired
from dihkpi.indicators.change.attrition import Weights, staying_weights, weighted_change
from dihkpi.indicators.change.bootstrap import bca
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.paired import Moments, cluster_error
from dihkpi.indicators.change.signed_ranks import exact_signs, hodges_lehmann, wilcoxon

Array = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]
Row = tuple[str, str, int, float, float]
"""Data, interval, pairs or respondents, coverage in per cent, mean width."""

SEED = 20260101
LEVEL, DRAWS = 0.95, 2000
SIZES = (10, 20, 50, 100)
GAIN = 5.0


def main() -> None:
    """Print all rows as a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    runs = parser.parse_args().runs
    print(f"{runs:,} runs per row; seed {SEED}; {DRAWS:,} draws of the bootstrap.\n")
    print("| data | interval | n | coverage, % | mean width | 93 to 97 % |\n| --- | --- | --- | --- | --- | --- |")
    for data, interval, n, covered, width in (*pairs(runs), *clusters(runs), *attrition(runs)):
        within = "yes" if 93 <= covered <= 97 else "**no**"
        print(f"| {data} | {interval} | {n} | {covered:.1f} | {width:.2f} | {within} |")
    print("\n| test at 5 % | n | rejected where the null holds, % | where it does not, % |\n| --- | --- | --- | --- |")
    for test, n, none, planted in rejections(runs):
        print(f"| {test} | {n} | {none:.1f} | {planted:.1f} |")


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


def pairs(runs: int) -> Iterator[Row]:
    """Intervals of the mean, of the median of pair means and of d_z; every run is a cell."""
    for place, (name, draw) in enumerate(DATA.items()):
        many = draw(np.random.default_rng([SEED, place]), (2000, 2000))
        halves = (many[:, :1000] + many[:, 1000:]) / 2
        truth = {"mean": many.mean(), "median": float(np.median(halves)), "d_z": many.mean() / many.std()}
        for n in SIZES:
            cells = _cells(draw(np.random.default_rng([SEED, place, n]), (runs, n)))
            moments = Moments(cells, LEVEL)
            figure = paired.mean_change(moments)
            yield (name, "mean, t", n, *_held(figure.lo, figure.hi, truth["mean"]))
            ends = bca(
                cells.cell, cells.change, np.ones(len(cells.cell)), runs, confidence=LEVEL, draws=DRAWS, seed=SEED
            )
            yield (name, "mean, BCa", n, *_held(*ends, truth["mean"]))
            yield (name, "median of pair means", n, *_held(*hodges_lehmann(cells, LEVEL)[1:], truth["median"]))
            size = next(iter(paired.effect_sizes(moments)))
            yield (name, "d_z, noncentral t", n, *_held(size.lo, size.hi, truth["d_z"]))


def clusters(runs: int) -> Iterator[Row]:
    """Pairs of one hub resemble each other: an eighth of the variance lies between hubs of unequal size."""
    for groups in (8, 12, 40):
        generator = np.random.default_rng([SEED, groups])
        sizes = 4 + np.arange(groups) % 5 * 4
        hub = np.repeat(np.arange(groups), sizes)
        shared = generator.normal(0, np.sqrt(100 / 8), (runs, groups))[:, hub]
        cells = _cells(GAIN + shared + generator.normal(0, np.sqrt(100 * 7 / 8), (runs, len(hub))))
        moments = Moments(cells, LEVEL)
        plain = paired.mean_change(moments)
        name = f"{groups} hubs of 4 to 20 pairs"
        yield (name, "mean, t, pairs taken as independent", len(hub), *_held(plain.lo, plain.hi, GAIN))
        parts = cells.clusters(np.tile(hub, runs))
        figure = paired.clustered_change(moments, *cluster_error(*parts, moments.mean), "hub", few=0)
        yield (name, "mean, clusters, t(G - 1)", len(hub), *_held(figure.lo, figure.hi, GAIN))
        ends = bca(*parts, runs, confidence=LEVEL, draws=DRAWS, seed=SEED)
        yield (name, "mean, BCa, hubs drawn", len(hub), *_held(*ends, GAIN))


def attrition(runs: int) -> Iterator[Row]:
    """Who starts low leaves more often and would have gained more; four in ten leave."""
    for n in (100, 300, 1000):
        generator = np.random.default_rng([SEED, n])
        first = generator.normal(45, 15, (runs, n))
        change = GAIN - 0.4 * (first - 45) + generator.normal(0, 10, first.shape)
        stayed = generator.random(first.shape) < 1 / (1 + np.exp(-0.4 - 0.06 * (first - 45)))
        chosen = [staying_weights(first[run][:, None], stayed[run], 5) for run in range(runs)]
        weight = np.array([weights.weight for weights in chosen])
        cells = Cells.of(np.nonzero(stayed)[0], np.zeros((stayed.sum(), 1)), change[stayed][:, None], runs)
        plain = paired.mean_change(Moments(cells, LEVEL))
        name = "who starts low leaves"
        yield (name, "mean of who stayed, t", n, *_held(plain.lo, plain.hi, GAIN))
        figure = weighted_change(cells, weight[stayed], Weights(weight[0], "", ""), LEVEL)
        yield (name, "weighted by the chance to stay", n, *_held(figure.lo, figure.hi, GAIN))


def rejections(runs: int) -> Iterator[tuple[str, int, float, float]]:
    """Test, pairs, and per cent of rejections where the null holds and where it does not.

    Tests of a change: none, and a planted one of half a standard deviation. Equivalence within half a standard
    deviation: a change just that large, and none.
    """
    for n in (12, 20, 50):
        noise = np.random.default_rng([SEED, 7, n]).normal(0, 10, (runs, n))
        none, planted = (_p_values(_cells(noise + gain)) for gain in (0.0, GAIN))
        for test in none:
            first, second = (planted, none) if test == "equivalence" else (none, planted)
            if not np.isnan(first[test]).all():
                shares = (100 * float((p[test] < 1 - LEVEL).mean()) for p in (first, second))
                yield (test, n, *shares)


def _p_values(cells: Cells) -> dict[str, Array]:
    moments = Moments(cells, LEVEL)
    return {
        "paired t": paired.mean_change(moments).p,
        "signed ranks, normal": wilcoxon(cells, "wilcox")[1],
        "signed ranks, all signs": exact_signs(cells, "wilcox", 12),
        "equivalence": paired.equivalence(moments, np.full(cells.size, GAIN)).p,
    }


def _cells(change: Array) -> Cells:
    """Each row of changes as one cell."""
    runs, n = change.shape
    return Cells.of(np.repeat(np.arange(runs), n), np.zeros((runs * n, 1)), change.reshape(-1, 1), runs)


def _held(lo: Array, hi: Array, truth: float) -> tuple[float, float]:
    """Per cent of the intervals that hold the truth, and their mean width."""
    there = ~np.isnan(lo)
    return 100 * float(((lo <= truth) & (truth <= hi))[there].mean()), float((hi - lo)[there].mean())


if __name__ == "__main__":
    main()
