"""Switches of a scoring definition: a choice patches the definition, a value replaces one entry of it."""

from __future__ import annotations

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
    result = dict(raw)
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
            result = merged(result, choices[value] or {})
        elif name in chosen and option.get("sets"):
            like_list = isinstance(option.get("default"), list)
            parts = [part.strip() for part in value.split(",")]
            result = _with(result, option["sets"].split("."), parts if like_list else value)
    return result


def merged(base: Mapping[str, Any], patch: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A definition with a patch put in: mappings are merged, ``null`` removes an entry, all else replaces it.

    What the patch leaves alone is shared with the definition and not copied: nobody changes either.

    Examples
    --------
    >>> base = {"nodes": {"a": {"label": "A", "of": ["x"]}, "b": {"label": "B"}}}
    >>> merged(base, {"nodes": {"a": {"of": ["y"]}, "b": None}})
    {'nodes': {'a': {'label': 'A', 'of': ['y']}}}
    """
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value, depth + 1)
        elif depth == 1 and isinstance(value, Mapping) and key not in result and _is_node(value):
            continue  # a patch of a node that another switch took away
        else:
            result[key] = value
    return result


def _is_node(value: Mapping[str, Any]) -> bool:
    return not ({"of", "items", "label"} & set(value)) and bool({"missing", "empty", "knockout"} & set(value))


def _with(base: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """A definition with the value at this path."""
    first, *rest = path
    return {**base, first: _with(base.get(first) or {}, rest, value) if rest else value}
