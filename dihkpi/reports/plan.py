"""Which reports are to be made: one job per report, with everything that decides its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.errors import ReportError, UsageError, hint_for
from dihkpi.intake.text import is_id
from dihkpi.reports.extract import extract_path, packed
from dihkpi.reports.extracting import read_index
from dihkpi.reports.results import Results
from dihkpi.reports.versions import versions
from dihkpi.reports.wording import visible

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions


LIBRARIES = ("dihkpi", "matplotlib", "nbconvert", "numpy", "papermill", "seaborn", "weasyprint")
EVERY = "*"
"""In a choice of hubs or regions: all of them."""


@dataclass(frozen=True)
class ReportJob:
    """One report to be made.

    Attributes
    ----------
    report, level, code : str
        Which report of ``reports.yaml``, for which place.
    title : str
        Title of the page.
    template : Path
        The notebook.
    page : Path
        Folder with the template of the page.
    parameters : mapping
        Values of the notebook's parameters; JSON types only.
    folder : Path
        Working directory of the notebook; the parameter ``data`` is relative to it.
    path : str
        Where the page goes, relative to the folder of the reports, with forward slashes.
    parts : mapping of str to str
        Hash of everything that decides the bytes of the report, by what it is.
    """

    report: str
    level: str
    code: str
    title: str
    template: Path
    page: Path
    parameters: Mapping[str, Any]
    folder: Path
    path: str
    parts: Mapping[str, str]

    @property
    def key(self) -> str:
        """Hash over all parts: two jobs with one key give the same bytes."""
        return _hash(dict(self.parts))


def plan_reports(
    data: str | Path,
    definitions: Definitions,
    *,
    hubs: Collection[str] | None = None,
    regions: Collection[str] | None = None,
    network: bool | None = None,
) -> list[ReportJob]:
    """Decide which reports are to be made.

    Without a choice: each hub that submitted something, each region and country with such a hub, and the
    network. With a choice: only what is named.

    Parameters
    ----------
    data : path
        The results folder of a run.
    definitions : Definitions
        Says which reports there are (``notebooks/reports.yaml``).
    hubs, regions : collection of str, optional
        Ids of hubs; codes of places of any level but hub and network. ``*`` stands for each one that
        would be reported on without a choice.
    network : bool, optional
        Whether to report on the network.

    Returns
    -------
    list of ReportJob
        Hubs first, then regions, then the network; each in alphabetical order.
    """
    results = Results(data)
    everything = hubs is None and regions is None and not network
    inside = results.places[results.places["hub"].isin(results.active)]
    regional = {
        (level, code)
        for level, code in zip(inside["level"], inside["code"], strict=True)
        if level not in ("hub", "network")
    }
    codes = {code for _, code in regional}
    ours = (EVERY,) if everything else ()
    wanted = {("hub", hub) for hub in _chosen("hub", hubs or ours, set(results.hubs["hub"]), results.active)}
    named = _chosen("region", regions or ours, codes, codes)
    wanted |= {(level, code) for level, code in regional if code in named}
    if network or (network is None and everything):
        wanted.add(("network", "all"))
    return list(_jobs(results, definitions, wanted))


def _chosen(noun: str, named: Collection[str], known: set[str], every: Iterable[str]) -> set[str]:
    unknown = sorted(set(named) - known - {EVERY})
    if unknown:
        raise UsageError(f"there is no {noun} '{unknown[0]}' to report on\n  {hint_for(unknown[0], sorted(known))}")
    return {*named, *every} - {EVERY} if EVERY in named else set(named)


def _jobs(results: Results, definitions: Definitions, wanted: set[tuple[str, str]]) -> Iterator[ReportJob]:
    page = Path(definitions.file("notebooks", "page"))
    common = {
        "page": _digest(sorted(file for file in page.rglob("*") if file.is_file())),
        "names": _digest([results.folder / "dictionary.json"]),
        "software": _hash(versions()),
    }
    extracts = read_index(results)
    levels = list(results.dictionary.get("levels", {}))
    order = sorted(wanted, key=lambda place: (levels.index(place[0]) if place[0] in levels else -1, *place))
    taken: set[str] = set()
    for name, report in definitions.reports.items():
        template = Path(definitions.file("notebooks", report.template))
        text = _digest([template])
        for level, code in (place for place in order if place[0] in report.levels):
            rows = extracts[extract_path(level, code)]
            if report.needs and rows[report.needs] == NOTHING:
                continue
            parameters = {"data": results.folder.name, "level": level, "code": code}
            path = next(path for path in _paths(level, code, name) if path.casefold() not in taken)
            taken.add(path.casefold())
            title = f"{report.title}: {results.names[level, code]}, {results.period}"
            own = {"template": text, "title": _hash(title), "parameters": _hash({**parameters, "data": ""})}
            parts = common | own | {f"data.{section}": digest for section, digest in rows.items()}
            yield ReportJob(
                report=name, level=level, code=code, title=title, template=template, page=page,
                parameters=parameters, folder=results.folder.parent, path=path, parts=parts,
            )  # fmt: skip


def _paths(level: str, code: str, report: str) -> tuple[str, ...]:
    """Where the page may go: the first report of a place is its index, a second one has its own name."""
    folder = {"hub": "hub/", "network": ""}.get(level, "region/")
    name = folder + ("network" if level == "network" else checked_id(code))
    return (
        f"{name}/index.html",
        f"{name}/{checked_id(report)}.html",
        f"{folder}{checked_id(level)}-{code}/{report}.html",
    )


def checked_id(code: str) -> str:
    """An id that is safe as the name of a folder on every system; a ReportError otherwise.

    Examples
    --------
    >>> checked_id("HR-adria")
    'HR-adria'
    >>> checked_id("../x")
    Traceback (most recent call last):
    dihkpi.errors.ReportError: '../x' cannot be the name of a folder
      allowed: up to 64 of A-Z a-z 0-9 _ -, a letter or digit first; no device name such as CON
    """
    if not is_id(code):
        raise ReportError(
            f"'{visible(code)}' cannot be the name of a folder\n"
            "  allowed: up to 64 of A-Z a-z 0-9 _ -, a letter or digit first; no device name such as CON"
        )
    return code


def _digest(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def _hash(parts: object) -> str:
    return hashlib.sha256(packed(parts)).hexdigest()[:16]


NOTHING = _hash([])
"""Hash of a section that lists nothing."""
