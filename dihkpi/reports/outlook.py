"""What an extract holds of how a hub gets on: its targets, who is due for an assessment, badges, and room for aid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Aim(NamedTuple):
    """A target of a hub: when its period begins and ends, and the forecast of what will stand there then."""

    indicator: str
    period: str
    breakdown: str
    begins: str | None
    ends: str | None
    passed: float | None
    forecast: float | None
    lo: float | None
    hi: float | None
    p_reach: float | None
    method: str | None
    status: str
    reason: str | None


class Due(NamedTuple):
    """How many customers of an adviser (or ``all``) have a wave, and for how many it is the next one."""

    adviser: str
    wave: str
    customers: int
    there: int
    waiting: int
    soon: int
    overdue: int


class Badge(NamedTuple):
    """A badge of the policy: what counts, the step reached, and what is missing to the next one."""

    badge: str
    value: float | None
    step: str | None
    next_step: str | None
    missing: float | None


Outlook = dict[str, Any]
_ROUNDED = 4


def nothing() -> Outlook:
    """The outlook of a hub of which nothing is known."""
    return {"aims": [], "courses": [], "due": [], "badges": [], "checks": None, "room": {}, "ceiling": None}


def outlook_by_hub(tables: Mapping[str, pd.DataFrame], hubs: pd.DataFrame, last: date) -> dict[str, Outlook]:
    """Hub to its targets, courses of those whose period ends last, who is due, badges, and what is told of aid.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        ``forecasts``, ``courses``, ``completeness_counts``, ``badges``, ``aid_check_counts`` and ``de_minimis``; any
        may be empty. Of the last one only counts are taken.
    hubs : pandas.DataFrame
        For the start of each grant.
    last : datetime.date
        The cut-off.
    """
    found: dict[str, Outlook] = {}
    aims = _aims(tables["forecasts"], hubs, last)
    badges = tables["badges"]
    lists = {
        "aims": (aims, "code", Aim._fields),
        "due": (tables["completeness_counts"], "hub", Due._fields),
        "badges": (badges if badges.empty else badges[badges["status"] != "no_limits"], "hub", Badge._fields),
    }
    for name, (table, key, columns) in lists.items():
        for hub, *row in _plain(table, [key, *columns]):
            found.setdefault(hub, nothing())[name].append(row)
    for hub, courses in _courses(tables["courses"], aims).items():
        found.setdefault(hub, nothing())["courses"] = courses
    for hub, *row in _plain(tables["aid_check_counts"], ["hub", "checked", "differ", "above", "below"]):
        found.setdefault(hub, nothing())["checks"] = row
    if len(room := tables["de_minimis"]):
        counts = room.groupby(["hub", "status"]).size().reset_index(name="customers")
        for hub, status, count in counts.itertuples(index=False, name=None):
            found.setdefault(str(hub), nothing())["room"][status] = int(count)
        for hub, ceiling in room.dropna(subset="ceiling").groupby("hub")["ceiling"].max().items():
            found[str(hub)]["ceiling"] = float(ceiling)
    return found


def _plain(table: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """Rows as an extract holds them, with None for what is missing."""
    if table.empty:
        return []
    rows = table[columns].astype(object)
    return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


def _aims(forecasts: pd.DataFrame, hubs: pd.DataFrame, last: date) -> pd.DataFrame:
    """Targets with the end of their period and the part of it that has passed."""
    import pandas as pd

    from dihkpi.indicators.paths import bounds
    from dihkpi.indicators.windows import parse_period

    table = forecasts.assign(begins=None, ends=None, passed=None)
    starts = table["code"].map(hubs.set_index("hub")["grant_start"]).astype("datetime64[s]")
    for period, rows in table.groupby("period").groups.items():
        begin, end = bounds(parse_period(str(period)), starts.loc[rows])
        passed = ((pd.Timestamp(last) - begin).dt.days + 1) / ((end - begin).dt.days + 1)
        table.loc[rows, "begins"] = begin.dt.strftime("%Y-%m-%d").astype(object)
        table.loc[rows, "ends"] = end.dt.strftime("%Y-%m-%d").astype(object)
        table.loc[rows, "passed"] = passed.clip(0, 1).round(_ROUNDED).astype(object)
    return table.assign(breakdown=table["breakdown"].fillna(""))


def _courses(courses: pd.DataFrame, aims: pd.DataFrame) -> dict[str, list[list[Any]]]:
    """Hub to indicator, period, value and expectation by month, for totals of the period that ends last."""
    if courses.empty:
        return {}
    totals = courses[courses["breakdown"].fillna("").eq("")]
    ends = aims.dropna(subset="ends").groupby(["code", "period"])["ends"].max().reset_index()
    latest = ends.sort_values(["code", "ends", "period"]).drop_duplicates("code", keep="last")
    kept = totals.merge(latest[["code", "period"]], on=["code", "period"]).sort_values("day", kind="stable")
    found: dict[str, list[list[Any]]] = {}
    for (hub, indicator, period), rows in kept.groupby(["code", "indicator", "period"]):
        known = [float(value) for value in rows["value"].dropna()]
        expected = [round(float(value), _ROUNDED) for value in rows["expected"]]
        found.setdefault(str(hub), []).append([indicator, period, known, expected])
    return found
