"""What is wrong in the ``uncertainty`` of a composite of numbers, its ``repeats`` and its columns of errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import ValidationError

from dihkpi.definitions.explain import explain, known
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.survey import NUMBERS, Form
from dihkpi.definitions.uncertainty import Choice, Uncertainty
from dihkpi.definitions.variants import ALL, can_be_left_out, left_out, nodes_of, patched

Problems = Callable[[Scoring], Iterator[str]]
"""What is wrong in a scoring apart from its uncertainty."""
_FIELDS = ("step", "nodes", "option", "leave_out")
_NO_WEIGHTS = ("minimum",)
_OWN_OF_UNITS = ("benefit_of_the_doubt",)


def data_problems(form: Form, scoring: Scoring, unit: str, where: str) -> Iterator[str]:
    """What is wrong in the columns that tell errors of the numbers: standard errors, and several rows per unit."""
    for code, item in scoring.items.items():
        if item.error is not None:
            at = f"{where} › items › {code} › error"
            yield from known(item.error, form.columns, at, "column")
            if item.error in form.columns and form.columns[item.error].type not in NUMBERS:
                kind = form.columns[item.error].type
                yield f"{at}: the column '{item.error}' holds {kind}\n      allowed: {', '.join(NUMBERS)}"
    beside = [name for name in form.key if name not in (unit, form.wave)]
    if scoring.repeats is None:
        return
    at, column = f"{where} › repeats", scoring.repeats.column
    yield from known(column, form.columns, f"{at} › column", "column")
    if column in form.columns and column not in beside:
        yield (
            f"{at} › column: '{column}' does not stand in the key of the form after the unit\n"
            "      several rows of one unit are told apart by it: put it into the key"
        )
    if scoring.repeats.cluster is not None:
        yield from known(scoring.repeats.cluster, form.columns, f"{at} › cluster", "column")


def uncertainty_problems(scoring: Scoring, where: str, problems: Problems) -> Iterator[str]:
    """What is wrong in ``uncertainty``.

    Parameters
    ----------
    scoring : Scoring
        With all switches applied, and right but for its uncertainty.
    where : str
        The file.
    problems : callable
        Scoring -> what is wrong in it, to try each alternative as a definition.
    """
    own, at = scoring.uncertainty, f"{where} › uncertainty"
    if own.replications is not None and own.replications < 2:
        yield f"{at} › replications: {own.replications} is not 2 or more"
    if own.seed is not None and own.seed < 0:
        yield f"{at} › seed: {own.seed} is not 0 or more"
    if own.imputations < 0 or own.imputations == 1:
        yield f"{at} › imputations: {own.imputations} is not 0 (none), or 2 or more"
    if own.imputations and not any(step.step == "impute" and step.method != "none" for step in scoring.steps):
        yield f"{at} › imputations: is not used, as no step imputes\n      add a step 'impute', or take it out"
    yield from choice_problems(scoring, where, problems, of_answers=False)


def choice_problems(scoring: Scoring, where: str, problems: Problems, *, of_answers: bool = True) -> Iterator[str]:
    """What is wrong in the choices of method.

    Parameters
    ----------
    scoring, where, problems
        As for :func:`uncertainty_problems`.
    of_answers : bool
        Surveys of answers have no steps, and leave out nodes only.
    """
    for name, choice in scoring.uncertainty.choices.items():
        place = f"{where} › uncertainty › choices › {name}"
        given = [field for field in _FIELDS if getattr(choice, field) not in (None, ())]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            yield f"{place}: needs exactly one of {', '.join(_FIELDS)}\n      it has {found}"
        elif of_answers and (given[0] == "step" or choice.leave_out == "items"):
            hint = "write leave_out: nodes; item by item, see alpha_if_dropped in the table quality"
            yield f"{place} › {given[0]}: is for composites of numbers\n      " + (
                "a survey of answers has no steps" if given[0] == "step" else hint
            )
        else:
            yield from _choice(scoring, choice, given[0], place, problems)


def _choice(scoring: Scoring, choice: Choice, about: str, at: str, problems: Problems) -> Iterator[str]:
    if choice.noise is not None and about != "nodes":
        yield f"{at} › noise: is for the weights of nodes\n      name them under 'nodes', or 'all'"
    if choice.alternatives and about not in ("step", "nodes"):
        yield f"{at} › alternatives: are for a step or nodes\n      '{about}' gives the alternatives by itself"
    if about == "step":
        yield from _of_step(scoring, choice, at, problems)
    elif about == "nodes":
        yield from _of_nodes(scoring, choice, at, problems)
    elif about == "option":
        yield from known(str(choice.option), scoring.options, f"{at} › option", "option")
        option = scoring.options.get(str(choice.option))
        if option and len(option.choices) < 2:
            yield f"{at} › option: '{choice.option}' has no second choice\n      give it one, or take it out here"
    else:
        yield from _leave_out(scoring, choice, at)


def _of_step(scoring: Scoring, choice: Choice, at: str, problems: Problems) -> Iterator[str]:
    n = len(scoring.steps)
    if not 1 <= (choice.step or 0) <= n:
        has = f"has the steps 1 to {n}" if n else "has no steps"
        yield f"{at} › step: there is no step {choice.step}; the scoring {has}\n      the first step is 1"
    elif not choice.alternatives:
        yield f"{at} › alternatives: missing\n      say what the step could be else, such as {{method: median}}"
    else:
        yield from _patches(scoring, choice, at, problems)


def _of_nodes(scoring: Scoring, choice: Choice, at: str, problems: Problems) -> Iterator[str]:
    unknown = [
        problem for name in choice.nodes for problem in known(name, (*scoring.nodes, ALL), f"{at} › nodes", "dimension")
    ]
    yield from unknown
    if bool(choice.alternatives) == (choice.noise is not None):
        what = "both alternatives and noise" if choice.alternatives else "neither alternatives nor noise"
        yield f"{at}: has {what}\n      give one of them"
    elif choice.alternatives and not unknown:
        yield from _patches(scoring, choice, at, problems)
    elif choice.noise is not None:
        if not 0 < choice.noise <= 1:
            yield f"{at} › noise: {choice.noise:g} is not a share above 0, up to 1\n      0.25 is a quarter up or down"
        for code in nodes_of(scoring, choice) if not unknown else ():
            node = scoring.nodes[code]
            if node.weighting.method in _OWN_OF_UNITS:
                yield f"{at} › noise: '{code}' finds the weights of each unit by {node.weighting.method}"
            elif node.aggregate in _NO_WEIGHTS and ALL not in choice.nodes:
                yield f"{at} › noise: weights play no part in '{node.aggregate}' of '{code}'\n      name other nodes"


def _patches(scoring: Scoring, choice: Choice, at: str, problems: Problems) -> Iterator[str]:
    """Each alternative must be a right definition by itself."""
    plain = scoring.model_copy(update={"uncertainty": Uncertainty()})
    fine = set(problems(plain))
    for number, patch in enumerate(choice.alternatives, 1):
        place = f"{at} › alternatives › {number}"
        if not patch:
            yield f"{place}: changes nothing\n      what the definition says is one of the alternatives anyway"
            continue
        try:
            other = patched(plain, choice, patch)
        except ValidationError as fault:
            yield from explain(fault, place)
            continue
        yield from (f"{place}: {problem}" for problem in problems(other) if problem not in fine)


def _leave_out(scoring: Scoring, choice: Choice, at: str) -> Iterator[str]:
    what = str(choice.leave_out)
    names = can_be_left_out(scoring, what)
    if len(names) < 2:
        found = f"there is {'one' if names else 'none'}"
        where = "" if what == "items" else " directly below 'overall'"
        yield f"{at} › leave_out: {found} of the {what}{where}\n      two or more are needed to leave one out"
        return
    for name in names:
        if left_out(scoring, name) is None:
            yield f"{at} › leave_out: without '{name}' nothing is left below 'overall'"
