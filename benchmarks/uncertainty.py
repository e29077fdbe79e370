"""How long replications of a composite take: ``python benchmarks/uncertainty.py`` prints a table of markdown.

The composite has 200 units with ten rows each, 50 items and three levels. Replications vary all of it at once: rows are
drawn anew within each unit (sampling), weights have noise, and normalisation and aggregation are one of two each. The
whole analysis runs a Saltelli design of these four and every source by itself, which is about nine times as much, and
puts errors, ranks, shares and their bands into tables. Times are processor seconds of one core.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from machine import describe  # noqa: E402

UNITS, ITEMS, ROWS, REPLICATIONS, GOAL = 200, 50, 10, 1000, 1.0


def made(units: int, items: int) -> tuple[pd.DataFrame, Any]:
    """Invented numbers, and the definition of their composite."""
    from dihkpi.definitions import Survey

    rng = np.random.default_rng(1)
    names = [f"i{number:03}" for number in range(items)]
    values = rng.lognormal(3, 0.5, (units, 1, items)) + rng.normal(0, 3, (units, ROWS, items))
    frame = pd.DataFrame(values.reshape(-1, items), columns=names).assign(
        unit=np.repeat([f"u{number:05}" for number in range(units)], ROWS),
        respondent=np.tile([f"r{number:02}" for number in range(ROWS)], units),
    )
    groups = [f"g{number:02}" for number in range(items // 5)]
    nodes = {"overall": {"label": "All", "of": groups}, **{group: {"label": group} for group in groups}}
    choices = {
        "weights": {"nodes": "all", "noise": 0.25},
        "normalisation": {"step": 1, "alternatives": [{"method": "z_score", "mean": 100, "deviation": 10}]},
        "aggregation": {"nodes": "all", "alternatives": [{"aggregate": "geometric"}]},
    }
    scoring = {
        "reference": "invented",
        "items": {name: {"node": groups[place % len(groups)]} for place, name in enumerate(names)},
        "nodes": nodes,
        "repeats": {"column": "respondent", "source": "sampling"},
        "steps": [{"step": "normalise", "method": "min_max", "range": [1, 100]}],
        "uncertainty": {"choices": choices},
    }
    columns = {name: {"type": "decimal"} for name in names} | {key: {"type": "text"} for key in ("unit", "respondent")}
    form = {"title": "Values", "kind": "values", "key": ["unit", "respondent"], "columns": columns}
    survey = {"survey": "index", "version": "v1", "title": "Index", "reference": "invented", "raw_scoring": scoring}
    return frame, Survey.model_validate({**survey, "forms": {"values": form}})


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Processor seconds, the least of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def replications(units: int, items: int, number: int, rounds: int) -> float:
    """Seconds for replications that vary all sources at once: the scores of all nodes."""
    from dihkpi.definitions import load_definitions
    from dihkpi.scoring.composite import prepared
    from dihkpi.scoring.replicate.choices import Choices
    from dihkpi.scoring.replicate.design import sample
    from dihkpi.scoring.replicate.engine import Engine

    frame, survey = made(units, items)
    definitions = load_definitions()
    _, numbers = prepared(frame, survey, None)

    def work() -> object:
        engine = Engine(numbers, survey, definitions, Choices(survey, {}), 1, number)
        return engine.run(sample(engine, number))

    work()
    return seconds(work, rounds)


def analysis(units: int, items: int, number: int) -> float:
    """Seconds for the whole analysis, from the table of numbers to the tables of results."""
    from dihkpi.definitions import load_definitions
    from dihkpi.scoring.replicate.analysis import composite_uncertainty

    frame, survey = made(units, items)
    definitions = load_definitions()
    return seconds(lambda: composite_uncertainty(frame, survey, definitions, replications=number), 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the least of so many rounds counts")
    parser.add_argument("--composite", action="store_true", help="leave the million respondents out")
    asked = parser.parse_args()
    print("\n".join(describe(("numpy", "pandas", "scipy"))), "\n")
    print("| what | units | items | replications | seconds | against the first | goal |\n| --- " + "| --- " * 6 + "|")
    first = 0.0
    for units, items, number in (
        (UNITS, ITEMS, REPLICATIONS), (2 * UNITS, ITEMS, REPLICATIONS), (UNITS, 2 * ITEMS, REPLICATIONS),
        (UNITS, ITEMS, 2 * REPLICATIONS),
    ):  # fmt: skip
        taken = replications(units, items, number, asked.rounds)
        goal = "" if first else f"about {GOAL:g} s: {'reached' if taken <= 1.2 * GOAL else 'not reached'}"
        first = first or taken
        print(f"| scores | {units} | {items} | {number:,} | {taken:.2f} | {taken / first:.2f} | {goal} |", flush=True)
    taken = analysis(UNITS, ITEMS, REPLICATIONS)
    print(
        f"| whole analysis | {UNITS} | {ITEMS} | {REPLICATIONS:,} | {taken:.1f} | {taken / first:.1f} | |", flush=True
    )
    if not asked.composite and find_spec("respondents"):
        from respondents import respondents  # a survey of a million answer sheets, in a module of its own

        respondents()


if __name__ == "__main__":
    main()
