"""All reports of a network, none of them, and the same on a Dask cluster."""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import CORES, Bench, Row, make, planned, run_again, warm_pool
from machine import Watch

NOT_MEASURED = "not measured"


def make_all(folder: Path, period: str, out: Path) -> dict[str, Any]:
    """Every report of a workspace with index and manifest, from its results, and what this process took for it."""
    from dihkpi.reports import write_index, write_manifest
    from dihkpi.workspace import open_workspace

    space = open_workspace(folder)
    results = space.results / period
    start = time.perf_counter()
    plan = planned(folder, results)
    ready = time.perf_counter() - start
    reports = make(plan, out)
    write_index(out, results, space.load_definitions())
    write_manifest(out, results, made_at=datetime.now(UTC).isoformat(timespec="seconds"))
    return {
        "hubs": sum(job.level == "hub" for job in plan), "reports": len(plan), "plan": ready, "made": reports,
        "wall": time.perf_counter() - start, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip


def big_row(folder: Path | None, bench: Bench, period: str) -> list[Row]:
    """All reports of a large network, in a process that does nothing else; once, because it takes minutes."""
    name = "1,000 hubs: all hub, region and network reports, HTML, two cores"
    goal = "under 240 s, parent below 1,000 MB, a child adds below 150 MB"
    if folder is None:
        return [Row(name, goal, NOT_MEASURED, None)]
    out = bench.out / "big"
    words = ["--one-big", str(folder.resolve()), "--target", str(out), "--period", period]
    command = [sys.executable, str(Path(__file__).with_name("reports.py")), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watch = Watch(process)
        watch.start()
        said, _ = process.communicate()
        watch.stop()
    if process.returncode:
        raise SystemExit(said)
    shutil.rmtree(out)
    found = json.loads(said.splitlines()[-1])
    middle, highest, total = watch.told()
    told = (
        f"**{found['wall']:.0f} s** for {found['reports']:,} reports of {found['hubs']:,} hubs"
        f" (plan {found['plan']:.1f} s, reports {found['made']:.0f} s); parent {found['peak']:.0f} MB at its highest;"
        f" a child adds {middle:.0f} MB, {highest:.0f} MB at most; all processes {total:.0f} MB at most"
    )
    reached = found["wall"] < 240 and found["peak"] < 1000 and highest < 150
    return [Row(name, goal, told, reached if found["hubs"] >= 1000 else None)]


def unchanged_row(folder: Path, bench: Bench, period: str) -> list[Row]:
    """``dihkpi run`` after a run of the same, from the start of Python to its end."""
    from dihkpi.reports.manifest import reports_on_record
    from dihkpi.workspace import open_workspace

    run_again(folder, period)
    walls, used = [], []
    for _ in range(2 * bench.rounds + 1):
        start, before = time.perf_counter(), _of_children()
        run_again(folder, period)
        walls.append(time.perf_counter() - start)
        used.append(_of_children() - before)
    count = len(reports_on_record(open_workspace(folder).reports / period)[0])
    wall, processor = statistics.median(walls), statistics.median(used)
    told = f"**{wall:.2f} s** ({processor:.2f} processor seconds) for {count:,} reports"
    reached = wall < 1.5 if count >= 1000 else None
    return [Row("nothing changed, 1,000 reports", "under 1.5 s including the start", told, reached)]


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def dask_row(bench: Bench) -> list[Row]:
    """A local Dask cluster against the pool, both warm; the start of the cluster apart."""
    name, goal = "Dask, 2 workers, against the local pool", "at most 1.1 ×"
    if find_spec("distributed") is None:
        return [Row(name, goal, "Dask is not installed: `pip install 'dihkpi[dask]'`", None)]
    from dihkpi.reports.cluster.executors import open_executor

    pairs = []
    start = time.perf_counter()
    with open_executor("local", CORES) as cluster, warm_pool(bench) as pool:
        make(bench.hubs[: 3 * CORES], bench.out / "warm-dask", cluster)
        ready = time.perf_counter() - start
        for _ in range(bench.rounds):
            local = make(bench.hubs, bench.out / "ours", pool)
            pairs.append((make(bench.hubs, bench.out / "dask", cluster), local))
    ratio = statistics.median(dask / local for dask, local in pairs)
    dask, local = (statistics.median(side) / len(bench.hubs) for side in zip(*pairs, strict=True))
    told = f"**{ratio:.2f} ×** ({dask:.3f} s against {local:.3f} s per report; both started and used in {ready:.1f} s)"
    return [Row(name, goal, told, ratio <= 1.1)]
