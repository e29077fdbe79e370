"""``index.html``: every report, key figures of the hubs, and the data to take away; needs no JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.reports.blocks import Block, Markup, Words, light, no_data, sentence, table, words_of
from dihkpi.reports.extracting import main_change
from dihkpi.reports.facts import NOTHING
from dihkpi.reports.files import write_text
from dihkpi.reports.manifest import reports_on_record
from dihkpi.reports.page import make_page, notebook_of
from dihkpi.reports.results import Results, by_name
from dihkpi.reports.sections.overview import assessed
from dihkpi.reports.wording import esc, number, period_words, plural

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions

TOTALS: Mapping[str, Mapping[str, str]] = {"customers_supported": {}, "services_delivered": {}}


def write_index(out: str | Path, data: str | Path, definitions: Definitions) -> Path:
    """Write the page that leads to all reports.

    Parameters
    ----------
    out : path
        Folder of the reports, after `render_reports`; files in its ``data`` folder are offered for download.
    data : path
        The results folder they were made from.
    definitions : Definitions
        Says where the page template is.

    Returns
    -------
    Path
        The index.
    """
    folder, results = Path(out), Results(data)
    made, failed = reports_on_record(folder)
    page = Path(definitions.file("notebooks", "page"))
    words = words_of(results)
    parts: list[str | Block] = [
        _head(results, made),
        "## Hubs",
        _filters(results),
        _hubs(results, words, made),
    ]
    parts += ["## Regions and countries", _regions(results, made)]
    parts += ["## Not made", _failed(failed)] if failed else []
    parts += ["## Data", downloads] if (downloads := _downloads(folder)).html else []
    title = f"{results.names['network', 'all']}: assessment {period_words(results.period)}"
    script = (page / "index.js").read_text(encoding="utf-8")
    write_text(folder / "index.html", make_page(notebook_of(*parts), page, title, script))
    return folder / "index.html"


def _head(results: Results, made: list[dict[str, Any]]) -> Block:
    reports = f"{plural(len(results.hubs), 'hub')}, {plural(len(made), 'report')}"
    links = [_link(entry["title"], [entry]) for entry in made if entry["level"] == "network"]
    made_of = assessed(results, max(results.meta.get("newest", {}).values(), default=None))
    head = f'<h1>{esc(results.names["network", "all"])}</h1><p class="facts">{esc(made_of)}</p>'
    return Block(f'{head}<p class="facts">{esc(reports)}</p>') + sentence("<br>".join(links), "lead")


def _filters(results: Results) -> Block:
    """Search box and choice of a country; shown by the script, because they need it."""
    codes = sorted({results.label("countries", code) for code in results.hubs["country"].dropna()})
    options = "".join(f"<option>{esc(label)}</option>" for label in codes)
    return Block(
        '<form class="filters" id="filters" hidden><label>Search <input type="search" id="search"></label>'
        f'<label>Country <select id="country"><option value="">all</option>{options}</select></label>'
        '<output id="found" aria-live="polite"></output></form>'
    )


def _hubs(results: Results, words: Words, made: list[dict[str, Any]]) -> Block:
    entries = _by_place(entry for entry in made if entry["level"] == "hub")
    _, parts = main_change(results)
    found = results.across("hub", {**TOTALS, "maturity_gain": parts})
    status = _status(results)
    register = by_name(results.hubs)[["hub", "name", "country", "nuts"]].fillna("")
    rows = [
        [
            _link(name, entries.get(("hub", hub), [])),
            results.label("countries", country),
            nuts,
            *(words.value(found.get(hub, {}).get(indicator, NOTHING)) for indicator in TOTALS),
            words.with_range(found.get(hub, {}).get("maturity_gain", NOTHING), sign=True),
            status.get(hub, Markup("no target")),
        ]
        for hub, name, country, nuts in register.itertuples(index=False, name=None)
        if hub in results.active or ("hub", hub) in entries
    ]
    silent = len(register) - len(rows)
    if not rows:
        return no_data(f"none of {plural(silent, 'hub')} of the register sent anything")
    heads = ["Hub", "Country", "Region", "Customers#", "Services#", "Gain in maturity#", "Targets"]
    note = f"Figures of all years. Gain: mean change in points with its {words.interval}; not a ranking."
    note += f" {plural(silent, 'more hub')} of the register sent nothing." if silent else ""
    return table("Hubs in alphabetical order", heads, rows, esc(note), kind="wide hubs")


def _by_place(made: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Level and code to the reports of the place, the one that is its index first."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in sorted(made, key=lambda entry: (not entry["path"].endswith("/index.html"), entry["path"])):
        found.setdefault((entry["level"], entry["code"]), []).append(entry)
    return found


def _link(name: str, entries: Sequence[Mapping[str, Any]]) -> Markup:
    """A name that leads to its report, to further ones, and to the PDFs where there are some."""
    if not entries:
        return Markup(f"{esc(name)} <small>no report</small>")
    names = [esc(name), *(f"<small>{esc(entry['title'].partition(':')[0])}</small>" for entry in entries[1:])]
    links = [f'<a href="{esc(entry["path"])}">{text}</a>' for text, entry in zip(names, entries, strict=True)]
    sheets = [path for entry in entries for path in entry["files"] if path.endswith(".pdf")]
    return Markup(" ".join([*links, *(f'<a href="{esc(path)}"><small>PDF</small></a>' for path in sheets)]))


def _status(results: Results) -> dict[str, Markup]:
    """Hub to its targets counted by status, at the last milestone that has any."""
    said = results.lights
    counted = results.judged().groupby(["code", "light"]).size().unstack(fill_value=0)
    return {
        str(hub): Markup("<br>".join(light(code, said, f"{number(row[code])} ") for code in said if row.get(code)))
        for hub, row in counted.to_dict("index").items()
    }


def _regions(results: Results, made: list[dict[str, Any]]) -> Block:
    places = _by_place(entry for entry in made if entry["level"] not in ("hub", "network"))
    if not places:
        return no_data("no report on a region was made")
    counts = results.places.groupby(["level", "code"])["hub"].nunique().to_dict()
    rows = [
        [
            _link(results.names.get((level, code), code), entries),
            code,
            results.level(level)["title"],
            number(counts.get((level, code), 0)),
        ]
        for (level, code), entries in sorted(places.items(), key=lambda place: place[0][::-1])
    ]
    return table("Countries and their regions with a hub", ["Place", "Code", "Kind", "Hubs#"], rows)


def _failed(failed: list[dict[str, Any]]) -> Block:
    rows = [[entry["title"], entry["message"].splitlines()[0]] for entry in failed]
    return table("Reports that could not be made", ["Report", "Why"], rows)


def _downloads(out: Path) -> Block:
    files = [path for path in sorted((out / "data").glob("*")) if path.is_file()]
    items = "".join(f'<li><a href="data/{esc(p.name)}" download>{esc(p.name)}</a></li>' for p in files)
    return Block(f"<ul>{items}</ul>" if items else "")
