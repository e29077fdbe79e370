"""Do sets of places hold the true place as often as they promise? Simulation; prints the table of docs/coverage.md.

python benchmarks/rank_coverage.py [--rounds 1000] [--seed 1]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from dihkpi.scoring.ranks.errors import Errors
from dihkpi.scoring.ranks.sets import rank_sets

CONFIDENCE = 0.95
DRAWS = 1000


def truths() -> Iterator[tuple[str, np.ndarray]]:
    """True scores that are hard to rank in different ways."""
    yield "5 units, all equal", np.full(5, 50.0)
    yield "5 units, 10 points apart", 30 + 10 * np.arange(5.0)
    yield "20 units, all equal", np.full(20, 50.0)
    yield "20 units, 1 point apart", 40 + np.arange(20.0)
    yield "20 units in 4 groups of equals", np.repeat([30.0, 45.0, 50.0, 70.0], 5)
    yield "60 units, spread of 8 points", 50 + 8 * np.linspace(-2, 2, 60)


def true_places(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst place that each unit may be said to have."""
    return rankdata(-truth, method="min"), rankdata(-truth, method="max")


def coverage(truth: np.ndarray, respondents: np.ndarray, rounds: int, seed: int) -> tuple[float, float, float, float]:
    """How often all sets hold, how often the set of one unit does, their mean width, how often a bare rank is wrong.

    A set holds when it has all places that the true score may be said to have.
    """
    rng = np.random.default_rng(seed)
    first, last = true_places(truth)
    held = single = wrong = width = 0.0
    for round_ in range(rounds):
        noise = 18 * rng.standard_normal(len(truth)) / np.sqrt(respondents)
        spread = 18 * np.sqrt(rng.chisquare(respondents - 1) / (respondents - 1)) / np.sqrt(respondents)
        errors = Errors.independent(spread, respondents - 1.0, DRAWS, seed + round_)
        found = rank_sets(truth + noise, errors, confidence=CONFIDENCE)
        held += bool(((found.lo <= first) & (found.hi >= last)).all())
        single += ((found.lo_single <= first) & (found.hi_single >= last)).mean()
        wrong += ((found.rank < first) | (found.rank > last)).mean()
        width += (found.hi - found.lo + 1).mean()
    return held / rounds, single / rounds, width / rounds, wrong / rounds


def table(rounds: int, seed: int) -> str:
    """The table of the documentation."""
    heads = ["true scores", "respondents", "all sets hold", "set of one unit holds", "places in a set", "rank wrong"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name, truth in truths():
        few, many = np.full(len(truth), 12), np.resize([8, 15, 30, 60, 120], len(truth))
        for said, respondents in (("12", few), ("8 to 120", many)):
            held, single, width, wrong = coverage(truth, respondents, rounds, seed)
            lines.append(f"| {name} | {said} | {held:.1%} | {single:.1%} | {width:.1f} | {wrong:.0%} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(table(asked.rounds, asked.seed))


if __name__ == "__main__":
    main()
