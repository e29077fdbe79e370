"""The numbers of policy that changes are computed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dihkpi.definitions import Definitions
from dihkpi.errors import DefinitionError, hint_for

ZEROS = ("wilcox", "pratt")


@dataclass(frozen=True)
class ChangeSetting:
    """What holds for a whole table of changes; the fields are those of the policy ``change`` and a few others.

    Parameters
    ----------
    confidence : float
    minimum : int
        The limit of disclosure.
    seed, draws : int
        Of the bootstrap.
    """

    confidence: float
    minimum: int
    seed: int
    draws: int
    minimal_difference: float
    equivalence_margin: float
    power: float
    zeros: str
    exact_pairs: int
    classes: int
    few_clusters: int
    few_pairs: int
    due_months: int

    @classmethod
    def of(cls, definitions: Definitions, draws: int | None = None, seed: int | None = None) -> ChangeSetting:
        """The setting of the policy, with other draws or another seed if given."""
        policy = dict(definitions.value("change"))
        _check(policy)
        return cls(
            confidence=float(definitions.value("confidence_level")),
            minimum=int(definitions.value("disclosure_minimum")),
            seed=int(definitions.value("uncertainty")["seed"] if seed is None else seed),
            draws=int(policy["draws"] if draws is None else draws),
            zeros=str(policy["zeros"]),
            minimal_difference=float(policy["minimal_difference"]),
            equivalence_margin=float(policy["equivalence_margin"]),
            power=float(policy["power"]),
            exact_pairs=int(policy["exact_pairs"]),
            classes=int(policy["classes"]),
            few_clusters=int(policy["few_clusters"]),
            few_pairs=int(policy["few_pairs"]),
            due_months=int(policy["due_months"]),
        )


def _check(policy: Mapping[str, Any]) -> None:
    """Every field is there, and the treatment of pairs without change is one that exists."""
    names = [field.name for field in fields(ChangeSetting) if field.name not in ("confidence", "minimum", "seed")]
    problems = [f"policy.yaml › change: lacks '{name}'" for name in names if name not in policy]
    strays = [name for name in policy if name not in names]
    problems += [f"policy.yaml › change › {name}: unknown field\n      {hint_for(name, names)}" for name in strays]
    if policy.get("zeros") not in (None, *ZEROS):
        told = hint_for(str(policy["zeros"]), ZEROS)
        problems.append(f"policy.yaml › change › zeros: unknown treatment '{policy['zeros']}'\n      {told}")
    if problems:
        raise DefinitionError(problems)
