"""The one registry of methods: step to name to function. A definition chooses by these names, and by nothing else.

>>> METHODS["impute"]["median"].__doc__.splitlines()[0]
'The median of the units that have a value; outliers do not move it.'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dihkpi.scoring import aggregate, impute, normalise, screen, treat, weight

METHODS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "screen": screen.METHODS,
    "impute": impute.METHODS,
    "treat": treat.METHODS,
    "normalise": normalise.METHODS,
    "weight": weight.METHODS,
    "aggregate": aggregate.NUMERIC,
}
"""Every method, by its step and name."""
