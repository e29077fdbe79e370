"""What is wrong in a scoring tree: names that lead nowhere, and numbers that cannot be what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from dihkpi.definitions.collection import Survey
from dihkpi.definitions.crosscheck_composite import composite_problems, is_composite
from dihkpi.definitions.crosscheck_uncertainty import choice_problems
from dihkpi.definitions.explain import known
from dihkpi.definitions.scoring import METHODS, Node, Scoring
from dihkpi.definitions.survey import Item
from dihkpi.errors import UsageError, hint_for


def scoring_problems(survey: Survey, where: str) -> Iterator[str]:
    """What is wrong under any choice of the switches, each problem once."""
    seen: set[str] = set()
    unused = {item.code for form in survey.forms.values() for item in form.items}
    if points := (survey.raw_scoring or {}).get("item_points"):
        unused &= set(points)
    for variant in _variants(survey):
        try:
            scoring = survey.scoring(variant)
        except (UsageError, ValueError) as fault:
            seen.add(f"{where} › options › {variant}")
            yield f"{where} › options › {variant}: {str(fault).splitlines()[0]}"
            continue
        for problem in tree_problems(survey, scoring, where):
            if problem not in seen:
                seen.add(problem)
                yield problem
        for node in scoring.nodes.values():
            named = (*node.items.without, *(knock.item for knock in node.knockout)) if node.items else ()
            unused.difference_update((item.code for item in items_of(survey, node)), named)
    for code in sorted(unused) if not seen else ():
        hint = "name it or its question under the 'items' of a node, or under 'without' if it earns nothing"
        yield f"{where} › nodes: the item '{code}' is in no node\n      {hint}"


def _variants(survey: Survey) -> list[dict[str, str]]:
    """All combinations of choices, or each choice alone where there are too many."""
    options = (survey.raw_scoring or {}).get("options") or {}
    choices = [[(o, c) for c in option["choices"]] for o, option in options.items() if option.get("choices")]
    if len(choices) <= 6:
        return [dict(combination) for combination in product(*choices)]
    return [{}, *({o: c} for many in choices for o, c in many)]


def tree_problems(survey: Survey, scoring: Scoring, where: str) -> Iterator[str]:
    """What is wrong in a tree with all switches applied."""
    if "overall" not in scoring.nodes:
        yield f"{where} › nodes: no node 'overall'; the root of the tree has this code"
    parents = [child for node in scoring.nodes.values() for child in node.of]
    for child in sorted({child for child in parents if parents.count(child) > 1}):
        yield f"{where} › nodes: '{child}' belongs to two nodes"
    if circle := sorted(set(scoring.nodes) - _below_tops(scoring, parents)):
        yield f"{where} › nodes: {', '.join(circle)} stand in a circle, so that each is below itself"
    for code in scoring.nodes:
        if code != "overall" and code not in parents:
            yield f"{where} › nodes › {code}: belongs to no node; name it in the 'of' of its parent"
    if is_composite(survey, scoring):
        yield from composite_problems(survey, scoring, where)
    elif wrong := list(_nodes(survey, scoring, where)):
        yield from wrong
    else:
        yield from choice_problems(scoring, where, lambda other: _nodes(survey, other, where))
    yield from _item_points(survey, scoring, where)
    yield from _effort(survey, scoring, f"{where} › effort")
    for table, points in scoring.points.items():
        for code, share in points.items():
            yield from _share(share, f"{where} › points › {table} › {code}")


def _nodes(survey: Survey, scoring: Scoring, where: str) -> Iterator[str]:
    for code, node in scoring.nodes.items():
        yield from _node(survey, scoring, node, f"{where} › nodes › {code}")


def _node(survey: Survey, scoring: Scoring, node: Node, at: str) -> Iterator[str]:
    if bool(node.of) == bool(node.items):
        yield f"{at}: needs either 'of' (nodes below it) or 'items'"
    for child in node.of:
        yield from known(child, scoring.nodes, f"{at} › of", "dimension")
    yield from known(node.aggregate, METHODS, f"{at} › aggregate", "method")
    if node.scale[0] >= node.scale[1]:
        low, high = node.scale
        yield f"{at} › scale: {low:g} is not below {high:g}\n      the value of the worst answers comes first"
    yield from _weights(node, node.of or tuple(item.code for item in items_of(survey, node)), f"{at} › weights")
    if node.bands:
        yield from known(node.bands, scoring.bands, f"{at} › bands", "bands")
    if bool(scoring.item_points) != (node.aggregate == "sum"):
        yield f"{at} › aggregate: '{node.aggregate}'\n      with item_points all nodes are sums, without them none is"
    if node.items:
        yield from _items(survey, scoring, node, at)
    for knock in node.knockout:
        yield from _share(knock.value, f"{at} › knockout › {knock.item}")


def _weights(node: Node, children: tuple[str, ...], at: str) -> Iterator[str]:
    for child, weight in node.weights.items():
        yield from known(child, children, at, "child")
        if weight < 0:
            yield f"{at} › {child}: {weight:g} is negative\n      a weight is 0 or more; 0 takes the child out"
    if children and not any(node.weights.get(child, 1) for child in children):
        yield f"{at}: all are 0, so that nothing counts\n      give at least one child a weight above 0"


def _item_points(survey: Survey, scoring: Scoring, where: str) -> Iterator[str]:
    items = {item.code: item for form in survey.forms.values() for item in form.items}
    for code, points in scoring.item_points.items():
        at = f"{where} › item_points › {code}"
        yield from known(code, items, at, "item")
        if code in items and items[code].type in survey.answer_types:
            for answer in points:
                yield from known(answer, survey.answer_types[items[code].type].codes, at, "code")
        if not any(value > 0 for value in points.values()):
            yield f"{at}: no answer earns anything\n      give one of them points above 0, or leave the item out"
    facets = [facet for form in survey.forms.values() for facet in form.facets]
    if scoring.awarded:
        yield from known(scoring.awarded, facets, f"{where} › awarded", "facet")


def _effort(survey: Survey, scoring: Scoring, at: str) -> Iterator[str]:
    items = [item for form in survey.forms.values() for item in form.items]
    names = dict.fromkeys([*(item.question for item in items), *(item.code for item in items)])
    for name, effort in scoring.effort.items():
        yield from known(name, names, at, "item or question")
        if effort <= 0:
            yield f"{at} › {name}: {effort:g} is not above 0\n      write what one step up costs; without it, it is 1"


def _share(share: float | None, at: str) -> Iterator[str]:
    if share is not None and not 0 <= share <= 1:
        yield f"{at}: {share:g} is not between 0 and 1\n      write the share of the best answer"


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
        yield from known(question, questions, f"{at} › items › question", "question")
    for code in (*node.items.code, *node.items.without, *(knock.item for knock in node.knockout)):
        yield from known(code, all_items, f"{at} › items", "item")
    if node.points:
        yield from known(node.points, scoring.points, f"{at} › points", "table of points")
    if scoring.item_points:
        return
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
