"""Print which tests prove which requirement: ``python tests/tools/requirements.py``.

A test names what it proves with ``@pytest.mark.requirement("R57")``; the mark takes several ids.
pytest collects the tests and runs none. The exit code is 1 when a mark names an unknown id, or when the
tests cannot be collected.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "docs" / "requirements.csv"
_ITEM_WIDTH = 60


class MarkReader:
    """A pytest plugin that notes the tests of each id; cases of a parametrised test count as one."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called by pytest once all tests are known."""
        for item in items:
            for mark in item.iter_markers("requirement"):
                for identifier in mark.args:
                    self.tests[identifier].add(item.nodeid.partition("[")[0])


def read_items(path: Path = REQUIREMENTS) -> dict[str, str]:
    """The text of every requirement by its id."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row["item"] for row in csv.DictReader(stream)}


def collect(arguments: Iterable[str] = ()) -> dict[str, set[str]]:
    """Let pytest collect the tests; gives their names by requirement.

    Raises
    ------
    SystemExit
        When a test file cannot be imported.
    """
    reader, said = MarkReader(), io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main(
            [
                "--collect-only",
                f"--config-file={ROOT / 'pyproject.toml'}",
                *(arguments or [str(ROOT / "tests")]),
            ],
            [reader],
        )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(f"{said.getvalue()}\nthe tests could not be collected")
    return dict(reader.tests)


def table(items: Mapping[str, str], tests: Mapping[str, set[str]]) -> Iterator[str]:
    """The lines to print: id | item | tests, one test a line, then the count."""
    for identifier, item in items.items():
        text = item if len(item) <= _ITEM_WIDTH else item[: _ITEM_WIDTH - 1] + "…"
        first, *others = sorted(tests.get(identifier, ())) or ["-"]
        yield f"{identifier} | {text:<{_ITEM_WIDTH}} | {first}"
        yield from (f"{'':3} | {'':<{_ITEM_WIDTH}} | {other}" for other in others)
    proven = sum(identifier in tests for identifier in items)
    yield f"\n{proven} of {len(items)} requirements have a test, {len(items) - proven} have none"


def main(arguments: Iterable[str] = ()) -> int:
    """Collect, print, and say which marks name no requirement."""
    items, tests = read_items(), collect(arguments)
    print("\n".join(table(items, tests)))
    unknown = sorted(set(tests) - set(items))
    if unknown:
        print(f"unknown in {REQUIREMENTS.name}: {', '.join(unknown)}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
