"""Seconds and memory of the indicators of a large network.

python benchmarks/indicators.py      # 1,000 hubs: 500,000 services in 12 quarters, and 100 pairs x 7 nodes per hub
python benchmarks/indicators.py --hubs 100 --services 50000 --pairs 50
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import kpis
import numpy as np
from machine import describe, peak

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions
    from dihkpi.indicators.compute import Inputs

LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels")
SEED = 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hubs", type=int, default=1000)
    parser.add_argument("--services", type=int, default=500_000, help="service records of all hubs")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of each hub")
    arguments = parser.parse_args()
    print("\n".join(describe(LIBRARIES)), "\n")
    print("| what | goal | measured |\n| --- | --- | --- |")
    # Each in a process of its own, so that the highest memory is its own too.
    for measure, size in (
        (figures, (arguments.hubs, arguments.services)),
        (changes, (arguments.hubs, arguments.pairs)),
    ):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            for what, goal, measured in process.submit(measure, *size).result():
                print(f"| {what} | {goal} | {measured} |", flush=True)


def figures(hubs: int = 1000, services: int = 500_000) -> list[tuple[str, str, str]]:
    """All indicators of records, four levels, all breakdowns, twelve quarters."""
    rows, seconds, memory = kpis.kpis(hubs, services)
    size = f"{hubs:,} hubs x {services:,} services x {len(kpis.QUARTERS)} quarters"
    goal = f"{kpis.GOAL_SECONDS:.0f} s, {kpis.GOAL_GB:.0f} GB"
    told = f"{seconds:.1f} s for {rows:,} figures, {memory:.2f} GB at the highest"
    return [(f"all KPIs, {size}, four levels, all breakdowns", goal, told)]


def changes(hubs: int = 1000, pairs: int = 100) -> list[tuple[str, str, str]]:
    """The table of changes of every hub, and its bootstrap alone."""
    from dihkpi.definitions import load_definitions
    from dihkpi.indicators.change.bootstrap import bca
    from dihkpi.indicators.change.setting import ChangeSetting
    from dihkpi.indicators.change.table import change_table

    definitions = load_definitions()
    draws, nodes = ChangeSetting.of(definitions).draws, 7
    inputs = network(hubs, pairs, definitions)
    start, busy = time.perf_counter(), time.process_time()
    table = change_table(inputs, definitions, levels=["hub"])
    whole, busy = time.perf_counter() - start, time.process_time() - busy
    memory = peak()
    change = np.random.default_rng(SEED).normal(5, 10, hubs * nodes * pairs)
    start = time.perf_counter()
    bca(np.repeat(np.arange(hubs * nodes), pairs), change, np.ones(len(change)), hubs * nodes,
        confidence=0.95, draws=draws, seed=SEED)  # fmt: skip
    alone = time.perf_counter() - start
    size = f"{hubs:,} hubs x {pairs} pairs x {nodes} nodes, {draws:,} draws per hub"
    told = f"{whole:.1f} s ({busy:.1f} s of processor) for {len(table):,} rows, {memory / 1e3:.2f} GB at the highest"
    return [
        (f"all paired changes, {size}: from scores to the table `changes`", "20 s", told),
        ("the BCa intervals alone", "", f"{alone:.1f} s"),
    ]


def network(hubs: int, pairs: int, definitions: Definitions) -> Inputs:
    """Assessments and scores of two waves, the same pairs in every hub, and a tenth more who left."""
    import pandas as pd

    from dihkpi.indicators.compute import Inputs
    from dihkpi.scoring.results import band_of

    nodes = list(definitions.indicators["dma_sme", "maturity_gain"].nodes)
    each = pairs + pairs // 10
    firms = hubs * each
    generator = np.random.default_rng(SEED)
    hub = np.array([f"H{number:04}" for number in range(hubs)], dtype=object).repeat(each)
    firm = np.array([f"F{number:07}" for number in range(firms)], dtype=object)
    first = np.clip(generator.normal(45, 15, (firms, len(nodes))), 0, 100)
    second = np.clip(50 + 0.6 * (first - 45) + generator.normal(0, 12, first.shape), 0, 100)
    stayed = np.tile(np.arange(each) < pairs, hubs)
    bands = definitions.survey("dma_sme").scoring().bands["dma"]
    about = {"survey": "dma_sme", "version": "v1"}
    assessments, scores = [], []
    for wave, day, who, values in (("T0", "2023-05-01", slice(None), first), ("T1", "2024-06-01", stayed, second)):
        frame = pd.DataFrame({"respondent": firm[who], "hub": hub[who], "wave": wave, "date": pd.Timestamp(day)})
        assessments.append(frame.assign(origin="reported", nuts="HR03", country="HR", **about))
        flat = values[who].ravel()
        frame = pd.DataFrame({"code": firm[who].repeat(len(nodes)), "wave": wave, "value": flat})
        frame["dimension"], frame["band"] = np.tile(nodes, len(firm[who])), band_of(flat, bands)
        scores.append(frame.assign(**about))
    names = sorted(set(hub))
    places = pd.DataFrame({"hub": names, "name": names, "country": "HR", "nuts": "HR03"})
    both = (pd.concat(parts, ignore_index=True) for parts in (assessments, scores))
    return Inputs({}, places, pd.DataFrame({"respondent": firm}), *both, definitions)


if __name__ == "__main__":
    main()
