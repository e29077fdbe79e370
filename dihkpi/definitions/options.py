"""Switches of a scoring definition: a choice patches the definition, a value replaces one entry of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dihkpi.errors import UsageError, hint_for


def apply_options(raw: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """The raw definition with every switch applied, in the order of the file.

    Parameters
    ----------
    raw : mapping
        Content of ``scoring.yaml``.
    chosen : mapping of str to str
        Switches that differ from their default.

    Raises
    ------
    UsageError
        When a switch or a choice is unknown.
    """
    result = copy.deepcopy(dict(raw))
    options: Mapping[str, Any] = result.get("options") or {}
    for name in chosen:
        if name not in options:
            raise UsageError(f"unknown option '{name}'\n  {hint_for(name, options)}")
    for name, option in options.items():
        value = chosen.get(name, option.get("default"))
        choices = option.get("choices") or {}
        if choices:
            if not isinstance(value, str) or value not in choices:
                raise UsageError(f"option {name}: unknown choice '{value}'\n  {hint_for(str(value), choices)}")
            merge(result, choices[value] or {})
        elif name in chosen and option.get("sets"):
            like_list = isinstance(option.get("default"), list)
            parts = [part.strip() for part in value.split(",")]
            _put(result, option["sets"].split("."), parts if like_list else value)
    return result


def merge(base: dict[str, Any], patch: Mapping[str, Any], depth: int = 0) -> None:
    """Put a patch into a definition: mappings are merged, ``null`` removes an entry, all else replaces it.

    Examples
    --------
    >>> base = {"nodes": {"a": {"label": "A", "of": ["x"]}, "b": {"label": "B"}}}
    >>> merge(base, {"nodes": {"a": {"of": ["y"]}, "b": None}})
    >>> base
    {'nodes': {'a': {'label': 'A', 'of': ['y']}}}
    """
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(base.get(key), dict):
            merge(base[key], value, depth + 1)
        elif depth == 1 and isinstance(value, Mapping) and key not in base and "label" not in value and _is_node(value):
            continue  # a patch of a node that another switch took away
        else:
            base[key] = copy.deepcopy(value)


def _is_node(value: Mapping[str, Any]) -> bool:
    return not ({"of", "items", "label"} & set(value)) and bool({"missing", "empty", "knockout"} & set(value))


def _put(base: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        base = base.setdefault(step, {})
    base[path[-1]] = value
