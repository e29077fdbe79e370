"""What one file alone cannot tell: names that must exist in another place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.crosscheck_places import level_problems, report_problems
from dihkpi.definitions.crosscheck_scoring import scoring_problems
from dihkpi.definitions.explain import known
from dihkpi.definitions.expressions import parse
from dihkpi.definitions.indicators import Indicator
from dihkpi.definitions.survey import Form
from dihkpi.errors import UsageError

SCORE_SOURCES = ("scores", "assessments")
"""What the scoring gives to indicators."""
JOINED = ("kind", "size", "sector", "country", "nuts", "nuts2", "seat_nuts2", "seat_country")
"""Columns that every row gets from its respondent and from the seat of its hub."""


def cross_check(definitions: Definitions) -> list[str]:
    """All references that lead nowhere, as ``file › path: message``."""
    problems: list[str] = []
    for (name, version), survey in definitions.versions.items():
        where = f"{name}/{version}"
        for form_name, form in survey.forms.items():
            problems += _form(definitions, survey, form, f"{where}/survey.yaml › forms › {form_name}")
        if survey.raw_scoring is not None:
            problems += scoring_problems(survey, f"{where}/scoring.yaml")
        for key, indicator in survey.indicators.items():
            problems += _indicator(definitions, survey, indicator, f"{where}/indicators.yaml › {key}")
        problems += _examples(survey, f"{where}/examples.yaml")
    problems += _same_indicators(definitions)
    for name, level in definitions.levels.items():
        problems += level_problems(definitions, level, f"levels.yaml › {name}")
    for name, report in definitions.reports.items():
        problems += report_problems(definitions, report, f"reports.yaml › {name}")
    return problems


def column_names(form: Form) -> list[str]:
    """Every name a rule or indicator over the form may use."""
    ranges = [name for name, column in form.columns.items() if column.type == "dates"]
    ends = ["start", "end"] if ranges else []
    items = [item.code for item in form.items]
    return [*form.columns, *ends, *items, *form.derived, "respondent", "hub", "today"]


def _expression(text: str, names: Iterable[str], where: str) -> Iterator[str]:
    try:
        expression = parse(text)
    except ValueError as fault:
        yield f"{where}: {fault}"
        return
    for name in expression.names:
        yield from known(name, names, where, "column")


def _form(definitions: Definitions, survey: Survey, form: Form, where: str) -> Iterator[str]:
    names = column_names(form)
    for key in (*form.key, *form.key_without):
        yield from known(key, names, f"{where} › key", "column")
    for field in ("hub", "hub_country", "wave", "date"):
        if value := getattr(form, field):
            yield from known(value, names, f"{where} › {field}", "column")
    for name, column in form.columns.items():
        for listed in (*column.codes, *column.also):
            yield from known(listed, definitions.codelists, f"{where} › columns › {name} › codes", "code list")
        if column.type in ("code", "codes", "rated_codes") and not column.codes:
            yield f"{where} › columns › {name}: a column of type {column.type} needs codes"
    for item in form.items:
        yield from known(item.type, survey.answer_types, f"{where} › items › {item.code}", "answer type")
    for question, items in form.questions().items() if survey.questions else ():
        yield from known(question, survey.questions, f"{where} › items › {items[0].code} › question", "question")
    codes = [item.code for item in form.items]
    for code in {code for code in codes if codes.count(code) > 1}:
        yield f"{where} › items: the item '{code}' is there twice"
    yield from _rules(form, names, where)
    yield from _layouts(survey, form, names, where)


def _rules(form: Form, names: list[str], where: str) -> Iterator[str]:
    for name, rule in form.rules.items():
        at = f"{where} › rules › {name}"
        if rule.check:
            yield from _expression(rule.check, names, f"{at} › check")
        for cell in rule.cells:
            yield from known(cell, names, f"{at} › cells", "column")
        if rule.exclusive:
            yield from known(rule.exclusive, [item.code for item in form.items], f"{at} › exclusive", "item")
        kinds = [
            rule.check,
            rule.sequence,
            rule.exclusive,
            rule.unanswered or None,
            rule.straight_lining or None,
            rule.agrees,
            rule.totals or None,
        ]
        if sum(kind is not None for kind in kinds) != 1:
            yield f"{at}: needs exactly one of check, sequence, exclusive, unanswered, straight_lining, agrees, totals"
        for facet in filter(None, (rule.agrees, rule.facet)):
            yield from known(facet, form.facets, at, "facet")
        for column in rule.totals:
            yield from known(column, names, f"{at} › totals", "column")
    for name, derived in form.derived.items():
        at = f"{where} › derived › {name}"
        if derived.expression:
            yield from _expression(derived.expression, names, at)
        if derived.attribute:
            yield from known(derived.attribute.partition(".")[0], names, at, "column")


def _layouts(survey: Survey, form: Form, names: list[str], where: str) -> Iterator[str]:
    for name, layout in form.layouts.items():
        at = f"{where} › layouts › {name}"
        for column in (*layout.headers, *layout.fixed, *layout.fill_down, *layout.cells):
            yield from known(column, names, f"{at} › headers", "column")
        for number, block in enumerate(layout.blocks, 1):
            for column in block.columns.values():
                yield from known(column, names, f"{at} › blocks › {number} › columns", "column")
            for facet in block.facets:
                yield from known(facet, form.facets, f"{at} › blocks › {number} › facets", "facet")
        for answer_type, coding in layout.coding.items():
            yield from known(answer_type, survey.answer_types, f"{at} › coding", "answer type")
            if answer_type in survey.answer_types:
                for code in coding.values():
                    codes = survey.answer_types[answer_type].codes
                    yield from known(code, codes, f"{at} › coding › {answer_type}", "code")


def _indicator(definitions: Definitions, survey: Survey, indicator: Indicator, where: str) -> Iterator[str]:
    measures = [indicator.count, indicator.distinct, indicator.sum, indicator.mean, indicator.share, indicator.ratio,
                indicator.score, indicator.change, indicator.complete]  # fmt: skip
    if sum(bool(measure) for measure in measures) != 1:
        yield f"{where}: needs exactly one of count, distinct, sum, mean, share, ratio, score, change, complete"
        return
    for level in indicator.levels:
        yield from known(level, definitions.levels, f"{where} › levels", "level")
    nodes = survey.scoring().nodes if survey.raw_scoring else {}
    for node in (*indicator.score, *indicator.nodes):
        yield from known(node, nodes, f"{where} › of", "dimension")
    if indicator.of in SCORE_SOURCES:
        return
    yield from known(indicator.of, [*survey.forms, *SCORE_SOURCES, "hubs"], f"{where} › of", "form")
    if indicator.of == "hubs":
        names = hub_columns(definitions)
    elif indicator.of in survey.forms:
        names = [*column_names(survey.forms[indicator.of]), *JOINED]
    else:
        return
    for text in filter(None, (indicator.where, indicator.sum, indicator.mean, indicator.share, indicator.distinct)):
        yield from _expression(text, names, where)
    if indicator.ratio:
        yield from _expression(indicator.ratio.of, names, f"{where} › ratio › of")
        yield from _expression(indicator.ratio.to, names, f"{where} › ratio › to")
    for column in indicator.breakdowns:
        yield from known(column, names, f"{where} › breakdowns", "column")


def _same_indicators(definitions: Definitions) -> Iterator[str]:
    """An id may stand in several surveys where it means the same."""
    first: dict[str, tuple[str, Indicator]] = {}
    for (name, key), indicator in definitions.indicators.items():
        other, same = first.setdefault(key, (name, indicator))
        if (indicator.name, indicator.unit) != (same.name, same.unit):
            where = f"{name}/{definitions.surveys[name].version}/indicators.yaml › {key}"
            yield (f"{where}: survey {other} has an indicator of this id, '{same.name}' in {same.unit}\n"
                   "      give it another id, or the same name and unit")  # fmt: skip


def hub_columns(definitions: Definitions) -> list[str]:
    """Columns of the table of hubs, with the attributes of the country as ``country_…``."""
    countries = definitions.codelists.get("countries")
    attributes = [f"country_{name}" for name in countries.attributes] if countries else []
    table = definitions.tables.get("hubs")
    return [*(table.columns if table else ()), *attributes]


def _examples(survey: Survey, where: str) -> Iterator[str]:
    all_items = {item.code for form in survey.forms.values() for item in form.items}
    all_items.update(name for form in survey.forms.values() if form.kind == "values" for name in form.columns)
    for example in survey.examples:
        at = f"{where} › {example.name}"
        try:
            nodes = survey.scoring(example.options).nodes
        except UsageError as fault:
            yield f"{at}: {fault}"
            continue
        for node in (*example.expect, *example.bands):
            yield from known(node, nodes, f"{at} › expect", "dimension")
        for item in example.items:
            yield from known(item, all_items, f"{at} › items", "item")
        for answer_type in example.fill:
            yield from known(answer_type, survey.answer_types, f"{at} › fill", "answer type")
