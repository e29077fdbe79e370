"""The tables ``forecasts`` and ``badges``: what targets and limits say of the figures of hubs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Indicator
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.courses import courses
from dihkpi.indicators.forecast import amount_draws, count_draws, drift, predict
from dihkpi.indicators.record import GROWS, Record, records
from dihkpi.indicators.windows import parse_period
from dihkpi.intake.columns import check_parts, check_table

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["level", "code", "indicator", "period", "breakdown"]


def forecasts(inputs: Inputs, figures: pd.DataFrame, definitions: Definitions, period: str) -> pd.DataFrame:
    """The table ``forecasts``; see :func:`forecasts_and_courses`."""
    return forecasts_and_courses(inputs, figures, definitions, period)[0]


def forecasts_and_courses(
    inputs: Inputs, figures: pd.DataFrame, definitions: Definitions, period: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table ``forecasts``: every target with a forecast of the end of its period; and its months as ``courses``.

    Parameters
    ----------
    inputs : Inputs
        Accepted rows.
    figures : pandas.DataFrame
        The table ``indicators`` of the same period.
    period : str
        The period of the run; its last day is the cut-off.

    Notes
    -----
    The months to come are taken to be like the newest full months of the record (policy ``forecast``). Seeds come from
    the policy and the key of the target, so that a forecast depends neither on the order of rows nor on other hubs.
    """
    import pandas as pd

    cutoff = np.datetime64(parse_period(period).last, "s")
    dated = figures["target"].notna() & (figures["level"] == "hub")  # the goal of a network has no last day
    wanted = figures[dated].reset_index(drop=True)
    if wanted.empty:
        nothing = [check_parts([], definitions.tables[name]) for name in ("forecasts", "courses")]
        return nothing[0], nothing[1]
    table = _with_words(wanted, definitions)
    kinds = {name: i for (_, name), i in definitions.indicators.items()}
    found: dict[int, dict[str, Any]] = {}
    recorded = list(records(inputs, wanted, cutoff, definitions))
    for rows, record in recorded:
        for at, row in enumerate(rows):
            found[int(row)] = _forecast(
                wanted.loc[row], kinds[str(wanted.at[row, "indicator"])], record, at, definitions
            )
    columns = ["forecast", "lo", "hi", "p_reach", "months", "method", "status", "reason"]
    made = pd.DataFrame.from_dict(found, orient="index", columns=columns).reindex(table.index)
    told = check_table(table.join(made), definitions.tables["forecasts"])
    return told, courses(wanted, recorded, inputs.hubs, definitions)


def _with_words(wanted: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Targets with their light in words and as a colour."""
    lights: Mapping[str, Mapping[str, str]] = definitions.value("lights")
    kept = wanted[[*_KEY, "value", "target", "expected", "attainment", "light"]]
    told = {name: {light: entry[name] for light, entry in lights.items()} for name in ("words", "colour")}
    return kept.assign(**{name: kept["light"].map(words).astype("str") for name, words in told.items()})


def _forecast(
    target: pd.Series, indicator: Indicator, record: Record, at: int, definitions: Definitions
) -> dict[str, Any]:
    """One forecast, or why there is none."""
    setting = definitions.value("forecast")
    added, ahead = record.added[at], float(record.ahead[at])
    full = added[~np.isnan(added)]
    reason = _obstacle(target, indicator, full, ahead, int(setting["least_months"]))
    if reason:
        return {"status": "c" if target["status"] == "c" else "m", "reason": reason}
    value, at_most = float(target["value"]), indicator.direction == "-1"
    confidence = float(definitions.value("confidence_level"))
    if ahead == 0:
        done = predict(value, float(target["target"]), np.zeros(1), confidence, at_most=at_most)
        return {"forecast": value, "lo": value, "hi": value, "p_reach": done.p_reach, "method": "final", "status": "ok"}
    newest = full[-int(setting["most_months"]) :]
    counts = indicator.measure() in ("count", "distinct")
    if not counts and not newest.any():
        return {"status": "m", "reason": "no amount in the record yet"}
    key = "\x1f".join(str(target[name]) for name in _KEY)
    rng = np.random.default_rng([int(definitions.value("uncertainty")["seed"]), zlib.crc32(key.encode())])
    draws = (count_draws if counts else amount_draws)(newest, ahead, int(setting["draws"]), rng)
    found = predict(value, float(target["target"]), draws, confidence, at_most=at_most)
    moved = drift(newest) < float(setting["trend_p"])
    return {
        "forecast": found.median, "lo": found.lo, "hi": found.hi, "p_reach": found.p_reach, "months": len(newest),
        "method": "counts" if counts else "amounts", "status": "u" if moved else "ok",
        "reason": "the two halves of the record differ; the forecast takes them as alike" if moved else None,
    }  # fmt: skip


def _obstacle(target: pd.Series, indicator: Indicator, full: np.ndarray, ahead: float, least: int) -> str:
    """Why a target has no forecast; empty when it has."""
    if target["status"] == "c":
        return "the figure is suppressed"
    if np.isnan(ahead):
        return "the start of the grant is not known"
    if np.isnan(target["value"]):
        if target["breakdown"] and indicator.of not in ("scores", "assessments"):
            known = ", ".join(indicator.breakdowns) or "none"
            return f"no row is of this breakdown; the indicator is broken down by: {known}"
        return "nothing was told of this indicator"
    if ahead == 0:
        return ""
    if indicator.kind not in GROWS or not indicator.dated:
        return f"the indicator is a {indicator.kind}, which does not add up over months"
    if indicator.ceiling:
        return "the indicator counts up to a ceiling, so that its months do not add up"
    if len(full) < least:
        return f"{len(full)} of the {least} full months that a forecast needs"
    return ""


def badges(figures: pd.DataFrame, definitions: Definitions, period: str) -> pd.DataFrame:
    """The table ``badges``: for each hub the highest step of every badge of the policy.

    Parameters
    ----------
    figures : pandas.DataFrame
        The table ``indicators``.
    period : str
        Period of the figures that count, such as ``../2026-12-31`` for everything up to a day.

    Notes
    -----
    The five categories are official, their limits are not published: without steps in the policy no badge is given.
    """
    import pandas as pd

    hubs = sorted(figures.loc[figures["level"] == "hub", "code"].unique())
    chosen = figures[(figures["level"] == "hub") & (figures["period"] == period)]
    parts = []
    for badge, rule in definitions.value("badges").items():
        steps = sorted((float(limit), step) for step, limit in (rule.get("steps") or {}).items())
        of = (chosen["indicator"] == rule["indicator"]) & (chosen["breakdown"] == (rule.get("breakdown") or ""))
        value = chosen[of].set_index("code")["value"].reindex(hubs).to_numpy(float)
        limits = np.array([limit for limit, _ in steps])
        names = np.array([None, *(step for _, step in steps), None], dtype=object)
        place = np.where(np.isnan(value), 0, np.searchsorted(limits, value, side="right"))
        following = np.append(limits, np.nan)[place]
        status = np.where(np.isnan(value), "m", "ok") if steps else "no_limits"
        parts.append(pd.DataFrame({
            "hub": hubs, "badge": badge, "value": value, "step": pd.Series(names[place], dtype="str"),
            "next_step": pd.Series(names[place + 1], dtype="str"), "missing": following - value, "status": status,
        }))  # fmt: skip
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame({n: [] for n in definitions.tables["badges"].columns})
    )
    return check_table(table, definitions.tables["badges"])
