"""What one file alone cannot tell: names that must exist in another place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.expressions import parse
from dihkpi.definitions.indicators import Indicator
from dihkpi.definitions.scoring import Node, Scoring
from dihkpi.definitions.survey import Form, Item
from dihkpi.errors import UsageError, hint_for

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
            problems += _scoring(survey, f"{where}/scoring.yaml")
        for key, indicator in survey.indicators.items():
            problems += _indicator(definitions, survey, indicator, f"{where}/indicators.yaml › {key}")
        problems += _examples(survey, f"{where}/examples.yaml")
    for name, level in definitions.levels.items():
        for field, listed in (("codes", level.codes), ("members", level.members)):
            if listed:
                problems += _known(listed, definitions.codelists, f"levels.yaml › {name} › {field}", "code list")
    for name, report in definitions.reports.items():
        for wanted in report.levels:
            problems += _known(wanted, definitions.levels, f"reports.yaml › {name} › levels", "level")
        if not any((root / "notebooks" / report.template).is_file() for root in definitions.roots):
            problems.append(f"reports.yaml › {name} › template: no notebook {report.template} in notebooks/")
    return problems


def _known(name: str, options: Iterable[str], where: str, noun: str) -> Iterator[str]:
    names = list(options)
    if name not in names:
        yield f"{where}: unknown {noun} '{name}'\n      {hint_for(name, names)}"


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
        yield from _known(name, names, where, "column")


def _form(definitions: Definitions, survey: Survey, form: Form, where: str) -> Iterator[str]:
    names = column_names(form)
    for key in (*form.key, *form.key_without):
        yield from _known(key, names, f"{where} › key", "column")
    for field in ("hub", "hub_country", "wave", "date"):
        if value := getattr(form, field):
            yield from _known(value, names, f"{where} › {field}", "column")
    for name, column in form.columns.items():
        for listed in (*column.codes, *column.also):
            yield from _known(listed, definitions.codelists, f"{where} › columns › {name} › codes", "code list")
        if column.type in ("code", "codes", "rated_codes") and not column.codes:
            yield f"{where} › columns › {name}: a column of type {column.type} needs codes"
    for item in form.items:
        yield from _known(item.type, survey.answer_types, f"{where} › items › {item.code}", "answer type")
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
            yield from _known(cell, names, f"{at} › cells", "column")
        if rule.exclusive:
            yield from _known(rule.exclusive, [item.code for item in form.items], f"{at} › exclusive", "item")
        kinds = [
            rule.check,
            rule.sequence,
            rule.exclusive,
            rule.unanswered or None,
            rule.straight_lining or None,
        ]
        if sum(kind is not None for kind in kinds) != 1:
            yield f"{at}: needs exactly one of check, sequence, exclusive, unanswered, straight_lining"
    for name, derived in form.derived.items():
        at = f"{where} › derived › {name}"
        if derived.expression:
            yield from _expression(derived.expression, names, at)
        if derived.attribute:
            yield from _known(derived.attribute.partition(".")[0], names, at, "column")


def _layouts(survey: Survey, form: Form, names: list[str], where: str) -> Iterator[str]:
    for name, layout in form.layouts.items():
        at = f"{where} › layouts › {name}"
        for column in (*layout.headers, *layout.fixed):
            yield from _known(column, names, f"{at} › headers", "column")
        for answer_type, coding in layout.coding.items():
            yield from _known(answer_type, survey.answer_types, f"{at} › coding", "answer type")
            if answer_type in survey.answer_types:
                for code in coding.values():
                    codes = survey.answer_types[answer_type].codes
                    yield from _known(code, codes, f"{at} › coding › {answer_type}", "code")


def _scoring(survey: Survey, where: str) -> Iterator[str]:
    raw = survey.raw_scoring or {}
    choices = [[(o, c) for c in option.get("choices") or {}] for o, option in (raw.get("options") or {}).items()]
    variants: list[dict[str, str]] = [{}, *({o: c} for many in choices for o, c in many)]
    if sum(len(many) > 0 for many in choices) <= 6:
        variants = [dict(combination) for combination in product(*(many for many in choices if many))] or [{}]
    seen: set[str] = set()
    for variant in variants:
        try:
            scoring = survey.scoring(variant)
        except (UsageError, ValueError) as fault:
            yield f"{where} › options › {variant}: {str(fault).splitlines()[0]}"
            continue
        for problem in _tree(survey, scoring, where):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _tree(survey: Survey, scoring: Scoring, where: str) -> Iterator[str]:
    if "overall" not in scoring.nodes:
        yield f"{where} › nodes: no node 'overall'; the root of the tree has this code"
    parents = [child for node in scoring.nodes.values() for child in node.of]
    for child in sorted({child for child in parents if parents.count(child) > 1}):
        yield f"{where} › nodes: '{child}' belongs to two nodes"
    if circle := sorted(set(scoring.nodes) - _below_tops(scoring, parents)):
        yield f"{where} › nodes: {', '.join(circle)} stand in a circle, so that each is below itself"
    for code, node in scoring.nodes.items():
        at = f"{where} › nodes › {code}"
        if code != "overall" and code not in parents:
            yield f"{at}: belongs to no node; name it in the 'of' of its parent"
        if bool(node.of) == bool(node.items):
            yield f"{at}: needs either 'of' (nodes below it) or 'items'"
        for child in node.of:
            yield from _known(child, scoring.nodes, f"{at} › of", "dimension")
        for child in node.weights:
            below = node.of or [item.code for item in items_of(survey, node)]
            yield from _known(child, below, f"{at} › weights", "child")
        if node.bands:
            yield from _known(node.bands, scoring.bands, f"{at} › bands", "bands")
        if node.items:
            yield from _items(survey, scoring, node, at)


def _below_tops(scoring: Scoring, parents: list[str]) -> set[str]:
    """Nodes without parent, and all nodes below them."""
    waiting = [code for code in scoring.nodes if code not in parents]
    found: set[str] = set()
    while waiting:
        code = waiting.pop()
        if code in scoring.nodes and code not in found:
            found.add(code)
            waiting.extend(scoring.nodes[code].of)
    return found


def _items(survey: Survey, scoring: Scoring, node: Node, at: str) -> Iterator[str]:
    assert node.items is not None
    all_items = {item.code: item for form in survey.forms.values() for item in form.items}
    questions = {item.question for item in all_items.values()}
    for question in node.items.question:
        yield from _known(question, questions, f"{at} › items › question", "question")
    for code in (*node.items.code, *node.items.without, *(knock.item for knock in node.knockout)):
        yield from _known(code, all_items, f"{at} › items", "item")
    if node.points:
        yield from _known(node.points, scoring.points, f"{at} › points", "table of points")
    for answer_type in sorted({item.type for item in items_of(survey, node)} & set(survey.answer_types)):
        table = node.points or answer_type
        if table not in scoring.points:
            yield f"{at}: no table of points for '{table}'\n      {hint_for(table, scoring.points)}"
            continue
        offered = survey.answer_types[answer_type].codes
        for code in offered:
            if code not in scoring.points[table]:
                offer = f"the survey offers: {', '.join(offered)}"
                yield f"{at}: no score for option '{code}' in points › {table}\n      {offer}"


def items_of(survey: Survey, node: Node) -> list[Item]:
    """Items below a lowest node, in the order of the form."""
    chosen = node.items
    if chosen is None:
        return []
    return [
        item
        for form in survey.forms.values()
        for item in form.items
        if (item.question in chosen.question or item.code in chosen.code) and item.code not in chosen.without
    ]


def _indicator(definitions: Definitions, survey: Survey, indicator: Indicator, where: str) -> Iterator[str]:
    measures = [indicator.count, indicator.distinct, indicator.sum, indicator.mean, indicator.share, indicator.ratio,
                indicator.score, indicator.change, indicator.complete]  # fmt: skip
    if sum(bool(measure) for measure in measures) != 1:
        yield f"{where}: needs exactly one of count, distinct, sum, mean, share, ratio, score, change, complete"
        return
    for level in indicator.levels:
        yield from _known(level, definitions.levels, f"{where} › levels", "level")
    nodes = survey.scoring().nodes if survey.raw_scoring else {}
    for node in (*indicator.score, *indicator.nodes):
        yield from _known(node, nodes, f"{where} › of", "dimension")
    if indicator.of in SCORE_SOURCES:
        return
    yield from _known(indicator.of, [*survey.forms, *SCORE_SOURCES, "hubs"], f"{where} › of", "form")
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
        yield from _known(column, names, f"{where} › breakdowns", "column")


def hub_columns(definitions: Definitions) -> list[str]:
    """Columns of the table of hubs, with the attributes of the country as ``country_…``."""
    countries = definitions.codelists.get("countries")
    attributes = [f"country_{name}" for name in countries.attributes] if countries else []
    table = definitions.tables.get("hubs")
    return [*(table.columns if table else ()), *attributes]


def _examples(survey: Survey, where: str) -> Iterator[str]:
    all_items = {item.code for form in survey.forms.values() for item in form.items}
    for example in survey.examples:
        at = f"{where} › {example.name}"
        try:
            nodes = survey.scoring(example.options).nodes
        except UsageError as fault:
            yield f"{at}: {fault}"
            continue
        for node in (*example.expect, *example.bands):
            yield from _known(node, nodes, f"{at} › expect", "dimension")
        for item in example.items:
            yield from _known(item, all_items, f"{at} › items", "item")
        for answer_type in example.fill:
            yield from _known(answer_type, survey.answer_types, f"{at} › fill", "answer type")
