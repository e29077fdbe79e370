"""Seconds and peak memory of all indicators of a large network, after reading.

python benchmarks/kpis.py                              # 1,000 hubs, 500,000 services, 12 quarters
python benchmarks/kpis.py --hubs 100 --services 50000
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

import numpy as np
import pandas as pd

GOAL_SECONDS, GOAL_GB = 15.0, 2.0
QUARTERS = [f"{year}-Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]


def main() -> None:
    """Run once and print a line of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hubs", type=int, default=1_000)
    parser.add_argument("--services", type=int, default=500_000)
    arguments = parser.parse_args()
    rows, seconds, peak = kpis(arguments.hubs, arguments.services)
    verdict = "reached" if seconds < GOAL_SECONDS and peak < GOAL_GB else "not reached"
    print(f"| {arguments.hubs:,} | {arguments.services:,} | {rows:,} | {seconds:.1f} s | {peak:.2f} GB | {verdict} |")


def kpis(hubs: int = 1_000, services: int = 500_000, seed: int = 1) -> tuple[int, float, float]:
    """All indicators of all levels with all breakdowns in twelve quarters.

    Parameters
    ----------
    hubs, services : int
        Size of the network.
    seed : int

    Returns
    -------
    rows : int
        Figures.
    seconds : float
    peak : float
        Highest resident memory of the process in GB, rows of the input included.
    """
    from dihkpi.definitions import load_definitions
    from dihkpi.indicators.compute import figures_table
    from dihkpi.indicators.figures import Setting
    from dihkpi.indicators.windows import parse_period

    definitions = load_definitions()
    inputs = network(definitions, hubs, services, seed)
    windows = tuple(parse_period(quarter) for quarter in QUARTERS)
    cutoff = np.datetime64(date(2025, 12, 31), "s")
    setting = Setting(windows, frozenset(QUARTERS), cutoff, 0.95)
    start = time.perf_counter()
    table = figures_table(inputs, definitions.indicators, setting, definitions)
    seconds = time.perf_counter() - start
    assert table is not None
    return len(table), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def network(definitions, hubs: int, services: int, seed: int):  # type: ignore[no-untyped-def]
    """Inputs with services of many customers, some of them of two hubs."""
    from dihkpi.indicators.compute import Inputs

    rng = np.random.default_rng(seed)
    names = ("service_categories", "technologies", "dma_sectors_sme", "staff_size_sme", "investment_types")
    lists = {name: np.array(definitions.codelists[name].codes, dtype=object) for name in names}
    nuts3 = [row for row in definitions.codelists["nuts2024"].rows if len(row["code"]) == 5]
    seats = rng.integers(0, len(nuts3), hubs)
    codes = np.array([row["code"] for row in nuts3], dtype=object)
    register = pd.DataFrame({
        "hub": [f"h{n:04}" for n in range(hubs)], "nuts": pd.array(codes[seats], dtype="str"),
        "country": [code[:2] for code in codes[seats]],
        "grant_start": pd.Timestamp("2023-01-01"), "submitted": True,
        "staff_fte": rng.integers(1, 20, hubs).astype(float),
        "name": [f"Hub {n}" for n in range(hubs)], "type": "edih",
    }).astype({"grant_start": "datetime64[s]", "submitted": "boolean"})  # fmt: skip
    blank = {name: pd.Series(pd.NA, index=register.index, dtype="str") for name in definitions.tables["hubs"].columns}
    register = register.assign(**{name: column for name, column in blank.items() if name not in register})
    people = services // 4
    home = rng.integers(0, hubs, people)
    sector, size = rng.choice(lists["dma_sectors_sme"], people), rng.choice(lists["staff_size_sme"], people)
    respondents = pd.DataFrame({
        "respondent": [f"r{n:06}" for n in range(people)], "kind": np.where(rng.random(people) < 0.9, "sme", "pso"),
        "size": size, "sector": sector, "nuts": codes[rng.integers(0, len(nuts3), people)],
    }).assign(country=lambda frame: frame["nuts"].str[:2]).astype("str")  # fmt: skip
    who = rng.integers(0, people, services)
    where = np.where(rng.random(services) < 0.95, home[who], rng.integers(0, hubs, services))
    day = np.datetime64("2023-01-01", "s") + rng.integers(0, 1096, services).astype("timedelta64[D]")
    price = rng.integers(100, 500_000, services) / 100
    two = pd.Series(rng.choice(lists["technologies"], services)) + "|" + rng.choice(lists["technologies"], services)
    table = pd.DataFrame({
        "content_id": [f"c{n}" for n in range(services)], "hub": register["hub"].to_numpy()[where],
        "respondent": respondents["respondent"].to_numpy()[who], "customer_type": respondents["kind"].to_numpy()[who],
        "category": rng.choice(lists["service_categories"], services), "technology": two,
        "sector": sector[who], "size": size[who], "dep_capacities": np.where(rng.random(services) < 0.2, "HPC", None),
        "investment_type": rng.choice(lists["investment_types"], services), "start": day, "end": day,
        "customer_country": respondents["country"].to_numpy()[who],
        "hub_country": register["country"].to_numpy()[where],
    })  # fmt: skip
    text = table.columns.difference(["start", "end"])
    table = table.astype(dict.fromkeys(text, "str")).assign(
        attendees=pd.array(rng.integers(1, 30, services), dtype="Int64"), price=price, invoiced=price / 10,
        aid=np.round(price / 2, 2), investment=np.where(rng.random(services) < 0.1, price * 10, np.nan), days=2.0,
        delivered=pd.array(rng.random(services) < 0.9, dtype="boolean"),
        cross_border=pd.array(table["customer_country"] != table["hub_country"], dtype="boolean"),
    )  # fmt: skip
    nobody = pd.DataFrame({name: [] for name in definitions.tables["assessments"].columns}, dtype="str")
    scores = pd.DataFrame({name: [] for name in definitions.tables["scores"].columns}, dtype="str")
    return Inputs({("edih_kpi", "services"): table}, register, respondents, nobody, scores, definitions)


if __name__ == "__main__":
    main()
