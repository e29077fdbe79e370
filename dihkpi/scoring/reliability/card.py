"""The item quality card of a survey: the table ``quality``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.errors import DefinitionError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.reliability.alpha import alpha_from
from dihkpi.scoring.reliability.board import Board, lay_out
from dihkpi.scoring.reliability.factors import parallel_analysis
from dihkpi.scoring.reliability.items import alpha_if_dropped, frequencies, item_rest
from dihkpi.scoring.reliability.judge import Traits, item_flags, node_flags, twins
from dihkpi.scoring.reliability.moments import Matrix, Moments, moments
from dihkpi.scoring.reliability.omega import Omega, omega_total
from dihkpi.scoring.score import answer_matrix

if TYPE_CHECKING:
    import pandas as pd

FIGURES = (
    "n", "respondents", "alpha", "alpha_lo", "alpha_hi", "omega", "factors", "first_share", "share_missing", "share_na",
    "mean", "sd", "floor", "ceiling", "item_rest", "alpha_if_dropped", "loading", "other", "other_correlation", "flags",
)  # fmt: skip
"""Columns that say something of the answers."""


def survey_quality(
    answers: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
    wave: str | None = None,
) -> pd.DataFrame:
    """How well the scales of a survey measure, and which of its items should be looked at.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form, or of a form of values.
    survey : Survey
    definitions : Definitions
        For the table and the policies ``item_quality``, ``uncertainty`` (seed) and ``confidence_level``.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.
    wave : str, optional
        The first that has rows by default: later ones are answered by those who came back.

    Returns
    -------
    pandas.DataFrame
        The table ``quality``: for each node a row about what stands directly below it, then one for each item.

    Notes
    -----
    Values are shares of the best answer (or points), and for a composite of numbers the normalised values, without
    those that were imputed. Values missing are left out by pairs. Items of different units, after the steps, are
    standardised, and ``method`` says so. Formulas and sources: ``docs/methods/reliability.md``.
    """
    import pandas as pd

    if problems := list(tree_problems(survey, survey.scoring(options), "scoring.yaml")):
        raise DefinitionError(problems, survey.survey)
    board = lay_out(answers, survey, definitions, options, wave)
    card = _Card(board, definitions)
    rows = [row for node in board.scoring.nodes for row in card.rows(node)]
    names = definitions.tables["quality"].columns
    table = pd.DataFrame(rows, columns=list(names)).assign(
        survey=survey.survey, version=survey.version, wave=board.wave, respondents=len(board.values)
    )
    return check_table(table, definitions.tables["quality"], in_order=True)


def response_frequencies(answers: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """How often each answer was given to each item.

    Returns
    -------
    pandas.DataFrame
        ``item, code, label, n, share``; the last row of an item, without a code, counts those without an answer. The
        shares of an item are of all respondents, so they sum to 1.
    """
    import pandas as pd

    items = [item for form in survey.forms.values() for item in form.items]
    widest = max((len(kind.codes) for kind in survey.answer_types.values()), default=0)
    counted = frequencies(answer_matrix(survey, answers), widest)
    rows = [
        (item.code, code, label, int(n))
        for item, counts in zip(items, counted, strict=True)
        for (code, label), n in zip(
            [*survey.answer_types[item.type].codes.items(), (None, "no answer")],
            [*counts[: len(survey.answer_types[item.type].codes)], counts[-1]],
            strict=True,
        )
    ]
    table = pd.DataFrame(rows, columns=["item", "code", "label", "n"])
    return table.assign(share=table["n"] / max(len(answers), 1))


def withhold_small(quality: pd.DataFrame, minimum: float) -> pd.DataFrame:
    """The table ``quality`` without the figures of items and nodes that fewer respondents than this stand behind."""
    few = [quality[name].fillna(0).between(1, minimum, inclusive="left") for name in ("n", "respondents")]
    small = few[0] | few[1]
    found = quality.copy()
    for name in FIGURES:
        found[name] = found[name].mask(small)
    found["status"] = found["status"].mask(small, "c")
    found["reason"] = found["reason"].mask(small, f"fewer than {minimum:g} respondents")
    return found


class _Card:
    """The rows of one board."""

    def __init__(self, board: Board, definitions: Definitions) -> None:
        self.board = board
        self.limits = {name: float(value) for name, value in definitions.value("item_quality").items()}
        self.level = float(definitions.value("confidence_level"))
        self.seed = int(definitions.value("uncertainty")["seed"])
        self.whole = moments(board.values)
        self.correlation = self.whole.correlation
        self.counts = (~np.isnan(board.values)).sum(axis=0)
        place = {column: at for at, column in enumerate(board.columns)}
        first = board.scoring.nodes["overall"].of
        self.dimensions = [(code, place[code, ""], board.items_below(code)) for code in first]

    def rows(self, node: str) -> Iterator[dict[str, Any]]:
        """The row of a node, then those of its items."""
        board = self.board
        children, places = board.children[node], board.below(node)
        found = self.whole.at(places)
        mixed = len({board.units[place] for place in places}) > 1
        about = {"node": node, "label": board.label(node, node=True), "n_items": len(children)}
        labels = [board.label(child, node=board.inner(node)) for child in children]
        alpha = alpha_from(found, labels, standardise=mixed, level=self.level, binary=_binary(board.values[:, places]))
        n = found.n if len(children) > 1 else int(self.counts[places].sum())
        row: dict[str, Any] = {**about, "n": n, "method": alpha.method, "alpha": alpha.value}
        omega, factors = omega_total(found, labels, standardise=mixed), None
        row |= {"alpha_lo": alpha.lo, "alpha_hi": alpha.hi, "omega": omega.value, "status": "ok"}
        reasons = [alpha.reason or (omega.reason if len(children) > 2 else "")]
        if not np.isnan(found.correlation).any() and n > 1 and len(children) > 1:
            parallel = parallel_analysis(
                found.correlation, n, seed=self.seed, replications=int(self.limits["replications"]),
                percentile=self.limits["percentile"],
            )  # fmt: skip
            factors = parallel.factors
            row |= {"factors": factors, "first_share": parallel.first_share}
        if np.isnan(alpha.value):
            row["status"] = "m"
        elif self._few(n):
            row["status"] = "u"
            reasons.insert(0, self._too_few(n))
        else:
            row["flags"] = "; ".join(node_flags(alpha, factors, self.limits)) or None
        yield row | {"reason": "; ".join(filter(None, reasons)) or None}
        if not board.inner(node):
            yield from self._items(node, places, found, omega, mixed)

    def _items(
        self, node: str, places: list[int], found: Moments, omega: Omega, mixed: bool
    ) -> Iterator[dict[str, Any]]:
        board, names = self.board, self.board.children[node]
        basis = found.correlation if mixed else found.covariance
        rest, dropped = item_rest(basis), alpha_if_dropped(basis)
        near = twins(found.correlation, [board.label(name, node=False) for name in names], self.limits["collinear"])
        for at, (place, item) in enumerate(zip(places, names, strict=True)):
            values, n = board.values[:, place], int(self.counts[place])
            there = values[~np.isnan(values)]
            best = board.best[place]
            other, correlation = self._other(place, item)
            floor, ceiling = (float(np.mean(there == end[place])) if n else np.nan for end in (board.low, board.high))
            sd = float(np.sqrt(self.whole.covariance[place, place])) / best
            missing = float(board.absent[place])
            traits = Traits(n, missing, floor, ceiling, sd, float(rest[at]), other, correlation, near[at])
            row = {
                "node": node, "item": item, "label": board.label(item, node=False), "n": n, "share_missing": missing,
                "share_na": float(board.apart[place]), "mean": float(there.mean()) / best if n else np.nan, "sd": sd,
                "floor": floor, "ceiling": ceiling, "item_rest": float(rest[at]),
                "alpha_if_dropped": float(dropped[at]), "loading": float(omega.loadings[at]),
                "other": other or None, "other_correlation": correlation, "status": "ok",
            }  # fmt: skip
            if not n:
                row |= {"status": "m", "reason": "nobody has a value for it"}
                row["flags"] = None if not len(values) else "nobody has a value for it"
            elif self._few(n):
                row |= {"status": "u", "reason": self._too_few(n)}
            else:
                row["flags"] = "; ".join(item_flags(traits, self.limits, self.level)) or None
            yield row

    def _other(self, place: int, item: str) -> tuple[str, float]:
        """The dimension of which an item is no part that it correlates with most: its label, and the correlation."""
        found = [
            (float(self.correlation[place, at]), code)
            for code, at, items in self.dimensions
            if item not in items and not np.isnan(self.correlation[place, at])
        ]
        correlation, code = max(found, key=lambda pair: pair[0], default=(float("nan"), ""))
        return self.board.label(code, node=True) if code else "", correlation

    def _few(self, n: int) -> bool:
        return bool(n < self.limits["respondents"])

    def _too_few(self, n: int) -> str:
        return f"{n} respondents, fewer than the {self.limits['respondents']:g} that it takes to judge"


def _binary(values: Matrix) -> bool:
    """Whether each column has exactly two values."""
    some = ~np.isnan(values)
    low = np.where(some, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(some, values, -np.inf).max(axis=0, initial=-np.inf)
    return bool(((low < high) & ~(some & (values != low) & (values != high)).any(axis=0)).all())
