"""Which fields two scoring definitions differ in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dihkpi.definitions.scenario import Variant


def differences(base: Variant, other: Variant) -> dict[str, tuple[str, str]]:
    """Path of a field to its value here and there; empty text where there is none.

    Parameters
    ----------
    base, other : Variant
        Switches are applied, and fields that have their default are left out; items that only one version of the survey
        asks come as ``survey › items › CODE``.
    """
    one, two = dict(_of(base)), dict(_of(other))
    paths = [*one, *(path for path in two if path not in one)]
    return {path: (one.get(path, ""), two.get(path, "")) for path in paths if one.get(path) != two.get(path)}


def _of(variant: Variant) -> Iterator[tuple[str, str]]:
    content = variant.scoring.model_dump(mode="json", exclude={"options", "defaults"}, exclude_defaults=True)
    yield from _leaves("", content)
    for form in variant.survey.forms.values():
        for item in form.items:
            yield f"survey › items › {item.code}", f"{item.question}, {item.type}"


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every field below, lists of plain values as one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path} › {key}" if path else str(key), inner)
    elif isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        for number, inner in enumerate(value, 1):
            yield from _leaves(f"{path} › {number}", inner)
    else:
        yield path, _shown(value)


def _shown(value: Any) -> str:
    """A value as one would write it in YAML.

    Examples
    --------
    >>> _shown([0.0, 12.5]), _shown(True), _shown(1 / 3)
    ('[0, 12.5]', 'true', '0.333333333333')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:.12g}" if isinstance(value, float) else "null" if value is None else str(value)
