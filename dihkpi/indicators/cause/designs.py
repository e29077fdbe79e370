"""Designs of an analysis plan by their name: rows in, effects and facts about their credibility out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.plan import Analysis
from dihkpi.indicators.cause import change
from dihkpi.indicators.cause.errors import Inference
from dihkpi.indicators.cause.event_study import Pretrend, event_study
from dihkpi.indicators.cause.mixed import mixed_model
from dihkpi.indicators.cause.moments import Method
from dihkpi.indicators.cause.programme import deadweight_from_model
from dihkpi.indicators.cause.result import Effect, Errors, Vector, no_effect
from dihkpi.indicators.cause.rows import Rows, covariates_of, per_unit
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.weighting import Overlap, weighted_effect
from dihkpi.indicators.cause.wild import Wild


@dataclass(frozen=True)
class Settings:
    """Numbers of policy for all analyses of a plan."""

    level: float
    wild: Wild
    overlap: Overlap
    power: float

    def inference(self, analysis: Analysis) -> Inference:
        """How the errors of an analysis are made."""
        errors: Errors = "cr2" if analysis.errors == "auto" else analysis.errors
        return Inference(errors, self.level, self.wild)


@dataclass(frozen=True)
class Found:
    """The answer, what belongs to it, and facts that its credibility rests on."""

    answer: Effect
    more: tuple[Effect, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)


Design = Callable[[Rows, Analysis, Settings], Found]


def _did(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    cluster = _column(rows, analysis.cluster)
    post = rows.vector("post")
    # What does not change over time is taken out with the units; it may still change the course of things.
    covariates = {f"{name} after": x * post for name, x in covariates_of(rows, analysis.covariates).items()}
    how = settings.inference(analysis)
    args = (rows.vector("y"), rows.vector("treated"), post)
    unit = rows.frame["unit"].to_numpy()
    period = rows.frame["period"].to_numpy()
    clusters = unit if cluster is None else cluster
    found = change.difference_in_differences(
        *args, how, covariates=covariates, clusters=clusters, units=unit, periods=period
    )
    gross = _gross(rows, analysis, settings)
    more = (gross, deadweight_from_model(found, gross, settings.level)) if found.status != "m" else ()
    if len(analysis.before) < 2:
        return Found(found, more)
    start = np.where(rows.vector("treated") == 1, float(len(analysis.before)), np.nan)
    study = event_study(args[0], unit, period, start, Inference("cluster", settings.level), clusters=clusters)
    return Found(found, (*more, *_told(study.pretrend)), {"pretrend_p": study.pretrend.p})


def _gross(rows: Rows, analysis: Analysis, settings: Settings) -> Effect:
    """Mean change of the supported, of which the effect is a part."""
    first, before, after = per_unit(rows.supported_only())
    units = Rows(first, rows.waves)
    cluster = _column(units, analysis.cluster)
    found = change.before_after(after - before, settings.inference(analysis), clusters=cluster)
    return _renamed(found, "gross change of the supported")


def _event_study(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    unit = rows.frame["unit"].to_numpy()
    cluster = _column(rows, analysis.cluster)
    study = event_study(
        rows.vector("y"),
        unit,
        rows.frame["period"].to_numpy(),
        rows.vector("start"),
        settings.inference(analysis),
        clusters=unit if cluster is None else cluster,
        power=settings.power,
    )
    return Found(study.after, (*study.periods, *_told(study.pretrend)), {"pretrend_p": study.pretrend.p})


def _staggered(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    found = staggered(
        rows.vector("y"),
        rows.frame["unit"].to_numpy(),
        rows.frame["period"].to_numpy(),
        rows.vector("start"),
        settings.level,
        clusters=_column(rows, analysis.cluster),
    )
    named = {f"start {g} period {t}": f"start {first} period {wave}"
             for g, first in enumerate(rows.waves) for t, wave in enumerate(rows.waves)}  # fmt: skip
    return Found(found.after, (*found.lags, *(_renamed(part, named[part.term]) for part in found.cells)))


def _ancova(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    first, before, after = per_unit(rows)
    units = Rows(first, rows.waves)
    treated = units.vector("treated")
    found = change.given_before(
        after,
        before,
        treated,
        settings.inference(analysis),
        covariates=covariates_of(units, analysis.covariates),
        clusters=_column(units, analysis.cluster),
    )
    return Found(found, facts={"balance": _apart(before[treated == 1], before[treated == 0])})


def _apart(supported: Vector, comparison: Vector) -> float:
    """Distance of two means in standard deviations; not known where a group is empty or nothing varies."""
    groups = (supported, comparison)
    variances = [float(np.var(group, ddof=1)) for group in groups if len(group) > 1]
    spread = float(np.sqrt(np.mean(variances))) if variances else 0.0
    if spread == 0 or not all(len(group) for group in groups):
        return np.nan
    return abs(float(supported.mean() - comparison.mean())) / spread


def _before_after(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    first, before, after = per_unit(rows)
    units = Rows(first, rows.waves)
    how = settings.inference(analysis)
    cluster = _column(units, analysis.cluster)
    plain = change.before_after(after - before, how, clusters=cluster)
    covariates = covariates_of(units, analysis.covariates)
    if not covariates:
        return Found(plain)
    adjusted = change.before_after(after - before, how, covariates=covariates, clusters=cluster)
    return Found(plain, (_renamed(adjusted, "change, at the means of the covariates"),))


def _weighting(method: Method) -> Design:
    def run(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
        first, before, after = per_unit(rows)
        units = Rows(first, rows.waves)
        covariates = covariates_of(units, analysis.covariates)
        if analysis.before:
            covariates = {"before": before, **covariates}
        found = weighted_effect(
            after,
            units.vector("treated"),
            covariates,
            settings.level,
            method=method,
            of=analysis.effect_on,
            clusters=_column(units, analysis.cluster),
            overlap=settings.overlap,
        )
        weighted = "difference_weighted" in found.balance
        balance = tuple(
            Effect(
                f"balance {row['covariate']}",
                float(row["difference_weighted"] if weighted else row["difference"]),
                method="standard deviations between the groups" + (", weighted" if weighted else ""),
                reason=f"{row['difference']:.2f} before weighting" if weighted else "",
            )
            for row in found.balance.to_dict("records")
        )
        return Found(found.effect, balance, {"kept": found.kept, "balance": found.worst})

    return run


def _mixed(rows: Rows, analysis: Analysis, settings: Settings) -> Found:
    first, before, after = per_unit(rows)
    units = Rows(first, rows.waves)
    fixed = {"constant": np.ones(len(first)), **covariates_of(units, analysis.covariates)}
    if analysis.before:
        fixed["before"] = before
    fixed["effect"] = units.vector("treated")
    levels = {name: first[f"column {name}"].to_numpy() for name in analysis.levels}
    found = mixed_model(after, fixed, levels, settings.level)
    parts = tuple(
        Effect(f"icc {part.name}", part.icc, p=part.p, method="share of the variance; half-half mixture for p")
        for part in found.components
    )
    return Found(found.effects[-1], parts)


DESIGNS: Mapping[str, Design] = {
    "did": _did,
    "event_study": _event_study,
    "staggered": _staggered,
    "ancova": _ancova,
    "before_after": _before_after,
    "ipw": _weighting("ipw"),
    "aipw": _weighting("aipw"),
    "mixed": _mixed,
}
"""Every design of ``schemas/designs.yaml``."""


def _told(pretrend: Pretrend) -> tuple[Effect, ...]:
    """The test of parallel trends as a row, with what it would have missed."""
    if pretrend.reason:
        return (no_effect("pretrend", pretrend.reason),)
    power = f"a difference of trends below {pretrend.slope:.3g} per period would be missed in more than "
    words = f"{power}{1 - pretrend.power:.0%} of cases; that one would add {pretrend.bias:.3g} to the effect"
    method = f"joint test of all leads, F({pretrend.df1}, {pretrend.df2})"
    return (Effect("pretrend", p=pretrend.p, df=pretrend.df2, method=method, reason=words),)


def _renamed(effect: Effect, term: str) -> Effect:
    return replace(effect, term=term)


def _column(rows: Rows, name: str | None) -> npt.NDArray[np.object_] | None:
    return None if name is None else rows.frame[f"column {name}"].to_numpy(dtype=object)
