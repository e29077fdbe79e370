"""Event study: the effect period by period around the start, and what the periods before it can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.cause.errors import Inference, effect, joint_test
from dihkpi.indicators.cause.linear import Fit, dummies, fit
from dihkpi.indicators.cause.result import Effect, NoEstimateError, Vector, no_effect


@dataclass(frozen=True)
class Pretrend:
    """Test of parallel trends before the start, and its power.

    Attributes
    ----------
    p : float
        Of the joint test that nothing differs before the start.
    f, df1, df2 : float
    power : float
        Chance for which ``slope`` is given.
    slope : float
        Smallest steady difference of trends, in units of the outcome per period, that the test would find with this
        chance. What is smaller may be there unseen.
    bias : float
        What that slope would add to the mean effect after the start if it went on.
    reason : str
        Why there is no test.
    """

    p: float = float("nan")
    f: float = float("nan")
    df1: int = 0
    df2: int = 0
    power: float = float("nan")
    slope: float = float("nan")
    bias: float = float("nan")
    reason: str = ""


@dataclass(frozen=True)
class EventStudy:
    """Mean effect after the start, every lead and lag, and the test of what came before."""

    after: Effect
    periods: tuple[Effect, ...]
    pretrend: Pretrend


def event_study(
    y: Vector,
    units: npt.ArrayLike,
    periods: npt.NDArray[np.intp],
    start: Vector,
    how: Inference,
    *,
    clusters: npt.ArrayLike | None = None,
    power: float = 0.8,
) -> EventStudy:
    """Leads and lags of the start in a regression with effects of units and periods; the period before it is zero.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
    units : array-like
    periods : numpy.ndarray of int
        Places of the periods in their order: 0, 1, 2, …
    start : numpy.ndarray of float
        Place of the first supported period of the unit, missing for the comparison.
    how : Inference
    clusters : array-like, optional
    power : float
        Chance for which the smallest visible difference of trends is given.

    Notes
    -----
    Roth (2022), American Economic Review: Insights 4, on the power of tests before the start. Where starts differ and
    effects change with time, lags mix with each other (Sun and Abraham 2021): use :func:`staggered` then.
    """
    since = np.asarray(periods, float) - start
    told = np.isfinite(since)
    seen = sorted({int(step) for step in since[told & np.isfinite(y)]})
    steps = [step for step in seen if step != -1]
    if -1 not in seen or not any(step >= 0 for step in steps):
        reason = "needs the period just before the start and one after it"
        return EventStudy(no_effect("after", reason), (), Pretrend(reason=reason))
    columns = {**dummies(periods, "period"), **{_name(step): np.where(told, since == step, 0.0) for step in steps}}
    try:
        fitted = fit(y, columns, clusters=clusters, units=units)
        lags = [step for step in steps if step >= 0]
        after = effect(fitted, {_name(step): 1 / len(lags) for step in lags}, "after", how)
        found = tuple(effect(fitted, {_name(step): 1.0}, _name(step), how) for step in steps)
    except NoEstimateError as fault:
        return EventStudy(no_effect("after", str(fault)), (), Pretrend(reason=str(fault)))
    if len(set(np.asarray(start)[told])) > 1:
        after = after.warned("starts differ: lags may mix with each other, 'staggered' does not")
    return EventStudy(after, found, pretrend(fitted, [step for step in steps if step < 0], lags, how.level, power))


def pretrend(fitted: Fit, leads: list[int], lags: list[int], level: float, power: float) -> Pretrend:
    """Joint test of the leads, and the smallest slope it would find."""
    leads = [step for step in leads if _name(step) in fitted.names]
    if not leads:
        return Pretrend(reason="one period before the start: parallel trends cannot be tested")
    try:
        joint = joint_test(fitted, [_name(step) for step in leads])
    except NoEstimateError as fault:
        return Pretrend(reason=str(fault))
    line = np.array([step + 1.0 for step in leads])
    per_slope = float(line @ joint.inverse @ line)
    slope = float(np.sqrt(_noncentrality(joint.df1, joint.df2, level, power) / per_slope))
    return Pretrend(
        joint.p, joint.f, joint.df1, joint.df2, power, slope, slope * float(np.mean([lag + 1 for lag in lags]))
    )


def _noncentrality(df1: int, df2: int, level: float, power: float) -> float:
    """Noncentrality at which F(df1, df2) rejects with the given chance."""
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    limit = f.ppf(level, df1, df2)
    return float(brentq(lambda value: ncf.sf(limit, df1, df2, value) - power, 1e-6, 1e4))


def _name(step: int) -> str:
    return f"lag {step}" if step >= 0 else f"lead {-step}"
