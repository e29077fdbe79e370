"""What is wrong in a definition, as lines that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError

from dihkpi.definitions.base import Definition
from dihkpi.errors import did_you_mean, hint_for


def explain(fault: ValidationError, where: str) -> Iterator[str]:
    """One line per problem, with the path inside the file."""
    for error in fault.errors():
        skip = ("Source", "function-before", "tuple[", "Names")
        steps = [str(step) for step in error["loc"] if not str(step).startswith(skip)]
        place = where
        if steps and steps[0] in ("indicators", "examples", "analysis", "design"):
            place, steps = where.replace("survey.yaml", f"{steps[0]}.yaml"), steps[1:]
        path = " › ".join([place, *steps])
        if error["type"] == "extra_forbidden":
            near = did_you_mean(steps[-1], _all_fields())
            yield f"{path}: unknown field" + (f"\n      did you mean '{near[0]}'?" if near else "")
        elif error["type"] == "missing":
            yield f"{path}: missing, but required"
        else:
            message = error["msg"].removeprefix("Value error, ")
            given = error.get("input")
            shown = f", not {given!r}" if isinstance(given, str | None) and "not a number" not in message else ""
            yield f"{path}: {message[0].lower()}{message[1:]}{shown}"


def known(name: str, options: Iterable[str], where: str, noun: str) -> Iterator[str]:
    """The problem of a name that is not among the options, if it is not.

    Examples
    --------
    >>> list(known("overal", ["overall"], "indicators.yaml › gain › of", "dimension"))
    ["indicators.yaml › gain › of: unknown dimension 'overal'\\n      did you mean 'overall'?"]
    """
    names = list(options)
    if name not in names:
        yield f"{where}: unknown {noun} '{name}'\n      {hint_for(name, names)}"


def _all_fields() -> set[str]:
    return {name for model in _subclasses(Definition) for name in model.model_fields}


def _subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _subclasses(child)
