"""The card of an indicator: everything that one must know before one quotes it."""

from __future__ import annotations

from dihkpi.definitions.collection import Definitions
from dihkpi.definitions.indicators import FLAGGED, Flag, Indicator

_DIRECTIONS = {"1": "more is better", "-1": "less is better", "0": "neither more nor less is better"}
_MIXED = {
    "share": ("amount of each `{by}`", "amount of all"),
    "diversification": ("1 - sum of the squared shares of each `{by}`", "none"),
    "dependency": ("amount of the largest `{by}`", "amount of all"),
}
_BARS = {"at_least": "from {:g} on", "at_most": "up to {:g}", "above": "above {:g}", "below": "below {:g}"}


def card(survey: str, indicator: Indicator, definitions: Definitions) -> dict[str, str]:
    """What a card tells of an indicator beside its name; what does not apply is empty.

    Parameters
    ----------
    survey : str
        The survey that the indicator belongs to.
    """
    above, below = over(indicator)
    rows = f"{survey} › {indicator.of}" + (f", where `{indicator.where}`" if indicator.where else "")
    return {
        "unit": indicator.unit,
        "kind": indicator.kind,
        "direction": _DIRECTIONS[indicator.direction],
        "rows": "figures" if indicator.quotient else rows,
        "measure": indicator.measure(),
        "numerator": above,
        "denominator": below,
        "counted once": f"by `{indicator.once}`" if indicator.once else "",
        "breakdowns": ", ".join(indicator.breakdowns) or "none",
        "levels": ", ".join(indicator.levels or definitions.levels),
        "roll-up": indicator.roll_up(),
        "minimum base": _base(indicator, definitions),
        "expected path": ", ".join(f"M{month} {share:.0%}" for month, share in sorted(indicator.path.items())),
        "goal": ", ".join(f"{level} {goal:g}" for level, goal in indicator.goal.items()),
        "flag": _flag(indicator.flag) if indicator.flag else "",
        "owner": indicator.owner,
        "source": f"{indicator.reference} ({indicator.tag})",
        "requirements": ", ".join(indicator.requirements),
    }


def over(indicator: Indicator) -> tuple[str, str]:
    """Numerator and denominator in words."""
    if indicator.ratio:
        where = f", where `{indicator.ratio.where}`" if indicator.ratio.where else ""
        return f"sum of `{indicator.ratio.of}`{where}", f"sum of `{indicator.ratio.to}`"
    if indicator.quotient:
        return f"`{indicator.quotient.of}`", f"`{indicator.quotient.to}`"
    if indicator.mix:
        above, below = _MIXED[indicator.mix.give]
        return above.format(by=indicator.mix.by), below
    if indicator.ceiling:
        most = f"up to the policy `{indicator.ceiling.policy}` for each {indicator.ceiling.each}"
        return f"sum of `{indicator.sum}`, {most}", "none"
    waves = ", ".join(indicator.complete)
    return {
        "count": ("rows", "none"),
        "distinct": (f"different values of `{indicator.distinct}`", "none"),
        "sum": (f"sum of `{indicator.sum}`", "none"),
        "mean": (f"sum of `{indicator.mean}`", "rows for which it is known"),
        "share": (f"rows with `{indicator.share}`", "rows for which it is known"),
        "score": ("sum of the scores", "respondents with a score"),
        "change": ("sum of the differences between two waves", "respondents with both waves"),
        "complete": (f"respondents with {waves}", f"respondents with {waves.partition(',')[0]}"),
    }[indicator.measure()]


def _base(indicator: Indicator, definitions: Definitions) -> str:
    if indicator.quotient:
        return "that of its figures"
    base = indicator.least_base(int(definitions.value("disclosure_minimum")))
    return str(base) if base else "none"


def _flag(flag: Flag) -> str:
    way = next(name for name in FLAGGED if getattr(flag, name) is not None)
    at = f" ({', '.join(flag.levels)})" if flag.levels else ""
    return f"{_BARS[way].format(getattr(flag, way))}: {flag.says}{at}"
