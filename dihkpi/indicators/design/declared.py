"""Runs the designs of ``design.yaml``: every declared estimate of a population with the error of its design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.design import SurveyDesign, SurveyEstimate
from dihkpi.errors import UsageError
from dihkpi.indicators.design.estimates import taylor
from dihkpi.indicators.design.nonresponse import response_classes, response_weights
from dihkpi.indicators.design.quantiles import quantile
from dihkpi.indicators.design.raking import rake
from dihkpi.indicators.design.replicates import Replicates, bootstrap, jackknife, replicated
from dihkpi.indicators.design.sample import Design, Sample, numbers, prepare
from dihkpi.indicators.design.statistic import column, domains, statistic
from dihkpi.indicators.disclosure.small import small_cells
from dihkpi.indicators.sources import form_source
from dihkpi.indicators.windows import Window
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.indicators.compute import Inputs

_WEIGHT = "weight of the response"
_KEPT = ("survey", "estimate", "design", "measure", "variable", "domain", "method", "status", "reason")


def run_designs(inputs: Inputs, last: date) -> pd.DataFrame:
    """The table ``survey_estimates`` of the designs of all surveys, each in its newest version, up to a day.

    Parameters
    ----------
    inputs : Inputs
    last : datetime.date
        The cut-off: rows of later days do not count.

    Returns
    -------
    pandas.DataFrame
        In the order of the definitions. A design that the data do not fit gives rows with the status ``m`` and the
        reason; domains of fewer respondents than the limit of disclosure have the status ``c``.
    """
    import pandas as pd

    definitions = inputs.definitions
    table = definitions.tables["survey_estimates"]
    parts = [pd.DataFrame({name: pd.Series(dtype="str") for name in table.columns})]
    for survey in definitions.surveys.values():
        if survey.design is not None:
            parts += _of_survey(inputs, survey, last)
    return check_table(pd.concat(parts[1:] or parts, ignore_index=True), table, in_order=True)


def _of_survey(inputs: Inputs, survey: Survey, last: date) -> Iterator[pd.DataFrame]:
    assert survey.design is not None
    drawn: dict[str, _Drawn | str] = {}
    for name, design in survey.design.designs.items():
        try:
            drawn[name] = _Drawn(_sample(inputs, survey, design, last), design, inputs.definitions)
        except UsageError as fault:
            drawn[name] = f"design.yaml › designs › {name}: {_line(fault)}"
    for name, estimate in survey.design.estimates.items():
        about = {"survey": survey.survey, "estimate": name, "design": estimate.design}
        sample = drawn[estimate.design]
        found = _failed(estimate, sample) if isinstance(sample, str) else _estimated(sample, estimate, name)
        yield found.assign(**about)


@dataclass(frozen=True)
class _Drawn:
    """A sample with its design, and its replicates where errors are made of them."""

    sample: Sample
    design: SurveyDesign
    definitions: Definitions

    @cached_property
    def replicates(self) -> Replicates:
        if self.design.variance == "jackknife":
            return jackknife(self.sample)
        seed = self.design.seed if self.design.seed is not None else self.definitions.value("uncertainty")["seed"]
        return bootstrap(self.sample, self.design.replications, int(seed))

    def of(self, estimate: SurveyEstimate, by: Sequence[str]) -> pd.DataFrame:
        """One estimate of all or of domains."""
        if estimate.measure == "quantile":
            return quantile(self.sample, estimate.of, estimate.shares, by)
        measure, other, scale = estimate.measure, estimate.to or "", estimate.scale
        if self.design.variance == "taylor":
            return taylor(self.sample, statistic(self.sample, measure, estimate.of, other, scale), by)
        return replicated(self.sample, self.replicates, measure, estimate.of, other, by=by, scale=scale,
                          centre=self.design.centre)  # fmt: skip

    def bases(self, estimate: SurveyEstimate, by: Sequence[str]) -> np.ndarray:
        """Respondents with a value, of every domain; rows where nobody is known by name."""
        inside, _ = domains(self.sample, by)
        known = np.isfinite(column(self.sample, estimate.of))
        if estimate.to is not None:
            known &= np.isfinite(column(self.sample, estimate.to))
        frame = self.sample.frame
        who = frame["respondent"] if "respondent" in frame else frame.index.to_series()
        return np.array([who[rows & known].nunique() for rows in inside.T])


def _estimated(drawn: _Drawn, estimate: SurveyEstimate, name: str) -> pd.DataFrame:
    """The figure of all, and those of the domains, with small ones hidden."""
    import pandas as pd

    minimum = int(drawn.definitions.value("disclosure_minimum"))
    parts = []
    for by in dict.fromkeys([(), estimate.by]):
        try:
            found = drawn.of(estimate, by)
            hidden = small_cells(drawn.bases(estimate, by), minimum)
        except UsageError as fault:
            return _failed(estimate, f"design.yaml › estimates › {name}: {_line(fault)}")
        # Several shares of a quantile stand below each other, each with the same domains.
        rows = np.tile(hidden, len(found) // len(hidden)) if len(hidden) else hidden
        told = {name: found[name].mask(rows) for name in found.columns if name not in _KEPT}
        words = {"status": "c", "reason": "the base is too small to be shown"}
        parts.append(found.assign(**told, **{name: found[name].mask(rows, text) for name, text in words.items()}))
    return pd.concat(parts, ignore_index=True)


def _failed(estimate: SurveyEstimate, reason: str) -> pd.DataFrame:
    import pandas as pd

    variable = f"{estimate.of} / {estimate.to}" if estimate.to else estimate.of
    names = ("value", "se", "df", "df_interval", "lo", "hi", "n", "missing", "effective_n", "deff")
    numbers = dict.fromkeys(names, np.nan)
    return pd.DataFrame([{"measure": estimate.measure, "variable": variable, "domain": "", "method": "none",
                          **numbers, "status": "m", "reason": reason}])  # fmt: skip


def _line(fault: UsageError) -> str:
    return "; ".join(line.strip() for line in str(fault).splitlines())


def _sample(inputs: Inputs, survey: Survey, design: SurveyDesign, last: date) -> Sample:
    """Rows of the form with their weights: drawn, then raised for those who did not answer, then raked."""
    definitions = inputs.definitions
    frame = _frame(inputs, survey, design, last)
    drawn = Design(design.weight, design.strata, design.cluster, design.population, design.nested)
    doubt = ""
    if design.response is not None:
        by, answered = design.response.classes, design.response.answered
        frame = frame.assign(**{_WEIGHT: prepare(frame, drawn, definitions, single="certainty").weights})
        classes = response_classes(frame, by, answered, definitions, weight=_WEIGHT)
        frame[_WEIGHT] = response_weights(frame, by, answered, classes, weight=_WEIGHT)
        frame = frame[numbers(frame[answered]) == 1].reset_index(drop=True)
        drawn = replace(drawn, weight=_WEIGHT)
        small = classes.loc[classes["status"] == "u", "class"].tolist()
        doubt = f"few respondents in the class of non-response '{small[0]}'" if small else ""
    sample = replace(prepare(frame, drawn, definitions, single=design.single), doubt=doubt)
    if design.margins is not None:
        high, cap = (np.inf if bound is None else bound for bound in (design.margins.high, design.margins.cap))
        raked, _ = rake(sample, design.margins.counts, bounds=(design.margins.low, high), cap=cap)
        sample = replace(raked, doubt="; ".join(part for part in (doubt, raked.doubt) if part))
    return sample


def _frame(inputs: Inputs, survey: Survey, design: SurveyDesign, last: date) -> pd.DataFrame:
    """Rows of the form up to a day, with what is known of their respondents and with their scores, in a fixed order."""
    form, rows = survey.forms[design.form], inputs.rows(survey.survey, design.form)
    if rows is None or rows.empty:
        raise UsageError(f"no rows of the form '{design.form}' were submitted")
    source = form_source(form, rows, inputs.hubs, inputs.respondents, inputs.definitions)
    inside = source.inside(Window(f"../{last.isoformat()}", None, last), np.datetime64(last))
    frame = source.frame[inside]
    if design.wave is not None and form.wave is not None:
        frame = frame[frame[form.wave] == design.wave]
    frame = frame.sort_values([name for name in (form.date, "key") if name and name in frame], kind="stable")
    scores = inputs.scores[inputs.scores["survey"] == survey.survey] if survey.raw_scoring is not None else None
    if scores is None or "respondent" not in frame or form.kind not in ("answers", "scores", "values"):
        return frame.reset_index(drop=True)
    wave = frame[form.wave].fillna("") if form.wave else ""
    keyed = frame.assign(code=frame["respondent"], wave_of_scores=wave)
    # Two spellings of one organisation are one respondent, who is scored once.
    keyed = keyed.drop_duplicates(["code", "wave_of_scores"], keep="last")
    own = scores[scores["version"] == survey.version].assign(wave_of_scores=scores["wave"].fillna(""))
    wide = own.pivot(index=["code", "wave_of_scores"], columns="dimension", values="value")
    new = [name for name in wide.columns if name not in keyed]
    return keyed.join(wide[new], on=["code", "wave_of_scores"]).reset_index(drop=True)
