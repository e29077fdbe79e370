"""How often intervals of effects hold the true effect.

    python benchmarks/coverage_cause.py --out docs/coverage_cause.md     # on one core four minutes

Hubs are clusters: all firms of a hub are supported or none, each firm is seen before and after, and each hub has a
shock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from judged import SEED, Row, arguments, deliver, head, summary, table

from dihkpi.indicators.cause.errors import Inference, effect
from dihkpi.indicators.cause.linear import Fit, fit
from dihkpi.indicators.cause.result import Effect
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.weighting import weighted_effect
from dihkpi.indicators.cause.wild import Wild, wild_p

TITLES = {"cluster": "CR1, t(G−1)", "cr2": "CR2, Satterthwaite (default)", "wild": "wild bootstrap"}
METHODS = tuple(TITLES)
LEVEL = 0.95
GAIN = 1.0
DRAWS = 399
CHOICE = "a choice of a plan, not the default"


@dataclass(frozen=True)
class World:
    """What is drawn.

    Attributes
    ----------
    name : str
    hubs, supported : int
        Hubs, and how many of them are supported.
    firms : tuple of int
        Smallest and largest number of firms of a hub.
    unequal : bool
        Whether shocks of supported hubs are twice as large.
    """

    name: str
    hubs: int
    supported: int
    firms: tuple[int, int] = (20, 20)
    unequal: bool = False


WORLDS = (
    *(World("equal hubs, half supported", hubs, hubs // 2) for hubs in (8, 12, 20, 40)),
    *(World("5 to 60 firms a hub, half supported", hubs, hubs // 2, (5, 60)) for hubs in (8, 12, 20, 40)),
    *(World("equal hubs, a quarter supported", hubs, hubs // 4) for hubs in (12, 20, 40)),
    *(World("unequal spread, half supported", hubs, hubs // 2, unequal=True) for hubs in (8, 12, 20, 40)),
)


def sample(world: World, gain: float, rng: np.random.Generator) -> Fit:
    """One data set, fitted: two waves, effects of firms and waves taken out."""
    sizes = rng.integers(world.firms[0], world.firms[1] + 1, world.hubs)
    hub = np.repeat(np.arange(world.hubs), sizes)
    treated = (hub < world.supported).astype(float)
    spread = np.where(world.unequal & (np.arange(world.hubs) < world.supported), 2.0, 1.0)
    shock = rng.normal(size=world.hubs) * spread
    change = 0.5 + gain * treated + shock[hub] + rng.normal(size=len(hub)) * 2
    # Two waves with effects of firms are the regression of the change on the support.
    return fit(change, {"constant": np.ones(len(hub)), "effect": treated}, clusters=hub)


def p_values(fitted: Fit, claims: Sequence[float], seed: int, draws: int) -> np.ndarray:
    """P-values of claims of the effect by each method, shape (claims, methods)."""
    from scipy.stats import t

    found = [effect(fitted, {"effect": 1.0}, "effect", Inference(errors, LEVEL)) for errors in ("cluster", "cr2")]
    p_wild = wild_p(fitted, fitted.combination({"effect": 1.0}), found[0].se, Wild(draws, seed))
    away = [found[0].estimate - claim for claim in claims]
    by_t = [[float(2 * t.sf(abs(off) / one.se, one.df)) for one in found] for off in away]
    return np.array([[*ps, p_wild(off)] for ps, off in zip(by_t, away, strict=True)])


def rejected(world: World, gain: float, runs: int, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Whether each method rejects the effect in truth, and none, in each run; shape (runs, 2, methods).

    An interval at 95 % holds the effect exactly where the test of that effect gives p above 5 %; and as all methods
    shift with the outcome, the test of the effect in truth is that of a null.
    """
    rng = np.random.default_rng(seed)
    fits = (sample(world, gain, rng) for _ in range(runs))
    return np.array([p_values(one, (gain, 0.0), seed + run, draws) <= 1 - LEVEL for run, one in enumerate(fits)])


def staggered_effect(hubs: int, gain: float, rng: np.random.Generator) -> Effect:
    """Starts in the third or fourth of five waves or never, eight firms a hub."""
    start = np.array([2.0, 3.0, np.nan])[np.arange(hubs) % 3]
    unit, period = np.tile(np.arange(hubs * 8), 5), np.repeat(np.arange(5), hubs * 8)
    hub = unit // 8
    y = rng.normal(size=(5, hubs))[period, hub] + rng.normal(size=len(hub)) * 2
    y += gain * (period >= np.nan_to_num(start[hub], nan=9))
    return staggered(y, unit, period, start[hub], LEVEL, clusters=hub).after


def weighted(hubs: int, gain: float, rng: np.random.Generator) -> Effect:
    """Firms choose support by what also drives the outcome; twenty of each hub."""
    hub = np.repeat(np.arange(hubs), 20)
    x = rng.normal(size=len(hub))
    treated = (rng.random(len(hub)) < 1 / (1 + np.exp(-0.7 * x))).astype(float)
    y = x + gain * treated + 0.5 * rng.normal(size=hubs)[hub] + rng.normal(size=len(hub))
    return weighted_effect(y, treated, {"x": x}, LEVEL, clusters=hub).effect


def weighted_by_hub(hubs: int, gain: float, rng: np.random.Generator) -> Effect:
    """Every second hub is supported, with all its twenty firms."""
    hub = np.repeat(np.arange(hubs), 20)
    x, treated = rng.normal(size=len(hub)), (hub % 2).astype(float)
    y = x + gain * treated + 0.5 * rng.normal(size=hubs)[hub] + rng.normal(size=len(hub))
    return weighted_effect(y, treated, {"x": x}, LEVEL, clusters=hub).effect


OTHERS = {
    "staggered start, jackknife": staggered_effect,
    "AIPW, firms choose, clustered, t(G−1)": weighted,
    "AIPW, hubs chosen, clustered, t(G−1)": weighted_by_hub,
}
SIZES = (12, 21, 39)


def outside(what: str, hubs: int, gain: float, runs: int, seed: int) -> np.ndarray:
    """Whether the interval leaves out the effect in truth, and none, in each run; shape (runs, 2)."""
    rng = np.random.default_rng([seed, hubs])
    found = (OTHERS[what](hubs, gain, rng) for _ in range(runs))
    return np.array([[not one.lo <= claim <= one.hi for claim in (gain, 0.0)] for one in found])


def comparisons(runs: int) -> Iterator[Row]:
    """Difference in differences in all worlds, by each method."""
    for number, world in enumerate(WORLDS):
        off = rejected(world, GAIN, runs, SEED + number * 10**6)[:, 0]
        for at, (name, title) in enumerate(TITLES.items()):
            where = f"{world.hubs} hubs, {world.name}"
            yield Row.of(title, where, ~off[:, at], known="" if name == "cr2" else CHOICE)


def others(runs: int, sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """Staggered starts and weights."""
    for hubs in sizes:
        for what in OTHERS:
            yield Row.of(what, f"{hubs} hubs", ~outside(what, hubs, GAIN, runs, SEED)[:, 0])


def page(runs: int, few: int) -> list[str]:
    """The page of the documentation."""
    rows, more = list(comparisons(runs)), list(others(few))
    told = f"{runs:,} runs a row of the first table, {few:,} of the second, {DRAWS} draws of the bootstrap"
    return [
        *head("Coverage of effects", "coverage_cause", told),
        *summary([*rows, *more]),
        "",
        "CR2 with Satterthwaite's degrees of freedom is the default: it holds with few hubs, hubs of unequal size and",
        "few supported hubs. CR1 with t(G−1) is too short in these, the bootstrap a little with eight hubs.",
        "[How often tests find what is not there](coverage_tests.md).",
        *("", "## Difference in differences", ""),
        "All firms of a hub are supported or none.",
        *("", *table(rows)),
        *("", "## Other designs", ""),
        "Staggered: a third of the hubs each starts in the third wave, in the fourth, or never. AIPW: firms choose by",
        "what also drives the outcome, or hubs are chosen with all their firms.",
        *("", *table(more)),
    ]


def main() -> None:
    """Simulate and write the page."""
    given = arguments(__doc__, runs=(4000, "runs of each row"), few=(2000, "runs of staggered starts and of weights"))
    deliver(page(given.runs, given.few), given.out)


if __name__ == "__main__":
    main()
