"""The engine against two others: the command lines that everybody has, and the floor that nothing can be below."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import CORES, Bench, Row, as_job, make, warm_pool
from floor import Floor
from machine import children, is_worker, processor_seconds


def plain_row(bench: Bench) -> list[Row]:
    """papermill and nbconvert, each started for each report, against ours with its start and without."""
    jobs, found = bench.hubs, {"alone": [], "abreast": [], "warm": [], "cold": []}  # type: dict[str, list[float]]
    with warm_pool(bench) as pool:
        for turn in range(bench.rounds):
            some = [jobs[(turn * CORES + i) % len(jobs)] for i in range(CORES)]
            found["alone"].append(plain(some, bench, 1))
            found["warm"].append(make(jobs, bench.out / "ours", pool) / len(jobs))
            found["abreast"].append(plain(some, bench, CORES))
            found["cold"].append(make(jobs, bench.out / "ours") / len(jobs))
    mid = {name: statistics.median(values) for name, values in found.items()}
    start = (mid["cold"] - mid["warm"]) * len(jobs)
    alone, abreast = mid["alone"] / mid["warm"], mid["abreast"] / mid["warm"]
    name = "a hub report against `papermill` and `jupyter nbconvert`, both started for it"
    goal = "at least 15 × faster per report on two cores"
    told = (
        f"plain {mid['alone']:.2f} s one by one, {mid['abreast']:.2f} s two at a time; ours {mid['warm']:.3f} s"
        f" ({mid['cold']:.3f} s with the start of the workers, {start:.1f} s once, over {len(jobs)} reports)"
    )
    with_start = f"{mid['abreast'] / mid['cold']:.0f} × with the start of the workers"
    return [
        Row(f"{name}, one after the other", goal, f"**{alone:.0f} ×**: {told}", alone >= 15),
        Row("the same, two of them at a time", goal, f"**{abreast:.0f} ×** ({with_start})", abreast >= 15),
    ]


def plain(jobs: Sequence[Any], bench: Bench, abreast: int) -> float:
    """Seconds per report by the command lines of papermill and nbconvert."""
    start = time.perf_counter()
    with ThreadPoolExecutor(abreast) as threads:
        list(threads.map(lambda pair: _plain_report(pair[1], bench.out / f"plain-{pair[0]}.ipynb"), enumerate(jobs)))
    return (time.perf_counter() - start) / len(jobs)


def _plain_report(job: Any, target: Path) -> None:
    values = [word for name, value in job.parameters.items() for word in ("-p", name, value)]
    for words in (["papermill", str(job.template), str(target), *values], ["nbconvert", "--to", "html", str(target)]):
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=job.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)


def engine_rows(bench: Bench, with_floor: bool) -> list[Row]:
    """The engine against the floor, and the floor itself."""
    floor = Floor(CORES)
    jobs = [as_job(job) | {"target": str(bench.out / "floor" / job.path)} for job in bench.hubs]
    walls: list[tuple[float, float]] = []
    used: list[tuple[float, float]] = []
    single: list[float] = []
    try:
        with warm_pool(bench) as pool:
            floor.warm(jobs[:3])
            same_content(floor, jobs[0], bench, pool)
            workers = [pid for pid in children(os.getpid()) if is_worker(pid)]
            for _ in range(bench.rounds):
                start = time.perf_counter()
                answers = floor.make(jobs)
                down = time.perf_counter() - start
                single += [answer["used"] for answer in answers]
                before = processor_seconds(workers) + time.process_time()
                up = make(bench.hubs, bench.out / "ours", pool)
                after = processor_seconds(workers) + time.process_time()
                walls.append((up / len(jobs), down / len(jobs)))
                used.append(((after - before) / len(jobs), sum(answer["used"] for answer in answers) / len(jobs)))
    finally:
        floor.close()
    return _engine_told(walls, used, single, with_floor)


def _engine_told(
    walls: list[tuple[float, float]], used: list[tuple[float, float]], single: list[float], with_floor: bool
) -> list[Row]:
    wall, cpu = (statistics.median(ours / floor for ours, floor in pairs) for pairs in (walls, used))
    (ours, bottom), (ours_used, bottom_used) = ([statistics.median(side) for side in zip(*pairs, strict=True)]
                                                for pairs in (walls, used))  # fmt: skip
    told = (f"**{wall:.2f} ×** ({ours:.3f} s against {bottom:.3f} s per report); processor seconds {cpu:.2f} ×"
            f" ({ours_used:.3f} against {bottom_used:.3f})")  # fmt: skip
    rows = [Row("the engine against the floor: the same cells as a plain script in one warm process per core",
                "at most 1.05 ×", told, wall <= 1.05)]  # fmt: skip
    if with_floor:
        middle = statistics.median(single)
        rows.append(Row("the floor itself, a full hub report, HTML", "below 0.4 processor seconds",
                        f"**{middle:.3f} s**, from {min(single):.3f} to {max(single):.3f}", middle < 0.4))  # fmt: skip
    return rows


def same_content(floor: Floor, job: dict[str, Any], bench: Bench, pool: Executor) -> None:
    """Stop where the floor does not show what the engine shows: then they are not the same cells."""
    (told,) = floor.make([job | {"tell": True}])
    make(bench.hubs[:1], bench.out / "ours", pool)
    page = (bench.out / "ours" / bench.hubs[0].path).read_text(encoding="utf-8")
    if missing := [part for part in told["parts"] if not part.startswith("<h") and part not in page]:
        raise SystemExit(f"the floor shows what the engine does not:\n{missing[0][:500]}")
