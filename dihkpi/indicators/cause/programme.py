"""Words of programme evaluation as numbers: deadweight, net additional, cost per net outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.programme import Declared
from dihkpi.errors import hint_for
from dihkpi.indicators.cause.ratios import fieller, ratio_of_sums
from dihkpi.indicators.cause.result import NAN, Effect, Vector, no_effect

ORDER = ("deadweight", "leakage", "displacement", "substitution")
"""Shares that are taken off a gross figure, in this order; the net figure does not depend on it."""


def deadweight_from_answers(
    answers: npt.ArrayLike,
    weights: Mapping[str, float],
    level: float,
    *,
    amounts: Vector | None = None,
    clusters: npt.ArrayLike | None = None,
) -> Effect:
    """Share that would have come anyway, from the counterfactual question.

    Parameters
    ----------
    answers : array-like of str
        Code of the answer per record, missing where nobody answered.
    weights : mapping of str to float
        Code to share: 0 for "not at all", 1 for "the same".
    level : float
    amounts : numpy.ndarray, optional
        Weigh answers by them, such as by the investment.
    clusters : array-like, optional

    Returns
    -------
    Effect
        Term ``deadweight``; the interval is cut at 0 and 1. Beneficiaries judge themselves: status ``u`` always.

    Examples
    --------
    >>> shares = {"none": 0.0, "later": 0.5, "same": 1.0}
    >>> found = deadweight_from_answers(["none", "later", "same", None], shares, 0.95)
    >>> found.estimate, found.n
    (0.5, 3)
    """
    codes = [None if code is None or code != code else str(code) for code in np.asarray(answers, object)]
    unknown = sorted({code for code in codes if code is not None} - set(weights))
    if unknown:
        return no_effect("deadweight", f"no weight for the answer '{unknown[0]}' ({hint_for(unknown[0], weights)})")
    share = np.array([NAN if code is None else float(weights[code]) for code in codes])
    amount = np.ones(len(share)) if amounts is None else np.asarray(amounts, float)
    found = ratio_of_sums(
        share * amount, np.where(np.isfinite(share), amount, NAN), level, clusters=clusters, term="deadweight"
    )
    if found.status == "m":
        return found
    found = replace(
        found, lo=max(0.0, found.lo), hi=min(1.0, found.hi), method=f"counterfactual question, {found.method}"
    )
    silent = int(np.isnan(share).sum())
    told = f"; {silent} of {len(share)} records without an answer" if silent else ""
    return found.warned(f"what beneficiaries say of themselves, who may see a use in the answer{told}")


def deadweight_from_model(effect: Effect, gross: Effect, level: float) -> Effect:
    """One less the effect on the supported over their gross change, with Fieller's interval.

    Parameters
    ----------
    effect : Effect
        Mean effect on the supported (ATT), from a design with a comparison.
    gross : Effect
        Mean change of the supported, before and after.
    level : float

    Returns
    -------
    Effect
        May lie outside 0 to 1: below 0 the comparison fell while the supported rose.
    """
    df = float(np.nanmin([effect.df, gross.df, np.inf]))
    # The comparison's change is gross - effect, and independent of the gross change: Cov(effect, gross) = Var(gross).
    shared = min(gross.se**2, gross.se * effect.se)
    if "m" in (effect.status, gross.status):
        return no_effect("deadweight", effect.reason or gross.reason)
    ratio = fieller(
        effect.estimate, effect.se, gross.estimate, gross.se, level, covariance=shared, df=df, term="deadweight"
    )
    return replace(
        ratio, estimate=1 - ratio.estimate, lo=1 - ratio.hi, hi=1 - ratio.lo, n=effect.n, clusters=effect.clusters,
        method="1 - effect on the supported / gross change, Fieller's interval",
    )  # fmt: skip


@dataclass(frozen=True)
class Factor:
    """One step from gross to net.

    Attributes
    ----------
    name : str
    value, lo, hi : float
        A share taken off, or the multiplier; the amount for ``gross`` and ``net``.
    left : float
        Amount that is left after it.
    source : str
        Where the value comes from.
    """

    name: str
    value: float
    lo: float
    hi: float
    left: float
    source: str


@dataclass(frozen=True)
class Net:
    """What a programme added, and every factor on the way."""

    net: Effect
    factors: tuple[Factor, ...]


def net_additional(
    gross: Effect,
    factors: Mapping[str, Effect | Declared],
    level: float,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> Net:
    """``gross (1 - deadweight)(1 - leakage)(1 - displacement)(1 - substitution) x multiplier``, with its interval.

    Measured factors are drawn from a normal distribution (shares cut at 0 and 1), declared ranges from a triangular
    one with its peak at the value; all independently. The estimate is that of the values themselves.

    Parameters
    ----------
    gross : Effect
        The gross figure; without standard error it is taken as exact.
    factors : mapping of str to Effect or Declared
        Any of ``deadweight``, ``leakage``, ``displacement``, ``substitution``, ``multiplier``. What is not given is
        not taken off, and told.
    level : float
    draws, seed : int

    Examples
    --------
    >>> shares = {"deadweight": Declared(value=0.5, source="a study"), "leakage": Declared(value=0.1, source="records")}
    >>> found = net_additional(Effect("gross", 1000.0), shares, 0.95)
    >>> round(found.net.estimate, 6), [round(step.left, 6) for step in found.factors]
    (450.0, [1000.0, 500.0, 450.0, 450.0])
    """
    rng = np.random.default_rng(seed)
    unknown = sorted(set(factors) - {*ORDER, "multiplier"})
    if unknown:
        raise ValueError(f"unknown factor '{unknown[0]}'; {hint_for(unknown[0], (*ORDER, 'multiplier'))}")
    failed = [name for name, given in factors.items() if isinstance(given, Effect) and given.status == "m"]
    if gross.status == "m" or failed:
        cause = gross.reason if gross.status == "m" else f"{failed[0]}: {factors[failed[0]].reason}"  # type: ignore[union-attr]
        return Net(no_effect("net", cause), ())
    drawn = _drawn(gross, rng, draws)
    left = gross.estimate
    steps = [Factor("gross", left, gross.lo, gross.hi, left, gross.method or "as counted")]
    for name in (*ORDER, "multiplier"):
        if name not in factors:
            continue
        given = factors[name]
        share = name != "multiplier"
        value = given.value if isinstance(given, Declared) else given.estimate
        values = _drawn(given, rng, draws)
        values = np.clip(values, 0, 1) if share else values
        drawn = drawn * (1 - values if share else values)
        left *= 1 - min(max(value, 0.0), 1.0) if share else value
        lo, hi = given.range() if isinstance(given, Declared) else (given.lo, given.hi)
        steps.append(Factor(name, value, lo, hi, left, given.source if isinstance(given, Declared) else given.method))
    tail = (1 - level) / 2
    lo, hi = (float(end) for end in np.quantile(drawn, [tail, 1 - tail]))
    net = Effect(
        "net", left, float(drawn.std(ddof=1)), np.inf, lo, hi, n=gross.n, clusters=gross.clusters,
        method=f"gross less its factors, interval from {draws} draws",
    )  # fmt: skip
    absent = [name for name in ORDER if name not in factors]
    if absent:
        net = net.warned(f"nothing is known of: {', '.join(absent)}; taken as none")
    steps.append(Factor("net", left, lo, hi, left, net.method))
    return Net(net, tuple(steps))


def _drawn(given: Effect | Declared, rng: np.random.Generator, draws: int) -> Vector:
    if isinstance(given, Declared):
        lo, hi = given.range()
        return rng.triangular(lo, given.value, hi, draws) if lo < hi else np.full(draws, float(given.value))
    if not given.se > 0:
        return np.full(draws, given.estimate)
    return rng.normal(given.estimate, given.se, draws)


def cost_per_net(cost: float, net: Effect, level: float, *, cost_se: float = 0.0) -> Effect:
    """Cost of one unit of the *net* outcome, with Fieller's interval.

    Where the net outcome may be nothing, one unit may cost any amount: the interval is without bound, and says so.

    Examples
    --------
    >>> round(cost_per_net(1000, Effect("net", 50.0, 10.0), 0.95).estimate, 2)
    20.0
    """
    if net.status == "m":
        return no_effect("cost per net outcome", net.reason)
    if net.estimate <= 0:
        return no_effect("cost per net outcome", "nothing was added on balance, so it has no price")
    se = net.se if np.isfinite(net.se) else 0.0
    found = fieller(cost, cost_se, net.estimate, se, level, term="cost per net outcome")
    return replace(found, n=net.n, clusters=net.clusters)
