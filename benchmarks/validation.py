"""Validation against plain pandera, pointblank and frictionless: one table, the same checks, ratios, peaks of memory.

    python benchmarks/validation.py                        # 1,000,000 rows of 40 columns; minutes
    python benchmarks/validation.py --rows 100000 --rounds 3
    python benchmarks/validation.py --only ours text --out table.md

The table is made from a seed, once clean and once with 1 % of its cells spoiled; what each way finds is held against
what was planted. Every measurement is a process of its own, and the ways take turns. Ways that are slow work on a
smaller table, and their seconds are scaled. pointblank and frictionless come with `pip install dihkpi[benchmarks]`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import Row, say
from generated import FIELDS, write_definitions, write_files
from machine import describe, peak
from ways import WAYS

KINDS = ("clean", "faulty")
FULL = 1_000_000
"""Rows that the goals speak of."""
RATIOS = (
    ("ours", "text", "clean", 2),
    ("ours", "text", "faulty", None),
    ("blocks", "text", "clean", None),
    ("ours", "frictionless", "clean", 20),
    ("ours", "frictionless", "faulty", 20),
    ("ours", "pointblank", "clean", None),
    ("ours", "pointblank", "faulty", None),
)
"""Way, the one it is held against, the table, and the goal: at most so many times its time, or as many times faster."""
LIBRARIES = ("pandas", "pyarrow", "pandera", "numpy", "pointblank", "polars", "frictionless")


def main() -> None:
    """Measure what is asked for and print it in Markdown."""
    given = _arguments()
    if given.one:
        print(json.dumps(measure(given.one, given.folder, given.kind)))
        return
    head = describe(LIBRARIES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        found = compare(folder, given)
    lines = [*head, f"{given.rows:,} rows × {len(FIELDS)} columns; rounds: {given.rounds}.", "", *table(found, given)]
    if rows := list(map(str, goals(found, given))):
        lines += ["", "| row | goal | measured | |", "| --- | --- | --- | --- |", *rows]
    text = "\n".join(lines) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--pointblank-rows", type=int, default=100_000, help="rows for pointblank, scaled")
    parser.add_argument("--frictionless-rows", type=int, default=20_000, help="rows for frictionless, scaled")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--folder", type=Path, help="where to keep the tables, to use them again")
    parser.add_argument("--out", type=Path, help="a file for the tables")
    parser.add_argument("--one", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(name: str, folder: Path, kind: str) -> dict[str, Any]:
    """Seconds, megabytes and finds of one way; what it imports and its schema are ready before the clock starts."""
    try:
        work, told = WAYS[name].start(folder / "definitions")
    except ImportError as fault:
        return {"left out": f"it is not there ({fault.msg.partition(' (')[0]})"}
    start, used = time.perf_counter(), time.process_time()
    try:
        result = work(folder / f"{kind}.csv")
    except ValueError as fault:  # pandas ends at the first cell that it cannot read
        return {"ended": str(fault).splitlines()[0]}
    took = {"seconds": time.perf_counter() - start, "used": time.process_time() - used, "megabytes": peak()}
    return {**took, **_against_planted(told(result), folder, kind)}


def _against_planted(found: Any, folder: Path, kind: str) -> dict[str, Any]:
    """How many cells were planted, found and missed, and which rules the missed ones have; rules count where told."""
    import pandas as pd

    planted = pd.read_parquet(folder / "planted.parquet")
    planted = planted if kind == "faulty" else planted.iloc[:0]
    on = [name for name in ("row", "column", "rule") if name in found]
    both = planted.merge(found.drop_duplicates() if len(on) < 3 else found, how="outer", on=on, indicator="side")
    missed = both.loc[both["side"] == "left_only", "rule"].value_counts()
    counts = {side: int((both["side"] == side).sum()) for side in ("both", "right_only")}
    return {"planted": len(planted), "found": counts["both"], "wrong": counts["right_only"], "missed": missed.to_dict()}


def compare(folder: Path, given: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Way to its rows and, by kind of table, its medians and finds; or to why it is left out."""
    found: dict[str, dict[str, Any]] = {}
    for name in given.only:
        if absent := [package for package in WAYS[name].needs if find_spec(package) is None]:
            found[name] = {"left out": f"needs {' and '.join(absent)}: `pip install dihkpi[benchmarks]`"}
            continue
        rows = min(given.rows, getattr(given, WAYS[name].slice)) if WAYS[name].slice else given.rows
        found[name] = {"rows": rows, "folder": ready(folder, rows), **{kind: [] for kind in KINDS}}
    for _ in range(given.rounds):
        for kind in KINDS:
            for name, entry in found.items():
                if "rows" in entry:
                    entry[kind].append(told := _in_own_process(name, entry["folder"], kind))
                    say(f"{name}, {kind}, {entry['rows']:,} rows: {told}")
    return {name: _middle(entry) for name, entry in found.items()}


def ready(folder: Path, rows: int) -> Path:
    """The tables of a size, made where they are missing."""
    home = folder / str(rows)
    if not (home / "planted.parquet").is_file():
        say(f"making tables of {rows:,} rows")
        home.mkdir(parents=True, exist_ok=True)
        write_files(home, rows)
        if not (home / "definitions").is_dir():
            write_definitions(home / "definitions")
    return home


def _in_own_process(name: str, folder: Path, kind: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", name, "--folder", str(folder), "--kind", kind]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _middle(entry: dict[str, Any]) -> dict[str, Any]:
    """One measurement for each kind, with the median of the seconds and the highest peak."""
    if "rows" not in entry:
        return entry
    if why := entry["clean"][0].get("left out"):
        return {"left out": why}
    told = {"rows": entry["rows"]}
    for kind in KINDS:
        runs = entry[kind]
        told[kind] = dict(runs[0])
        if "seconds" in runs[0]:
            for name in ("seconds", "used"):
                told[kind][name] = statistics.median(run[name] for run in runs)
            told[kind]["megabytes"] = max(run["megabytes"] for run in runs)
    return told


def table(found: Mapping[str, Mapping[str, Any]], given: argparse.Namespace) -> Iterator[str]:
    """One line for each way; seconds of a smaller table are scaled."""
    yield "| way | rows | clean | faulty | peak, clean and faulty | planted faults found | missed |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, entry in found.items():
        if "left out" in entry:
            yield f"| {WAYS[name].title} | – | left out: {entry['left out']} | | | | |"
            continue
        clean, faulty = (entry[kind] for kind in KINDS)
        seconds = [_seconds(entry, kind, given.rows) for kind in KINDS]
        peaks = " and ".join(f"{run['megabytes']:,.0f} MB" for run in (clean, faulty) if "megabytes" in run)
        yield (f"| {WAYS[name].title} | {entry['rows']:,} | {_cell(clean, seconds[0])} | {_cell(faulty, seconds[1])}"
               f" | {peaks} | {_finds(clean, faulty)} |")  # fmt: skip


def _cell(run: Mapping[str, Any], seconds: float | None) -> str:
    return f"{seconds:.1f} s" if seconds is not None else f"ends: {run['ended'][:60]}"


def _finds(clean: Mapping[str, Any], faulty: Mapping[str, Any]) -> str:
    if "found" not in faulty:
        return "none | all"
    wrong = f", {faulty['wrong']:,} that are none" if faulty["wrong"] else ""
    alarm = f", {clean['wrong']:,} in the clean table" if clean.get("wrong") else ""
    missed = ", ".join(f"{rule} {count:,}" for rule, count in faulty["missed"].items()) or "–"
    return f"{faulty['found']:,} of {faulty['planted']:,}{wrong}{alarm} | {missed}"


def _seconds(entry: Mapping[str, Any], kind: str, rows: int, name: str = "seconds") -> float | None:
    seconds = entry.get(kind, {}).get(name)
    return None if seconds is None else float(seconds) * rows / entry["rows"]


def goals(found: Mapping[str, Mapping[str, Any]], given: argparse.Namespace) -> Iterator[Row]:
    """The goals; those of speed and memory get a verdict on the full table only."""
    full = given.rows >= FULL
    for way, other, kind, limit in RATIOS:
        faster = other == "frictionless"
        mine, theirs, my_use, their_use = (
            _seconds(found.get(name, {}), kind, given.rows, what)
            for what in ("seconds", "used")
            for name in (way, other)
        )
        if mine and theirs and my_use and their_use:
            ratio, used = (b / a if faster else a / b for a, b in ((mine, theirs), (my_use, their_use)))
            goal = (
                "none" if limit is None else f"at least {limit} × faster" if faster else f"at most {limit} × its time"
            )
            reached = None if limit is None or not full else ratio >= limit if faster else ratio <= limit
            told = f"**{ratio:.2f} ×** ({mine:.1f} s against {theirs:.1f} s); processor seconds {used:.2f} ×"
            yield Row(f"{WAYS[way].title}, {kind}, against {WAYS[other].title}", goal, told, reached)
    for way, limit, name in (("ours", 1500, "peak memory"), ("blocks", 600, "peak memory, in blocks")):
        if "rows" in (entry := found.get(way, {})):
            most = max(entry[kind]["megabytes"] for kind in KINDS)
            yield Row(name, f"below {limit:,} MB", f"**{most:,.0f} MB**", most < limit if full else None)
    for way in ("ours", "blocks"):
        if "rows" in (entry := found.get(way, {})):
            runs = [entry[kind] for kind in KINDS]
            exact = not any(run["wrong"] or run["missed"] or run["found"] != run["planted"] for run in runs)
            told = f"**{entry['faulty']['found']:,}** of {entry['faulty']['planted']:,}"
            name = f"{WAYS[way].title}: each planted fault, at its cell, under its rule, and nothing else"
            yield Row(name, "all", told, exact)


if __name__ == "__main__":
    main()
