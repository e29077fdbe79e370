"""The PDF engines side by side: processor seconds per report, memory, sheets and size.

    python benchmarks/pdf.py reports/2026-H1             # all pages below, by every engine that is ready here
    python benchmarks/pdf.py reports/2026-H1 --engines typst chromium --pages 6

Each engine runs in a process of its own. "First" is the first page, with all that is loaded for it; "later" the
median of the others; memory is the highest of the process and of what it started.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

COLUMNS = ("engine", "first", "later", "wall, later", "memory", "sheets", "kB", "tagged", "packages")
PACKAGES = {
    "typst": ("typst",),
    "weasyprint": ("weasyprint", "pydyf", "cffi", "tinyhtml5", "tinycss2", "cssselect2", "pyphen", "zopfli", "brotli"),
    "chromium": (),
}


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", type=Path, help="folder of a period, with the pages of a run")
    parser.add_argument("--engines", nargs="+", default=list(PACKAGES))
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    pages = sorted(path for path in given.reports.rglob("index.html") if path.parent != given.reports)[: given.pages]
    if not pages:
        parser.error(f"{given.reports} holds no pages")
    if given.one:
        print(json.dumps(measure(given.one, pages)))
        return
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    for engine in given.engines:
        command = [sys.executable, __file__, str(given.reports), "--pages", str(given.pages), "--one", engine]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = json.loads(done.stdout) if done.returncode == 0 else {"engine": done.stderr.strip().splitlines()[-1]}
        print("| " + " | ".join(str(found.get(column, "")) for column in COLUMNS) + " |")


def measure(engine: str, pages: list[Path]) -> dict[str, object]:
    """All pages by one engine, in this process."""
    from dihkpi.reports.sheets.pdf import make_pdf

    used, walls, made = [], [], []
    for page in pages:
        text, start, before = page.read_text(encoding="utf-8"), time.perf_counter(), _processor()
        made.append(make_pdf(text, engine=engine))
        used.append(_processor() - before)
        walls.append(time.perf_counter() - start)
    read = [_read(pdf) for pdf in made]
    return {
        "engine": engine,
        "first": f"{used[0]:.2f} s",
        "later": f"{statistics.median(used[1:]):.2f} s",
        "wall, later": f"{statistics.median(walls[1:]):.2f} s",
        "memory": f"{max(resource.getrusage(who).ru_maxrss for who in _WHO) / 1024:.0f} MB",
        "sheets": f"{statistics.mean(sheets for sheets, _ in read):.1f}",
        "kB": f"{statistics.mean(len(pdf) for pdf in made) / 1000:.0f}",
        "tagged": "yes" if all(tagged for _, tagged in read) else "no",
        "packages": f"{sum(map(_weight, PACKAGES[engine])) / 1e6:.0f} MB",
    }


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _processor() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in _WHO)


def _read(pdf: bytes) -> tuple[int, bool]:
    """Sheets of a PDF, and whether it is tagged."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages), "/StructTreeRoot" in opened.Root


def _weight(package: str) -> int:
    files = importlib.metadata.files(package) or []
    return sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())


if __name__ == "__main__":
    main()
