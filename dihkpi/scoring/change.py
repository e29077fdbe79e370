"""What a change of a score is made of: exact parts for the children of every node, and for all items of the root.

With ``c`` the contribution of a child, ``u`` its value on the scale of the node and ``b = c / u`` its coefficient (in a
mean its share of the weight), ``c2 - c1 = (b1 + b2) / 2 * (u2 - u1) + (b2 - b1) * (u1 + u2) / 2``: what comes from the
value, and from the composition of the node. Both are read off the table of contributions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import is_composite
from dihkpi.definitions.scoring import Scoring
from dihkpi.intake.columns import check_table
from dihkpi.scoring.coefficients import Scales, Side, children_by_node, filled, sides, units_of

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Pair = tuple[Matrix, Matrix]


@dataclass(frozen=True)
class _Leaf:
    """An item below the root: in each wave what it adds to the root, its value, and what comes from the value."""

    part: Pair
    value: Pair
    of_value: Matrix


@dataclass(frozen=True)
class _Tree:
    """All nodes in both waves."""

    scoring: Scoring
    nodes: Mapping[str, tuple[tuple[str, ...], tuple[Side, Side]]]
    scales: Scales

    def ratio(self, code: str, name: str) -> float:
        """How much one unit on the scale of a child is on the scale of its node."""
        if not self.scales:
            return 1.0
        (low, high), (bottom, top) = self.scales[code], self.scales[name]
        return (high - low) / (top - bottom)


def change_parts(
    contributions: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    first: str,
    second: str,
    *,
    options: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """What each child adds to the change of its node, and each item to the change of the root.

    Parameters
    ----------
    contributions : pandas.DataFrame
        The table ``contributions``; rows of other surveys, versions and waves are left aside.
    survey : Survey
        The version that both waves were scored by.
    definitions : Definitions
        For the definition of the table.
    first, second : str
        Waves or periods.
    options : mapping of str to str, optional
        Switches that the contributions were computed with.

    Returns
    -------
    pandas.DataFrame
        The table ``change_parts``, for units with both waves. The parts of a node sum to its change, and
        ``value_part + reweighting_part = part``. A node without value in one of the waves has no rows.
    """
    import pandas as pd

    scoring = survey.scoring(options)
    same = (contributions["survey"] == survey.survey) & (contributions["version"] == survey.version)
    one, two = (contributions[same & (contributions["wave"] == wave)] for wave in (first, second))
    units = units_of(one).intersection(units_of(two), sort=True)
    scales = {} if is_composite(survey, scoring) else {code: node.scale for code, node in scoring.nodes.items()}
    below = children_by_node(pd.concat([one, two]))
    waves = [sides(table, units, scoring, scales, below) for table in (one, two)]
    nodes = {
        code: (below[code], filled(scoring, code, waves[0][code], waves[1][code]))
        for code in scoring.nodes
        if code in waves[0]
    }
    rows = [_children(scoring, code, names, pair, units) for code, (names, pair) in nodes.items()]
    if "overall" in nodes:
        rows.append(_items(_Tree(scoring, nodes, scales), units))
    return _table(rows, survey, definitions, first, second)


def group_change_parts(parts: pd.DataFrame, groups: pd.Series, level: str, definitions: Definitions) -> pd.DataFrame:
    """Means over the units of each group, such as the customers of a hub with both waves.

    Parameters
    ----------
    parts : pandas.DataFrame
        The table ``change_parts`` of units.
    groups : pandas.Series of str
        Unit to group; units that are not in it count nowhere.
    level : str
        Level of the groups, such as ``hub``.

    Returns
    -------
    pandas.DataFrame
        The table ``change_parts`` of the groups: mean parts, which sum to the mean change. Values of children are means
        over the units that have one.
    """
    placed = parts.assign(code=parts["code"].map(groups).astype("str"), level=level)
    placed = placed[placed["code"].notna()]
    keys = list(definitions.tables["change_parts"].key)
    means = ["value_first", "value_second", "part", "value_part", "reweighting_part"]
    grouped = placed.groupby(keys, sort=False, observed=True)
    table = grouped[means].mean().assign(n=grouped.size()).reset_index()
    return check_table(table, definitions.tables["change_parts"])


def _children(
    scoring: Scoring, code: str, names: tuple[str, ...], pair: tuple[Side, Side], units: pd.Index
) -> pd.DataFrame:
    one, two = pair
    part = two.part - one.part
    value = _value_part(
        (one.coefficient, two.coefficient), (one.mapped, two.mapped), part, _proportional(scoring, code)
    )
    return _rows("children", code, names, (one.value, two.value), part, value, units)


def _proportional(scoring: Scoring, code: str) -> bool:
    """Whether a contribution is a coefficient times a value; a contest with others has none."""
    return scoring.nodes[code].aggregate != "copeland"


def _value_part(
    coefficients: tuple[Matrix, Matrix], mapped: tuple[Matrix, Matrix], part: Matrix, proportional: bool
) -> Matrix:
    """What comes from the value of a child; nothing where it was missing in one wave."""
    both = ~np.isnan(mapped[0]) & ~np.isnan(mapped[1])
    of_value = (coefficients[0] + coefficients[1]) / 2.0 * (mapped[1] - mapped[0]) if proportional else part
    return np.where(both, of_value, 0.0)


def _items(tree: _Tree, units: pd.Index) -> pd.DataFrame:
    """The change of the root as a sum over items: what each adds down the tree, in one wave less the other."""
    leaves: dict[str, list[_Leaf]] = {}
    one = np.ones((len(units), 1))
    _descend(tree, "overall", (one, one), (0 * one, 0 * one), True, leaves)
    whole = np.subtract(*(side.part.sum(axis=1, keepdims=True) for side in tree.nodes["overall"][1]))
    part = np.hstack([sum(leaf.part[1] - leaf.part[0] for leaf in places) for places in leaves.values()])
    of_value = np.hstack([sum(leaf.of_value for leaf in places) for places in leaves.values()])
    nothing = (np.nan * one, np.nan * one)
    values = [places[0].value if len(places) == 1 else nothing for places in leaves.values()]
    both = (np.hstack([value[0] for value in values]), np.hstack([value[1] for value in values]))
    part = np.where(np.isnan(whole), np.nan, part)
    return _rows("items", "overall", tuple(leaves), both, part, of_value, units)


def _descend(
    tree: _Tree, code: str, factors: Pair, rests: Pair, proportional: bool, leaves: dict[str, list[_Leaf]]
) -> None:
    """Hand the part that a node has in the root down to its children: ``factor * c``, and the rest by size."""
    names, sides = tree.nodes[code]
    own = _proportional(tree.scoring, code)
    each = list(zip(factors, rests, sides, strict=True))
    given = [factor * np.nan_to_num(side.part) + rest * _sizes(side.part) for factor, rest, side in each]
    steps = [factor * side.coefficient * float(own) for factor, _, side in each]
    for place, name in enumerate(names):
        at = slice(place, place + 1)
        part, step = (given[0][:, at], given[1][:, at]), (steps[0][:, at], steps[1][:, at])
        if tree.scoring.nodes[code].of:
            ratio = tree.ratio(code, name)
            down = (step[0] * ratio, step[1] * ratio)
            sums = [np.nan_to_num(side.part).sum(axis=1, keepdims=True) for side in tree.nodes[name][1]]
            left = (part[0] - down[0] * sums[0], part[1] - down[1] * sums[1])
            _descend(tree, name, down, left, proportional and own, leaves)
            continue
        mapped = (sides[0].mapped[:, at], sides[1].mapped[:, at])
        of_value = _value_part(step, mapped, part[1] - part[0], proportional and own)
        value = (sides[0].value[:, at], sides[1].value[:, at])
        leaves.setdefault(name, []).append(_Leaf(part, value, of_value))


def _sizes(parts: Matrix) -> Matrix:
    """Shares of children by the size of what they add; the same for all where none adds anything."""
    size = np.abs(np.nan_to_num(parts))
    total = size.sum(axis=1, keepdims=True)
    return np.where(total > 0, size / np.where(total > 0, total, 1.0), 1.0 / size.shape[1])


def _rows(
    scope: str, node: str, names: tuple[str, ...], values: Pair, part: Matrix, of_value: Matrix, units: pd.Index
) -> pd.DataFrame:
    import pandas as pd

    levels, codes = (units.get_level_values(name).to_numpy(dtype=object) for name in ("level", "code"))
    return pd.DataFrame({
        "level": levels.repeat(len(names)),
        "code": codes.repeat(len(names)),
        "scope": scope,
        "node": node,
        "child": np.tile(np.array(names, dtype=object), len(units)),
        "value_first": values[0].ravel(),
        "value_second": values[1].ravel(),
        "part": part.ravel(),
        "value_part": of_value.ravel(),
        "reweighting_part": (part - of_value).ravel(),
        "n": 1,
    })  # fmt: skip


def _table(rows: list[pd.DataFrame], survey: Survey, definitions: Definitions, first: str, second: str) -> pd.DataFrame:
    import pandas as pd

    declared = definitions.tables["change_parts"]
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in declared.columns})
    table = pd.concat(rows, ignore_index=True) if rows else empty
    table = table.assign(survey=survey.survey, version=survey.version, first=first, second=second)
    table = table[table["part"].notna()]
    units = pd.MultiIndex.from_frame(table[["level", "code"]])
    order = np.argsort(units.factorize(sort=True)[0], kind="stable")
    return check_table(table.iloc[order].reset_index(drop=True), declared, in_order=True)
