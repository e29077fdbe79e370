"""Codes as people write them: by code, label or alias; a near miss is named, never taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial

from dihkpi.definitions import CodeList, Definitions
from dihkpi.definitions.rules import Severity
from dihkpi.definitions.survey import Column
from dihkpi.errors import hint_for
from dihkpi.intake.issues import Fault
from dihkpi.intake.lookalikes import skeleton
from dihkpi.intake.splitting import Splitter
from dihkpi.intake.text import normalise_header, show

LONG = 100
"""Labels of a longer list are not offered one by one."""
TOLD = 5
"""So many unknown parts of one cell are reported one by one."""
NEAR = 500
"""In so many unknown texts of one column near misses are looked for, each of which takes a part of a millisecond."""


@dataclass(frozen=True)
class CodeBook:
    """The code lists of one column, ready to look texts up.

    Parameters
    ----------
    lists : tuple of CodeList
        Accepted lists, in the order of preference.
    also : tuple of CodeList
        Lists whose entries are accepted with a warning.
    near : bool
        Whether near misses of unknown texts are looked for.
    """

    lists: tuple[CodeList, ...]
    also: tuple[CodeList, ...] = ()
    near: bool = True

    @classmethod
    def of(cls, column: Column, definitions: Definitions) -> CodeBook:
        """The code book of a column."""
        lists = tuple(
            definitions.codelists[name].only(column.among) if column.among else definitions.codelists[name]
            for name in column.codes
        )
        return cls(lists, tuple(definitions.codelists[name] for name in column.also))

    @cached_property
    def known(self) -> Mapping[str, str]:
        """Normalised text to code; a label that several codes share is left out."""
        return {text: codes[0] for text, codes in _lookup(self.lists).items() if len(codes) == 1}

    @cached_property
    def ambiguous(self) -> Mapping[str, tuple[str, ...]]:
        """Labels that several codes share, and these codes."""
        return {text: codes for text, codes in _lookup(self.lists).items() if len(codes) > 1}

    @cached_property
    def tolerated(self) -> Mapping[str, str]:
        """Normalised text to code, of the lists that are accepted with a warning."""
        return {text: codes[0] for text, codes in _lookup(self.also).items()}

    @cached_property
    def labels(self) -> list[str]:
        """What to offer for a near miss."""
        return [label for code_list in self.lists for label in code_list.labels.values()]

    @cached_property
    def _skeletons(self) -> Mapping[str, str]:
        """What a code looks like to the code."""
        return {skeleton(code): code for code_list in self.lists for code in code_list.codes}

    @cached_property
    def _formerly(self) -> Mapping[str, list[str]]:
        """Code of an earlier version to the codes that have its place now."""
        now: dict[str, list[str]] = {}
        for code_list in self.lists:
            for code, earlier in code_list.attribute("formerly").items():
                for old in earlier.split("|"):
                    now.setdefault(normalise_header(old), []).append(code)
        return now

    @property
    def name(self) -> str:
        """Names of the lists, for messages."""
        return " or ".join(code_list.name for code_list in self.lists)

    def holds(self, text: str) -> bool:
        """Whether a text is one of the lists, be it ambiguous or of a list that is only tolerated."""
        wanted = normalise_header(text)
        return wanted in self.known or wanted in self.tolerated or wanted in self.ambiguous

    def find(self, text: str, unknown: Severity = "error") -> tuple[str | None, Fault | None]:
        """Code of a text, and what is wrong with it."""
        wanted = normalise_header(text)
        if wanted in self.known:
            return self.known[wanted], None
        if wanted in self.tolerated:
            message = f"'{show(text)}' is read, but it is not one of the list {self.name}"
            hint = hint_for(text, self.labels, "allowed")
            return self.tolerated[wanted], Fault("other_list", message, hint, "warning", text)
        if wanted in self.ambiguous:
            codes = ", ".join(self.ambiguous[wanted])
            return None, Fault(
                "ambiguous_code", f"'{show(text)}' names several codes", f"write one of {codes}", unknown, text
            )
        message = f"unknown code '{show(text)}': not in the list {self.name}"
        return None, Fault("unknown_code", message, self._hint(text), unknown, text)

    def _hint(self, text: str) -> str:
        """What to write instead of an unknown text."""
        if now := self._formerly.get(normalise_header(text)):
            return f"this code is of an earlier version of the list; in its place is now {' or '.join(now)}"
        if twin := self._skeletons.get(skeleton(text)):
            return f"did you mean '{twin}'?"
        if len(self.labels) <= LONG and self.near:
            return hint_for(text, self.labels, "allowed")
        near = [code for code_list in self.lists for code in code_list.codes if self._beside(code, text)]
        such = f", such as {', '.join(near[:4])}" if near else ""
        return f"write a code of schemas/codelists/{self.name}.csv{such}"

    @staticmethod
    def _beside(code: str, text: str) -> bool:
        """Whether two codes of a tree stand side by side: they differ in their last character alone."""
        return len(text) > 2 and len(code) == len(text) and code[:-1].casefold() == text[:-1].casefold()


@lru_cache(maxsize=256)
def _lookup(lists: tuple[CodeList, ...]) -> Mapping[str, tuple[str, ...]]:
    """Normalised code, label or alias to the codes it may mean; a code means itself."""
    by_code: dict[str, tuple[str, ...]] = {}
    by_label: dict[str, dict[str, None]] = {}
    for code_list in lists:
        for row in code_list.rows:
            by_code.setdefault(normalise_header(row["code"]), (row["code"],))
            for label in (row["label"], *row.get("aliases", "").split("|")):
                if label:
                    by_label.setdefault(normalise_header(label), {})[row["code"]] = None
    return {**{label: tuple(codes) for label, codes in by_label.items()}, **by_code}


def parse_code(text: str, column: Column, book: CodeBook) -> tuple[str | None, list[Fault]]:
    """One code."""
    code, fault = book.find(text, column.unknown)
    if fault and fault.rule == "unknown_code" and column.unknown_hint:
        fault = replace(fault, hint=column.unknown_hint)
    return code, [fault] if fault else []


def parse_codes(text: str, column: Column, book: CodeBook) -> tuple[str | None, list[Fault]]:
    """Several codes in one cell, joined by a vertical bar in the result; doubles count once.

    The cell is cut against the known texts, see :class:`dihkpi.intake.splitting.Splitter`.
    """
    codes: dict[str, None] = {}
    faults: list[Fault] = []
    pieces = _splitter(book, column.separator).pieces(text)
    unknown = list(dict.fromkeys(piece for piece, known in pieces if known is None))
    skipped = set(unknown[TOLD:])
    for piece in dict.fromkeys(piece for piece, _ in pieces if piece not in skipped):
        code, fault = book.find(piece, column.unknown)
        if fault:
            faults.append(fault)
        if code is not None:
            codes[code] = None
    return "|".join(codes) or None, faults + _more(len(skipped), column, book)


def _more(skipped: int, column: Column, book: CodeBook) -> list[Fault]:
    """One fault for all unknown parts of a cell beyond those that are told one by one."""
    message = f"{skipped:,} more parts of this cell are not in the list {book.name}"
    return [Fault("unknown_code", message, "correct or remove them", column.unknown)] if skipped else []


@lru_cache(maxsize=64)
def _splitter(book: CodeBook, separators: str) -> Splitter:
    """Cuts cells of a column; a label that several codes share is known too, and told as such when it is looked up."""
    shared = {text: codes[0] for text, codes in book.ambiguous.items()}
    return Splitter({**shared, **book.tolerated, **book.known}, separators)


_RATED = re.compile(r"(.+?) - ([0-9]{1,6})(?:,\s*|$)", re.DOTALL)


def parse_rated_codes(text: str, column: Column, book: CodeBook) -> tuple[str | None, list[Fault]]:
    """``label - level, label - level`` as ``code=level|code=level``.

    Labels hold commas and hyphens themselves, so the list is cut after a level that a comma or the end follows. Of a
    label that occurs twice the higher level counts.
    """
    find = cache(partial(book.find, unknown=column.unknown))
    rated: dict[str, int] = {}
    unknown: dict[str, None] = {}
    faults: list[Fault] = []
    end = 0
    while match := _RATED.match(text, end):
        end = match.end()
        label, level = match[1].strip(), int(match[2])
        if not book.holds(label):
            unknown[label] = None
            if len(unknown) > TOLD:
                continue
        code, fault = find(label)
        low, high = column.min, column.max
        if (low is not None and level < low) or (high is not None and level > high):
            message = f"the level {level} of '{show(label)}' is outside {low:g} to {high:g}"
            faults.append(Fault("level", message, "correct the level", "error", label))
        if fault:
            faults.append(fault)
        if code is None:
            continue
        if code in rated:
            message = f"'{show(label)}' is there twice; the higher level counts"
            faults.append(Fault("duplicate_code", message, "remove one of the two", "warning", label))
        rated[code] = max(level, rated.get(code, 0))
    faults += _more(max(len(unknown) - TOLD, 0), column, book)
    if end != len(text):
        rest = show(text[end:], 40)
        faults.append(
            Fault("format", f"cannot read '{rest}'", "write: label - level, label - level", "error", text[end:])
        )
    return "|".join(f"{code}={level}" for code, level in rated.items()) or None, list(dict.fromkeys(faults))
