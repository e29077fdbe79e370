"""All indicators of a period: every definition, level, window and breakdown in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Indicator
from dihkpi.definitions.survey import joined_registers
from dihkpi.indicators.disclosure.of_indicators import (
    all_the_same,
    figures_aside,
    limit_of,
    log_of_quotients,
    structure_of,
)
from dihkpi.indicators.disclosure.protect import protect
from dihkpi.indicators.figures import Block, Setting, figures, stacked
from dihkpi.indicators.maturity import assessment_figures, score_figures
from dihkpi.indicators.quotients import with_quotients
from dihkpi.indicators.sources import Source, form_source, hub_source, with_register
from dihkpi.indicators.targets import with_targets
from dihkpi.indicators.windows import Window, parse_period
from dihkpi.intake.columns import check_parts, check_table

if TYPE_CHECKING:
    import pandas as pd

MAX_YEARS = 12


@dataclass
class Inputs:
    """What indicators are computed from.

    Parameters
    ----------
    tables : mapping of (survey, form) to pandas.DataFrame
        Accepted rows.
    hubs, respondents, assessments, scores : pandas.DataFrame
        As the tables of these names.
    """

    tables: Mapping[tuple[str, str], pd.DataFrame]
    hubs: pd.DataFrame
    respondents: pd.DataFrame
    assessments: pd.DataFrame
    scores: pd.DataFrame
    definitions: Definitions
    _sources: dict[tuple[str, str], Source | None] = field(default_factory=dict)

    def targets(self) -> pd.DataFrame | None:
        """Rows of every form of targets, but for those in another unit than their indicator: they tell nothing."""
        import pandas as pd

        found = [self.tables[s, f] for (s, f) in self.tables if self.definitions.surveys[s].forms[f].kind == "targets"]
        if not found:
            return None
        rows = pd.concat(found, ignore_index=True)
        return rows[rows["in_its_unit"].fillna(True).astype(bool)] if "in_its_unit" in rows else rows

    def newest(self, last: date) -> dict[str, date]:
        """Hub to the day of its newest record or assessment up to a day; rows of no hub count under an empty id."""
        import pandas as pd

        found = []
        for (survey, form), frame in self.tables.items():
            day = self.definitions.surveys[survey].forms[form].date
            if day and day in frame:
                hub = frame["hub"].fillna("") if "hub" in frame else pd.Series("", index=frame.index)
                found.append(pd.DataFrame({"hub": hub, "day": frame[day]})[frame[day] <= np.datetime64(last)])
        if not found:
            return {}
        days = pd.concat(found).groupby("hub")["day"].max()
        return {str(hub): day.date() for hub, day in days.items()}

    def source(self, survey: str, of: str) -> Source | None:
        """The rows that an indicator counts; ``None`` when nothing was submitted."""
        key = ("", of) if of == "hubs" else (survey, "assessments" if of in ("scores", "assessments") else of)
        if key not in self._sources:
            self._sources[key] = self._make(survey, of)
        return self._sources[key]

    def rows(self, survey: str, form: str) -> pd.DataFrame | None:
        """Rows of a form with what the registers of its survey tell of them; ``None`` when nothing was submitted."""
        frame = self.tables.get((survey, form))
        if frame is None:
            return None
        forms = self.definitions.surveys[survey].forms
        for name in forms:
            register = self.tables.get((survey, name))
            if name in joined_registers(forms, form) and register is not None:
                frame = with_register(frame, forms[name], register)
        return frame

    def _make(self, survey: str, of: str) -> Source | None:
        if of == "figures":
            return None
        if of == "hubs":
            return hub_source(self.hubs, self.definitions)
        if of in ("scores", "assessments"):
            rows = self.assessments[self.assessments["survey"] == survey].reset_index(drop=True)
            if rows.empty:
                return None
            return Source(rows, rows["date"].to_numpy("datetime64[s]"), self.hubs.set_index("hub"), self.definitions)
        frame = self.rows(survey, of)
        if frame is None or frame.empty:
            return None
        form = self.definitions.surveys[survey].forms[of]
        return form_source(form, frame, self.hubs, self.respondents, self.definitions)

    def wide_scores(self, survey: str, source: Source, of: str = "value") -> pd.DataFrame:
        """Values of the nodes (or their bands) beside the assessments of a source, in its order."""
        chosen = self.scores[self.scores["survey"] == survey]
        wide = chosen.pivot(index=["code", "version", "wave"], columns="dimension", values=of)
        order = source.frame[["respondent", "version", "wave"]].set_axis(["code", "version", "wave"], axis=1)
        return order.join(wide, on=["code", "version", "wave"]).drop(columns=["code", "version", "wave"])


def compute_indicators(inputs: Inputs, definitions: Definitions, period: str) -> pd.DataFrame:
    """The table ``indicators`` of a period; see :func:`indicators_and_log`."""
    return indicators_and_log(inputs, definitions, period)[0]


def indicators_and_log(inputs: Inputs, definitions: Definitions, period: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``indicators`` and ``suppressed`` of a period.

    Besides the period itself, every figure is given for everything up to its last day, for each calendar year so far,
    and for the periods that have targets. Breakdowns are given for the first two, and for the
    periods of targets with a breakdown.

    Parameters
    ----------
    inputs : Inputs
        Accepted rows and scores.
    definitions : Definitions
        The indicators.
    period : str
        A calendar period; its last day is the cut-off.

    Returns
    -------
    indicators : pandas.DataFrame
        With status ``c`` where the base is below the limit of disclosure or where such a figure would follow from it,
        and ``m`` where there is no value.
    suppressed : pandas.DataFrame
        What has status ``c``, and why. It tells more than the figures do, so it is not for publication.

    Raises
    ------
    UsageError
        When the period cannot be read.
    """
    import pandas as pd

    window = parse_period(period)
    setting = _setting(inputs, definitions, window)
    table = figures_table(inputs, definitions.indicators, setting, definitions)
    if table is None:
        return check_parts([], definitions.tables["indicators"]), check_parts([], definitions.tables["suppressed"])
    told = [table.assign(same=all_the_same(table, definitions)), *figures_aside(inputs, setting, definitions)]
    table, log = protect(pd.concat(told, ignore_index=True), structure_of(inputs, setting, window.label))
    table = with_quotients(table, definitions)
    log = pd.concat([log, log_of_quotients(table, definitions)], ignore_index=True)
    table = with_targets(table, inputs.targets(), inputs.hubs, setting.cutoff, definitions)
    return (
        check_table(table, definitions.tables["indicators"]),
        check_table(log, definitions.tables["suppressed"], in_order=True),
    )


def figures_table(
    inputs: Inputs, indicators: Mapping[tuple[str, str], Indicator], setting: Setting, definitions: Definitions
) -> pd.DataFrame | None:
    """Figures of some indicators in the windows of a setting, before anything is suppressed.

    Returns
    -------
    pandas.DataFrame or None
        As the table ``indicators`` with ``limit``, the base below which a figure is suppressed; nothing without rows.
    """
    blocks: list[Block] = []
    units: list[str] = []
    limits: list[int] = []
    for (survey, name), indicator in indicators.items():
        found = list(_figures(inputs, survey, name, indicator, setting))
        blocks += found
        units += [indicator.unit] * len(found)
        limits += [limit_of(indicator, definitions)] * len(found)
    if not blocks:
        return None
    return _without_start(_with_totals(stacked(blocks, units, limits), definitions), inputs.hubs, setting)


def _figures(inputs: Inputs, survey: str, name: str, indicator: Indicator, setting: Setting) -> Iterator[Block]:
    source = inputs.source(survey, indicator.of)
    if source is None or indicator.quotient:
        return
    if indicator.of == "assessments":
        yield from assessment_figures(name, survey, indicator, source, setting)
    elif indicator.of == "scores":
        yield from score_figures(name, survey, indicator, source, inputs.wide_scores(survey, source), setting)
    else:
        yield from figures(name, indicator, source, setting)


def _setting(inputs: Inputs, definitions: Definitions, window: Window) -> Setting:
    assert window.last is not None
    last = window.last
    whole = Window(f"../{last.isoformat()}", None, last)
    years = _years(inputs, definitions, last.year)
    windows = {w.label: w for w in (window, whole, *(parse_period(str(year)) for year in years))}
    targets = inputs.targets()
    detailed = {window.label, whole.label}
    if targets is not None:
        windows |= {label: parse_period(label) for label in sorted(set(targets["period"]) - set(windows))}
        detailed |= set(targets.loc[targets["breakdown"].notna(), "period"] if "breakdown" in targets else ())
    return Setting(
        windows=tuple(windows.values()),
        detailed=frozenset(detailed),
        cutoff=np.datetime64(last),
        confidence=float(definitions.value("confidence_level")),
        top=int(definitions.value("dominance")["largest"]),
    )


def _years(inputs: Inputs, definitions: Definitions, last: int) -> range:
    """Calendar years from the first record or assessment to the last year of the period."""
    first = last
    for (survey, form), frame in inputs.tables.items():
        day = definitions.surveys[survey].forms[form].date
        if day and day in frame and frame[day].notna().any():
            first = min(first, int(frame[day].min().year))
    return range(max(first, last - MAX_YEARS + 1), last + 1)


def _with_totals(table: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Counts that several surveys give are added up: the total has no breakdown, nor a value where one is not known."""
    import pandas as pd

    shared = {name for (_, name), i in definitions.indicators.items() if i.of == "assessments" and i.kind == "flow"}
    parts = table[table["indicator"].isin(shared) & table["breakdown"].str.fullmatch("survey=[^;]*")]
    if parts.empty:
        return table
    key = ["level", "code", "indicator", "period"]
    parts = parts.assign(unknown=parts["value"].isna())
    totals = parts.groupby(key, as_index=False).agg(
        value=("value", "sum"), n=("n", "sum"), unit=("unit", "first"), unknown=("unknown", "any")
    )
    totals["value"] = totals["value"].mask(totals.pop("unknown"))
    return pd.concat([table, totals.assign(breakdown="", lo=np.nan, hi=np.nan, limit=0)], ignore_index=True)


def _without_start(table: pd.DataFrame, hubs: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """No figure for months of a grant whose start nobody told: that no row falls into them is not zero."""
    unknown = hubs.loc[hubs["grant_start"].isna(), "hub"]
    months = [window.label for window in setting.windows if window.months]
    lost = table["period"].isin(months) & table["level"].eq("hub") & table["code"].isin(unknown)
    return table.assign(**{name: table[name].mask(lost) for name in ("value", "lo", "hi")})
