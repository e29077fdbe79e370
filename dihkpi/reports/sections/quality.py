"""Section on the data behind the report: what was received, what was set aside, and why."""

from __future__ import annotations

from typing import Any

from dihkpi.reports.blocks import NO_BLOCK, Block, no_data, sentence, table
from dihkpi.reports.extract import Extract
from dihkpi.reports.wording import esc, number, plural

RULES, FILES = 10, 20


def data_quality(extract: Extract) -> Block:
    """Files, received = accepted + quarantined, and the issues by rule."""
    brought = extract.quality
    if not brought["files"]:
        return no_data("no file names this place")
    received, accepted, aside = brought["received"], brought["accepted"], brought["quarantined"]
    counts = f"{number(received)} received = {number(accepted)} accepted + {number(aside)} set aside"
    if received != accepted + aside:
        counts = counts.replace("=", "\N{NOT EQUAL TO}") + "; the counts do not add up, please report this"
    text = f"{plural(brought['files'], 'file')} brought {plural(received, 'row')}: {counts}."
    listed = _files(brought["listed"]) if "listed" in brought else NO_BLOCK
    return sentence(esc(text)) + _issues(extract, brought["rules"]) + listed


def _issues(extract: Extract, rules: list[list[Any]]) -> Block:
    if not rules:
        return sentence("No issue was found.")
    rows = [[extract.rule(rule), severity, number(n), hint or "–"] for severity, rule, n, hint in rules[:RULES]]
    rest = [n for _, _, n, _ in rules[RULES:]]
    note = f"and {plural(len(rest), 'more rule')} with {plural(sum(rest), 'issue')}" if rest else ""
    return table("Issues by rule", ["Rule", "Severity", "Issues#", "What to do, for example"], rows, note)


def _files(listed: list[list[Any]]) -> Block:
    rows = [[file, *(number(count) for count in counts)] for file, _, *counts in listed[:FILES]]
    note = f"and {number(len(listed) - FILES)} more" if len(listed) > FILES else ""
    heads = ["File", "Received#", "Accepted#", "Set aside#", "Errors#", "Warnings#"]
    return table("Files", heads, rows, note)
