"""Who stands in the demo network: invented hubs and the organisations they serve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dihkpi.demo.answers import Questionnaire
from dihkpi.demo.names import FOUNDERS, hub_name, organisation_names

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions


@dataclass(frozen=True)
class World:
    """What all hubs share: the definitions, the regions to choose from, the two questionnaires."""

    definitions: Definitions
    seed: int

    @cached_property
    def regions(self) -> np.ndarray:
        inside = {"level": "2", "list": "nuts", "extra_regio": "false"}
        return np.array(sorted(self.definitions.codelists["nuts2024"].only(inside).codes))

    @cached_property
    def questionnaires(self) -> dict[str, Questionnaire]:
        surveys = {kind: self.definitions.surveys[f"dma_{kind}"] for kind in ("sme", "pso")}
        return {k: Questionnaire.of(s.form("assessments").items, self.seed) for k, s in surveys.items()}

    def label(self, codelist: str, code: str) -> str:
        return self.definitions.codelists[codelist].labels[code]

    def labels(self, codelist: str) -> np.ndarray:
        return np.array(list(self.definitions.codelists[codelist].labels.values()), dtype=object)

    def codes(self, codelist: str) -> np.ndarray:
        return np.array(self.definitions.codelists[codelist].codes, dtype=object)


@dataclass(frozen=True)
class Hub:
    """One invented hub; ``size`` is around 1, ``effect`` is what a year with it adds to maturity."""

    index: int
    hub: str
    name: str
    nuts: str
    type: str
    grant_start: np.datetime64
    staff_fte: float
    size: float
    level: float
    effect: float
    aid_share: float

    @property
    def country(self) -> str:
        return self.nuts[:2]

    @property
    def website(self) -> str:
        return f"https://{self.hub[3:]}.example"


def found_hub(world: World, index: int, rng: np.random.Generator) -> Hub:
    """The hub of that number: the same whatever the size of the network. Every ninth one began a year later."""
    somewhere = str(rng.choice(world.regions))
    if index < len(FOUNDERS):
        slug, nuts = FOUNDERS[index]
        name = f"{slug} Digital Hub"
    else:
        name = slug = hub_name(index - len(FOUNDERS))
        nuts = somewhere
    slug = slug.lower().replace(" ", "-").translate(str.maketrans("áç", "ac"))
    size = float(np.clip(rng.lognormal(-0.05, 0.35), 0.4, 2.5))
    return Hub(
        index=index,
        hub=f"{nuts[:2]}-{slug}",
        name=name,
        nuts=nuts,
        type=str(favour(rng, world.codes("hub_types")[:2], 1, 0.15)[0]),
        grant_start=np.datetime64(f"{2024 if index % 9 == 2 else 2023}-{rng.integers(1, 7):02d}-01"),
        staff_fte=round(8 * size + rng.uniform(0, 6), 1),
        size=size,
        level=rng.normal(0, 0.2),
        effect=rng.normal(0.36, 0.1),
        aid_share=float(rng.choice([30, 40, 50, 54.66])),
    )


def organisations(
    world: World, rng: np.random.Generator, count: int, kind: str, home: str, first: int, brand: str = ""
) -> pd.DataFrame:
    """Customers of one kind around a region; ``first`` is the first of their serial numbers."""
    near = world.regions[np.char.startswith(world.regions, home[:2])]
    nuts = np.where(rng.random(count) < 0.5, rng.choice(near, count), rng.choice(world.regions, count))
    nuts = np.where(rng.random(count) < 0.88, home, nuts).astype("U4")
    country = nuts.astype("U2")
    names = np.empty(count, dtype=object)
    for place in np.unique(country):
        names[country == place] = organisation_names(rng, place, kind, int((country == place).sum()), brand)
    sectors = world.labels("dma_sectors_sme" if kind == "sme" else "cofog_pso")
    serial = first + np.arange(count)
    number = (serial + 1) * 48_271 % (2**31 - 1)  # a permutation, so that no two are the same
    return pd.DataFrame(
        {
            "id": (500_000 + serial).astype(str).astype(object),
            "name": names,
            "vat": [f"{place}{digits:010d}" for place, digits in zip(country, number, strict=True)],
            "country": country.astype(object),
            "nuts": nuts.astype(object),
            "kind": kind,
            "sector": rng.choice(sectors, count, p=rng.dirichlet(np.ones(len(sectors)))),
            "staff": favour(rng, world.labels(f"staff_size_{kind}"), count, 0.5),
        }
    )


def favour(rng: np.random.Generator, options: np.ndarray, count: int, ratio: float) -> np.ndarray:
    """Draw options, each ``ratio`` times as often as the one before."""
    weights = ratio ** np.arange(len(options))
    return rng.choice(options, count, p=weights / weights.sum())
