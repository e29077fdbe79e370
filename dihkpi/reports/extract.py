"""The extract of one place: every row that its report reads, in one small file, and nothing else of the network.

A report is made from its extract alone. So its bytes follow from the extract, its key is the hash of the extract, and
a machine that makes one report needs one file. What changed in an extract is what changed for the report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from dihkpi.errors import ReportError, hint_for
from dihkpi.reports.explained import Explained
from dihkpi.reports.facts import NOTHING, Estimate, Facts, Indicators

FOLDER = "extracts"
SECTIONS = {
    "about": "what the run says of itself",
    "place": "what the register says of the place",
    "figures": "its figures",
    "beside": "the figures of the places beside it",
    "below": "the smaller places in it",
    "hubs": "its hubs",
    "quality": "its files and their issues",
    "explained": "its scores and how they come about",
    "outlook": "the forecasts of its targets, who is due, and room for aid",
    "reconciled": "its own records beside the official ones",
    "programme": "what of its gross figures came on top",
    "surveys": "how well the surveys measure",
}
"""Sections of an extract, and what a change of one is called."""


class Row(NamedTuple):
    """One place or hub in a list, with its figures up to the cut-off day."""

    about: Mapping[str, Any]
    figures: Mapping[str, Estimate]

    def figure(self, indicator: str) -> Estimate:
        """A figure; one without value when there is none."""
        return self.figures.get(indicator, NOTHING)


class Extract(Facts):
    """What the report on one place reads.

    Parameters
    ----------
    content : mapping
        The sections of the extract.
    dictionary : mapping
        Names and definitions of everything that has a code.
    """

    def __init__(self, content: Mapping[str, Any], dictionary: Mapping[str, Any]) -> None:
        super().__init__(content["about"], dictionary)
        self._content = content
        self.place: Mapping[str, Any] = content["place"]
        self.quality: Mapping[str, Any] = content["quality"]
        self.explained = Explained(content["explained"])
        self.outlook: Mapping[str, Any] = content["outlook"]
        self.reconciled: Mapping[str, Any] = content["reconciled"]
        self.programme: list[Mapping[str, Any]] = content["programme"]
        self.surveys: list[Mapping[str, Any]] = content["surveys"]
        self.below_level: str = content["below"]["level"]
        self.unknown: int = content["below"]["unknown"]

    @cached_property
    def id(self) -> str:
        """Hash of the rows: the same rows give the same id."""
        return extract_id(self._content)

    @property
    def main_change(self) -> tuple[str, dict[str, str]]:
        """The survey with most pairs in the network, and the breakdown of its first overall change."""
        return self.meta["main_change"]["survey"], dict(self.meta["main_change"]["parts"])

    @cached_property
    def figures(self) -> Indicators:
        """The figures of the place."""
        return Indicators(self._content["figures"])

    @cached_property
    def beside(self) -> dict[str, Indicators]:
        """Name of a larger place to those of its figures that may be shown, rounded as they are shown."""
        return {entry["name"]: Indicators(entry["figures"]) for entry in self._content["beside"]}

    @cached_property
    def below(self) -> list[Row]:
        """The smaller places, in alphabetical order."""
        return _rows(self._content["below"]["places"])

    @cached_property
    def hubs(self) -> list[Row]:
        """The hubs of the place that submitted, in alphabetical order."""
        return _rows(self._content["hubs"])


def _rows(entries: list[dict[str, Any]]) -> list[Row]:
    return [Row(e["about"], {name: Estimate(*values) for name, values in e["figures"].items()}) for e in entries]


def packed(content: Any) -> bytes:
    """JSON in one spelling only, so that equal content gives equal bytes."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def section_hashes(content: Mapping[str, Any]) -> dict[str, str]:
    """Section to the hash of its content."""
    return {name: hashlib.sha256(packed(content[name])).hexdigest()[:16] for name in SECTIONS}


def extract_id(content: Mapping[str, Any]) -> str:
    """Hash of an extract."""
    return hashlib.sha256(packed(section_hashes(content))).hexdigest()[:16]


def extract_path(level: str, code: str) -> str:
    """Where the extract of a place lies in the results folder."""
    return f"{FOLDER}/{level}/{code}.json"


def open_extract(data: str | Path, level: str, code: str) -> Extract:
    """Read the extract of a place; where a results folder has none, take it from its tables.

    Parameters
    ----------
    data : path
        The results folder. Where there is none of this path, the period of a workspace that this folder lies in: so an
        executed notebook can be run again where it lies.
    level, code : str
        Kind of place, and which one.

    Raises
    ------
    ReportError
        When there is no such folder or place.
    """
    folder = _results_folder(Path(data))
    known = folder / FOLDER
    file = folder / extract_path(level, code)
    if not known.is_dir():
        from dihkpi.reports.extracting import Extracting
        from dihkpi.reports.results import Results

        results = Results(folder)
        return Extract(json.loads(packed(Extracting(results).take(level, code))), results.dictionary)
    if file.parent.parent != known or not file.is_file():
        codes = sorted(path.stem for path in (known / level).glob("*.json")) if level.isidentifier() else []
        raise ReportError(f"there is no {level} '{code}' in the results\n  {hint_for(code, codes)}")
    dictionary = folder / "dictionary.json"
    return Extract(json.loads(file.read_bytes()), read_dictionary(dictionary, dictionary.stat().st_mtime_ns))


def _results_folder(data: Path) -> Path:
    if data.is_absolute() or data.is_dir():
        return data
    above = (parent / "results" / data for parent in (Path.cwd(), *Path.cwd().parents))
    return next((folder for folder in above if folder.is_dir()), data)


@lru_cache(maxsize=4)
def read_dictionary(path: Path, changed: int) -> dict[str, Any]:
    """The dictionary of a run; read once per process and never written to. ``changed`` makes a new file a new entry."""
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content
