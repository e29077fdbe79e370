"""The report engine against its goals: all rows side by side in one run, medians, and the machine in words.

    python benchmarks/reports.py                          # makes a network of 12 hubs; without the rows of 1,000 hubs
    python benchmarks/reports.py --workspace W --big B    # workspaces that are there are used again
    python benchmarks/reports.py --big B --big-hubs 1000  # makes the large one too, which takes an hour
    python benchmarks/reports.py --skip plain dask --rounds 5 --out table.md

Ways that are compared take turns (A B A B). A second is one of the wall clock unless it is called a processor second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import Bench, Row, as_job, hubs_of, open_bench, ready, say
from machine import describe
from overhead import PARTS, overhead
from versus import engine_rows, plain_row
from whole import big_row, dask_row, make_all, unchanged_row

ROWS = ("plain", "engine", "floor", "overhead", "big", "unchanged", "dask")


def main() -> None:
    """Measure what is asked for and print it in Markdown."""
    given = _arguments()
    if given.one_big:
        print(json.dumps(make_all(given.one_big, given.period, given.target)))
        return
    head = describe()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.workspace or Path(scratch, "network")
        bench = open_bench(folder, given.hubs, given.period, given.reports, Path(scratch), given.rounds)
        lines = [*head, f"{len(bench.plan)} reports of {hubs_of(bench)} hubs; rounds: {bench.rounds}."]
        if rows := list(map(str, measured_rows(bench, given))):
            lines += ["", "| row | goal | measured | |", "| --- | --- | --- | --- |", *rows]
        if "overhead" not in given.skip:
            lines += ["", *overhead_table(bench)]
    text = "\n".join(lines) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, help="a demo network; made when missing")
    parser.add_argument("--hubs", type=int, default=12, help="size of it, when it is made")
    parser.add_argument("--big", type=Path, help="a large workspace, for the rows of 1,000 hubs")
    parser.add_argument("--big-hubs", type=int, default=1000, help="size of it, when it is made")
    parser.add_argument("--period", default="2026-H1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reports", type=int, default=24, help="hub reports per round and way")
    parser.add_argument("--skip", nargs="+", default=[], choices=ROWS)
    parser.add_argument("--out", type=Path, help="a file for the tables")
    parser.add_argument("--one-big", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def measured_rows(bench: Bench, given: argparse.Namespace) -> Iterator[Row]:
    """The rows that are not skipped, as they are measured."""
    big = ready(given.big, given.big_hubs, given.period).parent.parent if given.big else None
    rows: dict[str, Callable[[], list[Row]]] = {
        "plain": lambda: plain_row(bench),
        "engine": lambda: engine_rows(bench, "floor" not in given.skip),
        "big": lambda: big_row(big, bench, given.period),
        "unchanged": lambda: unchanged_row(big or bench.folder, bench, given.period),
        "dask": lambda: dask_row(bench),
    }
    for name, measure in rows.items():
        if name not in given.skip:
            for row in measure():
                say(str(row))
                yield row


def overhead_table(bench: Bench) -> list[str]:
    """Where the time of a report goes, from the floor upwards."""
    found = overhead([as_job(job) for job in bench.hubs])
    lines = ["| what a hub report costs, in a warm worker that has a core | milliseconds |", "| --- | --- |"]
    lines += [f"| {told} | {1000 * found[name]:.1f} |" for name, told in PARTS.items()]
    return [*lines, f"| all | {1000 * found['whole']:.1f} |"]


if __name__ == "__main__":
    main()
