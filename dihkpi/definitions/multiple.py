"""Multiple choice items are spread out when a definition is loaded: one item for each option, ticked or not.

Scoring, store and reports then see items with one answer each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TICKS = "ticks"
"""Answer type of the items that multiple choice items are spread into."""
TICK_TYPE: Mapping[str, Any] = {
    "label": "ticked or not",
    "codes": {"0": "no", "1": "yes"},
    "aliases": {"n": "0", "false": "0", "y": "1", "true": "1", "x": "1"},
}


def spread(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A raw survey with an item per option in the place of each multiple choice item.

    Parameters
    ----------
    raw : mapping
        Content of ``survey.yaml`` with the rows of its items put in; what is malformed is left for the model to refuse.

    Examples
    --------
    >>> svc = {"multiple": True, "codes": {"tbi": "Test before invest"}}
    >>> item = {"code": "q2", "question": "2", "type": "svc", "label": "Services"}
    >>> spread({"answer_types": {"svc": svc}, "forms": {"f": {"items": [item]}}})["forms"]["f"]["items"][0]["code"]
    'q2.tbi'
    """
    types = raw.get("answer_types")
    forms = raw.get("forms")
    if not isinstance(types, Mapping) or not isinstance(forms, Mapping):
        return dict(raw)
    several = {
        name: kind["codes"]
        for name, kind in types.items()
        if isinstance(kind, Mapping) and str(kind.get("multiple")).lower() == "true"
        and isinstance(kind.get("codes"), Mapping)
    }  # fmt: skip
    if not several:
        return dict(raw)
    spread_forms = {
        name: _form(form, several) if isinstance(form, Mapping) and form.get("items") else form
        for name, form in forms.items()
    }
    return {**raw, "answer_types": {TICKS: TICK_TYPE, **types}, "forms": spread_forms}


def _form(form: Mapping[str, Any], several: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    items: list[Any] = []
    asked: dict[str, Any] = {}
    for item in form["items"]:
        if not isinstance(item, Mapping) or item.get("type") not in several:
            items.append(item)
            continue
        asked[item["code"]] = item
        for option, label in several[item["type"]].items():
            items.append({
                **item, "code": f"{item['code']}.{option}", "type": TICKS, "label": f"{item['label']}: {label}",
                "of": item["code"], "option": option,
            })  # fmt: skip
    return {**form, "items": items, "multiple": asked}
