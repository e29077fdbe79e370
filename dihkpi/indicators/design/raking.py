"""Weights that meet known totals of the population: raking and post-stratification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.margins import Calibration, Margin
from dihkpi.indicators.design.sample import Matrix, Sample, Vector

Totals = Mapping[str, Mapping[str, float]]
"""Column to code to the number of units of the population; ``a;b`` crosses columns, with codes ``x;y``."""
_SAME = 1e-6
"""Relative difference between the sums of two margins that is taken for rounding."""


@dataclass(frozen=True)
class Raking:
    """How raking went.

    Parameters
    ----------
    converged : bool
    rounds : int
    miss : float
        Largest difference of a class from its total, relative to the total.
    worst : str
        Class of that difference.
    factors : tuple of float
        Least and greatest of the new weights over the old.
    weights : tuple of float
        Least and greatest of the new weights.
    spread : float
        Standard deviation of the new weights over their mean.
    at_bounds : int
        Rows whose weight is held by a bound.
    effective_n : tuple of float
        (sum w)^2 / sum w^2 before and after.
    """

    converged: bool
    rounds: int
    miss: float
    worst: str
    factors: tuple[float, float]
    weights: tuple[float, float]
    spread: float
    at_bounds: int
    effective_n: tuple[float, float]

    def __str__(self) -> str:
        went = f"converged after {self.rounds} rounds"
        if not self.converged:
            went = f"did not converge in {self.rounds} rounds, {self.worst} is off by {self.miss:.2%}"
        held = f", {self.at_bounds} held by a bound" if self.at_bounds else ""
        return (
            f"raking {went}; weights times {self.factors[0]:.2f} to {self.factors[1]:.2f}{held}; "
            f"effective n {self.effective_n[0]:.1f} before, {self.effective_n[1]:.1f} after"
        )


def rake(
    sample: Sample,
    totals: Totals,
    *,
    bounds: tuple[float, float] = (0.0, np.inf),
    cap: float = np.inf,
    rounds: int = 500,
    tolerance: float = 1e-9,
) -> tuple[Sample, Raking]:
    """Weights that meet all margins at once, each the old one times a factor per class of each margin.

    Parameters
    ----------
    sample : Sample
        Not calibrated yet.
    totals : mapping
        Margins, see :data:`Totals`; all sum to the same population.
    bounds : tuple of float
        Least and greatest factor from old to new weight.
    cap : float
        Greatest new weight as a multiple of the mean new weight: trimming inside of the raking, so that margins hold.
    rounds : int
        Most rounds over all margins.
    tolerance : float
        Relative difference from the totals that counts as met.

    Returns
    -------
    sample : Sample
        With the new weights; its errors are those of the residuals of the margins. When raking did not converge, its
        estimates have the status ``u``.
    Raking
        The report.

    Raises
    ------
    UsageError
        A class without respondents or without total, margins of different sums, bounds that exclude 1.

    Notes
    -----
    Deming and Stephan (1940), Annals of Mathematical Statistics 11; with bounds the truncated method of Deville,
    Särndal and Sautory (1993), JASA 88: w = d min(max(f, low), high), f the product of the factors.
    """
    if sample.calibration is not None:
        raise UsageError("the weights are calibrated already\n  give all margins in one call")
    if not totals:
        raise UsageError("raking needs one margin or more")
    if not 0 <= bounds[0] <= 1 <= bounds[1] or cap <= 1:
        raise UsageError(f"bounds of factors must hold 1, not {bounds}; a cap is above 1, not {cap:g}")
    margins = class_margins(sample, totals)
    old = sample.design_weights
    mean = float(margins[0].totals.sum()) / len(old)
    how = Calibration(margins, bounds[0], np.minimum(bounds[1], cap * mean / old), rounds, tolerance)
    new, taken, miss = how.fit(old[:, None])
    report = _report(how, old, new[:, 0], taken, miss[:, 0])
    return replace(sample, weights=new[:, 0], calibration=how, doubt="" if report.converged else str(report)), report


def post_stratify(sample: Sample, totals: Totals) -> tuple[Sample, Raking]:
    """Weights that meet the totals of one set of classes: raking to one margin, done in one round."""
    if len(totals) != 1:
        raise UsageError(f"post-stratification is to one margin, not {len(totals)}\n  cross columns as 'a;b', or rake")
    return rake(sample, totals)


def class_margins(sample: Sample, totals: Totals) -> tuple[Margin, ...]:
    """Margins of a sample, checked against it and each other."""
    margins = tuple(_margin(sample, name, wanted) for name, wanted in totals.items())
    _same_population(margins)
    return margins


def _margin(sample: Sample, name: str, totals: Mapping[str, float]) -> Margin:
    frame, columns = sample.frame, name.split(";")
    for column in columns:
        if column not in frame:
            raise UsageError(
                f"the margin '{name}' names an unknown column\n  {hint_for(column, map(str, frame.columns))}"
            )
        if lost := int(frame[column].isna().sum()):
            raise UsageError(f"{lost} respondents have no '{column}', so no class of the margin '{name}'")
    text = frame[columns[0]].astype("str")
    for column in columns[1:]:
        text = text + ";" + frame[column].astype("str")
    labels = tuple(sorted(map(str, totals)))
    wanted = {str(code): float(number) for code, number in totals.items()}
    if absent := sorted(set(text) - set(labels)):
        raise UsageError(
            f"the margin '{name}' has no total for '{absent[0]}'\n  {hint_for(absent[0], labels, 'totals')}"
        )
    if bad := [code for code in labels if not (np.isfinite(wanted[code]) and wanted[code] > 0)]:
        raise UsageError(f"the margin '{name}' needs totals above 0, not {wanted[bad[0]]:g} for '{bad[0]}'")
    if empty := [code for code in labels if code not in set(text)]:
        raise UsageError(f"no respondent is in the class '{empty[0]}' of the margin '{name}'\n  merge it with another")
    position = {code: at for at, code in enumerate(labels)}
    classes = np.asarray(text.map(position), dtype=np.intp)
    return Margin(name, classes, labels, np.array([wanted[code] for code in labels]))


def _same_population(margins: Sequence[Margin]) -> None:
    for first, other in product(margins[:1], margins[1:]):
        if abs(other.totals.sum() / first.totals.sum() - 1) > _SAME:
            raise UsageError(
                f"the margins '{first.name}' and '{other.name}' sum to {first.totals.sum():g} and "
                f"{other.totals.sum():g}, but are of one population\n  bring both to the same total"
            )


def _report(how: Calibration, old: Vector, new: Vector, taken: int, miss: Vector) -> Raking:
    at = int(np.argmax(np.abs(miss)))
    labels = [f"{margin.name}={label}" for margin in how.margins for label in margin.labels]
    factors = new / old
    held = np.isclose(factors, how.high, rtol=1e-9) | (np.isclose(factors, how.low, rtol=1e-9) & (how.low > 0))
    return Raking(
        converged=bool(abs(miss[at]) <= how.tolerance),
        rounds=taken,
        miss=float(abs(miss[at])),
        worst=labels[at],
        factors=(float(factors.min()), float(factors.max())),
        weights=(float(new.min()), float(new.max())),
        spread=float(new.std() / new.mean()),
        at_bounds=int(held.sum()),
        effective_n=(effective_n(old), effective_n(new)),
    )


def effective_n(weights: Matrix) -> float:
    """(sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / np.sum(weights**2))
