"""The section on what programmes added: from a gross figure to what is left of it, each step with range and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, Words, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.wording import amount, esc, interval, number, percent

Step = Mapping[str, Any]
_STEPS = {
    "gross": "Gross: {name}",
    "deadweight_asked": "less what would have come anyway, as customers say",
    "deadweight_model": "less what would have come anyway, by comparison with others",
    "leakage": "less what went outside the target group (leakage)",
    "displacement": "less what others in the area lost (displacement)",
    "substitution": "less what only replaced another activity of the same organisation (substitution)",
    "multiplier": "times what it sets off further in the area (multiplier)",
    "net": "Net: what came on top",
}
_FACTORS = ("deadweight_asked", "deadweight_model", "leakage", "displacement", "substitution")


def programme(extract: Extract, words: Words) -> Block:
    """Every declared programme of the place: its chain from gross to net, and what that means for its cost."""
    found = NO_BLOCK
    for name, rows in groupby(extract.programme, key=lambda row: f"{row['survey']}/{row['programme']}"):
        found = found + _one(extract, words, name, {row["term"]: row for row in rows})
    return found if extract.programme else no_data("no programme is declared whose gross figure could be taken apart")


def _one(extract: Extract, words: Words, name: str, steps: Mapping[str, Step]) -> Block:
    about = extract.dictionary.get("programmes", {}).get(name, {})
    indicator = extract.dictionary["indicators"].get(about.get("gross"), {})
    if steps["gross"]["value"] is None:
        return no_data(f"{esc(about.get('about', name))}: {esc(steps['gross']['reason'])}")
    heads = ["Step", "Figure#", f"{words.interval}#", "Left#", "Source"]
    rows = list(_rows(words, steps, str(indicator.get("name", about.get("gross", name)))))
    note = "A share that is declared has the range that its source gives, not an interval of the data."
    return table(str(about.get("about", name)), heads, rows, note) + _sentences(words, steps)


def _rows(words: Words, steps: Mapping[str, Step], name: str) -> Iterator[list[object]]:
    for term, label in _STEPS.items():
        step = steps.get(term)
        if step is None:
            continue
        taken = step["left"] is not None or step["value"] is None
        left = "–" if step["left"] is None else amount(step["left"], steps["gross"]["unit"], decimals=words.decimals)
        text = label.format(name=name)
        text = text if taken else text.replace("less what", "beside it, not taken off: what")
        yield [text, _figure(words, step), _range(words, step), left, step["source"] or step["method"] or "–"]


def _figure(words: Words, step: Step) -> str:
    if step["status"] == "c":
        return words.fewer
    if step["value"] is None:
        return "no data"
    if step["term"] in _FACTORS or step["unit"] == "share":
        return percent(step["value"])
    return amount(step["value"], step["unit"] or "", decimals=words.decimals)


def _range(words: Words, step: Step) -> str:
    if step["lo"] is None or step["hi"] is None or step["value"] is None:
        return "–"
    if step["unit"] == "share":
        return f"{percent(step['lo'])} to {percent(step['hi'])}"
    return interval(step["lo"], step["hi"], step["unit"] or "", decimals=words.decimals)


def _sentences(words: Words, steps: Mapping[str, Step]) -> Block:
    """The share that came on top, leverage by its names, the cost, and what is not known."""
    said, net = [], steps["net"]
    share = steps["additionality"]
    if share["value"] is None:
        said.append(f"What came on top cannot be told: {esc(net['reason'])}.")
    else:
        said.append(f"<strong>{percent(share['value'])} of it came on top</strong> ({_range(words, share)}).")
    lever, total = steps.get("leverage_other"), steps.get("leverage_total")
    if lever is not None and total is not None and lever["value"] is not None:
        said.append(
            f"Gross, {number(lever['value'], 2)} euros of other money stand beside each euro of public money "
            f"({_euros(lever)}); with the public euro itself that is {number(total['value'], 2)}."
        )
    cost = steps.get("cost_per_net")
    if cost is not None and cost["value"] is not None:
        said.append(f"One unit of what came on top cost {number(cost['value'], 2)} euros ({_euros(cost)}).")
    elif cost is not None:
        said.append(f"What one unit of it cost cannot be told: {esc(cost['reason'])}.")
    if net["status"] == "u" and net["reason"]:
        said.append(f"Low reliability: {esc(net['reason'])}.")
    return sentence(" ".join(said))


def _euros(step: Step) -> str:
    if step["lo"] is None or step["hi"] is None:
        return "without a bounded interval"
    return f"{number(step['lo'], 2)} to {number(step['hi'], 2)}"
