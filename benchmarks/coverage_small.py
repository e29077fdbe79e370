"""Do 95 % intervals hold the truth 95 times of 100? Shrunken estimates of hubs, and surveys with strata and clusters.

    python benchmarks/coverage_small.py                       # 2,000 runs a row; half an hour
    python benchmarks/coverage_small.py --runs 100 --samples 250 --out docs/coverage_small.md

Every row draws hubs or samples anew from a seed, estimates, and counts how often the interval holds the true value,
over all hubs of all runs. The error in brackets is that of the simulation, from the runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.indicators.design import Design, mean, prepare, quantile, rake, ratio
from dihkpi.indicators.shrinkage import (
    BetaBinomial,
    GammaPoisson,
    Shrunken,
    fay_herriot,
    james_stein,
    pooled_errors,
    shrink_cases,
)

Vector = npt.NDArray[np.float64]
Random = np.random.Generator
GOAL = (0.93, 0.97)
SEED = 20260101
LEVEL = 0.95


@dataclass(frozen=True)
class Row:
    """One line of the table: how often intervals held the truth."""

    what: str
    where: str
    held: float
    error: float
    runs: int

    def __str__(self) -> str:
        low, high = GOAL
        verdict = "inside" if low <= self.held <= high else "above: cautious" if self.held > high else "BELOW"
        return f"| {self.what} | {self.where} | {self.held:.1%} (± {self.error:.1%}) | {self.runs:,} | {verdict} |"


def main() -> None:
    """Simulate and print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="networks of hubs drawn for a row, fewer of many hubs")
    parser.add_argument("--samples", type=int, default=2000, help="samples drawn for a row of surveys")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = page(given.runs, given.samples)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def page(runs: int, samples: int) -> str:
    """The page of the documentation."""
    head = (
        "| estimate | where | 95 % intervals that hold the truth | runs | 93 to 97 % |\n| --- | --- | --- | --- | --- |"
    )
    definitions = load_definitions()
    command = f"python benchmarks/coverage_small.py --runs {runs} --samples {samples} --out docs/coverage_small.md"
    parts = [
        "# Coverage of intervals: small hubs and surveys",
        "",
        f"Written by `{command}`, from a seed.",
        "In brackets: the standard error of the simulation; a row is judged by its figure as it stands.",
        "",
        "## Shrunken estimates",
        "",
        "Hubs have 5 to 40 respondents each, evenly on a logarithmic scale. A / s² is the variance between hubs over",
        "that of the error of a typical hub. Where hubs hardly differ (A / s² of 0.1), the intervals are wider than",
        "needed: few hubs cannot show that they are alike. Intervals hold over the hubs together; one very small hub",
        "may be held a little less often, a large one more.",
        "",
        head,
        *map(str, shrunken(runs)),
        "",
        "## Surveys",
        "",
        "A finite population of 3 strata with 60, 120 and 200 firms of 2 to 12 people; firms are drawn, and all their",
        "people answer. Student's t with clusters − strata degrees of freedom; Woodruff's interval for the median.",
        "",
        head,
        *map(str, surveys(samples, definitions)),
    ]
    return "\n".join(parts) + "\n"


def shrunken(runs: int) -> Iterator[Row]:
    """Rows of all models, numbers of hubs, and differences between hubs."""
    for hubs in (8, 12, 30, 100):
        for between in (0.1, 0.5, 1.0, 4.0):
            where = f"{hubs} hubs, A / s² = {between:g}"
            for what, draw in MEANS.items():
                yield counted(what, where, _fewer(runs, hubs), partial(draw, hubs=hubs, between=between))
    for hubs in (8, 12, 30):
        for strength in (5.0, 20.0):
            for mean_of in (0.15, 0.5):
                where = f"{hubs} hubs, mean {mean_of:g}, prior worth {strength:g}"
                for what, draw_cases in CASES.items():
                    once = partial(draw_cases, hubs=hubs, strength=strength, mean_of=mean_of)
                    yield counted(what, where, _fewer(runs, hubs), once)


def _fewer(runs: int, hubs: int) -> int:
    """Many hubs tell as much in fewer runs."""
    return min(runs, max(50, runs * 12 // hubs))


def counted(what: str, where: str, runs: int, once: Callable[[Random], float]) -> Row:
    """Share of the truth that intervals hold, over runs of their own seeds."""
    random = np.random.default_rng(SEED)
    held = np.array([once(random) for _ in range(runs)])
    held = held[np.isfinite(held)]
    return Row(what, where, float(held.mean()), float(held.std(ddof=1) / np.sqrt(len(held))), len(held))


def respondents(random: Random, hubs: int) -> Vector:
    """Numbers of respondents, in random order."""
    return np.asarray(random.permutation(np.geomspace(5, 40, hubs).round()))


def holds(found: Shrunken, truth: Vector) -> float:
    """Share of the hubs whose interval holds the truth; NaN where there was no model."""
    return float(np.mean((found.lo <= truth) & (truth <= found.hi))) if found.fitted else np.nan


def known_errors(random: Random, hubs: int, between: float) -> float:
    """Means with known errors of different size, common mean."""
    errors = 1 / np.sqrt(respondents(random, hubs))
    errors /= np.sqrt(np.mean(errors**2))
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    return holds(fay_herriot(truth + random.normal(0, errors), errors, None, LEVEL), truth)


def with_covariate(random: Random, hubs: int, between: float) -> float:
    """The same with a covariate that explains something."""
    errors = 1 / np.sqrt(respondents(random, hubs))
    errors /= np.sqrt(np.mean(errors**2))
    covariate = random.normal(size=(hubs, 1))
    truth = 50 + covariate[:, 0] + random.normal(0, np.sqrt(between), hubs)
    return holds(fay_herriot(truth + random.normal(0, errors), errors, covariate, LEVEL), truth)


def equal_errors(random: Random, hubs: int, between: float) -> float:
    """James-Stein: one known error."""
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    return holds(james_stein(truth + random.normal(0, 1, hubs), 1.0, LEVEL), truth)


def estimated_errors(random: Random, hubs: int, between: float, pooled: bool = True) -> float:
    """Means with errors that come from the respondents themselves."""
    n = respondents(random, hubs)
    spread = np.sqrt(1 / np.mean(1 / n))
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    own = spread * np.sqrt(random.chisquare(n - 1) / (n - 1) / n)
    values = truth + random.normal(0, spread / np.sqrt(n))
    return holds(fay_herriot(values, pooled_errors(own, n) if pooled else own, None, LEVEL), truth)


def shares(random: Random, hubs: int, strength: float, mean_of: float) -> float:
    """Beta-binomial."""
    n = respondents(random, hubs)
    truth = random.beta(strength * mean_of, strength * (1 - mean_of), hubs)
    return holds(shrink_cases(BetaBinomial(), random.binomial(n.astype(int), truth).astype(float), n, LEVEL), truth)


def counts(random: Random, hubs: int, strength: float, mean_of: float) -> float:
    """Gamma-Poisson."""
    n = respondents(random, hubs)
    truth = random.gamma(strength * mean_of, 1 / strength, hubs)
    return holds(shrink_cases(GammaPoisson(), random.poisson(n * truth).astype(float), n, LEVEL), truth)


MEANS: dict[str, Callable[..., float]] = {
    "James-Stein": equal_errors,
    "normal, known errors": known_errors,
    "Fay-Herriot, one covariate": with_covariate,
    "normal, pooled errors of the respondents": estimated_errors,
}
CASES: dict[str, Callable[..., float]] = {"beta-binomial": shares, "gamma-Poisson": counts}


def population(random: Random) -> pd.DataFrame:
    """People in firms in strata: scores alike inside a firm, staff that goes with turnover."""
    firms = np.repeat([0, 1, 2], [60, 120, 200])
    size = random.integers(2, 13, len(firms))
    firm = np.repeat(np.arange(len(firms)), size)
    stratum = firms[firm]
    staff = random.gamma(3, 2, len(firm)) * (1 + stratum)
    score = 40 + 6 * stratum + random.normal(0, 6, len(firms))[firm] + random.normal(0, 10, len(firm))
    high = score + random.normal(0, 10, len(firm)) > 50
    return pd.DataFrame({
        "firm": firm, "stratum": stratum, "firms": np.array([60, 120, 200])[stratum], "staff": staff,
        "turnover": staff * random.gamma(8, 1 / 8, len(firm)), "score": score, "old": high.astype(str),
    })  # fmt: skip


def draw(random: Random, people: pd.DataFrame, per_stratum: int) -> pd.DataFrame:
    """All people of some firms of each stratum."""
    firms = people.drop_duplicates("firm")
    chosen = np.concatenate([
        random.choice(part["firm"].to_numpy(), per_stratum, replace=False) for _, part in firms.groupby("stratum")
    ])  # fmt: skip
    return people[people["firm"].isin(chosen)]


def surveys(runs: int, definitions: Definitions, drawn: Sequence[int] = (4, 8, 20)) -> Iterator[Row]:
    """Rows of means, domains, ratios, medians and raked means."""
    people = population(np.random.default_rng(SEED))
    design = Design(strata="stratum", cluster="firm", population="firms")
    totals = {name: people[name].value_counts().to_dict() for name in ("stratum", "old")}
    score, kinds = people["score"], {
        "mean": lambda sample: mean(sample, "score"),
        "mean of a domain": lambda sample: mean(sample, "score", by=["old"]).tail(1),
        "ratio": lambda sample: ratio(sample, "turnover", "staff"),
        "median": lambda sample: quantile(sample, "score"),
        "mean after raking": lambda sample: mean(rake(sample, totals)[0], "score"),
    }  # fmt: skip
    truths = {
        "mean": score.mean(), "mean of a domain": score[people["old"] == "True"].mean(),
        "ratio": people["turnover"].sum() / people["staff"].sum(), "median": score.quantile(0.5, "lower"),
        "mean after raking": score.mean(),
    }  # fmt: skip
    for firms in drawn:
        for what, estimate in kinds.items():

            def once(random: Random, n: int = firms, w: str = what, e: Callable[..., pd.DataFrame] = estimate) -> float:
                sample = replace(prepare(draw(random, people, n), design, definitions), table=None)
                found = e(sample).iloc[0]
                return float(found["lo"] <= truths[w] <= found["hi"])

            yield counted(what, f"{firms} firms drawn in each of 3 strata", runs, once)


if __name__ == "__main__":
    main()
