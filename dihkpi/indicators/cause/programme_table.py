"""The table ``programme``: what of the gross figures of a run the declared programmes added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.programme import Declared, Programme
from dihkpi.indicators.cause.net import deadweights
from dihkpi.indicators.cause.plan import settings_of
from dihkpi.indicators.cause.programme import cost_per_net, net_additional
from dihkpi.indicators.cause.ratios import leverage
from dihkpi.indicators.cause.result import NAN, Effect, no_effect
from dihkpi.indicators.disclosure.small import small_cells
from dihkpi.indicators.windows import Window
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.indicators.compute import Inputs

Row = dict[str, Any]
_TERMS = {"question": "deadweight_asked", "analysis": "deadweight_model"}
_NETWORK, _CLUSTER = "network", "respondent"
_AMOUNT = "amount of the gross figure"
_HIDDEN = "the base is too small to be shown"


@dataclass(frozen=True)
class _Place:
    """One place of a level, and the rows that the gross figure counts there."""

    level: str
    code: str
    unit: str
    records: pd.DataFrame
    hidden: bool
    """What beneficiaries say may not be shown."""


@dataclass(frozen=True)
class _Run:
    """What all programmes of one survey share."""

    inputs: Inputs
    indicators: pd.DataFrame
    effects: pd.DataFrame
    survey: str
    programmes: Mapping[str, Programme]
    last: date
    level: float
    seed: int

    @property
    def period(self) -> str:
        return f"../{self.last.isoformat()}"

    @cached_property
    def figures(self) -> dict[tuple[str, str, str, str], tuple[float, float, float, int, str]]:
        """Indicator, breakdown, level and code to value, ends, base and status, of what programmes name."""
        named = {name for p in self.programmes.values() for name in (p.gross, p.cost)}
        table = self.indicators
        rows = table[table["indicator"].isin(named - {None}) & table["period"].eq(self.period)]
        keys = zip(rows["indicator"], rows["breakdown"].fillna(""), rows["level"], rows["code"], strict=True)
        base = rows["n"].fillna(0).astype(int)
        told = zip(*(rows[name].to_numpy(float) for name in ("value", "lo", "hi")), base, rows["status"], strict=True)
        return dict(zip(keys, told, strict=True))

    def figure(self, indicator: str, breakdown: str, level: str, code: str) -> Effect:
        """A figure of the run, exact where it has no interval."""
        value, lo, hi, n, status = self.figures.get((indicator, breakdown, level, code), (NAN, NAN, NAN, 0, "m"))
        if status in ("c", "m"):
            return no_effect(
                indicator, _HIDDEN if status == "c" else f"there is no figure of '{indicator}' up to this day"
            )
        # The table keeps the interval alone: its half width over that of a normal distribution is near enough here.
        se = (hi - lo) / (2 * _normal(self.level)) if np.isfinite([lo, hi]).all() else 0.0
        return Effect(indicator, value, se, np.inf, lo, hi, n=n, method="as counted" if se == 0 else "")


def programme_table(
    inputs: Inputs, indicators: pd.DataFrame, effects: pd.DataFrame, definitions: Definitions, last: date
) -> pd.DataFrame:
    """The table ``programme`` of the newest version of every survey, for everything up to a day.

    Parameters
    ----------
    inputs : Inputs
    indicators, effects : pandas.DataFrame
        The finished tables, suppressed figures hidden.
    definitions : Definitions
    last : datetime.date
        The cut-off.

    Returns
    -------
    pandas.DataFrame
        The chain of each programme and place in its order: gross, deadweight by each way, declared factors, net,
        additionality, leverage, cost of one unit of net outcome. A figure that the data do not allow is a row with the
        status ``m`` and the reason. Where fewer respondents than the limit of disclosure answered the counterfactual
        question, or one of them holds most of the money, deadweight and all that follows from it has the status ``c``.
    """
    import pandas as pd

    rows: list[Row] = []
    for name, survey in definitions.surveys.items():
        if survey.analysis is None or not survey.analysis.programmes:
            continue
        settings = settings_of(survey.analysis, definitions)
        own = effects[effects["survey"] == name]
        programmes = survey.analysis.programmes
        run = _Run(inputs, indicators, own, name, programmes, last, settings.level, settings.wild.seed)
        for title, programme in programmes.items():
            about = {"survey": name, "programme": title, "period": run.period}
            for level in programme.levels:
                rows += [{**about, "level": level, **row} for row in _level(run, programme, level, definitions)]
    table = definitions.tables["programme"]
    frame = pd.DataFrame(rows, columns=list(table.columns))
    frame["n"] = frame["n"].astype("Int64").mask(frame["n"].eq(0))
    text = [name for name, column in table.columns.items() if column.type == "text" and not column.required]
    frame[text] = frame[text].astype("str").replace("", pd.NA)
    return check_table(frame, table, in_order=True)


def _level(run: _Run, programme: Programme, level: str, definitions: Definitions) -> Iterator[Row]:
    """The chains of all places of a level, with what is too small hidden."""
    records = _records(run, programme, level)
    minimum, share = int(definitions.value("disclosure_minimum")), float(definitions.value("dominance")["share"])
    asked = {code: _who_answered(programme, frame, share) for code, frame in records.items()}
    small = dict(zip(asked, small_cells([base for base, _ in asked.values()], minimum), strict=True))
    unit = definitions.indicators[run.survey, programme.gross].unit
    for code, frame in records.items():
        hidden = bool(small[code] or asked[code][1])
        yield from _chain(run, programme, _Place(level, code, unit, frame, hidden))


def _records(run: _Run, programme: Programme, level: str) -> dict[str, pd.DataFrame]:
    """Place to the rows that the gross figure counts, in a fixed order; the network is there even without rows."""
    import pandas as pd

    indicator = run.inputs.definitions.indicators[run.survey, programme.gross]
    source = run.inputs.source(run.survey, indicator.of)
    found: dict[str, pd.DataFrame] = {"all": pd.DataFrame()} if level == _NETWORK else {}
    if source is None:
        return found
    holds = source.values(indicator.where) == 1 if indicator.where else np.ones(len(source.frame), bool)
    window = Window(run.period, None, run.last)
    inside = source.inside(window, np.datetime64(run.last)) if indicator.dated else np.ones(len(holds), bool)
    located = source.located(level, indicator.place)
    counted = holds & inside & (located.codes >= 0)
    question = programme.question
    named = (_CLUSTER, "key", programme.public, *((question.column, question.amount) if question else ()))
    frame = source.frame.loc[counted, [name for name in dict.fromkeys(named) if name in source.frame]]
    frame[_AMOUNT] = source.values(indicator.sum)[counted] if indicator.sum else 1.0
    frame["place"] = located.codes[counted]
    frame = frame.sort_values([name for name in (_CLUSTER, "key") if name in frame] or "place", kind="stable")
    there = dict(iter(frame.groupby("place")))
    return found | {str(code): there.get(at, frame.iloc[:0]) for at, code in enumerate(located.places)}


def _who_answered(programme: Programme, records: pd.DataFrame, most: float) -> tuple[int, bool]:
    """How many respondents answered the counterfactual question, and whether one of them holds most of the weight."""
    question = programme.question
    if question is None or question.column not in records or (question.amount or question.column) not in records:
        return 0, False
    there = _asked_of(programme, records)
    there = there[there[question.column].notna()]
    weight = there[question.amount].to_numpy(float, na_value=np.nan) if question.amount else np.ones(len(there))
    who = there.get(_CLUSTER, there.index)
    held = there.assign(weight=weight).groupby(np.asarray(who, dtype=object))["weight"].sum()
    return len(held), bool(len(held) and held.max() > most * held.sum())


def _asked_of(programme: Programme, records: pd.DataFrame) -> pd.DataFrame:
    """Records of which there is something to ask: those with an amount."""
    amount = programme.question.amount if programme.question else None
    if amount is None or amount not in records:
        return records
    return records[records[amount].to_numpy(float, na_value=np.nan) > 0]


def _chain(run: _Run, programme: Programme, place: _Place) -> Iterator[Row]:
    """All rows of one programme at one place."""
    about = {"code": place.code, "unit": place.unit}
    gross = run.figure(programme.gross, programme.breakdown, place.level, place.code)
    ways = _ways(run, programme, place)
    taken = ways[programme.deadweight()]
    factors: Mapping[str, Effect | Declared] = {"deadweight": taken, **programme.declared()}
    whole = net_additional(gross, factors, run.level, seed=run.seed)
    left = {step.name: step.left for step in whole.factors}
    yield _row({**about, "term": "gross", "left": gross.estimate, "source": "records"}, gross)
    for way, found in ways.items():
        kept = left.get("deadweight") if way == programme.deadweight() else None
        source = "what beneficiaries say" if way == "question" else f"analysis '{programme.analysis}'"
        yield _row({**about, "term": _TERMS[way], "unit": "share", "left": kept, "source": source}, found)
    for name, declared in programme.declared().items():
        lo, hi = declared.range()
        told = Effect(name, declared.value, lo=lo, hi=hi, method="declared")
        unit = "factor" if name == "multiplier" else "share"
        yield _row({**about, "term": name, "unit": unit, "left": left.get(name), "source": declared.source}, told)
    net = whole.net.warned(f"deadweight: {taken.reason}") if taken.status == "u" else whole.net
    yield _row({**about, "term": "net", "left": net.estimate}, net)
    # Whatever the gross figure is, the same part of it is left: its own error plays no part in the share.
    part = net_additional(Effect("gross", 1.0), factors, run.level, seed=run.seed).net if net.status != "m" else net
    share = replace(part, n=net.n, status=net.status, reason=net.reason)
    yield _row({**about, "term": "additionality", "unit": "share"}, share)
    yield from _leverage(run, programme, place, gross)
    yield from _cost(run, programme, place, net)


def _ways(run: _Run, programme: Programme, place: _Place) -> dict[str, Effect]:
    """Deadweight by each way; an analysis is of all places together, and tells nothing of one of them."""
    rows = _asked_of(programme, place.records)
    cluster = _CLUSTER if _CLUSTER in rows else None
    effects = run.effects if place.level == _NETWORK else None
    found = deadweights(programme, run.level, records=rows if len(rows) else None, effects=effects, cluster=cluster)
    if place.hidden and "question" in found:
        found["question"] = no_effect("deadweight", _HIDDEN)
    return found


def _leverage(run: _Run, programme: Programme, place: _Place, gross: Effect) -> Iterator[Row]:
    """Other money over public money, and all money over it: always in both forms, by their names."""
    if programme.public is None:
        return
    forms = (no_effect("leverage", gross.reason if gross.status == "m" else "there are no records"),) * 2
    money = (programme.public, _AMOUNT)
    if gross.status != "m" and programme.public in place.records:
        # An amount that is not given adds nothing: the ratio is that of the two sums, as indicators give it.
        public, other = (np.nan_to_num(place.records[name].to_numpy(float, na_value=np.nan)) for name in money)
        who = place.records.get(_CLUSTER)
        forms = leverage(public, other, run.level, clusters=who)
    about = {"code": place.code, "unit": "EUR per EUR", "source": "records"}
    for term, found in zip(("leverage_other", "leverage_total"), forms, strict=True):
        yield _row({**about, "term": term}, found)


def _cost(run: _Run, programme: Programme, place: _Place, net: Effect) -> Iterator[Row]:
    """Cost of one unit of the net outcome."""
    if programme.cost is None:
        return
    cost = run.figure(programme.cost, "", place.level, place.code)
    if cost.status == "m":
        found = no_effect("cost per net outcome", f"cost: {cost.reason}")
    else:
        found = cost_per_net(cost.estimate, net, run.level, cost_se=cost.se)
        found = found.warned(net.reason) if net.status == "u" and found.status != "m" else found
    about = {"code": place.code, "unit": f"EUR per {place.unit}", "source": f"indicator '{programme.cost}'"}
    yield _row({**about, "term": "cost_per_net"}, found)


def _row(about: Row, found: Effect) -> Row:
    status = "c" if found.status == "m" and found.reason.endswith(_HIDDEN) else found.status
    return {
        **about, "value": found.estimate, "lo": found.lo, "hi": found.hi, "n": found.n, "status": status,
        "reason": found.reason, "method": found.method, "source": about.get("source", ""),
    }  # fmt: skip


def _normal(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))
