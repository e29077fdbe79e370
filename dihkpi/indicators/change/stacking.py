"""Figures as rows of the table of changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.indicators.change.cells import Matrix
from dihkpi.indicators.change.figure import Figure, Words

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("among", "measure", "method", "code", "dimension", "status", "reason", "value", "lo", "hi", "p",
            "p_adjusted", "n")  # fmt: skip
SMALL = "fewer pairs than the disclosure limit"


def benjamini_hochberg(p: Matrix) -> Matrix:
    """p-values adjusted for the false discovery rate in each row; NaN are no tests.

    Benjamini and Hochberg (1995), *Journal of the Royal Statistical Society B* 57(1).

    Examples
    --------
    >>> benjamini_hochberg(np.array([[0.01, 0.04, 0.03, np.nan]])).round(3).tolist()
    [[0.03, 0.04, 0.04, nan]]
    """
    tests = (~np.isnan(p)).sum(axis=1, keepdims=True)
    order = np.argsort(p, axis=1)
    scaled = np.take_along_axis(p, order, axis=1) * tests / np.arange(1, p.shape[1] + 1)
    falling = np.fmin.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    result = np.empty_like(p)
    np.put_along_axis(result, order, np.minimum(falling, 1), axis=1)
    return np.where(np.isnan(p), np.nan, result)


def stacked(
    figures: Iterable[Figure], places: Words, nodes: Sequence[str], common: Mapping[str, str], minimum: int
) -> pd.DataFrame:
    """Rows of figures whose cells are ``place * nodes + node``, suppressed below a base.

    Left out is what is about nobody, such as a band that no one was in; ``mean`` is always there.
    """
    import pandas as pd

    code, node = np.repeat(places, len(nodes)), np.tile(np.array(nodes, dtype=object), len(places))
    columns: dict[str, list[Words | Matrix]] = {name: [] for name in _COLUMNS}
    for figure in figures:
        figure = figure.suppressed((figure.n > 0) & (figure.n < minimum), SMALL)
        adjusted = benjamini_hochberg(figure.p.reshape(-1, len(nodes))).ravel()
        kept = (figure.n != 0) | (figure.measure == "mean")
        about = (np.full(kept.sum(), word, object) for word in (figure.among or "all", figure.measure, figure.method))
        numbers = (figure.value, figure.lo, figure.hi, figure.p, adjusted, figure.n)
        parts = [*about, *(part[kept] for part in (code, node, figure.status, figure.reason, *numbers))]
        for name, part in zip(_COLUMNS, parts, strict=True):
            columns[name].append(part)
    table = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()}).assign(**common)
    return table.assign(reason=table["reason"].where(table["reason"] != ""))
