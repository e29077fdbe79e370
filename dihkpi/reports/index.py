"""``index.html``: every report, key figures of the hubs, and the data to take away. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.reports.blocks import Block, Markup, Words, light, no_data, sentence, table
from dihkpi.reports.manifest import reports_on_record
from dihkpi.reports.overview import first_change
from dihkpi.reports.page import make_page, notebook_of
from dihkpi.reports.results import NOTHING, Estimate, Results
from dihkpi.reports.wording import LIGHTS, day, esc, number, period_words, plural

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
    from dihkpi.reports.render import write_file

    folder, results = Path(out), Results(data)
    made, failed = reports_on_record(folder)
    page = Path(definitions.file("notebooks", "page"))
    words = Words(results.policy("disclosure_minimum", 5), results.policy("confidence_level", 0.95))
    title = f"{results.place('network', 'all')}: assessment {period_words(results.period)}"
    script = (page / "index.js").read_text(encoding="utf-8")
    parts: list[str | Block] = [
        _head(results, made),
        "## Hubs",
        _hubs(results, words, made),
        "## Regions and countries",
        _regions(results, made),
    ]
    parts += ["## Not made", _failed(failed)] if failed else []
    notebook = notebook_of(*parts, "## Data", _downloads(folder))
    write_file(folder / "index.html", make_page(notebook, page, title, script))
    return folder / "index.html"


def _head(results: Results, made: list[dict[str, Any]]) -> Block:
    meta = results.meta
    text = f"Assessment {period_words(results.period)}, data up to {day(meta['last_day'])}"
    block = Block(f'<h1>{esc(results.place("network", "all"))}</h1><p class="facts">{esc(text)}</p>')
    links = [
        f'<a href="{esc(entry["path"])}">{esc(entry["title"])}</a>'
        for entry in made
        if entry["level"] == "network"
    ]
    return block + sentence("<br>".join(links), "lead") if links else block


def _links(made: list[dict[str, Any]], level: str) -> dict[str, str]:
    """Code to the first report of a place."""
    return {e["code"]: e["path"] for e in reversed(made) if e["level"] == level}


def _hubs(results: Results, words: Words, made: list[dict[str, Any]]) -> Block:
    links = _links(made, "hub")
    survey, parts = first_change(results)
    found = results.across("hub", {**TOTALS, "maturity_gain": parts})
    status = _status(results)
    register = results.hubs.sort_values(["name", "hub"])[["hub", "name", "country", "nuts"]].fillna("")
    rows = []
    for hub, name, country, nuts in register.itertuples(index=False, name=None):
        shown = (
            Markup(f'<a href="{esc(links[hub])}">{esc(name)}</a>')
            if hub in links
            else Markup(f"{esc(name)} <small>no report</small>")
        )
        gain = found.get((hub, "maturity_gain"), NOTHING)
        rows.append([shown, results.label("countries", country), nuts, *(words.value(found.get((hub, i), NOTHING)) for i in TOTALS),
                     _gain(words, gain), status.get(hub, Markup("no target"))])  # fmt: skip
    if not rows:
        return no_data("the register holds no hub")
    heads = ["Hub", "Country", "Region", "Customers#", "Services#", "Gain in maturity#", "Targets"]
    note = f"Figures since the start of each grant. Gain in points with its {esc(words.interval)}; no ranking follows from it."
    return _filters(results) + table(f"{plural(len(rows), 'hub')}", heads, rows, note, kind="wide hubs")


def _gain(words: Words, e: Estimate) -> Markup:
    span = f"<br><small>({esc(words.range(e, sign=True))})</small>" if e.certain else ""
    return Markup(esc(words.value(e, sign=True)) + span)


def _status(results: Results) -> dict[str, Markup]:
    """Hub to its targets counted by status, at the last milestone that has any."""
    rows = results.judged()
    counted = rows.groupby(["code", "light"]).size().unstack(fill_value=0)
    return {
        str(hub): Markup(
            "<br>".join(f"{light(name)} {number(counts[name])}" for name in LIGHTS if counts.get(name))
        )
        for hub, counts in counted.iterrows()
    }


def _filters(results: Results) -> Block:
    """Search box and choice of a country; shown by the script, because they need it."""
    codes = sorted(set(results.hubs["country"].dropna()), key=lambda code: results.label("countries", code))
    options = "".join(f"<option>{esc(results.label('countries', code))}</option>" for code in codes)
    return Block(
        '<form class="filters" id="filters" hidden><label>Search <input type="search" id="search"></label>'
        f'<label>Country <select id="country"><option value="">all</option>{options}</select></label>'
        '<output id="found" aria-live="polite"></output></form>'
    )


def _regions(results: Results, made: list[dict[str, Any]]) -> Block:
    entries = [e for e in made if e["level"] not in ("hub", "network")]
    if not entries:
        return no_data("no report on a region was made")
    counts = results.places.groupby(["level", "code"])["hub"].nunique()
    rows = [
        [Markup(f'<a href="{esc(e["path"])}">{esc(results.place(e["level"], e["code"]))}</a>'), e["code"],
         results.level(e["level"])["title"], number(counts.get((e["level"], e["code"]), 0))]
        for e in sorted(entries, key=lambda e: (len(e["code"]), e["code"]))
    ]  # fmt: skip
    return table("Regions and countries with a hub", ["Place", "Code", "Kind", "Hubs#"], rows)


def _failed(failed: list[dict[str, Any]]) -> Block:
    rows = [[e["title"], e["message"].splitlines()[0]] for e in failed]
    return table("Reports that could not be made", ["Report", "Why"], rows)


def _downloads(out: Path) -> Block:
    files = [path for path in sorted((out / "data").glob("*")) if path.is_file()]
    if not files:
        return no_data("no tables to download")
    items = "".join(f'<li><a href="data/{esc(p.name)}" download>{esc(p.name)}</a></li>' for p in files)
    return Block(f"<ul>{items}</ul>")
