"""The stacked engine: steps and tree of many replications at once, in blocks that bound the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_composite import children_of
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.variants import nodes_of
from dihkpi.errors import ScoringError
from dihkpi.scoring.replicate.choices import Alternatives, Choices, Classes
from dihkpi.scoring.replicate.imputation import Residuals
from dihkpi.scoring.replicate.sources import Source, Take, generator, sources_of
from dihkpi.scoring.rollup import Variation, node_values
from dihkpi.scoring.state import State
from dihkpi.scoring.steps import run_steps
from dihkpi.scoring.values import Numbers

Matrix = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Plan = npt.NDArray[np.int32]
"""One row per run and one column per factor: 0 as defined; otherwise the number of the alternative, table or draw."""
IMPUTATION = "imputation"
_ZERO_MAKES_ZERO = ("geometric", "harmonic")


@dataclass
class Pipeline:
    """The definition of one combination of choices.

    Parameters
    ----------
    scoring : Scoring
    state : State
        The numbers as they are after its steps: its screens and its imputations hold for all replications.
    residuals : Residuals
        What its imputations are off by.
    """

    scoring: Scoring
    state: State
    residuals: Residuals


class Engine:
    """Scores of a composite under errors of its data and choices of method.

    Parameters
    ----------
    numbers : Numbers
    survey : Survey
    definitions : Definitions
        For policy.
    choices : Choices
    seed : int
        Of everything that is drawn.
    pairs : int
        Pairs of draws of each source of errors and of noise: pair r has the numbers 2 r + 1 and 2 r + 2 in a plan.
    """

    def __init__(
        self, numbers: Numbers, survey: Survey, definitions: Definitions, choices: Choices, seed: int, pairs: int
    ) -> None:
        self.numbers, self.choices, self.seed, self.pairs = numbers, choices, seed, pairs
        self.nodes = tuple(choices.scoring.nodes)
        self.sources: list[Source] = sources_of(numbers, choices.scoring)
        self.tables = choices.scoring.uncertainty.imputations
        self.notes: list[str] = []
        self._outliers = definitions.value("outliers")
        self._block = max(1, int(definitions.value("block_cells")) // max(1, numbers.matrix.size))
        self._listed = np.array([bool(one.taken) for one in choices.all], dtype=bool)
        self._pipelines: dict[Classes, Pipeline] = {}
        self._known: dict[Classes, tuple[Scoring, Variation, Pipeline]] = {}

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """The columns of a plan: sources of data, imputation where it is declared, choices."""
        data = [source.name for source in self.sources] + [IMPUTATION] * bool(self.tables)
        return (*data, *(f"method.{one.name}" for one in self.choices.all))

    @property
    def n_data(self) -> int:
        """How many of the factors are errors of the data."""
        return len(self.factors) - len(self.choices.all)

    def classes(self, factor: int) -> int:
        """Number of alternatives or completed tables of a factor; 0 for one that is drawn."""
        if factor >= self.n_data:
            return len(self.choices.all[factor - self.n_data].taken)
        return 0 if factor < len(self.sources) else self.tables

    def plain(self) -> State:
        """The numbers as they are, through the steps as defined."""
        return self._pipeline((0,) * len(self.choices.all)).state

    def unknown(self) -> npt.NDArray[np.bool_]:
        """Cells, shape (rows, items), that were imputed although nothing tells how well."""
        return self._pipeline((0,) * len(self.choices.all)).residuals.unknown

    def run(self, plan: Plan) -> Matrix:
        """Scores of all runs of a plan.

        Returns
        -------
        numpy.ndarray, shape (runs, rows, nodes)

        Raises
        ------
        ScoringError
            When a combination of choices cannot be computed; the message names it.
        """
        result = np.full((len(self.nodes), len(plan), len(self.numbers.unit)), np.nan)
        drawn = [place for place in range(plan.shape[1]) if not self.classes(place)]
        pair = (plan[:, drawn].max(axis=1, initial=0) - 1) // 2  # -1 where nothing is drawn
        sides = 2 if (plan[:, drawn] % 2 == 0).any(where=plan[:, drawn] > 0) else 1
        takes = {place: [self._open(place, side) for side in range(sides)] for place in drawn}
        self._run_block(plan, np.flatnonzero(pair < 0), _Draws.next(takes, 0, 0), result)
        for start in range(0, self.pairs if drawn else 0, self._block):
            stop = min(start + self._block, self.pairs)
            draws = _Draws.next(takes, start, stop - start)
            self._run_block(plan, np.flatnonzero((pair >= start) & (pair < stop)), draws, result)
        return np.moveaxis(result, 0, -1)

    def _open(self, factor: int, side: int) -> Take:
        """The stream of draws of a factor."""
        if factor < len(self.sources):
            return self.sources[factor].open(self.seed, side)
        return self.noise_of(self.choices.all[factor - self.n_data], side)

    def noise_of(self, one: Alternatives, side: int) -> Take:
        """Factors of the weights of all nodes of a choice, side by side."""
        rng = generator(self.seed, f"method.{one.name}", side)
        width, noise = sum(len(children) for _, children in self.noisy(one)), one.choice.noise or 0.0
        return lambda count: 1.0 + noise * (2.0 * rng.random((count, width)) - 1.0)

    def noisy(self, one: Alternatives) -> list[tuple[str, tuple[str, ...]]]:
        """Nodes whose weights a choice draws, and their children."""
        scoring = self.choices.scoring
        return [(code, children_of(scoring, code)) for code in nodes_of(scoring, one.choice)]

    def _run_block(self, plan: Plan, runs: Places, draws: _Draws, result: Matrix) -> None:
        """Runs whose draws are at hand: those with the same steps and the same data share their work."""
        in_steps = np.array([one.in_steps for one in self.choices.all], dtype=bool)
        for classes, same in _groups(plan[runs, self.n_data :] * in_steps * self._listed):
            members = runs[same]
            data, place = np.unique(plan[members, : self.n_data], axis=0, return_inverse=True)
            order = np.argsort(place.ravel(), kind="stable")
            members, place = members[order], place.ravel()[order]
            for start in range(0, len(data), self._block):
                inside = (place >= start) & (place < start + self._block)
                with self._naming(classes):
                    pipeline = self._pipeline(classes)
                with self._naming(classes, bool(data[start : start + self._block].any())):
                    values = self._steps(pipeline, data[start : start + self._block], draws)
                self._trees(plan, members[inside], place[inside] - start, values, draws, result)

    def _trees(self, plan: Plan, runs: Places, place: Places, values: Matrix, draws: _Draws, result: Matrix) -> None:
        for classes, same in _groups(plan[runs, self.n_data :] * self._listed):
            scoring, variation, pipeline = self._tree(classes)
            for start in range(0, len(same), self._block):
                some = same[start : start + self._block]
                own = values if np.array_equal(place[some], np.arange(len(values))) else values[place[some]]
                state = replace(pipeline.state, values=own, replay=True)
                noise = self._noise(plan[runs[some]], draws)
                with self._naming(classes, bool(plan[runs[some], : self.n_data].any())):
                    found = node_values(state, scoring, replace(variation, noise=noise))
                for node, code in enumerate(self.nodes):
                    if code in found:
                        result[node, runs[some]] = found[code]

    def _noise(self, plan: Plan, draws: _Draws) -> dict[str, Matrix]:
        noise: dict[str, Matrix] = {}
        for place, one in enumerate(self.choices.all):
            numbers = plan[:, self.n_data + place]
            if one.taken or not numbers.any():
                continue
            drawn = draws.of(self.n_data + place, numbers)
            for code, children in self.noisy(one):
                factors, drawn = drawn[:, : len(children)], drawn[:, len(children) :]
                noise[code] = noise[code] * factors if code in noise else factors
        return noise

    def _steps(self, pipeline: Pipeline, data: Plan, draws: _Draws) -> Matrix:
        """The table after the steps, for each of some draws of the data."""
        tables = data[:, len(self.sources)].astype(np.intp) if self.tables else np.zeros(len(data), dtype=np.intp)
        if not data.any():
            return pipeline.state.values[None]
        values = np.repeat(self.numbers.matrix[None], len(data), axis=0)
        for place in range(len(self.sources)):
            if data[:, place].any():
                values += draws.of(place, data[:, place])
        if _stackable(pipeline.scoring):
            state = pipeline.state.again(values, pipeline.scoring)
            state.on_impute = pipeline.residuals.draw(tables) if self.tables else None
            return run_steps(state, pipeline.scoring, self._outliers).values
        for one in range(len(data)):
            state = pipeline.state.again(values[one], pipeline.scoring)
            state.on_impute = pipeline.residuals.draw(tables[one]) if self.tables else None
            values[one] = run_steps(state, pipeline.scoring, self._outliers).values
        return values

    def _pipeline(self, classes: Classes) -> Pipeline:
        if classes not in self._pipelines:
            scoring = self.choices.scoring_of(classes)
            uniform = np.empty((0, *self.numbers.matrix.shape))
            if self.tables:
                rng = generator(self.seed, IMPUTATION)
                uniform = rng.random((self.tables, *self.numbers.matrix.shape))
            residuals, state = Residuals(uniform), State.of(self.numbers, scoring)
            state.on_impute = residuals.look if self.tables else None
            self._pipelines[classes] = Pipeline(scoring, run_steps(state, scoring, self._outliers), residuals)
        return self._pipelines[classes]

    def _tree(self, classes: Classes) -> tuple[Scoring, Variation, Pipeline]:
        """What a combination of choices makes of the tree; tried on the numbers as they are."""
        if classes not in self._known:
            steps = tuple(c * one.in_steps for c, one in zip(classes, self.choices.all, strict=True))
            scoring, pipeline = self.choices.scoring_of(classes), self._pipeline(steps)
            variation = self.choices.variation(classes, scoring)
            with self._naming(classes):
                found = node_values(replace(pipeline.state, notes=[]), scoring, variation)
            for code, node in scoring.nodes.items():
                zeros = int((found[code] == 0).sum()) if code in found else 0
                if zeros and node.aggregate in _ZERO_MAKES_ZERO:
                    units = "1 unit" if zeros == 1 else f"{zeros} units"
                    self.notes.append(
                        f"{self.choices.told(classes)}: scoring.yaml › nodes › {code}: a child that is 0 makes {units} "
                        f"0 under '{node.aggregate}'\n      give the normalisation a range above 0, such as [1, 100]"
                    )
            self._known[classes] = scoring, variation, pipeline
        return self._known[classes]

    @contextmanager
    def _naming(self, classes: Classes, drawn: bool = False) -> Iterator[None]:
        """Put the combination in front of what goes wrong in it."""
        try:
            yield
        except ScoringError as fault:
            told = self.choices.told(classes) + (", a draw of the data" if drawn else "")
            if any(told in problem for problem in fault.problems):
                raise
            raise ScoringError([f"{told}: {problem}" for problem in fault.problems], "the replications") from None


@dataclass(frozen=True)
class _Draws:
    """Draws at hand, by factor: one that changes nothing, the first of each pair, and the second where it is asked for.

    ``start`` is the first pair, ``count`` how many there are.
    """

    start: int
    count: int
    drawn: Mapping[int, Matrix]

    @classmethod
    def next(cls, takes: Mapping[int, list[Take]], start: int, count: int) -> _Draws:
        """The next so many pairs of all streams."""
        return cls(start, count, {place: _after_none([take(count) for take in both]) for place, both in takes.items()})

    def of(self, factor: int, numbers: Plan) -> Matrix:
        """Draws by their numbers; 0 is none."""
        pair, side = np.divmod(numbers - 1, 2)
        return self.drawn[factor][np.where(numbers > 0, 1 + side * self.count + pair - self.start, 0)]


def _after_none(drawn: list[Matrix]) -> Matrix:
    """Draws behind a row that changes nothing: of differences 0, of factors 1."""
    return np.concatenate([np.full((1, *drawn[0].shape[1:]), 1.0 if drawn[0].ndim == 2 else 0.0), *drawn])


def _groups(keys: Plan) -> Iterator[tuple[Classes, Places]]:
    """Distinct rows of a table, and the places of each."""
    if not len(keys):
        return
    kinds, kind = np.unique(keys, axis=0, return_inverse=True)
    for number, classes in enumerate(kinds):
        yield tuple(int(c) for c in classes), np.flatnonzero(kind.ravel() == number)


def _stackable(scoring: Scoring) -> bool:
    """Whether all steps work on many replications at once: not where a treatment gives each a scale of its own."""
    return all(step.step != "treat" or (step.method == "winsorise" and not step.otherwise) for step in scoring.steps)
