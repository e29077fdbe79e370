"""Which runs an analysis needs: a Saltelli design over all factors, and each source of errors by itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dihkpi.scoring.replicate.engine import Engine, Matrix, Places, Plan
from dihkpi.scoring.replicate.ranks import places
from dihkpi.scoring.replicate.sources import generator

DATA, METHOD, ALL = "data", "method", "all"


class Runs:
    """Scores of the runs of several plans; a run that several plans have is computed once.

    Parameters
    ----------
    engine : Engine
    plans : mapping of str to Plan
        By a name of one's own.
    """

    def __init__(self, engine: Engine, plans: Mapping[str, Plan]) -> None:
        self.plans = plans
        runs, place = np.unique(np.concatenate(list(plans.values())), axis=0, return_inverse=True)
        self.values = engine.run(runs)
        ends = np.cumsum([len(plan) for plan in plans.values()])
        self._period = engine.numbers.period
        self._place = dict(zip(plans, np.split(place.ravel(), ends[:-1]), strict=True))

    @cached_property
    def places(self) -> npt.NDArray[np.float32]:
        """Places of the units, of the shape of ``values``."""
        nodes = range(self.values.shape[-1])
        found = [places(self.values[..., node], self._period).astype(np.float32) for node in nodes]
        return np.moveaxis(np.stack(found), 0, -1)

    def place(self, name: str) -> Places:
        """Rows of ``values`` that are the runs of a plan."""
        return self._place[name]

    def of(self, name: str) -> Matrix:
        """Scores of a plan, shape (runs, rows, nodes)."""
        return self.values[self._place[name]]


def size_of(engine: Engine, replications: int) -> int:
    """Replications of a design: a power of two where alternatives are spread evenly, which needs one."""
    return 1 << (replications - 1).bit_length() if _listed(engine) else replications


def data_plans(engine: Engine, n: int) -> dict[str, Plan]:
    """All errors of the data together, with the methods as defined, and each by itself."""
    together = np.zeros((n, len(engine.factors)), dtype=np.int32)
    for place in range(engine.n_data):
        together[:, place] = _spread_out(engine, place, n)
    plans = {DATA: together}
    return plans | {engine.factors[place]: _alone(engine, place, n) for place in range(engine.n_data)}


def full_plans(engine: Engine, n: int) -> dict[str, Plan]:
    """The Saltelli design of all factors, the plans of :func:`data_plans`, and those of the choices.

    ``A``, ``B``, and ``AB NAME`` for A with one factor from B; ``AB data`` takes all errors of the data from B.
    """
    a, b = _samples(engine, n)
    plans = {"A": a, "B": b}
    for name, columns in sets_of(engine).items():
        plans[f"AB {name}"] = np.where(np.isin(np.arange(a.shape[1]), columns), b, a)
    if engine.n_data:
        plans |= data_plans(engine, n)
    if engine.choices.all:
        plans[METHOD] = np.where(np.arange(a.shape[1]) < engine.n_data, 0, a)
        plans |= {
            engine.factors[place]: _alone(engine, place, n) for place in range(engine.n_data, len(engine.factors))
        }
    return {name: plan.astype(np.int32) for name, plan in plans.items()}


def sample(engine: Engine, n: int) -> Plan:
    """Runs that vary everything at once; n is a power of two, or the alternatives are spread a little unevenly."""
    return _samples(engine, size_of(engine, n))[0][:n]


def sets_of(engine: Engine) -> dict[str, list[int]]:
    """Factors whose shares are asked for: each, and the errors of the data together where there are several."""
    sets = {name: [place] for place, name in enumerate(engine.factors)}
    if len(engine.factors) < 2:
        return {}
    if 1 < engine.n_data < len(engine.factors):
        sets[DATA] = list(range(engine.n_data))
    return sets


def _listed(engine: Engine) -> list[int]:
    """Factors with numbered alternatives or tables; all others are drawn."""
    return [place for place in range(len(engine.factors)) if engine.classes(place)]


def _samples(engine: Engine, n: int) -> tuple[Plan, Plan]:
    """Two independent samples of all factors: Sobol points cut into classes, and the pairs of draws."""
    from scipy.stats import qmc

    pair = 2 * np.arange(n, dtype=np.int32)[:, None]
    a = np.broadcast_to(pair + 1, (n, len(engine.factors))).copy()
    b = a + 1
    listed = _listed(engine)
    if listed:
        points = qmc.Sobol(2 * len(listed), scramble=True, rng=generator(engine.seed, "design")).random(n)
        for at, place in enumerate(listed):
            size, first = engine.classes(place), int(place < engine.n_data)
            a[:, place] = first + (points[:, at] * size).astype(np.int32)
            b[:, place] = first + (points[:, len(listed) + at] * size).astype(np.int32)
    return a, b


def _alone(engine: Engine, place: int, n: int) -> Plan:
    """One factor by itself: each alternative or table once, or n draws."""
    size = engine.classes(place)
    plan = np.zeros((size or n, len(engine.factors)), dtype=np.int32)
    plan[:, place] = np.arange(size) + int(place < engine.n_data) if size else _spread_out(engine, place, n)
    return plan


def _spread_out(engine: Engine, place: int, n: int) -> Places:
    """Draws of the sample A, or completed tables in turn."""
    size = engine.classes(place)
    return np.arange(n) % size + 1 if size else 2 * np.arange(n) + 1
