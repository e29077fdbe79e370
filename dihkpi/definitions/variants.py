"""What a scoring would be had something been decided otherwise: the alternatives of ``uncertainty``, applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dihkpi.definitions.composite import AGGREGATES, STEPS, Step
from dihkpi.definitions.crosscheck_composite import children_of
from dihkpi.definitions.scoring import Node, Scoring
from dihkpi.definitions.uncertainty import Choice

ALL = "all"
"""Stands for every node."""
Edges = frozenset[tuple[str, str]]
"""Pairs of a node and a child of it."""


def patched(scoring: Scoring, choice: Choice, patch: Mapping[str, Any]) -> Scoring:
    """A scoring with one alternative of a choice about a step or nodes.

    A patch that names another method leaves behind the settings that this method does not have.

    Raises
    ------
    pydantic.ValidationError
        When a field or a value is impossible.
    """
    if choice.step is not None:
        steps = list(scoring.steps)
        steps[choice.step - 1] = _step(steps[choice.step - 1], patch)
        return scoring.model_copy(update={"steps": tuple(steps)})
    changed = {code: _node(scoring.nodes[code], patch) for code in nodes_of(scoring, choice)}
    return scoring.model_copy(update={"nodes": {**scoring.nodes, **changed}})


def nodes_of(scoring: Scoring, choice: Choice) -> tuple[str, ...]:
    """The nodes that a choice is about."""
    return tuple(scoring.nodes) if ALL in choice.nodes else choice.nodes


def _step(step: Step, patch: Mapping[str, Any]) -> Step:
    fields = {**step.model_dump(exclude_unset=True), **patch}
    if fields["method"] != step.method:
        left = STEPS[step.step].get(step.method, ())
        kept = (*STEPS[step.step].get(str(fields["method"]), ()), *patch)
        fields = {name: value for name, value in fields.items() if name not in left or name in kept}
    return Step.model_validate({name: value for name, value in fields.items() if value is not None})


def _node(node: Node, patch: Mapping[str, Any]) -> Node:
    fields = node.model_dump(exclude_unset=True)
    if patch.get("aggregate", node.aggregate) != node.aggregate:
        kept = AGGREGATES.get(str(patch["aggregate"]), ())
        fields["settings"] = {name: value for name, value in fields.get("settings", {}).items() if name in kept}
    if "weighting" in patch and "weights" not in patch:
        method = patch["weighting"]
        method = method.get("method") if isinstance(method, Mapping) else method
        if method != "given":
            fields.pop("weights", None)
    for name, value in patch.items():
        old = fields.get(name)
        merged = {**old, **value} if name in ("weights", "settings") and old and isinstance(value, Mapping) else value
        fields[name] = {k: v for k, v in merged.items() if v is not None} if isinstance(merged, Mapping) else merged
    return Node.model_validate({name: value for name, value in fields.items() if value is not None})


def can_be_left_out(scoring: Scoring, what: str) -> tuple[str, ...]:
    """All items, or all nodes directly below the root."""
    return tuple(scoring.items) if what == "items" else scoring.nodes["overall"].of


def left_out(scoring: Scoring, child: str, without: Edges = frozenset()) -> Edges | None:
    """The edges of the tree that go when an item or node is left out.

    A node whose only child goes is left out with it; ``None`` where nothing would be left.
    """
    parents = {below: code for code in scoring.nodes for below in children_of(scoring, code)}
    gone: set[tuple[str, str]] = set(without)
    while child in parents:
        parent = parents[child]
        if (parent, child) in gone:
            return frozenset(gone)
        if any(other != child and (parent, other) not in gone for other in children_of(scoring, parent)):
            return frozenset({*gone, (parent, child)})
        child = parent
    return None


def told(patch: Mapping[str, Any]) -> str:
    """An alternative in words.

    Examples
    --------
    >>> told({"method": "z_score", "range": [1, 100]})
    'method: z_score, range: [1, 100]'
    """
    return ", ".join(f"{name}: {_plain(value)}" for name, value in patch.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + told(value) + "}"
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list | tuple) else str(value)
