"""What an analysis plan names and what must exist elsewhere: outcomes, designs, families, columns, waves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.explain import known
from dihkpi.definitions.plan import Analysis, Plan
from dihkpi.definitions.programme import Programme
from dihkpi.definitions.survey import joined_registers
from dihkpi.errors import UsageError


def plan_problems(definitions: Definitions, survey: Survey, where: str, joined: Sequence[str]) -> Iterator[str]:
    """What is wrong in the plan of a survey.

    Parameters
    ----------
    definitions : Definitions
    survey : Survey
    where : str
        The file, for messages.
    joined : sequence of str
        Columns that are known of every respondent.
    """
    plan = survey.analysis
    if plan is None:
        return
    if plan.level is not None and not 0 < plan.level < 1:
        yield f"{where} › level: {plan.level:g} is not between 0 and 1\n      write 0.95 for 95 %"
    columns = (*joined, "hub", *plan.columns)
    for name, analysis in plan.analyses.items():
        at = f"{where} › analyses › {name}"
        yield from known(analysis.family, plan.families, f"{at} › family", "family")
        yield from _outcome(definitions, survey, analysis, f"{at} › outcome")
        yield from _waves(definitions, survey, analysis, at)
        yield from _columns(analysis, columns, at)
        yield from _design(definitions, analysis, at)
    yield from _unused(plan, where)
    for name, programme in plan.programmes.items():
        yield from _programme(definitions, survey, programme, f"{where} › programmes › {name}")


def design_problems(definitions: Definitions) -> Iterator[str]:
    """What is wrong in the table of designs."""
    for name, design in definitions.designs.items():
        at = f"designs.yaml › {name}"
        for field in design.fields:
            yield from known(field, Analysis.model_fields, f"{at} › fields", "field of an analysis")
        if design.instead is not None:
            yield from known(design.instead, definitions.designs, f"{at} › instead", "design")
        for number, need in enumerate(design.needs, 1):
            place = f"{at} › needs › {number}"
            if (need.least is None) == (need.most is None):
                yield f"{place}: needs either 'least' or 'most'"
            if need.otherwise == "instead" and design.instead is None:
                yield f"{place} › otherwise: the design names no other one\n      name it as 'instead' of the design"


def _outcome(definitions: Definitions, survey: Survey, analysis: Analysis, at: str) -> Iterator[str]:
    outcome = analysis.outcome
    if (outcome.dimension is None) == (outcome.indicator is None):
        yield f"{at}: needs either 'dimension' or 'indicator'"
        return
    if outcome.survey is not None:
        yield from known(outcome.survey, definitions.surveys, f"{at} › survey", "survey")
    of = definitions.surveys.get(outcome.survey, survey) if outcome.survey else survey
    if outcome.indicator is not None:
        yield from known(outcome.indicator, of.indicators, f"{at} › indicator", "indicator")
        return
    try:
        nodes = of.scoring().nodes
    except UsageError as fault:
        yield f"{at} › dimension: {fault}"
        return
    yield from known(str(outcome.dimension), nodes, f"{at} › dimension", "dimension")


def _waves(definitions: Definitions, survey: Survey, analysis: Analysis, at: str) -> Iterator[str]:
    """Waves of scores must be those of the survey; periods of indicators are read when the plan is run."""
    waves = definitions.codelists.get(survey.waves or "")
    if analysis.outcome.dimension is None or analysis.outcome.survey is not None or waves is None:
        return
    for field in ("before", "after"):
        for wave in getattr(analysis, field):
            yield from known(wave, [row["code"] for row in waves.rows], f"{at} › {field}", "wave")


def _columns(analysis: Analysis, columns: Sequence[str], at: str) -> Iterator[str]:
    named = {"treatment": analysis.treatment, "start": analysis.start, "cluster": analysis.cluster}
    for field, column in named.items():
        if column is not None:
            yield from known(column, columns, f"{at} › {field}", "column")
    for field, several in (("covariates", analysis.covariates), ("levels", analysis.levels)):
        for column in several:
            yield from known(column, columns, f"{at} › {field}", "column")
    waves = [*analysis.before, *analysis.after]
    for wave in sorted({wave for wave in waves if waves.count(wave) > 1}):
        yield f"{at}: '{wave}' is there twice\n      a wave stands once, in 'before' or in 'after'"


def _design(definitions: Definitions, analysis: Analysis, at: str) -> Iterator[str]:
    design = definitions.designs.get(analysis.design)
    if design is None:
        yield from known(analysis.design, definitions.designs, f"{at} › design", "design")
        return
    for field in design.fields:
        if not getattr(analysis, field):
            yield f"{at} › {field}: missing, but '{analysis.design}' needs it"
    if design.one_wave and max(len(analysis.before), len(analysis.after)) > 1:
        yield f"{at}: '{analysis.design}' takes one wave before and one after\n      write two analyses"
    if analysis.design == "event_study" and not (analysis.treatment or analysis.start):
        yield f"{at}: 'event_study' needs 'treatment' or 'start'"


def _unused(plan: Plan, where: str) -> Iterator[str]:
    used = {analysis.family for analysis in plan.analyses.values()}
    misspelt = used - set(plan.families)
    for name in plan.families:
        if name not in used and not misspelt:
            yield f"{where} › families › {name}: no analysis belongs to it\n      take it out, or name it as a family"


def _programme(definitions: Definitions, survey: Survey, programme: Programme, at: str) -> Iterator[str]:
    plan, both = survey.analysis, (programme.question is not None, programme.analysis is not None)
    assert plan is not None
    yield from known(programme.gross, survey.indicators, f"{at} › gross", "indicator")
    if programme.cost is not None:
        yield from known(programme.cost, {name for _, name in definitions.indicators}, f"{at} › cost", "indicator")
    for level in programme.levels:
        if level not in definitions.levels and level != Programme.model_fields["levels"].default[0]:
            yield from known(level, definitions.levels, f"{at} › levels", "level")
    if not any(both) or (all(both) and programme.net_of is None):
        yield (f"{at}: needs either 'question' or 'analysis' for what would have come anyway\n"
               "      with both, say by 'net_of' which one is taken off: deadweight is taken off once")  # fmt: skip
    if programme.net_of is not None and not all(both):
        yield f"{at} › net_of: belongs to a programme with both 'question' and 'analysis'\n      take it out"
    if programme.analysis is not None:
        yield from known(programme.analysis, plan.analyses, f"{at} › analysis", "analysis")
    yield from _records(definitions, survey, programme, at)
    for code, weight in (programme.question.weights if programme.question else {}).items():
        if not 0 <= weight <= 1:
            yield f"{at} › question › weights › {code}: {weight:g} is not between 0 and 1"
    for name, factor in programme.declared().items():
        lo, hi = factor.range()
        if not 0 <= lo <= factor.value <= hi or (name != "multiplier" and hi > 1):
            shares = "0 or more" if name == "multiplier" else "between 0 and 1"
            hint = f"write lo <= value <= hi, all {shares}"
            yield f"{at} › {name}: {lo:g}, {factor.value:g}, {hi:g} are no value within its range\n      {hint}"


def _records(definitions: Definitions, survey: Survey, programme: Programme, at: str) -> Iterator[str]:
    """Columns of the rows that the gross figure counts: of its form, of what registers tell of it, or own ones."""
    indicator = survey.indicators.get(programme.gross)
    if indicator is None or indicator.of not in survey.forms:
        return
    registers = [survey.forms[name] for name in joined_registers(survey.forms, indicator.of)]
    columns = {
        name: column for form in (survey.forms[indicator.of], *registers) for name, column in form.columns.items()
    }
    names = (*columns, *(survey.analysis.columns if survey.analysis else ()))
    question = programme.question
    named = {"public": programme.public}
    if question is not None:
        named |= {"question › column": question.column, "question › amount": question.amount}
    for field, name in named.items():
        if name is not None:
            yield from known(name, names, f"{at} › {field}", "column")
    asked = columns.get(question.column) if question else None
    answers = [code for name in (asked.codes if asked else ()) for code in _codes(definitions, name)]
    for code in question.weights if question and answers else ():
        yield from known(code, answers, f"{at} › question › weights", "answer")
    if programme.public is not None and indicator.sum is None:
        yield f"{at} › public: '{programme.gross}' is no sum, so there is no money beside it\n      take it out"


def _codes(definitions: Definitions, name: str) -> Sequence[str]:
    return tuple(definitions.codelists[name].codes) if name in definitions.codelists else ()
