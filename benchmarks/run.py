"""Seconds and peak memory of every stage, for networks of several sizes.

    python benchmarks/run.py                  # 12, 120 and 1,000 hubs
    python benchmarks/run.py --hubs 12 120 --reports 8

Each size runs in a process of its own; the peak is the highest resident memory of that process so far.
Reports are sampled: their column is seconds per report, with two workers.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAGES = ("write demo", "read and check", "snapshot", "score", "indicators", "results", "one report", "read again")


def main() -> None:
    """Run all sizes and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hubs", type=int, nargs="+", default=[12, 120, 1000])
    parser.add_argument("--reports", type=int, default=8, help="how many reports to sample")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.reports, arguments.folder)))
        return
    rows = [_in_own_process(hubs, arguments.reports) for hubs in arguments.hubs]
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {_cores()} cores\n")
    print("| hubs | assessments | records | " + " | ".join(STAGES) + " |")
    print("| --- | --- | --- | " + " | ".join("---" for _ in STAGES) + " |")
    for row in rows:
        cells = [f"{row[stage][0]:.1f} s, {row[stage][1]:.2f} GB" for stage in STAGES]
        print(f"| {row['hubs']:,} | {row['assessments']:,} | {row['records']:,} | " + " | ".join(cells) + " |")


def measure(hubs: int, reports: int, folder: Path) -> dict[str, object]:
    """Run every stage for one size."""
    from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
    from dihkpi.indicators.compute import compute_indicators
    from dihkpi.indicators.windows import parse_period
    from dihkpi.pipeline.inbox import all_issues, take_in
    from dihkpi.pipeline.results import About, write_results
    from dihkpi.pipeline.tables import prepare
    from dihkpi.reports import plan_reports, render_reports
    from dihkpi.store.snapshot import take_snapshot

    found: dict[str, object] = {"hubs": hubs}
    with _stage(found, "write demo"):
        space = write_demo(folder / "demo", hubs=hubs)
    definitions, store = space.load_definitions(), space.open_store()
    with _stage(found, "read and check"):
        intake = take_in(space.inbox, store, definitions)
        files, issues = all_issues(store, intake)
    with _stage(found, "snapshot"):
        snapshot = take_snapshot(store, definitions, space.snapshots)
    with _stage(found, "score"):
        inputs = prepare(snapshot, definitions, space.secret(), {})
    with _stage(found, "indicators"):
        indicators = compute_indicators(inputs, definitions, DEMO_PERIOD)
    with _stage(found, "results"):
        about = About("benchmark", parse_period(DEMO_PERIOD), snapshot.id, {})
        results = write_results(space.snapshots / "results", inputs, indicators, files, issues, about)
    plan = plan_reports(results, definitions)[:reports]
    with _stage(found, "one report", len(plan)):
        render_reports(plan, space.reports / "sample")
    with _stage(found, "read again"):
        take_in(space.inbox, store, definitions)
    store.close()
    found["assessments"] = len(inputs.assessments)
    found["records"] = sum(len(table) for table in inputs.tables.values())
    return found


@contextmanager
def _stage(found: dict[str, object], name: str, parts: int = 1) -> Iterator[None]:
    start = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found[name] = ((time.perf_counter() - start) / parts, peak)
    print(f"{name}: {found[name]}", file=sys.stderr)


def _in_own_process(hubs: int, reports: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--one", str(hubs), "--reports", str(reports), "--folder", folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main()
