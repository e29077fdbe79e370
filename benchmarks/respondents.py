"""Scores of a million respondents at every level, after reading: seconds, memory, and the cost as the size doubles.

    python benchmarks/respondents.py                        # 250,000, 500,000 and 1,000,000 respondents
    python benchmarks/respondents.py --sizes 100000 --survey dma_sme

Typed answers are made in memory: 90 items from 0 to 5 in 15 nodes, or the 86 items of dma_sme; every tenth answer is
missing; 1,000 hubs in regions and countries. They are scored to respondents, and these to hubs, regions, countries and
the network, with standard errors. Each size is a process of its own; its peak includes the answers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from answers import questionnaire, typed
from machine import describe, peak

from dihkpi.definitions import Survey, load_definitions
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.wide import score_matrix

HUBS, MISSING, SEED = 1000, 0.1, 1
MADE = "made"
COUNTRIES = ("DE", "ES", "FR", "IT", "PL")
SIZES = (250_000, 500_000, 1_000_000)


def respondents(sizes: Sequence[int] = SIZES, survey: str = MADE) -> list[str]:
    """Lines of a table in Markdown, one row per size; ``times`` is its processor time over that of the size before.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of respondents, rising.
    survey : str
        ``made`` for 90 items, or a survey that comes with the package.
    """
    lines = [
        "| respondents | items | answers | to respondents | to groups | all | processor | times | peak |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    before: dict[str, Any] | None = None
    for size in sizes:
        command = [sys.executable, str(Path(__file__).resolve()), "--one", str(size), "--survey", survey]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        taken = found["matrix"] + found["groups"]
        times = f"{found['processor'] / before['processor']:.2f} ×" if before else "–"
        lines.append(
            f"| {size:,} | {found['items']} | {found['answers']:,.0f} MB | {found['matrix']:.1f} s "
            f"| {found['groups']:.1f} s | {taken:.1f} s | {found['processor']:.1f} s | {times} "
            f"| {found['peak']:,.0f} MB |"
        )
        before = found
    return lines


def made_answers(survey: Survey, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Typed answers, and the hub, region and country of each respondent."""
    rng = np.random.default_rng(SEED)
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    widths = np.array([len(survey.answer_types[item.type].codes) for item in form.items])
    chosen = np.empty((size, len(widths)), dtype=np.int8)
    for at, width in enumerate(widths):
        chosen[:, at] = rng.integers(0, width, size)
        chosen[rng.random(size) < MISSING, at] = -1
    who = np.char.add("r", np.char.zfill(np.arange(size).astype(str), 8)).astype(object)
    hub = rng.integers(0, HUBS, size)
    hubs = np.array([f"hub{i:04}" for i in range(HUBS)], dtype=object)
    nuts = np.array([f"{COUNTRIES[i % 5]}{i % 7}{i % 9}" for i in range(HUBS)], dtype=object)
    groups = pd.DataFrame({
        "respondent": pd.array(who, dtype="str"), "hub": pd.array(hubs[hub], dtype="str"),
        "nuts": pd.array(nuts[hub], dtype="str"),
    })  # fmt: skip
    return typed(survey, who, np.full(size, "T0", dtype=object), chosen), groups


def measure(size: int, name: str) -> dict[str, float]:
    """Seconds and megabytes of one size."""
    definitions = load_definitions()
    survey = questionnaire({f"node{i:02}": 6 for i in range(15)}) if name == MADE else definitions.survey(name)
    answers, groups = made_answers(survey, size)
    start, spent = time.perf_counter(), time.process_time()
    scores = score_matrix(answers, survey, definitions)
    middle = time.perf_counter()
    group_scores(scores, groups, definitions)
    end = time.perf_counter()
    megabytes = (answers.memory_usage(deep=True).sum() + groups.memory_usage(deep=True).sum()) / 1e6
    return {"items": scores.answers.shape[1], "answers": float(megabytes), "matrix": middle - start,
            "groups": end - middle, "processor": time.process_time() - spent, "peak": peak()}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--survey", default=MADE)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.survey)))
        return
    print("\n".join([*describe(("numpy", "pandas", "pyarrow")), "", *respondents(given.sizes, given.survey)]))


if __name__ == "__main__":
    main()
