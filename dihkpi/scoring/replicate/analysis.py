"""Uncertainty and sensitivity of a composite: how far its scores and places can be trusted, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.errors import UsageError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.composite import head_of, prepared
from dihkpi.scoring.replicate.choices import Choices
from dihkpi.scoring.replicate.design import ALL, DATA, METHOD, Runs, data_plans, full_plans, size_of
from dihkpi.scoring.replicate.engine import Engine
from dihkpi.scoring.replicate.errors import Spread, data_spreads, quantiles, spread
from dihkpi.scoring.replicate.ranks import RANGE, places
from dihkpi.scoring.replicate.record import noise_drawn, runs_taken
from dihkpi.scoring.replicate.shares import Shares, shares_of
from dihkpi.scoring.rollup import Rolled, roll_up
from dihkpi.scoring.values import Numbers

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
NOTHING = "nothing is declared: scores are taken as exact (scoring.yaml › items › error, repeats, uncertainty)"


@dataclass(frozen=True)
class CompositeUncertainty:
    """What the analysis gives.

    Parameters
    ----------
    table : pandas.DataFrame
        The table ``uncertainty``: one row per unit, node and source.
    ranks : pandas.DataFrame
        Places over the replications: ``rank`` by the scores, ``median``, ``lo`` and ``hi`` (5 and 95 %), by ``source``
        (data, method, all).
    runs : pandas.DataFrame
        Parameters of each run of the design: ``matrix`` (A, B, AB of a source), ``replication``, ``source`` and what
        was ``taken``.
    draws : mapping of str to numpy.ndarray
        Node to its scores under errors of the data alone, shape (replications, units); empty where none is declared.
    units : pandas.DataFrame
        ``code`` and ``wave`` of the columns of ``draws``.
    indices : pandas.DataFrame
        Shares of the variance of score and rank, ``first`` and ``total``, with their bands.
    noise : pandas.DataFrame
        Factors of the weights that choices with noise have drawn.
    notes : tuple of str
    """

    table: pd.DataFrame = field(repr=False)
    ranks: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    draws: Mapping[str, Matrix] = field(repr=False)
    units: pd.DataFrame = field(repr=False)
    indices: pd.DataFrame = field(repr=False)
    noise: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def composite_uncertainty(
    values: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
) -> CompositeUncertainty:
    """Errors of the scores of a composite, and which error or choice of method is behind them.

    Parameters
    ----------
    values, survey, definitions, options
        As for :func:`~dihkpi.scoring.composite.score_values`.
    replications : int, optional
        Rows of the samples A and B; by default those of the definition, or of the policy ``uncertainty``. Rounded up
        to a power of two where there are alternatives. The whole design has about (factors + 2) times as many runs.
    seed : int, optional
        Of everything random; by default that of the definition, or of the policy.

    Returns
    -------
    CompositeUncertainty

    Raises
    ------
    DefinitionError
        When the definition is wrong; all problems at once.
    ScoringError
        When a combination of choices cannot be computed with these values; the message names it.

    Notes
    -----
    Saltelli et al. (2008), Global Sensitivity Analysis; OECD/JRC Handbook (2008), step 7. See
    ``docs/methods/uncertainty.md`` and ``docs/methods/sensitivity.md``.
    """
    scoring, numbers = prepared(values, survey, options)
    engine = _engine(numbers, survey, definitions, options or {}, replications, seed)
    engine.pairs = size_of(engine, engine.pairs)
    report = _Report(survey, engine, *_base(engine, roll_up(engine.plain(), scoring)), _level(definitions))
    if not engine.factors:
        return report.nothing(definitions)
    runs = Runs(engine, full_plans(engine, engine.pairs))
    shares = shares_of(engine, runs, report.level)
    return CompositeUncertainty(
        check_table(report.table(report.spreads(runs), shares["score"]), definitions.tables["uncertainty"],
                    in_order=True),
        report.ranks(runs), runs_taken(engine, runs), report.draws(runs), report.units(),
        report.indices(shares), noise_drawn(engine), tuple(dict.fromkeys(engine.notes)),
    )  # fmt: skip


def errors_of_data(
    numbers: Numbers, survey: Survey, definitions: Definitions, options: Mapping[str, str], rolled: Mapping[str, Rolled]
) -> dict[str, npt.NDArray[np.float64]]:
    """``se``, ``lo`` and ``hi`` of the table ``scores``: all errors of the data together, methods as defined."""
    engine = _engine(numbers, survey, definitions, options, None, None)
    value, below = _base(engine, rolled)
    runs = Runs(engine, data_plans(engine, engine.pairs))
    found = data_spreads(engine, runs, value, below, _level(definitions))[DATA]
    return {"se": found.se.ravel(), "lo": found.lo.ravel(), "hi": found.hi.ravel()}


def _engine(
    numbers: Numbers, survey: Survey, definitions: Definitions, options: Mapping[str, str], replications: int | None,
    seed: int | None,
) -> Engine:  # fmt: skip
    choices = Choices(survey, options)
    policy, own = definitions.value("uncertainty"), choices.scoring.uncertainty
    n = next(int(found) for found in (replications, own.replications, policy["replications"]) if found is not None)
    if n < 2:
        raise UsageError(f"{n} replications tell nothing of a spread; give 2 or more")
    seed = next(int(found) for found in (seed, own.seed, policy["seed"]) if found is not None)
    return Engine(numbers, survey, definitions, choices, seed, n)


def _base(engine: Engine, rolled: Mapping[str, Rolled]) -> tuple[Matrix, dict[str, list[int]]]:
    """The scores, shape (rows, nodes), and the places of the items below each node."""
    names = engine.numbers.items
    below = {code: sorted(names.index(item) for item in rolled[code].below) for code in engine.nodes}
    return np.column_stack([rolled[code].values for code in engine.nodes]), below


def _level(definitions: Definitions) -> float:
    return float(definitions.value("confidence_level"))


@dataclass(frozen=True)
class _Report:
    """Tables out of replications."""

    survey: Survey
    engine: Engine
    value: Matrix
    below: Mapping[str, list[int]]
    level: float

    def spreads(self, runs: Runs) -> dict[str, Spread]:
        """Errors by source, in the order of the table."""
        engine = self.engine
        found = data_spreads(engine, runs, self.value, self.below, self.level) if engine.n_data else {}
        if engine.choices.all:
            found[METHOD] = spread(runs.of(METHOD), self.value, self.level)
        for place in range(engine.n_data, len(engine.factors)):
            name = engine.factors[place]
            listed = bool(engine.classes(place))
            found[name] = spread(runs.of(name), self.value, self.level, all_there_is=listed)
        whole = np.concatenate([runs.of(name) for name in ("A", "B") if name in runs.plans])
        everything = spread(whole, self.value, self.level)
        lacking = found[DATA].reason if DATA in found else everything.reason
        told = np.where(everything.reason == None, lacking, everything.reason)  # noqa: E711
        return found | {ALL: _telling(everything, told)}

    def table(self, spreads: Mapping[str, Spread], shares: Shares) -> pd.DataFrame:
        """The table ``uncertainty``."""
        import pandas as pd

        names = list(spreads)
        first, total = (self._by_source(names, shares.names, side) for side in (shares.first, shares.total))
        return pd.DataFrame({
            **self._head(len(names)),
            "source": np.tile(np.array(names, dtype=object), self.value.size),
            "value": self.value.ravel().repeat(len(names)),
            **{field: self._stacked([getattr(one, field) for one in spreads.values()])
               for field in ("se", "df", "lo", "hi")},
            "share": first,
            "share_total": total,
            "n": pd.array(self._stacked([one.n for one in spreads.values()]), dtype="Float64").astype("Int64"),
            "replications": np.tile([one.replications for one in spreads.values()], self.value.size),
            "reason": np.stack([one.reason for one in spreads.values()], axis=-1).ravel(),
        })  # fmt: skip

    def indices(self, shares: Mapping[str, Shares]) -> pd.DataFrame:
        """Shares of score and rank with their bands."""
        import pandas as pd

        return pd.concat([
            pd.DataFrame({
                **self._head(len(one.names)),
                "output": output,
                "source": np.tile(np.array(one.names, dtype=object), self.value.size),
                "first": self._stacked(list(one.first)),
                "first_lo": self._stacked(list(one.bands[0])),
                "first_hi": self._stacked(list(one.bands[1])),
                "total": self._stacked(list(one.total)),
                "total_lo": self._stacked(list(one.bands[2])),
                "total_hi": self._stacked(list(one.bands[3])),
            })
            for output, one in shares.items()
        ], ignore_index=True)  # fmt: skip

    def ranks(self, runs: Runs) -> pd.DataFrame:
        """Places over the replications."""
        import pandas as pd

        period = self.engine.numbers.period
        plans = {name: [name] for name in (DATA, METHOD) if name in runs.plans}
        plans[ALL] = [name for name in ("A", "B") if name in runs.plans]
        rank = places(self.value.T, period).T
        found = {}
        for source, names in plans.items():
            drawn = np.concatenate([runs.places[runs.place(name)] for name in names])
            found[source] = quantiles(drawn, (RANGE[0], 0.5, RANGE[1]))
        lo, median, hi = (self._stacked([one[side] for one in found.values()]) for side in range(3))
        return pd.DataFrame({
            **self._head(len(found)),
            "source": np.tile(np.array(list(found), dtype=object), self.value.size),
            "value": self.value.ravel().repeat(len(found)),
            "rank": pd.array(rank.ravel().repeat(len(found)), dtype="Float64").astype("Int64"),
            "median": median, "lo": lo, "hi": hi,
        })  # fmt: skip

    def draws(self, runs: Runs) -> dict[str, Matrix]:
        """Scores under errors of the data alone, by node."""
        if DATA not in runs.plans:
            return {}
        drawn = runs.of(DATA)
        return {code: drawn[..., node] for node, code in enumerate(self.engine.nodes)}

    def units(self) -> pd.DataFrame:
        """Who the columns of the draws are."""
        import pandas as pd

        head = head_of(self.survey, self.engine.choices.scoring, self.engine.numbers, 1)
        return pd.DataFrame({"code": head["code"], "wave": head["wave"]})

    def nothing(self, definitions: Definitions) -> CompositeUncertainty:
        """Tables that say that nothing is declared."""
        import pandas as pd

        blank = np.full(self.value.shape, np.nan)
        reason = np.full(self.value.shape, NOTHING, dtype=object)
        nothing = np.empty((0, *self.value.shape))
        table = self.table({ALL: Spread(blank, blank, blank, blank, blank, 0, reason)},
                           Shares((), nothing, nothing, np.empty((4, *nothing.shape))))  # fmt: skip
        table["replications"] = pd.array([None] * len(table), dtype="Int64")
        empty = pd.DataFrame()
        checked = check_table(table, definitions.tables["uncertainty"], in_order=True)
        return CompositeUncertainty(checked, empty, empty, {}, self.units(), empty, empty)

    def _head(self, times: int) -> dict[str, object]:
        """The columns that name unit and node, each repeated."""
        import pandas as pd

        engine, nodes = self.engine, len(self.engine.nodes)
        head = pd.DataFrame(head_of(self.survey, engine.choices.scoring, engine.numbers, nodes * times))
        order = np.array(engine.nodes, dtype=object).repeat(times)
        return {**{str(name): head[name] for name in head}, "dimension": np.tile(order, len(self.value))}

    @staticmethod
    def _stacked(parts: list[Matrix]) -> npt.NDArray[np.float64]:
        return np.asarray(np.stack(parts, axis=-1).ravel())

    def _by_source(self, names: list[str], known: tuple[str, ...], shares: Matrix) -> npt.NDArray[np.float64]:
        """Shares in the order of the table; all sources together are everything."""
        everything = np.where(np.isnan(shares).all(axis=0) if len(shares) else True, np.nan, 1.0)
        nothing = np.full(self.value.shape, np.nan)
        of = dict(zip(known, shares, strict=True)) | ({ALL: everything} if len(shares) else {})
        return self._stacked([of.get(name, nothing) for name in names])


def _telling(one: Spread, reason: npt.NDArray[np.object_]) -> Spread:
    return Spread(one.se, one.lo, one.hi, one.df, one.n, one.replications, reason)
