"""How the organisations of the demo answer: a latent maturity, and items that are easy or hard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dihkpi.demo.people import Hub

LAST_DAY = np.datetime64("2026-06-30")
"""Nothing in the demo happens later."""

# the eleven questions of either questionnaire belong to six dimensions; these two lists describe the invented
# respondents: how hard a dimension is, and how closely it follows their general maturity
DATE = "%m/%d/%Y"
"""Dates as the upload file writes them."""

DIMENSION = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 5])
DIFFICULTY = np.array([0.0, 0.4, 0.5, 0.0, 1.3, 0.9])
LOADING = np.array([0.8, 0.5, 0.85, 0.7, 0.65, 0.65])
CELLS = {
    "checkbox": ("0", "1"),
    "two_column": ("0|0", "1|0", "0|1", "1|1"),
    "scale_0_5": ("0", "2", "4", "6", "8", "10"),
    "no_partially_yes": ("0", "5", "10"),
}
"""What the official upload file shows for the answers of each type, lowest first."""


@dataclass(frozen=True)
class Questionnaire:
    """The items of a survey and how hard they are; ``negative`` items are ticked when nothing else is."""

    codes: list[str]
    types: np.ndarray
    questions: np.ndarray
    difficulty: np.ndarray
    negative: np.ndarray

    @classmethod
    def of(cls, items: Sequence[Any], seed: int) -> Questionnaire:
        questions = pd.factorize(np.array([item.question for item in items]))[0]
        spread = np.random.default_rng([seed, len(items), 10**9]).normal(0, 0.8, len(items))
        return cls(
            codes=[item.code for item in items],
            types=np.array([item.type for item in items]),
            questions=questions,
            difficulty=DIFFICULTY[DIMENSION[questions]] + spread,
            negative=np.array(["negative" in item.label for item in items]),
        )

    def answer(self, rng: np.random.Generator, ability: np.ndarray) -> np.ndarray:
        """Answers as steps from 0; two columns as planned + 2 x done; -1 where a question was skipped."""
        chance = _logistic(ability[:, DIMENSION[self.questions]] - self.difficulty)
        top = np.array([len(CELLS[kind]) - 1 for kind in self.types])
        two = self.types == "two_column"
        steps = rng.binomial(np.where(two, 1, top), chance)
        planned = rng.binomial(1, 0.15 + 0.4 * chance)
        steps = np.where(two, planned + 2 * steps, steps)
        for item in np.flatnonzero(self.negative):
            others = (self.questions == self.questions[item]) & ~self.negative
            steps[:, item] = steps[:, others].sum(axis=1) == 0
        skipped = two & (self.questions == self.questions[two.argmax()])
        return np.where((rng.random(len(steps)) < 0.02)[:, None] & skipped, -1, steps)

    def cells(self, steps: np.ndarray) -> pd.DataFrame:
        """The answers as the upload file writes them."""
        text = np.empty(steps.shape, dtype=object)
        for kind, shown in CELLS.items():
            of_kind = self.types == kind
            text[:, of_kind] = np.array([*shown, ""], dtype=object)[steps[:, of_kind]]
        return pd.DataFrame(text, columns=self.codes, dtype=object)

    def scores(self, steps: np.ndarray) -> np.ndarray:
        """Six dimension scores from 0 to 100, as the official tool would show them."""
        parts: list[list[np.ndarray]] = [[] for _ in DIFFICULTY]
        for question in np.unique(self.questions):
            chosen = np.maximum(steps[:, self.questions == question], 0)
            kind = self.types[self.questions == question][0]
            columns = [chosen % 2, chosen // 2] if kind == "two_column" else [chosen / (len(CELLS[kind]) - 1)]
            parts[DIMENSION[question]] += [column.mean(axis=1) for column in columns]
        return np.column_stack([100 * np.mean(part, axis=0) for part in parts]).round(2)


def assess(
    rng: np.random.Generator, hub: Hub, count: int, questionnaire: Questionnaire
) -> tuple[pd.DataFrame, np.ndarray]:
    """Assessments of ``count`` organisations in the order of their dates, and the answers given in them."""
    general = rng.normal(hub.level, 0.8, count)
    own = rng.normal(0, 0.8, (count, len(LOADING)))
    ability = general[:, None] * LOADING + own * np.sqrt(1 - LOADING**2)
    gaps = np.clip(rng.normal(365, 30, (2, count)), 240, 500).astype(int)
    span = min(1050, int((LAST_DAY - hub.grant_start).astype(int)) - 30)
    first = hub.grant_start + (14 + rng.beta(1, 1.7, count) * span).astype(int)
    second, third = first + gaps[0], first + gaps.sum(axis=0)
    stays = (rng.random(count) < _logistic(0.3 + 0.3 * general)) & (second <= LAST_DAY)
    again = stays & (rng.random(count) < 0.5) & (third <= LAST_DAY)

    present = [np.full(count, True), stays, again]
    who = np.concatenate([np.flatnonzero(there) for there in present])
    wave = np.repeat(np.arange(3), [there.sum() for there in present])
    date = np.stack([first, second, third])[wave, who]
    gain = hub.effect * rng.normal(1, 0.3, len(LOADING)) + rng.normal(0, 0.3, (count, len(LOADING)))
    answers = questionnaire.answer(rng, ability[who] + gain[who] * np.array([0, 1, 1.5])[wave, None])
    order = np.argsort(date, kind="stable")
    frame = pd.DataFrame({"who": who, "wave": np.array(["T0", "T1", "T2"], dtype=object)[wave], "date": date})
    return frame.iloc[order].reset_index(drop=True), answers[order]


def _logistic(x: Any) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.asarray(x))))
