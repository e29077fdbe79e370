"""What is wrong in the steps of a composite: settings that a method does not have, and steps that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from dihkpi.definitions.composite import NEEDS, REQUIRED, STEPS, NumericItem, Step
from dihkpi.definitions.explain import known
from dihkpi.definitions.scoring import Scoring
from dihkpi.definitions.survey import Form

_OF_EVERY_STEP = {"step", "method", "items", "periods"}


def step_problems(form: Form, scoring: Scoring, where: str) -> Iterator[str]:
    """Everything that is wrong in the steps of a composite, each by itself and in their order."""
    filled: set[str] = set()
    imputed = ""
    normalised: set[str] = set()
    for number, step in enumerate(scoring.steps, 1):
        at = f"{where} › steps › {number}"
        yield from _step(form, scoring, step, at)
        reached = set(step.items or scoring.items)
        if step.step == "screen" and imputed:
            yield (
                f"{at}: a screen after the imputation of step {imputed}\n"
                "      nothing is missing any more; screen first"
            )
        if step.step == "impute" and step.method != "none":
            if reached <= filled:
                yield (
                    f"{at}: is not used, as nothing is missing any more after step {imputed}\n"
                    "      take one of them out"
                )
            imputed = imputed or str(number)
            if step.method in ("mean", "median") and not step.periods:
                filled |= reached
        if step.step == "normalise":
            repeated = reached & normalised
            if step.method in NEEDS and repeated:
                code = sorted(repeated)[0]
                yield (
                    f"{at} › method: '{step.method}' on '{code}', which is in its own units no more\n      put it first"
                )
            normalised |= reached
    for code, item in scoring.items.items():
        if code in normalised:
            continue
        for name, plain in (("direction", "1"), ("transform", "none")):
            if getattr(item, name) != plain:
                yield (f"{where} › items › {code} › {name}: is not used, as no step normalises the item\n"
                       "      add a step 'normalise' for it")  # fmt: skip


def _step(form: Form, scoring: Scoring, step: Step, at: str) -> Iterator[str]:
    for name in step.items:
        yield from known(name, scoring.items, f"{at} › items", "item")
    yield from known(step.method, STEPS[step.step], f"{at} › method", f"method of {step.step}")
    if step.method not in STEPS[step.step]:
        return
    allowed = STEPS[step.step][step.method]
    for name in sorted(step.model_fields_set - _OF_EVERY_STEP - set(allowed)):
        yield f"{at} › {name}: '{step.method}' has no such setting\n      it has: {', '.join(allowed) or 'none'}"
    for name in REQUIRED.get(step.method, ()):
        if name not in step.model_fields_set:
            yield f"{at} › {name}: missing, but '{step.method}' needs it"
    for code in step.items or scoring.items:
        if code in scoring.items:
            yield from _needs(scoring.items[code], step, f"{at} › method: '{step.method}' needs {{}} of '{code}'")
    if step.by is not None:
        yield from known(step.by, form.columns, f"{at} › by", "column")
    if (step.periods or step.over != "all" or step.method == "carry_forward") and not form.wave:
        yield f"{at}: needs periods, but the form has none\n      name their column as the 'wave' of the form"
    if step.periods and step.step == "treat" and (step.method != "winsorise" or step.otherwise):
        yield f"{at} › periods: '{step.otherwise or step.method}' gives an item two scales\n      treat all periods"
    yield from _ranges(step, at)


def _needs(item: NumericItem, step: Step, message: str) -> Iterator[str]:
    needed = NEEDS.get(step.method, ())
    if step.method == "distance_to_reference" and step.unit is None:
        needed = ("reference",)
    for name in needed:
        if getattr(item, name) is None:
            yield message.format(name)
    if step.method == "bands" and not item.edges and not step.shares:
        yield message.format("edges") + ", or shares for all"


def _ranges(step: Step, at: str) -> Iterator[str]:
    low, high = step.range
    if low >= high:
        yield f"{at} › range: {low:g} is not below {high:g}\n      the value of the worst comes first"
    if step.deviation <= 0:
        yield f"{at} › deviation: {step.deviation:g} is not above 0"
    if step.step == "screen" and step.share is None and step.non_zero is None:
        yield f"{at}: screens nothing\n      give share, non_zero or both"
    for name in ("share", "non_zero"):
        value = getattr(step, name)
        if value is not None and not 0 < value <= 1:
            yield f"{at} › {name}: {value:g} is not a share above 0, up to 1"
    if list(step.shares) != sorted(set(step.shares)) or not all(0 < share < 1 for share in step.shares):
        yield f"{at} › shares: must rise between 0 and 1"
    if step.points is not None and step.points < 1:
        yield f"{at} › points: {step.points} is not 1 or more"
