"""What a ``design.yaml`` names and what must exist elsewhere, and what of it cannot go together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.crosscheck_rules import column_kinds
from dihkpi.definitions.design import Margins, SurveyDesign, SurveyEstimate
from dihkpi.definitions.explain import known
from dihkpi.definitions.expression_types import Kind
from dihkpi.definitions.survey import Form, joined_registers

_SAME = 1e-6
"""Relative difference between the sums of two margins that is taken for rounding."""
_SCORED = ("answers", "scores", "values")


def survey_design_problems(
    definitions: Definitions, survey: Survey, where: str, joined: Sequence[str]
) -> Iterator[str]:
    """What is wrong in the designs of a survey and its estimates.

    Parameters
    ----------
    definitions : Definitions
    survey : Survey
    where : str
        The file, for messages.
    joined : sequence of str
        Columns that are known of every respondent.
    """
    if survey.design is None:
        return
    columns: dict[str, dict[str, Kind]] = {}
    for name, design in survey.design.designs.items():
        at = f"{where} › designs › {name}"
        yield from known(design.form, survey.forms, f"{at} › form", "form")
        if design.form in survey.forms:
            columns[name] = _columns(definitions, survey, design.form, joined)
            yield from _design(definitions, survey, design, columns[name], at)
    for name, estimate in survey.design.estimates.items():
        at = f"{where} › estimates › {name}"
        yield from known(estimate.design, survey.design.designs, f"{at} › design", "design")
        if estimate.design in columns:
            design = survey.design.designs[estimate.design]
            nodes = survey.scoring().nodes if survey.raw_scoring and survey.forms[design.form].kind in _SCORED else {}
            yield from _estimate(design, estimate, columns[estimate.design], [*nodes], at)


def _columns(definitions: Definitions, survey: Survey, form: str, joined: Sequence[str]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = dict.fromkeys(joined, "text")
    for name in (*joined_registers(survey.forms, form), form):
        kinds |= column_kinds(definitions, survey, survey.forms[name])
    del kinds["today"]
    return kinds


def _design(
    definitions: Definitions, survey: Survey, design: SurveyDesign, columns: Mapping[str, Kind], at: str
) -> Iterator[str]:
    form, response = survey.forms[design.form], design.response
    named = [("weight", design.weight), ("strata", design.strata)]
    named += [("cluster", name) for name in design.cluster] + [("population", name) for name in design.population]
    if response is not None:
        named += [("response › answered", response.answered), *(("response › classes", c) for c in response.classes)]
    for field, name in named:
        if name is not None:
            yield from known(name, columns, f"{at} › {field}", "column")
    if design.wave is not None:
        waves = definitions.codelists.get(survey.waves or "")
        yield from known(design.wave, waves.codes if waves and form.wave else (), f"{at} › wave", "wave")
    if len(design.population) > max(1, len(design.cluster)):
        yield f"{at} › population: {len(design.population)} sizes for {max(1, len(design.cluster))} stages"
    if design.nested and not (design.strata and design.cluster):
        yield f"{at} › nested: needs 'strata' and 'cluster': ids of clusters inside of strata"
    if design.variance != "taylor" and design.single in ("average", "adjust"):
        yield f"{at} › single: '{design.single}' belongs to the variance 'taylor'\n      write 'certainty' or 'error'"
    if design.replications < 2:
        yield f"{at} › replications: {design.replications} are too few\n      write 200 or more"
    if design.margins is not None:
        yield from _margins(definitions, form, design.margins, columns, f"{at} › margins")


def _margins(
    definitions: Definitions, form: Form, margins: Margins, columns: Mapping[str, Kind], at: str
) -> Iterator[str]:
    for name, counts in margins.counts.items():
        crossed = name.split(";")
        for column in crossed:
            yield from known(column, columns, f"{at} › counts", "column")
        listed = [code for part in crossed for code in _codes(definitions, form, part)]
        for label, count in counts.items():
            parts = label.split(";")
            if len(parts) != len(crossed):
                yield f"{at} › counts › {name}: '{label}' is no class of {len(crossed)} columns"
            for part in parts if listed else ():
                yield from known(part, listed, f"{at} › counts › {name}", "class")
            if not count > 0:
                yield f"{at} › counts › {name} › {label}: {count:g} is not above 0"
    if not margins.counts or not all(margins.counts.values()):
        yield f"{at} › counts: a margin needs classes with their numbers"
        return
    sums = {name: sum(counts.values()) for name, counts in margins.counts.items()}
    first, whole = next(iter(sums.items()))
    for name, total in sums.items():
        if abs(total - whole) > _SAME * abs(whole):
            yield (f"{at} › counts: '{first}' and '{name}' sum to {whole:g} and {total:g}, but are of one population\n"
                   "      bring both to the same total")  # fmt: skip
    high = math.inf if margins.high is None else margins.high
    if not 0 <= margins.low <= 1 <= high:
        yield f"{at}: factors from {margins.low:g} to {high:g} do not hold 1\n      write low <= 1 <= high"
    if margins.cap is not None and margins.cap <= 1:
        yield f"{at} › cap: {margins.cap:g} is not above 1, the mean weight"


def _codes(definitions: Definitions, form: Form, column: str) -> Sequence[str]:
    lists = form.columns[column].codes if column in form.columns else ()
    return [code for name in lists if name in definitions.codelists for code in definitions.codelists[name].codes]


def _estimate(
    design: SurveyDesign, estimate: SurveyEstimate, columns: Mapping[str, Kind], nodes: Sequence[str], at: str
) -> Iterator[str]:
    if (estimate.measure == "ratio") != (estimate.to is not None):
        yield f"{at} › to: a ratio has one, and nothing else has"
    for field, name in (("of", estimate.of), ("to", estimate.to)):
        if name is None or name in nodes:
            continue
        yield from known(name, [*columns, *nodes], f"{at} › {field}", "column")
        if columns.get(name) in ("text", "codes", "date"):
            yield f"{at} › {field}: '{name}' holds no numbers\n      derive a column of yes and no, or of numbers"
    for column in estimate.by:
        yield from known(column, columns, f"{at} › by", "column")
    if estimate.measure == "quantile" and design.variance != "taylor":
        yield (f"{at} › measure: a quantile has no {design.variance}\n"
               "      name a design with the variance 'taylor', whose intervals are those of Woodruff")  # fmt: skip
    for share in estimate.shares:
        if not 0 < share < 1:
            yield f"{at} › shares: {share:g} is not between 0 and 1\n      write 0.5 for the median"
