"""How often intervals of effects hold the true effect, and how often tests find what is not there.

``python benchmarks/coverage_cause.py --runs 5000 --out docs/coverage_cause.md`` writes the table. Hubs are clusters:
all firms of a hub are supported or none, each firm is seen before and after, and each hub has a shock of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dihkpi.indicators.cause.errors import Inference, effect
from dihkpi.indicators.cause.linear import Fit, fit
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.weighting import weighted_effect
from dihkpi.indicators.cause.wild import Wild, wild_p

METHODS = ("cluster", "cr2", "wild")
TITLES = {"cluster": "CR1, t(G−1)", "cr2": "CR2, Satterthwaite", "wild": "wild bootstrap"}
LEVEL = 0.95
GAIN = 1.0


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


def p_values(fitted: Fit, claim: float, seed: int, draws: int) -> Iterator[float]:
    """P-value of the claim by each method."""
    from scipy.stats import t

    for errors in METHODS:
        how = Inference("cluster" if errors == "wild" else errors, LEVEL)
        found = effect(fitted, {"effect": 1.0}, "effect", how)
        if errors == "wild":
            yield wild_p(fitted, fitted.combination({"effect": 1.0}), found.se, Wild(draws, seed))(
                found.estimate - claim
            )
        else:
            yield float(2 * t.sf(abs(found.estimate - claim) / found.se, found.df))


def simulate(world: World, runs: int, seed: int, draws: int = 399) -> dict[str, tuple[float, float]]:
    """Per method: share of intervals that hold the effect, and share of tests that reject a null in truth.

    An interval at 95 % holds the effect exactly where the test of the effect gives p above 5 %.
    """
    rng = np.random.default_rng(seed)
    held, rejected = np.zeros(len(METHODS)), np.zeros(len(METHODS))
    for run in range(runs):
        held += np.array(list(p_values(sample(world, GAIN, rng), GAIN, seed + run, draws))) > 1 - LEVEL
        rejected += np.array(list(p_values(sample(world, 0.0, rng), 0.0, seed + run, draws))) <= 1 - LEVEL
    return {name: (held[i] / runs, rejected[i] / runs) for i, name in enumerate(METHODS)}


def power(world: World, gain: float, runs: int, seed: int, draws: int = 399) -> dict[str, float]:
    """Per method: share of runs in which a planted effect is found."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(METHODS))
    for run in range(runs):
        found += np.array(list(p_values(sample(world, gain, rng), 0.0, seed + run, draws))) <= 1 - LEVEL
    return dict(zip(METHODS, found / runs, strict=True))


def others(hubs: int, runs: int, seed: int) -> dict[str, float]:
    """Share of intervals that hold the effect: staggered start by jackknife, and AIPW with clustered errors."""
    rng = np.random.default_rng([seed, hubs])
    held = np.zeros(2)
    for _ in range(runs):
        start = np.array([2.0, 3.0, np.nan])[np.arange(hubs) % 3]
        unit, period = np.tile(np.arange(hubs * 8), 5), np.repeat(np.arange(5), hubs * 8)
        hub = unit // 8
        y = rng.normal(size=(5, hubs))[period, hub] + rng.normal(size=len(hub)) * 2
        y += GAIN * (period >= np.nan_to_num(start[hub], nan=9))
        first = staggered(y, unit, period, start[hub], LEVEL, clusters=hub).after
        hub = np.repeat(np.arange(hubs), 20)
        x, treated = rng.normal(size=len(hub)), (hub % 2).astype(float)
        y = x + GAIN * treated + 0.5 * rng.normal(size=hubs)[hub] + rng.normal(size=len(hub))
        second = weighted_effect(y, treated, {"x": x}, LEVEL, clusters=hub).effect
        held += [found.lo <= GAIN <= found.hi for found in (first, second)]
    return dict(zip(("staggered start, jackknife", "AIPW, clustered, t(G−1)"), held / runs, strict=True))


def page(runs: int, seed: int) -> str:
    """The tables in Markdown."""
    titles = [TITLES[name] for name in METHODS]
    head = ["hubs", "world", *(f"held: {title}" for title in titles), *(f"null rejected: {title}" for title in titles)]
    lines = [
        *("# Coverage of effects", ""),
        f"Generated by `benchmarks/coverage_cause.py`, {runs:,} runs a row, seed {seed}; each share is exact to",
        f"±{196 * np.sqrt(LEVEL * (1 - LEVEL) / runs):.1f} points.",
        "",
        "Difference in differences, all firms of a hub supported or none. *Held* is the share of 95 % intervals with",
        "the true effect, *null rejected* the share of tests at 5 % that find an effect where there is none.",
        *("", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"),
    ]
    for number, world in enumerate(WORLDS):
        result = simulate(world, runs, seed + number * 10**6)
        cells = [f"{100 * result[name][part]:.1f} %" for part in (0, 1) for name in METHODS]
        lines.append(f"| {world.hubs} | {world.name} | {' | '.join(cells)} |")
    lines += [
        "",
        "CR2 with Satterthwaite's degrees of freedom is the default: it holds with few hubs, hubs of unequal size and",
        "few supported hubs. CR1 with t(G−1) is too short in all of these, the bootstrap a little with eight hubs.",
        *("", "A planted effect of 2 (twice the spread between hubs) is found in:", ""),
        *(f"| hubs | {' | '.join(titles)} |", f"|{' --- |' * (1 + len(titles))}"),
    ]
    for world in WORLDS[:4]:
        found = power(world, 2.0, runs, seed)
        lines.append(f"| {world.hubs} | {' | '.join(f'{100 * found[name]:.1f} %' for name in METHODS)} |")
    few = max(1, runs // 4)
    lines += ["", f"Other designs, {few:,} runs a row, share of intervals with the true effect:", ""]
    for number, hubs in enumerate((12, 21, 39)):
        held = others(hubs, few, seed)
        if not number:
            lines += [f"| hubs | {' | '.join(held)} |", f"|{' --- |' * (1 + len(held))}"]
        lines.append(f"| {hubs} | {' | '.join(f'{100 * share:.1f} %' for share in held.values())} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = page(given.runs, given.seed)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
