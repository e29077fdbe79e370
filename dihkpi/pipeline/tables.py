"""From a snapshot to the tables that indicators and reports read: hubs, assessments, scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.survey import Form
from dihkpi.indicators.compute import Inputs
from dihkpi.intake.columns import check_parts
from dihkpi.intake.text import code_of
from dihkpi.scoring.reliability.card import survey_quality, withhold_small
from dihkpi.scoring.score import band_of, score
from dihkpi.scoring.tree import bind
from dihkpi.store.register import hubs_table
from dihkpi.store.respondents import identify
from dihkpi.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]
Options = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Who:
    """Hub and place of respondents, to fill in what an assessment does not tell."""

    hubs: pd.Series
    respondents: pd.DataFrame


def prepare(snapshot: Snapshot, definitions: Definitions, secret: bytes, options: Options) -> Inputs:
    """Hubs, respondents, assessments and scores of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
    definitions : Definitions
    secret : bytes
        Key of the pseudonyms.
    options : mapping of str to mapping
        Switches of the scoring by survey.
    """
    tables, respondents = identify(snapshot, definitions, secret)
    register = {form: tables.pop(("hub_register", form), None) for form in ("hubs", "catalogue")}
    if register["hubs"] is None and register["catalogue"] is None:
        tables = {key: with_hub_ids(frame) for key, frame in tables.items()}
    submitted = {hub for frame in tables.values() if "hub" in frame for hub in frame["hub"].dropna()}
    own = register["hubs"]
    if own is None and register["catalogue"] is None:
        own = _unregistered(submitted)
    hubs = hubs_table(own, register["catalogue"], submitted, definitions)
    assessments, scores = _scored(tables, respondents, definitions, options)
    return Inputs(tables, hubs, respondents, assessments, scores, definitions)


def with_hub_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Without a register the text that names a hub makes its id."""
    if "hub" not in frame:
        return frame
    ids = {text: code_of(text).replace("_", "-")[:64] or "hub" for text in frame["hub"].dropna().unique()}
    return frame.assign(hub=frame["hub"].map(ids).astype("str"))


def _unregistered(submitted: set[str]) -> pd.DataFrame:
    import pandas as pd

    names = pd.Series(sorted(submitted), dtype="str")
    blank = pd.Series(pd.NA, index=names.index, dtype="str")
    return pd.DataFrame({
        "hub": names, "name": names, "country": blank, "nuts": blank, "nuts_version": blank,
        "grant_start": pd.Series(pd.NaT, index=names.index, dtype="datetime64[s]"), "staff_fte": np.nan,
    })  # fmt: skip


def _scored(
    tables: Mapping[Key, pd.DataFrame], respondents: pd.DataFrame, definitions: Definitions, options: Options
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Assessments and scores of every survey; scores from answers win over scores that another tool reports."""
    who = _Who(_usual_hub(tables), respondents.set_index("respondent"))
    assessments: list[pd.DataFrame] = []
    scores: list[pd.DataFrame] = []
    for name, survey in definitions.surveys.items():
        seen: set[tuple[str, str]] = set()
        for origin, kind in (("answers", "answers"), ("reported", "scores")):
            for form_name, form in survey.forms.items():
                frame = tables.get((name, form_name))
                if form.kind != kind or frame is None or frame.empty:
                    continue
                frame = _one_per_wave(frame, form)
                pairs = list(zip(frame["respondent"], _waves(frame, form).fillna(""), strict=True))
                frame = frame[[pair not in seen for pair in pairs]].reset_index(drop=True)
                seen.update(pairs)
                assessments.append(_assessments(frame, survey, form, origin, who))
                scores.append(
                    score(frame, survey, definitions, options=options.get(name))
                    if kind == "answers"
                    else _reported(frame, survey, form, options.get(name) or {})
                )
    told, counted = (definitions.tables[name] for name in ("assessments", "scores"))
    return check_parts(assessments, told), check_parts(scores, counted)


def quality_of(inputs: Inputs, options: Options) -> pd.DataFrame:
    """The table ``quality`` of every survey that was answered; figures of too few respondents are withheld."""
    definitions, minimum = inputs.definitions, float(inputs.definitions.value("disclosure_minimum"))
    found: list[pd.DataFrame] = []
    for name, survey in definitions.surveys.items():
        for form_name, form in survey.forms.items():
            frame = inputs.tables.get((name, form_name))
            if form.kind == "answers" and frame is not None and not frame.empty:
                answers = _one_per_wave(frame, form)
                card = survey_quality(answers, survey, definitions, options=options.get(name))
                found.append(withhold_small(card, minimum))
    return check_parts(found, definitions.tables["quality"], in_order=True)


def _waves(frame: pd.DataFrame, form: Form) -> pd.Series:
    import pandas as pd

    return frame[form.wave] if form.wave else pd.Series(pd.NA, index=frame.index, dtype="str")


def _one_per_wave(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    """One row per respondent and wave: the latest, where two spellings turned out to be one organisation."""
    order = [form.date, "key"] if form.date else ["key"]
    keys = ["respondent", form.wave] if form.wave else ["respondent"]
    return (
        frame.sort_values(order, kind="stable").drop_duplicates(keys, keep="last").sort_values("key", ignore_index=True)
    )


def _usual_hub(tables: Mapping[Key, pd.DataFrame]) -> pd.Series:
    """Hub of the respondents that only one hub ever served."""
    import pandas as pd

    pairs = [t[["respondent", "hub"]].dropna() for t in tables.values() if {"respondent", "hub"} <= set(t.columns)]
    known = pd.concat(pairs).drop_duplicates() if pairs else pd.DataFrame({"respondent": [], "hub": []}, dtype="str")
    return known.drop_duplicates("respondent", keep=False).set_index("respondent")["hub"]


def _assessments(frame: pd.DataFrame, survey: Survey, form: Form, origin: str, who: _Who) -> pd.DataFrame:
    import pandas as pd

    people, known = frame["respondent"], who.respondents
    nothing = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    return pd.DataFrame({
        "respondent": people, "survey": survey.survey, "version": survey.version, "wave": _waves(frame, form),
        "date": frame[form.date] if form.date else nothing, "hub": frame["hub"].fillna(people.map(who.hubs)),
        "origin": origin, "nuts": people.map(known["nuts"]), "country": people.map(known["country"]),
    })  # fmt: skip


def _reported(frame: pd.DataFrame, survey: Survey, form: Form, options: Mapping[str, str]) -> pd.DataFrame:
    """Scores that another tool reports, in the shape of ours: without items, with our bands."""
    import pandas as pd

    tree = bind(survey, survey.scoring(options))
    parts = []
    for node in (node for node in tree.order if node in frame):
        bands = tree.bands(node)
        values = frame[node].to_numpy(float)
        parts.append(pd.DataFrame({
            "level": "respondent", "code": frame["respondent"], "survey": survey.survey, "version": survey.version,
            "wave": _waves(frame, form), "dimension": node, "value": values, "se": np.nan, "lo": np.nan, "hi": np.nan,
            "n_items": pd.NA, "n_answered": pd.NA, "band": band_of(values, bands) if bands else None,
            "status": np.where(np.isnan(values), "m", "ok"),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype({"n_items": "Int64", "n_answered": "Int64"})
