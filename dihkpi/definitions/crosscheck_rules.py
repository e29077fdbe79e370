"""Rules of a survey held against its columns: names that must exist, and types that must fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.explain import known
from dihkpi.definitions.expression_types import Kind, kind_of, type_problems
from dihkpi.definitions.expressions import parse
from dihkpi.definitions.rules import Comparison, Reference, Rule
from dihkpi.definitions.survey import NUMBERS, Derived, Form

RULE_KINDS = (
    "check", "sequence", "exclusive", "unanswered", "straight_lining", "agrees", "totals", "unique", "refers",
    "compare", "series", "constant",
)  # fmt: skip
"""Fields of a rule of which exactly one says what it tests."""


def column_kinds(definitions: Definitions, survey: Survey, form: Form) -> dict[str, Kind]:
    """Every name that a rule or indicator over the form may use, and what it is."""
    kinds = {name: kind_of(column.type) for name, column in form.columns.items()}
    if any(column.type == "dates" for column in form.columns.values()):
        kinds |= {"start": "date", "end": "date"}
    kinds |= {item.code: "text" for item in form.items}
    kinds |= {"respondent": "text", "hub": "text", "today": "date"}
    for name, derived in form.derived.items():
        kinds[name] = _derived_kind(definitions, form, derived, kinds)
    return kinds


def _derived_kind(definitions: Definitions, form: Form, derived: Derived, kinds: Mapping[str, Kind]) -> Kind:
    if derived.days:
        return "number"
    if derived.attribute:
        column, _, attribute = derived.attribute.partition(".")
        lists = form.columns[column].codes if column in form.columns else ()
        listed = (definitions.codelists[name] for name in lists if name in definitions.codelists)
        values = {value for codes in listed for value in codes.attribute(attribute).values()}
        return "condition" if values <= {"true", "false"} else "text"
    try:
        return type_problems(parse(derived.expression or ""), kinds)[0]
    except ValueError:
        return "unknown"


def expression_problems(text: str, kinds: Mapping[str, Kind], where: str, wanted: Iterable[Kind] = ()) -> Iterator[str]:
    """What is wrong with an expression: its grammar, its names, or its types."""
    try:
        expression = parse(text)
    except ValueError as fault:
        yield f"{where}: {fault}"
        return
    unknown = [problem for name in expression.names for problem in known(name, kinds, where, "column")]
    yield from unknown
    if not unknown:
        yield from (f"{where}: {problem}" for problem in dict.fromkeys(type_problems(expression, kinds, wanted)[1]))


def rule_problems(definitions: Definitions, survey: Survey, form: Form, where: str) -> Iterator[str]:
    """Problems of the rules, the conditions and the derived columns of a form."""
    kinds = column_kinds(definitions, survey, form)
    for name, column in form.columns.items():
        if column.required_when:
            at = f"{where} › columns › {name} › required_when"
            yield from expression_problems(column.required_when, kinds, at, ["condition"])
    for name, rule in form.rules.items():
        yield from _rule(survey, form, rule, kinds, f"{where} › rules › {name}")
    for name, derived in form.derived.items():
        at = f"{where} › derived › {name}"
        if derived.expression:
            yield from expression_problems(derived.expression, kinds, at)
        if derived.attribute:
            yield from known(derived.attribute.partition(".")[0], kinds, at, "column")


def _rule(survey: Survey, form: Form, rule: Rule, kinds: Mapping[str, Kind], at: str) -> Iterator[str]:
    if sum(bool(getattr(rule, kind)) or (kind == "sequence" and rule.sequence is not None) for kind in RULE_KINDS) != 1:
        yield f"{at}: needs exactly one of {', '.join(RULE_KINDS)}"
    if rule.check:
        yield from expression_problems(rule.check, kinds, f"{at} › check", ["condition"])
    for cell in rule.cells:
        yield from known(cell, kinds, f"{at} › cells", "column")
    if rule.exclusive:
        yield from known(rule.exclusive, [item.code for item in form.items], f"{at} › exclusive", "item")
    for facet in filter(None, (rule.agrees, rule.facet)):
        yield from known(facet, form.facets, at, "facet")
    for column in rule.totals:
        yield from known(column, kinds, f"{at} › totals", "column")
    for column in rule.unique:
        yield from known(column, kinds, f"{at} › unique", "column")
    if rule.refers:
        yield from _reference(survey, rule.refers, kinds, f"{at} › refers")
    if rule.compare:
        yield from _comparison(form, rule.compare, kinds, f"{at} › compare")
    if rule.series:
        yield from _series(form, rule, kinds, f"{at} › series")
    if rule.constant:
        for column in (rule.constant.column, *rule.constant.of):
            yield from known(column, kinds, f"{at} › constant", "column")


def _series(form: Form, rule: Rule, kinds: Mapping[str, Kind], at: str) -> Iterator[str]:
    assert rule.series is not None
    for column in (*rule.series.of, *filter(None, [rule.series.rises])):
        yield from known(column, kinds, at, "column")
    for column in rule.series.span:
        if kinds.get(column, "date") != "date":
            yield f"{at} › span: {column} is a {kinds[column]}, not a date"
        yield from known(column, kinds, f"{at} › span", "column")
    if len(rule.series.span) not in (0, 2):
        yield f"{at} › span: needs two columns, the first day and the last"
    if form.period is None and not rule.series.span:
        yield f"{at}: needs a column of type period in the key of the form, or span"


def _reference(survey: Survey, refers: Reference, kinds: Mapping[str, Kind], at: str) -> Iterator[str]:
    if refers.to not in survey.forms:
        yield from known(refers.to, survey.forms, f"{at} › to", "form")
        return
    others = {"hub", "respondent", *survey.forms[refers.to].columns}
    for name in (*refers.columns, *refers.within):
        yield from known(name, kinds, f"{at} › columns", "column")
    for name in (*refers.key, *refers.within):
        yield from known(name, others, f"{at} › key", f"column of {refers.to}")
    if len(refers.columns) != len(refers.key):
        yield f"{at}: {len(refers.columns)} columns and {len(refers.key)} in the key: they go in pairs"
    there = survey.forms[refers.to].columns
    for name, other in zip(refers.columns, refers.key, strict=False):
        kind = kind_of(there[other].type) if other in there else "text"
        if kinds.get(name, kind) != kind:
            yield f"{at}: {name} is a {kinds[name]} and {other} a {kind}, so that they are never the same"


def _comparison(form: Form, compare: Comparison, kinds: Mapping[str, Kind], at: str) -> Iterator[str]:
    numbers = [name for name, column in form.columns.items() if column.type in NUMBERS]
    yield from known(compare.column, numbers, f"{at} › column", "number")
    if compare.factor is None and compare.min_change is None and not compare.must_not_fall:
        yield f"{at}: needs factor, min_change or must_not_fall to say what is implausible"
    if compare.factor is not None and compare.factor <= 1:
        yield f"{at} › factor: must be above 1, such as 3 for three times as much"
    if compare.to == "previous" and form.period is None:
        yield f"{at} › to: 'previous' needs a column of type period in the key of the form"


def accept_problems(definitions: Definitions, survey: Survey, where: str) -> Iterator[str]:
    """Rules raised to errors that do not exist."""
    own = [name for form in survey.forms.values() for name in form.rules]
    gaps = [f"{n}_gap" for form in survey.forms.values() for n, rule in form.rules.items() if rule.sequence]
    for name in survey.accept.raised:
        yield from known(name, [*definitions.rules, *own, *gaps], f"{where} › raised", "rule")
