"""What one file alone cannot tell: names that must exist in another place."""

from __future__ import annotations

from collections.abc import Iterator

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.crosscheck_design import survey_design_problems
from dihkpi.definitions.crosscheck_places import level_problems, report_problems
from dihkpi.definitions.crosscheck_plan import design_problems, plan_problems
from dihkpi.definitions.crosscheck_rules import accept_problems, column_kinds, expression_problems, rule_problems
from dihkpi.definitions.crosscheck_scoring import scoring_problems
from dihkpi.definitions.explain import known
from dihkpi.definitions.expression_types import Kind, kind_of
from dihkpi.definitions.indicators import Indicator
from dihkpi.definitions.multiple import TICK_TYPE, TICKS
from dihkpi.definitions.survey import Form, joined_registers
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
        problems += _ticks(survey, f"{where}/survey.yaml › answer_types › {TICKS}")
        for form_name, form in survey.forms.items():
            problems += _form(definitions, survey, form, f"{where}/survey.yaml › forms › {form_name}")
        problems += accept_problems(definitions, survey, f"{where}/survey.yaml › accept")
        if survey.raw_scoring is not None:
            problems += scoring_problems(survey, f"{where}/scoring.yaml")
        for key, indicator in survey.indicators.items():
            problems += _indicator(definitions, survey, indicator, f"{where}/indicators.yaml › {key}")
        problems += _examples(survey, f"{where}/examples.yaml")
        problems += plan_problems(definitions, survey, f"{where}/analysis.yaml", JOINED)
        problems += survey_design_problems(definitions, survey, f"{where}/design.yaml", JOINED)
        problems += _figures(definitions, survey, f"{where}/figures.yaml")
    problems += _same_indicators(definitions)
    problems += design_problems(definitions)
    for name, level in definitions.levels.items():
        problems += level_problems(definitions, level, f"levels.yaml › {name}")
    for name, report in definitions.reports.items():
        problems += report_problems(definitions, report, f"reports.yaml › {name}")
    return problems


def _ticks(survey: Survey, where: str) -> Iterator[str]:
    """A survey may say itself how ticks are written, but not what they are."""
    several = any(kind.multiple for kind in survey.answer_types.values())
    if several and list(survey.answer_types[TICKS].codes) != list(TICK_TYPE["codes"]):
        yield f"{where}: its codes must be {', '.join(TICK_TYPE['codes'])}, in this order"


def _form(definitions: Definitions, survey: Survey, form: Form, where: str) -> Iterator[str]:
    names = list(column_kinds(definitions, survey, form))
    for key in (*form.key, *form.key_without):
        yield from known(key, names, f"{where} › key", "column")
    for field in ("hub", "hub_country", "wave", "date"):
        if value := getattr(form, field):
            yield from known(value, names, f"{where} › {field}", "column")
    if "hub" in form.columns and not form.hub and form.kind not in ("hubs", "catalogue"):
        yield f"{where} › hub: missing; without it the column 'hub' is not read\n      write 'hub: hub'"
    for name, column in form.columns.items():
        for listed in (*column.codes, *column.also):
            yield from known(listed, definitions.codelists, f"{where} › columns › {name} › codes", "code list")
        if column.type in ("code", "codes", "rated_codes") and not column.codes:
            yield f"{where} › columns › {name}: a column of type {column.type} needs codes"
    for item in (*form.items, *form.multiple.values()):
        yield from known(item.type, survey.answer_types, f"{where} › items › {item.code}", "answer type")
    for code in sorted({*form.multiple} & {*names}):
        yield f"{where} › items: '{code}' is a multiple choice item and the name of a column or of another item"
    for question, items in form.questions().items() if survey.questions else ():
        yield from known(question, survey.questions, f"{where} › items › {items[0].code} › question", "question")
    codes = [item.code for item in form.items]
    for code in {code for code in codes if codes.count(code) > 1}:
        yield f"{where} › items: the item '{code}' is there twice"
    yield from rule_problems(definitions, survey, form, where)
    yield from _layouts(survey, form, names, where)


def _layouts(survey: Survey, form: Form, names: list[str], where: str) -> Iterator[str]:
    for name, layout in form.layouts.items():
        at = f"{where} › layouts › {name}"
        names_of_file = [*names, *form.multiple]
        for column in (*layout.headers, *layout.fixed, *layout.fill_down, *layout.cells):
            yield from known(column, names_of_file, f"{at} › headers", "column")
        for number, block in enumerate(layout.blocks, 1):
            for column in block.columns.values():
                yield from known(column, names_of_file, f"{at} › blocks › {number} › columns", "column")
            for facet in block.facets:
                yield from known(facet, form.facets, f"{at} › blocks › {number} › facets", "facet")
        same = [other for other, given in form.layouts.items() if layout.tool and given.tool == layout.tool]
        if same[1:] and same[0] != name:
            yield f"{at} › tool: the layout '{same[0]}' is for {layout.tool} too\n      put both into one"
        for answer_type, coding in layout.coding.items():
            yield from known(answer_type, survey.answer_types, f"{at} › coding", "answer type")
            if answer_type in survey.answer_types:
                for code in coding.values():
                    codes = survey.answer_types[answer_type].codes
                    yield from known(code, codes, f"{at} › coding › {answer_type}", "code")


def _indicator(definitions: Definitions, survey: Survey, indicator: Indicator, where: str) -> Iterator[str]:
    measures = [indicator.count, indicator.distinct, indicator.sum, indicator.mean, indicator.share, indicator.ratio,
                indicator.mix, indicator.quotient, indicator.score, indicator.change, indicator.complete]  # fmt: skip
    if sum(bool(measure) for measure in measures) != 1:
        allowed = "count, distinct, sum, mean, share, ratio, mix, quotient, score, change, complete"
        yield f"{where}: needs exactly one of {allowed}"
        return
    for level in (*indicator.levels, *indicator.goal, *(indicator.flag.levels if indicator.flag else ())):
        yield from known(level, definitions.levels, f"{where} › levels", "level")
    if indicator.ceiling is not None:
        if not indicator.sum or indicator.minimum_base is not None:
            yield f"{where} › ceiling: only a sum without a minimum base has one"
            return
        yield from known(indicator.ceiling.policy, definitions.policy, f"{where} › ceiling › policy", "policy")
    months, shares = sorted(indicator.path), [indicator.path[month] for month in sorted(indicator.path)]
    if months and (months[0] < 1 or shares != sorted(shares) or shares[0] < 0 or not 0 < shares[-1] <= 1):
        allowed = "months from 1 on, with shares from 0 to 1 that never fall"
        yield f"{where} › path: {allowed}\n      such as {{18: 0.4, 36: 1}}"
    nodes = survey.scoring().nodes if survey.raw_scoring else {}
    for node in (*indicator.score, *indicator.nodes):
        yield from known(node, nodes, f"{where} › of", "dimension")
    for node in (node for change in indicator.change for node in change.reliability):
        yield from known(node, nodes, f"{where} › change › reliability", "dimension")
    if indicator.quotient or indicator.of == "figures":
        yield from _quotient(definitions, indicator, where)
        return
    if indicator.of in SCORE_SOURCES:
        return
    yield from known(indicator.of, [*survey.forms, *SCORE_SOURCES, "hubs", "figures"], f"{where} › of", "form")
    if indicator.of == "hubs":
        kinds = hub_columns(definitions)
    elif indicator.of in survey.forms:
        forms = [survey.forms[name] for name in (*joined_registers(survey.forms, indicator.of), indicator.of)]
        kinds = dict.fromkeys(JOINED, kind_of("text"))
        for form in forms:
            kinds |= column_kinds(definitions, survey, form)
    else:
        return
    ratio = (indicator.ratio.of, indicator.ratio.to) if indicator.ratio else ()
    above = indicator.ratio.where if indicator.ratio else None
    mix = (indicator.mix.of,) if indicator.mix else ()
    for text in filter(None, (indicator.where, indicator.share, above)):
        yield from expression_problems(text, kinds, where, ["condition"])
    for text in filter(None, (indicator.sum, indicator.mean, *ratio, *mix)):
        yield from expression_problems(text, kinds, where, ["number", "condition"])
    if indicator.distinct:
        yield from expression_problems(indicator.distinct, kinds, where)
    by = (indicator.mix.by,) if indicator.mix else ()
    each = (indicator.ceiling.each,) if indicator.ceiling else ()
    for column in (*indicator.breakdowns, *filter(None, [indicator.once]), *by, *each):
        yield from known(column, kinds, f"{where} › breakdowns", "column")


def _quotient(definitions: Definitions, indicator: Indicator, where: str) -> Iterator[str]:
    if indicator.quotient is None or indicator.of != "figures":
        yield f"{where}: a quotient is of figures, and only a quotient is\n      write 'of: figures' and 'quotient: …'"
        return
    ids = {name for (_, name), other in definitions.indicators.items() if not other.quotient}
    for name in (indicator.quotient.of, indicator.quotient.to):
        yield from known(name, ids, f"{where} › quotient", "indicator")


def _same_indicators(definitions: Definitions) -> Iterator[str]:
    """An id may stand in several surveys where it means the same."""
    first: dict[str, tuple[str, Indicator]] = {}
    for (name, key), indicator in definitions.indicators.items():
        other, same = first.setdefault(key, (name, indicator))
        if (indicator.name, indicator.unit) != (same.name, same.unit):
            where = f"{name}/{definitions.surveys[name].version}/indicators.yaml › {key}"
            yield (f"{where}: survey {other} has an indicator of this id, '{same.name}' in {same.unit}\n"
                   "      give it another id, or the same name and unit")  # fmt: skip


def hub_columns(definitions: Definitions) -> dict[str, Kind]:
    """Columns of the table of hubs, with the attributes of the country as ``country_…``, and what they are."""
    countries = definitions.codelists.get("countries")
    table = definitions.tables.get("hubs")
    kinds = {name: kind_of(column.type) for name, column in table.columns.items()} if table else {}
    return {**kinds, **{f"country_{name}": kind_of("text") for name in (countries.attributes if countries else ())}}


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


def _figures(definitions: Definitions, survey: Survey, where: str) -> Iterator[str]:
    """Examples of indicators name forms and indicators that exist."""
    ids = {name for _, name in definitions.indicators}
    for title, example in survey.figures.items():
        at = f"{where} › {title}"
        for table in example.tables:
            other, _, form = table.rpartition("/")
            yield from known(other or survey.survey, definitions.surveys, f"{at} › tables", "survey")
            if (found := definitions.surveys.get(other or survey.survey)) is not None:
                yield from known(form, found.forms, f"{at} › tables", "form")
        for place, figures in (*example.expect.items(), *example.attained.items()):
            yield from known(place.partition(" ")[0], definitions.levels, f"{at} › expect", "level")
            for figure in figures:
                yield from known(figure.split(" ")[0], ids, f"{at} › expect › {place}", "indicator")
