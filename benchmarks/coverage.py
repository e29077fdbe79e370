"""Do 95 % intervals of scores, changes and differences hold the truth 95 times of 100? A simulation.

    python benchmarks/coverage.py                       # 2,000 surveys per row; some minutes
    python benchmarks/coverage.py --quick               # 200 per row
    python benchmarks/coverage.py --surveys 500 --out table.md

A survey has two hubs, two waves and twelve items from 0 to 5, which most respondents answer with low codes. Behind each
item stands a normal variable: what a respondent (and, with clusters, a firm) has in common over items and waves, plus
chance. A code is chosen where the variable passes its threshold, so that the true mean of every item is known exactly,
and with it the true score of a hub, its change, and the difference between two hubs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from answers import questionnaire, typed
from machine import describe
from scipy.stats import norm

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.scoring.errors.differences import group_changes, group_differences
from dihkpi.scoring.errors.groups import group_scores
from dihkpi.scoring.wide import score_matrix

Matrix = npt.NDArray[np.float64]
ITEMS = {"small": 4, "large": 8}
"""Items of the two nodes below the root."""
LOADING = 0.65
"""Correlation of what stands behind an item with what a respondent has in common over items."""
FIRM = 0.3
"""Share of the variance between respondents that respondents of one firm have in common."""
SHIFT = {"a": 0.0, "b": 0.35, "T0": 0.0, "T1": 0.4}
"""What hub and wave add."""
SHARES = (0.55, 0.2, 0.12, 0.07, 0.04, 0.02)
"""Share of the respondents of hub a at T0 who choose 0, 1, ... 5, in the middle of the items."""
TOGETHER = 100
"""Surveys that are computed together as hubs of one network, where no survey needs the others."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Parameters
    ----------
    n : int
        Respondents of each hub.
    missing : float
        Share of the answers that are missing.
    clusters : bool
        Whether one to three respondents come from each firm, and the intervals allow for it.
    pattern : str
        ``even``: every answer is missing with the same chance; ``hard``: high answers and hard items are missing more
        often, by what else the respondent answers.
    method : str
        Of the sampling error.
    imputations : int
    spread : float
        Extra skewness: thresholds move up by so much.
    """

    n: int
    missing: float
    clusters: bool = False
    pattern: str = "even"
    method: str = "analytic"
    imputations: int = 0
    spread: float = 0.0


def thresholds(spread: float) -> Matrix:
    """What the variable behind each item has to pass for each code above 0; items differ in how hard they are."""
    middle = norm.ppf(np.cumsum(SHARES)[:-1])
    hard = np.linspace(-0.5, 0.5, sum(ITEMS.values()))
    return middle + hard[:, None] + spread


def truth(hub: str, wave: str, spread: float) -> dict[str, float]:
    """True scores of a hub in a wave: means over all respondents that there could be."""
    shift = SHIFT[hub] + SHIFT[wave]
    items = 100 * norm.sf(thresholds(spread) - shift).mean(axis=1)
    small = float(items[: ITEMS["small"]].mean())
    large = float(items[ITEMS["small"] :].mean())
    return {"small": small, "large": large, "overall": (small + large) / 2}


def draw(case: Case, surveys: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int8], pd.DataFrame]:
    """Answers of all respondents of some surveys, two rows each, and who they are."""
    hubs, n, k = 2 * surveys, case.n, sum(ITEMS.values())
    person = rng.standard_normal((hubs, n))
    firms = np.broadcast_to(np.arange(n), (hubs, n))
    if case.clusters:
        sizes = rng.integers(1, 4, (hubs, n))
        firms = np.array([np.arange(n).repeat(row)[:n] for row in sizes])
        shared = np.take_along_axis(rng.standard_normal((hubs, n)), firms, axis=1)
        person = np.sqrt(FIRM) * shared + np.sqrt(1 - FIRM) * person
    limits = thresholds(case.spread)
    shift = np.tile([SHIFT["a"], SHIFT["b"]], surveys)[:, None, None]
    chosen = np.empty((hubs, n, 2, k), dtype=np.int8)
    for at, wave in enumerate(("T0", "T1")):
        behind = LOADING * person[..., None] + np.sqrt(1 - LOADING**2) * rng.standard_normal((hubs, n, k))
        passed = (behind + shift + SHIFT[wave])[..., None] > limits
        codes = passed.sum(axis=-1).astype(np.int8)
        chance = np.full(codes.shape, case.missing)
        if case.pattern == "hard":
            # By what is always known: how hard the item is, and the answers to the first two items.
            by = norm.cdf(np.linspace(-1, 1, k) + 0.5 * (codes[..., :2].mean(axis=-1, keepdims=True) - 1))
            chance = np.where(np.arange(k) < 2, 0.0, 2 * case.missing * by)
        codes[rng.random(codes.shape) < chance] = -1
        chosen[:, :, at] = codes
    hub = np.array([f"{s:05}{h}" for s in range(surveys) for h in "ab"], dtype=object).repeat(n)
    number = np.tile(np.arange(n), hubs)
    who = np.array([f"{h}-{i:03}" for h, i in zip(hub, number, strict=True)], dtype=object)
    firm = np.array([f"{h}-{f}" for h, f in zip(hub, firms.ravel(), strict=True)], dtype=object)
    groups = pd.DataFrame({"respondent": pd.array(who, dtype="str"), "hub": pd.array(hub, dtype="str"), "firm": firm})
    return chosen.reshape(-1, k), groups


def intervals(case: Case, surveys: int, rng: np.random.Generator, definitions: Definitions) -> Iterator[pd.DataFrame]:
    """Intervals of all surveys of a row: ``what``, ``dimension``, ``truth``, ``lo``, ``hi``."""
    asked = {
        "sampling": {"method": case.method, **({"cluster": "firm"} if case.clusters else {})},
        "imputations": case.imputations,
    }
    survey = questionnaire(ITEMS, asked, missing="drop")
    together = 1 if case.imputations else TOGETHER
    for first in range(0, surveys, together):
        many = min(together, surveys - first)
        chosen, groups = draw(case, many, rng)
        who = groups["respondent"].to_numpy(dtype=object).repeat(2)
        answers = typed(survey, who, np.tile(np.array(["T0", "T1"], dtype=object), len(groups)), chosen)
        scores = score_matrix(answers, survey, definitions)
        found = group_scores(scores, groups, definitions)
        yield _held(found.scores[found.scores["wave"] == "T0"], "score", case)
        pairs = [(f"{s:05}a", f"{s:05}b") for s in range(many)]
        yield _held(group_differences(found.uncertainty, pairs, definitions).query("wave == 'T0'"), "difference", case)
        if not case.imputations:
            yield _held(group_changes(scores, groups, definitions), "change", case)


def _held(table: pd.DataFrame, what: str, case: Case) -> pd.DataFrame:
    """Intervals of hubs beside the truth."""
    true = {(h, w): truth(h, w, case.spread) for h in "ab" for w in ("T0", "T1")}
    rows = table[table["level"] == "hub"]
    values = []
    for code, node in zip(rows["code"], rows["dimension"], strict=True):
        own = true[code[-1], "T0"][node]
        other = {"score": 0.0, "change": true[code[-1], "T1"][node], "difference": true["b", "T0"][node]}[what]
        values.append(other - own if what == "change" else own - other)
    return pd.DataFrame({
        "what": what, "dimension": rows["dimension"], "truth": values, "lo": rows["lo"], "hi": rows["hi"],
    })  # fmt: skip


def covered(case: Case, surveys: int, seed: int, definitions: Definitions) -> dict[tuple[str, str], float]:
    """Share of the intervals that hold the truth, by what and node; an interval that is not there holds nothing."""
    rng = np.random.default_rng([seed, case.n, round(100 * case.missing), case.clusters])
    found = pd.concat(intervals(case, surveys, rng, definitions))
    held = (found["lo"] <= found["truth"]) & (found["truth"] <= found["hi"])
    return held.groupby([found["what"], found["dimension"]]).mean().to_dict()


def grid() -> dict[str, list[Case]]:
    """Rows of the tables, by their heading."""
    plain = [
        Case(n, missing, clusters)
        for clusters in (False, True)
        for n in (12, 30, 80, 200)
        for missing in (0.0, 0.15, 0.3)
    ]
    harder = [
        Case(n, 0.3, pattern=pattern, imputations=m) for n in (30, 200) for pattern in ("even", "hard") for m in (0, 20)
    ]
    small = [Case(12, 0.0, clusters, method="bootstrap") for clusters in (False, True)]
    skewed = [Case(n, 0.0, method=method, spread=1.0) for n in (12, 30, 80) for method in ("analytic", "bootstrap")]
    return {"The default": plain, "Missing answers": harder, "Small groups and strong skewness": small + skewed}


def tables(surveys: int, seed: int, definitions: Definitions) -> Iterator[str]:
    """Lines of the tables in Markdown."""
    columns = [(what, node) for what in ("score", "change", "difference") for node in ("overall", "small")]
    for heading, cases in grid().items():
        yield f"\n### {heading}\n"
        yield "| n | answer 0 | missing | clusters | method | " + " | ".join(f"{w}, {n}" for w, n in columns) + " |"
        yield "| --- | --- | --- | --- | --- |" + " --- |" * len(columns)
        for case in cases:
            many = max(50, surveys // 4) if case.imputations or case.method == "bootstrap" else surveys
            found = covered(case, many, seed, definitions)
            cells = [f"{100 * found[c]:.1f}" if c in found else "–" for c in columns]
            how = case.method + (f", {case.imputations} imputations" if case.imputations else "")
            missing = f"{case.missing:.0%}" + (" hard" if case.pattern == "hard" else "")
            zero = f"{norm.cdf(thresholds(case.spread)[:, 0]).mean():.0%}"
            firms = "yes" if case.clusters else "no"
            yield f"| {case.n} | {zero} | {missing} | {firms} | {how} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--surveys", type=int, default=2000, help="surveys per row")
    parser.add_argument("--quick", action="store_true", help="200 surveys per row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given: Any = parser.parse_args()
    surveys = 200 if given.quick else given.surveys
    lines = [*describe(("numpy", "pandas", "scipy")), f"{surveys:,} surveys per row."]
    print("\n".join(lines), flush=True)
    for line in tables(surveys, given.seed, load_definitions()):
        print(line, flush=True)
        lines.append(line)
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
