"""The parameters of every run, for whoever wants to repeat or check one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.scoring.replicate.design import Runs
from dihkpi.scoring.replicate.engine import Engine, Places, Plan

if TYPE_CHECKING:
    import pandas as pd


def runs_taken(engine: Engine, runs: Runs) -> pd.DataFrame:
    """One row per run of the design and source: ``matrix``, ``replication``, ``source``, ``taken``.

    ``taken`` is the alternative in words, or the number of the draw or completed table; see :func:`noise_drawn`.
    """
    import pandas as pd

    names = [name for name in runs.plans if name in ("A", "B") or name.startswith("AB ")]
    plan = np.concatenate([runs.plans[name] for name in names])
    lengths = [len(runs.plans[name]) for name in names]
    k = len(engine.factors)
    return pd.DataFrame({
        "matrix": _coded(np.repeat(np.arange(len(names)), lengths).repeat(k), names),
        "replication": np.concatenate([np.arange(1, length + 1) for length in lengths]).repeat(k),
        "source": _coded(np.tile(np.arange(k), len(plan)), engine.factors),
        "taken": _told(engine, plan),
    })  # fmt: skip


def _coded(codes: Places, words: Sequence[str]) -> pd.Categorical[Any]:
    """A column of few different words."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(words)))


def _told(engine: Engine, plan: Plan) -> pd.Categorical[Any]:
    codes = np.empty(plan.shape, dtype=np.intp)
    words: dict[str, int] = {}
    for place in range(plan.shape[1]):
        found, at = np.unique(plan[:, place], return_inverse=True)
        of_found = [_word(engine, place, int(number)) for number in found]
        codes[:, place] = np.array([words.setdefault(word, len(words)) for word in of_found])[at]
    return _coded(codes.ravel(), list(words))


def _word(engine: Engine, place: int, number: int) -> str:
    if not engine.classes(place):
        return f"draw {number}"
    return engine.choices.all[place - engine.n_data].taken[number] if place >= engine.n_data else f"table {number}"


def noise_drawn(engine: Engine) -> pd.DataFrame:
    """Factors of the weights per choice with noise: ``source``, ``draw``, ``node``, ``child``, ``factor``."""
    import pandas as pd

    frames = [pd.DataFrame({"source": [], "draw": [], "node": [], "child": [], "factor": []}).astype(
        {"source": "str", "draw": "int64", "node": "str", "child": "str", "factor": "float64"})]  # fmt: skip
    for one in engine.choices.all:
        if one.taken:
            continue
        pairs = [(node, child) for node, children in engine.noisy(one) for child in children]
        sides = [engine.noise_of(one, side)(engine.pairs) for side in (0, 1)]
        drawn = np.stack(sides, axis=1).reshape(2 * engine.pairs, -1)
        frames.append(pd.DataFrame({
            "source": f"method.{one.name}",
            "draw": np.arange(1, len(drawn) + 1).repeat(len(pairs)),
            "node": np.tile([node for node, _ in pairs], len(drawn)),
            "child": np.tile([child for _, child in pairs], len(drawn)),
            "factor": drawn.ravel(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
