"""Rows of one analysis: outcome by unit and wave, with what is known of the units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.plan import Analysis
from dihkpi.errors import hint_for
from dihkpi.indicators.cause.linear import dummies
from dihkpi.indicators.cause.result import NoEstimateError, Vector

if TYPE_CHECKING:
    import pandas as pd

_WAVES_OF_CHANGE = ("event_study", "staggered")
"""Designs that use units with waves on one side of the start only."""
_YES, _NO = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")


@dataclass(frozen=True)
class EffectData:
    """What an analysis plan is run on.

    Attributes
    ----------
    scores, indicators : pandas.DataFrame
        As the tables of these names.
    units : pandas.DataFrame
        One row per unit: ``code``, as in the tables, and the columns that the plan names.
    """

    scores: pd.DataFrame
    indicators: pd.DataFrame
    units: pd.DataFrame


@dataclass(frozen=True)
class Rows:
    """One row per unit and wave, sorted by both.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``unit``, ``period`` (place in ``waves``), ``y``, ``post``, ``treated``, ``start`` and the named columns.
    waves : tuple of str
    remarks : tuple of str
        Who was left out, and why.
    """

    frame: pd.DataFrame
    waves: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def vector(self, name: str) -> Vector:
        """A column of numbers."""
        return self.frame[name].to_numpy(dtype=float, na_value=np.nan)

    def supported_only(self) -> Rows:
        """The rows of the supported."""
        return replace(self, frame=self.frame[self.frame["treated"] == 1].reset_index(drop=True))


def rows_of(analysis: Analysis, survey: str, data: EffectData) -> Rows:
    """Outcome and columns of one analysis.

    Parameters
    ----------
    analysis : Analysis
    survey : str
        Survey of the plan.
    data : EffectData

    Raises
    ------
    NoEstimateError
        When the data lack what the plan names.
    """
    waves = (*analysis.before, *analysis.after)
    outcome = _outcome(analysis, survey, data, waves)
    frame = outcome.join(_units(analysis, data), on="unit", how="inner")
    if frame.empty:
        raise NoEstimateError("no unit of the table of units has the outcome in any of these waves")
    unknown = int((outcome["unit"].nunique()) - frame["unit"].nunique())
    remarks = [f"{unknown} units are not in the table of units"] if unknown else []
    frame["post"] = (frame["period"] >= len(analysis.before)).astype(float)
    frame = _with_support(frame, analysis, waves)
    for flaw, words in _flaws(frame, analysis):
        bad = frame.loc[flaw, "unit"].unique()
        if len(bad):
            frame = frame[~frame["unit"].isin(bad)]
            remarks.append(f"{len(bad)} units {words} are left out")
    if frame.empty:
        raise NoEstimateError("; ".join(["no unit is left", *remarks]))
    return Rows(frame.sort_values(["unit", "period"], ignore_index=True), waves, tuple(remarks))


def _outcome(analysis: Analysis, survey: str, data: EffectData, waves: tuple[str, ...]) -> pd.DataFrame:
    wanted = analysis.outcome
    if wanted.dimension is not None:
        table, column, of, level = data.scores, "wave", wanted.dimension, wanted.level or "respondent"
        chosen = table[(table["survey"] == (wanted.survey or survey)) & (table["dimension"] == of)]
    else:
        table, column, of, level = data.indicators, "period", str(wanted.indicator), wanted.level or "hub"
        chosen = table[(table["indicator"] == of) & (table["breakdown"].fillna("") == wanted.breakdown)]
    chosen = chosen[(chosen["level"] == level) & chosen["value"].notna()]
    if chosen.empty:
        raise NoEstimateError(f"there is no value of '{of}' for the level '{level}'")
    places = chosen[column].map({wave: place for place, wave in enumerate(waves)})
    if places.isna().all():
        found = sorted(chosen[column].dropna().unique())
        raise NoEstimateError(f"'{of}' has none of the waves {', '.join(waves)}; it has {', '.join(found[:8])}")
    frame = chosen.assign(unit=chosen["code"].astype(str), period=places)[places.notna()]
    frame["version"] = frame.get("version", "")
    frame["y"] = frame["value"].astype(float)
    return frame[["unit", "period", "y", "version"]].astype({"period": int}).reset_index(drop=True)


def _units(analysis: Analysis, data: EffectData) -> pd.DataFrame:
    """Columns that the analysis names, by unit."""
    names = [analysis.treatment, analysis.start, analysis.cluster, *analysis.covariates, *analysis.levels]
    wanted = list(dict.fromkeys(name for name in names if name))
    for name in ("code", *wanted):
        if name not in data.units:
            hint = hint_for(name, list(data.units.columns))
            raise NoEstimateError(f"the table of units has no column '{name}' ({hint})")
    units = data.units[["code", *wanted]].astype({"code": str})
    if units["code"].duplicated().any():
        twice = units.loc[units["code"].duplicated(), "code"].iloc[0]
        raise NoEstimateError(f"the table of units has '{twice}' twice; each unit stands there once")
    return units.set_index("code").add_prefix("column ")


def _with_support(frame: pd.DataFrame, analysis: Analysis, waves: tuple[str, ...]) -> pd.DataFrame:
    if analysis.start is not None:
        given = frame[f"column {analysis.start}"].astype("string")
        given = given.mask(given.eq("").fillna(False))
        unknown = sorted(set(given.dropna()) - set(waves))
        if unknown:
            raise NoEstimateError(f"start '{unknown[0]}' is none of the waves {', '.join(waves)}")
        frame["start"] = given.map({wave: float(place) for place, wave in enumerate(waves)}).astype(float)
    if analysis.treatment is not None:
        text = frame[f"column {analysis.treatment}"].astype("string").str.strip().str.casefold()
        frame["treated"] = np.select([text.isin(_YES).fillna(False), text.isin(_NO).fillna(False)], [1.0, 0.0], np.nan)
        odd = text[text.notna() & text.ne("") & frame["treated"].isna()]
        if len(odd):
            raise NoEstimateError(f"column '{analysis.treatment}': '{odd.iloc[0]}' is neither 1 nor 0")
    elif analysis.start is not None:
        frame["treated"] = frame["start"].notna().astype(float)
    else:
        frame["treated"] = 1.0
    if analysis.start is None:
        frame["start"] = np.where(frame["treated"] == 1, float(len(analysis.before)), np.nan)
    return frame


def _flaws(frame: pd.DataFrame, analysis: Analysis) -> list[tuple[pd.Series, str]]:
    """Rows of units that cannot be used, with the words for them."""
    each = frame.groupby("unit")
    flaws = [
        (frame["treated"].isna(), f"without an answer in '{analysis.treatment}'"),
        (each["version"].transform("nunique") > 1, "whose waves have different versions of the questionnaire"),
    ]
    named = [name for name in (analysis.cluster, *analysis.levels, *analysis.covariates) if name is not None]
    flaws += [
        (frame[f"column {name}"].replace([np.inf, -np.inf], np.nan).isna(), f"without '{name}'")
        for name in dict.fromkeys(named)
    ]
    if analysis.before and analysis.after and analysis.design not in _WAVES_OF_CHANGE:
        both = each["post"].transform("nunique") < 2
        flaws.append((both, "without a wave both before and after"))
    return flaws


def covariates_of(rows: Rows, names: tuple[str, ...]) -> dict[str, Vector]:
    """Covariates as numbers; texts become a column for each value but the first."""
    import pandas as pd

    found: dict[str, Vector] = {}
    for name in names:
        values = rows.frame[f"column {name}"]
        if pd.api.types.is_numeric_dtype(values):
            number = values.to_numpy(dtype=float, na_value=np.nan)
            found[name] = np.where(np.isfinite(number), number, np.nan)
        else:
            found |= dummies(values.astype(object).where(values.notna(), None), name)
    return found


def per_unit(rows: Rows) -> tuple[pd.DataFrame, Vector, Vector]:
    """First row of every unit, and the means of its outcome before and after, missing where there is no wave."""
    first = rows.frame.groupby("unit").first()
    means = [
        rows.frame[rows.frame["post"] == side].groupby("unit")["y"].mean().reindex(first.index).to_numpy(dtype=float)
        for side in (0, 1)
    ]
    return first.reset_index(), means[0], means[1]


def counts(rows: Rows, cluster: str | None) -> Mapping[str, float]:
    """How many units, clusters and waves there are on each side."""
    units = rows.frame.drop_duplicates("unit")
    group = units["unit"] if cluster is None else units[f"column {cluster}"]
    treated = units["treated"] == 1
    later = rows.frame["start"].dropna()
    begins = later.max() if len(later) else np.nan
    comparison = ~treated | ((units["start"] == begins) & (later.nunique() > 1))
    return {
        "units": len(units), "treated": int(treated.sum()), "comparison": int(comparison.sum()),
        "clusters": group.nunique(), "treated_clusters": group[treated].nunique(),
        "comparison_clusters": group[comparison].nunique(),
        "periods_before": int(rows.frame.loc[rows.frame["post"] == 0, "period"].nunique()),
        "periods_after": int(rows.frame.loc[rows.frame["post"] == 1, "period"].nunique()),
    }  # fmt: skip
