"""Which source moves a score, and a place: shares of the variance with bands, node by node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.replicate.design import DATA, METHOD, Runs, sets_of
from dihkpi.scoring.replicate.engine import Engine
from dihkpi.scoring.replicate.sobol import bootstrap, drawn_anew, sobol_indices
from dihkpi.scoring.replicate.sources import generator

Matrix = npt.NDArray[np.float64]
DRAWS = 100
"""Bootstraps of the runs for the bands of shares."""


@dataclass(frozen=True)
class Shares:
    """Shares of the variance of one output at all nodes.

    Parameters
    ----------
    names : tuple of str
        Sources.
    first, total : numpy.ndarray, shape (sources, rows, nodes)
    bands : numpy.ndarray, shape (4, sources, rows, nodes)
        Lower and upper end of the first order, and of the total order; NaN where a share is not estimated.
    """

    names: tuple[str, ...]
    first: Matrix
    total: Matrix
    bands: Matrix


def shares_of(engine: Engine, runs: Runs, level: float) -> dict[str, Shares]:
    """Shares for the ``score`` and for the ``rank``."""
    sets = sets_of(engine)
    names, shape = tuple(sets) or engine.factors, runs.values.shape[1:]
    found = {output: _blank(names, shape) for output in ("score", "rank")}
    for node in range(shape[1]):
        for output, values in (("score", runs.values[..., node]), ("rank", runs.places[..., node].astype(float))):
            _of_node(engine, runs, values, found[output], node, level)
    return {output: _with_complement(engine, shares) for output, shares in found.items()}


def _blank(names: tuple[str, ...], shape: tuple[int, ...]) -> Shares:
    first, total = np.full((2, len(names), *shape), np.nan)
    return Shares(names, first, total, np.full((4, len(names), *shape), np.nan))


def _of_node(engine: Engine, runs: Runs, values: Matrix, shares: Shares, node: int, level: float) -> None:
    a = values[runs.place("A")]
    if "B" not in runs.plans or len(shares.names) < 2:  # one factor is everything, where anything varies
        varies = np.where(np.ptp(a, axis=0) > 0, 1.0, np.nan)
        shares.first[..., node], shares.total[..., node] = varies, varies
        return
    b = values[runs.place("B")]
    ab = np.stack([values[runs.place(f"AB {name}")] for name in shares.names])
    shares.first[..., node], shares.total[..., node] = sobol_indices(a, b, ab)
    counts = drawn_anew(len(a), DRAWS, generator(engine.seed, "bands"))
    ends = [(1 - level) / 2, (1 + level) / 2]
    for at, side in enumerate(bootstrap(a, b, ab, counts)):
        shares.bands[2 * at : 2 * at + 2, ..., node] = np.quantile(side, ends, axis=0)


def _with_complement(engine: Engine, shares: Shares) -> Shares:
    """With all choices together: what the errors of the data leave, ``S = 1 - T`` and ``T = 1 - S`` of these."""
    choices = len(engine.factors) - engine.n_data
    if not engine.n_data or choices == 0:
        return _group(shares, DATA if engine.n_data else METHOD, None)
    data = shares.names.index(DATA if engine.n_data > 1 else engine.factors[0])
    whole = shares if engine.n_data > 1 else _group(shares, DATA, data)
    method = whole.names.index(DATA)
    bands = 1.0 - whole.bands[[3, 2, 1, 0], method]
    return _plus(whole, METHOD, 1.0 - whole.total[method], 1.0 - whole.first[method], bands)


def _group(shares: Shares, name: str, same_as: int | None) -> Shares:
    """With a group that is one of the sources, or everything."""
    if same_as is not None:
        return _plus(shares, name, shares.first[same_as], shares.total[same_as], shares.bands[:, same_as])
    everything = np.where(np.isnan(shares.total).all(axis=0), np.nan, 1.0)
    return _plus(shares, name, everything, everything, np.full((4, *everything.shape), np.nan))


def _plus(shares: Shares, name: str, first: Matrix, total: Matrix, bands: Matrix) -> Shares:
    return Shares(
        (*shares.names, name), np.concatenate([shares.first, first[None]]),
        np.concatenate([shares.total, total[None]]), np.concatenate([shares.bands, bands[:, None]], axis=1),
    )  # fmt: skip
