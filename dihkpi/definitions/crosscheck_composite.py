"""What is wrong in the scoring of a composite: items, and nodes over numbers."""

from __future__ import annotations

from collections.abc import Iterator

from dihkpi.definitions.collection import Survey
from dihkpi.definitions.composite import AGGREGATES, WEIGHTS, NumericItem
from dihkpi.definitions.crosscheck_steps import step_problems
from dihkpi.definitions.explain import known
from dihkpi.definitions.scoring import Node, Scoring
from dihkpi.definitions.survey import NUMBERS, Form

_OF_ANSWERS = ("points", "knockout", "scale")


def is_composite(survey: Survey, scoring: Scoring) -> bool:
    """Whether numbers are scored, and not answers."""
    return bool(scoring.items or scoring.steps) or any(form.kind == "values" for form in survey.forms.values())


def values_form(survey: Survey) -> Form | None:
    """The form with the numbers."""
    return next((form for form in survey.forms.values() if form.kind == "values"), None)


def unit_column(form: Form) -> str:
    """The column of a form of values that names the unit: the first of its key that is not the period."""
    return next((name for name in form.key if name != form.wave), "")


def children_of(scoring: Scoring, code: str) -> tuple[str, ...]:
    """What stands directly below a node: nodes, or items, in the order of the definition."""
    node = scoring.nodes[code]
    named = node.items.code if node.items else ()
    return (
        *node.of,
        *named,
        *(name for name, item in scoring.items.items() if item.node == code and name not in named),
    )


def composite_problems(survey: Survey, scoring: Scoring, where: str) -> Iterator[str]:
    """Everything that is wrong in a composite with all switches applied, but for the shape of its tree."""
    # alternatives are tried as definitions, so the two modules need each other
    from dihkpi.definitions.crosscheck_uncertainty import data_problems, uncertainty_problems

    form = values_form(survey)
    wrong = list(_plain_problems(form, scoring, where))
    yield from wrong
    if form is not None:
        yield from data_problems(form, scoring, unit_column(form), where)
    if not wrong:
        yield from uncertainty_problems(scoring, where, lambda other: _plain_problems(form, other, where))


def _plain_problems(form: Form | None, scoring: Scoring, where: str) -> Iterator[str]:
    if form is None:
        yield f"{where} › items: no form of the kind 'values' has numbers to score"
        return
    if not scoring.items:
        yield f"{where} › items: missing\n      say which columns of numbers are scored, and in which direction"
    if not unit_column(form):
        yield f"{where}: the key of the form of values names no unit\n      put the column of the unit into its key"
    for code, item in scoring.items.items():
        yield from _item(form, scoring, code, item, f"{where} › items › {code}")
    yield from step_problems(form, scoring, where)
    for code, node in scoring.nodes.items():
        yield from _node(scoring, code, node, f"{where} › nodes › {code}")


def _item(form: Form, scoring: Scoring, code: str, item: NumericItem, at: str) -> Iterator[str]:
    for column, place in ((code, at), (item.per, f"{at} › per")):
        if column is None:
            continue
        yield from known(column, form.columns, place, "column")
        if column in form.columns and form.columns[column].type not in NUMBERS:
            yield (
                f"{place}: the column '{column}' holds {form.columns[column].type}\n      allowed: {', '.join(NUMBERS)}"
            )
    above = [node for node in scoring.nodes if code in children_of(scoring, node)]
    if item.node is not None:
        yield from known(item.node, scoring.nodes, f"{at} › node", "dimension")
    elif not above:
        yield f"{at}: is in no node\n      name its node, or take it out"
    if len(above) > 1:
        yield f"{at}: is in two nodes, {' and '.join(above)}\n      an item counts once"
    if item.weight is not None and item.weight < 0:
        yield f"{at} › weight: {item.weight:g} is negative\n      a weight is 0 or more; 0 takes the item out"
    if item.factor <= 0:
        yield f"{at} › factor: {item.factor:g} is not above 0"
    if list(item.edges) != sorted(set(item.edges)):
        yield f"{at} › edges: are not rising"
    yield from _goalposts(item, at)


def _goalposts(item: NumericItem, at: str) -> Iterator[str]:
    low, high = item.low, item.high
    if low is not None and high is not None and low >= high:
        what = "is" if low == high else "is above"
        yield (
            f"{at}: low {low:g} {what} high {high:g}\n"
            "      low is the smaller value in the item's units, in both directions"
        )
    worst, sign = (low, 1) if item.direction == "1" else (high, -1)
    for name in ("target", "reference"):
        value = getattr(item, name)
        if value is not None and worst is not None and sign * value <= sign * worst:
            what = "is the bound" if value == worst else "is worse than the bound"
            yield f"{at} › {name}: {value:g} {what} {worst:g} that values are measured from\n      it must be better"
    if item.transform == "log":
        for name in ("low", "high", "target", "reference"):
            value = getattr(item, name)
            if value is not None and value <= 0:
                yield f"{at} › {name}: {value:g} has no logarithm\n      with transform: log it must be above 0"


def _node(scoring: Scoring, code: str, node: Node, at: str) -> Iterator[str]:
    children = children_of(scoring, code)
    if not children or len(children) > len(node.of) > 0:
        yield f"{at}: needs either 'of' (nodes below it) or items"
    for child in node.of:
        yield from known(child, scoring.nodes, f"{at} › of", "dimension")
    if node.items:
        for name in node.items.code:
            yield from known(name, scoring.items, f"{at} › items", "item")
            item = scoring.items.get(name)
            if item and item.node not in (None, code):
                yield f"{at} › items: '{name}' names another node, {item.node}"
    for name in _OF_ANSWERS:
        if name in node.model_fields_set:
            yield f"{at} › {name}: is for answers, not for numbers\n      the range of a normalisation gives the scale"
    if node.bands:
        yield from known(node.bands, scoring.bands, f"{at} › bands", "bands")
    if not 0 <= node.available <= 1:
        yield f"{at} › available: {node.available:g} is not a share between 0 and 1"
    yield from known(node.aggregate, AGGREGATES, f"{at} › aggregate", "method")
    for name in sorted(node.settings.model_fields_set - set(AGGREGATES.get(node.aggregate, ()))):
        yield f"{at} › settings › {name}: '{node.aggregate}' has no such setting"
    if node.aggregate == "power_mean" and not node.settings.exponent:
        yield f"{at} › settings › exponent: 'power_mean' needs one other than 0\n      with 0 it is 'geometric'"
    yield from _weights(scoring, node, children, at)


def _weights(scoring: Scoring, node: Node, children: tuple[str, ...], at: str) -> Iterator[str]:
    weighting, own = (
        node.weighting,
        {c: i.weight for c, i in scoring.items.items() if c in children and i.weight is not None},
    )
    for child, weight in node.weights.items():
        yield from known(child, children, f"{at} › weights", "child")
        if child in own:
            yield f"{at} › weights › {child}: the item has a weight of its own\n      give it once"
        if weight < 0:
            yield (
                f"{at} › weights › {child}: {weight:g} is negative\n      a weight is 0 or more; 0 takes the child out"
            )
    yield from known(weighting.method, WEIGHTS, f"{at} › weighting", "method of weighting")
    if weighting.method not in WEIGHTS:
        return
    allowed = WEIGHTS[weighting.method]
    for name in sorted(weighting.model_fields_set - {"method", *allowed}):
        yield f"{at} › weighting › {name}: '{weighting.method}' has no such setting"
    if weighting.method != "given" and node.weights:
        yield (
            f"{at} › weights: are not used, as the weights are '{weighting.method}'\n"
            "      take them out, or use 'given'"
        )
    given = {child: node.weights.get(child, own.get(child, 1.0)) for child in children}
    if weighting.method == "given" and children and not any(given.values()):
        yield f"{at} › weights: all are 0, so that nothing counts\n      give at least one child a weight above 0"
    if weighting.method == "given" and weighting.total is not None:
        yield from _total(sum(given.values()), weighting.total, f"{at} › weights")
    if weighting.method == "budget":
        yield from _budget(node, children, f"{at} › weighting")
    if weighting.method == "benefit_of_the_doubt":
        yield from _doubt(node, children, at)


def _total(found: float, wanted: float, at: str) -> Iterator[str]:
    if abs(found - wanted) > 1e-9 * max(1.0, abs(wanted)):
        yield (
            f"{at}: sum to {found:g} instead of {wanted:g}\n"
            "      correct them, or take 'total' out if only proportions matter"
        )


def _budget(node: Node, children: tuple[str, ...], at: str) -> Iterator[str]:
    if not node.weighting.experts:
        yield f"{at} › experts: missing, but 'budget' needs them"
    for expert, points in node.weighting.experts.items():
        for child, value in points.items():
            yield from known(child, children, f"{at} › experts › {expert}", "child")
            if value < 0:
                yield f"{at} › experts › {expert} › {child}: {value:g} is negative"
        spent = sum(points.values())
        if spent <= 0:
            yield f"{at} › experts › {expert}: gives no points"
        elif node.weighting.total is not None:
            yield from _total(spent, node.weighting.total, f"{at} › experts › {expert}")


def _doubt(node: Node, children: tuple[str, ...], at: str) -> Iterator[str]:
    if node.aggregate != "sum":
        yield f"{at} › aggregate: '{node.aggregate}' with weights by benefit_of_the_doubt\n      it must be 'sum'"
    low, high = node.weighting.bounds
    if not (0 <= low <= high <= 1 and low * len(children) <= 1 <= high * len(children)):
        yield (f"{at} › weighting › bounds: {low:g} to {high:g} leaves no shares that sum to 1\n"
               f"      for {len(children)} children they must stand on either side of 1/{len(children)}")  # fmt: skip
