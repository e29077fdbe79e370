"""What other choices of method would make of the scores of groups, for surveys of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.variants import nodes_of
from dihkpi.intake.columns import check_parts
from dihkpi.scoring.errors.estimate import Sample, estimate
from dihkpi.scoring.errors.groups import sample_of
from dihkpi.scoring.errors.placing import Place, place
from dihkpi.scoring.replicate.choices import Choices
from dihkpi.scoring.replicate.design import METHOD
from dihkpi.scoring.replicate.errors import Spread, spread
from dihkpi.scoring.text import picked, repeated
from dihkpi.scoring.tree import bind
from dihkpi.scoring.wide import NodeScores, score_matrix

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Group = tuple[Place, Sample, list[tuple[str, str | None]]]


@dataclass(frozen=True)
class _Runs:
    """Scores of all groups under each combination.

    Parameters
    ----------
    classes : list of tuple of int
        One class per choice; 0 is what the definition says.
    values : list of numpy.ndarray, shape (runs, groups, nodes)
        By level.
    whole : bool
        Whether these are all combinations there are.
    """

    classes: list[tuple[int, ...]]
    values: list[Matrix]
    whole: bool


def method_errors(
    answers: pd.DataFrame,
    groups: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """How far the scores of groups move under the choices that ``uncertainty`` of ``scoring.yaml`` declares.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form.
    groups : pandas.DataFrame
        As for :func:`~dihkpi.scoring.errors.groups.group_scores`.
    survey, definitions, options
        As for :func:`~dihkpi.scoring.score.score`.

    Returns
    -------
    pandas.DataFrame
        Rows of the table ``uncertainty`` with the sources ``method`` and ``method.NAME``; none without choices.

    Notes
    -----
    All combinations are scored where there are no more than replications; otherwise so many are drawn, each
    alternative as likely as the others, and the weights of choices with noise with them. The share of a choice is the
    variance of the mean over everything else, over the variance of all runs.
    """
    import pandas as pd

    choices = Choices(survey, dict(options or {}))
    base = score_matrix(answers, survey, definitions, options=options)
    places: list[Group] = [
        (where, *sample_of(where, base))
        for where in place(base.respondents, base.waves, groups, definitions, choices.scoring.uncertainty.sampling)
    ]
    work = _Work(answers, survey, definitions, choices, base, places)
    if not choices.all:
        return _checked(pd.DataFrame(), definitions)
    runs, plain = work.together(), work.means(base)
    alone = {f"{METHOD}.{one.name}": work.alone(at) for at, one in enumerate(choices.all)}
    level = float(definitions.value("confidence_level"))
    parts = []
    for number, (where, _, names) in enumerate(places):
        spreads = {
            source: spread(found.values[number], plain[number], level, all_there_is=found.whole)
            for source, found in {METHOD: runs, **alone}.items()
        }
        shares = [_share(runs, number, at) for at in range(len(choices.all))]
        parts.append(_rows(base, where, names, plain[number], spreads, [np.ones(plain[number].shape), *shares]))
    return _checked(pd.concat(parts, ignore_index=True), definitions)


class _Work:
    """Scores the answers anew, again and again."""

    def __init__(
        self, answers: pd.DataFrame, survey: Survey, definitions: Definitions, choices: Choices, base: NodeScores,
        places: Sequence[Group],
    ) -> None:  # fmt: skip
        self._answers, self._survey, self._definitions = answers, survey, definitions
        self._choices, self._base, self._places = choices, base, places
        policy, own = definitions.value("uncertainty"), choices.scoring.uncertainty
        wanted = int(own.replications or policy["replications"])
        self._most = max(2, min(wanted, int(policy["sheets"]) // max(1, len(answers))))
        self._seed = int(policy["seed"] if own.seed is None else own.seed)
        self._counts = [max(1, len(one.taken)) for one in choices.all]
        self._noisy = [one.choice.noise is not None for one in choices.all]

    def together(self) -> _Runs:
        """All choices at once."""
        if not any(self._noisy) and prod(self._counts) <= self._most:
            return self._run(list(product(*map(range, self._counts))), whole=True)
        rng = np.random.default_rng([self._seed, len(self._counts)])
        drawn = rng.integers(0, self._counts, (self._most, len(self._counts)))
        return self._run([tuple(row) for row in drawn.tolist()], whole=False)

    def alone(self, at: int) -> _Runs:
        """One choice, all others as defined."""
        zeros = [0] * len(self._counts)
        if self._noisy[at]:
            return self._run([tuple(zeros)] * self._most, whole=False, noisy=at)
        classes = [(*zeros[:at], one, *zeros[at + 1 :]) for one in range(self._counts[at])]
        return self._run(classes, whole=True, noisy=-1)

    def _run(self, classes: list[tuple[int, ...]], *, whole: bool, noisy: int | None = None) -> _Runs:
        """Score by each combination; ``noisy`` is the one choice whose weights are drawn, all when not given."""
        known: dict[tuple[int, ...], list[Matrix]] = {}
        found: list[list[Matrix]] = []
        with_noise = [flag and noisy in (None, at) for at, flag in enumerate(self._noisy)]
        draws = [np.random.default_rng([self._seed, 1 + at]) for at in range(len(classes[0]))]
        for one in classes:
            if any(with_noise):
                found.append(
                    self._scored(one, [d if flag else None for d, flag in zip(draws, with_noise, strict=True)])
                )
                continue
            if one not in known:
                known[one] = self._scored(one, [])
            found.append(known[one])
        return _Runs(classes, [np.stack(level) for level in zip(*found, strict=True)], whole)

    def _scored(self, classes: tuple[int, ...], draws: Sequence[np.random.Generator | None]) -> list[Matrix]:
        scoring = _without(
            self._choices.scoring_of(classes), self._choices.variation(classes, self._choices.scoring).without
        )
        for one, rng in zip(self._choices.all, draws, strict=False):
            if rng is not None:
                scoring = self._with_noise(scoring, nodes_of(scoring, one.choice), float(one.choice.noise or 0), rng)
        return self.means(score_matrix(self._answers, self._survey, self._definitions, scoring=scoring))

    def _with_noise(self, scoring: Scoring, codes: Sequence[str], noise: float, rng: np.random.Generator) -> Scoring:
        """Weights drawn evenly around those of the definition."""
        nodes = dict(scoring.nodes)
        tree = bind(self._survey, scoring)
        for bound in tree.nodes:
            if bound.code in codes:
                names = bound.children or tuple(tree.items[column].code for column in bound.columns)
                drawn = bound.weights * rng.uniform(1 - noise, 1 + noise, len(names))
                weights = dict(zip(names, drawn.tolist(), strict=True))
                nodes[bound.code] = bound.node.model_copy(update={"weights": weights})
        return scoring.model_copy(update={"nodes": nodes})

    def means(self, scores: NodeScores) -> list[Matrix]:
        """Means of all groups at the nodes of the definition, by level; NaN at nodes that are no more."""
        at = {code: place for place, code in enumerate(scores.tree.order)}
        value = np.full(self._base.value.shape, np.nan)
        for column, code in enumerate(self._base.tree.order):
            if code in at:
                value[:, column] = scores.value[:, at[code]]
        return [estimate(value, sample, 0.5).value for _, sample, _ in self._places]


def _without(scoring: Scoring, gone: frozenset[tuple[str, str]]) -> Scoring:
    """A tree without some of its edges, and without what then belongs to nothing."""
    nodes = {
        code: node.model_copy(update={"of": tuple(child for child in node.of if (code, child) not in gone)})
        for code, node in scoring.nodes.items()
    }
    reached = set(_below(nodes, "overall"))
    return scoring.model_copy(update={"nodes": {code: node for code, node in nodes.items() if code in reached}})


def _below(nodes: Mapping[str, object], code: str) -> Iterator[str]:
    yield code
    for child in getattr(nodes[code], "of", ()):
        yield from _below(nodes, child)


def _share(runs: _Runs, level: int, at: int) -> Matrix:
    """Variance of the means by the class of a choice, over the variance of all runs."""
    values, classes = runs.values[level], np.array([one[at] for one in runs.classes])
    whole = values.var(axis=0)
    if len(set(classes.tolist())) < 2:
        return np.full(whole.shape, np.nan)
    means = np.stack([values[classes == one].mean(axis=0) for one in classes])
    return np.asarray(np.divide(means.var(axis=0), whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def _rows(
    scores: NodeScores, where: Place, names: list[tuple[str, str | None]], value: Matrix,
    spreads: Mapping[str, Spread], shares: Sequence[Matrix],
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    groups, nodes, order = *value.shape, scores.tree.order
    parts = []
    for (source, found), share in zip(spreads.items(), shares, strict=True):
        parts.append(pd.DataFrame({
            "level": repeated(where.level, groups * nodes),
            "code": picked(np.arange(groups).repeat(nodes), [code for code, _ in names]),
            "survey": scores.survey.survey, "version": scores.survey.version,
            "wave": picked(np.arange(groups).repeat(nodes), [wave for _, wave in names]),
            "dimension": picked(np.tile(np.arange(nodes), groups), order),
            "source": source, "value": value.ravel(), "se": found.se.ravel(), "df": np.nan, "lo": found.lo.ravel(),
            "hi": found.hi.ravel(), "share": share.ravel(), "share_total": np.nan, "n": pd.NA,
            "replications": found.replications, "reason": found.reason.ravel(),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _checked(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    return check_parts([rows] if len(rows) else [], definitions.tables["uncertainty"], in_order=True)
