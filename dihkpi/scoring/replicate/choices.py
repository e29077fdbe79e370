"""Choices of method as factors, and the pipeline that each combination of them makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from dihkpi.definitions import Survey
from dihkpi.definitions.crosscheck_scoring import tree_problems
from dihkpi.definitions.explain import explain
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.uncertainty import Choice, Uncertainty
from dihkpi.definitions.variants import can_be_left_out, left_out, nodes_of, patched, told
from dihkpi.errors import ScoringError
from dihkpi.scoring.rollup import Variation

AS_DEFINED = "as defined"
Classes = tuple[int, ...]
"""One alternative per choice; 0 is what the definition says."""


@dataclass(frozen=True)
class Alternatives:
    """One choice and what it could be.

    Parameters
    ----------
    name : str
        Of the definition.
    choice : Choice
    taken : tuple of str
        The alternatives in words, the first as defined; empty for noise, which is drawn.
    """

    name: str
    choice: Choice
    taken: tuple[str, ...]

    @property
    def in_steps(self) -> bool:
        """Whether the steps depend on it, and not the tree alone."""
        return self.choice.step is not None or self.choice.option is not None


class Choices:
    """All choices of a definition.

    Parameters
    ----------
    survey : Survey
    options : mapping of str to str
        Switches that differ from their default.
    """

    def __init__(self, survey: Survey, options: Mapping[str, str]) -> None:
        self._survey, self._options = survey, options
        self.scoring = survey.scoring(options)
        self.all = [
            Alternatives(name, choice, _taken(self.scoring, choice, options))
            for name, choice in self.scoring.uncertainty.choices.items()
        ]

    def scoring_of(self, classes: Sequence[int]) -> Scoring:
        """The definition that a combination makes.

        Raises
        ------
        ScoringError
            When its parts do not go together; the message names the combination.
        """
        if not any(classes):
            return self.scoring
        options = dict(self._options)
        for one, place in zip(self.all, classes, strict=True):
            if one.choice.option is not None:
                options[one.choice.option] = one.taken[place]
        scoring = self._survey.scoring(options)
        for one, place in zip(self.all, classes, strict=True):
            if place and one.choice.alternatives:
                scoring = self._patched(scoring, one, place, classes)
        plain = scoring.model_copy(update={"uncertainty": Uncertainty()})
        if problems := list(tree_problems(self._survey, plain, "scoring.yaml")):
            raise ScoringError([f"{self.told(classes)}: {problem}" for problem in problems], "the choices of method")
        return scoring

    def _patched(self, scoring: Scoring, one: Alternatives, place: int, classes: Sequence[int]) -> Scoring:
        choice, at = one.choice, f"{self.told(classes)}: scoring.yaml › uncertainty › choices › {one.name}"
        gone = [code for code in nodes_of(scoring, choice) if code not in scoring.nodes]
        if gone or (choice.step or 0) > len(scoring.steps):
            what = f"no node '{gone[0]}'" if gone else f"no step {choice.step}"
            raise ScoringError([f"{at}: there is {what} with this option"], "the choices of method")
        try:
            return patched(scoring, choice, _different(self.scoring, choice)[place - 1])
        except ValidationError as fault:
            raise ScoringError(list(explain(fault, at)), "the choices of method") from None

    def variation(self, classes: Sequence[int], scoring: Scoring) -> Variation:
        """What a combination leaves out of the tree.

        Raises
        ------
        ScoringError
            When nothing would be left.
        """
        without: frozenset[tuple[str, str]] = frozenset()
        for one, place in zip(self.all, classes, strict=True):
            if one.choice.leave_out and place:
                child = can_be_left_out(self.scoring, one.choice.leave_out)[place - 1]
                rest = left_out(scoring, child, without)
                if rest is None:
                    raise ScoringError([f"{self.told(classes)}: nothing is left below 'overall'"], "the choices")
                without = rest
        return Variation(without)

    def told(self, classes: Sequence[int]) -> str:
        """A combination in words, as messages name it."""
        parts = [f"{one.name} = {one.taken[place]}" for one, place in zip(self.all, classes, strict=True) if one.taken]
        return f"uncertainty › choices ({'; '.join(parts)})" if any(classes) else "uncertainty (all as defined)"


def _different(scoring: Scoring, choice: Choice) -> list[Mapping[str, object]]:
    """Alternatives that differ from what the definition says, and from each other."""
    seen, kept = [scoring], []
    for patch in choice.alternatives:
        other = patched(scoring, choice, patch)
        if other not in seen:
            seen.append(other)
            kept.append(patch)
    return kept


def _taken(scoring: Scoring, choice: Choice, options: Mapping[str, str]) -> tuple[str, ...]:
    if choice.noise is not None:
        return ()
    if choice.leave_out:
        return (AS_DEFINED, *(f"without {name}" for name in can_be_left_out(scoring, choice.leave_out)))
    if choice.option is not None:
        option = scoring.options[choice.option]
        chosen = str(options.get(choice.option, option.default))
        return (chosen, *(name for name in option.choices if name != chosen))
    return (AS_DEFINED, *(told(patch) for patch in _different(scoring, choice)))
