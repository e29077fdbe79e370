"""Contributions of one wave as matrices, with the coefficient by which each child's value counts in its node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.scoring import Scoring

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Scales = Mapping[str, tuple[float, float]]
ADDITIVE = ("mean", "sum", "percent_of_maximum")
"""Methods under which a child's contribution is its value times a coefficient that its siblings share, by weight."""
_TINY = 1e-12


@dataclass(frozen=True)
class Side:
    """One node in one wave: values, contributions, weights and coefficients, each of the shape (units, children)."""

    value: Matrix
    part: Matrix
    weight: Matrix
    mapped: Matrix
    coefficient: Matrix


def units_of(table: pd.DataFrame) -> pd.MultiIndex:
    """Level and code of every unit, once."""
    import pandas as pd

    return pd.MultiIndex.from_frame(table[["level", "code"]].astype("str").drop_duplicates())


def children_by_node(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Node to its children, in the order of the table."""
    pairs = table[["node", "child"]].astype("str").drop_duplicates()
    return {str(node): tuple(children) for node, children in pairs.groupby("node")["child"]}


def sides(
    table: pd.DataFrame, units: pd.Index, scoring: Scoring, scales: Scales, below: Mapping[str, tuple[str, ...]]
) -> dict[str, Side]:
    """Every node in one wave, its rows in the order of the units; no coefficients yet for children that are zero."""
    import pandas as pd

    if units.empty:
        return {}
    table = table.assign(unit=units.get_indexer(pd.MultiIndex.from_frame(table[["level", "code"]].astype("str"))))
    table = table[table["unit"] >= 0]
    nodes = table.groupby("node")
    return {str(code): _side(own, len(units), scoring, str(code), scales, below[str(code)]) for code, own in nodes}


def _side(own: pd.DataFrame, n: int, scoring: Scoring, code: str, scales: Scales, names: tuple[str, ...]) -> Side:
    column = own["child"].map({name: place for place, name in enumerate(names)}).to_numpy()
    found = []
    for field in ("value", "contribution", "weight"):
        matrix = np.full((n, len(names)), np.nan)
        matrix[own["unit"].to_numpy(), column] = own[field].to_numpy(dtype=float)
        found.append(matrix)
    value, part, weight = found
    mapped = value.copy()
    if scales:
        low, high = scales[code]
        for place, name in enumerate(names):
            bottom, top = scales[name] if scoring.nodes[code].of else (0.0, 1.0)
            mapped[:, place] = low + (high - low) * (value[:, place] - bottom) / (top - bottom)
    coefficient = np.full(value.shape, np.nan)
    there = np.abs(mapped) > _TINY * np.nanmax(np.abs(mapped), initial=0.0)
    np.divide(part, mapped, out=coefficient, where=there & ~np.isnan(part))
    return Side(value, part, weight, mapped, coefficient)


def filled(scoring: Scoring, code: str, one: Side, two: Side) -> tuple[Side, Side]:
    """Both waves with a coefficient for every child: one that is zero or missing tells none by itself."""
    sides = []
    for side, other in ((one, two), (two, one)):
        guess = other.coefficient
        if scoring.nodes[code].aggregate in ADDITIVE:
            guess = np.where(np.isnan(factor := _factor(scoring, code, side)), guess, factor)
        filled = np.where(np.isnan(side.coefficient), guess, side.coefficient)
        filled = np.where(np.isnan(side.value), 0.0, np.nan_to_num(filled))
        sides.append(Side(side.value, side.part, side.weight, side.mapped, filled))
    return sides[0], sides[1]


def _factor(scoring: Scoring, code: str, side: Side) -> Matrix:
    """Coefficients by weight, from the greatest sibling; from the weights alone where a mean is of zeros."""
    size = np.where(np.isnan(side.coefficient), 0.0, np.abs(side.weight * side.mapped))
    rows = np.arange(len(size))
    best = size.argmax(axis=1)
    factor = np.full(len(size), np.nan)
    np.divide(side.coefficient[rows, best], side.weight[rows, best], out=factor, where=size[rows, best] > 0)
    if scoring.item_points and scoring.nodes[code].of:
        return np.full(size.shape, np.nan)  # there a coefficient is by the points that a child can reach
    if scoring.nodes[code].aggregate == "mean":
        counts = ~np.isnan(side.value) | (scoring.nodes[code].missing == "zero")
        base = np.where(counts, side.weight, 0.0).sum(axis=1)
        factor = np.where(np.isnan(factor) & (base > 0), 1.0 / np.where(base > 0, base, 1.0), factor)
    return np.asarray(side.weight * factor[:, None])
