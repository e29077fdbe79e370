"""What came of a reconciliation in plain words: what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_LIST = "no list of the hub's own that could be used, so nothing was compared"
_STEPS = (  # what is counted; one of it; several; what to do
    ("by_similar_name", "pair of customers is alike in name only", "pairs of customers are alike in name only",
     "look at each and give both sides the same number"),
    ("only_ours", "customer is on your list alone", "customers are on your list alone",
     "report what was done for them, or correct name or number"),
    ("only_official", "customer is on the official list alone", "customers are on the official list alone",
     "add them to your list, or correct name or number"),
    ("differing", "customer differs", "customers differ", "correct the wrong side"),
    ("services_only_ours", "delivered service is on your list alone", "delivered services are on your list alone",
     "report them"),
    ("services_only_official", "delivered service is on the official list alone",
     "delivered services are on the official list alone", "add them to your list, or withdraw them"),
    ("services_differing", "service differs", "services differ", "correct the wrong side"),
    ("doubles_ours", "customer of your list may be a double", "customers of your list may be doubles",
     "keep one of each"),
    ("doubles_official", "official customer may be a double", "official customers may be doubles",
     "keep one of each"),
    ("without_number_ours", "customer of your list has no registration number",
     "customers of your list have no registration number", "fill it in: names alone are not certain"),
    ("without_number_official", "official customer has no registration number",
     "official customers have no registration number", "fill it in: names alone are not certain"),
)  # fmt: skip


def to_do(counts: Mapping[str, Any]) -> list[tuple[str, int, str, str]]:
    """Steps that are left for a hub: what is counted, how many, what they are, what to do.

    Parameters
    ----------
    counts : mapping
        A row of the table ``reconciliation``; what was not compared is None.

    Examples
    --------
    >>> to_do({"only_ours": 2, "differing": 0})
    [('only_ours', 2, 'customers are on your list alone', 'report what was done for them, or correct name or number')]
    """
    numbers = {name: int(counts.get(name) or 0) for name, *_ in _STEPS}
    return [
        (name, numbers[name], one if numbers[name] == 1 else several, what)
        for name, one, several, what in _STEPS
        if numbers[name]
    ]


def in_words(counts: Mapping[str, Any]) -> str:
    """The steps that are left as one text; what there is to say where none is left.

    Examples
    --------
    >>> in_words({"hub": "HR-adria", "own_list": True, "differing": 1})
    '1 customer differs: correct the wrong side'
    >>> in_words({"hub": "HR-adria", "own_list": False})
    "no list of the hub's own that could be used, so nothing was compared: put one into crm/HR-adria and run again"
    """
    steps = [f"{number:,} {what}: {do}" for _, number, what, do in to_do(counts)]
    if not counts["own_list"]:
        steps.insert(0, f"{NO_LIST}: put one into crm/{counts['hub']} and run again")
    return "; ".join(steps) or "both lists say the same: nothing to do"
