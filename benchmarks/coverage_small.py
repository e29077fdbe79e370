"""Do 95 % intervals hold the truth 95 times of 100? Shrunken estimates of hubs, and surveys with strata and clusters.

    python benchmarks/coverage_small.py --out docs/coverage_small.md     # on one core four minutes

Every row draws hubs or samples anew from a seed, estimates, and counts how often the interval holds the true value,
over all hubs of all runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from judged import SEED, Row, arguments, deliver, head, summary, table

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.indicators.design import Design, Sample, jackknife, prepare, quantile, rake
from dihkpi.indicators.design.estimates import intervals
from dihkpi.indicators.design.linear import variance
from dihkpi.indicators.design.statistic import statistic
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
Once = Callable[[Random], Sequence[float]]
LEVEL = 0.95
FEW = 12
"""Up to so many hubs a network tells little, so that more of them are drawn."""


def main() -> None:
    """Simulate and write the page."""
    given = arguments(
        __doc__,
        networks=(1000, "networks of 8 and 12 hubs drawn for a row"),
        large=(400, "networks of 30 and 100 hubs drawn for a row"),
        samples=(2000, "samples drawn for a row of surveys"),
    )
    deliver(page(given.networks, given.large, given.samples), given.out)


def page(networks: int, large: int, samples: int) -> list[str]:
    """The page of the documentation."""
    small, drawn = list(shrunken(networks, large)), list(surveys(samples, load_definitions()))
    runs = f"{networks:,} networks of 8 or 12 hubs, {large:,} of 30 or 100, {samples:,} samples a row"
    return [
        *head("Coverage of intervals: small hubs and surveys", "coverage_small", runs),
        *summary([*small, *drawn]),
        "",
        "## Shrunken estimates",
        "",
        "Hubs have 5 to 40 respondents each, evenly on a logarithmic scale. A / s² is the variance between hubs over",
        "that of the error of a typical hub. Where hubs hardly differ (A / s² of 0.1), the intervals are wider than",
        "needed: few hubs cannot show that they are alike. Priors that favour small variances (the inverse root of A,",
        "uniform shrinkage) do not mend it with 8 or 12 hubs, and fall below 93 % at A / s² of 1. Intervals hold over",
        "the hubs together; one very small hub may be held a little less often, a large one more.",
        "",
        *table(small),
        "",
        "## Surveys",
        "",
        "A finite population of 3 strata with 60, 120 and 200 firms of 2 to 12 people; firms are drawn, and all their",
        "people answer. Student's t with the degrees of freedom of Satterthwaite; Woodruff's interval for the median.",
        "",
        *table(drawn),
    ]


def shrunken(networks: int, large: int) -> Iterator[Row]:
    """Rows of all models, numbers of hubs, and differences between hubs."""
    for hubs in (8, 12, 30, 100):
        runs = networks if hubs <= FEW else large
        for between in (0.1, 0.5, 1.0, 4.0):
            where = f"{hubs} hubs, A / s² = {between:g}"
            for what, draw in MEANS.items():
                yield from counted([what], where, runs, partial(draw, hubs=hubs, between=between))
    for hubs in (8, 12, 30):
        runs = networks if hubs <= FEW else large
        for strength in (5.0, 20.0):
            for mean_of in (0.15, 0.5):
                where = f"{hubs} hubs, mean {mean_of:g}, prior worth {strength:g}"
                for what, draw_cases in CASES.items():
                    once = partial(draw_cases, hubs=hubs, strength=strength, mean_of=mean_of)
                    yield from counted([what], where, runs, once)


def counted(whats: Sequence[str], where: str, runs: int, once: Once) -> Iterator[Row]:
    """Share of the truth that each interval holds, over runs of one seed."""
    random = np.random.default_rng(SEED)
    held = np.array([once(random) for _ in range(runs)])
    for what, shares_held in zip(whats, held.T, strict=True):
        yield Row.of(what, where, shares_held)


def respondents(random: Random, hubs: int) -> Vector:
    """Numbers of respondents, in random order."""
    return np.asarray(random.permutation(np.geomspace(5, 40, hubs).round()))


def holds(found: Shrunken, truth: Vector) -> Sequence[float]:
    """Share of the hubs whose interval holds the truth; NaN where there was no model."""
    return [float(np.mean((found.lo <= truth) & (truth <= found.hi))) if found.fitted else np.nan]


def known_errors(random: Random, hubs: int, between: float) -> Sequence[float]:
    """Means with known errors of different size, common mean."""
    errors = 1 / np.sqrt(respondents(random, hubs))
    errors /= np.sqrt(np.mean(errors**2))
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    return holds(fay_herriot(truth + random.normal(0, errors), errors, None, LEVEL), truth)


def with_covariate(random: Random, hubs: int, between: float) -> Sequence[float]:
    """The same with a covariate that explains something."""
    errors = 1 / np.sqrt(respondents(random, hubs))
    errors /= np.sqrt(np.mean(errors**2))
    covariate = random.normal(size=(hubs, 1))
    truth = 50 + covariate[:, 0] + random.normal(0, np.sqrt(between), hubs)
    return holds(fay_herriot(truth + random.normal(0, errors), errors, covariate, LEVEL), truth)


def equal_errors(random: Random, hubs: int, between: float) -> Sequence[float]:
    """James-Stein: one known error."""
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    return holds(james_stein(truth + random.normal(0, 1, hubs), 1.0, LEVEL), truth)


def estimated_errors(random: Random, hubs: int, between: float, pooled: bool = True) -> Sequence[float]:
    """Means with errors that come from the respondents themselves."""
    n = respondents(random, hubs)
    spread = np.sqrt(1 / np.mean(1 / n))
    truth = 50 + random.normal(0, np.sqrt(between), hubs)
    own = spread * np.sqrt(random.chisquare(n - 1) / (n - 1) / n)
    values = truth + random.normal(0, spread / np.sqrt(n))
    return holds(fay_herriot(values, pooled_errors(own, n) if pooled else own, None, LEVEL), truth)


def shares(random: Random, hubs: int, strength: float, mean_of: float) -> Sequence[float]:
    """Beta-binomial."""
    n = respondents(random, hubs)
    truth = random.beta(strength * mean_of, strength * (1 - mean_of), hubs)
    return holds(shrink_cases(BetaBinomial(), random.binomial(n.astype(int), truth).astype(float), n, LEVEL), truth)


def counts(random: Random, hubs: int, strength: float, mean_of: float) -> Sequence[float]:
    """Gamma-Poisson."""
    n = respondents(random, hubs)
    truth = random.gamma(strength * mean_of, 1 / strength, hubs)
    return holds(shrink_cases(GammaPoisson(), random.poisson(n * truth).astype(float), n, LEVEL), truth)


MEANS: dict[str, Callable[..., Sequence[float]]] = {
    "James-Stein": equal_errors,
    "normal, known errors": known_errors,
    "Fay-Herriot, one covariate": with_covariate,
    "normal, pooled errors of the respondents": estimated_errors,
}
CASES: dict[str, Callable[..., Sequence[float]]] = {"beta-binomial": shares, "gamma-Poisson": counts}


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
        "turnover": staff * random.gamma(8, 1 / 8, len(firm)), "score": score, "old": high,
        "far": score > 60,
    })  # fmt: skip


class Firms:
    """A population whose firms are drawn from again and again, prepared once for all samples."""

    def __init__(self, people: pd.DataFrame, definitions: Definitions) -> None:
        design = Design(strata="stratum", cluster="firm", population="firms")
        whole = prepare(people, design, definitions)
        totals = {name: people[name].value_counts().to_dict() for name in ("stratum", "old")}
        calibration = rake(whole, totals)[0].calibration
        assert calibration is not None
        self.people, self.whole, self.calibration = people, replace(whole, table=None), calibration
        self.size = np.bincount(people["firm"])
        self.first = np.cumsum(self.size) - self.size

    def draw(self, random: Random, per_stratum: int) -> tuple[Sample, Sample]:
        """All people of some firms of each stratum; the sample, and the same with raked weights."""
        (stage,) = self.whole.stages
        firms = np.concatenate([
            np.sort(random.choice(np.flatnonzero(stage.stratum == at), per_stratum, replace=False)) for at in range(3)
        ])  # fmt: skip
        size = self.size[firms]
        clusters = np.repeat(np.arange(len(firms)), size)
        rows = np.arange(len(clusters)) + (self.first[firms] - np.cumsum(size) + size)[clusters]
        drawn = replace(
            stage,
            clusters=clusters,
            stratum=stage.stratum[firms],
            drawn=np.full(3, float(per_stratum)),
            fraction=per_stratum / stage.drawn,
        )
        weights = 1 / drawn.fraction[drawn.stratum[clusters]]
        frame = self.people.iloc[rows].reset_index(drop=True)
        sample = replace(self.whole, frame=frame, weights=weights, design_weights=weights, stages=(drawn,))
        margins = tuple(replace(margin, classes=margin.classes[rows]) for margin in self.calibration.margins)
        to = replace(self.calibration, margins=margins, high=np.full(len(rows), np.inf))
        return sample, replace(sample, weights=to.fit(weights[:, None])[0][:, 0], calibration=to)


def surveys(runs: int, definitions: Definitions, drawn: Sequence[int] = (4, 8, 20)) -> Iterator[Row]:
    """Rows of all estimates; those of one number of firms come from the same samples."""
    people = population(np.random.default_rng(SEED))
    firms = Firms(people, definitions)
    truth = np.array([of(people) for of, _ in SURVEYS.values()])

    def once(random: Random, per_stratum: int) -> Sequence[float]:
        both = firms.draw(random, per_stratum)
        found = np.array([estimate(*both) for _, estimate in SURVEYS.values()])
        return np.asarray((found[:, 0] <= truth) & (truth <= found[:, 1]), dtype=float)

    for per_stratum in drawn:
        where = f"{per_stratum} firms drawn in each of 3 strata"
        yield from counted(list(SURVEYS), where, runs, partial(once, per_stratum=per_stratum))


def ends(sample: Sample, measure: str, *columns: str, only: str = "", again: bool = False) -> tuple[float, float]:
    """Interval of the package without its table, which would take most of the time.

    Parameters
    ----------
    measure, *columns : str
        Of the statistic.
    only : str
        Column of truth values that makes a domain.
    again : bool
        Whether the error is the jackknife's.
    """
    what = statistic(sample, measure, *columns)
    inside = np.ones((len(sample.frame), 1), bool) if not only else sample.frame[only].to_numpy(bool)[:, None]
    value = what.values(sample.weights[:, None], inside)[0]
    if again:
        replicates = jackknife(sample)
        var = replicates.scale @ (what.values(replicates.weights, inside) - value) ** 2
    else:
        var = variance(sample, what.linearised(sample.weights, inside))
    found = intervals(sample, what, inside & what.known[:, None], value, var)
    return float(found["lo"][0]), float(found["hi"][0])


def _median(sample: Sample) -> tuple[float, float]:
    found = quantile(sample, "score").iloc[0]
    return float(found["lo"]), float(found["hi"])


def _quotient(people: pd.DataFrame) -> float:
    return float(people["turnover"].sum() / people["staff"].sum())


Ends = Callable[[Sample, Sample], tuple[float, float]]
SURVEYS: dict[str, tuple[Callable[[pd.DataFrame], float], Ends]] = {
    "mean": (lambda people: people["score"].mean(), lambda sample, _: ends(sample, "mean", "score")),
    "mean of a domain": (
        lambda people: people.loc[people["old"], "score"].mean(),
        lambda sample, _: ends(sample, "mean", "score", only="old"),
    ),
    "share": (lambda people: 100 * people["far"].mean(), lambda sample, _: ends(sample, "share", "far")),
    "ratio": (_quotient, lambda sample, _: ends(sample, "ratio", "turnover", "staff")),
    "ratio, jackknife": (_quotient, lambda sample, _: ends(sample, "ratio", "turnover", "staff", again=True)),
    "median": (lambda people: people["score"].quantile(0.5, "lower"), lambda sample, _: _median(sample)),
    "mean after raking": (lambda people: people["score"].mean(), lambda _, raked: ends(raked, "mean", "score")),
    "ratio after raking": (_quotient, lambda _, raked: ends(raked, "ratio", "turnover", "staff")),
}
"""Truth and interval of each, from the sample and the same sample raked."""


if __name__ == "__main__":
    main()
